use super::*;
use ::rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
use alloc::collections::BTreeSet;
use alloc::format;
use p256::ecdsa::signature::Verifier as _;

const MESSAGE: &[u8] = b"signed by the virtual authenticator";

fn bytes(key: &Cbor, label: i64) -> &[u8] {
    match key.get(label) {
        Some(Cbor::Bytes(bytes)) => bytes,
        other => panic!("label {label} is {other:?}"),
    }
}

/// Verifies with the public libraries, given nothing but the COSE key.
pub(in crate::testing) fn verifies(key: &Cbor, message: &[u8], signature: &[u8]) -> bool {
    let Some(Cbor::Int(algorithm)) = key.get(3) else { panic!("no alg") };
    let algorithm = KeyAlgorithm::from_cose_id(*algorithm).unwrap();
    let hash = algorithm.hash();
    macro_rules! ecdsa {
        ($curve:ident) => {{
            let point = [&[4], bytes(key, -2), bytes(key, -3)].concat();
            let signature = $curve::ecdsa::DerSignature::try_from(signature).unwrap();
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
            key.verify(message, &signature).is_ok()
        }};
    }
    match (algorithm.scheme(), hash) {
        (Scheme::Ecdsa(_), Sha256) => ecdsa!(p256),
        (Scheme::Ecdsa(_), Sha384) => ecdsa!(p384),
        (Scheme::Ecdsa(_), Sha512) => ecdsa!(p521),
        (Scheme::Ecdsa(_), Sha1) => unreachable!("no COSE algorithm is ECDSA with SHA-1"),
        (Scheme::Ed25519, _) => {
            let key = ed25519_dalek::VerifyingKey::from_bytes(bytes(key, -2).try_into().unwrap()).unwrap();
            key.verify_strict(message, &signature.try_into().unwrap()).is_ok()
        }
        (Scheme::Pkcs1v15, _) => verifies_pkcs1v15(key, hash, message, signature),
        (Scheme::Pss, _) => verifies_pss(key, hash, hash.length(), message, signature),
    }
}

fn rsa_public_key(key: &Cbor) -> RsaPublicKey {
    let number = |label| BoxedUint::from_be_slice_vartime(bytes(key, label));
    RsaPublicKey::new(number(-1), number(-2)).unwrap()
}

fn verifies_pkcs1v15(key: &Cbor, hash: HashAlgorithm, message: &[u8], signature: &[u8]) -> bool {
    let scheme = match hash {
        Sha1 => Pkcs1v15Sign::new::<sha1::Sha1>(),
        Sha256 => Pkcs1v15Sign::new::<sha2::Sha256>(),
        Sha384 => Pkcs1v15Sign::new::<sha2::Sha384>(),
        Sha512 => Pkcs1v15Sign::new::<sha2::Sha512>(),
    };
    rsa_public_key(key).verify(scheme, &hash.digest(message), signature).is_ok()
}

fn verifies_pss(key: &Cbor, hash: HashAlgorithm, salt_length: usize, message: &[u8], signature: &[u8]) -> bool {
    let (key, digest) = (rsa_public_key(key), hash.digest(message));
    let outcome = match hash {
        Sha1 => key.verify(Pss::<sha1::Sha1>::new_with_salt(salt_length), &digest, signature),
        Sha256 => key.verify(Pss::<sha2::Sha256>::new_with_salt(salt_length), &digest, signature),
        Sha384 => key.verify(Pss::<sha2::Sha384>::new_with_salt(salt_length), &digest, signature),
        Sha512 => key.verify(Pss::<sha2::Sha512>::new_with_salt(salt_length), &digest, signature),
    };
    outcome.is_ok()
}

