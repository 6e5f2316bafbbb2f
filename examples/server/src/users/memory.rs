//! Accounts that are gone with the process, under the names' keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use passkeeper::store::StoreError;
use passkeeper::types::UserHandle;

use super::User;

#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<HashMap<String, User>>>);

impl Memory {
    pub(super) async fn create(&self, user: &User) -> Result<bool, StoreError> {
        let (key, mut users) = (User::key(&user.username), self.lock());
        if users.contains_key(&key) || users.values().any(|other| other.handle == user.handle) {
            return Ok(false);
        }
        users.insert(key, user.clone());
        Ok(true)
    }

    pub(super) async fn by_key(&self, key: &str) -> Result<Option<User>, StoreError> {
        Ok(self.lock().get(key).cloned())
    }

    pub(super) async fn by_handle(&self, handle: &UserHandle) -> Result<Option<User>, StoreError> {
        Ok(self.lock().values().find(|user| user.handle == *handle).cloned())
    }

    pub(super) async fn remove(&self, handle: &UserHandle) -> Result<bool, StoreError> {
        let mut users = self.lock();
        let before = users.len();
        users.retain(|_, user| user.handle != *handle);
        Ok(users.len() < before)
    }

    /// A panic elsewhere leaves the map whole: each change is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, User>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
