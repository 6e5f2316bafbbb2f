//! A user's passkeys: list, find, rename, delete. The owner is always part of the question.

use alloc::vec::Vec;

use super::{Event, Passkeys};
use crate::ceremony::{CredentialRecord, Proof, ProofPolicy, check_name};
use crate::error::{ErrorCode, Result};
use crate::store::{CeremonyStore, CredentialStore, Deleted, LastRecord, StoreError};
use crate::types::{CredentialId, RecordId, UserHandle};
use crate::wire::{AllAcceptedCredentialsSignal, CurrentUserDetailsSignal, UnknownCredentialSignal, UserEntity};

/// The rules for adding and removing passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagementPolicy {
    /// The most passkeys of a user; 100 by default. An import is not asked.
    pub limit_per_user: u32,
    /// Whether a user's last passkey of this relying party may be deleted. Two deletions at once are told apart by the store, which
    /// counts the scope: give each RP ID a scope of its own, as is the default.
    /// It may by default, since the library does not know of other ways to sign in;
    /// [`delete_all`](Passkeys::delete_all) is not asked.
    pub last_passkey: LastRecord,
    /// What must be shown before a passkey is added or deleted; nothing by default.
    pub proof: Option<ProofPolicy>,
}

impl Default for ManagementPolicy {
    fn default() -> Self {
        Self { limit_per_user: 100, last_passkey: LastRecord::MayGo, proof: None }
    }
}

