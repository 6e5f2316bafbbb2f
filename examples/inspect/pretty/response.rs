//! The JSON of the response.

use passkeeper::ErrorCode;
use serde_json::Value;

use super::Report;
use crate::file::{Case, Kind, any_base64};
use crate::raw_json::{self, Members};
use crate::text::{hex, json, quoted};

const MAX_RESPONSE: usize = 256 * 1024;

pub(super) fn show(report: &mut Report, case: &Case) {
    report.section(format_args!("response, {} bytes", case.response_text.len()));
    if case.response_text.len() > MAX_RESPONSE {
        report.fault(ErrorCode::JsonTooLarge, format_args!("the response has {} bytes, at most {MAX_RESPONSE}", case.response_text.len()));
    }
    if !case.response.is_object() {
        report.fault(ErrorCode::JsonMalformed, format_args!("the response is {}, should be an object", json(&case.response)));
        return;
    }
    repeats(report, &case.response_text, "response");
    ids(report, case);
    match case.response.get("type") {
        Some(Value::String(text)) if text == "public-key" => report.line("type", "\"public-key\" ✓"),
        Some(Value::String(text)) => {
            let verdict = Err(ErrorCode::CredentialTypeUnexpected);
            report.checked("type", quoted(text), "\"public-key\"", verdict);
        }
        other => mistyped(report, "type", "a string", other),
    }
    if let Some(attachment) = case.response.get("authenticatorAttachment").filter(|value| !value.is_null()) {
        report.line("attachment", json(attachment));
        if !attachment.is_string() {
            mistyped(report, "authenticatorAttachment", "a string", Some(attachment));
        }
    }
    match case.response.get("clientExtensionResults") {
        None => {}
        Some(Value::Object(results)) if results.is_empty() => report.line("client extensions", "none"),
        Some(Value::Object(results)) => {
            results.iter().for_each(|(name, value)| report.line("client extension", format_args!("{} {}", quoted(name), json(value))))
        }
        other => mistyped(report, "clientExtensionResults", "an object", other),
    }
    let Some(inner) = case.response.get("response").filter(|inner| inner.is_object()) else {
        mistyped(report, "response.response", "an object", case.response.get("response"));
        return;
    };
    repeats(report, raw_json::member(&case.response_text, "response").unwrap_or_default(), "response.response");
    parts(report, case.kind, inner);
}

fn ids(report: &mut Report, case: &Case) {
    for name in ["id", "rawId"] {
        match case.response.get(name) {
            Some(Value::String(text)) => base64_text(report, name, text),
            other => mistyped(report, name, "a string", other),
        }
    }
    if let (Some(id), Some(raw_id)) = (case.id("id"), case.id("rawId"))
        && id != raw_id
    {
        report.fault(ErrorCode::CredentialIdMismatch, format_args!("id is {}, rawId is {}", hex(&id), hex(&raw_id)));
    }
    if let Some(length) = case.id("rawId").or_else(|| case.id("id")).map(|id| id.len()) {
        match length {
            0 => report.fault(ErrorCode::CredentialIdEmpty, "the credential ID is empty"),
            1..=1023 => {}
            length => report.fault(ErrorCode::CredentialIdTooLong, format_args!("the credential ID has {length} bytes, at most 1023")),
        }
    }
}

fn parts(report: &mut Report, kind: Kind, inner: &Value) {
    let (required, optional): (&[&str], &[&str]) = match kind {
        Kind::Registration => (&["clientDataJSON", "attestationObject"], &["authenticatorData", "publicKey"]),
        Kind::Authentication => (&["clientDataJSON", "authenticatorData", "signature"], &["userHandle"]),
    };
    let foreign = match kind {
        Kind::Registration => inner.get("attestationObject").is_none() && inner.get("signature").is_some(),
        Kind::Authentication => inner.get("signature").is_none() && inner.get("attestationObject").is_some(),
    };
    if foreign {
        report.fault(ErrorCode::ResponseKindMismatch, "the response is one of the other kind of ceremony");
    }
    for name in required {
        match inner.get(*name) {
            Some(Value::String(text)) => base64_text(report, name, text),
            other => mistyped(report, name, "a string", other),
        }
    }
    for name in optional {
        match inner.get(*name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => base64_text(report, name, text),
            other => mistyped(report, name, "a string", other),
        }
    }
    if let Some(transports) = inner.get("transports") {
        report.line("transports", json(transports));
        if !transports.as_array().is_some_and(|list| list.iter().all(Value::is_string)) {
            mistyped(report, "transports", "a list of strings", Some(transports));
        }
    }
    if let Some(algorithm) = inner.get("publicKeyAlgorithm") {
        report.line("publicKeyAlgorithm", json(algorithm));
    }
    let known = ["transports", "publicKeyAlgorithm"];
    for (name, value) in inner.as_object().into_iter().flatten() {
        if ![required, optional, &known].iter().any(|names| names.contains(&name.as_str())) {
            report.line("other member", format_args!("{} {}", quoted(name), json(value)));
        }
    }
}

/// A member that should be base64url.
fn base64_text(report: &mut Report, name: &str, text: &str) {
    let decoded = any_base64(text);
    let shown = decoded.as_deref().map_or_else(|| quoted(text), hex);
    report.line(name, &shown);
    if let Err(error) = passkeeper::types::Bytes::from_base64url(text) {
        let guess = if decoded.is_some() { ": perhaps the standard alphabet, white space or loose bits at the end" } else { "" };
        report.fault(error.error_code(), format_args!("{name} is not base64url{guess}"));
    }
}

fn mistyped(report: &mut Report, name: &str, expected: &str, found: Option<&Value>) {
    match found {
        None => report.fault(ErrorCode::MemberMissing, format_args!("{name} is missing")),
        Some(value) => {
            report.line(name, json(value));
            report.fault(ErrorCode::MemberType, format_args!("{name} is {}, should be {expected}", json(value)));
        }
    }
}

fn repeats(report: &mut Report, text: &str, what: &str) {
    let Ok(Members(members)) = serde_json::from_str(text) else { return };
    if let Some(name) = raw_json::first_repeated(&members) {
        report.fault(ErrorCode::JsonMalformed, format_args!("{what} has the member {} twice", quoted(name)));
    }
}
