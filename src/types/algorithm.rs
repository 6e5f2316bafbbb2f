use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorCode, Result};

/// A signature algorithm of the COSE registry that this crate can name (§5.8.5).
///
/// Naming one does not offer it: the relying party's [`AlgorithmList`] does that. The fully
/// specified identifiers of RFC 9864 mean the same as their older twins but are different numbers,
/// and step 20 of §7.1 compares numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// −7: ECDSA with SHA-256, in WebAuthn on P-256.
    Es256,
    /// −35: ECDSA with SHA-384, in WebAuthn on P-384.
    Es384,
    /// −36: ECDSA with SHA-512, in WebAuthn on P-521.
    Es512,
    /// −8: EdDSA, in WebAuthn on Ed25519.
    EdDsa,
    /// −257: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// −258: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// −259: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// −37: RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    Ps256,
    /// −38: RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    Ps384,
    /// −39: RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    Ps512,
    /// −9: ECDSA with SHA-256 on P-256 (RFC 9864).
    Esp256,
    /// −51: ECDSA with SHA-384 on P-384 (RFC 9864).
    Esp384,
    /// −52: ECDSA with SHA-512 on P-521 (RFC 9864).
    Esp512,
    /// −19: Ed25519 (RFC 9864).
    Ed25519,
}

impl Algorithm {
    /// All algorithms this crate can name.
    pub const ALL: &'static [Self] = &[
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Esp256,
        Self::Esp384,
        Self::Esp512,
        Self::Ed25519,
    ];

    /// The number in the COSE algorithms registry.
    #[must_use]
    pub const fn cose_id(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::Es384 => -35,
            Self::Es512 => -36,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
            Self::Rs384 => -258,
            Self::Rs512 => -259,
            Self::Ps256 => -37,
            Self::Ps384 => -38,
            Self::Ps512 => -39,
            Self::Esp256 => -9,
            Self::Esp384 => -51,
            Self::Esp512 => -52,
            Self::Ed25519 => -19,
        }
    }

    /// The algorithm of a COSE number; `None` for one this crate cannot name.
    #[must_use]
    pub fn from_cose_id(id: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.cose_id() == id)
    }

    /// The registry's name, such as `ES256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Esp256 => "ESP256",
            Self::Esp384 => "ESP384",
            Self::Esp512 => "ESP512",
            Self::Ed25519 => "Ed25519",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.cose_id())
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.cose_id())
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let id = i64::deserialize(deserializer)?;
        Self::from_cose_id(id).ok_or_else(|| serde::de::Error::custom(format_args!("unknown COSE algorithm {id}")))
    }
}

/// An elliptic curve that ECDSA keys live on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
}

impl Curve {
    /// The length of a coordinate, in bytes, leading zeros included.
    #[must_use]
    pub const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// The algorithms a relying party offers, most preferred first; never empty, no repeats.
///
/// Order matters: authenticators take the first they can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AlgorithmList(Vec<Algorithm>);

impl AlgorithmList {
    /// ES256, EdDSA, RS256: what real clients serve best, and the default.
    ///
    /// ES256 is what nearly every passkey provider and security key makes, EdDSA what some newer
    /// keys can do, and RS256 what Windows Hello on a TPM needs. More choice adds nothing that a
    /// client would take and much that a reviewer has to consider.
    #[must_use]
    pub fn recommended() -> Self {
        Self([Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256].into())
    }

    /// ES512, ES384, ES256, PS512, PS384, PS256, RS512, RS384, RS256: the longest hash first.
    ///
    /// For products whose contract names exactly these nine. Leaves EdDSA out; clients that can
    /// only do ES256 or RS256 still find theirs.
    #[must_use]
    pub fn all_nine() -> Self {
        use Algorithm::{Es256, Es384, Es512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        Self([Es512, Es384, Es256, Ps512, Ps384, Ps256, Rs512, Rs384, Rs256].into())
    }

    /// A list of the caller's own, most preferred first; a repeated algorithm counts where it first stands.
    ///
    /// # Errors
    /// `algorithm-list-empty`.
    pub fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Result<Self> {
        let mut list = Vec::new();
        for algorithm in algorithms {
            if !list.contains(&algorithm) {
                list.push(algorithm);
            }
        }
        if list.is_empty() { Err(Error::new(ErrorCode::AlgorithmListEmpty)) } else { Ok(Self(list)) }
    }

    /// Whether the list holds this algorithm.
    #[must_use]
    pub fn contains(&self, algorithm: Algorithm) -> bool {
        self.0.contains(&algorithm)
    }

    /// The algorithms, most preferred first.
    pub fn iter(&self) -> impl Iterator<Item = Algorithm> + '_ {
        self.0.iter().copied()
    }
}

impl Default for AlgorithmList {
    fn default() -> Self {
        Self::recommended()
    }
}

impl<'de> Deserialize<'de> for AlgorithmList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cose_id_names_one_algorithm_and_no_other_number_does() {
        let named = (-70_000..=70_000).filter_map(|id| Algorithm::from_cose_id(id).map(|a| (id, a)));
        let mut count = 0;
        for (id, algorithm) in named {
            assert_eq!(algorithm.cose_id(), id);
            count += 1;
        }
        assert_eq!(count, Algorithm::ALL.len());
    }

    #[test]
    fn the_nine_stand_in_the_order_of_the_contract() {
        let ids: Vec<_> = AlgorithmList::all_nine().iter().map(Algorithm::cose_id).collect();
        assert_eq!(ids, [-36, -35, -7, -39, -38, -37, -259, -258, -257]);
    }

    #[test]
    fn lists_are_never_empty_and_hold_no_repeats() {
        assert_eq!(AlgorithmList::new([]).map_err(|e| e.error_code()), Err(ErrorCode::AlgorithmListEmpty));
        let list = AlgorithmList::new([Algorithm::Rs256, Algorithm::Es256, Algorithm::Rs256]);
        assert_eq!(list.map(|l| l.iter().count()), Ok(2));
    }
}
