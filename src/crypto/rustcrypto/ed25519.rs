//! Ed25519, strict: canonical encodings only, and no key or R of small order.

use alloc::boxed::Box;
use alloc::vec::Vec;

use ed25519_dalek::Signature;

use crate::crypto::{InvalidKey, InvalidSignature, Scheme, SignatureScheme, VerifyingKey};
use crate::parse::KeyMaterial;

pub(super) struct Ed25519;

impl SignatureScheme for Ed25519 {
    fn scheme(&self) -> Scheme {
        Scheme::Ed25519
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let KeyMaterial::Ed25519 { x } = key else { return Err(InvalidKey) };
        let key = ed25519_dalek::VerifyingKey::from_bytes(x).map_err(|_| InvalidKey)?;
        // A point has one canonical encoding; the library would take y ≥ p as well.
        if key.is_weak() || key.to_edwards().compress().as_bytes() != *x {
            return Err(InvalidKey);
        }
        Ok(Box::new(Key(key)))
    }
}

struct Key(ed25519_dalek::VerifyingKey);

impl VerifyingKey for Key {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
        let message: Vec<u8> = message.concat();
        self.0.verify_strict(&message, &signature).map_err(|_| InvalidSignature)
    }
}
