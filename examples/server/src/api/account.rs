//! The account: who is signed in, sign-out, the end of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use passkeeper::wire::AllAcceptedCredentialsSignal;
use serde_json::{Value, json};

use super::passkeys;
use crate::App;
use crate::error::Answer;
use crate::session::{Browser, Member};
use crate::users::User;

/// Who is signed in, and with which passkeys; `{"user": null}` for nobody.
pub(super) async fn me(State(app): State<Arc<App>>, browser: Browser) -> Answer<Json<Value>> {
    let Some(session) = browser.signed_in() else { return Ok(Json(json!({ "user": null }))) };
    let Some(user) = app.stores.users.by_handle(&session.user).await? else { return Ok(Json(json!({ "user": null }))) };
    let records = app.passkeys.list(&user.handle).await?;
    let passkeys: Vec<_> = records.iter().map(|record| passkeys::shown(record, session)).collect();
    Ok(Json(json!({ "user": name(&user), "passkeys": passkeys })))
}

/// What a sign-up or sign-in answers: the account, and its passkeys for the user's authenticators.
pub(super) fn welcome(user: &User, accepted: &AllAcceptedCredentialsSignal) -> Value {
    json!({ "user": name(user), "accepted": accepted })
}

pub(super) async fn sign_out(State(app): State<Arc<App>>, browser: Browser) -> impl IntoResponse {
    app.sessions.close(&browser);
    (browser.forgets(), StatusCode::NO_CONTENT)
}

/// Deletes the account with everything in it; answers what is left, for the user's authenticators: nothing.
pub(super) async fn delete(State(app): State<Arc<App>>, member: Member) -> Answer<impl IntoResponse> {
    member.confirmed(&app)?;
    let Member { browser, user, .. } = member;
    // Passkeys first: an account without any is nobody's, a passkey without an account would be somebody's.
    app.passkeys.delete_all(&user.handle).await?;
    app.stores.users.remove(&user.handle).await?;
    app.sessions.close_of_user(&user.handle);
    let accepted = app.passkeys.accepted(&user.handle).await?;
    Ok((browser.forgets(), Json(json!({ "accepted": accepted }))))
}

fn name(user: &User) -> Value {
    json!({ "username": user.username, "displayName": user.display_name })
}
