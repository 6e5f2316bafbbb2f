//! `compound` (§8.9): several statements about one credential.

use super::statement::malformed;
use super::{AttestationFormat, AttestationType, Attested, CompoundRule, Statement};
use crate::error::{Error, Result};
use crate::parse::AttestationObject;
use crate::parse::cbor::{Item, Key, Reader};

/// The most statements: each costs signatures and a chain.
const MAX_PARTS: usize = 8;

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    let mut reader = Reader::new(attested.object.att_stmt)?;
    let Item::Array(len @ 2..=MAX_PARTS) = reader.item()? else { return Err(malformed("not an array of two to eight statements")) };
    let mut statement = Statement::new(AttestationFormat::Compound, AttestationType::Compound);
    let mut failure: Option<Error> = None;
    for _ in 0..len {
        let (fmt, att_stmt) = part(reader.skip()?)?;
        if fmt == AttestationFormat::Compound.as_str() {
            return Err(malformed("compound within compound"));
        }
        let object = AttestationObject { fmt, att_stmt, ..attested.object };
        match super::verify(&Attested { object, ..*attested }) {
            Ok(verified) => statement.parts.push(verified),
            Err(error) if attested.rules.compound == CompoundRule::Any => {
                failure.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match failure {
        Some(error) if statement.parts.is_empty() => Err(error),
        _ => Ok(statement),
    }
}

/// One `{fmt, attStmt}`.
fn part(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let mut reader = Reader::new(bytes)?;
    let Item::Map(2) = reader.item()? else { return Err(malformed("a part that is no map of fmt and attStmt")) };
    let (mut fmt, mut att_stmt) = (None, None);
    reader.map_entries(2, |key, reader| {
        let (item, value) = reader.value()?;
        match (key, item) {
            (Key::Text("fmt"), Item::Text(text)) => fmt = Some(text),
            (Key::Text("attStmt"), Item::Map(_) | Item::Array(_)) => att_stmt = Some(value),
            _ => return Err(malformed("a member of a part")),
        }
        Ok(())
    })?;
    Ok((fmt.ok_or_else(|| malformed("fmt"))?, att_stmt.ok_or_else(|| malformed("attStmt"))?))
}
