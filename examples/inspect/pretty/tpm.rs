//! The structures of a TPM statement, field by field.

use passkeeper::ErrorCode;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::Report;
use super::statement::Subject;
use crate::cbor::Node;
use crate::text::{hex, quoted};

const MAGIC: u32 = 0xff54_4347;
const CERTIFY: u16 = 0x8017;
const NULL: u16 = 0x0010;

pub(super) fn show(report: &mut Report, subject: &Subject<'_>, statement: &Node) {
    if let Some(version) = statement.get("ver").and_then(Node::as_text).filter(|version| *version != "2.0") {
        report.fault(ErrorCode::TpmVersion, format_args!("ver is {}, should be \"2.0\"", quoted(version)));
    }
    let bytes = |name| statement.get(name).and_then(Node::as_bytes);
    let public = bytes("pubArea");
    if let Some(public) = public {
        report.section(format_args!("pubArea, {} bytes", public.len()));
        if public_area(report, public).is_none() {
            report.fault(ErrorCode::AttestationStatementMalformed, "pubArea cannot be read to its end");
        }
    }
    if let Some(info) = bytes("certInfo") {
        report.section(format_args!("certInfo, {} bytes", info.len()));
        let alg = statement.get("alg").and_then(Node::as_int);
        if cert_info(report, subject, info, alg, public).is_none() {
            report.fault(ErrorCode::AttestationStatementMalformed, "certInfo cannot be read to its end");
        }
    }
}

fn public_area(report: &mut Report, bytes: &[u8]) -> Option<()> {
    let mut fields = Fields(bytes);
    let kind = fields.u16()?;
    report.line("type", format_args!("{} ({kind:#06x})", algorithm(kind)));
    let name_alg = fields.u16()?;
    report.line("nameAlg", format_args!("{} ({name_alg:#06x})", algorithm(name_alg)));
    report.line("objectAttributes", attributes(fields.u32()?));
    report.line("authPolicy", hex(fields.sized()?));
    let symmetric = fields.u16()?;
    report.line("symmetric", algorithm(symmetric));
    if symmetric != NULL {
        report.inner("key bits", fields.u16()?);
        report.inner("mode", algorithm(fields.u16()?));
    }
    fields.scheme(report, "scheme")?;
    if kind == 0x0001 {
        report.line("key bits", fields.u16()?);
        let exponent = fields.u32()?;
        report.line("exponent", if exponent == 0 { "0 (means 65537)".to_owned() } else { exponent.to_string() });
        report.line("modulus", hex(fields.sized()?));
    } else {
        let curve = fields.u16()?;
        let name = match curve {
            3 => "P-256",
            4 => "P-384",
            5 => "P-521",
            _ => "unknown",
        };
        report.line("curve", format_args!("{name} ({curve:#06x})"));
        fields.scheme(report, "kdf")?;
        report.line("x", hex(fields.sized()?));
        report.line("y", hex(fields.sized()?));
    }
    fields.0.is_empty().then_some(())
}

fn attributes(bits: u32) -> String {
    let names = [
        (1, "fixedTPM"),
        (2, "stClear"),
        (4, "fixedParent"),
        (5, "sensitiveDataOrigin"),
        (6, "userWithAuth"),
        (7, "adminWithPolicy"),
        (10, "noDA"),
        (11, "encryptedDuplication"),
        (16, "restricted"),
        (17, "decrypt"),
        (18, "sign"),
    ];
    let set: Vec<_> = names.into_iter().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| name).collect();
    format!("{bits:#010x} {}", set.join(" "))
}

fn cert_info(report: &mut Report, subject: &Subject<'_>, bytes: &[u8], alg: Option<i64>, public: Option<&[u8]>) -> Option<()> {
    let mut fields = Fields(bytes);
    let magic = fields.u32()?;
    let verdict = if magic == MAGIC { Ok(()) } else { Err(ErrorCode::TpmMagic) };
    report.checked("magic", format_args!("{magic:#010x}"), format_args!("{MAGIC:#010x}"), verdict);
    let kind = fields.u16()?;
    let verdict = if kind == CERTIFY { Ok(()) } else { Err(ErrorCode::TpmAttestationType) };
    report.checked("type", format_args!("{kind:#06x}"), format_args!("{CERTIFY:#06x}"), verdict);
    report.line("qualifiedSigner", hex(fields.sized()?));
    let extra = fields.sized()?;
    match subject.signed().and_then(|signed| signature_digest(alg?, &signed)) {
        Some(expected) => {
            let verdict = if extra == expected { Ok(()) } else { Err(ErrorCode::AttestationNonceMismatch) };
            report.checked("extraData", hex(extra), hex(&expected), verdict);
        }
        None => report.line("extraData", hex(extra)),
    }
    let clock = fields.take(17)?;
    report.line("clockInfo", hex(clock));
    report.line("firmwareVersion", hex(fields.take(8)?));
    let name = fields.sized()?;
    match public.and_then(object_name) {
        Some(expected) => {
            let verdict = if name == expected { Ok(()) } else { Err(ErrorCode::TpmNameMismatch) };
            report.checked("name", hex(name), hex(&expected), verdict);
        }
        None => report.line("name", hex(name)),
    }
    report.line("qualifiedName", hex(fields.sized()?));
    fields.0.is_empty().then_some(())
}

/// The hash that the statement's algorithm uses, of this.
fn signature_digest(alg: i64, message: &[u8]) -> Option<Vec<u8>> {
    Some(match alg {
        -65_535 => Sha1::digest(message).to_vec(),
        -7 | -9 | -37 | -257 => Sha256::digest(message).to_vec(),
        -35 | -38 | -51 | -258 => Sha384::digest(message).to_vec(),
        -36 | -39 | -52 | -259 => Sha512::digest(message).to_vec(),
        _ => return None,
    })
}

/// nameAlg and the hash of the public area under it.
fn object_name(public: &[u8]) -> Option<Vec<u8>> {
    let name_alg = public.get(2..4)?;
    let digest = match name_alg {
        [0, 0x04] => Sha1::digest(public).to_vec(),
        [0, 0x0b] => Sha256::digest(public).to_vec(),
        [0, 0x0c] => Sha384::digest(public).to_vec(),
        [0, 0x0d] => Sha512::digest(public).to_vec(),
        _ => return None,
    };
    Some([name_alg, &digest].concat())
}

fn algorithm(id: u16) -> &'static str {
    match id {
        0x0001 => "RSA",
        0x0004 => "SHA-1",
        0x0006 => "AES",
        0x000b => "SHA-256",
        0x000c => "SHA-384",
        0x000d => "SHA-512",
        NULL => "none",
        0x0014 => "RSASSA",
        0x0016 => "RSAPSS",
        0x0018 => "ECDSA",
        0x0023 => "ECC",
        0x0043 => "CFB",
        _ => "unknown",
    }
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.take(len.into())
    }

    fn scheme(&mut self, report: &mut Report, name: &str) -> Option<()> {
        let scheme = self.u16()?;
        report.line(name, format_args!("{} ({scheme:#06x})", algorithm(scheme)));
        if scheme != NULL {
            report.inner("hash", algorithm(self.u16()?));
        }
        Some(())
    }
}
