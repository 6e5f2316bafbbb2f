//! Cookies, and who may finish what somebody else began.

use passkeeper::testing::{CounterMode, VirtualAuthenticator};
use serde_json::json;

use crate::client::*;

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let mut browser = Server::new().browser(1);
    let reply = browser.post("/api/sign-in/start", json!({})).await;
    let cookie = reply.header("set-cookie");
    let (value, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict");
    assert_eq!(value.strip_prefix("session=").map(str::len), Some(43), "32 random bytes");
    assert_eq!(browser.post("/api/sign-in/start", json!({})).await.header("set-cookie"), "", "told once");

    let secure = Server::with(&[("ORIGIN", "https://example.com")]);
    let reply = secure.browser(1).post("/api/sign-in/start", json!({})).await;
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-session=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
}

/// Session fixation: whoever knew the ID before the sign-in has nothing after it.
#[tokio::test]
async fn every_sign_in_begins_a_session_of_its_own() {
    let (_, mut browser) = alice().await;
    let after_sign_up = browser.cookie.clone();
    browser.sign_in().await.ok();
    assert_ne!(browser.cookie, after_sign_up);
    let mut old = browser.clone();
    old.cookie = after_sign_up;
    assert_eq!((old.user().await, browser.user().await.as_deref()), (None, Some("alice")));

    let mut planted = browser.server.browser(5);
    planted.cookie = Some(format!("session={}", "A".repeat(43)));
    planted.device = browser.device.clone();
    planted.sign_in().await.ok();
    assert_ne!(planted.cookie.as_deref().unwrap(), format!("session={}", "A".repeat(43)));
    let mut attacker = browser.server.browser(6);
    attacker.cookie = Some(format!("session={}", "A".repeat(43)));
    assert_eq!(attacker.user().await, None);
}

#[tokio::test]
async fn only_the_session_that_started_a_ceremony_finishes_it() {
    let (server, mut browser) = alice().await;
    browser.cookie = None;
    let mut other = server.browser(2);
    other.post("/api/sign-in/start", json!({})).await.ok();
    for cookie in [None, other.cookie.clone()] {
        let started = browser.post("/api/sign-in/start", json!({})).await.ok();
        let finish = browser.asserted(&started);
        other.cookie = cookie;
        let reply = other.post("/api/sign-in/finish", finish).await;
        assert_eq!(reply.refusal(), (400, "refused".into()));
        assert_eq!(other.user().await, None);
    }
}

/// Two ceremonies are pending in one session; both come to their end, in any order.
#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    for [first, second] in [[0, 1], [1, 0]] {
        let mut browser = Server::new().browser(1);
        // Counters would have to come in order.
        browser.device = browser.device.with_counter(CounterMode::Zero);
        browser.sign_up("alice").await;
        browser.post("/api/sign-out", json!({})).await;
        let mut finishes = Vec::new();
        for _ in 0..2 {
            let started = browser.post("/api/sign-in/start", json!({})).await.ok();
            finishes.push(browser.asserted(&started));
        }
        for tab in [first, second] {
            browser.post("/api/sign-in/finish", finishes[tab].clone()).await.ok();
            assert_eq!(browser.user().await.as_deref(), Some("alice"));
        }
    }
}

#[tokio::test]
async fn what_began_before_a_sign_in_in_another_tab_goes_on_after_it() {
    let (_, mut browser) = alice().await;
    let adding = browser.post("/api/passkeys/start", json!({})).await.ok();
    browser.sign_in().await.ok();
    browser.device = VirtualAuthenticator::new(2);
    let finish = browser.created(&adding);
    browser.post("/api/passkeys/finish", finish).await.ok();
    assert_eq!(browser.passkeys().await.len(), 2);
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let (_, mut browser) = alice().await;
    let before = browser.cookie.clone();
    let reply = browser.post("/api/sign-out", json!({})).await;
    assert_eq!(reply.status, 204);
    assert!(reply.header("set-cookie").starts_with("session=; Max-Age=0; Path=/; HttpOnly"), "{reply:?}");
    browser.cookie = before;
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    let (server, mut browser) = alice().await;
    server.clock.turn(30 * 60);
    assert!(browser.user().await.is_some());
    server.clock.turn(30 * 60 + 1);
    assert_eq!(browser.user().await, None);
    browser.sign_in().await.ok();
    for _ in 0..24 {
        assert!(browser.user().await.is_some());
        server.clock.turn(30 * 60);
    }
    assert!(browser.user().await.is_some(), "twelve hours");
    server.clock.turn(1);
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn what_needs_a_sign_in_says_so() {
    let (server, mut alices) = alice().await;
    let id = alices.passkeys().await[0]["id"].as_str().unwrap().to_owned();
    let mut browser = server.browser(2);
    let paths = [("POST", "/api/passkeys/start".to_owned()), ("POST", "/api/step-up/start".into()), ("DELETE", "/api/me".into())];
    let paths = paths.into_iter().chain([("PATCH", format!("/api/passkeys/{id}")), ("DELETE", format!("/api/passkeys/{id}"))]);
    for (method, path) in paths {
        let reply = browser.call(method, &path, json!({ "name": "x" })).await;
        assert_eq!(reply.refusal(), (401, "signed-out".into()), "{method} {path}");
    }
    assert_eq!(browser.get("/api/me").await.ok(), json!({ "user": null }));
}
