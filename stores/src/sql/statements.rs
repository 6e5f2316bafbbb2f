//! The statements, in SQL that both databases take.

/// The columns of [`Row`](super::columns::Row), in its order.
macro_rules! columns {
    () => {
        "scope, credential_id, user_handle, public_key, sign_count, backup_eligible, backup_state, uv_initialized, \
         supports_user_verification, name, created_at, last_used_at, details, record_id"
    };
}

pub(crate) const INSERT: &str = concat!(
    "INSERT INTO passkeeper_credentials (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING"
);

pub(crate) const FIND: &str = concat!("SELECT ", columns!(), " FROM passkeeper_credentials WHERE scope = $1 AND credential_id = $2");

pub(crate) const FIND_BY_RECORD_ID: &str =
    concat!("SELECT ", columns!(), " FROM passkeeper_credentials WHERE scope = $1 AND record_id = $2");

pub(crate) const LIST: &str =
    concat!("SELECT ", columns!(), " FROM passkeeper_credentials WHERE scope = $1 AND user_handle = $2 ORDER BY seq");

pub(crate) const IS_THERE: &str = "SELECT COUNT(*) FROM passkeeper_credentials WHERE scope = $1 AND credential_id = $2";

pub(crate) const IS_TAKEN: &str = "SELECT COUNT(*) FROM passkeeper_credentials WHERE scope = $1 AND (credential_id = $2 OR record_id = $3)";

pub(crate) const IS_OWNED: &str =
    "SELECT COUNT(*) FROM passkeeper_credentials WHERE scope = $1 AND credential_id = $2 AND user_handle = $3";

pub(crate) const COUNT: &str = "SELECT COUNT(*) FROM passkeeper_credentials WHERE scope = $1 AND user_handle = $2";

/// Compare and set, in one statement.
pub(crate) const RECORD_USE: &str = "UPDATE passkeeper_credentials SET \
     sign_count = $1, backup_eligible = $2, backup_state = $3, uv_initialized = $4, \
     last_used_at = CASE WHEN last_used_at > $5 THEN last_used_at ELSE $5 END, \
     supports_user_verification = CASE WHEN $6 THEN TRUE ELSE supports_user_verification END \
     WHERE scope = $7 AND credential_id = $8 AND user_handle = $9 AND public_key = $10 \
     AND sign_count = $11 AND backup_eligible IS NOT DISTINCT FROM $12 AND backup_state = $13 \
     AND uv_initialized IS NOT DISTINCT FROM $14";

pub(crate) const RENAME: &str = "UPDATE passkeeper_credentials SET name = $4 WHERE scope = $1 AND credential_id = $2 AND user_handle = $3";

pub(crate) const DELETE: &str = "DELETE FROM passkeeper_credentials WHERE scope = $1 AND credential_id = $2 AND user_handle = $3";

pub(crate) const DELETE_ALL: &str = "DELETE FROM passkeeper_credentials WHERE scope = $1 AND user_handle = $2";

/// What has expired, and what has the ID of the new one.
pub(crate) const MAKE_ROOM: &str = "DELETE FROM passkeeper_ceremonies WHERE scope = $1 AND (expires_at < $2 OR id = $3)";

/// A user's oldest, so that the newest so many stay.
pub(crate) const FORGET_OLDEST: &str = "DELETE FROM passkeeper_ceremonies WHERE scope = $1 AND user_handle = $2 AND seq <= \
     (SELECT seq FROM passkeeper_ceremonies WHERE scope = $1 AND user_handle = $2 ORDER BY seq DESC LIMIT 1 OFFSET $3)";

pub(crate) const NEWEST_PENDING: &str = "SELECT COALESCE(MAX(seq), 0) FROM passkeeper_ceremonies";

pub(crate) const COUNT_PENDING: &str = "SELECT COUNT(*) FROM passkeeper_ceremonies WHERE scope = $1";

pub(crate) const PUT: &str = "INSERT INTO passkeeper_ceremonies (scope, id, challenge, user_handle, state, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const TAKE: &str = "DELETE FROM passkeeper_ceremonies WHERE scope = $1 AND id = $2 RETURNING state";

pub(crate) const TAKE_BY_CHALLENGE: &str = "DELETE FROM passkeeper_ceremonies WHERE seq = \
     (SELECT seq FROM passkeeper_ceremonies WHERE scope = $1 AND challenge = $2 ORDER BY seq DESC LIMIT 1) RETURNING state";

pub(crate) const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS passkeeper_schema (version BIGINT NOT NULL PRIMARY KEY)";

pub(crate) const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM passkeeper_schema";

pub(crate) const NEXT_VERSION: &str = "INSERT INTO passkeeper_schema (version) VALUES ($1)";
