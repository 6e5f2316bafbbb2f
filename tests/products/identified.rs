//! Rows B1 to B4: options for a user who is named.

use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::Transport;
use passkeeper::wire::AuthenticationExtensions;
use passkeeper::{AuthenticationRequest, Decoys, ErrorKind, Identifier, IdentifierKind, UnknownUsers};
use pollster::block_on;
use serde_json::{Value, json};

use super::world::{World, as_json, directory, got, register, with_alice};
use crate::common::*;

#[test]
fn b1_options_for_a_user_name_an_email_address_or_a_phone_number() {
    let (passkeys, mut authenticator, record) = with_alice();
    let kinds = [IdentifierKind::Username, IdentifierKind::Email, IdentifierKind::Phone, IdentifierKind::Other("badge".into())];
    for (kind, value) in kinds.into_iter().zip(["alice", "alice@example.com", "+41790000000", "4711"]) {
        let identifier = Identifier::of(value, [kind]);
        let request = AuthenticationRequest::default();
        let started = block_on(passkeys.start_authentication_for(&directory(), &identifier, request)).unwrap();
        assert_eq!(started.options.allow_credentials, [record.descriptor()]);
        let login = block_on(passkeys.complete_authentication(&started.session, &got(&mut authenticator, &started))).unwrap();
        assert_eq!(*login.user_handle(), handle("alice"));
    }
    let another_kind = Identifier::of("alice", [IdentifierKind::Email]);
    let refused = block_on(passkeys.start_authentication_for(&directory(), &another_kind, AuthenticationRequest::default()));
    assert_eq!(refusal(refused), ("user-not-found", Some("7.2/1")));
}

#[test]
fn b2_verification_id_and_options_with_extensions() {
    let (passkeys, _, record) = with_alice();
    let mut extensions =
        AuthenticationExtensions { app_id: Some("https://example.com/app-id.json".into()), ..AuthenticationExtensions::default() };
    extensions.other.insert("credProps".into(), true.into());
    extensions.other.insert("hmacCreateSecret".into(), true.into());
    let request = AuthenticationRequest::default().extensions(extensions);
    let started = block_on(passkeys.start_authentication_for(&directory(), &"alice".into(), request)).unwrap();
    assert!(!started.session.as_str().is_empty());
    let mut options = as_json(&started.options);
    assert!(options.as_object_mut().unwrap().remove("challenge").is_some_and(|challenge| challenge.is_string()));
    let credential = json!({ "type": "public-key", "id": record.credential_id.to_base64url(), "transports": ["internal"] });
    let expected = json!({
        "timeout": 300_000,
        "rpId": RP_ID,
        "allowCredentials": [credential],
        "userVerification": "required",
        "extensions": { "appid": "https://example.com/app-id.json", "credProps": true, "hmacCreateSecret": true },
    });
    assert_eq!(options, expected);
}

#[test]
fn b3_transports_are_kept_as_they_came() {
    let known = ["usb", "nfc", "ble", "internal", "cable", "hybrid", "smart-card", "telepathy"];
    let mut authenticator = VirtualAuthenticator::new(1).with_transports(&known);
    let passkeys = World::new().tenant(builder());
    let record = register(&passkeys, "alice", &mut authenticator);
    assert_eq!(record.transports, known.map(Transport::new));
    let started = block_on(passkeys.start_authentication_for(&directory(), &"alice".into(), AuthenticationRequest::default())).unwrap();
    assert_eq!(as_json(&started.options)["allowCredentials"][0]["transports"], json!(known));
}

#[test]
fn b4_an_unknown_user_is_not_found_or_gets_decoys() {
    let (passkeys, _, record) = with_alice();
    let start = |passkeys: &TestPasskeys, name: &str| {
        block_on(passkeys.start_authentication_for(&directory(), &name.into(), AuthenticationRequest::default()))
    };
    for (name, code) in [("mallory", "user-not-found"), ("bob", "credential-not-found")] {
        let error = start(&passkeys, name).unwrap_err();
        assert_eq!((error.code(), error.kind()), (code, ErrorKind::NotFound));
    }
    let passkeys = passkeys.unknown_users(UnknownUsers::Decoys(Decoys::new([7; 32]).unwrap()));
    let shape = |options: &Value| -> Vec<String> { options.as_object().unwrap().keys().cloned().collect() };
    let alice = start(&passkeys, "alice").unwrap();
    assert_eq!(alice.options.allow_credentials, [record.descriptor()]);
    for name in ["mallory", "bob", "Mallory", "trent@example.com"] {
        let (one, again) = (start(&passkeys, name).unwrap(), start(&passkeys, name).unwrap());
        assert_eq!(one.options.allow_credentials, again.options.allow_credentials);
        assert_ne!(one.options.challenge, again.options.challenge);
        assert!(!one.options.allow_credentials.is_empty());
        assert_eq!(shape(&as_json(&one.options)), shape(&as_json(&alice.options)));
    }
}
