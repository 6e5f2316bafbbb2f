//! What a relying party demands. Policy is read from server-side state only: it travels in the pending
//! state from start to completion and never in the response.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::attestation::{StatementRules, Trust};
use crate::error::{Error, ErrorCode, Result, quoted};
use crate::types::{Aaguid, AlgorithmList, AttestationConveyance, AuthenticatorAttachment, Flags, Hint, ResidentKey, UserVerification};

/// What the specification recommends as default, in milliseconds (§15.1).
const DEFAULT_TIMEOUT_MS: u32 = 300_000;
const MAX_TIMEOUT_MS: u32 = 3_600_000;
/// How long a response may still be on its way when the client's timeout is over, in seconds.
const GRACE_SECS: u32 = 60;

/// What a registration demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistrationPolicy {
    /// Whether the user must be verified; required by default, since a passkey stands for two factors
    /// only if it was.
    pub user_verification: UserVerification,
    /// Whether the credential shall be discoverable; preferred by default. The client's word for it
    /// (`credProps`) is unsigned, so this asks and does not enforce.
    pub resident_key: ResidentKey,
    /// Platform or cross-platform authenticators only. Unsigned: this asks and does not enforce.
    pub attachment: Option<AuthenticatorAttachment>,
    /// What to do with a client that itself reports another attachment than `attachment`, or a credential that is not
    /// discoverable where `resident_key` is required.
    #[serde(default)]
    pub reported_contradiction: ReportedContradiction,
    /// The algorithms on offer; enforced.
    pub algorithms: AlgorithmList,
    /// Hints for the browser's dialogue.
    pub hints: Vec<Hint>,
    /// Which attestation is wanted and accepted.
    pub attestation: AttestationPolicy,
    /// Whether credentials that can be backed up are wanted.
    pub backup_eligibility: BackupEligibilityPolicy,
    /// How long the client should wait, in milliseconds; the ceremony expires a minute later.
    pub timeout_ms: u32,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            user_verification: UserVerification::Required,
            resident_key: ResidentKey::Preferred,
            attachment: None,
            reported_contradiction: ReportedContradiction::default(),
            algorithms: AlgorithmList::recommended(),
            hints: Vec::new(),
            attestation: AttestationPolicy::default(),
            backup_eligibility: BackupEligibilityPolicy::default(),
            timeout_ms: DEFAULT_TIMEOUT_MS,
        }
    }
}

/// What an authentication or assertion demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthenticationPolicy {
    /// Whether the user must be verified; required by default.
    pub user_verification: UserVerification,
    /// Hints for the browser's dialogue.
    pub hints: Vec<Hint>,
    /// What to do when the signature counter did not increase.
    pub counter: CounterPolicy,
    /// What to do when backup eligibility differs from the record.
    pub backup_eligibility_change: BackupEligibilityChange,
    /// What to do when the record does not know backup eligibility, as after an import.
    #[serde(default)]
    pub backup_eligibility_unknown: UnknownBackupEligibility,
    /// What to do when the record does not know whether user verification counts, as after an import.
    #[serde(default)]
    pub user_verification_unknown: UnknownUserVerification,
    /// Whether to take an assertion that carries attested credential data, against §6.1. Some old
    /// authenticators send it; it is parsed and ignored. Off by default: it makes an assertion look
    /// like a registration to whoever reads the stored bytes later.
    pub danger_accept_attested_data: bool,
    /// How long the client should wait, in milliseconds; the ceremony expires a minute later.
    pub timeout_ms: u32,
}

impl Default for AuthenticationPolicy {
    fn default() -> Self {
        Self {
            user_verification: UserVerification::Required,
            hints: Vec::new(),
            counter: CounterPolicy::default(),
            backup_eligibility_change: BackupEligibilityChange::default(),
            backup_eligibility_unknown: UnknownBackupEligibility::default(),
            user_verification_unknown: UnknownUserVerification::default(),
            danger_accept_attested_data: false,
            timeout_ms: DEFAULT_TIMEOUT_MS,
        }
    }
}

/// What the client reports of attachment and discoverability is unsigned: silence or a lie passes whatever the policy says. A
/// contradiction by its own report is still worth refusing where a workflow depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReportedContradiction {
    /// Take it: the record says what was reported.
    #[default]
    Accept,
    /// Refuse it.
    Refuse,
}

/// Step 22 of §7.2: a counter that did not increase is a sign of a clone, of a fault or of a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CounterPolicy {
    /// Refuse, and leave the record as it is.
    #[default]
    Refuse,
    /// Let a possible clone in and only report it; the recorded counter is never lowered.
    DangerReportOnly,
}

