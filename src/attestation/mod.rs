//! Attestation statements (§6.5, §8): what made a credential, as far as it can be proved.
//!
//! Verified here: `none` and `packed` self attestation. Every other format is refused with its own
//! code and never taken for "no attestation".

mod none;
mod packed;

use serde::{Deserialize, Serialize};

use crate::crypto::VerifyingKey;
use crate::error::{Error, ErrorCode, Result};
use crate::parse::AttestationObject;
use crate::types::Algorithm;

/// What kind of attestation was verified (§6.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AttestationType {
    /// Nothing is attested: the AAGUID is a mere claim.
    None,
    /// The credential's own key signed: proves possession, nothing about the authenticator.
    #[serde(rename = "self")]
    SelfAttestation,
    /// There was a statement, and the relying party chose to ignore it: nothing is proved.
    Ignored,
}

impl AttestationType {
    /// The type as stable text: `none`, `self` or `ignored`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SelfAttestation => "self",
            Self::Ignored => "ignored",
        }
    }
}

/// Everything a statement is verified against; borrowed from the response.
pub(crate) struct Attested<'a> {
    pub(crate) object: AttestationObject<'a>,
    pub(crate) client_data_hash: &'a [u8; 32],
    pub(crate) algorithm: Algorithm,
    pub(crate) key: &'a dyn VerifyingKey,
}

/// Formats whose procedure the specification gives and this crate does not have.
const KNOWN_FORMATS: &[&str] = &["tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "compound"];

/// Steps 21 and 22 of §7.1: finds the format, compared case-sensitively, and runs its procedure.
pub(crate) fn verify(attested: &Attested<'_>) -> Result<AttestationType> {
    match attested.object.fmt {
        "none" => none::verify(attested).map_err(|e| e.at("7.1/22")),
        "packed" => packed::verify(attested).map_err(|e| e.at("7.1/22")),
        fmt if KNOWN_FORMATS.contains(&fmt) => Err(Error::new(ErrorCode::AttestationFormatUnsupported).found(fmt).at("7.1/21")),
        fmt => Err(Error::new(ErrorCode::AttestationFormatUnknown).found(fmt).at("7.1/21")),
    }
}
