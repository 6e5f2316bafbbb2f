//! Steps 21 to 24 of §7.1: the statement, its anchors, and whether the relying party accepts what comes out.

use super::policy::Standing;
use super::{AttestationPolicy, RelyingParty};
use crate::attestation::{self, AttestationFormat, AttestationVerdict, Attested, Moments, Statement, Vouched};
use crate::crypto::VerifyingKey;
use crate::error::{Error, Result};
use crate::parse::{AttestationObject, AuthenticatorData, CoseKey};

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
        client_data_hash: &[u8; 32],
        key: &CoseKey<'_>,
        verifying_key: &dyn VerifyingKey,
    ) -> Result<AttestationVerdict> {
        let (provider, rules, moments) = (&self.rp.provider, self.policy.statement_rules(), self.moments);
        let attested = Attested { object, auth_data, client_data_hash, key, verifying_key, provider, rules, moments };
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
        self.rp.trust_anchors.vouch(statement, attested)
    }

    /// Refusals look at every model in question: the one claimed, and those that the certificates name or are listed under.
    fn judge_model(&self, verdict: &AttestationVerdict, attested: &Attested<'_>) -> Result<()> {
        use crate::attestation::AuthenticatorModel;
        let named: alloc::vec::Vec<_> = verdict.leaves().filter_map(attestation::model_of_leaf).collect();
        named.iter().try_for_each(|model| self.policy.refuse_model(*model))?;
        let by_name = named.iter().copied().chain([attested.aaguid()]).map(AuthenticatorModel::claimed);
        let by_key = verdict.leaves().filter_map(attestation::listed_model_of_leaf);
        let entries: alloc::vec::Vec<_> = by_name.chain(by_key).filter_map(|model| self.rp.trust_anchors.entry(&model)).collect();
        let statuses: alloc::vec::Vec<_> = entries.iter().flat_map(|entry| entry.statuses(attested.moments.reports)).collect();
        let standing = Standing {
            certified: verdict.model > AuthenticatorModel::claimed(attested.aaguid()),
            model_proved: verdict.model.proved().is_some(),
            compromised: statuses.iter().any(|status| status.is_compromised()),
            statuses: statuses.iter().map(|status| status.0.as_str()).collect(),
        };
        self.policy.judge_model(attested.aaguid(), &standing)
    }
}

#[cfg(not(feature = "attestation"))]
impl Terms<'_> {
    fn vouch(&self, _: &Statement<'_>, _: &Attested<'_>) -> Result<Vouched> {
        Err(crate::error::ErrorCode::AttestationUntrusted.into())
    }

    fn judge_model(&self, _: &AttestationVerdict, attested: &Attested<'_>) -> Result<()> {
        self.policy.judge_model(attested.aaguid(), &Standing::default())
    }
}