/// Step 19 of §7.2: backup eligibility is fixed for a credential's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BackupEligibilityChange {
    /// Refuse any change.
    #[default]
    Refuse,
    /// Let a credential that was bound to one device turn into one that may be copied, as some
    /// password managers do; the record follows. The way back stays refused.
    DangerAllowUpgrade,
}

/// Step 19 of §7.2, for a record that does not know backup eligibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UnknownBackupEligibility {
    /// Learn it from this use, and hold on to it from then on.
    #[default]
    Learn,
    /// Refuse.
    Refuse,
}

/// Step 24 of §7.2, for a record that does not know whether user verification counts as a factor (§4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UnknownUserVerification {
    /// It does not count until another factor authorises it.
    #[default]
    Authorize,
    /// Let it count from the first use with user verification on, though nothing tells that it was ever set up under the
    /// eyes of the account's owner.
    DangerLearn,
}

/// Step 18 of §7.1: which credentials are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BackupEligibilityPolicy {
    /// Either kind.
    #[default]
    Any,
    /// Only those that survive the loss of a device.
    Required,
    /// Only those bound to one device.
    Refused,
}

/// Which attestation is asked for, and what is accepted (steps 21 to 24 of §7.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestationPolicy {
    conveyance: AttestationConveyance,
    formats: Vec<String>,
    accept_none: bool,
    accept_self: bool,
    ignore_statements: bool,
    #[serde(default)]
    accept_untrusted: bool,
    #[serde(default)]
    rules: StatementRules,
    #[serde(default)]
    only_models: Option<Vec<Aaguid>>,
    #[serde(default)]
    refused_models: Vec<Aaguid>,
    #[serde(default)]
    accept_compromised: bool,
    #[serde(default)]
    required_status: Vec<String>,
    #[serde(default)]
    refuse_stale_metadata: bool,
    #[serde(default)]
    refuse_update_available: bool,
}

impl Default for AttestationPolicy {
    /// The same as [`not_requested`](Self::not_requested).
    fn default() -> Self {
        Self::not_requested()
    }
}

/// What is known of a model when it is judged.
#[derive(Debug, Default)]
pub(super) struct Standing<'a> {
    /// The attestation proves the AAGUID.
    pub(super) model_proved: bool,
    /// Statuses of the models in question that say not to trust them.
    pub(super) compromised: Vec<&'a str>,
    /// An update is reported for one of the models in question.
    pub(super) update_available: bool,
    /// The statuses that stand, for each entry of the model that is proved or listed.
    pub(super) statuses: Vec<Vec<&'a str>>,
}

impl AttestationPolicy {
    /// Asks for none, takes none and self attestation, and refuses what cannot be verified. The default.
    #[must_use]
    pub fn not_requested() -> Self {
        Self::requested(AttestationConveyance::None)
    }

    /// Asks for none and does not look at a statement that comes anyway: whatever it claims, the AAGUID
    /// included, stays unproved, and a broken or forged statement passes.
    #[must_use]
    pub fn danger_ignore_statements() -> Self {
        Self { ignore_statements: true, ..Self::not_requested() }
    }

    /// Asks for attestation; none and self attestation pass until refused.
    #[must_use]
    pub fn requested(conveyance: AttestationConveyance) -> Self {
        Self {
            conveyance,
            formats: Vec::new(),
            accept_none: true,
            accept_self: true,
            ignore_statements: false,
            accept_untrusted: false,
            rules: StatementRules::default(),
            only_models: None,
            refused_models: Vec::new(),
            accept_compromised: false,
            required_status: Vec::new(),
            refuse_stale_metadata: false,
            refuse_update_available: false,
        }
    }

    /// Names the formats that are preferred, best first; advisory.
    #[must_use]
    pub fn prefer_formats(mut self, formats: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.formats = formats.into_iter().map(Into::into).collect();
        self
    }

    /// Refuses credentials without attestation.
    #[must_use]
    pub fn refuse_none(mut self) -> Self {
        self.accept_none = false;
        self
    }

    /// Refuses self attestation.
    #[must_use]
    pub fn refuse_self(mut self) -> Self {
        self.accept_self = false;
        self
    }

    /// Accepts nothing but an attestation that leads to a trust anchor, whichever of them and for whatever model. Most
    /// passkeys that are synchronised between devices attest nothing, and are then refused.
    #[must_use]
    pub fn trusted_only(self) -> Self {
        Self { accept_untrusted: false, ..self.refuse_none().refuse_self() }
    }

