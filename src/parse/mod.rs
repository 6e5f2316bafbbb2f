//! Bytes to typed values. Parsers never judge: they say what is there, bounded in bytes, depth,
//! counts and recursion, and keep everything signed as it came.

pub(crate) mod attestation_object;
pub(crate) mod authenticator_data;
pub(crate) mod cbor;
pub(crate) mod client_data;
pub(crate) mod cose_key;

pub use attestation_object::AttestationObject;
pub use authenticator_data::{AttestedCredentialData, AuthenticatorData, ExtensionOutputs};
pub use client_data::ClientData;
pub use cose_key::{CoseKey, KeyMaterial};
