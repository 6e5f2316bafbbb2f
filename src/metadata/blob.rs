//! The BLOB: a signed list of entries. Those that cannot be read are skipped and reported.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::Value;

use super::entry::Anchor;
use super::{AuthenticatorStatus, Body, Metadata, MetadataEntry, StatusReport, VERSION};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::types::{Aaguid, UnixTime};
use crate::x509::{Certificate, Judge, Jws, RevocationList, SERVER_AUTH, TrustAnchor, validate};

/// Who signs FIDO's own BLOB. Its root also certifies half the web, so the name matters.
const SIGNER: &str = "mds.fidoalliance.org";
/// The largest BLOB, in bytes; FIDO's has about ten megabytes.
const MAX_BLOB: usize = 64 * 1024 * 1024;

/// Verifies BLOBs against a root.
#[derive(Clone, Debug)]
pub struct BlobVerifier {
    roots: Vec<TrustAnchor>,
    revocations: Vec<RevocationList>,
    signer: String,
}

/// Something in the BLOB that is not as it should be, and what was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The entry's position in the BLOB.
    pub entry: usize,
    /// What of it was skipped.
    pub part: SkippedPart,
    /// Why.
    pub reason: String,
}

/// What of an entry was skipped; the rest of it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SkippedPart {
    /// All of it.
    Entry,
    /// The root certificate at this position.
    Root(usize),
    /// The date of the status report at this position: the report is kept, as one that has always been in force.
    EffectiveDate(usize),
    /// A name (AAGUID, AAID or key identifier) that an earlier entry bears: look-ups and anchors are the earlier one's. The
    /// statuses of both count, so that a report in either can refuse the model.
    Name,
}

impl BlobVerifier {
    /// Trusts BLOBs signed by `mds.fidoalliance.org` under this root.
    #[must_use]
    pub fn new(root: TrustAnchor) -> Self {
        Self { roots: [root].into(), revocations: Vec::new(), signer: SIGNER.to_string() }
    }

    /// Adds another root.
    #[must_use]
    pub fn root(mut self, root: TrustAnchor) -> Self {
        self.roots.push(root);
        self
    }

    /// Adds a revocation list for the chain of the BLOB's signature.
    #[must_use]
    pub fn revocation_list(mut self, list: RevocationList) -> Self {
        self.revocations.push(list);
        self
    }

    /// Expects another signer than FIDO's service: a private metadata service, by its host name.
    #[must_use]
    pub fn signer(mut self, host: impl Into<String>) -> Self {
        self.signer = host.into();
        self
    }

