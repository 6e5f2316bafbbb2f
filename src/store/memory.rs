//! Bounded stores in memory, for tests, examples and single-process services.
//!
//! Both refuse when they are full rather than push out what is another's: whoever floods a server then keeps
//! newcomers waiting but cannot undo what honest users have begun. A user's oldest ceremony makes room for that user's next.

use core::fmt;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::string::String;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use super::{
    CeremonyId, CeremonyStore, CredentialStore, Deleted, ImportMode, Inserted, LastRecord, NewCeremony, PendingLimits, Recorded, StoreError,
};
use crate::ceremony::{CredentialRecord, RecordUpdate};
use crate::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};

/// How many credentials a [`MemoryStore`] holds unless told otherwise.
const DEFAULT_CREDENTIALS: usize = 1_000_000;

/// How many expired entries go with each new one: more than come, and yet no call pays for a whole flood that expired.
pub(super) const FORGOTTEN_AT_ONCE: usize = 4;

/// Credential records in memory, gone with the process.
pub struct MemoryStore {
    records: Mutex<Records>,
    capacity: usize,
}

#[derive(Default)]
struct Records {
    by_id: HashMap<(Scope, CredentialId), CredentialRecord>,
    by_record_id: HashMap<(Scope, RecordId), CredentialId>,
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
    fn contains(&self, record: &CredentialRecord) -> bool {
        self.by_id.contains_key(&(record.scope.clone(), record.credential_id.clone()))
            || self.by_record_id.contains_key(&(record.scope.clone(), record.id))
    }

    fn remove(&mut self, scope: &Scope, id: &CredentialId) -> bool {
        let removed = self.by_id.remove(&(scope.clone(), id.clone()));
        if let Some(record) = &removed {
            self.by_record_id.remove(&(scope.clone(), record.id));
        }
        removed.is_some()
    }

    fn ids(&self, scope: &Scope, user: &UserHandle) -> &[CredentialId] {
        self.by_user.get(&(scope.clone(), user.clone())).map_or(&[], Vec::as_slice)
    }

    fn insert(&mut self, record: &CredentialRecord) {
        let owner = (record.scope.clone(), record.user_handle.clone());
        self.by_user.entry(owner).or_default().push(record.credential_id.clone());
        self.by_record_id.insert((record.scope.clone(), record.id), record.credential_id.clone());
        self.by_id.insert((record.scope.clone(), record.credential_id.clone()), record.clone());
    }

    /// The record if this user owns it.
    fn owned(&mut self, scope: &Scope, user: &UserHandle, id: &CredentialId) -> Option<&mut CredentialRecord> {
        self.by_id.get_mut(&(scope.clone(), id.clone())).filter(|record| record.user_handle == *user)
    }
}

impl CredentialStore for MemoryStore {
    async fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Result<Inserted, StoreError> {
        let mut records = self.lock();
        if records.contains(record) {
            return Ok(Inserted::AlreadyThere);
        }
        let limit = at_most.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        if records.ids(&record.scope, &record.user_handle).len() >= limit {
            return Ok(Inserted::LimitReached);
        }
        if records.by_id.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        records.insert(record);
        Ok(Inserted::Yes)
    }

    async fn import(&self, batch: &[CredentialRecord], mode: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        let mut records = self.lock();
        let (mut new, mut new_ids) = (BTreeSet::new(), BTreeSet::new());
        let answers: Vec<_> = batch
            .iter()
            .map(|record| {
                let free = !records.contains(record)
                    && !new_ids.contains(&(&record.scope, record.id))
                    && new.insert((&record.scope, &record.credential_id));
                if !free {
                    return Inserted::AlreadyThere;
                }
                new_ids.insert((&record.scope, record.id));
                Inserted::Yes
            })
            .collect();
        if mode == ImportMode::AllOrNothing && new.len() < batch.len() {
            return Ok(answers);
        }
        if records.by_id.len().saturating_add(new.len()) > self.capacity {
            return Err(StoreError::Full);
        }
        for (record, _) in batch.iter().zip(&answers).filter(|(_, answer)| **answer == Inserted::Yes) {
            records.insert(record);
        }
        Ok(answers)
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        Ok(self.lock().by_id.get(&(scope.clone(), id.clone())).cloned())
    }

    async fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        let records = self.lock();
        let id = records.by_record_id.get(&(scope.clone(), *id)).cloned();
        Ok(id.and_then(|id| records.by_id.get(&(scope.clone(), id)).cloned()))
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        let records = self.lock();
        let ids = records.ids(scope, user).iter();
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
        if update.user_verified {
            record.supports_user_verification = Some(true);
        }
        record.last_used_at = record.last_used_at.max(Some(update.used_at));
        Ok(Recorded::Yes)
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        let mut records = self.lock();
        let record = records.owned(scope, user, id);
        Ok(record.map(|record| record.name = name.into()).is_some())
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Result<Deleted, StoreError> {
        let mut records = self.lock();
        if records.owned(scope, user, id).is_none() {
            return Ok(Deleted::NotFound);
        }
        if last == LastRecord::Stays && records.ids(scope, user).len() <= 1 {
            return Ok(Deleted::LastStays);
        }
        records.remove(scope, id);
        let owner = (scope.clone(), user.clone());
        if let Some(ids) = records.by_user.get_mut(&owner) {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                records.by_user.remove(&owner);
            }
        }
        Ok(Deleted::Yes)
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        let mut records = self.lock();
        let ids = records.by_user.remove(&(scope.clone(), user.clone())).unwrap_or_default();
        let mut deleted = 0u64;
        for id in ids {
            if records.remove(scope, &id) {
                deleted = deleted.saturating_add(1);
            }
        }
        Ok(deleted)
    }
}

