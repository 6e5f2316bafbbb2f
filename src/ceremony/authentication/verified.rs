//! What a verified response proves, and how the record changes by it.

use core::fmt;
use core::marker::PhantomData;

use crate::ceremony::CosePublicKey;
use crate::ceremony::carried::{Carried, carries};
use crate::ceremony::policy::{
    AuthenticationPolicy, BackupEligibilityChange, CounterPolicy, UnknownBackupEligibility, UnknownUserVerification,
};
use crate::ceremony::record::{CredentialRecord, UseState};
use crate::error::{Error, ErrorCode, Result};
use crate::types::{Bytes, CredentialId, Flags, Scope, UnixTime, UserHandle};
use crate::wire::ClientExtensionResults;

/// What the signature counter says (step 22 of §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CounterVerdict {
    /// Always 0: the authenticator keeps no counter.
    NotKept,
    /// Larger than recorded.
    Increased,
    /// Not larger: a clone, a fault or a race. Only a lenient policy lets it come this far.
    NotIncreased,
}

/// A change to one record, to be written by compare-and-set: only if the record's owner, public key and
/// [`UseState`] are still the expected ones.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a use counts once it is recorded"]
#[non_exhaustive]
pub struct RecordUpdate {
    /// The tenant.
    pub scope: Scope,
    /// The credential.
    pub credential_id: CredentialId,
    /// The owner, who must not have changed.
    pub user_handle: UserHandle,
    /// The public key, which must not have changed.
    pub public_key: CosePublicKey,
    /// What must still be recorded.
    pub expected: UseState,
    /// What to record instead.
    pub next: UseState,
    /// The new time of last use, unless a later one is recorded.
    pub used_at: UnixTime,
    /// Whether the authenticator showed now that it can verify its user.
    pub user_verified: bool,
}

/// What the authenticator said and signed, as far as it concerns the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) flags: Flags,
    pub(super) sign_count: u32,
    pub(super) used_at: UnixTime,
}

impl Evidence {
    /// 7.2/19: backup eligibility is fixed for life; learnt at first use where it was never known.
    pub(super) fn judge_backup_eligibility(&self, policy: &AuthenticationPolicy, recorded: &UseState) -> Result<()> {
        let upgrade = policy.backup_eligibility_change == BackupEligibilityChange::DangerAllowUpgrade;
        if recorded.backup_eligible.is_none() && policy.backup_eligibility_unknown == UnknownBackupEligibility::Refuse {
            return Err(Error::new(ErrorCode::BackupEligibilityUnknown).at("7.2/19"));
        }
        match (recorded.backup_eligible, self.flags.backup_eligible()) {
            (Some(true), false) => {}
            (Some(false), true) if !upgrade => {}
            _ => return Ok(()),
        }
        let error = Error::new(ErrorCode::BackupEligibilityChanged).at("7.2/19");
        Err(error.expected(format_args!("{:?}", recorded.backup_eligible)).found(self.flags.backup_eligible()))
    }

    /// 7.2/22 and 7.2/24, against the record as it stands now.
    pub(super) fn judge(&self, policy: &AuthenticationPolicy, record: &CredentialRecord) -> Result<RecordUpdate> {
        self.judge_backup_eligibility(policy, &record.usage)?;
        let recorded = record.usage;
        if self.counter(recorded.sign_count) == CounterVerdict::NotIncreased && policy.counter == CounterPolicy::Refuse {
            let error = Error::new(ErrorCode::CounterNotIncreased).at("7.2/22");
            return Err(error.expected(format_args!("more than {}", recorded.sign_count)).found(self.sign_count));
        }
        let learns = policy.user_verification_unknown == UnknownUserVerification::DangerLearn && self.flags.user_verified();
        let learnt = learns.then_some(true);
        Ok(RecordUpdate {
            scope: record.scope.clone(),
            credential_id: record.credential_id.clone(),
            user_handle: record.user_handle.clone(),
            public_key: record.public_key.clone(),
            expected: recorded,
            next: UseState {
                // Never lowered, or a clone would pass unseen from then on.
                sign_count: recorded.sign_count.max(self.sign_count),
                backup_eligible: Some(self.flags.backup_eligible()),
                backup_state: self.flags.backup_state(),
                uv_initialized: recorded.uv_initialized.or(learnt),
            },
            used_at: self.used_at,
            user_verified: self.flags.user_verified(),
        })
    }

