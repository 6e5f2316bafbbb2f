//! Responses as a whole: what is tolerated, what is kept, how large they may be.

use passkeeper::types::{AuthenticatorAttachment, Bytes, CredentialType, Transport};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use serde_json::{Value, json};

use crate::common::*;

const LIMIT: usize = 256 * 1024;

fn registration_json() -> String {
    Registering::new().draft.to_json()
}

fn authentication_json() -> String {
    SigningIn::new().draft.to_json()
}

#[test]
fn every_member_arrives_as_it_came() {
    let draft = Registering::new().draft;
    let response = RegistrationResponse::from_json(draft.edit_json(|json| {
        json["authenticatorAttachment"] = "implanted".into();
        json["response"]["transports"] = json!(["usb", "nfc", "usb", "", "warp-drive"]);
    }));
    let response = response.unwrap();
    assert_eq!(response.raw_id.as_slice(), draft.auth_data.attested.as_ref().unwrap().credential_id);
    assert_eq!(response.credential_type, CredentialType::PUBLIC_KEY);
    // Neither sorted nor freed from repeats and unknown values.
    assert_eq!(response.transports, ["usb", "nfc", "usb", "", "warp-drive"].map(Transport::new));
    assert_eq!(response.authenticator_attachment, Some(AuthenticatorAttachment::new("implanted")));
    assert_eq!(response.client_data_json.as_slice(), draft.client_data.to_bytes());
    assert_eq!(response.attestation_object.as_slice(), draft.attestation_object_bytes());
    assert_eq!(response.authenticator_data.unwrap().as_slice(), draft.auth_data.to_bytes());
    assert_eq!((response.public_key_algorithm, response.public_key.is_some()), (Some(-7), true));
    assert_eq!(response.client_extension_results.cred_props_rk, Some(true));

    let draft = SigningIn::new().draft;
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    assert_eq!(response.raw_id.as_slice(), draft.credential_id);
    assert_eq!(response.client_data_json.as_slice(), draft.client_data.to_bytes());
    assert_eq!(response.authenticator_data.as_slice(), draft.auth_data.to_bytes());
    assert_eq!(response.user_handle.unwrap().as_slice(), b"alice");
    assert_eq!(response.authenticator_attachment, Some(AuthenticatorAttachment::PLATFORM));
}

#[test]
fn absent_null_and_empty_user_handles_are_none() {
    for value in [None, Some(Value::Null), Some("".into())] {
        let json = SigningIn::new().draft.edit_json(|json| {
            let response = json["response"].as_object_mut().unwrap();
            response.remove("userHandle");
            response.extend(value.map(|value| ("userHandle".to_string(), value)));
        });
        assert_eq!(AuthenticationResponse::from_json(json).unwrap().user_handle, None);
    }
}

#[test]
fn unknown_members_whitespace_and_any_order_are_tolerated() {
    let add = |json: &mut Value| {
        for target in ["", "response", "clientExtensionResults"] {
            let object = if target.is_empty() { &mut *json } else { &mut json[target] };
            object["somethingNew"] = json!({ "a": [1, null, { "b": "c" }] });
            object["getPublicKey"] = Value::Null;
        }
    };
    let registration = Registering::new().draft;
    let plain = RegistrationResponse::from_json(registration.to_json()).unwrap();
    assert_eq!(RegistrationResponse::from_json(registration.edit_json(add)), Ok(plain.clone()));
    let pretty = serde_json::to_string_pretty(&registration.finish()).unwrap();
    assert_eq!(RegistrationResponse::from_json(format!("\r\n\t {pretty} \n")), Ok(plain));

    let authentication = SigningIn::new().draft;
    let plain = AuthenticationResponse::from_json(authentication.to_json()).unwrap();
    assert_eq!(AuthenticationResponse::from_json(authentication.edit_json(add)), Ok(plain.clone()));
    // Keys of the text, escaped and in reverse.
    let Value::Object(members) = authentication.finish() else { panic!("an object") };
    let reversed: Vec<String> = members
        .iter()
        .rev()
        .map(|(name, value)| format!("\"\\u{:04x}{}\":{value}", name.as_bytes()[0], name.chars().skip(1).collect::<String>()))
        .collect();
    assert_eq!(AuthenticationResponse::from_json(format!("{{{}}}", reversed.join(","))), Ok(plain));
}

