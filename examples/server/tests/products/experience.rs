//! Rows B1 to B4.

use passkeeper::testing::VirtualAuthenticator;
use serde_json::{Value, json};

use crate::shape::*;
use crate::world::*;

const PATH: &str = "/api/experience/verification/sign-in-web-authn/authentication";

fn identifier(kind: &str, value: &str) -> Value {
    json!({ "identifier": { "type": kind, "value": value } })
}

fn options_shape() -> Value {
    json!({
        "challenge": "string",
        "timeout": "number",
        "rpId": "string",
        "allowCredentials": [{ "type": "string", "id": "string", "transports": ["string"] }],
        "userVerification": "string",
        "extensions": { "appid": "string", "credProps": "boolean", "hmacCreateSecret": "boolean" },
    })
}

#[track_caller]
fn refusal(reply: &Reply) -> (u16, String) {
    assert_shape(&reply.json(), json!({ "code": "string", "message": "string" }));
    (reply.status.as_u16(), reply.json()["code"].as_str().unwrap().to_owned())
}

async fn with_alice() -> (World, VirtualAuthenticator) {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    world.register(&mut device, ALICE).await;
    (world, device)
}

#[tokio::test]
async fn b1_options_for_a_user_name_an_email_address_or_a_phone_number() {
    let (world, mut device) = with_alice().await;
    for (kind, value) in [("username", "alice"), ("username", " Alice "), ("email", "alice@example.com"), ("phone", "+41440000001")] {
        let started = world.post(ONE, PATH, &identifier(kind, value)).await.ok();
        let payload = got(&mut device, &started["authenticationOptions"], ONE_ORIGIN);
        let verify = json!({ "verificationId": started["verificationId"], "payload": payload });
        let verified = world.post(ONE, &format!("{PATH}/verify"), &verify).await.ok();
        assert_eq!(verified, json!({ "verificationId": started["verificationId"] }));
        // Once.
        assert_eq!(refusal(&world.post(ONE, &format!("{PATH}/verify"), &verify).await), (400, "ceremony-not-found".into()));
    }
    // A user name is no e-mail address.
    assert_eq!(refusal(&world.post(ONE, PATH, &identifier("email", "alice")).await), (404, "user-not-found".into()));
}

#[tokio::test]
async fn b2_verification_id_and_options_with_extensions() {
    let (world, device) = with_alice().await;
    let started = world.post(ONE, PATH, &identifier("username", "alice")).await.ok();
    assert_shape(&started, json!({ "verificationId": "string", "authenticationOptions": options_shape() }));
    let id = passkeeper::types::Bytes::from(device.credentials()[0].id.clone()).to_base64url();
    let expected = json!({
        "timeout": 180_000,
        "rpId": ONE,
        "allowCredentials": [{ "type": "public-key", "id": id, "transports": ["internal"] }],
        "userVerification": "preferred",
        "extensions": { "appid": "https://one.example/app-id.json", "credProps": true, "hmacCreateSecret": true },
    });
    assert_eq!(without(&started["authenticationOptions"], &["challenge"]), expected);
}

#[tokio::test]
async fn b3_transports_are_kept_as_they_came() {
    let known = ["usb", "nfc", "ble", "internal", "cable", "hybrid", "smart-card", "telepathy"];
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1).with_transports(&known));
    world.register(&mut device, ALICE).await;
    let started = world.post(ONE, PATH, &identifier("username", "alice")).await.ok();
    assert_eq!(started["authenticationOptions"]["allowCredentials"][0]["transports"], json!(known));
}

#[tokio::test]
async fn b4_invalid_requests_and_users_who_are_not_found() {
    let (world, _) = with_alice().await;
    for (form, expected) in [
        (json!({}), (400, "body-malformed")),
        (json!([]), (400, "body-malformed")),
        (json!({ "identifier": "alice" }), (400, "body-malformed")),
        (identifier("badge", "alice"), (400, "body-malformed")),
        (json!({ "identifier": { "type": "username" } }), (400, "body-malformed")),
        (identifier("username", ""), (400, "identifier-invalid")),
        (identifier("username", "mallory"), (404, "user-not-found")),
        // He is there, and has no passkey.
        (identifier("username", "bob"), (404, "credential-not-found")),
    ] {
        let reply = world.post(ONE, PATH, &form).await;
        assert_eq!(refusal(&reply), (expected.0, expected.1.to_owned()), "{form}");
    }
    assert_eq!(refusal(&world.post("evil.example", PATH, &identifier("username", "alice")).await), (400, "tenant-unknown".into()));

    let busy = World::with(&[("RATE_LIMIT", "1")], &tenants());
    busy.post(TWO, PATH, &identifier("username", "zoe")).await.ok();
    assert_eq!(refusal(&busy.post(TWO, PATH, &identifier("username", "zoe")).await), (429, "rate-limited".into()));
}

#[tokio::test]
async fn b4_a_tenant_may_hide_who_is_there_behind_stable_decoys() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    world.register(&mut device, ZOE).await;
    let ask = async |name: &str| world.post(TWO, PATH, &identifier("username", name)).await.ok()["authenticationOptions"].take();
    let zoe = ask("zoe").await;
    for name in ["mallory", "trent", "alice"] {
        let (one, again) = (ask(name).await, ask(name).await);
        assert_eq!(one["allowCredentials"], again["allowCredentials"]);
        assert_ne!(one["challenge"], again["challenge"]);
        assert_eq!(shape(&one), shape(&zoe));
    }
}

#[tokio::test]
async fn b4_a_user_who_is_locked_is_not_let_in() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    world.register(&mut device, &user_with("locked")).await;
    let started = world.post(ONE, PATH, &identifier("username", "locked")).await.ok();
    let payload = got(&mut device, &started["authenticationOptions"], ONE_ORIGIN);
    let verify = json!({ "verificationId": started["verificationId"], "payload": payload });
    assert_eq!(refusal(&world.post(ONE, &format!("{PATH}/verify"), &verify).await), (403, "user-suspended".into()));
}
