//! A DER reader that is just enough to take apart what this module wrote.

use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(super) fn children(&self) -> Vec<Self> {
        elements(self.content)
    }

    pub(super) fn child(&self, index: usize) -> Self {
        self.children()[index]
    }
}

/// All elements of some bytes, which must be complete.
pub(super) fn elements(mut bytes: &[u8]) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag_length = if bytes[0] & 0x1f == 0x1f { 2 + bytes[1..].iter().take_while(|byte| **byte >= 0x80).count() } else { 1 };
        let (length, start) = match bytes[tag_length] {
            short @ 0..=0x7f => (usize::from(short), tag_length + 1),
            long => {
                let start = tag_length + 1 + usize::from(long & 0x7f);
                (bytes[tag_length + 1..start].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), start)
            }
        };
        let (whole, rest) = bytes.split_at(start + length);
        found.push(Element { tag: whole[0], content: &whole[start..], whole });
        bytes = rest;
    }
    found
}

/// A certificate, or a revocation list, in its parts.
pub(super) struct Signed<'a> {
    /// The signed part.
    pub(super) tbs: Element<'a>,
    pub(super) algorithm: Element<'a>,
    pub(super) signature: &'a [u8],
}

pub(super) fn signed(der: &[u8]) -> Signed<'_> {
    let [outer] = elements(der)[..] else { panic!("not one element") };
    let [tbs, algorithm, signature] = outer.children()[..] else { panic!("not three parts") };
    assert_eq!((signature.tag, signature.content[0]), (0x03, 0));
    Signed { tbs, algorithm, signature: &signature.content[1..] }
}

/// The value of the extension with this OID in a version 3 certificate, and whether it is critical.
pub(super) fn extension<'a>(certificate: &'a [u8], oid: &str) -> Option<(bool, &'a [u8])> {
    let list = *signed(certificate).tbs.children().last().unwrap();
    assert_eq!(list.tag, 0xa3);
    let oid = super::der::oid(oid);
    list.child(0).children().iter().map(Element::children).find(|parts| parts[0].whole == oid).map(|parts| match parts[..] {
        [_, value] => (false, value.content),
        [_, critical, value] => (critical.whole == [1, 1, 0xff], value.content),
        _ => panic!("not an extension"),
    })
}
