//! A client and an authenticator that others wrote register and sign in through the facade.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;
mod device;

use passkeeper::types::{Algorithm, UserVerification};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{AuthenticationRequest, CounterVerdict, CredentialRecord, Error, RegistrationRequest, RelyingParty, TakeBy};
use passkey::authenticator::MemoryStore as DeviceStore;
use passkey::client::WebauthnError;
use passkey::crypto::iana;
use passkey::types::Passkey;
use pollster::block_on;
use serde_json::Value;

use common::*;
use device::{AAGUID, Answer, Call, Settings, device};

fn backend(rp: RelyingParty) -> TestPasskeys {
    TestPasskeys::with_sources(rp, Default::default(), Default::default(), TestClock::new(), TestEntropy::default())
}

/// A whole registration, with the JSON in between open to change.
fn register_at(
    passkeys: &TestPasskeys,
    origin: &str,
    device: &mut impl FnMut(&str, Call, &str) -> Answer,
    change: impl FnOnce(&mut Value),
) -> Result<CredentialRecord, Error> {
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let mut answer = device(origin, Call::Create, &json(&started.options)).unwrap();
    change(&mut answer);
    let response = RegistrationResponse::from_json(answer.to_string())?;
    block_on(passkeys.complete_registration(&started.session, &response)).map(|registered| registered.record)
}

/// A whole sign-in, with the JSON in between open to change.
fn sign_in_at(
    passkeys: &TestPasskeys,
    origin: &str,
    device: &mut impl FnMut(&str, Call, &str) -> Answer,
    request: AuthenticationRequest,
    change: impl FnOnce(&mut Value),
) -> Result<passkeeper::Authenticated, Error> {
    let started = block_on(passkeys.start_authentication(request)).unwrap();
    let mut answer = device(origin, Call::Get, &json(&started.options)).unwrap();
    change(&mut answer);
    let response = AuthenticationResponse::from_json(answer.to_string())?;
    block_on(passkeys.complete_authentication(&started.session, &response))
}

#[test]
fn registers_and_signs_in() {
    for (algorithm, expected) in [(iana::Algorithm::ES256, Algorithm::Es256), (iana::Algorithm::EdDSA, Algorithm::EdDsa)] {
        for (counting, extra_client_data) in [(false, false), (true, false), (true, true)] {
            let passkeys = backend(relying_party());
            let mut device = device(None::<Passkey>, &Settings { algorithm, counting, extra_client_data });
            let record = register_at(&passkeys, ORIGIN, &mut device, |_| {}).unwrap();
            assert_eq!((record.algorithm(), record.user_handle.clone()), (expected, handle("alice")));
            assert_eq!((&*record.attestation_format, *record.aaguid.as_bytes()), ("none", AAGUID));
            assert_eq!((record.usage.sign_count, record.usage.backup_eligible, record.usage.uv_initialized), (0, Some(true), Some(true)));
            assert_eq!(record.discoverable, Some(true));
            assert!(!record.transports.is_empty());

            for request in [AuthenticationRequest::discoverable(), AuthenticationRequest::known(handle("alice"))] {
                for _ in 0..3 {
                    let login = sign_in_at(&passkeys, ORIGIN, &mut device, request.clone(), |_| {}).unwrap();
                    assert_eq!((login.user_handle(), login.user_verified()), (&handle("alice"), true));
                    let verdict = if counting { CounterVerdict::Increased } else { CounterVerdict::NotKept };
                    assert_eq!(login.counter(), verdict);
                }
            }
            let stored = block_on(passkeys.find(&handle("alice"), &record.credential_id)).unwrap();
            assert_eq!(stored.usage.sign_count, if counting { 6 } else { 0 });
        }
    }
}

