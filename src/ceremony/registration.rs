//! Registration: §7.1, step by step.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RelyingParty;
use super::carried::{Carried, SessionBinding, Source, carries};
use super::policy::RegistrationPolicy;
use super::proof::Proof;
use super::public_key::CosePublicKey;
use super::record::{CredentialRecord, UseState};
use super::relying_party::check_name;
use super::state::{self, CeremonyKind, Common};
use super::steps::{self, REGISTRATION};
use super::trust::Terms;
use crate::attestation::{AttestationFormat, AttestationVerdict, Moments, Trust};
use crate::crypto::is_key_material;
use crate::error::{Error, ErrorCode, Result};
use crate::parse::{AttestationObject, AttestedCredentialData, AuthenticatorData, CoseKey};
use crate::types::{Bytes, Challenge, CredentialId, Flags, RecordId, UnixTime, UserHandle, UserVerification};
use crate::wire::{
    AuthenticatorSelection, ClientExtensionResults, CreationOptions, CredentialDescriptor, RegistrationExtensions, RegistrationResponse,
    RelyingPartyEntity, UserEntity,
};

/// What a registration is for.
#[derive(Clone, Debug)]
pub struct RegistrationRequest {
    pub(crate) user: UserEntity,
    pub(crate) exclude: Vec<CredentialDescriptor>,
    policy: Option<RegistrationPolicy>,
    extensions: RegistrationExtensions,
    conditional: bool,
    label: Label,
    pub(crate) proof: Option<Proof>,
    pub(crate) source: Option<Source>,
    pub(crate) carried: Carried,
}
carries!(request RegistrationRequest);

/// What the caller wants the record to say about the passkey; travels in the pending state.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Label {
    name: Option<String>,
    display_name: Option<String>,
    user_agent: Option<String>,
    data: BTreeMap<String, Value>,
}

/// All of it is somebody's.
impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Label(…)")
    }
}

impl RegistrationRequest {
    /// A registration for this account. Asks for `credProps`, so that the record can tell whether the
    /// passkey is discoverable.
    #[must_use]
    pub fn new(user: UserEntity) -> Self {
        Self {
            user,
            exclude: Vec::new(),
            policy: None,
            extensions: RegistrationExtensions { cred_props: true, ..Default::default() },
            conditional: false,
            label: Label::default(),
            proof: None,
            source: None,
            carried: Carried::default(),
        }
    }

    /// What shows that the user is in control of the account, where the facade demands it.
    #[must_use]
    pub fn proof(mut self, proof: Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    /// Where the request comes from, such as an address: for the rate limit alone.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(Source(source.into()));
        self
    }

    /// Names credentials the account has already, so that no authenticator registers twice. The facade
    /// does this by itself.
    #[must_use]
    pub fn exclude_credentials(mut self, credentials: impl IntoIterator<Item = CredentialDescriptor>) -> Self {
        for credential in credentials {
            if !self.exclude.iter().any(|known| known.id == credential.id) {
                self.exclude.push(credential);
            }
        }
        self
    }

    /// Other demands than the relying party's usual ones.
    #[must_use]
    pub fn policy(mut self, policy: RegistrationPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Extension inputs, in place of just `credProps`.
    #[must_use]
    pub fn extensions(mut self, extensions: RegistrationExtensions) -> Self {
        self.extensions = extensions;
        self
    }

    /// The page calls the browser with `mediation: "conditional"`: the user may then be absent (UP clear).
    /// User verification is seldom collected there, so combine it with a [`policy`](Self::policy) that does not require it.
    #[must_use]
    pub fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    /// A name for the passkey in lists; the account's name otherwise. At most 256 bytes.
    #[must_use]
    pub fn passkey_name(mut self, name: impl Into<String>) -> Self {
        self.label.name = Some(name.into());
        self
    }

    /// A friendlier name for the passkey; the account's display name otherwise. At most 256 bytes.
    #[must_use]
    pub fn passkey_display_name(mut self, name: impl Into<String>) -> Self {
        self.label.display_name = Some(name.into());
        self
    }

    /// The browser's User-Agent, for the record; cut at 256 characters.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        let text: String = user_agent.into();
        self.label.user_agent = Some(text.chars().take(256).collect());
        self
    }

