//! The credential store in memory: its capacity, beyond the contract of all stores.

use passkeeper::store::{CredentialStore as _, Deleted, ImportMode, Inserted, LastRecord, MemoryStore, StoreError};
use passkeeper::testing::{KeyAlgorithm, KeyPair};
use passkeeper::types::Scope;
use passkeeper::{CosePublicKey, CredentialRecord};
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

fn insert(store: &MemoryStore, record: &CredentialRecord) -> Inserted {
    block_on(store.insert(record, None)).unwrap()
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
    // An import that just fits is taken, and one too many not in part.
    let batch = |ids: &[u8]| ids.iter().map(|id| record("a", "alice", &[*id])).collect::<Vec<_>>();
    let store = MemoryStore::with_capacity(3);
    for (ids, answer) in [
        (&[1, 2][..], Ok(vec![Inserted::Yes; 2])),
        (&[3, 4], Err(StoreError::Full)),
        (&[2, 3], Ok(vec![Inserted::AlreadyThere, Inserted::Yes])),
        (&[4], Err(StoreError::Full)),
        (&[1, 3], Ok(vec![Inserted::AlreadyThere; 2])),
    ] {
        assert_eq!(block_on(store.import(&batch(ids), ImportMode::RowByRow)), answer, "{ids:?}");
    }
    assert_eq!(block_on(store.list(&scope("a"), &handle("alice"))).unwrap().len(), 3);
    assert_eq!(block_on(MemoryStore::with_capacity(0).insert(&record("a", "alice", b"1"), None)), Err(StoreError::Full));
}
