//! ECDSA on P-256, P-384 and P-521 with a hash of SHA-2.
//!
//! r and s have to be in 1..n; a high s is fine, as authenticators make them.

use alloc::boxed::Box;

use p256::ecdsa::signature::hazmat::PrehashVerifier;

use super::Hashed;
use crate::crypto::{HashAlgorithm, InvalidKey, InvalidSignature, Scheme, SignatureScheme, VerifyingKey};
use crate::parse::KeyMaterial;
use crate::types::Curve;

pub(super) struct Ecdsa {
    pub(super) curve: Curve,
    pub(super) hash: HashAlgorithm,
}

impl SignatureScheme for Ecdsa {
    fn scheme(&self) -> Scheme {
        Scheme::Ecdsa(self.curve, self.hash)
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        match *key {
            KeyMaterial::Ec { x, y, .. } => self.prepare_point(x, y),
            _ => Err(InvalidKey),
        }
    }
}

impl Ecdsa {
    fn prepare_point(&self, x: &[u8], y: &[u8]) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        // Uncompressed SEC1: the library checks both coordinates and derives none.
        let mut buffer = [0; 1 + 2 * Curve::P521.coordinate_len()];
        let point = [&[4], x, y];
        for (to, from) in buffer.iter_mut().zip(point.iter().copied().flatten()) {
            *to = *from;
        }
        let len = point.iter().map(|part| part.len()).sum();
        let sec1 = buffer.get(..len).ok_or(InvalidKey)?;
        let hash = self.hash;
        Ok(match self.curve {
            Curve::P256 => Box::new(Key { key: p256::ecdsa::VerifyingKey::from_sec1_bytes(sec1).map_err(|_| InvalidKey)?, hash }),
            Curve::P384 => Box::new(Key { key: p384::ecdsa::VerifyingKey::from_sec1_bytes(sec1).map_err(|_| InvalidKey)?, hash }),
            Curve::P521 => Box::new(Key { key: p521::ecdsa::VerifyingKey::from_sec1_bytes(sec1).map_err(|_| InvalidKey)?, hash }),
        })
    }
}

struct Key<K> {
    key: K,
    hash: HashAlgorithm,
}

macro_rules! verify_on {
    ($($curve:ident $half_field:literal,)*) => {$(
        impl VerifyingKey for Key<$curve::ecdsa::VerifyingKey> {
            fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
                let signature = $curve::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
                let digest = Hashed::new(self.hash, message).ok_or(InvalidSignature)?;
                // The library wants at least half a field's length.
                self.key.verify_prehash(digest.padded($half_field), &signature).map_err(|_| InvalidSignature)
            }
        }
    )*};
}
verify_on!(p256 16, p384 24, p521 33,);
