//! Who wants to sign in, by login identifier.

use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{Scope, UserHandle};
use passkeeper::wire::RequestOptions;
use passkeeper::{
    AuthenticationRequest, Decoys, Error, ErrorKind, Identifier, IdentifierKind, Started, TooMany, UnknownUsers, UserDirectory,
};
use pollster::block_on;

use crate::common::*;
use crate::world::World;

use IdentifierKind::{Email, Other, Phone, Username};

/// Carol exists and has no passkey; somebody's user name is alice's telephone number.
pub(crate) const USERS: &[(IdentifierKind, &str, &str)] = &[
    (Username, "alice", "alice"),
    (Email, "alice@example.com", "alice"),
    (Phone, "+1555", "alice"),
    (Username, "+1555", "bob"),
    (Username, "carol", "carol"),
];

pub(crate) fn directory(world: &World) -> Counting<Directory> {
    Counting { inner: Directory(USERS), calls: world.calls.clone() }
}

pub(crate) fn start(world: &World, identifier: impl Into<Identifier>) -> Result<Started<RequestOptions>, Error> {
    start_with(world, identifier, AuthenticationRequest::default())
}

pub(crate) fn start_with(
    world: &World,
    identifier: impl Into<Identifier>,
    request: AuthenticationRequest,
) -> Result<Started<RequestOptions>, Error> {
    block_on(world.passkeys.start_authentication_for(&directory(world), &identifier.into(), request))
}

#[test]
fn an_identifier_of_any_kind_leads_to_the_users_passkeys() {
    for name in ["alice", "alice@example.com", " ALICE@example.com "] {
        let world = World::new();
        let started = start(&world, name).unwrap();
        assert_eq!(started.options.allow_credentials, [world.backend.record_of("alice").descriptor()], "{name}");
        let response = world.answer(&world.backend.alice, &started);
        let login = block_on(world.passkeys.complete_authentication(&started.session, &response)).unwrap();
        assert_eq!(*login.user_handle(), handle("alice"));
    }
    let world = World::new();
    let assertion = block_on(world.passkeys.start_assertion_for(&directory(&world), &"alice".into(), AuthenticationRequest::default()));
    let assertion = assertion.unwrap();
    let response = world.answer(&world.backend.alice, &assertion);
    // A step-up is no sign-in, however it was started.
    let refused = block_on(world.passkeys.complete_authentication(&assertion.session, &response));
    assert_eq!(refusal(refused), ("ceremony-kind-mismatch", None));
}

#[test]
fn kinds_count_in_the_given_order_and_all_are_asked_for() {
    let world = World::new();
    let (alice, bob) = (world.backend.record_of("alice").descriptor(), world.backend.record_of("bob").descriptor());
    for (kinds, expected) in [(vec![Username, Phone], &bob), (vec![Phone, Username], &alice), (vec![Email, Phone], &alice)] {
        world.calls.take();
        let started = start(&world, Identifier::of("+1555", kinds.clone())).unwrap();
        assert_eq!(started.options.allow_credentials, std::slice::from_ref(expected), "{kinds:?}");
        let asked: Vec<_> = kinds.iter().map(|kind| format!("find {kind:?}")).chain(["list".into(), "put of a user".into()]).collect();
        assert_eq!(world.calls.take(), asked);
    }
    // A kind that is named again is not asked for again.
    let _ = start(&world, Identifier::of("alice", [Username, Username, Email, Username])).unwrap();
    assert_eq!(world.calls.take(), ["find Username", "find Email", "list", "put of a user"]);
    // The caller's own.
    let own = Other("employee".into());
    assert_eq!(refusal(start(&world, Identifier::of("alice", [own]))), ("user-not-found", Some("7.2/1")));
    assert_eq!(world.calls.take(), ["find Other(\"employee\")"]);
}

#[test]
fn nobody_has_this_identifier() {
    let world = World::new();
    for (name, code) in [("mallory", "user-not-found"), ("carol", "credential-not-found")] {
        let error = start(&world, name).unwrap_err();
        assert_eq!((error.code(), error.spec_step(), error.kind()), (code, Some("7.2/1"), ErrorKind::NotFound));
        assert!(!error.to_string().contains(name), "an identifier in a log: {error}");
    }
    assert!(world.backend.ceremonies.is_empty());
}

