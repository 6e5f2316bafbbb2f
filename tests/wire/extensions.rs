//! Extension inputs that a client would refuse, and client outputs that must be survivable (§9, §10).

use std::collections::BTreeMap;

use passkeeper::types::Bytes;
use passkeeper::wire::{
    AuthenticationExtensions, AuthenticationResponse, ClientExtensionResults, CredentialDescriptor, LargeBlobInput, LargeBlobSupport,
    PrfInputs, PrfValues, RegistrationExtensions, RegistrationResponse,
};
use passkeeper::{AuthenticationRequest, Error, RegistrationRequest};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::*;

fn prf_for(key: &str) -> AuthenticationExtensions {
    let values = PrfValues { first: Bytes::from(b"salt".as_slice()), second: None };
    let prf = PrfInputs { eval: None, eval_by_credential: BTreeMap::from([(key.to_string(), values)]) };
    AuthenticationExtensions { prf: Some(prf), ..Default::default() }
}

fn blob(input: LargeBlobInput) -> AuthenticationExtensions {
    AuthenticationExtensions { large_blob: Some(input), ..Default::default() }
}

fn write() -> LargeBlobInput {
    LargeBlobInput::Write(Bytes::from(b"blob".as_slice()))
}

/// A request for alice with so many credentials, whose IDs are `[0; 4]`, `[1; 4]` …
fn ask(credentials: u8, extensions: AuthenticationExtensions) -> Result<(), Error> {
    let named = (0..credentials).map(|n| CredentialDescriptor::new(credential_id([n; 4]), vec![]));
    let mut request = AuthenticationRequest::known(handle("alice")).extensions(extensions);
    if credentials > 0 {
        request = request.allow_credentials(named);
    }
    relying_party().start_authentication(request, challenge(), NOW).map(|_| ())
}

#[track_caller]
fn assert_invalid(result: Result<(), Error>) {
    assert_eq!(refusal(result), ("extension-input-invalid", None));
}

#[test]
fn prf_by_credential_is_for_authentication() {
    let prf = prf_for("AAAAAA").prf;
    let extensions = RegistrationExtensions { prf, ..Default::default() };
    let request = RegistrationRequest::new(user("alice")).extensions(extensions);
    assert_invalid(relying_party().start_registration(request, challenge(), NOW).map(|_| ()));
    // Inputs for whatever credential comes to be are fine, and so is asking just whether there is a PRF.
    for eval in [None, Some(PrfValues { first: Bytes::from([].as_slice()), second: None })] {
        let extensions = RegistrationExtensions { prf: Some(PrfInputs { eval, ..Default::default() }), ..Default::default() };
        let request = RegistrationRequest::new(user("alice")).extensions(extensions);
        assert!(relying_party().start_registration(request, challenge(), NOW).is_ok());
    }
}

#[test]
fn prf_by_credential_names_allowed_credentials() {
    assert_eq!(ask(1, prf_for("AAAAAA")), Ok(()));
    assert_eq!(ask(2, prf_for("AQEBAQ")), Ok(()));
    // Not listed, no list at all, empty, not base64url, the standard alphabet.
    assert_invalid(ask(1, prf_for("AQEBAQ")));
    assert_invalid(ask(0, prf_for("AAAAAA")));
    for key in ["", "%", "AAAAAB", "AAA AAA", "+/+/", "aaaaaa"] {
        assert_invalid(ask(1, prf_for(key)));
    }
    let request = AuthenticationRequest::discoverable().extensions(prf_for("AAAAAA"));
    assert_invalid(relying_party().start_authentication(request, challenge(), NOW).map(|_| ()));
}

/// A client compares the key with the unpadded text, or cannot decode it.
#[test]
fn prf_by_credential_takes_no_padding() {
    assert_invalid(ask(1, prf_for("AAAAAA==")));
}

#[test]
fn large_blob_reads_or_writes() {
    for credentials in 0..3 {
        assert_eq!(ask(credentials, blob(LargeBlobInput::Read(true))), Ok(()));
        assert_invalid(ask(credentials, blob(LargeBlobInput::Read(false))));
    }
    assert_eq!(ask(1, blob(write())), Ok(()));
    assert_invalid(ask(0, blob(write())));
    assert_invalid(ask(2, blob(write())));
}

