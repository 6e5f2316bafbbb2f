//! §7.1 steps 13 and 14: attestation object, authenticator data, unsigned copies, RP ID.

use passkeeper::testing::{AttestedDraft, Cbor, RegistrationDraft, flags};
use passkeeper::wire::RegistrationResponse;
use serde_json::{Value, json};

use crate::common::*;

type Change = fn(&mut RegistrationDraft);

#[track_caller]
fn assert_table(cases: &[(&str, Change, &str)], step: &str) {
    for (name, change, code) in cases {
        assert_eq!(refusal(Registering::new().change(change).verify()), (*code, Some(step)), "{name}");
    }
}

fn object(draft: &mut RegistrationDraft, edit: impl FnOnce(&mut Cbor)) {
    let mut map = draft.attestation_map();
    edit(&mut map);
    draft.attestation_object = Some(map);
}

fn attested(draft: &mut RegistrationDraft) -> &mut AttestedDraft {
    draft.auth_data.attested.as_mut().unwrap()
}

#[test]
fn s7_1_13_the_attestation_object_is_a_map_of_its_three_members() {
    assert_table(
        &[
            ("no fmt", |d| object(d, |o| o.remove("fmt")), "attestation-object-member-missing"),
            ("no authData", |d| object(d, |o| o.remove("authData")), "attestation-object-member-missing"),
            ("no attStmt", |d| object(d, |o| o.remove("attStmt")), "attestation-object-member-missing"),
            ("fmt as bytes", |d| object(d, |o| o.set("fmt", Cbor::bytes(b"none"))), "attestation-object-member-type"),
            ("fmt null", |d| object(d, |o| o.set("fmt", Cbor::Null)), "attestation-object-member-type"),
            ("authData as text", |d| object(d, |o| o.set("authData", "AA")), "attestation-object-member-type"),
            ("authData as array", |d| object(d, |o| o.set("authData", Cbor::Array(vec![]))), "attestation-object-member-type"),
            ("attStmt as bytes", |d| object(d, |o| o.set("attStmt", Cbor::bytes([]))), "attestation-object-member-type"),
            ("an extra member", |d| object(d, |o| o.set("epAtt", true)), "attestation-object-extra-member"),
            ("CTAP's number keys", |d| object(d, |o| o.set(1, "none")), "cbor-key-type"),
            ("fmt twice", |d| object(d, |o| o.push_entry("fmt", "none")), "cbor-duplicate-key"),
            ("an array", |d| d.attestation_object = Some(Cbor::Array(vec![])), "attestation-object-not-a-map"),
            ("bytes", |d| d.attestation_object = Some(Cbor::bytes([0xa0])), "attestation-object-not-a-map"),
            ("an empty map", |d| d.attestation_object = Some(Cbor::Map(vec![])), "attestation-object-member-missing"),
            ("nothing", |d| d.attestation_object = Some(Cbor::Raw(vec![])), "cbor-truncated"),
            ("trailing bytes", |d| d.attestation_trailing = vec![0], "cbor-trailing-bytes"),
        ],
        "7.1/13",
    );
    let reordered = Registering::new().change(|draft| {
        let Cbor::Map(mut entries) = draft.attestation_map() else { panic!("a map") };
        entries.reverse();
        draft.attestation_object = Some(Cbor::Map(entries));
    });
    assert!(reordered.verify().is_ok());
}

