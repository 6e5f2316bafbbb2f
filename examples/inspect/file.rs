//! A response file: what the relying party expects, and what came.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use passkeeper::types::{Bytes, UnixTime, UserVerification};
use passkeeper::x509::TrustAnchor;
use serde_json::{Map, Value};

use crate::{moment, raw_json};

/// Larger files are not read.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Why a file, as opposed to the response in it, could not be judged.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

impl Failure {
    fn unreadable(message: impl fmt::Display) -> Self {
        Self { code: "file-unreadable", kind: "misuse", message: message.to_string() }
    }

    fn malformed(message: impl fmt::Display) -> Self {
        Self { code: "file-malformed", kind: "malformed", message: message.to_string() }
    }

    pub(crate) fn incomplete(message: impl fmt::Display) -> Self {
        Self { code: "file-incomplete", kind: "misuse", message: message.to_string() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Registration,
    Authentication,
}

/// One file, its shape checked; what stands in the response is the crate's to judge.
#[derive(Debug)]
pub(crate) struct Case {
    /// What is wrong with the members around the response: they are taken for absent, and nothing is judged.
    pub(crate) malformed: Vec<Failure>,
    /// Whether the file is the response itself, as `credential.toJSON()` has it.
    pub(crate) bare: bool,
    pub(crate) kind: Kind,
    pub(crate) rp_id: Option<String>,
    /// Empty if the file names none.
    pub(crate) origins: Vec<String>,
    pub(crate) challenge: Option<Bytes>,
    /// The response as it stands in the file.
    pub(crate) response_text: String,
    pub(crate) response: Value,
    pub(crate) stored: Option<Stored>,
    pub(crate) options: Options,
    pub(crate) trust: Trust,
}

/// What the attestation is to be judged by.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    /// None: whatever the statement's certificates lead to will do.
    pub(crate) roots: Vec<TrustAnchor>,
    /// The moment of the ceremony.
    pub(crate) verification_time: Option<UnixTime>,
}

/// What the relying party has on record.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) credential_id: Option<Bytes>,
    pub(crate) public_key: Option<Bytes>,
    pub(crate) sign_count: u32,
    pub(crate) user_handle: Option<Bytes>,
    pub(crate) backup_eligible: Option<bool>,
}

/// What the relying party asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) user_verification: Option<UserVerification>,
    pub(crate) algorithms: Option<Vec<i64>>,
    pub(crate) user_presence: Option<bool>,
    pub(crate) allow_cross_origin: bool,
    pub(crate) top_origins: Option<Vec<String>>,
    pub(crate) app_id: Option<String>,
}

/// Reads a response file whole, unless it is too large.
pub(crate) fn load(path: &OsStr) -> Result<Vec<u8>, Failure> {
    load_up_to(path, MAX_FILE)
}

/// Reads a file whole, unless it is larger than this.
pub(crate) fn load_up_to(path: &OsStr, limit: u64) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).map_err(Failure::unreadable)?;
    let mut content = Vec::new();
    // One byte more than allowed tells a file at the limit from a larger one.
    file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(Failure::unreadable)?;
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > limit {
        return Err(Failure::unreadable(format_args!("the file is larger than {limit} bytes")));
    }
    Ok(content)
}

