//! Whole ceremonies whose state nobody kept.

use passkeeper::{AuthenticationRequest, ErrorKind, TakeBy};
use pollster::block_on;

use super::setup::*;
use crate::common::*;

#[test]
fn the_three_ceremonies_complete_on_another_server_than_they_began() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let (one, other) = (fleet.server(), fleet.server());

        let (id, response) = one.begin_registration("carol", 3);
        let registered = block_on(other.passkeys.complete_registration(&id, &response)).unwrap();
        assert_eq!(registered.record.user_handle, handle("carol"));

        for request in [AuthenticationRequest::discoverable(), AuthenticationRequest::known(handle("alice"))] {
            let (id, response) = one.begin(&fleet.alice, request);
            assert_eq!(other.finish(&id, &response).as_deref(), Ok("alice"));
        }

        let started = block_on(one.passkeys.start_assertion(AuthenticationRequest::known(handle("bob")))).unwrap();
        let response = answer(&fleet.bob, &json(&started.options));
        let asserted = block_on(other.passkeys.complete_assertion(&started.session, &response)).unwrap();
        assert_eq!(asserted.user_handle(), &handle("bob"));
        assert_eq!((one.guard.len(), other.guard.len()), (0, 4), "only the one that took them remembers them");
    }
}

#[test]
fn a_session_of_usual_size_has_a_token_of_one_to_two_thousand_characters() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let (id, _) = fleet.server().begin(&fleet.alice, AuthenticationRequest::known(handle("alice")));
        assert!(id.as_str().len() < 2000, "{mode:?}: {}", id.as_str().len());
        assert!(id.as_str().bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'), "{mode:?}");
    }
}

#[test]
fn a_state_that_does_not_fit_starts_no_ceremony() {
    for mode in MODES {
        let server = Fleet::new(mode).server();
        let allowed = |n: u8| passkeeper::wire::CredentialDescriptor::new(credential_id(vec![n; 1023]), vec![]);
        let request = AuthenticationRequest::known(handle("alice")).allow_credentials((0..12).map(allowed));
        let error = block_on(server.passkeys.start_authentication(request)).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("sealed-state-too-large", ErrorKind::Misuse), "{error}");
    }
}

#[test]
fn taking_by_challenge_is_refused_by_its_own_code() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let (id, response) = server.begin(&fleet.alice, AuthenticationRequest::discoverable());
        let error = block_on(server.passkeys.complete_authentication(TakeBy::danger_response_challenge(), &response)).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("take-by-challenge-unsupported", ErrorKind::Misuse));
        assert!(server.guard.is_empty());
        assert_eq!(server.finish(&id, &response).as_deref(), Ok("alice"));
    }
}

/// Whoever tries tokens learns nothing from the answers, whatever the operator reads.
#[test]
fn an_end_user_is_told_the_same_of_every_refused_token() {
    let fleet = Fleet::new(Mode::Signed);
    let server = fleet.server();
    let (id, response) = server.begin(&fleet.alice, AuthenticationRequest::discoverable());
    let mut said = std::collections::BTreeSet::new();
    let mut codes = std::collections::BTreeSet::new();
    let mut try_token = |bytes: Vec<u8>| {
        let error = block_on(server.passkeys.complete_authentication(&token(bytes), &response)).unwrap_err();
        codes.insert(error.code());
        said.insert(error.public_message());
    };
    for at in [0, MODE, KEY, STATE] {
        let mut changed = bytes(&id);
        changed[at] ^= 0x80;
        try_token(changed);
    }
    try_token(Vec::new());
    server.finish(&id, &response).unwrap();
    try_token(bytes(&id));
    assert_eq!((codes.len(), said.len()), (6, 1), "{codes:?}");
}
