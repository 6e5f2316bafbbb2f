//! The steps that registration and authentication share, with the numbers each of them gives to them.

use alloc::format;
use alloc::string::String;

use super::RelyingParty;
use crate::error::{Error, ErrorCode, Result, quoted};
use crate::parse::{AuthenticatorData, ClientData};
use crate::types::{Challenge, CredentialType, Flags, UserVerification};

/// Where a shared step stands in §7.1 or §7.2.
pub(super) struct Numbers {
    pub(super) response: &'static str,
    pub(super) json: &'static str,
    pub(super) client_data_type: &'static str,
    pub(super) challenge: &'static str,
    pub(super) origin: &'static str,
    pub(super) cross_origin: &'static str,
    pub(super) top_origin: &'static str,
    pub(super) user_verified: &'static str,
    pub(super) backup_flags: &'static str,
    /// What `type` must be.
    pub(super) expected_type: &'static str,
}

pub(super) const REGISTRATION: Numbers = Numbers {
    response: "7.1/3",
    json: "7.1/6",
    client_data_type: "7.1/7",
    challenge: "7.1/8",
    origin: "7.1/9",
    cross_origin: "7.1/10",
    top_origin: "7.1/11",
    user_verified: "7.1/16",
    backup_flags: "7.1/17",
    expected_type: "webauthn.create",
};

pub(super) const AUTHENTICATION: Numbers = Numbers {
    response: "7.2/3",
    json: "7.2/9",
    client_data_type: "7.2/10",
    challenge: "7.2/11",
    origin: "7.2/12",
    cross_origin: "7.2/13",
    top_origin: "7.2/14",
    user_verified: "7.2/17",
    backup_flags: "7.2/18",
    expected_type: "webauthn.get",
};

/// The credential's type must be the only one there is.
pub(super) fn check_credential_type(found: &CredentialType, numbers: &Numbers) -> Result<()> {
    if *found == CredentialType::PUBLIC_KEY {
        return Ok(());
    }
    Err(Error::new(ErrorCode::CredentialTypeUnexpected).at(numbers.response).expected("public-key").found(quoted(found.as_str())))
}

/// Steps 7.1/5 to 7.1/11, and 7.2/8 to 7.2/14: the client data says what this ceremony expects.
pub(super) fn check_client_data(bytes: &[u8], rp: &RelyingParty, challenge: &Challenge, numbers: &Numbers) -> Result<()> {
    // UTF-8 decode and parse.
    let client_data = ClientData::parse(bytes).map_err(|e| e.at(numbers.json))?;
    // Type.
    if client_data.type_ != numbers.expected_type {
        let error = Error::new(ErrorCode::ClientDataTypeMismatch).at(numbers.client_data_type);
        return Err(error.expected(quoted(numbers.expected_type)).found(quoted(&client_data.type_)));
    }
    // Challenge: exactly the text that was issued, in constant time.
    if !challenge.is_written_as(&client_data.challenge) {
        // Enough to find it in a log, too little to be used: either may still be pending.
        let begin = |challenge: &str| format!("{}…", challenge.chars().take(8).collect::<String>());
        let error = Error::new(ErrorCode::ChallengeMismatch).at(numbers.challenge);
        return Err(error.expected(begin(&challenge.to_base64url())).found(begin(&client_data.challenge)));
    }
    // Origin, crossOrigin, topOrigin.
    rp.check_origin(&client_data.origin).map_err(|e| e.at(numbers.origin))?;
    rp.check_cross_origin(client_data.cross_origin).map_err(|e| e.at(numbers.cross_origin))?;
    rp.check_top_origin(client_data.cross_origin, client_data.top_origin.as_deref()).map_err(|e| e.at(numbers.top_origin))
}

/// Steps 7.1/16 and 7.2/17.
pub(super) fn check_user_verified(flags: Flags, wanted: UserVerification, numbers: &Numbers) -> Result<()> {
    if wanted == UserVerification::Required && !flags.user_verified() {
        return Err(Error::new(ErrorCode::UserNotVerified).at(numbers.user_verified));
    }
    Ok(())
}

/// Steps 7.1/17 and 7.2/18.
pub(super) fn check_backup_flags(flags: Flags, numbers: &Numbers) -> Result<()> {
    if flags.backup_state() && !flags.backup_eligible() {
        return Err(Error::new(ErrorCode::BackupStateWithoutEligibility).at(numbers.backup_flags));
    }
    Ok(())
}

/// Steps 7.1/14 and 7.2/15.
pub(super) fn check_rp_id_hash(auth_data: &AuthenticatorData<'_>, expected: &[u8; 32], step: &'static str) -> Result<()> {
    if auth_data.rp_id_hash == expected {
        return Ok(());
    }
    let hex = |hash: &[u8; 32]| hash.iter().take(8).fold(String::new(), |text, b| format!("{text}{b:02x}"));
    Err(Error::new(ErrorCode::RpIdHashMismatch).at(step).expected(hex(expected)).found(hex(auth_data.rp_id_hash)))
}
