//! CBOR as it is, faults included: a reader that goes on where the crate's own rightly stops.

use std::fmt;

use ciborium_ll::{Decoder, Header};
use passkeeper::ErrorCode;

use crate::text::{cut, hex};

/// Deeper nesting is not followed.
const MAX_DEPTH: usize = 16;
/// More items are not read.
const MAX_ITEMS: usize = 4096;
/// Duplicates are looked for in maps up to this size.
const MAX_COMPARED: usize = 256;

/// One item, with everything in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Int(i128),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Bool(bool),
    Null,
    Simple(u8),
    Float(f64),
    Tag(u64, Box<Node>),
    /// Nothing is there, or nothing that can be read.
    Missing,
}

/// What was read, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) node: Node,
    /// How many bytes the item takes.
    pub(crate) length: usize,
    pub(crate) faults: Vec<(ErrorCode, String)>,
}

/// Reads the first item of `bytes`.
pub(crate) fn read(bytes: &[u8]) -> Decoded {
    let mut reader = Reader { rest: bytes, total: bytes.len(), items: 0, faults: Vec::new(), stopped: false };
    let node = reader.item(0);
    Decoded { node, length: bytes.len().saturating_sub(reader.rest.len()), faults: reader.faults }
}

struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
    items: usize,
    faults: Vec<(ErrorCode, String)>,
    /// Something was met beyond which nothing makes sense.
    stopped: bool,
}

