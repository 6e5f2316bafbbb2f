//! Rows C1 to C7.

use passkeeper::testing::VirtualAuthenticator;
use serde_json::{Value, json};

use crate::shape::*;
use crate::world::*;

const BEARER: &str = "Bearer a key for tests only";

#[track_caller]
fn refusal(reply: &Reply) -> (u16, String) {
    assert_shape(&reply.json(), json!({ "error_code": "string", "message": "string" }));
    (reply.status.as_u16(), reply.json()["error_code"].as_str().unwrap().to_owned())
}

async fn authorized(world: &World, name: &str) -> Value {
    let headers = [("host", ONE), ("authorization", BEARER)];
    let opened = world.call("POST", "/v1/auth-session/start-with-authorization", &headers, &json!({ "username": name })).await;
    opened.ok()["auth_session_id"].take()
}

async fn restricted(world: &World, host: &str) -> Value {
    world.post(host, "/v1/auth-session/start-restricted", &json!({ "client_id": "demo" })).await.ok()["auth_session_id"].take()
}

async fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.post(ONE, &format!("/v1/webauthn/{path}"), body).await
}

fn start_registration(session: &Value, name: &str) -> Value {
    json!({ "auth_session_id": session, "user": { "username": name, "display_name": "Alice" } })
}

/// As a client of this product does: binary members are decoded, and excluded credentials are more than strings to a browser.
fn create(device: &mut VirtualAuthenticator, started: &Value) -> Value {
    let mut options = started["credential_creation_options"].clone();
    for id in options["excludeCredentials"].as_array_mut().unwrap() {
        *id = json!({ "type": "public-key", "id": id });
    }
    let mut credential = device.create(&options.to_string(), ONE_ORIGIN).unwrap().finish();
    let response = credential["response"].take();
    credential["response"] = json!({ "clientDataJSON": response["clientDataJSON"], "attestationObject": response["attestationObject"] });
    without(&credential, &["clientExtensionResults"])
}

fn get(device: &mut VirtualAuthenticator, started: &Value) -> Value {
    without(&got(device, &started["credential_request_options"], ONE_ORIGIN), &["clientExtensionResults"])
}

fn complete(session: &Value, started: &Value, credential: &Value) -> Value {
    json!({
        "auth_session_id": session,
        "webauthn_session_id": started["webauthn_session_id"],
        "public_key_credential": credential,
        "double_signed_challenge": "of another feature",
    })
}

/// Alice, with a passkey made through this API; the last answer.
async fn with_alice() -> (World, VirtualAuthenticator, Value) {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    let session = authorized(&world, "alice").await;
    let started = post(&world, "register/start", &start_registration(&session, "alice")).await.ok();
    let credential = create(&mut device, &started);
    let registered = post(&world, "register/complete", &complete(&session, &started, &credential)).await.ok();
    (world, device, registered)
}

#[tokio::test]
async fn c1_registration_starts_inside_an_authorised_session() {
    // An attachment is part of the answer where one is demanded.
    let mut strict = tenants();
    strict[0]["workflows"]["general"]["attachment"] = "platform".into();
    let (world, mut device) = (World::with(&[], &strict), VirtualAuthenticator::new(1));
    let known = world.register(&mut device, ALICE).await;
    let session = authorized(&world, "alice").await;
    let started = post(&world, "register/start", &start_registration(&session, "alice")).await.ok();
    let selection = json!({ "authenticatorAttachment": "string", "requireResidentKey": "boolean", "residentKey": "string", "userVerification": "string" });
    let options = json!({
        "attestation": "string",
        "authenticatorSelection": selection,
        "extensions": { "appid": "string", "credProps": "boolean", "hmacCreateSecret": "boolean" },
        "excludeCredentials": ["string"],
        "pubKeyCredParams": [{ "alg": "number", "type": "string" }],
        "timeout": "number",
        "challenge": "string",
        "user": { "id": "string", "name": "string", "displayName": "string" },
        "rp": { "id": "string", "name": "string", "icon": "string" },
    });
    assert_shape(&started, json!({ "webauthn_session_id": "string", "credential_creation_options": options }));
    let options = &started["credential_creation_options"];
    let expected = json!({
        "attestation": "none",
        "authenticatorSelection":
            { "authenticatorAttachment": "platform", "requireResidentKey": true, "residentKey": "required", "userVerification": "preferred" },
        "extensions": { "appid": "https://one.example/app-id.json", "credProps": true, "hmacCreateSecret": true },
        "excludeCredentials": [known["credentialId"]],
        "timeout": 180_000,
        "user": { "id": passkeeper::types::Bytes::from(ALICE.as_bytes()).to_base64url(), "name": "alice", "displayName": "Alice" },
        "rp": { "id": ONE, "name": "One", "icon": "https://one.example/icon.png" },
    });
    assert_eq!(without(options, &["challenge", "pubKeyCredParams"]), expected);
}

