//! The facade over stores in memory: owners, scopes, expiry and the veto.

use passkeeper::store::CredentialStore as _;
use passkeeper::testing::{CounterMode, VirtualAuthenticator};
use passkeeper::wire::AuthenticationResponse;
use passkeeper::{AuthenticationRequest, RegistrationRequest, Started, TakeBy};
use pollster::block_on;

use crate::common::*;

fn answer(authenticator: &mut VirtualAuthenticator, started: &Started<passkeeper::wire::RequestOptions>) -> AuthenticationResponse {
    let draft = authenticator.get(&json(&started.options), ORIGIN).unwrap();
    AuthenticationResponse::from_json(draft.to_json()).unwrap()
}

#[test]
fn somebody_elses_passkey_is_not_there() {
    let Backend { passkeys, .. } = Backend::new();
    let (alice, bob) = (handle("alice"), handle("bob"));
    let id = block_on(passkeys.list(&alice)).unwrap().remove(0).credential_id;
    let not_found = ("credential-not-found", None);
    assert_eq!(refusal(block_on(passkeys.find(&bob, &id))), not_found);
    assert_eq!(refusal(block_on(passkeys.rename(&bob, &id, "bob's"))), not_found);
    assert_eq!(refusal(block_on(passkeys.delete(&bob, &id))), not_found);
    let nobodys = credential_id(b"nobody's");
    assert_eq!(refusal(block_on(passkeys.find(&bob, &nobodys))), not_found);
    assert_eq!(refusal(block_on(passkeys.rename(&bob, &nobodys, "bob's"))), not_found);
    assert_eq!(refusal(block_on(passkeys.delete(&bob, &nobodys))), not_found);
    assert_eq!(block_on(passkeys.find(&alice, &id)).unwrap().name, "alice");
}

#[test]
fn names_are_bounded() {
    let Backend { passkeys, .. } = Backend::new();
    let alice = handle("alice");
    let id = block_on(passkeys.list(&alice)).unwrap().remove(0).credential_id;
    for name in [String::new(), "x".repeat(257), "ü".repeat(129)] {
        assert_eq!(refusal(block_on(passkeys.rename(&alice, &id, &name))), ("name-invalid", None));
    }
    for name in ["x".to_string(), "x".repeat(256), "ü".repeat(128)] {
        block_on(passkeys.rename(&alice, &id, &name)).unwrap();
        assert_eq!(block_on(passkeys.find(&alice, &id)).unwrap().name, name);
    }
}

#[test]
fn a_users_passkeys_are_listed_and_deleted_together() {
    let backend = Backend::new();
    let alice = handle("alice");
    let mut others = [VirtualAuthenticator::new(10), VirtualAuthenticator::new(11)];
    let mut expected = vec![backend.record_of("alice")];
    expected.extend(others.iter_mut().map(|authenticator| backend.register("alice", authenticator)));
    assert_eq!(block_on(backend.passkeys.list(&alice)).unwrap(), expected);
    assert_eq!(block_on(backend.passkeys.delete_all(&alice)).map(|gone| gone.count), Ok(3));
    assert_eq!(block_on(backend.passkeys.list(&alice)).unwrap(), []);
    assert_eq!(block_on(backend.passkeys.list(&handle("bob"))).unwrap().len(), 1);
    let known = block_on(backend.passkeys.start_authentication(AuthenticationRequest::known(alice)));
    assert_eq!(refusal(known), ("credential-not-found", Some("7.2/1")));
    // Signing in with a deleted passkey.
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |_| {});
    assert_eq!((error.code(), error.spec_step()), ("credential-not-found", Some("7.2/6")));
}

/// Two tenants in the same stores, under the same RP ID.
#[test]
fn scopes_are_apart() {
    let backend = Backend::new();
    let tenant = backend.sibling(builder().scope("tenant").build().unwrap());
    let alice = handle("alice");
    let record = backend.record_of("alice");
    assert_eq!(block_on(tenant.list(&alice)).unwrap(), []);
    assert_eq!(refusal(block_on(tenant.find(&alice, &record.credential_id))), ("credential-not-found", None));
    assert_eq!(refusal(block_on(tenant.rename(&alice, &record.credential_id, "x"))), ("credential-not-found", None));
    assert_eq!(refusal(block_on(tenant.delete(&alice, &record.credential_id))), ("credential-not-found", None));
    assert_eq!(block_on(tenant.delete_all(&alice)).map(|gone| gone.count), Ok(0));

    // The same credential ID may exist in both.
    let mut copy = record.clone();
    copy.scope = tenant.relying_party().scope().clone();
    assert_eq!(block_on(backend.store.insert(&copy, None)), Ok(passkeeper::store::Inserted::Yes));
    assert_eq!(block_on(tenant.list(&alice)).unwrap(), [copy]);
    assert_eq!(block_on(backend.passkeys.list(&alice)).unwrap(), [record]);

    // Nor is one's ceremony the other's.
    let mut authenticator = backend.alice.clone();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = answer(&mut authenticator, &started);
    assert_eq!(refusal(block_on(tenant.complete_authentication(&started.session, &response))), ("ceremony-not-found", None));
    let by_challenge = block_on(tenant.complete_authentication(TakeBy::danger_response_challenge(), &response));
    assert_eq!(refusal(by_challenge), ("ceremony-not-found", None));
    assert!(block_on(backend.passkeys.complete_authentication(&started.session, &response)).is_ok());
}

