//! The authenticator and the client in front of it.

use super::options::{CreationOptions, RequestOptions, effective_rp_id};
use super::seed::{derive, expand};
use super::{
    AssertionDraft, AttestationKind, AttestedDraft, AuthDataDraft, ClientDataDraft, ClientError, KeyAlgorithm, KeyPair, RegistrationDraft,
    flags,
};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::json;

#[cfg(test)]
mod tests;

const DEFAULT_AAGUID: [u8; 16] = *b"VirtualAuthentic";

/// A software authenticator and its client in one: it answers options with responses, deterministically.
///
/// From the start it is a platform authenticator that verifies the user, makes discoverable credentials that are not
/// backed up, counts signatures, supports [every algorithm](KeyAlgorithm::ALL) and gives no attestation. The `with_`
/// methods change that at any time; what is fixed when a credential is made stays fixed for it.
#[derive(Clone, Debug)]
pub struct VirtualAuthenticator {
    seed: u64,
    aaguid: [u8; 16],
    user_verified: bool,
    discoverable: bool,
    backup: Backup,
    counter: CounterMode,
    algorithms: Vec<KeyAlgorithm>,
    attestation: AttestationKind,
    attachment: String,
    transports: Vec<String>,
    credential_id_length: usize,
    related_origins: Vec<String>,
    created: u64,
    credentials: Vec<VirtualCredential>,
}

/// A credential that a [`VirtualAuthenticator`] holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VirtualCredential {
    /// The credential ID.
    pub id: Vec<u8>,
    /// The RP ID it works for.
    pub rp_id: String,
    /// The user handle, which makes the credential discoverable; `None` for one that is not.
    pub user_handle: Option<Vec<u8>>,
    /// The key pair.
    pub key: KeyPair,
    /// The counter value sent last.
    pub sign_count: u32,
    /// The `BE` flag, fixed for life.
    pub backup_eligible: bool,
}

impl VirtualCredential {
    /// A credential made elsewhere, with counter 0 and not backup eligible.
    pub fn new(id: Vec<u8>, rp_id: &str, user_handle: Option<Vec<u8>>, key: KeyPair) -> Self {
        Self { id, rp_id: rp_id.into(), user_handle, key, sign_count: 0, backup_eligible: false }
    }
}

/// Whether credentials are synchronised, in the three combinations of `BE` and `BS` that are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backup {
    /// `BE` and `BS` clear: new credentials are bound to this device.
    #[default]
    NotEligible,
    /// `BE` set, `BS` clear: eligible, and not backed up at present.
    Eligible,
    /// `BE` and `BS` set: eligible, and backed up.
    BackedUp,
}

/// How signatures are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CounterMode {
    /// Not at all: the counter is always 0.
    Zero,
    /// For each credential: 1 at registration, one more with each assertion, 0 after 2^32 - 1.
    #[default]
    Counting,
}

