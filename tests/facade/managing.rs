//! Rules for adding and deleting passkeys: the limit, the last one, and what works where.

use std::sync::Barrier;

use passkeeper::store::{CredentialStore as _, Inserted, LastRecord};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::{AuthenticationRequest, ErrorKind, ManagementPolicy, RegistrationRequest, RelyingParty};
use pollster::block_on;

use crate::common::*;
use crate::world::{Facade, World};

fn limited(limit_per_user: u32) -> impl FnOnce(Facade) -> Facade {
    move |passkeys| passkeys.management(ManagementPolicy { limit_per_user, ..Default::default() })
}

fn keep_last(passkeys: Facade) -> Facade {
    passkeys.management(ManagementPolicy { last_passkey: LastRecord::Stays, ..Default::default() })
}

#[test]
fn a_user_with_as_many_passkeys_as_allowed_starts_no_registration() {
    let world = World::with(limited(2));
    let start = |name: &str| block_on(world.passkeys.start_registration(RegistrationRequest::new(user(name))));
    assert!(start("alice").is_ok());
    world.backend.register("alice", &mut VirtualAuthenticator::new(20));
    let pending = world.backend.ceremonies.len();
    let error = start("alice").unwrap_err();
    assert_eq!((error.code(), error.spec_step(), error.kind()), ("credential-limit-reached", None, ErrorKind::Policy));
    assert_eq!(world.backend.ceremonies.len(), pending);
    // It is each user's own.
    assert!(start("bob").is_ok());
    block_on(world.passkeys.delete(&handle("alice"), &world.backend.record_of("alice").credential_id)).unwrap();
    assert!(start("alice").is_ok());
    let none = World::with(limited(0));
    assert_eq!(refusal(block_on(none.passkeys.start_registration(RegistrationRequest::new(user("carol"))))).0, "credential-limit-reached");
}

