//! Signatures, the first byte choosing the algorithm and the second what is changed: the signature for any bytes, the signature by
//! a script, the message, or the key. Never panics; never accepted but the very one, or of ECDSA its twin with the other s.
#![no_main]

use std::sync::LazyLock;

use fuzz::mutated;
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

fuzz_target!(|bytes: &[u8]| {
    let [choice, what, content @ ..] = bytes else { return };
    let Signed { cose, key, signatures } = &SIGNED[usize::from(*choice) % SIGNED.len()];
    match what % 5 {
        0 => assert_eq!(key.verify(&[MESSAGE], content).is_ok(), signatures.iter().any(|good| good == content)),
        number @ (1 | 2) => {
            let signature = mutated(&signatures[usize::from(number - 1) % signatures.len()], content);
            assert_eq!(key.verify(&[MESSAGE], &signature).is_ok(), signatures.contains(&signature));
        }
        3 => {
            let message = mutated(MESSAGE, content);
            let (begin, end) = message.split_at(message.len() / 2);
            let verdict = key.verify(&[&message], &signatures[0]);
            assert_eq!(verdict.is_ok(), message == MESSAGE);
            assert_eq!(key.verify(&[begin, b"", end], &signatures[0]), verdict, "the parts of a message do not matter");
        }
        _ => {
            let cose = mutated(cose, content);
            let Ok(parsed) = CoseKey::parse(&cose) else { return };
            if parsed.to_bytes() != SIGNED[usize::from(*choice) % SIGNED.len()].cose
                && let Ok(other) = PROVIDER.prepare(&parsed)
                && parsed.algorithm.cose_id() == KeyAlgorithm::ALL[usize::from(*choice) % SIGNED.len()].cose_id()
            {
                assert!(other.verify(&[MESSAGE], &signatures[0]).is_err(), "under another key");
            }
        }
    }
});
