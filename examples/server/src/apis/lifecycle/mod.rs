//! D: the complete life of a passkey, for other servers of ours. They start ceremonies, manage and import with the API key;
//! completions need none, since they carry an answer to a challenge. Nothing in a completion tells which browser asked for that
//! challenge: the server that calls has to see to it that its own session is the one that began.

mod errors;
mod form;
mod import;
mod passkey;
mod user;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use passkeeper::parse::ClientData;
use passkeeper::types::RecordId;
use passkeeper::{
    AuthenticationRequest, Clock as _, CredentialRecord, Error, ErrorCode, Identifier, IdentifierKind, NotCompleted, RegistrationRequest,
    TakeBy, Workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::{Apis, Site, Uuid, stubs};
use crate::App;
use crate::limits::Source;
use errors::{Errors, Refusal};
use form::Form;
use passkey::{CreationShape, Passkey, RequestShape};

/// Where passkeys are imported; a body may be larger there than elsewhere.
pub(crate) const IMPORT: &str = "/api/webauthn/import";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/webauthn", get(retrieve).delete(delete))
        .route("/api/webauthn/{id}", get(retrieve).delete(delete))
        // Its bound is set where all bodies are read.
        .route(IMPORT, post(import::import).layer(DefaultBodyLimit::disable()))
        .route("/api/webauthn/register/start", post(start_registration))
        .route("/api/webauthn/register/complete", post(complete_registration))
        .route("/api/webauthn/start", post(start_authentication))
        .route("/api/webauthn/login", post(complete_authentication))
        .route("/api/webauthn/assert", post(complete_assertion))
}

// Who asks, and which tenant is meant.

/// A tenant's site, and its ID.
#[derive(Clone, Copy)]
struct Tenant<'a> {
    site: &'a Site,
    id: &'a Uuid,
    application: &'a Uuid,
}

impl std::ops::Deref for Tenant<'_> {
    type Target = Site;

    fn deref(&self) -> &Site {
        self.site
    }
}

/// A request, and the tenants that it may be about: one if it names it, all otherwise.
struct Call<'a> {
    tenants: Vec<Tenant<'a>>,
}

impl<'a> Call<'a> {
    /// A request that shows the API key.
    fn keyed(app: &'a App, headers: &HeaderMap) -> Result<Self, Refusal> {
        if app.apis.is_keyed(headers) { Self::open(&app.apis, headers) } else { Err(Refusal::Unauthorized) }
    }

    /// One that need not.
    fn open(apis: &'a Apis, headers: &HeaderMap) -> Result<Self, Refusal> {
        let all = apis.sites.iter().filter_map(|site| {
            let ids = site.tenant.as_ref()?;
            Some(Tenant { site, id: &ids.id, application: &ids.application })
        });
        let Some(named) = headers.get("x-fusionauth-tenantid") else { return Ok(Self { tenants: all.collect() }) };
        let named = named.to_str().ok().and_then(|text| text.parse::<Uuid>().ok());
        let tenants: Vec<_> = all.filter(|tenant| Some(tenant.id) == named.as_ref()).collect();
        if tenants.is_empty() {
            return Err(Errors::general("invalid-tenant", "X-FusionAuth-TenantId names no tenant.").into());
        }
        Ok(Self { tenants })
    }

