//! Two calls at once that meet in one ID or one user.

use super::Bench;
use super::sample::{id, record, scope, user};
use crate::store::{CredentialStore, Deleted, ImportMode, Inserted, LastRecord};

/// Asserts that of two answers one is this and one is that.
#[track_caller]
fn one_of_each<T: PartialEq + core::fmt::Debug + Copy>(answers: (T, T), this: T, that: T) {
    assert!(answers == (this, that) || answers == (that, this), "one {this:?} and one {that:?} expected, found {answers:?}");
}

pub(super) fn race_of_two_users_for_one_id<S: CredentialStore>(t: &Bench<'_, S>) {
    let (alices, bobs) = (record("a", "alice", b"one"), record("a", "bob", b"one"));
    for round in 0..t.rounds {
        let at_most = (round % 2 == 1).then_some(5);
        let answers = t.race(t.store.insert(&alices, at_most), t.store.insert(&bobs, at_most));
        let answers = (answers.0.expect("inserted or not"), answers.1.expect("inserted or not"));
        one_of_each(answers, Inserted::Yes, Inserted::AlreadyThere);
        let (winner, loser) = if answers.0 == Inserted::Yes { (&alices, &bobs) } else { (&bobs, &alices) };
        assert_eq!(t.again(winner), *winner);
        assert_eq!(t.list(&loser.scope, &loser.user_handle), []);
        assert_eq!(t.delete_all(&winner.scope, &winner.user_handle), 1);
    }
}

pub(super) fn race_of_two_insertions_at_the_limit<S: CredentialStore>(t: &Bench<'_, S>) {
    t.add(&record("a", "alice", b"first"));
    let (one, other) = (record("a", "alice", b"one"), record("a", "alice", b"other"));
    for _ in 0..t.rounds {
        let answers = t.race(t.store.insert(&one, Some(2)), t.store.insert(&other, Some(2)));
        let answers = (answers.0.expect("inserted or not"), answers.1.expect("inserted or not"));
        one_of_each(answers, Inserted::Yes, Inserted::LimitReached);
        assert_eq!(t.ids("a", "alice").len(), 2);
        let winner = if answers.0 == Inserted::Yes { &one } else { &other };
        assert_eq!(t.delete(&winner.scope, &winner.user_handle, &winner.credential_id, LastRecord::Stays), Deleted::Yes);
    }
}

pub(super) fn race_of_two_deletions_of_the_last_two<S: CredentialStore>(t: &Bench<'_, S>) {
    let (tenant, alice, one, two) = (scope("a"), user("alice"), id(b"one"), id(b"two"));
    for _ in 0..t.rounds {
        t.add(&record("a", "alice", b"one"));
        t.add(&record("a", "alice", b"two"));
        let delete = |id| t.store.delete(&tenant, &alice, id, LastRecord::Stays);
        let answers = t.race(delete(&one), delete(&two));
        let answers = (answers.0.expect("deleted or not"), answers.1.expect("deleted or not"));
        one_of_each(answers, Deleted::Yes, Deleted::LastStays);
        assert_eq!(t.delete_all(&tenant, &alice), 1);
    }
}

/// An import of two beside the insertion of one of them.
pub(super) fn race_of_an_import_and_an_insertion<S: CredentialStore>(t: &Bench<'_, S>) {
    let batch = [record("a", "alice", b"one"), record("a", "alice", b"two")];
    let bobs = record("a", "bob", b"two");
    for round in 0..t.rounds {
        let mode = if round % 2 == 0 { ImportMode::AllOrNothing } else { ImportMode::RowByRow };
        let (imported, inserted) = t.race(t.store.import(&batch, mode), t.store.insert(&bobs, None));
        let (imported, inserted) = (imported.expect("an answer for each"), inserted.expect("inserted or not"));
        let kept: &[&[u8]] = match (inserted, mode) {
            (Inserted::AlreadyThere, _) => &[b"one", b"two"],
            (_, ImportMode::AllOrNothing) => &[],
            (_, ImportMode::RowByRow) => &[b"one"],
        };
        let of_two = if inserted == Inserted::Yes { Inserted::AlreadyThere } else { Inserted::Yes };
        assert_eq!(imported, [Inserted::Yes, of_two], "{mode:?} beside {inserted:?}");
        assert_eq!(t.ids("a", "alice"), kept, "{mode:?} beside {inserted:?}");
        let of_bob = u64::from(inserted == Inserted::Yes);
        assert_eq!((t.delete_all(&scope("a"), &user("alice")), t.delete_all(&scope("a"), &user("bob"))), (kept.len() as u64, of_bob));
    }
}

/// Two imports of the same IDs in opposite order: one goes in whole, and neither fails for the other's sake.
pub(super) fn race_of_two_imports<S: CredentialStore>(t: &Bench<'_, S>) {
    let alices = ["1", "2", "3", "4"].map(|id| record("a", "alice", id));
    let mut bobs = ["1", "2", "3", "4"].map(|id| record("a", "bob", id));
    bobs.reverse();
    let import = |batch| t.store.import(batch, ImportMode::AllOrNothing);
    for _ in 0..t.rounds {
        let answers = t.race(import(&alices), import(&bobs));
        let answers = (answers.0.expect("an answer for each"), answers.1.expect("an answer for each"));
        let (yes, taken) = ([Inserted::Yes; 4], [Inserted::AlreadyThere; 4]);
        assert!(answers.0 == yes && answers.1 == taken || answers.0 == taken && answers.1 == yes, "{answers:?}");
        let winner = if answers.0 == yes { "alice" } else { "bob" };
        assert_eq!((t.ids("a", "alice").len(), t.ids("a", "bob").len()), if winner == "alice" { (4, 0) } else { (0, 4) });
        assert_eq!(t.delete_all(&scope("a"), &user(winner)), 4);
    }
}
