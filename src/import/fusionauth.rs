//! The rows of FusionAuth's import request.

use super::Importer;
use super::members::{Member, Object};
use crate::attestation::AttestationType;
use crate::ceremony::{CosePublicKey, CredentialRecord};
use crate::error::{Error, ErrorCode, Result, unshown};
use crate::types::{Algorithm, CredentialId, UserHandle};

/// The longest User-Agent that is kept, in characters.
const MAX_USER_AGENT: usize = 256;

pub(super) fn credential_id(row: &Object<'_>) -> Result<CredentialId> {
    row.at("credentialId").credential_id()
}

pub(super) fn record(importer: &Importer, row: &Object<'_>, id: CredentialId) -> Result<CredentialRecord> {
    let algorithm = algorithm(&row.at("algorithm"))?;
    let key = CosePublicKey::from_pem(row.at("publicKey").text()?, algorithm)?;
    importer.check_rp_id(row.at("relyingPartyId").text()?)?;
    // In the canonical spelling, as FusionAuth itself writes it.
    let user = UserHandle::new(alloc::format!("{}", row.at("userId").uuid()?))?;

    let mut record = importer.draft(row, id, key, Some(user))?;
    record.name = row.at("name").name()?;
    record.display_name = row.at("displayName").text_up_to(256)?.into();
    if let Some(id) = row.at("id").given(Member::uuid)? {
        record.id = id;
    }
    record.attestation_type = row.at("attestationType").given(attestation_type)?.unwrap_or(AttestationType::None);
    record.supports_user_verification = row.at("authenticatorSupportsUserVerification").given(Member::boolean)?;
    record.discoverable = Some(row.at("discoverable").given(Member::boolean)?.unwrap_or(false));
    record.usage.sign_count = row.at("signCount").given(Member::counter)?.unwrap_or(0);
    record.transports = row.at("transports").given(Member::transports)?.unwrap_or_default();
    let user_agent = row.at("userAgent").given(Member::text)?;
    record.user_agent = user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect());
    record.created_at = row.at("insertInstant").given(Member::milliseconds)?.unwrap_or(importer.now);
    record.last_used_at = Some(row.at("lastUseInstant").given(Member::milliseconds)?.unwrap_or(importer.now));
    if let Some(data) = row.at("data").given(Member::object)? {
        record.data = data.members().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    Ok(record)
}

/// The number of the COSE registry, or its name.
fn algorithm(member: &Member<'_>) -> Result<Algorithm> {
    let found = match member.value()?.as_str() {
        Some(name) => Algorithm::ALL.iter().copied().find(|algorithm| algorithm.name() == name).ok_or_else(|| unshown(name)),
        None => {
            let id = member.integer()?;
            Algorithm::from_cose_id(id).ok_or_else(|| alloc::format!("{id}"))
        }
    };
    found.map_err(|found| Error::new(ErrorCode::PublicKeyAlgorithmUnsupported).found(found))
}

/// What was attested when it was registered; nobody can check it here.
fn attestation_type(member: &Member<'_>) -> Result<AttestationType> {
    use AttestationType::{AnonymizationCa, AttestationCa, Basic, None, SelfAttestation};
    let text = member.text()?;
    let known = [None, SelfAttestation, Basic, AttestationCa, AnonymizationCa];
    known.into_iter().find(|known| known.as_str() == text).ok_or_else(|| member.refused(unshown(text)))
}
