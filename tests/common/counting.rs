//! Stores and a directory that note every call, and an observer that notes every event.

use std::sync::{Arc, Mutex};

use passkeeper::store::{
    CeremonyId, CeremonyStore, CredentialStore, Deleted, ImportMode, Inserted, LastRecord, NewCeremony, PendingLimits, Recorded, StoreError,
};
use passkeeper::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};
use passkeeper::{CredentialRecord, Event, IdentifierKind, Observer, RecordUpdate, UserDirectory};

use super::handle;

/// What was called or told, in order; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub fn push(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    /// What was noted since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A store or directory of which every call is noted.
#[derive(Clone)]
pub struct Counting<T> {
    pub inner: T,
    pub calls: Notes,
}

impl<T: CredentialStore> CredentialStore for Counting<T> {
    async fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Result<Inserted, StoreError> {
        self.calls.push("insert");
        self.inner.insert(record, at_most).await
    }

    async fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        self.calls.push("import");
        self.inner.import(records, mode).await
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        self.calls.push("find");
        self.inner.find(scope, id).await
    }

    async fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        self.calls.push("find_by_record_id");
        self.inner.find_by_record_id(scope, id).await
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        self.calls.push("list");
        self.inner.list(scope, user).await
    }

    async fn record_use(&self, update: &RecordUpdate) -> Result<Recorded, StoreError> {
        self.calls.push("record_use");
        self.inner.record_use(update).await
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        self.calls.push("rename");
        self.inner.rename(scope, user, id, name).await
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Result<Deleted, StoreError> {
        self.calls.push("delete");
        self.inner.delete(scope, user, id, last).await
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        self.calls.push("delete_all");
        self.inner.delete_all(scope, user).await
    }
}

impl<T: CeremonyStore> CeremonyStore for Counting<T> {
    async fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        self.calls.push(if ceremony.user.is_some() { "put of a user" } else { "put" });
        self.inner.put(ceremony, limits, now).await
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> Result<Option<String>, StoreError> {
        self.calls.push("take");
        self.inner.take(scope, id, now).await
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, now: UnixTime) -> Result<Option<String>, StoreError> {
        self.calls.push("take_by_challenge");
        self.inner.take_by_challenge(scope, challenge, now).await
    }
}

impl<T: UserDirectory> UserDirectory for Counting<T> {
    async fn find(&self, scope: &Scope, kind: &IdentifierKind, value: &str) -> Result<Option<UserHandle>, StoreError> {
        self.calls.push(format!("find {kind:?}"));
        self.inner.find(scope, kind, value).await
    }
}

/// Users by kind and identifier, in lower case; whoever is called `broken` cannot be looked up.
#[derive(Clone)]
pub struct Directory(pub &'static [(IdentifierKind, &'static str, &'static str)]);

impl UserDirectory for Directory {
    async fn find(&self, _: &Scope, kind: &IdentifierKind, value: &str) -> Result<Option<UserHandle>, StoreError> {
        if value == "broken" {
            return Err(StoreError::unavailable("no directory"));
        }
        let value = value.trim().to_lowercase();
        Ok(self.0.iter().find(|(of, name, _)| of == kind && *name == value).map(|(_, _, user)| handle(user)))
    }
}

/// Notes each event by its kind and what it names.
#[derive(Clone, Default)]
pub struct Witness(pub Notes);

impl Observer for Witness {
    fn observe(&self, event: &Event<'_>) {
        let name = |user: &UserHandle| String::from_utf8_lossy(user.as_bytes()).into_owned();
        let owner = |record: &CredentialRecord| name(&record.user_handle);
        let nobody = || "nobody".to_string();
        self.0.push(match event {
            Event::Started { ceremony, user, decoys } => {
                let what = if *decoys { " with decoys" } else { "" };
                format!("started {} of {}{what}", ceremony.as_str(), user.map_or_else(nobody, name))
            }
            Event::Refused { ceremony, call, error } => {
                let what = ceremony.map_or_else(String::new, |ceremony| format!(" of {}", ceremony.as_str()));
                format!("refused {call}{what}: {}", error.code())
            }
            Event::Registered { record } => format!("registered {}", owner(record)),
            Event::Used { ceremony, record } => format!("used by {} in {}", owner(record), ceremony.as_str()),
            Event::CounterRegressed { record } => format!("counter of {} regressed", owner(record)),
            Event::BackupStateChanged { record } => format!("backup state of {} is {}", owner(record), record.usage.backup_state),
            Event::Vetoed { ceremony, user, .. } => format!("vetoed {} of {}", ceremony.as_str(), name(user)),
            Event::Renamed { user, .. } => format!("renamed of {}", name(user)),
            Event::Deleted { user, .. } => format!("deleted of {}", name(user)),
            Event::DeletedAll { user, count } => format!("deleted all {count} of {}", name(user)),
            other => panic!("an event of which no test knows: {other:?}"),
        });
    }
}
