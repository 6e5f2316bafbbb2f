//! Private servers for the tests, or those that the caller names.

use std::env;
use std::future::Future;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use passkeeper_stores::{PostgresStore, RedisCeremonies, SqliteStore};
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tempfile::TempDir;

/// Runs a test on threads enough for two calls at once.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// A server that stops when this process ends: the script waits for its standard input to be closed.
struct Server {
    url: String,
    _script: Option<Child>,
}

/// The caller's server, a private one, or none.
fn start(name: &str, variable: &str) -> Option<Server> {
    if let Ok(url) = env::var(variable) {
        return Some(Server { url, _script: None });
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stores/server.sh");
    let mut script = Command::new("bash").args([script, name]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
    if url.is_empty() {
        let code = script.wait().unwrap().code();
        assert_eq!(code, Some(3), "{name} is installed and could not be started");
        return None;
    }
    Some(Server { url: url.trim_end().into(), _script: Some(script) })
}

/// The URL of a server, or `None`, said loudly, where there is none. With `PASSKEEPER_CI` set that is a failure.
fn url(server: &'static OnceLock<Option<Server>>, name: &str, variable: &str) -> Option<&'static str> {
    let server = server.get_or_init(|| start(name, variable));
    if server.is_none() {
        assert!(env::var_os("PASSKEEPER_CI").is_none(), "{name} is not installed, and with PASSKEEPER_CI set no test is skipped");
        // Not by a macro, which the test harness would keep to itself.
        let test = std::thread::current().name().unwrap_or("a test").to_string();
        let skipped = format!("SKIPPED: {test}: {name} is not installed, and {variable} names none\n");
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    server.as_ref().map(|server| server.url.as_str())
}

/// A number that no other store of these tests has.
fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// PostgreSQL, with databases for this test, dropped with it.
pub(crate) struct Postgres {
    pub(crate) url: &'static str,
}

impl Postgres {
    /// `None` is said loudly.
    pub(crate) fn here() -> Option<Self> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        Some(Self { url: url(&SERVER, "postgres", "PASSKEEPER_POSTGRES_URL")? })
    }

    /// A connection that is not the store's.
    pub(crate) async fn connection(&self, database: &str) -> PgConnection {
        PgConnection::connect_with(&self.options().database(database)).await.unwrap()
    }

    pub(crate) fn options(&self) -> sqlx::postgres::PgConnectOptions {
        self.url.parse().unwrap()
    }

    /// Makes an empty database and gives its name.
    pub(crate) async fn database(&self) -> String {
        let name = format!("passkeeper_test_{}_{}", std::process::id(), number());
        let mut connection = PgConnection::connect(self.url).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        name
    }

    /// A store over a database.
    pub(crate) async fn open(&self, database: &str) -> PostgresStore {
        let pool = PgPoolOptions::new().max_connections(8).connect_with(self.options().database(database)).await.unwrap();
        PostgresStore::from_pool(pool)
    }

    /// Makes an empty database whose transactions are of this isolation unless they say otherwise.
    pub(crate) async fn isolated(&self, level: &str) -> String {
        let name = self.database().await;
        let mut connection = PgConnection::connect(self.url).await.unwrap();
        let statement = format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'");
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
        name
    }

    /// A store over a new database.
    pub(crate) async fn fresh(&self) -> PostgresStore {
        let store = self.open(&self.database().await).await;
        store.migrate().await.unwrap();
        store
    }
}

/// Redis, for one test at a time: one of them holds up all who write.
pub(crate) struct Redis {
    pub(crate) url: &'static str,
    _alone: MutexGuard<'static, ()>,
}

impl Redis {
    /// `None` is said loudly.
    pub(crate) fn here() -> Option<Self> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        static ALONE: Mutex<()> = Mutex::new(());
        let url = url(&SERVER, "redis", "PASSKEEPER_REDIS_URL")?;
        Some(Self { url, _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner) })
    }

    /// A store with keys of its own.
    pub(crate) async fn fresh(&self) -> RedisCeremonies {
        RedisCeremonies::connect(self.url).await.unwrap().prefix(prefix())
    }
}

/// What the keys of a new store in Redis begin with.
pub(crate) fn prefix() -> String {
    format!("passkeeper-test-{}-{}", std::process::id(), number())
}

/// The URL of a new file in a folder.
pub(crate) fn sqlite_url(folder: &TempDir) -> String {
    format!("sqlite://{}/{}.db", folder.path().display(), number())
}

pub(crate) async fn fresh_sqlite(url: &str) -> SqliteStore {
    let store = SqliteStore::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    store
}
