//! Attestation objects: never panics; what comes out are slices of what went in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passkeeper::parse::AttestationObject;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = AttestationObject::parse(bytes) else { return };
    let inside = bytes.as_ptr_range();
    for part in [parsed.fmt.as_bytes(), parsed.auth_data, parsed.att_stmt] {
        assert!(part.is_empty() || inside.contains(&part.as_ptr()));
    }
    assert!(parsed.fmt.len() + parsed.auth_data.len() + parsed.att_stmt.len() <= bytes.len());
});
