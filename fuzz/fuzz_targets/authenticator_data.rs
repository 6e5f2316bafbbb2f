//! Authenticator data: never panics; its parts make up the whole, byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passkeeper::parse::AuthenticatorData;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = AuthenticatorData::parse(bytes) else { return };
    let mut whole = parsed.rp_id_hash.to_vec();
    whole.push(parsed.flags.as_byte());
    whole.extend(parsed.sign_count.to_be_bytes());
    if let Some(attested) = &parsed.attested {
        whole.extend(attested.aaguid.as_bytes());
        whole.extend(u16::try_from(attested.credential_id.len()).unwrap().to_be_bytes());
        whole.extend(attested.credential_id);
        whole.extend(attested.public_key);
    }
    if let Some(extensions) = &parsed.extensions {
        whole.extend(extensions.as_bytes());
    }
    assert_eq!(whole, bytes);
});
