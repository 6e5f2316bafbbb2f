//! Rows C1 to C7: registration inside an authorised session, and two kinds of authentication.

use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{AuthenticatorAttachment, ResidentKey, UserVerification};
use passkeeper::wire::{AuthenticationResponse, RegistrationExtensions, RegistrationResponse};
use passkeeper::{AuthenticationRequest, RegistrationPolicy, RegistrationRequest, SessionBinding, TakeBy};
use pollster::block_on;
use serde_json::json;

use super::world::{World, as_json, created, directory, got, register, with_alice};
use crate::common::*;

fn session(id: &str) -> SessionBinding {
    SessionBinding::new(id).unwrap()
}

#[test]
fn c1_registration_starts_inside_an_authorised_session() {
    let (passkeys, _, record) = with_alice();
    let mut policy = RegistrationPolicy::default();
    policy.attachment = Some(AuthenticatorAttachment::PLATFORM);
    policy.resident_key = ResidentKey::Required;
    policy.user_verification = UserVerification::Preferred;
    let mut extensions = RegistrationExtensions { cred_props: true, hmac_create_secret: true, ..RegistrationExtensions::default() };
    extensions.other.insert("appid".into(), "https://example.com/app-id.json".into());
    let request = RegistrationRequest::new(user("alice")).policy(policy).extensions(extensions).in_session(session("auth session 1"));
    let started = block_on(passkeys.start_registration(request)).unwrap();
    assert!(!started.session.as_str().is_empty());
    let options = as_json(&started.options);
    let selection = json!({
        "authenticatorAttachment": "platform",
        "requireResidentKey": true,
        "residentKey": "required",
        "userVerification": "preferred",
    });
    assert_eq!((&options["attestation"], &options["authenticatorSelection"]), (&json!("none"), &selection));
    let extensions = json!({ "appid": "https://example.com/app-id.json", "credProps": true, "hmacCreateSecret": true });
    assert_eq!((&options["extensions"], &options["timeout"]), (&extensions, &json!(300_000)));
    assert_eq!(options["excludeCredentials"][0]["id"], json!(record.credential_id.to_base64url()));
    assert_eq!(options["pubKeyCredParams"][0], json!({ "type": "public-key", "alg": -7 }));
    assert_eq!(options["user"], json!({ "id": "YWxpY2U", "name": "alice", "displayName": "alice" }));
    assert_eq!(options["rp"], json!({ "id": RP_ID, "name": "Example" }));
    assert!(options["challenge"].is_string());
}