    /// The only one, where nothing else tells.
    fn the_tenant(&self) -> Result<Tenant<'a>, Refusal> {
        match self.tenants.as_slice() {
            [tenant] => Ok(*tenant),
            _ => Err(Errors::general("missing-tenant", "X-FusionAuth-TenantId is required, since there is more than one tenant.").into()),
        }
    }

    /// The one with this user.
    async fn of_user(&self, id: &Uuid) -> Result<Option<(Tenant<'a>, super::Person)>, Refusal> {
        for tenant in &self.tenants {
            if let Some(person) = tenant.people.by_id(id).await? {
                return Ok(Some((*tenant, person)));
            }
        }
        Ok(None)
    }

    /// The one with this RP ID, for a completion whose answer was given at this origin.
    fn of_rp_id(&self, form: &mut Form) -> Option<(Tenant<'a>, String)> {
        let (rp_id, origin): (Option<String>, Option<String>) = (form.required("rpId"), form.required("origin"));
        let again: Option<String> = form.optional("credential.rpId");
        let (rp_id, origin) = (rp_id?, origin?);
        let tenant = self.tenants.iter().find(|tenant| tenant.passkeys.relying_party().id().as_str() == rp_id);
        if tenant.is_none() {
            form.refuse("rpId", "invalid", "This is no tenant's relying party.");
        }
        if again.is_some_and(|again| again != rp_id) {
            form.refuse("credential.rpId", "invalid", "This is another relying party than rpId.");
        }
        Some((*tenant?, origin))
    }

    /// The one with this passkey.
    async fn of_passkey(&self, id: &str) -> Result<(Tenant<'a>, CredentialRecord), Refusal> {
        let id: RecordId = id.parse().map_err(|_| Errors::field("id", "invalid", "This is not a UUID."))?;
        for tenant in &self.tenants {
            match tenant.passkeys.find_by_record_id(&id).await {
                Ok(record) => return Ok((*tenant, record)),
                Err(error) if error.error_code() == ErrorCode::CredentialNotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::NotFound)
    }
}

/// The origin that a completion names must be the one that the client data names, which is signed.
fn check_origin(client_data_json: &[u8], origin: &str) -> Result<(), Refusal> {
    if ClientData::parse(client_data_json)?.origin == origin {
        return Ok(());
    }
    Err(Errors::field("origin", "invalid", "This is another origin than that of the client data.").into())
}

#[derive(Serialize)]
struct One {
    credential: Passkey,
}

fn one(record: CredentialRecord) -> Result<Json<One>, Refusal> {
    Ok(Json(One { credential: record.try_into()? }))
}

// Retrieve and delete.

/// Which passkeys are meant: one, whose ID is in the path or in the query, or all of a user.
enum Meant {
    One(String),
    OfUser(Uuid),
}

impl Meant {
    fn read((path, query): Addressed) -> Result<Self, Refusal> {
        let path = path.map_err(|_| Errors::field("id", "invalid", "This is not a UUID."))?;
        let Query(Named { id, user_id }) = query.map_err(|error| Errors::general("invalidQuery", error.body_text()))?;
        match (path.map(|Path(id)| id).or(id), user_id) {
            (Some(id), _) => Ok(Self::One(id)),
            (None, Some(user)) => Ok(Self::OfUser(user.parse().map_err(|_| Errors::field("userId", "invalid", "This is not a UUID."))?)),
            (None, None) => Err(Errors::field("userId", "missing", "This field is required.").into()),
        }
    }
}

/// Read only after the key, so that nobody without it is told what is wrong.
type Addressed = (Result<Option<Path<String>>, PathRejection>, Result<Query<Named>, QueryRejection>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: Option<String>,
    user_id: Option<String>,
}

async fn retrieve(State(app): State<Arc<App>>, headers: HeaderMap, addressed: Addressed) -> Result<Response, Refusal> {
    let call = Call::keyed(&app, &headers)?;
    match Meant::read(addressed)? {
        Meant::One(id) => Ok(one(call.of_passkey(&id).await?.1)?.into_response()),
        Meant::OfUser(id) => {
            let (tenant, person) = call.of_user(&id).await?.ok_or(Refusal::NotFound)?;
            let records = tenant.passkeys.list(&person.handle).await?;
            let credentials = records.into_iter().map(Passkey::try_from).collect::<Result<Vec<_>, Error>>()?;
            Ok(Json(json!({ "credentials": credentials })).into_response())
        }
    }
}

async fn delete(State(app): State<Arc<App>>, headers: HeaderMap, addressed: Addressed) -> Result<(), Refusal> {
    let call = Call::keyed(&app, &headers)?;
    match Meant::read(addressed)? {
        Meant::One(id) => {
            let (tenant, record) = call.of_passkey(&id).await?;
            match tenant.passkeys.delete(&record.user_handle, &record.credential_id).await {
                Ok(_) => Ok(()),
                // Somebody else was faster.
                Err(error) if error.error_code() == ErrorCode::CredentialNotFound => Err(Refusal::NotFound),
                Err(error) => Err(error.into()),
            }
        }
        Meant::OfUser(id) => {
            let (tenant, person) = call.of_user(&id).await?.ok_or(Refusal::NotFound)?;
            tenant.passkeys.delete_all(&person.handle).await?;
            Ok(())
        }
    }
}

