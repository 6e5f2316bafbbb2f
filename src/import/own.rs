//! This crate's own records.

use serde_json::Value;

use super::members::Object;
use super::{Importer, UserHandleFrom};
use crate::ceremony::CredentialRecord;
use crate::error::{Error, ErrorCode, Result, unshown};
use crate::types::CredentialId;

pub(super) fn credential_id(row: &Object<'_>) -> Result<CredentialId> {
    row.at("credential_id").credential_id()
}

pub(super) fn record(importer: &Importer, row: &Object<'_>) -> Result<CredentialRecord> {
    let json = Value::Object(row.members().clone());
    let mut record = CredentialRecord::from_json(&alloc::format!("{json}"))?;
    importer.check_rp_id(record.rp_id.as_str())?;
    if record.scope != importer.scope {
        let error = Error::new(ErrorCode::CeremonyRelyingPartyMismatch).subject("scope");
        return Err(error.expected(importer.scope.as_str()).found(unshown(record.scope.as_str())));
    }
    record.public_key.check(&importer.provider)?;
    if !matches!(importer.user_handle, UserHandleFrom::Row) {
        record.user_handle = importer.user_handle(row, None)?;
    }
    Ok(record)
}
