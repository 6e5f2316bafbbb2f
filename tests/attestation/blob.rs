//! The BLOB of FIDO's metadata service: who signed it, and what cannot be read in it.

use passkeeper::Error;
use passkeeper::metadata::{BlobVerifier, Metadata, Skipped};
use passkeeper::testing::{CertificateAuthority, ExtensionDraft, GeneralName, MetadataBlobDraft, Name, metadata_entry, oid};
use passkeeper::types::UnixTime;
use passkeeper::x509::RevocationList;
use serde_json::json;

use crate::common::{NOW, provider, refusal};
use crate::setup::*;

/// Root, intermediate: as the service's own.
pub(crate) fn mds_ca() -> CertificateAuthority {
    CertificateAuthority::with_levels(50, &[Rs256, Rs256])
}

pub(crate) fn blob() -> MetadataBlobDraft {
    MetadataBlobDraft::new(&mds_ca(), "2030-12-31", vec![metadata_entry(AAGUID, &[ca().root_der()])])
}

fn verifier() -> BlobVerifier {
    BlobVerifier::new(anchor(&mds_ca().root_der()))
}

fn verify(draft: &MetadataBlobDraft) -> Result<(Metadata, Vec<Skipped>), Error> {
    verifier().verify(&draft.sign(), &provider(), NOW)
}

#[track_caller]
fn refused(result: Result<(Metadata, Vec<Skipped>), Error>, code: &str, name: &str) {
    assert_eq!(refusal(result), (code, None), "{name}");
}

#[test]
fn a_blob_is_verified() {
    for key in [Rs256, Es256] {
        let mut draft = blob();
        draft.key = mds_ca().leaf_key(key);
        let (metadata, skipped) = verify(&draft).unwrap();
        assert_eq!((metadata.entries().len(), skipped.len(), metadata.number()), (1, 0, 1), "{key:?}");
        assert_eq!(metadata.legal_header(), "For tests only.");
    }
    let mut draft = blob();
    draft.x5c.edit(|chain| chain.push(mds_ca().root_der()));
    assert!(verify(&draft).is_ok(), "the root in x5c");
    let text = format!("\n {} \r\n", blob().sign());
    assert!(verifier().verify(&text, &provider(), NOW).is_ok(), "white space around");
    let second = BlobVerifier::new(anchor(&ca().root_der())).root(anchor(&mds_ca().root_der()));
    assert!(second.verify(&blob().sign(), &provider(), NOW).is_ok(), "the second of two roots");
}

/// FIDO conformance, Server-MDS3: signature, chain, revoked intermediate, revoked leaf.
#[test]
fn the_chain_leads_to_the_root() {
    let untrusted = "attestation-untrusted";
    let other = BlobVerifier::new(anchor(&ca().root_der()));
    refused(other.verify(&blob().sign(), &provider(), NOW), untrusted, "wrong root");
    let forged = MetadataBlobDraft { ca: mds_ca().impostor(), key: mds_ca().impostor().leaf_key(Rs256), ..blob() };
    refused(verify(&forged), untrusted, "an impostor with copied names");
    let mut short = blob();
    short.x5c.edit(|chain| chain.truncate(1));
    refused(verify(&short), untrusted, "intermediate missing");
    let mut swapped = blob();
    swapped.x5c.edit(|chain| chain.reverse());
    refused(verify(&swapped), "certificate-key-usage", "leaf and intermediate swapped");
    let mut expired = blob();
    expired.leaf.edit(|leaf| leaf.not_after = NOW.as_secs() - 1);
    refused(verify(&expired), "certificate-expired", "signer expired");
    let mut early = blob();
    early.leaf.edit(|leaf| leaf.not_before = NOW.as_secs() + 1);
    refused(verify(&early), "certificate-not-yet-valid", "signer not yet valid");
    let mut intermediate = blob();
    intermediate.ca.intermediates[0].certificate.not_after = NOW.as_secs() - 1;
    refused(verify(&intermediate), "certificate-expired", "intermediate expired");
    let mut no_ca = blob();
    no_ca.ca.intermediates[0].certificate.set_extension(ExtensionDraft::basic_constraints(false, None));
    refused(verify(&no_ca), "certificate-not-ca", "intermediate is no CA");
}