// Registration.

async fn start_registration(
    State(app): State<Arc<App>>,
    Source(source): Source,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let call = Call::keyed(&app, &headers)?;
    let mut form = Form::read(&body)?;
    let (display_name, name) = (form.required_name("displayName"), form.name("name"));
    let user_agent: Option<String> = form.optional("userAgent");
    let (user_id, workflow): (Option<Uuid>, Option<Workflow>) = (form.required("userId"), form.required("workflow"));
    let mut found = None;
    if let Some(id) = &user_id {
        found = call.of_user(id).await?;
        if found.is_none() {
            form.refuse("userId", "invalid", "This user does not exist.");
        }
    }
    form.check()?;
    let (Some((tenant, person)), Some(display_name), Some(workflow)) = (found, display_name, workflow) else { return Err(Refusal::Fault) };
    let mut user = person.entity();
    user.name = name.or(person.email).unwrap_or(person.username);
    user.display_name = display_name;
    let mut request = RegistrationRequest::new(user).workflow(workflow).source(source);
    if let Some(user_agent) = user_agent {
        request = request.user_agent(user_agent);
    }
    let started = tenant.passkeys.start_registration(request).await?;
    Ok(Json(json!({ "options": CreationShape::of(&started.options) })))
}

/// The pending ceremony is found by the challenge: the request has no other trace of its start.
async fn complete_registration(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let call = Call::open(&app.apis, &headers)?;
    let mut form = Form::read(&body)?;
    let (response, at) = (form.registration(), call.of_rp_id(&mut form));
    let user_id: Option<Uuid> = form.required("userId");
    form.check()?;
    let (Some(response), Some((tenant, origin)), Some(user_id)) = (response, at, user_id) else { return Err(Refusal::Fault) };
    let veto = async |verified: &passkeeper::VerifiedRegistration| {
        check_origin(response.client_data_json.as_slice(), &origin)?;
        match verified.record().user_handle == user_id.handle()? {
            true => Ok(()),
            false => Err(Refusal::from(Errors::field("userId", "invalid", "The registration was started for another user."))),
        }
    };
    let completed = tenant.passkeys.complete_registration_unless(TakeBy::danger_response_challenge(), &response, veto).await?;
    one(completed.record)
}

// Authentication and assertion.

