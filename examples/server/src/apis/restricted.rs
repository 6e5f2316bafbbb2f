//! C: registration and two kinds of sign-in, all inside sessions: an authorised one, which another server of ours opens with
//! the API key for a user it vouches for, or a restricted one, which anybody may open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use passkeeper::store::CeremonyId;
use passkeeper::types::{AttestationConveyance, Challenge, RpId, UnixTime, UserVerification};
use passkeeper::wire::{
    AuthenticationExtensions, AuthenticationResponse, AuthenticatorSelection, CreationOptions, CredentialDescriptor, CredentialParameters,
    RegistrationExtensions, RegistrationResponse, RequestOptions, UserEntity,
};
use passkeeper::{
    AuthenticationRequest, Clock as _, CredentialRecord, Error, ErrorCode, Identifier, IdentifierKind, Proof, RegistrationRequest,
    SessionBinding, Started, TakeBy,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::{self, Dialect, read};
use super::{Site, Status, lock, random};
use crate::limits::Source;
use crate::{App, SharedClock};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/auth-session/start-with-authorization", post(open_authorized))
        .route("/v1/auth-session/start-restricted", post(open_restricted))
        .route("/v1/webauthn/register/start", post(start_registration))
        .route("/v1/webauthn/register/complete", post(complete_registration))
        .route("/v1/webauthn/authenticate/start", post(start_authentication))
        .route("/v1/webauthn/authenticate/complete", post(complete_authentication))
        .route("/v1/webauthn/authenticate/passkey/start", post(start_passkey_authentication))
        .route("/v1/webauthn/authenticate/passkey/complete", post(complete_authentication))
}

enum Coded {}
type Refusal = refusal::Refusal<Coded>;

impl Dialect for Coded {
    fn status(code: ErrorCode) -> Option<StatusCode> {
        use ErrorCode::{CredentialNotFound, UserNotFound};
        matches!(code, UserNotFound | CredentialNotFound).then_some(StatusCode::NOT_FOUND)
    }

    fn body(refusal: &Refusal) -> Value {
        json!({ "error_code": refusal.code, "message": refusal.message })
    }
}

// Sessions.

/// How long a session lives unless told otherwise, and at most, in seconds.
const SESSION_SECS: u32 = 600;
const MAX_SESSION_SECS: u32 = 3600;
/// The most sessions at a time.
const MAX_SESSIONS: usize = 10_000;

/// All sessions of this API.
pub(super) struct Sessions {
    clock: SharedClock,
    table: Mutex<HashMap<String, Session>>,
}

#[derive(Clone)]
struct Session {
    /// The site's name: a session of one is nothing to another.
    site: String,
    /// The user whom the opening server vouched for.
    username: Option<String>,
    began: UnixTime,
    ends: UnixTime,
}

impl Sessions {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, table: Mutex::default() }
    }

    fn open(&self, site: &Site, username: Option<String>, secs: u32) -> Result<Value, Refusal> {
        let (id, now) = (random()?, self.clock.now());
        let mut table = lock(&self.table);
        if table.len() >= MAX_SESSIONS {
            table.retain(|_, session| now <= session.ends);
        }
        if table.len() >= MAX_SESSIONS {
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "sessions-full", "Too many sessions are open."));
        }
        let session = Session { site: site.name.clone(), username, began: now, ends: now.saturating_add_secs(secs) };
        table.insert(id.clone(), session);
        Ok(json!({ "auth_session_id": id }))
    }

    fn find(&self, id: &str, site: &Site) -> Result<Session, Refusal> {
        let now = self.clock.now();
        let session = lock(&self.table).get(id).filter(|session| session.site == site.name && now <= session.ends).cloned();
        session.ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, "session-unknown", "There is no such session, or it is over."))
    }
}

#[derive(Deserialize)]
struct OpenAuthorized {
    username: String,
    session_expiration: Option<u32>,
}

async fn open_authorized(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    if !given.is_some_and(|key| app.apis.opened_by(key)) {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", "The access token is missing or wrong."));
    }
    let OpenAuthorized { username, session_expiration } = read(&body)?;
    let secs = session_expiration.unwrap_or(SESSION_SECS).min(MAX_SESSION_SECS);
    Ok(Json(app.apis.sessions.open(site(&app, &headers)?, Some(username), secs)?))
}

async fn open_restricted(State(app): State<Arc<App>>, Source(source): Source, headers: HeaderMap) -> Result<impl IntoResponse, Refusal> {
    // Anybody may open one, but not crowd out others.
    app.limit.take(&source).map_err(Error::from)?;
    Ok(Json(app.apis.sessions.open(site(&app, &headers)?, None, SESSION_SECS)?))
}

