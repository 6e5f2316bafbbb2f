//! RSASSA-PSS: a salt as long as the hash, MGF1 over the same hash, the trailer BC.

use passkeeper::testing::{HashAlgorithm, KeyAlgorithm, KeyPair, pss_encoding};

use super::common::keys::{plus, power_of_two};
use super::{MESSAGE, OTHER, Verifier};

const ALGORITHMS: [KeyAlgorithm; 3] = [KeyAlgorithm::Ps256, KeyAlgorithm::Ps384, KeyAlgorithm::Ps512];
const HASHES: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

/// EMSA-PSS for a modulus of 2048 bits with every part open to change.
#[derive(Clone)]
struct Encoding {
    hash: HashAlgorithm,
    mask_hash: HashAlgorithm,
    /// What precedes the hash of the message in the inner hash.
    prefix: Vec<u8>,
    message_hash: Vec<u8>,
    salt: Vec<u8>,
    /// The salt inside the masked block, if another one.
    block_salt: Option<Vec<u8>>,
    filler: u8,
    separator: u8,
    trailer: Vec<u8>,
    clear_top_bit: bool,
}

impl Encoding {
    fn right(hash: HashAlgorithm) -> Self {
        Self {
            hash,
            mask_hash: hash,
            prefix: vec![0; 8],
            message_hash: hash.digest(MESSAGE),
            salt: (0..).take(hash.length()).collect(),
            block_salt: None,
            filler: 0,
            separator: 1,
            trailer: vec![0xbc],
            clear_top_bit: true,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn encode(&self) -> Vec<u8> {
        let inner = self.hash.digest(&[self.prefix.as_slice(), &self.message_hash, &self.salt].concat());
        let salt = self.block_salt.as_ref().unwrap_or(&self.salt);
        let filler = vec![self.filler; 256 - inner.len() - self.trailer.len() - salt.len() - 1];
        let mut block = [filler.as_slice(), &[self.separator], salt].concat();
        for (i, chunk) in block.chunks_mut(self.mask_hash.length()).enumerate() {
            let counter = u32::try_from(i).unwrap().to_be_bytes();
            let mask = self.mask_hash.digest(&[inner.as_slice(), &counter].concat());
            chunk.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        }
        if self.clear_top_bit {
            block[0] &= 0x7f;
        }
        [block, inner, self.trailer.clone()].concat()
    }
}

#[test]
fn every_part_of_the_encoding_counts() {
    for algorithm in ALGORITHMS {
        let hash = algorithm.hash();
        let right = Encoding::right(hash);
        let salt_of = |length: usize| right.clone().with(|e| e.salt = vec![0x5a; length]);
        assert_eq!(right.encode(), pss_encoding(hash, MESSAGE, &right.salt, 2048));
        let mut cases = vec![
            ("trailer BD", right.clone().with(|e| e.trailer = vec![0xbd])),
            ("trailer CC", right.clone().with(|e| e.trailer = vec![0xcc])),
            ("trailer 34 CC", right.clone().with(|e| e.trailer = vec![0x34, 0xcc])),
            ("no trailer", right.clone().with(|e| e.trailer = vec![])),
            ("separator 0", right.clone().with(|e| e.separator = 0)),
            ("separator 2", right.clone().with(|e| e.separator = 2)),
            ("separator 81", right.clone().with(|e| e.separator = 0x81)),
            ("filled with ones", right.clone().with(|e| e.filler = 1)),
            ("filled with FF", right.clone().with(|e| e.filler = 0xff)),
            ("no zeros in the inner hash", right.clone().with(|e| e.prefix = vec![])),
            ("seven zeros in the inner hash", right.clone().with(|e| e.prefix = vec![0; 7])),
            ("ones in the inner hash", right.clone().with(|e| e.prefix = vec![1; 8])),
            ("another salt in the block", right.clone().with(|e| e.block_salt = Some(vec![9; hash.length()]))),
            ("the message, not hashed", right.clone().with(|e| e.message_hash = MESSAGE.to_vec())),
            ("the hash of another message", right.clone().with(|e| e.message_hash = hash.digest(OTHER))),
            ("hashed twice", right.clone().with(|e| e.message_hash = hash.digest(&hash.digest(MESSAGE)))),
        ];
        for other in HASHES.into_iter().filter(|other| *other != hash) {
            cases.push(("another hash in MGF1", right.clone().with(|e| e.mask_hash = other)));
            cases.push(("another hash of the message", right.clone().with(|e| e.message_hash = other.digest(MESSAGE))));
            cases.push(("another hash throughout", Encoding::right(other)));
        }
        let longest = 256 - hash.length() - 2;
        for length in [0, 1, 8, 20, hash.length() - 1, hash.length() + 1, hash.length() * 2, longest - 1, longest] {
            cases.push(("salt length", salt_of(length)));
        }
        let key = KeyPair::from_seed(algorithm, 1);
        let signed = cases.into_iter().map(|(name, case)| {
            let name = format!("{algorithm:?}: {name}, {} bytes of salt", case.salt.len());
            (name, key.rsa_raw_private_op(&case.encode()))
        });
        let valid = key.rsa_raw_private_op(&right.encode());
        Verifier::of(&key).refuses_all(MESSAGE, &valid, signed);
        // Any salt of the right length will do.
        Verifier::of(&key).accepts("another salt", MESSAGE, &key.rsa_raw_private_op(&salt_of(hash.length()).encode()));
    }
}

/// The encoding is a bit shorter than the modulus: the bit that the mask would fill must be zero.
#[test]
fn the_top_bit_is_clear() {
    let key = KeyPair::from_seed(KeyAlgorithm::Ps256, 1);
    let mut tried = 0;
    for salt in 0..=255u8 {
        let cleared = Encoding::right(HashAlgorithm::Sha256).with(|e| e.salt = vec![salt; 32]);
        let masked = cleared.clone().with(|e| e.clear_top_bit = false).encode();
        let set = plus(&cleared.encode(), &power_of_two(2047));
        for encoded in [masked, set] {
            if encoded[0] & 0x80 != 0 && encoded < key.rsa_modulus() && tried < 16 {
                tried += 1;
                Verifier::of(&key).refuses("top bit", MESSAGE, &key.rsa_raw_private_op(&encoded));
            }
        }
    }
    assert_eq!(tried, 16);
}

#[test]
fn a_pkcs1_signature_is_refused() {
    let key = KeyPair::from_seed(KeyAlgorithm::Ps256, 1);
    let pkcs1 = KeyPair::from_seed(KeyAlgorithm::Rs256, 1);
    assert_eq!(key.rsa_modulus(), pkcs1.rsa_modulus());
    for hash in HASHES {
        Verifier::of(&key).refuses("PKCS#1", MESSAGE, &pkcs1.sign_with_hash(hash, MESSAGE));
    }
}

#[test]
fn no_padding_is_refused() {
    let key = KeyPair::from_seed(KeyAlgorithm::Ps256, 1);
    let digest = HashAlgorithm::Sha256.digest(MESSAGE);
    let cases = [
        ("the hash", digest.clone()),
        ("the message", MESSAGE.to_vec()),
        ("0", vec![0]),
        ("1", vec![1]),
        ("zeros and a trailer", [[0; 223].as_slice(), &digest, &[0xbc]].concat()),
    ];
    for (case, encoded) in cases {
        Verifier::of(&key).refuses(case, MESSAGE, &key.rsa_raw_private_op(&encoded));
    }
}
