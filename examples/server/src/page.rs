//! The page and the well-known documents.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::App;

const HTML: &str = include_str!("../static/index.html");
const SCRIPT: &str = include_str!("../static/app.js");
const STYLE: &str = include_str!("../static/style.css");
const ICON: &str = include_str!("../static/icon.svg");

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(html))
        .route("/app.js", get(|| text("text/javascript; charset=utf-8", SCRIPT)))
        .route("/style.css", get(|| text("text/css; charset=utf-8", STYLE)))
        .route("/icon.svg", get(|| text("image/svg+xml", ICON)))
        .route("/.well-known/webauthn", get(related_origins))
        .route("/.well-known/passkey-endpoints", get(endpoints))
        .route("/healthz", get(|| async { "ok" }))
}

/// The page under the relying party's name.
async fn html(State(app): State<Arc<App>>) -> impl IntoResponse {
    let page = HTML.replace("{{rp_name}}", &escaped(&app.config.rp_name));
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page)
}

async fn text(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")], text)
}

/// §5.11: the origins that may use this RP ID. Browsers ask for it at the RP ID's own host.
async fn related_origins(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "origins": app.passkeys.relying_party().origins() }))
}

/// Where a password manager sends people who want a passkey, or want to see theirs.
async fn endpoints(State(app): State<Arc<App>>) -> Json<Value> {
    let page = format!("{}/", app.config.origin);
    Json(json!({ "enroll": page, "manage": page }))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
