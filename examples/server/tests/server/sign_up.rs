//! Accounts come into being with their first passkey, and only then.

use passkeeper::testing::{VirtualAuthenticator, flags};
use serde_json::{Value, json};

use crate::client::*;

#[tokio::test]
async fn an_account_begins_with_a_passkey_and_is_signed_in() {
    let server = Server::new();
    let mut browser = server.browser(1);
    let form = json!({ "username": " Ada@example.com ", "displayName": "Ada Lovelace" });
    let started = browser.post("/api/sign-up/start", form).await.ok();
    let options = &started["options"];
    assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!("Ada@example.com"), &json!("Ada Lovelace")));
    assert_eq!(options["user"]["id"].as_str().unwrap().len(), 43, "32 random bytes");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(browser.user().await, None, "nobody is signed in yet");
    assert_eq!(server.stores.users.by_name("ada@example.com").await, Ok(None), "no account yet");

    let finish = browser.created(&started);
    let welcome = browser.post("/api/sign-up/finish", finish).await.ok();
    assert_eq!(welcome["user"], json!({ "username": "Ada@example.com", "displayName": "Ada Lovelace" }));
    assert_eq!(welcome["accepted"]["allAcceptedCredentialIds"].as_array().unwrap().len(), 1);
    assert_eq!(welcome["accepted"]["userId"], options["user"]["id"]);
    assert_eq!(browser.user().await.as_deref(), Some("Ada@example.com"));
}

#[tokio::test]
async fn a_name_is_taken_whatever_its_case() {
    let (server, _) = alice().await;
    let reply = server.browser(2).post("/api/sign-up/start", json!({ "username": "ALICE" })).await;
    assert_eq!(reply.refusal(), (409, "name-taken".into()));
}

#[tokio::test]
async fn a_name_that_does_not_fit_is_refused_in_plain_words() {
    let server = Server::new();
    let (long, wide) = ("x".repeat(65), "é".repeat(65));
    for (username, display_name) in
        [("", ""), ("a b", ""), ("a\u{202e}b", ""), ("ä", ""), (long.as_str(), ""), ("ok", wide.as_str()), ("ok", "a\u{7}b")]
    {
        let form = json!({ "username": username, "displayName": display_name });
        let reply = server.browser(1).post("/api/sign-up/start", form).await;
        assert_eq!(reply.refusal(), (400, "bad-name".into()), "{username:?} {display_name:?}");
    }
    let longest = json!({ "username": "x".repeat(64), "displayName": "é".repeat(64) });
    assert!(server.browser(1).post("/api/sign-up/start", longest).await.status.is_success());
}

/// Two begin with one name: the first to finish has it, the other hears that it is taken, and its passkey can be forgotten.
#[tokio::test]
async fn of_two_who_sign_up_with_one_name_one_gets_it() {
    let server = Server::new();
    let (mut first, mut second) = (server.browser(1), server.browser(2));
    let form = |name: &str| json!({ "username": name });
    let one = first.post("/api/sign-up/start", form("sam")).await.ok();
    let two = second.post("/api/sign-up/start", form("Sam")).await.ok();
    let (one, two) = (first.created(&one), second.created(&two));
    first.post("/api/sign-up/finish", one).await.ok();
    let reply = second.post("/api/sign-up/finish", two.clone()).await;
    assert_eq!(reply.refusal(), (409, "name-taken".into()));
    assert_eq!(reply.json()["unknownCredential"], json!({ "rpId": "localhost", "credentialId": two["credential"]["id"] }));
    assert_eq!((first.user().await.as_deref(), second.user().await), (Some("sam"), None));
    assert_eq!(second.sign_in().await.refusal(), (400, "refused".into()), "no passkey was stored for the loser");
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_name() {
    let server = Server::new();
    let tasks = (0..16).map(|seed| {
        let mut browser = server.browser(seed);
        tokio::spawn(async move {
            let started = browser.post("/api/sign-up/start", json!({ "username": "sam" })).await;
            // Who is late hears it at the start already.
            if !started.status.is_success() {
                return started.refusal().0;
            }
            let finish = browser.created(&started.ok());
            browser.post("/api/sign-up/finish", finish).await.status.as_u16()
        })
    });
    let mut statuses = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        statuses.push(task.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, &[409; 15][..]));
}

