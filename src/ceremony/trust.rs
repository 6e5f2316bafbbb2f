//! Steps 21 to 24 of §7.1: the statement, its anchors, and whether the relying party accepts what comes out.

use alloc::vec::Vec;

use super::policy::Standing;
use super::record::CredentialRecord;
use super::{AttestationPolicy, RelyingParty};
use crate::attestation::{self, AttestationFormat, AttestationType, Attested, Statement};
use crate::crypto::sha256;
use crate::error::{Error, ErrorCode, Result};
use crate::parse::{AttestationObject, AuthenticatorData, CoseKey};
use crate::types::{Aaguid, UnixTime};

/// How far an attestation can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Nothing was attested.
    NotAttested,
    /// The credential's own key signed: proves nothing about the authenticator.
    SelfAttested,
    /// A statement came, and the relying party chose not to look at it.
    Ignored,
    /// The statement holds, but leads to no anchor, and the relying party accepts that: anybody can make one.
    Untrusted {
        /// Why it is not trusted.
        reason: Error,
    },
    /// The statement holds, and its certificates lead to an anchor. Which model it is, is proved only if the anchor stands for
    /// that model (by metadata or `trust_for_model`) or the certificate names it; `AttestationPolicy::only_models` and
    /// `require_status` insist on that.
    Trusted {
        /// The anchor's certificate, in DER.
        anchor: Vec<u8>,
    },
}

impl Trust {
    /// Whether the attestation is trusted.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::Trusted { .. })
    }
}

/// What steps 21 to 24 come to.
pub(super) struct Judged {
    pub(super) attestation_type: AttestationType,
    pub(super) trust: Trust,
}

/// Steps 21 to 24, with certificates and statuses as of `now`.
pub(super) fn judge(attested: &Attested<'_>, rp: &RelyingParty, policy: &AttestationPolicy, now: UnixTime) -> Result<Judged> {
    let aaguid = attested.auth_data.attested.as_ref().map(|credential| credential.aaguid).unwrap_or_default();
    let at_24 = |e: Error| e.at("7.1/24");

    // 7.1/21, 7.1/22: the statement's format and its verification procedure. Whoever ignores statements learns nothing
    // from one, sound or broken; a refused model stays refused.
    if policy.ignores_statements() && attested.object.fmt != AttestationFormat::None.as_str() {
        policy.judge_model(aaguid, &Standing::default()).map_err(at_24)?;
        return Ok(Judged { attestation_type: AttestationType::Ignored, trust: Trust::Ignored });
    }
    let statement = attestation::verify(attested)?;

    // 7.1/23: the acceptable anchors. 7.1/24: is it acceptable?
    let mut vouched = None;
    let trust = match statement.attestation_type {
        AttestationType::None => Trust::NotAttested,
        AttestationType::SelfAttestation => Trust::SelfAttested,
        _ => match rp.find_anchor(&statement, aaguid, policy, now) {
            Ok((anchor, for_model)) => {
                vouched = Some(for_model);
                Trust::Trusted { anchor }
            }
            Err(reason) if policy.accepts_untrusted() && !reason.tells_of_revocation() => Trust::Untrusted { reason },
            Err(reason) => return Err(at_24(reason)),
        },
    };
    policy.judge(statement.attestation_type).map_err(at_24)?;
    rp.judge_model(&statement, aaguid, vouched, policy, now).map_err(at_24)?;
    Ok(Judged { attestation_type: statement.attestation_type, trust })
}

#[cfg(feature = "attestation")]
impl RelyingParty {
    fn find_anchor(&self, statement: &Statement<'_>, aaguid: Aaguid, policy: &AttestationPolicy, now: UnixTime) -> Result<(Vec<u8>, bool)> {
        let vouched = self.trust_anchors.judge(statement, aaguid, policy.statement_rules(), &self.provider, now)?;
        Ok((vouched.anchor, vouched.for_model))
    }

