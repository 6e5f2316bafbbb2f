//! A: a challenge for nobody in particular. Its answer is exchanged for tokens, which are stubs.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use passkeeper::store::CeremonyId;
use passkeeper::types::{Challenge, RpId, UserVerification};
use passkeeper::wire::AuthenticationResponse;
use passkeeper::{ErrorCode, SessionBinding, TakeBy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::{self, Dialect, read};
use super::stubs::{self, TOKEN_SECS};
use super::{Apis, Site, Status};
use crate::App;
use crate::limits::Source;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/passkey/challenge", post(start)).route("/oauth/token", post(exchange))
}

const PASSKEY_GRANT: &str = "urn:okta:params:oauth:grant-type:webauthn";

/// An application that signs users in.
struct Client {
    id: &'static str,
    /// Whether it can keep a secret: the API key.
    confidential: bool,
    first_party: bool,
    /// Whether the grant for passkeys is among its own.
    passkeys: bool,
}

const CLIENTS: [Client; 4] = [
    Client { id: "demo-native", confidential: false, first_party: true, passkeys: true },
    Client { id: "demo-web", confidential: true, first_party: true, passkeys: true },
    Client { id: "demo-password-only", confidential: false, first_party: true, passkeys: false },
    Client { id: "demo-third-party", confidential: false, first_party: false, passkeys: true },
];

enum OAuth {}
type Refusal = refusal::Refusal<OAuth>;

impl Dialect for OAuth {
    fn status(code: ErrorCode) -> Option<StatusCode> {
        matches!(code, ErrorCode::WorkflowDisabled).then_some(StatusCode::NOT_FOUND)
    }

    fn body(refusal: &Refusal) -> Value {
        let error = match refusal.status {
            StatusCode::UNAUTHORIZED => "invalid_client",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
            StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
            StatusCode::INTERNAL_SERVER_ERROR => "server_error",
            _ if matches!(refusal.code, "unsupported_grant_type" | "invalid_grant") => refusal.code,
            _ => "invalid_request",
        };
        json!({ "error": error, "error_description": refusal.message })
    }
}

/// What both requests say of who asks.
#[derive(Deserialize)]
struct Asking {
    client_id: String,
    client_secret: Option<String>,
    realm: Option<String>,
    organization: Option<String>,
}

#[derive(Serialize)]
struct Challenged<'a> {
    auth_session: &'a CeremonyId,
    authn_params_public_key: Params<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Params<'a> {
    challenge: &'a Challenge,
    rp_id: &'a RpId,
    timeout: Option<u32>,
    user_verification: UserVerification,
}

async fn start(State(app): State<Arc<App>>, Source(source): Source, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let asking: Asking = read(&body)?;
    let (site, client) = app.apis.asked(&asking, &headers)?;
    // The secret is the key: whoever keeps it is a server that asks for many.
    let source = if asking.client_secret.is_some() { Source::KEYED.into() } else { source };
    let request = site.authentication(source).in_session(client);
    let started = site.passkeys.start_authentication(request).await?;
    let params = Params {
        challenge: &started.options.challenge,
        rp_id: &started.options.rp_id,
        timeout: started.options.timeout,
        user_verification: started.options.user_verification,
    };
    Ok(Json(json!(Challenged { auth_session: &started.session, authn_params_public_key: params })))
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    #[serde(flatten)]
    asking: Asking,
    scope: Option<String>,
}

/// Of the grant for passkeys.
#[derive(Deserialize)]
struct Answered {
    auth_session: CeremonyId,
    authn_response: AuthenticationResponse,
}

/// Of the grant for codes, as API C issues them.
#[derive(Deserialize)]
struct Coded {
    code: String,
}

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

async fn exchange(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Refusal> {
    let Exchange { grant_type, asking, scope } = read(&body)?;
    let (site, client) = app.apis.asked(&asking, &headers)?;
    match grant_type.as_str() {
        PASSKEY_GRANT => {
            let Answered { auth_session, authn_response } = read(&body)?;
            let by = TakeBy::id(&auth_session).in_session(client);
            let veto = async |verified: &mut passkeeper::VerifiedAuthentication| may_sign_in(site, verified.user_handle()).await;
            let _login = site.passkeys.complete_authentication_unless(by, &authn_response, veto).await?;
        }
        "authorization_code" => {
            let Coded { code } = read(&body)?;
            app.apis.codes.exchange(&code).ok_or_else(|| refused("invalid_grant", "The code is unknown, used, or too old."))?;
        }
        _ => return Err(refused("unsupported_grant_type", "There is no such grant.")),
    }
    Ok(Json(Tokens { access_token: stubs::token()?, token_type: "Bearer", expires_in: TOKEN_SECS, scope }))
}

async fn may_sign_in(site: &Site, user: &passkeeper::types::UserHandle) -> Result<(), Refusal> {
    match site.people.by_handle(user).await? {
        Some(person) if person.status == Status::Active => Ok(()),
        _ => Err(refused("invalid_grant", "This user cannot sign in.")),
    }
}

impl Apis {
    /// The site that is meant, and the client as a session that alone may complete what it starts.
    fn asked(&self, asking: &Asking, headers: &HeaderMap) -> Result<(&Site, SessionBinding), Refusal> {
        let unauthorized = || Refusal::new(StatusCode::UNAUTHORIZED, "invalid_client", "These are not a client's credentials.");
        let client = CLIENTS.iter().find(|client| client.id == asking.client_id).ok_or_else(unauthorized)?;
        let authentic = match &asking.client_secret {
            Some(secret) => client.confidential && self.opened_by(secret),
            None => !client.confidential,
        };
        if !authentic {
            return Err(unauthorized());
        }
        if !client.first_party || !client.passkeys {
            return Err(refused("invalid_request", "This application cannot use passkeys."));
        }
        let site = match &asking.realm {
            Some(realm) => self.sites.iter().find(|site| site.name == *realm),
            None => self.at_host(headers),
        };
        // Also with a realm, the request has to come to the relying party's own domain.
        let site = site.filter(|site| site.is_at(headers)).ok_or_else(|| refused("invalid_request", "There is no such realm here."))?;
        if site.organization != asking.organization {
            return Err(refused("invalid_request", "There is no such organization here, or one has to be named."));
        }
        Ok((site, SessionBinding::new(client.id)?))
    }
}

fn refused(code: &'static str, message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, code, message)
}
