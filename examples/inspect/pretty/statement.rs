//! What each format's statement says, member by member, and where that contradicts the registration.

use passkeeper::ErrorCode;
use passkeeper::types::UnixTime;
use sha2::{Digest as _, Sha256};

use super::{Report, android, attestation, certificate, safetynet, tpm};
use crate::cbor::Node;
use crate::der;
use crate::file::Case;
use crate::text::{hex, plain_hex, quoted};

const APPLE_NONCE: &str = "1.2.840.113635.100.8.2";
const AAGUID: &str = "1.3.6.1.4.1.45724.1.1.4";
/// More statements of a compound one are not shown.
const MAX_PARTS: usize = 8;
const FORMATS: [&str; 6] = ["packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple"];

/// What statements are about.
pub(super) struct Subject<'a> {
    pub(super) case: &'a Case,
    pub(super) auth_data: &'a [u8],
    pub(super) client_data: Option<Vec<u8>>,
    pub(super) now: UnixTime,
}

impl Subject<'_> {
    /// The hash of the client data, which most statements sign.
    pub(super) fn client_data_hash(&self) -> Option<Vec<u8>> {
        self.client_data.as_ref().map(|bytes| Sha256::digest(bytes).to_vec())
    }

    /// What most statements sign.
    pub(super) fn signed(&self) -> Option<Vec<u8>> {
        self.client_data_hash().map(|hash| [self.auth_data, &hash].concat())
    }
}

/// A chain of certificates and whose it is.
pub(super) type Chain = Vec<Vec<u8>>;

/// Shows a statement; the chains that should lead to an anchor.
pub(super) fn show(report: &mut Report, subject: &Subject<'_>, fmt: &str, statement: &Node) -> Vec<Chain> {
    match fmt {
        "none" => {
            let entries = statement.entries().len();
            if entries > 0 {
                report.fault(ErrorCode::AttestationStatementNotEmpty, format_args!("format none, and a statement of {entries} entries"));
            }
            Vec::new()
        }
        "compound" => compound(report, subject, statement),
        "packed" if statement.get("x5c").is_none() => {
            attestation::packed(report, subject.case, statement, subject.auth_data);
            Vec::new()
        }
        known if FORMATS.contains(&known) => vec![certified(report, subject, known, statement)],
        other => {
            report.fault(ErrorCode::AttestationFormatUnknown, format_args!("the format {} is not known", quoted(other)));
            Vec::new()
        }
    }
}

fn compound(report: &mut Report, subject: &Subject<'_>, statement: &Node) -> Vec<Chain> {
    let Node::Array(parts) = statement else {
        let found = statement.type_name();
        report.fault(ErrorCode::AttestationStatementMalformed, format_args!("the compound statement is {found}, should be an array"));
        return Vec::new();
    };
    if parts.len() < 2 {
        let count = parts.len();
        report.fault(ErrorCode::AttestationStatementMalformed, format_args!("a compound of {count} statements, two are the least"));
    }
    let mut chains = Vec::new();
    for (number, part) in parts.iter().enumerate().take(MAX_PARTS) {
        let fmt = part.get("fmt").and_then(Node::as_text).unwrap_or_default();
        report.section(format_args!("statement {number} of {}: {}", parts.len(), quoted(fmt)));
        let Some(statement) = part.get("attStmt") else {
            report.fault(ErrorCode::AttestationStatementMalformed, format_args!("statement {number} has no attStmt"));
            continue;
        };
        if fmt == "compound" {
            report.fault(ErrorCode::AttestationStatementMalformed, format_args!("statement {number} is compound itself"));
            continue;
        }
        for (name, value) in statement.entries() {
            attestation::entry(report, name, value);
        }
        chains.extend(show(report, subject, fmt, statement));
    }
    chains
}

