//! Reading the options as a client does (§5.1.8, §5.1.9), and its check of the RP ID.

use super::ClientError;
use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// What the client assumes if `pubKeyCredParams` is empty.
const DEFAULT_ALGORITHMS: [i64; 2] = [-7, -257];

pub(super) struct CreationOptions {
    pub rp_id: Option<String>,
    pub user_id: Vec<u8>,
    pub challenge: Vec<u8>,
    /// COSE numbers, most preferred first; empty if entries were given but none of a known type.
    pub algorithms: Vec<i64>,
    pub exclude: Vec<Vec<u8>>,
    pub attachment: Option<String>,
    pub requires_discoverable: bool,
    pub requires_user_verification: bool,
    pub asks_cred_props: bool,
}

impl CreationOptions {
    pub(super) fn parse(json: &str) -> Result<Self, ClientError> {
        let options = parse_object(json)?;
        text(&options["rp"], "name")?;
        let user = &options["user"];
        text(user, "name")?;
        text(user, "displayName")?;
        let user_id = bytes(user, "id")?;
        if !(1..=64).contains(&user_id.len()) {
            return Err(type_error("user.id must have 1 to 64 bytes"));
        }
        let selection = &options["authenticatorSelection"];
        let requires_discoverable = match optional_text(selection, "residentKey")?.as_deref() {
            Some(requirement) => requirement == "required",
            None => selection["requireResidentKey"] == true,
        };
        Ok(Self {
            rp_id: optional_text(&options["rp"], "id")?,
            user_id,
            challenge: bytes(&options, "challenge")?,
            algorithms: algorithms(&options)?,
            exclude: descriptors(&options, "excludeCredentials")?.unwrap_or_default(),
            attachment: optional_text(selection, "authenticatorAttachment")?,
            requires_discoverable,
            requires_user_verification: selection["userVerification"] == "required",
            asks_cred_props: options["extensions"]["credProps"] == true,
        })
    }
}

pub(super) struct RequestOptions {
    pub rp_id: Option<String>,
    pub challenge: Vec<u8>,
    /// `None` if the list is empty or absent: any discoverable credential will do.
    pub allow: Option<Vec<Vec<u8>>>,
    pub requires_user_verification: bool,
}

impl RequestOptions {
    pub(super) fn parse(json: &str) -> Result<Self, ClientError> {
        let options = parse_object(json)?;
        Ok(Self {
            rp_id: optional_text(&options, "rpId")?,
            challenge: bytes(&options, "challenge")?,
            allow: descriptors(&options, "allowCredentials")?,
            requires_user_verification: options["userVerification"] == "required",
        })
    }
}

/// The RP ID to use: the one of the options if the origin may claim it, else the host of the origin.
///
/// Without a public suffix list, any parent domain may be claimed. Origins without a host, such as those of native
/// apps, may claim any RP ID, and so may the origins that the relying party lists as related.
pub(super) fn effective_rp_id(requested: Option<String>, origin: &str, related_origins: &[String]) -> Result<String, ClientError> {
    let host = host(origin);
    let Some(rp_id) = requested else {
        return host.map(Into::into).ok_or(ClientError::SecurityError);
    };
    let covered =
        host.is_none_or(|host| host == rp_id || host.strip_suffix(&*rp_id).is_some_and(|rest| rest.ends_with('.') && !rp_id.is_empty()));
    let related = related_origins.iter().any(|related| related == origin);
    if covered || related { Ok(rp_id) } else { Err(ClientError::SecurityError) }
}

/// The host of `scheme://host:port`; `None` for any other kind of origin.
fn host(origin: &str) -> Option<&str> {
    let (_, authority) = origin.split_once("://")?;
    let end_of_address = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let port = authority[end_of_address..].find(':').map(|colon| end_of_address + colon);
    Some(&authority[..port.unwrap_or(authority.len())])
}

fn parse_object(json: &str) -> Result<Value, ClientError> {
    match serde_json::from_str(json) {
        Ok(options @ Value::Object(_)) => Ok(options),
        Ok(_) => Err(type_error("the options are not a JSON object")),
        Err(error) => Err(type_error(&format!("the options are not JSON: {error}"))),
    }
}

fn algorithms(options: &Value) -> Result<Vec<i64>, ClientError> {
    let Value::Array(entries) = &options["pubKeyCredParams"] else {
        return Err(type_error("pubKeyCredParams is not an array"));
    };
    if entries.is_empty() {
        return Ok(DEFAULT_ALGORITHMS.to_vec());
    }
    let mut algorithms = Vec::new();
    for entry in entries {
        let algorithm = entry["alg"].as_i64().ok_or_else(|| type_error("alg is not an integer"))?;
        if text(entry, "type")? == "public-key" {
            algorithms.push(algorithm);
        }
    }
    Ok(algorithms)
}

/// The IDs of a list of descriptors with a known type; `None` if the list is absent or empty.
fn descriptors(options: &Value, name: &str) -> Result<Option<Vec<Vec<u8>>>, ClientError> {
    let entries = match &options[name] {
        Value::Null => return Ok(None),
        Value::Array(entries) if entries.is_empty() => return Ok(None),
        Value::Array(entries) => entries,
        _ => return Err(type_error(&format!("{name} is not an array"))),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let id = bytes(entry, "id")?;
        if text(entry, "type")? == "public-key" {
            ids.push(id);
        }
    }
    Ok(Some(ids))
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, ClientError> {
    object[name].as_str().ok_or_else(|| type_error(&format!("{name} is not text")))
}

fn optional_text(object: &Value, name: &str) -> Result<Option<String>, ClientError> {
    match &object[name] {
        Value::Null => Ok(None),
        _ => text(object, name).map(|text| Some(text.to_owned())),
    }
}

fn bytes(object: &Value, name: &str) -> Result<Vec<u8>, ClientError> {
    let decoded = URL_SAFE_NO_PAD.decode(text(object, name)?);
    decoded.map_err(|_| type_error(&format!("{name} is not base64url without padding")))
}

fn type_error(reason: &str) -> ClientError {
    ClientError::TypeError(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rp_id_of_an_origin() {
        let resolve = |rp_id: &str, origin| effective_rp_id(Some(rp_id.into()), origin, &["https://example.de".into()]);
        for origin in ["https://example.com", "https://a.example.com:8443", "android:apk-key-hash:x", "https://example.de"] {
            assert_eq!(resolve("example.com", origin).unwrap(), "example.com", "{origin}");
        }
        for origin in ["https://com", "https://evilexample.com", "https://example.org", "https://example.com.evil"] {
            assert_eq!(resolve("example.com", origin), Err(ClientError::SecurityError), "{origin}");
        }
        assert_eq!(effective_rp_id(None, "http://localhost:8080", &[]).unwrap(), "localhost");
        assert_eq!(effective_rp_id(None, "http://[::1]:8080", &[]).unwrap(), "[::1]");
        assert_eq!(effective_rp_id(None, "android:apk-key-hash:x", &[]), Err(ClientError::SecurityError));
    }
}
