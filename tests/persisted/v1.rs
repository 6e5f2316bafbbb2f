//! Version 1: every file is read, means what it meant, and would be written the same today.

use passkeeper::testing::{
    AssertionDraft, AttestationKind, AttestedDraft, AuthDataDraft, ClientDataDraft, KeyAlgorithm, KeyPair, RegistrationDraft, flags,
};
use passkeeper::types::{Aaguid, Algorithm, AuthenticatorAttachment, RecordId, Transport, UnixTime};
use passkeeper::{
    CounterVerdict, CredentialRecord, Error, PendingAssertion, PendingAuthentication, PendingRegistration, Proof, SessionBinding, Subject,
    VerifiedAuthentication, VerifiedRegistration, Workflow,
};
use serde_json::{Value, json};

use crate::common::*;

pub(crate) const RECORD: &str = include_str!("../fixtures/record-v1.json");
pub(crate) const REGISTRATION: &str = include_str!("../fixtures/pending-registration-v1.json");
pub(crate) const AUTHENTICATION: &str = include_str!("../fixtures/pending-authentication-v1.json");
pub(crate) const ASSERTION: &str = include_str!("../fixtures/pending-assertion-v1.json");

const CHALLENGE: [u8; 32] = [0xfb; 32];
const CREDENTIAL_ID: [u8; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];

/// The credential's key.
fn key() -> KeyPair {
    KeyPair::from_private_bytes(KeyAlgorithm::Es256, &[7; 32])
}

fn record() -> CredentialRecord {
    CredentialRecord::from_json(RECORD).unwrap()
}

#[track_caller]
fn assert_same_json(written: &str, fixture: &str) {
    let parse = |text| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parse(written), parse(fixture));
}

#[test]
fn todays_release_writes_the_same() {
    assert_same_json(&record().to_json().unwrap(), RECORD);
    assert_same_json(&PendingRegistration::from_json(REGISTRATION).unwrap().into_json().unwrap(), REGISTRATION);
    assert_same_json(&PendingAuthentication::from_json(AUTHENTICATION).unwrap().into_json().unwrap(), AUTHENTICATION);
    assert_same_json(&PendingAssertion::from_json(ASSERTION).unwrap().into_json().unwrap(), ASSERTION);
}

#[test]
fn the_proof_says_what_it_said() {
    let fixture = include_str!("../fixtures/proof-v1.json");
    let proof: Proof = serde_json::from_str(fixture).unwrap();
    assert_eq!(proof, Proof::by_other_factor(record().scope, handle("alice"), true, NOW));
    assert_same_json(&json(&proof), fixture);
    for other in ["\"version\":2", "\"version\":\"1\"", "\"version\":null", "\"\":0"] {
        assert!(serde_json::from_str::<Proof>(&fixture.replace("\"version\":1", other)).is_err(), "{other}");
    }
}

#[test]
fn the_record_says_what_it_said() {
    let record = record();
    assert_eq!(record.id.to_string(), "b5286d32-6bde-8d59-9425-929e6cafa0e3");
    assert_eq!((record.scope.as_str(), record.rp_id.as_str(), &record.user_handle), (RP_ID, RP_ID, &handle("alice")));
    assert_eq!(record.credential_id.as_bytes(), CREDENTIAL_ID);
    assert_eq!((record.public_key.as_bytes(), record.algorithm()), (key().cose_key().encode().as_slice(), Algorithm::Es256));
    assert_eq!((record.usage.sign_count, record.usage.backup_eligible), (41, Some(true)));
    assert!(record.usage.backup_state);
    assert_eq!((record.usage.uv_initialized, record.supports_user_verification), (Some(true), Some(true)));
    assert_eq!(record.transports, [Transport::USB, Transport::new("warp-drive")]);
    assert_eq!((record.discoverable, record.attachment), (Some(true), Some(AuthenticatorAttachment::CROSS_PLATFORM)));
    assert_eq!(record.aaguid, Aaguid::new([9; 16]));
    assert_eq!((record.attestation_type.as_str(), &*record.attestation_format), ("self", "packed"));
    assert!(record.attestation_object.is_some() && record.attestation_client_data_json.is_some());
    assert_eq!((record.name.as_str(), record.display_name.as_str()), ("laptop", "Alice's laptop"));
    assert_eq!(record.user_agent.as_deref(), Some("Mozilla/5.0"));
    assert_eq!((record.created_at, record.last_used_at), (NOW, Some(UnixTime::from_secs(NOW.as_secs() + 5))));
    assert_eq!(record.data["device"], json!({ "n": [1, 2.5, null] }));
}

