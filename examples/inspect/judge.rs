//! The verdict of the crate: both ceremonies through the pure core, with what the file says.

use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::metadata::{Metadata, Skipped};
use passkeeper::parse::{AttestationObject, AuthenticatorData};
use passkeeper::types::{
    Algorithm, AlgorithmList, AttestationConveyance, Bytes, Challenge, CredentialId, Origin, RpId, UnixTime, UserHandle, UserVerification,
};
use passkeeper::wire::{AuthenticationExtensions, AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{
    AttestationPolicy, AttestationVerdict, AuthenticationRequest, CosePublicKey, CredentialRecord, Error, Recheck, RegistrationPolicy,
    RegistrationRequest, RelyingParty,
};

use crate::file::{Case, Failure, Kind, Stored};

/// Everything outside the file that a response is judged by.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The moment of the ceremony: both its halves happen in it.
    pub(crate) now: UnixTime,
    pub(crate) metadata: Option<Metadata>,
    /// What the metadata had and could not be read.
    pub(crate) skipped: Vec<Skipped>,
}

/// What was accepted; for a registration, what its attestation came to.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) attestation: Option<AttestationVerdict>,
}

pub(crate) type Judgement = Result<Accepted, Refusal>;

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

/// Verifies the response.
pub(crate) fn judge(case: &Case, surroundings: &Surroundings) -> Judgement {
    if let Some(failure) = case.malformed.first() {
        return Err(failure.clone().into());
    }
    let without = |name| match case.bare {
        true => Failure::incomplete(format_args!("the file is a bare response: without {name} around it, it can be shown, not verified")),
        false => Failure::incomplete(format_args!("the file has no {name}, so nothing can be judged")),
    };
    let rp_id = case.rp_id.as_deref().ok_or_else(|| without("rp_id"))?;
    let challenge = case.challenge.as_ref().ok_or_else(|| without("challenge"))?;
    let rp = relying_party(case, rp_id, surroundings)?;
    // Captures may hold challenges that are too short for a live ceremony.
    let challenge = Challenge::new(challenge.as_slice()).or_else(|_| Challenge::danger_guessable(challenge.as_slice()))?;
    let attestation = match case.kind {
        Kind::Registration => Some(register(case, &rp, challenge, surroundings.now)?),
        Kind::Authentication => {
            authenticate(case, &rp, challenge, surroundings.now)?;
            None
        }
    };
    Ok(Accepted { attestation })
}

/// The statement alone (steps 21 to 24 of §7.1), whatever else is wrong with the response; `None` if there is
/// nothing to judge.
pub(crate) fn judge_statement(case: &Case, surroundings: &Surroundings) -> Option<Result<AttestationVerdict, Error>> {
    let (object_bytes, client_data) = (case.part("attestationObject")?, case.part("clientDataJSON")?);
    let object = AttestationObject::parse(&object_bytes).ok()?;
    let auth_data = AuthenticatorData::parse(object.auth_data).ok()?;
    let credential = auth_data.attested?;
    let key = CosePublicKey::new(credential.public_key).ok()?;
    let id = CredentialId::new(credential.credential_id).ok()?;
    // The name of the relying party is no part of this question.
    let rp = anyone(case, surroundings).ok()?;
    let now = surroundings.now;
    let mut record = CredentialRecord::imported(rp.scope().clone(), rp.id().clone(), somebody().ok()?, id, key, now);
    record.attestation_object = Some(object_bytes.as_slice().into());
    record.attestation_client_data_json = Some(client_data.into());
    Some(rp.recheck_attestation(&record, &policy(case, surroundings), Recheck::today(now)))
}

fn anyone(case: &Case, surroundings: &Surroundings) -> Result<RelyingParty, Error> {
    RelyingParty::builder("anyone.invalid", "inspect").trust_anchors(anchors(case, surroundings)).build()
}

/// Whether certificates have to lead to an anchor: if there are any anchors.
pub(crate) fn demands_trust(case: &Case, surroundings: &Surroundings) -> bool {
    !case.trust.roots.is_empty() || surroundings.metadata.is_some()
}

