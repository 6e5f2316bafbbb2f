//! Where credential records and pending ceremonies are kept.
//!
//! Both traits are declared with `impl Future + Send`, so implementers write plain `async fn`, any
//! runtime works, and a blocking or in-memory store costs nothing. For trait objects there are
//! [`DynCredentialStore`] and [`DynCeremonyStore`].

mod dynamic;
#[cfg(feature = "std")]
mod memory;
mod sealed;

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;

use serde::{Deserialize, Deserializer, Serialize};

pub use dynamic::{DynCeremonyStore, DynCredentialStore};
#[cfg(feature = "std")]
pub use memory::{MemoryCeremonies, MemoryStore};
#[cfg(feature = "std")]
pub use sealed::MemoryReplayGuard;
pub use sealed::{Marked, ReplayGuard, SealedCeremonies, SealingKeys};

use crate::ceremony::{CredentialRecord, RecordUpdate};
use crate::error::{Error, ErrorCode};
use crate::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};

/// Why a store could not answer: a fault of the store, never a verdict on a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store failed or cannot be reached; the text is for the operator.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store holds as much as it may.
    #[error("the store is full")]
    Full,
    /// The store knows why it does not hand a ceremony out, such as a sealed token that was tampered with.
    #[error(transparent)]
    Refused(Error),
}

impl StoreError {
    /// A failure with the underlying error's text.
    pub fn unavailable(error: impl fmt::Display) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Whether a record was inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// It was not there and now is.
    Yes,
    /// A record with this scope and credential ID or record ID was there already and is unchanged.
    AlreadyThere,
    /// The user has as many records as allowed; nothing was changed.
    LimitReached,
}

/// Whether a user's last record may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRecord {
    /// It may.
    MayGo,
    /// It stays: whoever has no other way to sign in is not locked out.
    Stays,
}

/// Whether a record was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Deleted {
    /// It was there and is gone.
    Yes,
    /// This user has no such record.
    NotFound,
    /// It is the user's last and stays.
    LastStays,
}

/// What an import does about records whose scope and credential ID are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// One that is taken, in the store or by an earlier one of the batch, keeps the whole batch out.
    AllOrNothing,
    /// Those that are taken are left out; the others go in.
    RowByRow,
}

/// How many ceremonies may be pending in a store that keeps them, expired ones not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLimits {
    /// For one user of one scope; sign-ins, which anybody can start in a user's name, apart from all else. One more pushes the
    /// oldest out, so that nobody is kept from signing in by whoever starts ceremonies in their name and leaves them.
    pub per_user: u32,
    /// In one scope. One more is refused, so that nobody undoes what others have begun.
    pub in_scope: u32,
}

impl Default for PendingLimits {
    /// 16 for a user and 100 000 in all.
    fn default() -> Self {
        Self { per_user: 16, in_scope: 100_000 }
    }
}

/// Whether a use was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Recorded {
    /// The record was as expected and has been updated.
    Yes,
    /// The record has another owner, public key or [`UseState`](crate::UseState) than expected, and is unchanged.
    Conflict,
    /// There is no such record.
    NotFound,
}

/// Keeps credential records, each under its scope and credential ID.
///
/// What lies in another scope does not exist for a call. There is no upsert: a credential ID belongs to
/// one account for good.
pub trait CredentialStore: Send + Sync {
    /// Inserts a record unless its credential ID or its record ID is taken in its scope, or its user has `at_most` records or
    /// more; atomically, so that two insertions at once do not exceed it. A taken ID is said to be taken whatever the limit.
    fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> impl Future<Output = Result<Inserted, StoreError>> + Send;

    /// Inserts a batch, atomically with [`ImportMode::AllOrNothing`], and answers each record in order. Where one of them keeps
    /// the batch out, those in the way are answered `AlreadyThere`, the others `Yes` all the same: they would have gone in.
    fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> impl Future<Output = Result<Vec<Inserted>, StoreError>> + Send;

    /// Finds one record.
    fn find(&self, scope: &Scope, id: &CredentialId) -> impl Future<Output = Result<Option<CredentialRecord>, StoreError>> + Send;

    /// Finds one record by the library's own ID.
    fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> impl Future<Output = Result<Option<CredentialRecord>, StoreError>> + Send;

    /// Lists a user's records, oldest first: in the order in which they were inserted.
    fn list(&self, scope: &Scope, user: &UserHandle) -> impl Future<Output = Result<Vec<CredentialRecord>, StoreError>> + Send;

    /// Records a use by compare-and-set: atomically, and only if the record's owner is `update.user_handle`, its public key
    /// `update.public_key` and its use state `update.expected`; then the use state becomes `update.next` and the time of last use
    /// `update.used_at`, unless a later one is recorded, and `supports_user_verification` becomes `Some(true)` if
    /// `update.user_verified` is true. Nothing else may be compared or changed, so that a
    /// rename at the same time fails nobody.
    fn record_use(&self, update: &RecordUpdate) -> impl Future<Output = Result<Recorded, StoreError>> + Send;