fn creation() -> RegistrationDraft {
    let mut auth_data = AuthDataDraft::new(RP_ID, flags::UP | flags::UV | flags::BE | flags::BS, 41);
    auth_data.set_attested(Some(AttestedDraft::new([9; 16], CREDENTIAL_ID.to_vec(), key().cose_key())));
    let mut draft = RegistrationDraft::new(key(), ClientDataDraft::new("webauthn.create", &CHALLENGE, ORIGIN), auth_data);
    draft.attestation = AttestationKind::PackedSelf;
    draft
}

fn register(change: impl FnOnce(&mut RegistrationDraft)) -> Result<VerifiedRegistration, Error> {
    let mut draft = creation();
    change(&mut draft);
    let pending = PendingRegistration::from_json(REGISTRATION)?;
    pending.verify(&relying_party(), &registration_response(&draft), NOW)
}

#[test]
fn the_pending_registration_completes() {
    let verified = register(|draft| {
        draft.transports = json!(["usb", "warp-drive"]);
        draft.authenticator_attachment = "cross-platform".into();
        draft.client_extension_results = json!({ "credProps": { "rk": true } });
    });
    // The very record, but for its ID (which was derived otherwise), the signature in the attestation and what came later.
    let mut record = verified.unwrap().into_record();
    assert_eq!(record.id, RecordId::derive(&record.scope, &record.rp_id, &record.credential_id));
    record.id = self::record().id;
    assert_eq!(record.last_used_at, None);
    record.last_used_at = Some(UnixTime::from_secs(NOW.as_secs() + 5));
    record.attestation_object = self::record().attestation_object;
    assert_eq!(record, self::record());
}

#[test]
fn the_pending_registration_demands_what_it_demanded() {
    let pending = PendingRegistration::from_json(REGISTRATION).unwrap();
    assert_eq!((pending.challenge().as_bytes(), pending.user_handle()), (CHALLENGE.as_slice(), &handle("alice")));
    assert_eq!(pending.expires_at(), UnixTime::from_secs(NOW.as_secs() + 180));

    // Conditional, and user verification merely preferred.
    assert!(register(|draft| draft.auth_data.set_flag(flags::UP | flags::UV, false)).is_ok());
    let single_device = |draft: &mut RegistrationDraft| draft.auth_data.set_flag(flags::BE | flags::BS, false);
    assert_refused(register(single_device), "backup-eligibility-refused", "7.1/18");
    assert_refused(register(|draft| draft.attestation = AttestationKind::None), "attestation-none-refused", "7.1/24");
    let with_key = |algorithm| {
        move |draft: &mut RegistrationDraft| {
            let key = KeyPair::from_seed(algorithm, 1);
            draft.auth_data.attested.as_mut().unwrap().public_key = key.cose_key();
            draft.set_signer(key);
        }
    };
    assert!(register(with_key(KeyAlgorithm::Es384)).is_ok());
    assert_refused(register(with_key(KeyAlgorithm::EdDsa)), "algorithm-not-offered", "7.1/20");
}

fn assertion(change: impl FnOnce(&mut AssertionDraft)) -> AssertionDraft {
    let auth_data = AuthDataDraft::new(RP_ID, flags::UP | flags::UV | flags::BE | flags::BS, 42);
    let client_data = ClientDataDraft::new("webauthn.get", &CHALLENGE, ORIGIN);
    let mut draft = AssertionDraft::new(key(), client_data, auth_data, CREDENTIAL_ID.to_vec());
    draft.user_handle = Some(b"alice".to_vec());
    change(&mut draft);
    draft
}

fn sign_in(change: impl FnOnce(&mut AssertionDraft)) -> Result<VerifiedAuthentication, Error> {
    let response = authentication_response(&assertion(change));
    PendingAuthentication::from_json(AUTHENTICATION)?.receive(&response)?.verify(&relying_party(), record(), NOW)
}

#[test]
fn the_pending_authentication_completes_with_the_record() {
    let verified = sign_in(|_| {}).unwrap();
    assert_eq!((verified.counter(), verified.update().next.sign_count), (CounterVerdict::Increased, 42));
}

#[test]
fn the_pending_authentication_demands_what_it_demanded() {
    let pending = PendingAuthentication::from_json(AUTHENTICATION).unwrap();
    assert_eq!(*pending.subject(), Subject::Known(handle("alice")));
    assert_eq!((pending.challenge().as_bytes(), pending.expires_at()), (CHALLENGE.as_slice(), UnixTime::from_secs(NOW.as_secs() + 120)));

    assert_refused(sign_in(|draft| draft.credential_id = vec![1]), "credential-not-allowed", "7.2/5");
    assert_refused(sign_in(|draft| draft.user_handle = Some(b"bob".to_vec())), "user-handle-mismatch", "7.2/6");
    assert!(sign_in(|draft| draft.auth_data.set_flag(flags::UV, false)).is_ok());
    assert_eq!(sign_in(|draft| draft.auth_data.sign_count = 41).map(|v| v.counter()), Ok(CounterVerdict::NotIncreased));
    assert!(sign_in(|draft| draft.auth_data.set_attested(Some(AttestedDraft::new([0; 16], vec![1], key().cose_key())))).is_ok());
    let by_app_id = sign_in(|draft| {
        draft.auth_data.set_rp_id("https://example.com/app-id.json");
        draft.client_extension_results = json!({ "appid": true });
    });
    assert!(by_app_id.is_ok());
    assert_refused(sign_in(|draft| draft.auth_data.set_flag(flags::BE | flags::BS, false)), "backup-eligibility-changed", "7.2/19");
}

