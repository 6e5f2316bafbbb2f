//! A refusal, which each API words in its own dialect.

use std::marker::PhantomData;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use passkeeper::store::StoreError;
use passkeeper::{Error, ErrorCode, NotCompleted};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Problem, log_refusal, with_retry};

/// How an API answers what it refuses.
pub(super) trait Dialect: Sized + 'static {
    /// Where it answers an error of the library with another status than this server's own API does.
    fn status(_: ErrorCode) -> Option<StatusCode> {
        None
    }

    /// The body.
    fn body(refusal: &Refusal<Self>) -> Value;
}

/// An answer that is no success.
pub(super) struct Refusal<D> {
    pub(super) status: StatusCode,
    /// The API's own code, or the library's.
    pub(super) code: &'static str,
    pub(super) message: String,
    retry_after_secs: Option<u32>,
    logged: bool,
    dialect: PhantomData<fn() -> D>,
}

impl<D> Refusal<D> {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after_secs: None, logged: false, dialect: PhantomData }
    }
}

impl<D: Dialect> From<Error> for Refusal<D> {
    fn from(error: Error) -> Self {
        let code = error.error_code();
        // Logs what the answer does not say.
        let problem = Problem::from(error);
        let retry_after_secs = problem.retry_after_secs;
        Self { retry_after_secs, logged: true, ..Self::new(D::status(code).unwrap_or(problem.status), code.as_str(), problem.message) }
    }
}

impl<D: Dialect> From<ErrorCode> for Refusal<D> {
    fn from(code: ErrorCode) -> Self {
        Error::new(code).into()
    }
}

impl<D> From<StoreError> for Refusal<D> {
    fn from(error: StoreError) -> Self {
        let problem = Problem::from(error);
        Self { logged: true, ..Self::new(problem.status, "store-unavailable", problem.message) }
    }
}

/// A refusal by the library, or the caller's own veto.
impl<D: Dialect> From<NotCompleted<Self>> for Refusal<D> {
    fn from(refused: NotCompleted<Self>) -> Self {
        match refused {
            NotCompleted::Refused(error) => error.into(),
            NotCompleted::Vetoed(refusal) => refusal,
        }
    }
}

impl<D: Dialect> IntoResponse for Refusal<D> {
    fn into_response(self) -> Response {
        if !self.logged {
            log_refusal(self.status, self.code);
        }
        with_retry((self.status, Json(D::body(&self))).into_response(), self.retry_after_secs)
    }
}

/// Reads a body of JSON.
pub(super) fn read<T: DeserializeOwned, D>(body: &[u8]) -> Result<T, Refusal<D>> {
    serde_json::from_slice(body).map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, "body-malformed", error.to_string()))
}
