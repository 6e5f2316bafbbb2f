//! `none` (§8.7): an empty map, which says that nothing is said.

use super::{AttestationFormat, AttestationType, Attested, Statement};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::cbor::{Item, Reader};

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    match Reader::new(attested.object.att_stmt)?.item()? {
        Item::Map(0) => Ok(Statement::new(AttestationFormat::None, AttestationType::None)),
        Item::Map(n) => Err(Error::new(ErrorCode::AttestationStatementNotEmpty).found(n)),
        other => Err(Error::new(ErrorCode::AttestationStatementMalformed).expected("a map").found(other.type_name())),
    }
}
