//! What stands around the handlers: headers, same origin, limits, documents.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;
use std::net::SocketAddr;

use crate::client::*;

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let server = Server::new();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
        frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    for path in ["/", "/app.js", "/style.css", "/icon.svg", "/api/me", "/api/nothing", "/nothing", "/healthz", "/.well-known/webauthn"] {
        let reply = server.get(path).await;
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("permissions-policy", "publickey-credentials-get=(self), publickey-credentials-create=(self)"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(reply.header(name), value, "{name} of {path}");
        }
        let kept = if ["/app.js", "/style.css", "/icon.svg"].contains(&path) { "no-cache" } else { "no-store" };
        assert_eq!(reply.header("cache-control"), kept, "{path}");
    }
    let secure = Server::with(&[("ORIGIN", "https://example.com")]);
    assert_eq!(secure.get("/").await.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
}

/// The policy allows no inline script or style, and the page has none; nothing comes from elsewhere.
#[tokio::test]
async fn the_page_keeps_to_its_own_policy() {
    let server = Server::with(&[("RP_NAME", "A <b> & \"c\"")]);
    let page = server.get("/").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text.contains("<title>A &lt;b&gt; &amp; &quot;c&quot;</title>"), "the name is escaped");
    for forbidden in [" style=", "<style", " onclick", " onsubmit", "javascript:", "https://", "http://", "{{"] {
        assert!(!page.text.contains(forbidden), "{forbidden}");
    }
    for script in page.text.split("<script").skip(1) {
        assert!(script.starts_with(" src=\"/") && script.contains("></script>"), "{script}");
    }
    for path in ["/app.js", "/style.css"] {
        let text = server.get(path).await.text;
        for forbidden in ["//cdn", "https://", "innerHTML", "eval(", "@import", "localStorage"] {
            assert!(!text.contains(forbidden), "{forbidden} in {path}");
        }
    }
}

