//! The four endpoints of the FIDO conformance tools.

use axum::http::Request;
use passkeeper::testing::{
    AttestationKind, CertificateAuthority, FidoU2fAttestation, KeyAlgorithm, PackedAttestation, VirtualAuthenticator,
};
use serde_json::{Value, json};

use crate::shape::*;
use crate::world::*;

const ORIGIN: &str = "http://localhost:8080";

/// A test tool: keeps the cookie.
struct Tool {
    world: World,
    cookie: String,
    device: VirtualAuthenticator,
}

impl Tool {
    fn new(device: VirtualAuthenticator) -> Self {
        Self { world: World::new(), cookie: String::new(), device }
    }

    async fn post(&mut self, path: &str, body: &Value) -> Reply {
        let reply = self.world.call("POST", path, &[("host", OWN), ("cookie", &self.cookie)], body).await;
        if let Some(cookie) = reply.headers.get("set-cookie") {
            cookie.to_str().unwrap().split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        reply
    }

    async fn created(&mut self, asked: &Value) -> Value {
        let options = self.post("/attestation/options", asked).await.ok();
        without(&self.device.create(&options.to_string(), ORIGIN).unwrap().finish(), &["clientExtensionResults"])
    }

    async fn register(&mut self, asked: &Value) -> Reply {
        let credential = self.created(asked).await;
        self.post("/attestation/result", &credential).await
    }

    async fn asserted(&mut self, asked: &Value) -> Value {
        let options = self.post("/assertion/options", asked).await.ok();
        self.device.get(&options.to_string(), ORIGIN).unwrap().finish()
    }
}

fn alice() -> Value {
    json!({ "username": "alice@example.com", "displayName": "Alice", "attestation": "direct" })
}

fn success() -> Value {
    json!({ "status": "ok", "errorMessage": "" })
}

#[track_caller]
fn assert_failed(reply: &Reply, status: u16, code: &str) {
    assert_shape(&reply.json(), json!({ "status": "string", "errorMessage": "string" }));
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (status, &json!("failed")), "{}", reply.text);
    assert!(reply.json()["errorMessage"].as_str().unwrap().starts_with(code), "{}", reply.text);
}

