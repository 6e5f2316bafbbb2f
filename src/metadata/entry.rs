//! One entry: a model of authenticator, its anchors and its history.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::{Aaguid, Bytes, UnixTime};
use crate::x509::TrustAnchor;

/// What FIDO's metadata says about a model of authenticator.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetadataEntry {
    /// The model, for FIDO2.
    pub aaguid: Option<Aaguid>,
    /// The model, for UAF.
    pub aaid: Option<String>,
    /// The key identifiers of its attestation certificates, for U2F; hexadecimal.
    pub key_identifiers: Vec<String>,
    /// A name for people, such as `YubiKey 5 Series`.
    pub description: String,
    /// A picture as a `data:` URL.
    pub icon: Option<String>,
    /// What has happened to it, in the BLOB's order.
    pub status_reports: Vec<StatusReport>,
    pub(super) anchors: Vec<Anchor>,
}

/// One line of a model's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusReport {
    /// What happened.
    pub status: AuthenticatorStatus,
    /// Since when, at midnight UTC; absent means always.
    pub effective: Option<UnixTime>,
}

/// A status of FIDO's registry; unknown ones are kept as they came.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthenticatorStatus(pub String);

impl AuthenticatorStatus {
    /// The model must no longer be trusted: it was revoked, or its keys or its user verification were broken.
    #[must_use]
    pub fn is_compromised(&self) -> bool {
        matches!(
            self.0.as_str(),
            "REVOKED"
                | "USER_VERIFICATION_BYPASS"
                | "ATTESTATION_KEY_COMPROMISE"
                | "USER_KEY_REMOTE_COMPROMISE"
                | "USER_KEY_PHYSICAL_COMPROMISE"
        )
    }

    /// A newer firmware mends something.
    #[must_use]
    pub fn is_update_available(&self) -> bool {
        self.0 == "UPDATE_AVAILABLE"
    }
}

impl MetadataEntry {
    /// The statuses in force at a moment.
    pub fn statuses(&self, now: UnixTime) -> impl Iterator<Item = &AuthenticatorStatus> {
        self.status_reports.iter().filter(move |report| report.effective.is_none_or(|since| since <= now)).map(|report| &report.status)
    }

    /// The certificates that may vouch for this model.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = &TrustAnchor> {
        self.anchors.iter().map(|anchor| &anchor.0)
    }
}

/// A trust anchor that is written as its certificate.
#[derive(Clone, Debug)]
pub(super) struct Anchor(pub(super) TrustAnchor);

impl Serialize for Anchor {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        Bytes::from(self.0.as_der()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Anchor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let der = Bytes::deserialize(deserializer)?;
        TrustAnchor::from_der(der.as_slice()).map(Self).map_err(serde::de::Error::custom)
    }
}
