//! Sign-up: an account comes into being together with its first passkey.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use passkeeper::types::UserHandle;
use passkeeper::wire::RegistrationResponse;
use passkeeper::{Clock as _, Entropy as _, ErrorCode, NotCompleted, Proof, Registered, RegistrationRequest, SystemEntropy};
use serde::{Deserialize, Serialize};

use super::{Finish, Sent, account, made_in_vain, passkeys, started};
use crate::App;
use crate::error::{Answer, Problem};
use crate::limits::Source;
use crate::session::Browser;
use crate::users::User;

/// How long an account may be without a passkey: longer than any ceremony takes.
const ORPHAN_SECS: u32 = 10 * 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    username: String,
    #[serde(default)]
    display_name: String,
}

/// Who wants to sign up: travels with the ceremony, out of the browser's reach.
#[derive(Serialize, Deserialize)]
struct Applicant {
    username: String,
    display_name: String,
}

/// Options for the first passkey of an account that is not there yet.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    browser: Browser,
    Source(source): Source,
    headers: HeaderMap,
    Sent(form): Sent<Start>,
) -> Answer<impl IntoResponse> {
    let applicant = Applicant::new(form)?;
    if let Some(other) = app.stores.users.by_name(&applicant.username).await?
        && !makes_room(&other, &app).await?
    {
        return Err(Problem::name_taken());
    }
    let user = applicant.user(fresh_handle()?, &app);
    let state = serde_json::to_string(&applicant).map_err(|_| ErrorCode::CallerStateTooLarge).map_err(passkeeper::Error::from)?;
    // Nobody but this browser has seen the handle: it is in control of the account to be.
    let proof = Proof::by_other_factor(app.passkeys.relying_party().scope().clone(), user.handle.clone(), true, app.clock.now());
    let request = RegistrationRequest::new(user.entity()).proof(proof).source(source).state(state).in_session(browser.binding()?);
    let begun = app.passkeys.start_registration(passkeys::labelled(request, &headers)).await?;
    Ok((browser, started(&begun)))
}

/// The account is made between verification and commit, and undone if the passkey cannot be stored.
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    browser: Browser,
    Sent(form): Sent<Finish<RegistrationResponse>>,
) -> Answer<impl IntoResponse> {
    // A task of its own: a browser that goes away does not stop it halfway.
    let task = tokio::spawn(async move { sign_up(&app, browser, form).await });
    task.await.map_err(|_| Problem::from(passkeeper::Error::new(ErrorCode::StoreUnavailable)))?
}

async fn sign_up(app: &App, browser: Browser, form: Finish<RegistrationResponse>) -> Answer<impl IntoResponse + use<>> {
    let mut created = None;
    let completed = app
        .passkeys
        .complete_registration_unless(form.by(&browser)?, &form.credential, async |verified| {
            let applicant: Applicant = verified.state().and_then(|state| serde_json::from_str(state).ok()).ok_or_else(Problem::refused)?;
            let user = applicant.user(verified.record().user_handle.clone(), app);
            create(app, &user)
                .await
                .map_err(|problem| problem.signal(app.passkeys.unknown_credential(verified.record().credential_id.clone())))?;
            created = Some(user);
            Ok(())
        })
        .await;
    match (completed, created) {
        (Ok(registered), Some(user)) => signed_up(app, browser, registered, user).await,
        (Ok(_), None) => Err(Problem::refused()),
        (Err(NotCompleted::Vetoed(problem)), _) => Err(problem),
        (Err(NotCompleted::Refused(error)), created) => {
            if let Some(user) = created {
                app.stores.users.remove(&user.handle).await?;
            }
            Err(made_in_vain(app, error, &form.credential).await)
        }
    }
}

async fn signed_up(app: &App, browser: Browser, registered: Registered, user: User) -> Answer<impl IntoResponse + use<>> {
    let record = passkeys::named(app, registered.record).await;
    let verified = record.usage.uv_initialized == Some(true);
    let proof = Proof::by_other_factor(record.scope, record.user_handle, verified, record.created_at);
    let browser = app.sessions.open(browser, proof, record.credential_id)?;
    Ok((browser, Json(account::welcome(&user, &registered.accepted))))
}

/// Adds the account.
async fn create(app: &App, user: &User) -> Answer<()> {
    if app.stores.users.create(user).await? {
        return Ok(());
    }
    let Some(other) = app.stores.users.by_name(&user.username).await? else { return Err(Problem::name_taken()) };
    if makes_room(&other, app).await? {
        app.stores.users.remove(&other.handle).await?;
        if app.stores.users.create(user).await? {
            return Ok(());
        }
    }
    Err(Problem::name_taken())
}

/// An account that has lost its passkeys to a crash is nobody's.
async fn makes_room(user: &User, app: &App) -> Answer<bool> {
    let old = user.created_at.saturating_add_secs(ORPHAN_SECS) < app.clock.now();
    Ok(old && app.passkeys.list(&user.handle).await?.is_empty())
}

impl Applicant {
    /// A user name of 1 to 64 letters, digits and `. _ - + @`; a display name of at most 64 characters, or else the user name.
    fn new(form: Start) -> Answer<Self> {
        let bad = |message| Err(Problem::new(StatusCode::BAD_REQUEST, "bad-name", message));
        let (username, display_name) = (form.username.trim(), form.display_name.trim());
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-+@".contains(c);
        if !(1..=64).contains(&username.len()) || !username.chars().all(fits) {
            return bad("A user name has 1 to 64 letters, digits, dots, dashes, underscores, plus or at signs.");
        }
        if display_name.chars().count() > 64 || display_name.chars().any(char::is_control) {
            return bad("Please choose a shorter name.");
        }
        let display_name = if display_name.is_empty() { username } else { display_name };
        Ok(Self { username: username.to_owned(), display_name: display_name.to_owned() })
    }

    fn user(&self, handle: UserHandle, app: &App) -> User {
        User { handle, username: self.username.clone(), display_name: self.display_name.clone(), created_at: app.clock.now() }
    }
}

fn fresh_handle() -> passkeeper::Result<UserHandle> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes).map_err(|_| ErrorCode::RandomnessUnavailable)?;
    UserHandle::new(bytes)
}
