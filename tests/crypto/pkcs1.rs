//! RSASSA-PKCS1-v1_5: the padding is one exact sequence of bytes, and the number one below the modulus.

use passkeeper::testing::{HashAlgorithm, KeyAlgorithm, KeyPair, pkcs1v15_encoding};

use super::common::keys::{minus, plus, rsa_key_of_3482_bits, rsa_key_of_bits};
use super::{MESSAGE, OTHER, Verifier};

const ALGORITHMS: [KeyAlgorithm; 3] = [KeyAlgorithm::Rs256, KeyAlgorithm::Rs384, KeyAlgorithm::Rs512];

/// `head`, then as many bytes of FF as it takes, then `tail`: as long as the modulus.
fn filled(head: &[u8], tail: &[u8]) -> Vec<u8> {
    [head, vec![0xff; 256 - head.len() - tail.len()].as_slice(), tail].concat()
}

/// `bytes`, then as many zeros or other filling as it takes.
fn then_garbage(bytes: &[u8], garbage: u8) -> Vec<u8> {
    [bytes, vec![garbage; 256 - bytes.len()].as_slice()].concat()
}

fn digest_info(algorithm: &[u8], digest: &[u8]) -> Vec<u8> {
    let digest = [&[4, u8::try_from(digest.len()).unwrap()], digest].concat();
    let content = [algorithm, &digest].concat();
    [&[0x30, u8::try_from(content.len()).unwrap()], content.as_slice()].concat()
}

/// An AlgorithmIdentifier: the last byte of the hash's identifier, and the parameters.
fn identifier(last: u8, parameters: &[u8]) -> Vec<u8> {
    let oid = [0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last];
    [&[0x30, u8::try_from(oid.len() + parameters.len()).unwrap()], oid.as_slice(), parameters].concat()
}

