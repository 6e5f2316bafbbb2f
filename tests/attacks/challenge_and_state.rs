//! Challenge and state: one challenge, one ceremony, one answer.

use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::Challenge;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{AuthenticationRequest, RegistrationRequest, RelyingParty, TakeBy};
use pollster::block_on;

use crate::common::*;
use crate::tables::*;

fn decode(draft: &passkeeper::testing::ClientDataDraft) -> Vec<u8> {
    let quoted = draft.challenge.to_string();
    serde_json::from_str::<Challenge>(&quoted).unwrap().as_bytes().to_vec()
}

fn encode(bytes: &[u8]) -> serde_json::Value {
    serde_json::to_value(Challenge::danger_guessable(bytes).unwrap()).unwrap()
}

#[test]
fn the_challenge() {
    assert_client_data_refused("wrong bit, the first", "challenge-mismatch", |draft| {
        let mut bytes = decode(draft);
        bytes[0] ^= 1;
        draft.challenge = encode(&bytes);
    });
    assert_client_data_refused("wrong bit, the last", "challenge-mismatch", |draft| {
        let mut bytes = decode(draft);
        bytes[31] ^= 0x80;
        draft.challenge = encode(&bytes);
    });
    assert_client_data_refused("31 bytes", "challenge-mismatch", |draft| draft.challenge = encode(&decode(draft)[..31]));
    assert_client_data_refused("33 bytes", "challenge-mismatch", |draft| draft.challenge = encode(&[decode(draft), vec![0]].concat()));
    assert_client_data_refused("padded base64", "challenge-mismatch", |draft| {
        draft.challenge = format!("{}=", draft.challenge.as_str().unwrap()).into();
    });
    assert_client_data_refused("standard base64", "challenge-mismatch", |draft| {
        let text = draft.challenge.as_str().unwrap().replace('-', "+").replace('_', "/");
        assert_ne!(draft.challenge, text);
        draft.challenge = text.into();
    });
    assert_client_data_refused("empty", "challenge-mismatch", |draft| draft.challenge = "".into());
}

#[test]
fn reused_by_the_same_answer_and_by_a_fresh_one() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let mut draft = backend.answer(&backend.alice, &json(&started.options));
    let response = authentication_response(&draft);
    assert!(block_on(backend.passkeys.complete_authentication(&started.session, &response)).is_ok());
    let before = backend.records();
    draft.auth_data.sign_count += 1;
    for response in [response, authentication_response(&draft)] {
        for by in [TakeBy::from(&started.session), TakeBy::danger_response_challenge()] {
            let result = block_on(backend.passkeys.complete_authentication(by, &response));
            assert_eq!(refusal(result), ("ceremony-not-found", None));
        }
        // In the ceremony that comes next it is not the challenge.
        let next = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let result = block_on(backend.passkeys.complete_authentication(&next.session, &response));
        assert_refused(result, "challenge-mismatch", "7.2/11");
    }
    assert_eq!(backend.records(), before);
}

#[test]
fn reused_in_a_registration() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
    let response = registration_response(&VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap());
    assert!(block_on(backend.passkeys.complete_registration(&started.session, &response)).is_ok());
    let second = registration_response(&VirtualAuthenticator::new(4).create(&json(&started.options), ORIGIN).unwrap());
    let before = backend.records();
    for by in [TakeBy::from(&started.session), TakeBy::danger_response_challenge()] {
        assert_eq!(refusal(block_on(backend.passkeys.complete_registration(by, &second))), ("ceremony-not-found", None));
    }
    assert_eq!(backend.records(), before);
}

