//! What holds for every algorithm alike.

use passkeeper::testing::{HashAlgorithm, KeyAlgorithm, KeyPair};

use super::common::keys::rsa_key_of_bits;
use super::{MESSAGE, OTHER, Verifier};

const ALL_HASHES: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

/// The fully specified identifiers share their code with the older ones.
const DISTINCT: [KeyAlgorithm; 10] = [
    KeyAlgorithm::Es256,
    KeyAlgorithm::Es384,
    KeyAlgorithm::Es512,
    KeyAlgorithm::EdDsa,
    KeyAlgorithm::Rs256,
    KeyAlgorithm::Rs384,
    KeyAlgorithm::Rs512,
    KeyAlgorithm::Ps256,
    KeyAlgorithm::Ps384,
    KeyAlgorithm::Ps512,
];

#[test]
fn valid_signatures_are_accepted() {
    for &algorithm in KeyAlgorithm::ALL {
        for seed in 0..4 {
            let key = KeyPair::from_seed(algorithm, seed);
            for message in [MESSAGE, b"", b"a", &[0; 300]] {
                Verifier::of(&key).accepts(&format!("{algorithm:?}"), message, &key.sign(message));
            }
        }
    }
}

#[test]
fn parts_count_as_joined_and_in_their_order() {
    for &algorithm in KeyAlgorithm::ALL {
        let key = KeyPair::from_seed(algorithm, 5);
        let (verifier, signature) = (Verifier::of(&key), key.sign(b"one two"));
        let verifies = |parts: &[&[u8]]| verifier.verify(parts, &signature).is_ok();
        assert!(verifies(&[b"one", b" two"]) && verifies(&[b"", b"one ", b"two", b""]), "{algorithm:?}");
        for wrong in [&[b"two", b"one ".as_slice()][..], &[b"one"], &[b"one two", b"one two"], &[b"one two", b"\0"], &[]] {
            assert!(!verifies(wrong), "{algorithm:?}: {wrong:?}");
        }
    }
}

#[test]
fn another_message_another_key_and_another_algorithm_are_refused() {
    for &algorithm in KeyAlgorithm::ALL {
        let key = KeyPair::from_seed(algorithm, 6);
        let signature = key.sign(MESSAGE);
        let case = format!("{algorithm:?}");
        Verifier::of(&key).refuses(&case, OTHER, &signature);
        Verifier::of(&key).refuses(&case, b"", &signature);
        Verifier::of(&KeyPair::from_seed(algorithm, 7)).refuses(&case, MESSAGE, &signature);
        for &other in KeyAlgorithm::ALL {
            let twins = other.hash() == algorithm.hash() && other.group_order() == algorithm.group_order();
            let verifier = Verifier::of(&KeyPair::from_seed(other, 6));
            let expected = twins && rsa_padding(other) == rsa_padding(algorithm);
            assert_eq!(verifier.verifies(MESSAGE, &signature), expected, "{algorithm:?} under {other:?}");
        }
    }
}

/// 1 for PKCS#1 v1.5, 2 for PSS, and other values for what is not RSA.
fn rsa_padding(algorithm: KeyAlgorithm) -> u8 {
    match algorithm {
        KeyAlgorithm::Rs256 | KeyAlgorithm::Rs384 | KeyAlgorithm::Rs512 => 1,
        KeyAlgorithm::Ps256 | KeyAlgorithm::Ps384 | KeyAlgorithm::Ps512 => 2,
        KeyAlgorithm::EdDsa | KeyAlgorithm::Ed25519 => 3,
        _ => 4,
    }
}

#[test]
fn the_wrong_hash_is_refused() {
    for &algorithm in KeyAlgorithm::ALL {
        let key = KeyPair::from_seed(algorithm, 8);
        let verifier = Verifier::of(&key);
        for hash in ALL_HASHES {
            let right = hash == algorithm.hash() && rsa_padding(algorithm) != 3;
            assert_eq!(verifier.verifies(MESSAGE, &key.sign_with_hash(hash, MESSAGE)), right, "{algorithm:?} with {hash:?}");
        }
        let signed_hash = key.sign(&algorithm.hash().digest(MESSAGE));
        verifier.refuses(&format!("{algorithm:?}, hashed twice"), MESSAGE, &signed_hash);
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for algorithm in DISTINCT {
        let key = KeyPair::from_seed(algorithm, 9);
        let verifier = Verifier::of(&key);
        let valid = key.sign(MESSAGE);
        assert!(verifier.verifies(MESSAGE, &valid));
        for bit in 0..valid.len() * 8 {
            let mut flipped = valid.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!verifier.verifies(MESSAGE, &flipped), "{algorithm:?}, bit {bit}");
        }
    }
}

#[test]
fn every_other_length_is_refused() {
    for algorithm in DISTINCT {
        let key = KeyPair::from_seed(algorithm, 10);
        let verifier = Verifier::of(&key);
        let valid = key.sign(MESSAGE);
        assert!(verifier.verifies(MESSAGE, &valid));
        for length in 0..valid.len() {
            assert!(!verifier.verifies(MESSAGE, &valid[..length]), "{algorithm:?}, cut to {length} bytes");
            assert!(!verifier.verifies(MESSAGE, &valid[valid.len() - length..]), "{algorithm:?}, the last {length} bytes");
        }
        let filled = |byte: u8, count: usize| vec![byte; count];
        for (byte, count) in [(0, 1), (0xff, 1), (0, 2), (0, valid.len()), (0, 70_000)] {
            assert!(!verifier.verifies(MESSAGE, &[valid.clone(), filled(byte, count)].concat()), "{algorithm:?}, {count} bytes after");
            assert!(!verifier.verifies(MESSAGE, &[filled(byte, count), valid.clone()].concat()), "{algorithm:?}, {count} bytes before");
            assert!(!verifier.verifies(MESSAGE, &filled(byte, count)), "{algorithm:?}, {count} times {byte}");
        }
        assert!(!verifier.verifies(MESSAGE, &[valid.clone(), valid].concat()), "{algorithm:?}, twice");
    }
}

/// Moduli whose length is no multiple of eight bits, or just beyond one: where paddings go wrong.
#[test]
fn rsa_moduli_of_every_bit_length_work() {
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256, KeyAlgorithm::Rs512, KeyAlgorithm::Ps512] {
        for bits in 2048..=2056 {
            let key = rsa_key_of_bits(algorithm, bits);
            let signature = key.sign(MESSAGE);
            assert_eq!(signature.len(), bits.div_ceil(8));
            assert!(Verifier::of(&key).verifies(MESSAGE, &signature), "{algorithm:?}, {bits} bits");
            assert!(!Verifier::of(&key).verifies(OTHER, &signature), "{algorithm:?}, {bits} bits");
        }
    }
}
