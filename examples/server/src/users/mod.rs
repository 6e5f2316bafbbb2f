//! Accounts: a name that is unique whatever its case, a name for people, a random user handle.

mod memory;
mod sql;

use passkeeper::store::StoreError;
use passkeeper::types::{Scope, UnixTime, UserHandle};
use passkeeper::wire::UserEntity;
use passkeeper::{IdentifierKind, UserDirectory};
use sqlx::{PgPool, SqlitePool};

use memory::Memory;
use sql::{postgres, sqlite};

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
pub struct Users(Kept);

/// Where they are kept.
#[derive(Clone)]
enum Kept {
    Memory(Memory),
    Sqlite(sqlite::Accounts),
    Postgres(postgres::Accounts),
}

/// The same call, wherever they are kept.
macro_rules! on {
    ($users:expr, $accounts:ident => $call:expr) => {
        match &$users.0 {
            Kept::Memory($accounts) => $call,
            Kept::Sqlite($accounts) => $call,
            Kept::Postgres($accounts) => $call,
        }
    };
}

impl Users {
    /// No accounts yet, and none after the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Kept::Memory(Memory::default()))
    }

    /// Accounts in SQLite. Makes their table if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn in_sqlite(pool: SqlitePool) -> Result<Self, StoreError> {
        Ok(Self(Kept::Sqlite(sqlite::Accounts::open(pool).await?)))
    }

    /// Accounts in PostgreSQL. Makes their table if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn in_postgres(pool: PgPool) -> Result<Self, StoreError> {
        Ok(Self(Kept::Postgres(postgres::Accounts::open(pool).await?)))
    }

    /// Adds an account; `false` if the name or the handle is taken.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn create(&self, user: &User) -> Result<bool, StoreError> {
        on!(self, accounts => accounts.create(user).await)
    }

    /// The account of this name, whatever its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn by_name(&self, username: &str) -> Result<Option<User>, StoreError> {
        let key = User::key(username);
        // PostgreSQL has no room for it, and nobody such a name.
        if key.contains('\0') {
            return Ok(None);
        }
        on!(self, accounts => accounts.by_key(&key).await)
    }

    /// The account with this handle.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn by_handle(&self, handle: &UserHandle) -> Result<Option<User>, StoreError> {
        on!(self, accounts => accounts.by_handle(handle).await)
    }

    /// Removes an account; `false` if there is none with this handle.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove(&self, handle: &UserHandle) -> Result<bool, StoreError> {
        on!(self, accounts => accounts.remove(handle).await)
    }
}

/// Accounts are the same in every scope; they are found by user name alone.
impl UserDirectory for Users {
    async fn find(&self, _: &Scope, kind: &IdentifierKind, value: &str) -> Result<Option<UserHandle>, StoreError> {
        let found = self.by_name(value).await?;
        Ok(found.filter(|_| *kind == IdentifierKind::Username).map(|user| user.handle))
    }
}
