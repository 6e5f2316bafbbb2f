//! What `get()` hands back, before it is signed.

use super::algorithm::HashAlgorithm;
use super::{AuthDataDraft, ClientDataDraft, KeyPair, base64url};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use serde_json::{Value, json};

/// An authentication response before it is signed.
///
/// Change what should be wrong; [`finish`](Self::finish) signs the rest again and writes the JSON form. Fields called
/// overrides are `None` from the start, which means that the value is worked out from the other fields.
#[derive(Clone, Debug)]
pub struct AssertionDraft {
    /// The client data.
    pub client_data: ClientDataDraft,
    /// The authenticator data.
    pub auth_data: AuthDataDraft,
    /// The credential ID.
    pub credential_id: Vec<u8>,
    /// The user handle; `None` leaves `response.userHandle` out.
    pub user_handle: Option<Vec<u8>>,
    /// Override of the signature.
    pub signature: Option<Vec<u8>>,
    /// Override of the member `id`, otherwise [`credential_id`](Self::credential_id) in base64url.
    pub id: Option<Value>,
    /// Override of the member `rawId`, otherwise as `id`.
    pub raw_id: Option<Value>,
    /// The member `type`, honestly `public-key`.
    pub type_: Value,
    /// The member `authenticatorAttachment`; left out when null.
    pub authenticator_attachment: Value,
    /// The member `clientExtensionResults`, honestly an object.
    pub client_extension_results: Value,
    signer: KeyPair,
}

impl AssertionDraft {
    /// A draft without user handle and attachment, to be signed by `signer`.
    pub fn new(signer: KeyPair, client_data: ClientDataDraft, auth_data: AuthDataDraft, credential_id: Vec<u8>) -> Self {
        Self {
            client_data,
            auth_data,
            credential_id,
            user_handle: None,
            signature: None,
            id: None,
            raw_id: None,
            type_: "public-key".into(),
            authenticator_attachment: Value::Null,
            client_extension_results: json!({}),
            signer,
        }
    }

    /// The key that signs: at first the credential key.
    pub fn signer(&self) -> &KeyPair {
        &self.signer
    }

    /// Lets another key sign.
    pub fn set_signer(&mut self, signer: KeyPair) {
        self.signer = signer;
    }

    /// What the signature covers: authenticator data, then SHA-256 of the client data.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let hash = HashAlgorithm::Sha256.digest(&self.client_data.to_bytes());
        [self.auth_data.to_bytes(), hash].concat()
    }

    /// Signs, and writes the AuthenticationResponseJSON.
    pub fn finish(&self) -> Value {
        let id = Value::from(base64url(&self.credential_id));
        let signature = self.signature.clone().unwrap_or_else(|| self.signer.sign(&self.signed_bytes()));

        let mut response = json!({
            "clientDataJSON": base64url(&self.client_data.to_bytes()),
            "authenticatorData": base64url(&self.auth_data.to_bytes()),
            "signature": base64url(&signature),
        });
        if let Some(user_handle) = &self.user_handle {
            response["userHandle"] = base64url(user_handle).into();
        }
        let mut credential = json!({
            "id": self.id.as_ref().unwrap_or(&id),
            "rawId": self.raw_id.as_ref().unwrap_or(&id),
            "type": self.type_,
            "clientExtensionResults": self.client_extension_results,
            "response": response,
        });
        if !self.authenticator_attachment.is_null() {
            credential["authenticatorAttachment"] = self.authenticator_attachment.clone();
        }
        credential
    }

    /// As [`finish`](Self::finish), as text.
    pub fn to_json(&self) -> String {
        self.finish().to_string()
    }

    /// As [`to_json`](Self::to_json), with a last change to the JSON: to remove members, or to mistype them.
    pub fn edit_json(&self, edit: impl FnOnce(&mut Value)) -> String {
        let mut credential = self.finish();
        edit(&mut credential);
        credential.to_string()
    }
}
