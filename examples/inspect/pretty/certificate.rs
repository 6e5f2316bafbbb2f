//! A certificate of a statement, and its extensions.

use passkeeper::types::UnixTime;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use super::Report;
use crate::der::{self, element, elements};
use crate::moment;
use crate::oids::known;
use crate::text::{clean, cut, hex, plain_hex};

/// More certificates are not shown.
const MAX_SHOWN: usize = 16;
/// More extensions of one certificate are not shown.
const MAX_EXTENSIONS: usize = 32;
/// Names have at most so many attributes shown.
const MAX_ATTRIBUTES: usize = 24;

pub(super) type Certificate = CertificateInner<Raw>;

pub(super) fn parse(der: &[u8]) -> Result<Certificate, String> {
    Certificate::from_der(der).map_err(|error| clean(&error.to_string()))
}

/// Each certificate of a chain, leaf first.
pub(super) fn show_all(report: &mut Report, chain: &[Vec<u8>], now: UnixTime) {
    for (number, der) in chain.iter().enumerate().take(MAX_SHOWN) {
        let role = if number == 0 { " (the leaf)" } else { "" };
        report.section(format_args!("certificate {number}{role}, {} bytes", der.len()));
        match parse(der) {
            Ok(certificate) => show(report, &certificate, now),
            Err(error) => {
                report.line("DER", hex(der));
                report.line("cannot be read", error);
            }
        }
    }
    if let Some(more) = chain.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
        report.section(format_args!("{more} more certificates"));
    }
}

fn show(report: &mut Report, certificate: &Certificate, now: UnixTime) {
    let tbs = certificate.tbs_certificate();
    report.line("version", format!("{:?}", tbs.version()).to_lowercase());
    report.line("subject", name(tbs.subject()));
    report.line("issuer", name(tbs.issuer()));
    report.line("serial", plain_hex(tbs.serial_number().as_bytes()).get(..80).unwrap_or(&plain_hex(tbs.serial_number().as_bytes())));
    let (from, until) = validity(certificate);
    let verdict = match when(certificate, now) {
        When::Valid => format!("✓ at {}", moment::show(now)),
        When::NotYet => format!("✗ not yet at {}", moment::show(now)),
        When::Expired => format!("✗ no longer at {}", moment::show(now)),
    };
    report.line("validity", format_args!("{} to {} {verdict}", moment::show(from), moment::show(until)));
    let key = tbs.subject_public_key_info();
    let parameters = key.algorithm.parameters.as_ref().map(|any| (any.value(), any.to_ref()));
    let curve = parameters.and_then(|(value, _)| known(&der::oid(value)));
    let kind = key.algorithm.oid.to_string();
    let kind = known(&kind).map_or(kind.clone(), str::to_owned);
    let curve = curve.map_or(String::new(), |curve| format!(" {curve}"));
    report.line("key", format_args!("{kind}{curve} {}", hex(key.subject_public_key.raw_bytes())));
    let algorithm = certificate.signature_algorithm().oid.to_string();
    report.line("signed with", known(&algorithm).unwrap_or(&algorithm));
    let extensions = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
    for shown in extensions.iter().take(MAX_EXTENSIONS) {
        extension(report, shown);
    }
    if extensions.len() > MAX_EXTENSIONS {
        report.line("extensions", format_args!("{} in all", extensions.len()));
    }
}

/// Whether a certificate is valid at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    NotYet,
    Valid,
    Expired,
}

pub(super) fn when(certificate: &Certificate, now: UnixTime) -> When {
    let (from, until) = validity(certificate);
    match now {
        now if now < from => When::NotYet,
        now if now > until => When::Expired,
        _ => When::Valid,
    }
}

fn validity(certificate: &Certificate) -> (UnixTime, UnixTime) {
    let validity = certificate.tbs_certificate().validity();
    let secs = |time: x509_cert::time::Time| UnixTime::from_secs(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX));
    (secs(validity.not_before), secs(validity.not_after))
}

/// A name with its attributes in their order.
pub(super) fn name(name: &Name) -> String {
    let attribute = |attribute: &x509_cert::attr::AttributeTypeAndValue| {
        let oid = attribute.oid.to_string();
        let label = known(&oid).map_or(oid.clone(), str::to_owned);
        format!("{label}={}", der::text(attribute.value.value()))
    };
    if name.is_empty() {
        return "(empty)".to_owned();
    }
    let shown: Vec<_> = name.iter().take(MAX_ATTRIBUTES).map(attribute).collect();
    let more = if name.len() > MAX_ATTRIBUTES { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn extension(report: &mut Report, extension: &Extension) {
    let oid = extension.extn_id.to_string();
    let name = known(&oid).map_or(oid.clone(), |name| format!("{name} ({oid})"));
    let critical = if extension.critical { " critical" } else { "" };
    report.inner(format_args!("{name}{critical}"), value(&oid, extension.extn_value.as_bytes()));
}

fn value(oid: &str, bytes: &[u8]) -> String {
    let Some((outer, [])) = element(bytes) else { return format!("not DER: {}", hex(bytes)) };
    match oid {
        "2.5.29.19" => {
            let (inner, _) = elements(outer.value);
            let ca = inner.first().filter(|first| first.is(der::BOOLEAN)).is_some_and(|first| first.value.iter().any(|byte| *byte != 0));
            let path_length = inner.iter().find_map(|element| element.integer().filter(|_| element.is(der::INTEGER)));
            let path_length = path_length.map_or(String::new(), |length| format!(", at most {length} CAs below"));
            format!("{}{path_length}", if ca { "a CA" } else { "no CA" })
        }
        "2.5.29.15" => key_usage(outer.value),
        "2.5.29.37" => {
            let (inner, _) = elements(outer.value);
            inner.iter().take(16).map(der::Element::show).collect::<Vec<_>>().join(", ")
        }
        "1.3.6.1.4.1.45724.1.1.4" if outer.is(der::OCTET_STRING) => match <[u8; 16]>::try_from(outer.value) {
            Ok(aaguid) => passkeeper::types::Aaguid::new(aaguid).to_string(),
            Err(_) => format!("not 16 bytes: {}", hex(outer.value)),
        },
        _ => cut_more(&outer.show()),
    }
}

fn key_usage(bits: &[u8]) -> String {
    const NAMES: [&str; 8] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
    ];
    let first = bits.get(1).copied().unwrap_or_default();
    let named: Vec<_> = NAMES.iter().enumerate().filter(|(bit, _)| first & (0x80_u8 >> bit) != 0).map(|(_, name)| *name).collect();
    if named.is_empty() { "nothing".to_owned() } else { named.join(", ") }
}

fn cut_more(text: &str) -> String {
    clean(&cut(text))
}
