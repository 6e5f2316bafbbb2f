//! What went wrong, for two audiences: plain words for the user, code and step for the operator's log.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use passkeeper::store::StoreError;
use passkeeper::wire::UnknownCredentialSignal;
use passkeeper::{Error, ErrorCode, ErrorKind};
use serde_json::json;

/// What a handler may answer.
pub type Answer<T> = Result<T, Problem>;

/// When it is worth trying again if nobody knows better, in seconds.
const RETRY_AFTER_SECS: u32 = 60;

/// An answer that is no success: `{"error": {"code", "message"}}`.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// For the page to react to.
    pub code: &'static str,
    /// For the user to read.
    pub message: &'static str,
    /// A passkey that was made in vain, for the page to tell its authenticator.
    pub signal: Option<UnknownCredentialSignal>,
    /// When it is worth trying again, in seconds, where the rate limit says so.
    pub retry_after_secs: Option<u32>,
    /// Whether the operator has been told more than the answer says.
    logged: bool,
}

impl Problem {
    /// A problem in words of our own.
    pub fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, signal: None, retry_after_secs: None, logged: false }
    }

    /// The request is not what this server's page sends.
    pub fn bad_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed-out", "You are signed out. Please sign in again.")
    }

    /// There is no such passkey, or it is somebody else's.
    #[must_use]
    pub fn no_such_passkey() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "This passkey is not there any more.")
    }

    /// The name is somebody else's.
    #[must_use]
    pub fn name_taken() -> Self {
        Self::new(StatusCode::CONFLICT, "name-taken", "This user name is taken. Please choose another one.")
    }

    /// The user has to step up before this.
    #[must_use]
    pub fn confirm_first() -> Self {
        Self::new(StatusCode::FORBIDDEN, "confirm-first", "Please confirm first that it is you.")
    }

    /// What the user proved to hold is another's.
    #[must_use]
    pub fn refused() -> Self {
        Self::from(Error::new(ErrorCode::CredentialOwnerMismatch))
    }

    /// Lets the page tell the authenticator that its new passkey is not known here.
    #[must_use]
    pub fn signal(mut self, signal: UnknownCredentialSignal) -> Self {
        self.signal = Some(signal);
        self
    }
}

impl From<Error> for Problem {
    /// The same words for every refusal, so that nobody can probe what was wrong; more help where it tells nothing.
    fn from(error: Error) -> Self {
        let (status, code, message) = match (error.error_code(), error.kind()) {
            (ErrorCode::CeremonyExpired, _) => (StatusCode::BAD_REQUEST, "too-slow", "That took too long. Please try again."),
            (ErrorCode::CeremonyNotFound, _) => (StatusCode::BAD_REQUEST, "start-again", "This attempt has ended. Please start again."),
            (ErrorCode::ProofRequired | ErrorCode::ProofStale | ErrorCode::ProofOfAnother, _) => {
                return logged(&error, Self::confirm_first());
            }
            (ErrorCode::CredentialLast, _) => (StatusCode::CONFLICT, "last-passkey", "This is your only passkey. Add another one first."),
            (ErrorCode::CredentialLimitReached, _) => {
                (StatusCode::CONFLICT, "limit", "You have as many passkeys as you may have. Delete one first.")
            }
            (ErrorCode::NameInvalid, _) => (StatusCode::BAD_REQUEST, "bad-name", "Please choose a name of at most 64 characters."),
            (_, ErrorKind::Throttled) => {
                (StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many attempts. Please wait a minute and try again.")
            }
            (_, ErrorKind::Store) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.public_message()),
            (_, ErrorKind::Misuse) => (StatusCode::INTERNAL_SERVER_ERROR, "fault", error.public_message()),
            _ => (StatusCode::BAD_REQUEST, "refused", error.public_message()),
        };
        logged(&error, Self { retry_after_secs: error.retry_after_secs(), ..Self::new(status, code, message) })
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!("{error}");
        let message = Error::new(ErrorCode::StoreUnavailable).public_message();
        Self { logged: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message) }
    }
}

/// Everything that the user is not told.
fn logged(error: &Error, problem: Problem) -> Problem {
    let (code, kind, step, status) = (error.code(), error.kind().as_str(), error.spec_step(), problem.status.as_u16());
    match error.kind() {
        ErrorKind::Store | ErrorKind::Misuse => tracing::error!(code, kind, step, status, "{error}"),
        _ => tracing::warn!(code, kind, step, status, "{error}"),
    }
    Problem { logged: true, ..problem }
}

/// What is refused without the library is a line of the log too.
pub(crate) fn log_refusal(status: StatusCode, code: &str) {
    tracing::warn!(code, status = status.as_u16(), "refused before any ceremony");
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, message, signal, retry_after_secs, logged } = self;
        if !logged {
            log_refusal(status, code);
        }
        let mut body = json!({ "error": { "code": code, "message": message } });
        if let (Some(signal), Some(body)) = (signal, body.as_object_mut()) {
            body.insert("unknownCredential".into(), json!(signal));
        }
        with_retry((status, Json(body)).into_response(), retry_after_secs)
    }
}

/// Says when it is worth trying again, where that helps.
pub(crate) fn with_retry(mut response: Response, secs: Option<u32>) -> Response {
    if matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        let secs = HeaderValue::from(secs.unwrap_or(RETRY_AFTER_SECS));
        response.headers_mut().insert(header::RETRY_AFTER, secs);
    }
    response
}
