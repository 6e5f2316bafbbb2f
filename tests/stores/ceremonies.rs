//! The store of pending ceremonies in memory, beyond the contract of all stores, and IDs of ceremonies.

use passkeeper::store::{CeremonyId, CeremonyStore as _, MemoryCeremonies, NewCeremony, PendingLimits, StoreError};
use passkeeper::types::{Challenge, UnixTime};
use pollster::block_on;

use super::credentials::scope;
use crate::common::*;

fn challenge(n: u8) -> Challenge {
    Challenge::new([n; 32]).unwrap()
}

fn ceremony(scope_name: &str, id: &str, n: u8, expires_at: i64) -> NewCeremony {
    let state = format!("state of {id} in {scope_name}");
    NewCeremony::new(scope(scope_name), CeremonyId::new(id), challenge(n), state, UnixTime::from_secs(expires_at))
}

fn put(store: &MemoryCeremonies, ceremony: NewCeremony, now: i64) -> Result<CeremonyId, StoreError> {
    block_on(store.put(ceremony, &PendingLimits::default(), UnixTime::from_secs(now)))
}

fn take(store: &MemoryCeremonies, scope_name: &str, id: &str) -> Option<String> {
    block_on(store.take(&scope(scope_name), &CeremonyId::new(id), NOW)).unwrap()
}

fn take_by_challenge(store: &MemoryCeremonies, scope_name: &str, n: u8) -> Option<String> {
    block_on(store.take_by_challenge(&scope(scope_name), &challenge(n), NOW)).unwrap()
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

/// What expired all at once is not paid for by the next call: a few go with each one that comes, and those in the way at once.
#[test]
fn no_call_pays_for_all_that_expired() {
    const FLOOD: usize = 1_000;
    let limits = |in_scope| PendingLimits { per_user: 16, in_scope };
    let put =
        |store: &MemoryCeremonies, ceremony, in_scope, now| block_on(store.put(ceremony, &limits(in_scope), UnixTime::from_secs(now)));
    let store = MemoryCeremonies::new();
    let full = u32::try_from(FLOOD).unwrap();
    for n in 0..FLOOD {
        put(&store, ceremony("a", &n.to_string(), 1, 100), full, 0).unwrap();
    }
    assert_eq!(put(&store, ceremony("a", "more", 1, 900), full, 100), Err(StoreError::Full));
    let mut before = store.len();
    for n in 0..FLOOD {
        // Elsewhere there is room, and here what has expired makes it.
        let scope_name = ["elsewhere", "a"][n % 2];
        put(&store, ceremony(scope_name, &format!("new {n}"), 1, 900), full, 101).unwrap();
        let gone = (before + 1).checked_sub(store.len()).unwrap();
        assert!(gone <= 10, "{gone} at once");
        before = store.len();
    }
    assert_eq!(store.len(), FLOOD, "all that expired is gone");
    // A limit that is lower than it was counts what is still good.
    assert_eq!(put(&store, ceremony("a", "one more", 1, 900), 500, 101), Err(StoreError::Full));
    assert!(put(&store, ceremony("a", "one more", 1, 900), 501, 101).is_ok());
    // And where all has expired, it is reached step by step.
    let refused = (0..FLOOD).take_while(|_| put(&store, ceremony("a", "the last", 1, 950), 1, 901).is_err()).count();
    assert!((1..FLOOD / 2).contains(&refused), "{refused}");
}

/// What has expired of a user goes before what is good, though others' floods keep it from being forgotten in its turn.
#[test]
fn a_users_oldest_stays_where_a_newer_one_has_expired() {
    let put = |store: &MemoryCeremonies, id: &str, n, expires_at, now| {
        let ceremony = ceremony("a", id, n, expires_at).user(handle("alice"));
        block_on(store.put(ceremony, &PendingLimits { per_user: 2, in_scope: 1000 }, UnixTime::from_secs(now))).unwrap();
    };
    for (now, gone, stays) in [(101, "short", "long"), (100, "long", "short")] {
        let store = MemoryCeremonies::new();
        put(&store, "long", 1, 900, 0);
        put(&store, "short", 2, 100, 0);
        for n in 0..50 {
            self::put(&store, ceremony("b", &n.to_string(), 3, 50), 0).unwrap();
        }
        put(&store, "new", 4, 900, now);
        assert_eq!((take(&store, "a", gone), take(&store, "a", stays).is_some()), (None, true), "{now}");
    }
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
