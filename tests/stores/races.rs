//! The facade with two threads at once, a thousand times over. What stores promise of races is in their contract.

use std::sync::Barrier;

use passkeeper::store::{CredentialStore as _, Inserted, MemoryStore};
use passkeeper::testing::{CounterMode, VirtualAuthenticator};
use passkeeper::{AuthenticationRequest, CredentialRecord, PendingAuthentication, VerifiedAuthentication};
use pollster::block_on;

use crate::common::*;

const ROUNDS: u32 = 1000;

/// Runs both at the same moment.
fn race<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            barrier.wait();
            one()
        });
        barrier.wait();
        let second = other();
        (first.join().unwrap(), second)
    })
}

/// Facades in which a race can be run again and again without making the records anew.
struct Field {
    passkeys: TestPasskeys,
    store: std::sync::Arc<MemoryStore>,
    record: CredentialRecord,
    state: String,
    response: passkeeper::wire::AuthenticationResponse,
}

impl Field {
    /// A passkey that counts or not, and a response that was not committed yet.
    fn new(counter: CounterMode) -> Self {
        let Backend { passkeys, store, .. } = Backend::new();
        let mut authenticator = VirtualAuthenticator::new(30).with_counter(counter);
        let record = register(passkeys.relying_party(), &mut authenticator, "carol");
        let request = AuthenticationRequest::discoverable();
        let (options, pending) = passkeys.relying_party().start_authentication(request, challenge(), NOW).unwrap();
        let response = authentication_response(&authenticator.get(&json(&options), ORIGIN).unwrap());
        Self { passkeys, store, record, state: pending.into_json().unwrap(), response }
    }

    /// The record as it was in the beginning.
    fn reset(&self) {
        block_on(self.passkeys.delete_all(&handle("carol"))).unwrap();
        assert_eq!(block_on(self.store.insert(&self.record, None)), Ok(Inserted::Yes));
    }

    /// The response, verified against the record as it was in the beginning.
    fn verified(&self) -> VerifiedAuthentication {
        let pending = PendingAuthentication::from_json(&self.state).unwrap();
        pending.receive(&self.response).unwrap().verify(self.passkeys.relying_party(), &self.record, NOW).unwrap()
    }

    fn stored(&self) -> Option<CredentialRecord> {
        block_on(self.store.find(&self.record.scope, &self.record.credential_id)).unwrap()
    }
}

#[test]
fn one_credential_id_is_registered_once() {
    let Backend { passkeys, .. } = Backend::new();
    let mut authenticator = VirtualAuthenticator::new(40);
    let to_be_registered = |name: &str, authenticator: &mut VirtualAuthenticator| {
        let request = passkeeper::RegistrationRequest::new(user(name));
        Registering::with(relying_party(), request, authenticator).verify().unwrap()
    };
    // The same credential ID for two users.
    let carol = to_be_registered("carol", &mut authenticator.clone());
    let dave = to_be_registered("dave", &mut authenticator);
    assert_eq!(carol.record().credential_id, dave.record().credential_id);
    for _ in 0..ROUNDS {
        let (carol, dave) = (carol.clone(), dave.clone());
        let (one, other) = race(|| block_on(passkeys.commit_registration(carol)), || block_on(passkeys.commit_registration(dave)));
        assert_ne!(one.is_ok(), other.is_ok());
        for (name, result) in [("carol", &one), ("dave", &other)] {
            let listed = block_on(passkeys.list(&handle(name))).unwrap();
            match result {
                Ok(registered) => assert_eq!(listed, std::slice::from_ref(&registered.record)),
                Err(error) => {
                    assert_eq!((error.code(), error.spec_step()), ("credential-already-registered", Some("7.1/26")));
                    assert_eq!(listed, []);
                }
            }
            block_on(passkeys.delete_all(&handle(name))).unwrap();
        }
    }
}

/// Through the facade, with one response: one answer is judged, the other finds no ceremony.
#[test]
fn one_response_is_judged_once() {
    let backend = Backend::new();
    let mut authenticator = backend.alice.clone();
    for by_challenge in [false, true] {
        for _ in 0..ROUNDS / 10 {
            let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
            let response = authentication_response(&authenticator.get(&json(&started.options), ORIGIN).unwrap());
            let complete = || {
                let by = if by_challenge { passkeeper::TakeBy::danger_response_challenge() } else { (&started.session).into() };
                block_on(backend.passkeys.complete_authentication(by, &response)).map(|_| ()).map_err(|error| error.code())
            };
            let mut results = <[_; 2]>::from(race(complete, complete));
            results.sort();
            assert_eq!(results, [Ok(()), Err("ceremony-not-found")]);
        }
    }
}

