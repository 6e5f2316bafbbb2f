//! Each statement finds what it is after by an index, whatever the tables hold: seen in the databases' own query plans; PostgreSQL's at
//! a size where its planner would read a whole table if it were to, SQLite's does not ask for sizes.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::servers::{Postgres, block_on, fresh_sqlite, sqlite_url};

#[path = "../../src/sql/statements.rs"]
mod statements;

use statements as sql;

/// How many rows each table gets.
const ROWS: u32 = 20_000;

/// What has no plan, or looks at no more than a table of one row for each migration.
const OTHERS: [&str; 5] = [sql::INSERT, sql::PUT, sql::VERSIONS, sql::VERSION, sql::NEXT_VERSION];

/// Reads all that is pending in a scope, and is asked for only where the last count leaves open whether there is room.
const COUNTS: [&str; 1] = [sql::COUNT_PENDING];

/// A statement, literals for its parameters, and the columns by which it searches: for each index that it uses.
type Search = (&'static str, &'static str, &'static [&'static [&'static str]]);

const SEARCHES: [Search; 15] = [
    (sql::FIND, r"'a', '\x01'", &[&["scope", "credential_id"]]),
    (sql::FIND_BY_RECORD_ID, r"'a', '\x01'", &[&["scope", "record_id"]]),
    (sql::LIST, r"'a', '\x01'", &[&["scope", "user_handle"]]),
    (sql::IS_THERE, r"'a', '\x01'", &[&["scope", "credential_id"]]),
    (sql::IS_TAKEN, r"'a', '\x01', '\x01'", &[&["scope", "credential_id"], &["scope", "record_id"]]),
    (sql::IS_OWNED, r"'a', '\x01', '\x01'", &[&["scope", "credential_id"]]),
    (sql::COUNT, r"'a', '\x01'", &[&["scope", "user_handle"]]),
    (sql::RECORD_USE, r"1, true, true, true, 1, true, 'a', '\x01', '\x01', '\x01', 1, true, true, true", &[&["scope", "credential_id"]]),
    (sql::RENAME, r"'a', '\x01', '\x01', 'a name'", &[&["scope", "credential_id"]]),
    (sql::DELETE, r"'a', '\x01', '\x01'", &[&["scope", "credential_id"]]),
    (sql::DELETE_ALL, r"'a', '\x01'", &[&["scope", "user_handle"]]),
    (sql::MAKE_ROOM, r"'a', 1, '\x01'", &[&["scope", "expires_at"], &["scope", "id"]]),
    (sql::FORGET_OLDEST, r"'a', '\x01', 1", &[&["scope", "user_handle", "seq"], &["scope", "user_handle"]]),
    (sql::TAKE, r"'a', '\x01'", &[&["scope", "id"]]),
    (sql::TAKE_BY_CHALLENGE, r"'a', '\x01'", &[&["scope", "challenge"]]),
];

/// That the plan searches an index by these columns; `found` are the lines that name what an index is searched by.
fn assert_searched(statement: &str, plan: &str, found: &[&str], columns: &[&[&str]]) {
    for columns in columns {
        let by_all =
            found.iter().any(|line| columns.iter().all(|column| line.split(['(', ' ', '=', '<', ')']).any(|word| word == *column)));
        assert!(by_all, "{statement}\nis not searched by {columns:?}:\n{plan}");
    }
}

#[test]
fn every_statement_is_looked_at() {
    let source = include_str!("../../src/sql/statements.rs");
    // And the newest ceremony of all, which is at one end of an index.
    assert_eq!(source.matches("pub(crate) const ").count(), SEARCHES.len() + OTHERS.len() + COUNTS.len() + 1);
}

async fn sqlite_plan(connection: &mut SqliteConnection, statement: &str) -> String {
    let rows = connection.fetch_all(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"))).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect()
}

#[test]
fn sqlite_never_reads_a_whole_table() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let store = fresh_sqlite(&sqlite_url(&folder)).await;
        let mut connection = store.pool().acquire().await.unwrap();
        for (statement, _, columns) in SEARCHES {
            let plan = sqlite_plan(&mut connection, statement).await;
            let found: Vec<_> = plan.lines().filter(|line| line.starts_with("SEARCH") && line.contains("USING")).collect();
            assert_searched(statement, &plan, &found, columns);
            assert!(!plan.contains("SCAN ") && !plan.contains("TEMP B-TREE"), "{statement}:\n{plan}");
        }
        for statement in COUNTS {
            let plan = sqlite_plan(&mut connection, statement).await;
            assert!(plan.contains("USING COVERING INDEX") && !plan.contains("SCAN "), "{statement}:\n{plan}");
        }
        let plan = sqlite_plan(&mut connection, sql::NEWEST_PENDING).await;
        assert!(plan.contains("SEARCH ") && !plan.contains("SCAN "), "{plan}");
        // The measure itself: what has no index is read as a whole, and seen.
        let plan = sqlite_plan(&mut connection, "SELECT seq FROM passkeeper_credentials WHERE name = $1").await;
        assert!(plan.contains("SCAN "), "{plan}");
    });
}

