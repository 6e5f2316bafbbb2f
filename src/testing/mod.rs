//! A software authenticator and client, so that a backend can be tested without a browser, and the contract of the stores.
//!
//! [`VirtualAuthenticator`] plays both parts that stand between a person and a relying party: the client (browser)
//! that reads the options and writes the client data, and the authenticator that makes keys and signs. It answers
//! with a *draft*: a complete, honest response that has not been signed yet. Every part of a draft can be read and
//! changed; [`RegistrationDraft::finish`] and [`AssertionDraft::finish`] then sign what is there. So a test for one
//! broken rule changes one thing, and everything else stays valid:
//!
//! ```
//! use passkeeper::testing::{VirtualAuthenticator, flags};
//!
//! let options = r#"{
//!     "rp": { "id": "example.com", "name": "Example" },
//!     "user": { "id": "dXNlci0x", "name": "ann", "displayName": "Ann" },
//!     "challenge": "AAECAwQFBgcICQoLDA0ODw",
//!     "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }]
//! }"#;
//! let mut authenticator = VirtualAuthenticator::new(1);
//! let mut draft = authenticator.create(options, "https://example.com").unwrap();
//! let honest = draft.to_json();
//!
//! draft.auth_data.set_flag(flags::UP, false);
//! let nobody_there = draft.to_json();
//! assert_ne!(honest, nobody_there);
//! ```
//!
//! Attestation comes with a certification authority of its own, [`CertificateAuthority`]. [`AttestationKind`] has every
//! format; what depends on the ceremony (certificates, statements, signed structures) is changed by [`Edits`]:
//!
//! ```
//! use passkeeper::testing::{CertificateAuthority, TpmAttestation, VirtualAuthenticator};
//!
//! let ca = CertificateAuthority::new(1);
//! let mut tpm = TpmAttestation::new(&ca);
//! tpm.cert_info.edit(|info| info.magic = 0);
//! let authenticator = VirtualAuthenticator::new(1).with_attestation(tpm.into());
//! let trust_anchor = ca.root_der();
//! ```
//!
//! The pieces are usable on their own: [`Cbor`] and [`der`] write well-formed and deliberately malformed encodings,
//! [`KeyPair`] signs rightly and in several wrong ways, and the drafts have constructors.
//!
//! - **Deterministic.** Keys, credential IDs and signatures follow from seeds; two runs give the same bytes.
//! - **Independent.** Nothing of the authenticator is shared with the verifying code, so that one mistake cannot cancel another.
//! - **For tests only.** The private keys are predictable by anyone. Never enable the `testing` feature in a release
//!   build of a server.
//!
//! Stores of your own are held to their contract by [`contract`].
//!
//! Misuse of this module, such as asking an RSA key for an ECDSA signature, panics; each such function says when.

// Test equipment: a broken expectation should stop the test at once.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::string_slice,
    clippy::unreachable,
    clippy::panic
)]

mod algorithm;
mod assertion;
mod attestation;
mod auth_data;
mod authenticator;
mod ca;
mod cbor;
mod client_data;
pub mod contract;
pub mod der;
mod ecdsa;
mod edits;
mod error;
mod jws;
mod keys;
mod mds;
pub mod oid;
mod options;
#[cfg(test)]
mod read_der;
mod registration;
mod rsa;
mod seed;
mod spki;
mod x509;

pub use algorithm::{HashAlgorithm, KeyAlgorithm};
pub use assertion::AssertionDraft;
pub use attestation::AttestationKind;
pub use attestation::android_key::{AndroidKeyAttestation, AuthorizationList, KeyDescription};
pub use attestation::apple::AppleAttestation;
pub use attestation::fido_u2f::FidoU2fAttestation;
pub use attestation::packed::PackedAttestation;
pub use attestation::safetynet::SafetyNetAttestation;
pub use attestation::tpm::structures::{CertInfo, KeyDetails, PubArea};
pub use attestation::tpm::{TpmAttestation, tpm_device};
pub use auth_data::{AttestedDraft, AuthDataDraft, flags};
pub use authenticator::{Backup, CounterMode, VirtualAuthenticator, VirtualCredential};
pub use ca::{Authority, CertificateAuthority};
pub use cbor::Cbor;
pub use client_data::ClientDataDraft;
pub use der::der_signature;
pub use edits::Edits;
pub use error::ClientError;
pub use jws::JwsDraft;
pub use keys::KeyPair;
pub use mds::{MetadataBlobDraft, metadata_entry, status_report};
pub use registration::RegistrationDraft;
pub use rsa::{pkcs1v15_encoding, pss_encoding};
pub use x509::CertificateDraft;
pub use x509::crl::{CrlDraft, RevokedDraft};
pub use x509::extension::{ExtensionDraft, GeneralName};
pub use x509::name::{Attribute, Name, StringType};

use alloc::string::String;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// base64url without padding, as all binary members of the JSON forms are written.
fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
