//! Step-up: whoever is signed in shows the passkey again, and gets five minutes for what is dangerous.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use passkeeper::wire::AuthenticationResponse;
use passkeeper::{AuthenticationRequest, NotCompleted};
use serde_json::json;

use super::{Finish, Sent, started};
use crate::error::{Answer, Problem};
use crate::limits::Source;
use crate::session::Member;
use crate::{App, PROOF};

/// Options for the passkeys of the account.
pub(super) async fn start(State(app): State<Arc<App>>, member: Member, Source(source): Source) -> Answer<impl IntoResponse> {
    let request = AuthenticationRequest::known(member.user.handle).in_session(member.browser.binding()?).source(source);
    Ok(started(&app.passkeys.start_assertion(request).await?))
}

/// The session keeps the proof.
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    member: Member,
    Sent(form): Sent<Finish<AuthenticationResponse>>,
) -> Answer<impl IntoResponse> {
    let by = form.by(&member.browser)?;
    let completed = app
        .passkeys
        .complete_assertion_unless(by, &form.credential, async |verified| {
            // Somebody else may have signed in in this browser since the start.
            if verified.record().user_handle == member.user.handle { Ok(()) } else { Err(Problem::refused()) }
        })
        .await;
    match completed {
        Ok(asserted) => app.sessions.prove(&member.browser, asserted.proof()),
        Err(NotCompleted::Vetoed(problem)) => return Err(problem),
        Err(NotCompleted::Refused(error)) => return Err(error.into()),
    }
    Ok(Json(json!({ "confirmedForSecs": PROOF.max_age_secs })))
}
