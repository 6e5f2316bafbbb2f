//! Signatures, the first byte choosing the algorithm and the second what is changed: the signature for any bytes, the signature by
//! a script, the message, or the key. Never panics; never accepted but the very one, or of ECDSA its twin with the other s.
//! Allocations stay in proportion, and here those of the crypto libraries count as well; signatures need not be counted, there is one.
#![no_main]

use std::sync::LazyLock;

use fuzz::{bounded, mutated, uncopied};
use libfuzzer_sys::fuzz_target;
use passkeeper::crypto::PreparedKey;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::parse::CoseKey;
use passkeeper::testing::{KeyAlgorithm, KeyPair, der_signature};

const MESSAGE: &[u8] = b"what was signed";

struct Signed {
    cose: Vec<u8>,
    key: PreparedKey,
    /// All there are.
    signatures: Vec<Vec<u8>>,
}

static SIGNED: LazyLock<Vec<Signed>> = LazyLock::new(|| {
    let signed = |algorithm: &KeyAlgorithm| {
        let pair = KeyPair::from_seed(*algorithm, 1);
        let mut signatures = vec![pair.sign(MESSAGE)];
        if signatures[0][0] == 0x30 && pair.cose_key().get(1) == Some(&2.into()) {
            let (r, s) = pair.ecdsa_r_s(MESSAGE);
            signatures.push(der_signature(&r, &pair.negate_s(&s)));
        }
        let cose = pair.cose_key().encode();
        Signed { key: PROVIDER.prepare(&CoseKey::parse(&cose).unwrap()).unwrap(), cose, signatures }
    };
    KeyAlgorithm::ALL.iter().map(signed).collect()
});

/// The verdict, at a price that does not depend on what is verified but for its length.
fn verify(key: &PreparedKey, message: &[&[u8]], signature: &[u8]) -> bool {
    let len = message.iter().map(|part| part.len()).sum::<usize>() + signature.len();
    bounded(len, 1, || key.verify(message, signature)).is_ok()
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, what, content @ ..] = bytes else { return };
    let Signed { cose, key, signatures } = &SIGNED[usize::from(*choice) % SIGNED.len()];
    match what % 5 {
        0 => assert_eq!(verify(key, &[MESSAGE], content), signatures.iter().any(|good| good == content)),
        number @ (1 | 2) => {
            let signature = mutated(&signatures[usize::from(number - 1) % signatures.len()], content);
            assert_eq!(verify(key, &[MESSAGE], &signature), signatures.contains(&signature));
        }
        3 => {
            let message = mutated(MESSAGE, content);
            let (begin, end) = message.split_at(message.len() / 2);
            let verdict = verify(key, &[&message], &signatures[0]);
            assert_eq!(verdict, message == MESSAGE);
            assert_eq!(verify(key, &[begin, b"", end], &signatures[0]), verdict, "the parts of a message do not matter");
        }
        _ => {
            let changed = mutated(cose, content);
            let Ok(parsed) = uncopied(|| CoseKey::parse(&changed)) else { return };
            let same_algorithm = parsed.algorithm.cose_id() == KeyAlgorithm::ALL[usize::from(*choice) % SIGNED.len()].cose_id();
            if let Ok(other) = bounded(changed.len(), 32, || PROVIDER.prepare(&parsed)) {
                let accepted = verify(&other, &[MESSAGE], &signatures[0]);
                assert!(!accepted || !same_algorithm || parsed.to_bytes() == *cose, "under another key");
            }
        }
    }
});
