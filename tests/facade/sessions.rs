//! The second request works only with the session of the first; the caller's state comes back.

use passkeeper::store::CeremonyId;
use passkeeper::wire::AuthenticationResponse;
use passkeeper::{
    AuthenticationRequest, ErrorKind, PendingAuthentication, PendingRegistration, RegistrationRequest, SessionBinding, TakeBy,
};

use crate::common::*;
use crate::world::{CEREMONIES, Luggage, World, binding};

#[test]
fn a_ceremony_is_completed_by_the_session_that_started_it_and_no_other() {
    let cases = [
        (Some("cookie of alice"), Some("cookie of alice"), true),
        (Some("cookie of alice"), Some("cookie of mallory"), false),
        (Some("cookie of alice"), Some("cookie of alice "), false),
        // Whoever forgets to name it is refused, and so is whoever names one that nobody asked for.
        (Some("cookie of alice"), None, false),
        (None, Some("cookie of alice"), false),
        (None, None, true),
    ];
    for (asking, answering, sound) in cases {
        for ceremony in CEREMONIES {
            for by_challenge in [false, true] {
                let world = World::new();
                let before = world.backend.records();
                let begun = world.begin(ceremony, &Luggage { session: asking, ..Default::default() }).unwrap();
                let by = if by_challenge { TakeBy::danger_response_challenge() } else { TakeBy::id(&begun.session) };
                let by = answering.map(binding).into_iter().fold(by, TakeBy::in_session);
                let result = world.complete(&begun, by);
                if sound {
                    result.unwrap();
                    continue;
                }
                let error = result.unwrap_err();
                assert_eq!((error.code(), error.kind()), ("ceremony-session-mismatch", ErrorKind::Mismatch), "{ceremony:?}");
                assert_eq!(error.public_message(), passkeeper::Error::new(passkeeper::ErrorCode::SignatureInvalid).public_message());
                world.assert_spent(&begun, &before);
            }
        }
    }
}

/// The pure core refuses a bound ceremony as well when nobody says which session answers.
#[test]
fn the_core_refuses_a_bound_ceremony_of_which_no_session_is_told() {
    let rp = relying_party();
    let request = || RegistrationRequest::new(user("alice")).in_session(binding("one"));
    let verify = |tell: fn(PendingRegistration) -> PendingRegistration| {
        let Registering { rp, pending, draft, .. } =
            Registering::with(rp.clone(), request(), &mut passkeeper::testing::VirtualAuthenticator::new(1));
        // As it comes back from a store.
        let pending = PendingRegistration::from_json(&pending.into_json().unwrap()).unwrap();
        tell(pending).verify(&rp, &registration_response(&draft), NOW).map(drop)
    };
    assert_eq!(refusal(verify(|pending| pending)), ("ceremony-session-mismatch", None));
    assert_eq!(refusal(verify(|pending| pending.in_session(binding("two")))), ("ceremony-session-mismatch", None));
    assert_eq!(verify(|pending| pending.in_session(binding("one"))), Ok(()));

    let verify = |tell: fn(PendingAuthentication) -> PendingAuthentication| {
        let request = AuthenticationRequest::discoverable().in_session(binding("one"));
        let SigningIn { rp, pending, draft, record, .. } =
            SigningIn::with(rp.clone(), request, &mut passkeeper::testing::VirtualAuthenticator::new(1));
        let pending = PendingAuthentication::from_json(&pending.into_json().unwrap()).unwrap();
        let response: AuthenticationResponse = authentication_response(&draft);
        tell(pending).receive(&response)?.verify(&rp, &record, NOW).map(drop)
    };
    assert_eq!(refusal(verify(|pending| pending)), ("ceremony-session-mismatch", None));
    assert_eq!(refusal(verify(|pending| pending.in_session(binding("two")))), ("ceremony-session-mismatch", None));
    assert_eq!(verify(|pending| pending.in_session(binding("one"))), Ok(()));
}

#[test]
fn a_session_binding_is_made_of_something_and_keeps_only_its_hash() {
    assert_eq!(refusal(SessionBinding::new("")), ("session-binding-invalid", None));
    assert_eq!(refusal(SessionBinding::new([])), ("session-binding-invalid", None));
    assert_eq!(binding("a"), SessionBinding::new(b"a").unwrap());
    assert_ne!(binding("a"), binding("b"));
    assert_eq!(format!("{:?}", binding("secret")), "SessionBinding(…)");
    let kept = serde_json::to_string(&binding("secret")).unwrap();
    assert_eq!((kept.len(), kept.contains("secret")), (45, false));
    assert_eq!(serde_json::from_str::<SessionBinding>(&kept).unwrap(), binding("secret"));
    for broken in ["\"\"", "\"AA\"", "7"] {
        assert!(serde_json::from_str::<SessionBinding>(broken).is_err(), "{broken}");
    }
}

