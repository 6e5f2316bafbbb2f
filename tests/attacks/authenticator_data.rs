//! authData: what the authenticator signs, broken and signed again.

use passkeeper::testing::{AssertionDraft, AttestedDraft, Backup, Cbor, RegistrationDraft, VirtualAuthenticator, flags};
use passkeeper::wire::RegistrationResponse;
use passkeeper::{AuthenticationRequest, RegistrationRequest};
use pollster::block_on;
use serde_json::json;

use crate::common::*;
use crate::tables::*;

const APP_ID: &str = "https://example.com/app-id.json";

fn attested(draft: &mut RegistrationDraft) -> &mut AttestedDraft {
    draft.auth_data.attested.as_mut().unwrap()
}

fn attest(draft: &mut AssertionDraft) {
    let key = draft.signer().cose_key();
    draft.auth_data.set_attested(Some(AttestedDraft::new([0; 16], draft.credential_id.clone(), key)));
}

#[test]
fn registering() {
    let cases: &[Case<RegistrationDraft>] = &[
        ("36 bytes", |d| d.auth_data.raw = Some(d.auth_data.to_bytes()[..36].to_vec()), "authenticator-data-too-short"),
        ("0 bytes", |d| d.auth_data.raw = Some(vec![]), "authenticator-data-too-short"),
        ("rpIdHash of the parent", |d| d.auth_data.set_rp_id("com"), "rp-id-hash-mismatch"),
        ("rpIdHash of a subdomain", |d| d.auth_data.set_rp_id("www.example.com"), "rp-id-hash-mismatch"),
        ("rpIdHash of the origin", |d| d.auth_data.set_rp_id(ORIGIN), "rp-id-hash-mismatch"),
        ("rpIdHash of an appid", |d| d.auth_data.set_rp_id(APP_ID), "rp-id-hash-mismatch"),
        ("UP=0", |d| d.auth_data.set_flag(flags::UP, false), "user-not-present"),
        ("UV=0 when required", |d| d.auth_data.set_flag(flags::UV, false), "user-not-verified"),
        ("BS without BE", |d| d.auth_data.set_flag(flags::BS, true), "backup-state-without-eligibility"),
        ("AT clear", |d| d.auth_data.set_attested(None), "attested-data-missing"),
        ("AT clear, data there", |d| d.auth_data.set_flag(flags::AT, false), "authenticator-data-trailing-bytes"),
        ("AT without data", |d| d.auth_data.attested = None, "attested-data-truncated"),
        ("ED without data", |d| d.auth_data.set_flag(flags::ED, true), "extensions-missing"),
        ("data without ED", |d| d.auth_data.extensions = Some(Cbor::map([("credProtect", 3.into())])), "authenticator-data-trailing-bytes"),
        ("credential ID of 0 bytes", |d| attested(d).credential_id = vec![], "credential-id-empty"),
        ("credential ID of 1024 bytes", |d| attested(d).credential_id = vec![7; 1024], "credential-id-too-long"),
        ("credential ID length past the end", |d| attested(d).credential_id_length = Some(u16::MAX), "attested-data-truncated"),
        ("trailing bytes", |d| d.auth_data.trailing = vec![0], "authenticator-data-trailing-bytes"),
        ("trailing bytes that are CBOR", |d| d.auth_data.trailing = vec![0xa0], "authenticator-data-trailing-bytes"),
    ];
    assert_registrations_refused(cases);
}

