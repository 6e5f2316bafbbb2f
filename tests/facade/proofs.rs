//! How fresh and how strong a proof of control over the account must be before its passkeys change.

use passkeeper::types::{Scope, UnixTime, UserVerification};
use passkeeper::{AuthenticationPolicy, AuthenticationRequest, ErrorKind, ManagementPolicy, Proof, ProofPolicy, RegistrationRequest};
use pollster::block_on;

use crate::common::*;
use crate::world::{Facade, World};

/// Ten minutes, with user verification.
const DEMAND: ProofPolicy = ProofPolicy { max_age_secs: 600, user_verification: true };

/// That, or without user verification.
fn demanding(user_verification: bool) -> impl FnOnce(Facade) -> Facade {
    let proof = Some(ProofPolicy { user_verification, ..DEMAND });
    move |passkeys| passkeys.management(ManagementPolicy { proof, ..Default::default() })
}

fn proof(scope: &str, user: &str, as_strong: bool, age: i64) -> Proof {
    Proof::by_other_factor(Scope::new(scope).unwrap(), handle(user), as_strong, UnixTime::from_secs(NOW.as_secs() - age))
}

#[test]
fn a_passkey_is_added_or_deleted_only_after_a_fresh_proof() {
    let strong = |age| Some(proof(RP_ID, "alice", true, age));
    let cases = [
        (None, Some(("proof-required", ErrorKind::Policy))),
        (strong(0), None),
        (strong(600), None),
        (strong(601), Some(("proof-stale", ErrorKind::Expired))),
        (strong(i64::from(u32::MAX)), Some(("proof-stale", ErrorKind::Expired))),
        // Another server's clock may be a little ahead, but none runs backwards.
        (strong(-5), None),
        (strong(-6), Some(("proof-stale", ErrorKind::Expired))),
        (strong(-1_000_000_000), Some(("proof-stale", ErrorKind::Expired))),
        (Some(proof(RP_ID, "bob", true, 0)), Some(("proof-of-another", ErrorKind::Mismatch))),
        (Some(proof("another tenant", "alice", true, 0)), Some(("proof-of-another", ErrorKind::Mismatch))),
        (Some(proof(RP_ID, "alice", false, 0)), Some(("proof-required", ErrorKind::Policy))),
    ];
    for (proof, expected) in cases {
        let world = World::with(demanding(true));
        let before = world.backend.records();
        let request = proof.iter().cloned().fold(RegistrationRequest::new(user("alice")), RegistrationRequest::proof);
        world.calls.take();
        let registration = block_on(world.passkeys.start_registration(request)).map(drop);
        assert_eq!(registration.as_ref().map_err(|error| (error.code(), error.kind())).err(), expected, "{proof:?}");
        // Whoever asks for what is no passkey's change gets the same answer.
        let judged = DEMAND.judge(proof.as_ref(), &Scope::new(RP_ID).unwrap(), &handle("alice"), NOW);
        assert_eq!(judged.map_err(|error| (error.code(), error.kind())).err(), expected, "{proof:?}");
        if expected.is_some() {
            assert_eq!(world.calls.take(), Vec::<String>::new(), "a store was asked");
        }
        assert_eq!(world.backend.ceremonies.len(), usize::from(expected.is_none()));

        // The proof decides whose passkeys are meant, so that one of another user's finds none of alice's.
        let alices = world.backend.record_of("alice").credential_id;
        let deletion = match &proof {
            Some(proof) => block_on(world.passkeys.delete_with_proof(proof, &alices)),
            None => block_on(world.passkeys.delete(&handle("alice"), &alices)),
        };
        let code = deletion.map(drop).map_err(|error| error.code()).err();
        match proof.filter(|proof| *proof.user_handle() == handle("bob")) {
            Some(_) => assert_eq!(code, Some("credential-not-found")),
            None => assert_eq!(code, expected.map(|(code, _)| code)),
        }
        assert_eq!(world.backend.records().len(), before.len() - usize::from(expected.is_none()));
    }
}

