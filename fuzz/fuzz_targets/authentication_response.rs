//! AuthenticationResponseJSON: never panics, by text and by way of a JSON value alike; written again it is the same; allocations stay in
//! proportion.
#![no_main]

use fuzz::bounded;
use fuzz::formats::extension_results;
use libfuzzer_sys::fuzz_target;
use passkeeper::wire::AuthenticationResponse;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = bounded(bytes.len(), 32, || AuthenticationResponse::from_json(bytes)) else { return };
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) {
        assert_eq!(serde_json::from_value::<AuthenticationResponse>(value).ok().as_ref(), Some(&parsed));
    }
    let id = parsed.raw_id.to_base64url();
    let again = json!({
        "id": id,
        "rawId": id,
        "type": parsed.credential_type.as_str(),
        "authenticatorAttachment": parsed.authenticator_attachment.as_ref().map(|attachment| attachment.as_str()),
        "clientExtensionResults": extension_results(&parsed.client_extension_results),
        "response": {
            "clientDataJSON": parsed.client_data_json.to_base64url(),
            "authenticatorData": parsed.authenticator_data.to_base64url(),
            "signature": parsed.signature.to_base64url(),
            "userHandle": parsed.user_handle.as_ref().map(|handle| handle.to_base64url()),
        },
    });
    let again = AuthenticationResponse::from_json(again.to_string()).expect("the same members");
    assert_eq!(again, parsed);
});
