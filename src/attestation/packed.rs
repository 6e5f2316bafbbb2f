//! `packed` (§8.2): signed by an attestation key with a certificate, or by the credential key itself.

use super::statement::{Members, required};
use super::{AttestationFormat, AttestationType, Attested, Statement};
use crate::crypto::InvalidSignature;
use crate::error::{Error, ErrorCode, Result};

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    let members = Members::parse(attested.object.att_stmt, &["alg", "sig", "x5c"])?;
    let alg = required("alg", members.alg)?;
    let sig = required("sig", members.sig)?;
    match members.x5c {
        Some(x5c) => verify_certified(attested, alg, sig, x5c),
        None => verify_self(attested, alg, sig),
    }
}

fn verify_self<'a>(attested: &Attested<'a>, alg: i64, sig: &[u8]) -> Result<Statement<'a>> {
    let algorithm = attested.key.algorithm;
    if alg != algorithm.cose_id() {
        return Err(Error::new(ErrorCode::AttestationAlgorithmMismatch).expected(algorithm).found(alg));
    }
    attested
        .verifying_key
        .verify(&[attested.object.auth_data, &attested.client_data_hash()], sig)
        .map_err(|InvalidSignature| ErrorCode::AttestationSignatureInvalid)?;
    Ok(Statement::new(AttestationFormat::Packed, AttestationType::SelfAttestation))
}

#[cfg(not(feature = "attestation"))]
fn verify_certified<'a>(_: &Attested<'a>, _: i64, _: &[u8], _: alloc::vec::Vec<&'a [u8]>) -> Result<Statement<'a>> {
    Err(Error::new(ErrorCode::AttestationFormatUnsupported).found("packed with x5c"))
}

#[cfg(feature = "attestation")]
fn verify_certified<'a>(attested: &Attested<'a>, alg: i64, sig: &[u8], x5c: alloc::vec::Vec<&'a [u8]>) -> Result<Statement<'a>> {
    use super::certified::{self, AAGUID};
    let leaf = certified::leaf(&x5c)?;
    certified::verify_signature(attested, &leaf, alg, &[attested.object.auth_data, &attested.client_data_hash()], sig)?;
    // §8.2.1: the leaf is what an attestation certificate has to be, and speaks of this model.
    certified::check_version_3(&leaf)?;
    certified::check_packed_subject(&leaf)?;
    certified::check_not_ca(&leaf)?;
    certified::check_no_other_purpose(&leaf)?;
    certified::check_aaguid(&leaf, AAGUID, attested)?;
    Ok(Statement::certified(AttestationFormat::Packed, AttestationType::Basic, x5c))
}
