//! Certificate paths: from a leaf, certificate by certificate in the given order, to a trust anchor.
//!
//! The order is the statement's: each certificate is issued by the next. So the work is bounded by the
//! length of the chain, which is limited, and the number of the caller's anchors that bear the issuer's name.

use alloc::vec::Vec;

use x509_cert::name::Name;

use super::certificate::{Certificate, ObjectIdentifier, oid};
use super::crl::RevocationList;
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::types::UnixTime;

/// The most certificates in a chain.
const MAX_CHAIN: usize = 8;
/// The most extensions of a certificate.
const MAX_EXTENSIONS: usize = 64;
const NAME_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.30");
const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");

/// Extensions that may be critical in a chain: what is checked here or by the format, and the
/// certificate policies of TPM chains, which only narrow what a certificate is for. extendedKeyUsage
/// may be too where the chain has a purpose to check it by.
const UNDERSTOOD: &[ObjectIdentifier] = &[
    oid("2.5.29.15"), // keyUsage
    oid("2.5.29.17"), // subjectAltName
    oid("2.5.29.19"), // basicConstraints
    oid("2.5.29.32"), // certificatePolicies
];

/// A certificate that is trusted because the relying party says so.
///
/// It matches by name and key: several certificates of one root exist in the field, some expired. Its own extensions and
/// dates are not judged (revocation lists that name it are), but for its word that it is a CA: without, unless it is
/// self-issued, it vouches for itself alone.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    der: Vec<u8>,
    subject: Name,
    spki: Vec<u8>,
    /// Whether it may issue others.
    issues: bool,
}

impl TrustAnchor {
    /// Takes a certificate in DER: a root, an intermediate, or a leaf that is pinned byte for byte.
    ///
    /// # Errors
    /// `certificate-malformed`.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let certificate = Certificate::parse(der)?;
        let issues = match certificate.basic_constraints() {
            Ok(Some((ca, _))) => ca,
            // Old roots say nothing, but sign themselves; leaves that say nothing are common too.
            Ok(None) => certificate.subject() == certificate.issuer(),
            Err(_) => false,
        };
        Ok(Self { subject: certificate.subject().clone(), spki: certificate.spki_der()?, der: der.to_vec(), issues })
    }

    /// The certificate in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }
}

impl core::fmt::Debug for TrustAnchor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TrustAnchor({})", self.subject)
    }
}

/// Everything outside a chain that it is judged by.
pub(crate) struct Judge<'a> {
    pub(crate) anchors: &'a [&'a TrustAnchor],
    pub(crate) revocations: &'a [RevocationList],
    /// Whether SHA-1 may sign certificates.
    pub(crate) allow_sha1: bool,
    pub(crate) provider: &'a CryptoProvider,
    /// What the chain is for, as extendedKeyUsage says it: where a certificate below the anchor limits its purposes, this
    /// is one of them. `None`: its format has no such purpose.
    pub(crate) purpose: Option<ObjectIdentifier>,
    /// When the certificates have to be valid.
    pub(crate) now: UnixTime,
    /// Up to when revocations count.
    pub(crate) revoked_by: UnixTime,
}

/// A chain that leads to an anchor.
pub(crate) struct Trusted<'a> {
    pub(crate) anchor: &'a TrustAnchor,
    /// How many certificates of the chain stand below it.
    pub(crate) below: usize,
}

/// Where a chain stops, counted from the leaf, and why.
fn stopped(at: usize, error: Error) -> Error {
    error.subject(format_args!("certificate {at} of the chain"))
}

/// Refuses a chain of too many certificates, before any of them is parsed.
pub(crate) fn check_length(certificates: usize) -> Result<()> {
    if certificates <= MAX_CHAIN {
        return Ok(());
    }
    Err(Error::new(ErrorCode::CertificateChainTooLong).expected(MAX_CHAIN).found(certificates))
}

/// Follows the chain to an anchor.
pub(crate) fn validate<'a>(chain: &[Certificate<'_>], judge: &Judge<'a>) -> Result<Trusted<'a>> {
    check_length(chain.len())?;
    // A chain that leads nowhere has no key to call a list forged by: what is named there is refused, whatever else is wrong.
    follow(chain, judge).map_err(|error| match chain.iter().position(|certificate| judge.is_named(certificate)) {
        Some(at) if !error.tells_of_revocation() => stopped(at, issuer_unknown().found(error.code())),
        _ => error,
    })
}

