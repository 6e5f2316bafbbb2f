//! A use at the same moment as another use, a deletion or a rename.

use alloc::format;

use super::Bench;
use super::sample::{record, use_of};
use crate::ceremony::{CredentialRecord, RecordUpdate};
use crate::store::{CredentialStore, Deleted, LastRecord, Recorded};

/// Two uses of one counter value: one is recorded.
pub(super) fn race_of_two_uses<S: CredentialStore>(t: &Bench<'_, S>) {
    let record = record("a", "alice", b"one");
    t.add(&record);
    for _ in 0..t.rounds {
        let (one, mut other) = (use_of(&t.again(&record)), use_of(&t.again(&record)));
        other.next.sign_count += 1;
        let answers = t.race(t.store.record_use(&one), t.store.record_use(&other));
        let answers = (answers.0.expect("recorded or not"), answers.1.expect("recorded or not"));
        let winner = match answers {
            (Recorded::Yes, Recorded::Conflict) => one,
            (Recorded::Conflict, Recorded::Yes) => other,
            _ => panic!("one use is recorded, the other a conflict; found {answers:?}"),
        };
        assert_eq!(t.again(&record).usage, winner.next);
    }
}

/// Whoever reads, counts and writes until it is recorded loses no count.
pub(super) fn race_of_many_counter_updates<S: CredentialStore>(t: &Bench<'_, S>) {
    let record = record("a", "alice", b"one");
    t.add(&record);
    let count = || async {
        for _ in 0..t.rounds {
            for attempt in 1.. {
                assert!(attempt < 10_000, "nobody else's use is recorded, and this one is always a conflict");
                let found = t.store.find(&record.scope, &record.credential_id).await;
                let now: CredentialRecord = found.expect("an answer").expect("the record is there");
                match t.store.record_use(&use_of(&now)).await.expect("recorded or not") {
                    Recorded::Yes => break,
                    Recorded::Conflict => {}
                    Recorded::NotFound => panic!("the record is there"),
                }
            }
        }
    };
    t.race(count(), count());
    assert_eq!(t.again(&record).usage.sign_count, t.rounds * 2);
}

/// A record that is deleted does not come back by its use.
pub(super) fn race_of_a_use_and_a_deletion<S: CredentialStore>(t: &Bench<'_, S>) {
    let record = record("a", "alice", b"one");
    let update = use_of(&record);
    let (scope, user, id) = (&record.scope, &record.user_handle, &record.credential_id);
    for round in 0..t.rounds {
        t.add(&record);
        let delete = async {
            match round % 2 {
                0 => assert_eq!(t.store.delete(scope, user, id, LastRecord::MayGo).await, Ok(Deleted::Yes)),
                _ => assert_eq!(t.store.delete_all(scope, user).await, Ok(1)),
            }
        };
        let (used, ()) = t.race(t.store.record_use(&update), delete);
        assert!(matches!(used, Ok(Recorded::Yes | Recorded::NotFound)), "{used:?}");
        assert_eq!((t.find(scope, id), t.list(scope, user)), (None, [].into()), "the record is back");
    }
}

/// Both win.
pub(super) fn race_of_a_use_and_a_rename<S: CredentialStore>(t: &Bench<'_, S>) {
    let record = record("a", "alice", b"one");
    t.add(&record);
    for round in 0..t.rounds {
        let update = RecordUpdate { user_verified: true, ..use_of(&t.again(&record)) };
        let name = format!("name {round}");
        let rename = t.store.rename(&record.scope, &record.user_handle, &record.credential_id, &name);
        assert_eq!(t.race(t.store.record_use(&update), rename), (Ok(Recorded::Yes), Ok(true)));
        let after = t.again(&record);
        assert_eq!((after.name, after.usage, after.last_used_at), (name, update.next, Some(update.used_at)));
    }
}
