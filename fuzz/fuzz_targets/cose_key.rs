//! COSE keys: never panics; a key that is accepted survives its record, comes back from what is written of it, and is the same
//! with its labels in another order, which leads past the short cut; preparing it never panics; nothing is copied.
#![no_main]

use fuzz::formats::{self, Cbor};
use fuzz::{uncopied, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::CosePublicKey;
use passkeeper::parse::CoseKey;

fuzz_target!(|bytes: &[u8]| {
    let parsed = uncopied(|| CoseKey::parse(bytes));
    let value = formats::whole_cbor(bytes);
    if let Some(Cbor::Map(mut entries)) = value.clone() {
        entries.reverse();
        let reversed = formats::encoded(&Cbor::Map(entries));
        let accepted = CoseKey::parse(&reversed);
        assert!(parsed.is_err() || accepted == parsed, "refused in another order");
    }
    let Ok(parsed) = parsed else { return };
    value.expect("accepted, so CBOR");
    let shortest = parsed.to_bytes();
    assert_eq!(CoseKey::parse(&shortest).as_ref(), Ok(&parsed));
    assert!(CoseKey::parse(&bytes[..bytes.len() - 1]).is_err());
    assert!(CoseKey::parse(&[bytes, b"\0"].concat()).is_err());
    let kept = CosePublicKey::new(bytes).expect("the same check");
    assert_eq!(kept.parse().as_ref(), Ok(&parsed));
    let spki = kept.to_spki_der().expect("every accepted key can be exported");
    assert_eq!(CosePublicKey::from_spki_der(&spki, parsed.algorithm).unwrap().as_bytes(), shortest);
    if let Ok(key) = work::COUNTING.prepare(&parsed) {
        assert!(key.verify(&[b"message"], b"").is_err());
    }
});
