//! Reads a body member by member, and remembers each that is missing or wrong.

use std::collections::BTreeMap;

use passkeeper::types::{Bytes, CredentialType, Transport};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::errors::{Errors, Refusal};

/// The longest name, in bytes.
const MAX_NAME: usize = 256;

/// A JSON object on its way into typed values. A path names a member with dots: `credential.response.signature`.
pub(super) struct Form {
    /// What stands before each path in the names of fields.
    prefix: String,
    members: Map<String, Value>,
    errors: Errors,
}

impl Form {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self::of(String::new(), members)),
            Ok(_) => Err(Errors::general("invalidJSON", "The body is not an object.").into()),
            Err(error) => Err(Errors::general("invalidJSON", error.to_string()).into()),
        }
    }

    /// The same, with the text of one member taken out: it is not looked into, so that it can come back unmodified.
    pub(super) fn read_without<'b>(body: &'b [u8], name: &str) -> Result<(Self, Option<&'b str>), Refusal> {
        let malformed = |error: serde_json::Error| Errors::general("invalidJSON", error.to_string());
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_slice(body).map_err(malformed)?;
        let apart = members.remove(name).map(RawValue::get).filter(|text| *text != "null");
        let parsed = members.into_iter().map(|(name, raw)| Ok((name, serde_json::from_str(raw.get())?)));
        Ok((Self::of(String::new(), parsed.collect::<Result<_, _>>().map_err(malformed)?), apart))
    }

    pub(super) fn of(prefix: String, members: Map<String, Value>) -> Self {
        Self { prefix, members, errors: Errors::default() }
    }

    /// A member that may be left out; null is the same as absent.
    pub(super) fn optional<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let value = self.at(path)?.clone();
        match serde_json::from_value(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(path, "invalid", error.to_string());
                None
            }
        }
    }

    pub(super) fn required<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        if self.at(path).is_none() {
            self.refuse(path, "missing", "This field is required.");
            return None;
        }
        self.optional(path)
    }

    /// Text with something in it, and not too much.
    pub(super) fn name(&mut self, path: &str) -> Option<String> {
        let text: String = self.optional(path)?;
        match text.len() {
            _ if text.trim().is_empty() => self.refuse(path, "blank", "This field is blank."),
            0..=MAX_NAME => return Some(text),
            _ => self.refuse(path, "tooLong", "This field has at most 256 bytes."),
        }
        None
    }

    pub(super) fn required_name(&mut self, path: &str) -> Option<String> {
        if self.at(path).is_none() {
            self.refuse(path, "missing", "This field is required.");
        }
        self.name(path)
    }

    pub(super) fn refuse(&mut self, path: &str, code: &str, message: impl Into<String>) {
        self.errors.add(format!("{}{path}", self.prefix), code, message);
    }

    /// What was wrong so far.
    pub(super) fn into_errors(self) -> Errors {
        self.errors
    }

    /// Goes on if nothing was wrong.
    pub(super) fn check(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors.into()) }
    }

    /// The credential of a registration. It has no `rawId`, and its transports are beside the response.
    pub(super) fn registration(&mut self) -> Option<RegistrationResponse> {
        let id: Option<Bytes> = self.required("credential.id");
        let credential_type: Option<CredentialType> = self.required("credential.type");
        let attestation_object: Option<Bytes> = self.required("credential.response.attestationObject");
        let client_data_json: Option<Bytes> = self.required("credential.response.clientDataJSON");
        let transports: Option<Vec<Transport>> = self.optional("credential.transports");
        let rk: Option<bool> = self.optional("credential.clientExtensionResults.credProps.rk");
        let mut response = RegistrationResponse::from_parts(id?, client_data_json?, attestation_object?);
        response.credential_type = credential_type?;
        response.transports = transports.unwrap_or_default();
        response.client_extension_results.cred_props_rk = rk;
        Some(response)
    }

    /// The credential of an authentication or assertion.
    pub(super) fn authentication(&mut self) -> Option<AuthenticationResponse> {
        let id: Option<Bytes> = self.required("credential.id");
        let credential_type: Option<CredentialType> = self.required("credential.type");
        let authenticator_data: Option<Bytes> = self.required("credential.response.authenticatorData");
        let client_data_json: Option<Bytes> = self.required("credential.response.clientDataJSON");
        let signature: Option<Bytes> = self.required("credential.response.signature");
        let user_handle: Option<Bytes> = self.optional("credential.response.userHandle");
        let mut response = AuthenticationResponse::from_parts(id?, client_data_json?, authenticator_data?, signature?);
        response.credential_type = credential_type?;
        response.user_handle = user_handle;
        Some(response)
    }

    fn at(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut value = self.members.get(first)?;
        for name in rest.split('.').filter(|name| !name.is_empty()) {
            value = value.get(name)?;
        }
        Some(value).filter(|value| !value.is_null())
    }
}
