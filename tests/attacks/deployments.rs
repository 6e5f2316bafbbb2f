//! What went wrong where others were deployed: trust in what the client says of itself, and state written too early.

use passkeeper::testing::{Backup, KeyAlgorithm, KeyPair, VirtualAuthenticator, flags};
use passkeeper::{AuthenticationRequest, RegistrationRequest};
use pollster::block_on;
use serde_json::json;

use crate::common::*;

/// All that a client could say to have less asked of it.
fn pleas() -> serde_json::Value {
    json!({
        "userVerification": "discouraged", "mediation": "conditional", "attestation": "none", "uvm": [[2, 4, 2]],
        "authenticatorSelection": { "userVerification": "discouraged" }, "rpId": "evil.test",
        "allowCredentials": [], "verified": true
    })
}

/// In the client data and among the extension results: none of it is asked.
#[test]
fn policy_named_by_the_client() {
    let members = || pleas().as_object().unwrap().clone().into_iter().collect::<Vec<_>>();
    let error = Backend::new().refuse_registration(|draft| {
        draft.client_data.extra = members();
        draft.client_extension_results = pleas();
        draft.auth_data.set_flag(flags::UV, false);
    });
    assert_eq!((error.code(), error.spec_step()), ("user-not-verified", Some("7.1/16")));
    let error = Backend::new().refuse_sign_in(AuthenticationRequest::discoverable(), |draft| {
        draft.client_data.extra = members();
        draft.client_extension_results = pleas();
        draft.auth_data.set_flag(flags::UV, false);
    });
    assert_eq!((error.code(), error.spec_step()), ("user-not-verified", Some("7.2/17")));
}

/// Everything that a use would record is new, and only the signature is wrong.
#[test]
fn state_written_before_the_signature_is_checked() {
    let backend = Backend::new();
    let mut carol = VirtualAuthenticator::new(3).with_backup(Backup::Eligible);
    backend.register("carol", &mut carol);
    backend.clock.advance(60);
    let error = backend.refuse_sign_in_with(&carol, AuthenticationRequest::discoverable(), |draft| {
        draft.auth_data.set_flag(flags::BS, true);
        draft.auth_data.sign_count = 1000;
        draft.signature = Some(KeyPair::from_seed(KeyAlgorithm::Es256, 66).sign(&draft.signed_bytes()));
    });
    assert_eq!((error.code(), error.spec_step()), ("signature-invalid", Some("7.2/21")));
    // The same, signed: it is the signature that made the difference.
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let mut draft = backend.answer(&carol, &json(&started.options));
    draft.auth_data.set_flag(flags::BS, true);
    draft.auth_data.sign_count = 1000;
    let login = block_on(backend.passkeys.complete_authentication(&started.session, &authentication_response(&draft))).unwrap();
    assert_eq!((login.record().usage.sign_count, login.record().usage.backup_state), (1000, true));
}

/// What was said to one of two origins that a relying party has is not heard at the other, under its own name or the other's.
#[test]
fn replay_between_allowed_origins() {
    const OTHER: &str = "https://login.example.com";
    let backend = Backend::with(builder().origin(ORIGIN).origin(OTHER).build().unwrap());
    let passkeys = &backend.passkeys;
    let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let honest = backend.answer(&backend.alice, &json(&started.options));
    let signature = honest.signer().sign(&honest.signed_bytes());
    assert!(block_on(passkeys.complete_authentication(&started.session, &authentication_response(&honest))).is_ok());
    let before = backend.records();
    for origin in [ORIGIN, OTHER] {
        let mut replayed = honest.clone();
        replayed.client_data.origin = origin.into();
        replayed.signature = Some(signature.clone());
        let response = authentication_response(&replayed);
        assert_eq!(refusal(block_on(passkeys.complete_authentication(&started.session, &response))), ("ceremony-not-found", None));
        let next = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        assert_refused(block_on(passkeys.complete_authentication(&next.session, &response)), "challenge-mismatch", "7.2/11");
        // Even before it is used up, the origin cannot be exchanged.
        let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| {
            let signature = draft.signer().sign(&draft.signed_bytes());
            draft.client_data.origin = OTHER.into();
            draft.signature = Some(signature);
        });
        assert_eq!(error.code(), "signature-invalid");
    }
    let request = RegistrationRequest::new(user("carol"));
    let started = block_on(passkeys.start_registration(request.clone())).unwrap();
    let mut draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
    assert!(block_on(passkeys.complete_registration(&started.session, &registration_response(&draft))).is_ok());
    draft.client_data.origin = OTHER.into();
    let next = block_on(passkeys.start_registration(request)).unwrap();
    let response = registration_response(&draft);
    assert_eq!(refusal(block_on(passkeys.complete_registration(&started.session, &response))), ("ceremony-not-found", None));
    assert_refused(block_on(passkeys.complete_registration(&next.session, &response)), "challenge-mismatch", "7.1/8");
    assert_eq!(backend.records().len(), before.len() + 1);
}
