//! The credential store by itself.

use passkeeper::store::{CredentialStore as _, Deleted, Inserted, LastRecord, MemoryStore, Recorded, StoreError};
use passkeeper::testing::{KeyAlgorithm, KeyPair, VirtualAuthenticator};
use passkeeper::types::{CredentialId, Scope, UnixTime};
use passkeeper::{AuthenticationRequest, CosePublicKey, CredentialRecord, RelyingParty, Verified};
use pollster::block_on;

use crate::common::*;

pub(super) fn scope(name: &str) -> Scope {
    Scope::new(name).unwrap()
}

/// A record in a scope, of a user, with this credential ID.
pub(super) fn record(scope_name: &str, owner: &str, id: &[u8]) -> CredentialRecord {
    let key = KeyPair::from_seed(KeyAlgorithm::Es256, 1).cose_key().encode();
    let (rp, id) = (relying_party(), credential_id(id));
    CredentialRecord::imported(scope(scope_name), rp.id().clone(), handle(owner), id, CosePublicKey::new(key).unwrap(), NOW)
}

fn find(store: &MemoryStore, scope_name: &str, id: &[u8]) -> Option<CredentialRecord> {
    block_on(store.find(&scope(scope_name), &credential_id(id))).unwrap()
}

fn ids(store: &MemoryStore, scope_name: &str, owner: &str) -> Vec<Vec<u8>> {
    let records = block_on(store.list(&scope(scope_name), &handle(owner))).unwrap();
    records.iter().map(|record| record.credential_id.as_bytes().to_vec()).collect()
}

fn insert(store: &MemoryStore, record: &CredentialRecord) -> Inserted {
    block_on(store.insert(record, None)).unwrap()
}

#[test]
fn an_id_is_inserted_once_whoever_owns_it() {
    let store = MemoryStore::new();
    let first = record("a", "alice", b"one");
    assert_eq!(insert(&store, &first), Inserted::Yes);
    for mut other in [record("a", "alice", b"one"), record("a", "bob", b"one")] {
        other.name = "another".into();
        assert_eq!(insert(&store, &other), Inserted::AlreadyThere);
    }
    assert_eq!(find(&store, "a", b"one"), Some(first));
    assert_eq!(ids(&store, "a", "bob"), Vec::<Vec<u8>>::new());
    assert_eq!(ids(&store, "a", "alice"), [b"one"]);
}

#[test]
fn scopes_are_apart() {
    let store = MemoryStore::new();
    let (a, b) = (record("a", "alice", b"one"), record("b", "alice", b"one"));
    for record in [&a, &b] {
        assert_eq!(insert(&store, record), Inserted::Yes);
    }
    assert_eq!((find(&store, "a", b"one"), find(&store, "b", b"one")), (Some(a), Some(b.clone())));
    assert_eq!(find(&store, "c", b"one"), None);
    assert_eq!(ids(&store, "c", "alice"), Vec::<Vec<u8>>::new());

    let id = credential_id(b"one");
    assert_eq!(block_on(store.rename(&scope("c"), &handle("alice"), &id, "new")), Ok(false));
    assert_eq!(block_on(store.delete(&scope("c"), &handle("alice"), &id, LastRecord::MayGo)), Ok(Deleted::NotFound));
    assert_eq!(block_on(store.delete_all(&scope("c"), &handle("alice"))), Ok(0));
    assert_eq!(block_on(store.rename(&scope("a"), &handle("alice"), &id, "new")), Ok(true));
    assert_eq!(find(&store, "a", b"one").unwrap().name, "new");
    assert_eq!(block_on(store.delete(&scope("a"), &handle("alice"), &id, LastRecord::MayGo)), Ok(Deleted::Yes));
    assert_eq!((find(&store, "a", b"one"), find(&store, "b", b"one")), (None, Some(b)));
}

