use alloc::vec::Vec;

use serde::Deserialize;

use super::envelope::{Envelope, Opened, USUAL_TEXT, deserialize_response};
use super::extensions::ClientExtensionResults;
use super::json::{Json, Obj, Texts, parse_response};
use crate::error::{Error, ErrorCode, Result};
use crate::types::{AuthenticatorAttachment, Bytes, CredentialType, SharedDecoder, Transport};

/// What the browser answers to creation options (`RegistrationResponseJSON`, §5.1).
///
/// Nothing in it is believed before a ceremony has verified it. Build one from the standard JSON with
/// [`from_json`](Self::from_json) or serde, or from parts with [`from_parts`](Self::from_parts) where
/// a product's JSON differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistrationResponse {
    /// The credential ID (`rawId`), as it came.
    pub raw_id: Bytes,
    /// `type`; anything but `public-key` is refused by the ceremony.
    pub credential_type: CredentialType,
    /// `authenticatorAttachment`: unsigned, a hint.
    pub authenticator_attachment: Option<AuthenticatorAttachment>,
    /// `clientDataJSON`: the bytes that were hashed.
    pub client_data_json: Bytes,
    /// `attestationObject`, CBOR.
    pub attestation_object: Bytes,
    /// `transports`: unsigned, kept as they came.
    pub transports: Vec<Transport>,
    /// `authenticatorData`: an unsigned copy of what the attestation object holds; compared, never used.
    pub authenticator_data: Option<Bytes>,
    /// `publicKeyAlgorithm`: an unsigned copy; compared, never used.
    pub public_key_algorithm: Option<i64>,
    /// `publicKey`: an unsigned copy in DER (SPKI); compared, never used.
    pub public_key: Option<Bytes>,
    /// `clientExtensionResults`: unsigned; empty if absent.
    pub client_extension_results: ClientExtensionResults,
}

impl RegistrationResponse {
    /// Builds a response from its three essential parts, for callers whose JSON differs from the standard's.
    ///
    /// The public fields take the rest (transports, extension results …).
    #[must_use]
    pub fn from_parts(raw_id: impl Into<Bytes>, client_data_json: impl Into<Bytes>, attestation_object: impl Into<Bytes>) -> Self {
        Self {
            raw_id: raw_id.into(),
            credential_type: CredentialType::PUBLIC_KEY,
            authenticator_attachment: None,
            client_data_json: client_data_json.into(),
            attestation_object: attestation_object.into(),
            transports: Vec::new(),
            authenticator_data: None,
            public_key_algorithm: None,
            public_key: None,
            client_extension_results: ClientExtensionResults::default(),
        }
    }

    /// Parses `RegistrationResponseJSON`, at most 256 KiB of it and 128 KiB in each member; unknown members are tolerated.
    ///
    /// By serde the whole is not bounded, only each member: bound the request's body there.
    ///
    /// # Errors
    /// `json-malformed`, `json-too-large`, `member-missing`, `member-type`, `member-too-long`,
    /// `base64url-malformed` (these four name the member), `credential-id-mismatch` when `id` is not
    /// the base64url of `rawId`, `response-kind-mismatch` for an authentication response.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self> {
        let text = text.as_ref();
        Self::open(parse_response(text)?, text.len())
    }
}

deserialize_response!(RegistrationResponse, RawResponse);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResponse<'a> {
    #[serde(borrow, default, rename = "clientDataJSON")]
    client_data_json: Json<'a>,
    #[serde(borrow, default)]
    attestation_object: Json<'a>,
    #[serde(borrow, default)]
    authenticator_data: Json<'a>,
    #[serde(borrow, default)]
    transports: Texts<'a>,
    #[serde(borrow, default)]
    public_key: Json<'a>,
    #[serde(borrow, default)]
    public_key_algorithm: Json<'a>,
    /// Only an authentication response has one.
    #[serde(borrow, default)]
    signature: Json<'a>,
}

impl RegistrationResponse {
    fn open(envelope: Envelope<'_, RawResponse<'_>>, text_len: usize) -> Result<Self> {
        let mut decoder = SharedDecoder::for_text_of(text_len);
        let Opened { raw_id, credential_type, authenticator_attachment, client_extension_results, response } =
            envelope.open(&mut decoder)?;
        // 7.1/3: the response is of the right kind.
        if response.attestation_object == Json::Absent && response.signature != Json::Absent {
            return Err(Error::new(ErrorCode::ResponseKindMismatch).at("7.1/3").expected("a registration response"));
        }
        Ok(Self {
            raw_id,
            credential_type,
            authenticator_attachment,
            client_data_json: response.client_data_json.bytes("response.clientDataJSON", &mut decoder)?,
            attestation_object: response.attestation_object.bytes("response.attestationObject", &mut decoder)?,
            transports: response.transports.or_empty("response.transports")?.into_iter().map(Transport::new).collect(),
            authenticator_data: response.authenticator_data.optional_bytes("response.authenticatorData", &mut decoder)?,
            public_key_algorithm: response.public_key_algorithm.optional_int("response.publicKeyAlgorithm")?,
            public_key: response.public_key.optional_bytes("response.publicKey", &mut decoder)?,
            client_extension_results,
        })
    }
}