#[test]
fn a_step_up_found_by_its_challenge() {
    let passkeys = backend(relying_party());
    let mut device = device(None::<Passkey>, &Settings::default());
    let record = register_at(&passkeys, ORIGIN, &mut device, |_| {}).unwrap();
    let request = AuthenticationRequest::known(handle("alice")).only(record.credential_id.clone());
    let started = block_on(passkeys.start_assertion(request)).unwrap();
    let answer = device(ORIGIN, Call::Get, &json(&started.options)).unwrap();
    let response = AuthenticationResponse::from_json(answer.to_string()).unwrap();
    let proof = block_on(passkeys.complete_assertion(TakeBy::danger_response_challenge(), &response)).unwrap();
    assert_eq!(proof.record().credential_id, record.credential_id);
    let again = block_on(passkeys.complete_assertion(&started.session, &response));
    assert_eq!(refusal(again), ("ceremony-not-found", None));
}

/// Several passkeys of one user, each named in `allowCredentials`.
#[test]
fn one_of_several_credentials() {
    let passkeys = backend(relying_party());
    let mut devices = [(); 3].map(|()| device(DeviceStore::new(), &Settings::default()));
    let records: Vec<_> = devices.iter_mut().map(|device| register_at(&passkeys, ORIGIN, device, |_| {}).unwrap()).collect();
    for (device, record) in devices.iter_mut().zip(&records) {
        let login = sign_in_at(&passkeys, ORIGIN, device, AuthenticationRequest::known(handle("alice")), |_| {}).unwrap();
        assert_eq!(login.record().credential_id, record.credential_id);
    }
    // A device that has none of them.
    let started = block_on(passkeys.start_authentication(AuthenticationRequest::known(handle("alice")))).unwrap();
    let stranger = device(DeviceStore::new(), &Settings::default())(ORIGIN, Call::Get, &json(&started.options));
    assert_eq!(stranger.unwrap_err(), WebauthnError::CredentialNotFound);
}

/// The options exclude what the user has, in a form that the client understands.
#[test]
fn no_device_is_registered_twice() {
    let passkeys = backend(relying_party());
    let mut device = device(None::<Passkey>, &Settings::default());
    let _ = register_at(&passkeys, ORIGIN, &mut device, |_| {}).unwrap();
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let excluded = device(ORIGIN, Call::Create, &json(&started.options)).unwrap_err();
    let code = passkey::types::ctap2::Ctap2Error::CredentialExcluded;
    assert_eq!(excluded, WebauthnError::AuthenticatorError(code.into()));
}

#[test]
fn origins_below_the_rp_id() {
    let below = "https://login.example.com";
    let mut device = device(None::<Passkey>, &Settings::default());
    let strict = backend(relying_party());
    let refused = register_at(&strict, below, &mut device, |_| {});
    assert_eq!(refusal(refused), ("origin-mismatch", Some("7.1/9")));

    let lenient = backend(builder().origin(below).build().unwrap());
    let _ = register_at(&lenient, below, &mut device, |_| {}).unwrap();
    let request = AuthenticationRequest::discoverable;
    assert!(sign_in_at(&lenient, below, &mut device, request(), |_| {}).is_ok());
    let elsewhere = sign_in_at(&lenient, ORIGIN, &mut device, request(), |_| {});
    assert_eq!(refusal(elsewhere), ("origin-mismatch", Some("7.2/12")));
    // The client itself refuses another site.
    let started = block_on(lenient.start_authentication(request())).unwrap();
    let phished = device("https://example.org", Call::Get, &json(&started.options));
    assert_eq!(phished.unwrap_err(), WebauthnError::OriginRpMissmatch);
}