#[test]
fn the_signer_is_fidos_service() {
    let code = "metadata-signer";
    let mut other = blob();
    other.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::subject_alt_name(&[GeneralName::Dns("example.com".into())])));
    refused(verify(&other), code, "another host of the same root");
    let mut below = blob();
    below.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::subject_alt_name(&[GeneralName::Dns("a.mds.fidoalliance.org".into())])));
    refused(verify(&below), code, "a host below");
    let mut named = blob();
    named.leaf.edit(|leaf| {
        leaf.remove_extension(oid::SUBJECT_ALT_NAME);
        leaf.subject = Name::common("mds.fidoalliance.org.example.com");
    });
    refused(verify(&named), code, "a common name that begins like it");
    refused(verifier().signer("mds.example.com").verify(&blob().sign(), &provider(), NOW), code, "another signer expected");
    assert!(verifier().signer("example.com").verify(&other.sign(), &provider(), NOW).is_ok(), "a private service");
}

#[test]
fn revoked_signers() {
    let now = NOW.as_secs();
    let list = |der: Vec<u8>| RevocationList::from_der(&der).unwrap();
    let mut draft = blob();
    draft.leaf.edit(|leaf| leaf.serial = vec![7, 7]);
    let leaf = list(mds_ca().crl(&[[7, 7]], now - 10, now + 10));
    refused(verifier().revocation_list(leaf).verify(&draft.sign(), &provider(), NOW), "certificate-revoked", "leaf");
    let root = mds_ca().root;
    let serial = mds_ca().intermediates[0].certificate.serial.clone();
    let intermediate = list(root.crl(std::slice::from_ref(&serial), now - 10, now + 10).sign(&root.key));
    refused(verifier().revocation_list(intermediate).verify(&draft.sign(), &provider(), NOW), "certificate-revoked", "intermediate");
    let forged = list(mds_ca().impostor().crl(&[[7, 7]], now - 10, now + 10));
    assert!(verifier().revocation_list(forged).verify(&draft.sign(), &provider(), NOW).is_ok(), "a forged list");
}

#[test]
fn the_signature_covers_header_and_payload() {
    let code = "jws-signature-invalid";
    let text = blob().sign();
    let parts: Vec<&str> = text.split('.').collect();
    let payload = {
        let mut other = blob();
        other.payload["no"] = 2.into();
        other.sign().split('.').nth(1).unwrap().to_owned()
    };
    let header = {
        let mut other = blob();
        other.jws.edit(|jws| jws.header["typ"] = "JOSE".into());
        other.sign().split('.').next().unwrap().to_owned()
    };
    let cases = [
        ("payload", format!("{}.{payload}.{}", parts[0], parts[2])),
        ("header", format!("{header}.{}.{}", parts[1], parts[2])),
        ("signature cut off", format!("{}.{}.", parts[0], parts[1])),
        ("signature of zeros", format!("{}.{}.{}", parts[0], parts[1], "A".repeat(342))),
    ];
    for (name, text) in cases {
        refused(verifier().verify(&text, &provider(), NOW), code, name);
    }
    let mut other_key = blob();
    other_key.jws.edit(|jws| jws.key = mds_ca().impostor().leaf_key(Rs256));
    refused(verify(&other_key), code, "another key");
}

#[test]
fn the_algorithm_is_the_keys() {
    let algorithm = |draft: MetadataBlobDraft, alg: &'static str, name: &str| {
        let mut draft = draft;
        draft.jws.edit(move |jws| jws.header["alg"] = alg.into());
        refused(verify(&draft), "jws-algorithm", name);
    };
    for alg in ["none", "None", "HS256", "ES256", "PS256", "RS1", "RS512", ""] {
        algorithm(blob(), alg, alg);
    }
    algorithm(MetadataBlobDraft { key: mds_ca().leaf_key(Es256), ..blob() }, "RS256", "RS256 with an EC key");
    let p384 = MetadataBlobDraft { key: mds_ca().leaf_key(Es384), ..blob() };
    algorithm(p384, "ES256", "ES256 with a P-384 key");
    let mut unsigned = blob();
    unsigned.jws.edit(|jws| (jws.header["alg"], jws.signature) = ("none".into(), Some(vec![])));
    refused(verify(&unsigned), "jws-algorithm", "none, and no signature");
}

