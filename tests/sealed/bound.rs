//! What a token is bound to: its kind, tenant, relying party, user, session and time. By the token where the store knows it, by the
//! sealed state where the ceremony does.

use passkeeper::store::CeremonyStore as _;
use passkeeper::types::UnixTime;
use passkeeper::{AuthenticationRequest, Error, SessionBinding, TakeBy};
use pollster::block_on;

use super::setup::*;
use crate::common::*;

#[test]
fn a_token_of_one_kind_completes_no_other() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let passkeys = &server.passkeys;
        let (_, created) = server.begin_registration("carol", 3);
        let (_, used) = server.begin(&fleet.alice, AuthenticationRequest::discoverable());
        let registration = || server.begin_registration("carol", 3).0;
        let authentication = || server.begin(&fleet.alice, AuthenticationRequest::discoverable()).0;
        let assertion = || block_on(passkeys.start_assertion(AuthenticationRequest::discoverable())).unwrap().session;

        let completed: [(&str, Result<(), Error>); 5] = [
            ("registration as sign-in", block_on(passkeys.complete_authentication(&registration(), &used)).map(drop)),
            ("registration as step-up", block_on(passkeys.complete_assertion(&registration(), &used)).map(drop)),
            ("sign-in as registration", block_on(passkeys.complete_registration(&authentication(), &created)).map(drop)),
            ("step-up as registration", block_on(passkeys.complete_registration(&assertion(), &created)).map(drop)),
            ("step-up as sign-in", block_on(passkeys.complete_authentication(&assertion(), &used)).map(drop)),
        ];
        for (name, result) in completed {
            assert_eq!(refusal(result).0, "ceremony-kind-mismatch", "{mode:?}: {name}");
        }
    }
}

#[test]
fn a_token_of_another_tenant_or_relying_party_is_refused() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let tenant = |scope: &str, rp_id: &str| {
            let rp = passkeeper::RelyingParty::builder(rp_id, "Example").scope(scope).build().unwrap();
            fleet.server_with(rp, keys(1), guard())
        };
        let (home, neighbour, other_rp) = (tenant("a", RP_ID), tenant("b", RP_ID), tenant("a", "example.org"));
        let started = block_on(home.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let response = answer(&fleet.alice, &json(&started.options));
        // The tenant's name is in the token: refused before anything is marked as taken.
        assert_eq!(neighbour.finish(&started.session, &response), Err("ceremony-relying-party-mismatch"));
        assert!(neighbour.guard.is_empty());
        // The RP ID is in the state alone: refused by the ceremony.
        let (id, response) = home.begin_registration("carol", 3);
        let refused = block_on(other_rp.passkeys.complete_registration(&id, &response));
        assert_eq!(refusal(refused).0, "ceremony-relying-party-mismatch");
    }
}

#[test]
fn scopes_that_resemble_each_other_are_apart() {
    for mode in MODES {
        for (ours, theirs) in [("a", "A"), ("a", "a "), ("a", "aa"), ("ab", "a"), ("é", "e\u{301}")] {
            let store = mode.store(keys(1), guard());
            let mut ceremony = ceremony("state");
            ceremony.scope = scope(ours);
            let id = put(&store, ceremony);
            assert_eq!(code(block_on(store.take(&scope(theirs), &id, NOW))), Err("ceremony-relying-party-mismatch"), "{ours:?} {theirs:?}");
            assert_eq!(code(block_on(store.take(&scope(ours), &id, NOW))).as_deref(), Ok("state"));
        }
    }
}

/// Two users with a ceremony each, whose tokens or responses change hands.
#[test]
fn ceremonies_of_two_users_cannot_be_swapped() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let (alice, bob) = (&fleet.alice, &fleet.bob);
        let known = |name| AuthenticationRequest::known(handle(name));

        // The other's token with one's own response: another challenge was issued.
        let (of_alice, _) = server.begin(alice, AuthenticationRequest::discoverable());
        let (_, by_bob) = server.begin(bob, AuthenticationRequest::discoverable());
        assert_eq!(server.finish(&of_alice, &by_bob), Err("challenge-mismatch"));
        // The other's challenge, answered with one's own passkey: it is not among those the state allows.
        let (id, by_bob) = server.begin(bob, known("alice"));
        assert_eq!(server.finish(&id, &by_bob), Err("credential-not-allowed"));
        // And even where they would let it pass, the state names its user.
        let bobs = fleet.record_of("bob").descriptor();
        let (id, by_bob) = server.begin(bob, known("alice").allow_credentials([bobs]));
        assert_eq!(server.finish(&id, &by_bob), Err("user-handle-mismatch"));
        // A registration goes to whom it was started for, whoever brings it back.
        let (id, response) = server.begin_registration("carol", 3);
        let registered = block_on(server.passkeys.complete_registration(&id, &response)).unwrap();
        assert_eq!(registered.record.user_handle, handle("carol"));
    }
}

/// The session's hash and the caller's state travel inside the token: neither another session nor none completes it, and what
/// was put in comes back.
#[test]
fn a_token_of_one_session_is_no_use_in_another() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let session = |secret: &str| SessionBinding::new(secret).unwrap();
        let request = || AuthenticationRequest::discoverable().in_session(session("alice's")).state("where to go afterwards");
        let answered_from = |answering: Option<SessionBinding>| {
            let (id, response) = server.begin(&fleet.alice, request());
            let by = answering.into_iter().fold(TakeBy::id(&id), TakeBy::in_session);
            let login = block_on(server.passkeys.complete_authentication(by, &response));
            login.map(|login| login.state().map(String::from)).map_err(|error| error.code())
        };
        assert_eq!(answered_from(Some(session("alice's"))), Ok(Some("where to go afterwards".into())));
        for answering in [None, Some(session("mallory's"))] {
            assert_eq!(answered_from(answering), Err("ceremony-session-mismatch"));
        }
    }
}

#[test]
fn a_token_is_good_through_its_last_second() {
    for mode in MODES {
        for expires_at in [EXPIRES, UnixTime::from_secs(0), UnixTime::from_secs(-5), UnixTime::from_secs(i64::MAX - 1)] {
            let sealed = |ago: i64| {
                let store = mode.store(keys(1), guard());
                let mut ceremony = ceremony("state");
                ceremony.expires_at = expires_at;
                let id = put(&store, ceremony);
                take_at(&store, &id, UnixTime::from_secs(expires_at.as_secs() + ago))
            };
            assert_eq!([sealed(-1), sealed(0)], [Ok("state".into()), Ok("state".into())]);
            assert_eq!(sealed(1), Err("ceremony-expired"));
        }
    }
}

/// The default timeout of five minutes, and a minute's grace; one that has expired is not marked as taken.
#[test]
fn a_ceremony_of_the_facade_expires_with_its_token() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let server = fleet.server();
        let begin = || server.begin(&fleet.alice, AuthenticationRequest::discoverable());
        let (in_time, late) = (begin(), begin());
        fleet.clock.advance(360);
        assert_eq!(server.finish(&in_time.0, &in_time.1).as_deref(), Ok("alice"));
        fleet.clock.advance(1);
        assert_eq!(server.finish(&late.0, &late.1), Err("ceremony-expired"));
        assert_eq!((server.guard.len(), server.guard.is_empty()), (1, false));
    }
}
