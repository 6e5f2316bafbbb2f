//! A server with tenants of its own, its clients, and devices.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use passkeeper::Clock;
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::UnixTime;
use passkeeper_server::{App, Config, SharedClock, Stores, Tenant, app};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const KEY: &str = "a key for tests only";
pub(crate) const NOW: i64 = 1_800_000_000;
/// The server's own host.
pub(crate) const OWN: &str = "localhost:8080";
/// The hosts and origins of the two tenants.
pub(crate) const ONE: &str = "one.example";
pub(crate) const TWO: &str = "two.example";
pub(crate) const ONE_ORIGIN: &str = "https://one.example";
pub(crate) const TWO_ORIGIN: &str = "https://two.example";
pub(crate) const ONE_ID: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const TWO_ID: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const ONE_APP: &str = "11111111-1111-4111-8111-aaaaaaaaaaaa";
pub(crate) const TWO_APP: &str = "22222222-2222-4222-8222-aaaaaaaaaaaa";
pub(crate) const ALICE: &str = "a11ce000-0000-4000-8000-000000000001";
pub(crate) const BOB: &str = "b0b00000-0000-4000-8000-000000000001";
pub(crate) const ZOE: &str = "20e00000-0000-4000-8000-000000000001";
/// Nobody's.
pub(crate) const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A user of the first tenant for each status that is not `active`.
pub(crate) const OBSTACLES: [(&str, u16); 8] = [
    ("notRegistered", 202),
    ("changePassword", 203),
    ("unverified", 212),
    ("registrationUnverified", 213),
    ("twoFactor", 242),
    ("actionPending", 409),
    ("expired", 410),
    ("locked", 423),
];

pub(crate) fn user_with(status: &str) -> String {
    let n = OBSTACLES.iter().position(|(name, _)| *name == status).unwrap();
    format!("0b57ac1e-0000-4000-8000-00000000000{n}")
}

pub(crate) fn tenants() -> Value {
    let policy =
        |resident_key: &str, user_verification: &str| json!({ "residentKey": resident_key, "userVerification": user_verification });
    let mut users = vec![
        json!({ "id": ALICE, "username": "alice", "email": "alice@example.com", "phone": "+41440000001", "displayName": "Alice" }),
        json!({ "id": BOB, "username": "bob", "displayName": "Bob" }),
    ];
    for (status, _) in OBSTACLES {
        users.push(json!({ "id": user_with(status), "username": status, "displayName": status, "status": status }));
    }
    let mut reauthentication = policy("discouraged", "required");
    reauthentication["attachment"] = "platform".into();
    let mut off = policy("required", "required");
    off["enabled"] = false.into();
    json!([
        {
            "id": ONE_ID,
            "name": "customers",
            "applicationId": ONE_APP,
            "rpId": ONE,
            "rpName": "One",
            "origins": [ONE_ORIGIN],
            "appId": "https://one.example/app-id.json",
            "icon": "https://one.example/icon.png",
            "workflows": {
                "general": policy("required", "preferred"),
                "bootstrap": policy("required", "required"),
                "reauthentication": reauthentication,
            },
            "users": users,
        },
        {
            "id": TWO_ID,
            "name": "staff",
            "applicationId": TWO_APP,
            "rpId": TWO,
            "rpName": "Two",
            "organization": "org_staff",
            "origins": [TWO_ORIGIN],
            "hideUnknownUsers": true,
            "algorithms": [-257, -7],
            "workflows": { "general": policy("preferred", "required"), "bootstrap": off, "reauthentication": policy("preferred", "required") },
            "users": [{ "id": ZOE, "username": "zoe", "email": "zoe@example.com", "displayName": "Zoe" }],
        },
    ])
}

/// A clock that stands until it is turned.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn turn(&self, secs: i64) {
        self.0.fetch_add(secs, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Clone)]
