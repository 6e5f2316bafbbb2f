//! Certificate revocation lists, handed in as bytes.

use alloc::vec::Vec;
use core::fmt;

use x509_cert::certificate::Raw;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::der::Decode;

use super::certificate::{Certificate, is_oid, signed_part};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::types::UnixTime;

const REASON_CODE: &str = "2.5.29.21";

/// A revocation list as its issuer published it. It counts only for certificates of the issuer that signed it.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationList {
    der: Vec<u8>,
    parsed: CertificateList<Raw>,
}

impl RevocationList {
    /// Takes a CRL in DER.
    ///
    /// # Errors
    /// `revocation-list-malformed`.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let malformed = |e: x509_cert::der::Error| Error::new(ErrorCode::RevocationListMalformed).found(e);
        let parsed = CertificateList::from_der(der).map_err(malformed)?;
        signed_part(der).map_err(malformed)?;
        Ok(Self { der: der.to_vec(), parsed })
    }

    /// Whether this list, signed by `issuer`, revokes the certificate by this time. A list that is out of date
    /// still revokes; a forged one never does. A compromised key counts whatever the date: who knows since when.
    pub(super) fn revokes(
        &self,
        certificate: &Certificate<'_>,
        issuer: &Certificate<'_>,
        provider: &CryptoProvider,
        now: UnixTime,
    ) -> Result<bool> {
        let list = &self.parsed.tbs_cert_list;
        if list.issuer != *issuer.subject() {
            return Ok(false);
        }
        let revoked_at = |date: x509_cert::time::Time| i64::try_from(date.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        let mut entries = list.revoked_certificates.iter().flatten();
        let listed = entries.any(|entry| {
            let in_force = UnixTime::from_secs(revoked_at(entry.revocation_date)) <= now;
            entry.serial_number.as_bytes() == certificate.serial() && (in_force || tells_of_compromise(entry))
        });
        if !listed {
            return Ok(false);
        }
        let (Ok(signed), Some(signature)) = (signed_part(&self.der), self.parsed.signature.as_bytes()) else { return Ok(false) };
        Ok(issuer.verify(signed, &self.parsed.signature_algorithm, signature, provider, false).is_ok())
    }
}

/// Whether the reason is keyCompromise, cACompromise or aACompromise (RFC 5280 §5.3.1).
fn tells_of_compromise(entry: &RevokedCert<Raw>) -> bool {
    let mut extensions = entry.crl_entry_extensions.iter().flatten();
    extensions.any(|extension| is_oid(&extension.extn_id, REASON_CODE) && matches!(extension.extn_value.as_bytes(), [0x0a, 1, 1 | 2 | 10]))
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({})", self.parsed.tbs_cert_list.issuer)
    }
}
