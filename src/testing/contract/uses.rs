//! What a use compares and changes.

use super::Bench;
use super::sample::{KEYS, NOW, full_record, id, record, scope, use_of, user};
use crate::ceremony::{RecordUpdate, UseState};
use crate::store::{CredentialStore, Recorded};
use crate::types::{RecordId, UnixTime};

pub(super) fn a_use_is_recorded_once<S: CredentialStore>(t: &Bench<'_, S>) {
    let record = record("a", "alice", b"one");
    let update = use_of(&record);
    assert_eq!(t.record_use(&update), Recorded::NotFound);
    t.add(&record);
    assert_eq!(t.record_use(&update), Recorded::Yes);
    let used = t.again(&record);
    assert_eq!((used.usage, used.last_used_at), (update.next, Some(NOW)));
    // The expected state is gone; the same state over again is none.
    assert_eq!(t.record_use(&update), Recorded::Conflict);
    let mut idle = use_of(&used);
    idle.next = idle.expected;
    assert_eq!([t.record_use(&idle), t.record_use(&idle)], [Recorded::Yes; 2]);
    let elsewhere = RecordUpdate { credential_id: id(b"other"), ..idle };
    assert_eq!(t.record_use(&elsewhere), Recorded::NotFound);
    assert_eq!(t.again(&record), used);
}

/// All states against all others, and owner and key too.
pub(super) fn every_member_of_the_expected_state_is_compared<S: CredentialStore>(t: &Bench<'_, S>) {
    let known = [None, Some(false), Some(true)];
    let mut states = alloc::vec::Vec::new();
    for (backup_eligible, uv_initialized) in known.into_iter().flat_map(|one| known.map(|other| (one, other))) {
        for (sign_count, backup_state) in [(0, false), (0, true), (u32::MAX, true)] {
            states.push(UseState { sign_count, backup_eligible, backup_state, uv_initialized });
        }
    }
    let mut record = record("a", "alice", b"one");
    record.usage = states[0];
    t.add(&record);
    for next in &states {
        record = t.again(&record);
        for expected in states.iter().filter(|state| **state != record.usage) {
            let wrong = RecordUpdate { expected: *expected, next: *expected, ..use_of(&record) };
            assert_eq!(t.record_use(&wrong), Recorded::Conflict, "expected {expected:?}, recorded {:?}", record.usage);
        }
        let mut wrong = [use_of(&record), use_of(&record)];
        wrong[0].user_handle = user("bob");
        wrong[1].public_key = KEYS[1].clone();
        assert_eq!(wrong.map(|wrong| t.record_use(&wrong)), [Recorded::Conflict; 2], "another owner, another key");
        assert_eq!(t.again(&record), record, "a conflict changes nothing");
        assert_eq!(t.record_use(&RecordUpdate { next: *next, ..use_of(&record) }), Recorded::Yes);
        assert_eq!(t.again(&record).usage, *next);
    }
}

pub(super) fn a_use_changes_nothing_else<S: CredentialStore>(t: &Bench<'_, S>) {
    let bystander = record("täna𝐧t", "-", b"two");
    t.add(&bystander);
    for (n, supported) in [None, Some(false), Some(true)].into_iter().enumerate() {
        for user_verified in [false, true] {
            let mut before = full_record();
            before.supports_user_verification = supported;
            before.credential_id = id([n.to_le_bytes()[0], user_verified.into()]);
            before.id = RecordId::derive(&before.scope, &before.rp_id, &before.credential_id);
            before.last_used_at = None;
            t.add(&before);
            let next = UseState { sign_count: 7, backup_eligible: Some(false), backup_state: false, uv_initialized: None };
            assert_eq!(t.record_use(&RecordUpdate { next, user_verified, ..use_of(&before) }), Recorded::Yes);
            let mut after = before.clone();
            (after.usage, after.last_used_at) = (next, Some(NOW));
            after.supports_user_verification = if user_verified { Some(true) } else { supported };
            assert_eq!(t.again(&before), after);
        }
    }
    assert_eq!(t.again(&bystander), bystander);
}

pub(super) fn the_time_of_last_use_never_goes_back<S: CredentialStore>(t: &Bench<'_, S>) {
    let record = record("a", "alice", b"one");
    t.add(&record);
    let last_used = |secs: i64| {
        let update = RecordUpdate { used_at: UnixTime::from_secs(secs), ..use_of(&t.again(&record)) };
        assert_eq!(t.record_use(&update), Recorded::Yes);
        t.again(&record).last_used_at.expect("it was used").as_secs()
    };
    // Before 1970, and after 2038 and 2106.
    let times = [-7_000_000_000, -8_000_000_000, 0, -1, 9_000_000_000, 8_999_999_999];
    assert_eq!(times.map(last_used), [-7_000_000_000, -7_000_000_000, 0, 0, 9_000_000_000, 9_000_000_000]);
}

pub(super) fn a_rename_changes_the_name_only<S: CredentialStore>(t: &Bench<'_, S>) {
    let mut record = full_record();
    let other = self::record("täna𝐧t", "-", b"two");
    t.add(&record);
    t.add(&other);
    let update = use_of(&record);
    let names = ["new", "", "Zoë's ⚿ \"key\"; -- % _ \\", &"€".repeat(85), "\u{1f469}\u{200d}\u{1f4bb}\n\t\u{7f}"];
    for name in names {
        assert!(t.rename(&record.scope, &record.user_handle, &record.credential_id, name), "the owner renames");
        record.name = name.into();
        assert_eq!(t.again(&record), record);
    }
    // A use that was verified before the rename is recorded after it.
    assert_eq!(t.record_use(&update), Recorded::Yes);
    assert_eq!(t.again(&record).name, record.name);
    assert!(!t.rename(&scope("täna𝐧t"), &record.user_handle, &id(b"none"), "new"), "nothing there to rename");
    assert_eq!(t.again(&other), other);
}
