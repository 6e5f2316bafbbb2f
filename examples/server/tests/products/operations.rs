//! Rows D9 to D11, D13, D14 and D16 to D18: authentication, assertion, tenants, the veto, faults.

use passkeeper::store::{CeremonyId, CeremonyStore, DynCeremonyStore, NewCeremony, PendingLimits, StoreError};
use passkeeper::testing::{CounterMode, VirtualAuthenticator};
use passkeeper::types::{Challenge, Scope, UnixTime};
use passkeeper_server::Stores;
use serde_json::{Value, json};

use crate::import::row;
use crate::lifecycle::passkey;
use crate::shape::*;
use crate::world::*;

const START: &str = "/api/webauthn/start";
const LOGIN: &str = "/api/webauthn/login";
const ASSERT: &str = "/api/webauthn/assert";

fn start(workflow: &str) -> Value {
    json!({ "applicationId": ONE_APP, "userId": ALICE, "workflow": workflow })
}

async fn options(world: &World, form: &Value) -> Value {
    world.keyed("POST", START, form).await.ok()["options"].take()
}

/// The request of a completion, as the document's sample shows it.
fn complete(device: &mut VirtualAuthenticator, options: &Value) -> Value {
    let credential = without(&got(device, options, ONE_ORIGIN), &["rawId", "authenticatorAttachment", "clientExtensionResults"]);
    json!({ "credential": credential, "origin": ONE_ORIGIN, "rpId": ONE })
}

async fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.call("POST", path, &[], body).await
}

async fn with_alice() -> (World, VirtualAuthenticator, Value) {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    let passkey = world.register(&mut device, ALICE).await;
    (world, device, passkey)
}

async fn retrieved(world: &World, passkey: &Value) -> Value {
    let path = format!("/api/webauthn/{}", passkey["id"].as_str().unwrap());
    world.keyed("GET", &path, &Value::Null).await.ok()["credential"].take()
}

#[tokio::test]
async fn d9_options_for_a_user_or_a_login_id() {
    let (world, _, first) = with_alice().await;
    let second = world.register(&mut VirtualAuthenticator::new(2), ALICE).await;
    let started = world.keyed("POST", START, &start("reauthentication")).await.ok();
    let sample = json!({
        "allowCredentials": [{ "id": "string", "transports": ["string"], "type": "string" }],
        "challenge": "string",
        "rpId": "string",
        "timeout": "number",
        "userVerification": "string",
    });
    assert_shape(&started, json!({ "options": sample }));
    let allowed = |passkey: &Value| json!({ "id": passkey["credentialId"], "transports": ["internal"], "type": "public-key" });
    let both = json!([allowed(&first), allowed(&second)]);
    let expected = json!({ "allowCredentials": both, "rpId": ONE, "timeout": 180_000, "userVerification": "required" });
    assert_eq!(without(&started["options"], &["challenge"]), expected);

    let by = |members: Value| {
        let mut form = json!({ "applicationId": ONE_APP, "workflow": "bootstrap" });
        form.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        form
    };
    for members in [
        json!({ "loginId": "alice@example.com" }),
        json!({ "loginId": "alice" }),
        json!({ "loginId": "+41440000001", "loginIdTypes": ["phoneNumber"] }),
        json!({ "loginId": "alice", "loginIdTypes": ["email", "username"] }),
        // The user's ID wins.
        json!({ "userId": ALICE, "loginId": "bob" }),
    ] {
        assert_eq!(options(&world, &by(members.clone())).await["allowCredentials"], both, "{members}");
    }
    let narrowed = options(&world, &by(json!({ "userId": ALICE, "credentialId": second["id"] }))).await;
    assert_eq!(narrowed["allowCredentials"], json!([allowed(&second)]));
}