#[test]
fn large_blob_is_written_where_the_facade_or_the_request_leaves_one_credential() {
    let backend = Backend::new();
    let write_for = |request: AuthenticationRequest| block_on(backend.passkeys.start_authentication(request.extensions(blob(write()))));
    assert!(write_for(AuthenticationRequest::known(handle("alice"))).is_ok());
    backend.register("alice", &mut passkeeper::testing::VirtualAuthenticator::new(8));
    assert_invalid(write_for(AuthenticationRequest::known(handle("alice"))).map(|_| ()));
    let first = backend.record_of("alice").credential_id;
    assert!(write_for(AuthenticationRequest::known(handle("alice")).only(first)).is_ok());
    assert_invalid(write_for(AuthenticationRequest::discoverable()).map(|_| ()));
}

#[test]
fn large_blob_inputs_cannot_be_mixed_in_json() {
    for wrong in [
        json!({ "largeBlob": { "read": true, "write": "AA" } }),
        json!({ "largeBlob": { "support": "required" } }),
        json!({ "largeBlob": {} }),
        json!({ "largeBlob": { "write": "%" } }),
    ] {
        assert!(serde_json::from_value::<AuthenticationExtensions>(wrong.clone()).is_err(), "{wrong}");
    }
    for wrong in
        [json!({ "largeBlob": { "read": true } }), json!({ "largeBlob": { "write": "AA" } }), json!({ "largeBlob": { "support": "x" } })]
    {
        assert!(serde_json::from_value::<RegistrationExtensions>(wrong.clone()).is_err(), "{wrong}");
    }
    let fine: RegistrationExtensions = serde_json::from_value(json!({ "largeBlob": { "support": "required" } })).unwrap();
    assert_eq!(fine.large_blob, Some(LargeBlobSupport::Required));
}

/// `other` is for what this crate does not know: what it knows would get round its rules, or stand there twice.
#[test]
fn an_extension_that_has_its_own_field_is_not_taken_as_another() {
    for (name, input) in [
        ("largeBlob", json!({ "read": true, "write": "AA" })),
        ("prf", json!({ "evalByCredential": { "": { "first": "AA" } } })),
        ("appid", json!("https://example.com/app-id.json")),
        ("getCredBlob", json!(true)),
    ] {
        let extensions = AuthenticationExtensions { other: BTreeMap::from([(name.to_string(), input)]), ..Default::default() };
        let result = ask(1, extensions);
        assert_eq!(result.map_err(|error| error.code()), Err("extension-input-invalid"), "{name}");
    }
    for (name, input) in [("credProps", json!(true)), ("prf", json!({ "evalByCredential": {} })), ("largeBlob", json!({ "read": true }))] {
        let extensions = RegistrationExtensions { other: BTreeMap::from([(name.to_string(), input)]), ..Default::default() };
        let request = RegistrationRequest::new(user("alice")).extensions(extensions);
        let result = relying_party().start_registration(request, challenge(), NOW).map(|_| ());
        assert_eq!(result.map_err(|error| error.code()), Err("extension-input-invalid"), "{name}");
    }
}

fn results(json: Value) -> ClientExtensionResults {
    let registration = RegistrationResponse::from_json(Registering::new().draft.edit_json(|response| {
        response["clientExtensionResults"] = json.clone();
    }));
    let authentication = AuthenticationResponse::from_json(SigningIn::new().draft.edit_json(|response| {
        response["clientExtensionResults"] = json.clone();
    }));
    let results = registration.unwrap().client_extension_results;
    assert_eq!(authentication.unwrap().client_extension_results, results);
    results
}