/// Encoded messages that are not the one of this hash and message, each with what is wrong about it.
fn wrong_encodings(hash: HashAlgorithm) -> Vec<(&'static str, Vec<u8>)> {
    let right = pkcs1v15_encoding(hash, MESSAGE, 256);
    let digest = hash.digest(MESSAGE);
    let (oid_end, other) = match hash {
        HashAlgorithm::Sha256 => (1, HashAlgorithm::Sha384),
        HashAlgorithm::Sha384 => (2, HashAlgorithm::Sha512),
        HashAlgorithm::Sha512 => (3, HashAlgorithm::Sha256),
        HashAlgorithm::Sha1 => panic!("no COSE algorithm for credentials has it"),
    };
    let null: &[u8] = &[5, 0];
    let info = digest_info(&identifier(oid_end, null), &digest);
    let n = info.len();
    assert_eq!(filled(&[0, 1], &[&[0], info.as_slice()].concat()), right);
    let after_zero = |info: &[u8]| filled(&[0, 1], &[&[0], info].concat());
    let length = u8::try_from(n - 2).unwrap();
    let digest_length = u8::try_from(digest.len()).unwrap();
    let changed = |at: usize, byte: u8| {
        let mut bytes = right.clone();
        bytes[at] = byte;
        bytes
    };
    let inside = [&[0x30, length + 2], &info[2..], null].concat();
    let sha1_identifier = [0x30, 9, 0x06, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
    let md5_identifier = [0x30, 12, 0x06, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5, 5, 0];
    let long_lengths = [&[0x30, 0x81, length], &info[2..]].concat();
    let long_digest = [&[0x30, length + 1], identifier(oid_end, null).as_slice(), &[4, 0x81, digest_length], &digest].concat();
    let eight = [0xff; 8];
    vec![
        // Room for garbage: what made forgeries with small exponents possible.
        ("short padding, garbage after the hash", then_garbage(&[&[0, 1], eight.as_slice(), &[0], &info].concat(), 0xab)),
        ("short padding, zeros after the hash", then_garbage(&[&[0, 1], eight.as_slice(), &[0], &info].concat(), 0)),
        ("one byte after the hash", filled(&[0, 1], &[&[0], info.as_slice(), &[0]].concat())),
        (
            "garbage in the parameters",
            after_zero(&digest_info(&identifier(oid_end, &[4, 20].iter().copied().chain([7; 20]).collect::<Vec<_>>()), &digest)),
        ),
        ("garbage inside the padding", [&[0, 1], [0xff; 100].as_slice(), &[0xab; 20], &vec![0xff; 256 - 123 - n], &[0], &info].concat()),
        ("no padding, garbage", then_garbage(&[&[0, 1, 0], info.as_slice()].concat(), 0xff)),
        // DigestInfo.
        ("no NULL", after_zero(&digest_info(&identifier(oid_end, &[]), &digest))),
        ("a zero byte for NULL", after_zero(&digest_info(&identifier(oid_end, &[0]), &digest))),
        ("NULL twice", after_zero(&digest_info(&identifier(oid_end, &[5, 0, 5, 0]), &digest))),
        ("an empty sequence for NULL", after_zero(&digest_info(&identifier(oid_end, &[0x30, 0]), &digest))),
        ("long NULL", after_zero(&digest_info(&identifier(oid_end, &[5, 0x81, 0]), &digest))),
        ("trailing NULL inside", after_zero(&inside)),
        ("long length of the sequence", after_zero(&long_lengths)),
        ("long length of the hash", after_zero(&long_digest)),
        ("indefinite length", after_zero(&[&[0x30, 0x80], &info[2..], &[0, 0]].concat())),
        ("no DigestInfo", after_zero(&digest)),
        ("no AlgorithmIdentifier", after_zero(&digest_info(&[], &digest))),
        ("a hash identifier that is none", after_zero(&digest_info(&identifier(9, null), &digest))),
        ("identifier of another hash", after_zero(&digest_info(&identifier(oid_end % 3 + 1, null), &digest))),
        ("identifier of SHA-1", after_zero(&digest_info(&sha1_identifier, &digest))),
        ("identifier of MD5", after_zero(&digest_info(&md5_identifier, &digest))),
        ("another hash throughout", pkcs1v15_encoding(other, MESSAGE, 256)),
        ("SHA-1 in size", after_zero(&digest_info(&sha1_identifier, &digest[..20]))),
        ("the hash of another message", pkcs1v15_encoding(hash, OTHER, 256)),
        ("the hash cut", after_zero(&digest_info(&identifier(oid_end, null), &digest[..digest.len() - 1]))),
        ("no hash", after_zero(&digest_info(&identifier(oid_end, null), &[]))),
        ("the hash longer", after_zero(&digest_info(&identifier(oid_end, null), &[digest.as_slice(), &[0]].concat()))),
        ("the message for the hash", after_zero(&digest_info(&identifier(oid_end, null), &MESSAGE[..digest.len().min(MESSAGE.len())]))),
        ("an octet string for the sequence", changed(256 - n, 0x04)),
        // The padding itself.
        ("block type 0", changed(1, 0)),
        ("block type 2", changed(1, 2)),
        ("block type 2 with its padding", [&[0, 2], vec![0x5a; 253 - n].as_slice(), &[0], &info].concat()),
        ("block type 0 with its padding", [&vec![0; 256 - n], info.as_slice()].concat()),
        ("a first byte of 1", changed(0, 1)),
        ("no zero after the padding", filled(&[0, 1], &info)),
        ("two zeros after the padding", filled(&[0, 1], &[&[0, 0], info.as_slice()].concat())),
        ("1 for the zero", changed(255 - n, 1)),
        ("first padding byte FE", changed(2, 0xfe)),
        ("first padding byte 0", changed(2, 0)),
        ("last padding byte 7F", changed(254 - n, 0x7f)),
        ("last padding byte 0", changed(254 - n, 0)),
        ("a padding byte in the middle", changed(100, 0xfd)),
        ("one padding byte less", [&[0], right[..2].as_ref(), &right[3..]].concat()),
        ("padding of half the length", [&[0; 128], pkcs1v15_encoding(hash, MESSAGE, 128).as_slice()].concat()),
        ("shifted by a byte", [&right[1..], &[0]].concat()),
        ("DigestInfo first", [info.as_slice(), &[0], &vec![0xff; 253 - n], &[1, 0]].concat()),
        ("0", vec![0]),
        ("1", vec![1]),
        ("padding without an end", filled(&[0, 1], &[])),
    ]
}

#[test]
fn wrong_paddings_are_refused() {
    for algorithm in ALGORITHMS {
        let key = KeyPair::from_seed(algorithm, 1);
        let cases = wrong_encodings(algorithm.hash());
        let signed = cases.into_iter().map(|(name, encoded)| (format!("{algorithm:?}: {name}"), key.rsa_raw_private_op(&encoded)));
        Verifier::of(&key).refuses_all(MESSAGE, &key.sign(MESSAGE), signed);
    }
}

#[test]
fn a_pss_signature_is_refused() {
    let key = KeyPair::from_seed(KeyAlgorithm::Rs256, 1);
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        Verifier::of(&key).refuses("PSS", MESSAGE, &key.sign_pss(hash, MESSAGE, hash.length()));
    }
}