/// go-webauthn #735: an error page in the place of the BLOB.
#[test]
fn a_blob_has_its_shape() {
    let jws = "jws-malformed";
    for (name, text) in [
        ("empty", String::new()),
        ("an error page", "<html><body>503</body></html>".into()),
        ("JSON", r#"{"entries":[]}"#.into()),
        ("two parts", "e30.e30".into()),
        ("four parts", format!("{}.e30", blob().sign())),
        ("header is no base64url", format!("*{}", blob().sign())),
        ("header is no JSON", "AAAA.e30.AAAA".into()),
        ("not ASCII", "é.é.é".into()),
        ("the signature padded, against RFC 7515 §2", blob().sign() + "=="),
    ] {
        refused(verifier().verify(&text, &provider(), NOW), jws, name);
    }
    type Change = fn(&mut MetadataBlobDraft);
    let cases: &[(&str, Change, &str)] = &[
        (
            "header without x5c",
            |b| {
                b.jws.edit(|jws| {
                    jws.header.as_object_mut().unwrap().remove("x5c");
                })
            },
            jws,
        ),
        ("header with an empty x5c", |b| b.x5c.edit(Vec::clear), jws),
        (
            "header with a URL of certificates",
            |b| b.jws.edit(|jws| jws.header = json!({ "alg": "RS256", "x5u": "http://127.0.0.1/" })),
            jws,
        ),
        ("header with crit", |b| b.jws.edit(|jws| jws.header["crit"] = json!(["exp"])), "jws-critical-header"),
        ("header with b64 false", |b| b.jws.edit(|jws| jws.header["b64"] = json!(false)), "jws-critical-header"),
        ("header with the key itself", |b| b.jws.edit(|jws| jws.header = json!({ "alg": "RS256", "jwk": {} })), jws),
        ("x5c is no certificate", |b| b.x5c.edit(|chain| chain[0] = vec![0]), "certificate-malformed"),
        ("payload is an array", |b| b.payload = json!([]), "metadata-malformed"),
        (
            "no serial number",
            |b| {
                b.payload.as_object_mut().unwrap().remove("no");
            },
            "metadata-malformed",
        ),
        ("a negative serial number", |b| b.payload["no"] = (-1).into(), "metadata-malformed"),
        (
            "no date",
            |b| {
                b.payload.as_object_mut().unwrap().remove("nextUpdate");
            },
            "metadata-malformed",
        ),
        ("a date that is none", |b| b.payload["nextUpdate"] = "2030-02-31".into(), "metadata-malformed"),
        ("a date in words", |b| b.payload["nextUpdate"] = "tomorrow".into(), "metadata-malformed"),
        (
            "no entries",
            |b| {
                b.payload.as_object_mut().unwrap().remove("entries");
            },
            "metadata-malformed",
        ),
        ("entries are no array", |b| b.payload["entries"] = json!({}), "metadata-malformed"),
    ];
    for (name, change, code) in cases {
        let mut draft = blob();
        change(&mut draft);
        refused(verify(&draft), code, name);
    }
    let huge = "A".repeat(64 * 1024 * 1024 + 1);
    refused(verifier().verify(&huge, &provider(), NOW), "metadata-malformed", "more than 64 megabytes");
}

#[test]
fn long_chains_of_certificates_are_not_followed() {
    let mut many = blob();
    many.x5c.edit(|chain| chain.extend(vec![mds_ca().root_der(); 500]));
    refused(verify(&many), "certificate-chain-too-long", "500 certificates");
    let mut unread = blob();
    unread.jws.edit(|jws| jws.header["x5c"] = json!(vec!["*"; 500]));
    refused(verify(&unread), "certificate-chain-too-long", "500 that are not even decoded");
    assert!(verifier().verify(&blob().sign(), &provider(), UnixTime::from_secs(1_900_000_000)).is_ok(), "a stale BLOB is still sound");
}
