//! §7.1 steps 1, 26 and 29, §7.2 steps 1, 6 and 24: what needs the stores, through the facade.

use passkeeper::testing::{VirtualAuthenticator, flags};
use passkeeper::types::UserVerification;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{AuthenticationRequest, CounterVerdict, RegistrationRequest};
use pollster::block_on;

use crate::common::*;

#[test]
fn s7_1_01_s7_2_01_every_ceremony_has_a_challenge_and_an_id_of_its_own() {
    let backend = Backend::new();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
        assert!(seen.insert(started.options.challenge.to_base64url()) && seen.insert(started.session.as_str().into()));
        let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        assert!(seen.insert(started.options.challenge.to_base64url()) && seen.insert(started.session.as_str().into()));
        assert!(started.options.challenge.as_bytes().len() >= 16);
    }
}

#[test]
fn s7_1_01_s7_2_01_the_users_credentials_are_excluded_and_allowed() {
    let backend = Backend::new();
    let alice = backend.record_of("alice").descriptor();
    let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    assert_eq!(started.options.exclude_credentials, std::slice::from_ref(&alice));
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::known(handle("alice")))).unwrap();
    assert_eq!(started.options.allow_credentials, [alice]);
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    assert!(started.options.allow_credentials.is_empty());
}

#[test]
fn s7_1_26_a_credential_id_is_registered_once_for_the_same_user_and_for_any_other() {
    for owner in ["alice", "carol"] {
        let backend = Backend::new();
        let taken = backend.record_of("alice").credential_id;
        let error = backend.refuse_registration_of(RegistrationRequest::new(user(owner)), |draft| {
            draft.auth_data.attested.as_mut().unwrap().credential_id = taken.as_bytes().to_vec();
        });
        assert_eq!((error.code(), error.spec_step()), ("credential-already-registered", Some("7.1/26")), "{owner}");
    }
}

#[test]
fn s7_1_29_the_record_is_stored_in_the_account_of_the_options() {
    let backend = Backend::new();
    let record = backend.register("carol", &mut VirtualAuthenticator::new(3));
    assert_eq!(record.user_handle, handle("carol"));
    assert_eq!(backend.record_of("carol"), record);
    assert_eq!(block_on(backend.passkeys.find(&handle("carol"), &record.credential_id)), Ok(record));
}

#[test]
fn s7_1_29_nothing_is_stored_before_it_is_committed() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
    let draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    let before = backend.records();
    let verified = block_on(backend.passkeys.verify_registration(&started.session, &response)).unwrap();
    assert_eq!(backend.records(), before);
    let registered = block_on(backend.passkeys.commit_registration(verified)).unwrap();
    assert_eq!(backend.record_of("carol"), registered.record);
}

#[test]
fn s7_2_06_a_credential_without_a_record_is_not_found() {
    let backend = Backend::new();
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.credential_id = vec![7; 32]);
    assert_eq!((error.code(), error.spec_step()), ("credential-not-found", Some("7.2/6")));
}

#[test]
fn s7_2_24_a_use_is_recorded_and_nothing_else_changes() {
    let backend = Backend::with(builder().user_verification(UserVerification::Preferred).build().unwrap());
    let before = backend.record_of("alice");
    backend.clock.advance(10);
    let reported = backend.sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.sign_count = 9).unwrap();
    let after = backend.record_of("alice");
    assert_eq!(reported, after);

    let mut expected = before;
    expected.usage.sign_count = 9;
    expected.last_used_at = Some(passkeeper::types::UnixTime::from_secs(NOW.as_secs() + 10));
    assert_eq!(after, expected);
}

#[test]
fn s7_2_24_backup_state_follows() {
    let backend = Backend::new();
    let mut carol = VirtualAuthenticator::new(3).with_backup(passkeeper::testing::Backup::Eligible);
    backend.register("carol", &mut carol);
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let mut carol = carol.with_backup(passkeeper::testing::Backup::BackedUp);
    let draft = carol.get(&json(&started.options), ORIGIN).unwrap();
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    let login = block_on(backend.passkeys.complete_authentication(&started.session, &response)).unwrap();
    assert!(login.backup_state_changed() && login.record().usage.backup_state && backend.record_of("carol").usage.backup_state);
    assert_eq!((login.counter(), login.user_verified(), login.user_verification_counts()), (CounterVerdict::Increased, true, true));
}

