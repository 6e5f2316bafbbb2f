//! A row's members, caught with their type: what is wrong is said with the member's name.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use spki::der::DateTime;

use super::HandleEncoding;
use crate::error::{Error, ErrorCode, Result, json_fault, quoted, unshown};
use crate::types::{Bytes, CredentialId, RecordId, Transport, UnixTime, UserHandle};

/// How many transports, and how long each may be in bytes.
const MAX_TRANSPORTS: usize = 16;
const MAX_TRANSPORT: usize = 64;
/// The last second of the year 9999.
const MAX_TIME: i64 = 253_402_300_799;

/// Parses a row; no object in it may have a member twice.
pub(super) fn parse(json: &[u8]) -> Result<Map<String, Value>> {
    match serde_json::from_slice(json) {
        Ok(Strict(Value::Object(members))) => Ok(members),
        Ok(_) => Err(Error::new(ErrorCode::ImportRowMalformed).expected("an object")),
        // Of well-formed JSON, `Strict` refuses nothing else.
        Err(error) if error.is_data() => Err(Error::new(ErrorCode::ImportMemberDuplicate).found(error)),
        Err(error) => Err(Error::new(ErrorCode::ImportRowMalformed).found(json_fault(&error))),
    }
}

/// A JSON value without repeated members.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        struct Any;
        macro_rules! scalars {
            ($($method:ident $type:ty => |$value:ident| $make:expr;)*) => {$(
                fn $method<E>(self, $value: $type) -> core::result::Result<Strict, E> { Ok(Strict($make)) }
            )*};
        }
        impl<'de> Visitor<'de> for Any {
            type Value = Strict;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            scalars! {
                visit_bool bool => |value| Value::Bool(value);
                visit_i64 i64 => |value| value.into();
                visit_u64 u64 => |value| value.into();
                visit_f64 f64 => |value| Number::from_f64(value).map_or(Value::Null, Value::Number);
                visit_str &str => |value| value.into();
                visit_string String => |value| value.into();
            }
            fn visit_unit<E>(self) -> core::result::Result<Strict, E> {
                Ok(Strict(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> core::result::Result<Strict, A::Error> {
                let mut list = Vec::new();
                while let Some(Strict(element)) = seq.next_element()? {
                    list.push(element);
                }
                Ok(Strict(Value::Array(list)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> core::result::Result<Strict, A::Error> {
                let mut members = Map::new();
                while let Some((name, Strict(value))) = map.next_entry::<String, Strict>()? {
                    if members.contains_key(&name) {
                        return Err(serde::de::Error::custom(quoted(&name)));
                    }
                    members.insert(name, value);
                }
                Ok(Strict(Value::Object(members)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// An object of a row.
pub(super) struct Object<'a> {
    members: &'a Map<String, Value>,
    /// Where it stands, with a dot at the end; empty for the row itself.
    path: String,
}

/// A member of a row: null is absent.
pub(super) struct Member<'a> {
    value: Option<&'a Value>,
    path: String,
}

impl<'a> Object<'a> {
    pub(super) fn new(members: &'a Map<String, Value>) -> Self {
        Self { members, path: String::new() }
    }

    pub(super) fn members(&self) -> &'a Map<String, Value> {
        self.members
    }

    pub(super) fn at(&self, name: &str) -> Member<'a> {
        Member { value: self.members.get(name).filter(|value| !value.is_null()), path: [&self.path, name].concat() }
    }

    /// The first of these names that is there; the first of all if none is.
    pub(super) fn any(&self, names: &[&str]) -> Member<'a> {
        let found = names.iter().find(|name| self.members.get(**name).is_some_and(|value| !value.is_null()));
        self.at(found.or(names.first()).copied().unwrap_or_default())
    }
}

impl<'a> Member<'a> {
    /// What it says, if it is there.
    pub(super) fn given<T>(&self, read: impl FnOnce(&Self) -> Result<T>) -> Result<Option<T>> {
        self.value.map(|_| read(self)).transpose()
    }

    pub(super) fn is_given(&self) -> bool {
        self.value.is_some()
    }

    fn required(&self) -> Result<&'a Value> {
        self.value.ok_or_else(|| Error::new(ErrorCode::ImportMemberMissing).subject(&self.path))
    }

    fn wrong_type(&self, expected: &'static str) -> Error {
        let found = match self.value {
            None | Some(Value::Null) => "null",
            Some(Value::Bool(_)) => "a boolean",
            Some(Value::Number(_)) => "a number",
            Some(Value::String(_)) => "a string",
            Some(Value::Array(_)) => "a list",
            Some(Value::Object(_)) => "an object",
        };
        Error::new(ErrorCode::ImportMemberType).subject(&self.path).expected(expected).found(found)
    }

    /// A value that is understood and cannot be imported.
    pub(super) fn refused(&self, found: impl fmt::Display) -> Error {
        Error::new(ErrorCode::ImportMemberValue).subject(&self.path).found(found)
    }

    fn too_long(&self, max: usize, found: usize) -> Error {
        Error::new(ErrorCode::ImportMemberTooLong).subject(&self.path).expected(format_args!("at most {max}")).found(found)
    }

    pub(super) fn object(&self) -> Result<Object<'a>> {
        let members = self.required()?.as_object().ok_or_else(|| self.wrong_type("an object"))?;
        Ok(Object { members, path: format!("{}.", self.path) })
    }

    pub(super) fn text(&self) -> Result<&'a str> {
        self.required()?.as_str().ok_or_else(|| self.wrong_type("a string"))
    }

    pub(super) fn text_up_to(&self, max: usize) -> Result<&'a str> {
        match self.text()? {
            text if text.len() <= max => Ok(text),
            text => Err(self.too_long(max, text.len())),
        }
    }

    /// A name for lists: 1 to 256 bytes.
    pub(super) fn name(&self) -> Result<String> {
        match self.text()? {
            name if matches!(name.len(), 1..=256) => Ok(name.into()),
            name => Err(Error::new(ErrorCode::NameInvalid).subject(&self.path).found(name.len())),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        self.required()?.as_bool().ok_or_else(|| self.wrong_type("a boolean"))
    }

    pub(super) fn integer(&self) -> Result<i64> {
        match self.required()? {
            Value::Number(number) => number.as_i64().ok_or_else(|| self.refused(number)),
            _ => Err(self.wrong_type("an integer")),
        }
    }

    /// A signature counter: 32 bits.
    pub(super) fn counter(&self) -> Result<u32> {
        let count = self.integer()?;
        u32::try_from(count).map_err(|_| self.refused(count))
    }

    /// base64url, with or without padding.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let text = self.text()?;
        let bytes = Bytes::from_base64url(text).map_err(|error| error.subject(&self.path).found(unshown(text)))?;
        Ok(bytes.into_vec())
    }

    /// base64url, or a list of numbers.
    pub(super) fn bytes_or_numbers(&self) -> Result<Vec<u8>> {
        match self.required()? {
            Value::Array(list) => self.numbers(list),
            Value::String(_) => self.bytes(),
            _ => Err(self.wrong_type("base64url or a list of numbers")),
        }
    }

    /// Numbers from 0 to 255.
    pub(super) fn numbers<'n>(&self, list: impl IntoIterator<Item = &'n Value>) -> Result<Vec<u8>> {
        let byte = |value: &Value| value.as_u64().and_then(|n| u8::try_from(n).ok());
        list.into_iter().map(|value| byte(value).ok_or_else(|| self.wrong_type("numbers from 0 to 255"))).collect()
    }

    pub(super) fn value(&self) -> Result<&'a Value> {
        self.required()
    }

    pub(super) fn credential_id(&self) -> Result<CredentialId> {
        CredentialId::new(self.bytes()?)
    }

    pub(super) fn user_handle(&self, encoding: HandleEncoding) -> Result<UserHandle> {
        UserHandle::new(match (encoding, self.required()?) {
            (HandleEncoding::Text, Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string().into_bytes(),
            (HandleEncoding::Text, _) => self.text()?.as_bytes().to_vec(),
            (HandleEncoding::Base64url, _) => self.bytes()?,
            (HandleEncoding::Uuid, _) => self.uuid()?.as_bytes().to_vec(),
        })
    }

    /// A UUID; its other use here is as a record's ID.
    pub(super) fn uuid(&self) -> Result<RecordId> {
        let text = self.text()?;
        text.parse().map_err(|_| self.refused(unshown(text)))
    }

    /// A list of texts, of which nothing is expected: unknown transports are kept.
    pub(super) fn transports(&self) -> Result<Vec<Transport>> {
        let list = self.required()?.as_array().ok_or_else(|| self.wrong_type("a list of strings"))?;
        let texts: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
        self.transports_of(&texts.ok_or_else(|| self.wrong_type("a list of strings"))?)
    }

    pub(super) fn transports_of(&self, texts: &[&str]) -> Result<Vec<Transport>> {
        if texts.len() > MAX_TRANSPORTS {
            return Err(self.too_long(MAX_TRANSPORTS, texts.len()));
        }
        if let Some(long) = texts.iter().find(|text| text.len() > MAX_TRANSPORT) {
            return Err(self.too_long(MAX_TRANSPORT, long.len()));
        }
        Ok(texts.iter().map(|text| Transport::new(*text)).collect())
    }

    /// Milliseconds since 1970.
    pub(super) fn milliseconds(&self) -> Result<UnixTime> {
        let moment = self.integer()?;
        self.moment(moment.div_euclid(1000)).ok_or_else(|| self.refused(moment))
    }

    /// Seconds since 1970, maybe with a fraction, or text such as `2026-01-31T12:00:00.123Z`.
    pub(super) fn instant(&self) -> Result<UnixTime> {
        let refused = |found: &dyn fmt::Display| self.refused(found);
        match self.required()? {
            Value::Number(number) => {
                let whole = number.to_string();
                let whole = whole.split_once('.').map_or(&*whole, |(whole, _)| whole);
                whole.parse().ok().and_then(|secs| self.moment(secs)).ok_or_else(|| refused(number))
            }
            Value::String(text) => date(text).and_then(|secs| self.moment(secs)).ok_or_else(|| refused(&unshown(text))),
            _ => Err(self.wrong_type("a date")),
        }
    }

    fn moment(&self, secs: i64) -> Option<UnixTime> {
        (0..=MAX_TIME).contains(&secs).then(|| UnixTime::from_secs(secs))
    }
}

/// The seconds of a date in RFC 3339, in UTC.
fn date(text: &str) -> Option<i64> {
    let bare = text.strip_suffix('Z')?;
    let (seconds, fraction) = bare.split_once('.').unwrap_or((bare, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let date: DateTime = format!("{seconds}Z").parse().ok()?;
    i64::try_from(date.unix_duration().as_secs()).ok()
}
