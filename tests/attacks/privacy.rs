//! Privacy: what an end user is told, and what the logs show.

use passkeeper::{AuthenticationRequest, Error};
use pollster::block_on;

use crate::common::*;

/// Everything an attacker can try to find out which part was wrong.
fn refusals() -> Vec<(&'static str, Error)> {
    let backend = Backend::new();
    let discoverable = AuthenticationRequest::discoverable;
    let unknown_user = block_on(backend.passkeys.start_authentication(AuthenticationRequest::known(handle("nobody")))).unwrap_err();
    vec![
        ("unknown user", unknown_user),
        ("unknown credential", backend.refuse_sign_in(discoverable(), |draft| draft.credential_id = vec![7; 32])),
        ("bad signature", backend.refuse_sign_in(discoverable(), |draft| draft.signature = Some(vec![0; 70]))),
        ("another user's credential", backend.refuse_sign_in(discoverable(), |draft| draft.user_handle = Some(b"bob".to_vec()))),
        ("credential not listed", backend.refuse_sign_in_with(&backend.bob, AuthenticationRequest::known(handle("alice")), |_| {})),
        ("counter", backend.refuse_sign_in(discoverable(), |draft| draft.auth_data.sign_count = 1)),
        ("origin", backend.refuse_sign_in(discoverable(), |draft| draft.client_data.origin = "https://evil.test".into())),
        ("malformed", backend.refuse_sign_in(discoverable(), |draft| draft.auth_data.raw = Some(vec![]))),
    ]
}

#[test]
fn equal_error_text_for_unknown_user_unknown_credential_and_bad_signature() {
    let refusals = refusals();
    let codes: std::collections::BTreeSet<_> = refusals.iter().map(|(_, error)| error.code()).collect();
    assert!(codes.len() >= 7, "the operator can tell them apart: {codes:?}");
    for (name, error) in &refusals {
        assert_eq!(error.public_message(), refusals[0].1.public_message(), "{name}");
    }
}

#[test]
fn the_public_text_names_neither_code_nor_step_nor_value() {
    for (name, error) in refusals() {
        let text = error.public_message();
        assert!(!text.contains(error.code()) && !text.contains("7.2") && !text.contains("evil"), "{name}: {text}");
        assert!(error.to_string().starts_with(error.code()), "{name}");
    }
}

#[test]
fn the_id_that_completes_a_ceremony_does_not_show_in_debug_output() {
    let backend = Backend::new();
    let started = block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    assert!(!format!("{started:?}").contains(started.session.as_str()));
}
