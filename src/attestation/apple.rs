//! `apple` (§8.8): a certificate made for this one credential, with the hash of its making inside.

use super::certified;
use super::statement::{Members, required};
use super::{AttestationFormat, AttestationType, Attested, Statement};
use crate::error::{Error, ErrorCode, Result};
use crate::x509::{ObjectIdentifier, oid};

const NONCE: ObjectIdentifier = oid("1.2.840.113635.100.8.2");

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    // Apple's own statements of 2020 and 2021 carry an `alg`, which says nothing: there is no signature.
    let members = Members::parse(attested.object.att_stmt, &["x5c", "alg"])?;
    let x5c = required("x5c", members.x5c)?;
    let leaf = certified::leaf(&x5c)?;
    let extension = leaf.extension(NONCE)?.ok_or_else(|| Error::new(ErrorCode::AttestationNonceMismatch).subject("no nonce"))?;
    let nonce = attested.provider.sha256(&[attested.object.auth_data, &attested.client_data_hash()]);
    // SEQUENCE { [1] EXPLICIT OCTET STRING of 32 bytes }.
    let [0x30, 0x24, 0xa1, 0x22, 0x04, 0x20, found @ ..] = extension.value else {
        return Err(Error::new(ErrorCode::AttestationNonceMismatch).subject("the extension's shape"));
    };
    if found != nonce {
        return Err(Error::new(ErrorCode::AttestationNonceMismatch).subject("another nonce"));
    }
    certified::check_credential_key(&leaf, attested)?;
    Ok(Statement::certified(AttestationFormat::Apple, AttestationType::AnonymizationCa, x5c))
}
