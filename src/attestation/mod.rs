//! Attestation statements (§6.5, §8): what made a credential, as far as it can be proved.
//!
//! Verifying a statement says what it proves and which certificates it rests on; whether those lead to a
//! trust anchor is a question of its own ([`TrustAnchors`]). Nothing is ever fetched. Without feature
//! `attestation` only `none` and `packed` self attestation can be verified; every other format is then refused
//! with its own code, and never taken for "no attestation".

#[cfg(feature = "attestation")]
mod android_key;
#[cfg(feature = "attestation")]
mod android_safetynet;
#[cfg(feature = "attestation")]
mod apple;
#[cfg(feature = "attestation")]
mod certified;
#[cfg(feature = "attestation")]
mod compound;
#[cfg(feature = "attestation")]
mod fido_u2f;
mod none;
mod packed;
mod rules;
mod statement;
#[cfg(feature = "attestation")]
mod tpm;
#[cfg(feature = "attestation")]
mod trust;
mod verdict;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::crypto::{CryptoProvider, PreparedKey};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::{AttestationObject, AuthenticatorData, CoseKey};
use crate::types::{Aaguid, UnixTime};

pub use rules::{CompoundRule, StatementRules};
#[cfg(feature = "attestation")]
pub use trust::TrustAnchors;
#[cfg(feature = "attestation")]
pub(crate) use trust::{listed_model_of_leaf, model_of_leaf};
pub(crate) use verdict::Vouched;
pub use verdict::{AttestationVerdict, AuthenticatorModel, Trust};

/// An attestation statement format (§8) that this crate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AttestationFormat {
    /// `none`: nothing is said.
    None,
    /// `packed`: security keys and many platforms.
    Packed,
    /// `tpm`: Windows Hello.
    Tpm,
    /// `android-key`: Android's hardware keystore.
    AndroidKey,
    /// `android-safetynet`: deprecated, refused unless allowed by name.
    AndroidSafetynet,
    /// `fido-u2f`: security keys of the first generation.
    FidoU2f,
    /// `apple`: Apple's anonymous attestation.
    Apple,
    /// `compound`: several statements about one credential.
    Compound,
}

impl AttestationFormat {
    /// All formats.
    pub const ALL: &'static [Self] =
        &[Self::None, Self::Packed, Self::Tpm, Self::AndroidKey, Self::AndroidSafetynet, Self::FidoU2f, Self::Apple, Self::Compound];

    /// The identifier, compared case-sensitively.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Packed => "packed",
            Self::Tpm => "tpm",
            Self::AndroidKey => "android-key",
            Self::AndroidSafetynet => "android-safetynet",
            Self::FidoU2f => "fido-u2f",
            Self::Apple => "apple",
            Self::Compound => "compound",
        }
    }

    pub(crate) fn find(identifier: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.as_str() == identifier)
    }
}

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
    /// A key that a batch of authenticators shares. `packed` and `fido-u2f` cannot tell it from an attestation CA.
    Basic,
    /// A key certified by a privacy CA for this one authenticator: `tpm`.
    AttestationCa,
    /// A certificate made for this one credential: `apple`.
    AnonymizationCa,
    /// Several statements.
    Compound,
    /// There was a statement, and the relying party chose to ignore it: nothing is proved.
    Ignored,
}

impl AttestationType {
    /// The type as stable text, such as `attestation-ca`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SelfAttestation => "self",
            Self::Basic => "basic",
            Self::AttestationCa => "attestation-ca",
            Self::AnonymizationCa => "anonymization-ca",
            Self::Compound => "compound",
            Self::Ignored => "ignored",
        }
    }
}

/// Everything a statement is verified against; borrowed from the response.
#[cfg_attr(not(feature = "attestation"), expect(dead_code, reason = "only formats with certificates look at all of it"))]
pub(crate) struct Attested<'a> {
    pub(crate) object: AttestationObject<'a>,
    pub(crate) auth_data: &'a AuthenticatorData<'a>,
    pub(crate) client_data_json: &'a [u8],
    /// The credential public key, and ready for use.
    pub(crate) key: &'a CoseKey<'a>,
    pub(crate) verifying_key: &'a PreparedKey,
    pub(crate) provider: &'a CryptoProvider,
    pub(crate) rules: &'a StatementRules,
    pub(crate) moments: Moments,
}

