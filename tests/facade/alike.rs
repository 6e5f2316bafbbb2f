//! Whoever answers without the key hears the same, and costs the same, whatever the answer claims to come from: a passkey that is
//! registered, one that was imported, a decoy, or none at all. What can be heard of the ceremony is heard in all of these cases.

use std::cell::Cell;

use passkeeper::crypto::{CryptoProvider, InvalidKey, InvalidSignature, PreparedKey, Scheme, SignatureScheme, VerifyingKey, rustcrypto};
use passkeeper::parse::{CoseKey, KeyMaterial};
use passkeeper::store::{CredentialStore as _, Inserted};
use passkeeper::testing::{AssertionDraft, KeyAlgorithm, KeyPair, VirtualAuthenticator, VirtualCredential, flags};
use passkeeper::types::{Algorithm, AlgorithmList};
use passkeeper::wire::{AuthenticationResponse, RequestOptions};
use passkeeper::{
    Authenticated, AuthenticationRequest, Error, ErrorCode, Identifier, IdentifierKind, RelyingPartyBuilder, Started, TakeBy, Workflow,
    WorkflowPolicy,
};
use pollster::block_on;

use crate::common::*;
use crate::decoys::with_decoys;
use crate::identifiers::start_with;
use crate::world::{World, binding};

/// A provider that counts the signature checks of its thread.
fn checks() -> usize {
    CHECKS.get()
}

thread_local! {
    static CHECKS: Cell<usize> = const { Cell::new(0) };
}

struct CountedKey(PreparedKey);

impl VerifyingKey for CountedKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        CHECKS.set(checks() + 1);
        self.0.verify(message, signature)
    }
}

struct CountedScheme;

impl SignatureScheme for CountedScheme {
    fn scheme(&self) -> Scheme {
        Algorithm::Es256.into()
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let key = CoseKey { algorithm: Algorithm::Es256, material: *key };
        rustcrypto::PROVIDER.prepare(&key).map(|key| Box::new(CountedKey(key)) as Box<_>).map_err(|_| InvalidKey)
    }
}

const COUNTED: CryptoProvider = CryptoProvider::new("counted", &[&CountedScheme]);

/// How a ceremony ends with a forged answer.
type Complete = fn(&World, &Started<RequestOptions>, &AuthenticationResponse) -> Result<Authenticated, Error>;

/// What is wrong besides the signature, how the ceremony ends, the signature checks that it costs, and what is heard.
type Forgery = (&'static str, fn(&mut AssertionDraft), Complete, usize, &'static str);

const REFUSED: &str = "refused";

fn by<'a>(started: &'a Started<RequestOptions>, session: &str) -> TakeBy<'a> {
    TakeBy::id(&started.session).in_session(binding(session))
}

const IN_ORDER: Complete = |world, started, response| block_on(world.passkeys.complete_authentication(by(started, "cookie"), response));

const FORGERIES: &[Forgery] = &[
    ("nothing", |_| {}, IN_ORDER, 1, REFUSED),
    ("backup eligible", |draft| draft.auth_data.set_flag(flags::BE, true), IN_ORDER, 1, REFUSED),
    ("not backup eligible", |draft| draft.auth_data.set_flag(flags::BE, false), IN_ORDER, 1, REFUSED),
    ("a counter that went back", |draft| draft.auth_data.sign_count = 0, IN_ORDER, 1, REFUSED),
    ("another origin", |draft| draft.client_data.origin = "https://evil.example".into(), IN_ORDER, 0, REFUSED),
    (
        "too late",
        |_| {},
        |world, started, response| {
            world.backend.clock.advance(3600);
            IN_ORDER(world, started, response)
        },
        0,
        "ceremony-expired",
    ),
    (
        "another session",
        |_| {},
        |world, started, response| block_on(world.passkeys.complete_authentication(by(started, "other"), response)),
        0,
        "ceremony-session-mismatch",
    ),
    (
        "a workflow that was switched off",
        |_| {},
        |world, started, response| {
            let later = counted().workflow(Workflow::Bootstrap, WorkflowPolicy::disabled()).build().unwrap();
            block_on(world.sibling(later).complete_authentication(by(started, "cookie"), response))
        },
        0,
        "workflow-disabled",
    ),
];

