//! Bounded stores in memory, for tests, examples and single-process services.
//!
//! Both refuse when they are full rather than push something out: whoever floods a server then keeps
//! newcomers waiting but cannot undo what honest users have begun.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::string::String;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use super::{CeremonyId, CeremonyStore, CredentialStore, Inserted, NewCeremony, Recorded, StoreError};
use crate::ceremony::{CredentialRecord, RecordUpdate};
use crate::types::{Challenge, CredentialId, Scope, UnixTime, UserHandle};

/// How many credentials a [`MemoryStore`] holds unless told otherwise.
const DEFAULT_CREDENTIALS: usize = 1_000_000;
/// How many ceremonies may be pending in [`MemoryCeremonies`] unless told otherwise.
const DEFAULT_CEREMONIES: usize = 100_000;

/// Credential records in memory, gone with the process.
pub struct MemoryStore {
    records: Mutex<Records>,
    capacity: usize,
}

#[derive(Default)]
struct Records {
    by_id: HashMap<(Scope, CredentialId), CredentialRecord>,
    /// Each user's credentials in the order they came.
    by_user: BTreeMap<(Scope, UserHandle), Vec<CredentialId>>,
}

impl MemoryStore {
    /// An empty store for at most a million credentials.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CREDENTIALS)
    }

    /// An empty store for at most so many credentials.
    #[must_use]
    pub fn with_capacity(credentials: usize) -> Self {
        Self { records: Mutex::default(), capacity: credentials }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        // Every change below is made by calls that do not panic half-way.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Records {
    /// The record if this user owns it.
    fn owned(&mut self, scope: &Scope, user: &UserHandle, id: &CredentialId) -> Option<&mut CredentialRecord> {
        self.by_id.get_mut(&(scope.clone(), id.clone())).filter(|record| record.user_handle == *user)
    }
}

impl CredentialStore for MemoryStore {
    async fn insert(&self, record: &CredentialRecord) -> Result<Inserted, StoreError> {
        let mut records = self.lock();
        let key = (record.scope.clone(), record.credential_id.clone());
        if records.by_id.contains_key(&key) {
            return Ok(Inserted::AlreadyThere);
        }
        if records.by_id.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        let owner = (record.scope.clone(), record.user_handle.clone());
        records.by_user.entry(owner).or_default().push(record.credential_id.clone());
        records.by_id.insert(key, record.clone());
        Ok(Inserted::Yes)
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        Ok(self.lock().by_id.get(&(scope.clone(), id.clone())).cloned())
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        let records = self.lock();
        let ids = records.by_user.get(&(scope.clone(), user.clone())).into_iter().flatten();
        Ok(ids.filter_map(|id| records.by_id.get(&(scope.clone(), id.clone())).cloned()).collect())
    }

    async fn record_use(&self, update: &RecordUpdate) -> Result<Recorded, StoreError> {
        let mut records = self.lock();
        let Some(record) = records.by_id.get_mut(&(update.scope.clone(), update.credential_id.clone())) else {
            return Ok(Recorded::NotFound);
        };
        let same = record.user_handle == update.user_handle && record.public_key == update.public_key && record.usage == update.expected;
        if !same {
            return Ok(Recorded::Conflict);
        }
        record.usage = update.next;
        record.supports_user_verification |= update.user_verified;
        record.last_used_at = record.last_used_at.max(Some(update.used_at));
        Ok(Recorded::Yes)
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        let mut records = self.lock();
        let record = records.owned(scope, user, id);
        Ok(record.map(|record| record.name = name.into()).is_some())
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId) -> Result<bool, StoreError> {
        let mut records = self.lock();
        if records.owned(scope, user, id).is_none() {
            return Ok(false);
        }
        records.by_id.remove(&(scope.clone(), id.clone()));
        let owner = (scope.clone(), user.clone());
        if let Some(ids) = records.by_user.get_mut(&owner) {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                records.by_user.remove(&owner);
            }
        }
        Ok(true)
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        let mut records = self.lock();
        let ids = records.by_user.remove(&(scope.clone(), user.clone())).unwrap_or_default();
        let mut deleted = 0u64;
        for id in ids {
            if records.by_id.remove(&(scope.clone(), id)).is_some() {
                deleted = deleted.saturating_add(1);
            }
        }
        Ok(deleted)
    }
}

/// Pending ceremonies in memory, bounded in number; expired ones make room for new ones.
pub struct MemoryCeremonies {
    pending: Mutex<PendingCeremonies>,
    capacity: usize,
}

#[derive(Default)]
struct PendingCeremonies {
    by_id: HashMap<(Scope, CeremonyId), NewCeremony>,
    by_challenge: HashMap<(Scope, Vec<u8>), CeremonyId>,
    by_expiry: BTreeSet<(UnixTime, Scope, CeremonyId)>,
}

impl MemoryCeremonies {
    /// An empty store for at most a hundred thousand pending ceremonies.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CEREMONIES)
    }

    /// An empty store for at most so many pending ceremonies.
    #[must_use]
    pub fn with_capacity(ceremonies: usize) -> Self {
        Self { pending: Mutex::default(), capacity: ceremonies }
    }

    /// How many ceremonies are kept, expired ones included until others need their room.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Whether no ceremony is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, PendingCeremonies> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryCeremonies {
    fn default() -> Self {
        Self::new()
    }
}

impl PendingCeremonies {
    fn remove(&mut self, scope: &Scope, id: &CeremonyId) -> Option<NewCeremony> {
        let ceremony = self.by_id.remove(&(scope.clone(), id.clone()))?;
        let by_challenge = (scope.clone(), ceremony.challenge.as_bytes().to_vec());
        if self.by_challenge.get(&by_challenge) == Some(id) {
            self.by_challenge.remove(&by_challenge);
        }
        self.by_expiry.remove(&(ceremony.expires_at, scope.clone(), id.clone()));
        Some(ceremony)
    }

    fn forget_expired(&mut self, now: UnixTime) {
        while let Some((expires_at, scope, id)) = self.by_expiry.first().cloned() {
            if expires_at >= now || self.remove(&scope, &id).is_none() {
                break;
            }
        }
    }
}

impl CeremonyStore for MemoryCeremonies {
    async fn put(&self, ceremony: NewCeremony, now: UnixTime) -> Result<CeremonyId, StoreError> {
        let mut pending = self.lock();
        pending.forget_expired(now);
        if pending.by_id.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        let (scope, id) = (ceremony.scope.clone(), ceremony.id.clone());
        // Random IDs and challenges do not repeat; if a caller's do, the newer one counts.
        pending.remove(&scope, &id);
        pending.by_challenge.insert((scope.clone(), ceremony.challenge.as_bytes().to_vec()), id.clone());
        pending.by_expiry.insert((ceremony.expires_at, scope.clone(), id.clone()));
        pending.by_id.insert((scope, id.clone()), ceremony);
        Ok(id)
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId) -> Result<Option<String>, StoreError> {
        Ok(self.lock().remove(scope, id).map(|ceremony| ceremony.state))
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge) -> Result<Option<String>, StoreError> {
        let mut pending = self.lock();
        let id = pending.by_challenge.get(&(scope.clone(), challenge.as_bytes().to_vec())).cloned();
        Ok(id.and_then(|id| pending.remove(scope, &id)).map(|ceremony| ceremony.state))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} of {})", self.lock().by_id.len(), self.capacity)
    }
}

impl fmt::Debug for MemoryCeremonies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryCeremonies({} of {})", self.len(), self.capacity)
    }
}