    /// Accepts statements that hold but lead to no trust anchor, as if they were self attestation: anybody can
    /// make one, so they prove no more than that. Undoes [`trusted_only`](Self::trusted_only) in this.
    #[must_use]
    pub fn danger_accept_untrusted(mut self) -> Self {
        self.accept_untrusted = true;
        self
    }

    /// How statements are judged where the specification leaves a choice.
    #[must_use]
    pub fn rules(mut self, rules: StatementRules) -> Self {
        self.rules = rules;
        self
    }

    /// Accepts these models and no others, and only with a trusted attestation: what merely claims an AAGUID is refused.
    ///
    /// The certificates of `android-key` and `apple` name no model: trust their roots with
    /// [`TrustAnchors::trust_for_model`](crate::attestation::TrustAnchors::trust_for_model) or through metadata, or whoever
    /// has such a device can claim any listed model.
    #[must_use]
    pub fn only_models(mut self, models: impl IntoIterator<Item = Aaguid>) -> Self {
        self.only_models = Some(models.into_iter().collect());
        self
    }

    /// Refuses these models, even where the AAGUID is only claimed.
    #[must_use]
    pub fn refuse_models(mut self, models: impl IntoIterator<Item = Aaguid>) -> Self {
        self.refused_models.extend(models);
        self
    }

    /// Trusts no attestation by anchors beside metadata for which a new BLOB is overdue: what was found out since is not
    /// in it. Off by default, lest nobody registers because a download failed; who turns it on fetches in time. In a
    /// re-check, `metadata-stale` says to fetch the BLOB, and nothing about the credential.
    #[must_use]
    pub fn refuse_stale_metadata(mut self) -> Self {
        self.refuse_stale_metadata = true;
        self
    }

    /// Refuses models for which the metadata reports `UPDATE_AVAILABLE`, even where the AAGUID is only claimed: a newer
    /// firmware mends something, and a response does not tell whether it was installed. Off by default. The report never
    /// ends, so every authenticator of the model is refused from then on, updated ones too.
    #[must_use]
    pub fn refuse_update_available(mut self) -> Self {
        self.refuse_update_available = true;
        self
    }

    /// Accepts models that the metadata reports as revoked or broken, even if it reports an update since: a response does
    /// not tell whether the update was made.
    #[must_use]
    pub fn danger_accept_compromised(mut self) -> Self {
        self.accept_compromised = true;
        self
    }

    /// Accepts only models for which one of these statuses stands in the metadata, such as `FIDO_CERTIFIED_L2`, and only
    /// with a trusted attestation that proves the model (or whose key is listed under it).
    ///
    /// Levels are compared as names, not as more or less: name each that you accept, `FIDO_CERTIFIED_L1plus` beside
    /// `FIDO_CERTIFIED_L1`. Only the newest level counts, and none after a decertification: see
    /// `MetadataEntry::current_statuses`.
    #[must_use]
    pub fn require_status(mut self, statuses: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.required_status = statuses.into_iter().map(Into::into).collect();
        self
    }

    pub(crate) fn statement_rules(&self) -> &StatementRules {
        &self.rules
    }

    #[cfg(feature = "attestation")]
    pub(crate) fn refuses_stale_metadata(&self) -> bool {
        self.refuse_stale_metadata
    }

    pub(crate) fn conveyance(&self) -> AttestationConveyance {
        self.conveyance
    }

    pub(crate) fn formats(&self) -> &[String] {
        &self.formats
    }

    pub(crate) fn ignores_statements(&self) -> bool {
        self.ignore_statements
    }

    /// Whether it refuses any model.
    #[cfg(feature = "attestation")]
    pub(super) fn refuses_models(&self) -> bool {
        !self.refused_models.is_empty()
    }

    /// Step 24 of §7.1, on a model that is claimed or named.
    pub(super) fn refuse_model(&self, aaguid: Aaguid) -> Result<()> {
        if self.refused_models.contains(&aaguid) {
            return Err(Error::new(ErrorCode::AttestationModelRefused).expected("another model").found(aaguid));
        }
        Ok(())
    }