/// Where a user is named, a handle of somebody else is refused before anybody looks for a record.
const ANOTHERS_HANDLE: Forgery = ("another's user handle", |draft| draft.user_handle = Some(b"carol".to_vec()), IN_ORDER, 1, REFUSED);

fn counted() -> RelyingPartyBuilder {
    builder().crypto_provider(COUNTED).algorithms(AlgorithmList::new([Algorithm::Es256]).unwrap())
}

/// Alice's passkey is registered; bob's was imported, and nobody knows whether it may be backed up.
fn world() -> World {
    let world = World::of(counted().build().unwrap(), with_decoys);
    let mut record = world.backend.record_of("bob");
    block_on(world.passkeys.delete_all(&handle("bob"))).unwrap();
    record.usage.backup_eligible = None;
    assert_eq!(block_on(world.backend.store.insert(&record, None)), Ok(Inserted::Yes));
    world
}

fn request() -> AuthenticationRequest {
    AuthenticationRequest::default().in_session(binding("cookie")).workflow(Workflow::Bootstrap)
}

/// All in order but for what is forged, signed by a key of the forger's own.
fn assert_alike(world: &World, who: &str, started: &Started<RequestOptions>, id: &[u8], handle: Option<&[u8]>, forgery: &Forgery) {
    let (what, change, complete, cost, said) = forgery;
    let key = KeyPair::from_seed(KeyAlgorithm::Es256, 66);
    let mut forger = VirtualAuthenticator::new(66);
    forger.import(VirtualCredential::new(id.to_vec(), RP_ID, handle.map(Into::into), key));
    let mut draft = forger.get(&json(&started.options), ORIGIN).unwrap();
    change(&mut draft);
    let (response, records) = (authentication_response(&draft), world.backend.records());
    world.calls.take();
    let before = checks();
    let error = complete(world, started, &response).unwrap_err();
    let heard = match error.error_code() {
        code @ (ErrorCode::CeremonyExpired | ErrorCode::CeremonySessionMismatch | ErrorCode::WorkflowDisabled) => code.as_str(),
        _ => REFUSED,
    };
    assert_eq!((checks() - before, heard), (*cost, *said), "{who}, {what}: {error}");
    assert_eq!(world.calls.take(), ["take", "find"], "{who}, {what}");
    let told = (error.public_message(), error.retry_after_secs());
    assert_eq!(told, (Error::new(ErrorCode::SignatureInvalid).public_message(), None), "{who}, {what}");
    let again = block_on(world.passkeys.complete_authentication(by(started, "cookie"), &response));
    assert_eq!(refusal(again), ("ceremony-not-found", None), "{who}, {what}");
    assert_eq!(world.backend.records(), records, "{who}, {what}");
}

#[test]
fn a_forged_answer_is_refused_alike_for_a_passkey_and_for_a_decoy() {
    let world = world();
    for forgery in FORGERIES {
        for (name, kind) in ["alice", "+1555", "carol", "mallory", "trent"].map(|name| (name, IdentifierKind::Username)) {
            let started = start_with(&world, Identifier::of(name, [kind]), request()).unwrap();
            let id = started.options.allow_credentials[0].id.as_bytes().to_vec();
            assert_alike(&world, name, &started, &id, None, forgery);
        }
    }
}

/// Nobody is named, and there are no decoys.
#[test]
fn a_forged_answer_is_refused_alike_for_a_passkey_and_for_an_unknown_one() {
    let world = world();
    let known = |name| world.backend.record_of(name).credential_id.as_bytes().to_vec();
    for forgery in FORGERIES.iter().chain([&ANOTHERS_HANDLE]) {
        for (name, id) in [("alice", known("alice")), ("bob", known("bob")), ("nobody", vec![7; 16]), ("nobody", vec![8; 16])] {
            let started = block_on(world.passkeys.start_authentication(request())).unwrap();
            assert_alike(&world, name, &started, &id, Some(name.as_bytes()), forgery);
        }
    }
}
