//! Tenants from a file, the demo tenants, and who may use the APIs at all.

use passkeeper::types::Origin;
use passkeeper_server::{App, SharedClock, Stores, Tenant, app};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::*;

#[test]
fn the_demo_tenants_live_below_the_servers_own_host() {
    for (origin, expected) in [
        ("http://localhost:8080", ["http://customers.localhost:8080", "http://staff.localhost:8080"]),
        ("https://example.com", ["https://customers.example.com", "https://staff.example.com"]),
    ] {
        let tenants = config(&[("ORIGIN", origin)]).unwrap().tenants;
        let origins: Vec<_> = tenants.iter().map(|tenant| tenant.rp.origins()[0].as_str().to_owned()).collect();
        assert_eq!(origins, expected);
        assert!(tenants.iter().all(|tenant| tenant.rp.scope().as_str() == tenant.id.as_str() && !tenant.people.is_empty()));
    }
}

#[test]
fn a_file_of_tenants_that_does_not_fit_is_named() {
    let file = std::env::temp_dir().join(format!("tenants-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    for (text, fits) in [
        (tenants().to_string(), true),
        ("[]".into(), true),
        ("{".into(), false),
        (r#"[{"id": "1"}]"#.into(), false),
        (tenants().to_string().replace(TWO_ID, ONE_ID), false),
        (tenants().to_string().replace(ZOE, ALICE), false),
        (tenants().to_string().replace("\"customers\"", "\"accounts\""), false),
        (tenants().to_string().replace("\"general\"", "\"sundays\""), false),
        (tenants().to_string().replace(ONE_ORIGIN, "https://evil.example"), false),
    ] {
        std::fs::write(&file, &text).unwrap();
        match config(&[("TENANTS", path)]) {
            Ok(_) => assert!(fits, "{text}"),
            Err(error) => assert!(!fits && error.to_string().starts_with("TENANTS"), "{error}"),
        }
    }
    std::fs::remove_file(&file).unwrap();
    assert!(config(&[("TENANTS", path)]).is_err());
    let origin = Origin::new("https://example.com").unwrap();
    assert!(Tenant::read_all("[]", &origin).unwrap().is_empty());
}

async fn status(origin: &str, key: &str, path: &str) -> u16 {
    let config = config(&[("ORIGIN", origin), ("API_KEY", key)]).unwrap();
    let state = App::new(config, Stores::in_memory(), SharedClock::default()).unwrap();
    let request = axum::http::Request::post(path).header("content-type", "application/json");
    let request = request.body(axum::body::Body::from("{}")).unwrap();
    app(state).oneshot(request).await.unwrap().status().as_u16()
}

/// Without a key, nobody but this machine is served; the conformance routes, which ask for no key, are never open to others.
#[tokio::test]
async fn the_apis_are_closed_where_nobody_holds_a_key() {
    let (local, public) = ("http://localhost:8080", "https://example.com");
    for (origin, key, opens) in [(local, "", true), (local, KEY, true), (public, KEY, true), (public, "", false)] {
        let expected = |there: u16, own: u16| if opens { there } else { own };
        assert_eq!(status(origin, key, "/passkey/challenge").await, expected(400, 404), "{origin} {key}");
        assert_eq!(status(origin, key, "/v1/webauthn/register/start").await, expected(400, 404));
        // Below /api the own API's guards answer for what is not there.
        assert_eq!(status(origin, key, "/api/webauthn/start").await, expected(401, 403));
        assert_eq!(status(origin, key, "/attestation/options").await, if origin == local { 400 } else { 404 });
    }
}

#[tokio::test]
async fn the_key_of_the_day_opens_them() {
    let config = config(&[("API_KEY", "")]).unwrap();
    let state = App::new(config, Stores::in_memory(), SharedClock::default()).unwrap();
    let key = state.development_key().unwrap().to_owned();
    let get = async |key: &str| {
        let request = axum::http::Request::get("/api/webauthn").header("authorization", key);
        app(state.clone()).oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap().status().as_u16()
    };
    assert_eq!((key.len(), get(&key).await, get("").await, get("another").await), (43, 400, 401, 401));
    let named = App::new(crate::world::config(&[]).unwrap(), Stores::in_memory(), SharedClock::default()).unwrap();
    assert_eq!(named.development_key(), None);
}

#[tokio::test]
async fn accounts_of_the_page_sign_in_through_the_product_apis() {
    let world = World::new();
    let mut device = passkeeper::testing::VirtualAuthenticator::new(1);
    let origin = "http://localhost:8080";
    let browser = [("host", OWN), ("origin", origin), ("sec-fetch-site", "same-origin")];
    let started = world.call("POST", "/api/sign-up/start", &browser, &json!({ "username": "walter" })).await;
    let cookie = started.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let started = started.ok();
    let credential = device.create(&started["options"].to_string(), origin).unwrap().finish();
    let finish = json!({ "ceremony": started["ceremony"], "credential": credential });
    let headers = [&browser[..], &[("cookie", cookie.as_str())]].concat();
    world.call("POST", "/api/sign-up/finish", &headers, &finish).await.ok();

    let started = world.post(OWN, "/passkey/challenge", &json!({ "client_id": "demo-native" })).await.ok();
    let exchange = json!({
        "grant_type": "urn:okta:params:oauth:grant-type:webauthn",
        "client_id": "demo-native",
        "auth_session": started["auth_session"],
        "authn_response": got(&mut device, &started["authn_params_public_key"], origin),
    });
    world.post(OWN, "/oauth/token", &exchange).await.ok();

    // Another server vouches for the user, who adds a second passkey.
    let headers = [("host", OWN), ("authorization", "Bearer a key for tests only")];
    let session = world.call("POST", "/v1/auth-session/start-with-authorization", &headers, &json!({ "username": "walter" })).await;
    let session = session.ok()["auth_session_id"].take();
    let start = json!({ "auth_session_id": session, "user": { "username": "walter" } });
    let mut started = world.post(OWN, "/v1/webauthn/register/start", &start).await.ok();
    started["credential_creation_options"]["excludeCredentials"] = json!([]);
    let options = started["credential_creation_options"].to_string();
    let mut second = passkeeper::testing::VirtualAuthenticator::new(2);
    let credential: Value = second.create(&options, origin).unwrap().finish();
    let complete = json!({
        "auth_session_id": session,
        "webauthn_session_id": started["webauthn_session_id"],
        "public_key_credential": credential,
    });
    world.post(OWN, "/v1/webauthn/register/complete", &complete).await.ok();
}