/// Two registrations begin while there is room for one: only one of them is stored, whichever comes first.
#[test]
fn s7_1_29_the_limit_holds_when_two_registrations_end_at_once() {
    let world = World::with(limited(2));
    let verified = |seed| {
        let request = RegistrationRequest::new(user("alice"));
        Registering::with(relying_party(), request, &mut VirtualAuthenticator::new(seed)).verify().unwrap()
    };
    let (one, other) = (verified(31), verified(32));
    for _ in 0..200 {
        let (one, other, barrier, passkeys) = (one.clone(), other.clone(), Barrier::new(2), &world.passkeys);
        let [first, second] = std::thread::scope(|scope| {
            let threads = [one, other].map(|verified| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    block_on(passkeys.commit_registration(verified))
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert_ne!(first.is_ok(), second.is_ok());
        let (stored, refused) = if first.is_ok() { (first, second) } else { (second, first) };
        assert_refused(refused, "credential-limit-reached", "7.1/29");
        let stored = stored.unwrap();
        assert_eq!(block_on(passkeys.list(&handle("alice"))).unwrap().len(), 2);
        assert!(stored.accepted.all_accepted_credential_ids.contains(&stored.record.credential_id));
        block_on(passkeys.delete(&handle("alice"), &stored.record.credential_id)).unwrap();
    }
}

#[test]
fn the_last_passkey_stays_where_it_shall() {
    let world = World::with(keep_last);
    let alice = handle("alice");
    let second = world.backend.register("alice", &mut VirtualAuthenticator::new(20));
    let first = world.backend.record_of("alice");
    assert!(block_on(world.passkeys.delete(&alice, &second.credential_id)).is_ok());
    let error = block_on(world.passkeys.delete(&alice, &first.credential_id)).unwrap_err();
    assert_eq!((error.code(), error.spec_step(), error.kind()), ("credential-last", None, ErrorKind::Policy));
    assert_eq!(world.backend.record_of("alice"), first);
    // Somebody else's last is not there at all.
    let bobs = world.backend.record_of("bob").credential_id;
    assert_eq!(refusal(block_on(world.passkeys.delete(&alice, &bobs))), ("credential-not-found", None));
    // A user who goes takes all along.
    assert_eq!(block_on(world.passkeys.delete_all(&alice)).map(|gone| gone.count), Ok(1));
    // By default it may go.
    let world = World::new();
    let left = block_on(world.passkeys.delete(&alice, &world.backend.record_of("alice").credential_id)).unwrap();
    assert_eq!(left.all_accepted_credential_ids, []);
}

/// Two relying parties with different RP IDs in one scope: a passkey works where it was made.
#[test]
fn a_passkey_of_another_rp_id_in_the_same_scope_is_not_offered() {
    let world = World::new();
    let other = RelyingParty::builder("example.org", "Other").scope(RP_ID).build().unwrap();
    let other = world.sibling(other);
    let alice = handle("alice");
    assert_eq!(block_on(other.list(&alice)).unwrap(), []);
    let refused = block_on(other.start_authentication(AuthenticationRequest::known(alice.clone())));
    assert_refused(refused, "credential-not-found", "7.2/1");
    // Nor does a signal for one RP ID name, or hide, those of the other.
    assert_eq!(block_on(other.accepted(&alice)).unwrap().all_accepted_credential_ids, []);
    let mut record = world.backend.record_of("alice");
    record.rp_id = other.relying_party().id().clone();
    record.credential_id = credential_id(b"of the other relying party");
    record.id = passkeeper::types::RecordId::derive(&record.scope, &record.rp_id, &record.credential_id);
    assert_eq!(block_on(world.backend.store.insert(&record, None)), Ok(Inserted::Yes));
    let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::known(alice))).unwrap();
    assert_eq!(started.options.allow_credentials, [world.backend.record_of("alice").descriptor()]);
}

/// A registration that was begun before all was deleted is not stopped by that: the caller's veto is.
#[test]
fn a_registration_that_outlives_its_user_is_the_callers_to_refuse() {
    let world = World::new();
    let begun = world.begin(passkeeper::CeremonyKind::Registration, &Default::default()).unwrap();
    block_on(world.passkeys.delete_all(&handle("carol"))).unwrap();
    let gone = block_on(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || Err("no such user any more")));
    assert_eq!(gone, Err(passkeeper::NotCompleted::Vetoed("no such user any more")));
    assert_eq!(block_on(world.passkeys.list(&handle("carol"))).unwrap(), []);
}

/// Two relying parties in one scope: to each, the other's passkeys are nobody's.
#[test]
fn a_passkey_of_another_rp_id_in_the_same_scope_is_out_of_reach() {
    let backend = Backend::new();
    let (record, alice) = (backend.record_of("alice"), handle("alice"));
    let rp = passkeeper::RelyingParty::builder("example.org", "Other").scope(RP_ID).build().unwrap();
    let rules = ManagementPolicy { last_passkey: LastRecord::Stays, ..ManagementPolicy::default() };
    let other = backend.sibling(rp).management(rules);
    assert_eq!(refusal(block_on(other.find(&alice, &record.credential_id))).0, "credential-not-found");
    assert_eq!(refusal(block_on(other.rename(&alice, &record.credential_id, "mine"))).0, "credential-not-found");
    assert_eq!(refusal(block_on(other.delete(&alice, &record.credential_id))).0, "credential-not-found");

    // Alice's only passkey at the other one stays, though the scope holds two of hers.
    let started = block_on(other.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let draft = VirtualAuthenticator::new(9).create(&json(&started.options), "https://example.org").unwrap();
    let there = block_on(other.complete_registration(&started.session, &registration_response(&draft))).unwrap().record;
    assert_eq!(refusal(block_on(other.delete(&alice, &there.credential_id))).0, "credential-last");
    assert_eq!((backend.record_of("alice"), block_on(other.list(&alice)).map(|records| records.len())), (record, Ok(1)));
}
