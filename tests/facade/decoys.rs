//! Who asks for a user that does not exist learns nothing: the same shape, the same work, the same refusal.

use std::collections::{BTreeMap, BTreeSet};

use passkeeper::store::{CredentialStore as _, Inserted};
use passkeeper::testing::{KeyAlgorithm, KeyPair, VirtualAuthenticator, VirtualCredential, flags};
use passkeeper::types::{CredentialId, Transport};
use passkeeper::wire::CredentialDescriptor;
use passkeeper::{AuthenticationRequest, DecoyShape, Decoys, ManagementPolicy, UnknownUsers, UserDirectory};
use pollster::block_on;
use serde_json::Value;

use crate::common::*;
use crate::identifiers::{start, start_with};
use crate::world::{Facade, World, value};

const SECRET: [u8; 32] = [7; 32];

pub(crate) fn with_decoys(passkeys: Facade) -> Facade {
    passkeys.unknown_users(UnknownUsers::Decoys(Decoys::new(SECRET).unwrap()))
}

fn decoys(world: &World, name: &str) -> Vec<CredentialDescriptor> {
    start(world, name).unwrap().options.allow_credentials
}

#[test]
fn a_decoy_secret_that_protects_nothing() {
    for secret in [vec![], vec![7; 15], vec![0; 16], vec![0; 64]] {
        assert_eq!(refusal(Decoys::new(&secret)), ("decoy-secret-invalid", None), "{secret:?}");
    }
    assert_eq!(format!("{:?}", UnknownUsers::Decoys(Decoys::new([7; 16]).unwrap())), "Decoys(Decoys(…))");
}

#[test]
fn decoys_stay_the_same_for_an_identifier_and_differ_otherwise() {
    let world = World::with(with_decoys);
    let mallory = decoys(&world, "mallory");
    assert!(!mallory.is_empty());
    // At each request, after a restart, however it is written, whatever kind it is tried as.
    let again = World::with(with_decoys);
    for (world, name) in [(&world, "mallory"), (&again, "mallory"), (&world, "Mallory"), (&world, " MALLORY\t")] {
        assert_eq!(decoys(world, name), mallory, "{name:?}");
    }
    let as_email = passkeeper::Identifier::of("mallory", [passkeeper::IdentifierKind::Email]);
    assert_eq!(start(&world, as_email).unwrap().options.allow_credentials, mallory);

    let tenant = World::of(builder().scope("tenant").build().unwrap(), with_decoys);
    let secret = World::with(|passkeys| passkeys.unknown_users(UnknownUsers::Decoys(Decoys::new([8; 32]).unwrap())));
    let longer = World::with(|passkeys| passkeys.unknown_users(UnknownUsers::Decoys(Decoys::new([7; 33]).unwrap())));
    let others = [
        decoys(&world, "mallory2"),
        decoys(&world, "mallor"),
        decoys(&tenant, "mallory"),
        decoys(&secret, "mallory"),
        decoys(&longer, "mallory"),
    ];
    let mut ids: BTreeSet<Vec<u8>> = BTreeSet::new();
    for credential in others.iter().flatten().chain(&mallory) {
        assert!(ids.insert(credential.id.as_bytes()[..16].to_vec()), "a decoy twice");
    }
}

/// A directory decides which spellings are one user's; decoys follow it.
#[test]
fn decoys_follow_the_directorys_spelling() {
    struct Digits;
    impl UserDirectory for Digits {
        async fn find(
            &self,
            _: &passkeeper::types::Scope,
            _: &passkeeper::IdentifierKind,
            value: &str,
        ) -> Result<Option<passkeeper::types::UserHandle>, passkeeper::store::StoreError> {
            Ok((self.canonical(value) == "555").then(|| handle("alice")))
        }

        fn canonical(&self, value: &str) -> String {
            value.chars().filter(char::is_ascii_digit).collect()
        }
    }
    let world = World::with(with_decoys);
    let offered = |name: &str| {
        let started = block_on(world.passkeys.start_authentication_for(&Digits, &name.into(), AuthenticationRequest::default()));
        started.unwrap().options.allow_credentials
    };
    assert_eq!(offered("(5) 55"), offered("555"));
    assert_eq!(offered("(6) 66"), offered("666"));
    assert_ne!(offered("777"), offered("666"));
    // Nothing is left of it: still somebody's decoys.
    assert!(!offered("no digits").is_empty());
}

/// Known, known without a passkey, unknown: the calls and the shape of the answer are the same.
#[test]
fn a_user_a_user_without_passkeys_and_nobody_cost_the_same() {
    let world = World::with(with_decoys);
    let shape = |options: &Value| {
        let mut text = options.clone();
        text["challenge"] = Value::Null;
        text["allowCredentials"] = Value::Null;
        let members: BTreeSet<_> =
            options["allowCredentials"].as_array().unwrap().iter().flat_map(|c| c.as_object().unwrap().keys().cloned()).collect();
        (text, members)
    };
    let request = || AuthenticationRequest::default().state("state").workflow(passkeeper::Workflow::Bootstrap);
    let mut seen = Vec::new();
    for name in ["alice", "carol", "mallory", "mallory@example.com"] {
        world.calls.take();
        let started = start_with(&world, name, request()).unwrap();
        let calls = world.calls.take();
        assert_eq!(calls, ["find Username", "find Email", "find Phone", "list", "put of a user"], "{name}");
        seen.push(shape(&value(&started.options)));
        assert_eq!(json(&started.options).len() - json(&started.options.allow_credentials).len(), {
            let alice = start_with(&world, "alice", request()).unwrap();
            json(&alice.options).len() - json(&alice.options.allow_credentials).len()
        });
    }
    assert!(seen.iter().all(|shape| *shape == seen[0]), "{seen:?}");
}

