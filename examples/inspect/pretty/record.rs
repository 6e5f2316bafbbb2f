//! An authentication: its signed parts against the stored record.

use passkeeper::ErrorCode;
use passkeeper::types::{Bytes, Flags};

use super::{Report, attestation, auth_data, key, maybe_hex};
use crate::auth_data::AuthData;
use crate::cbor;
use crate::file::{Case, Stored};
use crate::text::hex;

pub(super) fn show(report: &mut Report, case: &Case) {
    let data = case.part("authenticatorData");
    if let Some(data) = &data {
        auth_data::show(report, case, data);
    }
    let user_handle = case.part("userHandle").filter(|handle| !handle.is_empty());
    if let Some(handle) = user_handle.as_ref().filter(|handle| handle.len() > 64) {
        report.fault(ErrorCode::UserHandleLength, format_args!("the user handle has {} bytes, at most 64", handle.len()));
    }
    report.section("stored record");
    let Some(stored) = &case.stored else {
        report.line("record", "(not in the file)");
        return;
    };
    let data = data.unwrap_or_default();
    let read = AuthData::read(&data);
    credential_id(report, case, stored);
    if let (Some(found), Some(expected)) = (&user_handle, &stored.user_handle) {
        let verdict = if found == expected.as_slice() { Ok(()) } else { Err(ErrorCode::UserHandleMismatch) };
        report.checked("user handle", hex(found), hex(expected.as_slice()), verdict);
    } else {
        report.line("user handle", maybe_hex(stored.user_handle.as_ref().map(Bytes::as_slice)));
    }
    if let Some(found) = read.sign_count {
        let verdict = match (stored.sign_count, found) {
            (0, 0) => Ok(()),
            (recorded, found) if found > recorded => Ok(()),
            _ => Err(ErrorCode::CounterNotIncreased),
        };
        report.checked("sign count", found, format_args!("more than the recorded {}", stored.sign_count), verdict);
    } else {
        report.line("sign count", stored.sign_count);
    }
    if let (Some(found), Some(expected)) = (read.flags.map(Flags::backup_eligible), stored.backup_eligible) {
        let verdict = if found == expected { Ok(()) } else { Err(ErrorCode::BackupEligibilityChanged) };
        report.checked("backup eligible", found, expected, verdict);
    }
    signature(report, case, stored, &data);
}

fn credential_id(report: &mut Report, case: &Case, stored: &Stored) {
    let stored = stored.credential_id.as_ref().map(Bytes::as_slice);
    let Some((found, expected)) = case.id("rawId").or_else(|| case.id("id")).zip(stored) else {
        report.line("credential ID", maybe_hex(stored));
        return;
    };
    let verdict = if found == expected { Ok(()) } else { Err(ErrorCode::CredentialNotFound) };
    report.checked("credential ID", hex(&found), hex(expected), verdict);
}

fn signature(report: &mut Report, case: &Case, stored: &Stored, data: &[u8]) {
    let Some(public_key) = &stored.public_key else {
        report.line("public key", "(not in the file)");
        return;
    };
    let decoded = cbor::read(public_key.as_slice());
    for (code, text) in &decoded.faults {
        report.fault(*code, format_args!("stored public key: {text}"));
    }
    key::show(report, case, public_key.as_slice(), &decoded.node);
    let (Some(client_data), Some(sig)) = (case.part("clientDataJSON"), case.part("signature")) else { return };
    report.line("signature", hex(&sig));
    attestation::signature(report, "verification", public_key.as_slice(), data, &client_data, &sig, ErrorCode::SignatureInvalid);
}
