//! What goes in, what is listed, and what goes out.

use alloc::format;
use alloc::vec::Vec;

use super::Bench;
use super::sample::{KEYS, NOW, id, record, scope, user};
use crate::store::{CredentialStore, Deleted, ImportMode, Inserted, LastRecord};
use crate::types::{RecordId, UnixTime};

pub(super) fn an_id_is_inserted_once_whoever_owns_it<S: CredentialStore>(t: &Bench<'_, S>) {
    let first = record("a", "alice", b"one");
    t.add(&first);
    for mut other in [record("a", "alice", b"one"), record("a", "bob", b"one")] {
        other.name = "another".into();
        other.public_key = KEYS[1].clone();
        assert_eq!(t.insert(&other, None), Inserted::AlreadyThere);
        assert_eq!(t.import(&[other], ImportMode::RowByRow), [Inserted::AlreadyThere]);
    }
    assert_eq!(t.again(&first), first);
    assert_eq!(t.ids("a", "alice"), [b"one"]);
    assert_eq!(t.ids("a", "bob"), Vec::<Vec<u8>>::new());
}

/// The library's own ID finds the record it stands for, and no two have the same in one scope.
pub(super) fn a_record_is_found_by_its_own_id<S: CredentialStore>(t: &Bench<'_, S>) {
    let with_id = |scope_name, owner, credential: &[u8], n| {
        let mut record = record(scope_name, owner, credential);
        record.id = RecordId::new([n; 16]);
        record
    };
    let (one, two, elsewhere) = (with_id("a", "alice", b"1", 1), with_id("a", "bob", b"2", 2), with_id("b", "alice", b"3", 1));
    for record in [&one, &two, &elsewhere] {
        t.add(record);
    }
    for record in [&one, &two, &elsewhere] {
        assert_eq!(t.find_by_record_id(&record.scope, &record.id).as_ref(), Some(record));
    }
    assert_eq!(t.find_by_record_id(&scope("b"), &two.id), None);
    let same_id = with_id("a", "alice", b"4", 2);
    for at_most in [None, Some(0), Some(9)] {
        assert_eq!(t.insert(&same_id, at_most), Inserted::AlreadyThere);
    }
    let batch = [with_id("a", "alice", b"5", 5), with_id("a", "alice", b"6", 5), same_id];
    let (yes, taken) = (Inserted::Yes, Inserted::AlreadyThere);
    assert_eq!(t.import(&batch, ImportMode::AllOrNothing), [yes, taken, taken]);
    assert_eq!(t.find_by_record_id(&scope("a"), &batch[0].id), None);
    assert_eq!(t.import(&batch, ImportMode::RowByRow), [yes, taken, taken]);
    assert_eq!(t.ids("a", "alice"), [b"1", b"5"]);
    assert_eq!(t.delete(&scope("a"), &user("alice"), &one.credential_id, LastRecord::MayGo), Deleted::Yes);
    assert_eq!(t.delete_all(&scope("a"), &user("bob")), 1);
    for id in [one.id, two.id] {
        assert_eq!(t.find_by_record_id(&scope("a"), &id), None);
    }
    // Free again, for whomever.
    t.add(&with_id("a", "carol", b"7", 1));
}

/// Within one second too, whatever the IDs, and also where an import brings an earlier date.
pub(super) fn lists_are_oldest_first<S: CredentialStore>(t: &Bench<'_, S>) {
    let order: [&[u8]; 6] = [b"m", b"a", b"z", b"\x00", b"aa", b"k"];
    for credential in order {
        t.add(&record("a", "alice", credential));
        t.add(&record("a", "bob", [b"bob's ", credential].concat()));
    }
    assert_eq!(t.ids("a", "alice"), order);
    assert_eq!(t.ids("a", "bob").len(), order.len());
    // Use and name have no say in the order.
    assert!(t.rename(&scope("a"), &user("alice"), &id(b"m"), "zzz"));
    assert_eq!(t.delete(&scope("a"), &user("alice"), &id(b"z"), LastRecord::MayGo), Deleted::Yes);
    t.add(&record("a", "alice", b"z"));
    let imported = [b"y", b"b"].map(|credential| {
        let mut earlier = record("a", "alice", credential);
        earlier.created_at = UnixTime::from_secs(NOW.as_secs() - 1_000);
        earlier
    });
    assert_eq!(t.import(&imported, ImportMode::AllOrNothing), [Inserted::Yes; 2]);
    assert_eq!(t.ids("a", "alice"), [&b"m"[..], b"a", b"\x00", b"aa", b"k", b"z", b"y", b"b"]);
}

