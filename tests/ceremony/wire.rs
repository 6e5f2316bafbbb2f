//! §7.1 steps 3 and 4, §7.2 steps 3 and 4: the kind of response, and what the client reports.

use passkeeper::Error;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use serde_json::{Value, json};

use crate::common::*;

fn register_with(edit: impl FnOnce(&mut Value)) -> Result<(), Error> {
    let Registering { rp, pending, draft, .. } = Registering::new();
    let response = RegistrationResponse::from_json(draft.edit_json(edit))?;
    pending.verify(&rp, &response, NOW).map(|_| ())
}

fn sign_in_with(edit: impl FnOnce(&mut Value)) -> Result<(), Error> {
    let SigningIn { rp, record, pending, draft, .. } = SigningIn::new();
    let response = AuthenticationResponse::from_json(draft.edit_json(edit))?;
    pending.receive(&response)?.verify(&rp, &record, NOW).map(|_| ())
}

#[test]
fn s7_1_03_the_response_is_an_attestation() {
    let result = RegistrationResponse::from_json(SigningIn::new().draft.to_json());
    assert_refused(result, "response-kind-mismatch", "7.1/3");
}

#[test]
fn s7_2_03_the_response_is_an_assertion() {
    let result = AuthenticationResponse::from_json(Registering::new().draft.to_json());
    assert_refused(result, "response-kind-mismatch", "7.2/3");
}

fn no_response(json: &mut Value) {
    json.as_object_mut().unwrap().remove("response");
}

#[test]
fn s7_1_03_there_is_a_response() {
    assert_eq!(refusal(register_with(no_response)).0, "member-missing");
    for value in [json!(null), json!([]), json!("x"), json!(1)] {
        assert_eq!(refusal(register_with(|json| json["response"] = value)).0, "member-type");
    }
}

#[test]
fn s7_2_03_there_is_a_response() {
    assert_eq!(refusal(sign_in_with(no_response)).0, "member-missing");
    for value in [json!(null), json!([]), json!("x"), json!(1)] {
        assert_eq!(refusal(sign_in_with(|json| json["response"] = value)).0, "member-type");
    }
}

const WRONG_TYPES: [&str; 5] = ["Public-Key", "public-key ", "", "password", "otp"];

#[test]
fn s7_1_03_the_credential_is_a_public_key() {
    for type_ in WRONG_TYPES {
        assert_refused(register_with(|json| json["type"] = type_.into()), "credential-type-unexpected", "7.1/3");
    }
}

#[test]
fn s7_2_03_the_credential_is_a_public_key() {
    for type_ in WRONG_TYPES {
        assert_refused(sign_in_with(|json| json["type"] = type_.into()), "credential-type-unexpected", "7.2/3");
    }
}

/// Extension results that a client may well send; `None` for none at all.
fn odd_results() -> [Option<Value>; 5] {
    [
        None,
        Some(json!({})),
        Some(json!({ "unheard-of": { "a": [1, 2, 3] } })),
        Some(json!({ "credProps": null, "prf": "odd", "largeBlob": [], "appid": null, "appidExclude": 1, "uvm": [[2, 4, 2]] })),
        Some(json!({ "credProps": { "rk": "yes" }, "prf": { "results": { "first": 1 } }, "largeBlob": { "blob": "%" } })),
    ]
}

fn report(json: &mut Value, results: Option<Value>) {
    let json = json.as_object_mut().unwrap();
    json.remove("clientExtensionResults");
    json.extend(results.map(|results| ("clientExtensionResults".to_string(), results)));
}

#[test]
fn s7_1_04_extension_results_may_be_absent_empty_or_unheard_of() {
    for results in odd_results() {
        assert_eq!(register_with(|json| report(json, results.clone())), Ok(()), "{results:?}");
    }
}

#[test]
fn s7_2_04_extension_results_may_be_absent_empty_or_unheard_of() {
    for results in odd_results() {
        assert_eq!(sign_in_with(|json| report(json, results.clone())), Ok(()), "{results:?}");
    }
}