#[test]
fn lists_are_in_the_order_of_registration() {
    let store = MemoryStore::new();
    let order: [&[u8]; 6] = [b"m", b"a", b"z", b"\x00", b"aa", b"k"];
    for id in order {
        assert_eq!(insert(&store, &record("a", "alice", id)), Inserted::Yes);
        assert_eq!(insert(&store, &record("a", "bob", &[b"bob's ", id].concat())), Inserted::Yes);
    }
    assert_eq!(ids(&store, "a", "alice"), order);
    assert_eq!(ids(&store, "a", "bob").len(), 6);
    assert_eq!(block_on(store.delete(&scope("a"), &handle("alice"), &credential_id(b"z"), LastRecord::MayGo)), Ok(Deleted::Yes));
    assert_eq!(insert(&store, &record("a", "alice", b"z")), Inserted::Yes);
    assert_eq!(ids(&store, "a", "alice"), [&b"m"[..], b"a", b"\x00", b"aa", b"k", b"z"]);
}

#[test]
fn only_the_owner_renames_and_deletes() {
    let store = MemoryStore::new();
    let record = record("a", "alice", b"one");
    assert_eq!(insert(&store, &record), Inserted::Yes);
    let id = credential_id(b"one");
    assert_eq!(block_on(store.rename(&scope("a"), &handle("bob"), &id, "bob's")), Ok(false));
    assert_eq!(block_on(store.delete(&scope("a"), &handle("bob"), &id, LastRecord::MayGo)), Ok(Deleted::NotFound));
    assert_eq!(block_on(store.delete_all(&scope("a"), &handle("bob"))), Ok(0));
    assert_eq!(block_on(store.delete(&scope("a"), &handle("alice"), &credential_id(b"two"), LastRecord::MayGo)), Ok(Deleted::NotFound));
    assert_eq!(find(&store, "a", b"one"), Some(record.clone()));
    assert_eq!(block_on(store.rename(&scope("a"), &handle("alice"), &id, "new")), Ok(true));
    assert_eq!(
        find(&store, "a", b"one"),
        Some({
            let mut renamed = record;
            renamed.name = "new".into();
            renamed
        })
    );
}

#[test]
fn delete_all_takes_one_users_and_nothing_else() {
    let store = MemoryStore::new();
    for (scope, owner, id) in [("a", "alice", "1"), ("a", "alice", "2"), ("a", "alice", "3"), ("a", "bob", "4"), ("b", "alice", "1")] {
        assert_eq!(insert(&store, &record(scope, owner, id.as_bytes())), Inserted::Yes);
    }
    assert_eq!(block_on(store.delete_all(&scope("a"), &handle("alice"))), Ok(3));
    assert_eq!(block_on(store.delete_all(&scope("a"), &handle("alice"))), Ok(0));
    assert_eq!(ids(&store, "a", "alice"), Vec::<Vec<u8>>::new());
    for id in ["1", "2", "3"] {
        assert_eq!(find(&store, "a", id.as_bytes()), None);
        // The IDs are free again.
        assert_eq!(insert(&store, &record("a", "bob", id.as_bytes())), Inserted::Yes);
    }
    assert_eq!(ids(&store, "a", "bob"), [b"4", b"1", b"2", b"3"]);
    assert_eq!(ids(&store, "b", "alice"), [b"1"]);
}

#[test]
fn capacity_is_exact_and_deleting_makes_room() {
    let store = MemoryStore::with_capacity(2);
    for id in [b"1", b"2"] {
        assert_eq!(insert(&store, &record("a", "alice", id)), Inserted::Yes);
    }
    assert_eq!(block_on(store.insert(&record("a", "alice", b"3"), None)), Err(StoreError::Full));
    assert_eq!(block_on(store.insert(&record("b", "bob", b"1"), None)), Err(StoreError::Full));
    // What is there already is said to be there, not to be too much.
    assert_eq!(insert(&store, &record("a", "bob", b"1")), Inserted::AlreadyThere);
    assert_eq!(block_on(store.delete(&scope("a"), &handle("alice"), &credential_id(b"1"), LastRecord::MayGo)), Ok(Deleted::Yes));
    assert_eq!(insert(&store, &record("b", "bob", b"1")), Inserted::Yes);
    assert_eq!(block_on(store.insert(&record("a", "alice", b"1"), None)), Err(StoreError::Full));
    assert_eq!(block_on(MemoryStore::with_capacity(0).insert(&record("a", "alice", b"1"), None)), Err(StoreError::Full));
}

