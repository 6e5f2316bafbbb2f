//! The fastest provider: AWS-LC, through its Rust face.
//!
//! It knows every algorithm, and what certificates combine. It needs `std` and, to build, a C compiler.

use alloc::boxed::Box;

use ::aws_lc_rs::digest::{self, Context};
use ::aws_lc_rs::signature::{self as aws, EcdsaVerificationAlgorithm, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};

use super::HashAlgorithm::{Sha256, Sha384, Sha512};
use super::{CryptoProvider, HashAlgorithm, InvalidKey, InvalidSignature, Scheme, SignatureScheme, VerifyingKey, filled};
use crate::parse::KeyMaterial;
use crate::types::Curve::{P256, P384, P521};

/// All schemes of [`Algorithm`](crate::types::Algorithm), in C and assembly.
pub const PROVIDER: CryptoProvider = CryptoProvider::new("aws-lc-rs", SCHEMES).with_sha256(sha256);

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    filled(context.finish().as_ref())
}

const SCHEMES: &[&dyn SignatureScheme] = &[
    &Aws { scheme: Scheme::Ecdsa(P256, Sha256), library: Library::Ecdsa(&aws::ECDSA_P256_SHA256_ASN1) },
    &Aws { scheme: Scheme::Ed25519, library: Library::Ed25519 },
    &Aws { scheme: Scheme::RsaPkcs1(Sha256), library: Library::Rsa(&aws::RSA_PKCS1_2048_8192_SHA256) },
    &Aws { scheme: Scheme::Ecdsa(P384, Sha384), library: Library::Ecdsa(&aws::ECDSA_P384_SHA384_ASN1) },
    &Aws { scheme: Scheme::Ecdsa(P521, Sha512), library: Library::Ecdsa(&aws::ECDSA_P521_SHA512_ASN1) },
    &Aws { scheme: Scheme::RsaPkcs1(Sha384), library: Library::Rsa(&aws::RSA_PKCS1_2048_8192_SHA384) },
    &Aws { scheme: Scheme::RsaPkcs1(Sha512), library: Library::Rsa(&aws::RSA_PKCS1_2048_8192_SHA512) },
    // The length of the salt is that of the hash.
    &Aws { scheme: Scheme::RsaPss(Sha256), library: Library::Rsa(&aws::RSA_PSS_2048_8192_SHA256) },
    &Aws { scheme: Scheme::RsaPss(Sha384), library: Library::Rsa(&aws::RSA_PSS_2048_8192_SHA384) },
    &Aws { scheme: Scheme::RsaPss(Sha512), library: Library::Rsa(&aws::RSA_PSS_2048_8192_SHA512) },
    // What only certificates and attestation statements combine.
    #[cfg(feature = "attestation")]
    &Aws { scheme: Scheme::Ecdsa(P384, Sha256), library: Library::Ecdsa(&aws::ECDSA_P384_SHA256_ASN1) },
    #[cfg(feature = "attestation")]
    &Aws { scheme: Scheme::Ecdsa(P256, Sha384), library: Library::Ecdsa(&aws::ECDSA_P256_SHA384_ASN1) },
    #[cfg(feature = "attestation")]
    &Aws { scheme: Scheme::Ecdsa(P256, Sha512), library: Library::Ecdsa(&aws::ECDSA_P256_SHA512_ASN1) },
    #[cfg(feature = "attestation")]
    &Aws { scheme: Scheme::Ecdsa(P384, Sha512), library: Library::Ecdsa(&aws::ECDSA_P384_SHA512_ASN1) },
    #[cfg(feature = "attestation")]
    &Aws { scheme: Scheme::Ecdsa(P521, Sha256), library: Library::Ecdsa(&aws::ECDSA_P521_SHA256_ASN1) },
    #[cfg(feature = "attestation")]
    &Aws { scheme: Scheme::Ecdsa(P521, Sha384), library: Library::Ecdsa(&aws::ECDSA_P521_SHA384_ASN1) },
    #[cfg(feature = "attestation")]
    &Aws { scheme: Scheme::RsaPkcs1(HashAlgorithm::Sha1), library: Library::Rsa(&aws::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY) },
];

struct Aws {
    scheme: Scheme,
    library: Library,
}

/// What the library calls the scheme.
enum Library {
    Ecdsa(&'static EcdsaVerificationAlgorithm),
    Ed25519,
    Rsa(&'static RsaParameters),
}

impl SignatureScheme for Aws {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let key = match (&self.library, *key) {
            (Library::Ecdsa(algorithm), KeyMaterial::Ec { x, y, .. }) => ParsedPublicKey::new(*algorithm, [&[4], x, y].concat()),
            // The library takes any 32 bytes for a point, and finds out when it verifies.
            (Library::Ed25519, KeyMaterial::Ed25519 { x }) if ed25519_dalek::VerifyingKey::from_bytes(x).is_ok() => {
                ParsedPublicKey::new(&aws::ED25519, x)
            }
            (Library::Rsa(parameters), KeyMaterial::Rsa { n, e }) => RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters),
            _ => return Err(InvalidKey),
        };
        let key = key.map_err(|_| InvalidKey)?;
        Ok(match self.scheme {
            Scheme::Ecdsa(_, hash) | Scheme::RsaPkcs1(hash) | Scheme::RsaPss(hash) => Box::new(Hashing { key, hash: algorithm(hash) }),
            Scheme::Ed25519 => Box::new(Whole { key }),
        })
    }
}

fn algorithm(hash: HashAlgorithm) -> &'static digest::Algorithm {
    match hash {
        HashAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => &digest::SHA256,
        HashAlgorithm::Sha384 => &digest::SHA384,
        HashAlgorithm::Sha512 => &digest::SHA512,
    }
}

/// A key of a scheme that signs a digest.
struct Hashing {
    key: ParsedPublicKey,
    hash: &'static digest::Algorithm,
}

impl VerifyingKey for Hashing {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        let mut hash = Context::new(self.hash);
        message.iter().for_each(|part| hash.update(part));
        self.key.verify_digest_sig(&hash.finish(), signature).map_err(|_| InvalidSignature)
    }
}

/// A key of Ed25519, which takes the message itself.
struct Whole {
    key: ParsedPublicKey,
}

impl VerifyingKey for Whole {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.key.verify_sig(&message.concat(), signature).map_err(|_| InvalidSignature)
    }
}