#[tokio::test]
async fn d9_d14_each_wrong_field_of_a_start_is_named() {
    let (world, _, _) = with_alice().await;
    let bobs = world.register(&mut VirtualAuthenticator::new(2), BOB).await;
    let edit = |name: &'static str, value: Value| (name, value);
    let cases: [(_, &str); 17] = [
        (edit("applicationId", Value::Null), "[missing]applicationId"),
        (edit("applicationId", json!(NOBODY)), "[invalid]applicationId"),
        (edit("credentialId", json!("1")), "[invalid]credentialId"),
        (edit("credentialId", json!(NOBODY)), "[invalid]credentialId"),
        (edit("credentialId", bobs["id"].clone()), "[credential-not-found]credentialId"),
        (edit("userId", Value::Null), "[missing]loginId"),
        (edit("userId", json!(NOBODY)), "[invalid]userId"),
        (edit("userId", json!(ZOE)), "[invalid]userId"),
        (edit("userId", json!(user_with("locked"))), "[credential-not-found]"),
        (edit("loginIdTypes", json!(["badge"])), "[invalid]loginIdTypes"),
        (edit("state", json!("text")), "[invalid]state"),
        (edit("state", json!([])), "[invalid]state"),
        (edit("state", json!({ "large": "x".repeat(9000) })), "[caller-state-too-large]state"),
        (edit("workflow", Value::Null), "[missing]workflow"),
        (edit("workflow", json!("general")), "[invalid]workflow"),
        (edit("workflow", json!("login")), "[invalid]workflow"),
        (edit("loginId", json!(1)), "[invalid]loginId"),
    ];
    for ((name, value), code) in cases {
        let mut form = start("bootstrap");
        form[name] = value;
        assert_errors(&world.keyed("POST", START, &form).await, &[code]);
    }
    let mut unknown = without(&start("bootstrap"), &["userId"]);
    unknown["loginId"] = "mallory".into();
    assert_errors(&world.keyed("POST", START, &unknown).await, &["[user-not-found]loginId"]);
}

