//! Stored registrations, judged again by what is known today.

use alloc::vec::Vec;

use super::record::CredentialRecord;
use super::trust::Terms;
use super::{AttestationPolicy, RelyingParty};
use crate::attestation::{AttestationVerdict, Moments};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::{AttestationObject, AuthenticatorData, CoseKey};
use crate::types::UnixTime;

/// The moments that a stored attestation is judged by: when its certificates have to be valid, and up to when it counts
/// what was reported since (revocation lists, statuses in the metadata).
///
/// The two differ: an attestation key that expires was sound when it signed, but a key whose theft comes out was perhaps never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// `None`: when the record was made.
    certificates: Option<UnixTime>,
    reports: UnixTime,
}

impl Recheck {
    /// Was it sound when it was made, by all that is known now? Certificates have to be valid at the registration
    /// (`record.created_at`), and what expired since is not held against them; revocations and statuses count up to now.
    ///
    /// An imported record says that it was made at the import unless the importer sets `created_at` to the registration:
    /// where that is not known, an attestation whose certificates had expired by then is named as `certificate-expired`.
    #[must_use]
    pub const fn as_registered(now: UnixTime) -> Self {
        Self { certificates: None, reports: now }
    }

    /// Would it be accepted as a new registration now? Certificates have to be valid now.
    #[must_use]
    pub const fn today(now: UnixTime) -> Self {
        Self::at(now, now)
    }

    /// Any two moments: certificates have to be valid at the one, and what was reported until the other counts.
    #[must_use]
    pub const fn at(certificates: UnixTime, reports: UnixTime) -> Self {
        Self { certificates: Some(certificates), reports }
    }

    fn moments(self, record: &CredentialRecord) -> Moments {
        let certificates = self.certificates.unwrap_or(record.created_at);
        Moments { registration: record.created_at, certificates, reports: self.reports }
    }
}

impl RelyingParty {
    /// Judges a stored registration's attestation again, by today's anchors, metadata, revocation lists and policy, as of
    /// the moments that `recheck` names.
    ///
    /// # Errors
    /// What a registration would be refused with; `record-malformed` if the record kept no attestation. For which RP ID the
    /// credential was made is no part of the question: that was judged when it was registered.
    pub fn recheck_attestation(
        &self,
        record: &CredentialRecord,
        policy: &AttestationPolicy,
        recheck: Recheck,
    ) -> Result<AttestationVerdict> {
        let missing = || Error::new(ErrorCode::RecordMalformed).subject("no attestation object and client data");
        let object = record.attestation_object.as_ref().ok_or_else(missing)?;
        let client_data = record.attestation_client_data_json.as_ref().ok_or_else(missing)?;
        let object = AttestationObject::parse(object.as_slice())?;
        let auth_data = AuthenticatorData::parse(object.auth_data)?;
        let credential = auth_data.attested.as_ref().ok_or(ErrorCode::AttestedDataMissing)?;
        if credential.credential_id != record.credential_id.as_bytes() || credential.public_key != record.public_key.as_bytes() {
            return Err(Error::new(ErrorCode::RecordMalformed).subject("the attestation is another credential's"));
        }
        let key = CoseKey::parse(credential.public_key)?;
        let verifying_key = self.provider.prepare(&key)?;
        let terms = Terms { rp: self, policy, moments: recheck.moments(record) };
        terms.judge(object, &auth_data, client_data.as_slice(), &key, &verifying_key)
    }

    /// Judges many stored registrations again and names those that would be refused, with the reason: what to revoke, or
    /// to ask for anew. Records that kept no attestation, or never had one, are left alone.
    pub fn recheck_attestations<'r>(
        &self,
        records: impl IntoIterator<Item = &'r CredentialRecord>,
        policy: &AttestationPolicy,
        recheck: Recheck,
    ) -> Vec<(&'r CredentialRecord, Error)> {
        let kept = |record: &&CredentialRecord| record.attestation_object.is_some() && record.attestation_client_data_json.is_some();
        let judged = records.into_iter().filter(kept).map(|record| (record, self.recheck_attestation(record, policy, recheck)));
        judged.filter_map(|(record, verdict)| verdict.err().map(|error| (record, error))).collect()
    }
}
