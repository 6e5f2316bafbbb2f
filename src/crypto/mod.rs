//! The provider seam: signature verification behind a plain value.
//!
//! A [`CryptoProvider`] is a table of static objects, each verifying one [`Scheme`]: what is really
//! checked (curve and hash, RSA padding and hash), not a COSE number, since certificates combine them
//! freely. There is no global and no priority among features: a relying party is handed its provider.
//! Nothing here ever holds a private key.

pub(crate) mod jwk;
#[cfg(feature = "rustcrypto")]
pub mod rustcrypto;
pub(crate) mod spki;

use alloc::boxed::Box;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorCode, Result};
use crate::parse::{CoseKey, KeyMaterial};
use crate::types::{Algorithm, Curve};

pub(crate) use spki::key_material;

/// A hash function under a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-1: broken for collisions, and met only in TPM statements and old certificates.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What a signature verification really consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scheme {
    /// ECDSA; the signature is ASN.1 DER (§6.5.5).
    Ecdsa(Curve, HashAlgorithm),
    /// Ed25519 as of RFC 8032, strict; the signature has 64 bytes.
    Ed25519,
    /// RSASSA-PKCS1-v1_5; the signature is as long as the modulus.
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash.
    RsaPss(HashAlgorithm),
}

impl From<Algorithm> for Scheme {
    /// The scheme that WebAuthn ties to a COSE algorithm (§5.8.5).
    fn from(algorithm: Algorithm) -> Self {
        use HashAlgorithm::{Sha256, Sha384, Sha512};
        match algorithm {
            Algorithm::Es256 | Algorithm::Esp256 => Self::Ecdsa(Curve::P256, Sha256),
            Algorithm::Es384 | Algorithm::Esp384 => Self::Ecdsa(Curve::P384, Sha384),
            Algorithm::Es512 | Algorithm::Esp512 => Self::Ecdsa(Curve::P521, Sha512),
            Algorithm::EdDsa | Algorithm::Ed25519 => Self::Ed25519,
            Algorithm::Rs256 => Self::RsaPkcs1(Sha256),
            Algorithm::Rs384 => Self::RsaPkcs1(Sha384),
            Algorithm::Rs512 => Self::RsaPkcs1(Sha512),
            Algorithm::Ps256 => Self::RsaPss(Sha256),
            Algorithm::Ps384 => Self::RsaPss(Sha384),
            Algorithm::Ps512 => Self::RsaPss(Sha512),
        }
    }
}

/// Why a provider refuses a key: it is no valid key of its curve or kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid public key")]
pub struct InvalidKey;

/// Why a provider refuses a signature: it says no more, so that nothing can leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct InvalidSignature;

/// One scheme of a provider.
pub trait SignatureScheme: Sync {
    /// What it verifies.
    fn scheme(&self) -> Scheme;

    /// Checks a public key (its point must lie on the curve) and makes it ready for use.
    ///
    /// # Errors
    /// [`InvalidKey`], also for key material of another kind.
    fn prepare(&self, key: &KeyMaterial<'_>) -> core::result::Result<Box<dyn VerifyingKey>, InvalidKey>;
}

/// A public key ready for use; may be kept by who verifies with it often.
pub trait VerifyingKey: Send + Sync {
    /// Verifies a signature over the parts of a message, one after another as if they were joined.
    ///
    /// # Errors
    /// [`InvalidSignature`].
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> core::result::Result<(), InvalidSignature>;
}

/// A table of what can be verified, handed to the relying party as a value.
#[derive(Clone, Copy)]
pub struct CryptoProvider {
    name: &'static str,
    schemes: &'static [&'static dyn SignatureScheme],
}

impl CryptoProvider {
    /// A provider from its parts; where two entries verify the same scheme, the first counts.
    #[must_use]
    pub const fn new(name: &'static str, schemes: &'static [&'static dyn SignatureScheme]) -> Self {
        Self { name, schemes }
    }

    /// The provider's name, for logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether signatures of this algorithm can be verified.
    #[must_use]
    pub fn supports(&self, algorithm: Algorithm) -> bool {
        self.find(algorithm.into()).is_some()
    }

    /// Checks a credential public key and makes it ready for use.
    ///
    /// # Errors
    /// `public-key-algorithm-unsupported`, `public-key-not-on-curve`.
    pub fn prepare(&self, key: &CoseKey<'_>) -> Result<Box<dyn VerifyingKey>> {
        let scheme =
            self.find(key.algorithm.into()).ok_or_else(|| Error::new(ErrorCode::PublicKeyAlgorithmUnsupported).found(key.algorithm))?;
        scheme.prepare(&key.material).map_err(|InvalidKey| Error::new(ErrorCode::PublicKeyNotOnCurve).subject(key.algorithm))
    }

    /// Makes any key ready for any scheme, for attestation statements and certificates.
    #[cfg(feature = "attestation")]
    pub(crate) fn prepare_scheme(&self, scheme: Scheme, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>> {
        let found =
            self.find(scheme).ok_or_else(|| Error::new(ErrorCode::CertificateAlgorithmUnsupported).found(format_args!("{scheme:?}")))?;
        found.prepare(key).map_err(|InvalidKey| ErrorCode::PublicKeyNotOnCurve.into())
    }

    fn find(&self, scheme: Scheme) -> Option<&'static dyn SignatureScheme> {
        self.schemes.iter().copied().find(|s| s.scheme() == scheme)
    }
}

impl fmt::Debug for CryptoProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CryptoProvider({})", self.name)
    }
}

/// SHA-256, the hash of client data and RP IDs.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
