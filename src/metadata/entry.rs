//! One entry: a model of authenticator, its anchors and its history.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

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
    /// How it attests, in FIDO's words such as `basic_full`; empty where the BLOB does not say. Where it does, the anchors
    /// vouch for nothing else.
    #[serde(default)]
    pub attestation_types: Vec<String>,
    /// The algorithms of its credentials, in FIDO's words such as `secp256r1_ecdsa_sha256_raw`. For information: Windows
    /// Hello makes credentials by algorithms that its entry does not list, so that nothing is refused for it.
    #[serde(default)]
    pub authentication_algorithms: Vec<String>,
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
    /// Since when, at midnight UTC; absent means always, also where the BLOB's date cannot be read.
    pub effective: Option<UnixTime>,
}

/// What a status says about FIDO's certification.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certification {
    /// It works as specified: `FIDO_CERTIFIED`, which names no level and stands beside one.
    Function,
    /// It is certified at a level: `FIDO_CERTIFIED_L2` and the like.
    Level,
    /// It is not, or no longer, certified.
    Without,
}

impl StatusReport {
    fn in_force(&self, now: UnixTime) -> bool {
        self.effective.is_none_or(|since| since <= now)
    }

    /// Whether a later report on the certification takes this one's place. A level gives way to any later level, and every
    /// certification to its loss; of the same day, the loss counts. What has no date was there first, but a loss that has
    /// none never ends.
    fn is_superseded_by(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.status.certification(), other.status.certification()) else { return false };
        match (own, others) {
            (Certification::Without, _) => self.effective.is_some() && other.effective > self.effective,
            (_, Certification::Without) => other.effective.is_none() || other.effective >= self.effective,
            (Certification::Level, Certification::Level) => other.effective > self.effective,
            _ => false,
        }
    }
}

/// A status of FIDO's registry; unknown ones are kept as they came.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthenticatorStatus(pub String);

impl AuthenticatorStatus {
    fn certification(&self) -> Option<Certification> {
        match self.0.as_str() {
            "FIDO_CERTIFIED" => Some(Certification::Function),
            "NOT_FIDO_CERTIFIED" | "SELF_ASSERTION_SUBMITTED" => Some(Certification::Without),
            status => status.starts_with("FIDO_CERTIFIED_").then_some(Certification::Level),
        }
    }

    /// The model must no longer be trusted: it was revoked, or its keys or its user verification were broken. Nothing
    /// later mends that: an update that is available need not have been made, and no response tells.
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
    /// The statuses that have come into force by a moment, those included that a later one takes the place of.
    pub fn statuses(&self, now: UnixTime) -> impl Iterator<Item = &AuthenticatorStatus> {
        self.in_force(now).map(|report| &report.status)
    }

    /// The statuses that stand at a moment. Of the certifications only the newest does: `FIDO_CERTIFIED_L1` no longer once
    /// `FIDO_CERTIFIED_L1plus` is reported, and none once `NOT_FIDO_CERTIFIED` or `SELF_ASSERTION_SUBMITTED` is, unless a
    /// certification follows. `FIDO_CERTIFIED` names no level and stands beside one. The dates decide, not the order of
    /// the reports; of the same day, a loss counts before a certification, and several levels stand together.
    pub fn current_statuses(&self, now: UnixTime) -> impl Iterator<Item = &AuthenticatorStatus> {
        let standing = move |report: &&StatusReport| !self.in_force(now).any(|other| report.is_superseded_by(other));
        self.in_force(now).filter(standing).map(|report| &report.status)
    }

    fn in_force(&self, now: UnixTime) -> impl Iterator<Item = &StatusReport> {
        self.status_reports.iter().filter(move |report| report.in_force(now))
    }

    /// What the entry is found by, each once.
    pub(super) fn names(&self) -> BTreeSet<Name> {
        let keys = self.key_identifiers.iter().map(|id| Name::key(id));
        self.aaguid.map(Name::Aaguid).into_iter().chain(self.aaid.clone().map(Name::Aaid)).chain(keys).collect()
    }

    /// The certificates that may vouch for this model.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = &TrustAnchor> {
        self.anchors.iter().map(|anchor| &anchor.0)
    }
}

/// What an entry is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Aaguid(Aaguid),
    Aaid(String),
    /// A key identifier in lower case.
    Key(String),
}

impl Name {
    pub(crate) fn key(identifier: &str) -> Self {
        Self::Key(identifier.to_ascii_lowercase())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aaguid(aaguid) => write!(f, "the AAGUID {aaguid}"),
            Self::Aaid(aaid) => write!(f, "the AAID {aaid}"),
            Self::Key(identifier) => write!(f, "the key identifier {identifier}"),
        }
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
