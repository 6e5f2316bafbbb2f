//! Authenticator data: never panics; its parts make up the whole, byte for byte, and hold what another decoder sees; not a byte
//! may be missing or left over; nothing is copied.
#![no_main]

use fuzz::{formats, uncopied};
use libfuzzer_sys::fuzz_target;
use passkeeper::parse::AuthenticatorData;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = uncopied(|| AuthenticatorData::parse(bytes)) else { return };
    assert_eq!(parsed.as_bytes(), bytes);
    let mut whole = parsed.rp_id_hash.to_vec();
    whole.push(parsed.flags.as_byte());
    whole.extend(parsed.sign_count.to_be_bytes());
    if let Some(attested) = &parsed.attested {
        whole.extend(attested.aaguid.as_bytes());
        whole.extend(u16::try_from(attested.credential_id.len()).unwrap().to_be_bytes());
        whole.extend(attested.credential_id);
        whole.extend(attested.public_key);
        formats::whole_cbor(attested.public_key).expect("one item");
    }
    if let Some(extensions) = &parsed.extensions {
        whole.extend(extensions.as_bytes());
        let map = formats::whole_cbor(extensions.as_bytes()).expect("one item");
        let output = |name: &str| formats::at(&map, name);
        let number = |name| output(name).and_then(|value| i128::from(value.as_integer()?).try_into().ok());
        assert_eq!(extensions.min_pin_length, number("minPinLength"));
        assert_eq!(extensions.cred_protect.map(u32::from), number("credProtect").filter(|number| *number < 256));
        assert_eq!(extensions.cred_blob_stored, output("credBlob").and_then(|value| value.as_bool()));
        assert_eq!(extensions.cred_blob, output("credBlob").and_then(|value| value.as_bytes()).map(Vec::as_slice));
        assert_eq!(extensions.hmac_secret, output("hmac-secret").and_then(|value| value.as_bool()));
        assert_eq!(extensions.third_party_payment, output("thirdPartyPayment").and_then(|value| value.as_bool()));
    }
    assert_eq!(whole, bytes);
    assert!(AuthenticatorData::parse(&bytes[..bytes.len() - 1]).is_err());
    assert!(AuthenticatorData::parse(&[bytes, b"\0"].concat()).is_err());
});