/// A list names a certificate, and no anchor vouches for the key that would tell whether the list is forged.
fn issuer_unknown() -> Error {
    Error::new(ErrorCode::RevocationListUnverifiable).expected("the issuer's certificate")
}

fn follow<'a>(chain: &[Certificate<'_>], judge: &Judge<'a>) -> Result<Trusted<'a>> {
    for (at, certificate) in chain.iter().enumerate() {
        if let Some(anchor) = judge.is_anchor(certificate, at)? {
            judge.check_anchor_revocation(anchor, chain).map_err(|e| stopped(at, e))?;
            return Ok(Trusted { anchor, below: at });
        }
        judge.check_certificate(certificate, at).map_err(|e| stopped(at, e))?;
        let above = at.saturating_add(1);
        let untrusted = match judge.issuing_anchor(certificate) {
            Ok((anchor, issuer)) => {
                judge.check_revocation(certificate, Some(&issuer), &[]).map_err(|e| stopped(at, e))?;
                judge.check_anchor_revocation(anchor, chain).map_err(|e| e.subject("the anchor"))?;
                return Ok(Trusted { anchor, below: above });
            }
            Err(error) => error,
        };
        let Some(issuer) = chain.get(above) else { return Err(stopped(at, untrusted)) };
        if issuer.subject() != certificate.issuer() {
            return Err(stopped(at, Error::new(ErrorCode::CertificateIssuerMismatch)));
        }
        issuer.verify_issued(certificate, judge.provider, judge.allow_sha1).map_err(|e| stopped(at, e))?;
        judge.check_revocation(certificate, Some(issuer), &[]).map_err(|e| stopped(at, e))?;
    }
    Err(ErrorCode::AttestationUntrusted.into())
}

