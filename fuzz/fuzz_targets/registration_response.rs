//! RegistrationResponseJSON: never panics, by text and by way of a JSON value alike; written again it is the same; allocations stay in
//! proportion.
#![no_main]

use fuzz::bounded;
use fuzz::formats::extension_results;
use libfuzzer_sys::fuzz_target;
use passkeeper::wire::RegistrationResponse;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = bounded(bytes.len(), 32, || RegistrationResponse::from_json(bytes)) else { return };
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) {
        assert_eq!(serde_json::from_value::<RegistrationResponse>(value).ok().as_ref(), Some(&parsed));
    }
    let id = parsed.raw_id.to_base64url();
    let mut again = json!({
        "id": id,
        "rawId": id,
        "type": parsed.credential_type.as_str(),
        "authenticatorAttachment": parsed.authenticator_attachment.as_ref().map(|attachment| attachment.as_str()),
        "clientExtensionResults": extension_results(&parsed.client_extension_results),
        "response": {
            "clientDataJSON": parsed.client_data_json.to_base64url(),
            "attestationObject": parsed.attestation_object.to_base64url(),
            "transports": parsed.transports.iter().map(|transport| transport.as_str()).collect::<Vec<_>>(),
            "authenticatorData": parsed.authenticator_data.as_ref().map(|bytes| bytes.to_base64url()),
            "publicKey": parsed.public_key.as_ref().map(|bytes| bytes.to_base64url()),
        },
    });
    parsed.public_key_algorithm.iter().for_each(|algorithm| again["response"]["publicKeyAlgorithm"] = json!(algorithm));
    let again = RegistrationResponse::from_json(again.to_string()).expect("the same members");
    assert_eq!(again, parsed);
});