fn site<'a>(app: &'a App, headers: &HeaderMap) -> Result<&'a Site, Refusal> {
    app.apis.at_host(headers).ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "tenant-unknown", "There is no tenant at this host."))
}

// Registration.

#[derive(Deserialize)]
struct StartRegistration {
    auth_session_id: String,
    user: NamedUser,
}

#[derive(Deserialize)]
struct NamedUser {
    username: String,
    display_name: Option<String>,
}

async fn start_registration(
    State(app): State<Arc<App>>,
    Source(source): Source,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let StartRegistration { auth_session_id, user } = read(&body)?;
    let site = site(&app, &headers)?;
    let session = app.apis.sessions.find(&auth_session_id, site)?;
    if session.username.as_deref() != Some(&user.username) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "session-not-authorized", "The session is not authorized for this user."));
    }
    let person = site.people.by_name(&user.username).await?.ok_or(ErrorCode::UserNotFound)?;
    let mut entity = person.entity();
    if let Some(name) = user.display_name {
        entity.display_name = name;
    }
    // Whoever opened the session vouched for the user then.
    let proof = Proof::by_other_factor(site.passkeys.relying_party().scope().clone(), person.handle, true, session.began);
    let mut extensions = RegistrationExtensions { cred_props: true, hmac_create_secret: true, ..RegistrationExtensions::default() };
    extensions.other.extend(site.app_id.iter().map(|id| ("appid".to_owned(), id.as_str().into())));
    let request = RegistrationRequest::new(entity).proof(proof).extensions(extensions).source(source);
    let request = match site.tenant {
        Some(_) => request.workflow(passkeeper::Workflow::General),
        None => request,
    };
    let started = site.passkeys.start_registration(request.in_session(SessionBinding::new(&auth_session_id)?)).await?;
    Ok(Json(json!({
        "webauthn_session_id": started.session,
        "credential_creation_options": CreationShape::of(&started.options, site.icon.as_deref()),
    })))
}

/// Creation options as this product writes them: excluded credentials are plain strings, and the relying party has an icon.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationShape<'a> {
    attestation: AttestationConveyance,
    authenticator_selection: Option<&'a AuthenticatorSelection>,
    extensions: &'a RegistrationExtensions,
    exclude_credentials: Vec<String>,
    pub_key_cred_params: &'a [CredentialParameters],
    timeout: Option<u32>,
    challenge: &'a Challenge,
    user: &'a UserEntity,
    rp: RelyingPartyShape<'a>,
}

#[derive(Serialize)]
struct RelyingPartyShape<'a> {
    id: &'a RpId,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a str>,
}

impl<'a> CreationShape<'a> {
    fn of(options: &'a CreationOptions, icon: Option<&'a str>) -> Self {
        Self {
            attestation: options.attestation,
            authenticator_selection: options.authenticator_selection.as_ref(),
            extensions: &options.extensions,
            exclude_credentials: options.exclude_credentials.iter().map(|credential| credential.id.to_base64url()).collect(),
            pub_key_cred_params: &options.pub_key_cred_params,
            timeout: options.timeout,
            challenge: &options.challenge,
            user: &options.user,
            rp: RelyingPartyShape { id: &options.rp.id, name: &options.rp.name, icon },
        }
    }
}

/// A completion. `double_signed_challenge` may come along: it belongs to the product's binding of devices, and is left alone.
#[derive(Deserialize)]
struct Complete {
    auth_session_id: String,
    webauthn_session_id: CeremonyId,
    public_key_credential: Value,
}

impl Complete {
    fn by(&self) -> Result<TakeBy<'_>, Error> {
        Ok(TakeBy::id(&self.webauthn_session_id).in_session(SessionBinding::new(&self.auth_session_id)?))
    }

    /// The credential as the standard has it: with a `rawId`, which this product may leave out.
    fn credential(&self) -> String {
        let mut credential = self.public_key_credential.clone();
        if let Some(members) = credential.as_object_mut()
            && let Some(id) = members.get("id").cloned()
        {
            members.entry("rawId").or_insert(id);
        }
        credential.to_string()
    }
}

async fn complete_registration(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let complete: Complete = read(&body)?;
    let site = site(&app, &headers)?;
    app.apis.sessions.find(&complete.auth_session_id, site)?;
    let response = RegistrationResponse::from_json(complete.credential())?;
    let record = site.passkeys.complete_registration(complete.by()?, &response).await?.record;
    Ok(Json(json!({
        "credential": { "credential_id": record.credential_id, "public_key": record.public_key.to_pem()? },
        "auth_code": app.apis.codes.issue(&record.user_handle)?,
    })))
}

