//! Attestation objects: never panics; what comes out are slices of what went in, and what another decoder sees; written again in
//! the shortest form they are the same; not a byte may be missing or left over; nothing is copied.
#![no_main]

use fuzz::{formats, uncopied};
use libfuzzer_sys::fuzz_target;
use passkeeper::parse::AttestationObject;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = uncopied(|| AttestationObject::parse(bytes)) else { return };
    let inside = bytes.as_ptr_range();
    for part in [parsed.fmt.as_bytes(), parsed.auth_data, parsed.att_stmt] {
        assert!(part.is_empty() || inside.contains(&part.as_ptr()));
    }
    assert!(parsed.fmt.len() + parsed.auth_data.len() + parsed.att_stmt.len() <= bytes.len());

    let value = formats::whole_cbor(bytes).expect("accepted, so CBOR");
    assert_eq!(formats::at(&value, "fmt").unwrap().as_text(), Some(parsed.fmt));
    assert_eq!(formats::at(&value, "authData").unwrap().as_bytes().map(Vec::as_slice), Some(parsed.auth_data));
    assert_eq!(formats::at(&value, "attStmt"), formats::whole_cbor(parsed.att_stmt).as_ref());
    let again = formats::encoded(&value);
    let again = AttestationObject::parse(&again).expect("the same in the shortest form");
    assert_eq!((again.fmt, again.auth_data), (parsed.fmt, parsed.auth_data));
    assert_eq!(formats::whole_cbor(again.att_stmt), formats::whole_cbor(parsed.att_stmt));

    assert!(AttestationObject::parse(&bytes[..bytes.len() - 1]).is_err());
    assert!(AttestationObject::parse(&[bytes, b"\0"].concat()).is_err());
});