#[test]
fn signatures_of_every_algorithm_verify() {
    for &algorithm in KeyAlgorithm::ALL.iter().chain(&[KeyAlgorithm::Rs1]) {
        for seed in 0..3 {
            let key = KeyPair::from_seed(algorithm, seed);
            let signature = key.sign(MESSAGE);
            assert!(verifies(&key.cose_key(), MESSAGE, &signature), "{algorithm:?}");
            assert!(!verifies(&key.cose_key(), b"another message", &signature), "{algorithm:?}");
            assert_eq!(signature, KeyPair::from_seed(algorithm, seed).sign(MESSAGE), "{algorithm:?}");
        }
    }
}

#[test]
fn algorithms_have_distinct_numbers_that_lead_back() {
    let numbers: BTreeSet<i64> = KeyAlgorithm::ALL.iter().map(|algorithm| algorithm.cose_id()).collect();
    assert_eq!(numbers.len(), KeyAlgorithm::ALL.len());
    for &algorithm in KeyAlgorithm::ALL {
        assert_eq!(KeyAlgorithm::from_cose_id(algorithm.cose_id()), Some(algorithm));
    }
    assert_eq!(KeyAlgorithm::from_cose_id(-65535), Some(KeyAlgorithm::Rs1));
    assert_eq!(KeyAlgorithm::from_cose_id(-65534), None);
}

#[test]
fn families_share_keys_and_seeds_do_not() {
    use KeyAlgorithm::{EdDsa, Es256, Es512, Esp256, Ps384, Rs256};
    for (one, other) in [(Es256, Esp256), (Rs256, Ps384)] {
        let mut key = KeyPair::from_seed(one, 5).cose_key();
        key.set(3, other.cose_id());
        assert_eq!(key, KeyPair::from_seed(other, 5).cose_key());
    }
    for algorithm in [Es256, Es512, EdDsa, Rs256] {
        let keys: BTreeSet<Vec<u8>> = (0..16).map(|seed| KeyPair::from_seed(algorithm, seed).cose_key().encode()).collect();
        assert_eq!(keys.len(), 16, "{algorithm:?}");
    }
}

#[test]
fn all_rsa_keys_work() {
    for seed in 0..17 {
        let key = KeyPair::from_seed(KeyAlgorithm::Rs256, seed);
        assert_eq!((key.rsa_modulus().len(), key.rsa_modulus()[0] >> 7), (256, 1));
        assert_eq!(key.rsa_exponent(), [1, 0, 1]);
        assert!(verifies(&key.cose_key(), MESSAGE, &key.sign(MESSAGE)), "{seed}");
    }
}

#[test]
fn ecdsa_signatures_have_a_twin() {
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Esp512] {
        let key = KeyPair::from_seed(algorithm, 1);
        let (r, s) = key.ecdsa_r_s(MESSAGE);
        assert_eq!(der_signature(&r, &s), key.sign(MESSAGE));

        let twin = key.negate_s(&s);
        assert_ne!(s, twin);
        assert_eq!(key.negate_s(&twin), s);
        assert!(verifies(&key.cose_key(), MESSAGE, &der_signature(&r, &twin)), "{algorithm:?}");
    }
}

