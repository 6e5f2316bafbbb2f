//! Sealed stores of both modes, by themselves and below the facade.

use std::sync::Arc;

use passkeeper::store::{
    CeremonyId, CeremonyStore as _, CredentialStore as _, Inserted, MemoryReplayGuard, MemoryStore, NewCeremony, PendingLimits,
    SealedCeremonies, SealingKeys, StoreError,
};
use passkeeper::testing::{CounterMode, VirtualAuthenticator};
use passkeeper::types::{Bytes, Challenge, Scope, UnixTime};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{AuthenticationRequest, CredentialRecord, Entropy, EntropyError, Passkeys, RegistrationRequest, RelyingParty};
use pollster::block_on;

use crate::common::*;

pub(crate) type Guard = Arc<MemoryReplayGuard>;
pub(crate) type Sealed = SealedCeremonies<Guard>;

pub(crate) const EXPIRES: UnixTime = UnixTime::from_secs(NOW.as_secs() + 360);

/// Where the parts of a token begin.
pub(crate) const MODE: usize = 1;
pub(crate) const KEY: usize = 2;
pub(crate) const EXPIRY: usize = 10;
pub(crate) const SCOPE: usize = 18;
pub(crate) const NONCE: usize = 34;
pub(crate) const STATE: usize = 58;

pub(crate) fn keys(n: u8) -> SealingKeys {
    SealingKeys::new([n; 32]).unwrap()
}

pub(crate) fn guard() -> Guard {
    Arc::new(MemoryReplayGuard::new())
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Signed,
    Encrypted,
}

pub(crate) const MODES: [Mode; 2] = [Mode::Signed, Mode::Encrypted];

impl Mode {
    pub(crate) fn store(self, keys: SealingKeys, guard: Guard) -> Sealed {
        let store = SealedCeremonies::new(keys, guard);
        if self == Self::Encrypted { store.encrypted() } else { store }
    }

    /// The length of what stands behind the state.
    pub(crate) fn tag_len(self) -> usize {
        if self == Self::Encrypted { 16 } else { 32 }
    }
}

pub(crate) fn scope(name: &str) -> Scope {
    Scope::new(name).unwrap()
}

pub(crate) fn ceremony(state: &str) -> NewCeremony {
    NewCeremony::new(scope("a"), CeremonyId::new("x"), Challenge::new([1; 32]).unwrap(), state.into(), EXPIRES)
}

pub(crate) fn put(store: &Sealed, ceremony: NewCeremony) -> CeremonyId {
    try_put(store, ceremony).unwrap()
}

pub(crate) fn try_put(store: &Sealed, ceremony: NewCeremony) -> Result<CeremonyId, &'static str> {
    block_on(store.put(ceremony, &PendingLimits::default(), NOW)).map_err(refused)
}

pub(crate) fn take_at(store: &Sealed, id: &CeremonyId, now: UnixTime) -> Result<String, &'static str> {
    code(block_on(store.take(&scope("a"), id, now)))
}

pub(crate) fn take(store: &Sealed, id: &CeremonyId) -> Result<String, &'static str> {
    take_at(store, id, NOW)
}

/// A sealed store finds a ceremony or says why not.
pub(crate) fn code(taken: Result<Option<String>, StoreError>) -> Result<String, &'static str> {
    taken.map(|state| state.expect("a sealed store never finds nothing")).map_err(refused)
}

fn refused(error: StoreError) -> &'static str {
    match error {
        StoreError::Refused(error) => error.code(),
        error => panic!("{error}"),
    }
}

pub(crate) fn bytes(id: &CeremonyId) -> Vec<u8> {
    Bytes::from_base64url(id.as_str()).unwrap().into_vec()
}

pub(crate) fn token(bytes: Vec<u8>) -> CeremonyId {
    CeremonyId::new(Bytes::from(bytes).to_base64url())
}

/// A server that shares its credentials with its fleet, and its replay guard if told so.
pub(crate) struct Server {
    pub(crate) passkeys: Passkeys<Arc<MemoryStore>, Sealed>,
    pub(crate) guard: Guard,
}

/// Servers behind one balancer, and alice and bob with a passkey each that does not count: nothing but the guard stops a replay.
pub(crate) struct Fleet {
    pub(crate) mode: Mode,
    pub(crate) clock: TestClock,
    pub(crate) alice: VirtualAuthenticator,
    pub(crate) bob: VirtualAuthenticator,
    store: Arc<MemoryStore>,
    entropy: SharedEntropy,
}

/// So that two servers never draw the same.
#[derive(Clone, Default)]
struct SharedEntropy(Arc<TestEntropy>);

impl Entropy for SharedEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        self.0.fill(buffer)
    }
}

impl Fleet {
    pub(crate) fn new(mode: Mode) -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), TestClock::new());
        let [mut alice, mut bob] = [1, 2].map(|seed| VirtualAuthenticator::new(seed).with_counter(CounterMode::Zero));
        for (name, device) in [("alice", &mut alice), ("bob", &mut bob)] {
            let record = register(&relying_party(), device, name);
            assert_eq!(block_on(store.insert(&record, None)), Ok(Inserted::Yes));
        }
        Self { mode, clock, alice, bob, store, entropy: SharedEntropy::default() }
    }

    pub(crate) fn server(&self) -> Server {
        self.server_with(relying_party(), keys(1), guard())
    }

    pub(crate) fn server_with(&self, rp: RelyingParty, keys: SealingKeys, guard: Guard) -> Server {
        let sealed = self.mode.store(keys, guard.clone());
        Server { passkeys: Passkeys::with_sources(rp, self.store.clone(), sealed, self.clock.clone(), self.entropy.clone()), guard }
    }

    pub(crate) fn record_of(&self, name: &str) -> CredentialRecord {
        block_on(self.store.list(relying_party().scope(), &handle(name))).unwrap().remove(0)
    }
}

impl Server {
    /// A sign-in answered by this authenticator, even if it is not among those the options name.
    pub(crate) fn begin(&self, device: &VirtualAuthenticator, request: AuthenticationRequest) -> (CeremonyId, AuthenticationResponse) {
        let started = block_on(self.passkeys.start_authentication(request)).unwrap();
        (started.session, answer(device, &json(&started.options)))
    }

    /// Who is logged in.
    pub(crate) fn finish(&self, id: &CeremonyId, response: &AuthenticationResponse) -> Result<String, &'static str> {
        let login = block_on(self.passkeys.complete_authentication(id, response)).map_err(|error| error.code())?;
        Ok(String::from_utf8(login.user_handle().as_bytes().to_vec()).unwrap())
    }

    /// A registration, up to the response.
    pub(crate) fn begin_registration(&self, name: &str, seed: u64) -> (CeremonyId, RegistrationResponse) {
        let started = block_on(self.passkeys.start_registration(RegistrationRequest::new(user(name)))).unwrap();
        let draft = VirtualAuthenticator::new(seed).create(&json(&started.options), ORIGIN).unwrap();
        (started.session, registration_response(&draft))
    }
}

pub(crate) fn answer(device: &VirtualAuthenticator, options: &str) -> AuthenticationResponse {
    let mut options: serde_json::Value = serde_json::from_str(options).unwrap();
    options.as_object_mut().unwrap().remove("allowCredentials");
    authentication_response(&device.clone().get(&options.to_string(), ORIGIN).unwrap())
}