#[test]
fn the_callers_state_comes_back_as_it_was() {
    let longest = "ü".repeat(4096);
    for state in ["", "{\"next\":\"/inbox\"}", "\u{0}\u{1f600}\"\\\n\u{202e}", &longest] {
        for ceremony in CEREMONIES {
            let world = World::new();
            let begun = world.begin(ceremony, &Luggage { state: Some(state.into()), ..Default::default() }).unwrap();
            // It is nothing that the browser sees.
            assert!(state.is_empty() || !begun.options.to_string().contains(state));
            let outcome = world.complete(&begun, TakeBy::id(&begun.session)).unwrap();
            assert_eq!(outcome.state.as_deref(), Some(state));
        }
    }
    let world = World::new();
    let begun = world.begin(CEREMONIES[0], &Luggage::default()).unwrap();
    assert_eq!(world.complete(&begun, TakeBy::id(&begun.session)).unwrap().state, None);
}

#[test]
fn the_callers_state_is_bounded() {
    for ceremony in CEREMONIES {
        let world = World::new();
        for state in ["x".repeat(8 * 1024 + 1), "x".repeat(10_000_000)] {
            let error = world.begin(ceremony, &Luggage { state: Some(state), ..Default::default() }).err().unwrap();
            assert_eq!((error.code(), error.kind()), ("caller-state-too-large", ErrorKind::Misuse));
        }
        assert!(world.backend.ceremonies.is_empty());
        let most = Luggage { state: Some("x".repeat(8 * 1024)), ..Default::default() };
        assert!(world.begin(ceremony, &most).is_ok());
    }
}

/// Logs are full of what somebody printed with `{:?}`.
#[test]
fn debug_hides_session_state_and_ceremony_id() {
    let (session, state) = ("cookie-7f3a", "state-9c1e");
    let hidden = [session.to_string(), state.into(), serde_json::to_string(&binding(session)).unwrap().replace('"', "")];
    let check = |text: String| {
        for secret in &hidden {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    };
    let luggage = Luggage { session: Some(session), state: Some(state.into()), ..Default::default() };
    for ceremony in CEREMONIES {
        let world = World::new();
        let begun = world.begin(ceremony, &luggage).unwrap();
        let by = TakeBy::id(&begun.session).in_session(binding(session));
        let by_text = format!("{by:?}");
        assert!(!by_text.contains(begun.session.as_str()), "{by_text}");
        check(by_text);
        check(world.complete(&begun, by).unwrap().debug);
    }
    let registration = RegistrationRequest::new(user("alice")).in_session(binding(session)).state(state);
    check(format!("{registration:?}"));
    let registering = Registering::with(relying_party(), registration, &mut passkeeper::testing::VirtualAuthenticator::new(1));
    check(format!("{:?}", registering.pending));
    let verified =
        registering.pending.in_session(binding(session)).verify(&registering.rp, &registration_response(&registering.draft), NOW);
    check(format!("{:?}", verified.unwrap()));
    let authentication = AuthenticationRequest::discoverable().in_session(binding(session)).state(state);
    check(format!("{authentication:?}"));
    let signing_in = SigningIn::with(relying_party(), authentication, &mut passkeeper::testing::VirtualAuthenticator::new(1));
    check(format!("{:?}", signing_in.pending));
    let response = authentication_response(&signing_in.draft);
    let received = signing_in.pending.in_session(binding(session)).receive(&response).unwrap();
    check(format!("{received:?}"));
    check(format!("{:?}", received.verify(&signing_in.rp, &signing_in.record, NOW).unwrap()));
}

#[test]
fn an_unknown_id_finds_nothing_in_whatever_session() {
    let world = World::new();
    let begun = world.begin(CEREMONIES[1], &Luggage { session: Some("one"), ..Default::default() }).unwrap();
    let other = CeremonyId::new("another");
    assert_eq!(refusal(world.complete(&begun, TakeBy::id(&other).in_session(binding("one")))), ("ceremony-not-found", None));
    world.complete(&begun, TakeBy::id(&begun.session).in_session(binding("one"))).unwrap();
}
