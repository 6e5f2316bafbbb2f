//! clientDataJSON (§5.8.1): what the browser says about the ceremony.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use arrayvec::ArrayVec;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::error::{Error, ErrorCode, Result, json_fault};
use crate::wire::json::Json;

/// The longest clientDataJSON, in bytes: origins and challenges are short, extra members rare.
const MAX_LEN: usize = 16 * 1024;
/// The most members, so that the search for duplicates stays cheap.
const MAX_MEMBERS: usize = 64;

/// The members a relying party looks at, unescaped, and not yet judged.
///
/// Members of any other name are tolerated in any order (§5.8.1); no name may occur twice, since two
/// parsers could disagree on which one counts. `Debug` hides the challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientData<'a> {
    /// `webauthn.create` or `webauthn.get`.
    pub type_: Cow<'a, str>,
    /// The challenge as base64url text.
    pub challenge: Cow<'a, str>,
    /// The origin as the client reports it.
    pub origin: Cow<'a, str>,
    /// Whether the ceremony ran in a cross-origin frame; absent counts as `false`.
    pub cross_origin: bool,
    /// The origin of the topmost frame, from clients that know Level 3.
    pub top_origin: Option<Cow<'a, str>>,
}

impl fmt::Debug for ClientData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_, origin, cross_origin, top_origin, .. } = self;
        let mut text = f.debug_struct("ClientData");
        text.field("type_", type_).field("origin", origin).field("cross_origin", cross_origin);
        text.field("top_origin", top_origin).finish_non_exhaustive()
    }
}

impl<'a> ClientData<'a> {
    /// Parses the bytes as they came: a leading byte order mark is dropped and invalid UTF-8 becomes
    /// U+FFFD, as the specification's UTF-8 decode says. Hash the original bytes, not this value.
    ///
    /// # Errors
    /// `client-data-too-large`, `client-data-not-json`, `client-data-duplicate-member`,
    /// `client-data-member-missing`, `client-data-member-type`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        if bytes.len() > MAX_LEN {
            return Err(Error::new(ErrorCode::ClientDataTooLarge).expected("at most 16384 bytes").found(bytes.len()));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match core::str::from_utf8(bytes) {
            Ok(text) => as_serialized(text).map_or_else(|| from_text(text), Ok),
            Err(_) => from_text(&String::from_utf8_lossy(bytes)).map(ClientData::into_owned),
        }
    }

    fn into_owned<'b>(self) -> ClientData<'b> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        ClientData {
            type_: own(self.type_),
            challenge: own(self.challenge),
            origin: own(self.origin),
            cross_origin: self.cross_origin,
            top_origin: self.top_origin.map(own),
        }
    }
}

