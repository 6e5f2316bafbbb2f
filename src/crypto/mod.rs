//! The provider seam: signature verification behind a plain value.
//!
//! A [`CryptoProvider`] is a table of static objects, each verifying one [`Scheme`]: what is really
//! checked (curve and hash, RSA padding and hash), not a COSE number, since certificates combine them
//! freely. There is no global and no priority among features: a relying party is handed its provider.
//! Nothing here ever holds a private key.
//!
//! Where libraries differ in what they take for a key or a signature, the difference is closed here, before any of them is
//! asked (see [`PreparedKey`]): all providers accept and refuse the same. `docs/PROVIDERS.md` helps to choose one.

#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc_rs;
#[cfg(feature = "graviola")]
pub mod graviola;
pub(crate) mod jwk;
mod prepared;
#[cfg(feature = "rustcrypto")]
pub mod rustcrypto;
pub(crate) mod spki;

use alloc::boxed::Box;
use core::fmt;

use crate::error::{Error, ErrorCode, Result};
use crate::parse::{CoseKey, KeyMaterial};
use crate::types::{Algorithm, Curve, sha256};

pub use prepared::PreparedKey;
pub(crate) use spki::is_key_material;

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

/// One scheme of a provider: what an implementation of it gives.
pub trait SignatureScheme: Sync {
    /// What it verifies.
    fn scheme(&self) -> Scheme;

    /// Says which keys of the scheme it can handle, if not all. Where it cannot, the next entry or the fallback is asked; a
    /// scheme of which no entry handles every key is not supported.
    fn only_for(&self) -> Option<fn(&KeyMaterial<'_>) -> bool> {
        None
    }

    /// Checks a public key (its point must lie on the curve) and makes it ready for use.
    ///
    /// Only keys that have the right shape for the scheme get here; [`PreparedKey`] says what that is.
    ///
    /// # Errors
    /// [`InvalidKey`], also for key material of another kind.
    fn prepare(&self, key: &KeyMaterial<'_>) -> core::result::Result<Box<dyn VerifyingKey>, InvalidKey>;
}

/// A public key as a provider's library makes it ready.
pub trait VerifyingKey: Send + Sync {
    /// Verifies a signature over the parts of a message, one after another as if they were joined.
    ///
    /// Only signatures of the right shape get here; [`PreparedKey`] says what that is.
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
    fallback: Option<&'static Self>,
    sha256: fn(&[&[u8]]) -> [u8; 32],
}

impl CryptoProvider {
    /// A provider from its parts; where two entries verify the same scheme, the first that handles a key counts.
    #[must_use]
    pub const fn new(name: &'static str, schemes: &'static [&'static dyn SignatureScheme]) -> Self {
        Self { name, schemes, fallback: None, sha256 }
    }

    /// Composes two providers: what this one does not verify, `fallback` does; a second call replaces the first one's.
    ///
    /// A key belongs to one of the two, by its scheme and shape; what that one refuses, key or signature, stays refused. This one
    /// hashes.
    #[must_use]
    pub const fn with_fallback(mut self, fallback: &'static Self) -> Self {
        self.fallback = Some(fallback);
        self
    }

    /// Has the provider's library hash what a ceremony hashes, too; without it the crate `sha2` does.
    ///
    /// `hash` gives the SHA-256 of the parts, one after another as if they were joined.
    #[must_use]
    pub const fn with_sha256(mut self, hash: fn(&[&[u8]]) -> [u8; 32]) -> Self {
        self.sha256 = hash;
        self
    }

    /// The SHA-256 of the parts, one after another as if they were joined: the hash of client data, record IDs and AppIDs.
    #[must_use]
    pub fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        (self.sha256)(parts)
    }

    /// The provider's name, for logs; of a composed one, that of the first.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether signatures of this algorithm can be verified.
    #[must_use]
    pub fn supports(&self, algorithm: Algorithm) -> bool {
        self.supports_scheme(algorithm.into())
    }

    /// Whether signatures of this scheme can be verified: certificates and TPM statements combine more than algorithms do.
    #[must_use]
    pub fn supports_scheme(&self, scheme: Scheme) -> bool {
        self.find(scheme, |entry| entry.only_for().is_none()).is_some()
    }

    /// Checks a credential public key and makes it ready for use.
    ///
    /// # Errors
    /// `public-key-algorithm-unsupported`, `public-key-not-on-curve`.
    pub fn prepare(&self, key: &CoseKey<'_>) -> Result<PreparedKey> {
        let found = self.find_for(key.algorithm.into(), &key.material);
        let found = found.ok_or_else(|| Error::new(ErrorCode::PublicKeyAlgorithmUnsupported).found(key.algorithm))?;
        PreparedKey::new(found, &key.material).map_err(|InvalidKey| Error::new(ErrorCode::PublicKeyNotOnCurve).subject(key.algorithm))
    }

    /// Makes any key ready for any scheme, as attestation statements and certificates combine them.
    ///
    /// # Errors
    /// `certificate-algorithm-unsupported`, `public-key-not-on-curve`.
    pub fn prepare_scheme(&self, scheme: Scheme, key: &KeyMaterial<'_>) -> Result<PreparedKey> {
        let found = self.find_for(scheme, key);
        let found = found.ok_or_else(|| Error::new(ErrorCode::CertificateAlgorithmUnsupported).found(format_args!("{scheme:?}")))?;
        PreparedKey::new(found, key).map_err(|InvalidKey| ErrorCode::PublicKeyNotOnCurve.into())
    }

    fn find_for(&self, scheme: Scheme, key: &KeyMaterial<'_>) -> Option<&'static dyn SignatureScheme> {
        self.find(scheme, |entry| entry.only_for().is_none_or(|handles| handles(key)))
    }

    fn find(&self, scheme: Scheme, suits: impl Fn(&dyn SignatureScheme) -> bool + Copy) -> Option<&'static dyn SignatureScheme> {
        let own = self.schemes.iter().copied().find(|entry| entry.scheme() == scheme && suits(*entry));
        own.or_else(|| self.fallback?.find(scheme, suits))
    }
}

/// A library's SHA-256 as an array.
#[cfg(any(feature = "aws-lc-rs", feature = "graviola"))]
fn filled(hash: &[u8]) -> [u8; 32] {
    let mut filled = [0; 32];
    for (to, from) in filled.iter_mut().zip(hash) {
        *to = *from;
    }
    filled
}

impl fmt::Debug for CryptoProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CryptoProvider({}", self.name)?;
        let mut fallback = self.fallback;
        while let Some(next) = fallback {
            write!(f, ", then {}", next.name)?;
            fallback = next.fallback;
        }
        f.write_str(")")
    }
}
