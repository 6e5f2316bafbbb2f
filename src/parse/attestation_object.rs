//! The attestation object (§6.5.4): format, authenticator data, statement.

use crate::error::{Error, ErrorCode, Result};
use crate::parse::cbor::{Item, Key, Reader};

/// The three members of an attestation object, borrowed and not yet judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttestationObject<'a> {
    /// The attestation statement format identifier.
    pub fmt: &'a str,
    /// The authenticator data as it came.
    pub auth_data: &'a [u8],
    /// The statement's CBOR as it came: a map, or an array for `compound`.
    pub att_stmt: &'a [u8],
}

impl<'a> AttestationObject<'a> {
    /// Parses the CBOR map of exactly `fmt`, `authData` and `attStmt`.
    ///
    /// # Errors
    /// `attestation-object-not-a-map`, `attestation-object-member-missing`, `attestation-object-member-type`,
    /// `attestation-object-extra-member`, and the `cbor-…` codes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes)?;
        let Item::Map(len) = reader.item()? else { return Err(ErrorCode::AttestationObjectNotMap.into()) };
        let (mut fmt, mut auth_data, mut att_stmt) = (None, None, None);
        reader.map_entries(len, |key, reader| {
            let (item, value) = reader.value()?;
            match (key, item) {
                (Key::Text("fmt"), Item::Text(text)) => fmt = Some(text),
                (Key::Text("authData"), Item::Bytes(bytes)) => auth_data = Some(bytes),
                (Key::Text("attStmt"), Item::Map(_) | Item::Array(_)) => att_stmt = Some(value),
                (Key::Text(name @ ("fmt" | "authData" | "attStmt")), other) => {
                    return Err(Error::new(ErrorCode::AttestationObjectMemberType).subject(name).found(other.type_name()));
                }
                (Key::Text(name), _) => return Err(Error::new(ErrorCode::AttestationObjectExtraMember).subject(name)),
                (Key::Int(_), _) => return Err(ErrorCode::CborKeyType.into()),
            }
            Ok(())
        })?;
        reader.end()?;
        let missing = |name: &'static str| move || Error::new(ErrorCode::AttestationObjectMemberMissing).subject(name);
        Ok(Self {
            fmt: fmt.ok_or_else(missing("fmt"))?,
            auth_data: auth_data.ok_or_else(missing("authData"))?,
            att_stmt: att_stmt.ok_or_else(missing("attStmt"))?,
        })
    }
}