#[test]
fn expired() {
    for (seconds, expired) in [(359, false), (360, false), (361, true), (1_000_000, true)] {
        let backend = Backend::new();
        let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let response = authentication_response(&backend.answer(&backend.alice, &json(&started.options)));
        let stepping_up = block_on(backend.passkeys.start_assertion(AuthenticationRequest::known(handle("bob")))).unwrap();
        let asserting = authentication_response(&backend.answer(&backend.bob, &json(&stepping_up.options)));
        let registration = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
        let created = registration_response(&VirtualAuthenticator::new(3).create(&json(&registration.options), ORIGIN).unwrap());
        let before = backend.records();
        backend.clock.advance(seconds);

        let signed_in = block_on(backend.passkeys.complete_authentication(&started.session, &response));
        let asserted = block_on(backend.passkeys.complete_assertion(&stepping_up.session, &asserting));
        let registered = block_on(backend.passkeys.complete_registration(&registration.session, &created));
        if !expired {
            assert!(signed_in.is_ok() && asserted.is_ok() && registered.is_ok(), "{seconds}");
            continue;
        }
        assert_eq!(refusal(signed_in), ("ceremony-expired", None));
        assert_eq!(refusal(asserted), ("ceremony-expired", None));
        assert_eq!(refusal(registered), ("ceremony-expired", None));
        assert_eq!(backend.records(), before);
        // Turning the clock back does not help: the attempt has used it up.
        backend.clock.advance(-seconds);
        let again = block_on(backend.passkeys.complete_authentication(&started.session, &response));
        assert_eq!(refusal(again), ("ceremony-not-found", None));
        let again = block_on(backend.passkeys.complete_assertion(&stepping_up.session, &asserting));
        assert_eq!(refusal(again), ("ceremony-not-found", None));
        let again = block_on(backend.passkeys.complete_registration(&registration.session, &created));
        assert_eq!(refusal(again), ("ceremony-not-found", None));
    }
}

#[test]
fn state_of_another_ceremony() {
    let backend = Backend::new();
    let before = backend.records();
    // Two sign-ins of the same kind: each answer fits its own.
    let [one, two] = [(); 2].map(|()| block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap());
    let response = authentication_response(&backend.answer(&backend.alice, &json(&one.options)));
    let result = block_on(backend.passkeys.complete_authentication(&two.session, &response));
    assert_refused(result, "challenge-mismatch", "7.2/11");
    // A session ID that was never given out.
    for id in ["", "x", &"A".repeat(43), &"A".repeat(100_000)] {
        let result = block_on(backend.passkeys.complete_authentication(&passkeeper::store::CeremonyId::new(id), &response));
        assert_eq!(refusal(result), ("ceremony-not-found", None));
    }
    assert_eq!(backend.records(), before);
    // The untouched one still works.
    assert!(block_on(backend.passkeys.complete_authentication(&one.session, &response)).is_ok());
}

/// Which ceremony is started, which call completes it, and whether that may be.
#[test]
fn state_of_another_kind_of_ceremony() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Kind {
        Registration,
        Authentication,
        Assertion,
    }
    use Kind::*;
    for started_as in [Registration, Authentication, Assertion] {
        for completed_as in [Registration, Authentication, Assertion] {
            for by_challenge in [false, true] {
                let backend = Backend::new();
                let passkeys = &backend.passkeys;
                let discoverable = AuthenticationRequest::discoverable;
                let (session, challenge) = match started_as {
                    Registration => {
                        let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
                        (started.session, started.options.challenge)
                    }
                    Authentication => {
                        let started = block_on(passkeys.start_authentication(discoverable())).unwrap();
                        (started.session, started.options.challenge)
                    }
                    Assertion => {
                        let started = block_on(passkeys.start_assertion(discoverable())).unwrap();
                        (started.session, started.options.challenge)
                    }
                };
                // Responses that fit the challenge and the call.
                let challenge = challenge.to_base64url();
                let request = format!(r#"{{"challenge":"{challenge}","rpId":"example.com"}}"#);
                let signed = authentication_response(&backend.answer(&backend.alice, &request));
                let creation = Registering::new().options;
                let mut creation = serde_json::to_value(creation).unwrap();
                creation["challenge"] = challenge.into();
                let created = registration_response(&VirtualAuthenticator::new(3).create(&creation.to_string(), ORIGIN).unwrap());

                let before = backend.records();
                let complete = || {
                    let by = if by_challenge { TakeBy::danger_response_challenge() } else { TakeBy::from(&session) };
                    match completed_as {
                        Registration => block_on(passkeys.complete_registration(by, &created)).map(|_| ()),
                        Authentication => block_on(passkeys.complete_authentication(by, &signed)).map(|_| ()),
                        Assertion => block_on(passkeys.complete_assertion(by, &signed)).map(|_| ()),
                    }
                };
                let name = format!("{started_as:?} completed as {completed_as:?}, by challenge: {by_challenge}");
                // A sign-in may be lowered to an assertion and never the reverse.
                if started_as == completed_as || (started_as, completed_as) == (Authentication, Assertion) {
                    assert_eq!(complete(), Ok(()), "{name}");
                } else {
                    assert_eq!(refusal(complete()), ("ceremony-kind-mismatch", None), "{name}");
                    assert_eq!(backend.records(), before, "{name}");
                }
                assert_eq!(refusal(complete()), ("ceremony-not-found", None), "{name}, again");
            }
        }
    }
}

