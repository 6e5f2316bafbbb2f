//! A backend as an application has one: the facade with its default configuration over stores in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use passkeeper::store::{CredentialStore as _, MemoryCeremonies, MemoryStore};
use passkeeper::testing::{AssertionDraft, RegistrationDraft, VirtualAuthenticator};
use passkeeper::types::{Bytes, CredentialId, UnixTime};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{
    AuthenticationRequest, Clock, CredentialRecord, Entropy, EntropyError, Error, Passkeys, RegistrationRequest, RelyingParty, TakeBy,
};
use pollster::block_on;

use super::{NOW, ORIGIN, handle, json, refusal, relying_party, user};

/// A clock that moves when told to.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self::at(NOW)
    }

    pub fn at(now: UnixTime) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_secs())))
    }

    pub fn advance(&self, secs: i64) {
        self.0.fetch_add(secs, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Bytes that never repeat and always show `-` and `_` in base64url.
#[derive(Debug, Default)]
pub struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        buffer.fill(0xfb);
        buffer.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

pub type TestPasskeys = Passkeys<Arc<MemoryStore>, Arc<MemoryCeremonies>>;

/// The facade, and two users with a passkey each.
pub struct Backend {
    pub passkeys: TestPasskeys,
    pub store: Arc<MemoryStore>,
    pub ceremonies: Arc<MemoryCeremonies>,
    pub clock: TestClock,
    pub alice: VirtualAuthenticator,
    pub bob: VirtualAuthenticator,
}

impl Backend {
    pub fn new() -> Self {
        Self::with(relying_party())
    }

    /// Before anybody has a passkey.
    pub fn empty(rp: RelyingParty, now: UnixTime) -> Self {
        let (store, ceremonies, clock) = (Arc::new(MemoryStore::new()), Arc::new(MemoryCeremonies::new()), TestClock::at(now));
        let passkeys = Passkeys::with_sources(rp, store.clone(), ceremonies.clone(), clock.clone(), TestEntropy::default());
        Self { passkeys, store, ceremonies, clock, alice: VirtualAuthenticator::new(1), bob: VirtualAuthenticator::new(2) }
    }

    pub fn with(rp: RelyingParty) -> Self {
        let mut backend = Self::empty(rp, NOW);
        let (mut alice, mut bob) = (backend.alice.clone(), backend.bob.clone());
        backend.register("alice", &mut alice);
        backend.register("bob", &mut bob);
        (backend.alice, backend.bob) = (alice, bob);
        backend
    }

    /// The same stores and clock under another relying party.
    pub fn sibling(&self, rp: RelyingParty) -> TestPasskeys {
        Passkeys::with_sources(rp, self.store.clone(), self.ceremonies.clone(), self.clock.clone(), TestEntropy::default())
    }

    pub fn register(&self, name: &str, authenticator: &mut VirtualAuthenticator) -> CredentialRecord {
        let started = block_on(self.passkeys.start_registration(RegistrationRequest::new(user(name)))).unwrap();
        let draft = authenticator.create(&json(&started.options), ORIGIN).unwrap();
        let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
        block_on(self.passkeys.complete_registration(&started.session, &response)).unwrap().record
    }

    /// The one passkey of this user.
    pub fn record_of(&self, name: &str) -> CredentialRecord {
        block_on(self.passkeys.list(&handle(name))).unwrap().remove(0)
    }

    /// All that the credential store holds of the users of the tests, listed and found one by one.
    pub fn records(&self) -> Vec<CredentialRecord> {
        let scope = self.passkeys.relying_party().scope();
        let mut records = Vec::new();
        for name in ["alice", "bob", "carol"] {
            let listed = block_on(self.store.list(scope, &handle(name))).unwrap();
            for record in &listed {
                assert_eq!(block_on(self.store.find(scope, &record.credential_id)).unwrap().as_ref(), Some(record));
            }
            records.extend(listed);
        }
        records
    }

    /// Completes one pending ceremony, which must use up that and no other, and if it fails leave the credential store as it was.
    #[track_caller]
    pub fn completing<T>(&self, complete: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let (pending, before) = (self.ceremonies.len(), self.records());
        let result = complete();
        assert_eq!(self.ceremonies.len() + 1, pending, "other ceremonies have changed");
        if result.is_err() {
            assert_eq!(self.records(), before, "the store has changed");
        }
        result
    }

    /// Tries a registration for carol with one change. It must fail, leave the credential store as it was, and
    /// use up the pending ceremony and no other.
    #[track_caller]
    pub fn refuse_registration(&self, change: impl FnOnce(&mut RegistrationDraft)) -> Error {
        self.refuse_registration_of(RegistrationRequest::new(user("carol")), change)
    }

    #[track_caller]
    pub fn refuse_registration_of(&self, request: RegistrationRequest, change: impl FnOnce(&mut RegistrationDraft)) -> Error {
        let started = block_on(self.passkeys.start_registration(request)).unwrap();
        let honest = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
        let mut draft = honest.clone();
        change(&mut draft);

        // What is no response at all reaches no ceremony.
        let response = match RegistrationResponse::from_json(draft.to_json()) {
            Ok(response) => response,
            Err(error) => return error,
        };
        let result = self.completing(|| block_on(self.passkeys.complete_registration(&started.session, &response)));
        let error = result.expect_err("accepted");
        let honest = RegistrationResponse::from_json(honest.to_json()).unwrap();
        let again = block_on(self.passkeys.complete_registration(&started.session, &honest));
        assert_eq!(refusal(again), ("ceremony-not-found", None));
        error
    }

    /// Tries a sign-in with alice's passkey and one change. It must fail, leave the credential store as it was, and
    /// use up the pending ceremony.
    #[track_caller]
    pub fn refuse_sign_in(&self, request: AuthenticationRequest, change: impl FnOnce(&mut AssertionDraft)) -> Error {
        self.refuse_sign_in_with(&self.alice, request, change)
    }

    #[track_caller]
    pub fn refuse_sign_in_with(
        &self,
        authenticator: &VirtualAuthenticator,
        request: AuthenticationRequest,
        change: impl FnOnce(&mut AssertionDraft),
    ) -> Error {
        let started = block_on(self.passkeys.start_authentication(request)).unwrap();
        let honest = self.answer(authenticator, &json(&started.options));
        let mut draft = honest.clone();
        change(&mut draft);

        // What is no response at all reaches no ceremony.
        let response = match AuthenticationResponse::from_json(draft.to_json()) {
            Ok(response) => response,
            Err(error) => return error,
        };
        let result = self.completing(|| block_on(self.passkeys.complete_authentication(&started.session, &response)));
        let error = result.expect_err("accepted");
        let honest = AuthenticationResponse::from_json(honest.to_json()).unwrap();
        let again = block_on(self.passkeys.complete_authentication(&started.session, &honest));
        assert_eq!(refusal(again), ("ceremony-not-found", None));
        let by_challenge = block_on(self.passkeys.complete_authentication(TakeBy::danger_response_challenge(), &honest));
        assert_eq!(refusal(by_challenge), ("ceremony-not-found", None));
        error
    }

    /// What this authenticator signs for these options, even if it is not among the credentials they name.
    pub fn answer(&self, authenticator: &VirtualAuthenticator, options: &str) -> AssertionDraft {
        let mut options: serde_json::Value = serde_json::from_str(options).unwrap();
        options.as_object_mut().unwrap().remove("allowCredentials");
        authenticator.clone().get(&options.to_string(), ORIGIN).unwrap()
    }

    /// A whole sign-in.
    pub fn sign_in(&self, request: AuthenticationRequest, change: impl FnOnce(&mut AssertionDraft)) -> Result<CredentialRecord, Error> {
        let started = block_on(self.passkeys.start_authentication(request))?;
        let mut draft = self.answer(&self.alice, &json(&started.options));
        change(&mut draft);
        let response = AuthenticationResponse::from_json(draft.to_json())?;
        block_on(self.passkeys.complete_authentication(&started.session, &response)).map(|login| login.record().clone())
    }
}

pub fn credential_id(bytes: impl Into<Bytes>) -> CredentialId {
    CredentialId::new(bytes).unwrap()
}