#[tokio::test]
async fn registration_and_authentication_in_the_tools_shapes() {
    let mut tool = Tool::new(VirtualAuthenticator::new(1));
    let mut asked = alice();
    asked["authenticatorSelection"] =
        json!({ "requireResidentKey": true, "authenticatorAttachment": "platform", "userVerification": "required" });
    asked["extensions"] = json!({ "example.extension": true });
    let options = tool.post("/attestation/options", &asked).await.ok();
    let sample = json!({
        "status": "string",
        "errorMessage": "string",
        "rp": { "id": "string", "name": "string" },
        "user": { "id": "string", "name": "string", "displayName": "string" },
        "challenge": "string",
        "pubKeyCredParams": [{ "type": "string", "alg": "number" }],
        "timeout": "number",
        "excludeCredentials": [],
        "authenticatorSelection":
            { "authenticatorAttachment": "string", "residentKey": "string", "requireResidentKey": "boolean", "userVerification": "string" },
        "attestation": "string",
        "extensions": { "example.extension": "boolean" },
    });
    assert_shape(&options, sample);
    assert_eq!((&options["status"], &options["errorMessage"], &options["attestation"]), (&json!("ok"), &json!(""), &json!("direct")));
    assert_eq!(options["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!("alice@example.com"), &json!("Alice")));
    let credential = tool.device.create(&options.to_string(), ORIGIN).unwrap().finish();
    assert_eq!(tool.post("/attestation/result", &credential).await.ok(), success());

    let options = tool.post("/assertion/options", &json!({ "username": "alice@example.com", "userVerification": "required" })).await.ok();
    let sample = json!({
        "status": "string",
        "errorMessage": "string",
        "challenge": "string",
        "timeout": "number",
        "rpId": "string",
        "allowCredentials": [{ "type": "string", "id": "string", "transports": ["string"] }],
        "userVerification": "string",
    });
    assert_shape(&options, sample);
    assert_eq!((&options["allowCredentials"][0]["id"], &options["userVerification"]), (&credential["id"], &json!("required")));
    let response = tool.device.get(&options.to_string(), ORIGIN).unwrap().finish();
    assert_eq!(tool.post("/assertion/result", &response).await.ok(), success());
    assert_failed(&tool.post("/assertion/result", &response).await, 400, "ceremony-not-found");
    // Nobody is named: the passkey says who it is.
    let response = tool.asserted(&json!({})).await;
    assert_eq!(tool.post("/assertion/result", &response).await.ok(), success());
    // It is excluded from now on.
    let options = tool.post("/attestation/options", &alice()).await.ok();
    assert_eq!(options["excludeCredentials"][0]["id"], credential["id"]);
}

#[tokio::test]
async fn attestations_and_algorithms_of_all_kinds_are_taken() {
    // An authority that nobody trusts.
    let ca = CertificateAuthority::with_levels(1, &[KeyAlgorithm::Es256]);
    for attestation in [
        AttestationKind::None,
        AttestationKind::PackedSelf,
        AttestationKind::Packed(PackedAttestation::new(&ca)),
        AttestationKind::FidoU2f(FidoU2fAttestation::new(&ca)),
    ] {
        let shown = format!("{attestation:?}");
        let device = VirtualAuthenticator::new(1).with_attestation(attestation).with_aaguid([0; 16]);
        let reply = Tool::new(device.with_algorithms(&[KeyAlgorithm::Es256])).register(&alice()).await;
        assert_eq!(reply.status, 200, "{shown}: {}", reply.text);
    }
    for algorithm in KeyAlgorithm::ALL {
        let mut tool = Tool::new(VirtualAuthenticator::new(1).with_algorithms(&[*algorithm]));
        assert_eq!(tool.register(&alice()).await.ok(), success(), "{algorithm:?}");
        let response = tool.asserted(&json!({ "username": "alice@example.com" })).await;
        assert_eq!(tool.post("/assertion/result", &response).await.ok(), success());
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_by_status_and_message() {
    let mut tool = Tool::new(VirtualAuthenticator::new(1));
    for (path, body, status, code) in [
        ("/attestation/options", json!({}), 400, "body-malformed"),
        ("/attestation/options", json!("{"), 400, "body-malformed"),
        ("/attestation/options", json!({ "username": "a", "displayName": 1 }), 400, "body-malformed"),
        ("/attestation/options", json!({ "username": "", "displayName": "x" }), 400, "name-invalid"),
        ("/attestation/result", json!({}), 400, "member-missing"),
        ("/assertion/options", json!({ "username": "nobody" }), 404, "user-not-found"),
        ("/assertion/result", json!({}), 400, "member-missing"),
    ] {
        assert_failed(&tool.post(path, &body).await, status, code);
    }
    // A statement that does not hold is refused, whoever is trusted.
    let options = tool.post("/attestation/options", &alice()).await.ok();
    let mut draft =
        VirtualAuthenticator::new(2).with_attestation(AttestationKind::PackedSelf).create(&options.to_string(), ORIGIN).unwrap();
    draft.att_stmt_signature = Some(vec![0; 70]);
    assert_failed(&tool.post("/attestation/result", &draft.finish()).await, 400, "attestation-signature-invalid");
}

/// The tool says no origin, or that of its window on `localhost`; a page that somebody visits says its own.
#[tokio::test]
async fn another_site_may_not_send_anything_here() {
    let world = World::new();
    let send = async |kind: &str, origins: &[&str]| {
        let request = Request::post("/attestation/options").header("host", OWN).header("content-type", kind);
        world.send(origins.iter().fold(request, |request, origin| request.header("origin", *origin)), &alice()).await
    };
    for origins in [&[][..], &[ORIGIN], &["http://localhost:61904"]] {
        assert_eq!(send("application/json", origins).await.ok()["status"], "ok", "{origins:?}");
        assert_failed(&send("text/plain", origins).await, 415, "not-json");
    }
    let evil = "https://evil.example";
    for origins in [&[evil][..], &["http://evil.example:8080"], &["http://localhost.evil.example"], &["null"], &[""], &[ORIGIN, evil]] {
        assert_failed(&send("application/json", origins).await, 403, "cross-site");
    }
    // All four of them.
    for path in ["/attestation/options", "/attestation/result", "/assertion/options", "/assertion/result"] {
        assert_failed(&world.call("POST", path, &[("origin", evil)], &json!({})).await, 403, "cross-site");
    }
}

#[tokio::test]
async fn another_browser_cannot_complete_what_this_one_began() {
    let mut tool = Tool::new(VirtualAuthenticator::new(1));
    let credential = tool.created(&alice()).await;
    let own = std::mem::take(&mut tool.cookie);
    assert_failed(&tool.post("/attestation/result", &credential).await, 400, "ceremony-session-mismatch");
    tool.cookie = own;
    assert_failed(&tool.post("/attestation/result", &credential).await, 400, "ceremony-not-found");
    assert_eq!(tool.register(&alice()).await.ok(), success());
}

/// Its users are not the page's accounts, whatever they are called.
#[tokio::test]
async fn its_users_and_passkeys_are_nobody_elses() {
    let mut tool = Tool::new(VirtualAuthenticator::new(1));
    tool.register(&json!({ "username": "alice", "displayName": "Alice" })).await.ok();
    let started = tool.world.post(OWN, "/passkey/challenge", &json!({ "client_id": "demo-native" })).await.ok();
    let exchange = json!({
        "grant_type": "urn:okta:params:oauth:grant-type:webauthn",
        "client_id": "demo-native",
        "auth_session": started["auth_session"],
        "authn_response": got(&mut tool.device, &started["authn_params_public_key"], ORIGIN),
    });
    assert_eq!(tool.world.post(OWN, "/oauth/token", &exchange).await.status, 400);
}
