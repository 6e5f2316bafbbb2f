//! A fast provider that cargo builds alone: formally verified assembly, without a C compiler.
//!
//! Its library works on newer processors only and panics on others, hence [`provider`] instead of a constant. It has no P-521 and no
//! SHA-1, and it refuses valid signatures under RSA moduli that do not fill 64-bit words. So it wants a fallback, without which it
//! supports ES256, ES384 and Ed25519 only:
//!
//! ```no_run
//! # #[cfg(all(feature = "graviola", feature = "rustcrypto"))] {
//! use passkeeper::crypto::{graviola, rustcrypto};
//!
//! let provider = graviola::provider()?.with_fallback(&rustcrypto::PROVIDER);
//! # passkeeper::RelyingParty::builder("example.com", "Example").crypto_provider(provider).build()?;
//! # }
//! # Ok::<(), passkeeper::Error>(())
//! ```

use alloc::boxed::Box;
use core::marker::PhantomData;

#[cfg(feature = "attestation")]
use ::graviola::hashing::Sha512;
use ::graviola::hashing::{Hash, HashContext, Sha256, Sha384};
use ::graviola::signing::ecdsa::{Curve as Group, P256, P384, VerifyingKey as EcdsaKey};
use ::graviola::signing::eddsa::Ed25519VerifyingKey;
use ::graviola::signing::rsa::VerifyingKey as RsaKey;

use super::spki::two_numbers_der;
use super::{CryptoProvider, HashAlgorithm, InvalidKey, InvalidSignature, Scheme, SignatureScheme, VerifyingKey, filled};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::KeyMaterial;
use crate::types::Curve;

/// ECDSA on P-256 and P-384, Ed25519, and RSA for moduli of the usual lengths, if this processor can run them.
///
/// # Errors
/// `crypto-provider-unavailable` where the processor lacks what the library needs.
pub fn provider() -> Result<CryptoProvider> {
    if !::graviola::util::is_cpu_supported() || !has_bmi2() {
        return Err(Error::new(ErrorCode::CryptoProviderUnavailable)
            .subject("graviola")
            .expected("x86-64 with AES, PCLMULQDQ, AVX2, BMI1, BMI2 and ADX; or AArch64 with AES, PMULL, SHA-2 and NEON"));
    }
    Ok(CryptoProvider::new("graviola", SCHEMES).with_sha256(sha256))
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Sha256::new();
    for part in parts {
        context.update(part);
    }
    filled(context.finish().as_ref())
}