#[test]
fn one_counter_value_is_used_once() {
    let field = Field::new(CounterMode::Counting);
    for _ in 0..ROUNDS {
        field.reset();
        let (first, second) = (field.verified(), field.verified());
        let commit = |verified| block_on(field.passkeys.commit_authentication(verified)).map(|_| ()).map_err(|error| error.code());
        let (one, other) = race(|| commit(first), || commit(second));
        assert_ne!(one.is_ok(), other.is_ok());
        assert_eq!(one.and(other), Err("counter-not-increased"));
        assert_eq!(field.stored().unwrap().usage.sign_count, field.record.usage.sign_count + 1);
    }
}

/// Without a counter nothing tells the two apart, and neither may fail the other.
#[test]
fn two_uses_without_a_counter_both_win() {
    let field = Field::new(CounterMode::Zero);
    for _ in 0..ROUNDS {
        field.reset();
        let (first, second) = (field.verified(), field.verified());
        let commit = |verified| block_on(field.passkeys.commit_authentication(verified)).map(|_| ()).map_err(|error| error.code());
        assert_eq!(race(|| commit(first), || commit(second)), (Ok(()), Ok(())));
        assert_eq!(field.stored().unwrap().last_used_at, Some(NOW));
    }
}

#[test]
fn a_use_beside_a_rename() {
    let field = Field::new(CounterMode::Counting);
    let carol = handle("carol");
    for round in 0..ROUNDS {
        field.reset();
        let (verified, name) = (field.verified(), format!("name {round}"));
        let (used, renamed) = race(
            || block_on(field.passkeys.commit_authentication(verified)).map(|login| login.record().usage),
            || block_on(field.passkeys.rename(&carol, &field.record.credential_id, &name)),
        );
        assert_eq!(renamed, Ok(()));
        let stored = field.stored().unwrap();
        assert_eq!((stored.name, Ok(stored.usage)), (name, used));
        assert_eq!(stored.usage.sign_count, field.record.usage.sign_count + 1);
    }
}

#[test]
fn a_use_beside_a_deletion() {
    let field = Field::new(CounterMode::Counting);
    let carol = handle("carol");
    for round in 0..ROUNDS {
        field.reset();
        let verified = field.verified();
        let (used, deleted) = race(
            || block_on(field.passkeys.commit_authentication(verified)).map(|_| ()).map_err(|error| error.code()),
            || match round % 2 {
                0 => block_on(field.passkeys.delete(&carol, &field.record.credential_id)).map(drop),
                _ => block_on(field.passkeys.delete_all(&carol)).map(|gone| assert_eq!(gone.count, 1)),
            },
        );
        assert_eq!(deleted, Ok(()));
        assert!(matches!(used, Ok(()) | Err("credential-not-found")), "{used:?}");
        assert_eq!(field.stored(), None, "it is back");
        assert_eq!(block_on(field.passkeys.list(&carol)).unwrap(), []);
    }
}

/// Uses with rising counters at once: whoever is recorded, the counter only ever rises.
#[test]
fn the_counter_never_goes_back() {
    let Backend { passkeys, store, .. } = Backend::new();
    let mut authenticator = VirtualAuthenticator::new(50);
    let record = register(passkeys.relying_party(), &mut authenticator, "carol");
    let mut responses = Vec::new();
    for _ in 0..2 {
        let request = AuthenticationRequest::discoverable();
        let (options, pending) = passkeys.relying_party().start_authentication(request, challenge(), NOW).unwrap();
        let response = authentication_response(&authenticator.get(&json(&options), ORIGIN).unwrap());
        responses.push((pending.into_json().unwrap(), response));
    }
    for _ in 0..ROUNDS {
        block_on(passkeys.delete_all(&handle("carol"))).unwrap();
        assert_eq!(block_on(store.insert(&record, None)), Ok(Inserted::Yes));
        let mut verified = responses.iter().map(|(state, response)| {
            let received = PendingAuthentication::from_json(state).unwrap().receive(response).unwrap();
            received.verify(passkeys.relying_party(), &record, NOW).unwrap()
        });
        let (lower, higher) = (verified.next().unwrap(), verified.next().unwrap());
        let commit = |verified| block_on(passkeys.commit_authentication(verified)).map(|_| ()).map_err(|error| error.code());
        let (lower, higher) = race(|| commit(lower), || commit(higher));
        assert!(matches!(lower, Ok(()) | Err("counter-not-increased")), "{lower:?}");
        assert_eq!(higher, Ok(()));
        let stored = block_on(store.find(&record.scope, &record.credential_id)).unwrap().unwrap();
        assert_eq!(stored.usage.sign_count, record.usage.sign_count + 2);
    }
}
