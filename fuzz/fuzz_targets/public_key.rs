//! Public keys as SPKI, PEM and JWK, the first byte choosing the algorithm and the second the form: never panics; a key that is
//! accepted is the same in every form; allocations stay in proportion.
#![no_main]

use fuzz::bounded;
use libfuzzer_sys::fuzz_target;
use passkeeper::CosePublicKey;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::types::Algorithm;

fuzz_target!(|bytes: &[u8]| {
    let [choice, form, content @ ..] = bytes else { return };
    let algorithm = Algorithm::ALL[usize::from(*choice) % Algorithm::ALL.len()];
    let text = String::from_utf8_lossy(content);
    let key = bounded(text.len(), 32, || match form % 4 {
        0 => CosePublicKey::from_spki_der(content, algorithm),
        1 => CosePublicKey::from_pem(&text, algorithm),
        2 => CosePublicKey::from_jwk(&text, Some(algorithm)),
        _ => CosePublicKey::from_jwk(&text, None),
    });
    let Ok(key) = key else { return };
    let algorithm = key.algorithm();
    assert_eq!(CosePublicKey::new(key.as_bytes()).as_ref(), Ok(&key));
    assert_eq!(key.parse().unwrap().to_bytes(), key.as_bytes());
    assert_eq!(CosePublicKey::from_spki_der(&key.to_spki_der().unwrap(), algorithm).as_ref(), Ok(&key));
    assert_eq!(CosePublicKey::from_pem(&key.to_pem().unwrap(), algorithm).as_ref(), Ok(&key));
    assert_eq!(CosePublicKey::from_jwk(&key.to_jwk().unwrap(), Some(algorithm)).as_ref(), Ok(&key));
    let _ = key.check(&PROVIDER);
});
