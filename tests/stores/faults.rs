//! Stores and sources that fail.

use passkeeper::store::{
    CeremonyId, CeremonyStore, CredentialStore, Deleted, ImportMode, Inserted, LastRecord, MemoryCeremonies, MemoryStore, NewCeremony,
    PendingLimits, Recorded, StoreError,
};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{
    AuthenticationRequest, CredentialRecord, Entropy, EntropyError, Error, ErrorKind, Passkeys, RecordUpdate, RegistrationRequest,
};
use pollster::block_on;

use crate::common::*;

/// A store in memory of which some calls fail or lie.
struct Faulty {
    inner: MemoryStore,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Nothing can be reached.
    Down,
    /// Nothing can be written.
    ReadOnly,
    /// Somebody else is always faster.
    Busy,
    /// The record is gone when its use is to be recorded.
    Vanishing,
    /// Somebody else is faster, and then the record is gone.
    BusyAndVanished,
}

impl Faulty {
    fn read<T>(&self, value: T) -> Result<T, StoreError> {
        if self.fault == Fault::Down { Err(StoreError::unavailable("connection refused")) } else { Ok(value) }
    }

    fn write<T>(&self, value: T) -> Result<T, StoreError> {
        if self.fault == Fault::ReadOnly { Err(StoreError::unavailable("read-only")) } else { self.read(value) }
    }
}

impl CredentialStore for Faulty {
    async fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Result<Inserted, StoreError> {
        self.write(())?;
        self.inner.insert(record, at_most).await
    }

    async fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        self.write(())?;
        self.inner.import(records, mode).await
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        self.read(())?;
        if self.fault == Fault::BusyAndVanished {
            return Ok(None);
        }
        self.inner.find(scope, id).await
    }

    async fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        self.read(())?;
        self.inner.find_by_record_id(scope, id).await
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        self.read(())?;
        self.inner.list(scope, user).await
    }

    async fn record_use(&self, update: &RecordUpdate) -> Result<Recorded, StoreError> {
        self.write(())?;
        match self.fault {
            Fault::Busy | Fault::BusyAndVanished => Ok(Recorded::Conflict),
            Fault::Vanishing => Ok(Recorded::NotFound),
            _ => self.inner.record_use(update).await,
        }
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        self.write(())?;
        self.inner.rename(scope, user, id, name).await
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Result<Deleted, StoreError> {
        self.write(())?;
        self.inner.delete(scope, user, id, last).await
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        self.write(())?;
        self.inner.delete_all(scope, user).await
    }
}

struct DownCeremonies;

impl CeremonyStore for DownCeremonies {
    async fn put(&self, _: NewCeremony, _: &PendingLimits, _: UnixTime) -> Result<CeremonyId, StoreError> {
        Err(StoreError::unavailable("no connection"))
    }

    async fn take(&self, _: &Scope, _: &CeremonyId, _: UnixTime) -> Result<Option<String>, StoreError> {
        Err(StoreError::unavailable("no connection"))
    }

    async fn take_by_challenge(&self, _: &Scope, _: &Challenge, _: UnixTime) -> Result<Option<String>, StoreError> {
        Err(StoreError::unavailable("no connection"))
    }
}

struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

/// A facade whose store has alice's passkey and then begins to fail.
fn failing(fault: Fault) -> (Passkeys<Faulty, MemoryCeremonies>, VirtualAuthenticator, CredentialRecord) {
    let mut authenticator = VirtualAuthenticator::new(1);
    let record = register(&relying_party(), &mut authenticator, "alice");
    let inner = MemoryStore::new();
    assert_eq!(block_on(inner.insert(&record, None)), Ok(Inserted::Yes));
    let credentials = Faulty { inner, fault };
    let passkeys = Passkeys::with_sources(relying_party(), credentials, MemoryCeremonies::new(), TestClock::new(), TestEntropy::default());
    (passkeys, authenticator, record)
}

fn sign_in(fault: Fault) -> Result<CredentialRecord, Error> {
    let (passkeys, mut authenticator, _) = failing(fault);
    let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable()))?;
    let draft = authenticator.get(&json(&started.options), ORIGIN).unwrap();
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    block_on(passkeys.complete_authentication(&started.session, &response)).map(|login| login.record().clone())
}

#[track_caller]
fn assert_unavailable<T>(result: Result<T, Error>) {
    let Err(error) = result else { panic!("accepted") };
    assert_eq!((error.code(), error.kind()), ("store-unavailable", ErrorKind::Store));
    assert_ne!(error.public_message(), Error::new(passkeeper::ErrorCode::SignatureInvalid).public_message());
    assert!(error.to_string().contains("con") || error.to_string().contains("read-only"), "the operator is told why: {error}");
}

