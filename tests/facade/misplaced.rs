//! What stands where something else belongs is not shown by the error that says so: it may be a name, or a private key.

use passkeeper::import::{Format, Importer};
use passkeeper::testing::{KeyAlgorithm, KeyPair};
use passkeeper::types::Algorithm;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{CosePublicKey, CredentialRecord, Error, PendingAssertion, PendingAuthentication, PendingRegistration};
use serde_json::{Value, json};

use crate::common::*;
use crate::shown::encodings;

const PERSONAL: &str = "alice@example.com";

/// The value with each of its parts in turn replaced.
fn misplaced(value: &Value, by: &Value) -> Vec<Value> {
    let mut all = vec![by.clone()];
    let parts: Vec<(Value, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, part)| (json!(name), part)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, part)| (json!(index), part)).collect(),
        _ => Vec::new(),
    };
    for (at, part) in parts {
        all.extend(misplaced(part, by).into_iter().map(|changed| {
            let mut value = value.clone();
            match at.as_str() {
                Some(name) => value[name] = changed,
                None => value[usize::try_from(at.as_u64().unwrap()).unwrap()] = changed,
            }
            value
        }));
    }
    all
}

/// Tries the text with each of its parts in turn replaced by something of somebody's.
fn nothing_shows<T>(what: &str, text: &str, parse: impl Fn(&str) -> Result<T, Error>) {
    let honest: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut refused = 0;
    for personal in [json!(PERSONAL), json!([PERSONAL]), json!({ PERSONAL: PERSONAL })] {
        for changed in misplaced(&honest, &personal) {
            let Err(error) = parse(&changed.to_string()) else { continue };
            let shown = format!("{error} {error:?} {error:#?}");
            assert!(!shown.contains("alice"), "{what}: {shown} of {changed}");
            refused += 1;
        }
    }
    assert!(refused > 20, "{what}: {refused}");
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn what_is_kept_does_not_show_what_stands_in_the_wrong_place() {
    nothing_shows("a record", &fixture("record-v1.json"), CredentialRecord::from_json);
    nothing_shows("a registration", &fixture("pending-registration-v1.json"), PendingRegistration::from_json);
    nothing_shows("a sign-in", &fixture("pending-authentication-v1.json"), PendingAuthentication::from_json);
    nothing_shows("a step-up", &fixture("pending-assertion-v1.json"), PendingAssertion::from_json);
}

#[test]
fn responses_do_not_show_what_stands_in_the_wrong_place() {
    let registration = Registering::new().draft.to_json();
    nothing_shows("a registration's response", &registration, |text| RegistrationResponse::from_json(text));
    let authentication = SigningIn::new().draft.to_json();
    nothing_shows("a sign-in's response", &authentication, |text| AuthenticationResponse::from_json(text));
}

#[test]
fn imports_do_not_show_what_stands_in_the_wrong_place() {
    let files = [
        (Format::FusionAuth, "fusionauth.json"),
        (Format::WebauthnRs, "webauthn-rs.json"),
        (Format::WebauthnRs, "webauthn-rs-0.4.json"),
        (Format::SimpleWebauthn, "simplewebauthn.json"),
        (Format::JavaWebauthnServer, "java-webauthn-server.json"),
        (Format::Passkeeper, "passkeeper.jsonl"),
    ];
    for (format, file) in files {
        let importer = Importer::new(&relying_party(), format, NOW);
        let text = fixture(&format!("import/{file}"));
        let first = text.lines().next().unwrap();
        nothing_shows(file, if file.ends_with('l') { first } else { &text }, |changed| {
            importer.rows(changed.as_bytes()).try_for_each(|row| row.record.map(drop))
        });
    }
}

/// A private key that is given for a public one, however it is wrapped.
#[test]
fn private_keys_show_nowhere() {
    let pkcs8 = [b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(), &[0x5a; 32]].concat();
    let base64 = encodings(&pkcs8)[3].clone();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    let wrapped = [
        ("as it is", pem.clone()),
        ("with a mark in front", format!("\u{feff}{pem}")),
        ("with a comment in front", format!("# the key\n{pem}")),
        ("in another case", pem.to_lowercase()),
        ("without its first line", format!("{base64}\n-----END PRIVATE KEY-----")),
        ("bare", base64.clone()),
        ("as a public key's body", format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----")),
        ("cut", format!("-----BEGIN PUBLIC KEY-----\n{base64}")),
    ];
    let secret = encodings(&[0x5a; 32]);
    let parts: Vec<&str> = secret.iter().chain([&base64]).map(|text| text.get(4..20).unwrap()).collect();
    for (name, text) in &wrapped {
        for algorithm in Algorithm::ALL {
            let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "d": text, "k": text }).to_string();
            let errors = [
                CosePublicKey::from_pem(text, *algorithm),
                CosePublicKey::from_jwk(text, Some(*algorithm)),
                CosePublicKey::from_jwk(&json!(text).to_string(), Some(*algorithm)),
                CosePublicKey::from_jwk(&jwk, Some(*algorithm)),
            ];
            for error in errors {
                let shown = format!("{:?}", error.unwrap_err());
                assert!(parts.iter().all(|part| !shown.contains(part)), "{name}: {shown}");
            }
        }
    }
    let public = CosePublicKey::new(KeyPair::from_seed(KeyAlgorithm::EdDsa, 1).cose_key().encode()).unwrap();
    assert!(CosePublicKey::from_pem(&public.to_pem().unwrap(), Algorithm::EdDsa).is_ok());
}
