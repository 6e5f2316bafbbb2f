//! Public keys and signature algorithms as X.509 names them.

use super::Cbor;
use super::algorithm::{Curve, HashAlgorithm, KeyAlgorithm, Scheme};
use super::der::{bit_string, context, integer, null, oid, sequence, unsigned};
use alloc::vec;
use alloc::vec::Vec;

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";

/// The SubjectPublicKeyInfo of a COSE key; `None` if its algorithm is unknown or a parameter is missing.
pub(super) fn subject_public_key_info(cose_key: &Cbor) -> Option<Vec<u8>> {
    let (identifier, key) = public_key(cose_key)?;
    Some(sequence(&[identifier, bit_string(&key)]))
}

/// The AlgorithmIdentifier of a COSE key, and the key as the BIT STRING beside it holds it.
pub(super) fn public_key(cose_key: &Cbor) -> Option<(Vec<u8>, Vec<u8>)> {
    let bytes = |label: i64| match cose_key.get(label) {
        Some(Cbor::Bytes(bytes)) => Some(bytes.as_slice()),
        _ => None,
    };
    let Some(Cbor::Int(algorithm)) = cose_key.get(3) else {
        return None;
    };
    let (identifier, key) = match KeyAlgorithm::from_cose_id(*algorithm)?.scheme() {
        Scheme::Ecdsa(curve) => {
            let named_curve = match curve {
                Curve::P256 => "1.2.840.10045.3.1.7",
                Curve::P384 => "1.3.132.0.34",
                Curve::P521 => "1.3.132.0.35",
            };
            (vec![oid(EC_PUBLIC_KEY), oid(named_curve)], [&[4], bytes(-2)?, bytes(-3)?].concat())
        }
        Scheme::Ed25519 => (vec![oid(ED25519)], bytes(-2)?.to_vec()),
        Scheme::Pkcs1v15 | Scheme::Pss => (vec![oid(RSA_ENCRYPTION), null()], sequence(&[unsigned(bytes(-1)?), unsigned(bytes(-2)?)])),
    };
    Some((sequence(&identifier), key))
}

/// The AlgorithmIdentifier of signatures with keys for `algorithm`, over this hash.
pub(super) fn signature_algorithm(algorithm: KeyAlgorithm, hash: HashAlgorithm) -> Vec<u8> {
    match algorithm.scheme() {
        Scheme::Ecdsa(_) => sequence(&[oid(match hash {
            HashAlgorithm::Sha1 => "1.2.840.10045.4.1",
            HashAlgorithm::Sha256 => "1.2.840.10045.4.3.2",
            HashAlgorithm::Sha384 => "1.2.840.10045.4.3.3",
            HashAlgorithm::Sha512 => "1.2.840.10045.4.3.4",
        })]),
        Scheme::Ed25519 => sequence(&[oid(ED25519)]),
        Scheme::Pkcs1v15 => {
            let identifier = oid(match hash {
                HashAlgorithm::Sha1 => "1.2.840.113549.1.1.5",
                HashAlgorithm::Sha256 => "1.2.840.113549.1.1.11",
                HashAlgorithm::Sha384 => "1.2.840.113549.1.1.12",
                HashAlgorithm::Sha512 => "1.2.840.113549.1.1.13",
            });
            sequence(&[identifier, null()])
        }
        Scheme::Pss => {
            let hash_identifier = digest_algorithm(hash);
            let mask = sequence(&[oid(MGF1), hash_identifier.clone()]);
            let salt = integer(hash.length() as i64);
            sequence(&[oid(RSASSA_PSS), sequence(&[context(0, &hash_identifier), context(1, &mask), context(2, &salt)])])
        }
    }
}

/// The AlgorithmIdentifier of a hash, with NULL parameters as in PKCS #1.
pub(super) fn digest_algorithm(hash: HashAlgorithm) -> Vec<u8> {
    let identifier = oid(match hash {
        HashAlgorithm::Sha1 => "1.3.14.3.2.26",
        HashAlgorithm::Sha256 => "2.16.840.1.101.3.4.2.1",
        HashAlgorithm::Sha384 => "2.16.840.1.101.3.4.2.2",
        HashAlgorithm::Sha512 => "2.16.840.1.101.3.4.2.3",
    });
    sequence(&[identifier, null()])
}