#[test]
fn id_and_raw_id_may_differ_in_padding_only() {
    let draft = SigningIn::new().draft;
    let padded = draft.edit_json(|json| json["id"] = format!("{}=", json["id"].as_str().unwrap()).into());
    assert!(AuthenticationResponse::from_json(padded).is_ok());
    let other = draft.edit_json(|json| json["id"] = "AAAA".into());
    assert_eq!(refusal(AuthenticationResponse::from_json(other)).0, "credential-id-mismatch");
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    for text in ["", " ", "null", "[]", "{}x", "1", "\"x\"", "true", "{", "{\"id\":}", "{'id':1}", "\u{feff}{}", "\0"] {
        let code = if text == "{}" { "member-missing" } else { "json-malformed" };
        assert_eq!(refusal(RegistrationResponse::from_json(text)).0, code, "{text:?}");
        assert_eq!(refusal(AuthenticationResponse::from_json(text)).0, code, "{text:?}");
    }
    assert_eq!(refusal(RegistrationResponse::from_json("{}")).0, "member-missing");
    let not_utf8 = [b"{\"id\":\"", [0xff].as_slice(), b"\"}"].concat();
    assert_eq!(refusal(RegistrationResponse::from_json(not_utf8)).0, "json-malformed");
    for (json, extra) in [(registration_json(), "}"), (authentication_json(), "{}")] {
        assert_eq!(refusal(RegistrationResponse::from_json(json + extra)).0, "json-malformed");
    }
}

#[test]
fn a_member_that_occurs_twice_is_refused() {
    for member in ["id", "rawId", "type", "response", "clientExtensionResults", "authenticatorAttachment"] {
        let twice = |json: String| {
            let value = serde_json::from_str::<Value>(&json).unwrap()[member].to_string();
            json.replacen('{', &format!("{{\"{member}\":{value},"), 1)
        };
        assert_eq!(refusal(RegistrationResponse::from_json(twice(registration_json()))).0, "json-malformed", "{member}");
        assert_eq!(refusal(AuthenticationResponse::from_json(twice(authentication_json()))).0, "json-malformed", "{member}");
    }
    for member in ["clientDataJSON", "authenticatorData", "signature", "userHandle"] {
        let json = authentication_json().replace("\"response\":{", &format!("\"response\":{{\"{member}\":\"AAAA\","));
        assert_eq!(refusal(AuthenticationResponse::from_json(json)).0, "json-malformed", "{member}");
    }
    for member in ["clientDataJSON", "attestationObject", "authenticatorData", "publicKey", "publicKeyAlgorithm", "transports"] {
        let json = registration_json().replace("\"response\":{", &format!("\"response\":{{\"{member}\":\"AAAA\","));
        assert_eq!(refusal(RegistrationResponse::from_json(json)).0, "json-malformed", "{member}");
    }
}

#[test]
fn large_input_is_refused_before_it_is_parsed() {
    for json in [registration_json(), authentication_json()] {
        let registration = json.contains("attestationObject");
        for (len, code) in [(LIMIT, None), (LIMIT + 1, Some("json-too-large")), (10 * LIMIT, Some("json-too-large"))] {
            let padded = format!("{json}{}", " ".repeat(len - json.len()));
            let result = match registration {
                true => RegistrationResponse::from_json(padded).map(|_| ()),
                false => AuthenticationResponse::from_json(padded).map(|_| ()),
            };
            assert_eq!(result.map_err(|error| error.code()), code.map_or(Ok(()), Err), "{len}");
        }
    }
    // Not even JSON.
    assert_eq!(refusal(RegistrationResponse::from_json(vec![b'['; LIMIT + 1])).0, "json-too-large");
}

#[test]
fn deep_nesting_does_no_harm() {
    let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
    // A member nobody reads, and one that counts.
    let unknown = registration_json().replacen('{', &format!("{{\"x\":{deep},"), 1);
    assert!(RegistrationResponse::from_json(unknown).is_ok());
    let counting = authentication_json().replace("\"type\":\"public-key\"", &format!("\"type\":{deep}"));
    assert_eq!(refusal(AuthenticationResponse::from_json(counting)).0, "member-type");
    assert_eq!(refusal(RegistrationResponse::from_json("[".repeat(200_000))).0, "json-malformed");
    assert_eq!(refusal(AuthenticationResponse::from_json("{\"response\":".repeat(20_000))).0, "json-malformed");
}

