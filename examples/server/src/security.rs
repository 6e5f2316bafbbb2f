//! What stands around the handlers: headers on every answer, and who may change something.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::App;
use crate::error::Problem;

/// Nothing from elsewhere, nothing inline, and in nobody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "publickey-credentials-get=(self), publickey-credentials-create=(self)"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Two years of nothing but https.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Adds the security headers to every answer. What does not say how long it may be kept is not kept at all.
pub(crate) async fn headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.config.origin.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Cookies say who asks: only this server's own page may change anything with them.
pub(crate) async fn same_origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    if !comes_from(request.headers(), app.config.origin.as_str()) {
        return Problem::new(StatusCode::FORBIDDEN, "cross-site", "This request did not come from our page.").into_response();
    }
    // A form of another site can send text, but not this without asking first.
    if !is_json(request.headers()) {
        return Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "This request is not JSON.").into_response();
    }
    next.run(request).await
}

/// Browsers send `Origin` with everything that may change something, and `Sec-Fetch-Site` with everything. Who sends neither
/// is no browser, and cannot be told from one that was made to.
fn comes_from(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let (origin, site) = (text("origin"), text("sec-fetch-site"));
    origin.is_none_or(|origin| origin == own) && site.is_none_or(|site| site == "same-origin") && (origin.is_some() || site.is_some())
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