impl Attested<'_> {
    /// 7.1/12: the hash of the bytes as they came. Only where a statement is signed does anybody ask.
    pub(crate) fn client_data_hash(&self) -> [u8; 32] {
        self.provider.sha256(&[self.client_data_json])
    }

    /// The model that the authenticator data claims.
    pub(crate) fn aaguid(&self) -> Aaguid {
        self.auth_data.attested.as_ref().map(|credential| credential.aaguid).unwrap_or_default()
    }
}

/// The moments that decide about an attestation; of a new registration all are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moments {
    /// When the registration took place: what a statement says of its own time is compared with this.
    pub(crate) registration: UnixTime,
    /// When certificates have to be valid.
    pub(crate) certificates: UnixTime,
    /// Up to when revocations, statuses and the metadata's own date count.
    pub(crate) reports: UnixTime,
}

impl Moments {
    /// A registration that takes place now.
    pub(crate) fn at(now: UnixTime) -> Self {
        Self { registration: now, certificates: now, reports: now }
    }
}

/// A verified statement: what it says it is, and the certificates it rests on, leaf first, in DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement<'a> {
    pub(crate) format: AttestationFormat,
    pub(crate) attestation_type: AttestationType,
    pub(crate) path: Vec<alloc::borrow::Cow<'a, [u8]>>,
    /// The verified statements of a compound one.
    pub(crate) parts: Vec<Statement<'a>>,
}

impl<'a> Statement<'a> {
    pub(crate) fn new(format: AttestationFormat, attestation_type: AttestationType) -> Self {
        Self { format, attestation_type, path: Vec::new(), parts: Vec::new() }
    }

    /// The model that the statement speaks of: `fido-u2f` does not sign the AAGUID, so that a client may write any.
    #[cfg(feature = "attestation")]
    pub(crate) fn signed_model(&self, attested: &Attested<'_>) -> Option<Aaguid> {
        Some(attested.aaguid()).filter(|aaguid| self.format != AttestationFormat::FidoU2f && !aaguid.is_zero())
    }

    #[cfg(feature = "attestation")]
    pub(crate) fn certified(format: AttestationFormat, attestation_type: AttestationType, x5c: Vec<&'a [u8]>) -> Self {
        let path = x5c.into_iter().map(alloc::borrow::Cow::Borrowed).collect();
        Self { format, attestation_type, path, parts: Vec::new() }
    }
}

/// Steps 21 and 22 of §7.1: finds the format, compared case-sensitively, and runs its procedure.
pub(crate) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    let unknown = || Error::new(ErrorCode::AttestationFormatUnknown).found(attested.object.fmt).at("7.1/21");
    let format = AttestationFormat::find(attested.object.fmt).ok_or_else(unknown)?;
    let verdict = match format {
        AttestationFormat::None => none::verify(attested),
        AttestationFormat::Packed => packed::verify(attested),
        #[cfg(feature = "attestation")]
        AttestationFormat::Tpm => tpm::verify(attested),
        #[cfg(feature = "attestation")]
        AttestationFormat::AndroidKey => android_key::verify(attested),
        #[cfg(feature = "attestation")]
        AttestationFormat::AndroidSafetynet if attested.rules.danger_accept_android_safetynet => android_safetynet::verify(attested),
        #[cfg(feature = "attestation")]
        AttestationFormat::FidoU2f => fido_u2f::verify(attested),
        #[cfg(feature = "attestation")]
        AttestationFormat::Apple => apple::verify(attested),
        #[cfg(feature = "attestation")]
        AttestationFormat::Compound => compound::verify(attested),
        other => return Err(Error::new(ErrorCode::AttestationFormatUnsupported).found(other.as_str()).at("7.1/21")),
    };
    verdict.map_err(|e| e.at("7.1/22"))
}
