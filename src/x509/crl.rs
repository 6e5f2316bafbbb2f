//! Certificate revocation lists, handed in as bytes.

use alloc::vec::Vec;
use core::fmt;

use x509_cert::certificate::Raw;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::der::Decode;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;

use super::certificate::{Certificate, is_oid, signed_part};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::types::UnixTime;

const DELTA_INDICATOR: &str = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
const REASON: &str = "2.5.29.21";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";
/// The reason removeFromCRL, which only a delta can give.
const REMOVED: &[u8] = &[0x0a, 0x01, 0x08];

/// A revocation list as its issuer published it. It counts only for certificates of the issuer that signed it.
///
/// What it names is never taken for sound: if it names a certificate, and its signature cannot be judged, because its
/// algorithm is unsupported (SHA-1 without `danger_accept_sha1_certificates`) or because the issuer's key is not known,
/// the certificate is refused with `revocation-list-unverifiable`. What it does not name, it says nothing of: a list may
/// be partial (one distribution point's, or of some reasons).
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationList {
    der: Vec<u8>,
    parsed: CertificateList<Raw>,
}

impl RevocationList {
    /// Takes a CRL in DER: a whole one about the issuer's own certificates.
    ///
    /// # Errors
    /// `revocation-list-malformed`; `revocation-list-unsupported` if it is a delta, an indirect list or one of attribute
    /// certificates, or if it has another critical extension (RFC 5280 §5.2, §5.3).
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let malformed = || Error::new(ErrorCode::RevocationListMalformed);
        let parsed = CertificateList::<Raw>::from_der(der).map_err(|e| malformed().found(e))?;
        signed_part(der).map_err(|e| malformed().found(e))?;
        let list = &parsed.tbs_cert_list;
        if list.signature != parsed.signature_algorithm {
            return Err(malformed().subject("two signature algorithms"));
        }
        if parsed.signature.as_bytes().is_none() {
            return Err(malformed().subject("unused bits in the signature"));
        }
        list.crl_extensions.iter().flatten().try_for_each(check_extension)?;
        list.revoked_certificates.iter().flatten().flat_map(|entry| &entry.crl_entry_extensions).flatten().try_for_each(check_of_entry)?;
        Ok(Self { der: der.to_vec(), parsed })
    }

    /// Whether this list names the certificate, by issuer and serial number, as of this time. A list that is out of date
    /// still does, and a compromised key counts whatever the date: who knows since when.
    pub(super) fn names(&self, certificate: &Certificate<'_>, now: UnixTime) -> bool {
        let list = &self.parsed.tbs_cert_list;
        if list.issuer != *certificate.issuer() {
            return false;
        }
        let revoked_at = |date: x509_cert::time::Time| i64::try_from(date.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        let mut entries = list.revoked_certificates.iter().flatten();
        entries.any(|entry| {
            let in_force = UnixTime::from_secs(revoked_at(entry.revocation_date)) <= now;
            entry.serial_number.as_bytes() == certificate.serial() && (in_force || tells_of_compromise(entry))
        })
    }

    /// Whether this key signed the list; an error if that cannot be judged. A forged list never revokes.
    pub(super) fn is_signed_by(&self, issuer: &Certificate<'_>, provider: &CryptoProvider, allow_sha1: bool) -> Result<bool> {
        let malformed = || Error::new(ErrorCode::RevocationListMalformed);
        let signed = signed_part(&self.der).map_err(|e| malformed().found(e))?;
        let signature = self.parsed.signature.as_bytes().ok_or_else(malformed)?;
        match issuer.verify(signed, &self.parsed.signature_algorithm, signature, provider, allow_sha1) {
            Ok(()) => Ok(true),
            Err(error) if error.error_code() == ErrorCode::CertificateSignatureInvalid => Ok(false),
            Err(error) => Err(Error::new(ErrorCode::RevocationListUnverifiable).found(error)),
        }
    }
}

/// §5.2: an extension of the whole list.
fn check_extension(extension: &Extension) -> Result<()> {
    let refused = |what: &str| Err(Error::new(ErrorCode::RevocationListUnsupported).subject(what).found(extension.extn_id));
    if is_oid(&extension.extn_id, ISSUING_DISTRIBUTION_POINT) {
        // A part of the issuer's revoked certificates revokes them as well as the whole; other people's are another matter.
        return match IssuingDistributionPoint::from_der(extension.extn_value.as_bytes()) {
            Ok(point) if !point.indirect_crl && !point.only_contains_attribute_certs => Ok(()),
            _ => refused("issuing distribution point"),
        };
    }
    match extension.critical || is_oid(&extension.extn_id, DELTA_INDICATOR) {
        true => refused("extension"),
        false => Ok(()),
    }
}

/// §5.3: an extension of one entry.
fn check_of_entry(extension: &Extension) -> Result<()> {
    let is = |oid| is_oid(&extension.extn_id, oid);
    let reason = is(REASON);
    if (extension.critical && !reason) || is(CERTIFICATE_ISSUER) || (reason && extension.extn_value.as_bytes() == REMOVED) {
        return Err(Error::new(ErrorCode::RevocationListUnsupported).subject("an entry's extension").found(extension.extn_id));
    }
    Ok(())
}

/// Whether the reason is keyCompromise, cACompromise or aACompromise (RFC 5280 §5.3.1).
fn tells_of_compromise(entry: &RevokedCert<Raw>) -> bool {
    let mut extensions = entry.crl_entry_extensions.iter().flatten();
    extensions.any(|extension| is_oid(&extension.extn_id, REASON) && matches!(extension.extn_value.as_bytes(), [0x0a, 1, 1 | 2 | 10]))
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({})", self.parsed.tbs_cert_list.issuer)
    }
}