/// A number that is the right one only modulo n, and other numbers.
#[test]
fn numbers_not_below_the_modulus_are_refused() {
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256] {
        // 2050 bits in 257 bytes: room for several multiples.
        let key = rsa_key_of_bits(algorithm, 2050);
        let modulus = key.rsa_modulus();
        let valid = key.sign(MESSAGE);
        let mut cases: Vec<_> = (1..=100u8)
            .scan(valid.clone(), |sum, times| {
                *sum = plus(sum, &modulus);
                (sum.len() == 257).then(|| (format!("s + {times} n"), sum.clone()))
            })
            .collect();
        assert!(cases.len() > 60);
        let padded = |number: &[u8]| [vec![0; 257 - number.len()].as_slice(), number].concat();
        cases.extend([
            ("n - s".into(), minus(&modulus, &valid)),
            ("n".into(), modulus.clone()),
            ("n + 1".into(), plus(&modulus, &[1])),
            ("n - 1".into(), minus(&modulus, &[1])),
            ("0".into(), padded(&[])),
            ("1".into(), padded(&[1])),
            ("2".into(), padded(&[2])),
            ("2^2056 - 1".into(), vec![0xff; 257]),
        ]);
        Verifier::of(&key).refuses_all(MESSAGE, &valid, cases);
    }
}

/// A signature is as long as the modulus, leading zeros included.
#[test]
fn leading_zeros_count() {
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256] {
        let key = rsa_key_of_bits(algorithm, 2050);
        let verifier = Verifier::of(&key);
        let message = (0..=255u8).map(|i| vec![i]).find(|message| key.sign(message)[0] == 0).unwrap();
        let signature = key.sign(&message);
        verifier.accepts("whole", &message, &signature);
        verifier.refuses("leading zero stripped", &message, &signature[1..]);
        verifier.refuses("zero before", &message, &[&[0], signature.as_slice()].concat());
        verifier.refuses("zero after", &message, &[signature.as_slice(), &[0]].concat());
        verifier.refuses("last byte stripped", &message, &signature[..256]);
    }
}

#[test]
fn a_modulus_of_3482_bits_works() {
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps512] {
        let key = rsa_key_of_3482_bits(algorithm);
        let signature = key.sign(MESSAGE);
        assert_eq!(signature.len(), 436);
        Verifier::of(&key).accepts("3482 bits", MESSAGE, &signature);
        Verifier::of(&key).refuses("3482 bits", OTHER, &signature);
    }
}
