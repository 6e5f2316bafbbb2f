//! What certificates and attestation statements combine beyond the algorithms of credentials: a curve with another hash than
//! its own, which is cut or padded to fit, and RSA with SHA-1.

use passkeeper::crypto::{HashAlgorithm, Scheme};
use passkeeper::parse::CoseKey;
use passkeeper::testing::{self, KeyAlgorithm, KeyPair};
use passkeeper::types::Curve;

use super::{MESSAGE, OTHER, Verifier, prepare};

const HASHES: [(HashAlgorithm, testing::HashAlgorithm); 3] = [
    (HashAlgorithm::Sha256, testing::HashAlgorithm::Sha256),
    (HashAlgorithm::Sha384, testing::HashAlgorithm::Sha384),
    (HashAlgorithm::Sha512, testing::HashAlgorithm::Sha512),
];
const CURVES: [(Curve, KeyAlgorithm); 3] =
    [(Curve::P256, KeyAlgorithm::Es256), (Curve::P384, KeyAlgorithm::Es384), (Curve::P521, KeyAlgorithm::Es512)];

fn verifier(scheme: Scheme, key: &KeyPair) -> Verifier {
    let encoded = key.cose_key().encode();
    prepare(scheme, &CoseKey::parse(&encoded).unwrap().material).unwrap()
}

#[test]
fn every_curve_goes_with_every_hash() {
    for (curve, algorithm) in CURVES {
        for (hash, signing) in HASHES {
            for seed in 0..4 {
                let key = KeyPair::from_seed(algorithm, seed);
                let case = format!("{curve:?} with {hash:?}");
                let verifier = verifier(Scheme::Ecdsa(curve, hash), &key);
                let signature = key.sign_with_hash(signing, MESSAGE);
                verifier.accepts(&case, MESSAGE, &signature);
                verifier.refuses(&case, OTHER, &signature);
                for (_, other) in HASHES.into_iter().filter(|(other, _)| *other != hash) {
                    verifier.refuses(&case, MESSAGE, &key.sign_with_hash(other, MESSAGE));
                }
                for bit in (0..signature.len() * 8).step_by(7) {
                    let mut flipped = signature.clone();
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    assert!(!verifier.verifies(MESSAGE, &flipped), "{case}, bit {bit}");
                }
            }
        }
    }
}

#[test]
fn every_padding_goes_with_every_hash() {
    let key = KeyPair::from_seed(KeyAlgorithm::Rs256, 1);
    for (hash, signing) in HASHES {
        let pkcs1 = verifier(Scheme::RsaPkcs1(hash), &key);
        let pss = verifier(Scheme::RsaPss(hash), &key);
        for (_, other) in HASHES {
            assert_eq!(pkcs1.verifies(MESSAGE, &key.sign_with_hash(other, MESSAGE)), other == signing, "{hash:?} and {other:?}");
            assert_eq!(pss.verifies(MESSAGE, &key.sign_pss(other, MESSAGE, other.length())), other == signing, "{hash:?} and {other:?}");
        }
    }
}

/// Old TPMs sign so.
#[test]
fn sha1_goes_with_pkcs1_alone() {
    let key = KeyPair::from_seed(KeyAlgorithm::Rs1, 1);
    let verifier = prepare_sha1(&key);
    let signature = key.sign(MESSAGE);
    verifier.accepts("RS1", MESSAGE, &signature);
    verifier.refuses("RS1", OTHER, &signature);
    for (_, other) in HASHES {
        verifier.refuses("RS1", MESSAGE, &key.sign_with_hash(other, MESSAGE));
    }
    verifier.refuses("RS1", MESSAGE, &key.sign_pss(testing::HashAlgorithm::Sha1, MESSAGE, 20));
}

fn prepare_sha1(key: &KeyPair) -> Verifier {
    // No credential has this algorithm, so its key goes by another name.
    let as_rs256 = KeyPair::from_seed(KeyAlgorithm::Rs256, 1);
    assert_eq!(key.rsa_modulus(), as_rs256.rsa_modulus());
    verifier(Scheme::RsaPkcs1(HashAlgorithm::Sha1), &as_rs256)
}