#[test]
fn state_of_another_user() {
    let backend = Backend::new();
    // Started for alice, answered by bob; started for bob, answered by alice.
    for (name, authenticator) in [("alice", &backend.bob), ("bob", &backend.alice)] {
        let error = backend.refuse_sign_in_with(authenticator, AuthenticationRequest::known(handle(name)), |_| {});
        assert_eq!(error.code(), "credential-not-allowed");
    }
    // Bob answers alice's registration: the passkey would be his, so it goes into no account of his choosing.
    let alices = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let bobs = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("bob")))).unwrap();
    let response = registration_response(&VirtualAuthenticator::new(9).create(&json(&bobs.options), ORIGIN).unwrap());
    let before = backend.records();
    let result = block_on(backend.passkeys.complete_registration(&alices.session, &response));
    assert_refused(result, "challenge-mismatch", "7.1/8");
    assert_eq!(backend.records(), before);
}

#[test]
fn state_of_another_relying_party_or_tenant() {
    let others = [
        builder().scope("another tenant").build().unwrap(),
        RelyingParty::builder("example.org", "Other").build().unwrap(),
        RelyingParty::builder("login.example.com", "Other").build().unwrap(),
    ];
    for other in others {
        let backend = Backend::new();
        let neighbour = backend.sibling(other);
        let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let response = authentication_response(&backend.answer(&backend.alice, &json(&started.options)));
        let before = backend.records();
        for by in [TakeBy::from(&started.session), TakeBy::danger_response_challenge()] {
            let result = block_on(neighbour.complete_authentication(by, &response));
            assert_eq!(refusal(result), ("ceremony-not-found", None));
        }
        assert_eq!(backend.records(), before);
        // What lies in another scope does not exist, and so was not used up.
        assert!(block_on(backend.passkeys.complete_authentication(&started.session, &response)).is_ok());
        // Neither do its users and credentials.
        assert_eq!(block_on(neighbour.list(&handle("alice"))), Ok(Vec::new()));
        let result = block_on(neighbour.find(&handle("alice"), &backend.record_of("alice").credential_id));
        assert_eq!(refusal(result).0, "credential-not-found");
        let result = block_on(neighbour.start_authentication(AuthenticationRequest::known(handle("alice"))));
        assert_eq!(refusal(result).0, "credential-not-found");
    }
}

