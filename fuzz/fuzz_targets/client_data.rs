//! clientDataJSON: never panics; what it accepts has the members a plain JSON parser sees.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passkeeper::parse::ClientData;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = ClientData::parse(bytes) else { return };
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let plain: serde_json::Value = serde_json::from_str(&text).expect("accepted, so JSON");
    assert_eq!(plain["type"], *parsed.type_);
    assert_eq!(plain["challenge"], *parsed.challenge);
    assert_eq!(plain["origin"], *parsed.origin);
    assert_eq!(plain["crossOrigin"].as_bool().unwrap_or(false), parsed.cross_origin);
});
