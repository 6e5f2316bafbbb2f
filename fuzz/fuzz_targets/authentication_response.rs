//! AuthenticationResponseJSON: never panics, by text and by way of a JSON value alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passkeeper::wire::AuthenticationResponse;

fuzz_target!(|bytes: &[u8]| {
    let parsed = AuthenticationResponse::from_json(bytes);
    if let (Ok(parsed), Ok(value)) = (parsed, serde_json::from_slice::<serde_json::Value>(bytes)) {
        assert_eq!(serde_json::from_value::<AuthenticationResponse>(value).ok(), Some(parsed));
    }
});
