//! The shapes of API D: options, and a passkey.

use std::collections::BTreeMap;

use passkeeper::types::{AttestationConveyance, AuthenticatorAttachment, Challenge, CredentialId, ResidentKey, RpId, Transport};
use passkeeper::types::{UnixTime, UserVerification};
use passkeeper::wire::{CreationOptions, CredentialDescriptor, CredentialParameters, RegistrationExtensions, RelyingPartyEntity};
use passkeeper::wire::{RequestOptions, UserEntity};
use passkeeper::{CredentialRecord, Error};
use serde::Serialize;
use serde_json::Value;

/// Creation options.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreationShape<'a> {
    attestation: AttestationConveyance,
    authenticator_selection: SelectionShape<'a>,
    challenge: &'a Challenge,
    exclude_credentials: Vec<CredentialShape<'a>>,
    extensions: &'a RegistrationExtensions,
    pub_key_cred_params: &'a [CredentialParameters],
    rp: &'a RelyingPartyEntity,
    timeout: Option<u32>,
    user: &'a UserEntity,
}

/// Which authenticators may take part. A credential that need not be discoverable is what clients take silence for.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct SelectionShape<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_attachment: Option<&'a AuthenticatorAttachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    require_resident_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resident_key: Option<ResidentKey>,
    user_verification: UserVerification,
}

/// Request options.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestShape<'a> {
    allow_credentials: Vec<CredentialShape<'a>>,
    challenge: &'a Challenge,
    rp_id: &'a RpId,
    timeout: Option<u32>,
    user_verification: UserVerification,
}

#[derive(Serialize)]
struct CredentialShape<'a> {
    id: &'a CredentialId,
    transports: &'a [Transport],
    #[serde(rename = "type")]
    credential_type: &'a str,
}

impl<'a> CreationShape<'a> {
    pub(super) fn of(options: &'a CreationOptions) -> Self {
        let selection = options.authenticator_selection.as_ref().map(|selection| {
            let resident_key = selection.resident_key.filter(|resident_key| *resident_key != ResidentKey::Discouraged);
            SelectionShape {
                authenticator_attachment: selection.authenticator_attachment.as_ref(),
                require_resident_key: resident_key.map(|_| selection.require_resident_key),
                resident_key,
                user_verification: selection.user_verification,
            }
        });
        Self {
            attestation: options.attestation,
            authenticator_selection: selection.unwrap_or_default(),
            challenge: &options.challenge,
            exclude_credentials: options.exclude_credentials.iter().map(Into::into).collect(),
            extensions: &options.extensions,
            pub_key_cred_params: &options.pub_key_cred_params,
            rp: &options.rp,
            timeout: options.timeout,
            user: &options.user,
        }
    }
}

impl<'a> RequestShape<'a> {
    pub(super) fn of(options: &'a RequestOptions) -> Self {
        Self {
            allow_credentials: options.allow_credentials.iter().map(Into::into).collect(),
            challenge: &options.challenge,
            rp_id: &options.rp_id,
            timeout: options.timeout,
            user_verification: options.user_verification,
        }
    }
}

impl<'a> From<&'a CredentialDescriptor> for CredentialShape<'a> {
    fn from(credential: &'a CredentialDescriptor) -> Self {
        Self { id: &credential.id, transports: &credential.transports, credential_type: credential.credential_type.as_str() }
    }
}

/// A passkey. Moments are milliseconds, of which the library keeps whole seconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Passkey {
    algorithm: i64,
    attestation_type: &'static str,
    authenticator_supports_user_verification: bool,
    credential_id: CredentialId,
    data: BTreeMap<String, Value>,
    discoverable: bool,
    display_name: String,
    id: String,
    insert_instant: i64,
    last_use_instant: i64,
    name: String,
    public_key: String,
    relying_party_id: RpId,
    sign_count: u32,
    tenant_id: String,
    transports: Vec<Transport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    user_id: String,
}

impl TryFrom<CredentialRecord> for Passkey {
    type Error = Error;

    fn try_from(record: CredentialRecord) -> Result<Self, Error> {
        Ok(Self {
            algorithm: record.algorithm().cose_id(),
            attestation_type: record.attestation_type.as_str(),
            authenticator_supports_user_verification: record.supports_user_verification == Some(true),
            public_key: record.public_key.to_pem()?.trim_end().to_owned(),
            insert_instant: millis(record.created_at),
            last_use_instant: millis(record.last_used_at.unwrap_or(record.created_at)),
            discoverable: record.discoverable == Some(true),
            id: record.id.to_string(),
            sign_count: record.usage.sign_count,
            // A tenant's scope is its ID, and its user handles are its users' IDs.
            tenant_id: record.scope.as_str().to_owned(),
            user_id: String::from_utf8_lossy(record.user_handle.as_bytes()).into_owned(),
            credential_id: record.credential_id,
            data: record.data,
            display_name: record.display_name,
            name: record.name,
            relying_party_id: record.rp_id,
            transports: record.transports,
            user_agent: record.user_agent,
        })
    }
}

pub(super) fn millis(at: UnixTime) -> i64 {
    at.as_secs().saturating_mul(1000)
}
