//! A store that dies, and its process with it, before or after one of its calls.

use std::sync::Mutex;

use passkeeper::store::{
    CeremonyId, CeremonyStore, CredentialStore, Deleted, ImportMode, Inserted, LastRecord, NewCeremony, PendingLimits, Recorded, StoreError,
};
use passkeeper::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};
use passkeeper::{CredentialRecord, RecordUpdate};
use passkeeper_stores::SqliteStore;

pub(super) struct Dying {
    inner: SqliteStore,
    point: String,
    ceremony: Mutex<&'static str>,
    passed: Mutex<Vec<String>>,
}

impl Dying {
    /// Dies at this point.
    pub(super) fn new(inner: SqliteStore, point: &str) -> Self {
        Self { inner, point: point.into(), ceremony: Mutex::default(), passed: Mutex::default() }
    }

    /// What is going on from now on.
    pub(super) fn begin(&self, ceremony: &'static str) {
        *self.ceremony.lock().unwrap() = ceremony;
    }

    /// Dies if this is the point.
    pub(super) fn at(&self, step: &str) {
        let step = format!("{}: {step}", self.ceremony.lock().unwrap());
        let mut passed = self.passed.lock().unwrap();
        let before = passed.iter().filter(|point| point.starts_with(&step)).count();
        let point = if before == 0 { step } else { format!("{step}, {before} times before") };
        if point == self.point {
            std::process::abort();
        }
        passed.push(point);
    }

    /// The points that were passed.
    pub(super) fn passed(&self) -> Vec<String> {
        self.passed.lock().unwrap().clone()
    }
}

/// Each call with the point before and the point after it.
macro_rules! calls {
    ($trait:ident: $(fn $name:ident(&self $(, $arg:ident: $type:ty)*) -> $answer:ty;)*) => {
        impl $trait for Dying {
            $(async fn $name(&self $(, $arg: $type)*) -> Result<$answer, StoreError> {
                self.at(concat!("before ", stringify!($name)));
                let answer = self.inner.$name($($arg),*).await;
                self.at(concat!("after ", stringify!($name)));
                answer
            })*
        }
    };
}

calls! {
    CredentialStore:
    fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Inserted;
    fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Vec<Inserted>;
    fn find(&self, scope: &Scope, id: &CredentialId) -> Option<CredentialRecord>;
    fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Option<CredentialRecord>;
    fn list(&self, scope: &Scope, user: &UserHandle) -> Vec<CredentialRecord>;
    fn record_use(&self, update: &RecordUpdate) -> Recorded;
    fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> bool;
    fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Deleted;
    fn delete_all(&self, scope: &Scope, user: &UserHandle) -> u64;
}

calls! {
    CeremonyStore:
    fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> CeremonyId;
    fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> Option<String>;
    fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, now: UnixTime) -> Option<String>;
}
