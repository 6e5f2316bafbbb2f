//! PostgreSQL: any number of servers.

#[allow(clippy::duplicate_mod, reason = "the calls are the same on both databases")]
#[path = "sql/calls.rs"]
mod calls;

use core::fmt;
use core::str::FromStr as _;
use std::sync::Arc;

use passkeeper::store::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};

use crate::sql::{Counts, Only, PATIENCE, unavailable};

/// Credential records and pending ceremonies in PostgreSQL 12 or later.
///
/// For any number of servers. Where a limit, a user's last record or a batch is at stake, a transaction takes one advisory lock
/// (of the kind `pg_advisory_xact_lock(int, int)`, the first between 1 886 000 and 1 886 003) and never a second one, so that
/// calls cannot wait for each other in a circle. All that is said here of limits holds under any default isolation level; under
/// a stricter one than `read committed`, calls of a caller's own pool that meet another one answer
/// [`StoreError::Unavailable`] instead of waiting. [`connect`](Self::connect) sees to that by itself.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    counts: Arc<Counts>,
}

use PostgresStore as Store;
type Database = Postgres;
type Transaction = sqlx::Transaction<'static, Postgres>;

const MIGRATIONS: &[&str] = &[include_str!("../migrations/postgres/1.sql")];

async fn begin(pool: &PgPool, only: Only<'_>) -> Result<Transaction, StoreError> {
    let (class, what) = match &only {
        Only::Migration => (1_886_000, String::new()),
        Only::Import => (1_886_001, String::new()),
        Only::OneForUser(scope, user) => (1_886_002, format!("{} {scope}", user.to_base64url())),
        Only::OnePutIn(scope) => (1_886_003, String::from(*scope)),
    };
    // Whatever the database's default is: a stricter level would take its snapshot before the lock is there.
    let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(unavailable)?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext($2))").bind(class).bind(what);
    lock.execute(&mut *tx).await.map_err(unavailable)?;
    if let Only::OnePutIn(_) = only {
        // A ceremony that begins may be lost by a crash of the server and begin again, so nobody waits for the disk while others
        // wait for the lock. What is taken is waited for.
        sqlx::query("SET LOCAL synchronous_commit = off").execute(&mut *tx).await.map_err(unavailable)?;
    }
    Ok(tx)
}

impl PostgresStore {
    /// A store over a pool of the caller's. Call [`migrate`](Self::migrate) once; the role needs the right to create tables for
    /// that, and to read and write them afterwards.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool, counts: Arc::default() }
    }

    /// Connects to a URL, such as `postgres://app@localhost/app`, with at most ten connections; a call waits five seconds for
    /// one, and so a server that is gone is told within that time. Call [`migrate`](Self::migrate) once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a malformed URL and a server that cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(unavailable)?;
        let options = options.options([("default_transaction_isolation", "read committed")]);
        let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(PATIENCE);
        Ok(Self::from_pool(pool.connect_with(options).await.map_err(unavailable)?))
    }

    /// The pool, for the caller's own statements and for closing it.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}