#[test]
fn every_client_output_is_read() {
    let results = results(json!({
        "credProps": { "rk": false },
        "appid": true,
        "appidExclude": true,
        "prf": { "enabled": true, "results": { "first": "AQ", "second": "Ag" } },
        "largeBlob": { "supported": true, "written": false, "blob": "Aw" },
        "credBlob": true,
        "getCredBlob": "BA",
        "hmacCreateSecret": false,
        "unheard-of": [],
    }));
    assert_eq!((results.cred_props_rk, results.app_id, results.app_id_exclude), (Some(false), Some(true), Some(true)));
    assert_eq!((results.prf_enabled, results.hmac_create_secret), (Some(true), Some(false)));
    let prf = results.prf_results.as_ref().unwrap();
    assert_eq!((prf.first.as_slice(), prf.second.as_ref().unwrap().as_slice()), ([1].as_slice(), [2].as_slice()));
    assert_eq!((results.large_blob_supported, results.large_blob_written), (Some(true), Some(false)));
    assert_eq!(results.large_blob.as_ref().unwrap().as_slice(), [3]);
    assert_eq!(results.cred_blob_stored, Some(true));
    assert_eq!(results.cred_blob.as_ref().unwrap().as_slice(), [4]);
}

#[test]
fn any_odd_client_output_is_nothing_rather_than_an_error() {
    let names = ["credProps", "appid", "appidExclude", "prf", "largeBlob", "credBlob", "getCredBlob", "hmacCreateSecret"];
    for odd in [json!(null), json!(7), json!(1.5), json!("%"), json!([]), json!([true]), json!({}), json!({ "x": null })] {
        let all = names.iter().map(|name| (name.to_string(), odd.clone())).collect();
        assert_eq!(results(Value::Object(all)), ClientExtensionResults::default(), "{odd}");
    }
    for odd in [json!(null), json!(7), json!("%"), json!([]), json!({})] {
        let inner = json!({
            "credProps": { "rk": odd },
            "prf": { "enabled": odd, "results": { "first": odd, "second": odd } },
            "largeBlob": { "supported": odd, "written": odd, "blob": odd },
        });
        assert_eq!(results(inner), ClientExtensionResults::default(), "{odd}");
    }
    // One odd member does not spoil its neighbours.
    let results = results(json!({ "credProps": { "rk": true }, "prf": 7, "largeBlob": { "blob": 1, "written": true } }));
    assert_eq!((results.cred_props_rk, results.large_blob_written, results.prf_results), (Some(true), Some(true), None));
}

#[test]
fn an_output_of_more_than_128_kib_of_text_is_nothing() {
    for (len, expected) in [(128 * 1024, Some(96 * 1024)), (128 * 1024 + 4, None)] {
        let results = results(json!({ "largeBlob": { "blob": "A".repeat(len) } }));
        assert_eq!(results.large_blob.map(|blob| blob.len()), expected);
    }
}

#[test]
fn prf_results_do_not_show_in_debug_output() {
    let secret = [0xa5; 32];
    let text = "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU";
    let json = json!({ "prf": { "results": { "first": text, "second": text } } });
    let response = RegistrationResponse::from_json(Registering::new().draft.edit_json(|response| {
        response["clientExtensionResults"] = json.clone();
    }));
    let response = response.unwrap();
    assert_eq!(response.client_extension_results.prf_results.as_ref().unwrap().first.as_slice(), secret);
    let SigningIn { rp, record, pending, draft, .. } = SigningIn::new().change(|draft| draft.client_extension_results = json.clone());
    let signed = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    let verified = pending.receive(&signed).unwrap().verify(&rp, &record, NOW).unwrap();
    for output in [
        format!("{:?}", response.client_extension_results),
        format!("{:#?}", response.client_extension_results.prf_results),
        format!("{response:?}"),
        format!("{signed:?}"),
        format!("{verified:?}"),
    ] {
        assert!(!output.contains("paWl") && !output.contains("165, 165") && !output.to_lowercase().contains("a5a5"), "{output}");
    }
}

#[test]
fn prf_results_can_be_taken_out() {
    let mut results = results(json!({ "prf": { "enabled": true, "results": { "first": "AQ" } } }));
    assert_eq!(results.strip_prf_results().unwrap().first.as_slice(), [1]);
    assert_eq!(results.strip_prf_results(), None);
    assert_eq!((results.prf_results, results.prf_enabled), (None, Some(true)));
}