#[test]
fn s7_2_24_updates_wait_for_the_callers_own_checks() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = AuthenticationResponse::from_json(backend.answer(&backend.alice, &json(&started.options)).to_json()).unwrap();
    let before = backend.records();
    let verified = block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap();
    assert_eq!(backend.records(), before);
    // The caller vetoes by dropping it.
    drop(verified);
    assert_eq!(backend.records(), before);
    let again = block_on(backend.passkeys.complete_authentication(&started.session, &response));
    assert_eq!(refusal(again), ("ceremony-not-found", None));
}

#[test]
fn s7_2_24_a_failed_ceremony_changes_nothing() {
    let backend = Backend::new();
    // Everything that the record would follow has changed; the signature alone is wrong.
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| {
        draft.auth_data.sign_count = 1000;
        draft.signature = Some(vec![0; 70]);
    });
    assert_eq!(error.code(), "signature-invalid");
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.sign_count = 0);
    assert_eq!((error.code(), error.spec_step()), ("counter-not-increased", Some("7.2/22")));
}

#[test]
fn s7_2_24_uv_initialized_turns_true_only_by_authorisation() {
    let backend = Backend::with(builder().user_verification(UserVerification::Preferred).build().unwrap());
    let mut carol = VirtualAuthenticator::new(3).with_user_verified(false);
    backend.register("carol", &mut carol);
    let mut carol = carol.with_user_verified(true);
    for authorised in [false, true] {
        let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let draft = carol.get(&json(&started.options), ORIGIN).unwrap();
        assert!(draft.auth_data.has_flag(flags::UV));
        let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
        let mut verified = block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap();
        if authorised {
            verified.authorize_user_verification();
        }
        let login = block_on(backend.passkeys.commit_authentication(verified)).unwrap();
        assert!(login.user_verified() && !login.user_verification_counts());
        assert_eq!(backend.record_of("carol").usage.uv_initialized, Some(authorised));
    }
}

#[test]
fn s7_2_24_a_credential_deleted_meanwhile_logs_nobody_in() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = AuthenticationResponse::from_json(backend.answer(&backend.alice, &json(&started.options)).to_json()).unwrap();
    let verified = block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap();
    block_on(backend.passkeys.delete_all(&handle("alice"))).unwrap();
    let result = block_on(backend.passkeys.commit_authentication(verified));
    assert_eq!(refusal(result), ("credential-not-found", Some("7.2/24")));
    assert_eq!(block_on(backend.passkeys.list(&handle("alice"))), Ok(Vec::new()));
}

#[test]
fn s7_2_24_of_two_uses_of_one_counter_value_the_first_counts() {
    let backend = Backend::new();
    let mut verified = Vec::new();
    for _ in 0..2 {
        let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let response = AuthenticationResponse::from_json(backend.answer(&backend.alice, &json(&started.options)).to_json()).unwrap();
        verified.push(block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap());
    }
    let second = verified.pop().unwrap();
    assert!(block_on(backend.passkeys.commit_authentication(verified.pop().unwrap())).is_ok());
    let after_first = backend.records();
    let result = block_on(backend.passkeys.commit_authentication(second));
    assert_eq!(refusal(result), ("counter-not-increased", Some("7.2/22")));
    assert_eq!(backend.records(), after_first);
}

/// Also where the authenticator shows only now that it can verify its user.
#[test]
fn s7_2_24_the_login_reports_the_record_as_it_is_stored() {
    let backend = Backend::with(builder().user_verification(UserVerification::Preferred).build().unwrap());
    let mut carol = VirtualAuthenticator::new(3).with_user_verified(false);
    backend.register("carol", &mut carol);
    let mut carol = carol.with_user_verified(true);
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let draft = carol.get(&json(&started.options), ORIGIN).unwrap();
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    let login = block_on(backend.passkeys.complete_authentication(&started.session, &response)).unwrap();
    assert_eq!(*login.record(), backend.record_of("carol"));
}
