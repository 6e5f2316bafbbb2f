//! Rows A1 to A4: a challenge for nobody in particular.

use passkeeper::{AuthenticationRequest, ErrorKind, SessionBinding, TakeBy, TooMany, Workflow, WorkflowPolicy};
use pollster::block_on;

use super::world::{World, as_json, got, register, with_alice};
use crate::common::*;
use passkeeper::testing::VirtualAuthenticator;

#[test]
fn a1_a_challenge_for_whoever_signs_in() {
    let (passkeys, mut authenticator, _) = with_alice();
    let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let options = as_json(&started.options);
    assert_eq!((&options["rpId"], &options["timeout"], &options["userVerification"]), (&RP_ID.into(), &300_000.into(), &"required".into()));
    assert_eq!(options["challenge"].as_str().map(str::len), Some(43));
    assert!(started.options.allow_credentials.is_empty());
    let login = block_on(passkeys.complete_authentication(&started.session, &got(&mut authenticator, &started))).unwrap();
    assert_eq!(*login.user_handle(), handle("alice"));
}

#[test]
fn a2_the_session_ties_the_assertion_to_its_challenge_and_is_exchanged_once() {
    let (passkeys, mut authenticator, _) = with_alice();
    let start = || block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let (one, other) = (start(), start());
    assert_ne!((one.session.as_str(), &one.options.challenge), (other.session.as_str(), &other.options.challenge));
    let response = got(&mut authenticator, &one);
    let crossed = block_on(passkeys.complete_authentication(&other.session, &response));
    assert_eq!(refusal(crossed), ("challenge-mismatch", Some("7.2/11")));
    assert!(block_on(passkeys.complete_authentication(&one.session, &response)).is_ok());
    assert_eq!(refusal(block_on(passkeys.complete_authentication(&one.session, &response))), ("ceremony-not-found", None));
}

#[test]
fn a3_realm_and_organisation_choose_the_configuration() {
    let world = World::new();
    let realms = ["customers.example", "staff.example"].map(|rp_id| {
        let builder = passkeeper::RelyingParty::builder(rp_id, rp_id).scope(format!("organisation 1/{rp_id}"));
        world.tenant(builder)
    });
    // The tenant is the one whose own domain the request came to; else there is none (400).
    let chosen = |host: &str| realms.iter().position(|realm| realm.relying_party().serves_host(host));
    assert_eq!((chosen("customers.example"), chosen("staff.example:443"), chosen("STAFF.example")), (Some(0), Some(1), Some(1)));
    for foreign in ["", "example", "evil.example", "customers.example.evil", "a.customers.example", "staff.example:443:1", "[::1]:80"] {
        assert_eq!(chosen(foreign), None, "{foreign}");
    }
    // Users of one realm are nothing to the other.
    let mut authenticator = VirtualAuthenticator::new(1);
    register(&realms[0], "alice", &mut authenticator);
    assert_eq!(block_on(realms[1].list(&handle("alice"))).unwrap(), []);
}

#[test]
fn a4_every_refusal_of_a_start_is_told_apart() {
    let world = World::new();
    // 404: passkeys are switched off.
    let off = world.tenant(builder().workflow(Workflow::General, WorkflowPolicy::disabled()));
    let request = || AuthenticationRequest::discoverable().workflow(Workflow::General);
    let error = block_on(off.start_authentication(request())).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("workflow-disabled", ErrorKind::Policy));
    // 429: too many requests.
    let busy = world.tenant(builder()).rate_limit(|_: &passkeeper::Attempt<'_>| Err(TooMany { retry_after_secs: Some(30) }));
    let error = block_on(busy.start_authentication(request())).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("rate-limited", ErrorKind::Throttled));
    assert!(world.ceremonies.is_empty());
    // 400: the configuration itself is at fault, and says so when it is made.
    let error = builder().origin("https://elsewhere.example").build().unwrap_err();
    assert_eq!((error.code(), error.kind()), ("origin-outside-relying-party", ErrorKind::Misuse));
    // 401 is a client's own credentials; whoever asks may have to show them in the second request as well.
    let passkeys = world.tenant(builder());
    let mut authenticator = VirtualAuthenticator::new(1);
    register(&passkeys, "alice", &mut authenticator);
    let client = |secret: &str| SessionBinding::new(secret).unwrap();
    let started = block_on(passkeys.start_authentication(request().in_session(client("client 1")))).unwrap();
    let response = got(&mut authenticator, &started);
    let by = TakeBy::id(&started.session).in_session(client("client 2"));
    assert_eq!(refusal(block_on(passkeys.complete_authentication(by, &response))), ("ceremony-session-mismatch", None));
}
