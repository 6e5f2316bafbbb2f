//! Sign-in without a name, with one, and everything that does not.

use passkeeper::testing::{KeyAlgorithm, KeyPair, VirtualAuthenticator, VirtualCredential};
use serde_json::{Value, json};

use crate::client::*;

#[tokio::test]
async fn a_passkey_says_who_it_is() {
    let (server, mut browser) = alice().await;
    browser.cookie = None;
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    assert_eq!((&started["options"]["allowCredentials"], &started["options"]["userVerification"]), (&json!([]), &json!("required")));
    let finish = browser.asserted(&started);
    server.clock.turn(60);
    let welcome = browser.post("/api/sign-in/finish", finish).await.ok();
    assert_eq!(welcome["user"]["username"], "alice");
    assert_eq!(welcome["accepted"]["allAcceptedCredentialIds"].as_array().unwrap().len(), 1);
    let passkeys = browser.passkeys().await;
    assert_eq!(passkeys[0]["lastUsedAt"].as_i64().unwrap() - passkeys[0]["createdAt"].as_i64().unwrap(), 60);
}

#[tokio::test]
async fn a_user_name_offers_the_users_passkeys() {
    let (_, mut browser) = alice().await;
    browser.cookie = None;
    let started = browser.post("/api/sign-in/start", json!({ "username": " ALICE " })).await.ok();
    let ids: Vec<_> = started["options"]["allowCredentials"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    let finish = browser.asserted(&started);
    assert_eq!(ids, [finish["credential"]["id"].clone()]);
    assert_eq!(browser.post("/api/sign-in/finish", finish).await.ok()["user"]["username"], "alice");
}

/// Nobody learns from a sign-in who has an account: the same shape, the same at every request, the same refusal.
#[tokio::test]
async fn a_name_that_is_nobodys_is_answered_alike() {
    let (_, mut browser) = alice().await;
    let mut stranger = browser.server.browser(9);
    let known = stranger.post("/api/sign-in/start", json!({ "username": "alice" })).await.ok();
    let unknown = stranger.post("/api/sign-in/start", json!({ "username": "nobody" })).await.ok();
    let keys = |value: &Value| value["options"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&known), keys(&unknown));
    let again = stranger.post("/api/sign-in/start", json!({ "username": " NOBODY" })).await.ok();
    assert_eq!(unknown["options"]["allowCredentials"], again["options"]["allowCredentials"]);

    // A wrong key for both.
    let mut refusals = Vec::new();
    for started in [known, unknown] {
        let mut finish = browser.asserted(&browser.clone().post("/api/sign-in/start", json!({})).await.ok());
        finish["ceremony"] = started["ceremony"].clone();
        finish["credential"]["id"] = started["options"]["allowCredentials"][0]["id"].clone();
        finish["credential"]["rawId"] = finish["credential"]["id"].clone();
        refusals.push(public(stranger.post("/api/sign-in/finish", finish).await));
    }
    assert_eq!(refusals[0], refusals[1]);
    assert!(refusals[0].2.contains("\"refused\""), "{refusals:?}");
}

#[tokio::test]
async fn a_response_is_taken_once() {
    let (_, mut browser) = alice().await;
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    let finish = browser.asserted(&started);
    browser.post("/api/sign-in/finish", finish.clone()).await.ok();
    assert_eq!(browser.post("/api/sign-in/finish", finish).await.refusal(), (400, "start-again".into()));
}

#[tokio::test]
async fn a_response_that_comes_too_late_is_told_so() {
    let (server, mut browser) = alice().await;
    browser.cookie = None;
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    let finish = browser.asserted(&started);
    server.clock.turn(361);
    let (status, code) = browser.post("/api/sign-in/finish", finish).await.refusal();
    assert!(status == 400 && ["too-slow", "start-again"].contains(&code.as_str()), "{code}");
    // And at the last moment not.
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    let finish = browser.asserted(&started);
    server.clock.turn(359);
    browser.post("/api/sign-in/finish", finish).await.ok();
}

