//! The authenticator data.

use passkeeper::ErrorCode;
use passkeeper::parse::{AuthenticatorData, ClientData};
use passkeeper::types::{Flags, Origin, UserVerification};
use sha2::{Digest as _, Sha256};

use super::{Report, key, maybe_hex};
use crate::auth_data::{AuthData, flag_names};
use crate::cbor::Node;
use crate::file::{Case, Kind};
use crate::judge;
use crate::text::{hex, plain_hex, quoted};

/// How many parents of a host are tried.
const MAX_PARENTS: usize = 8;

pub(super) fn show(report: &mut Report, case: &Case, bytes: &[u8]) {
    report.section(format_args!("authenticator data, {} bytes", bytes.len()));
    let data = AuthData::read(bytes);
    rp_id_hash(report, case, data.rp_id_hash);
    if let Some(flags) = data.flags {
        report.line("flags", flag_names(flags));
        self::flags(report, case, flags);
    }
    if let Some(sign_count) = data.sign_count {
        report.line("sign count", sign_count);
    }
    for (code, text) in &data.faults {
        report.fault(*code, format_args!("authenticator data: {text}"));
    }
    if let Some(aaguid) = data.aaguid {
        report.line("AAGUID", format_args!("{aaguid}{}", if aaguid.is_zero() { " (says nothing)" } else { "" }));
    }
    if data.credential_id.is_some() {
        report.line("credential ID", maybe_hex(data.credential_id));
    }
    if let Some(id) = data.credential_id.filter(|_| case.kind == Kind::Registration) {
        for name in ["id", "rawId"] {
            if let Some(other) = case.id(name).filter(|other| other != id) {
                let other = hex(&other);
                report.fault(ErrorCode::CredentialIdMismatch, format_args!("{name} is {other}, the authenticator data has {}", hex(id)));
            }
        }
        if id.len() > 1023 {
            report.fault(ErrorCode::CredentialIdTooLong, format_args!("the credential ID has {} bytes, at most 1023", id.len()));
        }
    }
    if let Some(item) = &data.public_key {
        key::show(report, case, item.bytes, &item.node);
    }
    if let Some(item) = &data.extensions {
        report.line("extensions", &item.node);
        for (name, value) in item.node.entries() {
            extension(report, name, value);
        }
    }
    report.also(&AuthenticatorData::parse(bytes), "authenticator data");
}

fn extension(report: &mut Report, name: &Node, value: &Node) {
    report.inner(name, value);
    for (name, value) in value.entries() {
        report.inner(format_args!("  {name}"), value);
    }
}

fn rp_id_hash(report: &mut Report, case: &Case, hash: &[u8]) {
    let matches = |name: &str| Sha256::digest(name.as_bytes()).as_slice() == hash;
    let shown = plain_hex(hash);
    let guess = candidates(case).into_iter().find(|name| matches(name));
    let of = guess.as_ref().map_or("of none of the names in sight".to_owned(), |name| format!("of {}", quoted(name)));
    let app_id = case.options.app_id.as_deref().filter(|_| case.kind == Kind::Authentication);
    let Some(rp_id) = &case.rp_id else {
        report.line("rpIdHash", format_args!("{shown} {of}"));
        return;
    };
    let fits = matches(rp_id) || app_id.is_some_and(matches);
    let verdict = if fits { Ok(()) } else { Err(ErrorCode::RpIdHashMismatch) };
    report.checked("rpIdHash", format_args!("{shown} {of}"), format_args!("that of {}", quoted(rp_id)), verdict);
}

/// The names whose hash it might be: what is expected, and every origin's host with its parents.
fn candidates(case: &Case) -> Vec<String> {
    let mut names: Vec<String> = case.rp_id.iter().chain(&case.options.app_id).cloned().collect();
    let mut origins = case.expected_origins();
    let client_data = case.part("clientDataJSON").unwrap_or_default();
    if let Ok(client_data) = ClientData::parse(&client_data) {
        origins.push(client_data.origin.into_owned());
        origins.extend(client_data.top_origin.map(|origin| origin.into_owned()));
    }
    for origin in origins {
        let Ok(origin) = Origin::new(origin) else { continue };
        let mut host = origin.host();
        for _ in 0..MAX_PARENTS {
            let Some(name) = host else { break };
            names.push(name.to_owned());
            host = name.split_once('.').map(|(_, parent)| parent);
        }
        names.push(origin.as_str().to_owned());
    }
    names
}

fn flags(report: &mut Report, case: &Case, flags: Flags) {
    let registration = case.kind == Kind::Registration;
    let conditional = registration && case.options.user_presence == Some(false);
    if !flags.user_present() && !conditional {
        report.fault(ErrorCode::UserNotPresent, "UP is clear: the user was not present");
    }
    if !flags.user_verified() && judge::user_verification(case) == UserVerification::Required {
        report.fault(ErrorCode::UserNotVerified, "UV is clear, and user verification is required");
    }
    if flags.backup_state() && !flags.backup_eligible() {
        report.fault(ErrorCode::BackupStateWithoutEligibility, "BS is set while BE is clear");
    }
    if flags.attested_credential_data() != registration {
        let (code, text) = match case.kind {
            Kind::Registration => (ErrorCode::AttestedDataMissing, "AT is clear: there is no credential"),
            Kind::Authentication => (ErrorCode::AttestedDataInAssertion, "AT is set, which belongs to registrations"),
        };
        report.fault(code, text);
    }
    if flags.as_byte() & 0x22 != 0 {
        report.oddity("a reserved flag is set");
    }
}
