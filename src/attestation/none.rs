//! `none` (§8.7): an empty map, which says that nothing is said.

use super::{AttestationType, Attested};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::cbor::{Item, Reader};

pub(super) fn verify(attested: &Attested<'_>) -> Result<AttestationType> {
    match Reader::new(attested.object.att_stmt)?.item()? {
        Item::Map(0) => Ok(AttestationType::None),
        Item::Map(n) => Err(Error::new(ErrorCode::AttestationStatementNotEmpty).found(n)),
        other => Err(Error::new(ErrorCode::AttestationStatementMalformed).expected("a map").found(other.type_name())),
    }
}
