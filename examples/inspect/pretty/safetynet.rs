//! The signed answer of the SafetyNet service.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use passkeeper::ErrorCode;
use passkeeper::types::UnixTime;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::Report;
use super::statement::{Chain, Subject};
use crate::cbor::Node;
use crate::file::any_base64;
use crate::moment;
use crate::text::{hex, json, quoted};

/// More members are not shown.
const MAX_MEMBERS: usize = 32;

/// Shows the answer; the certificates in it.
pub(super) fn show(report: &mut Report, subject: &Subject<'_>, statement: &Node) -> Chain {
    report.section("SafetyNet response");
    let Some(text) = statement.get("response").and_then(Node::as_bytes) else { return Chain::new() };
    let Ok(text) = std::str::from_utf8(text) else {
        report.line("response", hex(text));
        report.fault(ErrorCode::AttestationStatementMalformed, "the response is not text");
        return Chain::new();
    };
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        report.line("response", quoted(text));
        report.fault(ErrorCode::JwsMalformed, "the response does not have three parts with dots in between");
        return Chain::new();
    };
    let object = |text| any_base64(text).and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
    let mut chain = Chain::new();
    match object(header) {
        Some(header) => {
            report.line("alg", header.get("alg").map_or("(none)".to_owned(), json));
            let texts = header.get("x5c").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            chain.extend(texts.iter().filter_map(|text| any_base64(text.as_str()?)));
        }
        None => report.fault(ErrorCode::JwsMalformed, "the header is not a JSON object"),
    }
    match object(payload) {
        Some(payload) => self::payload(report, subject, &payload),
        None => report.fault(ErrorCode::JwsMalformed, "the payload is not a JSON object"),
    }
    report.line("signature", any_base64(signature).map_or_else(|| quoted(signature), |bytes| hex(&bytes)));
    chain
}

fn payload(report: &mut Report, subject: &Subject<'_>, payload: &Map<String, Value>) {
    for (name, value) in payload.iter().take(MAX_MEMBERS) {
        report.inner(quoted(name), json(value));
    }
    if let (Some(found), Some(signed)) = (payload.get("nonce").and_then(Value::as_str), subject.signed()) {
        let expected = STANDARD.encode(Sha256::digest(signed));
        let verdict = if found == expected { Ok(()) } else { Err(ErrorCode::AttestationNonceMismatch) };
        report.checked("nonce", quoted(found), quoted(&expected), verdict);
    }
    if payload.get("ctsProfileMatch") != Some(&Value::Bool(true)) {
        report.fault(ErrorCode::SafetynetCtsProfile, "ctsProfileMatch is not true");
    }
    if let Some(made) = payload.get("timestampMs").and_then(Value::as_i64) {
        let (made, now) = (UnixTime::from_secs(made.div_euclid(1000)), subject.now);
        let age = now.as_secs().saturating_sub(made.as_secs());
        report.line("made", format_args!("{}, {age} s before {}", moment::show(made), moment::show(now)));
    }
}