/// Before anything is asked, hashed or copied.
#[test]
fn identifiers_are_bounded() {
    let world = World::with(|passkeys| {
        let decoys = UnknownUsers::Decoys(Decoys::new([7; 32]).unwrap());
        passkeys.unknown_users(decoys).rate_limit(|_: &passkeeper::Attempt<'_>| Err(TooMany::default()))
    });
    let kinds = |n: usize| (0..n).map(|n| Other(n.to_string())).collect::<Vec<_>>();
    let cases = [
        (Identifier::new(""), "identifier-invalid"),
        (Identifier::new("x".repeat(1025)), "identifier-invalid"),
        (Identifier::new("ü".repeat(5_000_000)), "identifier-invalid"),
        (Identifier::of("alice", []), "identifier-invalid"),
        (Identifier::of("alice", kinds(17)), "identifier-invalid"),
        (Identifier::of("alice", kinds(1_000_000)), "identifier-invalid"),
        // These reach the rate limit.
        (Identifier::new("x"), "rate-limited"),
        (Identifier::new("x".repeat(1024)), "rate-limited"),
        (Identifier::of("alice", kinds(16)), "rate-limited"),
    ];
    for (identifier, code) in cases {
        assert_eq!(refusal(start(&world, identifier)).0, code);
        assert_eq!(world.calls.take(), Vec::<String>::new());
    }
    assert_eq!(Error::new(passkeeper::ErrorCode::IdentifierInvalid).kind(), ErrorKind::Malformed);
}

#[test]
fn debug_hides_an_identifier() {
    let identifier = Identifier::new("alice@example.com");
    assert_eq!(format!("{identifier:?}"), "Identifier { kinds: [Username, Email, Phone], .. }");
    assert_eq!(identifier.value(), "alice@example.com");
}

#[test]
fn a_directory_that_cannot_be_reached() {
    for decoys in [false, true] {
        let world = World::with(|passkeys| match decoys {
            false => passkeys,
            true => passkeys.unknown_users(UnknownUsers::Decoys(Decoys::new([7; 32]).unwrap())),
        });
        let error = start(&world, "broken").unwrap_err();
        assert_eq!((error.code(), error.kind()), ("store-unavailable", ErrorKind::Store));
        assert!(world.backend.ceremonies.is_empty());
    }
}

#[test]
fn a_directory_by_reference_and_by_shared_pointer() {
    async fn found(directory: &impl UserDirectory) -> Option<UserHandle> {
        directory.find(&Scope::new("a").unwrap(), &Username, "alice").await.unwrap()
    }
    let directory = std::sync::Arc::new(Directory(USERS));
    for found in [block_on(found(&directory)), block_on(found(&&*directory))] {
        assert_eq!(found, Some(handle("alice")));
    }
    assert_eq!((&&*directory).canonical(" Ä "), directory.canonical("ä"));
}

/// Narrowed to one passkey, which must be the user's own.
#[test]
fn a_single_passkey_is_named() {
    let world = World::new();
    let second = world.backend.register("alice", &mut VirtualAuthenticator::new(20));
    let bobs = world.backend.record_of("bob");
    let only = |record: &passkeeper::CredentialRecord| AuthenticationRequest::known(handle("alice")).only(record.credential_id.clone());
    let started = block_on(world.passkeys.start_authentication(only(&second))).unwrap();
    assert_eq!(started.options.allow_credentials, [second.descriptor()]);
    // Alice's other one does not do, though it is hers.
    let response = world.answer(&world.backend.alice, &started);
    let refused = block_on(world.passkeys.complete_authentication(&started.session, &response));
    assert_eq!(refusal(refused), ("credential-not-allowed", Some("7.2/5")));
    assert_eq!(refusal(block_on(world.passkeys.start_authentication(only(&bobs)))), ("credential-not-found", Some("7.2/1")));
    let nobodys = AuthenticationRequest::discoverable().only(second.credential_id.clone());
    assert_eq!(refusal(block_on(world.passkeys.start_authentication(nobodys))), ("credential-not-found", Some("7.2/1")));
}

/// The caller may name credentials; whose they are is judged at the end all the same.
#[test]
fn a_named_credential_of_another_user_signs_nobody_in() {
    let world = World::new();
    let before = world.backend.records();
    let request = AuthenticationRequest::known(handle("alice")).allow_credentials([world.backend.record_of("bob").descriptor()]);
    let started = block_on(world.passkeys.start_authentication(request)).unwrap();
    let mut draft = world.backend.answer(&world.backend.bob, &json(&started.options));
    draft.user_handle = None;
    let refused = block_on(world.passkeys.complete_authentication(&started.session, &authentication_response(&draft)));
    assert_eq!(refusal(refused), ("credential-owner-mismatch", Some("7.2/6")));
    assert_eq!(world.backend.records(), before);
}
