//! Two at once for one ceremony or one place.

use super::Bench;
use super::sample::{NOW, ceremony, challenge, scope, state_of, user};
use crate::store::{CeremonyStore, PendingLimits, StoreError};

/// By ID, by challenge, and one by each: of two callers one gets it.
pub(super) fn race_of_two_takers<S: CeremonyStore>(t: &Bench<'_, S>) {
    let (tenant, challenge) = (scope("a"), challenge(1));
    for round in 0..t.rounds {
        let id = t.put(ceremony("a", "x", 1).user(user("alice")));
        let by_id = || t.store.take(&tenant, &id, NOW);
        let by_challenge = || t.store.take_by_challenge(&tenant, &challenge, NOW);
        let (one, other) = match round % 3 {
            0 => t.race(by_id(), by_id()),
            1 => t.race(by_challenge(), by_challenge()),
            _ => t.race(by_id(), by_challenge()),
        };
        let taken = [one.expect("an answer"), other.expect("an answer")];
        assert_eq!(taken.iter().flatten().collect::<alloc::vec::Vec<_>>(), [&state_of("a", "x")], "one of two gets it");
        assert_eq!((t.take("a", &id), t.take_by_challenge("a", 1)), (None, None));
    }
}

pub(super) fn race_for_the_last_place_in_a_scope<S: CeremonyStore>(t: &Bench<'_, S>) {
    let limits = PendingLimits { per_user: 9, in_scope: 2 };
    t.try_put(ceremony("a", "first", 0), &limits, NOW).expect("there is room");
    for _ in 0..t.rounds {
        let put = |id, n| t.store.put(ceremony("a", id, n), &limits, NOW);
        let winner = match t.race(put("x", 1), put("y", 2)) {
            (Ok(id), Err(StoreError::Full)) | (Err(StoreError::Full), Ok(id)) => id,
            answers => panic!("one is put, the other refused; found {answers:?}"),
        };
        assert!(t.take("a", &winner).is_some(), "what was put is there");
    }
}

/// Two of one user where one may be pending: the later one is.
pub(super) fn race_of_one_user_against_oneself<S: CeremonyStore>(t: &Bench<'_, S>) {
    let limits = PendingLimits { per_user: 1, in_scope: 9 };
    for _ in 0..t.rounds {
        let put = |id, n| t.store.put(ceremony("a", id, n).user(user("alice")), &limits, NOW);
        let (one, other) = t.race(put("x", 1), put("y", 2));
        let taken = [one, other].map(|id| t.take("a", &id.expect("there is room")).is_some());
        assert_ne!(taken[0], taken[1], "one of two stays");
    }
}