    /// Refusals look at every model in question: the one claimed, and those that the certificates name or are listed under.
    fn judge_model(
        &self,
        statement: &Statement<'_>,
        aaguid: Aaguid,
        vouched: Option<bool>,
        policy: &AttestationPolicy,
        now: UnixTime,
    ) -> Result<()> {
        let parts = core::iter::once(statement).chain(&statement.parts);
        let leaves: Vec<&[u8]> = parts.clone().filter_map(|part| part.path.first().map(AsRef::as_ref)).collect();
        let named: Vec<Aaguid> = leaves.iter().filter_map(|leaf| attestation::model_of_leaf(leaf)).collect();
        let claimed = parts.filter_map(|part| self.trust_anchors.entry(part.model(aaguid), None));
        let by_key = leaves.iter().filter_map(|leaf| self.trust_anchors.entry(None, Some(leaf)));
        let by_name = named.iter().filter_map(|model| self.trust_anchors.entry(Some(*model), None));
        let statuses: Vec<_> = claimed.chain(by_key).chain(by_name).flat_map(|entry| entry.statuses(now)).collect();
        let for_model = vouched == Some(true);
        let standing = Standing {
            certified: for_model,
            model_proved: for_model && statement.model(aaguid).is_some(),
            compromised: statuses.iter().any(|status| status.is_compromised()),
            statuses: statuses.iter().map(|status| status.0.as_str()).collect(),
        };
        named.iter().try_for_each(|model| policy.refuse_model(*model))?;
        policy.judge_model(aaguid, &standing)
    }
}

#[cfg(not(feature = "attestation"))]
impl RelyingParty {
    fn find_anchor(&self, _: &Statement<'_>, _: Aaguid, _: &AttestationPolicy, _: UnixTime) -> Result<(Vec<u8>, bool)> {
        Err(ErrorCode::AttestationUntrusted.into())
    }

    fn judge_model(&self, _: &Statement<'_>, aaguid: Aaguid, _: Option<bool>, policy: &AttestationPolicy, _: UnixTime) -> Result<()> {
        policy.judge_model(aaguid, &Standing::default())
    }
}

impl RelyingParty {
    /// Judges a stored registration's attestation again, by today's anchors, metadata and policy.
    ///
    /// `at` is the moment whose certificates count: the registration's (`record.created_at`) to ask whether it was
    /// sound then, or now.
    ///
    /// # Errors
    /// What a registration would be refused with; `record-malformed` if the record kept no attestation.
    pub fn recheck_attestation(&self, record: &CredentialRecord, policy: &AttestationPolicy, at: UnixTime) -> Result<Trust> {
        let missing = || Error::new(ErrorCode::RecordMalformed).subject("no attestation object and client data");
        let object = record.attestation_object.as_ref().ok_or_else(missing)?;
        let client_data = record.attestation_client_data_json.as_ref().ok_or_else(missing)?;
        let client_data_hash = sha256(client_data.as_slice());
        let object = AttestationObject::parse(object.as_slice())?;
        let auth_data = AuthenticatorData::parse(object.auth_data)?;
        let credential = auth_data.attested.as_ref().ok_or(ErrorCode::AttestedDataMissing)?;
        if credential.credential_id != record.credential_id.as_bytes() || credential.public_key != record.public_key.as_bytes() {
            return Err(Error::new(ErrorCode::RecordMalformed).subject("the attestation is another credential's"));
        }
        let key = CoseKey::parse(credential.public_key)?;
        let verifying_key = self.provider.prepare(&key)?;
        let attested = Attested {
            object,
            auth_data: &auth_data,
            client_data_hash: &client_data_hash,
            key: &key,
            verifying_key: &*verifying_key,
            provider: &self.provider,
            rules: policy.statement_rules(),
            made_at: record.created_at,
        };
        judge(&attested, self, policy, at).map(|judged| judged.trust)
    }

    /// Judges many stored registrations again and names those that would be refused, with the reason: what to revoke, or
    /// to ask for anew. Records that kept no attestation, or never had one, are left alone.
    ///
    /// `at` chooses the moment for each record; [`recheck_attestation`](Self::recheck_attestation) says what it means.
    pub fn recheck_attestations<'r>(
        &self,
        records: impl IntoIterator<Item = &'r CredentialRecord>,
        policy: &AttestationPolicy,
        at: impl Fn(&CredentialRecord) -> UnixTime,
    ) -> Vec<(&'r CredentialRecord, Error)> {
        let kept = |record: &&CredentialRecord| record.attestation_object.is_some() && record.attestation_client_data_json.is_some();
        let judged = records.into_iter().filter(kept).map(|record| (record, self.recheck_attestation(record, policy, at(record))));
        judged.filter_map(|(record, verdict)| verdict.err().map(|error| (record, error))).collect()
    }
}
