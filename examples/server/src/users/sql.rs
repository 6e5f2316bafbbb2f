//! Accounts in a database: one table, written once for SQLite and PostgreSQL.

use passkeeper::store::StoreError;
use passkeeper::types::{UnixTime, UserHandle};

use super::User;

type Row = (Vec<u8>, String, String, i64);

fn user((handle, username, display_name, created_at): Row) -> Result<User, StoreError> {
    let handle = UserHandle::new(handle).map_err(StoreError::unavailable)?;
    Ok(User { handle, username, display_name, created_at: UnixTime::from_secs(created_at) })
}

macro_rules! accounts {
    ($module:ident: $pool:ty, $table:expr) => {
        pub(super) mod $module {
            use super::*;

            #[derive(Clone)]
            pub(in super::super) struct Accounts($pool);

            impl Accounts {
                pub(in super::super) async fn open(pool: $pool) -> Result<Self, StoreError> {
                    sqlx::raw_sql($table).execute(&pool).await.map_err(StoreError::unavailable)?;
                    Ok(Self(pool))
                }

                pub(in super::super) async fn create(&self, user: &User) -> Result<bool, StoreError> {
                    let insert = "INSERT INTO accounts (user_handle, name_key, username, display_name, created_at) \
                        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
                    let query = sqlx::query(insert).bind(user.handle.as_bytes()).bind(User::key(&user.username)).bind(&user.username);
                    let query = query.bind(&user.display_name).bind(user.created_at.as_secs());
                    Ok(query.execute(&self.0).await.map_err(StoreError::unavailable)?.rows_affected() == 1)
                }

                pub(in super::super) async fn by_key(&self, key: &str) -> Result<Option<User>, StoreError> {
                    let select = "SELECT user_handle, username, display_name, created_at FROM accounts WHERE name_key = $1";
                    let row = sqlx::query_as::<_, Row>(select).bind(key).fetch_optional(&self.0).await;
                    row.map_err(StoreError::unavailable)?.map(user).transpose()
                }

                pub(in super::super) async fn by_handle(&self, handle: &UserHandle) -> Result<Option<User>, StoreError> {
                    let select = "SELECT user_handle, username, display_name, created_at FROM accounts WHERE user_handle = $1";
                    let row = sqlx::query_as::<_, Row>(select).bind(handle.as_bytes()).fetch_optional(&self.0).await;
                    row.map_err(StoreError::unavailable)?.map(user).transpose()
                }

                pub(in super::super) async fn remove(&self, handle: &UserHandle) -> Result<bool, StoreError> {
                    let query = sqlx::query("DELETE FROM accounts WHERE user_handle = $1").bind(handle.as_bytes());
                    Ok(query.execute(&self.0).await.map_err(StoreError::unavailable)?.rows_affected() == 1)
                }
            }
        }
    };
}

accounts!(sqlite: sqlx::SqlitePool, "CREATE TABLE IF NOT EXISTS accounts (
    user_handle  BLOB   PRIMARY KEY,
    name_key     TEXT   NOT NULL UNIQUE, -- the user name in lower case
    username     TEXT   NOT NULL,
    display_name TEXT   NOT NULL,
    created_at   BIGINT NOT NULL         -- seconds since 1970
)");

// Under a lock, since servers that start together would trip over each other.
accounts!(postgres: sqlx::PgPool, "SELECT pg_advisory_xact_lock(1886100); CREATE TABLE IF NOT EXISTS accounts (
    user_handle  BYTEA  PRIMARY KEY,
    name_key     TEXT   NOT NULL UNIQUE, -- the user name in lower case
    username     TEXT   NOT NULL,
    display_name TEXT   NOT NULL,
    created_at   BIGINT NOT NULL         -- seconds since 1970
)");
