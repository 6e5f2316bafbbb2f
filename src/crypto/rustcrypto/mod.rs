//! The default provider: pure Rust, on the RustCrypto curves, `rsa` and `ed25519-dalek`.

mod ecdsa;
mod ed25519;
mod rsa;

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{CryptoProvider, HashAlgorithm, SignatureScheme};
use crate::types::Curve;

/// All schemes of [`Algorithm`](crate::types::Algorithm), in pure Rust.
pub const PROVIDER: CryptoProvider = CryptoProvider::new("rustcrypto", SCHEMES);

const SCHEMES: &[&dyn SignatureScheme] = &[
    &ecdsa::Ecdsa { curve: Curve::P256, hash: HashAlgorithm::Sha256 },
    &ed25519::Ed25519,
    &rsa::Pkcs1 { hash: HashAlgorithm::Sha256 },
    &ecdsa::Ecdsa { curve: Curve::P384, hash: HashAlgorithm::Sha384 },
    &ecdsa::Ecdsa { curve: Curve::P521, hash: HashAlgorithm::Sha512 },
    &rsa::Pkcs1 { hash: HashAlgorithm::Sha384 },
    &rsa::Pkcs1 { hash: HashAlgorithm::Sha512 },
    &rsa::Pss { hash: HashAlgorithm::Sha256 },
    &rsa::Pss { hash: HashAlgorithm::Sha384 },
    &rsa::Pss { hash: HashAlgorithm::Sha512 },
];

/// A digest on the stack: as long as the longest hash.
struct Hashed {
    bytes: [u8; 64],
    len: usize,
}

impl Hashed {
    fn new(hash: HashAlgorithm, message: &[&[u8]]) -> Self {
        fn digest<D: Digest>(message: &[&[u8]]) -> Hashed {
            let mut hash = D::new();
            for part in message {
                hash.update(part);
            }
            let digest = hash.finalize();
            let mut hashed = Hashed { bytes: [0; 64], len: digest.len() };
            for (to, from) in hashed.bytes.iter_mut().zip(&digest) {
                *to = *from;
            }
            hashed
        }
        match hash {
            HashAlgorithm::Sha256 => digest::<Sha256>(message),
            HashAlgorithm::Sha384 => digest::<Sha384>(message),
            HashAlgorithm::Sha512 => digest::<Sha512>(message),
        }
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
