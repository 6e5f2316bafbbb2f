//! Format `android-safetynet` (§8.5): refused unless allowed by name, and then by its rules.

use passkeeper::attestation::AttestationType;
use passkeeper::testing::{AttestationKind, Cbor, CertificateAuthority, ExtensionDraft, GeneralName, Name, SafetyNetAttestation, oid};
use serde_json::json;

use crate::common::NOW;
use crate::setup::*;

const NOW_MS: i64 = NOW.as_secs() * 1000;

fn safetynet() -> SafetyNetAttestation {
    SafetyNetAttestation::new(&ca(), NOW_MS)
}

fn allowed(kind: impl Into<AttestationKind>) -> Case {
    Case::new(kind).rules(|rules| rules.danger_accept_android_safetynet = true)
}

fn each_refused_where_allowed(cases: &[Broken<SafetyNetAttestation>]) {
    each_refused_in(allowed, &safetynet(), STEP_22, cases);
}

#[test]
fn refused_unless_allowed_by_name() {
    let honest = Case::new(safetynet());
    assert_refused(honest.register(), "attestation-format-unsupported", STEP_21, "honest");
    assert_trusted(allowed(safetynet()).register(), "android-safetynet", AttestationType::Basic, "honest");
    let elliptic = SafetyNetAttestation { key: ca().leaf_key(Es256), ..safetynet() };
    assert_trusted(allowed(elliptic).register(), "android-safetynet", AttestationType::Basic, "ES256");
}

#[test]
fn the_statement_has_its_shape() {
    const CODE: &str = "attestation-statement-malformed";
    each_refused_where_allowed(&[
        ("ver missing", |s| s.statement.edit(|s| s.remove("ver")), CODE),
        ("ver empty", |s| s.statement.edit(|s| s.set("ver", "")), CODE),
        ("ver is a number", |s| s.statement.edit(|s| s.set("ver", 1)), CODE),
        ("response missing", |s| s.statement.edit(|s| s.remove("response")), CODE),
        ("response is text", |s| s.statement.edit(|s| s.set("response", "a.b.c")), CODE),
        ("response is no UTF-8", |s| s.statement.edit(|s| s.set("response", Cbor::bytes([0xff]))), CODE),
        ("response empty", |s| s.statement.edit(|s| s.set("response", Cbor::bytes([]))), "jws-malformed"),
        ("an unknown member", |s| s.statement.edit(|s| s.set("x", 1)), CODE),
        ("response of two parts", |s| s.response.edit(|jws| jws.raw = Some("e30.e30".into())), "jws-malformed"),
        ("response of four parts", |s| s.response.edit(|jws| jws.raw = Some(jws.sign() + ".e30")), "jws-malformed"),
        ("header is no JSON", |s| s.response.edit(|jws| jws.raw = Some("AAAA.e30.AAAA".into())), "jws-malformed"),
        (
            "header without alg",
            |s| {
                s.response.edit(|jws| {
                    jws.header.as_object_mut().unwrap().remove("alg");
                })
            },
            "jws-malformed",
        ),
        (
            "x5c missing",
            |s| {
                s.response.edit(|jws| {
                    jws.header.as_object_mut().unwrap().remove("x5c");
                })
            },
            "jws-malformed",
        ),
        ("x5c empty", |s| s.x5c.edit(Vec::clear), "jws-malformed"),
        ("x5c is no base64", |s| s.response.edit(|jws| jws.header["x5c"][0] = "-_-_".into()), "jws-malformed"),
        ("crit", |s| s.response.edit(|jws| jws.header["crit"] = json!(["exp"])), "jws-critical-header"),
        ("crit empty", |s| s.response.edit(|jws| jws.header["crit"] = json!([])), "jws-critical-header"),
        ("crit null", |s| s.response.edit(|jws| jws.header["crit"] = json!(null)), "jws-critical-header"),
        (
            "b64 false",
            |s| s.response.edit(|jws| (jws.header["crit"], jws.header["b64"]) = (json!(["b64"]), json!(false))),
            "jws-critical-header",
        ),
        ("b64 false, and not critical", |s| s.response.edit(|jws| jws.header["b64"] = json!(false)), "jws-critical-header"),
        ("the leaf is no certificate", |s| s.x5c.edit(|chain| chain[0] = vec![1]), "certificate-malformed"),
        ("payload is an array", |s| s.response.edit(|jws| jws.payload = json!([])), CODE),
        (
            "payload without nonce",
            |s| {
                s.response.edit(|jws| {
                    jws.payload.as_object_mut().unwrap().remove("nonce");
                })
            },
            CODE,
        ),
        (
            "payload without timestampMs",
            |s| {
                s.response.edit(|jws| {
                    jws.payload.as_object_mut().unwrap().remove("timestampMs");
                })
            },
            CODE,
        ),
        ("timestampMs is text", |s| s.response.edit(|jws| jws.payload["timestampMs"] = "1".into()), CODE),
    ]);
}

