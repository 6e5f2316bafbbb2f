//! `tpm` (§8.3): a TPM certifies the credential key with its attestation identity key.

mod aik;
mod structures;

use sha2::{Digest, Sha384, Sha512};

pub(super) use self::aik::AIK_CERTIFICATE;
use self::structures::{Attest, PublicArea, PublicParameters};
use super::certified::{self, verify_with};
use super::statement::{Members, malformed, required};
use super::{AttestationFormat, AttestationType, Attested, Statement};
use crate::crypto::{CryptoProvider, HashAlgorithm, Scheme};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::KeyMaterial;

/// RSASSA-PKCS1-v1_5 with SHA-1: what Windows Hello signs these statements with. Taken here and nowhere else.
const RS1: i64 = -65_535;
/// TPM_GENERATED_VALUE and TPM_ST_ATTEST_CERTIFY.
const MAGIC: u32 = 0xff54_4347;
const ATTEST_CERTIFY: u16 = 0x8017;

/// Bits of TPMA_OBJECT.
const FIXED_TPM: (u32, &str) = (1 << 1, "fixedTPM");
const FIXED_PARENT: (u32, &str) = (1 << 4, "fixedParent");
const SENSITIVE_DATA_ORIGIN: (u32, &str) = (1 << 5, "sensitiveDataOrigin");
const RESTRICTED: (u32, &str) = (1 << 16, "restricted");
const SIGN: (u32, &str) = (1 << 18, "sign");

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    let members = Members::parse(attested.object.att_stmt, &["ver", "alg", "x5c", "sig", "certInfo", "pubArea"])?;
    if required("ver", members.ver)? != "2.0" {
        return Err(Error::new(ErrorCode::TpmVersion).expected("2.0"));
    }
    let alg = required("alg", members.alg)?;
    let sig = required("sig", members.sig)?;
    let x5c = required("x5c", members.x5c)?;
    let cert_info = required("certInfo", members.cert_info)?;
    let pub_area = required("pubArea", members.pub_area)?;

    // The key in pubArea is the credential's.
    let public = PublicArea::parse(pub_area).ok_or_else(|| malformed("pubArea"))?;
    if !same_key(&public.parameters, &attested.key.material) {
        return Err(ErrorCode::TpmPublicAreaMismatch.into());
    }

    // The AIK certificate and its signature over certInfo.
    let leaf = certified::leaf(&x5c)?;
    let scheme = if alg == RS1 { Scheme::RsaPkcs1(HashAlgorithm::Sha1) } else { certified::scheme(alg)? };
    verify_with(attested, &leaf, scheme, &[cert_info], sig)?;
    aik::check(&leaf, attested)?;

    // certInfo certifies pubArea, for this registration.
    let info = Attest::parse(cert_info).ok_or_else(|| malformed("certInfo"))?;
    if info.magic != MAGIC {
        return Err(Error::new(ErrorCode::TpmMagic).expected(format_args!("{MAGIC:#x}")).found(format_args!("{:#x}", info.magic)));
    }
    if info.attest_type != ATTEST_CERTIFY {
        return Err(Error::new(ErrorCode::TpmAttestationType).found(format_args!("{:#x}", info.attest_type)));
    }
    let certify = info.certify().ok_or_else(|| malformed("certInfo"))?;
    let hash = signature_hash(scheme).ok_or(ErrorCode::AttestationAlgorithmUnsupported)?;
    if !digest_is(attested.provider, hash, &[attested.object.auth_data, &attested.client_data_hash()], info.extra_data) {
        return Err(Error::new(ErrorCode::AttestationNonceMismatch).subject("extraData"));
    }
    let unusable = || Error::new(ErrorCode::TpmNameAlgorithm).found(format_args!("{:#06x}", public.name_alg));
    let name_hash = name_hash(public.name_alg).ok_or_else(unusable)?;
    let named = certify.name.strip_prefix(&public.name_alg.to_be_bytes());
    if !named.is_some_and(|digest| digest_is(attested.provider, name_hash, &[pub_area], digest)) {
        return Err(ErrorCode::TpmNameMismatch.into());
    }
    check_attributes(public.attributes, attested.rules.danger_accept_movable_tpm_keys)?;
    Ok(Statement::certified(AttestationFormat::Tpm, AttestationType::AttestationCa, x5c))
}

/// The hash that makes an object's name. What a name by SHA-1 stands for can be swapped for its collision; no TPM in the field
/// names keys so.
fn name_hash(name_alg: u16) -> Option<HashAlgorithm> {
    match name_alg {
        0x000b => Some(HashAlgorithm::Sha256),
        0x000c => Some(HashAlgorithm::Sha384),
        0x000d => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

/// The key was made in this TPM and stays there, and it signs what it is given.
fn check_attributes(attributes: u32, accept_movable: bool) -> Result<()> {
    let set: &[(u32, &str)] = if accept_movable { &[SIGN] } else { &[SIGN, FIXED_TPM, FIXED_PARENT, SENSITIVE_DATA_ORIGIN] };
    let wrong = |subject: &str| Error::new(ErrorCode::TpmKeyAttributes).subject(subject).found(format_args!("{attributes:#010x}"));
    // A restricted key signs only what its TPM made: an identity key in the place of a credential's.
    let restricted = Some(RESTRICTED).filter(|(bit, _)| attributes & bit != 0);
    let missing = set.iter().find(|(bit, _)| attributes & bit == 0).copied();
    restricted.or(missing).map_or(Ok(()), |(_, name)| Err(wrong(name)))
}

fn same_key(public: &PublicParameters<'_>, credential: &KeyMaterial<'_>) -> bool {
    match (public, credential) {
        (PublicParameters::Rsa { exponent, modulus }, KeyMaterial::Rsa { n, e }) => {
            number(modulus) == number(n) && number(&exponent.to_be_bytes()) == number(e)
        }
        // Some TPMs drop leading zeros: coordinates are compared as numbers.
        (PublicParameters::Ecc { curve, x, y }, KeyMaterial::Ec { curve: wanted, x: wanted_x, y: wanted_y }) => {
            curve == wanted && number(x) == number(wanted_x) && number(y) == number(wanted_y)
        }
        _ => false,
    }
}

/// A big-endian number without leading zeros.
fn number(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn signature_hash(scheme: Scheme) -> Option<HashAlgorithm> {
    match scheme {
        Scheme::Ecdsa(_, hash) | Scheme::RsaPkcs1(hash) | Scheme::RsaPss(hash) => Some(hash),
        Scheme::Ed25519 => None,
    }
}

fn digest_is(provider: &CryptoProvider, hash: HashAlgorithm, parts: &[&[u8]], wanted: &[u8]) -> bool {
    fn hashes_to<D: Digest>(parts: &[&[u8]], wanted: &[u8]) -> bool {
        let mut hash = D::new();
        for part in parts {
            hash.update(part);
        }
        hash.finalize().as_slice() == wanted
    }
    match hash {
        HashAlgorithm::Sha1 => hashes_to::<sha1::Sha1>(parts, wanted),
        HashAlgorithm::Sha256 => provider.sha256(parts) == wanted,
        HashAlgorithm::Sha384 => hashes_to::<Sha384>(parts, wanted),
        HashAlgorithm::Sha512 => hashes_to::<Sha512>(parts, wanted),
    }
}
