//! `android-safetynet` (§8.5), deprecated: a service of Google vouched for the device's software.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::statement::{Members, malformed, required};
use super::{AttestationFormat, AttestationType, Attested, Statement};
use crate::error::{Error, ErrorCode, Result};
use crate::x509::{Certificate, Jws};

const SERVICE: &str = "attest.android.com";
/// How old or how far ahead the service's statement may be, in milliseconds.
const MAX_AGE_MS: i64 = 60_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    nonce: String,
    #[serde(default)]
    cts_profile_match: bool,
    timestamp_ms: i64,
}

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    let members = Members::parse(attested.object.att_stmt, &["ver", "response"])?;
    if required("ver", members.ver)?.is_empty() {
        return Err(malformed("ver"));
    }
    let response = core::str::from_utf8(required("response", members.response)?).map_err(|_| malformed("response"))?;
    let jws = Jws::parse(response)?;
    let leaf_der = jws.x5c.first().ok_or_else(|| malformed("x5c"))?;
    let leaf = Certificate::parse(leaf_der)?;
    if !leaf.is_for_host(SERVICE)? {
        return Err(Error::new(ErrorCode::SafetynetHost).expected(SERVICE));
    }
    jws.verify(&leaf, attested.provider)?;

    let payload: Payload = serde_json::from_slice(&jws.payload).map_err(|_| malformed("payload"))?;
    let nonce = STANDARD.encode(attested.provider.sha256(&[attested.object.auth_data, &attested.client_data_hash()]));
    if payload.nonce != nonce {
        return Err(Error::new(ErrorCode::AttestationNonceMismatch).subject("nonce"));
    }
    if !payload.cts_profile_match {
        return Err(ErrorCode::SafetynetCtsProfile.into());
    }
    let age = attested.moments.registration.as_secs().saturating_mul(1000).saturating_sub(payload.timestamp_ms);
    if !(-MAX_AGE_MS..=MAX_AGE_MS.saturating_add(999)).contains(&age) {
        return Err(Error::new(ErrorCode::SafetynetTimestamp).expected("at most 60 s").found(format_args!("{age} ms")));
    }
    let path: Vec<Cow<'a, [u8]>> = jws.x5c.into_iter().map(Cow::Owned).collect();
    Ok(Statement { path, ..Statement::new(AttestationFormat::AndroidSafetynet, AttestationType::Basic) })
}