#[test]
fn the_service_signed_it() {
    each_refused_where_allowed(&[
        (
            "JWS algorithm none",
            |s| s.response.edit(|jws| (jws.header["alg"], jws.signature) = ("none".into(), Some(vec![]))),
            "jws-algorithm",
        ),
        ("JWS algorithm HS256", |s| s.response.edit(|jws| jws.header["alg"] = "HS256".into()), "jws-algorithm"),
        ("JWS algorithm of another key", |s| s.response.edit(|jws| jws.header["alg"] = "ES256".into()), "jws-algorithm"),
        ("JWS algorithm in lower case", |s| s.response.edit(|jws| jws.header["alg"] = "rs256".into()), "jws-algorithm"),
        ("signature empty", |s| s.response.edit(|jws| jws.signature = Some(vec![])), "jws-signature-invalid"),
        ("signature of zeros", |s| s.response.edit(|jws| jws.signature = Some(vec![0; 256])), "jws-signature-invalid"),
        ("signed by another key", |s| s.response.edit(|jws| jws.key = ca().impostor().leaf_key(Rs256)), "jws-signature-invalid"),
        (
            "certificate for another host",
            |s| s.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::subject_alt_name(&[GeneralName::Dns("example.com".into())]))),
            "safetynet-host",
        ),
        (
            "certificate for a host below",
            |s| {
                s.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::subject_alt_name(&[GeneralName::Dns("a.attest.android.com".into())])))
            },
            "safetynet-host",
        ),
        (
            "certificate that names the host in its subject, and others in the alternative names",
            |s| {
                s.leaf
                    .edit(|leaf| leaf.set_extension(ExtensionDraft::subject_alt_name(&[GeneralName::Email("a@attest.android.com".into())])))
            },
            "safetynet-host",
        ),
        (
            "certificate without any name of a host",
            |s| {
                s.leaf.edit(|leaf| {
                    leaf.remove_extension(oid::SUBJECT_ALT_NAME);
                    leaf.subject = Name::common("evil.example");
                })
            },
            "safetynet-host",
        ),
    ]);
    let mut mixed = SafetyNetAttestation { key: ca().leaf_key(Es256), ..safetynet() };
    mixed.response.edit(|jws| jws.signature = Some(jws.key.sign(b"DER instead of r and s")));
    assert_refused(allowed(mixed).register(), "jws-signature-invalid", STEP_22, "an ES256 signature in DER");
}

/// go-webauthn #726: steps left out.
#[test]
fn the_payload_is_about_this_registration() {
    each_refused_where_allowed(&[
        ("nonce of another ceremony", |s| s.response.edit(|jws| jws.payload["nonce"] = "AAAA".into()), "attestation-nonce-mismatch"),
        (
            "nonce in base64url",
            |s| {
                s.response
                    .edit(|jws| jws.payload["nonce"] = format!("{}_", jws.payload["nonce"].as_str().unwrap().trim_end_matches('=')).into())
            },
            "attestation-nonce-mismatch",
        ),
        ("nonce empty", |s| s.response.edit(|jws| jws.payload["nonce"] = "".into()), "attestation-nonce-mismatch"),
        ("ctsProfileMatch false", |s| s.response.edit(|jws| jws.payload["ctsProfileMatch"] = false.into()), "safetynet-cts-profile"),
        (
            "ctsProfileMatch missing",
            |s| {
                s.response.edit(|jws| {
                    jws.payload.as_object_mut().unwrap().remove("ctsProfileMatch");
                })
            },
            "safetynet-cts-profile",
        ),
        ("too old", |s| s.timestamp_ms = NOW_MS - 61_000, "safetynet-timestamp"),
        ("a day old", |s| s.timestamp_ms = NOW_MS - 86_400_000, "safetynet-timestamp"),
        ("from the future", |s| s.timestamp_ms = NOW_MS + 60_001, "safetynet-timestamp"),
        ("from the end of time", |s| s.timestamp_ms = i64::MAX, "safetynet-timestamp"),
        ("from the beginning of time", |s| s.timestamp_ms = i64::MIN, "safetynet-timestamp"),
    ]);
    for (name, timestamp) in [("a minute old", NOW_MS - 60_000), ("a minute ahead", NOW_MS + 60_000)] {
        assert_passes(allowed(SafetyNetAttestation::new(&ca(), timestamp)).register(), name);
    }
    let mut common = safetynet();
    common.leaf.edit(|leaf| leaf.remove_extension(oid::SUBJECT_ALT_NAME));
    assert_passes(allowed(common).register(), "a certificate with the host as common name only");
}

/// fido2-net-lib #671: the service's root was not pinned.
#[test]
fn the_root_must_be_listed() {
    let other = CertificateAuthority::with_levels(99, &[Rs256, Rs256]);
    let refused = |kind: SafetyNetAttestation, name: &str| assert_refused(allowed(kind).register(), "attestation-untrusted", STEP_24, name);
    refused(SafetyNetAttestation::new(&other, NOW_MS), "root not listed");
    refused(SafetyNetAttestation::new(&ca().impostor(), NOW_MS), "an impostor with copied names");
}
