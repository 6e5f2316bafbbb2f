//! What the page tells the user's authenticators after a change, byte for byte (§5.1.10).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passkeeper::store::{CredentialStore, Deleted, ImportMode, Inserted, LastRecord, MemoryCeremonies, MemoryStore, Recorded, StoreError};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{CredentialId, RecordId, Scope, UserHandle};
use passkeeper::wire::{AllAcceptedCredentialsSignal, CurrentUserDetailsSignal, UnknownCredentialSignal, UserEntity};
use passkeeper::{CeremonyKind, CredentialRecord, Passkeys, RecordUpdate, RegistrationRequest, TakeBy, VerifiedRegistration};
use pollster::block_on;
use serde_json::json;

use crate::common::*;
use crate::world::{Luggage, World, value};

#[test]
fn signals_have_the_members_that_browsers_read() {
    let world = World::new();
    let alice = handle("alice");
    let unknown = world.passkeys.unknown_credential(credential_id([0xfb, 0xff]));
    assert_eq!(value(&unknown), json!({ "rpId": "example.com", "credentialId": "-_8" }));
    let id = world.backend.record_of("alice").credential_id;
    let accepted = block_on(world.passkeys.accepted(&alice)).unwrap();
    let expected = json!({ "rpId": "example.com", "userId": "YWxpY2U", "allAcceptedCredentialIds": [id.to_base64url()] });
    assert_eq!(value(&accepted), expected);
    let details = world.passkeys.user_details(UserEntity { id: alice, name: "alice@new.example".into(), display_name: String::new() });
    let expected = json!({ "rpId": "example.com", "userId": "YWxpY2U", "name": "alice@new.example", "displayName": "" });
    assert_eq!(value(&details), expected);
    // And they are read again, by a server that hands them on.
    assert_eq!(serde_json::from_value::<UnknownCredentialSignal>(value(&unknown)).unwrap(), unknown);
    assert_eq!(serde_json::from_value::<AllAcceptedCredentialsSignal>(value(&accepted)).unwrap(), accepted);
    assert_eq!(serde_json::from_value::<CurrentUserDetailsSignal>(value(&details)).unwrap(), details);
}

#[test]
fn every_change_gives_the_passkeys_that_are_left() {
    let world = World::new();
    let carol = handle("carol");
    assert_eq!(value(&block_on(world.passkeys.accepted(&carol)).unwrap())["allAcceptedCredentialIds"], json!([]));
    let register = |seed| {
        let started = block_on(world.passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
        let draft = VirtualAuthenticator::new(seed).create(&json(&started.options), ORIGIN).unwrap();
        block_on(world.passkeys.complete_registration(&started.session, &registration_response(&draft))).unwrap()
    };
    let first = register(31);
    assert_eq!(first.accepted.all_accepted_credential_ids, std::slice::from_ref(&first.record.credential_id));
    let second = register(32);
    let both = [first.record.credential_id.clone(), second.record.credential_id.clone()];
    assert_eq!(second.accepted.all_accepted_credential_ids, both);
    let left = block_on(world.passkeys.delete(&carol, &both[0])).unwrap();
    assert_eq!(left.all_accepted_credential_ids, both[1..]);
    let left = block_on(world.passkeys.delete(&carol, &both[1])).unwrap();
    assert_eq!(value(&left), json!({ "rpId": "example.com", "userId": "Y2Fyb2w", "allAcceptedCredentialIds": [] }));
    let begun = world.begin(CeremonyKind::Registration, &Luggage::default()).unwrap();
    assert!(world.complete(&begun, TakeBy::id(&begun.session)).is_ok());
}

/// A store in which somebody else registers a passkey at the worst moment, or that fails right after a write.
struct Busy {
    inner: MemoryStore,
    /// Comes in just before the next write.
    other: CredentialRecord,
    fails_after_writing: bool,
    written: AtomicBool,
}

impl Busy {
    async fn write(&self) {
        if !self.written.swap(true, Ordering::SeqCst) {
            assert_eq!(self.inner.insert(&self.other, None).await, Ok(Inserted::Yes));
        }
    }
}

impl CredentialStore for Busy {
    async fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Result<Inserted, StoreError> {
        self.write().await;
        self.inner.insert(record, at_most).await
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Result<Deleted, StoreError> {
        self.write().await;
        self.inner.delete(scope, user, id, last).await
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        if self.fails_after_writing && self.written.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("gone"));
        }
        self.inner.list(scope, user).await
    }

    async fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        self.inner.import(records, mode).await
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        self.inner.find(scope, id).await
    }

    async fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        self.inner.find_by_record_id(scope, id).await
    }

    async fn record_use(&self, update: &RecordUpdate) -> Result<Recorded, StoreError> {
        self.inner.record_use(update).await
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        self.inner.rename(scope, user, id, name).await
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        self.inner.delete_all(scope, user).await
    }
}

fn verified(seed: u64) -> VerifiedRegistration {
    Registering::with(relying_party(), RegistrationRequest::new(user("alice")), &mut VirtualAuthenticator::new(seed)).verify().unwrap()
}

fn busy(fails_after_writing: bool) -> (Passkeys<Arc<Busy>, MemoryCeremonies>, CredentialRecord, CredentialRecord) {
    let (first, other) = (verified(1).into_record(), verified(2).into_record());
    let store = Busy { inner: MemoryStore::new(), other: other.clone(), fails_after_writing, written: AtomicBool::new(false) };
    assert_eq!(block_on(store.inner.insert(&first, None)), Ok(Inserted::Yes));
    let passkeys =
        Passkeys::with_sources(relying_party(), Arc::new(store), MemoryCeremonies::new(), TestClock::new(), TestEntropy::default());
    (passkeys, first, other)
}

/// A signal that left out what another tab registered a moment ago would have the browser hide it.
#[test]
fn a_passkey_that_came_meanwhile_is_accepted_too() {
    let (passkeys, first, other) = busy(false);
    let registered = block_on(passkeys.commit_registration(verified(3))).unwrap();
    let all = [&first, &other, &registered.record].map(|record| record.credential_id.clone());
    assert_eq!(registered.accepted.all_accepted_credential_ids, all);

    let (passkeys, first, other) = busy(false);
    let left = block_on(passkeys.delete(&handle("alice"), &first.credential_id)).unwrap();
    assert_eq!(left.all_accepted_credential_ids, [other.credential_id]);
}

/// What is written is written, even if the store cannot be read any more.
#[test]
fn a_change_does_not_fail_for_want_of_its_signal() {
    let (passkeys, first, _) = busy(true);
    let registered = block_on(passkeys.commit_registration(verified(3))).unwrap();
    assert_eq!(registered.accepted.all_accepted_credential_ids, [first.credential_id, registered.record.credential_id]);

    let (passkeys, first, _) = busy(true);
    assert_eq!(block_on(passkeys.delete(&handle("alice"), &first.credential_id)).unwrap().all_accepted_credential_ids, []);
}
