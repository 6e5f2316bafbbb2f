use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::extensions::{AuthenticationExtensions, RegistrationExtensions};
use crate::types::{
    Algorithm, AttestationConveyance, AuthenticatorAttachment, Challenge, CredentialId, CredentialType, Hint, ResidentKey, RpId, Transport,
    UserHandle, UserVerification,
};

/// What `PublicKeyCredential.parseCreationOptionsFromJSON()` takes (§5.1.8, §5.4).
///
/// Serialise it as it is; in the browser: `navigator.credentials.create({publicKey: parse…(options)})`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreationOptions {
    /// Who asks.
    pub rp: RelyingPartyEntity,
    /// For whom.
    pub user: UserEntity,
    /// The challenge.
    pub challenge: Challenge,
    /// The algorithms on offer, most preferred first; never empty.
    pub pub_key_cred_params: Vec<CredentialParameters>,
    /// How long the client should wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// Credentials whose authenticators must not make another one.
    #[serde(default)]
    pub exclude_credentials: Vec<CredentialDescriptor>,
    /// Which authenticators may take part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_selection: Option<AuthenticatorSelection>,
    /// Hints for the browser's dialogue, most helpful first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
    /// Which attestation is wanted.
    #[serde(default)]
    pub attestation: AttestationConveyance,
    /// Attestation statement formats, most preferred first; advisory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestation_formats: Vec<String>,
    /// Extension inputs.
    #[serde(default, skip_serializing_if = "RegistrationExtensions::is_empty")]
    pub extensions: RegistrationExtensions,
}

/// What `PublicKeyCredential.parseRequestOptionsFromJSON()` takes (§5.1.9, §5.5).
///
/// Serialise it as it is; in the browser: `navigator.credentials.get({publicKey: parse…(options)})`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RequestOptions {
    /// The challenge.
    pub challenge: Challenge,
    /// How long the client should wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// The RP ID.
    pub rp_id: RpId,
    /// The credentials that may answer; empty asks for a discoverable one.
    #[serde(default)]
    pub allow_credentials: Vec<CredentialDescriptor>,
    /// Whether the user shall be verified.
    #[serde(default)]
    pub user_verification: UserVerification,
    /// Hints for the browser's dialogue, most helpful first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
    /// Extension inputs.
    #[serde(default, skip_serializing_if = "AuthenticationExtensions::is_empty")]
    pub extensions: AuthenticationExtensions,
}

/// The relying party as the client sees it (§5.4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RelyingPartyEntity {
    /// The RP ID.
    pub id: RpId,
    /// A name for people.
    pub name: String,
}

/// The account a credential is made for (§5.4.3). `Debug` hides its names.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserEntity {
    /// The user handle: decides everything.
    pub id: UserHandle,
    /// A name that tells accounts apart, such as an e-mail address; shown to the user.
    pub name: String,
    /// A friendly name; may be empty.
    pub display_name: String,
}

impl fmt::Debug for UserEntity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserEntity").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One algorithm on offer (§5.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CredentialParameters {
    /// Always `public-key`.
    #[serde(rename = "type")]
    pub credential_type: CredentialType,
    /// The COSE algorithm, a number in JSON.
    pub alg: Algorithm,
}

impl From<Algorithm> for CredentialParameters {
    fn from(alg: Algorithm) -> Self {
        Self { credential_type: CredentialType::PUBLIC_KEY, alg }
    }
}

/// A credential, named so that a client can find it (§5.8.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CredentialDescriptor {
    /// Always `public-key`.
    #[serde(rename = "type")]
    pub credential_type: CredentialType,
    /// The credential ID.
    pub id: CredentialId,
    /// How its authenticator may be reached, as the client reported it at registration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<Transport>,
}

impl CredentialDescriptor {
    /// Names a credential; `transports` as they were stored.
    #[must_use]
    pub fn new(id: CredentialId, transports: Vec<Transport>) -> Self {
        Self { credential_type: CredentialType::PUBLIC_KEY, id, transports }
    }
}

/// Which authenticators may take part in a registration (§5.4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuthenticatorSelection {
    /// Platform or cross-platform only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_attachment: Option<AuthenticatorAttachment>,
    /// Whether the credential shall be discoverable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_key: Option<ResidentKey>,
    /// For clients of Level 1: true exactly when `resident_key` is required.
    #[serde(default)]
    pub require_resident_key: bool,
    /// Whether the user shall be verified.
    #[serde(default)]
    pub user_verification: UserVerification,
}

impl AuthenticatorSelection {
    pub(crate) fn new(attachment: Option<AuthenticatorAttachment>, resident_key: ResidentKey, user_verification: UserVerification) -> Self {
        Self {
            authenticator_attachment: attachment,
            resident_key: Some(resident_key),
            require_resident_key: resident_key == ResidentKey::Required,
            user_verification,
        }
    }
}
