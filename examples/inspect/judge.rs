//! The verdict of the crate: both ceremonies through the pure core, with what the file says.

use passkeeper::types::{Algorithm, AlgorithmList, Bytes, Challenge, CredentialId, Origin, RpId, UnixTime, UserHandle, UserVerification};
use passkeeper::wire::{AuthenticationExtensions, AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{AuthenticationRequest, CosePublicKey, CredentialRecord, Error, RegistrationRequest, RelyingParty};

use crate::file::{Case, Failure, Kind, Stored};

/// Any moment will do: both halves of a ceremony happen in it.
const NOW: UnixTime = UnixTime::from_secs(0);

/// Why there is no acceptance.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The crate refused, for a reason of its own.
    Crate(Error),
    /// The file does not say enough.
    File(Failure),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Crate(error)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::File(failure)
    }
}

/// Verifies the response; on success says what the attestation was, if there was one to judge.
pub(crate) fn judge(case: &Case) -> Result<Option<&'static str>, Refusal> {
    let rp_id = case.rp_id.as_deref().ok_or_else(|| Failure::incomplete("the file has no rp_id, so nothing can be judged"))?;
    let challenge = case.challenge.as_ref().ok_or_else(|| Failure::incomplete("the file has no challenge, so nothing can be judged"))?;
    let rp = relying_party(case, rp_id)?;
    // Captures may hold challenges that are too short for a live ceremony.
    let challenge = Challenge::new(challenge.as_slice()).or_else(|_| Challenge::danger_guessable(challenge.as_slice()))?;
    match case.kind {
        Kind::Registration => register(case, &rp, challenge).map(Some),
        Kind::Authentication => authenticate(case, &rp, challenge).map(|()| None),
    }
}

fn relying_party(case: &Case, rp_id: &str) -> Result<RelyingParty, Error> {
    let rp_id = RpId::new(rp_id).or_else(|error| RpId::danger_ip_address(rp_id).map_err(|_| error))?;
    let mut builder = RelyingParty::builder(rp_id.as_str(), "inspect").danger_rp_id(rp_id.clone());
    if let Some(algorithms) = &case.options.algorithms {
        builder = builder.algorithms(AlgorithmList::new(algorithms.iter().copied().filter_map(Algorithm::from_cose_id))?);
    }
    builder = builder.user_verification(user_verification(case));
    for origin in case.expected_origins() {
        // To judge a capture, its origin may be one that no relying party of this RP ID should have.
        let own = Origin::new(&*origin).is_ok_and(|o| o.is_https() && o.host().is_none_or(|host| rp_id.covers_host(host)));
        builder = if own { builder.origin(origin) } else { builder.danger_insecure_origin(origin) };
    }
    if let Some(top_origins) = &case.options.top_origins {
        builder = builder.embedded_within(top_origins).danger_unnamed_top_origin();
    } else if case.options.allow_cross_origin {
        builder = builder.danger_embedded_anywhere();
    }
    builder.build()
}

/// What the file asks for, else what the crate asks for by default.
pub(crate) fn user_verification(case: &Case) -> UserVerification {
    case.options.user_verification.unwrap_or(UserVerification::Required)
}

fn register(case: &Case, rp: &RelyingParty, challenge: Challenge) -> Result<&'static str, Refusal> {
    let user = UserEntity { id: somebody()?, name: "user".into(), display_name: "user".into() };
    let mut request = RegistrationRequest::new(user);
    if case.options.user_presence == Some(false) {
        request = request.conditional();
    }
    let (_, pending) = rp.start_registration(request, challenge, NOW)?;
    let response = RegistrationResponse::from_json(&case.response_text)?;
    let verified = pending.verify(rp, &response, NOW)?;
    Ok(verified.record().attestation_type.as_str())
}

fn authenticate(case: &Case, rp: &RelyingParty, challenge: Challenge) -> Result<(), Refusal> {
    let response = AuthenticationResponse::from_json(&case.response_text)?;
    let stored = case.stored.as_ref().ok_or_else(|| Failure::incomplete("the file has no stored record to verify with"))?;
    // Where nobody says whose credential it is, the response may name anybody.
    let owner = match stored.user_handle.as_ref().or(response.user_handle.as_ref()) {
        Some(handle) => UserHandle::new(handle.as_slice())?,
        None => somebody()?,
    };
    let extensions = AuthenticationExtensions { app_id: case.options.app_id.clone(), ..Default::default() };
    let request = AuthenticationRequest::known(owner.clone()).extensions(extensions);
    let (_, pending) = rp.start_authentication(request, challenge, NOW)?;
    let received = pending.receive(&response)?;
    let stored_id = stored.credential_id.as_ref().map_or(received.credential_id().as_bytes(), Bytes::as_slice);
    if received.credential_id().as_bytes() != stored_id {
        return Err(received.not_found().into());
    }
    let record = record(rp, stored, owner, received.credential_id().clone())?;
    let _ = received.verify(rp, &record, NOW)?;
    Ok(())
}

fn record(rp: &RelyingParty, stored: &Stored, owner: UserHandle, id: CredentialId) -> Result<CredentialRecord, Refusal> {
    let key = stored.public_key.as_ref().ok_or_else(|| Failure::incomplete("the file has no stored.public_key_cose to verify with"))?;
    let key = CosePublicKey::new(key.as_slice())?;
    let mut record = CredentialRecord::imported(rp.scope().clone(), rp.id().clone(), owner, id, key, NOW);
    record.usage.sign_count = stored.sign_count;
    record.usage.backup_eligible = stored.backup_eligible;
    Ok(record)
}

fn somebody() -> Result<UserHandle, Error> {
    UserHandle::new(b"somebody".as_slice())
}
