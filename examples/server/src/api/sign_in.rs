//! Sign-in: by autofill or a button, where the passkey says who it is, or by user name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use passkeeper::wire::AuthenticationResponse;
use passkeeper::{AuthenticationRequest, Identifier, IdentifierKind, NotCompleted};
use serde::Deserialize;

use super::{Finish, Sent, account, started};
use crate::App;
use crate::error::{Answer, Problem};
use crate::limits::Source;
use crate::session::Browser;

#[derive(Deserialize)]
pub(super) struct Start {
    #[serde(default)]
    username: String,
}

/// Options for whoever holds a passkey here, or for one user. Nobody learns from them who has an account.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    browser: Browser,
    Source(source): Source,
    Sent(form): Sent<Start>,
) -> Answer<impl IntoResponse> {
    let request = AuthenticationRequest::discoverable().in_session(browser.binding()?).source(source);
    let begun = match form.username.trim() {
        "" => app.passkeys.start_authentication(request).await?,
        name => {
            let identifier = Identifier::of(name, [IdentifierKind::Username]);
            app.passkeys.start_authentication_for(&app.stores.users, &identifier, request).await?
        }
    };
    Ok((browser, started(&begun)))
}

/// A login, unless the account has gone.
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    browser: Browser,
    Sent(form): Sent<Finish<AuthenticationResponse>>,
) -> Answer<impl IntoResponse> {
    let mut account = None;
    let completed = app
        .passkeys
        .complete_authentication_unless(form.by(&browser)?, &form.credential, async |verified| {
            let user = app.stores.users.by_handle(&verified.record().user_handle).await?;
            // Here is the place to look whether the account is locked.
            account = Some(user.ok_or_else(Problem::refused)?);
            Ok::<_, Problem>(())
        })
        .await;
    let login = match completed {
        Ok(login) => login,
        Err(NotCompleted::Vetoed(problem)) => return Err(problem),
        Err(NotCompleted::Refused(error)) => return Err(error.into()),
    };
    let user = account.ok_or_else(Problem::refused)?;
    let accepted = app.passkeys.accepted(login.user_handle()).await?;
    let browser = app.sessions.open(browser, login.proof(), login.record().credential_id.clone())?;
    Ok((browser, Json(account::welcome(&user, &accepted))))
}
