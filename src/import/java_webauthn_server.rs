//! `CredentialRegistration` of java-webauthn-server's demonstration, and `RegisteredCredential`.

use super::members::{Member, Object};
use super::{HandleEncoding, Importer};
use crate::ceremony::{CosePublicKey, CredentialRecord};
use crate::error::Result;
use crate::types::CredentialId;

/// The `RegisteredCredential`: a member of the registration, or the row itself.
fn credential<'a>(row: &Object<'a>) -> Result<Object<'a>> {
    match row.at("credential").is_given() || !row.at("credentialId").is_given() {
        true => row.at("credential").object(),
        false => Ok(Object::new(row.members())),
    }
}

pub(super) fn credential_id(row: &Object<'_>) -> Result<CredentialId> {
    credential(row)?.at("credentialId").credential_id()
}

pub(super) fn record(importer: &Importer, row: &Object<'_>, id: CredentialId) -> Result<CredentialRecord> {
    let credential = credential(row)?;
    let key = CosePublicKey::new(credential.at("publicKeyCose").bytes()?)?;
    let handle = |member: &Member<'_>| member.user_handle(HandleEncoding::Base64url);
    let user = handle(&credential.at("userHandle"))?;
    if let Some(identity) = row.at("userIdentity").given(Member::object)? {
        let id = identity.at("id");
        if id.given(handle)?.is_some_and(|other| other != user) {
            return Err(id.refused("another user than userHandle"));
        }
    }

    let mut record = importer.draft(row, id, key, Some(user))?;
    record.usage.sign_count = credential.at("signatureCount").counter()?;
    record.usage.backup_eligible = credential.at("backupEligible").given(Member::boolean)?;
    record.usage.backup_state = credential.at("backupState").given(Member::boolean)?.unwrap_or(false);
    let transports = [row, &credential].map(|object| object.at("transports").given(Member::transports));
    record.transports = transports.into_iter().find_map(Result::transpose).transpose()?.unwrap_or_default();
    record.name = row.at("credentialNickname").given(|member| member.text_up_to(256))?.unwrap_or_default().into();
    record.created_at = row.at("registrationTime").given(Member::instant)?.unwrap_or(importer.now);
    Ok(record)
}
