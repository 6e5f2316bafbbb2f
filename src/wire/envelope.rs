//! What both kinds of response share around their own `response` member.

use serde::Deserialize;

use super::extensions::{ClientExtensionResults, ReadResults};
use super::json::{Json, Obj};
use crate::error::{Error, ErrorCode, Result};
use crate::types::{AuthenticatorAttachment, Bytes, CredentialType, SharedDecoder};

/// The outer members as they came; `R` is the inner object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a, R> {
    #[serde(borrow, default)]
    id: Json<'a>,
    #[serde(borrow, default)]
    raw_id: Json<'a>,
    #[serde(borrow, default, rename = "type")]
    credential_type: Json<'a>,
    #[serde(borrow, default)]
    authenticator_attachment: Json<'a>,
    #[serde(default)]
    client_extension_results: Obj<ReadResults>,
    #[serde(default = "absent")]
    response: Obj<R>,
}

fn absent<R>() -> Obj<R> {
    Obj::Absent
}

/// The outer members, checked, and the inner object.
pub(super) struct Opened<R> {
    pub(super) raw_id: Bytes,
    pub(super) credential_type: CredentialType,
    pub(super) authenticator_attachment: Option<AuthenticatorAttachment>,
    pub(super) client_extension_results: ClientExtensionResults,
    pub(super) response: R,
}

impl<R> Envelope<'_, R> {
    /// `rawId`, if `id` says the same, and the rest. An absent map of extension results is an empty one: 7.1/4, 7.2/4.
    pub(super) fn open(self, decoder: &mut SharedDecoder) -> Result<Opened<R>> {
        let raw_id = self.raw_id.bytes("rawId", decoder)?;
        // The same text is the same ID; another may still be, by its padding.
        if self.id != self.raw_id && self.id.bytes("id", decoder)? != raw_id {
            return Err(Error::new(ErrorCode::CredentialIdMismatch).subject("id, rawId"));
        }
        let attachment = self.authenticator_attachment.optional_short_text("authenticatorAttachment")?;
        let results = self.client_extension_results.optional("clientExtensionResults")?;
        Ok(Opened {
            raw_id,
            credential_type: CredentialType::new(self.credential_type.short_text("type")?),
            authenticator_attachment: attachment.map(AuthenticatorAttachment::new),
            client_extension_results: results.unwrap_or_default().0,
            response: self.response.required("response")?,
        })
    }
}

/// How long a response is where nobody knows, in bytes: room for what it decodes to; members beyond it have buffers of their own.
pub(super) const USUAL_TEXT: usize = 1024;

/// `from_json` by serde, with this crate's words in serde's error.
macro_rules! deserialize_response {
    ($response:ident, $raw:ident) => {
        impl<'de> serde::Deserialize<'de> for $response {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
                let envelope = Obj::<Envelope<'de, $raw<'de>>>::deserialize(deserializer)?;
                envelope.required("the response").and_then(|envelope| Self::open(envelope, USUAL_TEXT)).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use deserialize_response;
