//! clientDataJSON: never panics; what it accepts has the members a plain JSON parser sees, none of them twice, and the short cut
//! for what clients write says the same as the parser for everything; allocations stay in proportion.
#![no_main]

use fuzz::{bounded, formats};
use libfuzzer_sys::fuzz_target;
use passkeeper::parse::ClientData;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let parsed = bounded(bytes.len(), 8, || ClientData::parse(bytes));
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    // White space leads past the short cut; a mark in front, so that a second one in the text is not taken for the first.
    let spaced = format!("\u{feff}{}", text.replacen('{', "{ ", 1));
    let slowly = ClientData::parse(spaced.as_bytes());
    if text.len() < 16_000 {
        assert_eq!(parsed.clone().map_err(|e| e.code()), slowly.map_err(|e| e.code()));
    }
    let Ok(parsed) = parsed else { return };
    let Some(plain) = formats::members(&text) else { return };
    let plain = plain.expect("accepted, so JSON");
    assert!(!plain.repeat(), "accepted though a member is there twice");
    let member = |name| plain.get(name).and_then(Value::as_str);
    assert_eq!(member("type"), Some(&*parsed.type_));
    assert_eq!(member("challenge"), Some(&*parsed.challenge));
    assert_eq!(member("origin"), Some(&*parsed.origin));
    assert_eq!(member("topOrigin"), parsed.top_origin.as_deref());
    assert_eq!(plain.get("crossOrigin").is_some_and(|value| value.as_bool().unwrap()), parsed.cross_origin);
    assert_eq!(plain.get("topOrigin").is_some(), parsed.top_origin.is_some());

    let mut again =
        json!({ "type": parsed.type_, "challenge": parsed.challenge, "origin": parsed.origin, "crossOrigin": parsed.cross_origin });
    parsed.top_origin.iter().for_each(|origin| again["topOrigin"] = json!(origin));
    let again = again.to_string();
    if again.len() < 16_000 {
        assert_eq!(ClientData::parse(again.as_bytes()), Ok(parsed));
    }
});
