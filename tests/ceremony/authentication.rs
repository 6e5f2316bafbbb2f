//! §7.2 steps 1 to 7: options, credential, user.

use passkeeper::testing::{AssertionDraft, VirtualAuthenticator};
use passkeeper::types::{CredentialId, UserVerification};
use passkeeper::wire::{AuthenticationResponse, CredentialDescriptor};
use passkeeper::{AuthenticationPolicy, AuthenticationRequest, CredentialRecord};

use crate::common::*;

fn descriptor(bytes: &[u8]) -> CredentialDescriptor {
    CredentialDescriptor::new(credential_id(bytes), Vec::new())
}

/// Alice is known beforehand, and the credentials named are these, if any.
fn known(named: impl FnOnce(&CredentialRecord) -> Vec<CredentialDescriptor>) -> SigningIn {
    let (rp, mut authenticator) = (relying_party(), VirtualAuthenticator::new(1));
    let record = register(&rp, &mut authenticator, "alice");
    let mut request = AuthenticationRequest::known(handle("alice"));
    let named = named(&record);
    if !named.is_empty() {
        request = request.allow_credentials(named);
    }
    let (options, pending) = rp.start_authentication(request, challenge(), NOW).unwrap();
    // The client is not asked to keep to the list, so that the server is seen to.
    let unlisted = format!(r#"{{"challenge":"{}","rpId":"example.com"}}"#, options.challenge.to_base64url());
    let draft = authenticator.get(&unlisted, ORIGIN).unwrap();
    SigningIn { rp, record, options, pending, draft, now: NOW }
}

#[test]
fn s7_2_01_options_carry_challenge_rp_id_and_demands() {
    let signing_in = SigningIn::new();
    let options = &signing_in.options;
    assert_eq!(options.challenge, *signing_in.pending.challenge());
    assert_eq!((options.rp_id.as_str(), options.timeout), (RP_ID, Some(300_000)));
    assert_eq!(options.user_verification, UserVerification::Required);
    assert!(options.allow_credentials.is_empty());
    assert_eq!(known(|record| vec![record.descriptor()]).options.allow_credentials.len(), 1);
}

#[test]
fn s7_2_01_a_request_that_cannot_work_is_refused() {
    let rp = relying_party();
    let alice = || AuthenticationRequest::known(handle("alice"));
    let hasty = || {
        let mut policy = AuthenticationPolicy::default();
        policy.timeout_ms = 0;
        policy
    };
    let named_for_nobody = AuthenticationRequest::discoverable().allow_credentials([descriptor(&[1])]);
    let another_one = alice().allow_credentials([descriptor(&[1])]).only(credential_id([2]));
    let cases = [
        ("credentials without a user", named_for_nobody, "credential-list-invalid", None),
        ("another one than those named", another_one, "credential-not-found", Some("7.2/1")),
        ("one of nobody's", AuthenticationRequest::discoverable().only(credential_id([2])), "credential-not-found", Some("7.2/1")),
        ("no time", alice().policy(hasty()), "timeout-invalid", None),
    ];
    for (name, request, code, step) in cases {
        assert_eq!(refusal(rp.start_authentication(request.clone(), challenge(), NOW)), (code, step), "{name}");
        assert_eq!(refusal(rp.start_assertion(request, challenge(), NOW)), (code, step), "{name}");
    }
    let (options, _) = rp
        .start_authentication(alice().allow_credentials([descriptor(&[1]), descriptor(&[2])]).only(credential_id([2])), challenge(), NOW)
        .unwrap();
    assert_eq!(options.allow_credentials, [descriptor(&[2])]);
}

#[test]
fn s7_2_05_the_credential_is_one_of_those_named() {
    assert!(known(|record| vec![record.descriptor()]).verify().is_ok());
    assert!(known(|record| vec![descriptor(&[1]), record.descriptor(), descriptor(&[2])]).verify().is_ok());
    assert_refused(known(|_| vec![descriptor(&[1])]).verify(), "credential-not-allowed", "7.2/5");
    let prefix = known(|record| vec![descriptor(&record.credential_id.as_bytes()[..31])]);
    assert_refused(prefix.verify(), "credential-not-allowed", "7.2/5");
    // Nothing is named: any credential of the account will do.
    assert!(known(|_| Vec::new()).verify().is_ok());
    assert!(SigningIn::new().verify().is_ok());
}

#[test]
fn s7_2_05_the_credential_id_has_1_to_1023_bytes() {
    for (length, code) in [(0, "credential-id-empty"), (1024, "credential-id-too-long")] {
        let result = SigningIn::new().change(|draft| draft.credential_id = vec![7; length]).verify();
        assert_refused(result, code, "7.2/5");
    }
    let mut authenticator = VirtualAuthenticator::new(1).with_credential_id_length(1023);
    assert!(SigningIn::with(relying_party(), AuthenticationRequest::discoverable(), &mut authenticator).verify().is_ok());
}

fn named(handle: Option<&[u8]>) -> impl FnOnce(&mut AssertionDraft) {
    let handle = handle.map(<[u8]>::to_vec);
    move |draft| draft.user_handle = handle
}

#[test]
fn s7_2_06_a_user_known_beforehand_owns_the_credential() {
    let result = known(|_| Vec::new()).change_record(|record| record.user_handle = handle("bob")).verify();
    assert_refused(result, "credential-owner-mismatch", "7.2/6");
    // Whatever the response claims.
    let result = known(|_| Vec::new()).change_record(|record| record.user_handle = handle("bob")).change(named(None)).verify();
    assert_refused(result, "credential-owner-mismatch", "7.2/6");
}

#[test]
fn s7_2_06_a_user_known_beforehand_need_not_be_named_but_not_otherwise() {
    let alice = || known(|record| vec![record.descriptor()]);
    for absent in [None, Some(b"".as_slice())] {
        assert!(alice().change(named(absent)).verify().is_ok(), "{absent:?}");
    }
    assert!(alice().change(named(Some(b"alice"))).verify().is_ok());
    for wrong in [b"bob".as_slice(), b"alic", b"alice\0", b"ALICE", &[7; 64]] {
        assert_refused(alice().change(named(Some(wrong))).verify(), "user-handle-mismatch", "7.2/6");
        // Before anybody looks for a record.
        let SigningIn { pending, draft, .. } = alice().change(named(Some(wrong)));
        let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
        assert_refused(pending.receive(&response), "user-handle-mismatch", "7.2/6");
    }
}

#[test]
fn s7_2_06_a_user_not_known_beforehand_is_named_by_the_response() {
    for absent in [None, Some(b"".as_slice())] {
        assert_refused(SigningIn::new().change(named(absent)).verify(), "user-handle-missing", "7.2/6");
    }
    // Handle of one user with the credential of another, both ways.
    assert_refused(SigningIn::new().change(named(Some(b"bob"))).verify(), "user-handle-mismatch", "7.2/6");
    let result = SigningIn::new().change_record(|record| record.user_handle = handle("bob")).verify();
    assert_refused(result, "user-handle-mismatch", "7.2/6");
}

#[test]
fn s7_2_06_a_user_handle_has_1_to_64_bytes() {
    for request in [AuthenticationRequest::discoverable(), AuthenticationRequest::known(handle("alice"))] {
        let signing_in = || SigningIn::with(relying_party(), request.clone(), &mut VirtualAuthenticator::new(1));
        assert_refused(signing_in().change(named(Some(&[7; 65]))).verify(), "user-handle-length", "7.2/6");
    }
    let long = handle(&"x".repeat(64));
    let signing_in = SigningIn::new().change_record(|record| record.user_handle = long.clone()).change(named(Some(long.as_bytes())));
    assert_eq!(signing_in.verify().map(|v| v.user_handle().clone()), Ok(long));
}

#[test]
fn s7_2_06_the_record_is_that_of_the_credential() {
    let result = SigningIn::new().change_record(|record| record.credential_id = credential_id([7; 32])).verify();
    assert_refused(result, "credential-record-mismatch", "7.2/6");
}

#[test]
fn s7_2_06_the_record_is_this_relying_partys() {
    let result = SigningIn::new().change_record(|record| record.scope = passkeeper::types::Scope::new("other").unwrap()).verify();
    assert_refused(result, "ceremony-relying-party-mismatch", "7.2/6");
    let result = SigningIn::new().change_record(|record| record.rp_id = passkeeper::types::RpId::new("example.org").unwrap()).verify();
    assert_refused(result, "ceremony-relying-party-mismatch", "7.2/6");
}

#[test]
fn s7_2_06_the_caller_learns_which_record_to_look_up() {
    let SigningIn { rp, record, pending, draft, .. } = SigningIn::new();
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    let received = pending.receive(&response).unwrap();
    assert_eq!(*received.credential_id(), record.credential_id);
    assert_eq!(received.claimed_user(), Some(&handle("alice")));
    let error = received.not_found(&rp, NOW);
    assert_eq!((error.code(), error.spec_step()), ("credential-not-found", Some("7.2/6")));
}

#[test]
fn s7_2_07_empty_parts_are_refused() {
    let result = SigningIn::new().change(|draft| draft.client_data.raw = Some(Vec::new())).verify();
    assert_refused(result, "client-data-not-json", "7.2/9");
    let result = SigningIn::new().change(|draft| draft.auth_data.raw = Some(Vec::new())).verify();
    assert_refused(result, "authenticator-data-too-short", "7.2/15");
    let result = SigningIn::new().change(|draft| draft.signature = Some(Vec::new())).verify();
    assert_refused(result, "signature-invalid", "7.2/21");
}

#[test]
fn s7_2_06_with_two_accounts_each_passkey_signs_its_own_in() {
    let rp = relying_party();
    let (mut alice, mut bob) = (VirtualAuthenticator::new(1), VirtualAuthenticator::new(2));
    let records = [register(&rp, &mut alice, "alice"), register(&rp, &mut bob, "bob")];
    let ids: Vec<CredentialId> = records.iter().map(|record| record.credential_id.clone()).collect();
    assert_ne!(ids[0], ids[1]);
    for (record, mut authenticator) in records.into_iter().zip([alice, bob]) {
        let owner = record.user_handle.clone();
        let signing_in = SigningIn::with_record(rp.clone(), AuthenticationRequest::discoverable(), &mut authenticator, record);
        assert_eq!(signing_in.verify().map(|v| v.user_handle().clone()), Ok(owner));
    }
}
