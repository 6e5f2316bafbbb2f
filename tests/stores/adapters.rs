//! Trait objects, references and shared pointers are stores as well.

use std::sync::Arc;

use passkeeper::store::{CeremonyStore, CredentialStore, DynCeremonyStore, DynCredentialStore, MemoryCeremonies, MemoryStore};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{AuthenticationRequest, Passkeys, RegistrationRequest, TakeBy};
use pollster::block_on;

use crate::common::*;

/// Every call of the facade, and through it every call of both stores.
async fn everything<C: CredentialStore, K: CeremonyStore>(passkeys: &Passkeys<C, K>) {
    let mut authenticator = VirtualAuthenticator::new(1);
    let alice = handle("alice");
    let started = passkeys.start_registration(RegistrationRequest::new(user("alice"))).await.unwrap();
    let draft = authenticator.create(&json(&started.options), ORIGIN).unwrap();
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    let registered = passkeys.complete_registration(&started.session, &response).await.unwrap();
    assert_eq!(registered.attestation.attestation_type, registered.record.attestation_type);
    let record = registered.record;
    let again = passkeys.complete_registration(&started.session, &response).await;
    assert_eq!(refusal(again), ("ceremony-not-found", None));

    for request in [AuthenticationRequest::discoverable(), AuthenticationRequest::known(alice.clone())] {
        let started = passkeys.start_authentication(request).await.unwrap();
        let draft = authenticator.get(&json(&started.options), ORIGIN).unwrap();
        let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
        let login = passkeys.complete_authentication(&started.session, &response).await.unwrap();
        assert_eq!(*login.user_handle(), alice);
    }
    let started = passkeys.start_assertion(AuthenticationRequest::known(alice.clone())).await.unwrap();
    let draft = authenticator.get(&json(&started.options), ORIGIN).unwrap();
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    let proof = passkeys.complete_assertion(TakeBy::danger_response_challenge(), &response).await.unwrap();
    assert_eq!(proof.record().usage.sign_count, record.usage.sign_count + 3);

    passkeys.rename(&alice, &record.credential_id, "renamed").await.unwrap();
    assert_eq!(passkeys.find(&alice, &record.credential_id).await.unwrap().name, "renamed");
    assert_eq!(passkeys.list(&alice).await.unwrap().len(), 1);
    passkeys.delete(&alice, &record.credential_id).await.unwrap();
    assert_eq!(passkeys.delete_all(&alice).await.map(|gone| gone.count), Ok(0));
    assert_eq!(passkeys.list(&alice).await.unwrap(), []);
}

fn facade<C: CredentialStore, K: CeremonyStore>(credentials: C, ceremonies: K) -> Passkeys<C, K> {
    Passkeys::with_sources(relying_party(), credentials, ceremonies, TestClock::new(), TestEntropy::default())
}

#[test]
fn owned_stores() {
    block_on(everything(&facade(MemoryStore::default(), MemoryCeremonies::default())));
}

#[test]
fn the_systems_clock_and_randomness() {
    block_on(everything(&Passkeys::new(relying_party(), MemoryStore::new(), MemoryCeremonies::new())));
}

#[test]
fn references() {
    let (credentials, ceremonies) = (MemoryStore::new(), MemoryCeremonies::new());
    block_on(everything(&facade(&credentials, &ceremonies)));
    assert!(ceremonies.is_empty());
}

#[test]
fn shared_pointers() {
    let (credentials, ceremonies) = (Arc::new(MemoryStore::new()), Arc::new(MemoryCeremonies::new()));
    block_on(everything(&facade(credentials, ceremonies)));
}

#[test]
fn trait_objects() {
    let credentials = DynCredentialStore::new(MemoryStore::new());
    let ceremonies = DynCeremonyStore::new(MemoryCeremonies::new());
    assert_eq!((format!("{credentials:?}"), format!("{ceremonies:?}")), ("DynCredentialStore".into(), "DynCeremonyStore".into()));
    block_on(everything(&facade(credentials.clone(), ceremonies.clone())));
    block_on(everything(&facade(credentials, ceremonies)));
}

#[test]
fn a_trait_object_of_a_shared_pointer_of_a_trait_object() {
    let store = Arc::new(MemoryStore::new());
    let credentials = DynCredentialStore::new(Arc::new(DynCredentialStore::new(store.clone())));
    let ceremonies = DynCeremonyStore::new(DynCeremonyStore::new(MemoryCeremonies::new()));
    block_on(everything(&facade(&credentials, Arc::new(ceremonies))));
    // Clones share the store.
    let backend = facade(credentials.clone(), MemoryCeremonies::new());
    let record = super::credentials::record(RP_ID, "alice", b"one");
    assert_eq!(block_on(store.insert(&record, None)), Ok(passkeeper::store::Inserted::Yes));
    assert_eq!(block_on(backend.list(&handle("alice"))).unwrap(), [record]);
}

#[test]
fn a_facade_is_shared_among_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    shared(&facade(DynCredentialStore::new(MemoryStore::new()), DynCeremonyStore::new(MemoryCeremonies::new())));
    shared(&facade(Arc::new(MemoryStore::new()), Arc::new(MemoryCeremonies::new())));
    let passkeys = facade(MemoryStore::new(), MemoryCeremonies::new());
    fn sendable<T: Send>(_: T) {}
    sendable(passkeys.start_registration(RegistrationRequest::new(user("alice"))));
    sendable(passkeys.start_authentication(AuthenticationRequest::discoverable()));
}
