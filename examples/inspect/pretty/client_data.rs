//! The client data.

use passkeeper::ErrorCode;
use passkeeper::parse::ClientData;
use serde_json::Value;

use super::Report;
use crate::file::{Case, Kind};
use crate::raw_json::{Members, first_repeated};
use crate::text::{json, quoted};

pub(super) fn show(report: &mut Report, case: &Case) {
    let Some(bytes) = case.part("clientDataJSON") else { return };
    report.section(format_args!("client data, {} bytes", bytes.len()));
    let text = String::from_utf8_lossy(&bytes);
    if std::str::from_utf8(&bytes).is_err() {
        report.oddity("the client data is not UTF-8 throughout");
    }
    let text = text.strip_prefix('\u{feff}').map_or(&*text, |rest| {
        report.oddity("the client data begins with a byte order mark");
        rest
    });
    match serde_json::from_str::<Members>(text) {
        Ok(Members(members)) => {
            each(report, case, &members);
            embedding(report, case, &members);
        }
        Err(error) => {
            report.line("text", quoted(text));
            report.fault(ErrorCode::ClientDataNotJson, format_args!("the client data is not a JSON object: {error}"));
        }
    }
    report.also(&ClientData::parse(&bytes), "client data");
}

fn each(report: &mut Report, case: &Case, members: &[(String, Value)]) {
    for (name, value) in members {
        member(report, case, name, value);
    }
    if let Some(name) = first_repeated(members) {
        report.fault(ErrorCode::ClientDataDuplicateMember, format_args!("the client data has the member {} twice", quoted(name)));
    }
    for name in ["type", "challenge", "origin"] {
        if !members.iter().any(|(other, _)| other == name) {
            report.fault(ErrorCode::ClientDataMemberMissing, format_args!("the client data has no member {name}"));
        }
    }
}

fn member(report: &mut Report, case: &Case, name: &str, value: &Value) {
    let right_type = match name {
        "type" | "challenge" | "origin" | "topOrigin" => value.is_string(),
        "crossOrigin" => value.is_boolean(),
        _ => {
            report.line("other member", format_args!("{} {}", quoted(name), json(value)));
            return;
        }
    };
    if !right_type {
        let expected = if name == "crossOrigin" { "a boolean" } else { "a string" };
        report.checked(name, json(value), expected, Err(ErrorCode::ClientDataMemberType));
        return;
    }
    let text = value.as_str().unwrap_or_default();
    let shown = json(value);
    match name {
        "type" => {
            let expected = if case.kind == Kind::Registration { "webauthn.create" } else { "webauthn.get" };
            report.checked(name, shown, quoted(expected), holds(text == expected, ErrorCode::ClientDataTypeMismatch));
        }
        "challenge" => match &case.challenge {
            None => report.line(name, format_args!("{shown} (the file does not say which was issued)")),
            Some(challenge) => {
                let expected = challenge.to_base64url();
                report.checked(name, shown, quoted(&expected), holds(text == expected, ErrorCode::ChallengeMismatch));
            }
        },
        "origin" => {
            let origins = case.expected_origins();
            if origins.is_empty() {
                report.line(name, format_args!("{shown} (the file does not say which is expected)"));
                return;
            }
            let expected: Vec<_> = origins.iter().map(|origin| quoted(origin)).collect();
            let verdict = holds(origins.iter().any(|origin| origin == text), ErrorCode::OriginMismatch);
            report.checked(name, shown, expected.join(" or "), verdict);
        }
        "crossOrigin" => {
            let allowed = value == false || case.options.allow_cross_origin || case.options.top_origins.is_some();
            report.checked(name, shown, "false: no embedding is allowed", holds(allowed, ErrorCode::CrossOriginNotAllowed));
        }
        _ => match &case.options.top_origins {
            Some(expected) => {
                let shown_expected: Vec<_> = expected.iter().map(|origin| quoted(origin)).collect();
                let verdict = holds(expected.iter().any(|origin| origin == text), ErrorCode::TopOriginMismatch);
                report.checked(name, shown, shown_expected.join(" or "), verdict);
            }
            None => {
                let allowed = case.options.allow_cross_origin;
                report.checked(name, shown, "none: no embedding is allowed", holds(allowed, ErrorCode::TopOriginNotAllowed));
            }
        },
    }
}

fn embedding(report: &mut Report, case: &Case, members: &[(String, Value)]) {
    let of = |name: &str| members.iter().rfind(|(other, _)| other == name).map(|(_, value)| value);
    let allowed = case.options.allow_cross_origin || case.options.top_origins.is_some();
    if allowed && of("topOrigin").is_some_and(Value::is_string) && of("crossOrigin").is_none_or(|value| value == false) {
        report.fault(ErrorCode::TopOriginWithoutCrossOrigin, "there is a topOrigin, and crossOrigin is not true");
    }
}

fn holds(condition: bool, otherwise: ErrorCode) -> Result<(), ErrorCode> {
    if condition { Ok(()) } else { Err(otherwise) }
}
