//! Rows D9 to D18: authentication, assertion, tenants, the veto.

use passkeeper::testing::{Cbor, CounterMode, VirtualAuthenticator};
use passkeeper::types::{Bytes, UserVerification};
use passkeeper::{
    AuthenticationRequest, ErrorKind, Identifier, IdentifierKind, NotCompleted, RegistrationPolicy, RegistrationRequest, TakeBy, Workflow,
    WorkflowPolicy,
};
use pollster::block_on;

use super::world::{World, created, directory, got, register, sign_in, with_alice};
use crate::common::*;

#[test]
fn d9_one_start_serves_sign_in_and_step_up_and_carries_the_callers_state() {
    let (passkeys, mut authenticator, first) = with_alice();
    let second = register(&passkeys, "alice", &mut VirtualAuthenticator::new(2));
    let state = r#"{"b": 1e400, "a":  {"nested": [null, 18446744073709551616]}}"#;
    let request = || AuthenticationRequest::known(handle("alice")).workflow(Workflow::Reauthentication).state(state);

    // By user handle; by login identifier, its kinds tried in order; narrowed to one passkey.
    let started = block_on(passkeys.start_authentication(request())).unwrap();
    assert_eq!(started.options.allow_credentials, [first.descriptor(), second.descriptor()]);
    let login = block_on(passkeys.complete_authentication(&started.session, &got(&mut authenticator, &started))).unwrap();
    assert_eq!((login.state(), login.workflow()), (Some(state), Some(Workflow::Reauthentication)));

    let login_id = Identifier::of("alice@example.com", [IdentifierKind::Username, IdentifierKind::Email]);
    let started = block_on(passkeys.start_authentication_for(&directory(), &login_id, request())).unwrap();
    assert_eq!(started.options.allow_credentials.len(), 2);
    let proof = block_on(passkeys.complete_assertion(&started.session, &got(&mut authenticator, &started))).unwrap();
    assert_eq!((proof.state(), proof.user_handle()), (Some(state), &handle("alice")));

    let started = block_on(passkeys.start_authentication(request().only(second.credential_id.clone()))).unwrap();
    assert_eq!(started.options.allow_credentials, [second.descriptor()]);
    let foreign = request().only(credential_id(*b"nobody's"));
    assert_eq!(refusal(block_on(passkeys.start_authentication(foreign))), ("credential-not-found", Some("7.2/1")));
}

#[test]
fn d10_a_login_updates_the_record() {
    let world = World::new();
    let passkeys = world.tenant(builder());
    let mut authenticator = VirtualAuthenticator::new(1).with_counter(CounterMode::Counting);
    let record = register(&passkeys, "alice", &mut authenticator);
    world.clock.advance(5);
    let login = sign_in(&passkeys, &mut authenticator).unwrap();
    assert!(login.record().usage.sign_count > record.usage.sign_count);
    assert_eq!(login.record().last_used_at, Some(NOW.saturating_add_secs(5)));

    let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let mut response = got(&mut authenticator, &started);
    response.user_handle = Some(Bytes::from(b"bob".as_slice()));
    let verdict = block_on(passkeys.complete_authentication(&started.session, &response));
    assert_eq!(refusal(verdict), ("user-handle-mismatch", Some("7.2/6")));
}

#[test]
fn d11_an_assertion_logs_nobody_in() {
    let (passkeys, mut authenticator, record) = with_alice();
    let started = block_on(passkeys.start_assertion(AuthenticationRequest::known(handle("alice")))).unwrap();
    let response = got(&mut authenticator, &started);
    assert_eq!(refusal(block_on(passkeys.complete_authentication(&started.session, &response))), ("ceremony-kind-mismatch", None));
    let started = block_on(passkeys.start_assertion(AuthenticationRequest::known(handle("alice")))).unwrap();
    let proof: passkeeper::Asserted = block_on(passkeys.complete_assertion(&started.session, &got(&mut authenticator, &started))).unwrap();
    assert_eq!(proof.record().credential_id, record.credential_id);
}

#[test]
fn d12_padding_is_tolerated_and_never_sent() {
    let padded = |bytes: &[u8], pad| Bytes::from_base64url(&format!("{}{pad}", Bytes::from(bytes).to_base64url())).unwrap();
    for (bytes, pad) in [(&b"a"[..], "=="), (b"ab", "="), (b"abc", ""), (b"a", ""), (b"ab", "")] {
        assert_eq!(padded(bytes, pad).as_slice(), bytes);
        assert!(!Bytes::from(bytes).to_base64url().contains('='));
    }
    let (passkeys, mut authenticator, _) = with_alice();
    let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    assert!(!json(&started.options).contains('='));
    let draft = authenticator.get(&json(&started.options), ORIGIN).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&draft.to_json()).unwrap();
    for name in ["clientDataJSON", "authenticatorData", "signature"] {
        let text = value["response"][name].as_str().unwrap();
        value["response"][name] = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4)).into();
    }
    let response = passkeeper::wire::AuthenticationResponse::from_json(value.to_string()).unwrap();
    assert!(block_on(passkeys.complete_authentication(&started.session, &response)).is_ok());
}

