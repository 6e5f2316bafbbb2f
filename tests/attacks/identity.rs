//! Identity: whose credential answers, and who is named.

use passkeeper::testing::{AssertionDraft, RegistrationDraft, VirtualAuthenticator};
use passkeeper::wire::RegistrationResponse;
use passkeeper::{AuthenticationRequest, RegistrationRequest};
use pollster::block_on;
use serde_json::json;

use crate::common::*;
use crate::tables::*;

/// The text of a credential ID that is nobody's.
const OTHER_ID: &str = "AAAA";

#[test]
fn signing_in_without_a_user_known_beforehand() {
    let cases: &[Case<AssertionDraft>] = &[
        ("user handle absent", |d| d.user_handle = None, "user-handle-missing"),
        ("user handle empty", |d| d.user_handle = Some(vec![]), "user-handle-missing"),
        ("user handle of 64 bytes that names nobody", |d| d.user_handle = Some(vec![7; 64]), "user-handle-mismatch"),
        ("user handle of 65 bytes", |d| d.user_handle = Some(vec![7; 65]), "user-handle-length"),
        ("another user's user handle", |d| d.user_handle = Some(b"bob".to_vec()), "user-handle-mismatch"),
        ("user handle with something after it", |d| d.user_handle = Some(b"alice\0".to_vec()), "user-handle-mismatch"),
        ("id differs from rawId", |d| d.raw_id = Some(OTHER_ID.into()), "credential-id-mismatch"),
        ("rawId differs from id", |d| d.id = Some(OTHER_ID.into()), "credential-id-mismatch"),
        ("wrong type", |d| d.type_ = "password".into(), "credential-type-unexpected"),
        ("type in another case", |d| d.type_ = "Public-Key".into(), "credential-type-unexpected"),
        ("type null", |d| d.type_ = json!(null), "member-type"),
        ("a credential nobody has", |d| d.credential_id = vec![7; 32], "credential-not-found"),
        ("a credential ID of 1024 bytes", |d| d.credential_id = vec![7; 1024], "credential-id-too-long"),
        ("an empty credential ID", |d| d.credential_id = vec![], "credential-id-empty"),
    ];
    assert_sign_ins_refused(&AuthenticationRequest::discoverable(), cases);
}

#[test]
fn signing_in_as_a_user_known_beforehand() {
    let cases: &[Case<AssertionDraft>] = &[
        ("user handle of 65 bytes", |d| d.user_handle = Some(vec![7; 65]), "user-handle-length"),
        ("another user's user handle", |d| d.user_handle = Some(b"bob".to_vec()), "user-handle-mismatch"),
        ("a credential nobody has", |d| d.credential_id = vec![7; 32], "credential-not-allowed"),
        ("id differs from rawId", |d| d.raw_id = Some(OTHER_ID.into()), "credential-id-mismatch"),
        ("wrong type", |d| d.type_ = "password".into(), "credential-type-unexpected"),
    ];
    assert_sign_ins_refused(&AuthenticationRequest::known(handle("alice")), cases);
}

/// The attacker's own valid assertion while the request names a victim.
#[test]
fn a_credential_known_but_not_owned_is_not_in_allow_credentials() {
    let victim = AuthenticationRequest::known(handle("alice"));
    for (name, user_handle) in [
        ("no user handle", None),
        ("an empty user handle", Some(b"".as_slice())),
        ("the victim's user handle", Some(b"alice".as_slice())),
        ("the attacker's user handle", Some(b"bob".as_slice())),
    ] {
        let backend = Backend::new();
        let bob = backend.bob.clone();
        let error = backend.refuse_sign_in_with(&bob, victim.clone(), |draft| draft.user_handle = user_handle.map(Into::into));
        assert_eq!(error.code(), "credential-not-allowed", "{name}");
    }
}

#[test]
fn a_credential_known_but_not_owned_under_the_victims_name() {
    let backend = Backend::new();
    // Bob's key and ID, alice's handle.
    let error = backend.refuse_sign_in_with(&backend.bob, AuthenticationRequest::discoverable(), |draft| {
        draft.user_handle = Some(b"alice".to_vec());
    });
    assert_eq!(error.code(), "user-handle-mismatch");
    // Bob's key, alice's ID and handle.
    let id = backend.record_of("alice").credential_id;
    let error = backend.refuse_sign_in_with(&backend.bob, AuthenticationRequest::discoverable(), |draft| {
        draft.credential_id = id.as_bytes().to_vec();
        draft.user_handle = Some(b"alice".to_vec());
        draft.auth_data.sign_count = 100;
    });
    assert_eq!(error.code(), "signature-invalid");
}

