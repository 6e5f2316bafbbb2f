//! `fido-u2f` (§8.6): security keys of the first generation.

use super::certified::{self, verify_with};
use super::statement::{Members, required};
use super::{AttestationFormat, AttestationType, Attested, Statement};
use crate::crypto::{HashAlgorithm, Scheme};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::KeyMaterial;
use crate::types::Curve;

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    let members = Members::parse(attested.object.att_stmt, &["sig", "x5c"])?;
    let sig = required("sig", members.sig)?;
    let x5c = required("x5c", members.x5c)?;
    if x5c.len() != 1 {
        return Err(Error::new(ErrorCode::FidoU2fCertificateCount).found(x5c.len()));
    }
    let leaf = certified::leaf(&x5c)?;
    if !matches!(leaf.key()?, KeyMaterial::Ec { curve: Curve::P256, .. }) {
        return Err(Error::new(ErrorCode::FidoU2fCurve).subject("the certificate's key"));
    }
    let KeyMaterial::Ec { curve: Curve::P256, x, y } = attested.key.material else {
        return Err(Error::new(ErrorCode::FidoU2fCurve).subject("the credential key"));
    };
    let Some(credential) = &attested.auth_data.attested else { return Err(ErrorCode::AttestedDataMissing.into()) };
    if attested.rules.fido_u2f_requires_zero_aaguid && !credential.aaguid.is_zero() {
        return Err(Error::new(ErrorCode::FidoU2fAaguid).found(credential.aaguid));
    }
    let hash = attested.client_data_hash();
    let message: [&[u8]; 7] = [&[0], attested.auth_data.rp_id_hash, &hash, credential.credential_id, &[4], x, y];
    verify_with(attested, &leaf, Scheme::Ecdsa(Curve::P256, HashAlgorithm::Sha256), &message, sig)?;
    Ok(Statement::certified(AttestationFormat::FidoU2f, AttestationType::Basic, x5c))
}