/// Reads the text that §5.8.1.1 has clients write, with or without `crossOrigin`, with no other member and nothing escaped: what the JSON parser would say, at
/// a tenth of the cost. `None` for any other text.
fn as_serialized(text: &str) -> Option<ClientData<'_>> {
    // All of it at once: this way the compiler looks at many bytes in one step.
    if text.bytes().fold(false, |odd, byte| odd | (byte < b' ') | (byte == b'\\')) {
        return None;
    }
    let (type_, rest) = text.strip_prefix(r#"{"type":""#).and_then(up_to_quote)?;
    let (challenge, rest) = rest.strip_prefix(r#","challenge":""#).and_then(up_to_quote)?;
    let (origin, rest) = rest.strip_prefix(r#","origin":""#).and_then(up_to_quote)?;
    // Older clients leave it out.
    let (cross_origin, rest) = match rest.strip_prefix(r#","crossOrigin":"#) {
        None => (false, rest),
        Some(rest) => match rest.strip_prefix("false") {
            Some(rest) => (false, rest),
            None => (true, rest.strip_prefix("true")?),
        },
    };
    let (top_origin, rest) = match rest.strip_prefix(r#","topOrigin":""#) {
        Some(rest) => up_to_quote(rest).map(|(top_origin, rest)| (Some(top_origin), rest))?,
        None => (None, rest),
    };
    (rest == "}").then(|| ClientData {
        type_: type_.into(),
        challenge: challenge.into(),
        origin: origin.into(),
        cross_origin,
        top_origin: top_origin.map(Into::into),
    })
}

/// What is in front of the next quotation mark, and behind it.
fn up_to_quote(text: &str) -> Option<(&str, &str)> {
    let (before, rest) = text.split_at_checked(memchr::memchr(b'"', text.as_bytes())?)?;
    Some((before, rest.strip_prefix('"')?))
}

fn from_text(text: &str) -> Result<ClientData<'_>> {
    let members: Members<'_> = serde_json::from_str(text).map_err(|e| Error::new(ErrorCode::ClientDataNotJson).found(json_fault(&e)))?;
    if let Some(name) = members.duplicate {
        return Err(Error::new(ErrorCode::ClientDataDuplicateMember).found(name));
    }
    Ok(ClientData {
        type_: required("type", members.type_)?,
        challenge: required("challenge", members.challenge)?,
        origin: required("origin", members.origin)?,
        cross_origin: match members.cross_origin {
            Json::Absent => false,
            Json::Bool(value) => value,
            other => return Err(wrong_type("crossOrigin", "a boolean", &other)),
        },
        top_origin: match members.top_origin {
            Json::Absent => None,
            Json::Text(value) => Some(value),
            other => return Err(wrong_type("topOrigin", "a string", &other)),
        },
    })
}

fn required<'a>(name: &'static str, value: Json<'a>) -> Result<Cow<'a, str>> {
    match value {
        Json::Text(text) => Ok(text),
        Json::Absent => Err(Error::new(ErrorCode::ClientDataMemberMissing).subject(name)),
        other => Err(wrong_type(name, "a string", &other)),
    }
}

fn wrong_type(name: &'static str, expected: &'static str, found: &Json<'_>) -> Error {
    Error::new(ErrorCode::ClientDataMemberType).subject(name).expected(expected).found(found.type_name())
}

#[derive(Default)]
struct Members<'a> {
    type_: Json<'a>,
    challenge: Json<'a>,
    origin: Json<'a>,
    cross_origin: Json<'a>,
    top_origin: Json<'a>,
    duplicate: Option<String>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> core::result::Result<Self::Value, A::Error> {
                let mut members = Members::default();
                let mut seen = ArrayVec::<Cow<'de, str>, MAX_MEMBERS>::new();
                while let Some(Json::Text(name)) = map.next_key::<Json<'de>>()? {
                    match &*name {
                        "type" => members.type_ = map.next_value()?,
                        "challenge" => members.challenge = map.next_value()?,
                        "origin" => members.origin = map.next_value()?,
                        "crossOrigin" => members.cross_origin = map.next_value()?,
                        "topOrigin" => members.top_origin = map.next_value()?,
                        _ => map.next_value::<IgnoredAny>().map(|_| ())?,
                    }
                    if seen.contains(&name) {
                        members.duplicate.get_or_insert(name.into_owned());
                    } else {
                        seen.try_push(name).map_err(|_| serde::de::Error::custom("too many members"))?;
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variations;

    const GOOD: &str = r#"{"type":"webauthn.get","challenge":"AA","origin":"https://example.com"}"#;

    fn code(bytes: impl AsRef<[u8]>) -> core::result::Result<(), ErrorCode> {
        ClientData::parse(bytes.as_ref()).map(|_| ()).map_err(|e| e.error_code())
    }

    #[test]
    fn order_extra_members_whitespace_escapes_and_a_bom_are_tolerated() {
        let texts = [
            GOOD,
            "\u{feff}{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://example.com\"}",
            r#" { "origin" : "https:\/\/example.com", "challenge":"AA", "new_keys":{"a":[1,null]}, "tokenBinding":"unused", "type":"webauthn.g\u0065t" } "#,
        ];
        for text in texts {
            let parsed = ClientData::parse(text.as_bytes()).expect(text);
            assert_eq!(
                (&*parsed.type_, &*parsed.challenge, &*parsed.origin, parsed.cross_origin, parsed.top_origin),
                ("webauthn.get", "AA", "https://example.com", false, None)
            );
        }
    }

    #[test]
    fn invalid_utf8_becomes_the_replacement_character() {
        let bytes = [b"{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"https://ex".as_slice(), b"\xff", b"ample.com\"}"].concat();
        assert_eq!(ClientData::parse(&bytes).map(|c| c.origin.contains('\u{fffd}')), Ok(true));
    }

    #[test]
    fn what_clients_write_is_read_off_as_the_json_parser_reads_it() {
        let texts = [
            GOOD,
            r#"{"type":"webauthn.get","challenge":"AA","origin":"https://example.com","crossOrigin":false}"#,
            r#"{"type":"webauthn.create","challenge":"AA","origin":"https://é.example","crossOrigin":true,"topOrigin":"https://a"}"#,
        ];
        for text in texts {
            assert!(as_serialized(text).is_some(), "{text}");
            for varied in variations::of(text.as_bytes()) {
                let Ok(varied) = core::str::from_utf8(&varied) else { continue };
                if let Some(read) = as_serialized(varied) {
                    assert_eq!(Ok(read), from_text(varied), "{varied}");
                }
            }
        }
        let escaped_twice = GOOD.replace("//", r"\/\/");
        let controls = escaped_twice.replace('\\', "\u{1}");
        let extra = r#"{"type":"a","challenge":"b","origin":"c","crossOrigin":false,"x":1}"#;
        for text in [extra, &escaped_twice, &controls] {
            assert_eq!(as_serialized(text), None, "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_own_code() {
        use ErrorCode::*;
        let cases = [
            ("", ClientDataNotJson),
            ("[]", ClientDataNotJson),
            ("null", ClientDataNotJson),
            (&GOOD.chars().take(20).collect::<String>(), ClientDataNotJson),
            (&alloc::format!("{GOOD}x"), ClientDataNotJson),
            (&GOOD.replace("AA", "A\u{0}A"), ClientDataNotJson),
            (&GOOD.replace("AA", "\\ud800"), ClientDataNotJson),
            (&alloc::format!("{}{}{}", GOOD.trim_end_matches('}'), ",\"x\":", "[".repeat(12_000)), ClientDataNotJson),
            (&alloc::format!("{{{}\"y\":0}}", (0..70).map(|i| alloc::format!("\"x{i}\":0,")).collect::<String>()), ClientDataNotJson),
            (&GOOD.replace("{", "{\"type\":\"webauthn.get\","), ClientDataDuplicateMember),
            (&GOOD.replace("{", "{\"t\\u0079pe\":\"webauthn.get\","), ClientDataDuplicateMember),
            (&GOOD.replace("{", "{\"x\":1,\"x\":1,"), ClientDataDuplicateMember),
            (&GOOD.replace("\"challenge\"", "\"c\""), ClientDataMemberMissing),
            (&GOOD.replace("\"AA\"", "7"), ClientDataMemberType),
            (&GOOD.replace("\"AA\"", "null"), ClientDataMemberType),
            (&GOOD.replace("\"AA\"", "{}"), ClientDataMemberType),
            (&GOOD.replace("{", "{\"crossOrigin\":\"false\","), ClientDataMemberType),
            (&GOOD.replace("{", "{\"topOrigin\":null,"), ClientDataMemberType),
            (&alloc::format!("{GOOD}{}", " ".repeat(MAX_LEN - GOOD.len() + 1)), ClientDataTooLarge),
        ];
        assert_eq!(code(alloc::format!("{GOOD}{}", " ".repeat(MAX_LEN - GOOD.len()))), Ok(()));
        for (text, expected) in cases {
            assert_eq!(code(text), Err(expected), "{}", text.chars().take(80).collect::<String>());
        }
    }
}
