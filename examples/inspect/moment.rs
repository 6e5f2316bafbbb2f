//! Moments and certificates as people write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use passkeeper::types::UnixTime;
use passkeeper::x509::TrustAnchor;
use serde_json::Value;
use x509_cert::der::DateTime;

/// `2026-01-31T12:00:00Z`, with or without a fraction; or seconds since 1970.
pub(crate) fn parse(text: &str) -> Option<UnixTime> {
    if let Ok(secs) = text.parse() {
        return Some(UnixTime::from_secs(secs));
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (format!("{whole}Z"), fraction.strip_suffix('Z')?),
        None => (text.to_owned(), ""),
    };
    let date: DateTime = whole.parse().ok().filter(|_| fraction.bytes().all(|b| b.is_ascii_digit()))?;
    i64::try_from(date.unix_duration().as_secs()).ok().map(UnixTime::from_secs)
}

pub(crate) fn from_json(value: &Value) -> Option<UnixTime> {
    match value {
        Value::String(text) => parse(text),
        other => other.as_i64().map(UnixTime::from_secs),
    }
}

/// The date, as far as there is one; the seconds otherwise.
pub(crate) fn show(time: UnixTime) -> String {
    let secs = u64::try_from(time.as_secs()).ok();
    let date = secs.and_then(|secs| DateTime::from_unix_duration(std::time::Duration::from_secs(secs)).ok());
    date.map_or_else(|| format!("{} seconds since 1970", time.as_secs()), |date| date.to_string())
}

/// A certificate in PEM or DER.
pub(crate) fn certificate(content: &[u8]) -> Result<TrustAnchor, String> {
    let der = match std::str::from_utf8(content) {
        Ok(text) if text.contains("-----BEGIN") => from_pem(text)?,
        _ => content.to_vec(),
    };
    TrustAnchor::from_der(&der).map_err(|error| error.to_string())
}

fn from_pem(text: &str) -> Result<Vec<u8>, String> {
    let mut lines = text.lines().map(str::trim).skip_while(|line| !line.starts_with("-----BEGIN"));
    let kind = lines.next().unwrap_or_default();
    if kind != "-----BEGIN CERTIFICATE-----" {
        return Err("the PEM block is not a CERTIFICATE".to_owned());
    }
    let base64: String = lines.take_while(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(base64).map_err(|error| error.to_string())
}
