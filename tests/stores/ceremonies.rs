//! The store of pending ceremonies by itself.

use passkeeper::store::{CeremonyId, CeremonyStore as _, MemoryCeremonies, NewCeremony, PendingLimits, StoreError};
use passkeeper::types::{Challenge, UnixTime};
use pollster::block_on;

use super::credentials::scope;
use crate::common::*;

fn challenge(n: u8) -> Challenge {
    Challenge::new([n; 32]).unwrap()
}

pub(super) fn ceremony(scope_name: &str, id: &str, n: u8, expires_at: i64) -> NewCeremony {
    let state = format!("state of {id} in {scope_name}");
    NewCeremony::new(scope(scope_name), CeremonyId::new(id), challenge(n), state, UnixTime::from_secs(expires_at))
}

fn put(store: &MemoryCeremonies, ceremony: NewCeremony, now: i64) -> Result<CeremonyId, StoreError> {
    put_within(store, ceremony, u32::MAX, now)
}

fn put_within(store: &MemoryCeremonies, ceremony: NewCeremony, in_scope: u32, now: i64) -> Result<CeremonyId, StoreError> {
    block_on(store.put(ceremony, &PendingLimits { per_user: 2, in_scope }, UnixTime::from_secs(now)))
}

fn take(store: &MemoryCeremonies, scope_name: &str, id: &str) -> Option<String> {
    block_on(store.take(&scope(scope_name), &CeremonyId::new(id), NOW)).unwrap()
}

fn take_by_challenge(store: &MemoryCeremonies, scope_name: &str, n: u8) -> Option<String> {
    block_on(store.take_by_challenge(&scope(scope_name), &challenge(n), NOW)).unwrap()
}

#[test]
fn a_ceremony_is_taken_once() {
    let store = MemoryCeremonies::new();
    assert!(store.is_empty());
    assert_eq!(put(&store, ceremony("a", "x", 1, 100), 0), Ok(CeremonyId::new("x")));
    assert_eq!(store.len(), 1);
    assert_eq!(take(&store, "a", "x").as_deref(), Some("state of x in a"));
    assert_eq!((take(&store, "a", "x"), take_by_challenge(&store, "a", 1)), (None, None));

    put(&store, ceremony("a", "y", 2, 100), 0).unwrap();
    assert_eq!(take_by_challenge(&store, "a", 2).as_deref(), Some("state of y in a"));
    assert_eq!((take_by_challenge(&store, "a", 2), take(&store, "a", "y")), (None, None));
    assert!(store.is_empty());
}

#[test]
fn scopes_are_apart() {
    let store = MemoryCeremonies::new();
    put(&store, ceremony("a", "x", 1, 100), 0).unwrap();
    put(&store, ceremony("b", "x", 1, 100), 0).unwrap();
    assert_eq!((take(&store, "c", "x"), take_by_challenge(&store, "c", 1)), (None, None));
    assert_eq!(take(&store, "a", "x").as_deref(), Some("state of x in a"));
    assert_eq!((take(&store, "a", "x"), take_by_challenge(&store, "a", 1)), (None, None));
    assert_eq!(take_by_challenge(&store, "b", 1).as_deref(), Some("state of x in b"));
}

#[test]
fn the_limit_of_a_scope_is_exact_and_taking_makes_room() {
    let store = MemoryCeremonies::new();
    for id in ["1", "2"] {
        put_within(&store, ceremony("a", id, 1, 100), 2, 0).unwrap();
    }
    put_within(&store, ceremony("b", "1", 1, 100), 2, 0).unwrap();
    assert_eq!(put_within(&store, ceremony("a", "3", 3, 100), 2, 0), Err(StoreError::Full));
    // Nobody was pushed out.
    assert_eq!(store.len(), 3);
    assert!(take(&store, "a", "1").is_some());
    put_within(&store, ceremony("a", "3", 3, 100), 2, 0).unwrap();
    assert_eq!(put_within(&store, ceremony("a", "4", 4, 100), 2, 0), Err(StoreError::Full));
    assert_eq!(put_within(&MemoryCeremonies::new(), ceremony("a", "1", 1, 100), 0, 0), Err(StoreError::Full));
}