async fn start_authentication(
    State(app): State<Arc<App>>,
    Source(source): Source,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let call = Call::keyed(&app, &headers)?;
    let (mut form, state) = Form::read_without(&body, "state")?;
    let application: Option<Uuid> = form.required("applicationId");
    let tenant = application.and_then(|id| {
        let tenant = call.tenants.iter().find(|tenant| *tenant.application == id);
        if tenant.is_none() {
            form.refuse("applicationId", "invalid", "This application does not exist.");
        }
        tenant.copied()
    });
    let (credential_id, user_id): (Option<Uuid>, Option<Uuid>) = (form.optional("credentialId"), form.optional("userId"));
    let (login_id, kinds): (Option<String>, Option<Vec<LoginIdType>>) = (form.optional("loginId"), form.optional("loginIdTypes"));
    let workflow = form.required("workflow");
    if workflow == Some(Workflow::General) {
        form.refuse("workflow", "invalid", "The workflow is bootstrap or reauthentication.");
    }
    if user_id.is_none() && login_id.is_none() {
        form.refuse("loginId", "missing", "loginId or userId is required.");
    }
    if state.is_some_and(|state| !state.starts_with('{')) {
        form.refuse("state", "invalid", "The state is an object.");
    }
    form.check()?;
    let (Some(tenant), Some(workflow)) = (tenant, workflow) else { return Err(Refusal::Fault) };

    let person = match &user_id {
        Some(id) => {
            let person = tenant.people.by_id(id).await?;
            Some(person.ok_or_else(|| Errors::field("userId", "invalid", "This user does not exist."))?)
        }
        None => None,
    };
    let request = person.map_or_else(AuthenticationRequest::default, |person| AuthenticationRequest::known(person.handle));
    let mut request = request.workflow(workflow).source(source);
    if let Some(state) = state {
        request = request.state(state);
    }
    if let Some(id) = &credential_id {
        let unknown = || Errors::field("credentialId", "invalid", "This passkey does not exist.");
        let of_tenant = Call { tenants: vec![tenant] };
        let (_, record) = of_tenant.of_passkey(id.as_str()).await.map_err(|refusal| match refusal {
            Refusal::NotFound => unknown().into(),
            other => other,
        })?;
        request = request.only(record.credential_id);
    }
    let started = match (user_id, login_id) {
        (None, Some(login_id)) => {
            let kinds = kinds.unwrap_or_else(|| vec![LoginIdType::Email, LoginIdType::Username]);
            let identifier = Identifier::of(login_id, kinds.into_iter().map(Into::into));
            tenant.passkeys.start_authentication_for(&tenant.people, &identifier, request).await
        }
        // Of the two, the user's ID counts.
        _ => tenant.passkeys.start_authentication(request).await,
    };
    let started = started.map_err(|error| match error.error_code() {
        ErrorCode::CredentialNotFound if credential_id.is_some() => {
            Errors::field("credentialId", error.code(), "The user has no such passkey for this workflow.").into()
        }
        ErrorCode::CredentialNotFound => Errors::general(error.code(), "The user has no passkey for this workflow.").into(),
        _ => Refusal::from(error),
    })?;
    Ok(Json(json!({ "options": RequestShape::of(&started.options) })))
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum LoginIdType {
    Email,
    PhoneNumber,
    Username,
}

impl From<LoginIdType> for IdentifierKind {
    fn from(kind: LoginIdType) -> Self {
        match kind {
            LoginIdType::Email => Self::Email,
            LoginIdType::PhoneNumber => Self::Phone,
            LoginIdType::Username => Self::Username,
        }
    }
}

/// A login, unless something stands between this user and it.
async fn complete_authentication(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let call = Call::open(&app.apis, &headers)?;
    let mut form = Form::read(&body)?;
    let (response, at) = (form.authentication(), call.of_rp_id(&mut form));
    form.check()?;
    let (Some(response), Some((tenant, origin))) = (response, at) else { return Err(Refusal::Fault) };
    let mut profile = None;
    let veto = async |verified: &mut passkeeper::VerifiedAuthentication| {
        check_origin(response.client_data_json.as_slice(), &origin)?;
        let person = tenant.people.by_handle(verified.user_handle()).await?.ok_or(Refusal::NotFound)?;
        let user = user::profile(&person, tenant.id, app.clock.now());
        match user::obstacle(&person, &user)? {
            Some((status, body)) => Err(Refusal::Obstacle(status, body)),
            None => {
                profile = Some(user);
                Ok(())
            }
        }
    };
    let completed = tenant.passkeys.complete_authentication_unless(TakeBy::danger_response_challenge(), &response, veto).await;
    let login = completed.map_err(|refused| match refused {
        NotCompleted::Refused(error) if error.error_code() == ErrorCode::CredentialNotFound => Refusal::NotFound,
        other => other.into(),
    })?;
    let state = login.state().map(|state| RawValue::from_string(state.to_owned())).transpose().map_err(|_| Refusal::Fault)?;
    Ok((StatusCode::OK, Json(LoggedIn { token: stubs::token()?, user: profile, state })))
}

#[derive(Serialize)]
struct LoggedIn {
    token: String,
    user: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Box<RawValue>>,
}

/// Whoever answers holds this passkey. Nobody is logged in.
async fn complete_assertion(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let call = Call::open(&app.apis, &headers)?;
    let mut form = Form::read(&body)?;
    let (response, at) = (form.authentication(), call.of_rp_id(&mut form));
    form.check()?;
    let (Some(response), Some((tenant, origin))) = (response, at) else { return Err(Refusal::Fault) };
    let veto = async |_: &mut passkeeper::VerifiedAssertion| check_origin(response.client_data_json.as_slice(), &origin);
    let asserted = tenant.passkeys.complete_assertion_unless(TakeBy::danger_response_challenge(), &response, veto).await?;
    one(asserted.record().clone())
}