/// The library asks for ADX, which no processor has without BMI2, but a hypervisor may show the one and hide the other.
#[cfg(target_arch = "x86_64")]
fn has_bmi2() -> bool {
    std::is_x86_feature_detected!("bmi2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_bmi2() -> bool {
    true
}

const SCHEMES: &[&dyn SignatureScheme] = &[
    &Ecdsa::<P256, Sha256>::new(Curve::P256, HashAlgorithm::Sha256),
    &Ed25519,
    &Rsa { scheme: Scheme::RsaPkcs1(HashAlgorithm::Sha256), verify: RsaKey::verify_pkcs1_sha256 },
    &Ecdsa::<P384, Sha384>::new(Curve::P384, HashAlgorithm::Sha384),
    &Rsa { scheme: Scheme::RsaPkcs1(HashAlgorithm::Sha384), verify: RsaKey::verify_pkcs1_sha384 },
    &Rsa { scheme: Scheme::RsaPkcs1(HashAlgorithm::Sha512), verify: RsaKey::verify_pkcs1_sha512 },
    // The salt is as long as the hash.
    &Rsa { scheme: Scheme::RsaPss(HashAlgorithm::Sha256), verify: RsaKey::verify_pss_sha256 },
    &Rsa { scheme: Scheme::RsaPss(HashAlgorithm::Sha384), verify: RsaKey::verify_pss_sha384 },
    &Rsa { scheme: Scheme::RsaPss(HashAlgorithm::Sha512), verify: RsaKey::verify_pss_sha512 },
    // What only certificates and attestation statements combine.
    #[cfg(feature = "attestation")]
    &Ecdsa::<P384, Sha256>::new(Curve::P384, HashAlgorithm::Sha256),
    #[cfg(feature = "attestation")]
    &Ecdsa::<P256, Sha384>::new(Curve::P256, HashAlgorithm::Sha384),
    #[cfg(feature = "attestation")]
    &Ecdsa::<P256, Sha512>::new(Curve::P256, HashAlgorithm::Sha512),
    #[cfg(feature = "attestation")]
    &Ecdsa::<P384, Sha512>::new(Curve::P384, HashAlgorithm::Sha512),
];

struct Ecdsa<C, H> {
    scheme: Scheme,
    library: PhantomData<fn() -> (C, H)>,
}

impl<C, H> Ecdsa<C, H> {
    const fn new(curve: Curve, hash: HashAlgorithm) -> Self {
        Self { scheme: Scheme::Ecdsa(curve, hash), library: PhantomData }
    }
}

impl<C, H> SignatureScheme for Ecdsa<C, H>
where
    C: Group<PublicKey: Send + Sync> + 'static,
    H: Hash + 'static,
{
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> core::result::Result<Box<dyn VerifyingKey>, InvalidKey> {
        let KeyMaterial::Ec { x, y, .. } = *key else { return Err(InvalidKey) };
        let key = EcdsaKey::<C>::from_x962_uncompressed(&[&[4], x, y].concat()).map_err(|_| InvalidKey)?;
        Ok(Box::new(OnCurve::<C, H> { key, hash: PhantomData }))
    }
}

struct OnCurve<C: Group, H> {
    key: EcdsaKey<C>,
    hash: PhantomData<fn() -> H>,
}

impl<C: Group<PublicKey: Send + Sync>, H: Hash> VerifyingKey for OnCurve<C, H> {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> core::result::Result<(), InvalidSignature> {
        self.key.verify_asn1::<H>(message, signature).map_err(|_| InvalidSignature)
    }
}

struct Ed25519;

impl SignatureScheme for Ed25519 {
    fn scheme(&self) -> Scheme {
        Scheme::Ed25519
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> core::result::Result<Box<dyn VerifyingKey>, InvalidKey> {
        let KeyMaterial::Ed25519 { x } = *key else { return Err(InvalidKey) };
        Ok(Box::new(Ed25519VerifyingKey::from_bytes(x).map_err(|_| InvalidKey)?))
    }
}

impl VerifyingKey for Ed25519VerifyingKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> core::result::Result<(), InvalidSignature> {
        Self::verify(self, signature, &message.concat()).map_err(|_| InvalidSignature)
    }
}

/// How the library verifies: key, signature, message.
type VerifyRsa = fn(&RsaKey, &[u8], &[u8]) -> core::result::Result<(), ::graviola::Error>;

struct Rsa {
    scheme: Scheme,
    verify: VerifyRsa,
}

impl SignatureScheme for Rsa {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The library compares paddings in whole words, and its PSS knows no top bits to spare.
    fn only_for(&self) -> Option<fn(&KeyMaterial<'_>) -> bool> {
        Some(|key| matches!(key, KeyMaterial::Rsa { n: n @ [0x80..=0xff, ..], .. } if n.len() % 8 == 0))
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> core::result::Result<Box<dyn VerifyingKey>, InvalidKey> {
        let KeyMaterial::Rsa { n, e } = *key else { return Err(InvalidKey) };
        let der = two_numbers_der([n, e]).map_err(|_| InvalidKey)?;
        Ok(Box::new(PreparedRsa { key: RsaKey::from_pkcs1_der(&der).map_err(|_| InvalidKey)?, verify: self.verify }))
    }
}

struct PreparedRsa {
    key: RsaKey,
    verify: VerifyRsa,
}

impl VerifyingKey for PreparedRsa {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> core::result::Result<(), InvalidSignature> {
        (self.verify)(&self.key, signature, &message.concat()).map_err(|_| InvalidSignature)
    }
}
