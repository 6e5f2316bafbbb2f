//! DER as it is: element after element, as far as it goes.

use crate::oids::known;
use crate::text::{clean, cut, hex};

/// Deeper nesting is not followed.
const MAX_DEPTH: usize = 6;
/// More elements of one level are not read.
const MAX_ELEMENTS: usize = 256;
/// A longer text of one value is cut anyhow.
const MAX_SHOWN: usize = 512;

pub(crate) const BOOLEAN: u32 = 1;
pub(crate) const INTEGER: u32 = 2;
pub(crate) const OCTET_STRING: u32 = 4;
pub(crate) const OID: u32 = 6;
pub(crate) const ENUMERATED: u32 = 10;

/// One element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// 0 universal, 1 application, 2 context-specific, 3 private.
    pub(crate) class: u8,
    pub(crate) constructed: bool,
    pub(crate) number: u32,
    pub(crate) value: &'a [u8],
}

/// The element at the beginning, and what follows.
pub(crate) fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let mut number = u32::from(first & 0x1f);
    if number == 0x1f {
        number = 0;
        loop {
            let (byte, after) = rest.split_first()?;
            rest = after;
            number = number.checked_mul(128)?.checked_add(u32::from(byte & 0x7f))?;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    let (length, mut rest) = rest.split_first()?;
    let mut len = usize::from(*length);
    if *length >= 0x80 {
        let (bytes, after) = rest.split_at_checked(usize::from(length & 0x7f)).filter(|(bytes, _)| (1..=4).contains(&bytes.len()))?;
        rest = after;
        len = 0;
        for byte in bytes {
            len = len.checked_mul(256)?.checked_add(usize::from(*byte))?;
        }
    }
    let (value, rest) = rest.split_at_checked(len)?;
    Some((Element { class: first >> 6, constructed: first & 0x20 != 0, number, value }, rest))
}

/// The elements one after the other, and whether that is all there is.
pub(crate) fn elements(mut bytes: &[u8]) -> (Vec<Element<'_>>, bool) {
    let mut found = Vec::new();
    while found.len() < MAX_ELEMENTS {
        let Some((element, rest)) = element(bytes) else { break };
        found.push(element);
        bytes = rest;
    }
    (found, bytes.is_empty())
}

impl<'a> Element<'a> {
    pub(crate) fn is(&self, number: u32) -> bool {
        self.class == 0 && self.number == number
    }

    /// A small number.
    pub(crate) fn integer(&self) -> Option<i64> {
        let negative = self.value.first().is_some_and(|byte| byte & 0x80 != 0);
        let start = if negative { -1_i64 } else { 0 };
        let small = (self.is(INTEGER) || self.is(ENUMERATED)) && (1..=8).contains(&self.value.len());
        small.then(|| self.value.iter().fold(start, |n, byte| (n << 8) | i64::from(*byte)))
    }

    pub(crate) fn show(&self) -> String {
        let mut text = self.show_within(0);
        if text.chars().count() > MAX_SHOWN {
            text = format!("{}…", text.chars().take(MAX_SHOWN).collect::<String>());
        }
        text
    }

    fn show_within(&self, depth: usize) -> String {
        if self.constructed && depth < MAX_DEPTH {
            let (inner, whole) = elements(self.value);
            let mut parts: Vec<_> = inner.iter().take(32).map(|element| element.show_within(depth.saturating_add(1))).collect();
            if inner.len() > 32 || !whole {
                parts.push("…".to_owned());
            }
            let name = match (self.class, self.number) {
                (0, 16 | 17) => String::new(),
                _ => format!("[{}] ", self.number),
            };
            return format!("{name}{{ {} }}", parts.join(", "));
        }
        match (self.class, self.number) {
            (0, BOOLEAN) => format!("{}", self.value.iter().any(|byte| *byte != 0)),
            (0, INTEGER | ENUMERATED) => self.integer().map_or_else(|| hex(self.value), |n| n.to_string()),
            (0, 5) => "null".to_owned(),
            (0, OID) => named(&oid(self.value)),
            (0, 12 | 19 | 20 | 22 | 23 | 24) => text(self.value),
            (2, 1 | 2 | 6) if self.value.is_ascii() => format!("[{}] {}", self.number, text(self.value)),
            (0, _) => hex(self.value),
            _ => format!("[{}] {}", self.number, hex(self.value)),
        }
    }
}

/// A text in quotation marks, whatever its bytes are.
pub(crate) fn text(bytes: &[u8]) -> String {
    clean(&format!("\"{}\"", cut(&String::from_utf8_lossy(bytes))))
}

/// An object identifier's name, or its numbers.
pub(crate) fn named(oid: &str) -> String {
    known(oid).unwrap_or(oid).to_owned()
}

/// An object identifier in numbers.
pub(crate) fn oid(value: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0_u64;
    for byte in value.iter().take(64) {
        let Some(next) = arc.checked_mul(128).map(|arc| arc | u64::from(byte & 0x7f)) else { return hex(value) };
        arc = next;
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc = arc.saturating_sub(first.saturating_mul(40));
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}