#[test]
fn one_too_many_of_a_user_pushes_the_users_oldest_out() {
    let store = MemoryCeremonies::new();
    let of = |user: &str, id: &str, n| ceremony("a", id, n, 100).user(handle(user));
    for (n, (user, id)) in (0..).zip([("alice", "1"), ("bob", "2"), ("alice", "3"), ("alice", "4")]) {
        put(&store, of(user, id, n), 0).unwrap();
    }
    assert_eq!((take(&store, "a", "1"), take_by_challenge(&store, "a", 0)), (None, None));
    for id in ["2", "3", "4"] {
        assert!(take(&store, "a", id).is_some(), "{id}");
    }
    // Nobody's ceremonies, and those of a user of the same name elsewhere, are not counted.
    for (scope, id) in [("a", "5"), ("a", "6"), ("a", "7")] {
        put(&store, ceremony(scope, id, 5, 100), 0).unwrap();
    }
    put(&store, ceremony("b", "8", 8, 100).user(handle("alice")), 0).unwrap();
    assert_eq!(store.len(), 4);
}

#[test]
fn expired_ceremonies_make_room() {
    let store = MemoryCeremonies::new();
    let put = |store: &MemoryCeremonies, ceremony, now| put_within(store, ceremony, 3, now);
    for (id, n, expires_at) in [("late", 1, 300), ("early", 2, 100), ("middle", 3, 200)] {
        put(&store, ceremony("a", id, n, expires_at), 0).unwrap();
    }
    // At its last moment a ceremony is still good.
    assert_eq!(put(&store, ceremony("a", "new", 4, 400), 100), Err(StoreError::Full));
    put(&store, ceremony("a", "new", 4, 400), 101).unwrap();
    assert_eq!((take(&store, "a", "early"), take_by_challenge(&store, "a", 2)), (None, None));
    assert_eq!(put(&store, ceremony("a", "newer", 5, 400), 200), Err(StoreError::Full));
    assert!(take(&store, "a", "middle").is_some());
    put(&store, ceremony("a", "newer", 5, 400), 200).unwrap();
    put(&store, ceremony("a", "newest", 6, 900), 500).unwrap();
    assert_eq!(store.len(), 1);
    assert!(take(&store, "a", "newest").is_some());
}

#[test]
fn a_ceremony_is_kept_at_least_until_it_expires() {
    let store = MemoryCeremonies::new();
    put(&store, ceremony("a", "x", 1, 100), 0).unwrap();
    put(&store, ceremony("a", "y", 2, 200), 100).unwrap();
    assert!(take(&store, "a", "x").is_some());
}

/// Random challenges do not repeat; where a caller's do, the newer ceremony counts.
#[test]
fn of_two_with_one_challenge_the_newer_is_found_by_it() {
    let store = MemoryCeremonies::new();
    put(&store, ceremony("a", "older", 1, 100), 0).unwrap();
    put(&store, ceremony("a", "newer", 1, 100), 0).unwrap();
    assert_eq!(take(&store, "a", "older").as_deref(), Some("state of older in a"));
    assert_eq!(take_by_challenge(&store, "a", 1).as_deref(), Some("state of newer in a"));
    assert!(store.is_empty());
}

#[test]
fn of_two_with_one_id_the_newer_counts() {
    let store = MemoryCeremonies::new();
    put(&store, ceremony("a", "x", 1, 100), 0).unwrap();
    put(&store, ceremony("a", "x", 2, 200), 0).unwrap();
    assert_eq!(store.len(), 1);
    assert_eq!(take_by_challenge(&store, "a", 1), None);
    // The older one's expiry is forgotten with it.
    put(&store, ceremony("a", "y", 3, 300), 150).unwrap();
    assert!(take_by_challenge(&store, "a", 2).is_some());
}

#[test]
fn debug_hides_the_id_of_a_ceremony() {
    let id = CeremonyId::new("secret-of-the-session");
    assert_eq!(id.as_str(), "secret-of-the-session");
    let mut ceremony = ceremony("a", "secret-of-the-session", 1, 100);
    ceremony.state = "the pending state".into();
    for text in [format!("{id:?}"), format!("{id:#?}"), format!("{ceremony:?}")] {
        assert!(!text.contains("secret-of-the-session") && !text.contains("the pending state"), "{text}");
    }
    assert_eq!(format!("{id:?}"), "CeremonyId(…)");
}

#[test]
fn an_id_goes_through_json_and_one_that_is_too_long_finds_nothing() {
    let id = CeremonyId::new("abc");
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"abc\"");
    assert_eq!(serde_json::from_str::<CeremonyId>("\"abc\"").unwrap(), id);
    let longest = "x".repeat(16 * 1024);
    assert_eq!(CeremonyId::new(longest.clone()).as_str(), longest);
    let store = MemoryCeremonies::new();
    put(&store, ceremony("a", &longest, 1, 100), 0).unwrap();
    assert_eq!(take(&store, "a", &format!("{longest}x")), None);
    assert!(take(&store, "a", &longest).is_some());
}