impl Reader<'_> {
    fn at(&self) -> usize {
        self.total.saturating_sub(self.rest.len())
    }

    fn fault(&mut self, code: ErrorCode, text: impl fmt::Display) {
        let at = self.at();
        self.faults.push((code, format!("{text} at byte {at}")));
    }

    fn stop(&mut self, code: ErrorCode, text: impl fmt::Display) -> Node {
        self.fault(code, text);
        self.stopped = true;
        Node::Missing
    }

    fn header(&mut self) -> Option<Header> {
        let mut decoder = Decoder::from(self.rest);
        let pulled = decoder.pull();
        let read = decoder.offset();
        match pulled {
            Ok(header) => {
                self.rest = self.rest.get(read..).unwrap_or_default();
                Some(header)
            }
            Err(ciborium_ll::Error::Io(_)) => {
                self.stop(ErrorCode::CborTruncated, "the CBOR ends in the middle of an item");
                None
            }
            Err(ciborium_ll::Error::Syntax(_)) => {
                self.stop(ErrorCode::CborMalformed, "not a CBOR item");
                None
            }
        }
    }

    fn item(&mut self, depth: usize) -> Node {
        if self.stopped {
            return Node::Missing;
        }
        if self.items >= MAX_ITEMS {
            return self.stop(ErrorCode::CborTooManyItems, "too many items");
        }
        if depth > MAX_DEPTH {
            return self.stop(ErrorCode::CborTooDeep, "nested too deeply");
        }
        self.items = self.items.saturating_add(1);
        let Some(header) = self.header() else { return Node::Missing };
        let inner = depth.saturating_add(1);
        match header {
            Header::Positive(n) => self.integer(n.into()),
            Header::Negative(n) => self.integer(i128::from(n).saturating_neg().saturating_sub(1)),
            Header::Bytes(len) => Node::Bytes(self.string(len, "byte string")),
            Header::Text(len) => {
                let bytes = self.string(len, "text string");
                if std::str::from_utf8(&bytes).is_err() {
                    self.fault(ErrorCode::CborInvalidUtf8, "a text string that is not UTF-8 ends");
                }
                Node::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            Header::Array(len) => self.array(len, inner),
            Header::Map(len) => self.map(len, inner),
            Header::Simple(20) => Node::Bool(false),
            Header::Simple(21) => Node::Bool(true),
            Header::Simple(22) => Node::Null,
            Header::Simple(value) => {
                self.fault(ErrorCode::CborSimpleValue, format_args!("the simple value {value} ends"));
                Node::Simple(value)
            }
            Header::Float(value) => {
                self.fault(ErrorCode::CborFloat, "a floating-point number ends");
                Node::Float(value)
            }
            Header::Tag(number) => {
                self.fault(ErrorCode::CborTag, format_args!("the tag {number} ends"));
                Node::Tag(number, Box::new(self.item(inner)))
            }
            Header::Break => self.stop(ErrorCode::CborMalformed, "a break where nothing is to be ended"),
        }
    }

    fn integer(&mut self, n: i128) -> Node {
        if i64::try_from(n).is_err() {
            self.fault(ErrorCode::CborIntegerRange, "an integer beyond 64 bits with sign ends");
        }
        Node::Int(n)
    }

    fn indefinite(&mut self, what: &str) {
        self.fault(ErrorCode::CborIndefiniteLength, format_args!("a {what} of indefinite length, whose content starts"));
    }

    /// The content of a string, its chunks put together.
    fn string(&mut self, len: Option<usize>, what: &str) -> Vec<u8> {
        let Some(len) = len else {
            self.indefinite(what);
            let mut content = Vec::new();
            while !self.at_break() {
                match self.header() {
                    Some(Header::Bytes(Some(len)) | Header::Text(Some(len))) => content.extend_from_slice(self.take(len)),
                    Some(_) => drop(self.stop(ErrorCode::CborMalformed, "something other than a chunk of a string")),
                    None => {}
                }
            }
            return content;
        };
        self.take(len).to_vec()
    }

    /// So many bytes, or as many as there are.
    fn take(&mut self, len: usize) -> &[u8] {
        if let Some((taken, rest)) = self.rest.split_at_checked(len) {
            self.rest = rest;
            return taken;
        }
        let missing = len.saturating_sub(self.rest.len());
        self.stop(ErrorCode::CborTruncated, format_args!("{missing} bytes are missing from the string that starts"));
        std::mem::take(&mut self.rest)
    }

    /// Whether a container of indefinite length ends here; steps over its end.
    fn at_break(&mut self) -> bool {
        if self.stopped {
            return true;
        }
        if let Some((0xff, rest)) = self.rest.split_first() {
            self.rest = rest;
            return true;
        }
        false
    }

    fn array(&mut self, len: Option<usize>, depth: usize) -> Node {
        if len.is_none() {
            self.indefinite("array");
        }
        let mut items = Vec::new();
        while !self.ended(len, items.len()) {
            items.push(self.item(depth));
        }
        Node::Array(items)
    }

    fn map(&mut self, len: Option<usize>, depth: usize) -> Node {
        if len.is_none() {
            self.indefinite("map");
        }
        let mut entries: Vec<(Node, Node)> = Vec::new();
        while !self.ended(len, entries.len()) {
            let key = self.item(depth);
            if key == Node::Missing {
                break;
            }
            if !matches!(key, Node::Int(_) | Node::Text(_)) {
                self.fault(ErrorCode::CborKeyType, format_args!("the map key {key}, neither integer nor text, ends"));
            }
            if entries.len() < MAX_COMPARED && entries.iter().any(|(other, _)| *other == key) {
                self.fault(ErrorCode::CborDuplicateKey, format_args!("the map key {key} for the second time ends"));
            }
            let value = self.item(depth);
            entries.push((key, value));
        }
        Node::Map(entries)
    }

    fn ended(&mut self, len: Option<usize>, read: usize) -> bool {
        match len {
            _ if self.stopped => true,
            Some(len) => read >= len,
            None => self.at_break(),
        }
    }
}

impl Node {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "an integer",
            Self::Bytes(_) => "a byte string",
            Self::Text(_) => "a text string",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Bool(_) => "a boolean",
            Self::Null => "null",
            Self::Simple(_) => "a simple value",
            Self::Float(_) => "a floating-point number",
            Self::Tag(..) => "a tag",
            Self::Missing => "nothing",
        }
    }

    /// The entries of a map; none if it is something else.
    pub(crate) fn entries(&self) -> &[(Node, Node)] {
        match self {
            Self::Map(entries) => entries,
            Self::Tag(_, inner) => inner.entries(),
            _ => &[],
        }
    }

    /// The value of a text key.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.entries().iter().find(|(key, _)| matches!(key, Node::Text(text) if text == name)).map(|(_, value)| value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        if let Self::Int(n) = self { i64::try_from(*n).ok() } else { None }
    }
}

/// On one line, long things cut.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Bytes(bytes) => write!(f, "{}", hex(bytes)),
            Self::Text(text) => write!(f, "{:?}", cut(text)),
            Self::Array(items) => write!(f, "an array of {}", items.len()),
            Self::Map(entries) => write!(f, "a map of {}", entries.len()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
            Self::Simple(value) => write!(f, "simple({value})"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Tag(number, inner) => write!(f, "{number}({inner})"),
            Self::Missing => f.write_str("(missing)"),
        }
    }
}
