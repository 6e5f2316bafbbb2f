//! Limits: how large and how slow a body may be, and how many ceremonies one address may start.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use passkeeper::{Attempt, RateLimit, TooMany};

use crate::App;
use crate::error::Problem;

/// How large a body may be, and how long it may take to arrive.
struct Bound {
    bytes: usize,
    patience: Duration,
}

const BODY: Bound = Bound { bytes: 256 * 1024, patience: Duration::from_secs(10) };
/// An import, of whoever shows the key that it needs: some fifteen thousand passkeys.
const IMPORT: Bound = Bound { bytes: 8 * 1024 * 1024, patience: Duration::from_secs(60) };
/// The most addresses in a generation, of which two are counted at a time.
const GENERATION: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

/// Reads the body before anybody judges it, so that no handler waits for one that is too large or never ends.
pub(crate) async fn bounded_body(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bound = if app.is_import(&parts) { IMPORT } else { BODY };
    match tokio::time::timeout(bound.patience, to_bytes(body, bound.bytes)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "This request is too large.").into_response(),
        Err(_) => Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "That took too long. Please try again.").into_response(),
    }
}

/// Where a request comes from, for the rate limit: its address, or behind a proxy what that says; or from a server with the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(pub String);

impl Source {
    /// A server of ours, which starts ceremonies for all its users: it is not counted.
    pub(crate) const KEYED: &str = "keyed";
}

impl FromRequestParts<Arc<App>> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        if app.apis.shows_key(&parts.headers) {
            return Ok(Self(Self::KEYED.into()));
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // Each proxy adds whom it sees at the end: what stands before was written by the client.
        let told = parts.headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let told = told.and_then(|list| list.rsplit(',').next()).and_then(address);
        let seen = if app.config.behind_proxy { told.or(peer) } else { peer };
        Ok(Self(seen.map(network).unwrap_or_default()))
    }
}

/// An address as proxies write it: some add the port, and IPv6 then has brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

/// An IPv4 address, or the /56 of an IPv6 one: whoever has one of its addresses has them all.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d & 0xff00, 0, 0, 0, 0).to_string()
        }
    }
}

/// A bucket for each address: so many ceremonies may start at once, and in each minute so many more. Clones share them.
///
/// The buckets are this process's own. Where several serve, keep them together (in Redis, say), or at the proxy in front.
#[derive(Clone)]
pub struct StartLimit {
    per_minute: u32,
    buckets: Arc<Mutex<Buckets>>,
}

/// Whoever comes is found in, or moved to, the young generation; once that is full or a minute old, it takes the old one's place.
/// So who is forgotten has stayed away for longest: for a minute, after which a bucket is full again, or for less where an attack
/// comes from everywhere. It never keeps newcomers out, and each costs the same.
struct Buckets {
    young: HashMap<String, Bucket>,
    old: HashMap<String, Bucket>,
    since: Instant,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Buckets {
    fn of(&mut self, source: &str, full: f64, now: Instant) -> &mut Bucket {
        if self.young.len() >= GENERATION || now.duration_since(self.since) >= MINUTE {
            (self.old, self.since) = (std::mem::take(&mut self.young), now);
        }
        let known = self.old.remove(source);
        self.young.entry(source.to_owned()).or_insert_with(|| known.unwrap_or(Bucket { left: full, at: now }))
    }
}

impl StartLimit {
    /// So many in a minute; 0 is no limit.
    #[must_use]
    pub fn per_minute(per_minute: u32) -> Self {
        let buckets = Buckets { young: HashMap::new(), old: HashMap::new(), since: Instant::now() };
        Self { per_minute, buckets: Arc::new(Mutex::new(buckets)) }
    }

    /// Whether one more ceremony may begin, or something on the way to one.
    pub(crate) fn take(&self, source: &str) -> Result<(), TooMany> {
        if self.per_minute == 0 || source == Source::KEYED { Ok(()) } else { self.take_at(source, Instant::now()) }
    }

    fn take_at(&self, source: &str, now: Instant) -> Result<(), TooMany> {
        let full = f64::from(self.per_minute);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.of(source, full, now);
        let refill = now.duration_since(bucket.at).as_secs_f64() / MINUTE.as_secs_f64() * full;
        *bucket = Bucket { left: (bucket.left + refill).min(full), at: now };
        if bucket.left < 1.0 {
            return Err(again_in(MINUTE.mul_f64((1.0 - bucket.left) / full)));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

impl RateLimit for StartLimit {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), TooMany> {
        self.take(attempt.source.unwrap_or_default())
    }
}

/// In whole seconds, so that whoever waits for them is let in.
fn again_in(wait: Duration) -> TooMany {
    TooMany { retry_after_secs: u32::try_from(wait.as_millis().div_ceil(1000)).ok().map(|secs| secs.max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_by_the_minute() {
        let (limit, start) = (StartLimit::per_minute(3), Instant::now());
        let wait = |source: &str, millis| {
            let taken = limit.take_at(source, start + Duration::from_millis(millis));
            taken.err().map(|TooMany { retry_after_secs }| retry_after_secs.unwrap())
        };
        assert_eq!([0, 0, 0, 0].map(|at| wait("a", at)), [None, None, None, Some(20)]);
        assert_eq!(wait("b", 0), None, "another address has its own");
        // Whole seconds after which it does work.
        assert_eq!([500, 18_999, 19_001, 20_001, 20_002].map(|at| wait("a", at)), [Some(20), Some(2), Some(1), None, Some(20)]);
    }

    /// Many addresses in one moment: all are let in, the table stays bounded, and who keeps coming stays counted.
    #[test]
    fn a_flood_of_addresses_keeps_no_newcomer_out_and_forgets_those_who_stayed_away() {
        let (limit, start) = (StartLimit::per_minute(1), Instant::now());
        let admitted = |source: &str| limit.take_at(source, start).is_ok();
        assert!(admitted("busy") && admitted("away"));
        for n in 0..4 * GENERATION {
            assert!(admitted(&n.to_string()), "{n}");
            assert!(n % (GENERATION / 2) != 0 || !admitted("busy"), "{n}");
        }
        let buckets = limit.buckets.lock().unwrap();
        assert!(buckets.young.len() <= GENERATION && buckets.old.len() <= GENERATION);
        drop(buckets);
        assert!(admitted("away"), "forgotten in favour of others");
    }

    #[test]
    fn who_was_quiet_for_two_minutes_takes_no_room() {
        let (limit, start) = (StartLimit::per_minute(1), Instant::now());
        for (n, secs) in [0, 61, 122].into_iter().enumerate() {
            assert_eq!(limit.take_at(&n.to_string(), start + Duration::from_secs(secs)), Ok(()));
        }
        let buckets = limit.buckets.lock().unwrap();
        assert_eq!((buckets.young.len(), buckets.old.len()), (1, 1));
    }

    #[test]
    fn a_server_with_the_key_is_not_counted() {
        let limit = StartLimit::per_minute(1);
        assert_eq!([Source::KEYED, Source::KEYED, "", ""].map(|source| limit.take(source).is_ok()), [true, true, true, false]);
    }

    #[test]
    fn an_ipv6_address_counts_as_its_network() {
        let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8:0:ff::ffff:1") && !same("2001:db8::1", "2001:db8:0:100::1"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
    }

    #[test]
    fn an_address_may_come_with_a_port() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1:567 ", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("", None),
            ("unknown", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:65536", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]443", None),
        ] {
            assert_eq!(address(text), expected.map(|text| text.parse().unwrap()), "{text:?}");
        }
    }
}
