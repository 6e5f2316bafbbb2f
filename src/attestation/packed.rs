//! `packed` (§8.2), self attestation: the credential key signs its own registration.

use super::{AttestationType, Attested};
use crate::crypto::InvalidSignature;
use crate::error::{Error, ErrorCode, Result};
use crate::parse::cbor::{Item, Key, Reader};

struct Statement<'a> {
    alg: i64,
    sig: &'a [u8],
    certified: bool,
}

pub(super) fn verify(attested: &Attested<'_>) -> Result<AttestationType> {
    let statement = Statement::parse(attested.object.att_stmt)?;
    if statement.certified {
        return Err(Error::new(ErrorCode::AttestationFormatUnsupported).found("packed with x5c"));
    }
    if statement.alg != attested.algorithm.cose_id() {
        return Err(Error::new(ErrorCode::AttestationAlgorithmMismatch).expected(attested.algorithm).found(statement.alg));
    }
    attested
        .key
        .verify(&[attested.object.auth_data, attested.client_data_hash], statement.sig)
        .map_err(|InvalidSignature| ErrorCode::AttestationSignatureInvalid)?;
    Ok(AttestationType::SelfAttestation)
}

impl<'a> Statement<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        let malformed = |subject: &str| Error::new(ErrorCode::AttestationStatementMalformed).subject(subject);
        let mut reader = Reader::new(bytes)?;
        let Item::Map(len) = reader.item()? else { return Err(malformed("not a map")) };
        let (mut alg, mut sig, mut certified) = (None, None, false);
        reader.map_entries(len, |key, reader| {
            let value = reader.skip()?;
            match (key, Reader::new(value)?.item()?) {
                (Key::Text("alg"), Item::Int(n)) => alg = Some(n),
                (Key::Text("sig"), Item::Bytes(bytes)) => sig = Some(bytes),
                (Key::Text("x5c"), Item::Array(1..)) => certified = true,
                (Key::Text(name), _) => return Err(malformed(name)),
                (Key::Int(_), _) => return Err(malformed("a key that is no text")),
            }
            Ok(())
        })?;
        Ok(Self { alg: alg.ok_or_else(|| malformed("alg"))?, sig: sig.ok_or_else(|| malformed("sig"))?, certified })
    }
}