#[test]
fn d13_tenants_with_their_own_names_origins_and_workflows() {
    let world = World::new();
    let tenant = |rp_id: &str, bootstrap| {
        let builder = passkeeper::RelyingParty::builder(rp_id, rp_id).origin(format!("https://{rp_id}"));
        world.tenant(builder.workflow(Workflow::Bootstrap, bootstrap))
    };
    let one = tenant("one.example", WorkflowPolicy::default_of(Workflow::Bootstrap));
    let two = tenant("two.example", WorkflowPolicy::disabled());
    let mut authenticator = VirtualAuthenticator::new(1);
    let record = register(&one, "alice", &mut authenticator);
    assert!(sign_in(&one, &mut authenticator).is_ok());

    // To the other tenant the passkey does not exist, nor does the ceremony.
    assert_eq!(block_on(two.list(&handle("alice"))), Ok(vec![]));
    assert_eq!(refusal(block_on(two.find_by_record_id(&record.id))), ("credential-not-found", None));
    assert_eq!(refusal(block_on(two.delete(&handle("alice"), &record.credential_id))), ("credential-not-found", None));
    let started = block_on(one.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = got(&mut authenticator, &started);
    assert_eq!(refusal(block_on(two.complete_authentication(&started.session, &response))), ("ceremony-not-found", None));
    let bootstrap = || AuthenticationRequest::discoverable().workflow(Workflow::Bootstrap);
    assert!(block_on(one.start_authentication(bootstrap())).is_ok());
    assert_eq!(refusal(block_on(two.start_authentication(bootstrap()))), ("workflow-disabled", None));
}

/// A documented sample whose attestation object is a map of indefinite length, its statement null, its labels text. What the
/// inspector shows of such a response, and that it lists every fault, is in its own tests.
#[test]
fn d15_a_sample_that_does_not_conform_is_refused_for_its_first_fault() {
    let backend = Backend::new();
    let cases: [(&str, &[u8], &[u8]); 2] = [("cbor-indefinite-length", &[0xbf], &[0xff]), ("attestation-object-member-type", &[0xa3], &[])];
    for (code, head, tail) in cases {
        let error = backend.refuse_registration(|draft| {
            draft.auth_data.sign_count = 22;
            let members = [("fmt", Cbor::text("none")), ("attStmt", Cbor::Null), ("authData", Cbor::Bytes(draft.auth_data.to_bytes()))];
            let members: Vec<u8> = members.iter().flat_map(|(key, value)| [Cbor::text(key).encode(), value.encode()].concat()).collect();
            draft.attestation_object = Some(Cbor::Raw([head, &members, tail].concat()));
        });
        assert_eq!((error.code(), error.spec_step()), (code, Some("7.1/13")));
    }
}

#[test]
fn d16_only_passkeys_that_can_meet_the_demand_are_offered() {
    let weak = WorkflowPolicy { user_verification: UserVerification::Preferred, ..WorkflowPolicy::default_of(Workflow::General) };
    let passkeys = World::new().tenant(builder().workflow(Workflow::General, weak));
    let register = |seed, verified, asked| {
        let mut policy = RegistrationPolicy::default();
        policy.user_verification = asked;
        let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")).policy(policy))).unwrap();
        let response = created(&mut VirtualAuthenticator::new(seed).with_user_verified(verified), &started);
        block_on(passkeys.complete_registration(&started.session, &response)).unwrap().record.descriptor()
    };
    let able = register(1, true, UserVerification::Required);
    let unable = register(2, false, UserVerification::Preferred);
    // Nobody asked it: it may be able to.
    let unasked = register(3, false, UserVerification::Discouraged);
    let offered = |workflow| {
        let request = AuthenticationRequest::known(handle("alice")).workflow(workflow);
        block_on(passkeys.start_authentication(request)).unwrap().options.allow_credentials
    };
    assert_eq!(offered(Workflow::Reauthentication), [able.clone(), unasked.clone()]);
    assert_eq!(offered(Workflow::General), [able, unable, unasked]);
}

#[test]
fn d17_a_login_is_refused_between_verification_and_recording() {
    let (passkeys, mut authenticator, _) = with_alice();
    let before = block_on(passkeys.list(&handle("alice"))).unwrap();
    for status in [202, 203, 212, 213, 242, 409, 410, 423] {
        let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let response = got(&mut authenticator, &started);
        let veto = async |verified: &mut passkeeper::VerifiedAuthentication| {
            assert_eq!(*verified.user_handle(), handle("alice"));
            Err(status)
        };
        let verdict = block_on(passkeys.complete_authentication_unless(&started.session, &response, veto));
        assert_eq!(verdict, Err(NotCompleted::Vetoed(status)));
        assert_eq!(block_on(passkeys.list(&handle("alice"))).unwrap(), before);
        assert_eq!(refusal(block_on(passkeys.complete_authentication(&started.session, &response))), ("ceremony-not-found", None));
    }
    assert!(sign_in(&passkeys, &mut authenticator).is_ok());
}

#[test]
fn d18_completion_without_a_session_id_finds_its_ceremony_by_the_challenge() {
    let (passkeys, mut authenticator, _) = with_alice();
    let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = got(&mut authenticator, &started);
    let by = TakeBy::danger_response_challenge;
    assert!(block_on(passkeys.complete_authentication(by(), &response)).is_ok());
    let error = block_on(passkeys.complete_authentication(by(), &response)).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("ceremony-not-found", ErrorKind::NotFound));
}
