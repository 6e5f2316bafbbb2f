//! A browser with a virtual authenticator in front of the server, all in one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use passkeeper::Clock;
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::UnixTime;
use passkeeper_server::{App, Config, SharedClock, Stores, app};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const ORIGIN: &str = "http://localhost:8080";

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

/// A server with its clock and stores.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) clock: TestClock,
    pub(crate) stores: Stores,
    pub(crate) origin: String,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With these variables besides what every test has.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        Self::over(variables, Stores::in_memory())
    }

    pub(crate) fn over(variables: &[(&str, &str)], stores: Stores) -> Self {
        let config = config(variables).unwrap();
        let clock = TestClock(Arc::new(AtomicI64::new(1_750_000_000)));
        let origin = config.origin.to_string();
        let state = App::new(config, stores.clone(), SharedClock::new(clock.clone())).unwrap();
        Self { router: app(state), clock, stores, origin }
    }

    pub(crate) fn browser(&self, seed: u64) -> Browser {
        Browser { server: self.clone(), cookie: None, address: None, device: VirtualAuthenticator::new(seed) }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
        Reply { status, headers, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
}

pub(crate) fn config(variables: &[(&str, &str)]) -> Result<Config, passkeeper_server::ConfigError> {
    let defaults = [("RATE_LIMIT", "0"), ("DECOY_SECRET", "a secret for tests only")];
    Config::read(|name| {
        let found = variables.iter().chain(&defaults).find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
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

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// What it refuses with: the status and the code for the page.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"]["code"].as_str().unwrap().to_owned())
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        if self.text.is_empty() { Value::Null } else { self.json() }
    }
}

/// A browser: keeps the cookie, sends what a browser sends.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) server: Server,
    /// The `Cookie` header.
    pub(crate) cookie: Option<String>,
    /// Whom a proxy would name.
    pub(crate) address: Option<String>,
    pub(crate) device: VirtualAuthenticator,
}

impl Browser {
    pub(crate) async fn call(&mut self, method: &str, path: &str, body: Value) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("user-agent", "Mozilla/5.0 (test)");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        let mut content = Body::empty();
        if method != "GET" {
            request = request.header("origin", &self.server.origin).header("sec-fetch-site", "same-origin");
            request = request.header("content-type", "application/json");
            content = Body::from(body.to_string());
        }
        let reply = self.server.send(request.body(content).unwrap()).await;
        if let Some(cookie) = reply.headers.get("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        reply
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.call("GET", path, Value::Null).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Reply {
        self.call("POST", path, body).await
    }

    /// What the device answers to the options of a start, in the shape of a finish.
    pub(crate) fn created(&mut self, started: &Value) -> Value {
        let draft = self.device.create(&started["options"].to_string(), &self.server.origin).unwrap();
        json!({ "ceremony": started["ceremony"], "credential": serde_json::from_str::<Value>(&draft.to_json()).unwrap() })
    }

    pub(crate) fn asserted(&mut self, started: &Value) -> Value {
        let draft = self.device.get(&started["options"].to_string(), &self.server.origin).unwrap();
        json!({ "ceremony": started["ceremony"], "credential": serde_json::from_str::<Value>(&draft.to_json()).unwrap() })
    }

    /// A whole ceremony that makes a passkey.
    pub(crate) async fn register(&mut self, path: &str, form: Value) -> Reply {
        let started = self.post(&format!("{path}/start"), form).await.ok();
        let finish = self.created(&started);
        self.post(&format!("{path}/finish"), finish).await
    }

    /// A whole ceremony that uses one.
    pub(crate) async fn assert(&mut self, path: &str, form: Value) -> Reply {
        let started = self.post(&format!("{path}/start"), form).await.ok();
        let finish = self.asserted(&started);
        self.post(&format!("{path}/finish"), finish).await
    }

    pub(crate) async fn sign_up(&mut self, name: &str) -> Value {
        self.register("/api/sign-up", json!({ "username": name })).await.ok()
    }

    pub(crate) async fn sign_in(&mut self) -> Reply {
        self.assert("/api/sign-in", json!({})).await
    }

    pub(crate) async fn step_up(&mut self) -> Reply {
        self.assert("/api/step-up", json!({})).await
    }

    /// The passkeys of whoever is signed in.
    pub(crate) async fn passkeys(&mut self) -> Vec<Value> {
        self.get("/api/me").await.ok()["passkeys"].as_array().unwrap().clone()
    }

    /// The name of whoever is signed in.
    pub(crate) async fn user(&mut self) -> Option<String> {
        self.get("/api/me").await.ok()["user"]["username"].as_str().map(str::to_owned)
    }
}

/// Alice, signed up a moment ago.
pub(crate) async fn alice() -> (Server, Browser) {
    let server = Server::new();
    let mut browser = server.browser(1);
    browser.sign_up("alice").await;
    (server, browser)
}
