//! ECDSA keys on the three NIST curves, behind one type.

use super::algorithm::Curve;
use alloc::vec::Vec;
use p256::ecdsa::signature::{SignatureEncoding, hazmat::PrehashSigner};

#[derive(Clone)]
pub(super) enum EcdsaKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl EcdsaKey {
    /// The key with this private scalar (big-endian, left-padded here); `None` unless 0 < scalar < n.
    pub(super) fn new(curve: Curve, scalar: &[u8]) -> Option<Self> {
        Some(match curve {
            Curve::P256 => Self::P256(p256::ecdsa::SigningKey::from_slice(&padded(scalar, 32)?).ok()?),
            Curve::P384 => Self::P384(p384::ecdsa::SigningKey::from_slice(&padded(scalar, 48)?).ok()?),
            Curve::P521 => Self::P521(p521::ecdsa::SigningKey::from_slice(&padded(scalar, 66)?).ok()?),
        })
    }

    /// The coordinates x and y, each as long as a field element.
    pub(super) fn public_point(&self) -> (Vec<u8>, Vec<u8>) {
        let point = match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P521(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        };
        // 04 || x || y
        halves(&point[1..])
    }

    /// The signature (r, s) over a digest of any length, each as long as the group order.
    pub(super) fn sign_digest(&self, digest: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let r_s = match self {
            Self::P256(key) => sign::<p256::ecdsa::Signature>(key, digest),
            Self::P384(key) => sign::<p384::ecdsa::Signature>(key, digest),
            Self::P521(key) => sign::<p521::ecdsa::Signature>(key, digest),
        };
        halves(&r_s)
    }
}

fn sign<S: SignatureEncoding>(key: &impl PrehashSigner<S>, digest: &[u8]) -> Vec<u8> {
    let signature = key.sign_prehash(digest).expect("any digest can be signed");
    signature.to_vec()
}

fn halves(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    (first.to_vec(), second.to_vec())
}

fn padded(scalar: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut bytes = alloc::vec![0; length.checked_sub(scalar.len())?];
    bytes.extend_from_slice(scalar);
    Some(bytes)
}