// Authentication.

#[derive(Deserialize)]
struct StartAuthentication {
    auth_session_id: String,
    username: String,
}

async fn start_authentication(
    State(app): State<Arc<App>>,
    Source(source): Source,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let StartAuthentication { auth_session_id, username } = read(&body)?;
    let site = site(&app, &headers)?;
    let request = session_request(&app, site, &auth_session_id, source)?;
    let identifier = Identifier::of(username, [IdentifierKind::Username]);
    Ok(started(&site.passkeys.start_authentication_for(&site.people, &identifier, request).await?))
}

#[derive(Deserialize)]
struct StartPasskeyAuthentication {
    auth_session_id: String,
}

async fn start_passkey_authentication(
    State(app): State<Arc<App>>,
    Source(source): Source,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let StartPasskeyAuthentication { auth_session_id } = read(&body)?;
    let site = site(&app, &headers)?;
    let request = session_request(&app, site, &auth_session_id, source)?;
    Ok(started(&site.passkeys.start_authentication(request).await?))
}

fn session_request(app: &App, site: &Site, session: &str, source: String) -> Result<AuthenticationRequest, Refusal> {
    app.apis.sessions.find(session, site)?;
    Ok(site.authentication(source).in_session(SessionBinding::new(session)?))
}

fn started(started: &Started<RequestOptions>) -> Json<Value> {
    let options = RequestShape::of(&started.options);
    Json(json!({ "webauthn_session_id": started.session, "credential_request_options": options }))
}

/// Request options as this product writes them: the challenge twice, and an attestation that nobody asks for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestShape<'a> {
    allow_credentials: &'a [CredentialDescriptor],
    raw_challenge: &'a Challenge,
    challenge: &'a Challenge,
    timeout: Option<u32>,
    rp_id: &'a RpId,
    attestation: AttestationConveyance,
    user_verification: UserVerification,
    extensions: &'a AuthenticationExtensions,
}

impl<'a> RequestShape<'a> {
    fn of(options: &'a RequestOptions) -> Self {
        Self {
            allow_credentials: &options.allow_credentials,
            raw_challenge: &options.challenge,
            challenge: &options.challenge,
            timeout: options.timeout,
            rp_id: &options.rp_id,
            attestation: AttestationConveyance::None,
            user_verification: options.user_verification,
            extensions: &options.extensions,
        }
    }
}

/// Of both kinds: what was started says whether the user is known already or named by the passkey.
async fn complete_authentication(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let complete: Complete = read(&body)?;
    let site = site(&app, &headers)?;
    app.apis.sessions.find(&complete.auth_session_id, site)?;
    let response = AuthenticationResponse::from_json(complete.credential())?;
    let veto = async |verified: &mut passkeeper::VerifiedAuthentication| match site.people.by_handle(verified.user_handle()).await? {
        Some(person) if person.status == Status::Active => Ok(()),
        _ => Err(Refusal::new(StatusCode::FORBIDDEN, "user-not-active", "This user cannot sign in.")),
    };
    let login = site.passkeys.complete_authentication_unless(complete.by()?, &response, veto).await?;
    Ok(Json(json!({ "auth_code": app.apis.codes.issue(login.user_handle())?, "credential": used(login.record())? })))
}

fn used(record: &CredentialRecord) -> Result<Value, Error> {
    Ok(json!({
        "credential_id": record.credential_id,
        "public_key": record.public_key.to_pem()?,
        "registered_at": date_time(record.created_at),
        "last_used": date_time(record.last_used_at.unwrap_or(record.created_at)),
    }))
}

/// A moment as RFC 3339 has it, in UTC.
fn date_time(at: UnixTime) -> String {
    let (days, secs) = (at.as_secs().div_euclid(86_400), at.as_secs().rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (secs / 3600, secs / 60 % 60, secs % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day after 1970-01-01, by counting: years of 365 or 366 days, then months.
fn date(days: i64) -> (i64, i64, i64) {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    // 400 years have 146 097 days, so the count is short wherever it starts.
    let (mut year, mut left) = (1970_i64.saturating_add(days.div_euclid(146_097).saturating_mul(400)), days.rem_euclid(146_097));
    let mut length = if leap(year) { 366 } else { 365 };
    while left >= length {
        left = left.saturating_sub(length);
        year = year.saturating_add(1);
        length = if leap(year) { 366 } else { 365 };
    }
    let mut month = 1_i64;
    for length in [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left = left.saturating_sub(length);
        month = month.saturating_add(1);
    }
    (year, month, left.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_dates() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(date_time(UnixTime::from_secs(secs)), text);
        }
    }
}
