//! Stores that are gone and come back, a clock that jumps back, browsers that go away: a clean answer, and nothing is lost.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use passkeeper::store::{CeremonyId, CeremonyStore, DynCeremonyStore, MemoryCeremonies, NewCeremony, PendingLimits, StoreError};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{Challenge, Scope, UnixTime};
use passkeeper_server::Stores;
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::client::*;
use crate::private::Private;
use crate::stores::open;

/// Ceremonies in memory that cannot be reached for a while.
#[derive(Clone, Default)]
struct Unsteady {
    inner: Arc<MemoryCeremonies>,
    down: Arc<AtomicBool>,
}

impl Unsteady {
    fn reached(&self) -> Result<&MemoryCeremonies, StoreError> {
        match self.down.load(Ordering::SeqCst) {
            true => Err(StoreError::unavailable("secret-host:6379 is down")),
            false => Ok(&self.inner),
        }
    }
}

impl CeremonyStore for Unsteady {
    async fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        self.reached()?.put(ceremony, limits, now).await
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> Result<Option<String>, StoreError> {
        self.reached()?.take(scope, id, now).await
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, now: UnixTime) -> Result<Option<String>, StoreError> {
        self.reached()?.take_by_challenge(scope, challenge, now).await
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_our_fault_and_nothing_is_lost_when_it_is_back() {
    let store = Unsteady::default();
    let server = Server::over(&[], Stores { ceremonies: DynCeremonyStore::new(store.clone()), ..Stores::in_memory() });
    let mut browser = server.browser(1);
    browser.sign_up("alice").await;
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    let finish = browser.asserted(&started);

    store.down.store(true, Ordering::SeqCst);
    for path in ["/api/sign-in/start", "/api/sign-up/start", "/api/step-up/start", "/api/sign-in/finish"] {
        let body = if path.ends_with("finish") { finish.clone() } else { json!({ "username": "bob" }) };
        let reply = browser.post(path, body).await;
        assert_eq!((reply.refusal(), reply.header("retry-after")), ((503, "unavailable".into()), "60"), "{path}");
        assert!(!reply.text.contains("secret-host"), "{}", reply.text);
    }
    store.down.store(false, Ordering::SeqCst);
    // The ceremony that could not be taken is still there, and so is the session.
    assert_eq!(browser.user().await.as_deref(), Some("alice"));
    browser.post("/api/sign-in/finish", finish).await.ok();
}

/// People who sign up one after another, whatever they are answered, until they are told to stop: those who were let in.
fn traffic(server: &Server, seed: u64, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<Vec<(String, Browser)>> {
    let (server, stop) = (server.clone(), stop.clone());
    tokio::spawn(async move {
        let mut let_in = Vec::new();
        for n in 0.. {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let (mut browser, name) = (server.browser(seed << 32 | n), format!("person-{seed}-{n}"));
            let started = browser.post("/api/sign-up/start", json!({ "username": name })).await;
            let done = if started.status.is_success() {
                let finish = browser.created(&started.ok());
                browser.post("/api/sign-up/finish", finish).await
            } else {
                started
            };
            match done.status.as_u16() {
                200 => let_in.push((name, browser)),
                _ => assert_eq!(done.refusal(), (503, "unavailable".into())),
            }
        }
        let_in
    })
}

/// Within what is left of ten seconds, everything works again.
async fn is_back(browser: &mut Browser) {
    let begun = Instant::now();
    while !browser.post("/api/sign-in/start", json!({})).await.status.is_success() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_that_stops_under_traffic_and_starts_again_has_lost_nothing_that_was_answered() {
    let Some(mut postgres) = Private::start("postgres") else { return };
    let server = Server::over(&[], open(&[("DATABASE_URL", &postgres.url)]).await);
    let mut alice = server.browser(1);
    alice.sign_up("alice").await;
    let started = alice.post("/api/sign-in/start", json!({})).await.ok();
    let finish = alice.asserted(&started);
    let stop = Arc::new(AtomicBool::new(false));
    let people: Vec<_> = (10..14).map(|seed| traffic(&server, seed, &stop)).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;

    postgres.is_to("stop");
    let begun = Instant::now();
    for path in ["/api/sign-in/start", "/api/sign-in/finish", "/api/me"] {
        let reply = if path == "/api/me" { alice.get(path).await } else { alice.post(path, finish.clone()).await };
        assert_eq!((reply.refusal(), reply.header("retry-after")), ((503, "unavailable".into()), "60"), "{path}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    postgres.is_to("start");

    is_back(&mut server.browser(2)).await;
    // The session and what was pending are still there; the passkey is as it was.
    alice.post("/api/sign-in/finish", finish).await.ok();
    assert_eq!((alice.user().await.as_deref(), alice.passkeys().await.len()), (Some("alice"), 1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::SeqCst);
    let mut let_in = 0;
    for person in people {
        for (name, mut browser) in person.await.unwrap() {
            browser.cookie = None;
            browser.sign_in().await.ok();
            assert_eq!((browser.user().await, browser.passkeys().await.len()), (Some(name), 1));
            let_in += 1;
        }
    }
    assert!(let_in > 8, "{let_in} signed up before and after");
}

/// Another program writes and does not end: whoever wants to write waits for five seconds, whoever reads does not.
#[tokio::test]
async fn a_sqlite_file_that_is_locked_is_said_so_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/passkeeper.db", folder.path().display());
    let server = Server::over(&[], open(&[("DATABASE_URL", &url)]).await);
    let mut browser = server.browser(1);
    browser.sign_up("alice").await;
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    let finish = browser.asserted(&started);

    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let begun = Instant::now();
    let writes = ["/api/sign-in/start", "/api/sign-up/start", "/api/step-up/start", "/api/sign-in/finish"].map(|path| {
        let (mut browser, mut body) = (browser.clone(), finish.clone());
        body["username"] = "bob".into();
        tokio::spawn(async move { browser.post(path, body).await.refusal() })
    });
    assert_eq!((browser.user().await.as_deref(), browser.passkeys().await.len()), (Some("alice"), 1));
    assert!(begun.elapsed() < Duration::from_secs(4));
    for write in writes {
        assert_eq!(write.await.unwrap(), (503, "unavailable".into()));
    }
    assert!((4..12).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    browser.post("/api/sign-in/finish", finish).await.ok();
    assert_eq!(browser.passkeys().await.len(), 1);
}

/// By an hour: sessions and ceremonies go on, each challenge is still good once, and nothing is taken for fresh.
#[tokio::test]
async fn a_clock_that_jumps_back_loses_nothing_and_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/passkeeper.db", folder.path().display());
    for stores in [Stores::in_memory(), open(&[("DATABASE_URL", &url)]).await] {
        let server = Server::over(&[], stores);
        let mut browser = server.browser(1);
        browser.sign_up("alice").await;
        let started = browser.post("/api/sign-in/start", json!({})).await.ok();
        let finish = browser.asserted(&started);
        server.clock.turn(100);
        browser.post("/api/sign-in/finish", finish.clone()).await.ok();
        let last_used = browser.passkeys().await[0]["lastUsedAt"].clone();
        let pending = browser.post("/api/passkeys/start", json!({})).await.ok();

        server.clock.turn(-3600);
        assert_eq!(browser.user().await.as_deref(), Some("alice"));
        assert_eq!(browser.post("/api/sign-in/finish", finish).await.refusal(), (400, "start-again".into()));
        // What was proved "later" proves nothing.
        for (method, path) in [("POST", "/api/passkeys/start"), ("DELETE", "/api/me")] {
            assert_eq!(browser.call(method, path, json!({})).await.refusal(), (403, "confirm-first".into()), "{path}");
        }
        // What was pending is completed, and its passkey is there.
        let first = std::mem::replace(&mut browser.device, VirtualAuthenticator::new(2));
        let finish = browser.created(&pending);
        browser.post("/api/passkeys/finish", finish.clone()).await.ok();
        assert_eq!(browser.post("/api/passkeys/finish", finish).await.refusal(), (400, "start-again".into()));
        assert_eq!(browser.passkeys().await.len(), 2);
        // New ceremonies work; a passkey was never used earlier than it was.
        (browser.device, browser.cookie) = (first, None);
        browser.sign_in().await.ok();
        browser.step_up().await.ok();
        assert_eq!(browser.passkeys().await[0]["lastUsedAt"], last_used);
        // The clock is right again: the session of before the jump has not become older than it is.
        server.clock.turn(3600);
        browser.cookie = None;
        browser.sign_in().await.ok();
        assert_eq!(browser.passkeys().await.len(), 2);
    }
}

/// Drops a future where it waits for the so manieth time, as a server does when the browser is gone; `None` if it got so far.
async fn left_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        let Some(fewer) = left.checked_sub(1) else { return Poll::Ready(None) };
        left = fewer;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// A database in which everything waits now and then.
async fn waiting(folder: &tempfile::TempDir) -> Server {
    let url = format!("sqlite://{}/passkeeper.db", folder.path().display());
    Server::over(&[], open(&[("DATABASE_URL", &url)]).await)
}

/// Goes away at each point where a request waits, until one gets its answer. `each` looks at what is left.
async fn gone_at_each_point(mut each: impl AsyncFnMut(u64, usize) -> bool) {
    for polls in 1..1000 {
        if each(100 + u64::try_from(polls).unwrap(), polls).await {
            assert!(polls > 1, "it never waits");
            return;
        }
    }
    panic!("it is never answered");
}

#[tokio::test]
async fn whoever_goes_away_from_a_sign_up_is_signed_up_or_can_sign_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = waiting(&folder).await;
    gone_at_each_point(async |seed, polls| {
        let (mut browser, name) = (server.browser(seed), format!("user-{polls}"));
        let started = browser.post("/api/sign-up/start", json!({ "username": name })).await.ok();
        let finish = browser.created(&started);
        let answer = left_after(polls, browser.clone().post("/api/sign-up/finish", finish)).await;
        // What has begun comes to its end without them.
        let begun = Instant::now();
        while server.stores.users.by_name(&name).await.unwrap().is_none() && begun.elapsed() < Duration::from_millis(200) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        match server.stores.users.by_name(&name).await.unwrap() {
            Some(_) => browser.sign_in().await.ok(),
            None => {
                browser.device = VirtualAuthenticator::new(seed << 32);
                browser.sign_up(&name).await
            }
        };
        assert_eq!((browser.user().await, browser.passkeys().await.len()), (Some(name), 1));
        answer.is_some()
    })
    .await;
}

#[tokio::test]
async fn whoever_goes_away_from_a_sign_in_signs_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = waiting(&folder).await;
    let mut alice = server.browser(1);
    alice.sign_up("alice").await;
    gone_at_each_point(async |_, polls| {
        alice.cookie = None;
        let started = alice.post("/api/sign-in/start", json!({})).await.ok();
        let finish = alice.asserted(&started);
        let answer = left_after(polls, alice.clone().post("/api/sign-in/finish", finish.clone())).await;
        // The same answer again is good for nothing, unless it was never looked at.
        let again = alice.post("/api/sign-in/finish", finish).await;
        assert!(again.status == 200 || again.refusal() == (400, "start-again".into()), "{again:?}");
        alice.sign_in().await.ok();
        assert_eq!((alice.user().await.as_deref(), alice.passkeys().await.len()), (Some("alice"), 1));
        answer.is_some()
    })
    .await;
}

#[tokio::test]
async fn whoever_goes_away_while_adding_a_passkey_has_it_or_can_add_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = waiting(&folder).await;
    let mut alice = server.browser(1);
    alice.sign_up("alice").await;
    let mut first = alice.device.clone();
    gone_at_each_point(async |seed, polls| {
        alice.device = VirtualAuthenticator::new(seed);
        let started = alice.post("/api/passkeys/start", json!({})).await.ok();
        let finish = alice.created(&started);
        let answer = left_after(polls, alice.clone().post("/api/passkeys/finish", finish)).await;
        match alice.passkeys().await.len() {
            1 => drop(alice.register("/api/passkeys", json!({})).await.ok()),
            2 => drop(alice.sign_in().await.ok()),
            more => panic!("{more} passkeys"),
        }
        let all: Vec<Value> = alice.passkeys().await;
        assert_eq!(all.len(), 2);
        alice.device = first.clone();
        alice.sign_in().await.ok();
        first = alice.device.clone();
        alice.call("DELETE", &format!("/api/passkeys/{}", all[1]["id"].as_str().unwrap()), json!({})).await.ok();
        answer.is_some()
    })
    .await;
}

#[tokio::test]
async fn whoever_goes_away_while_leaving_can_leave_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = waiting(&folder).await;
    gone_at_each_point(async |seed, polls| {
        let (mut browser, name) = (server.browser(seed), format!("user-{polls}"));
        browser.sign_up(&name).await;
        let answer = left_after(polls, browser.clone().call("DELETE", "/api/me", json!({}))).await;
        let again = browser.call("DELETE", "/api/me", json!({})).await;
        assert!(again.status == 200 || again.refusal() == (401, "signed-out".into()), "{again:?}");
        assert_eq!(browser.user().await, None);
        // Nothing is left of them: the name is free.
        server.browser(seed << 32).sign_up(&name).await;
        answer.is_some()
    })
    .await;
}