#[tokio::test]
async fn c1_nobody_registers_without_authority() {
    let world = World::new();
    let open = async |headers: &[(&str, &str)]| {
        let headers = [&[("host", ONE)], headers].concat();
        world.call("POST", "/v1/auth-session/start-with-authorization", &headers, &json!({ "username": "alice" })).await
    };
    for headers in [&[][..], &[("authorization", KEY)], &[("authorization", "Bearer another")], &[("authorization", "Bearer ")]] {
        assert_eq!(refusal(&open(headers).await), (401, "unauthorized".into()), "{headers:?}");
    }
    let (restricted, alices) = (restricted(&world, ONE).await, authorized(&world, "alice").await);
    let nobodys = authorized(&world, "nobody").await;
    for (session, name, expected) in [
        (&restricted, "alice", (403, "session-not-authorized")),
        (&alices, "bob", (403, "session-not-authorized")),
        (&json!("no session"), "alice", (401, "session-unknown")),
        (&nobodys, "nobody", (404, "user-not-found")),
    ] {
        let reply = post(&world, "register/start", &start_registration(session, name)).await;
        assert_eq!(refusal(&reply), (expected.0, expected.1.to_owned()));
    }
    for body in [json!({}), json!("{"), json!({ "auth_session_id": alices, "user": {} })] {
        assert_eq!(refusal(&post(&world, "register/start", &body).await), (400, "body-malformed".into()));
    }
    // A session of one tenant is nothing to another, and none lasts.
    let reply = world.post(TWO, "/v1/webauthn/register/start", &start_registration(&alices, "alice")).await;
    assert_eq!(refusal(&reply), (401, "session-unknown".into()));
    let busy = World::with(&[("RATE_LIMIT", "1")], &tenants());
    self::restricted(&busy, ONE).await;
    let reply = busy.post(ONE, "/v1/auth-session/start-restricted", &json!({})).await;
    assert_eq!(refusal(&reply), (429, "rate-limited".into()));
    world.clock.turn(601);
    let reply = post(&world, "register/start", &start_registration(&alices, "alice")).await;
    assert_eq!(refusal(&reply), (401, "session-unknown".into()));
}