#[test]
fn s7_1_13_the_authenticator_data_describes_its_own_length() {
    assert_table(
        &[
            ("empty", |d| d.auth_data.raw = Some(vec![]), "authenticator-data-too-short"),
            ("36 bytes", |d| d.auth_data.raw = Some(d.auth_data.to_bytes()[..36].to_vec()), "authenticator-data-too-short"),
            ("37 bytes with AT", |d| d.auth_data.attested = None, "attested-data-truncated"),
            ("AT clear, no data", |d| d.auth_data.set_attested(None), "attested-data-missing"),
            ("AT clear, data there", |d| d.auth_data.set_flag(flags::AT, false), "authenticator-data-trailing-bytes"),
            ("ED set, no data", |d| d.auth_data.set_flag(flags::ED, true), "extensions-missing"),
            ("ED clear, data there", |d| d.auth_data.extensions = Some(Cbor::Map(vec![])), "authenticator-data-trailing-bytes"),
            ("extensions an array", |d| d.auth_data.set_extensions(Some(Cbor::Array(vec![]))), "extensions-not-a-map"),
            ("extensions with number keys", |d| d.auth_data.set_extensions(Some(Cbor::map([(1, Cbor::Null)]))), "extensions-not-a-map"),
            (
                "two extension maps",
                |d| {
                    d.auth_data.set_extensions(Some(Cbor::Map(vec![])));
                    d.auth_data.trailing = vec![0xa0];
                },
                "authenticator-data-trailing-bytes",
            ),
            ("trailing byte", |d| d.auth_data.trailing = vec![0], "authenticator-data-trailing-bytes"),
            ("a truncated AAGUID", |d| attested(d).aaguid.truncate(12), "attested-data-truncated"),
            ("ID length past the end", |d| attested(d).credential_id_length = Some(u16::MAX), "attested-data-truncated"),
            ("ID length up to the end", |d| cut_to_id(d), "attested-data-truncated"),
            (
                "the key cut",
                |d| {
                    let mut bytes = d.auth_data.to_bytes();
                    bytes.pop();
                    d.auth_data.raw = Some(bytes);
                },
                "cbor-truncated",
            ),
            ("no key", |d| attested(d).public_key = Cbor::Raw(vec![]), "attested-data-truncated"),
        ],
        "7.1/13",
    );
}

fn cut_to_id(draft: &mut RegistrationDraft) {
    let len = 37 + 16 + 2 + attested(draft).credential_id.len();
    draft.auth_data.raw = Some(draft.auth_data.to_bytes()[..len].to_vec());
}

#[test]
fn s7_1_13_reserved_bits_are_ignored_and_kept() {
    let verified = Registering::new().change(|draft| draft.auth_data.set_flag(flags::RFU1 | flags::RFU2, true)).verify().unwrap();
    assert_eq!(verified.flags().as_byte() & 0x22, 0x22);
}

#[test]
fn s7_1_13_the_credential_id_of_the_response_is_the_signed_one() {
    let result = Registering::new().change(|draft| (draft.id, draft.raw_id) = (Some("AAAA".into()), Some("AAAA".into()))).verify();
    assert_refused(result, "credential-id-mismatch", "7.1/13");
}

#[track_caller]
fn with_response(edit: impl FnOnce(&mut Value)) -> Result<(), passkeeper::Error> {
    let Registering { rp, pending, draft, .. } = Registering::new();
    let response = RegistrationResponse::from_json(draft.edit_json(edit)).unwrap();
    pending.verify(&rp, &response, NOW).map(|_| ())
}

#[test]
fn s7_1_13_s7_1_20_unsigned_copies_equal_the_signed_originals() {
    for (member, value, step) in [
        ("authenticatorData", json!("AAAA"), "7.1/13"),
        ("authenticatorData", json!(""), "7.1/13"),
        ("publicKeyAlgorithm", json!(-257), "7.1/20"),
        ("publicKeyAlgorithm", json!(0), "7.1/20"),
        ("publicKey", json!("AAAA"), "7.1/20"),
        ("publicKey", json!(""), "7.1/20"),
    ] {
        assert_refused(with_response(|json| json["response"][member] = value), "response-copy-mismatch", step);
    }
}

#[test]
fn s7_1_13_s7_1_20_clients_may_leave_the_copies_out() {
    for member in ["authenticatorData", "publicKeyAlgorithm", "publicKey"] {
        let result = with_response(|json| drop(json["response"].as_object_mut().unwrap().remove(member)));
        assert_eq!(result, Ok(()), "{member}");
    }
    // toJSON() of some clients writes null for a key that it cannot export.
    assert_eq!(with_response(|json| json["response"]["publicKey"] = Value::Null), Ok(()));
}

#[test]
fn s7_1_14_the_authenticator_signed_for_this_rp_id() {
    for rp_id in ["com", "www.example.com", "example.org", "Example.com", "https://example.com", "example.com.", ""] {
        let result = Registering::new().change(|draft| draft.auth_data.set_rp_id(rp_id)).verify();
        assert_refused(result, "rp-id-hash-mismatch", "7.1/14");
    }
    for hash in [[0; 32], [0xff; 32]] {
        let result = Registering::new().change(|draft| draft.auth_data.rp_id_hash = hash.to_vec()).verify();
        assert_refused(result, "rp-id-hash-mismatch", "7.1/14");
    }
}
