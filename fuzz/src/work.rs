//! A crypto provider that counts: what a ceremony may cost is a number of signatures. What a library allocates for one of them
//! is not laid at the ceremony's door.

use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::opt_out;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::crypto::{CryptoProvider, HashAlgorithm, InvalidKey, InvalidSignature, PreparedKey, Scheme, SignatureScheme, VerifyingKey};
use passkeeper::parse::KeyMaterial;
use passkeeper::types::Curve;

use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};

static VERIFIED: AtomicU64 = AtomicU64::new(0);

struct Counted(Scheme);
struct CountedKey(PreparedKey);

impl SignatureScheme for Counted {
    fn scheme(&self) -> Scheme {
        self.0
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let mut prepared = Err(InvalidKey);
        opt_out(|| prepared = PROVIDER.prepare_scheme(self.0, key).map_err(|_| InvalidKey));
        Ok(Box::new(CountedKey(prepared?)))
    }
}

impl VerifyingKey for CountedKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        VERIFIED.fetch_add(1, Ordering::Relaxed);
        let mut verdict = Err(InvalidSignature);
        opt_out(|| verdict = self.0.verify(message, signature));
        verdict
    }
}

/// The default provider, counting.
pub const COUNTING: CryptoProvider = CryptoProvider::new(
    "counting",
    &[
        &Counted(Scheme::Ecdsa(Curve::P256, Sha256)),
        &Counted(Scheme::Ecdsa(Curve::P256, Sha384)),
        &Counted(Scheme::Ecdsa(Curve::P256, Sha512)),
        &Counted(Scheme::Ecdsa(Curve::P384, Sha256)),
        &Counted(Scheme::Ecdsa(Curve::P384, Sha384)),
        &Counted(Scheme::Ecdsa(Curve::P384, Sha512)),
        &Counted(Scheme::Ecdsa(Curve::P521, Sha256)),
        &Counted(Scheme::Ecdsa(Curve::P521, Sha384)),
        &Counted(Scheme::Ecdsa(Curve::P521, Sha512)),
        &Counted(Scheme::Ed25519),
        &Counted(Scheme::RsaPkcs1(Sha1)),
        &Counted(Scheme::RsaPkcs1(Sha256)),
        &Counted(Scheme::RsaPkcs1(Sha384)),
        &Counted(Scheme::RsaPkcs1(Sha512)),
        &Counted(Scheme::RsaPss(Sha256)),
        &Counted(Scheme::RsaPss(Sha384)),
        &Counted(Scheme::RsaPss(Sha512)),
    ],
);

/// Runs `work`, and asserts that no more signatures than this are verified.
pub fn signatures<T>(at_most: u64, work: impl FnOnce() -> T) -> T {
    let before = VERIFIED.load(Ordering::Relaxed);
    let result = work();
    let verified = VERIFIED.load(Ordering::Relaxed) - before;
    assert!(verified <= at_most, "{verified} signatures were verified, {at_most} are allowed");
    result
}