#[tokio::test]
async fn c2_registration_completes_with_both_sessions() {
    let (world, device, registered) = with_alice().await;
    assert_shape(&registered, json!({ "credential": { "credential_id": "string", "public_key": "string" }, "auth_code": "string" }));
    let id = passkeeper::types::Bytes::from(device.credentials()[0].id.clone()).to_base64url();
    assert_eq!(registered["credential"]["credential_id"], id);
    assert!(registered["credential"]["public_key"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    // The code is exchanged once, and soon.
    let exchange = json!({ "grant_type": "authorization_code", "client_id": "demo-native", "code": registered["auth_code"] });
    world.post(ONE, "/oauth/token", &exchange).await.ok();
    assert_eq!(world.post(ONE, "/oauth/token", &exchange).await.status, 400);
    let (world, _, registered) = with_alice().await;
    world.clock.turn(61);
    let exchange = json!({ "grant_type": "authorization_code", "client_id": "demo-native", "code": registered["auth_code"] });
    assert_eq!(world.post(ONE, "/oauth/token", &exchange).await.status, 400);
}

#[tokio::test]
async fn c2_a_registration_is_completed_once_and_with_its_own_challenge() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    let session = authorized(&world, "alice").await;
    let start = async || post(&world, "register/start", &start_registration(&session, "alice")).await.ok();
    let (one, other) = (start().await, start().await);
    let credential = create(&mut device, &one);
    let crossed = post(&world, "register/complete", &complete(&session, &other, &credential)).await;
    assert_eq!(refusal(&crossed), (400, "challenge-mismatch".into()));
    post(&world, "register/complete", &complete(&session, &one, &credential)).await.ok();
    let again = post(&world, "register/complete", &complete(&session, &one, &credential)).await;
    assert_eq!(refusal(&again), (400, "ceremony-not-found".into()));
}

fn request_options() -> Value {
    json!({
        "rawChallenge": "string",
        "challenge": "string",
        "timeout": "number",
        "rpId": "string",
        "attestation": "string",
        "userVerification": "string",
        "extensions": {},
    })
}

#[tokio::test]
async fn c3_authentication_starts_for_a_user_name() {
    let (world, _, registered) = with_alice().await;
    let session = restricted(&world, ONE).await;
    let form = |name: &str| json!({ "auth_session_id": session, "username": name });
    let started = post(&world, "authenticate/start", &form("alice")).await.ok();
    let options = &started["credential_request_options"];
    assert_shape(&started["webauthn_session_id"], json!("string"));
    assert_shape(&without(options, &["allowCredentials"]), request_options());
    // Its transports were not part of what this product's sample sends.
    let expected = json!([{ "type": "public-key", "id": registered["credential"]["credential_id"] }]);
    assert_eq!((&options["allowCredentials"], &options["attestation"]), (&expected, &json!("none")));
    assert_eq!((&options["rawChallenge"], &options["rpId"]), (&options["challenge"], &json!(ONE)));

    assert_eq!(refusal(&post(&world, "authenticate/start", &form("mallory")).await), (404, "user-not-found".into()));
    assert_eq!(refusal(&post(&world, "authenticate/start", &form("bob")).await), (404, "credential-not-found".into()));
    let unknown = json!({ "auth_session_id": "none", "username": "alice" });
    assert_eq!(refusal(&post(&world, "authenticate/start", &unknown).await), (401, "session-unknown".into()));
}

#[tokio::test]
async fn c3_transports_are_sent_where_they_are_known() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    world.register(&mut device, ALICE).await;
    let session = restricted(&world, ONE).await;
    let form = json!({ "auth_session_id": session, "username": "alice" });
    let started = post(&world, "authenticate/start", &form).await.ok();
    let sample = json!([{ "type": "string", "id": "string", "transports": ["string"] }]);
    assert_shape(&started["credential_request_options"]["allowCredentials"], sample);
}

#[tokio::test]
async fn c4_authentication_completes_with_the_credential_and_its_times() {
    let (world, mut device, registered) = with_alice().await;
    world.clock.turn(60);
    let session = restricted(&world, ONE).await;
    let started = post(&world, "authenticate/start", &json!({ "auth_session_id": session, "username": "alice" })).await.ok();
    let credential = get(&mut device, &started);
    let done = post(&world, "authenticate/complete", &complete(&session, &started, &credential)).await.ok();
    let shape = json!({ "credential_id": "string", "public_key": "string", "registered_at": "string", "last_used": "string" });
    assert_shape(&done, json!({ "auth_code": "string", "credential": shape }));
    let mut expected = registered["credential"].clone();
    (expected["registered_at"], expected["last_used"]) = ("2027-01-15T08:00:00Z".into(), "2027-01-15T08:01:00Z".into());
    assert_eq!(done["credential"], expected);
    // The code is for a token.
    let exchange = json!({ "grant_type": "authorization_code", "client_id": "demo-native", "code": done["auth_code"] });
    world.post(ONE, "/oauth/token", &exchange).await.ok();
}

