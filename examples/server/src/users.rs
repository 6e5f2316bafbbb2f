//! Accounts: a name that is unique whatever its case, a name for people, a random user handle.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use passkeeper::store::StoreError;
use passkeeper::types::{Scope, UnixTime, UserHandle};
use passkeeper::wire::UserEntity;
use passkeeper::{IdentifierKind, UserDirectory};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// 32 random bytes: names the account to authenticators.
    pub handle: UserHandle,
    /// The name to sign in with, as it was chosen.
    pub username: String,
    /// The name for people.
    pub display_name: String,
    /// When the account was made.
    pub created_at: UnixTime,
}

impl User {
    /// The account as authenticators see it.
    #[must_use]
    pub fn entity(&self) -> UserEntity {
        UserEntity { id: self.handle.clone(), name: self.username.clone(), display_name: self.display_name.clone() }
    }

    /// What makes the name unique.
    fn key(username: &str) -> String {
        username.trim().to_lowercase()
    }
}

/// All accounts; clones share them.
#[derive(Clone)]
pub enum Users {
    /// Gone with the process.
    Memory(Arc<Mutex<HashMap<String, User>>>),
}

impl Users {
    /// No accounts yet, and none after the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// Adds an account; `false` if the name or the handle is taken.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn create(&self, user: &User) -> Result<bool, StoreError> {
        let Self::Memory(users) = self;
        let mut users = lock(users);
        let key = User::key(&user.username);
        if users.contains_key(&key) || users.values().any(|other| other.handle == user.handle) {
            return Ok(false);
        }
        users.insert(key, user.clone());
        Ok(true)
    }

    /// The account of this name, whatever its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn by_name(&self, username: &str) -> Result<Option<User>, StoreError> {
        let Self::Memory(users) = self;
        Ok(lock(users).get(&User::key(username)).cloned())
    }

    /// The account with this handle.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn by_handle(&self, handle: &UserHandle) -> Result<Option<User>, StoreError> {
        let Self::Memory(users) = self;
        Ok(lock(users).values().find(|user| user.handle == *handle).cloned())
    }

    /// Removes an account; `false` if there is none with this handle.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove(&self, handle: &UserHandle) -> Result<bool, StoreError> {
        let Self::Memory(users) = self;
        let mut users = lock(users);
        let before = users.len();
        users.retain(|_, user| user.handle != *handle);
        Ok(users.len() < before)
    }
}

/// Accounts are the same in every scope; they are found by user name alone.
impl UserDirectory for Users {
    async fn find(&self, _: &Scope, kind: &IdentifierKind, value: &str) -> Result<Option<UserHandle>, StoreError> {
        let found = self.by_name(value).await?;
        Ok(found.filter(|_| *kind == IdentifierKind::Username).map(|user| user.handle))
    }
}

/// A panic elsewhere leaves the map whole: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
