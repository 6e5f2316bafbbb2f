//! The relying-party side of WebAuthn Level 3: register passkeys, sign in with them, and trust the answer.
//!
//! # Start here
//!
//! [`Passkeys`] is what a backend calls: it starts and completes ceremonies over two stores. Below it lies the pure
//! core, for those who bring their own everything: [`RelyingParty`] makes options and a pending state,
//! [`PendingRegistration::verify`], [`Pending::receive`] and [`Received::verify`] judge the answer.
//!
//! ```
//! use passkeeper::store::{MemoryCeremonies, MemoryStore};
//! use passkeeper::types::UserHandle;
//! use passkeeper::wire::{RegistrationResponse, UserEntity};
//! use passkeeper::{Passkeys, RegistrationRequest, RelyingParty};
//! # use passkeeper::testing::VirtualAuthenticator;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let rp = RelyingParty::builder("example.com", "Example Ltd").build()?;
//! let passkeys = Passkeys::new(rp, MemoryStore::new(), MemoryCeremonies::new());
//!
//! // First request: `start.options` goes to the browser as JSON, `start.session` stays with the user's session.
//! let user = UserEntity { id: UserHandle::new([1; 64])?, name: "alice".into(), display_name: "Alice".into() };
//! let start = passkeys.start_registration(RegistrationRequest::new(user)).await?;
//! # let json = VirtualAuthenticator::new(1).create(&serde_json::to_string(&start.options)?, "https://example.com")?.to_json();
//!
//! // Second request: `json` is what `credential.toJSON()` gave.
//! let response = RegistrationResponse::from_json(&json)?;
//! let registered = passkeys.complete_registration(&start.session, &response).await?;
//! # Ok(()) }
//! # pollster::block_on(run()).unwrap();
//! ```
//!
//! A login cannot be made up: its type has no public constructor, and a step-up is another type.
//!
//! ```compile_fail,E0308
//! fn log_in(step_up: passkeeper::Asserted) -> passkeeper::Authenticated {
//!     step_up
//! }
//! ```
//!
//! # The rooms
//!
//! From the ground up; imports point down only.
//!
//! | Room | What happens there |
//! |---|---|
//! | [`types`], [`wire`] | small values that check themselves; JSON out and in |
//! | [`parse`] | bytes to typed values, bounded; never judges |
//! | [`crypto`], [`attestation`] | signatures and statements; never fetches |
//! | [`ceremony`] | the steps of §7.1 and §7.2, in order; never stores |
//! | [`import`] | passkeys of other products, as records |
//! | [`store`], [`Passkeys`] | the facade over stores; still no I/O of its own |
//!
//! `docs/DESIGN.md` says why, `docs/SECURITY.md` answers attack by attack, `docs/PROVIDERS.md` helps to choose a crypto provider,
//! `docs/ERRORS.md` lists every error code.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
pub mod types;
pub mod wire;

pub mod parse;

pub mod attestation;
pub mod crypto;
#[cfg(feature = "attestation")]
pub mod metadata;
#[cfg(feature = "attestation")]
pub mod x509;

pub mod ceremony;

pub mod import;

mod passkeys;
mod sources;
pub mod store;

#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod variations;

pub use attestation::{AttestationVerdict, AuthenticatorModel, Trust};
pub use ceremony::*;
pub use error::{Error, ErrorCode, ErrorKind, Result};
pub use passkeys::{
    Asserted, Attempt, Authenticated, DecoyShape, Decoys, DeletedAll, Event, Identifier, IdentifierKind, ManagementPolicy, NotCompleted,
    Observer, Passkeys, RateLimit, Registered, Started, TakeBy, TooMany, UnknownUsers, UserDirectory,
};
#[cfg(feature = "std")]
pub use sources::SystemClock;
#[cfg(feature = "getrandom")]
pub use sources::SystemEntropy;
pub use sources::{Clock, Entropy, EntropyError};

/// The README's program is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
