//! What API D refuses, field by field.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use passkeeper::store::StoreError;
use passkeeper::{Error, ErrorCode, ErrorKind, NotCompleted};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Problem, with_retry};

/// The body of most refusals.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Errors {
    field_errors: BTreeMap<String, Vec<Entry>>,
    general_errors: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    code: String,
    message: String,
}

impl Errors {
    /// One error of one field; `code` says what is wrong with it.
    pub(super) fn field(field: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, code, message);
        errors
    }

    pub(super) fn general(code: &str, message: impl Into<String>) -> Self {
        let entry = Entry { code: format!("[{code}]"), message: message.into() };
        Self { general_errors: vec![entry], ..Self::default() }
    }

    pub(super) fn add(&mut self, field: impl Into<String>, code: &str, message: impl Into<String>) {
        let field = field.into();
        let entry = Entry { code: format!("[{code}]{field}"), message: message.into() };
        self.field_errors.entry(field).or_default().push(entry);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.field_errors.extend(other.field_errors);
        self.general_errors.extend(other.general_errors);
    }

    /// For the log: the first, and how many there are.
    pub(super) fn summary(&self) -> String {
        let mut codes = self.field_errors.values().flatten().chain(&self.general_errors).map(|entry| entry.code.as_str());
        let first = codes.next().unwrap_or_default();
        format!("{first} and {} more", codes.count())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.field_errors.is_empty() && self.general_errors.is_empty()
    }
}

/// An answer that is no success.
pub(super) enum Refusal {
    /// 401, empty.
    Unauthorized,
    /// 404, empty.
    NotFound,
    /// 500, empty.
    Fault,
    /// With the errors as its body, and perhaps the seconds after which it is worth trying again.
    Errors(StatusCode, Errors, Option<u32>),
    /// What stands between a user and a login: a status with or without a body.
    Obstacle(StatusCode, Option<Value>),
}

impl From<Errors> for Refusal {
    fn from(errors: Errors) -> Self {
        Self::Errors(StatusCode::BAD_REQUEST, errors, None)
    }
}

impl From<Error> for Refusal {
    /// Whoever sent it is another server of ours, so that it is told what was wrong; the operator's log has the rest.
    fn from(error: Error) -> Self {
        let (code, meaning) = (error.code(), error.error_code().meaning());
        if let Some(field) = field(error.error_code()) {
            tracing::warn!(code, step = error.spec_step(), "{error}");
            return Errors::field(field, code, meaning).into();
        }
        let kind = error.kind();
        let problem = Problem::from(error);
        match kind {
            ErrorKind::Misuse => Self::Fault,
            ErrorKind::Store => Self::Errors(problem.status, Errors::general(code, problem.message), None),
            _ => Self::Errors(problem.status, Errors::general(code, meaning), problem.retry_after_secs),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let problem = Problem::from(error);
        Self::Errors(problem.status, Errors::general("store-unavailable", problem.message), None)
    }
}

impl From<NotCompleted<Self>> for Refusal {
    fn from(refused: NotCompleted<Self>) -> Self {
        match refused {
            NotCompleted::Refused(error) => error.into(),
            NotCompleted::Vetoed(refusal) => refusal,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED.into_response(),
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Self::Errors(status, errors, retry) => with_retry((status, Json(json!(errors))).into_response(), retry),
            Self::Obstacle(status, None) => status.into_response(),
            Self::Obstacle(status, Some(body)) => (status, Json(body)).into_response(),
        }
    }
}

/// The member of a completion that an error of the library is about.
fn field(code: ErrorCode) -> Option<&'static str> {
    use ErrorCode as E;
    let exactly = match code {
        E::OriginMismatch => "origin",
        E::RpIdHashMismatch => "rpId",
        E::WorkflowDisabled => "workflow",
        E::CallerStateTooLarge => "state",
        E::CredentialTypeUnexpected => "credential.type",
        E::CeremonyNotFound | E::CeremonyExpired | E::CeremonyKindMismatch | E::ChallengeMismatch => "credential.response.clientDataJSON",
        E::CredentialIdMismatch | E::CredentialNotFound | E::CredentialNotAllowed | E::CredentialAlreadyRegistered => "credential.id",
        E::CredentialIdEmpty | E::CredentialIdTooLong => "credential.id",
        E::UserHandleLength | E::UserHandleMissing | E::UserHandleMismatch => "credential.response.userHandle",
        E::SignatureInvalid => "credential.response.signature",
        E::CounterNotIncreased | E::BackupEligibilityChanged | E::AttestedDataInAssertion => "credential.response.authenticatorData",
        E::ResidentKeyContradicted => "credential.clientExtensionResults.credProps.rk",
        E::UserNotFound => "loginId",
        _ => "",
    };
    if !exactly.is_empty() {
        return Some(exactly);
    }
    let groups = [
        ("client-data-", "credential.response.clientDataJSON"),
        ("cross-origin-", "credential.response.clientDataJSON"),
        ("top-origin-", "credential.response.clientDataJSON"),
        ("cbor-", "credential.response.attestationObject"),
        ("attestation-", "credential.response.attestationObject"),
        ("attested-", "credential.response.attestationObject"),
        ("public-key-", "credential.response.attestationObject"),
        ("algorithm-not-offered", "credential.response.attestationObject"),
    ];
    groups.into_iter().find(|(prefix, _)| code.as_str().starts_with(prefix)).map(|(_, field)| field)
}