#[test]
fn a_ceremony_expires_by_the_given_clock() {
    let backend = Backend::new();
    let mut authenticator = backend.alice.clone();
    // Five minutes, and a minute's grace.
    for (seconds, expected) in [(0, None), (360, None), (361, Some("ceremony-expired")), (1_000_000, Some("ceremony-expired"))] {
        let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let response = answer(&mut authenticator, &started);
        backend.clock.advance(seconds);
        let result = block_on(backend.passkeys.complete_authentication(&started.session, &response));
        assert_eq!(result.err().map(|error| error.code()), expected, "after {seconds} s");
    }
    assert!(backend.ceremonies.is_empty());
}

/// Between verification and commit the caller may say no: nothing is recorded, and the ceremony is used up.
#[test]
fn a_veto_leaves_the_record_and_consumes_the_ceremony() {
    let backend = Backend::new();
    let mut authenticator = backend.alice.clone();
    let before = backend.records();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = answer(&mut authenticator, &started);
    let verified = block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap();
    assert_eq!(*verified.user_handle(), handle("alice"));
    drop(verified);
    assert_eq!(backend.records(), before);
    let again = block_on(backend.passkeys.complete_authentication(&started.session, &response));
    assert_eq!(refusal(again), ("ceremony-not-found", None));

    let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
    let draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
    let response = registration_response(&draft);
    let verified = block_on(backend.passkeys.verify_registration(&started.session, &response)).unwrap();
    assert_eq!(verified.record().user_handle, handle("carol"));
    drop(verified);
    assert_eq!(backend.records(), before);
    let again = block_on(backend.passkeys.complete_registration(&started.session, &response));
    assert_eq!(refusal(again), ("ceremony-not-found", None));
    assert!(backend.ceremonies.is_empty());
}

#[test]
fn a_use_that_is_committed_after_the_record_was_deleted() {
    let backend = Backend::new();
    let mut authenticator = backend.alice.clone();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = answer(&mut authenticator, &started);
    let verified = block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap();
    let record = backend.record_of("alice");
    block_on(backend.passkeys.delete(&handle("alice"), &record.credential_id)).unwrap();
    assert_eq!(refusal(block_on(backend.passkeys.commit_authentication(verified))), ("credential-not-found", Some("7.2/24")));
    assert_eq!(block_on(backend.passkeys.list(&handle("alice"))).unwrap(), []);
}

/// Deleted and registered anew by somebody else in between: the old use must not count for the new owner.
#[test]
fn a_use_that_is_committed_after_the_id_changed_hands() {
    let backend = Backend::new();
    let mut authenticator = backend.alice.clone();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = answer(&mut authenticator, &started);
    let verified = block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap();
    let mut record = backend.record_of("alice");
    block_on(backend.passkeys.delete(&handle("alice"), &record.credential_id)).unwrap();
    record.user_handle = handle("carol");
    assert_eq!(block_on(backend.store.insert(&record, None)), Ok(passkeeper::store::Inserted::Yes));
    assert_eq!(refusal(block_on(backend.passkeys.commit_authentication(verified))), ("credential-not-found", Some("7.2/24")));
    assert_eq!(block_on(backend.passkeys.list(&handle("carol"))).unwrap(), [record]);
}

/// A response verified twice before either is committed: the counter decides, or lets both in where there is none.
#[test]
fn two_verified_uses_one_after_the_other() {
    for (mode, second) in [(CounterMode::Counting, Some("counter-not-increased")), (CounterMode::Zero, None)] {
        let backend = Backend::new();
        let mut authenticator = VirtualAuthenticator::new(20).with_counter(mode);
        backend.register("carol", &mut authenticator);
        let verified = || {
            let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
            let response = answer(&mut authenticator.clone(), &started);
            block_on(backend.passkeys.verify_authentication(&started.session, &response)).unwrap()
        };
        let (one, other) = (verified(), verified());
        assert!(block_on(backend.passkeys.commit_authentication(one)).is_ok());
        let result = block_on(backend.passkeys.commit_authentication(other));
        assert_eq!(result.err().map(|error| error.code()), second, "{mode:?}");
    }
}
