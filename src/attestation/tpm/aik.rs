//! The certificate of a TPM's attestation identity key (§8.3.1).

use x509_cert::der::Decode;
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};

use crate::attestation::Attested;
use crate::attestation::certified::{self, AAGUID};
use crate::error::{Error, ErrorCode, Result};
use crate::x509::{Certificate, ObjectIdentifier, oid};

const SUBJECT_ALT_NAME: ObjectIdentifier = oid("2.5.29.17");
const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
/// tcg-kp-AIKCertificate.
pub(in crate::attestation) const AIK_CERTIFICATE: ObjectIdentifier = oid("2.23.133.8.3");
const MANUFACTURER: ObjectIdentifier = oid("2.23.133.2.1");
const MODEL: ObjectIdentifier = oid("2.23.133.2.2");
const VERSION: ObjectIdentifier = oid("2.23.133.2.3");
/// The vector of the specification and FIDO's conformance tool.
const TEST_VENDORS: &[&str] = &["id:00000000", "id:FFFFF1D0"];

pub(super) fn check(leaf: &Certificate<'_>, attested: &Attested<'_>) -> Result<()> {
    certified::check_version_3(leaf)?;
    if !leaf.subject().is_empty() {
        return Err(Error::new(ErrorCode::AttestationCertificateSubject).expected("an empty subject"));
    }
    check_vendor(leaf, attested.rules.danger_accept_test_tpm_vendors)?;
    check_usage(leaf)?;
    certified::check_not_ca(leaf)?;
    certified::check_aaguid(leaf, AAGUID, attested)
}

/// The alternative name tells manufacturer, model and version of the TPM, in one RDN or in several.
fn check_vendor(leaf: &Certificate<'_>, accept_tests: bool) -> Result<()> {
    let wrong = |subject: &str| Error::new(ErrorCode::TpmAlternativeName).subject(subject);
    let extension = leaf.extension(SUBJECT_ALT_NAME)?.ok_or_else(|| wrong("missing"))?;
    if !extension.critical {
        return Err(wrong("not critical"));
    }
    let names = GeneralNames::from_der(extension.value).map_err(|_| wrong("malformed"))?;
    let directory = names.iter().find_map(|name| if let GeneralName::DirectoryName(name) = name { Some(name) } else { None });
    let directory = directory.ok_or_else(|| wrong("no directory name"))?;
    for (oid, part) in [(MODEL, "model"), (VERSION, "version")] {
        certified::text(directory, oid).ok_or_else(|| wrong(part))?;
    }
    let vendor = certified::text(directory, MANUFACTURER).ok_or_else(|| wrong("manufacturer"))?;
    let well_formed = vendor.strip_prefix("id:").is_some_and(|hex| hex.len() == 8 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if !well_formed {
        return Err(wrong("manufacturer").found(vendor));
    }
    if TEST_VENDORS.iter().any(|test| test.eq_ignore_ascii_case(&vendor)) && !accept_tests {
        return Err(Error::new(ErrorCode::TpmVendor).found(vendor));
    }
    Ok(())
}

fn check_usage(leaf: &Certificate<'_>) -> Result<()> {
    let extension = leaf.extension(EXTENDED_KEY_USAGE)?.ok_or(ErrorCode::TpmKeyUsage)?;
    let usages = ExtendedKeyUsage::from_der(extension.value).map_err(|_| ErrorCode::TpmKeyUsage)?;
    if usages.0.contains(&AIK_CERTIFICATE) { Ok(()) } else { Err(ErrorCode::TpmKeyUsage.into()) }
}