    /// Anything the record shall keep.
    #[must_use]
    pub fn data(mut self, data: BTreeMap<String, Value>) -> Self {
        self.label.data = data;
        self
    }
}

impl RelyingParty {
    /// §7.1 step 1 (7.1/1): options for the browser, and the state that waits for its answer.
    ///
    /// `challenge` comes fresh from a secure source; `now` is the server's time.
    ///
    /// # Errors
    /// `workflow-disabled`; otherwise misuse only: `name-invalid`, `timeout-invalid`, `attestation-policy-invalid`,
    /// `algorithm-not-provided`, `extension-input-invalid`, `caller-state-too-large`.
    pub fn start_registration(
        &self,
        request: RegistrationRequest,
        challenge: Challenge,
        now: UnixTime,
    ) -> Result<(CreationOptions, PendingRegistration)> {
        let mut policy = request.policy.unwrap_or_else(|| self.registration.clone());
        if let Some(workflow) = request.carried.workflow {
            self.workflows.enabled(workflow)?.apply_to_registration(&mut policy);
        }
        policy.check()?;
        request.carried.check()?;
        self.check_algorithms(&policy.algorithms)?;
        request.extensions.check()?;
        check_name(&request.user.name)?;
        if let Some(name) = &request.label.name {
            check_name(name)?;
        }
        // Display names may be empty.
        for name in [Some(&request.user.display_name), request.label.display_name.as_ref()].into_iter().flatten().filter(|n| !n.is_empty())
        {
            check_name(name)?;
        }
        let options = CreationOptions {
            rp: RelyingPartyEntity { id: self.id.clone(), name: self.name.clone() },
            user: request.user.clone(),
            challenge: challenge.clone(),
            pub_key_cred_params: policy.algorithms.iter().map(Into::into).collect(),
            timeout: Some(policy.timeout_ms),
            exclude_credentials: request.exclude,
            authenticator_selection: Some(AuthenticatorSelection::new(
                policy.attachment.clone(),
                policy.resident_key,
                policy.user_verification,
            )),
            hints: policy.hints.clone(),
            attestation: policy.attestation.conveyance(),
            attestation_formats: policy.attestation.formats().to_vec(),
            extensions: request.extensions,
        };
        let pending = PendingRegistration(State {
            common: Common::new(self, challenge, request.carried, now, policy.lifetime_secs()),
            user: request.user,
            policy,
            conditional: request.conditional,
            label: request.label,
        });
        Ok((options, pending))
    }
}

/// A registration that waits for the browser's answer. Consumed by it, whatever it is: there is no `Clone`.
#[derive(Debug)]
#[must_use = "a registration is completed with its pending state"]
pub struct PendingRegistration(State);

#[derive(Debug, Serialize, Deserialize)]
struct State {
    #[serde(flatten)]
    common: Common,
    user: UserEntity,
    policy: RegistrationPolicy,
    conditional: bool,
    label: Label,
}