impl VirtualAuthenticator {
    /// An authenticator without credentials. Those with the same seed and the same history behave the same; the keys
    /// and credential IDs of different seeds differ (apart from RSA keys, see [`KeyPair::from_seed`]).
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            aaguid: DEFAULT_AAGUID,
            user_verified: true,
            discoverable: true,
            backup: Backup::default(),
            counter: CounterMode::default(),
            algorithms: KeyAlgorithm::ALL.to_vec(),
            attestation: AttestationKind::default(),
            attachment: "platform".to_string(),
            transports: Vec::from(["internal".to_string()]),
            credential_id_length: 32,
            related_origins: Vec::new(),
            created: 0,
            credentials: Vec::new(),
        }
    }

    /// The AAGUID of its model.
    pub fn with_aaguid(mut self, aaguid: [u8; 16]) -> Self {
        self.aaguid = aaguid;
        self
    }

    /// Whether it verifies the user: always, whatever was asked for, or never.
    pub fn with_user_verified(mut self, user_verified: bool) -> Self {
        self.user_verified = user_verified;
        self
    }

    /// Whether new credentials are discoverable: always, whatever was asked for, or never.
    pub fn with_discoverable(mut self, discoverable: bool) -> Self {
        self.discoverable = discoverable;
        self
    }

    /// The backup flags. `BE` of a credential that exists does not change; `BS` of an eligible one does.
    pub fn with_backup(mut self, backup: Backup) -> Self {
        self.backup = backup;
        self
    }

    /// How signatures are counted.
    pub fn with_counter(mut self, counter: CounterMode) -> Self {
        self.counter = counter;
        self
    }

    /// The algorithms it supports. A new credential takes the first of the offered ones that is among them.
    pub fn with_algorithms(mut self, algorithms: &[KeyAlgorithm]) -> Self {
        self.algorithms = algorithms.to_vec();
        self
    }

    /// The attestation it gives, whatever conveyance preference was asked for.
    pub fn with_attestation(mut self, attestation: AttestationKind) -> Self {
        self.attestation = attestation;
        self
    }

    /// Its attachment: `platform` or `cross-platform`.
    pub fn with_attachment(mut self, attachment: &str) -> Self {
        self.attachment = attachment.into();
        self
    }

    /// The transports it reports.
    pub fn with_transports(mut self, transports: &[&str]) -> Self {
        self.transports = transports.iter().map(ToString::to_string).collect();
        self
    }

    /// The length of new credential IDs in bytes.
    pub fn with_credential_id_length(mut self, length: usize) -> Self {
        self.credential_id_length = length;
        self
    }

    /// The origins that the client finds in the list at `/.well-known/webauthn` of the relying party.
    pub fn with_related_origins(mut self, origins: &[&str]) -> Self {
        self.related_origins = origins.iter().map(ToString::to_string).collect();
        self
    }

    /// The credentials it holds, oldest first.
    pub fn credentials(&self) -> &[VirtualCredential] {
        &self.credentials
    }

    /// Adds a credential that was made elsewhere.
    pub fn import(&mut self, credential: VirtualCredential) {
        self.credentials.push(credential);
    }

    /// Makes a credential, as `navigator.credentials.create()` does.
    ///
    /// `options` is a PublicKeyCredentialCreationOptionsJSON, `origin` is what a browser would report. The credential
    /// is kept; a discoverable one for the same RP ID and user handle is replaced. The extension `credProps` is
    /// answered, others are ignored.
    ///
    /// # Errors
    /// As a client refuses, see [`ClientError`]. Nothing has changed then.
    pub fn create(&mut self, options: &str, origin: &str) -> Result<RegistrationDraft, ClientError> {
        let options = CreationOptions::parse(options)?;
        let rp_id = effective_rp_id(options.rp_id, origin, &self.related_origins)?;
        let mut offered = options.algorithms.into_iter().filter_map(KeyAlgorithm::from_cose_id);
        let algorithm = offered.find(|algorithm| self.algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or(ClientError::NotSupportedError)?;
        if options.attachment.is_some_and(|attachment| attachment != self.attachment) {
            return Err(ClientError::NotAllowedError);
        }
        if options.exclude.iter().any(|id| self.position(&rp_id, id).is_some()) {
            return Err(ClientError::InvalidStateError);
        }
        let lacks_discoverable = options.requires_discoverable && !self.discoverable;
        let lacks_user_verification = options.requires_user_verification && !self.user_verified;
        if lacks_discoverable || lacks_user_verification {
            return Err(ClientError::ConstraintError);
        }

        let mut credential = self.new_credential(algorithm, rp_id);
        if self.discoverable {
            let account = (&credential.rp_id, Some(&options.user_id));
            self.credentials.retain(|other| (&other.rp_id, other.user_handle.as_ref()) != account);
            credential.user_handle = Some(options.user_id);
        }
        let client_data = ClientDataDraft::new("webauthn.create", &options.challenge, origin);
        let mut auth_data = self.auth_data(&credential);
        let public_key = credential.key.cose_key();
        auth_data.set_attested(Some(AttestedDraft::new(self.aaguid, credential.id.clone(), public_key)));

        let mut draft = RegistrationDraft::new(credential.key.clone(), client_data, auth_data);
        draft.attestation = self.attestation.clone();
        draft.transports = self.transports.clone().into();
        draft.authenticator_attachment = self.attachment.clone().into();
        if options.asks_cred_props {
            draft.client_extension_results = json!({ "credProps": { "rk": self.discoverable } });
        }
        self.credentials.push(credential);
        Ok(draft)
    }

    /// Uses a credential, as `navigator.credentials.get()` does.
    ///
    /// `options` is a PublicKeyCredentialRequestOptionsJSON, `origin` is what a browser would report. The first entry
    /// of `allowCredentials` that is known is used; without a list, the newest discoverable credential. The user
    /// handle is returned if the credential is discoverable. Extensions are ignored.
    ///
    /// # Errors
    /// As a client refuses, see [`ClientError`]. Nothing has changed then.
    pub fn get(&mut self, options: &str, origin: &str) -> Result<AssertionDraft, ClientError> {
        let options = RequestOptions::parse(options)?;
        let rp_id = effective_rp_id(options.rp_id, origin, &self.related_origins)?;
        if options.requires_user_verification && !self.user_verified {
            return Err(ClientError::NotAllowedError);
        }
        let position = match &options.allow {
            Some(ids) => ids.iter().find_map(|id| self.position(&rp_id, id)),
            None => self.credentials.iter().rposition(|held| held.rp_id == rp_id && held.user_handle.is_some()),
        };
        let position = position.ok_or(ClientError::NotAllowedError)?;

        let credential = &mut self.credentials[position];
        credential.sign_count = match self.counter {
            CounterMode::Zero => 0,
            CounterMode::Counting => credential.sign_count.wrapping_add(1),
        };
        let credential = &self.credentials[position];
        let client_data = ClientDataDraft::new("webauthn.get", &options.challenge, origin);
        let auth_data = self.auth_data(credential);
        let mut draft = AssertionDraft::new(credential.key.clone(), client_data, auth_data, credential.id.clone());
        draft.user_handle = credential.user_handle.clone();
        draft.authenticator_attachment = self.attachment.clone().into();
        Ok(draft)
    }

    /// Where the credential with this ID is, if it is there and works for the RP ID.
    fn position(&self, rp_id: &str, id: &[u8]) -> Option<usize> {
        self.credentials.iter().position(|held| held.rp_id == rp_id && held.id == id)
    }

    fn new_credential(&mut self, algorithm: KeyAlgorithm, rp_id: String) -> VirtualCredential {
        let key_seed = derive("credential key", self.seed, self.created);
        let id_seed = derive("credential id", self.seed, self.created);
        self.created += 1;
        VirtualCredential {
            id: expand("credential id", id_seed, self.credential_id_length),
            rp_id,
            user_handle: None,
            key: KeyPair::from_seed(algorithm, key_seed),
            sign_count: match self.counter {
                CounterMode::Zero => 0,
                CounterMode::Counting => 1,
            },
            backup_eligible: self.backup != Backup::NotEligible,
        }
    }

    /// Authenticator data with the flags and the counter of a credential.
    fn auth_data(&self, credential: &VirtualCredential) -> AuthDataDraft {
        let mut auth_data = AuthDataDraft::new(&credential.rp_id, flags::UP, credential.sign_count);
        auth_data.set_flag(flags::UV, self.user_verified);
        auth_data.set_flag(flags::BE, credential.backup_eligible);
        auth_data.set_flag(flags::BS, credential.backup_eligible && self.backup == Backup::BackedUp);
        auth_data
    }
}