#[tokio::test]
async fn only_the_own_page_may_change_anything() {
    let (server, browser) = alice().await;
    let cookie = browser.cookie.unwrap();
    let ok: &[(&str, &str)] = &[("origin", ORIGIN), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    let cases: [(&[(&str, &str)], u16); 12] = [
        (ok, 204),
        (&[("origin", ORIGIN), ("content-type", "application/json; charset=utf-8")], 204),
        (&[("sec-fetch-site", "same-origin"), ("content-type", "application/json")], 204),
        (&[("content-type", "application/json")], 403),
        (&[("origin", "https://evil.example"), ("content-type", "application/json")], 403),
        (&[("origin", "null"), ("content-type", "application/json")], 403),
        (&[("origin", "http://localhost:8081"), ("content-type", "application/json")], 403),
        (&[("origin", "http://sub.localhost:8080"), ("sec-fetch-site", "same-site"), ("content-type", "application/json")], 403),
        (&[("origin", ORIGIN), ("sec-fetch-site", "cross-site"), ("content-type", "application/json")], 403),
        (&[("origin", ORIGIN), ("sec-fetch-site", "same-origin")], 415),
        (&[("origin", ORIGIN), ("content-type", "text/plain")], 415),
        (&[("origin", ORIGIN), ("content-type", "application/x-www-form-urlencoded")], 415),
    ];
    for (headers, status) in cases {
        let mut request = Request::post("/api/sign-out").header("cookie", &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = server.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(reply.status, status, "{headers:?}");
        if status != 204 {
            assert!(reply.json()["error"]["message"].as_str().unwrap().ends_with('.'), "plain words");
        }
    }
}

#[tokio::test]
async fn every_route_that_changes_something_is_guarded() {
    let (server, browser) = alice().await;
    let id = browser.clone().passkeys().await[0]["id"].as_str().unwrap().to_owned();
    let posts = ["sign-up/start", "sign-up/finish", "sign-in/start", "sign-in/finish", "sign-out", "passkeys/start", "passkeys/finish"];
    let posts = posts.into_iter().chain(["step-up/start", "step-up/finish"]).map(|path| ("POST", format!("/api/{path}")));
    let others = [("DELETE", "/api/me".to_owned()), ("PATCH", format!("/api/passkeys/{id}")), ("DELETE", format!("/api/passkeys/{id}"))];
    for (method, path) in posts.chain(others) {
        let request = Request::builder().method(method).uri(&path).header("cookie", browser.cookie.as_deref().unwrap());
        let request = request.header("origin", "https://evil.example").header("content-type", "application/json");
        let reply = server.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(reply.refusal(), (403, "cross-site".into()), "{method} {path}");
    }
    assert_eq!(browser.clone().passkeys().await.len(), 1);
}

#[tokio::test]
async fn a_body_of_256_kib_is_read_and_no_more() {
    let server = Server::new();
    let sized = |bytes: usize| format!("{{\"username\":\"\"{}}}", " ".repeat(bytes - 15));
    for (bytes, status) in [(256 * 1024, 200), (256 * 1024 + 1, 413)] {
        let request = Request::post("/api/sign-in/start").header("origin", ORIGIN).header("content-type", "application/json");
        let reply = server.send(request.body(Body::from(sized(bytes))).unwrap()).await;
        assert_eq!(reply.status, status, "{bytes}");
    }
    // Everywhere, not in the API alone.
    let reply = server.send(Request::post("/nothing").body(Body::from(vec![0; 300_000])).unwrap()).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn a_body_that_is_not_what_it_should_be_is_refused_and_nothing_else_happens() {
    let (server, mut browser) = alice().await;
    let deep = "[".repeat(100_000);
    for body in ["", "{", "[]", "null", "{\"ceremony\":1,\"credential\":{}}", "{\"ceremony\":\"x\"}", "\u{feff}{}", deep.as_str()] {
        let request = Request::post("/api/sign-in/finish").header("origin", ORIGIN).header("content-type", "application/json");
        let reply = server.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        assert_eq!(reply.refusal(), (400, "bad-request".into()), "a body of {} bytes", body.len());
    }
    assert_eq!(browser.get("/api/nothing").await.refusal(), (404, "not-found".into()));
    assert_eq!(browser.get("/api/sign-out").await.status, 405);
}

/// So many starts in a minute from one address, whichever they are; finishing is free.
#[tokio::test]
async fn one_address_may_start_so_many_ceremonies() {
    let server = Server::with(&[("RATE_LIMIT", "3")]);
    let start = async |path: &str, peer: &str, told: &str| {
        let request = Request::post(path).header("origin", ORIGIN).header("content-type", "application/json");
        let mut request = request.header("x-forwarded-for", told).body(Body::from("{\"username\":\"x\"}")).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
        server.send(request).await
    };
    for path in ["/api/sign-in/start", "/api/sign-up/start", "/api/sign-in/start"] {
        assert_eq!(start(path, "192.0.2.1", "").await.status, 200);
    }
    let reply = start("/api/sign-in/start", "192.0.2.1", "198.51.100.7").await;
    assert_eq!(reply.refusal(), (429, "too-many".into()));
    // A third of a minute, of which little has passed.
    let secs: u32 = reply.header("retry-after").parse().unwrap();
    assert!((10..=20).contains(&secs), "{secs}");
    assert_eq!(start("/api/sign-in/start", "192.0.2.2", "").await.status, 200, "another address");
}

/// Behind a proxy the last address counts, which the proxy wrote; what the client wrote before it does not.
#[tokio::test]
async fn behind_a_proxy_the_address_is_the_one_that_the_proxy_saw() {
    let server = Server::with(&[("RATE_LIMIT", "1"), ("BEHIND_PROXY", "true")]);
    let start = async |told: &str| {
        let request = Request::post("/api/sign-in/start").header("origin", ORIGIN).header("content-type", "application/json");
        let mut request = request.header("x-forwarded-for", told).body(Body::from("{}")).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))));
        server.send(request).await.status.as_u16()
    };
    assert_eq!([start("198.51.100.7").await, start("203.0.113.9, 198.51.100.7").await, start("198.51.100.8").await], [200, 429, 200]);
    // Some add the port, which changes with every connection.
    assert_eq!([start("198.51.100.7:567").await, start("198.51.100.9:567").await, start("198.51.100.9:568").await], [429, 200, 429]);
    assert_eq!([start("[2001:db8::1]:443").await, start("2001:db8::2").await, start("[2001:db8:1::1]").await], [200, 429, 200]);
}

/// A server of ours asks for all its users from one address. What is not the key is counted like none.
#[tokio::test]
async fn whoever_shows_the_key_may_start_more() {
    let key = "a key for tests only";
    let server = Server::with(&[("RATE_LIMIT", "1"), ("API_KEY", key)]);
    let start = async |shown: &str| {
        let request = Request::post("/api/sign-in/start").header("origin", ORIGIN).header("content-type", "application/json");
        server.send(request.header("authorization", shown).body(Body::from("{}")).unwrap()).await.status.as_u16()
    };
    let bearer = format!("Bearer {key}");
    assert_eq!([start(key).await, start(&bearer).await, start(key).await, start(&bearer).await], [200; 4]);
    assert_eq!([start("a key for tests onl").await, start("Bearer x").await, start("").await, start("keyed").await], [200, 429, 429, 429]);
    assert_eq!(start(key).await, 200);
}

#[tokio::test]
async fn the_well_known_documents() {
    let server = Server::with(&[("ORIGIN", "https://example.com"), ("RELATED_ORIGINS", "https://example.co.uk, https://example.de")]);
    let related = server.get("/.well-known/webauthn").await;
    assert_eq!(related.header("content-type"), "application/json");
    assert_eq!(related.json(), json!({ "origins": ["https://example.com", "https://example.co.uk", "https://example.de"] }));
    let endpoints = server.get("/.well-known/passkey-endpoints").await;
    assert_eq!(endpoints.header("content-type"), "application/json");
    assert_eq!(endpoints.json(), json!({ "enroll": "https://example.com/", "manage": "https://example.com/" }));
    assert_eq!(server.get("/healthz").await.text, "ok");
}
