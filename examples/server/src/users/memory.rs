//! Accounts that are gone with the process, under the names' keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use passkeeper::store::StoreError;
use passkeeper::types::UserHandle;

use super::User;

#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Accounts>>);

#[derive(Default)]
struct Accounts {
    by_key: HashMap<String, User>,
    keys: HashMap<UserHandle, String>,
}

impl Memory {
    pub(super) async fn create(&self, user: &User) -> Result<bool, StoreError> {
        let (key, mut accounts) = (User::key(&user.username), self.lock());
        if accounts.by_key.contains_key(&key) || accounts.keys.contains_key(&user.handle) {
            return Ok(false);
        }
        accounts.keys.insert(user.handle.clone(), key.clone());
        accounts.by_key.insert(key, user.clone());
        Ok(true)
    }

    pub(super) async fn by_key(&self, key: &str) -> Result<Option<User>, StoreError> {
        Ok(self.lock().by_key.get(key).cloned())
    }

    pub(super) async fn by_handle(&self, handle: &UserHandle) -> Result<Option<User>, StoreError> {
        let accounts = self.lock();
        Ok(accounts.keys.get(handle).and_then(|key| accounts.by_key.get(key)).cloned())
    }

    pub(super) async fn remove(&self, handle: &UserHandle) -> Result<bool, StoreError> {
        let mut accounts = self.lock();
        let key = accounts.keys.remove(handle);
        Ok(key.and_then(|key| accounts.by_key.remove(&key)).is_some())
    }

    /// Whatever panics, it is not between the two maps' changes.
    fn lock(&self) -> MutexGuard<'_, Accounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
