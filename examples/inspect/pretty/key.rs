//! The credential public key.

use passkeeper::ErrorCode;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::parse::CoseKey;
use passkeeper::types::Algorithm;

use super::{Report, offered};
use crate::auth_data::{cose_label, cose_parameter};
use crate::cbor::Node;
use crate::file::{Case, Kind};
use crate::text::clean;

const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;

/// The key with its labels named, and what is wrong with it.
pub(super) fn show(report: &mut Report, case: &Case, bytes: &[u8], key: &Node) {
    report.line("public key", format_args!("{key}, {} bytes", bytes.len()));
    let integer = |label| cose_parameter(key, label).and_then(Node::as_int);
    let (kty, alg) = (integer(1), integer(3));
    for (label, value) in key.entries() {
        let name = cose_label(label).map_or("?", |label| parameter_name(kty, label));
        let meaning = match (cose_label(label), value.as_int()) {
            (Some(1), Some(n)) => format!(" {}", key_type_name(n)),
            (Some(3), Some(n)) => format!(" {}", algorithm_name(n)),
            (Some(-1), Some(n)) => format!(" {}", curve_name(n)),
            _ => String::new(),
        };
        report.inner(format_args!("{label} {name}"), format_args!("{value}{meaning}"));
    }
    if !matches!(key, Node::Map(_)) {
        report.fault(ErrorCode::PublicKeyNotMap, format_args!("the public key is {}, should be a map", key.type_name()));
        return;
    }
    labels(report, key, kty);
    parameters(report, key, kty, alg);
    if let Some(alg) = alg {
        if Algorithm::from_cose_id(alg).is_none() {
            report.fault(ErrorCode::PublicKeyAlgorithmUnsupported, format_args!("{} is not supported", algorithm_name(alg)));
        } else if case.kind == Kind::Registration && !offered(case).contains(&alg) {
            report.fault(ErrorCode::AlgorithmNotOffered, format_args!("{} was not offered", algorithm_name(alg)));
        }
    }
    let parsed = CoseKey::parse(bytes);
    report.also(&parsed, "public key");
    if let Ok(parsed) = parsed {
        report.also(&PROVIDER.prepare(&parsed), "public key");
    }
}

fn labels(report: &mut Report, key: &Node, kty: Option<i64>) {
    let as_text: Vec<_> = key.entries().iter().filter(|(label, _)| label.as_text().is_some()).map(|(label, _)| label.to_string()).collect();
    if !as_text.is_empty() {
        let labels = as_text.join(", ");
        report.fault(ErrorCode::PublicKeyExtraParameter, format_args!("the public key has text labels: {labels}; they must be integers"));
    }
    for label in key.entries().iter().filter_map(|(label, _)| label.as_int()) {
        let allowed: &[i64] = match kty {
            Some(OKP | RSA) => &[1, 3, -1, -2],
            _ => &[1, 3, -1, -2, -3],
        };
        let private = match kty {
            Some(RSA) => (-12..=-3).contains(&label),
            _ => label == -4,
        };
        if private {
            report.fault(ErrorCode::PublicKeyPrivatePart, format_args!("the public key has the label {label}, a private part"));
        } else if !allowed.contains(&label) {
            report.fault(ErrorCode::PublicKeyExtraParameter, format_args!("the public key has the label {label}"));
        }
    }
}

