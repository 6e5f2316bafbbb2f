//! On databases: accounts, and everything that outlives the process.

use passkeeper::types::{UnixTime, UserHandle};
use passkeeper_server::{Stores, User, Users};
use serde_json::json;

use crate::client::*;
use crate::private::Private;

pub(crate) async fn open(variables: &[(&str, &str)]) -> Stores {
    Stores::open(&config(variables).unwrap()).await.unwrap()
}

/// What accounts promise, wherever they are kept.
async fn accounts_keep_their_promises(users: &Users) {
    let user = |n: u8, name: &str| User {
        handle: UserHandle::new([n; 32]).unwrap(),
        username: name.into(),
        display_name: "Ädä 🔑".into(),
        created_at: UnixTime::from_secs(1_750_000_000 + i64::from(n)),
    };
    let (ada, bob) = (user(1, "Ada"), user(2, "bob"));
    assert_eq!((users.create(&ada).await, users.create(&bob).await), (Ok(true), Ok(true)));
    assert_eq!(users.create(&user(3, "ADA")).await, Ok(false), "the name is taken");
    assert_eq!(users.create(&user(1, "eve")).await, Ok(false), "the handle is taken");
    assert_eq!(users.by_name(" aDa ").await, Ok(Some(ada.clone())));
    assert_eq!(users.by_handle(&ada.handle).await, Ok(Some(ada.clone())));
    for nobody in ["eve", "", "a\0", "' OR 1=1 --"] {
        assert_eq!(users.by_name(nobody).await, Ok(None), "{nobody:?}");
    }
    assert_eq!((users.remove(&ada.handle).await, users.remove(&ada.handle).await), (Ok(true), Ok(false)));
    assert_eq!((users.by_name("ada").await, users.by_name("bob").await), (Ok(None), Ok(Some(bob))));
    assert_eq!(users.create(&user(4, "ada")).await, Ok(true), "the name is free again");

    // Of sixteen at once one gets the name.
    let all = (10..26).map(|n| {
        let (users, user) = (users.clone(), user(n, "sam"));
        tokio::spawn(async move { users.create(&user).await.unwrap() })
    });
    let mut made = 0;
    for one in all.collect::<Vec<_>>() {
        made += u32::from(one.await.unwrap());
    }
    assert_eq!(made, 1);
}

/// A sign-in that began before a restart ends after it; accounts and passkeys are there.
async fn everything_but_sessions_outlives_a_restart(variables: &[(&str, &str)]) {
    let before = Server::over(variables, open(variables).await);
    let mut browser = before.browser(1);
    browser.sign_up("alice").await;
    browser.post("/api/sign-out", json!({})).await;
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    let finish = browser.asserted(&started);

    browser.server = Server::over(variables, open(variables).await);
    browser.post("/api/sign-in/finish", finish.clone()).await.ok();
    assert_eq!(browser.user().await.as_deref(), Some("alice"));
    assert_eq!(browser.passkeys().await.len(), 1);
    assert_eq!(browser.post("/api/sign-in/finish", finish).await.refusal(), (400, "start-again".into()));
    browser.call("DELETE", "/api/me", json!({})).await.ok();
    assert_eq!(browser.server.stores.users.by_name("alice").await, Ok(None));
}

#[tokio::test]
async fn in_memory() {
    accounts_keep_their_promises(&Users::in_memory()).await;
}

#[tokio::test]
async fn in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/passkeeper.db", folder.path().display());
    accounts_keep_their_promises(&open(&[("DATABASE_URL", &url)]).await.users).await;
    everything_but_sessions_outlives_a_restart(&[("DATABASE_URL", &url)]).await;
}

#[tokio::test]
async fn in_postgres_with_ceremonies_in_redis() {
    let Some(postgres) = Private::start("postgres") else { return };
    let Some(redis) = Private::start("redis") else { return };
    accounts_keep_their_promises(&open(&[("DATABASE_URL", &postgres.url)]).await.users).await;
    everything_but_sessions_outlives_a_restart(&[("DATABASE_URL", &postgres.url)]).await;
    everything_but_sessions_outlives_a_restart(&[("DATABASE_URL", &postgres.url), ("REDIS_URL", &redis.url)]).await;
}

#[tokio::test]
async fn servers_that_start_together_do_not_trip_over_each_other() {
    let Some(postgres) = Private::start("postgres") else { return };
    let all = (0..8).map(|_| {
        let url = postgres.url.clone();
        tokio::spawn(async move { open(&[("DATABASE_URL", &url)]).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_said_so() {
    let config = config(&[("DATABASE_URL", "sqlite:///nowhere/at/all.db")]).unwrap();
    assert!(Stores::open(&config).await.is_err());
}
