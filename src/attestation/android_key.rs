//! `android-key` (§8.4): the hardware keystore describes the key it made.

use x509_cert::der::asn1::AnyRef;
use x509_cert::der::{Class, Decode, Reader as _, SliceReader, Tag, Tagged};

use super::certified;
use super::statement::{Members, required};
use super::{AttestationFormat, AttestationType, Attested, Statement};
use crate::error::{Error, ErrorCode, Result};
use crate::x509::{ObjectIdentifier, oid};

const KEY_DESCRIPTION: ObjectIdentifier = oid("1.3.6.1.4.1.11129.2.1.17");

/// Tags of an authorization list.
const PURPOSE: u32 = 1;
const ALL_APPLICATIONS: u32 = 600;
const ORIGIN: u32 = 702;

/// KM_PURPOSE_SIGN as the one element of a SET OF INTEGER, and KM_ORIGIN_GENERATED as an INTEGER.
const PURPOSE_SIGN: &[u8] = &[0x31, 0x03, 0x02, 0x01, 0x02];
const ORIGIN_GENERATED: &[u8] = &[0x02, 0x01, 0x00];

/// SecurityLevel: trusted environment and StrongBox; 0 is software.
const SECURE: &[&[u8]] = &[&[1], &[2]];

pub(super) fn verify<'a>(attested: &Attested<'a>) -> Result<Statement<'a>> {
    let members = Members::parse(attested.object.att_stmt, &["alg", "sig", "x5c"])?;
    let alg = required("alg", members.alg)?;
    let sig = required("sig", members.sig)?;
    let x5c = required("x5c", members.x5c)?;
    let leaf = certified::leaf(&x5c)?;
    certified::verify_signature(attested, &leaf, alg, &[attested.object.auth_data, &attested.client_data_hash()], sig)?;
    certified::check_credential_key(&leaf, attested)?;

    let extension = leaf.extension(KEY_DESCRIPTION)?.ok_or(ErrorCode::AndroidKeyDescriptionMalformed)?;
    let description = KeyDescription::parse(extension.value).ok_or(ErrorCode::AndroidKeyDescriptionMalformed)?;
    if description.challenge != attested.client_data_hash() {
        return Err(Error::new(ErrorCode::AttestationNonceMismatch).subject("attestationChallenge"));
    }
    if description.software.all_applications || description.hardware.all_applications {
        return Err(ErrorCode::AndroidKeyAllApplications.into());
    }
    if attested.rules.android_key_requires_hardware && !description.levels.iter().all(|level| SECURE.contains(level)) {
        return Err(ErrorCode::AndroidKeySecurityLevel.into());
    }
    let lists: &[&AuthorizationList<'_>] = if attested.rules.android_key_requires_hardware {
        &[&description.hardware]
    } else {
        &[&description.hardware, &description.software]
    };
    judge(lists.iter().map(|list| list.origin), ORIGIN_GENERATED, ErrorCode::AndroidKeyOrigin)?;
    judge(lists.iter().map(|list| list.purpose), PURPOSE_SIGN, ErrorCode::AndroidKeyPurpose)?;
    Ok(Statement::certified(AttestationFormat::AndroidKey, AttestationType::Basic, x5c))
}

/// In the union of the lists the value is there, and is nothing but what it has to be.
fn judge<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, wanted: &[u8], refusal: ErrorCode) -> Result<()> {
    let mut present = values.flatten().peekable();
    if present.peek().is_some() && present.all(|value| value == wanted) { Ok(()) } else { Err(refusal.into()) }
}

struct KeyDescription<'a> {
    /// attestationSecurityLevel and keymasterSecurityLevel.
    levels: [&'a [u8]; 2],
    challenge: &'a [u8],
    software: AuthorizationList<'a>,
    hardware: AuthorizationList<'a>,
}

#[derive(Default)]
struct AuthorizationList<'a> {
    purpose: Option<&'a [u8]>,
    origin: Option<&'a [u8]>,
    all_applications: bool,
}

impl<'a> KeyDescription<'a> {
    /// attestationVersion, attestationSecurityLevel, keymasterVersion, keymasterSecurityLevel, attestationChallenge,
    /// uniqueId, softwareEnforced, hardwareEnforced; what later versions append is skipped.
    fn parse(der: &'a [u8]) -> Option<Self> {
        let outer = AnyRef::from_der(der).ok().filter(|any| any.tag() == Tag::Sequence)?;
        let mut reader = SliceReader::new(outer.value()).ok()?;
        let mut next = |tag: Tag| AnyRef::decode(&mut reader).ok().filter(|any| any.tag() == tag).map(|any| any.value());
        next(Tag::Integer)?;
        let attestation = next(Tag::Enumerated)?;
        next(Tag::Integer)?;
        let levels = [attestation, next(Tag::Enumerated)?];
        let challenge = next(Tag::OctetString)?;
        next(Tag::OctetString)?;
        let software = AuthorizationList::parse(next(Tag::Sequence)?)?;
        let hardware = AuthorizationList::parse(next(Tag::Sequence)?)?;
        Some(Self { levels, challenge, software, hardware })
    }
}

impl<'a> AuthorizationList<'a> {
    fn parse(content: &'a [u8]) -> Option<Self> {
        let mut reader = SliceReader::new(content).ok()?;
        let mut list = Self::default();
        while !reader.is_finished() {
            let entry = AnyRef::decode(&mut reader).ok().filter(|any| any.tag().class() == Class::ContextSpecific)?;
            let repeated = match entry.tag().number().value() {
                PURPOSE => list.purpose.replace(entry.value()).is_some(),
                ORIGIN => list.origin.replace(entry.value()).is_some(),
                ALL_APPLICATIONS => core::mem::replace(&mut list.all_applications, true),
                _ => false,
            };
            if repeated {
                return None;
            }
        }
        Some(list)
    }
}