pub(super) fn a_limit_is_exact<S: CredentialStore>(t: &Bench<'_, S>) {
    let of_alice = |n: u32| record("a", "alice", format!("alice's {n}"));
    assert_eq!(t.insert(&of_alice(0), Some(0)), Inserted::LimitReached);
    assert_eq!(t.find(&scope("a"), &of_alice(0).credential_id), None);
    // What another user or another scope has is not counted.
    t.add(&record("a", "bob", b"bob's"));
    t.add(&record("b", "alice", b"elsewhere"));
    for n in 0..3 {
        assert_eq!(t.insert(&of_alice(n), Some(3)), Inserted::Yes, "number {n} of at most 3");
    }
    for (n, at_most) in [(3, 3), (3, 1), (3, 0)] {
        assert_eq!(t.insert(&of_alice(n), Some(at_most)), Inserted::LimitReached);
    }
    // A taken ID is said to be taken whatever the limit, and whoever asks.
    for (owner, taken, at_most) in [("alice", &b"alice's 1"[..], 0), ("alice", b"bob's", 3), ("bob", b"alice's 1", 1)] {
        assert_eq!(t.insert(&record("a", owner, taken), Some(at_most)), Inserted::AlreadyThere);
    }
    assert_eq!(t.ids("a", "alice").len(), 3);
    assert_eq!(t.delete(&scope("a"), &user("alice"), &of_alice(1).credential_id, LastRecord::MayGo), Deleted::Yes);
    assert_eq!(t.insert(&of_alice(3), Some(3)), Inserted::Yes);
    // Without a limit, and by an import, more go in; they count.
    t.add(&of_alice(4));
    assert_eq!(t.import(&[of_alice(5)], ImportMode::RowByRow), [Inserted::Yes]);
    assert_eq!(t.insert(&of_alice(6), Some(5)), Inserted::LimitReached);
    assert_eq!(t.insert(&of_alice(6), Some(u32::MAX)), Inserted::Yes);
}

pub(super) fn the_last_record_stays_where_it_shall<S: CredentialStore>(t: &Bench<'_, S>) {
    let (tenant, alice) = (scope("a"), user("alice"));
    let delete = |credential: &[u8], last| t.delete(&tenant, &alice, &id(credential), last);
    t.add(&record("a", "alice", b"one"));
    t.add(&record("a", "alice", b"two"));
    t.add(&record("a", "bob", b"bob's"));
    t.add(&record("b", "alice", b"elsewhere"));
    assert_eq!(delete(b"one", LastRecord::Stays), Deleted::Yes);
    assert_eq!(delete(b"one", LastRecord::Stays), Deleted::NotFound);
    assert_eq!(delete(b"two", LastRecord::Stays), Deleted::LastStays);
    assert_eq!(t.ids("a", "alice"), [b"two"]);
    assert_eq!(delete(b"two", LastRecord::MayGo), Deleted::Yes);
    assert_eq!(t.ids("a", "alice"), Vec::<Vec<u8>>::new());
}

