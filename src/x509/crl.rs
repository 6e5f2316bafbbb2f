//! Certificate revocation lists, handed in as bytes.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use x509_cert::certificate::Raw;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::der::Decode;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::name::Name;

use super::certificate::{Certificate, ObjectIdentifier, oid, signed_part};
use super::name::{Folded, folded};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::types::UnixTime;

const DELTA_INDICATOR: ObjectIdentifier = oid("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");
const REASON: ObjectIdentifier = oid("2.5.29.21");
const CERTIFICATE_ISSUER: ObjectIdentifier = oid("2.5.29.29");
/// The reason removeFromCRL, which only a delta can give.
const REMOVED: &[u8] = &[0x0a, 0x01, 0x08];

/// A revocation list as its issuer published it. It counts only for certificates of the issuer that signed it, however
/// that issuer's name is written (RFC 5280 §7.1).
///
/// What it names is refused: with `certificate-revoked` if the key of the issuer signed the list, or that of another
/// anchor of the issuer's name; with `revocation-list-unverifiable` if its signature cannot be judged, because its
/// algorithm is unsupported (SHA-1 without `danger_accept_sha1_certificates`), or because no anchor vouches for the
/// issuer's key: what a response brings along can convict, but never acquit. Only a list that the issuer's own key did not
/// sign, an anchor's or one on the path to an anchor, is forged and ignored. What a list does not name, it says nothing
/// of: it may be partial (one distribution point's, or of some reasons).
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationList {
    der: Vec<u8>,
    /// Without the entries, which are in `revoked`.
    parsed: CertificateList<Raw>,
    issuer: Folded,
    /// By serial number, since when; a compromised key since ever, because who knows since when.
    revoked: BTreeMap<Vec<u8>, UnixTime>,
}

impl RevocationList {
    /// Takes a CRL in DER: a whole one about the issuer's own certificates.
    ///
    /// # Errors
    /// `revocation-list-malformed`; `revocation-list-unsupported` if it is a delta, an indirect list or one of attribute
    /// certificates, or if it has another critical extension (RFC 5280 §5.2, §5.3).
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let malformed = || Error::new(ErrorCode::RevocationListMalformed);
        let mut parsed = CertificateList::<Raw>::from_der(der).map_err(|e| malformed().found(e))?;
        signed_part(der).map_err(|e| malformed().found(e))?;
        let list = &parsed.tbs_cert_list;
        if list.signature != parsed.signature_algorithm {
            return Err(malformed().subject("two signature algorithms"));
        }
        if parsed.signature.as_bytes().is_none() {
            return Err(malformed().subject("unused bits in the signature"));
        }
        list.crl_extensions.iter().flatten().try_for_each(check_extension)?;
        let issuer = folded(&list.issuer);
        let mut revoked = BTreeMap::new();
        for entry in parsed.tbs_cert_list.revoked_certificates.take().into_iter().flatten() {
            entry.crl_entry_extensions.iter().flatten().try_for_each(check_of_entry)?;
            let since = revoked_since(&entry);
            let earliest = revoked.entry(entry.serial_number.as_bytes().to_vec()).or_insert(since);
            *earliest = since.min(*earliest);
        }
        Ok(Self { der: der.to_vec(), parsed, issuer, revoked })
    }

    /// Whether this list names the certificate, by issuer and serial number, as of this time. A list that is out of date
    /// still does.
    pub(super) fn names(&self, certificate: &Certificate<'_>, now: UnixTime) -> bool {
        let in_force = self.revoked.get(certificate.serial()).is_some_and(|since| *since <= now);
        in_force && self.is_by(certificate.issuer())
    }

    /// Whether the list is in this one's name.
    pub(super) fn is_by(&self, issuer: &Name) -> bool {
        self.issuer == folded(issuer)
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
    if extension.extn_id == ISSUING_DISTRIBUTION_POINT {
        // A part of the issuer's revoked certificates revokes them as well as the whole; other people's are another matter.
        return match IssuingDistributionPoint::from_der(extension.extn_value.as_bytes()) {
            Ok(point) if !point.indirect_crl && !point.only_contains_attribute_certs => Ok(()),
            _ => refused("issuing distribution point"),
        };
    }
    match extension.critical || extension.extn_id == DELTA_INDICATOR {
        true => refused("extension"),
        false => Ok(()),
    }
}

/// §5.3: an extension of one entry.
fn check_of_entry(extension: &Extension) -> Result<()> {
    let is = |oid| extension.extn_id == oid;
    let reason = is(REASON);
    if (extension.critical && !reason) || is(CERTIFICATE_ISSUER) || (reason && extension.extn_value.as_bytes() == REMOVED) {
        return Err(Error::new(ErrorCode::RevocationListUnsupported).subject("an entry's extension").found(extension.extn_id));
    }
    Ok(())
}

/// The date of an entry; none where the reason is keyCompromise, cACompromise or aACompromise (RFC 5280 §5.3.1).
fn revoked_since(entry: &RevokedCert<Raw>) -> UnixTime {
    let compromise = |e: &Extension| e.extn_id == REASON && matches!(e.extn_value.as_bytes(), [0x0a, 1, 1 | 2 | 10]);
    if entry.crl_entry_extensions.iter().flatten().any(compromise) {
        return UnixTime::from_secs(i64::MIN);
    }
    UnixTime::from_secs(i64::try_from(entry.revocation_date.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationList({})", self.parsed.tbs_cert_list.issuer)
    }
}
