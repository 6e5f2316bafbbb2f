//! The attestation object and the statement in it.

use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::parse::{AttestationObject, CoseKey};
use passkeeper::{CosePublicKey, ErrorCode};
use sha2::{Digest as _, Sha256};

use super::statement::{self, Subject};
use super::{Report, auth_data, key, trust};
use crate::auth_data::{AuthData, cose_parameter};
use crate::cbor::{self, Node};
use crate::file::Case;
use crate::judge::{self, Surroundings};
use crate::text::hex;

/// More items of a list are not shown.
const MAX_ITEMS: usize = 16;

pub(super) fn show(report: &mut Report, case: &Case, surroundings: &Surroundings) {
    let Some(bytes) = case.part("attestationObject") else { return };
    report.section(format_args!("attestation object, {} bytes", bytes.len()));
    let decoded = cbor::read(&bytes);
    let object = &decoded.node;
    for (code, text) in &decoded.faults {
        report.fault(*code, format_args!("attestation object: {text}"));
    }
    if let Some(rest) = bytes.get(decoded.length..).filter(|rest| !rest.is_empty()) {
        report.fault(ErrorCode::CborTrailingBytes, format_args!("{} bytes after the attestation object", rest.len()));
    }
    if !matches!(object, Node::Map(_)) {
        report.line("content", object);
        report.fault(ErrorCode::AttestationObjectNotMap, format_args!("the attestation object is {}", object.type_name()));
    }
    members(report, object);
    report.also(&AttestationObject::parse(&bytes), "attestation object");
    let data = object.get("authData").and_then(Node::as_bytes).unwrap_or_default();
    if object.get("authData").is_some() {
        auth_data::show(report, case, data);
        copies(report, case, data);
    }
    statement(report, case, surroundings, object, data);
}

fn members(report: &mut Report, object: &Node) {
    for (name, value) in object.entries() {
        let fits = match name.as_text() {
            Some("fmt") => matches!(value, Node::Text(_)),
            Some("authData") => matches!(value, Node::Bytes(_)),
            Some("attStmt") => matches!(value, Node::Map(_) | Node::Array(_)),
            _ => {
                report.line("other member", format_args!("{name} {value}"));
                report.fault(ErrorCode::AttestationObjectExtraMember, format_args!("the attestation object has the member {name}"));
                continue;
            }
        };
        let name = name.as_text().unwrap_or_default();
        report.line(name, value);
        for (name, value) in value.entries() {
            entry(report, name, value);
        }
        if !fits {
            let found = value.type_name();
            report.fault(ErrorCode::AttestationObjectMemberType, format_args!("{name} is {found}"));
        }
    }
    for name in ["fmt", "authData", "attStmt"] {
        if object.get(name).is_none() {
            report.fault(ErrorCode::AttestationObjectMemberMissing, format_args!("the attestation object has no {name}"));
        }
    }
}

/// One entry of the statement: numbers of algorithms by name, lists item by item.
pub(super) fn entry(report: &mut Report, name: &Node, value: &Node) {
    match (name.as_text(), value) {
        (Some("alg"), Node::Int(_)) => report.inner(name, value.as_int().map_or(value.to_string(), key::algorithm_name)),
        (_, Node::Array(items)) => {
            report.inner(name, value);
            for item in items.iter().take(MAX_ITEMS) {
                report.inner("  -", item);
            }
        }
        _ => report.inner(name, value),
    }
}

fn statement(report: &mut Report, case: &Case, surroundings: &Surroundings, object: &Node, data: &[u8]) {
    let (Some(statement), Some(fmt)) = (object.get("attStmt"), object.get("fmt").and_then(Node::as_text)) else { return };
    let subject = Subject { case, auth_data: data, client_data: case.part("clientDataJSON"), now: surroundings.now };
    let chains = statement::show(report, &subject, fmt, statement);
    let verdict = judge::judge_statement(case, surroundings);
    for chain in &chains {
        trust::path(report, case, surroundings, chain, verdict.as_ref());
    }
    trust::metadata(report, surroundings, data, chains.first().map(Vec::as_slice).unwrap_or_default());
    if let Some(verdict) = verdict {
        trust::verdict(report, &verdict);
    }
}

/// Self attestation: the credential key signs.
pub(super) fn packed(report: &mut Report, case: &Case, statement: &Node, data: &[u8]) {
    let Some(key) = AuthData::read(data).public_key else { return };
    let credential_alg = cose_parameter(&key.node, 3).and_then(Node::as_int);
    let statement_alg = statement.get("alg").and_then(Node::as_int);
    for (name, found) in [("alg", statement_alg.is_some()), ("sig", statement.get("sig").and_then(Node::as_bytes).is_some())] {
        if !found {
            report.fault(ErrorCode::AttestationStatementMalformed, format_args!("the statement has no {name} of the right type"));
        }
    }
    if let (Some(statement_alg), Some(credential_alg)) = (statement_alg, credential_alg)
        && statement_alg != credential_alg
    {
        let (found, expected) = (key::algorithm_name(statement_alg), key::algorithm_name(credential_alg));
        report.fault(ErrorCode::AttestationAlgorithmMismatch, format_args!("the statement's alg is {found}, the credential's {expected}"));
    }
    if let (Some(client_data), Some(sig)) = (case.part("clientDataJSON"), statement.get("sig").and_then(Node::as_bytes)) {
        signature(report, "self attestation", key.bytes, data, &client_data, sig, ErrorCode::AttestationSignatureInvalid);
    }
}

/// Verifies a signature over authenticator data and client data, whatever else is wrong.
pub(super) fn signature(report: &mut Report, what: &str, key: &[u8], data: &[u8], client_data: &[u8], sig: &[u8], code: ErrorCode) {
    let key = CoseKey::parse(key).and_then(|key| PROVIDER.prepare(&key));
    let Ok(key) = key else {
        report.line(what, "cannot be verified: the key is no good");
        return;
    };
    let hash = Sha256::digest(client_data);
    match key.verify(&[data, hash.as_slice()], sig) {
        Ok(()) => report.line(what, "verifies ✓"),
        Err(_) => {
            report.line(what, "does not verify ✗");
            report.fault(code, format_args!("{what}: the signature {} does not verify", hex(sig)));
        }
    }
}

/// The unsigned copies of what is signed.
fn copies(report: &mut Report, case: &Case, data: &[u8]) {
    if case.part("authenticatorData").is_some_and(|copy| copy != data) {
        report.fault(ErrorCode::ResponseCopyMismatch, "response.authenticatorData differs from the authData of the attestation object");
    }
    let Some(key) = AuthData::read(data).public_key else { return };
    let inner = case.response.get("response");
    if let (Some(copy), Some(alg)) =
        (inner.and_then(|inner| inner.get("publicKeyAlgorithm")?.as_i64()), cose_parameter(&key.node, 3).and_then(Node::as_int))
        && copy != alg
    {
        let (copy, alg) = (key::algorithm_name(copy), key::algorithm_name(alg));
        report.fault(ErrorCode::ResponseCopyMismatch, format_args!("response.publicKeyAlgorithm is {copy}, the key's is {alg}"));
    }
    if let (Some(copy), Ok(spki)) = (case.part("publicKey"), CosePublicKey::new(key.bytes).and_then(|key| key.to_spki_der()))
        && copy != spki
    {
        report.fault(ErrorCode::ResponseCopyMismatch, "response.publicKey is another key than the credential's");
    }
}