/// All passkeys of a user are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedAll {
    /// How many there were.
    pub count: u64,
    /// What is left, for the page to tell the user's authenticators.
    pub accepted: AllAcceptedCredentialsSignal,
}

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// A user's passkeys that work here, oldest first: relying parties with different RP IDs may share a scope.
    ///
    /// # Errors
    /// `store-unavailable`.
    pub async fn list(&self, user: &UserHandle) -> Result<Vec<CredentialRecord>> {
        let mut records = self.credentials.list(self.rp.scope(), user).await.map_err(StoreError::of_credentials)?;
        records.retain(|record| record.rp_id == *self.rp.id());
        Ok(records)
    }

    /// One passkey of this user.
    ///
    /// # Errors
    /// `credential-not-found`, also for somebody else's; `store-unavailable`.
    pub async fn find(&self, user: &UserHandle, id: &CredentialId) -> Result<CredentialRecord> {
        let record = self.credentials.find(self.rp.scope(), id).await.map_err(StoreError::of_credentials)?;
        record
            .filter(|record| record.user_handle == *user && record.rp_id == *self.rp.id())
            .ok_or_else(|| ErrorCode::CredentialNotFound.into())
    }

    /// One passkey by the library's own ID of its record, whoever owns it: for an operator, not for a user.
    ///
    /// # Errors
    /// `credential-not-found`, `store-unavailable`.
    pub async fn find_by_record_id(&self, id: &RecordId) -> Result<CredentialRecord> {
        let record = self.credentials.find_by_record_id(self.rp.scope(), id).await.map_err(StoreError::of_credentials)?;
        record.filter(|record| record.rp_id == *self.rp.id()).ok_or_else(|| ErrorCode::CredentialNotFound.into())
    }

    /// Renames one passkey of this user; 1 to 256 bytes.
    ///
    /// # Errors
    /// `name-invalid`, `credential-not-found`, also for somebody else's; `store-unavailable`.
    pub async fn rename(&self, user: &UserHandle, id: &CredentialId, name: &str) -> Result<()> {
        self.called(None, "rename", async {
            check_name(name)?;
            self.find(user, id).await?;
            if !self.credentials.rename(self.rp.scope(), user, id, name).await.map_err(StoreError::of_credentials)? {
                return Err(ErrorCode::CredentialNotFound.into());
            }
            self.tell(Event::Renamed { user, credential_id: id });
            Ok(())
        })
        .await
    }

    /// Deletes one passkey of this user, where nothing need be proved. Answers with those that are left, for the page to tell
    /// the user's authenticators.
    ///
    /// # Errors
    /// `credential-not-found`, also for somebody else's; `credential-last`, `proof-required`, `store-unavailable`.
    pub async fn delete(&self, user: &UserHandle, id: &CredentialId) -> Result<AllAcceptedCredentialsSignal> {
        self.remove(user, id, None).await
    }

    /// Deletes one passkey of the user who proved to be in control of the account.
    ///
    /// # Errors
    /// Those of [`delete`](Self::delete), `proof-stale`, `proof-of-another`.
    pub async fn delete_with_proof(&self, proof: &Proof, id: &CredentialId) -> Result<AllAcceptedCredentialsSignal> {
        self.remove(proof.user_handle(), id, Some(proof)).await
    }

    async fn remove(&self, user: &UserHandle, id: &CredentialId, proof: Option<&Proof>) -> Result<AllAcceptedCredentialsSignal> {
        self.called(None, "delete", async {
            self.check_proof(proof, user)?;
            // Read first: once it is deleted, nothing may fail any more.
            let before = self.accepted(user).await?;
            if !before.all_accepted_credential_ids.contains(id) {
                return Err(ErrorCode::CredentialNotFound.into());
            }
            // The store counts the scope; where another RP ID shares that, this relying party's own are counted here.
            let last = self.settings.management.last_passkey;
            if last == LastRecord::Stays && before.all_accepted_credential_ids.len() <= 1 {
                return Err(ErrorCode::CredentialLast.into());
            }
            match self.credentials.delete(self.rp.scope(), user, id, last).await.map_err(StoreError::of_credentials)? {
                Deleted::Yes => {}
                Deleted::NotFound => return Err(ErrorCode::CredentialNotFound.into()),
                Deleted::LastStays => return Err(ErrorCode::CredentialLast.into()),
            }
            self.tell(Event::Deleted { user, credential_id: id });
            let mut left = self.accepted_after(before).await;
            left.all_accepted_credential_ids.retain(|other| other != id);
            Ok(left)
        })
        .await
    }

    /// Deletes all passkeys of a user in this scope, also when the user goes: no rule keeps any. Answers with how many there
    /// were, and with what is left (nothing, unless one was registered meanwhile), for the page to tell the user's authenticators.
    ///
    /// A registration that has begun may still be completed afterwards: where the user is gone, refuse it by the veto of
    /// [`complete_registration_unless`](Self::complete_registration_unless).
    ///
    /// # Errors
    /// `store-unavailable`.
    pub async fn delete_all(&self, user: &UserHandle) -> Result<DeletedAll> {
        self.called(None, "delete_all", async {
            let count = self.credentials.delete_all(self.rp.scope(), user).await.map_err(StoreError::of_credentials)?;
            self.tell(Event::DeletedAll { user, count });
            let none = AllAcceptedCredentialsSignal::new(self.rp.id().clone(), user.clone(), Vec::new());
            Ok(DeletedAll { count, accepted: self.accepted_after(none).await })
        })
        .await
    }

    /// The passkeys that a user has now, for the page to tell the user's authenticators.
    ///
    /// # Errors
    /// `store-unavailable`.
    pub async fn accepted(&self, user: &UserHandle) -> Result<AllAcceptedCredentialsSignal> {
        let ids = self.list(user).await?.into_iter().map(|record| record.credential_id).collect();
        Ok(AllAcceptedCredentialsSignal::new(self.rp.id().clone(), user.clone(), ids))
    }

    /// Reads again after a change, since a signal that leaves out what somebody registered meanwhile would hide it; what was
    /// read before, if the store fails now.
    pub(super) async fn accepted_after(&self, before: AllAcceptedCredentialsSignal) -> AllAcceptedCredentialsSignal {
        self.accepted(&before.user_id).await.unwrap_or(before)
    }

    /// What an account is called now, for the page to tell the user's authenticators after a change.
    #[must_use]
    pub fn user_details(&self, user: UserEntity) -> CurrentUserDetailsSignal {
        CurrentUserDetailsSignal::new(self.rp.id().clone(), user)
    }

    /// A credential that is not known (any more), or whose registration was refused: for the page that just presented it.
    ///
    /// Only where nobody was named at the start of the ceremony: after decoys it would tell that they were.
    #[must_use]
    pub fn unknown_credential(&self, id: CredentialId) -> UnknownCredentialSignal {
        UnknownCredentialSignal::new(self.rp.id().clone(), id)
    }

    pub(super) fn check_proof(&self, proof: Option<&Proof>, user: &UserHandle) -> Result<()> {
        let Some(policy) = self.settings.management.proof else { return Ok(()) };
        policy.judge(proof, self.rp.scope(), user, self.clock.now())
    }
}
