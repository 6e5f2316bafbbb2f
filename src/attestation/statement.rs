//! Reading attestation statements: closed maps of text keys, and what several formats share.

use alloc::vec::Vec;

use crate::error::{Error, ErrorCode, Result};
use crate::parse::cbor::{Item, Key, Reader};

/// The members that statements are made of; each format says which of them it has.
#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    pub(super) alg: Option<i64>,
    pub(super) sig: Option<&'a [u8]>,
    pub(super) x5c: Option<Vec<&'a [u8]>>,
    pub(super) ver: Option<&'a str>,
    pub(super) cert_info: Option<&'a [u8]>,
    pub(super) pub_area: Option<&'a [u8]>,
    pub(super) response: Option<&'a [u8]>,
}

impl<'a> Members<'a> {
    /// Reads a statement that may hold these members and no others.
    pub(super) fn parse(statement: &'a [u8], allowed: &[&str]) -> Result<Self> {
        let mut reader = Reader::new(statement)?;
        let Item::Map(len) = reader.item()? else { return Err(malformed("not a map")) };
        let mut members = Self::default();
        reader.map_entries(len, |key, reader| {
            let (item, value) = reader.value()?;
            let Key::Text(name) = key else { return Err(malformed("a key that is no text")) };
            if !allowed.contains(&name) {
                return Err(malformed(name));
            }
            match (name, item) {
                ("alg", Item::Int(n)) => members.alg = Some(n),
                ("sig", Item::Bytes(bytes)) => members.sig = Some(bytes),
                ("x5c", Item::Array(1..)) => members.x5c = Some(certificates(value)?),
                ("ver", Item::Text(text)) => members.ver = Some(text),
                ("certInfo", Item::Bytes(bytes)) => members.cert_info = Some(bytes),
                ("pubArea", Item::Bytes(bytes)) => members.pub_area = Some(bytes),
                ("response", Item::Bytes(bytes)) => members.response = Some(bytes),
                _ => return Err(malformed(name)),
            }
            Ok(())
        })?;
        Ok(members)
    }
}

/// A member that the format requires.
pub(super) fn required<T>(name: &'static str, member: Option<T>) -> Result<T> {
    member.ok_or_else(|| malformed(name))
}

pub(super) fn malformed(subject: &str) -> Error {
    Error::new(ErrorCode::AttestationStatementMalformed).subject(subject)
}

fn certificates(array: &[u8]) -> Result<Vec<&[u8]>> {
    let mut reader = Reader::new(array)?;
    let Item::Array(len) = reader.item()? else { return Err(malformed("x5c")) };
    let mut certificates = Vec::new();
    for _ in 0..len {
        match reader.item()? {
            Item::Bytes(der) => certificates.push(der),
            _ => return Err(malformed("x5c")),
        }
    }
    Ok(certificates)
}
