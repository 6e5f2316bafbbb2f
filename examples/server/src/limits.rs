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
/// The most addresses that are counted at a time.
const MAX_ADDRESSES: usize = 10_000;
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

/// Where a request comes from, for the rate limit: its address, or behind a proxy what that says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(pub String);

impl FromRequestParts<Arc<App>> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // Each proxy adds whom it sees at the end: what stands before was written by the client.
        let told = parts.headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let told = told.and_then(|list| list.rsplit(',').next()).and_then(|address| address.trim().parse().ok());
        let address = if app.config.behind_proxy { told.or(peer) } else { peer };
        Ok(Self(address.map(network).unwrap_or_default()))
    }
}

/// An IPv4 address, or the /64 of an IPv6 one: whoever has one of its addresses has them all.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
    }
}

/// A bucket for each address: so many ceremonies may start at once, and in each minute so many more. Clones share them.
///
/// The buckets are this process's own. Where several serve, keep them together (in Redis, say), or at the proxy in front.
#[derive(Clone)]
pub struct StartLimit {
    per_minute: u32,
    buckets: Arc<Mutex<HashMap<String, Bucket>>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl StartLimit {
    /// So many in a minute; 0 is no limit.
    #[must_use]
    pub fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, buckets: Arc::default() }
    }

    /// Whether one more ceremony may begin, or something on the way to one.
    pub(crate) fn take(&self, source: &str) -> Result<(), TooMany> {
        if self.per_minute == 0 { Ok(()) } else { self.take_at(source, Instant::now()) }
    }

    fn take_at(&self, source: &str, now: Instant) -> Result<(), TooMany> {
        let full = f64::from(self.per_minute);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(source) {
            // One that is full again is as good as none. If all are in use, an attack is going on, and newcomers wait.
            buckets.retain(|_, bucket| now.duration_since(bucket.at) < MINUTE);
            if buckets.len() >= MAX_ADDRESSES {
                let longest = buckets.values().map(|bucket| now.duration_since(bucket.at)).max().unwrap_or_default();
                return Err(again_in(MINUTE.saturating_sub(longest)));
            }
        }
        let bucket = buckets.entry(source.to_owned()).or_insert(Bucket { left: full, at: now });
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

    #[test]
    fn addresses_are_counted_up_to_a_bound_and_forgotten_when_they_are_quiet() {
        let (limit, start) = (StartLimit::per_minute(1), Instant::now());
        for n in 0..MAX_ADDRESSES {
            assert!(limit.take_at(&n.to_string(), start).is_ok());
        }
        let later = |secs| limit.take_at("one more", start + Duration::from_secs(secs));
        assert_eq!(later(45), Err(TooMany { retry_after_secs: Some(15) }));
        assert_eq!(later(60), Ok(()));
        assert_eq!(limit.buckets.lock().unwrap().len(), 1);
    }

    #[test]
    fn an_ipv6_address_counts_as_its_network() {
        let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::ffff:1") && !same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
    }
}
