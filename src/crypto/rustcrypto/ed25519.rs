//! Ed25519. Canonical encodings and points of small order are checked before a key or signature gets here, so the plain equation
//! is as strict as `verify_strict`, which would decode R for nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;

use ed25519_dalek::{Signature, Verifier as _};

use crate::crypto::{InvalidKey, InvalidSignature, Scheme, SignatureScheme, VerifyingKey};
use crate::parse::KeyMaterial;

pub(super) struct Ed25519;

impl SignatureScheme for Ed25519 {
    fn scheme(&self) -> Scheme {
        Scheme::Ed25519
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let KeyMaterial::Ed25519 { x } = key else { return Err(InvalidKey) };
        Ok(Box::new(Key(ed25519_dalek::VerifyingKey::from_bytes(x).map_err(|_| InvalidKey)?)))
    }
}

struct Key(ed25519_dalek::VerifyingKey);

impl VerifyingKey for Key {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
        let message: Vec<u8> = message.concat();
        self.0.verify(&message, &signature).map_err(|_| InvalidSignature)
    }
}