impl<'a> Judge<'a> {
    /// A pinned leaf, byte for byte; or a later certificate with an anchor's name and key, whatever its own dates.
    fn is_anchor(&self, certificate: &Certificate<'_>, at: usize) -> Result<Option<&'a TrustAnchor>> {
        if at == 0 {
            return Ok(self.anchors.iter().copied().find(|anchor| anchor.der == certificate.der()));
        }
        let spki = certificate.spki_der()?;
        let mut issuers = self.anchors.iter().copied().filter(|anchor| anchor.issues);
        Ok(issuers.find(|anchor| anchor.subject == *certificate.subject() && anchor.spki == spki))
    }

    /// The anchor whose key signed the certificate, with its certificate. Where there is one by name alone, the error says so.
    fn issuing_anchor(&self, certificate: &Certificate<'_>) -> Result<(&'a TrustAnchor, Certificate<'a>)> {
        let mut untrusted = Error::new(ErrorCode::AttestationUntrusted);
        let namesakes = self.anchors.iter().copied().filter(|anchor| anchor.issues && anchor.subject == *certificate.issuer());
        for anchor in namesakes {
            let issuer = Certificate::parse(&anchor.der)?;
            match issuer.verify_issued(certificate, self.provider, self.allow_sha1) {
                Ok(()) => return Ok((anchor, issuer)),
                Err(e) => untrusted = untrusted.expected(format_args!("a signature of the anchor {}", anchor.subject)).found(e.code()),
            }
        }
        Err(untrusted)
    }

    fn check_certificate(&self, certificate: &Certificate<'_>, at: usize) -> Result<()> {
        let (not_before, not_after) = certificate.validity();
        if self.now < not_before {
            return Err(Error::new(ErrorCode::CertificateNotYetValid).expected(format_args!("from {not_before}")).found(self.now));
        }
        if self.now > not_after {
            return Err(Error::new(ErrorCode::CertificateExpired).expected(format_args!("until {not_after}")).found(self.now));
        }
        let mut seen = Vec::new();
        for (id, extension) in certificate.extensions() {
            if seen.contains(&id) || seen.len() >= MAX_EXTENSIONS {
                return Err(Error::new(ErrorCode::CertificateMalformed).subject("repeated or too many extensions").found(id));
            }
            seen.push(id);
            // A constraint on names binds even where it is not critical.
            let ignorable = !extension.critical && id != NAME_CONSTRAINTS;
            let purposes = id == EXTENDED_KEY_USAGE && self.purpose.is_some();
            if !ignorable && !purposes && !UNDERSTOOD.contains(&id) {
                return Err(Error::new(ErrorCode::CertificateCriticalExtension).found(id));
            }
        }
        if let Some(purpose) = self.purpose
            && !certificate.allows_purpose(purpose)?
        {
            return Err(Error::new(ErrorCode::CertificateKeyUsage).subject("extendedKeyUsage").expected(purpose));
        }
        if at == 0 {
            return if certificate.may_sign()? { Ok(()) } else { Err(ErrorCode::CertificateKeyUsage.into()) };
        }
        if !certificate.is_version_3() {
            return Err(Error::new(ErrorCode::CertificateNotCa).expected("version 3"));
        }
        // An intermediate: a CA, allowed to sign certificates, with so many intermediates below it.
        let Some((true, path_len)) = certificate.basic_constraints()? else { return Err(ErrorCode::CertificateNotCa.into()) };
        if path_len.is_some_and(|len| at.saturating_sub(1) > usize::from(len)) {
            return Err(ErrorCode::CertificatePathLength.into());
        }
        if !certificate.may_sign_certificates()? {
            return Err(ErrorCode::CertificateKeyUsage.into());
        }
        Ok(())
    }

    /// Whether a list names the certificate.
    fn is_named(&self, certificate: &Certificate<'_>) -> bool {
        self.revocations.iter().any(|list| list.names(certificate, self.revoked_by))
    }

    /// Refuses a certificate that a list names. Any key of the issuer's name can convict: its own, another anchor's (a CA's
    /// new key) or a witness's, from the chain. Its own alone can acquit, by not having signed the list.
    fn check_revocation(
        &self,
        certificate: &Certificate<'_>,
        issuer: Option<&Certificate<'_>>,
        witnesses: &[&Certificate<'_>],
    ) -> Result<()> {
        for list in self.revocations.iter().filter(|list| list.names(certificate, self.revoked_by)) {
            let namesakes = self.anchors_of(list)?;
            let mut doubt = if issuer.is_some() { Ok(()) } else { Err(issuer_unknown()) };
            for key in issuer.into_iter().chain(&namesakes).chain(witnesses.iter().copied()) {
                match list.is_signed_by(key, self.provider, self.allow_sha1) {
                    Ok(true) => return Err(ErrorCode::CertificateRevoked.into()),
                    Ok(false) => {}
                    Err(error) => doubt = doubt.and(Err(error)),
                }
            }
            doubt?;
        }
        Ok(())
    }

    /// The anchors in whose name a list is.
    fn anchors_of(&self, list: &RevocationList) -> Result<Vec<Certificate<'a>>> {
        self.anchors.iter().filter(|anchor| list.is_by(&anchor.subject)).map(|anchor| Certificate::parse(&anchor.der)).collect()
    }

    /// An anchor is looked up as well. Its issuer is nobody's business on the path, so its key comes from another anchor; a
    /// certificate of the chain that signed it is but a witness. Another key than the issuer's may fit a signature (of
    /// ECDSA it can be worked out), and whoever was revoked would bring one along that acquits.
    fn check_anchor_revocation(&self, anchor: &TrustAnchor, chain: &[Certificate<'_>]) -> Result<()> {
        if self.revocations.is_empty() {
            return Ok(());
        }
        let certificate = Certificate::parse(&anchor.der)?;
        let Some(list) = self.revocations.iter().find(|list| list.names(&certificate, self.revoked_by)) else { return Ok(()) };
        let signed = |issuer: &&Certificate<'_>| issuer.verify_issued(&certificate, self.provider, self.allow_sha1).is_ok();
        let anchors = self.anchors_of(list)?;
        let witnesses: Vec<_> = chain.iter().filter(|issuer| list.is_by(issuer.subject())).filter(signed).collect();
        self.check_revocation(&certificate, anchors.iter().find(signed), &witnesses)
    }
}
