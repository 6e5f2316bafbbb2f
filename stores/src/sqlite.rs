//! SQLite: one file, one writer at a time.

#[allow(clippy::duplicate_mod, reason = "the calls are the same on both databases")]
#[path = "sql/calls.rs"]
mod calls;

use core::fmt;
use core::str::FromStr as _;
use std::sync::Arc;

use passkeeper::store::StoreError;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::sql::{Counts, Only, PATIENCE, unavailable};

/// Credential records and pending ceremonies in SQLite, which is compiled in.
///
/// For one machine: a service in one or more processes, a command line tool, a test. Writers take turns and wait five seconds
/// for theirs. What was answered survives a crash of the process and of the machine (`synchronous=FULL`).
#[derive(Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    counts: Arc<Counts>,
}

use SqliteStore as Store;
type Database = Sqlite;
type Transaction = sqlx::Transaction<'static, Sqlite>;

const MIGRATIONS: &[&str] = &[include_str!("../migrations/sqlite/1.sql")];

/// SQLite has one writer, and so each transaction excludes all others.
async fn begin(pool: &SqlitePool, _: Only<'_>) -> Result<Transaction, StoreError> {
    // A transaction that begins by reading could find at its first write that another was faster.
    pool.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)
}

impl SqliteStore {
    /// A store over a pool of the caller's. Its connections should have [`connect_options`](Self::connect_options), and a
    /// database in memory one connection that is never closed. Call [`migrate`](Self::migrate) once.
    #[must_use]
    pub fn from_pool(pool: SqlitePool) -> Self {
        Self { pool, counts: Arc::default() }
    }

    /// Opens a file, such as `sqlite:///var/lib/app/passkeys.db`, and creates it if it is not there; `sqlite::memory:`
    /// is gone with the store. Call [`migrate`](Self::migrate) once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a URL or a file that cannot be opened.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = Self::connect_options(url)?;
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        let pool = match in_memory {
            // Each connection would have a database of its own.
            true => SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None),
            false => SqlitePoolOptions::new(),
        };
        let pool = pool.acquire_timeout(PATIENCE);
        Ok(Self::from_pool(pool.connect_with(options).await.map_err(unavailable)?))
    }

    /// How a connection should be opened: write-ahead log, synced with every commit, five seconds of patience with other
    /// writers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a malformed URL.
    pub fn connect_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
        let options = SqliteConnectOptions::from_str(url).map_err(unavailable)?;
        let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        Ok(options.synchronous(SqliteSynchronous::Full).busy_timeout(PATIENCE))
    }

    /// The pool, for the caller's own statements and for closing it.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}
