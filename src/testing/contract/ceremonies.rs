//! Pending ceremonies: taken once, bounded, forgotten.

use alloc::string::String;
use alloc::vec::Vec;

use super::Bench;
use super::sample::{NOW, ceremony, challenge, scope, state_of, user};
use crate::store::{CeremonyId, CeremonyStore, NewCeremony, PendingLimits, StoreError};
use crate::types::{Challenge, UnixTime};

/// So many seconds from the usual moment.
fn at(secs: i64) -> UnixTime {
    UnixTime::from_secs(NOW.as_secs() + secs)
}

fn until(mut ceremony: NewCeremony, secs: i64) -> NewCeremony {
    ceremony.expires_at = at(secs);
    ceremony
}

pub(super) fn a_ceremony_is_taken_once_either_way<S: CeremonyStore>(t: &Bench<'_, S>) {
    for by_challenge in [false, true] {
        let id = t.put(ceremony("a", "x", 1));
        let bystander = t.put(ceremony("a", "y", 2));
        let taken = if by_challenge { t.take_by_challenge("a", 1) } else { t.take("a", &id) };
        assert_eq!(taken, Some(state_of("a", "x")));
        assert_eq!([t.take("a", &id), t.take_by_challenge("a", 1), t.take("a", &id)], [None, None, None], "by challenge: {by_challenge}");
        assert_eq!(t.take("a", &bystander), Some(state_of("a", "y")));
    }
}

pub(super) fn scopes_are_apart<S: CeremonyStore>(t: &Bench<'_, S>) {
    let ids = ["a", "b"].map(|scope| t.put(ceremony(scope, "x", 1)));
    assert_eq!((t.take("c", &ids[0]), t.take_by_challenge("c", 1)), (None, None));
    assert_eq!(t.take("a", &ids[0]), Some(state_of("a", "x")));
    assert_eq!((t.take("a", &ids[0]), t.take_by_challenge("a", 1)), (None, None));
    assert_eq!(t.take_by_challenge("b", 1), Some(state_of("b", "x")));
}

pub(super) fn a_state_comes_back_as_it_went_in<S: CeremonyStore>(t: &Bench<'_, S>) {
    let states = [String::from("{}"), "{\"ß\":\"\\u0000 '\\\" ⚿ %s $1 {0}\"}\n".into(), "\"".repeat(16 * 1024)];
    for (n, state) in states.iter().enumerate() {
        for by_challenge in [false, true] {
            let mut new = ceremony("a", "x", n.to_le_bytes()[0]);
            new.state.clone_from(state);
            let id = t.put(new);
            let taken = if by_challenge { t.take_by_challenge("a", n.to_le_bytes()[0]) } else { t.take("a", &id) };
            assert_eq!(taken.as_ref(), Some(state));
        }
    }
    // IDs as the library makes them, and others; challenges of any bytes and lengths.
    let odd = ["-_", "a b", "a:b", "{a}", "ä%", &"x".repeat(200), "A", "a", "aa"];
    let challenges: Vec<Challenge> =
        [&[0; 16][..], &[0; 17], &[0xff; 32], b"a:b{c}'\" %_\\\r\n\0z", &[7; 64], &[8; 40], &[9; 33], &[9; 32], &[9; 34]]
            .map(|bytes| Challenge::new(bytes).expect("a challenge"))
            .into();
    let put = |(id, challenge): (&&str, &Challenge)| {
        let mut new = ceremony("a{b}:c", id, 1);
        new.challenge = challenge.clone();
        t.put(new)
    };
    let ids: Vec<CeremonyId> = odd.iter().zip(&challenges).map(put).collect();
    for ((id, name), challenge) in ids.iter().zip(odd).zip(&challenges) {
        let taken = match name.len() % 2 {
            0 => t.take("a{b}:c", id),
            _ => t.run(t.store.take_by_challenge(&scope("a{b}:c"), challenge, NOW)).expect("an answer"),
        };
        assert_eq!(taken, Some(state_of("a{b}:c", name)), "{name}");
    }
}

/// Whatever a client makes up finds nothing, and is no fault of the store.
pub(super) fn what_was_never_put_is_not_there<S: CeremonyStore>(t: &Bench<'_, S>) {
    let id = t.put(ceremony("a", "x", 1));
    for made_up in ["", "X", "x ", "x\0", "\0", "%", "_", "*", "'; --", "x*", "\u{feff}x", &"x".repeat(16 * 1024)] {
        assert_eq!(t.take("a", &CeremonyId::new(made_up)), None, "{made_up:?}");
    }
    for made_up in [&[1; 16][..], &[1; 31], &[1; 33], &[1; 64]] {
        let made_up = Challenge::new(made_up).expect("a challenge");
        assert_eq!(t.run(t.store.take_by_challenge(&scope("a"), &made_up, NOW)), Ok(None));
    }
    assert!(t.take("a", &id).is_some(), "what was put is there");
}

