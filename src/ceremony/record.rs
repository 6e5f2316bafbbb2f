//! The credential record (§4): what the relying party keeps of a credential.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::CosePublicKey;
use super::state::check_version;
use crate::attestation::{AttestationFormat, AttestationType};
use crate::error::{Error, ErrorCode, Result, json_fault};
use crate::types::{
    Aaguid, Algorithm, AuthenticatorAttachment, Bytes, CredentialId, RecordId, RpId, Scope, Transport, UnixTime, UserHandle,
};
use crate::wire::CredentialDescriptor;

/// The format of persisted records written by this release.
const VERSION: u32 = 1;

/// What each use of a credential may change, and what a recorded use is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UseState {
    /// The signature counter at the latest use; 0 if the authenticator keeps none.
    pub sign_count: u32,
    /// BE at registration, permanent; `None` for an imported credential until its first use.
    pub backup_eligible: Option<bool>,
    /// BS at the latest use.
    pub backup_state: bool,
    /// Whether user verification counts as a factor for this credential: UV at registration, or later
    /// once another factor authorised it (§4); `None` for an imported credential of which nobody knows.
    pub uv_initialized: Option<bool>,
}

/// The format version as it stands in JSON: written as the newest, read if known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_u32(VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            VERSION => Ok(Self),
            other => Err(serde::de::Error::custom(Error::new(ErrorCode::RecordVersionUnsupported).expected(VERSION).found(other))),
        }
    }
}

/// All that is kept of a credential. Plain data with a format version; store it as
/// [`to_json`](Self::to_json), by serde, or field by field. `Debug` hides names, the User-Agent and the caller's data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CredentialRecord {
    version: Version,
    /// The library's own ID of the record, for URLs and answers.
    pub id: RecordId,
    /// The tenant it belongs to.
    pub scope: Scope,
    /// The RP ID it was made for.
    pub rp_id: RpId,
    /// The account it belongs to.
    pub user_handle: UserHandle,
    /// The credential ID.
    pub credential_id: CredentialId,
    /// The public key, from the authenticator data.
    pub public_key: CosePublicKey,
    /// What each use may change.
    #[serde(flatten)]
    pub usage: UseState,
    /// Transports as the client reported them, unknown ones included.
    #[serde(default)]
    pub transports: Vec<Transport>,
    /// Whether the credential is discoverable, as the client said; `None` is unknown.
    #[serde(default)]
    pub discoverable: Option<bool>,
    /// Where the authenticator is attached, as the client said.
    #[serde(default)]
    pub attachment: Option<AuthenticatorAttachment>,
    /// Whether the authenticator can verify its user: `Some(true)` once it did, `Some(false)` if it was asked to at
    /// registration and did not, `None` while nobody knows.
    #[serde(default)]
    pub supports_user_verification: Option<bool>,
    /// The model of the authenticator: proved only by a trusted attestation.
    pub aaguid: Aaguid,
    /// What the attestation was.
    pub attestation_type: AttestationType,
    /// Whether the attestation led to a trust anchor, so that the AAGUID was proved at registration.
    pub attestation_trusted: bool,
    /// The attestation statement's format.
    pub attestation_format: Cow<'static, str>,
    /// The attestation object as it came, for a later re-check; drop it if never needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation_object: Option<Bytes>,
    /// The client data of the registration, for a later re-check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation_client_data_json: Option<Bytes>,
    /// A name for lists, chosen at registration or by the user; at most 256 bytes.
    pub name: String,
    /// A friendlier name; may be empty.
    #[serde(default)]
    pub display_name: String,
    /// The browser's User-Agent at registration, if the caller gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// When it was registered.
    pub created_at: UnixTime,
    /// When it was last used to authenticate or assert.
    #[serde(default)]
    pub last_used_at: Option<UnixTime>,
    /// Anything the caller wants to keep with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, Value>,
}

impl fmt::Debug for CredentialRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialRecord")
            .field("id", &self.id)
            .field("scope", &self.scope)
            .field("rp_id", &self.rp_id)
            .field("user_handle", &self.user_handle)
            .field("credential_id", &self.credential_id)
            .field("public_key", &self.public_key)
            .field("usage", &self.usage)
            .field("transports", &self.transports)
            .field("aaguid", &self.aaguid)
            .field("attestation_format", &self.attestation_format)
            .field("attestation_type", &self.attestation_type)
            .field("attestation_trusted", &self.attestation_trusted)
            .field("created_at", &self.created_at)
            .field("last_used_at", &self.last_used_at)
            .finish_non_exhaustive()
    }
}

impl CredentialRecord {
    /// A record for a credential that was registered elsewhere: everything not known stays unknown.
    ///
    /// The public fields take what is known. The counter starts at 0, so that the first use sets it,
    /// and user verification does not count until authorised.
    #[must_use]
    pub fn imported(
        scope: Scope,
        rp_id: RpId,
        user_handle: UserHandle,
        credential_id: CredentialId,
        public_key: CosePublicKey,
        now: UnixTime,
    ) -> Self {
        let id = RecordId::derive(&scope, &rp_id, &credential_id);
        Self::with_id(id, scope, rp_id, user_handle, credential_id, public_key, now)
    }

    /// The same with an ID that is known.
    pub(super) fn with_id(
        id: RecordId,
        scope: Scope,
        rp_id: RpId,
        user_handle: UserHandle,
        credential_id: CredentialId,
        public_key: CosePublicKey,
        now: UnixTime,
    ) -> Self {
        Self {
            version: Version,
            id,
            scope,
            rp_id,
            user_handle,
            credential_id,
            public_key,
            usage: UseState { sign_count: 0, backup_eligible: None, backup_state: false, uv_initialized: None },
            transports: Vec::new(),
            discoverable: None,
            attachment: None,
            supports_user_verification: None,
            aaguid: Aaguid::ZERO,
            attestation_type: AttestationType::None,
            attestation_trusted: false,
            attestation_format: AttestationFormat::None.as_str().into(),
            attestation_object: None,
            attestation_client_data_json: None,
            name: String::new(),
            display_name: String::new(),
            user_agent: None,
            created_at: now,
            last_used_at: None,
            data: BTreeMap::new(),
        }
    }

    /// The public key's algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.public_key.algorithm()
    }

    /// How `allowCredentials` and `excludeCredentials` name it.
    #[must_use]
    pub fn descriptor(&self) -> CredentialDescriptor {
        CredentialDescriptor::new(self.credential_id.clone(), self.transports.clone())
    }

    /// The record as JSON with its format version; binary members are base64url.
    ///
    /// # Errors
    /// `record-malformed` if `data` holds what JSON cannot.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(malformed)
    }

    /// Reads what any release wrote with [`to_json`](Self::to_json).
    ///
    /// # Errors
    /// `record-malformed`, `record-version-unsupported`.
    pub fn from_json(text: &str) -> Result<Self> {
        check_version(text, VERSION, ErrorCode::RecordMalformed, ErrorCode::RecordVersionUnsupported)?;
        serde_json::from_str(text).map_err(malformed)
    }
}

impl From<CredentialRecord> for Cow<'_, CredentialRecord> {
    fn from(record: CredentialRecord) -> Self {
        Cow::Owned(record)
    }
}

impl<'a> From<&'a CredentialRecord> for Cow<'a, CredentialRecord> {
    fn from(record: &'a CredentialRecord) -> Self {
        Cow::Borrowed(record)
    }
}

fn malformed(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::RecordMalformed).found(json_fault(&error))
}