#[test]
fn signing_in() {
    let cases: &[Case<AssertionDraft>] = &[
        ("36 bytes", |d| d.auth_data.raw = Some(d.auth_data.to_bytes()[..36].to_vec()), "authenticator-data-too-short"),
        ("0 bytes", |d| d.auth_data.raw = Some(vec![]), "authenticator-data-too-short"),
        ("rpIdHash of the parent", |d| d.auth_data.set_rp_id("com"), "rp-id-hash-mismatch"),
        ("rpIdHash of a subdomain", |d| d.auth_data.set_rp_id("www.example.com"), "rp-id-hash-mismatch"),
        ("rpIdHash of an appid when not asked", |d| d.auth_data.set_rp_id(APP_ID), "rp-id-hash-mismatch"),
        (
            "appid reported when not asked, its hash",
            |d| {
                d.auth_data.set_rp_id(APP_ID);
                d.client_extension_results = json!({ "appid": true });
            },
            "appid-not-requested",
        ),
        ("appid reported when not asked", |d| d.client_extension_results = json!({ "appid": true }), "appid-not-requested"),
        ("UP=0", |d| d.auth_data.set_flag(flags::UP, false), "user-not-present"),
        ("UV=0 when required", |d| d.auth_data.set_flag(flags::UV, false), "user-not-verified"),
        ("BS without BE", |d| d.auth_data.set_flag(flags::BS, true), "backup-state-without-eligibility"),
        ("BE changed, 0 to 1", |d| d.auth_data.set_flag(flags::BE, true), "backup-eligibility-changed"),
        ("BE and BS changed, 0 to 1", |d| d.auth_data.set_flag(flags::BE | flags::BS, true), "backup-eligibility-changed"),
        ("AT set", attest, "attested-data-in-assertion"),
        ("AT set without data", |d| d.auth_data.set_flag(flags::AT, true), "attested-data-truncated"),
        ("ED without data", |d| d.auth_data.set_flag(flags::ED, true), "extensions-missing"),
        ("data without ED", |d| d.auth_data.extensions = Some(Cbor::Map(vec![])), "authenticator-data-trailing-bytes"),
        ("trailing bytes", |d| d.auth_data.trailing = vec![0], "authenticator-data-trailing-bytes"),
        ("counter equal", |d| d.auth_data.sign_count = 1, "counter-not-increased"),
        ("counter to zero", |d| d.auth_data.sign_count = 0, "counter-not-increased"),
    ];
    assert_sign_ins_refused(&AuthenticationRequest::discoverable(), cases);
    assert_sign_ins_refused(&AuthenticationRequest::known(handle("alice")), cases);
}

#[test]
fn be_changed_from_1_to_0() {
    let backend = Backend::new();
    let mut carol = VirtualAuthenticator::new(3).with_backup(Backup::BackedUp);
    backend.register("carol", &mut carol);
    let error = backend.refuse_sign_in_with(&carol, AuthenticationRequest::discoverable(), |draft| {
        draft.auth_data.set_flag(flags::BE | flags::BS, false);
    });
    assert_eq!(error.code(), "backup-eligibility-changed");
}

#[test]
fn counter_lower_and_wrapped() {
    for (recorded, counters) in [(10, [9, 1, 0, 10]), (u32::MAX, [u32::MAX, 0, 1, 0x7fff_ffff])] {
        for counter in counters {
            let backend = Backend::new();
            assert!(backend.sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.sign_count = recorded).is_ok());
            let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.sign_count = counter);
            assert_eq!(error.code(), "counter-not-increased", "{recorded} to {counter}");
        }
    }
    // High values are not negative ones.
    let backend = Backend::new();
    for counter in [0x7fff_ffff, 0x8000_0000, u32::MAX] {
        let signed_in = backend.sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.sign_count = counter);
        assert_eq!(signed_in.map(|record| record.usage.sign_count), Ok(counter));
    }
}

/// Registers with a change and hands back the stored record.
fn accept(request: RegistrationRequest, change: impl FnOnce(&mut RegistrationDraft)) -> passkeeper::CredentialRecord {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_registration(request)).unwrap();
    let mut draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
    change(&mut draft);
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    let registered = block_on(backend.passkeys.complete_registration(&started.session, &response)).unwrap();
    assert_eq!(backend.record_of("carol"), registered.record);
    registered.record
}

#[test]
fn credential_id_of_1023_bytes_is_accepted() {
    let record = accept(RegistrationRequest::new(user("carol")), |draft| attested(draft).credential_id = vec![7; 1023]);
    assert_eq!(record.credential_id.as_bytes().len(), 1023);
}

#[test]
fn reserved_bits_are_accepted_and_mean_nothing() {
    let reserved = flags::RFU1 | flags::RFU2;
    accept(RegistrationRequest::new(user("carol")), |draft| draft.auth_data.set_flag(reserved, true));
    let backend = Backend::new();
    assert!(backend.sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.set_flag(reserved, true)).is_ok());
    // They stand for no other bit.
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.flags = reserved);
    assert_eq!(error.code(), "user-not-present");
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.flags = reserved | flags::UP);
    assert_eq!(error.code(), "user-not-verified");
}

/// Whether a ceremony is conditional is the server's to know.
#[test]
fn up_0_is_accepted_in_conditional_create_only() {
    let absent = |draft: &mut RegistrationDraft| draft.auth_data.set_flag(flags::UP, false);
    accept(RegistrationRequest::new(user("carol")).conditional(), absent);
    let error = Backend::new().refuse_registration(|draft| {
        absent(draft);
        draft.client_data.extra.push(("mediation".into(), "conditional".into()));
        draft.client_extension_results = json!({ "mediation": "conditional" });
    });
    assert_eq!(error.code(), "user-not-present");
}
