//! What is dangerous needs a proof of the last five minutes.

use passkeeper::testing::VirtualAuthenticator;
use serde_json::json;

use crate::client::*;

#[tokio::test]
async fn adding_deleting_and_the_end_of_the_account_need_a_fresh_proof() {
    let (server, mut browser) = alice().await;
    let first = browser.device.clone();
    browser.device = VirtualAuthenticator::new(2);
    browser.register("/api/passkeys", json!({})).await.ok();
    browser.device = first;
    let id = browser.passkeys().await[1]["id"].as_str().unwrap().to_owned();
    let dangerous = [("POST", "/api/passkeys/start".to_owned()), ("DELETE", format!("/api/passkeys/{id}")), ("DELETE", "/api/me".into())];

    server.clock.turn(301);
    for (method, path) in &dangerous {
        let reply = browser.call(method, path, json!({})).await;
        assert_eq!(reply.refusal(), (403, "confirm-first".into()), "{method} {path}");
    }
    // Harmless things go on.
    browser.call("PATCH", &format!("/api/passkeys/{id}"), json!({ "name": "drawer" })).await.ok();

    assert_eq!(browser.step_up().await.ok(), json!({ "confirmedForSecs": 300 }));
    server.clock.turn(300);
    for (method, path) in &dangerous {
        assert!(browser.call(method, path, json!({})).await.status.is_success(), "{method} {path}");
    }
}

#[tokio::test]
async fn a_step_up_is_no_sign_in_and_a_sign_in_is_proof_enough() {
    let (server, mut browser) = alice().await;
    let started = browser.post("/api/step-up/start", json!({})).await.ok();
    let finish = browser.asserted(&started);
    assert_eq!(browser.post("/api/sign-in/finish", finish).await.refusal(), (400, "refused".into()));
    server.clock.turn(301);
    browser.sign_in().await.ok();
    assert!(browser.post("/api/passkeys/start", json!({})).await.status.is_success());
}

#[tokio::test]
async fn a_step_up_asks_for_the_accounts_own_passkeys() {
    let (server, mut browser) = alice().await;
    let mut mallory = server.browser(9);
    mallory.sign_up("mallory").await;
    let started = browser.post("/api/step-up/start", json!({})).await.ok();
    let ids: Vec<_> = started["options"]["allowCredentials"].as_array().unwrap().clone();
    assert_eq!(ids.len(), 1);
    // Mallory's passkey instead.
    let mut options = started["options"].clone();
    options["allowCredentials"] = json!([]);
    let mut finish = mallory.asserted(&json!({ "ceremony": started["ceremony"], "options": options }));
    finish["ceremony"] = started["ceremony"].clone();
    assert_eq!(browser.post("/api/step-up/finish", finish).await.refusal(), (400, "refused".into()));
}

#[tokio::test]
async fn the_end_of_an_account_takes_everything_along() {
    let (server, mut browser) = alice().await;
    let mut elsewhere = server.browser(0);
    elsewhere.device = browser.device.clone();
    elsewhere.sign_in().await.ok();
    // The counter has gone on.
    browser.device = elsewhere.device.clone();
    let reply = browser.call("DELETE", "/api/me", json!({})).await;
    assert!(reply.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(reply.ok()["accepted"]["allAcceptedCredentialIds"], json!([]));
    assert_eq!((browser.user().await, elsewhere.user().await), (None, None));
    assert_eq!(browser.sign_in().await.refusal(), (400, "refused".into()));
    // The name is free again.
    browser.device = VirtualAuthenticator::new(3);
    browser.sign_up("alice").await;
    assert_eq!(browser.passkeys().await.len(), 1);
}
