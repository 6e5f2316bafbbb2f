//! What `create()` hands back, before it is signed.

use super::attestation::Subject;
use super::spki::subject_public_key_info;
use super::{AttestationKind, AuthDataDraft, Cbor, ClientDataDraft, KeyPair, base64url};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use serde_json::{Value, json};

/// The algorithms whose public keys every client must be able to write as SubjectPublicKeyInfo (§5.2.1.1).
const WRITTEN_BY_CLIENTS: [i64; 3] = [-7, -8, -257];

/// A registration response before it is signed.
///
/// Change what should be wrong; [`finish`](Self::finish) signs the rest again and writes the JSON form. Fields called
/// overrides are `None` from the start, which means that the value is worked out from the other fields.
#[derive(Clone, Debug)]
pub struct RegistrationDraft {
    /// The client data.
    pub client_data: ClientDataDraft,
    /// The authenticator data.
    pub auth_data: AuthDataDraft,
    /// The kind of attestation statement.
    pub attestation: AttestationKind,
    /// Override of `fmt` in the attestation object.
    pub fmt: Option<Cbor>,
    /// Override of `attStmt` in the attestation object; start from [`statement`](Self::statement) to change a part.
    pub att_stmt: Option<Cbor>,
    /// Override of the signature inside the statement, or of each one inside a compound statement.
    pub att_stmt_signature: Option<Vec<u8>>,
    /// Override of the whole attestation object; start from [`attestation_map`](Self::attestation_map).
    pub attestation_object: Option<Cbor>,
    /// Bytes after the attestation object.
    pub attestation_trailing: Vec<u8>,
    /// Override of the member `id`, otherwise the credential ID of the authenticator data in base64url.
    pub id: Option<Value>,
    /// Override of the member `rawId`, otherwise as `id`.
    pub raw_id: Option<Value>,
    /// The member `type`, honestly `public-key`.
    pub type_: Value,
    /// The member `response.transports`, honestly an array of text.
    pub transports: Value,
    /// The member `authenticatorAttachment`; left out when null.
    pub authenticator_attachment: Value,
    /// The member `clientExtensionResults`, honestly an object.
    pub client_extension_results: Value,
    signer: KeyPair,
    credential_id: Vec<u8>,
}

impl RegistrationDraft {
    /// A draft with attestation `none`, no transports and no attachment. `signer` is the credential key.
    pub fn new(signer: KeyPair, client_data: ClientDataDraft, auth_data: AuthDataDraft) -> Self {
        let credential_id = auth_data.attested.as_ref().map(|attested| attested.credential_id.clone());
        Self {
            client_data,
            auth_data,
            attestation: AttestationKind::None,
            fmt: None,
            att_stmt: None,
            att_stmt_signature: None,
            attestation_object: None,
            attestation_trailing: Vec::new(),
            id: None,
            raw_id: None,
            type_: "public-key".into(),
            transports: json!([]),
            authenticator_attachment: Value::Null,
            client_extension_results: json!({}),
            signer,
            credential_id: credential_id.unwrap_or_default(),
        }
    }

    /// The credential key, at first. It is what the statement attests: it signs, or its public half is in the leaf
    /// certificate or in `pubArea`, as the format has it.
    pub fn signer(&self) -> &KeyPair {
        &self.signer
    }

    /// Lets the statement attest another key. The credential public key in the authenticator data stays as it is.
    pub fn set_signer(&mut self, signer: KeyPair) {
        self.signer = signer;
    }

    /// What an attestation signature covers: authenticator data, then SHA-256 of the client data.
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.subject().signed_bytes()
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            credential: &self.signer,
            auth_data: &self.auth_data,
            client_data: &self.client_data,
            signature: self.att_stmt_signature.as_deref(),
        }
    }

    /// The attestation statement, signed, with [`att_stmt`](Self::att_stmt) not yet considered.
    pub fn statement(&self) -> Cbor {
        self.attestation.statement(&self.subject())
    }

    /// The attestation object as a map of `fmt`, `attStmt` and `authData`, with
    /// [`attestation_object`](Self::attestation_object) not yet considered.
    pub fn attestation_map(&self) -> Cbor {
        let fmt = self.fmt.clone().unwrap_or_else(|| self.attestation.format().into());
        let statement = self.att_stmt.clone().unwrap_or_else(|| self.statement());
        Cbor::map([("fmt", fmt), ("attStmt", statement), ("authData", self.auth_data.to_bytes().into())])
    }

    /// The encoded attestation object, all overrides considered.
    pub fn attestation_object_bytes(&self) -> Vec<u8> {
        let object = self.attestation_object.clone().unwrap_or_else(|| self.attestation_map());
        [object.encode(), self.attestation_trailing.clone()].concat()
    }

    /// Signs, and writes the RegistrationResponseJSON.
    ///
    /// The convenience copies `authenticatorData`, `publicKeyAlgorithm` and `publicKey` follow
    /// [`auth_data`](Self::auth_data). As in browsers, `publicKey` is there for ES256, EdDSA and RS256 only.
    pub fn finish(&self) -> Value {
        let attested = self.auth_data.attested.as_ref();
        let credential_id = attested.map_or(&self.credential_id, |attested| &attested.credential_id);
        let id = Value::from(base64url(credential_id));
        let algorithm = match attested.and_then(|attested| attested.public_key.get(3)) {
            Some(Cbor::Int(algorithm)) => *algorithm,
            _ => self.signer.algorithm().cose_id(),
        };

        let mut response = json!({
            "clientDataJSON": base64url(&self.client_data.to_bytes()),
            "attestationObject": base64url(&self.attestation_object_bytes()),
            "authenticatorData": base64url(&self.auth_data.to_bytes()),
            "publicKeyAlgorithm": algorithm,
            "transports": self.transports,
        });
        if let Some(key) =
            attested.filter(|_| WRITTEN_BY_CLIENTS.contains(&algorithm)).and_then(|attested| subject_public_key_info(&attested.public_key))
        {
            response["publicKey"] = base64url(&key).into();
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