#[tokio::test]
async fn d9_the_state_comes_back_unmodified() {
    let (world, mut device, _) = with_alice().await;
    // Not even a number that fits no type is touched, nor a blank.
    let state = r#"{"b": 1e400, "a":  {"nested": [null, 18446744073709551616]}, "b2": "\u00e9"}"#;
    let form = format!(r#"{{"applicationId":"{ONE_APP}","userId":"{ALICE}","workflow":"bootstrap","state":{state}}}"#);
    let options = options(&world, &json!(form)).await;
    let reply = post(&world, LOGIN, &complete(&mut device, &options)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.text.contains(&format!(r#""state":{state}"#)), "{}", reply.text);
}

/// The stub of a profile has no other members than the document's sample, of the same types.
fn login_sample() -> Value {
    json!({
        "token": "string",
        "user": {
            "active": "boolean",
            "data": {},
            "email": "string",
            "fullName": "string",
            "id": "string",
            "identities": [{ "primary": "boolean", "type": "string", "value": "string", "verified": "boolean", "verifiedReason": "string" }],
            "lastLoginInstant": "number",
            "passwordChangeRequired": "boolean",
            "phoneNumber": "string",
            "preferredLanguages": ["string"],
            "registrations": [{}],
            "tenantId": "string",
            "twoFactor": { "methods": [{}] },
            "username": "string",
            "usernameStatus": "string",
            "verified": "boolean",
        },
    })
}

#[tokio::test]
async fn d10_a_login_updates_the_passkey() {
    let (world, mut device, before) = with_alice().await;
    world.clock.turn(5);
    let options = options(&world, &start("reauthentication")).await;
    let body = complete(&mut device, &options);
    let response = json!({ "authenticatorData": "string", "clientDataJSON": "string", "signature": "string", "userHandle": "string" });
    let sample = json!({ "credential": { "id": "string", "response": response, "type": "string" }, "origin": "string", "rpId": "string" });
    assert_shape(&body, sample);
    let login = post(&world, LOGIN, &body).await.ok();
    assert_within(&login, &login_sample());
    assert_eq!(login.as_object().unwrap().keys().collect::<Vec<_>>(), ["token", "user"]);
    let user = &login["user"];
    assert_eq!((&user["id"], &user["username"], &user["tenantId"]), (&json!(ALICE), &json!("alice"), &json!(ONE_ID)));
    let mut expected = before.clone();
    (expected["signCount"], expected["lastUseInstant"]) = (2.into(), ((NOW + 5) * 1000).into());
    assert_eq!(retrieved(&world, &before).await, expected);
    // Once.
    let again = post(&world, LOGIN, &body).await;
    assert_errors(&again, &["[ceremony-not-found]credential.response.clientDataJSON"]);
}

#[tokio::test]
async fn d10_d14_each_wrong_field_of_a_login_is_named() {
    let (world, mut device, before) = with_alice().await;
    let edit = |path: &'static str, value: Value| (path, value);
    let cases: [(_, &[&str]); 12] = [
        (
            edit("/credential", Value::Null),
            &[
                "[missing]credential.id",
                "[missing]credential.response.authenticatorData",
                "[missing]credential.response.clientDataJSON",
                "[missing]credential.response.signature",
                "[missing]credential.type",
            ],
        ),
        (edit("/credential/id", json!("AAAA")), &["[credential-not-allowed]credential.id"]),
        (edit("/credential/type", json!("password")), &["[credential-type-unexpected]credential.type"]),
        (edit("/credential/response/authenticatorData", json!(1)), &["[invalid]credential.response.authenticatorData"]),
        (edit("/credential/response/signature", json!("AAAA")), &["[signature-invalid]credential.response.signature"]),
        (edit("/credential/response/userHandle", json!("Ym9i")), &["[user-handle-mismatch]credential.response.userHandle"]),
        (edit("/credential/response/clientDataJSON", json!("e30")), &["[client-data-member-missing]credential.response.clientDataJSON"]),
        (edit("/credential/rpId", json!(TWO)), &["[invalid]credential.rpId"]),
        (edit("/origin", json!(TWO_ORIGIN)), &["[invalid]origin"]),
        (edit("/origin", Value::Null), &["[missing]origin"]),
        (edit("/rpId", json!("three.example")), &["[invalid]rpId"]),
        (edit("/rpId", Value::Null), &["[missing]rpId"]),
    ];
    for ((path, value), codes) in cases {
        for target in [LOGIN, ASSERT] {
            let options = options(&world, &start("reauthentication")).await;
            let mut body = complete(&mut device, &options);
            let (at, name) = path.rsplit_once('/').unwrap();
            body.pointer_mut(at).unwrap()[name] = value.clone();
            assert_errors(&post(&world, target, &body).await, codes);
        }
    }
    assert_eq!(retrieved(&world, &before).await, before);
    // Of a login, a passkey that is gone is 404, of an assertion it is a field.
    for (target, gone) in [(LOGIN, true), (ASSERT, false)] {
        let mut device = VirtualAuthenticator::new(9);
        let passkey = world.register(&mut device, ALICE).await;
        let mut form = start("reauthentication");
        form["credentialId"] = passkey["id"].clone();
        let body = complete(&mut device, &options(&world, &form).await);
        world.keyed("DELETE", &format!("/api/webauthn/{}", passkey["id"].as_str().unwrap()), &Value::Null).await.ok();
        let reply = post(&world, target, &body).await;
        match gone {
            true => assert_eq!(reply.bare(), (404, true)),
            false => assert_errors(&reply, &["[credential-not-found]credential.id"]),
        }
    }
}

#[tokio::test]
async fn d10_a_copied_authenticator_is_refused() {
    let (world, mut device, _) = with_alice().await;
    let mut copy = device.clone().with_counter(CounterMode::Zero);
    for (device, status) in [(&mut device, 200), (&mut copy, 400)] {
        let body = complete(device, &options(&world, &start("reauthentication")).await);
        let reply = post(&world, LOGIN, &body).await;
        assert_eq!(reply.status, status);
        if status == 400 {
            assert_errors(&reply, &["[counter-not-increased]credential.response.authenticatorData"]);
        }
    }
}

#[tokio::test]
async fn d11_an_assertion_answers_the_passkey_and_logs_nobody_in() {
    let (world, mut device, before) = with_alice().await;
    let body = complete(&mut device, &options(&world, &start("reauthentication")).await);
    let asserted = post(&world, ASSERT, &body).await.ok();
    assert_shape(&asserted, json!({ "credential": passkey() }));
    assert_eq!(asserted["credential"], retrieved(&world, &before).await);
    assert_eq!(asserted["credential"]["signCount"], 2);
    // It is used up: no login can follow.
    assert_errors(&post(&world, LOGIN, &body).await, &["[ceremony-not-found]credential.response.clientDataJSON"]);
}

/// As the document's own samples have it.
#[tokio::test]
async fn d12_padding_is_tolerated_in_a_login() {
    let (world, mut device, _) = with_alice().await;
    for target in [LOGIN, ASSERT] {
        let mut body = complete(&mut device, &options(&world, &start("reauthentication")).await);
        let mut padded = 0;
        for path in ["/id", "/response/authenticatorData", "/response/clientDataJSON", "/response/signature", "/response/userHandle"] {
            let value = body["credential"].pointer_mut(path).unwrap();
            let text = value.as_str().unwrap();
            let padding = "=".repeat((4 - text.len() % 4) % 4);
            padded += usize::from(!padding.is_empty());
            *value = format!("{text}{padding}").into();
        }
        assert!(padded > 0);
        post(&world, target, &body).await.ok();
    }
}

#[tokio::test]
async fn d13_a_passkey_of_one_tenant_is_nothing_to_another() {
    let (world, mut device, passkey) = with_alice().await;
    let id = passkey["id"].as_str().unwrap();
    let call = async |method: &str, path: &str, tenant: &str, body: &Value| {
        world.call(method, path, &[("authorization", KEY), ("x-fusionauth-tenantid", tenant)], body).await
    };
    for path in [format!("/api/webauthn/{id}"), format!("/api/webauthn?userId={ALICE}")] {
        assert_eq!(call("GET", &path, ONE_ID, &Value::Null).await.status, 200);
        for method in ["GET", "DELETE"] {
            assert_eq!(call(method, &path, TWO_ID, &Value::Null).await.bare(), (404, true), "{method} {path}");
            for unknown in [NOBODY, "two", ""] {
                assert_errors(&call(method, &path, unknown, &Value::Null).await, &["[invalid-tenant]"]);
            }
        }
    }
    let register = json!({ "displayName": "x", "userId": ALICE, "workflow": "general" });
    assert_errors(&call("POST", "/api/webauthn/register/start", TWO_ID, &register).await, &["[invalid]userId"]);
    assert_errors(&call("POST", START, TWO_ID, &start("bootstrap")).await, &["[invalid]applicationId"]);
    let mut narrowed = start("reauthentication");
    (narrowed["applicationId"], narrowed["userId"], narrowed["credentialId"]) = (TWO_APP.into(), ZOE.into(), id.into());
    assert_errors(&world.keyed("POST", START, &narrowed).await, &["[invalid]credentialId"]);
    // What was begun for one is not completed by another, and is still there for the first.
    let body = complete(&mut device, &options(&world, &start("reauthentication")).await);
    assert_errors(&world.call("POST", LOGIN, &[("x-fusionauth-tenantid", TWO_ID)], &body).await, &["[invalid]rpId"]);
    let mut there = body.clone();
    there["rpId"] = TWO.into();
    assert_errors(&post(&world, LOGIN, &there).await, &["[ceremony-not-found]credential.response.clientDataJSON"]);
    assert_eq!(world.call("POST", LOGIN, &[("x-fusionauth-tenantid", ONE_ID)], &body).await.status, 200);
}

#[tokio::test]
async fn d14_a_bad_api_key_is_401_and_says_nothing() {
    let (world, _, passkey) = with_alice().await;
    let one = format!("/api/webauthn/{}", passkey["id"].as_str().unwrap());
    let all = format!("/api/webauthn?userId={ALICE}");
    let requests = [
        ("GET", one.as_str()),
        ("GET", &all),
        ("DELETE", &one),
        ("DELETE", &all),
        ("POST", "/api/webauthn/import"),
        ("POST", "/api/webauthn/register/start"),
        ("POST", START),
    ];
    for (method, path) in requests {
        for headers in
            [&[][..], &[("authorization", "")], &[("authorization", "Bearer a key for tests only")], &[("authorization", "another key")]]
        {
            assert_eq!(world.call(method, path, headers, &json!({})).await.bare(), (401, true), "{method} {path} {headers:?}");
        }
    }
    assert_eq!(retrieved(&world, &passkey).await, passkey);
}

/// Ceremonies that cannot be kept.
struct Down;

impl CeremonyStore for Down {
    async fn put(&self, _: NewCeremony, _: &PendingLimits, _: UnixTime) -> Result<CeremonyId, StoreError> {
        Err(StoreError::unavailable("secret-host is down"))
    }
    async fn take(&self, _: &Scope, _: &CeremonyId, _: UnixTime) -> Result<Option<String>, StoreError> {
        Err(StoreError::unavailable("secret-host is down"))
    }
    async fn take_by_challenge(&self, _: &Scope, _: &Challenge, _: UnixTime) -> Result<Option<String>, StoreError> {
        Err(StoreError::unavailable("secret-host is down"))
    }
}

#[tokio::test]
async fn d14_faults_of_the_store_and_of_ours_are_told_apart() {
    let stores = Stores::in_memory();
    let up = World::over(&[], &tenants(), stores.clone());
    let mut device = VirtualAuthenticator::new(1);
    up.register(&mut device, ALICE).await;
    let body = complete(&mut device, &options(&up, &start("reauthentication")).await);
    let down = World::over(&[], &tenants(), Stores { ceremonies: DynCeremonyStore::new(Down), ..stores });
    let register = json!({ "displayName": "x", "userId": ALICE, "workflow": "general" });
    for reply in [
        down.keyed("POST", START, &start("reauthentication")).await,
        down.keyed("POST", "/api/webauthn/register/start", &register).await,
        post(&down, LOGIN, &body).await,
        post(&down, ASSERT, &body).await,
    ] {
        assert_eq!(reply.errors(), (503, vec!["[store-unavailable]".to_owned()]));
        assert!(!reply.text.contains("secret-host") && reply.headers.contains_key("retry-after"));
    }
    // A fault of ours has no body: an import that was not to be validated.
    let mut row = row("AAAA");
    row["userId"] = NOBODY.into();
    let headers = [("authorization", KEY), ("x-fusionauth-tenantid", ONE_ID)];
    let reply = up.call("POST", "/api/webauthn/import", &headers, &json!({ "credentials": [row] })).await;
    assert_eq!(reply.bare(), (500, true));
}

/// The product's own server asks for all its users: no 429, which the API does not have.
#[tokio::test]
async fn d14_the_key_is_not_counted_by_address() {
    let busy = World::with(&[("RATE_LIMIT", "1")], &tenants());
    let register = json!({ "displayName": "Phone", "userId": ALICE, "workflow": "general" });
    for _ in 0..70 {
        busy.keyed("POST", "/api/webauthn/register/start", &register).await.ok();
    }
}

#[tokio::test]
async fn d16_only_passkeys_that_can_meet_the_demand_are_offered() {
    let (world, _, able) = with_alice().await;
    let unable = world.register(&mut VirtualAuthenticator::new(2).with_user_verified(false), ALICE).await;
    let allowed = options(&world, &start("bootstrap")).await["allowCredentials"].take();
    assert_eq!(allowed, json!([{ "id": able["credentialId"], "transports": ["internal"], "type": "public-key" }]));
    let mut form = start("bootstrap");
    form["credentialId"] = unable["id"].clone();
    assert_errors(&world.keyed("POST", START, &form).await, &["[credential-not-found]credentialId"]);
}

#[tokio::test]
async fn d17_a_login_is_refused_between_verification_and_recording() {
    let world = World::new();
    for (n, (status, answer)) in OBSTACLES.iter().enumerate() {
        let (mut device, user) = (VirtualAuthenticator::new(100 + u64::try_from(n).unwrap()), user_with(status));
        let before = world.register(&mut device, &user).await;
        let mut form = start("reauthentication");
        form["userId"] = user.as_str().into();
        let body = complete(&mut device, &options(&world, &form).await);
        let reply = post(&world, LOGIN, &body).await;
        assert_eq!(reply.status.as_u16(), *answer, "{status}");
        let user_sample = &login_sample()["user"];
        match answer {
            202 | 212 | 213 => assert_within(&reply.json(), &json!({ "user": user_sample })),
            203 => assert_shape(&reply.json(), json!({ "changePasswordId": "string", "changePasswordReason": "string" })),
            242 => assert_shape(&reply.json(), json!({ "twoFactorId": "string" })),
            409 => assert_shape(&reply.json(), json!({ "actions": [{ "name": "string" }] })),
            _ => assert_eq!(reply.text, ""),
        }
        assert!(!reply.text.contains("\"token\""));
        // The challenge is used up, and nothing else has changed.
        assert_errors(&post(&world, LOGIN, &body).await, &["[ceremony-not-found]credential.response.clientDataJSON"]);
        assert_eq!(retrieved(&world, &before).await, before);
        // That the user holds the passkey can still be proved.
        let body = complete(&mut device, &options(&world, &form).await);
        post(&world, ASSERT, &body).await.ok();
    }
}

#[tokio::test]
async fn d18_completions_find_their_ceremony_by_the_challenge() {
    let (world, mut device, _) = with_alice().await;
    let (one, other) = (options(&world, &start("bootstrap")).await, options(&world, &start("bootstrap")).await);
    // In any order.
    for options in [other, one] {
        let body = complete(&mut device, &options);
        assert!(body["credential"].get("rawId").is_none());
        post(&world, LOGIN, &body).await.ok();
    }
    let late = options(&world, &start("bootstrap")).await;
    let body = complete(&mut device, &late);
    world.clock.turn(600);
    let (status, codes) = post(&world, LOGIN, &body).await.errors();
    assert_eq!(status, 400);
    assert!(codes[0].starts_with("[ceremony-") && codes[0].ends_with("]credential.response.clientDataJSON"), "{codes:?}");
}
