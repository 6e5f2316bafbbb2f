//! What a login answers: the user and a token, which are stubs, or what stands between the two.

use axum::http::StatusCode;
use passkeeper::types::UnixTime;
use serde_json::{Value, json};

use super::super::{Person, Status, Uuid, stubs};
use super::passkey::millis;

/// A stub of the user's profile: what this server knows, in the members of the product's.
pub(super) fn profile(person: &Person, tenant: &Uuid, now: UnixTime) -> Value {
    let identity =
        |kind: &str, value: &str| json!({ "primary": true, "type": kind, "value": value, "verified": false, "verifiedReason": "Import" });
    let identities = [("email", person.email.as_ref()), ("phoneNumber", person.phone.as_ref()), ("username", Some(&person.username))];
    let mut user = json!({
        "active": true,
        "data": {},
        "fullName": person.display_name,
        "id": String::from_utf8_lossy(person.handle.as_bytes()),
        "identities": identities.into_iter().filter_map(|(kind, value)| value.map(|value| identity(kind, value))).collect::<Vec<_>>(),
        "lastLoginInstant": millis(now),
        "passwordChangeRequired": person.status == Status::ChangePassword,
        "preferredLanguages": [],
        "registrations": [],
        "tenantId": tenant,
        "twoFactor": { "methods": [] },
        "username": person.username,
        "usernameStatus": "ACTIVE",
        "verified": person.status != Status::Unverified,
    });
    for (name, value) in [("email", &person.email), ("phoneNumber", &person.phone)] {
        if let (Some(value), Some(user)) = (value, user.as_object_mut()) {
            user.insert(name.into(), value.as_str().into());
        }
    }
    user
}

/// What stands between this user and a login, if anything does: a status, and a body where that has one.
pub(super) fn obstacle(person: &Person, profile: &Value) -> passkeeper::Result<Option<(StatusCode, Option<Value>)>> {
    let user = || Some(json!({ "user": profile }));
    let (status, body) = match person.status {
        Status::Active => return Ok(None),
        Status::NotRegistered => (202, user()),
        Status::ChangePassword => (203, Some(json!({ "changePasswordId": stubs::token()?, "changePasswordReason": "Administrative" }))),
        Status::Unverified => (212, user()),
        Status::RegistrationUnverified => (213, user()),
        Status::TwoFactor => (242, Some(json!({ "twoFactorId": stubs::token()? }))),
        Status::ActionPending => (409, Some(json!({ "actions": [{ "name": "Demo action" }] }))),
        Status::Expired => (410, None),
        Status::Locked => (423, None),
    };
    Ok(Some((StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)))
}
