//! JSON members caught with their type, so that a number, null or object where a string belongs is
//! an error that names the member instead of a parser's complaint.

use alloc::borrow::{Cow, ToOwned};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, ErrorCode, Result, json_fault};
use crate::types::{Bytes, SharedDecoder};

/// The longest response, in bytes: an attestation object at its limit in base64url, twice.
const MAX_RESPONSE: usize = 256 * 1024;
/// The longest base64url member, in characters: more than the parsers take, so that they say why.
const MAX_BYTES_TEXT: usize = 128 * 1024;
/// How many transports, and how long each may be in bytes.
const MAX_TEXTS: usize = 16;
const MAX_TEXT_LEN: usize = 64;

/// A scalar member as it came; containers only as "there was one".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    #[default]
    Absent,
    Null,
    Bool(bool),
    Int(i64),
    OtherNumber,
    Text(Cow<'a, str>),
    Array,
    Object,
}

/// A member that should be an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Obj<T> {
    #[default]
    Absent,
    Object(T),
    Wrong(&'static str),
}

/// A member that should be a list of strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Texts<'a> {
    #[default]
    Absent,
    List(Vec<Cow<'a, str>>),
    TooLong,
    Wrong(&'static str),
}

impl Json<'_> {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::OtherNumber => "a number",
            Self::Text(_) => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }

    /// The text of a member that must be there.
    pub(crate) fn text(&self, member: &'static str) -> Result<&str> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Absent => Err(Error::new(ErrorCode::MemberMissing).subject(member)),
            other => Err(wrong_type(member, "a string", other.type_name())),
        }
    }

    /// The text of a short member that may be absent or null.
    pub(crate) fn optional_short_text(&self, member: &'static str) -> Result<Option<&str>> {
        match self {
            Self::Absent | Self::Null => Ok(None),
            present => present.short_text(member).map(Some),
        }
    }

    /// The bytes of a base64url member that must be there.
    pub(crate) fn bytes(&self, member: &'static str, decoder: &mut SharedDecoder) -> Result<Bytes> {
        let text = bounded(self.text(member)?, MAX_BYTES_TEXT, member)?;
        decoder.decode(text).map_err(|e| e.subject(member))
    }

    /// The text of a short member that must be there.
    pub(crate) fn short_text(&self, member: &'static str) -> Result<&str> {
        bounded(self.text(member)?, MAX_TEXT_LEN, member)
    }

    /// The bytes of a base64url member that may be absent or null.
    pub(crate) fn optional_bytes(&self, member: &'static str, decoder: &mut SharedDecoder) -> Result<Option<Bytes>> {
        match self {
            Self::Absent | Self::Null => Ok(None),
            present => present.bytes(member, decoder).map(Some),
        }
    }

    /// The number of a member that may be absent.
    pub(crate) fn optional_int(&self, member: &'static str) -> Result<Option<i64>> {
        match self {
            Self::Absent => Ok(None),
            Self::Int(n) => Ok(Some(*n)),
            other => Err(wrong_type(member, "an integer", other.type_name())),
        }
    }

    /// A boolean if there is one: for outputs where anything else must be survivable.
    pub(crate) fn lenient_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// Base64url bytes if there are any: for outputs where anything else must be survivable.
    pub(crate) fn lenient_bytes(&self) -> Option<Bytes> {
        match self {
            Self::Text(text) if text.len() <= MAX_BYTES_TEXT => Bytes::from_base64url(text).ok(),
            _ => None,
        }
    }
}

impl<T> Obj<T> {
    /// The object of a member that must be there.
    pub(crate) fn required(self, member: &'static str) -> Result<T> {
        self.optional(member)?.ok_or_else(|| Error::new(ErrorCode::MemberMissing).subject(member))
    }

    /// The object of a member that may be absent.
    pub(crate) fn optional(self, member: &'static str) -> Result<Option<T>> {
        match self {
            Self::Object(value) => Ok(Some(value)),
            Self::Absent => Ok(None),
            Self::Wrong(found) => Err(wrong_type(member, "an object", found)),
        }
    }

    /// The object if there is one: for outputs where anything else must be survivable.
    pub(crate) fn lenient(self) -> Option<T> {
        if let Self::Object(value) = self { Some(value) } else { None }
    }
}