impl PendingRegistration {
    /// The challenge that was issued.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.0.common.challenge
    }

    /// The account the credential is for.
    #[must_use]
    pub fn user_handle(&self) -> &UserHandle {
        &self.0.user.id
    }

    /// The last moment at which a response is accepted.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.0.common.expires_at
    }

    /// Tells which session answers; needed if the request was bound to one, and refused if it was not.
    pub fn in_session(mut self, session: SessionBinding) -> Self {
        self.0.common.answering = Some(session);
        self
    }

    /// The state as versioned JSON, to be kept on the server until the answer comes.
    ///
    /// # Errors
    /// `state-malformed` if the record's data holds what JSON cannot.
    pub fn into_json(self) -> Result<String> {
        state::to_json(CeremonyKind::Registration, &self.0)
    }

    /// Reads what any release wrote with [`into_json`](Self::into_json).
    ///
    /// # Errors
    /// `state-malformed`, `state-version-unsupported`, `ceremony-kind-mismatch`.
    pub fn from_json(text: &str) -> Result<Self> {
        state::from_json(&[CeremonyKind::Registration], text).map(Self)
    }

    /// Verifies the browser's answer: §7.1 steps 5 to 25, 27 and 28. Nothing is stored yet.
    ///
    /// The caller still owes steps 26 and 29: store the record unless its credential ID is taken.
    ///
    /// # Errors
    /// One code for each way an answer can be wrong, with the step: see `docs/ERRORS.md`.
    pub fn verify(self, rp: &RelyingParty, response: &RegistrationResponse, now: UnixTime) -> Result<VerifiedRegistration> {
        let State { common, user, policy, conditional, label } = self.0;
        common.check(rp, now)?;
        steps::check_credential_type(&response.credential_type, &REGISTRATION)?;

        // 7.1/5 to 7.1/11: the client data.
        steps::check_client_data(response.client_data_json.as_slice(), rp, &common.challenge, &REGISTRATION)?;

        // 7.1/12: the hash of the client data is taken where a statement signs it. 7.1/13: decode the attestation object and the authenticator data in it.
        let at_13 = |e: Error| e.at("7.1/13");
        let object = AttestationObject::parse(response.attestation_object.as_slice()).map_err(at_13)?;
        let auth_data = AuthenticatorData::parse(object.auth_data).map_err(at_13)?;
        let flags = auth_data.flags;
        let credential = auth_data.attested.as_ref().ok_or_else(|| Error::new(ErrorCode::AttestedDataMissing)).map_err(at_13)?;
        check_copies(response, &object, credential).map_err(at_13)?;

        // 7.1/14: the RP ID.
        steps::check_rp_id_hash(&auth_data, &rp.id_hash, "7.1/14")?;

        // 7.1/15: the user was present, unless the ceremony was conditional.
        if !flags.user_present() && !conditional {
            return Err(Error::new(ErrorCode::UserNotPresent).at("7.1/15"));
        }

        // 7.1/16, 7.1/17: user verification; backup state only with backup eligibility.
        steps::check_user_verified(flags, policy.user_verification, &REGISTRATION)?;
        steps::check_backup_flags(flags, &REGISTRATION)?;

        // 7.1/18: policy on backup eligibility. 7.1/19: backup state is the caller's to judge, from the result.
        policy.judge_backup(flags).map_err(|e| e.at("7.1/18"))?;

        // 7.1/20: the algorithm was offered, and the key is a sound one of it.
        let at_20 = |e: Error| e.at("7.1/20");
        let key = CoseKey::parse(credential.public_key).map_err(at_20)?;
        if !policy.algorithms.contains(key.algorithm) {
            return Err(Error::new(ErrorCode::AlgorithmNotOffered).at("7.1/20").found(key.algorithm));
        }
        let verifying_key = rp.provider.prepare(&key).map_err(at_20)?;
        check_key_copies(response, &key).map_err(at_20)?;

        // 7.1/21 to 7.1/24: the statement, its trust anchors, and whether all that is acceptable.
        let terms = Terms { rp, policy: &policy.attestation, moments: Moments::at(now) };
        let attestation = terms.judge(object, &auth_data, response.client_data_json.as_slice(), &key, &verifying_key)?;

        // 7.1/25: the credential ID is not too long.
        let credential_id = CredentialId::new(credential.credential_id).map_err(|e| e.at("7.1/25"))?;

        // 7.1/27: the credential record. 7.1/28: extension outputs, all of which are optional.
        let extensions = &response.client_extension_results;
        policy.judge_report(response.authenticator_attachment.as_ref(), extensions.cred_props_rk).map_err(|e| e.at("7.1/28"))?;
        let public_key = CosePublicKey::of(&key, credential.public_key);
        let id = RecordId::derive_in(&rp.record_ids, &credential_id, |parts| rp.provider.sha256(parts));
        let mut record = CredentialRecord::with_id(id, common.scope, common.rp_id, user.id, credential_id, public_key, now);
        record.usage = UseState {
            sign_count: auth_data.sign_count,
            backup_eligible: Some(flags.backup_eligible()),
            backup_state: flags.backup_state(),
            uv_initialized: Some(flags.user_verified()),
        };
        record.transports = response.transports.clone();
        record.discoverable = extensions.cred_props_rk;
        record.attachment = response.authenticator_attachment.clone();
        // Who was not asked may still be able to.
        let asked = policy.user_verification != UserVerification::Discouraged;
        record.supports_user_verification = (asked || flags.user_verified()).then_some(flags.user_verified());
        record.aaguid = credential.aaguid;
        record.attestation_type = attestation.attestation_type;
        record.attestation_trusted = attestation.trust.is_trusted();
        record.attestation_format =
            AttestationFormat::find(object.fmt).map_or_else(|| object.fmt.to_string().into(), |format| format.as_str().into());
        record.attestation_object = Some(response.attestation_object.clone());
        record.attestation_client_data_json = Some(response.client_data_json.clone());
        record.name = label.name.unwrap_or(user.name);
        record.display_name = label.display_name.unwrap_or(user.display_name);
        record.user_agent = label.user_agent;
        record.data = label.data;
        let extension_outputs = auth_data.extensions.as_ref().map(|outputs| Bytes::from(outputs.as_bytes()));
        let (client_extension_results, carried) = (extensions.clone(), common.carried);
        Ok(VerifiedRegistration { record, flags, attestation, client_extension_results, extension_outputs, carried })
    }
}