fn certified(report: &mut Report, subject: &Subject<'_>, fmt: &str, statement: &Node) -> Chain {
    members(report, fmt, statement);
    let chain = match fmt {
        "android-safetynet" => safetynet::show(report, subject, statement),
        _ => chain(statement),
    };
    if fmt == "tpm" {
        tpm::show(report, subject, statement);
    }
    certificate::show_all(report, &chain, subject.now);
    let Some(leaf) = chain.first().and_then(|der| certificate::parse(der).ok()) else { return chain };
    match fmt {
        "apple" => apple(report, subject, &leaf),
        "android-key" => android::show(report, subject, extension(&leaf, android::KEY_DESCRIPTION)),
        "packed" | "tpm" => aaguid(report, subject, &leaf),
        _ => {}
    }
    chain
}

/// The members that each format has, and their types.
fn members(report: &mut Report, fmt: &str, statement: &Node) {
    let expected: &[&str] = match fmt {
        "packed" | "android-key" => &["alg", "sig", "x5c"],
        "tpm" => &["ver", "alg", "x5c", "sig", "certInfo", "pubArea"],
        "fido-u2f" => &["sig", "x5c"],
        "apple" => &["x5c"],
        _ => &["ver", "response"],
    };
    for name in expected {
        let fits = match (*name, statement.get(name)) {
            ("alg", Some(value)) => value.as_int().is_some(),
            ("ver", Some(value)) => value.as_text().is_some(),
            ("x5c", Some(Node::Array(items))) => !items.is_empty() && items.iter().all(|item| item.as_bytes().is_some()),
            ("x5c", Some(_)) | (_, None) => false,
            (_, Some(value)) => value.as_bytes().is_some(),
        };
        if !fits {
            report.fault(ErrorCode::AttestationStatementMalformed, format_args!("the statement has no {name} of the right shape"));
        }
    }
    for (name, _) in statement.entries() {
        // Apple's own statements once carried an alg that says nothing.
        let known = name.as_text().is_some_and(|name| expected.contains(&name) || (fmt == "apple" && name == "alg"));
        if !known {
            report.fault(ErrorCode::AttestationStatementMalformed, format_args!("the statement has the member {name}"));
        }
    }
    if let Some(Node::Array(items)) = statement.get("x5c").filter(|_| fmt == "fido-u2f")
        && items.len() != 1
    {
        report.fault(ErrorCode::FidoU2fCertificateCount, format_args!("{} certificates, should be one", items.len()));
    }
}

fn chain(statement: &Node) -> Chain {
    let Some(Node::Array(items)) = statement.get("x5c") else { return Chain::new() };
    items.iter().filter_map(|item| item.as_bytes().map(<[u8]>::to_vec)).collect()
}

/// The value of an extension.
pub(super) fn extension<'c>(certificate: &'c certificate::Certificate, oid: &str) -> Option<&'c [u8]> {
    let extensions = certificate.tbs_certificate().extensions().map(Vec::as_slice).unwrap_or_default();
    extensions.iter().find(|extension| extension.extn_id.to_string() == oid).map(|extension| extension.extn_value.as_bytes())
}

fn apple(report: &mut Report, subject: &Subject<'_>, leaf: &certificate::Certificate) {
    report.section("Apple nonce");
    let Some(value) = extension(leaf, APPLE_NONCE) else {
        report.fault(ErrorCode::AttestationNonceMismatch, "the leaf has no Apple nonce");
        return;
    };
    // SEQUENCE { [1] { OCTET STRING } }
    let inner = |bytes| der::element(bytes).map(|(element, _)| element.value);
    let nonce = inner(value).and_then(inner).and_then(inner).unwrap_or(value);
    let Some(expected) = subject.signed().map(Sha256::digest) else { return };
    let verdict = if nonce == expected.as_slice() { Ok(()) } else { Err(ErrorCode::AttestationNonceMismatch) };
    report.checked("nonce", hex(nonce), plain_hex(&expected), verdict);
}

fn aaguid(report: &mut Report, subject: &Subject<'_>, leaf: &certificate::Certificate) {
    let Some(value) = extension(leaf, AAGUID) else { return };
    let claimed = crate::auth_data::AuthData::read(subject.auth_data).aaguid.unwrap_or_default();
    let found = value.strip_prefix(&[4, 16]).unwrap_or(value);
    if found != claimed.as_bytes() {
        let found = hex(found);
        report.fault(ErrorCode::AttestationCertificateAaguid, format_args!("the leaf is for the AAGUID {found}, not for {claimed}"));
    }
}