#[test]
fn a_passkey_of_the_user_that_is_not_in_allow_credentials() {
    let backend = Backend::new();
    let mut second = VirtualAuthenticator::new(5);
    backend.register("alice", &mut second);
    let only_the_first = AuthenticationRequest::known(handle("alice")).only(backend.record_of("alice").credential_id);
    let error = backend.refuse_sign_in_with(&second, only_the_first, |_| {});
    assert_eq!(error.code(), "credential-not-allowed");
}

#[test]
fn a_victim_without_credentials_is_no_way_in() {
    let backend = Backend::new();
    let before = backend.ceremonies.len();
    let result = block_on(backend.passkeys.start_authentication(AuthenticationRequest::known(handle("carol"))));
    assert_eq!(refusal(result), ("credential-not-found", Some("7.2/1")));
    let not_hers = AuthenticationRequest::known(handle("alice")).only(backend.record_of("bob").credential_id);
    assert_eq!(refusal(block_on(backend.passkeys.start_authentication(not_hers))).0, "credential-not-found");
    assert_eq!(backend.ceremonies.len(), before, "nothing is pending");
}

#[test]
fn registering() {
    let cases: &[Case<RegistrationDraft>] = &[
        ("id differs from rawId", |d| d.raw_id = Some(OTHER_ID.into()), "credential-id-mismatch"),
        ("id and rawId differ from the authenticator data", |d| (d.id, d.raw_id) = both(OTHER_ID), "credential-id-mismatch"),
        ("wrong type", |d| d.type_ = "password".into(), "credential-type-unexpected"),
        ("type absent", |d| d.type_ = json!(null), "member-type"),
    ];
    assert_registrations_refused(cases);
}

fn both(id: &str) -> (Option<serde_json::Value>, Option<serde_json::Value>) {
    (Some(id.into()), Some(id.into()))
}

/// Once for the same user and once for another, with the attacker's key and with the very key that is registered.
#[test]
fn id_already_registered_to_the_same_and_to_another_user() {
    for owner in ["alice", "carol"] {
        for with_key in [false, true] {
            let backend = Backend::new();
            let taken = backend.record_of("alice");
            let key = backend.alice.credentials()[0].key.clone();
            let error = backend.refuse_registration_of(RegistrationRequest::new(user(owner)), |draft| {
                let attested = draft.auth_data.attested.as_mut().unwrap();
                attested.credential_id = taken.credential_id.as_bytes().to_vec();
                if with_key {
                    attested.public_key = key.cose_key();
                    draft.set_signer(key);
                }
            });
            assert_eq!(error.code(), "credential-already-registered", "{owner}, with key: {with_key}");
        }
    }
}

/// Both have passed every check before either is stored.
#[test]
fn two_concurrent_registrations_of_one_id() {
    for (first, second) in [("carol", "carol"), ("carol", "bob")] {
        let backend = Backend::new();
        let verified = [first, second].map(|owner| {
            let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user(owner)))).unwrap();
            let draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
            let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
            block_on(backend.passkeys.verify_registration(&started.session, &response)).unwrap()
        });
        let [one, two] = verified;
        assert_eq!(one.record().credential_id, two.record().credential_id);
        assert!(block_on(backend.passkeys.commit_registration(one)).is_ok());
        let after_first = backend.records();
        let result = block_on(backend.passkeys.commit_registration(two));
        assert_eq!(refusal(result), ("credential-already-registered", Some("7.1/26")));
        assert_eq!(backend.records(), after_first);
    }
}

#[test]
fn two_concurrent_registrations_of_one_id_on_threads() {
    let backend = Backend::new();
    let verified: Vec<_> = (0..8)
        .map(|i| {
            let owner = if i % 2 == 0 { "carol" } else { "bob" };
            let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user(owner)))).unwrap();
            let draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
            let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
            block_on(backend.passkeys.verify_registration(&started.session, &response)).unwrap()
        })
        .collect();
    let passkeys = &backend.passkeys;
    let stored: usize = std::thread::scope(|scope| {
        let threads: Vec<_> =
            verified.into_iter().map(|v| scope.spawn(move || block_on(passkeys.commit_registration(v)).is_ok())).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!(stored, 1);
}

/// Finding, renaming and deleting another user's passkey by its ID.
#[test]
fn a_credential_known_but_not_owned_cannot_be_managed() {
    let backend = Backend::new();
    let (bob, id) = (handle("bob"), backend.record_of("alice").credential_id);
    let before = backend.records();
    assert_eq!(refusal(block_on(backend.passkeys.find(&bob, &id))).0, "credential-not-found");
    assert_eq!(refusal(block_on(backend.passkeys.rename(&bob, &id, "mine"))).0, "credential-not-found");
    assert_eq!(refusal(block_on(backend.passkeys.delete(&bob, &id))).0, "credential-not-found");
    assert_eq!(backend.records(), before);
}
