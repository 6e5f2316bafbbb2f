//! Trait objects over stores: one allocation per call buys a type without generics.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use super::{
    CeremonyId, CeremonyStore, CredentialStore, Deleted, ImportMode, Inserted, LastRecord, NewCeremony, PendingLimits, Recorded, StoreError,
};
use crate::ceremony::{CredentialRecord, RecordUpdate};
use crate::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The object-safe twin of a store trait, implemented for every store.
macro_rules! object_safe {
    ($twin:ident for $store:ident { $(fn $name:ident $(<$l:lifetime>)? (&self $(, $arg:ident: $type:ty)*) -> $output:ty;)* }) => {
        trait $twin: Send + Sync {
            $(fn $name<'a>(&'a self $(, $arg: $type)*) -> Answer<'a, $output>;)*
        }

        impl<T: $store> $twin for T {
            $(fn $name<'a>(&'a self $(, $arg: $type)*) -> Answer<'a, $output> {
                Box::pin($store::$name(self $(, $arg)*))
            })*
        }
    };
}

object_safe!(Credentials for CredentialStore {
    fn insert(&self, record: &'a CredentialRecord, at_most: Option<u32>) -> Inserted;
    fn import(&self, records: &'a [CredentialRecord], mode: ImportMode) -> Vec<Inserted>;
    fn find(&self, scope: &'a Scope, id: &'a CredentialId) -> Option<CredentialRecord>;
    fn find_by_record_id(&self, scope: &'a Scope, id: &'a RecordId) -> Option<CredentialRecord>;
    fn list(&self, scope: &'a Scope, user: &'a UserHandle) -> Vec<CredentialRecord>;
    fn record_use(&self, update: &'a RecordUpdate) -> Recorded;
    fn rename(&self, scope: &'a Scope, user: &'a UserHandle, id: &'a CredentialId, name: &'a str) -> bool;
    fn delete(&self, scope: &'a Scope, user: &'a UserHandle, id: &'a CredentialId, last: LastRecord) -> Deleted;
    fn delete_all(&self, scope: &'a Scope, user: &'a UserHandle) -> u64;
});

object_safe!(Ceremonies for CeremonyStore {
    fn put(&self, ceremony: NewCeremony, limits: &'a PendingLimits, now: UnixTime) -> CeremonyId;
    fn take(&self, scope: &'a Scope, id: &'a CeremonyId, now: UnixTime) -> Option<String>;
    fn take_by_challenge(&self, scope: &'a Scope, challenge: &'a Challenge, now: UnixTime) -> Option<String>;
});

/// Any [`CredentialStore`], chosen at run time; clones share it.
#[derive(Clone)]
pub struct DynCredentialStore(Arc<dyn Credentials>);

/// Any [`CeremonyStore`], chosen at run time; clones share it.
#[derive(Clone)]
pub struct DynCeremonyStore(Arc<dyn Ceremonies>);

impl DynCredentialStore {
    /// Hides the type of a store.
    pub fn new(store: impl CredentialStore + 'static) -> Self {
        Self(Arc::new(store))
    }
}

impl DynCeremonyStore {
    /// Hides the type of a store.
    pub fn new(store: impl CeremonyStore + 'static) -> Self {
        Self(Arc::new(store))
    }
}

impl CredentialStore for DynCredentialStore {
    async fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Result<Inserted, StoreError> {
        self.0.insert(record, at_most).await
    }

    async fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        self.0.import(records, mode).await
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        self.0.find(scope, id).await
    }

    async fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        self.0.find_by_record_id(scope, id).await
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        self.0.list(scope, user).await
    }

    async fn record_use(&self, update: &RecordUpdate) -> Result<Recorded, StoreError> {
        self.0.record_use(update).await
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        self.0.rename(scope, user, id, name).await
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Result<Deleted, StoreError> {
        self.0.delete(scope, user, id, last).await
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        self.0.delete_all(scope, user).await
    }
}

impl CeremonyStore for DynCeremonyStore {
    async fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        self.0.put(ceremony, limits, now).await
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> Result<Option<String>, StoreError> {
        self.0.take(scope, id, now).await
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, now: UnixTime) -> Result<Option<String>, StoreError> {
        self.0.take_by_challenge(scope, challenge, now).await
    }
}

impl fmt::Debug for DynCredentialStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynCredentialStore")
    }
}

impl fmt::Debug for DynCeremonyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynCeremonyStore")
    }
}
