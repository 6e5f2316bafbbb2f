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
    // What only certificates and attestation statements combine.
    #[cfg(feature = "attestation")]
    &ecdsa::Ecdsa { curve: Curve::P384, hash: HashAlgorithm::Sha256 },
    #[cfg(feature = "attestation")]
    &ecdsa::Ecdsa { curve: Curve::P256, hash: HashAlgorithm::Sha384 },
    #[cfg(feature = "attestation")]
    &ecdsa::Ecdsa { curve: Curve::P256, hash: HashAlgorithm::Sha512 },
    #[cfg(feature = "attestation")]
    &ecdsa::Ecdsa { curve: Curve::P384, hash: HashAlgorithm::Sha512 },
    #[cfg(feature = "attestation")]
    &ecdsa::Ecdsa { curve: Curve::P521, hash: HashAlgorithm::Sha256 },
    #[cfg(feature = "attestation")]
    &ecdsa::Ecdsa { curve: Curve::P521, hash: HashAlgorithm::Sha384 },
    #[cfg(feature = "attestation")]
    &rsa::Pkcs1 { hash: HashAlgorithm::Sha1 },
];

/// A digest on the stack, at the end of zeros.
struct Hashed {
    bytes: [u8; 64],
    len: usize,
}

impl Hashed {
    /// Hashes the parts of a message; `None` for a hash that this build leaves out.
    fn new(hash: HashAlgorithm, message: &[&[u8]]) -> Option<Self> {
        fn digest<D: Digest>(message: &[&[u8]]) -> Hashed {
            let mut hash = D::new();
            for part in message {
                hash.update(part);
            }
            let digest = hash.finalize();
            let mut hashed = Hashed { bytes: [0; 64], len: digest.len() };
            for (to, from) in hashed.bytes.iter_mut().rev().zip(digest.iter().rev()) {
                *to = *from;
            }
            hashed
        }
        match hash {
            #[cfg(feature = "attestation")]
            HashAlgorithm::Sha1 => Some(digest::<sha1::Sha1>(message)),
            #[cfg(not(feature = "attestation"))]
            HashAlgorithm::Sha1 => None,
            HashAlgorithm::Sha256 => Some(digest::<Sha256>(message)),
            HashAlgorithm::Sha384 => Some(digest::<Sha384>(message)),
            HashAlgorithm::Sha512 => Some(digest::<Sha512>(message)),
        }
    }

    fn as_slice(&self) -> &[u8] {
        self.padded(self.len)
    }

    /// The digest with zeros in front, which leave its value as a number alone.
    fn padded(&self, len: usize) -> &[u8] {
        let start = self.bytes.len().saturating_sub(len.max(self.len));
        self.bytes.get(start..).unwrap_or_default()
    }
}