    /// Verifies a BLOB at this time and reads its entries.
    ///
    /// # Errors
    /// `metadata-malformed`, `metadata-signer`, the `jws-…` and `certificate-…` codes, `attestation-untrusted`.
    pub fn verify(&self, blob: &str, provider: &CryptoProvider, now: UnixTime) -> Result<(Metadata, Vec<Skipped>)> {
        if blob.len() > MAX_BLOB {
            return Err(Error::new(ErrorCode::MetadataMalformed).subject("too large").found(blob.len()));
        }
        let jws = Jws::parse(blob.trim_ascii())?;
        let chain = jws.x5c.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>>>()?;
        let anchors: Vec<&TrustAnchor> = self.roots.iter().collect();
        let (revocations, purpose) = (self.revocations.as_slice(), Some(SERVER_AUTH));
        let judge = Judge { anchors: &anchors, revocations, allow_sha1: false, provider, purpose, now, revoked_by: now };
        validate(&chain, &judge)?;
        let Some(leaf) = chain.first() else { return Err(ErrorCode::JwsMalformed.into()) };
        if !leaf.is_for_host(&self.signer)? {
            return Err(Error::new(ErrorCode::MetadataSigner).expected(&self.signer));
        }
        jws.verify(leaf, provider)?;
        read(&jws.payload)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    legal_header: String,
    no: u64,
    next_update: String,
    entries: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    aaguid: Option<Aaguid>,
    aaid: Option<String>,
    #[serde(default)]
    attestation_certificate_key_identifiers: Vec<String>,
    metadata_statement: Option<RawStatement>,
    status_reports: Vec<RawReport>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStatement {
    #[serde(default)]
    description: String,
    icon: Option<String>,
    #[serde(default)]
    attestation_root_certificates: Vec<String>,
    #[serde(default)]
    attestation_types: Vec<String>,
    #[serde(default)]
    authentication_algorithms: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReport {
    status: String,
    effective_date: Option<Value>,
}

fn read(payload: &[u8]) -> Result<(Metadata, Vec<Skipped>)> {
    let malformed = |e: &dyn core::fmt::Display| Error::new(ErrorCode::MetadataMalformed).found(e);
    let payload: Payload = serde_json::from_slice(payload).map_err(|e| malformed(&e))?;
    let next_update = date(&payload.next_update).ok_or_else(|| malformed(&"nextUpdate"))?;
    let (mut entries, mut skipped, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (position, raw) in payload.entries.into_iter().enumerate() {
        let mut skip = |part, reason| skipped.push(Skipped { entry: position, part, reason });
        match serde_json::from_value::<RawEntry>(raw).map_err(|e| e.to_string()).and_then(|raw| entry(raw, &mut skip)) {
            Ok(entry) => {
                for name in entry.names() {
                    if names.contains(&name) {
                        skip(SkippedPart::Name, format!("{name} is an earlier entry's, too"));
                    }
                    names.insert(name);
                }
                entries.push(entry);
            }
            Err(reason) => skip(SkippedPart::Entry, reason),
        }
    }
    let body = Body { version: VERSION, number: payload.no, next_update, legal_header: payload.legal_header, entries };
    Ok((Metadata::new(body), skipped))
}

fn entry(raw: RawEntry, skip: &mut dyn FnMut(SkippedPart, String)) -> core::result::Result<MetadataEntry, String> {
    if raw.aaguid.is_none() && raw.aaid.is_none() && raw.attestation_certificate_key_identifiers.is_empty() {
        return Err("names no model".to_string());
    }
    let mut status_reports = Vec::new();
    // A date that cannot be read must not hide a status, least of all a bad one.
    for (at, report) in raw.status_reports.into_iter().enumerate() {
        let effective = report.effective_date.as_ref().and_then(|value| date(value.as_str()?));
        if let Some(unread) = report.effective_date.filter(|_| effective.is_none()) {
            skip(SkippedPart::EffectiveDate(at), format!("effectiveDate {unread}"));
        }
        status_reports.push(StatusReport { status: AuthenticatorStatus(report.status), effective });
    }
    let statement = raw.metadata_statement.unwrap_or_default();
    let mut anchors = Vec::new();
    // A root that cannot be read must not cost the others, nor the entry.
    for (at, text) in statement.attestation_root_certificates.iter().enumerate() {
        match root(text) {
            Ok(anchor) => anchors.push(Anchor(anchor)),
            Err(reason) => skip(SkippedPart::Root(at), reason),
        }
    }
    Ok(MetadataEntry {
        aaguid: raw.aaguid,
        aaid: raw.aaid,
        key_identifiers: raw.attestation_certificate_key_identifiers,
        description: statement.description,
        icon: statement.icon,
        attestation_types: statement.attestation_types,
        authentication_algorithms: statement.authentication_algorithms,
        status_reports,
        anchors,
    })
}

/// A root as base64; some entries break its lines, indent them or leave the padding out.
fn root(text: &str) -> core::result::Result<TrustAnchor, String> {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let der = LENIENT.decode(compact).map_err(|e| e.to_string())?;
    TrustAnchor::from_der(&der).map_err(|e| e.to_string())
}

/// `YYYY-MM-DD` as midnight UTC.
fn date(text: &str) -> Option<UnixTime> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let date = x509_cert::der::DateTime::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?, 0, 0, 0).ok()?;
    i64::try_from(date.unix_duration().as_secs()).ok().map(UnixTime::from_secs)
}
