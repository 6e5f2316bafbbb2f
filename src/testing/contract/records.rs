//! What is kept, for whom, and who may see it.

use alloc::vec::Vec;

use super::Bench;
use super::sample::{full_record, id, record, scope, use_of, user};
use crate::store::{CredentialStore, Deleted, ImportMode, Inserted, LastRecord, Recorded};
use crate::types::UserHandle;

pub(super) fn every_member_comes_back_as_it_went_in<S: CredentialStore>(t: &Bench<'_, S>) {
    let (full, sparse) = (full_record(), record("a", "alice", b"one"));
    let (mut imported_full, mut imported_sparse) = (full.clone(), sparse.clone());
    imported_full.scope = scope("imported");
    imported_sparse.scope = scope("imported");
    t.add(&full);
    t.add(&sparse);
    let batch = [imported_full, imported_sparse];
    assert_eq!(t.import(&batch, ImportMode::RowByRow), [Inserted::Yes; 2]);
    for record in [&full, &sparse].into_iter().chain(&batch) {
        assert_eq!(t.again(record), *record, "found");
        assert_eq!(t.list(&record.scope, &record.user_handle), core::slice::from_ref(record), "listed");
    }
}

/// Nothing is folded, trimmed, cut at a zero byte, read as a pattern or as Unicode that looks alike.
pub(super) fn bytes_and_text_are_compared_exactly<S: CredentialStore>(t: &Bench<'_, S>) {
    let spellings: [&[u8]; 12] = [b"a", b"A", b"a ", b" a", b"a\0", b"\0", b"\0\0", b"\xff", b"%", b"_", b"'", "\u{e4}".as_bytes()];
    for spelling in spellings {
        t.add(&record("ids", "alice", spelling));
        let mut of_handle = record("handles", "-", [b"of ", spelling].concat());
        of_handle.user_handle = user(spelling);
        t.add(&of_handle);
    }
    for spelling in spellings {
        let found = t.find(&scope("ids"), &id(spelling)).expect("each spelling has a record of its own");
        assert_eq!(found.credential_id, id(spelling));
        let listed: Vec<UserHandle> = t.list(&scope("handles"), &user(spelling)).into_iter().map(|record| record.user_handle).collect();
        assert_eq!(listed, [user(spelling)]);
    }
    let scopes = ["a", "A", "a ", " a", "%", "_", "'", "\u{e4}", "a\u{308}"];
    for name in scopes {
        t.add(&record(name, "alice", b"one"));
    }
    for name in scopes {
        assert_eq!(t.list(&scope(name), &user("alice")), [record(name, "alice", b"one")]);
    }
}

pub(super) fn scopes_are_apart<S: CredentialStore>(t: &Bench<'_, S>) {
    let (here, there) = (record("a", "alice", b"one"), record("b", "alice", b"one"));
    t.add(&here);
    assert_eq!(t.find(&there.scope, &there.credential_id), None);
    assert_eq!(t.list(&there.scope, &there.user_handle), []);
    assert_eq!(t.record_use(&use_of(&there)), Recorded::NotFound);
    assert!(!t.rename(&there.scope, &there.user_handle, &there.credential_id, "new"), "renamed in another scope");
    assert_eq!(t.delete(&there.scope, &there.user_handle, &there.credential_id, LastRecord::MayGo), Deleted::NotFound);
    assert_eq!(t.delete_all(&there.scope, &there.user_handle), 0);
    assert_eq!(t.again(&here), here);

    // The same credential ID of the same user in both: each change stays where it is made.
    t.add(&there);
    assert_eq!(t.record_use(&use_of(&here)), Recorded::Yes);
    assert!(t.rename(&here.scope, &here.user_handle, &here.credential_id, "new"));
    assert_eq!(t.again(&there), there);
    assert_eq!(t.list(&there.scope, &there.user_handle), core::slice::from_ref(&there));
    assert_eq!(t.delete(&here.scope, &here.user_handle, &here.credential_id, LastRecord::MayGo), Deleted::Yes);
    assert_eq!(t.again(&there), there);
    t.add(&here);
    assert_eq!(t.delete_all(&here.scope, &here.user_handle), 1);
    assert_eq!(t.again(&there), there);
    // Nor does a limit count what lies elsewhere.
    assert_eq!(t.insert(&here, Some(1)), Inserted::Yes);
    assert_eq!(t.delete(&here.scope, &here.user_handle, &here.credential_id, LastRecord::Stays), Deleted::LastStays);
}

pub(super) fn the_owner_is_part_of_every_question<S: CredentialStore>(t: &Bench<'_, S>) {
    let alices = record("a", "alice", b"one");
    let (tenant, bob, one) = (scope("a"), user("bob"), id(b"one"));
    t.add(&alices);
    t.add(&record("a", "bob", b"two"));
    assert_eq!(t.ids("a", "bob"), [b"two"]);
    assert!(!t.rename(&tenant, &bob, &one, "bob's"), "renamed somebody else's");
    let mut bobs_use = use_of(&alices);
    bobs_use.user_handle = bob.clone();
    assert_eq!(t.record_use(&bobs_use), Recorded::Conflict);
    for last in [LastRecord::MayGo, LastRecord::Stays] {
        assert_eq!(t.delete(&tenant, &bob, &one, last), Deleted::NotFound);
    }
    assert_eq!(t.delete_all(&tenant, &bob), 1);
    assert_eq!(t.delete_all(&tenant, &bob), 0);
    assert_eq!(t.again(&alices), alices);
}