impl Case {
    pub(crate) fn parse(content: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(content).map_err(|error| Failure::malformed(format_args!("not UTF-8: {error}")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: Value = serde_json::from_str(text).map_err(|error| Failure::malformed(format_args!("not JSON: {error}")))?;
        let Value::Object(members) = &value else { return Err(wrong("the file", "an object", &value)) };
        let malformed = RefCell::default();
        let file = Members { members, path: "", malformed: &malformed };

        let bare = is_bare(&value);
        let response = match members.get("response") {
            _ if bare => value.clone(),
            None | Some(Value::Null) => return Err(Failure::malformed("there is no member response")),
            Some(response) => response.clone(),
        };
        let response_text = if bare { text.trim() } else { raw_json::member(text, "response").unwrap_or_default() }.to_owned();
        let stored = file.object("stored").map(|stored| Stored::parse(&stored));
        let options = file.object("options").map(|options| Options::parse(&options)).unwrap_or_default();
        let trust = file.object("trust").map(|trust| Trust::parse(&trust)).unwrap_or_default();
        let kind = match file.text("kind") {
            Some("registration") => Kind::Registration,
            Some("authentication") => Kind::Authentication,
            other => {
                if let Some(other) = other {
                    file.note(Failure::malformed(format_args!("kind is {other:?}, should be registration or authentication")));
                }
                guess_kind(&response, stored.is_some())
            }
        };
        let (rp_id, challenge) = (file.text("rp_id").map(str::to_owned), file.bytes("challenge"));
        let origins = file.texts("origins").unwrap_or_default();
        let malformed = malformed.into_inner();
        Ok(Self { malformed, bare, kind, rp_id, origins, challenge, response_text, response, stored, options, trust })
    }

    /// A member of the inner `response`, if it is any base64.
    pub(crate) fn part(&self, name: &str) -> Option<Vec<u8>> {
        any_base64(self.response.get("response")?.get(name)?.as_str()?)
    }

    /// A member of the response itself, if it is any base64.
    pub(crate) fn id(&self, name: &str) -> Option<Vec<u8>> {
        any_base64(self.response.get(name)?.as_str()?)
    }

    /// The origins that are expected.
    pub(crate) fn expected_origins(&self) -> Vec<String> {
        match (&*self.origins, &self.rp_id) {
            ([], Some(rp_id)) => vec![format!("https://{rp_id}")],
            (origins, _) => origins.to_vec(),
        }
    }
}

/// Decodes what people take for base64url, too: the standard alphabet, line breaks, loose bits at the end.
pub(crate) fn any_base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let url_safe = |c| match c {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    let text: String = text.chars().filter(|c| *c != '=' && !c.is_whitespace()).map(url_safe).collect();
    GeneralPurpose::new(&alphabet::URL_SAFE, config).decode(text).ok()
}

fn guess_kind(response: &Value, stored: bool) -> Kind {
    let has = |name: &str| response.get("response").and_then(|inner| inner.get(name)).is_some();
    if has("attestationObject") || !(has("signature") || stored) { Kind::Registration } else { Kind::Authentication }
}

/// A credential without anything around it: its own response is the inner one.
fn is_bare(file: &Value) -> bool {
    let inner = |name: &str| file.get("response").is_some_and(|response| response.get(name).is_some());
    !inner("response") && ["clientDataJSON", "attestationObject", "authenticatorData", "signature"].into_iter().any(inner)
}

impl Stored {
    fn parse(stored: &Members<'_>) -> Self {
        let sign_count = stored.integer("sign_count").unwrap_or(0);
        if u32::try_from(sign_count).is_err() {
            stored.note(Failure::malformed("stored.sign_count does not fit 32 bits"));
        }
        Self {
            credential_id: stored.bytes("credential_id"),
            public_key: stored.bytes("public_key_cose"),
            sign_count: u32::try_from(sign_count).unwrap_or(0),
            user_handle: stored.bytes("user_handle"),
            backup_eligible: stored.boolean("backup_eligible"),
        }
    }
}

impl Trust {
    fn parse(trust: &Members<'_>) -> Self {
        let mut roots = Vec::new();
        for (number, text) in trust.texts("roots_pem").unwrap_or_default().iter().enumerate() {
            match moment::certificate(text.as_bytes()) {
                Ok(root) => roots.push(root),
                Err(error) => trust.note(Failure::malformed(format_args!("trust.roots_pem[{number}] is no certificate: {error}"))),
            }
        }
        Self { roots, verification_time: trust.get("verification_time", "a date such as 2026-01-31T12:00:00Z", moment::from_json) }
    }
}

impl Options {
    fn parse(options: &Members<'_>) -> Self {
        let user_verification = match options.text("user_verification") {
            None => None,
            Some("required") => Some(UserVerification::Required),
            Some("preferred") => Some(UserVerification::Preferred),
            Some("discouraged") => Some(UserVerification::Discouraged),
            Some(other) => {
                options.note(Failure::malformed(format_args!("options.user_verification is {other:?}")));
                None
            }
        };
        Self {
            user_verification,
            algorithms: options.integers("algs"),
            user_presence: options.boolean("user_presence"),
            allow_cross_origin: options.boolean("allow_cross_origin").unwrap_or(false),
            top_origins: options.texts("top_origins"),
            app_id: options.text("appid").map(str::to_owned),
        }
    }
}

/// An object of the file; absent and null are the same, and so, once it is noted, is what has another type.
struct Members<'a> {
    members: &'a Map<String, Value>,
    /// Where it stands, with a dot at the end.
    path: &'static str,
    malformed: &'a RefCell<Vec<Failure>>,
}

impl<'a> Members<'a> {
    fn note(&self, failure: Failure) {
        self.malformed.borrow_mut().push(failure);
    }

    fn get<T>(&self, name: &str, what: &str, convert: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.members.get(name).filter(|value| !value.is_null())?;
        let converted = convert(value);
        if converted.is_none() {
            self.note(wrong(&[self.path, name].concat(), what, value));
        }
        converted
    }

    fn object(&self, name: &'static str) -> Option<Members<'a>> {
        let path = match name {
            "stored" => "stored.",
            "options" => "options.",
            _ => "trust.",
        };
        self.get(name, "an object", |value| Some(Members { members: value.as_object()?, path, malformed: self.malformed }))
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name, "a string", Value::as_str)
    }

    fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name, "a boolean", Value::as_bool)
    }

    fn integer(&self, name: &str) -> Option<i64> {
        self.get(name, "an integer", Value::as_i64)
    }

    fn bytes(&self, name: &str) -> Option<Bytes> {
        self.get(name, "base64url", |value| Bytes::from_base64url(value.as_str()?).ok())
    }

    fn texts(&self, name: &str) -> Option<Vec<String>> {
        let texts = |value: &Value| value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect();
        self.get(name, "a list of strings", texts)
    }

    fn integers(&self, name: &str) -> Option<Vec<i64>> {
        self.get(name, "a list of integers", |value| value.as_array()?.iter().map(Value::as_i64).collect())
    }
}

fn wrong(name: &str, expected: &str, found: &Value) -> Failure {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Failure::malformed(format_args!("{name} is {found}, should be {expected}"))
}
