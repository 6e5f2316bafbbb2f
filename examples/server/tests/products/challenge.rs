//! Rows A1 to A4.

use passkeeper::testing::VirtualAuthenticator;
use serde_json::{Value, json};

use crate::shape::*;
use crate::world::*;

const PATH: &str = "/passkey/challenge";
const GRANT: &str = "urn:okta:params:oauth:grant-type:webauthn";

fn native() -> Value {
    json!({ "client_id": "demo-native" })
}

fn exchange(started: &Value, response: &Value) -> Value {
    json!({
        "grant_type": GRANT,
        "client_id": "demo-native",
        "scope": "openid",
        "auth_session": started["auth_session"],
        "authn_response": response,
    })
}

/// The code of a refusal.
#[track_caller]
fn refusal(reply: &Reply) -> (u16, String) {
    assert_shape(&reply.json(), json!({ "error": "string", "error_description": "string" }));
    (reply.status.as_u16(), reply.json()["error"].as_str().unwrap().to_owned())
}

async fn with_alice() -> (World, VirtualAuthenticator) {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    world.register(&mut device, ALICE).await;
    (world, device)
}

#[tokio::test]
async fn a1_a_challenge_for_whoever_signs_in() {
    let (world, mut device) = with_alice().await;
    let started = world.post(ONE, PATH, &native()).await.ok();
    let params = json!({ "challenge": "string", "rpId": "string", "timeout": "number", "userVerification": "string" });
    assert_shape(&started, json!({ "auth_session": "string", "authn_params_public_key": params }));
    let params = &started["authn_params_public_key"];
    let expected = json!({ "rpId": ONE, "timeout": 180_000, "userVerification": "preferred" });
    assert_eq!(without(params, &["challenge"]), expected);

    let response = got(&mut device, params, ONE_ORIGIN);
    let tokens = world.post(ONE, "/oauth/token", &exchange(&started, &response)).await.ok();
    assert_shape(&tokens, json!({ "access_token": "string", "token_type": "string", "expires_in": "number", "scope": "string" }));
    assert_eq!((&tokens["token_type"], &tokens["scope"]), (&json!("Bearer"), &json!("openid")));
}

#[tokio::test]
async fn a1_a_confidential_client_shows_its_secret_in_both_requests() {
    let (world, mut device) = with_alice().await;
    let web = json!({ "client_id": "demo-web", "client_secret": KEY });
    let started = world.post(ONE, PATH, &web).await.ok();
    let mut finish = exchange(&started, &got(&mut device, &started["authn_params_public_key"], ONE_ORIGIN));
    finish["client_id"] = "demo-web".into();
    assert_eq!(refusal(&world.post(ONE, "/oauth/token", &finish).await), (401, "invalid_client".into()));
    finish["client_secret"] = KEY.into();
    world.post(ONE, "/oauth/token", &finish).await.ok();
}

#[tokio::test]
async fn a2_the_session_ties_the_assertion_to_its_challenge_and_is_exchanged_once() {
    let (world, mut device) = with_alice().await;
    let (one, other) = (world.post(ONE, PATH, &native()).await.ok(), world.post(ONE, PATH, &native()).await.ok());
    assert_ne!(one["auth_session"], other["auth_session"]);
    let response = got(&mut device, &one["authn_params_public_key"], ONE_ORIGIN);
    for (started, status, case) in [(&other, 400, "another challenge"), (&one, 200, "its own"), (&one, 400, "again")] {
        let reply = world.post(ONE, "/oauth/token", &exchange(started, &response)).await;
        assert_eq!(reply.status, status, "{case}: {}", reply.text);
    }
    // Another client cannot exchange it, and has wasted it.
    let started = world.post(ONE, PATH, &native()).await.ok();
    let mut stolen = exchange(&started, &got(&mut device, &started["authn_params_public_key"], ONE_ORIGIN));
    (stolen["client_id"], stolen["client_secret"]) = ("demo-web".into(), KEY.into());
    assert_eq!(refusal(&world.post(ONE, "/oauth/token", &stolen).await), (400, "invalid_request".into()));
    // Too late.
    let started = world.post(ONE, PATH, &native()).await.ok();
    let late = exchange(&started, &got(&mut device, &started["authn_params_public_key"], ONE_ORIGIN));
    world.clock.turn(600);
    assert_eq!(refusal(&world.post(ONE, "/oauth/token", &late).await), (400, "invalid_request".into()));
}

