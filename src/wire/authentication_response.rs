use serde::Deserialize;

use super::envelope::{Envelope, Opened, USUAL_TEXT, deserialize_response};
use super::extensions::ClientExtensionResults;
use super::json::{Json, Obj, parse_response};
use crate::error::{Error, ErrorCode, Result};
use crate::types::{AuthenticatorAttachment, Bytes, CredentialType, SharedDecoder};

/// What the browser answers to request options (`AuthenticationResponseJSON`, §5.1).
///
/// Nothing in it is believed before a ceremony has verified it. Build one from the standard JSON with
/// [`from_json`](Self::from_json) or serde, or from parts with [`from_parts`](Self::from_parts) where
/// a product's JSON differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticationResponse {
    /// The credential ID (`rawId`), as it came.
    pub raw_id: Bytes,
    /// `type`; anything but `public-key` is refused by the ceremony.
    pub credential_type: CredentialType,
    /// `authenticatorAttachment`: unsigned, a hint.
    pub authenticator_attachment: Option<AuthenticatorAttachment>,
    /// `clientDataJSON`: the bytes that were hashed.
    pub client_data_json: Bytes,
    /// `authenticatorData`: the bytes that were signed.
    pub authenticator_data: Bytes,
    /// `signature`: DER for ECDSA, raw otherwise.
    pub signature: Bytes,
    /// `userHandle`; absent, null and empty all mean that there is none.
    pub user_handle: Option<Bytes>,
    /// `clientExtensionResults`: unsigned; empty if absent.
    pub client_extension_results: ClientExtensionResults,
}

impl AuthenticationResponse {
    /// Builds a response from its parts, for callers whose JSON differs from the standard's.
    ///
    /// The public fields take the rest (user handle, extension results …).
    #[must_use]
    pub fn from_parts(
        raw_id: impl Into<Bytes>,
        client_data_json: impl Into<Bytes>,
        authenticator_data: impl Into<Bytes>,
        signature: impl Into<Bytes>,
    ) -> Self {
        Self {
            raw_id: raw_id.into(),
            credential_type: CredentialType::PUBLIC_KEY,
            authenticator_attachment: None,
            client_data_json: client_data_json.into(),
            authenticator_data: authenticator_data.into(),
            signature: signature.into(),
            user_handle: None,
            client_extension_results: ClientExtensionResults::default(),
        }
    }

    /// Parses `AuthenticationResponseJSON`, at most 256 KiB of it and 128 KiB in each member; unknown members are tolerated.
    ///
    /// By serde the whole is not bounded, only each member: bound the request's body there.
    ///
    /// # Errors
    /// `json-malformed`, `json-too-large`, `member-missing`, `member-type`, `base64url-malformed` (these
    /// three name the member), `credential-id-mismatch` when `id` is not the base64url of `rawId`,
    /// `response-kind-mismatch` for a registration response.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self> {
        let text = text.as_ref();
        Self::open(parse_response(text)?, text.len())
    }
}

deserialize_response!(AuthenticationResponse, RawResponse);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResponse<'a> {
    #[serde(borrow, default, rename = "clientDataJSON")]
    client_data_json: Json<'a>,
    #[serde(borrow, default)]
    authenticator_data: Json<'a>,
    #[serde(borrow, default)]
    signature: Json<'a>,
    #[serde(borrow, default)]
    user_handle: Json<'a>,
    /// Only a registration response has one.
    #[serde(borrow, default)]
    attestation_object: Json<'a>,
}

impl AuthenticationResponse {
    fn open(envelope: Envelope<'_, RawResponse<'_>>, text_len: usize) -> Result<Self> {
        let mut decoder = SharedDecoder::for_text_of(text_len);
        let Opened { raw_id, credential_type, authenticator_attachment, client_extension_results, response } =
            envelope.open(&mut decoder)?;
        // 7.2/3: the response is of the right kind. 7.2/7: client data, authenticator data and signature are all there.
        if response.signature == Json::Absent && response.attestation_object != Json::Absent {
            return Err(Error::new(ErrorCode::ResponseKindMismatch).at("7.2/3").expected("an authentication response"));
        }
        Ok(Self {
            raw_id,
            credential_type,
            authenticator_attachment,
            client_data_json: response.client_data_json.bytes("response.clientDataJSON", &mut decoder)?,
            authenticator_data: response.authenticator_data.bytes("response.authenticatorData", &mut decoder)?,
            signature: response.signature.bytes("response.signature", &mut decoder)?,
            user_handle: response.user_handle.optional_bytes("response.userHandle", &mut decoder)?.filter(|handle| !handle.is_empty()),
            client_extension_results,
        })
    }
}
