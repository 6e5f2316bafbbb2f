//! COSE keys: never panics; a key that is accepted survives its record, and preparing it never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passkeeper::CosePublicKey;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::parse::CoseKey;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = CoseKey::parse(bytes) else { return };
    let kept = CosePublicKey::new(bytes).expect("the same check");
    assert_eq!(kept.parse().as_ref(), Ok(&parsed));
    kept.to_spki_der().expect("every accepted key can be exported");
    if let Ok(key) = PROVIDER.prepare(&parsed) {
        assert!(key.verify(&[b"message"], b"").is_err());
    }
});