pub(crate) struct World {
    router: Router,
    pub(crate) clock: TestClock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[], &tenants())
    }

    /// With these variables besides what every test has, and these tenants.
    pub(crate) fn with(variables: &[(&str, &str)], tenants: &Value) -> Self {
        Self::over(variables, tenants, Stores::in_memory())
    }

    pub(crate) fn over(variables: &[(&str, &str)], tenants: &Value, stores: Stores) -> Self {
        let mut config = config(variables).unwrap();
        config.tenants = Tenant::read_all(&tenants.to_string(), &config.origin).unwrap();
        let clock = TestClock(Arc::new(AtomicI64::new(NOW)));
        let state = App::new(config, stores, SharedClock::new(clock.clone())).unwrap();
        Self { router: app(state), clock }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request, body).await
    }

    /// A request with no other headers than it has.
    pub(crate) async fn send(&self, request: Builder, body: &Value) -> Reply {
        let body = match body {
            Value::Null => Body::empty(),
            // As it is: to send what is no JSON.
            Value::String(text) => Body::from(text.clone()),
            body => Body::from(body.to_string()),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
        Reply { status, headers, text }
    }

    /// A request to a host, of whoever that may be.
    pub(crate) async fn post(&self, host: &str, path: &str, body: &Value) -> Reply {
        self.call("POST", path, &[("host", host)], body).await
    }

    /// A request with the API key.
    pub(crate) async fn keyed(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.call(method, path, &[("authorization", KEY)], body).await
    }

    /// A whole registration by API D; the passkey that it answers.
    pub(crate) async fn register(&self, device: &mut VirtualAuthenticator, user: &str) -> Value {
        let (rp_id, origin) = if user == ZOE { (TWO, TWO_ORIGIN) } else { (ONE, ONE_ORIGIN) };
        let start = json!({ "displayName": "Phone", "userId": user, "workflow": "general" });
        let options = self.keyed("POST", "/api/webauthn/register/start", &start).await.ok()["options"].take();
        let complete = json!({ "credential": created(device, &options, origin), "origin": origin, "rpId": rp_id, "userId": user });
        self.call("POST", "/api/webauthn/register/complete", &[], &complete).await.ok()["credential"].take()
    }
}

pub(crate) fn config(variables: &[(&str, &str)]) -> Result<Config, passkeeper_server::ConfigError> {
    let defaults = [("RATE_LIMIT", "0"), ("DECOY_SECRET", "a secret for tests only"), ("API_KEY", KEY)];
    Config::read(|name| {
        let found = variables.iter().chain(&defaults).find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

/// What a device makes of creation options at an origin, as API D sends it: no `rawId`, transports beside the response.
pub(crate) fn created(device: &mut VirtualAuthenticator, options: &Value, origin: &str) -> Value {
    let mut credential = device.create(&options.to_string(), origin).unwrap().finish();
    let response = credential["response"].take();
    json!({
        "clientExtensionResults": credential["clientExtensionResults"],
        "id": credential["id"],
        "response": { "attestationObject": response["attestationObject"], "clientDataJSON": response["clientDataJSON"] },
        "transports": response["transports"],
        "type": "public-key",
    })
}

/// What a device makes of request options at an origin, as `credential.toJSON()` says it.
pub(crate) fn got(device: &mut VirtualAuthenticator, options: &Value, origin: &str) -> Value {
    device.get(&options.to_string(), origin).unwrap().finish()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// When it is worth trying again, in seconds.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.headers.get("retry-after").map(|secs| secs.to_str().unwrap().parse().unwrap())
    }

    /// The status, and whether nothing else was said.
    pub(crate) fn bare(&self) -> (u16, bool) {
        (self.status.as_u16(), self.text.is_empty())
    }

    /// Of API D: the codes of all errors of fields and of those in general.
    #[track_caller]
    pub(crate) fn errors(&self) -> (u16, Vec<String>) {
        let body = self.json();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["fieldErrors", "generalErrors"]);
        let mut codes = Vec::new();
        for (field, errors) in body["fieldErrors"].as_object().unwrap() {
            for error in errors.as_array().unwrap() {
                assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()) && error.as_object().unwrap().len() == 2);
                let code = error["code"].as_str().unwrap();
                assert!(code.starts_with('[') && code.ends_with(&format!("]{field}")), "{code} of {field}");
                codes.push(code.to_owned());
            }
        }
        codes.extend(body["generalErrors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap().to_owned()));
        (self.status.as_u16(), codes)
    }
}

/// The codes of a refusal by API D with 400.
#[track_caller]
pub(crate) fn assert_errors(reply: &Reply, codes: &[&str]) {
    assert_eq!(reply.errors(), (400, codes.iter().map(|code| (*code).to_owned()).collect()), "{}", reply.text);
}
