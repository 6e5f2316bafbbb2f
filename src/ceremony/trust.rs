//! Steps 21 to 24 of §7.1: the statement, its anchors, and whether the relying party accepts what comes out.

#[cfg(feature = "attestation")]
use alloc::vec::Vec;

use super::policy::Standing;
use super::{AttestationPolicy, RelyingParty};
#[cfg(feature = "attestation")]
use crate::attestation::AuthenticatorModel;
use crate::attestation::{self, AttestationFormat, AttestationVerdict, Attested, Moments, Statement, Vouched};
use crate::crypto::PreparedKey;
use crate::error::{Error, ErrorCode, Result};
use crate::parse::{AttestationObject, AuthenticatorData, CoseKey};
#[cfg(feature = "attestation")]
use crate::types::Aaguid;

/// What an attestation is judged by, whatever it is.
pub(super) struct Terms<'a> {
    pub(super) rp: &'a RelyingParty,
    pub(super) policy: &'a AttestationPolicy,
    pub(super) moments: Moments,
}

impl Terms<'_> {
    /// Steps 21 to 24.
    pub(super) fn judge(
        &self,
        object: AttestationObject<'_>,
        auth_data: &AuthenticatorData<'_>,
        client_data_json: &[u8],
        key: &CoseKey<'_>,
        verifying_key: &PreparedKey,
    ) -> Result<AttestationVerdict> {
        let (provider, rules, moments) = (&self.rp.provider, self.policy.statement_rules(), self.moments);
        let attested = Attested { object, auth_data, client_data_json, key, verifying_key, provider, rules, moments };
        let at_24 = |e: Error| e.at("7.1/24");

        // 7.1/21, 7.1/22: the statement's format and its verification procedure. Whoever ignores statements learns nothing
        // from one, sound or broken; a refused model stays refused.
        if self.policy.ignores_statements() && object.fmt != AttestationFormat::None.as_str() {
            self.policy.judge_model(attested.aaguid(), &Standing::default()).map_err(at_24)?;
            return Ok(AttestationVerdict::ignored(&attested));
        }
        let statement = attestation::verify(&attested)?;

        // 7.1/23: the acceptable anchors. 7.1/24: is what comes out acceptable?
        let verdict = AttestationVerdict::of(&statement, &attested, &|part| self.vouch(part, &attested));
        self.policy.judge(&verdict.trust).map_err(at_24)?;
        self.judge_model(&verdict, &attested).map_err(at_24)?;
        Ok(verdict)
    }
}

#[cfg(feature = "attestation")]
impl Terms<'_> {
    fn vouch(&self, statement: &Statement<'_>, attested: &Attested<'_>) -> Result<Vouched> {
        let anchors = &self.rp.trust_anchors;
        let vouched = anchors.vouch(statement, attested)?;
        if self.policy.refuses_stale_metadata() && anchors.metadata_is_stale(self.moments.reports) {
            return Err(ErrorCode::MetadataStale.into());
        }
        Ok(vouched)
    }

    /// Refusals look at every model in question: the one claimed, and those that the certificates name or are listed under.
    /// A certification is that of the one model which is proved or listed.
    fn judge_model(&self, verdict: &AttestationVerdict, attested: &Attested<'_>) -> Result<()> {
        let (anchors, now) = (&self.rp.trust_anchors, self.moments.reports);
        // Nobody parses a certificate for a name that nobody asks for.
        let asked = anchors.has_metadata() || self.policy.refuses_models();
        let named: Vec<Aaguid> = verdict.leaves().filter(|_| asked).filter_map(attestation::model_of_leaf).collect();
        named.iter().try_for_each(|model| self.policy.refuse_model(*model))?;
        if !anchors.has_metadata() {
            let standing = Standing { model_proved: verdict.model.proved().is_some(), ..Standing::default() };
            return self.policy.judge_model(attested.aaguid(), &standing);
        }
        let by_name = named.iter().copied().chain([attested.aaguid()]).map(AuthenticatorModel::claimed);
        let by_key = verdict.leaves().filter_map(attestation::listed_model_of_leaf);
        let questioned: Vec<_> = by_name.chain(by_key).collect();
        // A certificate's key may be listed with a model that the authenticator data of `fido-u2f` does not name.
        let listed = questioned.iter().flat_map(|model| anchors.entries(model)).filter_map(|entry| entry.aaguid);
        listed.into_iter().try_for_each(|model| self.policy.refuse_model(model))?;
        let reported: Vec<_> = questioned.iter().flat_map(|model| anchors.entries(model)).flat_map(|entry| entry.statuses(now)).collect();
        let vouched_for = Some(&verdict.model).filter(|model| model.is_vouched_for()).into_iter().flat_map(|model| anchors.entries(model));
        let standing = Standing {
            model_proved: verdict.model.proved().is_some(),
            compromised: reported.iter().filter(|status| status.is_compromised()).map(|status| status.0.as_str()).collect(),
            update_available: reported.iter().any(|status| status.is_update_available()),
            statuses: vouched_for.map(|entry| entry.current_statuses(now).map(|status| status.0.as_str()).collect()).collect(),
        };
        self.policy.judge_model(attested.aaguid(), &standing)
    }
}

#[cfg(not(feature = "attestation"))]
impl Terms<'_> {
    fn vouch(&self, _: &Statement<'_>, _: &Attested<'_>) -> Result<Vouched> {
        Err(ErrorCode::AttestationUntrusted.into())
    }

    fn judge_model(&self, _: &AttestationVerdict, attested: &Attested<'_>) -> Result<()> {
        self.policy.judge_model(attested.aaguid(), &Standing::default())
    }
}