    fn counter(&self, recorded: u32) -> CounterVerdict {
        match (recorded, self.sign_count) {
            (0, 0) => CounterVerdict::NotKept,
            (recorded, now) if now > recorded => CounterVerdict::Increased,
            _ => CounterVerdict::NotIncreased,
        }
    }
}

/// A response that passed every check and is not recorded yet. `P` says for what.
///
/// Veto it by dropping it; commit it by writing [`update`](Self::update).
#[must_use = "nothing counts until the use is recorded"]
pub struct Verified<P> {
    pub(super) evidence: Evidence,
    pub(super) policy: AuthenticationPolicy,
    pub(super) record: CredentialRecord,
    pub(super) update: RecordUpdate,
    /// Whether the caller authorised user verification to count from now on.
    pub(super) authorized: bool,
    pub(super) client_extension_results: ClientExtensionResults,
    pub(super) extension_outputs: Option<Bytes>,
    pub(super) carried: Carried,
    pub(super) purpose: PhantomData<fn() -> P>,
}

carries!(result Verified<P>, P);

impl<P> Verified<P> {
    /// The account the credential belongs to: who would be logged in, once the use is recorded. Not a login yet.
    #[must_use]
    pub fn user_handle(&self) -> &UserHandle {
        &self.record.user_handle
    }

    /// The record the response was verified against, as it was before this use.
    #[must_use]
    pub fn record(&self) -> &CredentialRecord {
        &self.record
    }

    /// The authenticator's flags.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.evidence.flags
    }

    /// The authenticator's counter.
    #[must_use]
    pub fn sign_count(&self) -> u32 {
        self.evidence.sign_count
    }

    /// What the counter says.
    #[must_use]
    pub fn counter(&self) -> CounterVerdict {
        self.evidence.counter(self.record.usage.sign_count)
    }

    /// Whether user verification happened and may count as a factor of its own (§4): a credential that
    /// never had it at registration must have it authorised first.
    #[must_use]
    pub fn user_verification_counts(&self) -> bool {
        self.evidence.flags.user_verified() && self.record.usage.uv_initialized == Some(true)
    }

    /// From now on user verification counts for this credential. Call it only after another factor, as
    /// strong as user verification, was checked (step 24 of §7.2). Without UV in this response it does nothing.
    pub fn authorize_user_verification(&mut self) {
        if self.evidence.flags.user_verified() {
            self.authorized = true;
            self.update.next.uv_initialized = Some(true);
        }
    }

    /// Whether the credential is backed up now and was not at its last use, or the reverse.
    #[must_use]
    pub fn backup_state_changed(&self) -> bool {
        self.evidence.flags.backup_state() != self.record.usage.backup_state
    }

    /// What the client reports of extensions; unsigned.
    #[must_use]
    pub fn client_extension_results(&self) -> &ClientExtensionResults {
        &self.client_extension_results
    }

    /// The authenticator's extension outputs, a signed CBOR map.
    #[must_use]
    pub fn extension_outputs(&self) -> Option<&Bytes> {
        self.extension_outputs.as_ref()
    }

    /// The change to write by compare-and-set.
    pub fn update(&self) -> &RecordUpdate {
        &self.update
    }

    /// Judges again after the compare-and-set found another state: `current` is the record as it is now.
    ///
    /// # Errors
    /// `credential-not-found` if it is no longer the same credential of the same owner,
    /// `counter-not-increased`, `backup-eligibility-changed`.
    pub fn judge_again(&mut self, current: CredentialRecord) -> Result<()> {
        let same = current.credential_id == self.record.credential_id
            && current.user_handle == self.record.user_handle
            && current.public_key == self.record.public_key
            && current.scope == self.record.scope;
        if !same {
            return Err(Error::new(ErrorCode::CredentialNotFound).at("7.2/24"));
        }
        self.update = self.evidence.judge(&self.policy, &current)?;
        if self.authorized {
            self.update.next.uv_initialized = Some(true);
        }
        self.record = current;
        Ok(())
    }

    /// The record as it is once the update is written.
    pub(crate) fn into_updated_record(self) -> (CredentialRecord, Carried) {
        let mut record = self.record;
        record.usage = self.update.next;
        record.last_used_at = record.last_used_at.max(Some(self.update.used_at));
        if self.update.user_verified {
            record.supports_user_verification = Some(true);
        }
        (record, self.carried)
    }
}

impl<P> fmt::Debug for Verified<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("user_handle", self.user_handle())
            .field("credential_id", &self.record.credential_id)
            .field("flags", &self.evidence.flags)
            .field("counter", &self.counter())
            .finish_non_exhaustive()
    }
}
