//! One use: in a row, after a failure, at the same moment.

use std::sync::Barrier;

use passkeeper::AuthenticationRequest;
use pollster::block_on;

use super::setup::*;
use crate::common::*;

const ROUNDS: usize = 1000;

#[test]
fn a_token_is_taken_once() {
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let id = put(&store, ceremony("state"));
        assert_eq!(take(&store, &id).as_deref(), Ok("state"));
        for _ in 0..3 {
            assert_eq!(take(&store, &id), Err("sealed-token-replayed"));
        }
        // Up to its last moment, and then it has expired.
        assert_eq!(take_at(&store, &id, EXPIRES), Err("sealed-token-replayed"));
        let after = passkeeper::types::UnixTime::from_secs(EXPIRES.as_secs() + 1);
        assert_eq!(take_at(&store, &id, after), Err("ceremony-expired"));
    }
}

/// The same state under another ID is another ceremony.
#[test]
fn taking_one_leaves_others_alone() {
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let ids: Vec<_> = (0..100)
            .map(|n| {
                let mut ceremony = ceremony("state");
                ceremony.id = passkeeper::store::CeremonyId::new(n.to_string());
                put(&store, ceremony)
            })
            .collect();
        for id in &ids {
            assert_eq!(take(&store, id).as_deref(), Ok("state"));
        }
        for id in &ids {
            assert_eq!(take(&store, id), Err("sealed-token-replayed"));
        }
    }
}

#[test]
fn a_login_cannot_be_repeated() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let (id, response) = server.begin(&fleet.alice, AuthenticationRequest::discoverable());
        assert_eq!(server.finish(&id, &response).as_deref(), Ok("alice"));
        assert_eq!(server.finish(&id, &response), Err("sealed-token-replayed"));
    }
}

#[test]
fn a_failed_or_vetoed_attempt_uses_the_token_up() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let begin = || server.begin(&fleet.alice, AuthenticationRequest::discoverable());
        let (id, response) = begin();
        let mut forged = response.clone();
        forged.signature = vec![0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01].into();
        assert_eq!(server.finish(&id, &forged), Err("signature-invalid"));
        assert_eq!(server.finish(&id, &response), Err("sealed-token-replayed"));

        let (id, response) = begin();
        drop(block_on(server.passkeys.verify_authentication(&id, &response)).unwrap());
        assert_eq!(server.finish(&id, &response), Err("sealed-token-replayed"));

        // Of another kind too.
        let (id, response) = begin();
        let (_, created) = server.begin_registration("carol", 3);
        assert_eq!(refusal(block_on(server.passkeys.complete_registration(&id, &created))).0, "ceremony-kind-mismatch");
        assert_eq!(server.finish(&id, &response), Err("sealed-token-replayed"));
    }
}

#[test]
fn a_tampered_copy_does_not_use_the_token_up() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let (id, response) = server.begin(&fleet.alice, AuthenticationRequest::discoverable());
        let mut changed = bytes(&id);
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(server.finish(&token(changed), &response), Err("sealed-token-tampered"));
        assert_eq!(server.finish(&id, &response).as_deref(), Ok("alice"));
    }
}

/// Of many at the same moment, one gets the state; over two stores that share a guard, as two servers would.
#[test]
fn of_concurrent_takes_one_wins() {
    const THREADS: usize = 4;
    let guard = guard();
    let stores = MODES.map(|mode| mode.store(keys(1), guard.clone()));
    let barrier = Barrier::new(THREADS);
    let ids: Vec<_> = (0..ROUNDS)
        .map(|round| {
            let mut ceremony = ceremony("state");
            ceremony.id = passkeeper::store::CeremonyId::new(round.to_string());
            put(&stores[round % 2], ceremony)
        })
        .collect();
    let takes = |thread: usize| {
        let store = &stores[thread % 2];
        let one = |id| {
            barrier.wait();
            take(store, id)
        };
        ids.iter().map(one).collect::<Vec<_>>()
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let takes = &takes;
        let threads: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || takes(n))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for round in 0..ROUNDS {
        let of_round = |answer: &Result<String, &str>| answers.iter().filter(|thread| thread[round] == *answer).count();
        assert_eq!((of_round(&Ok("state".into())), of_round(&Err("sealed-token-replayed"))), (1, THREADS - 1), "round {round}");
    }
    assert_eq!(guard.len(), ROUNDS);
}
