//! Resp-2 of both ceremonies: what the client says, wrong in one member.

use passkeeper::testing::{AssertionDraft, ClientDataDraft, RegistrationDraft};
use serde_json::{Value, json};

use crate::common::ORIGIN;
use crate::ledger::{ACCEPTED, Case, Change, case};

/// Which Level 3 has reserved: no step looks at it.
const RESERVED: &str = "tokenBinding is reserved since Level 3, and no step looks at it";

fn remove(draft: &mut ClientDataDraft, name: &str) {
    draft.edit_members(|members| members.retain(|member| member.0 != name));
}

fn token_binding(draft: &mut ClientDataDraft, value: Value) {
    draft.extra.push(("tokenBinding".into(), value));
}

/// The same change in both ceremonies.
macro_rules! both {
    ($draft:ty, $change:path) => {{
        const fn case_of(name: &'static str, expected: &'static str, change: fn(&mut $draft)) -> Case {
            case(name, expected, $change(change))
        }
        vec![
            case_of("P: valid", ACCEPTED, |_| {}),
            case_of("F: type missing", "client-data-member-missing", |d| remove(&mut d.client_data, "type")),
            case_of("F: type empty", "client-data-type-mismatch", |d| d.client_data.type_ = "".into()),
            case_of("F: type mistyped", "client-data-member-type", |d| d.client_data.type_ = 7.into()),
            case_of("F: type of the other ceremony", "client-data-type-mismatch", |d| {
                d.client_data.type_ = if d.client_data.type_ == "webauthn.get" { "webauthn.create" } else { "webauthn.get" }.into();
            }),
            case_of("F: challenge missing", "client-data-member-missing", |d| remove(&mut d.client_data, "challenge")),
            case_of("F: challenge empty", "challenge-mismatch", |d| d.client_data.challenge = "".into()),
            case_of("F: challenge mistyped", "client-data-member-type", |d| d.client_data.challenge = json!([])),
            case_of("F: challenge not base64url", "challenge-mismatch", |d| {
                d.client_data.challenge = format!("{}=", d.client_data.challenge.as_str().unwrap()).into();
            }),
            case_of("F: another challenge", "challenge-mismatch", |d| {
                d.client_data.challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into();
            }),
            case_of("F: origin missing", "client-data-member-missing", |d| remove(&mut d.client_data, "origin")),
            case_of("F: origin empty", "origin-mismatch", |d| d.client_data.origin = "".into()),
            case_of("F: origin mistyped", "client-data-member-type", |d| d.client_data.origin = json!({ "host": ORIGIN })),
            case_of("F: another origin", "origin-mismatch", |d| d.client_data.origin = "https://evil.test".into()),
            case_of("F: tokenBinding mistyped", ACCEPTED, |d| token_binding(&mut d.client_data, "x".into())).since(RESERVED),
            case_of("F: tokenBinding without status", ACCEPTED, |d| token_binding(&mut d.client_data, json!({}))).since(RESERVED),
            case_of("F: tokenBinding with a status mistyped", ACCEPTED, |d| token_binding(&mut d.client_data, json!({ "status": 7 })))
                .since(RESERVED),
            case_of("F: tokenBinding with an unknown status", ACCEPTED, |d| token_binding(&mut d.client_data, json!({ "status": "x" })))
                .since(RESERVED),
        ]
    }};
}

pub(crate) fn registering() -> Vec<Case> {
    both!(RegistrationDraft, Change::Registration)
}

pub(crate) fn signing_in() -> Vec<Case> {
    both!(AssertionDraft, Change::Assertion)
}
