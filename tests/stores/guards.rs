//! What a commit, a list of credentials and a record must not let through.

use passkeeper::store::{CredentialStore, Deleted, Inserted, LastRecord};
use passkeeper::types::UserVerification;
use passkeeper::wire::AuthenticationResponse;
use passkeeper::{
    AuthenticationPolicy, AuthenticationRequest, CosePublicKey, CredentialRecord, RegistrationPolicy, UnknownBackupEligibility,
    VerifiedAuthentication,
};
use pollster::block_on;

use passkeeper::testing::{KeyAlgorithm, KeyPair};

use crate::common::*;

/// A sign-in of alice's that is verified and not committed.
fn verified(backend: &mut Backend, request: AuthenticationRequest) -> VerifiedAuthentication {
    let started = block_on(backend.passkeys.start_authentication(request)).unwrap();
    let draft = backend.alice.get(&json(&started.options), ORIGIN).unwrap();
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap()
}

#[test]
fn what_one_relying_party_verified_another_does_not_commit() {
    let mut backend = Backend::new();
    let other_tenant = backend.sibling(builder().scope("another tenant").build().unwrap());
    let refused = block_on(other_tenant.commit_authentication(verified(&mut backend, AuthenticationRequest::discoverable())));
    assert_eq!(refusal(refused), ("ceremony-relying-party-mismatch", None));

    let registration = Registering::new().verify().unwrap();
    let refused = block_on(other_tenant.commit_registration(registration));
    assert_eq!(refusal(refused), ("ceremony-relying-party-mismatch", None));
}

#[test]
fn a_list_of_allowed_credentials_that_ends_up_empty_allows_none() {
    let backend = Backend::new();
    let request = || AuthenticationRequest::known(handle("alice")).allow_credentials(std::iter::empty());
    assert_refused(block_on(backend.passkeys.start_authentication(request())), "credential-not-found", "7.2/1");
    assert_refused(block_on(backend.passkeys.start_assertion(request())), "credential-not-found", "7.2/1");
    assert_refused(relying_party().start_authentication(request(), challenge(), NOW), "credential-not-found", "7.2/1");
}

#[test]
fn a_credential_that_came_back_with_another_key_gets_no_login_from_the_old_proof() {
    let mut backend = Backend::new();
    let verified = verified(&mut backend, AuthenticationRequest::discoverable());
    let mut replaced = backend.record_of("alice");
    replaced.public_key = CosePublicKey::new(KeyPair::from_seed(KeyAlgorithm::Es256, 77).cose_key().encode()).unwrap();
    let gone = block_on(backend.store.delete(&replaced.scope, &replaced.user_handle, &replaced.credential_id, LastRecord::MayGo));
    assert_eq!(gone, Ok(Deleted::Yes));
    assert_eq!(block_on(backend.store.insert(&replaced, None)), Ok(Inserted::Yes));
    assert_refused(block_on(backend.passkeys.commit_authentication(verified)), "credential-not-found", "7.2/24");
    assert_eq!(backend.record_of("alice"), replaced);
}

#[test]
fn user_verification_that_was_reset_meanwhile_stays_reset_unless_authorised() {
    for authorise in [false, true] {
        let mut signing_in = SigningIn::new();
        let mut record = signing_in.record.clone();
        signing_in.draft.auth_data.sign_count = 9;
        let mut verified = signing_in.verify().unwrap();
        if authorise {
            verified.authorize_user_verification();
        }
        record.usage.uv_initialized = Some(false);
        verified.judge_again(record).unwrap();
        assert_eq!(verified.update().next.uv_initialized, Some(authorise));
    }
}

#[test]
fn unknown_backup_eligibility_is_learnt_or_refused_as_the_policy_says() {
    let unknown = |record: &mut CredentialRecord| record.usage.backup_eligible = None;
    let learnt = SigningIn::new().change_record(unknown).verify().unwrap();
    assert_eq!(learnt.update().next.backup_eligible, Some(false));

    let mut policy = AuthenticationPolicy::default();
    policy.backup_eligibility_unknown = UnknownBackupEligibility::Refuse;
    let rp = builder().authentication_policy(policy).build().unwrap();
    let mut device = passkeeper::testing::VirtualAuthenticator::new(1);
    let refused = SigningIn::with(rp, AuthenticationRequest::discoverable(), &mut device).change_record(unknown).verify();
    assert_refused(refused, "backup-eligibility-unknown", "7.2/19");
}

#[test]
fn a_record_written_by_serde_is_read_by_from_json_and_the_reverse() {
    let record = SigningIn::new().record;
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(CredentialRecord::from_json(&text), Ok(record.clone()));
    assert_eq!(serde_json::from_str::<CredentialRecord>(&record.to_json().unwrap()).unwrap(), record);
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    assert_ne!(newer, text);
    let refused = serde_json::from_str::<CredentialRecord>(&newer).unwrap_err().to_string();
    assert!(refused.contains("record-version-unsupported"), "{refused}");
}

#[test]
fn a_member_is_bounded_on_every_way_in() {
    let mut response: serde_json::Value = serde_json::from_str(&SigningIn::new().draft.to_json()).unwrap();
    response["response"]["signature"] = "A".repeat(132_000).into();
    let refused = serde_json::from_value::<AuthenticationResponse>(response.clone()).unwrap_err().to_string();
    assert!(refused.contains("member-too-long") && refused.contains("response.signature"), "{refused}");
    response["response"]["signature"] = "AA".into();
    response["authenticatorAttachment"] = "x".repeat(65).into();
    assert_eq!(refusal(AuthenticationResponse::from_json(response.to_string())).0, "member-too-long");
}

#[test]
fn stores_do_not_print_what_they_hold() {
    let backend = Backend::new();
    assert_eq!(format!("{:?}", backend.store), "MemoryStore(2 of 1000000)");
    assert_eq!(format!("{:?}", backend.ceremonies), "MemoryCeremonies(0)");
}

#[test]
fn excluded_credentials_stand_in_the_options_once() {
    let backend = Backend::new();
    let known = backend.record_of("alice").descriptor();
    let mut policy = RegistrationPolicy::default();
    policy.user_verification = UserVerification::Preferred;
    let request = passkeeper::RegistrationRequest::new(user("alice")).policy(policy).exclude_credentials([known]);
    let started = block_on(backend.passkeys.start_registration(request)).unwrap();
    assert_eq!(started.options.exclude_credentials.len(), 1);
}
