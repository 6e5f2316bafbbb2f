//! What an audit log is told, and in which order.

use passkeeper::store::{CredentialStore as _, Inserted, LastRecord};
use passkeeper::testing::{Backup, CounterMode, VirtualAuthenticator, flags};
use passkeeper::{
    AuthenticationPolicy, AuthenticationRequest, CeremonyKind, CounterPolicy, CounterVerdict, Decoys, ManagementPolicy, TakeBy,
    UnknownUsers,
};
use pollster::block_on;

use crate::common::*;
use crate::identifiers::start;
use crate::world::{CEREMONIES, Luggage, World};

#[test]
fn a_passkeys_life_is_told() {
    let world = World::new();
    let of = |ceremony: CeremonyKind| {
        let begun = world.begin(ceremony, &Luggage::default()).unwrap();
        let verdict = block_on(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || Ok::<_, ()>(())));
        (begun, verdict.unwrap())
    };
    let (_, registered) = of(CeremonyKind::Registration);
    assert_eq!(world.events.take(), ["started registration of carol", "registered carol"]);
    of(CeremonyKind::Authentication);
    assert_eq!(world.events.take(), ["started authentication of alice", "used by alice in authentication"]);
    // One counter value serves once.
    world.backend.clock.advance(1);
    let started = block_on(world.passkeys.start_assertion(AuthenticationRequest::discoverable())).unwrap();
    let response = world.answer(&world.backend.bob, &started);
    let _ = block_on(world.passkeys.complete_assertion(&started.session, &response)).unwrap();
    assert_eq!(world.events.take(), ["started assertion of nobody", "used by bob in assertion"]);
    let carol = handle("carol");
    block_on(world.passkeys.rename(&carol, &registered.record.credential_id, "new")).unwrap();
    block_on(world.passkeys.delete(&carol, &registered.record.credential_id)).unwrap();
    block_on(world.passkeys.delete_all(&handle("bob"))).unwrap();
    block_on(world.passkeys.delete_all(&handle("bob"))).unwrap();
    assert_eq!(world.events.take(), ["renamed of carol", "deleted of carol", "deleted all 1 of bob", "deleted all 0 of bob"]);
    // Reading is not told.
    block_on(world.passkeys.list(&carol)).unwrap();
    block_on(world.passkeys.accepted(&carol)).unwrap();
    let _ = block_on(world.passkeys.find(&carol, &registered.record.credential_id));
    assert_eq!(world.events.take(), Vec::<String>::new());
}

#[test]
fn refusals_and_vetoes_are_told() {
    for ceremony in CEREMONIES {
        let world = World::new();
        let name = ceremony.as_str();
        let owner = if ceremony == CeremonyKind::Registration { "carol" } else { "alice" };
        let begun = world.begin(ceremony, &Luggage::default()).unwrap();
        let verdict = block_on(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || Err("locked")));
        assert!(verdict.is_err());
        assert_eq!(world.events.take(), [format!("started {name} of {owner}"), format!("vetoed {name} of {owner}")]);
        assert!(world.complete(&begun, TakeBy::id(&begun.session)).is_err());
        assert_eq!(world.events.take(), [format!("refused verify of {name}: ceremony-not-found")]);
        let too_large = Luggage { state: Some("x".repeat(9000)), ..Default::default() };
        assert!(world.begin(ceremony, &too_large).is_err());
        assert_eq!(world.events.take(), [format!("refused start of {name}: caller-state-too-large")]);
    }
    // A commit that comes too late.
    let world = World::new();
    let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let verified = block_on(world.passkeys.verify_authentication(&started.session, &world.answer(&world.backend.alice, &started))).unwrap();
    block_on(world.passkeys.delete_all(&handle("alice"))).unwrap();
    assert!(block_on(world.passkeys.commit_authentication(verified)).is_err());
    assert_eq!(world.events.take()[2..], ["refused commit of authentication: credential-not-found"]);
}

#[test]
fn refused_management_is_told() {
    let world = World::with(|passkeys| passkeys.management(ManagementPolicy { last_passkey: LastRecord::Stays, ..Default::default() }));
    let (alice, id) = (handle("alice"), world.backend.record_of("alice").credential_id);
    assert!(block_on(world.passkeys.delete(&alice, &id)).is_err());
    assert!(block_on(world.passkeys.delete(&handle("bob"), &id)).is_err());
    assert!(block_on(world.passkeys.rename(&handle("bob"), &id, "mine")).is_err());
    assert!(block_on(world.passkeys.rename(&alice, &id, "")).is_err());
    let told = [
        "refused delete: credential-last",
        "refused delete: credential-not-found",
        "refused rename: credential-not-found",
        "refused rename: name-invalid",
    ];
    assert_eq!(world.events.take(), told);
}

