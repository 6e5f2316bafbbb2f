//! A record as columns: what is searched, compared and changed has one of its own; the rest is the record's JSON without them,
//! with its format version, so that a later release reads it as it reads any record.

use passkeeper::store::StoreError;
use passkeeper::types::{Bytes, RecordId, UnixTime};
use passkeeper::{CredentialRecord, ErrorCode};
use serde_json::{Map, Value};

use super::text;

/// As the statements order them.
pub(crate) type Row =
    (String, Vec<u8>, Vec<u8>, Vec<u8>, i64, Option<bool>, bool, Option<bool>, Option<bool>, String, i64, Option<i64>, String, Vec<u8>);

/// The members of a record's JSON that are columns, in the order of [`Row`].
const MEMBERS: [&str; 13] = [
    "scope",
    "credential_id",
    "user_handle",
    "public_key",
    "sign_count",
    "backup_eligible",
    "backup_state",
    "uv_initialized",
    "supports_user_verification",
    "name",
    "created_at",
    "last_used_at",
    "id",
];

pub(crate) fn row(record: &CredentialRecord) -> Result<Row, StoreError> {
    let mut details: Map<String, Value> = serde_json::from_str(&record.to_json().map_err(StoreError::Refused)?).map_err(malformed)?;
    for member in MEMBERS {
        details.remove(member);
    }
    Ok((
        text(record.scope.as_str(), ErrorCode::ScopeInvalid)?.into(),
        record.credential_id.as_bytes().into(),
        record.user_handle.as_bytes().into(),
        record.public_key.as_bytes().into(),
        record.usage.sign_count.into(),
        record.usage.backup_eligible,
        record.usage.backup_state,
        record.usage.uv_initialized,
        record.supports_user_verification,
        text(&record.name, ErrorCode::NameInvalid)?.into(),
        record.created_at.as_secs(),
        record.last_used_at.map(UnixTime::as_secs),
        Value::from(details).to_string(),
        record.id.as_bytes().into(),
    ))
}

pub(crate) fn record(row: Row) -> Result<CredentialRecord, StoreError> {
    let mut members: Map<String, Value> = serde_json::from_str(&row.12).map_err(malformed)?;
    let binary = |bytes: Vec<u8>| Value::from(Bytes::from(bytes).to_base64url());
    let record_id = <[u8; 16]>::try_from(row.13.as_slice()).map_err(|_| StoreError::Refused(ErrorCode::RecordMalformed.into()))?;
    let columns: [Value; 13] = [
        row.0.into(),
        binary(row.1),
        binary(row.2),
        binary(row.3),
        row.4.into(),
        row.5.into(),
        row.6.into(),
        row.7.into(),
        row.8.into(),
        row.9.into(),
        row.10.into(),
        row.11.into(),
        RecordId::new(record_id).to_string().into(),
    ];
    members.extend(MEMBERS.map(String::from).into_iter().zip(columns));
    CredentialRecord::from_json(&Value::from(members).to_string()).map_err(StoreError::Refused)
}

fn malformed(_: serde_json::Error) -> StoreError {
    StoreError::Refused(ErrorCode::RecordMalformed.into())
}