    /// Step 24 of §7.1, on the model.
    pub(super) fn judge_model(&self, aaguid: Aaguid, standing: &Standing<'_>) -> Result<()> {
        let refused = |expected: &str| Err(Error::new(ErrorCode::AttestationModelRefused).expected(expected).found(aaguid));
        self.refuse_model(aaguid)?;
        if let Some(models) = &self.only_models {
            if !standing.model_proved {
                return refused("a trusted attestation of the model");
            }
            if !models.contains(&aaguid) {
                return refused("a listed model");
            }
        }
        if !standing.compromised.is_empty() && !self.accept_compromised {
            return Err(Error::new(ErrorCode::AttestationStatusRefused).found(format_args!("{:?}", standing.compromised)));
        }
        if standing.update_available && self.refuse_update_available {
            return Err(Error::new(ErrorCode::AttestationStatusRefused).found("UPDATE_AVAILABLE"));
        }
        let accepted = |statuses: &Vec<&str>| self.required_status.iter().any(|wanted| statuses.contains(&wanted.as_str()));
        if !self.required_status.is_empty() && (standing.statuses.is_empty() || !standing.statuses.iter().all(accepted)) {
            let refused = Error::new(ErrorCode::AttestationStatusRefused);
            return Err(refused.expected(format_args!("one of {:?}", self.required_status)).found(format_args!("{:?}", standing.statuses)));
        }
        Ok(())
    }

    /// Step 24 of §7.1, on how far the attestation can be believed. Untrusted may be accepted, revoked never.
    pub(super) fn judge(&self, trust: &Trust) -> Result<()> {
        let refusal = match trust {
            Trust::NotAttested if !self.accept_none => ErrorCode::AttestationNoneRefused.into(),
            Trust::SelfAttested if !self.accept_self => ErrorCode::AttestationSelfRefused.into(),
            Trust::Untrusted { reason } if !self.accept_untrusted || reason.tells_of_revocation() => reason.clone(),
            _ => return Ok(()),
        };
        Err(refusal)
    }
}

impl RegistrationPolicy {
    /// Refuses a policy that cannot work.
    pub(crate) fn check(&self) -> Result<()> {
        let attestation = &self.attestation;
        let contradicts = attestation.ignore_statements
            && (attestation.conveyance != AttestationConveyance::None
                || !attestation.accept_none
                || !attestation.accept_self
                || attestation.only_models.is_some()
                || !attestation.required_status.is_empty());
        if contradicts {
            return Err(Error::new(ErrorCode::AttestationPolicyInvalid).subject("statements are ignored but demanded"));
        }
        if attestation.conveyance == AttestationConveyance::None && !attestation.accept_none {
            return Err(Error::new(ErrorCode::AttestationPolicyInvalid).subject("attestation is demanded but not requested"));
        }
        check_timeout(self.timeout_ms)
    }

    /// Step 18 of §7.1.
    pub(crate) fn judge_backup(&self, flags: Flags) -> Result<()> {
        match (self.backup_eligibility, flags.backup_eligible()) {
            (BackupEligibilityPolicy::Required, false) | (BackupEligibilityPolicy::Refused, true) => {
                Err(ErrorCode::BackupEligibilityRefused.into())
            }
            _ => Ok(()),
        }
    }

    /// Whether the client itself reports something else than was asked for.
    pub(crate) fn judge_report(&self, attachment: Option<&AuthenticatorAttachment>, discoverable: Option<bool>) -> Result<()> {
        if self.reported_contradiction == ReportedContradiction::Accept {
            return Ok(());
        }
        if let (Some(wanted), Some(reported)) = (&self.attachment, attachment)
            && wanted != reported
        {
            return Err(Error::new(ErrorCode::AttachmentContradicted).expected(wanted.as_str()).found(quoted(reported.as_str())));
        }
        if self.resident_key == ResidentKey::Required && discoverable == Some(false) {
            return Err(ErrorCode::ResidentKeyContradicted.into());
        }
        Ok(())
    }

    pub(crate) fn lifetime_secs(&self) -> u32 {
        lifetime_secs(self.timeout_ms)
    }
}

impl AuthenticationPolicy {
    /// Refuses a policy that cannot work.
    pub(crate) fn check(&self) -> Result<()> {
        check_timeout(self.timeout_ms)
    }

    pub(crate) fn lifetime_secs(&self) -> u32 {
        lifetime_secs(self.timeout_ms)
    }
}

fn check_timeout(timeout_ms: u32) -> Result<()> {
    match timeout_ms {
        1..=MAX_TIMEOUT_MS => Ok(()),
        n => Err(Error::new(ErrorCode::TimeoutInvalid).found(n)),
    }
}

fn lifetime_secs(timeout_ms: u32) -> u32 {
    timeout_ms.div_ceil(1000).saturating_add(GRACE_SECS)
}
