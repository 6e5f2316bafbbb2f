//! A store that is gone and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passkeeper::store::{CeremonyId, CeremonyStore, DynCeremonyStore, MemoryCeremonies, NewCeremony, PendingLimits, StoreError};
use passkeeper::types::{Challenge, Scope, UnixTime};
use passkeeper_server::Stores;
use serde_json::json;

use crate::client::*;

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
