//! A pull reader over borrowed bytes, in one pass and without a copy.
//!
//! It takes what CTAP2's canonical form takes, but for two lenities that real authenticators need:
//! map keys in any order, and integers and lengths that are not the shortest. It refuses duplicate
//! keys, indefinite lengths, tags, floats, bytes after the end, and anything too large or too deep.

use arrayvec::ArrayVec;

use crate::error::{Error, ErrorCode, Result};

/// The longest input, in bytes: ten times what a TPM statement needs, enough for ML-DSA chains.
pub(crate) const MAX_INPUT: usize = 64 * 1024;
/// The deepest nesting: a compound statement's certificate lists take five levels.
const MAX_DEPTH: u8 = 8;
/// The most items in all.
const MAX_ITEMS: u16 = 1024;
/// The most entries of one map: bounds the search for duplicate keys.
const MAX_MAP_ENTRIES: usize = 64;

/// One item; of a container just its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(usize),
    Map(usize),
    Bool(bool),
    Null,
}

/// A map key: formats of WebAuthn use integers or text, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    Int(i64),
    Text(&'a str),
}

impl Item<'_> {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "an integer",
            Self::Bytes(_) => "a byte string",
            Self::Text(_) => "a text string",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Bool(_) => "a boolean",
            Self::Null => "null",
        }
    }
}

/// The head of an item: its major type, the low five bits of its first byte, and its argument.
struct Head {
    major: u8,
    info: u8,
    argument: u64,
}