impl<'a> Texts<'a> {
    /// The list of a member that may be absent; absent is empty.
    pub(crate) fn or_empty(self, member: &'static str) -> Result<Vec<Cow<'a, str>>> {
        match self {
            Self::List(list) => Ok(list),
            Self::Absent => Ok(Vec::new()),
            Self::TooLong => Err(Error::new(ErrorCode::MemberTooLong).subject(member)),
            Self::Wrong(found) => Err(wrong_type(member, "a list of strings", found)),
        }
    }
}

/// Parses a whole response: one JSON object within the size limit.
pub(crate) fn parse_response<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T> {
    if text.len() > MAX_RESPONSE {
        return Err(Error::new(ErrorCode::JsonTooLarge).expected("at most 262144 bytes").found(text.len()));
    }
    // Checked once, so that no member is checked again.
    let text = core::str::from_utf8(text).map_err(|error| Error::new(ErrorCode::JsonMalformed).found(error))?;
    match serde_json::from_str::<Obj<T>>(text) {
        Ok(Obj::Object(value)) => Ok(value),
        Ok(Obj::Absent) => Err(ErrorCode::JsonMalformed.into()),
        Ok(Obj::Wrong(found)) => Err(Error::new(ErrorCode::JsonMalformed).expected("an object").found(found)),
        Err(error) => Err(Error::new(ErrorCode::JsonMalformed).found(json_fault(&error))),
    }
}

/// Holds also where the caller's own JSON reader did not bound the whole.
fn bounded<'t>(text: &'t str, max: usize, member: &'static str) -> Result<&'t str> {
    if text.len() <= max {
        return Ok(text);
    }
    Err(Error::new(ErrorCode::MemberTooLong).subject(member).expected(format_args!("at most {max} characters")).found(text.len()))
}

fn wrong_type(member: &'static str, expected: &'static str, found: &'static str) -> Error {
    Error::new(ErrorCode::MemberType).subject(member).expected(expected).found(found)
}

/// The visitor methods for every JSON type that is not the wanted one.
macro_rules! otherwise {
    ($make:expr; $($type:ident)*) => { $(otherwise!(@ $type $make);)* };
    (@ null $make:expr) => {
        fn visit_unit<E>(self) -> core::result::Result<Self::Value, E> { Ok($make(Json::Null)) }
    };
    (@ bool $make:expr) => {
        fn visit_bool<E>(self, value: bool) -> core::result::Result<Self::Value, E> { Ok($make(Json::Bool(value))) }
    };
    (@ number $make:expr) => {
        fn visit_i64<E>(self, value: i64) -> core::result::Result<Self::Value, E> { Ok($make(Json::Int(value))) }
        fn visit_u64<E>(self, value: u64) -> core::result::Result<Self::Value, E> {
            Ok($make(i64::try_from(value).map_or(Json::OtherNumber, Json::Int)))
        }
        fn visit_f64<E>(self, _: f64) -> core::result::Result<Self::Value, E> { Ok($make(Json::OtherNumber)) }
    };
    (@ text $make:expr) => {
        fn visit_str<E>(self, value: &str) -> core::result::Result<Self::Value, E> {
            Ok($make(Json::Text(Cow::Owned(value.to_owned()))))
        }
        fn visit_borrowed_str<E>(self, value: &'de str) -> core::result::Result<Self::Value, E> {
            Ok($make(Json::Text(Cow::Borrowed(value))))
        }
    };
    (@ array $make:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> core::result::Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok($make(Json::Array))
        }
    };
    (@ object $make:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> core::result::Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($make(Json::Object))
        }
    };
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }
            otherwise!(|found: Json<'de>| found; null bool number text array object);
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Obj<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Obj<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> core::result::Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Obj::Object)
            }
            otherwise!(|found: Json<'de>| Obj::Wrong(found.type_name()); null bool number text array);
        }
        deserializer.deserialize_any(Object(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Texts<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of strings")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> core::result::Result<Self::Value, A::Error> {
                let mut list = Texts::List(Vec::new());
                while let Some(element) = seq.next_element::<Json<'de>>()? {
                    match (&mut list, element) {
                        (Texts::List(texts), Json::Text(text)) if texts.len() < MAX_TEXTS && text.len() <= MAX_TEXT_LEN => {
                            texts.push(text);
                        }
                        (Texts::List(_), Json::Text(_)) => list = Texts::TooLong,
                        (Texts::List(_), other) => list = Texts::Wrong(other.type_name()),
                        _ => {}
                    }
                }
                Ok(list)
            }
            otherwise!(|found: Json<'de>| Texts::Wrong(found.type_name()); null bool number text object);
        }
        deserializer.deserialize_any(List)
    }
}
