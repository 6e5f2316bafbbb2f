//! The passkeys of whoever is signed in: add, rename, delete.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use passkeeper::types::RecordId;
use passkeeper::wire::RegistrationResponse;
use passkeeper::{CredentialRecord, NotCompleted, RegistrationRequest};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Finish, Sent, made_in_vain, started};
use crate::App;
use crate::error::{Answer, Problem};
use crate::limits::Source;
use crate::providers::provider;
use crate::session::{Member, SignedIn};

/// What a passkey is called that does not say who made it.
const UNNAMED: &str = "Passkey";

/// Options for another passkey, for whoever was confirmed a moment ago.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    member: Member,
    Source(source): Source,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    let request = RegistrationRequest::new(member.user.entity()).proof(member.session.proof.clone());
    let request = labelled(request, &headers).source(source).in_session(member.browser.binding()?);
    Ok(started(&app.passkeys.start_registration(request).await?))
}

/// Stores it.
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    member: Member,
    Sent(form): Sent<Finish<RegistrationResponse>>,
) -> Answer<impl IntoResponse> {
    let by = form.by(&member.browser)?;
    let completed = app
        .passkeys
        .complete_registration_unless(by, &form.credential, async |verified| {
            // Somebody else may have signed in in this browser since the start.
            let record = verified.record();
            let in_vain = || Problem::refused().signal(app.passkeys.unknown_credential(record.credential_id.clone()));
            if record.user_handle == member.user.handle { Ok(()) } else { Err(in_vain()) }
        })
        .await;
    let registered = match completed {
        Ok(registered) => registered,
        Err(NotCompleted::Vetoed(problem)) => return Err(problem),
        Err(NotCompleted::Refused(error)) => return Err(made_in_vain(&app, error, &form.credential).await),
    };
    let record = named(&app, registered.record).await;
    Ok(Json(json!({ "passkey": shown(&record, &member.session), "accepted": registered.accepted })))
}

#[derive(Deserialize)]
pub(super) struct Rename {
    name: String,
}

/// Gives a passkey another name.
pub(super) async fn rename(
    State(app): State<Arc<App>>,
    member: Member,
    Path(id): Path<String>,
    Sent(form): Sent<Rename>,
) -> Answer<impl IntoResponse> {
    let (mut record, name) = (own(&app, &member, &id).await?, form.name.trim());
    if name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad-name", "Please choose a name of at most 64 characters."));
    }
    app.passkeys.rename(&member.user.handle, &record.credential_id, name).await?;
    record.name = name.to_owned();
    Ok(Json(json!({ "passkey": shown(&record, &member.session) })))
}

/// Deletes a passkey, for whoever was confirmed a moment ago, and ends the sessions that it began elsewhere.
pub(super) async fn delete(State(app): State<Arc<App>>, member: Member, Path(id): Path<String>) -> Answer<impl IntoResponse> {
    let record = own(&app, &member, &id).await?;
    let accepted = app.passkeys.delete_with_proof(&member.session.proof, &record.credential_id).await?;
    app.sessions.close_of_passkey(&record.credential_id, &member.browser);
    Ok(Json(json!({ "accepted": accepted })))
}

/// A passkey of this user by its record's ID; somebody else's does not exist.
async fn own(app: &App, member: &Member, id: &str) -> Answer<CredentialRecord> {
    let id: RecordId = id.parse().map_err(|_| Problem::no_such_passkey())?;
    let mut records = app.passkeys.list(&member.user.handle).await?.into_iter();
    records.find(|record| record.id == id).ok_or_else(Problem::no_such_passkey)
}

/// What the record shall say about a passkey that is about to be made.
pub(super) fn labelled(request: RegistrationRequest, headers: &HeaderMap) -> RegistrationRequest {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let request = request.passkey_name(UNNAMED);
    match user_agent {
        Some(text) => request.user_agent(text),
        None => request,
    }
}

/// Names a new passkey after who made it, with a number if the user has one of that name. If that fails, it keeps the name
/// that it has.
pub(super) async fn named(app: &App, mut record: CredentialRecord) -> CredentialRecord {
    let others = app.passkeys.list(&record.user_handle).await.unwrap_or_default();
    let taken = |name: &str| others.iter().any(|other| other.id != record.id && other.name == name);
    let base = provider(record.aaguid).unwrap_or(UNNAMED);
    let numbered = (2..=others.len()).map(|n| format!("{base} {n}"));
    let Some(name) = std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name)) else { return record };
    if name != record.name && app.passkeys.rename(&record.user_handle, &record.credential_id, &name).await.is_ok() {
        record.name = name;
    }
    record
}

/// A passkey as the page lists it; times are seconds since 1970.
pub(super) fn shown(record: &CredentialRecord, session: &SignedIn) -> Value {
    json!({
        "id": record.id,
        "name": record.name,
        "provider": provider(record.aaguid),
        "createdAt": record.created_at,
        "lastUsedAt": record.last_used_at,
        "backupEligible": record.usage.backup_eligible,
        "backedUp": record.usage.backup_state,
        "thisSession": record.credential_id == session.credential,
    })
}
