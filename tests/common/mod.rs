//! What the test binaries share: a relying party, a user, and ceremonies with one thing broken.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing
)]

mod backend;
mod counting;
mod provider;

pub mod keys;

use std::cell::Cell;

use passkeeper::testing::{AssertionDraft, RegistrationDraft, VirtualAuthenticator};
use passkeeper::types::{Challenge, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, CreationOptions, RegistrationResponse, RequestOptions, UserEntity};
use passkeeper::{
    AuthenticationPolicy, AuthenticationRequest, CredentialRecord, Error, PendingAuthentication, PendingRegistration, RegistrationPolicy,
    RegistrationRequest, RelyingParty, RelyingPartyBuilder, Verified, VerifiedAuthentication, VerifiedRegistration,
};

pub use backend::{Backend, TestClock, TestEntropy, TestPasskeys, credential_id};
pub use counting::{Counting, Directory, Notes, Witness};
pub(crate) use provider::provider;

pub const RP_ID: &str = "example.com";
pub const ORIGIN: &str = "https://example.com";
pub const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

thread_local! {
    static NEXT_CHALLENGE: Cell<u8> = const { Cell::new(1) };
}

pub fn builder() -> RelyingPartyBuilder {
    RelyingParty::builder(RP_ID, "Example").crypto_provider(provider())
}

pub fn relying_party() -> RelyingParty {
    builder().build().unwrap()
}

/// A challenge that no other call in this thread gets.
pub fn challenge() -> Challenge {
    let n = NEXT_CHALLENGE.replace(NEXT_CHALLENGE.get().wrapping_add(1));
    Challenge::new([n; 32]).unwrap()
}

pub fn handle(text: &str) -> UserHandle {
    UserHandle::new(text.as_bytes()).unwrap()
}

pub fn user(text: &str) -> UserEntity {
    UserEntity { id: handle(text), name: text.into(), display_name: text.into() }
}

pub fn json(options: &impl serde::Serialize) -> String {
    serde_json::to_string(options).unwrap()
}

pub fn registration_response(draft: &RegistrationDraft) -> RegistrationResponse {
    RegistrationResponse::from_json(draft.to_json()).unwrap()
}

pub fn authentication_response(draft: &AssertionDraft) -> AuthenticationResponse {
    AuthenticationResponse::from_json(draft.to_json()).unwrap()
}

/// A registration on its way: options, pending state, and the response to break.
pub struct Registering {
    pub rp: RelyingParty,
    pub options: CreationOptions,
    pub pending: PendingRegistration,
    pub draft: RegistrationDraft,
}

impl Registering {
    pub fn new() -> Self {
        Self::with(relying_party(), RegistrationRequest::new(user("alice")), &mut VirtualAuthenticator::new(1))
    }

    pub fn with(rp: RelyingParty, request: RegistrationRequest, authenticator: &mut VirtualAuthenticator) -> Self {
        let (options, pending) = rp.start_registration(request, challenge(), NOW).unwrap();
        let draft = authenticator.create(&json(&options), ORIGIN).unwrap();
        Self { rp, options, pending, draft }
    }

    /// With this relying party, and everything else as in [`new`](Self::new).
    pub fn at(rp: RelyingParty) -> Self {
        Self::with(rp, RegistrationRequest::new(user("alice")), &mut VirtualAuthenticator::new(1))
    }

    /// With these demands, and everything else as in [`new`](Self::new).
    pub fn under(change: impl FnOnce(&mut RegistrationPolicy)) -> Self {
        let mut policy = RegistrationPolicy::default();
        change(&mut policy);
        Self::at(builder().registration_policy(policy).build().unwrap())
    }

    /// Changes one thing; the draft signs again by itself.
    pub fn change(mut self, change: impl FnOnce(&mut RegistrationDraft)) -> Self {
        change(&mut self.draft);
        self
    }

    /// Makes the same ceremony again and again, for tables of changes to a response that takes long to make.
    pub fn copies(self) -> impl Fn() -> Self {
        let Self { rp, options, pending, draft } = self;
        let state = pending.into_json().unwrap();
        move || {
            let pending = PendingRegistration::from_json(&state).unwrap();
            Self { rp: rp.clone(), options: options.clone(), pending, draft: draft.clone() }
        }
    }