/// The unsigned copies of what is signed: the top-level credential ID and the authenticator data.
fn check_copies(response: &RegistrationResponse, object: &AttestationObject<'_>, credential: &AttestedCredentialData<'_>) -> Result<()> {
    if response.raw_id.as_slice() != credential.credential_id {
        return Err(Error::new(ErrorCode::CredentialIdMismatch).subject("rawId, authenticator data"));
    }
    match &response.authenticator_data {
        Some(copy) if copy.as_slice() != object.auth_data => Err(Error::new(ErrorCode::ResponseCopyMismatch).subject("authenticatorData")),
        _ => Ok(()),
    }
}

/// The unsigned copies of the public key.
fn check_key_copies(response: &RegistrationResponse, key: &CoseKey<'_>) -> Result<()> {
    if let Some(copy) = response.public_key_algorithm.filter(|copy| *copy != key.algorithm.cose_id()) {
        return Err(Error::new(ErrorCode::ResponseCopyMismatch).subject("publicKeyAlgorithm").expected(key.algorithm).found(copy));
    }
    match &response.public_key {
        Some(copy) if !is_key_material(copy.as_slice(), &key.material) => {
            Err(Error::new(ErrorCode::ResponseCopyMismatch).subject("publicKey"))
        }
        _ => Ok(()),
    }
}

/// A registration that passed every check and is not stored yet.
///
/// Veto it by dropping it; commit it by storing [`record`](Self::record) with insert-if-absent. A copy of it is the same
/// registration: to store that one later, after the first was deleted, would bring a deleted passkey back.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing is registered until the record is stored"]
pub struct VerifiedRegistration {
    record: CredentialRecord,
    flags: Flags,
    attestation: AttestationVerdict,
    client_extension_results: ClientExtensionResults,
    extension_outputs: Option<Bytes>,
    carried: Carried,
}
carries!(result VerifiedRegistration);

impl VerifiedRegistration {
    /// The record to store.
    #[must_use]
    pub fn record(&self) -> &CredentialRecord {
        &self.record
    }

    /// Gives the record away, to be stored.
    #[must_use]
    pub fn into_record(self) -> CredentialRecord {
        self.record
    }

    /// What the attestation came to: its format and type, how far it can be believed, its certificates up to the anchor,
    /// and whether the model is proved.
    #[must_use]
    pub fn attestation(&self) -> &AttestationVerdict {
        &self.attestation
    }

    /// How far the attestation can be believed: [`attestation`](Self::attestation) in short.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.attestation.trust
    }

    /// The authenticator's flags.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// What the client reports of extensions; unsigned.
    #[must_use]
    pub fn client_extension_results(&self) -> &ClientExtensionResults {
        &self.client_extension_results
    }

    /// The authenticator's extension outputs, a CBOR map; signed only if there is an attestation.
    #[must_use]
    pub fn extension_outputs(&self) -> Option<&Bytes> {
        self.extension_outputs.as_ref()
    }
}