#[test]
fn user_verification_is_demanded_of_a_proof_only_where_configured() {
    let world = World::with(demanding(false));
    let request = RegistrationRequest::new(user("alice")).proof(proof(RP_ID, "alice", false, 0));
    assert!(block_on(world.passkeys.start_registration(request)).is_ok());
    // Nothing is demanded by default, and a proof that comes anyway is not judged.
    let world = World::new();
    let request = RegistrationRequest::new(user("alice")).proof(proof(RP_ID, "bob", false, 1_000_000));
    assert!(block_on(world.passkeys.start_registration(request)).is_ok());
}

#[test]
fn the_end_of_time_is_no_excuse() {
    let world = World::with(demanding(false));
    for at in [i64::MIN, i64::MAX] {
        let proof = Proof::by_other_factor(Scope::new(RP_ID).unwrap(), handle("alice"), true, UnixTime::from_secs(at));
        let request = RegistrationRequest::new(user("alice")).proof(proof);
        assert_eq!(refusal(block_on(world.passkeys.start_registration(request))), ("proof-stale", None));
    }
}

/// The clock goes back by an hour: what was proved "later" proves nothing until it was proved again.
#[test]
fn a_clock_that_goes_back_makes_no_proof_fresher() {
    let world = World::with(demanding(true));
    let login = |world: &World| {
        let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let response = world.answer(&world.backend.alice, &started);
        block_on(world.passkeys.complete_authentication(&started.session, &response)).unwrap().proof()
    };
    let early = login(&world);
    let add = |proof: &Proof| {
        let request = RegistrationRequest::new(user("alice")).proof(proof.clone());
        block_on(world.passkeys.start_registration(request)).map(drop).map_err(|error| error.code())
    };
    assert_eq!(add(&early), Ok(()));
    world.backend.clock.advance(-3600);
    assert_eq!(add(&early), Err("proof-stale"));
    world.backend.clock.advance(3600 + 601);
    assert_eq!(add(&early), Err("proof-stale"));
}

/// What a sign-in or step-up proves, and what it does not.
#[test]
fn a_completed_ceremony_proves_control_of_its_own_account() {
    for (uv, counts) in [(true, true), (false, false)] {
        let world = World::with(demanding(true));
        let mut policy = AuthenticationPolicy::default();
        policy.user_verification = UserVerification::Preferred;
        let request = AuthenticationRequest::known(handle("alice")).policy(policy);
        let started = block_on(world.passkeys.start_assertion(request)).unwrap();
        let mut draft = world.backend.answer(&world.backend.alice, &json(&started.options));
        draft.auth_data.set_flag(passkeeper::testing::flags::UV, uv);
        world.backend.clock.advance(10);
        let step_up = block_on(world.passkeys.complete_assertion(&started.session, &authentication_response(&draft))).unwrap();
        let proof = step_up.proof();
        assert_eq!((proof.user_handle(), proof.user_verified(), proof.at().as_secs()), (&handle("alice"), counts, NOW.as_secs() + 10));
        // It goes through the user's session on the server.
        let kept: Proof = serde_json::from_str(&serde_json::to_string(&proof).unwrap()).unwrap();
        assert_eq!(kept, proof);
        let id = world.backend.record_of("alice").credential_id;
        let deleted = block_on(world.passkeys.delete_with_proof(&kept, &id)).map(drop).map_err(|error| error.code());
        assert_eq!(deleted, if counts { Ok(()) } else { Err("proof-required") });
        // And is good for nobody else.
        let request = RegistrationRequest::new(user("bob")).proof(kept);
        assert_eq!(refusal(block_on(world.passkeys.start_registration(request))), ("proof-of-another", None));
    }
}

#[test]
fn a_proof_of_one_tenant_is_none_to_another() {
    let world = World::with(demanding(true));
    let tenant = demanding(true)(world.sibling(builder().scope("tenant").build().unwrap()));
    let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = world.answer(&world.backend.alice, &started);
    let proof = block_on(world.passkeys.complete_authentication(&started.session, &response)).unwrap().proof();
    let request = || RegistrationRequest::new(user("alice")).proof(proof.clone());
    assert_eq!(refusal(block_on(tenant.start_registration(request()))), ("proof-of-another", None));
    assert!(block_on(world.passkeys.start_registration(request())).is_ok());
    let id = world.backend.record_of("alice").credential_id;
    assert_eq!(refusal(block_on(tenant.delete_with_proof(&proof, &id))), ("proof-of-another", None));
}