/// A clock that is set back keeps nobody out, and lets nobody in twice.
#[tokio::test]
async fn a_clock_that_jumps_back_loses_nothing() {
    let (server, mut browser) = alice().await;
    let started = browser.post("/api/sign-in/start", json!({})).await.ok();
    let finish = browser.asserted(&started);
    server.clock.turn(-3600);
    let reply = browser.post("/api/sign-in/finish", finish.clone()).await;
    assert!(reply.status.is_success() || reply.status.is_client_error(), "{reply:?}");
    assert!(!browser.post("/api/sign-in/finish", finish).await.status.is_success());
    browser.sign_in().await.ok();
    assert_eq!(browser.user().await.as_deref(), Some("alice"));
}

/// Everything of an answer that comes over the wire: status, headers in a fixed order, and body, byte by byte.
fn public(reply: Reply) -> (u16, Vec<(String, Vec<u8>)>, String) {
    let headers = reply.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (reply.status.as_u16(), headers, reply.text)
}

/// All in order, but by a key of somebody's own.
async fn forged(stranger: &mut Browser, name: &str) -> Value {
    let started = stranger.post("/api/sign-in/start", json!({ "username": name })).await.ok();
    let id = started["options"]["allowCredentials"][0]["id"].as_str().unwrap();
    let id = passkeeper::types::Bytes::from_base64url(id).unwrap().as_slice().to_vec();
    let key = KeyPair::from_seed(KeyAlgorithm::Es256, 66);
    stranger.device = VirtualAuthenticator::new(66);
    stranger.device.import(VirtualCredential::new(id, "localhost", None, key));
    stranger.asserted(&started)
}

/// That it was too slow is said, and to nobody in another way than to alice.
#[tokio::test]
async fn what_comes_too_late_reads_the_same_for_a_user_and_for_nobody() {
    let (server, _) = alice().await;
    let mut stranger = server.browser(2);
    let mut answers = Vec::new();
    for name in ["alice", "nobody", "mallory", "trent"] {
        let finish = forged(&mut stranger, name).await;
        server.clock.turn(400);
        let reply = stranger.post("/api/sign-in/finish", finish).await;
        assert_eq!(reply.refusal().0, 400, "{name}");
        answers.push(public(reply));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

/// Unknown user, unknown credential, bad signature, and whatever else can be wrong: byte-identical answers. The checks of signatures
/// that they cost are counted in the library's own tests of decoys.
#[tokio::test]
async fn every_refusal_of_a_sign_in_reads_the_same() {
    let (server, mut browser) = alice().await;
    let mut stranger = server.browser(2);
    stranger.sign_up("mallory").await;
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 4] = [
        ("a signature of another key", |one| one["signature"] = json!("MEQCIA")),
        ("another account's handle", |one| one["userHandle"] = json!("AAAA")),
        ("no user handle", |one| drop(one.as_object_mut().unwrap().remove("userHandle"))),
        ("another challenge", |one| {
            one["clientDataJSON"] =
                json!("eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQUFBQSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6ODA4MCJ9")
        }),
    ];
    let mut answers = Vec::new();
    for (what, edit) in edits {
        let started = browser.post("/api/sign-in/start", json!({})).await.ok();
        let mut finish = browser.asserted(&started);
        edit(&mut finish["credential"]["response"]);
        let reply = browser.post("/api/sign-in/finish", finish).await;
        assert_eq!(reply.refusal(), (400, "refused".into()), "{what}");
        answers.push((what, public(reply)));
    }
    for (what, name) in [("a bad signature", "alice"), ("an unknown user", "nobody")] {
        let finish = forged(&mut stranger, name).await;
        answers.push((what, public(stranger.post("/api/sign-in/finish", finish).await)));
    }
    // A passkey that the server does not know.
    stranger.device = VirtualAuthenticator::new(77);
    let options = json!({ "rp": { "id": "localhost", "name": "x" }, "user": { "id": "AAAA", "name": "x", "displayName": "x" },
        "challenge": "AAAAAAAAAAAAAAAAAAAAAA", "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }] });
    stranger.device.create(&options.to_string(), ORIGIN).unwrap();
    answers.push(("an unknown credential", public(stranger.sign_in().await)));
    for (what, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{what}");
    }
    assert!(answers[0].1.1.iter().any(|(name, _)| name == "content-length"), "{:?}", answers[0]);
}