#[test]
fn the_pending_assertion_completes_and_demands_what_it_demanded() {
    let pending = || {
        let session = SessionBinding::new("the session of alice").unwrap();
        PendingAssertion::from_json(ASSERTION).unwrap().in_session(session)
    };
    assert_eq!((pending().subject(), pending().expires_at()), (&Subject::Discoverable, UnixTime::from_secs(NOW.as_secs() + 360)));
    let complete = |change: fn(&mut AssertionDraft)| {
        let response = authentication_response(&assertion(change));
        pending().receive(&response)?.verify(&relying_party(), record(), NOW).map(|verified| verified.counter())
    };
    assert_eq!(complete(|_| {}), Ok(CounterVerdict::Increased));
    let response = authentication_response(&assertion(|_| {}));
    let verified = pending().receive(&response).unwrap().verify(&relying_party(), record(), NOW).unwrap();
    assert_eq!((verified.state(), verified.workflow()), (Some(r#"{"next": "/pay"}"#), Some(Workflow::Reauthentication)));
    let unbound = PendingAssertion::from_json(ASSERTION).unwrap().receive(&response).unwrap();
    assert_eq!(refusal(unbound.verify(&relying_party(), record(), NOW)), ("ceremony-session-mismatch", None));
    assert_refused(complete(|draft| draft.auth_data.sign_count = 41), "counter-not-increased", "7.2/22");
    assert_refused(complete(|draft| draft.auth_data.set_flag(flags::UV, false)), "user-not-verified", "7.2/17");
    assert_refused(complete(|draft| draft.user_handle = None), "user-handle-missing", "7.2/6");
}

#[test]
fn a_record_without_its_optional_members_is_read() {
    let optional = [
        "transports",
        "discoverable",
        "attachment",
        "supports_user_verification",
        "attestation_object",
        "attestation_client_data_json",
        "display_name",
        "user_agent",
        "last_used_at",
        "data",
    ];
    let mut json: Value = serde_json::from_str(RECORD).unwrap();
    for member in optional {
        assert!(json.as_object_mut().unwrap().remove(member).is_some(), "{member}");
        assert!(CredentialRecord::from_json(&json.to_string()).is_ok(), "{member}");
    }
    let record = CredentialRecord::from_json(&json.to_string()).unwrap();
    assert!(record.transports.is_empty() && record.supports_user_verification.is_none() && record.attestation_object.is_none());
}

#[test]
fn members_that_a_later_release_adds_are_tolerated() {
    let add = |text: &str| text.replacen('{', "{\"added_later\":{\"a\":[1]},", 1);
    assert_eq!(CredentialRecord::from_json(&add(RECORD)), Ok(record()));
    assert!(PendingRegistration::from_json(&add(REGISTRATION)).is_ok());
    assert!(PendingAuthentication::from_json(&add(AUTHENTICATION)).is_ok());
    assert!(PendingAssertion::from_json(&add(ASSERTION)).is_ok());
}

/// A release that adds a rule or a demand reads what its predecessor wrote, and judges it by the default.
#[test]
fn a_state_without_the_newest_members_is_read() {
    let without = |object: &str, member: &str| {
        let mut json: Value = serde_json::from_str(REGISTRATION).unwrap();
        let members = json.pointer_mut(object).unwrap().as_object_mut().unwrap();
        assert!(members.remove(member).is_some(), "{member}");
        PendingRegistration::from_json(&json.to_string())
    };
    let state: Value = serde_json::from_str(REGISTRATION).unwrap();
    let rules: Vec<_> = state.pointer("/policy/attestation/rules").unwrap().as_object().unwrap().keys().collect();
    assert_eq!(rules.len(), 7);
    for rule in rules {
        assert!(without("/policy/attestation/rules", rule).is_ok(), "{rule}");
    }
    assert!(without("/policy/attestation", "rules").is_ok());
    assert!(without("/policy/attestation", "refuse_stale_metadata").is_ok());
    assert!(without("/policy/attestation", "refuse_update_available").is_ok());
    assert!(without("/policy", "reported_contradiction").is_ok());
}
