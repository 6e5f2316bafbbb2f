//! The list: what it says, adding, renaming, deleting.

use passkeeper::testing::{Backup, VirtualAuthenticator};
use serde_json::json;

use crate::client::*;

const BITWARDEN: [u8; 16] = [0xd5, 0x48, 0x82, 0x6e, 0x79, 0xb4, 0xdb, 0x40, 0xa3, 0xd8, 0x11, 0x11, 0x6f, 0x7e, 0x83, 0x49];

/// Alice, with a second passkey from a provider that is known.
async fn with_two() -> (Server, Browser, Vec<String>) {
    let (server, mut browser) = alice().await;
    let first = browser.device.clone();
    browser.device = VirtualAuthenticator::new(2).with_aaguid(BITWARDEN).with_backup(Backup::BackedUp);
    browser.register("/api/passkeys", json!({})).await.ok();
    browser.device = first;
    let ids = browser.passkeys().await.iter().map(|passkey| passkey["id"].as_str().unwrap().to_owned()).collect();
    (server, browser, ids)
}

#[tokio::test]
async fn the_list_says_who_made_each_and_whether_it_is_backed_up() {
    let (_, mut browser, _) = with_two().await;
    let list = browser.passkeys().await;
    assert_eq!(list.len(), 2);
    let shown = |n: usize, member: &str| list[n][member].clone();
    let members = ["name", "provider", "backupEligible", "backedUp", "thisSession", "lastUsedAt", "createdAt"];
    let expected = [
        [json!("Passkey"), json!(null), json!(false), json!(false), json!(true), json!(null), json!(1_750_000_000)],
        [json!("Bitwarden"), json!("Bitwarden"), json!(true), json!(true), json!(false), json!(null), json!(1_750_000_000)],
    ];
    for (n, row) in expected.into_iter().enumerate() {
        assert_eq!(members.map(|member| shown(n, member)), row);
    }
}

#[tokio::test]
async fn a_name_that_is_there_already_gets_a_number() {
    let (_, mut browser) = alice().await;
    for seed in [2, 3] {
        browser.device = VirtualAuthenticator::new(seed);
        browser.register("/api/passkeys", json!({})).await.ok();
    }
    let names: Vec<_> = browser.passkeys().await.iter().map(|passkey| passkey["name"].clone()).collect();
    assert_eq!(names, ["Passkey", "Passkey 2", "Passkey 3"]);
}

#[tokio::test]
async fn a_device_that_has_one_is_excluded() {
    let (_, mut browser) = alice().await;
    let started = browser.post("/api/passkeys/start", json!({})).await.ok();
    assert_eq!(started["options"]["excludeCredentials"].as_array().unwrap().len(), 1);
    assert!(browser.device.create(&started["options"].to_string(), ORIGIN).is_err());
}

#[tokio::test]
async fn each_of_them_signs_in() {
    let (_, mut browser, ids) = with_two().await;
    let mut list = browser.passkeys().await;
    assert_eq!(list.remove(0)["id"], ids[0].as_str());
    browser.sign_in().await.ok();
    assert_eq!(browser.passkeys().await[0]["lastUsedAt"], 1_750_000_000);
}

#[tokio::test]
async fn renaming_trims_and_refuses_what_is_no_name() {
    let (_, mut browser, ids) = with_two().await;
    let path = format!("/api/passkeys/{}", ids[1]);
    let renamed = browser.call("PATCH", &path, json!({ "name": "  Schlüssel 🔑 " })).await.ok();
    assert_eq!(renamed["passkey"]["name"], "Schlüssel 🔑");
    assert_eq!(browser.passkeys().await[1]["name"], "Schlüssel 🔑");
    for name in ["", "  ", &"x".repeat(65), "a\nb"] {
        let reply = browser.call("PATCH", &path, json!({ "name": name })).await;
        assert_eq!(reply.refusal(), (400, "bad-name".into()), "{name:?}");
    }
    assert_eq!(browser.passkeys().await[1]["name"], "Schlüssel 🔑");
}

#[tokio::test]
async fn deleting_answers_what_is_left_and_keeps_the_last() {
    let (_, mut browser, ids) = with_two().await;
    let before = browser.get("/api/me").await.ok();
    assert_eq!(before["passkeys"].as_array().unwrap().len(), 2);
    let deleted = browser.call("DELETE", &format!("/api/passkeys/{}", ids[1]), json!({})).await.ok();
    assert_eq!(deleted["accepted"]["rpId"], "localhost");
    assert_eq!(deleted["accepted"]["allAcceptedCredentialIds"].as_array().unwrap().len(), 1);
    let again = browser.call("DELETE", &format!("/api/passkeys/{}", ids[1]), json!({})).await;
    assert_eq!(again.refusal(), (404, "not-found".into()));
    let last = browser.call("DELETE", &format!("/api/passkeys/{}", ids[0]), json!({})).await;
    assert_eq!(last.refusal(), (409, "last-passkey".into()));
    assert_eq!(browser.passkeys().await.len(), 1);
}

/// Whoever stole the passkey is out with it; whoever deletes stays.
#[tokio::test]
async fn deleting_ends_the_sessions_that_it_began_elsewhere() {
    let (server, mut browser, ids) = with_two().await;
    let mut elsewhere = server.browser(0);
    elsewhere.device = browser.device.clone();
    elsewhere.sign_in().await.ok();
    assert!(elsewhere.user().await.is_some());
    browser.call("DELETE", &format!("/api/passkeys/{}", ids[0]), json!({})).await.ok();
    assert_eq!((elsewhere.user().await, browser.user().await.as_deref()), (None, Some("alice")));
    assert_eq!(elsewhere.sign_in().await.refusal(), (400, "refused".into()));
}

#[tokio::test]
async fn somebody_elses_passkey_does_not_exist() {
    let (server, mut browser, ids) = with_two().await;
    let mut mallory = server.browser(9);
    mallory.sign_up("mallory").await;
    for id in [ids[1].as_str(), "00000000-0000-8000-8000-000000000000", "x"] {
        let path = format!("/api/passkeys/{id}");
        for method in ["PATCH", "DELETE"] {
            let reply = mallory.call(method, &path, json!({ "name": "mine" })).await;
            assert_eq!(reply.refusal(), (404, "not-found".into()), "{method} {id}");
        }
    }
    assert_eq!(browser.passkeys().await.len(), 2);
    assert_eq!(browser.passkeys().await[1]["name"], "Bitwarden");
}

/// One session, another account: what the first began the second cannot finish.
#[tokio::test]
async fn what_one_account_began_another_in_the_same_browser_cannot_finish() {
    let (server, mut browser) = alice().await;
    let mut mallory = server.browser(9);
    mallory.sign_up("mallory").await;
    let added = browser.post("/api/passkeys/start", json!({})).await.ok();
    let stepped = browser.post("/api/step-up/start", json!({})).await.ok();
    let step_up = browser.asserted(&stepped);
    // Mallory signs in where alice was.
    let alices = std::mem::replace(&mut browser.device, mallory.device);
    browser.sign_in().await.ok();
    assert_eq!(browser.user().await.as_deref(), Some("mallory"));
    browser.device = VirtualAuthenticator::new(10);
    let finish = browser.created(&added);
    assert_eq!(browser.post("/api/passkeys/finish", finish).await.refusal(), (400, "refused".into()));
    assert_eq!(browser.post("/api/step-up/finish", step_up).await.refusal(), (400, "refused".into()));
    assert_eq!(browser.passkeys().await.len(), 1);
    browser.device = alices;
    browser.sign_in().await.ok();
    assert_eq!(browser.passkeys().await.len(), 1);
}