/// Captures are old and odd: what a relying party should refuse for being weak is judged here, too.
fn policy(case: &Case, surroundings: &Surroundings) -> AttestationPolicy {
    let mut rules = StatementRules::default();
    rules.danger_accept_android_safetynet = true;
    rules.danger_accept_test_tpm_vendors = true;
    rules.danger_accept_movable_tpm_keys = true;
    rules.danger_accept_sha1_certificates = true;
    let policy = AttestationPolicy::requested(AttestationConveyance::Direct).rules(rules);
    if demands_trust(case, surroundings) { policy } else { policy.danger_accept_untrusted() }
}

fn anchors(case: &Case, surroundings: &Surroundings) -> TrustAnchors {
    let anchors = case.trust.roots.iter().cloned().fold(TrustAnchors::new(), TrustAnchors::trust);
    match &surroundings.metadata {
        Some(metadata) => anchors.metadata(metadata.clone()),
        None => anchors,
    }
}

fn relying_party(case: &Case, rp_id: &str, surroundings: &Surroundings) -> Result<RelyingParty, Error> {
    let rp_id = RpId::new(rp_id).or_else(|error| RpId::danger_ip_address(rp_id).map_err(|_| error))?;
    let mut builder = RelyingParty::builder(rp_id.as_str(), "inspect").danger_rp_id(rp_id.clone());
    let mut registration = RegistrationPolicy::default();
    registration.attestation = policy(case, surroundings);
    builder = builder.registration_policy(registration).trust_anchors(anchors(case, surroundings));
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

fn register(case: &Case, rp: &RelyingParty, challenge: Challenge, now: UnixTime) -> Result<AttestationVerdict, Refusal> {
    let user = UserEntity { id: somebody()?, name: "user".into(), display_name: "user".into() };
    let mut request = RegistrationRequest::new(user);
    if case.options.user_presence == Some(false) {
        request = request.conditional();
    }
    let (_, pending) = rp.start_registration(request, challenge, now)?;
    let response = RegistrationResponse::from_json(&case.response_text)?;
    let verified = pending.verify(rp, &response, now)?;
    Ok(verified.attestation().clone())
}

fn authenticate(case: &Case, rp: &RelyingParty, challenge: Challenge, now: UnixTime) -> Result<(), Refusal> {
    let response = AuthenticationResponse::from_json(&case.response_text)?;
    let stored = case.stored.as_ref().ok_or_else(|| Failure::incomplete("the file has no stored record to verify with"))?;
    // Where nobody says whose credential it is, the response may name anybody.
    let owner = match stored.user_handle.as_ref().or(response.user_handle.as_ref()) {
        Some(handle) => UserHandle::new(handle.as_slice())?,
        None => somebody()?,
    };
    let extensions = AuthenticationExtensions { app_id: case.options.app_id.clone(), ..Default::default() };
    let request = AuthenticationRequest::known(owner.clone()).extensions(extensions);
    let (_, pending) = rp.start_authentication(request, challenge, now)?;
    let received = pending.receive(&response)?;
    let stored_id = stored.credential_id.as_ref().map_or(received.credential_id().as_bytes(), Bytes::as_slice);
    if received.credential_id().as_bytes() != stored_id {
        return Err(received.not_found(rp, now).into());
    }
    let record = record(rp, stored, owner, received.credential_id().clone(), now)?;
    let _ = received.verify(rp, &record, now)?;
    Ok(())
}

fn record(rp: &RelyingParty, stored: &Stored, owner: UserHandle, id: CredentialId, now: UnixTime) -> Result<CredentialRecord, Refusal> {
    let key = stored.public_key.as_ref().ok_or_else(|| Failure::incomplete("the file has no stored.public_key_cose to verify with"))?;
    let key = CosePublicKey::new(key.as_slice())?;
    let mut record = CredentialRecord::imported(rp.scope().clone(), rp.id().clone(), owner, id, key, now);
    record.usage.sign_count = stored.sign_count;
    record.usage.backup_eligible = stored.backup_eligible;
    Ok(record)
}

fn somebody() -> Result<UserHandle, Error> {
    UserHandle::new(b"somebody".as_slice())
}