/// A page that asks for less than the server does.
#[test]
fn user_verification_that_did_not_happen() {
    let without = |options: &str| options.replace(r#""userVerification":"required""#, r#""userVerification":"discouraged""#);
    let mut device = device(None::<Passkey>, &Settings::default());
    let passkeys = backend(relying_party());
    let mut lowered = |origin: &str, call: Call, options: &str| device(origin, call, &without(options));
    let refused = register_at(&passkeys, ORIGIN, &mut lowered, |_| {});
    assert_eq!(refusal(refused), ("user-not-verified", Some("7.1/16")));

    let relaxed = backend(builder().user_verification(UserVerification::Discouraged).build().unwrap());
    let record = register_at(&relaxed, ORIGIN, &mut lowered, |_| {}).unwrap();
    assert_eq!(record.usage.uv_initialized, Some(false));
    let login = sign_in_at(&relaxed, ORIGIN, &mut lowered, AuthenticationRequest::discoverable(), |_| {}).unwrap();
    assert!(!login.user_verified());
}

/// Each signed part of an honest response, changed without signing again.
#[test]
fn changed_responses_are_refused() {
    let passkeys = backend(relying_party());
    let mut device = device(None::<Passkey>, &Settings::default());
    let _ = register_at(&passkeys, ORIGIN, &mut device, |_| {}).unwrap();
    let flip = |member: &str, at: usize, answer: &mut Value| {
        let text = answer["response"][member].as_str().unwrap();
        let mut bytes = passkeeper::types::Bytes::from_base64url(text).unwrap().into_vec();
        let at = at.min(bytes.len() - 1);
        bytes[at] ^= 1;
        answer["response"][member] = passkeeper::types::Bytes::from(bytes).to_base64url().into();
    };
    let mut refused =
        |change: &dyn Fn(&mut Value)| refusal(sign_in_at(&passkeys, ORIGIN, &mut device, AuthenticationRequest::discoverable(), change));
    assert_eq!(refused(&|answer| flip("signature", usize::MAX, answer)), ("signature-invalid", Some("7.2/21")));
    assert_eq!(refused(&|answer| flip("authenticatorData", 36, answer)), ("signature-invalid", Some("7.2/21")));
    assert_eq!(refused(&|answer| flip("authenticatorData", 32, answer)), ("user-not-present", Some("7.2/16")));
    assert_eq!(refused(&|answer| flip("authenticatorData", 0, answer)), ("rp-id-hash-mismatch", Some("7.2/15")));
    assert_eq!(refused(&|answer| flip("userHandle", 0, answer)), ("user-handle-mismatch", Some("7.2/6")));
    let id = |answer: &mut Value| {
        answer["id"] = "AAAA".into();
        answer["rawId"] = "AAAA".into();
    };
    assert_eq!(refused(&id), ("credential-not-found", Some("7.2/6")));
    assert_eq!(refused(&|answer| answer["rawId"] = "AAAA".into()), ("credential-id-mismatch", None));
}

#[test]
fn an_answer_to_another_ceremony() {
    let passkeys = backend(relying_party());
    let mut device = device(None::<Passkey>, &Settings::default());
    let _ = register_at(&passkeys, ORIGIN, &mut device, |_| {}).unwrap();
    let start = || block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let (one, other) = (start(), start());
    let answer = device(ORIGIN, Call::Get, &json(&one.options)).unwrap();
    let response = AuthenticationResponse::from_json(answer.to_string()).unwrap();
    let crossed = block_on(passkeys.complete_authentication(&other.session, &response));
    assert_eq!(refusal(crossed), ("challenge-mismatch", Some("7.2/11")));
    assert!(block_on(passkeys.complete_authentication(&one.session, &response)).is_ok());
}

/// An algorithm that was not offered and that nobody here knows.
#[test]
fn a_key_of_an_unknown_kind() {
    let passkeys = backend(relying_party());
    let settings = Settings { algorithm: iana::Algorithm::ML_DSA_44, ..Settings::default() };
    let mut device = device(None::<Passkey>, &settings);
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let honest = device(ORIGIN, Call::Create, &json(&started.options)).unwrap_err();
    let code = passkey::types::ctap2::Ctap2Error::UnsupportedAlgorithm;
    assert_eq!(honest, WebauthnError::AuthenticatorError(code.into()));

    let mut other_offer = |origin: &str, call: Call, options: &str| device(origin, call, &options.replace("\"alg\":-7", "\"alg\":-48"));
    let refused = register_at(&passkeys, ORIGIN, &mut other_offer, |_| {});
    assert_eq!(refusal(refused), ("public-key-algorithm-unsupported", Some("7.1/20")));
}
