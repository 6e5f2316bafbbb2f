//! The four endpoints that the FIDO Alliance's test tool for servers talks to. Anybody may register for any user name here, as
//! the tool has to: so they are there on `localhost` only, and their users and passkeys are nobody else's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use passkeeper::types::{
    Algorithm, AlgorithmList, AttestationConveyance, AuthenticatorAttachment, Origin, ResidentKey, UserHandle, UserVerification,
};
use passkeeper::wire::{AuthenticationExtensions, AuthenticationResponse, RegistrationExtensions, RegistrationResponse, UserEntity};
use passkeeper::{
    AttestationPolicy, AuthenticationRequest, Entropy as _, ErrorCode, RegistrationRequest, RelyingParty, SystemEntropy, TakeBy,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::{self, Dialect, read};
use super::{is_local, lock};
use crate::limits::Source;
use crate::security::is_json;
use crate::session::Browser;
use crate::{App, Config, Facade};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/attestation/options", post(attestation_options))
        .route("/attestation/result", post(attestation_result))
        .route("/assertion/options", post(assertion_options))
        .route("/assertion/result", post(assertion_result))
        .route_layer(from_fn(no_other_site))
}

/// A page that a developer visits may not send anything here. The tool may: it says no origin, or another one on `localhost`, where
/// its window is served from.
async fn no_other_site(request: Request, next: Next) -> Result<Response, Refusal> {
    if !is_from_here(request.headers()) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "cross-site", "This request came from another site."));
    }
    // What a page may send elsewhere without asking first is never this.
    if !is_json(request.headers()) {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "This request is not JSON."));
    }
    Ok(next.run(request).await)
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let local = |text: &str| Origin::new(text).is_ok_and(|origin| is_local(&origin));
    headers.get_all(header::ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(local))
}

/// The most user names that are known at a time.
const MAX_NAMES: usize = 10_000;

/// Whoever registered since the process began, and the ceremonies of the test tool.
pub(super) struct Names {
    passkeys: Facade,
    handles: Mutex<HashMap<String, UserHandle>>,
}

impl Names {
    pub(super) fn new(config: &Config, facade: impl Fn(RelyingParty) -> Facade) -> passkeeper::Result<Self> {
        let rp = RelyingParty::builder(config.rp_id.as_str(), &config.rp_name).origin(config.origin.as_str()).scope("conformance");
        Ok(Self { passkeys: facade(rp.build()?), handles: Mutex::default() })
    }

    fn find(&self, name: &str) -> Option<UserHandle> {
        lock(&self.handles).get(name).cloned()
    }

    fn find_or_make(&self, name: &str) -> Result<UserHandle, Refusal> {
        let mut handle = [0; 32];
        SystemEntropy.fill(&mut handle).map_err(|_| ErrorCode::RandomnessUnavailable)?;
        let handle = UserHandle::new(handle)?;
        let mut handles = lock(&self.handles);
        if handles.len() >= MAX_NAMES && !handles.contains_key(name) {
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "names-full", "Too many users have registered."));
        }
        Ok(handles.entry(name.to_owned()).or_insert(handle).clone())
    }
}

enum Status {}
type Refusal = refusal::Refusal<Status>;

impl Dialect for Status {
    fn status(code: ErrorCode) -> Option<StatusCode> {
        matches!(code, ErrorCode::UserNotFound).then_some(StatusCode::NOT_FOUND)
    }

    /// A test tool's user is a developer: the code may be told.
    fn body(refusal: &Refusal) -> Value {
        json!({ "status": "failed", "errorMessage": format!("{}: {}", refusal.code, refusal.message) })
    }
}

/// A success, with the options of a start around it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done<T> {
    status: &'static str,
    error_message: &'static str,
    #[serde(flatten)]
    options: T,
}

fn done<T: Serialize>(options: T) -> Json<Done<T>> {
    Json(Done { status: "ok", error_message: "", options })
}

fn names(app: &App) -> Result<&Names, Refusal> {
    app.apis.conformance.as_ref().ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "not-found", "There is no such address."))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationOptions {
    username: String,
    display_name: String,
    #[serde(default)]
    authenticator_selection: Selection,
    #[serde(default)]
    attestation: AttestationConveyance,
    extensions: Option<RegistrationExtensions>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selection {
    authenticator_attachment: Option<AuthenticatorAttachment>,
    require_resident_key: bool,
    resident_key: Option<ResidentKey>,
    user_verification: UserVerification,
}

async fn attestation_options(
    State(app): State<Arc<App>>,
    browser: Browser,
    Source(source): Source,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let asked: AttestationOptions = read(&body)?;
    let names = names(&app)?;
    let user = UserEntity { id: names.find_or_make(&asked.username)?, name: asked.username, display_name: asked.display_name };
    let Selection { authenticator_attachment, require_resident_key, resident_key, user_verification } = asked.authenticator_selection;
    let mut policy = names.passkeys.relying_party().registration_policy().clone();
    policy.attachment = authenticator_attachment;
    policy.resident_key = resident_key.unwrap_or(if require_resident_key { ResidentKey::Required } else { ResidentKey::Discouraged });
    policy.user_verification = user_verification;
    policy.algorithms = AlgorithmList::new(
        AlgorithmList::recommended().iter().chain(AlgorithmList::all_nine().iter()).chain(Algorithm::ALL.iter().copied()),
    )?;
    // Statements have to hold; but nobody certified the authenticators of a test tool or of a developer's browser.
    policy.attestation = AttestationPolicy::requested(asked.attestation).danger_accept_untrusted();
    let mut request = RegistrationRequest::new(user).policy(policy).source(source).in_session(browser.binding()?);
    if let Some(extensions) = asked.extensions {
        request = request.extensions(extensions);
    }
    let started = names.passkeys.start_registration(request).await?;
    Ok((browser, done(started.options)))
}

/// The pending ceremony is found by the challenge; the cookie tells that the same browser answers.
async fn attestation_result(State(app): State<Arc<App>>, browser: Browser, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let response = RegistrationResponse::from_json(&body)?;
    let by = TakeBy::danger_response_challenge().in_session(browser.binding()?);
    names(&app)?.passkeys.complete_registration(by, &response).await?;
    Ok(done(json!({})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionOptions {
    /// None asks for a discoverable credential.
    #[serde(default)]
    username: String,
    #[serde(default)]
    user_verification: UserVerification,
    #[serde(default)]
    extensions: AuthenticationExtensions,
}

async fn assertion_options(
    State(app): State<Arc<App>>,
    browser: Browser,
    Source(source): Source,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let asked: AssertionOptions = read(&body)?;
    let names = names(&app)?;
    let request = match asked.username.as_str() {
        "" => AuthenticationRequest::discoverable(),
        name => AuthenticationRequest::known(names.find(name).ok_or(ErrorCode::UserNotFound)?),
    };
    let mut policy = names.passkeys.relying_party().authentication_policy().clone();
    policy.user_verification = asked.user_verification;
    let request = request.policy(policy).extensions(asked.extensions).source(source).in_session(browser.binding()?);
    let started = names.passkeys.start_authentication(request).await?;
    Ok((browser, done(started.options)))
}

async fn assertion_result(State(app): State<Arc<App>>, browser: Browser, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let response = AuthenticationResponse::from_json(&body)?;
    let by = TakeBy::danger_response_challenge().in_session(browser.binding()?);
    let _login = names(&app)?.passkeys.complete_authentication(by, &response).await?;
    Ok(done(json!({})))
}
