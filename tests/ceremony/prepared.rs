//! Public keys that are made ready before: the same verdicts, and never under another key.

use passkeeper::VerifiedAuthentication;
use passkeeper::crypto::CryptoProvider;
use passkeeper::testing::{KeyAlgorithm, VirtualAuthenticator};
use passkeeper::types::{Algorithm, AlgorithmList};
use passkeeper::wire::AuthenticationResponse;

use crate::common::*;

fn verify_with(signing_in: SigningIn, key: &passkeeper::PreparedPublicKey) -> Result<VerifiedAuthentication, passkeeper::Error> {
    let response = AuthenticationResponse::from_json(signing_in.draft.to_json()).unwrap();
    signing_in.pending.receive(&response).unwrap().verify_with(&signing_in.rp, &signing_in.record, key, signing_in.now)
}

#[test]
fn step_7_2_21_a_prepared_key_verifies_again_and_again() {
    for &algorithm in KeyAlgorithm::ALL.iter().filter(|algorithm| Algorithm::from_cose_id(algorithm.cose_id()).is_some()) {
        let all = AlgorithmList::new(Algorithm::ALL.iter().copied()).unwrap();
        let rp = builder().algorithms(all).build().unwrap();
        let mut device = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]);
        let copies = SigningIn::with(rp, passkeeper::AuthenticationRequest::discoverable(), &mut device).copies();
        let key = copies().record.public_key.prepare(&provider()).unwrap();
        assert_eq!(*key.public_key(), copies().record.public_key);
        for _ in 0..2 {
            assert!(verify_with(copies(), &key).is_ok(), "{algorithm:?}");
            let mut tampered = copies();
            tampered.draft.signature = Some(vec![1; 256]);
            assert_refused(verify_with(tampered, &key), "signature-invalid", "7.2/21");
        }
    }
}

#[test]
fn step_7_2_21_a_key_prepared_from_another_record_is_refused() {
    let other = register(&relying_party(), &mut VirtualAuthenticator::new(2), "alice");
    let key = other.public_key.prepare(&provider()).unwrap();
    assert_refused(verify_with(SigningIn::new(), &key), "prepared-key-mismatch", "7.2/21");
    // Not even where the signature is that key's.
    let signing_in = SigningIn::new();
    let own = signing_in.record.public_key.prepare(&provider()).unwrap();
    assert_refused(
        verify_with(signing_in.change_record(|record| record.public_key = other.public_key), &own),
        "prepared-key-mismatch",
        "7.2/21",
    );
}

#[test]
fn only_what_the_provider_knows_can_be_prepared() {
    let key = SigningIn::new().record.public_key;
    assert_eq!(refusal(key.prepare(&CryptoProvider::new("empty", &[]))), ("public-key-algorithm-unsupported", None));
}