#[tokio::test]
async fn c5_a_passkey_says_whose_it_is() {
    let (world, mut device, registered) = with_alice().await;
    let session = restricted(&world, ONE).await;
    let start = async || post(&world, "authenticate/passkey/start", &json!({ "auth_session_id": session })).await.ok();
    let started = start().await;
    assert_eq!(started["credential_request_options"]["allowCredentials"], json!([]));
    assert_shape(&without(&started["credential_request_options"], &["allowCredentials"]), request_options());
    let form = without(&complete(&session, &started, &get(&mut device, &started)), &["double_signed_challenge"]);
    let done = post(&world, "authenticate/passkey/complete", &form).await.ok();
    assert_eq!(done["credential"]["credential_id"], registered["credential"]["credential_id"]);

    let started = start().await;
    let nameless = without(&get(&mut device, &started), &["response/userHandle"]);
    let reply = post(&world, "authenticate/passkey/complete", &complete(&session, &started, &nameless)).await;
    assert_eq!(refusal(&reply), (400, "user-handle-missing".into()));
}

#[tokio::test]
async fn c5_a_user_who_is_locked_is_not_let_in() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    world.register(&mut device, &user_with("locked")).await;
    let session = restricted(&world, ONE).await;
    let started = post(&world, "authenticate/passkey/start", &json!({ "auth_session_id": session })).await.ok();
    let form = complete(&session, &started, &get(&mut device, &started));
    assert_eq!(refusal(&post(&world, "authenticate/passkey/complete", &form).await), (403, "user-not-active".into()));
}

#[tokio::test]
async fn c6_a_ceremony_works_only_in_the_session_that_started_it() {
    let (world, mut device, _) = with_alice().await;
    let (own, another) = (restricted(&world, ONE).await, restricted(&world, ONE).await);
    for kind in ["authenticate", "authenticate/passkey"] {
        let start = json!({ "auth_session_id": own, "username": "alice" });
        let started = post(&world, &format!("{kind}/start"), &start).await.ok();
        let credential = get(&mut device, &started);
        let path = format!("{kind}/complete");
        let reply = post(&world, &path, &complete(&another, &started, &credential)).await;
        assert_eq!(refusal(&reply), (400, "ceremony-session-mismatch".into()));
        // The attempt has used it up.
        let reply = post(&world, &path, &complete(&own, &started, &credential)).await;
        assert_eq!(refusal(&reply), (400, "ceremony-not-found".into()));
    }
    let (first, second) = (authorized(&world, "bob").await, authorized(&world, "bob").await);
    let started = post(&world, "register/start", &start_registration(&first, "bob")).await.ok();
    let credential = create(&mut device, &started);
    let reply = post(&world, "register/complete", &complete(&second, &started, &credential)).await;
    assert_eq!(refusal(&reply), (400, "ceremony-session-mismatch".into()));
}

#[tokio::test]
async fn c7_a_credential_may_come_without_raw_id() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    let session = authorized(&world, "alice").await;
    let started = post(&world, "register/start", &start_registration(&session, "alice")).await.ok();
    let credential = without(&create(&mut device, &started), &["rawId"]);
    post(&world, "register/complete", &complete(&session, &started, &credential)).await.ok();
    let started = post(&world, "authenticate/start", &json!({ "auth_session_id": session, "username": "alice" })).await.ok();
    let credential = without(&get(&mut device, &started), &["rawId"]);
    post(&world, "authenticate/complete", &complete(&session, &started, &credential)).await.ok();
    // One that says something else than the ID is refused.
    let started = post(&world, "authenticate/start", &json!({ "auth_session_id": session, "username": "alice" })).await.ok();
    let mut credential = get(&mut device, &started);
    credential["rawId"] = "AAAA".into();
    let reply = post(&world, "authenticate/complete", &complete(&session, &started, &credential)).await;
    assert_eq!(refusal(&reply), (400, "credential-id-mismatch".into()));
}