#[tokio::test]
async fn a3_realm_and_organization_choose_the_configuration_at_its_own_domain() {
    let (world, mut device) = with_alice().await;
    let ask = |realm: Option<&str>, organization: Option<&str>| {
        let mut form = native();
        form["realm"] = json!(realm);
        form["organization"] = json!(organization);
        form
    };
    let staff = Some("org_staff");
    for (host, realm, organization, rp_id) in [
        (OWN, None, None, Some("localhost")),
        (OWN, Some("accounts"), None, Some("localhost")),
        (ONE, Some("customers"), None, Some(ONE)),
        ("ONE.example:443", None, None, Some(ONE)),
        (TWO, Some("staff"), staff, Some(TWO)),
        (TWO, None, staff, Some(TWO)),
        // Not the relying party's own domain, no such realm, no such organization, or none where one is required.
        (ONE, Some("staff"), staff, None),
        (OWN, Some("customers"), None, None),
        (ONE, Some("nobody's"), None, None),
        ("evil.example", None, None, None),
        ("evil.example", Some("customers"), None, None),
        (TWO, None, None, None),
        (TWO, None, Some("org_other"), None),
        (ONE, None, staff, None),
    ] {
        let reply = world.post(host, PATH, &ask(realm, organization)).await;
        match rp_id {
            Some(rp_id) => assert_eq!(reply.ok()["authn_params_public_key"]["rpId"], rp_id, "{host} {realm:?}"),
            None => assert_eq!(refusal(&reply), (400, "invalid_request".into()), "{host} {realm:?} {organization:?}"),
        }
    }
    // What one realm began is nothing to another.
    let started = world.post(ONE, PATH, &native()).await.ok();
    let mut finish = exchange(&started, &got(&mut device, &started["authn_params_public_key"], ONE_ORIGIN));
    assert_eq!(refusal(&world.post(OWN, "/oauth/token", &finish).await), (400, "invalid_request".into()));
    finish["organization"] = "org_staff".into();
    assert_eq!(refusal(&world.post(TWO, "/oauth/token", &finish).await), (400, "invalid_request".into()));
    finish["organization"] = Value::Null;
    world.post(ONE, "/oauth/token", &finish).await.ok();
}

#[tokio::test]
async fn a4_every_refusal_of_a_start_is_told_apart() {
    let world = World::new();
    let bad = |status: u16, error: &str| (status, error.to_owned());
    for (form, expected) in [
        (json!({}), bad(400, "invalid_request")),
        (json!({ "client_id": 1 }), bad(400, "invalid_request")),
        (json!("{"), bad(400, "invalid_request")),
        (json!({ "client_id": "demo-password-only" }), bad(400, "invalid_request")),
        (json!({ "client_id": "demo-third-party" }), bad(400, "invalid_request")),
        (json!({ "client_id": "nobody" }), bad(401, "invalid_client")),
        (json!({ "client_id": "demo-native", "client_secret": KEY }), bad(401, "invalid_client")),
        (json!({ "client_id": "demo-web" }), bad(401, "invalid_client")),
        (json!({ "client_id": "demo-web", "client_secret": "" }), bad(401, "invalid_client")),
        (json!({ "client_id": "demo-web", "client_secret": "a key for tests onl" }), bad(401, "invalid_client")),
        (json!({ "client_id": "demo-web", "client_secret": "a key for tests onlz" }), bad(401, "invalid_client")),
    ] {
        assert_eq!(refusal(&world.post(ONE, PATH, &form).await), expected, "{form}");
    }
    let mut off = tenants();
    off[0]["workflows"]["general"]["enabled"] = false.into();
    let reply = World::with(&[], &off).post(ONE, PATH, &native()).await;
    assert_eq!(refusal(&reply), bad(404, "not_found"));

    let busy = World::with(&[("RATE_LIMIT", "2")], &tenants());
    for _ in 0..2 {
        busy.post(ONE, PATH, &native()).await.ok();
    }
    let reply = busy.post(ONE, PATH, &native()).await;
    assert_eq!(refusal(&reply), bad(429, "too_many_requests"));
    assert!(reply.retry_after().is_some_and(|secs| (20..=30).contains(&secs)));
    // Not for a client that keeps the key: a server, which asks for all its users.
    for _ in 0..3 {
        busy.post(ONE, PATH, &json!({ "client_id": "demo-web", "client_secret": KEY })).await.ok();
    }
}

#[tokio::test]
async fn a4_so_is_every_refusal_of_an_exchange() {
    let (world, mut device) = with_alice().await;
    let grant = |grant: &str| json!({ "grant_type": grant, "client_id": "demo-native", "code": "x" });
    assert_eq!(refusal(&world.post(ONE, "/oauth/token", &grant("password")).await), (400, "unsupported_grant_type".into()));
    assert_eq!(refusal(&world.post(ONE, "/oauth/token", &grant("authorization_code")).await), (400, "invalid_grant".into()));
    assert_eq!(refusal(&world.post(ONE, "/oauth/token", &grant(GRANT)).await), (400, "invalid_request".into()));

    // A user who is locked holds a passkey, and gets no token for it.
    let mut locked = VirtualAuthenticator::new(2);
    world.register(&mut locked, &user_with("locked")).await;
    for (device, status) in [(&mut locked, 400), (&mut device, 200)] {
        let started = world.post(ONE, PATH, &native()).await.ok();
        let response = got(device, &started["authn_params_public_key"], ONE_ORIGIN);
        assert_eq!(world.post(ONE, "/oauth/token", &exchange(&started, &response)).await.status, status);
    }
}
