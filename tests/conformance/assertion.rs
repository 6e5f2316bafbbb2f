//! Assertion Resp-1 and Resp-3.

use passkeeper::testing::{AssertionDraft, Cbor, CounterMode, HashAlgorithm, VirtualAuthenticator, flags};
use passkeeper::types::UserVerification;
use passkeeper::{AuthenticationRequest, Error};
use serde_json::{Value, json};

use crate::common::{SigningIn, builder, handle, relying_party};
use crate::ledger::{ACCEPTED, Case, Change, case, remove};

const fn member(name: &'static str, expected: &'static str, change: fn(&mut Value)) -> Case {
    case(name, expected, Change::AssertionJson(change))
}

const fn draft(name: &'static str, expected: &'static str, change: fn(&mut AssertionDraft)) -> Case {
    case(name, expected, Change::Assertion(change))
}

pub(crate) fn structure() -> Vec<Case> {
    vec![
        member("P: valid", ACCEPTED, |_| {}),
        member("F: id missing", "member-missing", |r| remove(r, "id")),
        member("F: id mistyped", "member-type", |r| r["id"] = json!([])),
        member("F: id empty", "credential-id-mismatch", |r| r["id"] = "".into()),
        member("F: id not base64url", "base64url-malformed", |r| r["id"] = "*".into()),
        member("F: type missing", "member-missing", |r| remove(r, "type")),
        member("F: type mistyped", "member-type", |r| r["type"] = 7.into()),
        member("F: type empty", "credential-type-unexpected", |r| r["type"] = "".into()),
        member("F: type not public-key", "credential-type-unexpected", |r| r["type"] = "password".into()),
        member("F: response missing", "member-missing", |r| remove(r, "response")),
        member("F: response mistyped", "member-type", |r| r["response"] = json!([])),
        member("F: response empty", "member-missing", |r| r["response"] = json!({})),
        member("F: clientDataJSON missing", "member-missing", |r| remove(r, "response.clientDataJSON")),
        member("F: clientDataJSON mistyped", "member-type", |r| r["response"]["clientDataJSON"] = json!({})),
        member("F: clientDataJSON empty", "client-data-not-json", |r| r["response"]["clientDataJSON"] = "".into()),
        member("F: authenticatorData missing", "member-missing", |r| remove(r, "response.authenticatorData")),
        member("F: authenticatorData mistyped", "member-type", |r| r["response"]["authenticatorData"] = 7.into()),
        member("F: authenticatorData empty", "authenticator-data-too-short", |r| r["response"]["authenticatorData"] = "".into()),
        member("F: signature missing", "member-missing", |r| remove(r, "response.signature")),
        member("F: signature mistyped", "member-type", |r| r["response"]["signature"] = true.into()),
        member("F: signature empty", "signature-invalid", |r| r["response"]["signature"] = "".into()),
        member("F: userHandle mistyped", "member-type", |r| r["response"]["userHandle"] = 7.into()),
        member("F: userHandle of another user", "user-handle-mismatch", |r| r["response"]["userHandle"] = "Ym9i".into()),
        case(
            "P: userHandle missing where the user is known",
            ACCEPTED,
            Change::Whole(|| {
                let mut authenticator = VirtualAuthenticator::new(1);
                let request = AuthenticationRequest::known(handle("alice"));
                SigningIn::with(relying_party(), request, &mut authenticator).change(|d| d.user_handle = None).verify().map(drop)
            }),
        ),
    ]
}

/// A sign-in of which the relying party demands this, and in which the user is verified or not.
fn user_verification(demand: UserVerification, verified: bool) -> Result<(), Error> {
    let rp = builder().user_verification(demand).build().unwrap();
    SigningIn::at(rp).change(|draft| draft.auth_data.set_flag(flags::UV, verified)).verify().map(drop)
}

const fn whole(name: &'static str, expected: &'static str, run: fn() -> Result<(), Error>) -> Case {
    case(name, expected, Change::Whole(run))
}

pub(crate) fn authenticator_data() -> Vec<Case> {
    use UserVerification::{Discouraged, Preferred, Required};
    vec![
        whole("P: counter 0, always", ACCEPTED, || {
            let mut authenticator = VirtualAuthenticator::new(1).with_counter(CounterMode::Zero);
            SigningIn::with(relying_party(), AuthenticationRequest::discoverable(), &mut authenticator).verify().map(drop)
        }),
        whole("P: UV required and set", ACCEPTED, || user_verification(Required, true)),
        whole("P: UV preferred and set", ACCEPTED, || user_verification(Preferred, true)),
        whole("P: UV preferred and clear", ACCEPTED, || user_verification(Preferred, false)),
        whole("P: UV discouraged and set", ACCEPTED, || user_verification(Discouraged, true)),
        whole("P: UV discouraged and clear", ACCEPTED, || user_verification(Discouraged, false)),
        draft("P: with extensions", ACCEPTED, |d| d.auth_data.set_extensions(Some(Cbor::map([("hmac-secret", Cbor::bytes([7; 32]))])))),
        draft("F: bytes left over", "authenticator-data-trailing-bytes", |d| d.auth_data.trailing = vec![0; 8]),
        draft("F: RP ID hash of another", "rp-id-hash-mismatch", |d| d.auth_data.set_rp_id("evil.test")),
        draft("F: signed over another client data hash", "signature-invalid", |d| {
            let message = [d.auth_data.to_bytes(), HashAlgorithm::Sha256.digest(b"{}")].concat();
            d.signature = Some(d.signer().sign(&message));
        }),
        draft("F: signed over the client data itself", "signature-invalid", |d| {
            let message = [d.auth_data.to_bytes(), d.client_data.to_bytes()].concat();
            d.signature = Some(d.signer().sign(&message));
        }),
        draft("F: counter not increased", "counter-not-increased", |d| d.auth_data.sign_count = 1),
        draft("F: counter back to 0", "counter-not-increased", |d| d.auth_data.sign_count = 0),
        draft("F: UP clear", "user-not-present", |d| d.auth_data.set_flag(flags::UP, false)),
        whole("F: UV required and clear", "user-not-verified", || user_verification(Required, false)),
    ]
}