/// Two relying parties that were given one scope: the state says whose it is.
#[test]
fn state_of_another_relying_party_in_one_scope() {
    let backend = Backend::new();
    let neighbour = backend.sibling(RelyingParty::builder("login.example.com", "Other").scope(RP_ID).build().unwrap());
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let response = authentication_response(&backend.answer(&backend.alice, &json(&started.options)));
    let before = backend.records();
    let result = block_on(neighbour.complete_authentication(&started.session, &response));
    assert_eq!(refusal(result), ("ceremony-relying-party-mismatch", None));
    assert_eq!(backend.records(), before);

    let started = block_on(neighbour.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
    let mut authenticator = VirtualAuthenticator::new(3);
    let response = registration_response(&authenticator.create(&json(&started.options), "https://login.example.com").unwrap());
    let result = block_on(backend.passkeys.complete_registration(&started.session, &response));
    assert_eq!(refusal(result), ("ceremony-relying-party-mismatch", None));
    assert_eq!(backend.records(), before);
}

#[test]
fn failed_attempt_must_consume_by_challenge_too() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let honest = backend.answer(&backend.alice, &json(&started.options));
    let mut broken = honest.clone();
    broken.signature = Some(vec![0; 70]);
    let before = backend.records();
    let attempt = |response: &AuthenticationResponse| {
        block_on(backend.passkeys.complete_authentication(TakeBy::danger_response_challenge(), response))
    };
    assert_refused(attempt(&authentication_response(&broken)), "signature-invalid", "7.2/21");
    assert_eq!(refusal(attempt(&authentication_response(&honest))), ("ceremony-not-found", None));
    let by_session = block_on(backend.passkeys.complete_authentication(&started.session, &authentication_response(&honest)));
    assert_eq!(refusal(by_session), ("ceremony-not-found", None));
    assert_eq!(backend.records(), before);
}

#[test]
fn by_the_responses_challenge_only_one_that_was_issued_is_found() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
    let honest = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
    let before = backend.records();
    let long = "A".repeat(2_000);
    for (name, challenge, code) in [
        ("another", "AAAA", "ceremony-not-found"),
        ("empty", "", "ceremony-not-found"),
        ("very long", &*long, "ceremony-not-found"),
        ("standard base64", "++//", "base64url-malformed"),
    ] {
        let mut draft = honest.clone();
        draft.client_data.challenge = challenge.into();
        let result = block_on(backend.passkeys.complete_registration(TakeBy::danger_response_challenge(), &registration_response(&draft)));
        assert_eq!(refusal(result).0, code, "{name}");
    }
    let mut draft = honest.clone();
    draft.client_data.raw = Some(b"[]".to_vec());
    let result = block_on(backend.passkeys.complete_registration(TakeBy::danger_response_challenge(), &registration_response(&draft)));
    assert_eq!(refusal(result).0, "client-data-not-json");
    assert_eq!(backend.records(), before);
    // Nobody's ceremony was used up by guessing.
    let response: RegistrationResponse = registration_response(&honest);
    assert!(block_on(backend.passkeys.complete_registration(TakeBy::danger_response_challenge(), &response)).is_ok());
}

/// Any spelling that finds the ceremony uses it up, and only the exact one passes.
#[test]
fn by_the_responses_challenge_a_padded_one_is_found_and_refused() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let honest = backend.answer(&backend.alice, &json(&started.options));
    let mut draft = honest.clone();
    draft.client_data.challenge = format!("{}=", started.options.challenge.to_base64url()).into();
    let attempt = |response: &AuthenticationResponse| {
        block_on(backend.passkeys.complete_authentication(TakeBy::danger_response_challenge(), response))
    };
    assert_refused(attempt(&authentication_response(&draft)), "challenge-mismatch", "7.2/11");
    assert_eq!(refusal(attempt(&authentication_response(&honest))), ("ceremony-not-found", None));
}

#[test]
fn an_assertion_is_refused_like_a_login_and_uses_up_its_ceremony() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_assertion(AuthenticationRequest::known(handle("alice")))).unwrap();
    let honest = backend.answer(&backend.alice, &json(&started.options));
    let mut broken = honest.clone();
    broken.client_data.origin = "https://evil.test".into();
    let before = backend.records();
    let result = block_on(backend.passkeys.complete_assertion(&started.session, &authentication_response(&broken)));
    assert_refused(result, "origin-mismatch", "7.2/12");
    let result = block_on(backend.passkeys.complete_assertion(&started.session, &authentication_response(&honest)));
    assert_eq!(refusal(result), ("ceremony-not-found", None));
    assert_eq!(backend.records(), before);
}