    /// Renames one record of this user; `false` if there is none.
    fn rename(
        &self,
        scope: &Scope,
        user: &UserHandle,
        id: &CredentialId,
        name: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes one record of this user; atomically, so that of two records deleted at once one stays where the last
    /// shall stay.
    fn delete(
        &self,
        scope: &Scope,
        user: &UserHandle,
        id: &CredentialId,
        last: LastRecord,
    ) -> impl Future<Output = Result<Deleted, StoreError>> + Send;

    /// Deletes all of a user's records; how many there were.
    fn delete_all(&self, scope: &Scope, user: &UserHandle) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// Keeps pending ceremonies until they are taken, once.
pub trait CeremonyStore: Send + Sync {
    /// Keeps a ceremony at least until it expires, and returns the ID that takes it: `ceremony.id`, unless
    /// the store makes its own (a sealed token, say). Expired ones make room.
    fn put(
        &self,
        ceremony: NewCeremony,
        limits: &PendingLimits,
        now: UnixTime,
    ) -> impl Future<Output = Result<CeremonyId, StoreError>> + Send;

    /// Removes a ceremony and returns its state, atomically: of two callers one gets it. Whether it has expired is judged
    /// from the state; the store may return an expired one or nothing.
    fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// The same, found by the challenge that was issued; afterwards neither way finds it.
    fn take_by_challenge(
        &self,
        scope: &Scope,
        challenge: &Challenge,
        now: UnixTime,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;
}

/// A pending ceremony on its way into a store. `Debug` hides its ID and state.
#[derive(Clone)]
#[non_exhaustive]
pub struct NewCeremony {
    /// The tenant.
    pub scope: Scope,
    /// Against whose limit it counts, if that is known: a user, or a stand-in of 32 bytes for the sign-ins in a user's name.
    pub user: Option<UserHandle>,
    /// A fresh random ID.
    pub id: CeremonyId,
    /// The challenge that was issued.
    pub challenge: Challenge,
    /// The pending state, JSON.
    pub state: String,
    /// When it may be forgotten.
    pub expires_at: UnixTime,
}

impl NewCeremony {
    /// A ceremony from its parts.
    #[must_use]
    pub fn new(scope: Scope, id: CeremonyId, challenge: Challenge, state: String, expires_at: UnixTime) -> Self {
        Self { scope, user: None, id, challenge, state, expires_at }
    }

    /// Against whose limit it counts.
    #[must_use]
    pub fn user(mut self, user: UserHandle) -> Self {
        self.user = Some(user);
        self
    }
}

impl fmt::Debug for NewCeremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCeremony").field("scope", &self.scope).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The opaque, single-use ID of a pending ceremony, which the second request brings back.
///
/// Whoever has it can complete or waste the ceremony: keep it in the user's own session or an
/// `HttpOnly` cookie. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CeremonyId(String);

impl CeremonyId {
    /// The longest ID taken, in bytes: room for sealed tokens.
    const MAX_LEN: usize = 16 * 1024;

    /// Takes the text that came back; one longer than 16 KiB becomes empty, which is never found.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.len() > Self::MAX_LEN {
            text.clear();
        }
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for CeremonyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl fmt::Debug for CeremonyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CeremonyId(…)")
    }
}

impl StoreError {
    /// As the crate's error, where a credential store said it.
    pub(crate) fn of_credentials(self) -> Error {
        self.into_error(ErrorCode::CredentialStoreFull)
    }

    /// As the crate's error, where a ceremony store said it.
    pub(crate) fn of_ceremonies(self) -> Error {
        self.into_error(ErrorCode::CeremonyStoreFull)
    }

    fn into_error(self, full: ErrorCode) -> Error {
        match self {
            Self::Full => full.into(),
            Self::Unavailable(text) => Error::new(ErrorCode::StoreUnavailable).found(text),
            Self::Refused(error) => error,
        }
    }
}

/// A reference or a shared pointer to a store is a store.
macro_rules! forward {
    ($($pointer:ty)*) => {$(
        impl<T: CredentialStore + ?Sized> CredentialStore for $pointer {
            fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> impl Future<Output = Result<Inserted, StoreError>> + Send {
                (**self).insert(record, at_most)
            }
            fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> impl Future<Output = Result<Vec<Inserted>, StoreError>> + Send {
                (**self).import(records, mode)
            }
            fn find(&self, scope: &Scope, id: &CredentialId) -> impl Future<Output = Result<Option<CredentialRecord>, StoreError>> + Send {
                (**self).find(scope, id)
            }
            fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> impl Future<Output = Result<Option<CredentialRecord>, StoreError>> + Send {
                (**self).find_by_record_id(scope, id)
            }
            fn list(&self, scope: &Scope, user: &UserHandle) -> impl Future<Output = Result<Vec<CredentialRecord>, StoreError>> + Send {
                (**self).list(scope, user)
            }
            fn record_use(&self, update: &RecordUpdate) -> impl Future<Output = Result<Recorded, StoreError>> + Send {
                (**self).record_use(update)
            }
            fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> impl Future<Output = Result<bool, StoreError>> + Send {
                (**self).rename(scope, user, id, name)
            }
            fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> impl Future<Output = Result<Deleted, StoreError>> + Send {
                (**self).delete(scope, user, id, last)
            }
            fn delete_all(&self, scope: &Scope, user: &UserHandle) -> impl Future<Output = Result<u64, StoreError>> + Send {
                (**self).delete_all(scope, user)
            }
        }

        impl<T: CeremonyStore + ?Sized> CeremonyStore for $pointer {
            fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> impl Future<Output = Result<CeremonyId, StoreError>> + Send {
                (**self).put(ceremony, limits, now)
            }
            fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
                (**self).take(scope, id, now)
            }
            fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, now: UnixTime) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
                (**self).take_by_challenge(scope, challenge, now)
            }
        }
    )*};
}
forward!(Arc<T> &T);