/// Even who can sign for what stands in for a missing record is refused.
#[test]
fn nobody_signs_in_with_a_decoy() {
    let world = World::with(with_decoys);
    let started = start(&world, "mallory").unwrap();
    let id = started.options.allow_credentials[0].id.as_bytes().to_vec();
    let mut one = [0; 32];
    one[31] = 1;
    let mut holder = VirtualAuthenticator::new(1);
    // The generator of P-256 belongs to the private key 1.
    holder.import(VirtualCredential::new(id, RP_ID, None, KeyPair::from_private_bytes(KeyAlgorithm::Es256, &one)));
    for eligible in [false, true] {
        let started = start(&world, "mallory").unwrap();
        let mut draft = holder.get(&json(&started.options), ORIGIN).unwrap();
        draft.auth_data.set_flag(flags::BE, eligible);
        let refused = block_on(world.passkeys.complete_authentication(&started.session, &authentication_response(&draft)));
        assert_eq!(refusal(refused), ("credential-not-found", Some("7.2/6")));
    }
}

#[test]
fn decoys_look_like_what_is_common() {
    let world = World::with(with_decoys);
    let (mut counts, mut shapes) = (BTreeMap::<usize, usize>::new(), BTreeMap::<(usize, String), usize>::new());
    const USERS: usize = 2000;
    for n in 0..USERS {
        let credentials = decoys(&world, &format!("user{n}@example.com"));
        *counts.entry(credentials.len()).or_default() += 1;
        for credential in credentials {
            let transports: Vec<_> = credential.transports.iter().map(Transport::as_str).collect();
            assert!(transports.is_sorted(), "clients sort them: {transports:?}");
            *shapes.entry((credential.id.as_bytes().len(), transports.join(" "))).or_default() += 1;
        }
    }
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    assert!(counts[&1] > counts[&2] && counts[&2] > counts[&3] && counts[&3] > USERS / 50, "{counts:?}");
    let known = [(16, "hybrid internal"), (20, "hybrid internal"), (32, "internal"), (48, "nfc usb")];
    assert_eq!(shapes.keys().map(|(len, transports)| (*len, transports.as_str())).collect::<Vec<_>>(), known);
    assert!(shapes.values().all(|n| *n > USERS / 20), "{shapes:?}");
}

#[test]
fn decoys_take_the_shape_that_a_relying_partys_passkeys_have() {
    let only_keys = [DecoyShape::new(64, [Transport::NFC, Transport::USB]).unwrap(), DecoyShape::new(1023, []).unwrap()];
    let shaped = Decoys::new(SECRET).unwrap().shapes([]).shapes(only_keys).user_handle_len(16).unwrap();
    let world = World::with(|passkeys| {
        let policy = ManagementPolicy { limit_per_user: 1, ..Default::default() };
        passkeys.unknown_users(UnknownUsers::Decoys(shaped)).management(policy)
    });
    let mut lengths = BTreeSet::new();
    for n in 0..100 {
        // Nobody may have more than one here.
        let [credential] = decoys(&world, &format!("user{n}")).try_into().unwrap();
        lengths.insert((credential.id.as_bytes().len(), credential.transports.len()));
    }
    assert_eq!(lengths, BTreeSet::from([(64, 2), (1023, 0)]));
    assert_eq!(refusal(DecoyShape::new(0, [])), ("credential-id-empty", None));
    assert_eq!(refusal(DecoyShape::new(1024, [])), ("credential-id-too-long", None));
    for len in [0, 65] {
        assert_eq!(refusal(Decoys::new(SECRET).unwrap().user_handle_len(len)), ("user-handle-length", None));
    }
}

/// Alice's only passkey never verified its user: where that is required, she is as good as without.
#[test]
fn a_user_whose_passkeys_cannot_meet_the_demand_gets_decoys() {
    let world = World::with(with_decoys);
    let mut record = world.backend.record_of("alice");
    block_on(world.passkeys.delete_all(&handle("alice"))).unwrap();
    let without = decoys(&world, "alice");
    record.supports_user_verification = Some(false);
    assert_eq!(block_on(world.backend.store.insert(&record, None)), Ok(Inserted::Yes));
    assert_eq!(decoys(&world, "alice"), without);
    assert!(without.iter().all(|decoy| decoy.id != record.credential_id));
}

#[test]
fn a_single_passkey_may_be_named_of_decoys_as_well() {
    let world = World::with(with_decoys);
    let alice = world.backend.record_of("alice").credential_id;
    let decoy = decoys(&world, "mallory").remove(0).id;
    let only = |name: &str, id: &CredentialId| {
        let started = start_with(&world, name, AuthenticationRequest::default().only(id.clone()));
        started.map(|started| started.options.allow_credentials.len()).map_err(|error| error.code())
    };
    assert_eq!((only("alice", &alice), only("mallory", &decoy)), (Ok(1), Ok(1)));
    assert_eq!((only("mallory", &alice), only("alice", &decoy)), (Err("credential-not-found"), Err("credential-not-found")));
}

/// Whoever asks for nobodies takes no more memory than whoever asks for users.
#[test]
fn what_is_pending_is_bounded_for_nobodies_too() {
    let world = World::with(with_decoys);
    for name in ["alice", "mallory"] {
        let pending = world.backend.ceremonies.len();
        for _ in 0..40 {
            let _ = start(&world, name).unwrap();
        }
        assert_eq!(world.backend.ceremonies.len() - pending, 16, "{name}");
    }
}
