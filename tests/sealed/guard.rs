//! The replay guard by itself: bounded, closed when full, and not fooled by the clock.

use std::sync::Arc;

use passkeeper::store::{CeremonyStore as _, Marked, MemoryReplayGuard, ReplayGuard, SealedCeremonies, StoreError};
use passkeeper::types::UnixTime;
use passkeeper::{AuthenticationRequest, ErrorKind};
use pollster::block_on;

use super::setup::*;
use crate::common::*;

fn mark(guard: &MemoryReplayGuard, n: u32, expires_at: i64, now: i64) -> Result<Marked, StoreError> {
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&n.to_be_bytes());
    block_on(guard.mark(&digest, UnixTime::from_secs(expires_at), UnixTime::from_secs(now)))
}

#[test]
fn a_full_guard_refuses_and_forgets_nobody() {
    const CAPACITY: u32 = 100;
    let guard = MemoryReplayGuard::with_capacity(CAPACITY as usize);
    for n in 0..CAPACITY {
        assert_eq!(mark(&guard, n, 100 + i64::from(n), 0), Ok(Marked::First));
    }
    // A flood changes nothing, whether its tokens expire earlier or later than those remembered.
    for n in CAPACITY..100 * CAPACITY {
        assert_eq!(mark(&guard, n, i64::from(n % 500), 0), Err(StoreError::Full));
        assert!(guard.len() <= CAPACITY as usize);
    }
    for n in 0..CAPACITY {
        assert_eq!(mark(&guard, n, 100 + i64::from(n), 0), Ok(Marked::Again), "what it knows it still refuses as known");
    }
    // One expires after its last moment, and makes room for one.
    assert_eq!(mark(&guard, 1000, 900, 100), Err(StoreError::Full));
    assert_eq!(mark(&guard, 1000, 900, 101), Ok(Marked::First));
    assert_eq!(mark(&guard, 1001, 900, 101), Err(StoreError::Full));
    assert_eq!(guard.len(), CAPACITY as usize);
    // All others have expired. No call pays for all of them: a few go with each one that comes.
    for n in 1002..1002 + CAPACITY / 4 {
        let before = guard.len();
        assert_eq!(mark(&guard, n, 900, 500), Ok(Marked::First));
        assert!(guard.len() + 10 > before, "{before} {}", guard.len());
    }
    assert_eq!(guard.len(), 1 + CAPACITY as usize / 4);
    assert_eq!(mark(&MemoryReplayGuard::with_capacity(0), 1, 100, 0), Err(StoreError::Full));
}

/// Through years of use, no more is remembered than was taken within one lifetime.
#[test]
fn what_is_remembered_is_what_was_taken_within_a_lifetime() {
    let guard = MemoryReplayGuard::new();
    for second in 0..20_000 {
        let now = i64::from(second);
        assert_eq!(mark(&guard, second, now + 360, now), Ok(Marked::First));
        assert!(guard.len() <= 361);
    }
}

#[test]
fn what_was_forgotten_is_not_taken_again_when_the_clock_goes_back() {
    let guard = MemoryReplayGuard::new();
    assert_eq!(mark(&guard, 1, 100, 50), Ok(Marked::First));
    assert_eq!(mark(&guard, 2, 300, 200), Ok(Marked::First));
    assert_eq!(guard.len(), 1, "the first has expired");
    // Back again: the first is good by this clock, and nobody knows any more who took it. So is whatever expired before it.
    assert_eq!(mark(&guard, 1, 100, 50), Ok(Marked::TooLate));
    assert_eq!(mark(&guard, 3, 99, 50), Ok(Marked::TooLate));
    assert_eq!(mark(&guard, 2, 300, 50), Ok(Marked::Again));
    // What is sealed by the clock as it is now works as soon as it outlives what was forgotten.
    assert_eq!(mark(&guard, 4, 101, 51), Ok(Marked::First));
    assert_eq!(mark(&guard, 5, 10, 50), Ok(Marked::TooLate), "what has expired is not marked");

    for mode in MODES {
        let store = mode.store(keys(1), super::setup::guard());
        let at = |secs: i64| UnixTime::from_secs(NOW.as_secs() + secs);
        let sealed = |id: &str, expires_at| {
            let mut ceremony = ceremony(id);
            ceremony.expires_at = expires_at;
            put(&store, ceremony)
        };
        let (first, second) = (sealed("first", at(10)), sealed("second", at(3600)));
        assert_eq!(take_at(&store, &first, at(0)).as_deref(), Ok("first"));
        assert_eq!(take_at(&store, &second, at(3000)).as_deref(), Ok("second"));
        assert_eq!(take_at(&store, &first, at(0)), Err("ceremony-expired"));
        assert_eq!(take_at(&store, &second, at(0)), Err("sealed-token-replayed"));
    }
}

/// A fault of the server's, not of the user's, and the ceremony is still there when room is.
#[test]
fn a_full_guard_uses_no_token_up() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server_with(relying_party(), keys(1), Arc::new(MemoryReplayGuard::with_capacity(1)));
        let begin = || server.begin(&fleet.alice, AuthenticationRequest::discoverable());
        let first = begin();
        fleet.clock.advance(1);
        let second = begin();
        assert_eq!(server.finish(&first.0, &first.1).as_deref(), Ok("alice"));
        let error = block_on(server.passkeys.complete_authentication(&second.0, &second.1)).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("replay-guard-full", ErrorKind::Store));
        assert_eq!(server.finish(&first.0, &first.1), Err("sealed-token-replayed"));
        fleet.clock.advance(360);
        assert_eq!(server.finish(&second.0, &second.1).as_deref(), Ok("alice"));
        assert_eq!(server.finish(&first.0, &first.1), Err("ceremony-expired"));
    }
}

#[test]
fn only_tokens_that_could_be_taken_are_remembered() {
    for mode in MODES {
        let guard = guard();
        let store = mode.store(keys(1), guard.clone());
        let id = put(&store, ceremony("state"));
        for n in 0..1000u32 {
            let mut garbage = bytes(&id);
            garbage.extend(n.to_be_bytes());
            take(&store, &token(garbage)).unwrap_err();
        }
        block_on(store.take(&scope("another"), &id, NOW)).unwrap_err();
        take_at(&store, &id, UnixTime::from_secs(EXPIRES.as_secs() + 1)).unwrap_err();
        take(&store, &put(&mode.store(keys(2), guard.clone()), ceremony("of another key"))).unwrap_err();
        assert!(guard.is_empty());
    }
}

/// A guard over something that cannot be reached: nobody is let in unmarked.
#[test]
fn a_guard_that_is_down_is_told_apart_from_a_refusal() {
    struct Down;
    impl ReplayGuard for Down {
        async fn mark(&self, _: &[u8; 32], _: UnixTime, _: UnixTime) -> Result<Marked, StoreError> {
            Err(StoreError::unavailable("connection refused"))
        }
    }
    let down = SealedCeremonies::new(keys(1), Down);
    let id = block_on(down.put(ceremony("state"), &Default::default(), NOW)).unwrap();
    assert_eq!(block_on(down.take(&scope("a"), &id, NOW)), Err(StoreError::unavailable("connection refused")));
    assert_eq!(take(&Mode::Signed.store(keys(1), guard()), &id).as_deref(), Ok("state"));
}
