//! Passkeys as users of SimpleWebAuthn keep them.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::members::{Member, Object};
use super::{HandleEncoding, Importer};
use crate::ceremony::{CosePublicKey, CredentialRecord};
use crate::error::{Error, ErrorCode, Result, unshown};
use crate::types::{CredentialId, Transport};

/// The names of each member, the most telling first: beside `credentialID`, `id` is the database's own.
const ID: &[&str] = &["credentialID", "credentialId", "credential_id", "id"];
const PUBLIC_KEY: &[&str] = &["credentialPublicKey", "credential_public_key", "publicKey", "public_key"];
const USER: &[&str] = &["webauthnUserID", "webAuthnUserID", "webauthnUserId", "webauthn_user_id"];
const DEVICE_TYPE: &[&str] = &["credentialDeviceType", "credential_device_type", "deviceType", "device_type"];
const BACKED_UP: &[&str] = &["credentialBackedUp", "credential_backed_up", "backedUp", "backed_up"];

pub(super) fn credential_id(row: &Object<'_>) -> Result<CredentialId> {
    CredentialId::new(bytes(&row.any(ID))?)
}

pub(super) fn record(importer: &Importer, row: &Object<'_>, id: CredentialId) -> Result<CredentialRecord> {
    let key = CosePublicKey::new(bytes(&row.any(PUBLIC_KEY))?)?;
    let user = row.any(USER).given(|member| member.user_handle(HandleEncoding::Base64url))?;

    let mut record = importer.draft(row, id, key, user)?;
    record.usage.sign_count = counter(&row.at("counter"))?;
    record.usage.backup_eligible = row.any(DEVICE_TYPE).given(multi_device)?;
    record.usage.backup_state = row.any(BACKED_UP).given(boolean)?.unwrap_or(false);
    record.transports = row.at("transports").given(transports)?.unwrap_or_default();
    Ok(record)
}

/// Bytes in every form that JSON and databases give them.
fn bytes(member: &Member<'_>) -> Result<Vec<u8>> {
    match member.value()? {
        Value::String(text) => {
            let malformed = |error: Error| error.found(unshown(text));
            if let Some(hex) = text.strip_prefix("\\x") {
                return from_hex(hex).ok_or_else(|| malformed(ErrorCode::Base64Malformed.into()));
            }
            let url_safe: String = text
                .chars()
                .map(|c| match c {
                    '+' => '-',
                    '/' => '_',
                    other => other,
                })
                .collect();
            crate::types::Bytes::from_base64url(&url_safe).map(crate::types::Bytes::into_vec).map_err(malformed)
        }
        Value::Array(list) => member.numbers(list),
        Value::Object(members) => match (members.get("type"), members.get("data")) {
            (Some(Value::String(kind)), Some(Value::Array(list))) if kind == "Buffer" => member.numbers(list),
            _ => {
                // A Uint8Array: the indices are its members' names.
                let in_order = (0..members.len()).map(|index| members.get(&alloc::format!("{index}")).unwrap_or(&Value::Null));
                member.numbers(in_order)
            }
        },
        _ => member.numbers([&Value::Null]),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)?.wrapping_shl(4) | digit(*low)?)).collect()
}

/// Drivers give a BIGINT as text.
fn counter(member: &Member<'_>) -> Result<u32> {
    match member.value()? {
        Value::String(text) => text.parse().map_err(|_| member.refused(unshown(text))),
        _ => member.counter(),
    }
}

/// Some databases have no booleans.
fn boolean(member: &Member<'_>) -> Result<bool> {
    match member.value()?.as_u64() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => member.boolean(),
    }
}

fn multi_device(member: &Member<'_>) -> Result<bool> {
    match member.text()? {
        "singleDevice" => Ok(false),
        "multiDevice" => Ok(true),
        other => Err(member.refused(unshown(other))),
    }
}

/// A list, or one text with commas.
fn transports(member: &Member<'_>) -> Result<Vec<Transport>> {
    match member.value()? {
        Value::String(text) => {
            let texts: Vec<_> = text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
            member.transports_of(&texts)
        }
        _ => member.transports(),
    }
}
