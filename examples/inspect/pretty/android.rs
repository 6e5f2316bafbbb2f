//! The key description in an Android certificate.

use passkeeper::ErrorCode;

use super::Report;
use super::statement::Subject;
use crate::der::{self, Element, element, elements};
use crate::text::hex;

pub(super) const KEY_DESCRIPTION: &str = "1.3.6.1.4.1.11129.2.1.17";

/// More entries of a list are not shown.
const MAX_ENTRIES: usize = 64;
const PURPOSE: u32 = 1;
const ALL_APPLICATIONS: u32 = 600;
const ORIGIN: u32 = 702;

pub(super) fn show(report: &mut Report, subject: &Subject<'_>, description: Option<&[u8]>) {
    report.section("Android key description");
    let malformed = ErrorCode::AndroidKeyDescriptionMalformed;
    let Some(description) = description else {
        report.fault(malformed, "the leaf has no key description");
        return;
    };
    let fields = element(description).filter(|(outer, _)| outer.constructed).map(|(outer, _)| elements(outer.value).0).unwrap_or_default();
    let tags = [der::INTEGER, der::ENUMERATED, der::INTEGER, der::ENUMERATED, der::OCTET_STRING, der::OCTET_STRING, 16, 16];
    let names =
        ["version", "security level", "keymint version", "keymint level", "challenge", "unique ID", "softwareEnforced", "hardwareEnforced"];
    let (mut origins, mut purposes) = (Vec::new(), Vec::new());
    for (number, (name, tag)) in names.into_iter().zip(tags).enumerate() {
        let Some(field) = fields.get(number) else {
            report.fault(malformed, format_args!("the key description ends before {name}"));
            return;
        };
        if !field.is(tag) {
            report.fault(malformed, format_args!("{name} is of the universal tag {}, should be {tag}", field.number));
        }
        match name {
            "security level" | "keymint level" => report.line(name, level(field)),
            "challenge" => challenge(report, subject, field.value),
            "unique ID" => report.line(name, hex(field.value)),
            "softwareEnforced" | "hardwareEnforced" => {
                report.line(name, "");
                list(report, field.value, &mut origins, &mut purposes);
            }
            _ => report.line(name, field.show()),
        }
    }
    if origins.is_empty() || origins.iter().any(|origin| *origin != Some(0)) {
        report.fault(ErrorCode::AndroidKeyOrigin, "no list says that the key was generated in the keystore, or one says otherwise");
    }
    if purposes.is_empty() || purposes.iter().any(|purposes| purposes != &[Some(2)]) {
        report.fault(ErrorCode::AndroidKeyPurpose, "no list says that the key is for signing alone, or one says otherwise");
    }
}

fn level(field: &Element<'_>) -> String {
    let name = match field.integer() {
        Some(0) => "software",
        Some(1) => "trusted environment",
        Some(2) => "StrongBox",
        _ => "unknown",
    };
    format!("{name} ({})", field.show())
}

fn challenge(report: &mut Report, subject: &Subject<'_>, found: &[u8]) {
    let Some(expected) = subject.client_data_hash() else {
        report.line("challenge", hex(found));
        return;
    };
    let verdict = if found == expected { Ok(()) } else { Err(ErrorCode::AttestationNonceMismatch) };
    report.checked("challenge", hex(found), format_args!("{}, the hash of the client data", hex(&expected)), verdict);
}

fn list(report: &mut Report, content: &[u8], origins: &mut Vec<Option<i64>>, purposes: &mut Vec<Vec<Option<i64>>>) {
    let (entries, whole) = elements(content);
    for entry in entries.iter().take(MAX_ENTRIES) {
        let inner = element(entry.value).map(|(inner, _)| inner);
        report.inner(tag_name(entry.number), inner.map_or_else(|| hex(entry.value), |inner| inner.show()));
        match entry.number {
            ORIGIN => origins.push(inner.and_then(|inner| inner.integer())),
            PURPOSE => {
                let set = inner.map(|inner| elements(inner.value).0).unwrap_or_default();
                purposes.push(set.iter().map(Element::integer).collect());
            }
            ALL_APPLICATIONS => report.fault(ErrorCode::AndroidKeyAllApplications, "allApplications: every application may use the key"),
            _ => {}
        }
    }
    if !whole || entries.len() > MAX_ENTRIES {
        report.inner("…", "");
    }
}

fn tag_name(number: u32) -> String {
    let name = match number {
        PURPOSE => "purpose",
        2 => "algorithm",
        3 => "keySize",
        5 => "digest",
        6 => "padding",
        10 => "ecCurve",
        200 => "rsaPublicExponent",
        303 => "rollbackResistance",
        400 => "activeDateTime",
        401 => "originationExpire",
        402 => "usageExpire",
        503 => "noAuthRequired",
        504 => "userAuthType",
        505 => "authTimeout",
        ALL_APPLICATIONS => "allApplications",
        701 => "creationDateTime",
        ORIGIN => "origin",
        704 => "rootOfTrust",
        705 => "osVersion",
        706 => "osPatchLevel",
        709 => "applicationId",
        718 => "vendorPatchLevel",
        719 => "bootPatchLevel",
        _ => return format!("[{number}]"),
    };
    format!("{name} [{number}]")
}
