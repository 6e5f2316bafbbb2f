//! A small CBOR encoder (RFC 8949), able to write what a decoder must refuse.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A CBOR value to be encoded.
///
/// Heads are minimal and lengths definite. Anything else (indefinite lengths, wide integers, deep nesting, broken
/// items) is written with [`Cbor::Raw`].
#[derive(Clone, Debug, PartialEq)]
pub enum Cbor {
    /// Major type 0 or 1.
    Int(i64),
    /// Major type 2.
    Bytes(Vec<u8>),
    /// Major type 3.
    Text(String),
    /// Major type 4.
    Array(Vec<Cbor>),
    /// Major type 5. Entries are written in this order, duplicates included.
    Map(Vec<(Cbor, Cbor)>),
    /// `false` is F4, `true` is F5.
    Bool(bool),
    /// F6.
    Null,
    /// Always written with 64 bits (FB).
    Float(f64),
    /// Major type 6.
    Tag(u64, Box<Cbor>),
    /// These bytes as they stand, whether or not they are CBOR.
    Raw(Vec<u8>),
}

impl Cbor {
    /// A text string.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A byte string.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes(bytes.as_ref().to_vec())
    }

    /// A map with these entries in this order.
    pub fn map<K: Into<Self>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The value of the first entry with this key; `None` also if this is not a map.
    pub fn get(&self, key: impl Into<Self>) -> Option<&Self> {
        let Self::Map(entries) = self else {
            return None;
        };
        let key = key.into();
        entries.iter().find(|entry| entry.0 == key).map(|entry| &entry.1)
    }

    /// Replaces the value of the first entry with this key in its place, or appends an entry.
    ///
    /// # Panics
    /// If this is not a map.
    pub fn set(&mut self, key: impl Into<Self>, value: impl Into<Self>) {
        let (key, value) = (key.into(), value.into());
        match self.entries().iter_mut().find(|entry| entry.0 == key) {
            Some(entry) => entry.1 = value,
            None => self.entries().push((key, value)),
        }
    }

    /// Removes every entry with this key.
    ///
    /// # Panics
    /// If this is not a map.
    pub fn remove(&mut self, key: impl Into<Self>) {
        let key = key.into();
        self.entries().retain(|entry| entry.0 != key);
    }

    /// Appends an entry even if the key is there already.
    ///
    /// # Panics
    /// If this is not a map.
    pub fn push_entry(&mut self, key: impl Into<Self>, value: impl Into<Self>) {
        self.entries().push((key.into(), value.into()));
    }

    /// The encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn entries(&mut self) -> &mut Vec<(Self, Self)> {
        match self {
            Self::Map(entries) => entries,
            other => panic!("not a CBOR map: {other:?}"),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            // The argument of a negative integer n is -1 - n, which is its bitwise complement.
            Self::Int(n) if *n < 0 => write_head(out, 1, !*n as u64),
            Self::Int(n) => write_head(out, 0, *n as u64),
            Self::Bytes(bytes) => {
                write_head(out, 2, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                write_head(out, 3, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Array(items) => {
                write_head(out, 4, items.len() as u64);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                write_head(out, 5, entries.len() as u64);
                for (key, value) in entries {
                    key.write(out);
                    value.write(out);
                }
            }
            Self::Tag(number, value) => {
                write_head(out, 6, *number);
                value.write(out);
            }
            Self::Bool(false) => out.push(0xf4),
            Self::Bool(true) => out.push(0xf5),
            Self::Null => out.push(0xf6),
            Self::Float(number) => {
                out.push(0xfb);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// Writes the shortest head for a major type (0 to 7) and its argument.
fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match argument {
        0..=0x17 => out.push(major | argument as u8),
        0x18..=0xff => out.extend_from_slice(&[major | 0x18, argument as u8]),
        0x100..=0xffff => {
            out.push(major | 0x19);
            out.extend_from_slice(&(argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 0x1a);
            out.extend_from_slice(&(argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 0x1b);
            out.extend_from_slice(&argument.to_be_bytes());
        }
    }
}

impl From<i64> for Cbor {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Cbor {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<bool> for Cbor {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Cbor {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Cbor {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Cbor {
    fn from(bytes: &[u8]) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for Cbor {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<Cbor>> for Cbor {
    fn from(items: Vec<Cbor>) -> Self {
        Self::Array(items)
    }
}

impl From<&Cbor> for Cbor {
    fn from(value: &Cbor) -> Self {
        value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Samples of RFC 8949, appendix A.
    #[test]
    fn encodes_as_in_rfc_8949() {
        let samples: &[(Cbor, &[u8])] = &[
            (0.into(), b"\x00"),
            (23.into(), b"\x17"),
            (24.into(), b"\x18\x18"),
            (100.into(), b"\x18\x64"),
            (1000.into(), b"\x19\x03\xe8"),
            (1_000_000.into(), b"\x1a\x00\x0f\x42\x40"),
            (1_000_000_000_000_i64.into(), b"\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"),
            ((-1).into(), b"\x20"),
            ((-10).into(), b"\x29"),
            ((-100).into(), b"\x38\x63"),
            ((-1000).into(), b"\x39\x03\xe7"),
            (i64::MIN.into(), b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"),
            (Cbor::Float(1.1), b"\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"),
            (false.into(), b"\xf4"),
            (true.into(), b"\xf5"),
            (Cbor::Null, b"\xf6"),
            (Cbor::Tag(1, Box::new(1_363_896_240.into())), b"\xc1\x1a\x51\x4b\x67\xb0"),
            (Cbor::bytes([1, 2, 3, 4]), b"\x44\x01\x02\x03\x04"),
            ("".into(), b"\x60"),
            ("IETF".into(), b"\x64IETF"),
            ("\u{6c34}".into(), b"\x63\xe6\xb0\xb4"),
            (Cbor::Array(vec![1.into(), Cbor::Array(vec![2.into(), 3.into()])]), b"\x82\x01\x82\x02\x03"),
            (Cbor::map([(1, 2.into()), (3, 4.into())]), b"\xa2\x01\x02\x03\x04"),
            (Cbor::map([("a", Cbor::map([("b", "c".into())]))]), b"\xa1\x61a\xa1\x61b\x61c"),
        ];
        for (value, encoding) in samples {
            assert_eq!(value.encode(), *encoding, "{value:?}");
        }
        assert_eq!(Cbor::bytes([0; 24]).encode()[..2], [0x58, 24]);
        assert_eq!(Cbor::bytes([0; 256]).encode()[..3], [0x59, 1, 0]);
        assert_eq!(Cbor::bytes([0; 65536]).encode()[..5], [0x5a, 0, 1, 0, 0]);
    }

    #[test]
    fn maps_can_be_edited() {
        let mut map = Cbor::map([(1, "a".into()), (2, "b".into())]);
        map.set(1, "c");
        map.set("x", -7);
        assert_eq!(map.get(1), Some(&"c".into()));
        assert_eq!(map.get(3), None);
        assert_eq!(Cbor::Null.get(1), None);
        assert_eq!(map.encode(), b"\xa3\x01\x61c\x02\x61b\x61x\x26");

        map.push_entry(2, Cbor::Raw(vec![0x9f, 0xff]));
        assert_eq!(map.encode(), b"\xa4\x01\x61c\x02\x61b\x61x\x26\x02\x9f\xff");
        map.remove(2);
        assert_eq!(map.encode(), b"\xa2\x01\x61c\x61x\x26");
    }
}
