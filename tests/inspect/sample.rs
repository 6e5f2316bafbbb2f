//! Files to inspect, made by the virtual authenticator.

use passkeeper::testing::{AssertionDraft, AttestationKind, RegistrationDraft, VirtualAuthenticator};
use passkeeper::types::Bytes;
use serde_json::{Value, json};

pub(crate) const RP_ID: &str = "example.com";
pub(crate) const ORIGIN: &str = "https://example.com";
const CHALLENGE: &str = "AAECAwQFBgcICQoLDA0ODw";

pub(crate) fn registration() -> Value {
    registration_with(|_| {})
}

pub(crate) fn registration_with(change: impl FnOnce(&mut RegistrationDraft)) -> Value {
    register(&mut VirtualAuthenticator::new(1), change).1
}

pub(crate) fn self_attested() -> Value {
    self_attested_with(|_| {})
}

pub(crate) fn self_attested_with(change: impl FnOnce(&mut RegistrationDraft)) -> Value {
    register(&mut VirtualAuthenticator::new(1), |draft| {
        draft.attestation = AttestationKind::PackedSelf;
        change(draft);
    })
    .1
}

pub(crate) fn authentication() -> Value {
    authentication_with(|_| {})
}

pub(crate) fn authentication_with(change: impl FnOnce(&mut AssertionDraft)) -> Value {
    let mut authenticator = VirtualAuthenticator::new(1);
    let (credential, _) = register(&mut authenticator, |_| {});
    let attested = credential.auth_data.attested.unwrap();
    let options = json!({ "challenge": CHALLENGE, "rpId": RP_ID, "userVerification": "required" });
    let mut draft = authenticator.get(&options.to_string(), ORIGIN).unwrap();
    change(&mut draft);
    json!({
        "kind": "authentication",
        "rp_id": RP_ID,
        "origins": [ORIGIN],
        "challenge": CHALLENGE,
        "response": draft.finish(),
        "stored": {
            "credential_id": base64url(&attested.credential_id),
            "public_key_cose": base64url(&attested.public_key.encode()),
            "sign_count": 1,
            "user_handle": base64url(b"user-1"),
            "backup_eligible": false,
        },
        "options": { "user_verification": "required", "algs": [-7] },
    })
}

fn register(authenticator: &mut VirtualAuthenticator, change: impl FnOnce(&mut RegistrationDraft)) -> (RegistrationDraft, Value) {
    let options = json!({
        "rp": { "id": RP_ID, "name": "Example" },
        "user": { "id": base64url(b"user-1"), "name": "ann", "displayName": "Ann" },
        "challenge": CHALLENGE,
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
    });
    let mut draft = authenticator.create(&options.to_string(), ORIGIN).unwrap();
    change(&mut draft);
    let file = json!({
        "kind": "registration",
        "rp_id": RP_ID,
        "origins": [ORIGIN],
        "challenge": CHALLENGE,
        "response": draft.finish(),
        "options": { "user_verification": "required", "algs": [-7, -257], "user_presence": true },
        "trust": { "roots_pem": [] },
    });
    (draft, file)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    Bytes::from(bytes).to_base64url()
}
