//! Resp-1 and Resp-3: the members of a registration response, its attestation object and its authenticator data.

use passkeeper::RegistrationRequest;
use passkeeper::testing::{AttestationKind, Cbor, RegistrationDraft, VirtualAuthenticator, flags};
use serde_json::{Value, json};

use crate::common::{Registering, register, relying_party, user};
use crate::ledger::{ACCEPTED, Case, Change, case, remove};

const fn json(name: &'static str, expected: &'static str, change: fn(&mut Value)) -> Case {
    case(name, expected, Change::RegistrationJson(change))
}

const fn draft(name: &'static str, expected: &'static str, change: fn(&mut RegistrationDraft)) -> Case {
    case(name, expected, Change::Registration(change))
}

fn honest(_: &mut Value) {}

pub(crate) fn structure() -> Vec<Case> {
    vec![
        json("P: valid", ACCEPTED, honest),
        case(
            "P: with excludeCredentials",
            ACCEPTED,
            Change::Whole(|| {
                let registered = register(&relying_party(), &mut VirtualAuthenticator::new(1), "alice");
                let request = RegistrationRequest::new(user("alice")).exclude_credentials([registered.descriptor()]);
                let registering = Registering::with(relying_party(), request, &mut VirtualAuthenticator::new(2));
                assert_eq!(registering.options.exclude_credentials, [registered.descriptor()]);
                registering.verify().map(drop)
            }),
        ),
        json("F: id missing", "member-missing", |r| remove(r, "id")),
        json("F: id mistyped", "member-type", |r| r["id"] = 7.into()),
        json("F: id empty", "credential-id-mismatch", |r| r["id"] = "".into()),
        json("F: id not base64url", "base64url-malformed", |r| r["id"] = "*".into()),
        json("F: type missing", "member-missing", |r| remove(r, "type")),
        json("F: type mistyped", "member-type", |r| r["type"] = json!({})),
        json("F: type empty", "credential-type-unexpected", |r| r["type"] = "".into()),
        json("F: type not public-key", "credential-type-unexpected", |r| r["type"] = "password".into()),
        json("F: response missing", "member-missing", |r| remove(r, "response")),
        json("F: response mistyped", "member-type", |r| r["response"] = "x".into()),
        json("F: response empty", "member-missing", |r| r["response"] = json!({})),
        json("F: clientDataJSON missing", "member-missing", |r| remove(r, "response.clientDataJSON")),
        json("F: clientDataJSON mistyped", "member-type", |r| r["response"]["clientDataJSON"] = json!([])),
        json("F: clientDataJSON empty", "client-data-not-json", |r| r["response"]["clientDataJSON"] = "".into()),
        json("F: attestationObject missing", "member-missing", |r| remove(r, "response.attestationObject")),
        json("F: attestationObject mistyped", "member-type", |r| r["response"]["attestationObject"] = true.into()),
        json("F: attestationObject empty", "cbor-truncated", |r| r["response"]["attestationObject"] = "".into()),
    ]
}

/// A change to the map of fmt, attStmt and authData of a self attestation.
fn object(draft: &mut RegistrationDraft, change: impl FnOnce(&mut Cbor)) {
    draft.attestation = AttestationKind::PackedSelf;
    let mut map = draft.attestation_map();
    change(&mut map);
    draft.attestation_object = Some(map);
}

fn statement(draft: &mut RegistrationDraft, change: impl FnOnce(&mut Cbor)) {
    draft.attestation = AttestationKind::PackedSelf;
    let mut statement = draft.statement();
    change(&mut statement);
    draft.att_stmt = Some(statement);
}

pub(crate) fn attestation_object() -> Vec<Case> {
    vec![
        draft("P: with extensions", ACCEPTED, |d| {
            d.auth_data.set_extensions(Some(Cbor::map([("credProtect", 2.into()), ("hmac-secret", true.into())])));
        }),
        draft("F: not a CBOR map", "attestation-object-not-a-map", |d| d.attestation_object = Some(Cbor::Array(vec![]))),
        draft("F: not CBOR", "cbor-malformed", |d| d.attestation_object = Some(Cbor::Raw(vec![0xff; 8]))),
        draft("F: fmt missing", "attestation-object-member-missing", |d| object(d, |o| o.remove("fmt"))),
        draft("F: fmt mistyped", "attestation-object-member-type", |d| object(d, |o| o.set("fmt", 7))),
        draft("F: fmt unknown", "attestation-format-unknown", |d| object(d, |o| o.set("fmt", "packed2"))),
        draft("F: attStmt missing", "attestation-object-member-missing", |d| object(d, |o| o.remove("attStmt"))),
        draft("F: attStmt mistyped", "attestation-object-member-type", |d| object(d, |o| o.set("attStmt", "x"))),
        draft("F: authData missing", "attestation-object-member-missing", |d| object(d, |o| o.remove("authData"))),
        draft("F: authData mistyped", "attestation-object-member-type", |d| object(d, |o| o.set("authData", "x"))),
        draft("F: authData empty", "authenticator-data-too-short", |d| object(d, |o| o.set("authData", Cbor::bytes([])))),
        draft("F: attested data, and AT clear", "authenticator-data-trailing-bytes", |d| d.auth_data.set_flag(flags::AT, false)),
        draft("F: AT set, and no attested data", "attested-data-truncated", |d| d.auth_data.attested = None),
        draft("F: AT clear, and no attested data", "attested-data-missing", |d| d.auth_data.set_attested(None)),
        draft("F: bytes left over in authData", "authenticator-data-trailing-bytes", |d| d.auth_data.trailing = vec![0; 8]),
        draft("F: bytes left over behind the object", "cbor-trailing-bytes", |d| d.attestation_trailing = vec![0; 8]),
        draft("F: UP clear", "user-not-present", |d| d.auth_data.set_flag(flags::UP, false)),
        draft("F: packed, alg missing", "attestation-statement-malformed", |d| statement(d, |s| s.remove("alg"))),
        draft("F: packed, alg mistyped", "attestation-statement-malformed", |d| statement(d, |s| s.set("alg", "ES256"))),
        draft("F: packed, alg of another key", "attestation-algorithm-mismatch", |d| statement(d, |s| s.set("alg", -257))),
        draft("F: packed, sig missing", "attestation-statement-malformed", |d| statement(d, |s| s.remove("sig"))),
        draft("F: packed, sig mistyped", "attestation-statement-malformed", |d| statement(d, |s| s.set("sig", "x"))),
        draft("F: packed, sig empty", "attestation-signature-invalid", |d| statement(d, |s| s.set("sig", Cbor::bytes([])))),
    ]
}