/// Pending ceremonies in memory, bounded in number; expired ones make room for new ones.
///
/// No call costs more the more it holds, but for those of the one user. So after a flood the memory comes back little by little, as
/// others come: a few expired ones go with each.
#[derive(Default)]
pub struct MemoryCeremonies {
    pending: Mutex<PendingCeremonies>,
}

#[derive(Default)]
struct PendingCeremonies {
    by_id: HashMap<(Scope, CeremonyId), Kept>,
    by_challenge: HashMap<(Scope, Vec<u8>), CeremonyId>,
    by_expiry: BTreeSet<(UnixTime, Scope, CeremonyId)>,
    /// The IDs of each user, oldest first.
    by_user: HashMap<(Scope, UserHandle), BTreeSet<(u64, CeremonyId)>>,
    /// What there is in each scope, by expiry.
    in_scope: HashMap<Scope, BTreeSet<(UnixTime, CeremonyId)>>,
    /// How many were ever put: their order.
    puts: u64,
}

struct Kept {
    ceremony: NewCeremony,
    put: u64,
}

impl MemoryCeremonies {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many ceremonies are kept, expired ones included: some of those go with each one that comes.
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

impl PendingCeremonies {
    fn remove(&mut self, scope: &Scope, id: &CeremonyId) -> Option<NewCeremony> {
        let Kept { ceremony, put } = self.by_id.remove(&(scope.clone(), id.clone()))?;
        let by_challenge = (scope.clone(), ceremony.challenge.as_bytes().to_vec());
        if self.by_challenge.get(&by_challenge) == Some(id) {
            self.by_challenge.remove(&by_challenge);
        }
        self.by_expiry.remove(&(ceremony.expires_at, scope.clone(), id.clone()));
        if let Some(user) = &ceremony.user
            && let Entry::Occupied(mut ids) = self.by_user.entry((scope.clone(), user.clone()))
        {
            ids.get_mut().remove(&(put, id.clone()));
            if ids.get().is_empty() {
                ids.remove();
            }
        }
        if let Entry::Occupied(mut there) = self.in_scope.entry(scope.clone()) {
            there.get_mut().remove(&(ceremony.expires_at, id.clone()));
            if there.get().is_empty() {
                there.remove();
            }
        }
        Some(ceremony)
    }

    fn insert(&mut self, ceremony: NewCeremony) {
        self.puts = self.puts.saturating_add(1);
        let (scope, id, put) = (ceremony.scope.clone(), ceremony.id.clone(), self.puts);
        self.by_challenge.insert((scope.clone(), ceremony.challenge.as_bytes().to_vec()), id.clone());
        self.by_expiry.insert((ceremony.expires_at, scope.clone(), id.clone()));
        if let Some(user) = &ceremony.user {
            self.by_user.entry((scope.clone(), user.clone())).or_default().insert((put, id.clone()));
        }
        self.in_scope.entry(scope.clone()).or_default().insert((ceremony.expires_at, id.clone()));
        self.by_id.insert((scope, id), Kept { ceremony, put });
    }

    /// Some of what has expired, in whichever scope.
    fn forget_some_expired(&mut self, now: UnixTime) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            match self.by_expiry.first().cloned() {
                Some((expires_at, scope, id)) if expires_at < now => self.remove(&scope, &id),
                _ => break,
            };
        }
    }

    /// Makes room for one more of this user: what has expired does not count, and of the rest the oldest goes.
    fn make_room_of(&mut self, scope: &Scope, user: &UserHandle, per_user: u32, now: UnixTime) {
        let owner = (scope.clone(), user.clone());
        let full = |ids: &BTreeSet<_>| u32::try_from(ids.len()).is_ok_and(|n| n >= per_user);
        if let Some(ids) = self.by_user.get(&owner).filter(|ids| full(ids)) {
            for (_, id) in ids.clone() {
                if self.by_id.get(&(scope.clone(), id.clone())).is_some_and(|kept| kept.ceremony.expires_at < now) {
                    self.remove(scope, &id);
                }
            }
        }
        while let Some(ids) = self.by_user.get(&owner).filter(|ids| full(ids))
            && let Some((_, oldest)) = ids.first().cloned()
        {
            self.remove(scope, &oldest);
        }
    }

    /// Whether there is room for one more in this scope, where one that has expired makes it; a few at once where the limit is
    /// lower than it was.
    fn has_room(&mut self, scope: &Scope, in_scope: u32, now: UnixTime) -> bool {
        for _ in 0..FORGOTTEN_AT_ONCE {
            let there = self.in_scope.get(scope);
            if there.is_none_or(|there| u32::try_from(there.len()).is_ok_and(|n| n < in_scope)) {
                return in_scope > 0;
            }
            match there.and_then(BTreeSet::first).cloned() {
                Some((expires_at, id)) if expires_at < now => self.remove(scope, &id),
                _ => return false,
            };
        }
        false
    }
}

impl CeremonyStore for MemoryCeremonies {
    async fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        let mut pending = self.lock();
        pending.forget_some_expired(now);
        // Random IDs and challenges do not repeat; if a caller's do, the newer one counts.
        pending.remove(&ceremony.scope, &ceremony.id);
        if let Some(user) = &ceremony.user {
            pending.make_room_of(&ceremony.scope, user, limits.per_user, now);
        }
        if !pending.has_room(&ceremony.scope, limits.in_scope, now) {
            return Err(StoreError::Full);
        }
        let id = ceremony.id.clone();
        pending.insert(ceremony);
        Ok(id)
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, _: UnixTime) -> Result<Option<String>, StoreError> {
        Ok(self.lock().remove(scope, id).map(|ceremony| ceremony.state))
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, _: UnixTime) -> Result<Option<String>, StoreError> {
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
        write!(f, "MemoryCeremonies({})", self.len())
    }
}