#[test]
fn serde_reads_the_same_from_text_and_from_values() {
    let json = registration_json();
    let expected = RegistrationResponse::from_json(&json).unwrap();
    assert_eq!(serde_json::from_str::<RegistrationResponse>(&json).unwrap(), expected);
    assert_eq!(serde_json::from_slice::<RegistrationResponse>(json.as_bytes()).unwrap(), expected);
    assert_eq!(serde_json::from_reader::<_, RegistrationResponse>(json.as_bytes()).unwrap(), expected);
    assert_eq!(serde_json::from_value::<RegistrationResponse>(serde_json::from_str(&json).unwrap()).unwrap(), expected);

    let json = authentication_json();
    let expected = AuthenticationResponse::from_json(&json).unwrap();
    assert_eq!(serde_json::from_str::<AuthenticationResponse>(&json).unwrap(), expected);
    assert_eq!(serde_json::from_slice::<AuthenticationResponse>(json.as_bytes()).unwrap(), expected);
    assert_eq!(serde_json::from_reader::<_, AuthenticationResponse>(json.as_bytes()).unwrap(), expected);
    assert_eq!(serde_json::from_value::<AuthenticationResponse>(serde_json::from_str(&json).unwrap()).unwrap(), expected);

    // Inside something else.
    #[derive(serde::Deserialize)]
    struct Body {
        session: String,
        response: AuthenticationResponse,
    }
    let body: Body = serde_json::from_str(&format!("{{\"session\":\"s\",\"response\":{json}}}")).unwrap();
    assert_eq!((body.session.as_str(), body.response), ("s", expected));
}

#[test]
fn serde_tells_the_code_and_the_member() {
    let mistyped = Registering::new().draft.edit_json(|json| json["response"]["clientDataJSON"] = 7.into());
    for error in [
        serde_json::from_str::<RegistrationResponse>(&mistyped).unwrap_err(),
        serde_json::from_value::<RegistrationResponse>(serde_json::from_str(&mistyped).unwrap()).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("member-type") && text.contains("response.clientDataJSON"), "{text}");
    }
}

#[test]
fn from_parts_makes_what_a_ceremony_accepts() {
    let Registering { rp, pending, draft, .. } = Registering::new();
    let id = draft.auth_data.attested.as_ref().unwrap().credential_id.clone();
    let mut response = RegistrationResponse::from_parts(id, draft.client_data.to_bytes(), draft.attestation_object_bytes());
    response.transports = vec![Transport::HYBRID];
    let verified = pending.verify(&rp, &response, NOW).unwrap();
    assert_eq!(verified.record().transports, [Transport::HYBRID]);
    assert_eq!(verified.record().discoverable, None);

    let SigningIn { rp, record, pending, draft, .. } = SigningIn::new();
    let signature = draft.signer().sign(&draft.signed_bytes());
    let (client_data, auth_data) = (draft.client_data.to_bytes(), draft.auth_data.to_bytes());
    let mut response = AuthenticationResponse::from_parts(draft.credential_id.clone(), client_data, auth_data, signature);
    response.user_handle = Some(Bytes::from(b"alice".as_slice()));
    assert!(pending.receive(&response).unwrap().verify(&rp, &record, NOW).is_ok());
}

#[test]
fn from_parts_is_judged_like_anything_else() {
    let Registering { rp, pending, draft, .. } = Registering::new();
    let response = RegistrationResponse::from_parts(vec![1], draft.client_data.to_bytes(), draft.attestation_object_bytes());
    assert_refused(pending.verify(&rp, &response, NOW), "credential-id-mismatch", "7.1/13");
    let SigningIn { pending, draft, .. } = SigningIn::new();
    let response = AuthenticationResponse::from_parts(vec![], draft.client_data.to_bytes(), draft.auth_data.to_bytes(), vec![]);
    assert_refused(pending.receive(&response), "credential-id-empty", "7.2/5");
}