#[test]
fn der_integers_are_minimal() {
    assert_eq!(der_signature(&[0, 0, 1], &[0x80]), [0x30, 7, 2, 1, 1, 2, 2, 0, 0x80]);
    assert_eq!(der_signature(&[0, 0], &[]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    // P-521 needs the long form of the length.
    assert_eq!(der_signature(&[1; 66], &[1; 66])[..5], [0x30, 0x81, 136, 2, 66]);
}

#[test]
fn known_private_keys() {
    // RFC 8032, 7.1, test 2.
    let seed = b"\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e\x0f\
                 \x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8\xa6\xfb";
    let public = b"\x3d\x40\x17\xc3\xe8\x43\x89\x5a\x92\xb7\x0a\xa7\x4d\x1b\x7e\xbc\
                   \x9c\x98\x2c\xcf\x2e\xc4\x96\x8c\xc0\xcd\x55\xf1\x2a\xf4\x66\x0c";
    let key = KeyPair::from_private_bytes(KeyAlgorithm::EdDsa, seed);
    assert_eq!(bytes(&key.cose_key(), -2), public);
    assert_eq!(key.sign(b"\x72")[..4], [0x92, 0xa0, 0x09, 0xa9]);

    // The scalar 1 gives the generator; leading zeros make no difference.
    let key = KeyPair::from_private_bytes(KeyAlgorithm::Es256, &[1]);
    assert_eq!(bytes(&key.cose_key(), -2)[..4], [0x6b, 0x17, 0xd1, 0xf2]);
    let padded = KeyPair::from_private_bytes(KeyAlgorithm::Es256, &[&[0; 31], [1].as_slice()].concat());
    assert_eq!(padded.sign(MESSAGE), key.sign(MESSAGE));
}

#[test]
fn hashes_can_be_swapped() {
    let key = KeyPair::from_seed(KeyAlgorithm::Rs256, 1);
    let signature = key.sign_with_hash(Sha512, MESSAGE);
    assert!(verifies_pkcs1v15(&key.cose_key(), Sha512, MESSAGE, &signature));
    assert!(!verifies(&key.cose_key(), MESSAGE, &signature));

    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::Es512, KeyAlgorithm::EdDsa, KeyAlgorithm::Ps256] {
        let key = KeyPair::from_seed(algorithm, 1);
        assert!(!verifies(&key.cose_key(), MESSAGE, &key.sign_with_hash(Sha384, MESSAGE)), "{algorithm:?}");
    }
}

#[test]
fn pss_salts_have_the_length_asked_for() {
    let key = KeyPair::from_seed(KeyAlgorithm::Ps256, 2);
    for hash in [Sha1, Sha256, Sha384, Sha512] {
        for salt_length in [0, 20, 32, 100] {
            let signature = key.sign_pss(hash, MESSAGE, salt_length);
            assert!(verifies_pss(&key.cose_key(), hash, salt_length, MESSAGE, &signature));
            assert!(!verifies_pss(&key.cose_key(), hash, salt_length + 1, MESSAGE, &signature));
        }
    }
}

#[test]
fn raw_rsa_undoes_the_public_operation() {
    let key = KeyPair::from_seed(KeyAlgorithm::Rs256, 3);
    let encoded = pkcs1v15_encoding(Sha256, MESSAGE, 256);
    let signature = key.rsa_raw_private_op(&encoded);
    assert_eq!(signature, key.sign(MESSAGE));

    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, 2048).unwrap();
    let modulus = number(&key.rsa_modulus()).to_odd().into_option().unwrap();
    let opened = number(&signature).pow_mod(&number(&key.rsa_exponent()), &modulus);
    assert_eq!(opened.to_be_bytes().to_vec(), encoded);

    // Padding that is shorter than the key, as in the classic forgery.
    let forged = key.rsa_raw_private_op(&[pkcs1v15_encoding(Sha256, MESSAGE, 128), [0; 128].to_vec()].concat());
    assert!(!verifies(&key.cose_key(), MESSAGE, &forged));
}

#[test]
fn known_rsa_primes_of_unequal_length() {
    // Two Mersenne primes, 2^2203 - 1 and 2^1279 - 1: a modulus of 3482 bits.
    let mersenne = |bits: usize| {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        bytes[0] >>= bytes.len() * 8 - bits;
        bytes
    };
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps512] {
        let key = KeyPair::from_rsa_primes(algorithm, &mersenne(2203), &mersenne(1279));
        assert_eq!((key.rsa_modulus().len(), key.rsa_modulus()[0]), (436, 3));
        assert!(verifies(&key.cose_key(), MESSAGE, &key.sign(MESSAGE)), "{algorithm:?}");
    }
}

#[test]
fn debug_shows_no_secret() {
    for &algorithm in KeyAlgorithm::ALL {
        let shown = format!("{:?}", KeyPair::from_seed(algorithm, 1));
        assert_eq!(shown, format!("KeyPair {{ algorithm: {algorithm:?}, .. }}"));
    }
}
