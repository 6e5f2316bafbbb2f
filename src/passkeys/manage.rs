//! A user's passkeys: list, find, rename, delete. The owner is always part of the question.

use alloc::vec::Vec;

use super::Passkeys;
use crate::ceremony::CredentialRecord;
use crate::error::{Error, ErrorCode, Result};
use crate::store::{CeremonyStore, CredentialStore, Deleted, LastRecord};
use crate::types::{CredentialId, UserHandle};

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// A user's passkeys, oldest first.
    ///
    /// # Errors
    /// `store-unavailable`.
    pub async fn list(&self, user: &UserHandle) -> Result<Vec<CredentialRecord>> {
        self.credentials.list(self.rp.scope(), user).await.map_err(|e| e.of_credentials())
    }

    /// One passkey of this user.
    ///
    /// # Errors
    /// `credential-not-found`, also for somebody else's; `store-unavailable`.
    pub async fn find(&self, user: &UserHandle, id: &CredentialId) -> Result<CredentialRecord> {
        let record = self.credentials.find(self.rp.scope(), id).await.map_err(|e| e.of_credentials())?;
        record.filter(|record| record.user_handle == *user).ok_or_else(|| ErrorCode::CredentialNotFound.into())
    }

    /// Renames one passkey of this user; 1 to 256 bytes.
    ///
    /// # Errors
    /// `name-invalid`, `credential-not-found`, also for somebody else's; `store-unavailable`.
    pub async fn rename(&self, user: &UserHandle, id: &CredentialId, name: &str) -> Result<()> {
        if !(1..=256).contains(&name.len()) {
            return Err(Error::new(ErrorCode::NameInvalid).found(name.len()));
        }
        found(self.credentials.rename(self.rp.scope(), user, id, name).await.map_err(|e| e.of_credentials())?)
    }

    /// Deletes one passkey of this user.
    ///
    /// # Errors
    /// `credential-not-found`, also for somebody else's; `store-unavailable`.
    pub async fn delete(&self, user: &UserHandle, id: &CredentialId) -> Result<()> {
        match self.credentials.delete(self.rp.scope(), user, id, LastRecord::MayGo).await.map_err(|e| e.of_credentials())? {
            Deleted::Yes => Ok(()),
            Deleted::NotFound => Err(ErrorCode::CredentialNotFound.into()),
            Deleted::LastStays => Err(ErrorCode::CredentialLast.into()),
        }
    }

    /// Deletes all passkeys of a user, also when the user goes; how many there were.
    ///
    /// # Errors
    /// `store-unavailable`.
    pub async fn delete_all(&self, user: &UserHandle) -> Result<u64> {
        self.credentials.delete_all(self.rp.scope(), user).await.map_err(|e| e.of_credentials())
    }
}

fn found(yes: bool) -> Result<()> {
    if yes { Ok(()) } else { Err(ErrorCode::CredentialNotFound.into()) }
}
