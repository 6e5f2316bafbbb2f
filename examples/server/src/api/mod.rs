//! The page's own API: JSON in, JSON out, the session in a cookie.

mod account;
mod passkeys;
mod sign_in;
mod sign_up;
mod step_up;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use passkeeper::store::{CeremonyId, CredentialStore as _};
use passkeeper::types::CredentialId;
use passkeeper::wire::RegistrationResponse;
use passkeeper::{Error, ErrorKind, Started, TakeBy};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::App;
use crate::error::{Answer, Problem};
use crate::session::Browser;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-up/start", post(sign_up::start))
        .route("/sign-up/finish", post(sign_up::finish))
        .route("/sign-in/start", post(sign_in::start))
        .route("/sign-in/finish", post(sign_in::finish))
        .route("/sign-out", post(account::sign_out))
        .route("/me", get(account::me).delete(account::delete))
        .route("/passkeys/start", post(passkeys::start))
        .route("/passkeys/finish", post(passkeys::finish))
        .route("/passkeys/{id}", patch(passkeys::rename).delete(passkeys::delete))
        .route("/step-up/start", post(step_up::start))
        .route("/step-up/finish", post(step_up::finish))
        .fallback(|| async { Problem::new(axum::http::StatusCode::NOT_FOUND, "not-found", "There is no such address.") })
}

/// A body of JSON. What is wrong with it goes to the log; the page that sends such a thing is not ours.
pub(crate) struct Sent<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let body = Bytes::from_request(request, state).await.map_err(|error| {
            tracing::warn!("{}", error.body_text());
            Problem::bad_request("This request cannot be read.")
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            tracing::warn!("a body that does not fit: {error}");
            Problem::bad_request("That did not work. Please reload the page and try again.")
        })
    }
}

/// What the browser answers to a ceremony: the ID that its start gave, and `credential.toJSON()`.
#[derive(Deserialize)]
pub(crate) struct Finish<R> {
    ceremony: CeremonyId,
    credential: R,
}

impl<R> Finish<R> {
    /// Only the browser that started the ceremony can complete it.
    fn by(&self, browser: &Browser) -> Answer<TakeBy<'_>> {
        Ok(TakeBy::id(&self.ceremony).in_session(browser.binding()?))
    }
}

/// What a start answers. The ID may go to the page: it is of no use in any other session, and each tab keeps its own.
fn started<O: Serialize>(started: &Started<O>) -> Json<Value> {
    Json(json!({ "ceremony": started.session, "options": started.options }))
}

/// A registration that was refused. The passkey that was made for it is of no use: its authenticator shall hear that, unless the
/// passkey is known here, or may be.
async fn made_in_vain(app: &App, error: Error, response: &RegistrationResponse) -> Problem {
    use ErrorKind::{Expired, Malformed, Mismatch, Policy, Unsupported, Untrusted};
    let judged = matches!(error.kind(), Expired | Malformed | Mismatch | Policy | Unsupported | Untrusted);
    let problem = Problem::from(error);
    let Some(id) = CredentialId::new(response.raw_id.as_slice()).ok().filter(|_| judged) else { return problem };
    match app.stores.credentials.find(app.passkeys.relying_party().scope(), &id).await {
        Ok(None) => problem.signal(app.passkeys.unknown_credential(id)),
        _ => problem,
    }
}