/// Reads items one after another.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    items_left: u16,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub(crate) fn new(input: &'a [u8]) -> Result<Self> {
        if input.len() > MAX_INPUT {
            return Err(Error::new(ErrorCode::CborTooLarge).expected("at most 65536 bytes").found(input.len()));
        }
        Ok(Self { rest: input, items_left: MAX_ITEMS })
    }

    /// The bytes not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Insists that everything was read.
    pub(crate) fn end(&self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(Error::new(ErrorCode::CborTrailingBytes).found(n)),
        }
    }

    /// Reads the next item, or the head of the next container.
    #[inline]
    pub(crate) fn item(&mut self) -> Result<Item<'a>> {
        self.items_left = self.items_left.checked_sub(1).ok_or(ErrorCode::CborTooManyItems)?;
        let Head { major, info, argument } = self.head()?;
        // A length that does not fit cannot be there either.
        let len = || usize::try_from(argument).unwrap_or(usize::MAX);
        match major {
            0 => i64::try_from(argument).map(Item::Int).map_err(|_| ErrorCode::CborIntegerRange.into()),
            // The argument of -1 - n is n.
            1 => i64::try_from(argument).map(|n| Item::Int(!n)).map_err(|_| ErrorCode::CborIntegerRange.into()),
            2 => self.take(len()).map(Item::Bytes),
            3 => {
                let text = core::str::from_utf8(self.take(len())?).map_err(|_| Error::new(ErrorCode::CborInvalidUtf8))?;
                Ok(Item::Text(text))
            }
            4 => Ok(Item::Array(len())),
            5 => Ok(Item::Map(len())),
            6 => Err(ErrorCode::CborTag.into()),
            _ => match (info, argument) {
                (20, _) => Ok(Item::Bool(false)),
                (21, _) => Ok(Item::Bool(true)),
                (22, _) => Ok(Item::Null),
                // These have a shorter form, and in the longer one they are ill-formed (RFC 8949 §3.3).
                (24, ..0x20) => Err(ErrorCode::CborMalformed.into()),
                (25..=27, _) => Err(ErrorCode::CborFloat.into()),
                _ => Err(ErrorCode::CborSimpleValue.into()),
            },
        }
    }

    /// Reads an item of a container with everything in it, and hands back its bytes too.
    pub(crate) fn value(&mut self) -> Result<(Item<'a>, &'a [u8])> {
        let start = self.rest;
        let item = self.item()?;
        self.skip_inside(item, 1)?;
        Ok((item, self.since(start)?))
    }

    /// Reads a map, handing each key to `entry`, which must read exactly the value.
    ///
    /// Keys are compared as values, so a duplicate cannot hide behind a longer encoding.
    pub(crate) fn map_entries(&mut self, len: usize, mut entry: impl FnMut(Key<'a>, &mut Self) -> Result<()>) -> Result<()> {
        if len > MAX_MAP_ENTRIES {
            return Err(Error::new(ErrorCode::CborTooManyItems).expected("at most 64 map entries").found(len));
        }
        let mut seen = ArrayVec::<Key<'a>, MAX_MAP_ENTRIES>::new();
        for _ in 0..len {
            let key = match self.item()? {
                Item::Int(n) => Key::Int(n),
                Item::Text(text) => Key::Text(text),
                other => return Err(Error::new(ErrorCode::CborKeyType).found(other.type_name())),
            };
            if seen.contains(&key) {
                return Err(Error::new(ErrorCode::CborDuplicateKey).found(format_args!("{key:?}")));
            }
            seen.try_push(key).map_err(|_| ErrorCode::CborTooManyItems)?;
            entry(key, self)?;
        }
        Ok(())
    }

    /// Skips one whole item with everything in it, by the same rules, and hands back its bytes.
    pub(crate) fn skip(&mut self) -> Result<&'a [u8]> {
        let start = self.rest;
        let item = self.item()?;
        self.skip_inside(item, 0)?;
        self.since(start)
    }

    /// Skips what is in a container that lies so deep; there is nothing in anything else.
    fn skip_inside(&mut self, item: Item<'a>, depth: u8) -> Result<()> {
        let inner = depth.saturating_add(1);
        if matches!(item, Item::Array(_) | Item::Map(_)) && inner > MAX_DEPTH {
            return Err(ErrorCode::CborTooDeep.into());
        }
        let skip = |reader: &mut Self| reader.item().and_then(|item| reader.skip_inside(item, inner));
        match item {
            Item::Array(len) => {
                for _ in 0..len {
                    skip(self)?;
                }
                Ok(())
            }
            Item::Map(len) => self.map_entries(len, |_, reader| skip(reader)),
            _ => Ok(()),
        }
    }

    /// What was read since `start` was what remains.
    pub(crate) fn since(&self, start: &'a [u8]) -> Result<&'a [u8]> {
        let len = start.len().saturating_sub(self.rest.len());
        start.get(..len).ok_or_else(|| ErrorCode::CborTruncated.into())
    }

    /// The head of an item (RFC 8949 §3): one byte, and an argument of up to eight.
    fn head(&mut self) -> Result<Head> {
        let (&first, rest) = self.rest.split_first().ok_or(ErrorCode::CborTruncated)?;
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..24 => Some((u64::from(info), rest)),
            24 => rest.split_first().map(|(byte, rest)| (u64::from(*byte), rest)),
            25 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from(u16::from_be_bytes(*bytes)), rest)),
            26 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from(u32::from_be_bytes(*bytes)), rest)),
            27 => rest.split_first_chunk().map(|(bytes, rest)| (u64::from_be_bytes(*bytes), rest)),
            31 if (2..6).contains(&major) => return Err(ErrorCode::CborIndefiniteLength.into()),
            _ => return Err(ErrorCode::CborMalformed.into()),
        };
        let (argument, rest) = argument.ok_or(ErrorCode::CborTruncated)?;
        self.rest = rest;
        Ok(Head { major, info, argument })
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(ErrorCode::CborTruncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn skipped(bytes: &[u8]) -> core::result::Result<usize, ErrorCode> {
        let run = || {
            let mut reader = Reader::new(bytes)?;
            let item = reader.skip()?;
            reader.end()?;
            Ok(item.len())
        };
        run().map_err(|e: Error| e.error_code())
    }

    #[test]
    fn well_formed_items_are_measured_exactly() {
        let samples: &[&[u8]] = &[
            b"\x00",
            b"\x38\x63",
            b"\x43abc",
            b"\x63abc",
            b"\x82\x01\x02",
            b"\xa1\x01\x02",
            b"\xa1\x61a\xf5",
            b"\xf4",
            b"\xf6",
            b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff",
            // Not the shortest form: seen in the field.
            b"\xb9\x00\x01\x18\x01\x19\x00\x02",
        ];
        for sample in samples {
            assert_eq!(skipped(sample), Ok(sample.len()), "{sample:02x?}");
        }
    }

    #[test]
    fn an_item_says_of_what_type_it_is() {
        let types: &[(&[u8], &str)] = &[
            (b"\x00", "an integer"),
            (b"\x20", "an integer"),
            (b"\x40", "a byte string"),
            (b"\x60", "a text string"),
            (b"\x80", "an array"),
            (b"\xa0", "a map"),
            (b"\xf4", "a boolean"),
            (b"\xf6", "null"),
        ];
        for (bytes, name) in types {
            assert_eq!(Reader::new(bytes).and_then(|mut reader| reader.item()).map(|item| item.type_name()), Ok(*name));
        }
    }

    #[test]
    fn each_fault_has_its_own_code() {
        use ErrorCode::*;
        let nested = |levels: usize| [vec![0x81; levels], vec![0x00]].concat();
        let many = |items: u16| [&[0x99][..], &items.to_be_bytes(), &vec![0; items.into()]].concat();
        let wide = |entries: u8| [vec![0xb8, entries], (0..entries).flat_map(|i| [0x18, i + 24, 0]).collect()].concat();
        let long = |len: u16| [&[0x59][..], &len.to_be_bytes(), &vec![0; len.into()]].concat();
        let cases: &[(&[u8], ErrorCode)] = &[
            (b"", CborTruncated),
            (b"\x18", CborTruncated),
            (b"\x43ab", CborTruncated),
            (b"\x82\x01", CborTruncated),
            (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", CborTruncated),
            (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", CborTruncated),
            (b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", CborTooManyItems),
            (b"\x00\x00", CborTrailingBytes),
            (b"\x1c", CborMalformed),
            (b"\xff", CborMalformed),
            (b"\x5f\x41a\xff", CborIndefiniteLength),
            (b"\x7f\x61a\xff", CborIndefiniteLength),
            (b"\x9f\xff", CborIndefiniteLength),
            (b"\xbf\xff", CborIndefiniteLength),
            (b"\xc0\x00", CborTag),
            (b"\xf9\x00\x00", CborFloat),
            (b"\xfb\x00\x00\x00\x00\x00\x00\x00\x00", CborFloat),
            (b"\xf7", CborSimpleValue),
            (b"\xe0", CborSimpleValue),
            (b"\xf8\x1f", CborMalformed),
            (b"\xf8\x20", CborSimpleValue),
            (b"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", CborIntegerRange),
            (b"\x3b\x80\x00\x00\x00\x00\x00\x00\x00", CborIntegerRange),
            (b"\x61\xff", CborInvalidUtf8),
            (b"\xa2\x01\x00\x01\x00", CborDuplicateKey),
            (b"\xa2\x01\x00\x18\x01\x00", CborDuplicateKey),
            (b"\xa2\x61a\x00\x61a\x00", CborDuplicateKey),
            (b"\xa1\x41a\x00", CborKeyType),
            (b"\xa1\xa0\x00", CborKeyType),
            (&nested(9), CborTooDeep),
            (&many(1024), CborTooManyItems),
            (&wide(65), CborTooManyItems),
            (&long(u16::MAX - 1), CborTooLarge),
        ];
        for (bytes, code) in cases {
            assert_eq!(skipped(bytes), Err(*code), "{bytes:02x?}");
        }
        for most in [nested(8), many(1023), wide(64), long(u16::MAX - 2)] {
            assert_eq!(skipped(&most), Ok(most.len()));
        }
        assert_eq!(skipped(&nested(60_000)), Err(CborTooDeep));
    }

    /// Of every first byte, with arguments of all kinds behind it: an independent decoder reads the same head, or none.
    #[test]
    fn heads_are_read_as_an_independent_decoder_reads_them() {
        use ciborium_ll::{Decoder, Header};
        let tails: &[[u8; 8]] =
            &[[0; 8], [0xff; 8], [0x7f; 8], [0x80, 0, 0, 0, 0, 0, 0, 1], [0, 1, 2, 3, 4, 5, 6, 7], [0x17, 0x18, 0x1f, 0x20, 0, 0, 0, 0]];
        for first in 0..=u8::MAX {
            for tail in tails {
                for len in 0..=tail.len() {
                    let bytes = [&[first], tail.get(..len).expect("a beginning")].concat();
                    let mut reader = Reader::new(&bytes).expect("short");
                    let ours = reader.head().map(|Head { major, info, argument }| {
                        let read = bytes.len() - reader.rest().len();
                        let known = match (major, info) {
                            (0, _) => Header::Positive(argument),
                            (1, _) => Header::Negative(argument),
                            (2, _) => Header::Bytes(usize::try_from(argument).ok()),
                            (3, _) => Header::Text(usize::try_from(argument).ok()),
                            (4, _) => Header::Array(usize::try_from(argument).ok()),
                            (5, _) => Header::Map(usize::try_from(argument).ok()),
                            (6, _) => Header::Tag(argument),
                            (_, 25..=27) => return (None, read),
                            _ => Header::Simple(u8::try_from(argument).expect("one byte")),
                        };
                        (Some(known), read)
                    });
                    let mut decoder = Decoder::from(bytes.as_slice());
                    let theirs = match decoder.pull() {
                        Ok(Header::Float(_)) => Some((None, decoder.offset())),
                        Ok(Header::Break | Header::Bytes(None) | Header::Text(None) | Header::Array(None) | Header::Map(None)) | Err(_) => {
                            None
                        }
                        Ok(header) => Some((Some(header), decoder.offset())),
                    };
                    assert_eq!(ours.ok(), theirs, "{bytes:02x?}");
                }
            }
        }
    }
}
