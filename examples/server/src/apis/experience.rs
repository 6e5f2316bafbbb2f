//! B: options for a user who is named by user name, e-mail address or telephone number.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use passkeeper::store::CeremonyId;
use passkeeper::wire::{AuthenticationExtensions, AuthenticationResponse, RequestOptions};
use passkeeper::{ErrorCode, Identifier, IdentifierKind, TakeBy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::{self, Dialect, read};
use super::{Site, Status};
use crate::App;
use crate::limits::Source;

const PATH: &str = "/api/experience/verification/sign-in-web-authn/authentication";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route(PATH, post(start)).route(&format!("{PATH}/verify"), post(verify))
}

enum Coded {}
type Refusal = refusal::Refusal<Coded>;

impl Dialect for Coded {
    fn status(code: ErrorCode) -> Option<StatusCode> {
        use ErrorCode::{CredentialNotFound, UserNotFound};
        matches!(code, UserNotFound | CredentialNotFound).then_some(StatusCode::NOT_FOUND)
    }

    fn body(refusal: &Refusal) -> Value {
        json!({ "code": refusal.code, "message": refusal.message })
    }
}

#[derive(Deserialize)]
struct Start {
    identifier: Named,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "type")]
    kind: Kind,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Username,
    Email,
    Phone,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    verification_id: CeremonyId,
    authentication_options: RequestOptions,
}

async fn start(State(app): State<Arc<App>>, Source(source): Source, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let Start { identifier } = read(&body)?;
    let site = app.apis.at_host(&headers).ok_or_else(elsewhere)?;
    let kind = match identifier.kind {
        Kind::Username => IdentifierKind::Username,
        Kind::Email => IdentifierKind::Email,
        Kind::Phone => IdentifierKind::Phone,
    };
    let identifier = Identifier::of(identifier.value, [kind]);
    let request = site.authentication(source).extensions(site.extensions());
    let started = site.passkeys.start_authentication_for(&site.people, &identifier, request).await?;
    Ok(Json(Started { verification_id: started.session, authentication_options: started.options }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verify {
    verification_id: CeremonyId,
    payload: AuthenticationResponse,
}

/// Verifies the answer. What the product does with it, an interaction of many steps, is not this example's business.
async fn verify(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let Verify { verification_id, payload } = read(&body)?;
    let site = app.apis.at_host(&headers).ok_or_else(elsewhere)?;
    let veto = async |verified: &mut passkeeper::VerifiedAuthentication| match site.people.by_handle(verified.user_handle()).await? {
        Some(person) if person.status == Status::Active => Ok(()),
        _ => Err(Refusal::new(StatusCode::FORBIDDEN, "user-suspended", "This user cannot sign in.")),
    };
    let _login = site.passkeys.complete_authentication_unless(TakeBy::id(&verification_id), &payload, veto).await?;
    Ok(Json(json!({ "verificationId": verification_id })))
}

impl Site {
    /// The extensions that the product asks for; browsers ignore those that belong to registrations.
    fn extensions(&self) -> AuthenticationExtensions {
        let mut extensions = AuthenticationExtensions { app_id: self.app_id.clone(), ..AuthenticationExtensions::default() };
        extensions.other.extend(["credProps", "hmacCreateSecret"].map(|name| (name.to_owned(), true.into())));
        extensions
    }
}

fn elsewhere() -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "tenant-unknown", "There is no tenant at this host.")
}
