//! What sealing cannot promise: each limit of the documentation, shown.

use passkeeper::AuthenticationRequest;
use passkeeper::store::PendingLimits;
use passkeeper::types::UnixTime;
use pollster::block_on;

use super::setup::*;
use crate::common::*;

#[test]
fn limit_two_servers_with_a_guard_each_accept_a_replay() {
    let fleet = Fleet::new(Mode::Signed);
    let (one, other) = (fleet.server(), fleet.server());
    let (id, response) = one.begin(&fleet.alice, AuthenticationRequest::discoverable());
    assert_eq!(one.finish(&id, &response).as_deref(), Ok("alice"));
    assert_eq!(other.finish(&id, &response).as_deref(), Ok("alice"), "the limit");
    // Once each, and within the lifetime.
    for server in [&one, &other] {
        assert_eq!(server.finish(&id, &response), Err("sealed-token-replayed"));
    }
    fleet.clock.advance(361);
    assert_eq!(fleet.server().finish(&id, &response), Err("ceremony-expired"));
}

#[test]
fn servers_that_share_a_guard_accept_none() {
    let fleet = Fleet::new(Mode::Signed);
    let shared = guard();
    let server = || fleet.server_with(relying_party(), keys(1), shared.clone());
    let (one, other) = (server(), server());
    let (id, response) = one.begin(&fleet.alice, AuthenticationRequest::discoverable());
    assert_eq!(one.finish(&id, &response).as_deref(), Ok("alice"));
    assert_eq!(other.finish(&id, &response), Err("sealed-token-replayed"));
}

#[test]
fn limit_a_restart_forgets_what_a_guard_in_memory_knew() {
    let fleet = Fleet::new(Mode::Signed);
    let (id, response) = fleet.server().begin(&fleet.alice, AuthenticationRequest::discoverable());
    assert_eq!(fleet.server().finish(&id, &response).as_deref(), Ok("alice"));
    assert_eq!(fleet.server().finish(&id, &response).as_deref(), Ok("alice"), "the limit");
}

#[test]
fn limit_started_ceremonies_are_not_counted() {
    let fleet = Fleet::new(Mode::Signed);
    let limits = PendingLimits { per_user: 1, in_scope: 1 };
    let server = fleet.server();
    let passkeys = server.passkeys.clone().pending_limits(limits);
    let started: Vec<_> =
        (0..10).map(|_| block_on(passkeys.start_authentication(AuthenticationRequest::known(handle("alice")))).unwrap()).collect();
    let response = answer(&fleet.alice, &json(&started[0].options));
    assert_eq!(server.finish(&started[0].session, &response).as_deref(), Ok("alice"), "the oldest is still good");
}

#[test]
fn limit_a_clock_set_back_lets_a_token_live_longer_but_once() {
    let store = Mode::Signed.store(keys(1), guard());
    let id = put(&store, ceremony("state"));
    let at = |secs: i64| UnixTime::from_secs(EXPIRES.as_secs() + secs);
    assert_eq!(take_at(&store, &id, at(1)), Err("ceremony-expired"));
    assert_eq!(take_at(&store, &id, at(-3600)).as_deref(), Ok("state"), "the limit");
    assert_eq!(take_at(&store, &id, at(-3600)), Err("sealed-token-replayed"));
}