/// Whether the clock stands still, goes on or goes back.
pub(super) fn a_ceremony_is_kept_until_it_expires<S: CeremonyStore>(t: &Bench<'_, S>) {
    let ids = [("x", 100), ("y", 200), ("z", 0)].map(|(id, secs)| t.put(until(ceremony("a", id, id.as_bytes()[0]), secs)));
    let after = t.try_put(until(ceremony("a", "after", 0), 300), &PendingLimits::default(), at(100)).expect("there is room");
    for (id, now) in [(&ids[0], 100), (&ids[1], -50), (&after, 300)] {
        assert!(t.run(t.store.take(&scope("a"), id, at(now))).expect("an answer").is_some(), "taken at {now}");
    }
}

pub(super) fn one_too_many_of_a_user_pushes_the_users_oldest_out<S: CeremonyStore>(t: &Bench<'_, S>) {
    let limits = PendingLimits { per_user: 2, in_scope: 5 };
    let put = |scope: &str, id: &str, n, owner: Option<&str>| {
        let new = ceremony(scope, id, n);
        let new = match owner {
            Some(owner) => new.user(user(owner)),
            None => new,
        };
        t.try_put(new, &limits, NOW).expect("there is room")
    };
    // Of another user, of nobody, and of a user with the same handle elsewhere, none is pushed out.
    let others = [put("a", "b", 11, Some("bob")), put("a", "n", 12, None), put("a", "m", 13, None), put("b", "e", 14, Some("alice"))];
    let alices = ["5", "9", "1"].map(|id| put("a", id, id.as_bytes()[0], Some("alice")));
    assert_eq!((t.take("a", &alices[0]), t.take_by_challenge("a", b'5')), (None, None), "the oldest is gone");
    // The scope is full by now, but there is room where the user's own oldest goes.
    let last = put("a", "0", 0, Some("alice"));
    assert_eq!(t.take("a", &alices[1]), None);
    for (id, scope) in [(&alices[2], "a"), (&last, "a"), (&others[0], "a"), (&others[1], "a"), (&others[2], "a"), (&others[3], "b")] {
        assert!(t.take(scope, id).is_some(), "{}", id.as_str());
    }
    // What was taken is not counted.
    let one = put("a", "1", 1, Some("alice"));
    assert!(t.take("a", &one).is_some());
    let kept = ["2", "3"].map(|id| put("a", id, id.as_bytes()[0], Some("alice")));
    assert!(kept.iter().all(|id| t.take("a", id).is_some()));
}

pub(super) fn one_too_many_of_a_scope_is_refused<S: CeremonyStore>(t: &Bench<'_, S>) {
    let limits = PendingLimits { per_user: 9, in_scope: 2 };
    let put = |scope: &str, id: &str, n| t.try_put(ceremony(scope, id, n), &limits, NOW);
    let first = put("a", "1", 1).expect("there is room");
    let second = put("a", "2", 2).expect("there is room");
    let elsewhere = put("b", "1", 1).expect("another scope has room of its own");
    assert_eq!(put("a", "3", 3), Err(StoreError::Full));
    assert_eq!(t.try_put(ceremony("a", "3", 3).user(user("alice")), &limits, NOW), Err(StoreError::Full));
    assert_eq!(t.try_put(ceremony("c", "1", 1), &PendingLimits { in_scope: 0, ..limits }, NOW), Err(StoreError::Full));
    assert_eq!(t.take_by_challenge("a", 3), None, "what was refused is not there");
    // Nobody was pushed out, and taking makes room for exactly one, either way.
    assert!(t.take("a", &first).is_some());
    let third = put("a", "3", 3).expect("there is room");
    assert_eq!(put("a", "4", 4), Err(StoreError::Full));
    assert!(t.take_by_challenge("a", 2).is_some());
    put("a", "4", 4).expect("there is room");
    assert_eq!((t.take("a", &second), put("a", "5", 5)), (None, Err(StoreError::Full)));
    assert!(t.take("a", &third).is_some() && t.take("b", &elsewhere).is_some());
}

pub(super) fn expired_ones_make_room<S: CeremonyStore>(t: &Bench<'_, S>) {
    let limits = PendingLimits { per_user: 1, in_scope: 3 };
    let put = |id: &str, expires, now| t.try_put(until(ceremony("a", id, id.as_bytes()[0]), expires), &limits, at(now));
    put("l", 300, 0).expect("there is room");
    put("e", 100, 0).expect("there is room");
    put("m", 200, 0).expect("there is room");
    // At its last moment a ceremony is still good.
    assert_eq!(put("n", 400, 100), Err(StoreError::Full));
    put("n", 400, 101).expect("one has expired");
    assert_eq!(put("o", 400, 200), Err(StoreError::Full));
    put("p", 900, 301).expect("more have expired");
    put("q", 900, 301).expect("more have expired");
    assert_eq!(put("r", 900, 301), Err(StoreError::Full));
    // A user's that has expired is not counted for the user either: nobody else's goes in its place.
    let of_alice = |id: &str, expires, now| {
        let new = until(ceremony("b", id, id.as_bytes()[0]), expires).user(user("alice"));
        t.try_put(new, &PendingLimits { per_user: 2, in_scope: 3 }, at(now)).expect("there is room")
    };
    of_alice("1", 100, 0);
    let kept = [of_alice("2", 300, 0), of_alice("3", 300, 101)];
    assert!(kept.iter().all(|id| t.take("b", id).is_some()), "both were still good");
    assert_eq!(t.take_by_challenge("b", challenge(b'1').as_bytes()[0]), None);
}
