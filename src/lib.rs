//! The relying-party side of WebAuthn: register passkeys, sign in with them, and trust the answer.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// L0: values and JSON.
mod error;
pub mod types;
pub mod wire;
// L1: bytes to typed values.
pub mod parse;
// L2: signatures and statements.
pub mod attestation;
pub mod crypto;
// L3: the ceremonies.
pub mod ceremony;
// L4: the facade over stores.
mod passkeys;
mod sources;
pub mod store;

#[cfg(feature = "testing")]
pub mod testing;

pub use ceremony::*;
pub use error::{Error, ErrorCode, ErrorKind, Result};
pub use passkeys::{Asserted, Authenticated, Passkeys, Registered, Started, TakeBy};
#[cfg(feature = "std")]
pub use sources::SystemClock;
#[cfg(feature = "getrandom")]
pub use sources::SystemEntropy;
pub use sources::{Clock, Entropy, EntropyError};