/// A verified use of a credential, to be recorded, and the record it was verified against.
fn verified_use(rp: &RelyingParty, counter: u32) -> (CredentialRecord, Verified<passkeeper::SignIn>) {
    let mut authenticator = VirtualAuthenticator::new(1);
    let record = register(rp, &mut authenticator, "alice");
    let signing_in = SigningIn::with_record(rp.clone(), AuthenticationRequest::discoverable(), &mut authenticator, record);
    let signing_in = signing_in.change(|draft| draft.auth_data.sign_count = counter);
    (signing_in.record.clone(), signing_in.verify().unwrap())
}

#[test]
fn a_use_is_recorded_by_compare_and_set() {
    let rp = relying_party();
    let (record, verified) = verified_use(&rp, 7);
    let store = MemoryStore::new();
    let update = verified.update();
    assert_eq!(block_on(store.record_use(update)), Ok(Recorded::NotFound));
    assert_eq!(insert(&store, &record), Inserted::Yes);
    assert_eq!(block_on(store.record_use(update)), Ok(Recorded::Yes));
    let stored = block_on(store.find(rp.scope(), &record.credential_id)).unwrap().unwrap();
    assert_eq!((stored.usage, stored.last_used_at), (update.next, Some(NOW)));
    assert_eq!(stored.usage.sign_count, 7);
    // The expected state is gone.
    assert_eq!(block_on(store.record_use(update)), Ok(Recorded::Conflict));

    let mut wrong = update.clone();
    (wrong.expected, wrong.user_handle) = (update.next, handle("bob"));
    assert_eq!(block_on(store.record_use(&wrong)), Ok(Recorded::Conflict));
    wrong.user_handle = handle("alice");
    wrong.scope = scope("elsewhere");
    assert_eq!(block_on(store.record_use(&wrong)), Ok(Recorded::NotFound));
    wrong.scope = update.scope.clone();
    wrong.credential_id = CredentialId::new(b"other").unwrap();
    assert_eq!(block_on(store.record_use(&wrong)), Ok(Recorded::NotFound));
    assert_eq!(block_on(store.find(rp.scope(), &record.credential_id)).unwrap().unwrap(), stored);
}

#[test]
fn any_difference_in_the_expected_state_is_a_conflict() {
    let (record, verified) = verified_use(&relying_party(), 7);
    let store = MemoryStore::new();
    assert_eq!(insert(&store, &record), Inserted::Yes);
    let update = verified.update();
    let mut wrong = [update.clone(), update.clone(), update.clone(), update.clone(), update.clone()];
    wrong[0].expected.sign_count += 1;
    wrong[1].expected.backup_eligible = None;
    wrong[2].expected.backup_eligible = Some(true);
    wrong[3].expected.backup_state ^= true;
    wrong[4].expected.uv_initialized = None;
    for update in &wrong {
        assert_eq!(block_on(store.record_use(update)), Ok(Recorded::Conflict), "{update:?}");
    }
    // A rename is no such difference.
    assert_eq!(block_on(store.rename(&update.scope, &update.user_handle, &update.credential_id, "new")), Ok(true));
    assert_eq!(block_on(store.record_use(update)), Ok(Recorded::Yes));
}

#[test]
fn the_time_of_last_use_never_goes_back() {
    let (record, verified) = verified_use(&relying_party(), 7);
    let store = MemoryStore::new();
    assert_eq!(insert(&store, &record), Inserted::Yes);
    let mut update = verified.update().clone();
    let last_used = |secs: i64| {
        update.used_at = UnixTime::from_secs(secs);
        assert_eq!(block_on(store.record_use(&update)), Ok(Recorded::Yes));
        update.expected = update.next;
        block_on(store.find(&update.scope, &update.credential_id)).unwrap().unwrap().last_used_at.unwrap().as_secs()
    };
    assert_eq!([100, 50, 200, 199].map(last_used), [100, 100, 200, 200]);
}
