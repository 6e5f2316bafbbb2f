//! Which signatures the authenticator can make.

use alloc::vec::Vec;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A COSE signature algorithm that the authenticator can make keys for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAlgorithm {
    /// -7: ECDSA on P-256 with SHA-256.
    Es256,
    /// -35: ECDSA on P-384 with SHA-384.
    Es384,
    /// -36: ECDSA on P-521 with SHA-512.
    Es512,
    /// -8: Ed25519 under its older, polymorphic identifier.
    EdDsa,
    /// -257: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// -258: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// -259: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// -37: RSASSA-PSS with SHA-256.
    Ps256,
    /// -38: RSASSA-PSS with SHA-384.
    Ps384,
    /// -39: RSASSA-PSS with SHA-512.
    Ps512,
    /// -9: [`Es256`](Self::Es256) under its fully specified identifier.
    Esp256,
    /// -51: [`Es384`](Self::Es384) under its fully specified identifier.
    Esp384,
    /// -52: [`Es512`](Self::Es512) under its fully specified identifier.
    Esp512,
    /// -19: [`EdDsa`](Self::EdDsa) under its fully specified identifier.
    Ed25519,
    /// -65535: RSASSA-PKCS1-v1_5 with SHA-1, which TPMs attest with. Not in [`ALL`](Self::ALL).
    Rs1,
}

impl KeyAlgorithm {
    /// Every algorithm that a credential may have: all but [`Rs1`](Self::Rs1).
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

    /// The number in the IANA registry of COSE algorithms.
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
            Self::Rs1 => -65535,
        }
    }

    /// The algorithm with this number.
    pub fn from_cose_id(id: i64) -> Option<Self> {
        Self::ALL.iter().copied().chain([Self::Rs1]).find(|algorithm| algorithm.cose_id() == id)
    }

    /// The hash applied to the message; for Ed25519, which has no hash to choose, the SHA-512 inside of it.
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::Es256 | Self::Esp256 | Self::Rs256 | Self::Ps256 => HashAlgorithm::Sha256,
            Self::Es384 | Self::Esp384 | Self::Rs384 | Self::Ps384 => HashAlgorithm::Sha384,
            Self::Es512 | Self::Esp512 | Self::Rs512 | Self::Ps512 => HashAlgorithm::Sha512,
            Self::EdDsa | Self::Ed25519 => HashAlgorithm::Sha512,
            Self::Rs1 => HashAlgorithm::Sha1,
        }
    }

    /// The order n of the curve's group as big-endian bytes (32, 48 or 66) for ECDSA, else `None`.
    pub const fn group_order(self) -> Option<&'static [u8]> {
        match self.scheme() {
            Scheme::Ecdsa(curve) => Some(curve.order()),
            _ => None,
        }
    }

    pub(super) const fn scheme(self) -> Scheme {
        match self {
            Self::Es256 | Self::Esp256 => Scheme::Ecdsa(Curve::P256),
            Self::Es384 | Self::Esp384 => Scheme::Ecdsa(Curve::P384),
            Self::Es512 | Self::Esp512 => Scheme::Ecdsa(Curve::P521),
            Self::EdDsa | Self::Ed25519 => Scheme::Ed25519,
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Rs1 => Scheme::Pkcs1v15,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Scheme::Pss,
        }
    }
}

/// What an algorithm does, its hash left aside.
#[derive(Clone, Copy)]
pub(super) enum Scheme {
    Ecdsa(Curve),
    Ed25519,
    Pkcs1v15,
    Pss,
}

#[derive(Clone, Copy)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// The curve's number in COSE keys (label -1).
    pub(super) const fn cose_id(self) -> i64 {
        match self {
            Self::P256 => 1,
            Self::P384 => 2,
            Self::P521 => 3,
        }
    }

    /// The order n of the group, big-endian, no leading zeros.
    pub(super) const fn order(self) -> &'static [u8] {
        match self {
            Self::P256 => {
                b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
                  \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
            }
            Self::P384 => {
                b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
                  \xff\xff\xff\xff\xff\xff\xff\xff\xc7\x63\x4d\x81\xf4\x37\x2d\xdf\
                  \x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73"
            }
            Self::P521 => {
                b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
                  \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
                  \xff\xfa\x51\x86\x87\x83\xbf\x2f\x96\x6b\x7f\xcc\x01\x48\xf7\x09\
                  \xa5\xd0\x3b\xb5\xc9\xb8\x89\x9c\x47\xae\xbb\x6f\xb7\x1e\x91\x38\
                  \x64\x09"
            }
        }
    }
}

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl HashAlgorithm {
    /// The hash of `message`.
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// The length of the hash in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}
