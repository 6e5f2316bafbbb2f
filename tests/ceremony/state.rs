//! The pending state: whose it is, what it is for, how long it lasts, and what travels in it.

use passkeeper::testing::{VirtualAuthenticator, flags};
use passkeeper::types::{AlgorithmList, Challenge, UnixTime, UserVerification};
use passkeeper::{
    AuthenticationPolicy, AuthenticationRequest, PendingAssertion, PendingAuthentication, PendingRegistration, RegistrationPolicy,
    RegistrationRequest, RelyingParty, Subject,
};

use crate::common::*;

fn after(time: UnixTime, secs: i64) -> UnixTime {
    UnixTime::from_secs(time.as_secs() + secs)
}

fn assertion() -> PendingAssertion {
    relying_party().start_assertion(AuthenticationRequest::discoverable(), challenge(), NOW).unwrap().1
}

#[test]
fn s7_1_08_a_registration_expires() {
    for (late, accepted) in [(-1, true), (0, true), (1, false), (1_000_000, false)] {
        let Registering { rp, pending, draft, .. } = Registering::new();
        let now = after(pending.expires_at(), late);
        let result = pending.verify(&rp, &registration_response(&draft), now);
        match accepted {
            true => assert!(result.is_ok(), "{late}"),
            false => assert_eq!(refusal(result), ("ceremony-expired", None)),
        }
    }
}

#[test]
fn s7_2_11_an_authentication_expires() {
    for (late, accepted) in [(-1, true), (0, true), (1, false), (1_000_000, false)] {
        let mut signing_in = SigningIn::new();
        signing_in.now = after(signing_in.pending.expires_at(), late);
        let result = signing_in.verify();
        match accepted {
            true => assert!(result.is_ok(), "{late}"),
            false => assert_eq!(refusal(result), ("ceremony-expired", None)),
        }
    }
}

#[test]
fn s7_1_01_s7_2_01_the_time_is_that_of_the_policy_and_a_minute() {
    for (timeout_ms, lifetime) in [(300_000, 360), (1, 61), (1_001, 62), (3_600_000, 3_660)] {
        let registering = Registering::under(|p| p.timeout_ms = timeout_ms);
        assert_eq!(registering.pending.expires_at(), after(NOW, lifetime));
        let signing_in = SigningIn::under(|p| p.timeout_ms = timeout_ms);
        assert_eq!(signing_in.pending.expires_at(), after(NOW, lifetime));
    }
}

fn others() -> [RelyingParty; 3] {
    [
        builder().scope("another tenant").build().unwrap(),
        RelyingParty::builder("example.org", "Other").scope(RP_ID).origin("https://example.org").build().unwrap(),
        RelyingParty::builder("login.example.com", "Other").scope(RP_ID).build().unwrap(),
    ]
}

#[test]
fn a_state_is_completed_by_its_own_relying_party_and_tenant() {
    for other in others() {
        let Registering { pending, draft, .. } = Registering::new();
        let result = pending.verify(&other, &registration_response(&draft), NOW);
        assert_eq!(refusal(result), ("ceremony-relying-party-mismatch", None));

        let SigningIn { pending, draft, record, .. } = SigningIn::new();
        let response = authentication_response(&draft);
        let result = pending.receive(&response).unwrap().verify(&other, &record, NOW);
        assert_eq!(refusal(result), ("ceremony-relying-party-mismatch", None));
    }
}

#[test]
fn a_state_completes_its_own_kind_of_ceremony_only() {
    let registration = Registering::new().pending.into_json().unwrap();
    let authentication = SigningIn::new().pending.into_json().unwrap();
    let assertion = assertion().into_json().unwrap();

    assert!(PendingRegistration::from_json(&registration).is_ok());
    assert!(PendingAuthentication::from_json(&authentication).is_ok());
    assert!(PendingAssertion::from_json(&assertion).is_ok());
    // A sign-in may be lowered to an assertion; an assertion never becomes a sign-in.
    assert!(PendingAssertion::from_json(&authentication).is_ok());

    let mismatch = ("ceremony-kind-mismatch", None);
    assert_eq!(refusal(PendingAuthentication::from_json(&assertion)), mismatch);
    assert_eq!(refusal(PendingAuthentication::from_json(&registration)), mismatch);
    assert_eq!(refusal(PendingAssertion::from_json(&registration)), mismatch);
    assert_eq!(refusal(PendingRegistration::from_json(&authentication)), mismatch);
    assert_eq!(refusal(PendingRegistration::from_json(&assertion)), mismatch);
}

#[test]
fn a_sign_in_lowered_to_an_assertion_stays_one() {
    let SigningIn { rp, record, pending, draft, .. } = SigningIn::new();
    let lowered = pending.into_assertion().into_json().unwrap();
    assert_eq!(refusal(PendingAuthentication::from_json(&lowered)), ("ceremony-kind-mismatch", None));
    let response = authentication_response(&draft);
    let verified = PendingAssertion::from_json(&lowered).unwrap().receive(&response).unwrap().verify(&rp, &record, NOW).unwrap();
    assert_eq!(*verified.user_handle(), handle("alice"));
}