fn parameters(report: &mut Report, key: &Node, kty: Option<i64>, alg: Option<i64>) {
    let required: &[i64] = match kty {
        Some(RSA | OKP) => &[1, 3, -1, -2],
        _ => &[1, 3, -1, -2, -3],
    };
    for label in required {
        let name = parameter_name(kty, *label);
        let Some(value) = cose_parameter(key, *label) else {
            report.fault(ErrorCode::PublicKeyParameterMissing, format_args!("the public key has no {name} ({label})"));
            continue;
        };
        let wants_integer = matches!(label, 1 | 3) || (*label == -1 && kty != Some(RSA));
        if matches!((label, value), (-3, Node::Bool(_))) {
            report.fault(ErrorCode::PublicKeyCompressedPoint, "the public key holds a compressed point: y is a boolean");
        } else if wants_integer && value.as_int().is_none() {
            report.fault(ErrorCode::PublicKeyParameterType, format_args!("{name} is {}, should be an integer", value.type_name()));
        } else if !wants_integer && value.as_bytes().is_none() {
            report.fault(ErrorCode::PublicKeyParameterType, format_args!("{name} is {}, should be a byte string", value.type_name()));
        }
    }
    let Some((expected_kty, shape)) = alg.and_then(shape) else { return };
    if let Some(kty) = kty.filter(|kty| *kty != expected_kty) {
        let (found, expected) = (key_type_name(kty), key_type_name(expected_kty));
        report.fault(ErrorCode::PublicKeyTypeMismatch, format_args!("the key type is {found}, the algorithm's is {expected}"));
        return;
    }
    let Some((curve, length)) = shape else { return };
    if let Some(found) = cose_parameter(key, -1).and_then(Node::as_int).filter(|found| *found != curve) {
        let (found, expected) = (curve_name(found), curve_name(curve));
        report.fault(ErrorCode::PublicKeyCurveMismatch, format_args!("the curve is {found}, the algorithm's is {expected}"));
    }
    for label in [-2, -3] {
        let name = parameter_name(kty, label);
        let found = cose_parameter(key, label).and_then(Node::as_bytes).map(<[u8]>::len);
        if let Some(found) = found.filter(|found| *found != length) {
            report.fault(ErrorCode::PublicKeyCoordinateLength, format_args!("{name} has {found} bytes, should have {length}"));
        }
    }
}

/// The key type of an algorithm; its curve and how long coordinates are, if it has one.
fn shape(alg: i64) -> Option<(i64, Option<(i64, usize)>)> {
    Some(match Algorithm::from_cose_id(alg)? {
        Algorithm::Es256 | Algorithm::Esp256 => (EC2, Some((1, 32))),
        Algorithm::Es384 | Algorithm::Esp384 => (EC2, Some((2, 48))),
        Algorithm::Es512 | Algorithm::Esp512 => (EC2, Some((3, 66))),
        Algorithm::EdDsa | Algorithm::Ed25519 => (OKP, Some((6, 32))),
        _ => (RSA, None),
    })
}

/// The name of an algorithm with its number.
pub(super) fn algorithm_name(id: i64) -> String {
    let name = match (Algorithm::from_cose_id(id), id) {
        (Some(algorithm), _) => algorithm.name(),
        (None, -53) => "Ed448",
        (None, -47) => "ES256K",
        (None, -48) => "ML-DSA-44",
        (None, -49) => "ML-DSA-65",
        (None, -50) => "ML-DSA-87",
        (None, -65535) => "RS1",
        _ => "unknown",
    };
    clean(&format!("{name} ({id})"))
}

fn key_type_name(kty: i64) -> String {
    let name = match kty {
        OKP => "OKP",
        EC2 => "EC2",
        RSA => "RSA",
        7 => "AKP",
        _ => "unknown",
    };
    format!("{name} ({kty})")
}

fn curve_name(crv: i64) -> String {
    let name = match crv {
        1 => "P-256",
        2 => "P-384",
        3 => "P-521",
        6 => "Ed25519",
        7 => "Ed448",
        8 => "secp256k1",
        _ => "unknown",
    };
    format!("{name} ({crv})")
}

fn parameter_name(kty: Option<i64>, label: i64) -> &'static str {
    match (kty, label) {
        (_, 1) => "kty",
        (_, 2) => "kid",
        (_, 3) => "alg",
        (_, 4) => "key_ops",
        (_, 5) => "Base IV",
        (Some(RSA), -1) => "n",
        (Some(RSA), -2) => "e",
        (Some(RSA), -3) => "d",
        (Some(7), -1) => "pub",
        (Some(7), -2) => "priv",
        (_, -1) => "crv",
        (_, -2) => "x",
        (_, -3) => "y",
        (_, -4) => "d",
        _ => "?",
    }
}