    pub fn verify(self) -> Result<VerifiedRegistration, Error> {
        let response = RegistrationResponse::from_json(self.draft.to_json())?;
        self.pending.verify(&self.rp, &response, NOW)
    }
}

/// A sign-in on its way, with the record it is about.
pub struct SigningIn {
    pub rp: RelyingParty,
    pub record: CredentialRecord,
    pub options: RequestOptions,
    pub pending: PendingAuthentication,
    pub draft: AssertionDraft,
    pub now: UnixTime,
}

impl SigningIn {
    /// Discoverable, with a passkey registered a moment before.
    pub fn new() -> Self {
        Self::with(relying_party(), AuthenticationRequest::discoverable(), &mut VirtualAuthenticator::new(1))
    }

    pub fn with(rp: RelyingParty, request: AuthenticationRequest, authenticator: &mut VirtualAuthenticator) -> Self {
        let record = register(&rp, authenticator, "alice");
        Self::with_record(rp, request, authenticator, record)
    }

    pub fn with_record(
        rp: RelyingParty,
        request: AuthenticationRequest,
        authenticator: &mut VirtualAuthenticator,
        record: CredentialRecord,
    ) -> Self {
        let (options, pending) = rp.start_authentication(request, challenge(), NOW).unwrap();
        let draft = authenticator.get(&json(&options), ORIGIN).unwrap();
        Self { rp, record, options, pending, draft, now: NOW }
    }

    /// With this relying party, and everything else as in [`new`](Self::new).
    pub fn at(rp: RelyingParty) -> Self {
        Self::with(rp, AuthenticationRequest::discoverable(), &mut VirtualAuthenticator::new(1))
    }

    /// With these demands, and everything else as in [`new`](Self::new).
    pub fn under(change: impl FnOnce(&mut AuthenticationPolicy)) -> Self {
        let mut policy = AuthenticationPolicy::default();
        change(&mut policy);
        Self::at(builder().authentication_policy(policy).build().unwrap())
    }

    /// Changes one thing; the draft signs again by itself.
    pub fn change(mut self, change: impl FnOnce(&mut AssertionDraft)) -> Self {
        change(&mut self.draft);
        self
    }

    /// Changes the record it is verified against.
    pub fn change_record(mut self, change: impl FnOnce(&mut CredentialRecord)) -> Self {
        change(&mut self.record);
        self
    }

    /// Makes the same ceremony again and again, for tables of changes to a response that takes long to make.
    pub fn copies(self) -> impl Fn() -> Self {
        let Self { rp, record, options, pending, draft, now } = self;
        let state = pending.into_json().unwrap();
        move || {
            let pending = PendingAuthentication::from_json(&state).unwrap();
            Self { rp: rp.clone(), record: record.clone(), options: options.clone(), pending, draft: draft.clone(), now }
        }
    }

    pub fn verify(self) -> Result<VerifiedAuthentication, Error> {
        let response = AuthenticationResponse::from_json(self.draft.to_json())?;
        self.pending.receive(&response)?.verify(&self.rp, &self.record, self.now)
    }
}

/// Registers a passkey for this user and returns its record.
pub fn register(rp: &RelyingParty, authenticator: &mut VirtualAuthenticator, name: &str) -> CredentialRecord {
    let registering = Registering::with(rp.clone(), RegistrationRequest::new(user(name)), authenticator);
    registering.verify().unwrap().into_record()
}

/// Code and step of a refusal.
#[track_caller]
pub fn refusal<T>(result: Result<T, Error>) -> (&'static str, Option<&'static str>) {
    match result {
        Ok(_) => panic!("accepted"),
        Err(error) => (error.code(), error.spec_step()),
    }
}

/// Asserts the exact code and step of a refusal.
#[track_caller]
pub fn assert_refused<T>(result: Result<T, Error>, code: &str, step: &str) {
    assert_eq!(refusal(result), (code, Some(step)));
}

/// Keeps the type of a verified value out of a test's way.
pub fn flags_of<P>(verified: &Verified<P>) -> u8 {
    verified.flags().as_byte()
}