pub(super) fn deleting_takes_one_users_records_and_frees_their_ids<S: CredentialStore>(t: &Bench<'_, S>) {
    for (scope, owner, id) in [("a", "alice", "1"), ("a", "alice", "2"), ("a", "alice", "3"), ("a", "bob", "4"), ("b", "alice", "1")] {
        t.add(&record(scope, owner, id));
    }
    assert_eq!(t.delete(&scope("a"), &user("alice"), &id("2"), LastRecord::MayGo), Deleted::Yes);
    assert_eq!(t.delete(&scope("a"), &user("alice"), &id("2"), LastRecord::MayGo), Deleted::NotFound);
    assert_eq!(t.ids("a", "alice"), [b"1", b"3"]);
    assert_eq!(t.delete_all(&scope("a"), &user("alice")), 2);
    assert_eq!(t.delete_all(&scope("a"), &user("alice")), 0);
    for credential in ["1", "2", "3"] {
        assert_eq!(t.find(&scope("a"), &id(credential)), None);
        t.add(&record("a", "bob", credential));
    }
    assert_eq!(t.ids("a", "bob"), [b"4", b"1", b"2", b"3"]);
    assert_eq!(t.ids("b", "alice"), [b"1"]);
}

pub(super) fn an_import_is_whole_or_not_at_all<S: CredentialStore>(t: &Bench<'_, S>) {
    let import = |records: &[_]| t.import(records, ImportMode::AllOrNothing);
    let all = [record("a", "alice", b"1"), record("b", "alice", b"1"), record("a", "bob", b"2")];
    assert_eq!(import(&[]), []);
    assert_eq!(import(&all), [Inserted::Yes; 3]);
    for record in &all {
        assert_eq!(t.again(record), *record);
    }
    let stands_in_the_way = [Inserted::Yes, Inserted::AlreadyThere, Inserted::Yes];
    // In the store, or by an earlier one of the batch, whoever owns it.
    assert_eq!(import(&[record("a", "alice", b"3"), record("a", "carol", b"2"), record("a", "alice", b"4")]), stands_in_the_way);
    assert_eq!(import(&[record("a", "alice", b"3"), record("a", "carol", b"3"), record("a", "alice", b"4")]), stands_in_the_way);
    assert_eq!(import(&all), [Inserted::AlreadyThere; 3]);
    assert_eq!((t.ids("a", "alice"), t.ids("a", "carol")), ([b"1".to_vec()].into(), Vec::new()));
    for (record, kept) in all.iter().map(|record| (record, t.again(record))) {
        assert_eq!(kept, *record);
    }
    // What was kept out is not half there.
    assert_eq!(import(&[record("a", "dave", b"4"), record("a", "dave", b"3")]), [Inserted::Yes; 2]);
    assert_eq!(t.ids("a", "dave"), [b"4", b"3"]);
}

pub(super) fn an_import_row_by_row_leaves_out_what_is_taken<S: CredentialStore>(t: &Bench<'_, S>) {
    let first = record("a", "alice", b"1");
    t.add(&first);
    let batch = ["1", "2", "2", "3", "1"].map(|credential| record("a", "bob", credential));
    let (yes, taken) = (Inserted::Yes, Inserted::AlreadyThere);
    assert_eq!(t.import(&[], ImportMode::RowByRow), []);
    assert_eq!(t.import(&batch, ImportMode::RowByRow), [taken, yes, taken, yes, taken]);
    assert_eq!(t.import(&batch, ImportMode::RowByRow), [taken; 5]);
    assert_eq!(t.again(&first), first);
    assert_eq!(t.ids("a", "bob"), [b"2", b"3"]);
}

pub(super) fn a_large_import_keeps_its_order<S: CredentialStore>(t: &Bench<'_, S>) {
    let ids: Vec<_> = (0..1500u32).map(|n| n.wrapping_mul(0x9e37_79b9).to_be_bytes().to_vec()).collect();
    let batch: Vec<_> = ids.iter().map(|id| record("a", "alice", id.clone())).collect();
    assert_eq!(t.import(&batch, ImportMode::AllOrNothing), [Inserted::Yes; 1500]);
    assert_eq!(t.ids("a", "alice"), ids);
}