#[test]
fn a_store_that_is_down() {
    assert!(sign_in(Fault::None).is_ok());
    assert_unavailable(sign_in(Fault::Down));
    let (passkeys, _, record) = failing(Fault::Down);
    let (alice, id) = (handle("alice"), &record.credential_id);
    assert_unavailable(block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))));
    assert_unavailable(block_on(passkeys.start_authentication(AuthenticationRequest::known(alice.clone()))));
    assert_unavailable(block_on(passkeys.list(&alice)));
    assert_unavailable(block_on(passkeys.find(&alice, id)));
    assert_unavailable(block_on(passkeys.rename(&alice, id, "new")));
    assert_unavailable(block_on(passkeys.delete(&alice, id)));
    assert_unavailable(block_on(passkeys.delete_all(&alice)));
}

/// Nobody is logged in whose use could not be recorded, and nothing is registered that could not be stored.
#[test]
fn a_store_that_cannot_write() {
    assert_unavailable(sign_in(Fault::ReadOnly));
    let (passkeys, _, _) = failing(Fault::ReadOnly);
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("bob")))).unwrap();
    let draft = VirtualAuthenticator::new(2).create(&json(&started.options), ORIGIN).unwrap();
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    assert_unavailable(block_on(passkeys.complete_registration(&started.session, &response)));
}

#[test]
fn a_store_in_which_somebody_else_is_always_faster() {
    assert_eq!(refusal(sign_in(Fault::Busy)), ("store-contention", Some("7.2/24")));
    assert_eq!(sign_in(Fault::Busy).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn a_record_that_vanishes() {
    assert_eq!(refusal(sign_in(Fault::Vanishing)), ("credential-not-found", Some("7.2/24")));
    let (passkeys, mut authenticator, record) = failing(Fault::BusyAndVanished);
    let request = AuthenticationRequest::discoverable();
    let verified = SigningIn::with_record(relying_party(), request, &mut authenticator, record).verify().unwrap();
    assert_eq!(refusal(block_on(passkeys.commit_authentication(verified))), ("credential-not-found", Some("7.2/24")));
}

#[test]
fn a_ceremony_store_that_is_down() {
    let passkeys = Passkeys::with_sources(relying_party(), MemoryStore::new(), DownCeremonies, TestClock::new(), TestEntropy::default());
    assert_unavailable(block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))));
    assert_unavailable(block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())));
    let response = RegistrationResponse::from_json(Registering::new().draft.to_json()).unwrap();
    assert_unavailable(block_on(passkeys.complete_registration(&CeremonyId::new("x"), &response)));
    assert_unavailable(block_on(passkeys.complete_registration(passkeeper::TakeBy::danger_response_challenge(), &response)));
}

#[test]
fn a_source_of_randomness_that_fails() {
    let ceremonies = MemoryCeremonies::new();
    let passkeys = Passkeys::with_sources(relying_party(), MemoryStore::new(), &ceremonies, TestClock::new(), NoEntropy);
    let registration = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice"))));
    assert_eq!(registration.unwrap_err().kind(), ErrorKind::Store);
    let authentication = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable()));
    assert_eq!(refusal(authentication), ("randomness-unavailable", None));
    let assertion = block_on(passkeys.start_assertion(AuthenticationRequest::discoverable()));
    assert_eq!(refusal(assertion), ("randomness-unavailable", None));
    assert!(ceremonies.is_empty());
}

#[test]
fn full_stores() {
    let none = || {
        Passkeys::with_sources(
            relying_party(),
            MemoryStore::with_capacity(0),
            MemoryCeremonies::new(),
            TestClock::new(),
            TestEntropy::default(),
        )
    };
    let passkeys = none();
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let draft = VirtualAuthenticator::new(1).create(&json(&started.options), ORIGIN).unwrap();
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    let full = block_on(passkeys.complete_registration(&started.session, &response));
    assert_eq!(refusal(full), ("credential-store-full", None));

    let clock = TestClock::new();
    let ceremonies = MemoryCeremonies::new();
    let passkeys = Passkeys::with_sources(relying_party(), MemoryStore::new(), &ceremonies, clock.clone(), TestEntropy::default())
        .pending_limits(PendingLimits { in_scope: 1, ..Default::default() });
    let start = || block_on(passkeys.start_authentication(AuthenticationRequest::discoverable()));
    let first = start().unwrap();
    let error = start().unwrap_err();
    assert_eq!((error.code(), error.kind()), ("ceremony-store-full", ErrorKind::Store));
    // The default timeout of five minutes, and a minute's grace.
    clock.advance(360);
    assert_eq!(refusal(start()), ("ceremony-store-full", None));
    clock.advance(1);
    let second = start().unwrap();
    assert_ne!(first.session, second.session);
}