#[test]
fn an_assertion_follows_the_rules_of_7_2() {
    let rp = relying_party();
    let mut authenticator = VirtualAuthenticator::new(1);
    let record = register(&rp, &mut authenticator, "alice");
    let mut attempt = |change: fn(&mut passkeeper::testing::AssertionDraft)| {
        let (options, pending) = rp.start_assertion(AuthenticationRequest::known(handle("alice")), challenge(), NOW).unwrap();
        let mut draft = authenticator.get(&json(&options), ORIGIN).unwrap();
        change(&mut draft);
        let response = authentication_response(&draft);
        pending.receive(&response)?.verify(&rp, &record, NOW).map(|verified| verified.sign_count())
    };
    assert!(attempt(|_| {}).is_ok());
    assert_refused(attempt(|draft| draft.client_data.origin = "https://evil.test".into()), "origin-mismatch", "7.2/12");
    assert_refused(attempt(|draft| draft.auth_data.set_flag(flags::UV, false)), "user-not-verified", "7.2/17");
    assert_refused(attempt(|draft| draft.auth_data.sign_count = 1), "counter-not-increased", "7.2/22");
}

#[test]
fn a_state_reads_back_as_it_was_written() {
    let Registering { rp, pending, draft, .. } = Registering::new();
    let (challenge, expires_at): (Challenge, UnixTime) = (pending.challenge().clone(), pending.expires_at());
    let pending = PendingRegistration::from_json(&pending.into_json().unwrap()).unwrap();
    assert_eq!((pending.challenge(), pending.user_handle(), pending.expires_at()), (&challenge, &handle("alice"), expires_at));
    assert!(pending.verify(&rp, &registration_response(&draft), NOW).is_ok());

    for request in [AuthenticationRequest::discoverable(), AuthenticationRequest::known(handle("alice"))] {
        let known = subject_of(&request);
        let SigningIn { rp, record, pending, draft, .. } = SigningIn::with(relying_party(), request, &mut VirtualAuthenticator::new(1));
        let pending = PendingAuthentication::from_json(&pending.into_json().unwrap()).unwrap();
        assert_eq!(*pending.subject(), known);
        let response = authentication_response(&draft);
        assert!(pending.receive(&response).unwrap().verify(&rp, &record, NOW).is_ok());
    }
}

fn subject_of(request: &AuthenticationRequest) -> Subject {
    relying_party().start_authentication(request.clone(), challenge(), NOW).unwrap().1.subject().clone()
}

#[test]
fn the_demands_are_those_at_the_start_and_the_response_has_no_say() {
    // Strict at the start, lenient by the time of the answer; and the reverse.
    let (strict, lenient) = (relying_party(), builder().user_verification(UserVerification::Discouraged).build().unwrap());
    let Registering { pending, draft, .. } = Registering::at(strict.clone()).change(|draft| draft.auth_data.set_flag(flags::UV, false));
    assert_refused(pending.verify(&lenient, &registration_response(&draft), NOW), "user-not-verified", "7.1/16");
    let Registering { pending, draft, .. } = Registering::at(lenient.clone()).change(|draft| draft.auth_data.set_flag(flags::UV, false));
    assert!(pending.verify(&strict, &registration_response(&draft), NOW).is_ok());

    let SigningIn { pending, draft, record, .. } = SigningIn::at(strict).change(|draft| draft.auth_data.set_flag(flags::UV, false));
    let response = authentication_response(&draft);
    assert_refused(pending.receive(&response).unwrap().verify(&lenient, &record, NOW), "user-not-verified", "7.2/17");
}

#[test]
fn the_demands_of_one_request_go_before_the_relying_partys() {
    let mut registration = RegistrationPolicy::default();
    registration.user_verification = UserVerification::Preferred;
    registration.algorithms = AlgorithmList::new([passkeeper::types::Algorithm::Es384]).unwrap();
    let request = RegistrationRequest::new(user("alice")).policy(registration);
    let registering = Registering::with(relying_party(), request, &mut VirtualAuthenticator::new(1));
    let verified = registering.change(|draft| draft.auth_data.set_flag(flags::UV, false)).verify().unwrap();
    assert_eq!(verified.record().algorithm().cose_id(), -35);

    let mut authentication = AuthenticationPolicy::default();
    authentication.user_verification = UserVerification::Preferred;
    let request = AuthenticationRequest::discoverable().policy(authentication);
    let signing_in = SigningIn::with(relying_party(), request, &mut VirtualAuthenticator::new(1));
    assert!(signing_in.change(|draft| draft.auth_data.set_flag(flags::UV, false)).verify().is_ok());
}