/// Rows as different from each other as real ones, of one scope, two to a user.
async fn fill_postgres(connection: &mut PgConnection) {
    let fill = format!(
        "INSERT INTO passkeeper_credentials (scope, credential_id, record_id, user_handle, public_key, sign_count, backup_state, \
         name, created_at, details) SELECT 'a', sha256(n::text::bytea), decode(md5(n::text), 'hex'), sha256((n / 2)::text::bytea), \
         '\\x02', 0, false, '', n, '{{}}' FROM generate_series(1, {ROWS}) n; \
         INSERT INTO passkeeper_ceremonies (scope, id, challenge, user_handle, state, expires_at) SELECT 'a', sha256(n::text::bytea), \
         sha256(('c' || n)::bytea), sha256((n / 2)::text::bytea), '{{}}', 2000000 + n FROM generate_series(1, {ROWS}) n; \
         ANALYZE passkeeper_credentials; ANALYZE passkeeper_ceremonies"
    );
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(connection).await.unwrap();
}

async fn postgres_plan(connection: &mut PgConnection, statement: &str, arguments: &str) -> String {
    let run = if arguments.is_empty() { "EXECUTE it".into() } else { format!("EXECUTE it ({arguments})") };
    let explain = format!("PREPARE it AS {statement}; EXPLAIN {run}; DEALLOCATE it");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect()
}

#[test]
fn postgres_never_reads_a_whole_table() {
    let Some(postgres) = Postgres::here() else { return };
    block_on(async {
        let database = postgres.database().await;
        postgres.open(&database).await.migrate().await.unwrap();
        let mut connection = postgres.connection(&database).await;
        fill_postgres(&mut connection).await;
        // Planned for these values, and once for any: what a connection may turn to when it has seen a statement five times.
        for mode in ["force_custom_plan", "force_generic_plan"] {
            sqlx::raw_sql(AssertSqlSafe(format!("SET plan_cache_mode = {mode}"))).execute(&mut connection).await.unwrap();
            for (statement, arguments, columns) in SEARCHES {
                let plan = postgres_plan(&mut connection, statement, arguments).await;
                let found: Vec<_> = plan.lines().filter(|line| line.trim_start().starts_with("Index Cond:")).collect();
                assert_searched(statement, &plan, &found, columns);
                assert!(!plan.contains("Seq Scan"), "{mode}, {statement}:\n{plan}");
            }
        }
        // From the end of an index, one row.
        let plan = postgres_plan(&mut connection, sql::NEWEST_PENDING, "").await;
        assert!(plan.contains("Limit") && plan.contains("Index Only Scan Backward") && !plan.contains("Seq Scan"), "{plan}");
        // The measure itself.
        let plan = postgres_plan(&mut connection, "SELECT seq FROM passkeeper_credentials WHERE name = $1", "'a name'").await;
        assert!(plan.contains("Seq Scan"), "{plan}");
        connection.close().await.unwrap();
    });
}