/// The account is made after the verification, and removed again if the passkey turns out to be another account's.
#[tokio::test]
async fn a_sign_up_that_fails_leaves_no_account() {
    let (server, _) = alice().await;
    let mut browser = server.browser(1);

    let started = browser.post("/api/sign-up/start", json!({ "username": "mallory" })).await.ok();
    let mut draft = browser.device.create(&started["options"].to_string(), ORIGIN).unwrap();
    draft.auth_data.set_flag(flags::UV, false);
    let credential: Value = serde_json::from_str(&draft.to_json()).unwrap();
    let reply = browser.post("/api/sign-up/finish", json!({ "ceremony": started["ceremony"], "credential": credential })).await;
    assert_eq!(reply.refusal(), (400, "refused".into()));
    assert_eq!(server.stores.users.by_name("mallory").await, Ok(None));

    // The same device as alice's, so the same credential ID.
    browser.device = VirtualAuthenticator::new(1);
    let reply = browser.register("/api/sign-up", json!({ "username": "mallory" })).await;
    assert_eq!(reply.refusal(), (400, "refused".into()));
    assert_eq!(reply.json().get("unknownCredential"), None, "the passkey is Alice's");
    assert_eq!(server.stores.users.by_name("mallory").await, Ok(None));
    assert_eq!(browser.user().await, None);
}

/// A passkey that was made in vain is told to its authenticator; one that is known here, or may be, never is.
#[tokio::test]
async fn a_sign_up_that_is_refused_says_whether_its_passkey_is_of_no_use() {
    let (server, mut alice) = alice().await;
    let unknown = |reply: &Reply| reply.json()["unknownCredential"]["credentialId"].clone();
    let mut browser = server.browser(2);
    let form = json!({ "username": "bob" });

    let started = browser.post("/api/sign-up/start", form.clone()).await.ok();
    let finish = browser.created(&started);
    server.clock.turn(601);
    let reply = browser.post("/api/sign-up/finish", finish.clone()).await;
    assert_eq!((reply.refusal(), unknown(&reply)), ((400, "too-slow".into()), finish["credential"]["id"].clone()));

    let (one, two) = (browser.post("/api/sign-up/start", form.clone()).await.ok(), browser.post("/api/sign-up/start", form).await.ok());
    let (mut crossed, finish) = (browser.created(&one), browser.created(&two));
    crossed["ceremony"] = two["ceremony"].clone();
    let reply = browser.post("/api/sign-up/finish", crossed.clone()).await;
    assert_eq!((reply.refusal(), unknown(&reply)), ((400, "refused".into()), crossed["credential"]["id"].clone()));
    // This ceremony has ended. How, nobody knows here: the passkey may be the one that was taken.
    let reply = browser.post("/api/sign-up/finish", finish).await;
    assert_eq!((reply.refusal(), unknown(&reply)), ((400, "start-again".into()), Value::Null));

    // Alice's own passkey, in a ceremony that it was not made for.
    alice.post("/api/sign-out", json!({})).await;
    let started = alice.post("/api/sign-up/start", json!({ "username": "eve" })).await.ok();
    alice.device = VirtualAuthenticator::new(1);
    let mut finish = alice.created(&started);
    let another = alice.post("/api/sign-up/start", json!({ "username": "eve" })).await.ok();
    finish["ceremony"] = another["ceremony"].clone();
    let reply = alice.post("/api/sign-up/finish", finish).await;
    assert_eq!((reply.refusal(), unknown(&reply)), ((400, "refused".into()), Value::Null));
}

/// A crash between account and passkey: the name comes free again, when no ceremony can be on its way any more.
#[tokio::test]
async fn an_account_without_a_passkey_makes_room_after_ten_minutes() {
    use passkeeper::types::{UnixTime, UserHandle};
    let server = Server::new();
    let orphan = passkeeper_server::User {
        handle: UserHandle::new([7; 32]).unwrap(),
        username: "alice".into(),
        display_name: String::new(),
        created_at: UnixTime::from_secs(1_750_000_000),
    };
    assert_eq!(server.stores.users.create(&orphan).await, Ok(true));
    server.clock.turn(600);
    let reply = server.browser(1).post("/api/sign-up/start", json!({ "username": "alice" })).await;
    assert_eq!(reply.refusal(), (409, "name-taken".into()));
    server.clock.turn(1);
    let mut browser = server.browser(1);
    browser.sign_up("Alice").await;
    assert_eq!(browser.user().await.as_deref(), Some("Alice"));
    // One with a passkey stays, however old.
    server.clock.turn(1_000_000);
    let reply = server.browser(2).post("/api/sign-up/start", json!({ "username": "alice" })).await;
    assert_eq!(reply.refusal(), (409, "name-taken".into()));
}