/// A handle that belongs to nobody must not stand in an audit log as if it were a user's.
#[test]
fn decoys_are_told_as_what_they_are() {
    let world = World::with(|passkeys| passkeys.unknown_users(UnknownUsers::Decoys(Decoys::new([7; 32]).unwrap())));
    for name in ["alice", "carol", "mallory"] {
        let _ = start(&world, name).unwrap();
    }
    let told =
        ["started authentication of alice", "started authentication of carol with decoys", "started authentication of nobody with decoys"];
    assert_eq!(world.events.take(), told);
}

#[test]
fn a_change_of_backup_state_is_told_once() {
    let world = World::new();
    let mut device = VirtualAuthenticator::new(20).with_backup(Backup::Eligible);
    world.backend.register("carol", &mut device);
    for backed_up in [true, true, false] {
        let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::known(handle("carol")))).unwrap();
        let mut draft = device.get(&json(&started.options), ORIGIN).unwrap();
        draft.auth_data.set_flag(flags::BS, backed_up);
        let _ = block_on(world.passkeys.complete_authentication(&started.session, &authentication_response(&draft))).unwrap();
    }
    let (start, used) = ("started authentication of carol", "used by carol in authentication");
    let (on, off) = ("backup state of carol is true", "backup state of carol is false");
    assert_eq!(world.events.take(), [start, used, on, start, used, start, used, off]);
}

#[test]
fn a_counter_that_did_not_increase_is_told_whether_or_not_it_was_refused() {
    let lenient = {
        let mut policy = AuthenticationPolicy::default();
        policy.counter = CounterPolicy::DangerReportOnly;
        builder().authentication_policy(policy).build().unwrap()
    };
    for (rp, last) in
        [(relying_party(), "refused verify of authentication: counter-not-increased"), (lenient.clone(), "used by alice in authentication")]
    {
        let world = World::of(rp, |passkeys| passkeys);
        let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::known(handle("alice")))).unwrap();
        let mut draft = world.backend.answer(&world.backend.alice, &json(&started.options));
        draft.auth_data.sign_count = 1;
        let _ = block_on(world.passkeys.complete_authentication(&started.session, &authentication_response(&draft)));
        assert_eq!(world.events.take(), ["started authentication of alice", "counter of alice regressed", last]);
    }
    // Another use of the same value is recorded in between: it shows only when this one is judged again.
    for (rp, last) in
        [(relying_party(), "refused commit of authentication: counter-not-increased"), (lenient, "used by alice in authentication")]
    {
        let world = World::of(rp, |passkeys| passkeys);
        let verified = || {
            let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::known(handle("alice")))).unwrap();
            block_on(world.passkeys.verify_authentication(&started.session, &world.answer(&world.backend.alice, &started))).unwrap()
        };
        let (one, clone) = (verified(), verified());
        let login = block_on(world.passkeys.commit_authentication(one)).unwrap();
        assert_eq!(login.counter(), CounterVerdict::Increased);
        world.events.take();
        let verdict = block_on(world.passkeys.commit_authentication(clone));
        assert_eq!(world.events.take(), ["counter of alice regressed", last]);
        assert!(verdict.is_err() || verdict.unwrap().counter() == CounterVerdict::NotIncreased);
    }
}

/// A counter that is not kept is no regression.
#[test]
fn no_counter_no_event() {
    let world = World::new();
    let mut device = VirtualAuthenticator::new(20).with_counter(CounterMode::Zero);
    world.backend.register("carol", &mut device);
    for _ in 0..2 {
        let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::known(handle("carol")))).unwrap();
        let response = world.answer(&device, &started);
        let _ = block_on(world.passkeys.complete_authentication(&started.session, &response)).unwrap();
    }
    assert!(world.events.take().iter().all(|event| !event.contains("regressed")));
}

/// What is not stored is not told as stored.
#[test]
fn a_registration_that_is_not_stored_is_not_told() {
    let world = World::new();
    let begun = world.begin(CeremonyKind::Registration, &Luggage::default()).unwrap();
    let taken = Registering::with(relying_party(), passkeeper::RegistrationRequest::new(user("bob")), &mut VirtualAuthenticator::new(3));
    let record = taken.verify().unwrap().into_record();
    assert_eq!(block_on(world.backend.store.insert(&record, None)), Ok(Inserted::Yes));
    assert_eq!(refusal(world.complete(&begun, TakeBy::id(&begun.session))), ("credential-already-registered", Some("7.1/26")));
    let told = ["started registration of carol", "refused commit of registration: credential-already-registered"];
    assert_eq!(world.events.take(), told);
}