#[test]
fn c2_registration_completes_with_both_sessions() {
    let passkeys = World::new().tenant(builder());
    let request = RegistrationRequest::new(user("alice")).in_session(session("auth session 1"));
    let started = block_on(passkeys.start_registration(request)).unwrap();
    let response = created(&mut VirtualAuthenticator::new(1), &started);
    let by = TakeBy::id(&started.session).in_session(session("auth session 1"));
    let record = block_on(passkeys.complete_registration(by, &response)).unwrap().record;
    assert_eq!(record.credential_id.as_bytes(), response.raw_id.as_slice());
    assert!(record.public_key.to_pem().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert_eq!(record.attachment, response.authenticator_attachment);
}

#[test]
fn c3_authentication_starts_for_a_user_name() {
    let (passkeys, _, record) = with_alice();
    let request = AuthenticationRequest::default().in_session(session("restricted 1"));
    let started = block_on(passkeys.start_authentication_for(&directory(), &"alice".into(), request)).unwrap();
    assert_eq!(started.options.allow_credentials, [record.descriptor()]);
}

#[test]
fn c4_authentication_completes_with_the_credential_and_its_times() {
    let world = World::new();
    let passkeys = world.tenant(builder());
    let mut authenticator = VirtualAuthenticator::new(1);
    register(&passkeys, "alice", &mut authenticator);
    world.clock.advance(60);
    let request = AuthenticationRequest::default().in_session(session("restricted 1"));
    let started = block_on(passkeys.start_authentication_for(&directory(), &"alice".into(), request)).unwrap();
    let by = TakeBy::id(&started.session).in_session(session("restricted 1"));
    let login = block_on(passkeys.complete_authentication(by, &got(&mut authenticator, &started))).unwrap();
    assert_eq!((login.record().created_at, login.record().last_used_at), (NOW, Some(NOW.saturating_add_secs(60))));
    assert_eq!(block_on(passkeys.list(&handle("alice"))).unwrap(), [login.record().clone()]);
}

#[test]
fn c5_a_passkey_says_whose_it_is() {
    let (passkeys, mut authenticator, _) = with_alice();
    let start = || block_on(passkeys.start_authentication(AuthenticationRequest::discoverable().in_session(session("1")))).unwrap();
    let started = start();
    let by = TakeBy::id(&started.session).in_session(session("1"));
    let login = block_on(passkeys.complete_authentication(by, &got(&mut authenticator, &started))).unwrap();
    assert_eq!(*login.user_handle(), handle("alice"));

    let started = start();
    let mut nameless = got(&mut authenticator, &started);
    nameless.user_handle = None;
    let by = TakeBy::id(&started.session).in_session(session("1"));
    assert_eq!(refusal(block_on(passkeys.complete_authentication(by, &nameless))), ("user-handle-missing", Some("7.2/6")));
}

#[test]
fn c6_a_ceremony_works_only_in_the_session_that_started_it() {
    let (passkeys, mut authenticator, _) = with_alice();
    let cases = [
        (Some("1"), Some("1"), true),
        (Some("1"), Some("2"), false),
        (Some("1"), None, false),
        (None, Some("1"), false),
        (None, None, true),
    ];
    for (asked, answers, accepted) in cases {
        let mut request = AuthenticationRequest::discoverable();
        if let Some(id) = asked {
            request = request.in_session(session(id));
        }
        let started = block_on(passkeys.start_authentication(request)).unwrap();
        let response = got(&mut authenticator, &started);
        let mut by = TakeBy::id(&started.session);
        if let Some(id) = answers {
            by = by.in_session(session(id));
        }
        let verdict = block_on(passkeys.complete_authentication(by, &response));
        match accepted {
            true => assert!(verdict.is_ok()),
            false => assert_eq!(refusal(verdict), ("ceremony-session-mismatch", None), "{asked:?} {answers:?}"),
        }
        // Right or wrong, the challenge is used up.
        let by = TakeBy::danger_response_challenge().in_session(session("1"));
        assert_eq!(refusal(block_on(passkeys.complete_authentication(by, &response))), ("ceremony-not-found", None));
    }
}

/// No `rawId`, nothing but what the product's documents show: responses are built from their parts.
#[test]
fn c7_responses_of_other_shapes_are_built_from_parts() {
    let passkeys = World::new().tenant(builder());
    let mut authenticator = VirtualAuthenticator::new(1);
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let sent = created(&mut authenticator, &started);
    let parts = RegistrationResponse::from_parts(sent.raw_id, sent.client_data_json, sent.attestation_object);
    block_on(passkeys.complete_registration(&started.session, &parts)).unwrap();

    let started = block_on(passkeys.start_authentication(AuthenticationRequest::known(handle("alice")))).unwrap();
    let sent = got(&mut authenticator, &started);
    let parts = AuthenticationResponse::from_parts(sent.raw_id, sent.client_data_json, sent.authenticator_data, sent.signature);
    let login = block_on(passkeys.complete_authentication(&started.session, &parts)).unwrap();
    assert_eq!(*login.user_handle(), handle("alice"));
    // Plain strings, an icon and a raw challenge are made from typed options.
    let options = &started.options;
    let ids: Vec<String> = options.allow_credentials.iter().map(|credential| credential.id.to_base64url()).collect();
    assert_eq!((ids.len(), options.challenge.as_bytes().len()), (1, 32));
}
