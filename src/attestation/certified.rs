//! What the formats with certificates share: the leaf, its signature, its required contents.

use alloc::string::{String, ToString};

use x509_cert::der::{Tag, Tagged};
use x509_cert::name::Name;

use super::Attested;
use crate::crypto::Scheme;
use crate::error::{Error, ErrorCode, Result};
use crate::parse::KeyMaterial;
use crate::types::{Aaguid, Algorithm};
use crate::x509::{Certificate, ObjectIdentifier, SERVER_AUTH, check_length, oid};

/// id-fido-gen-ce-aaguid.
pub(super) const AAGUID: ObjectIdentifier = oid("1.3.6.1.4.1.45724.1.1.4");

/// serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, OCSPSigning.
const OTHER_PURPOSES: &[ObjectIdentifier] = &[
    SERVER_AUTH,
    oid("1.3.6.1.5.5.7.3.2"),
    oid("1.3.6.1.5.5.7.3.3"),
    oid("1.3.6.1.5.5.7.3.4"),
    oid("1.3.6.1.5.5.7.3.8"),
    oid("1.3.6.1.5.5.7.3.9"),
];

const COUNTRY: ObjectIdentifier = oid("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = oid("2.5.4.10");
const ORGANIZATIONAL_UNIT: ObjectIdentifier = oid("2.5.4.11");
const COMMON_NAME: ObjectIdentifier = oid("2.5.4.3");

/// The attestation certificate: the first of a chain that is not too long to be looked at.
pub(super) fn leaf<'a>(x5c: &[&'a [u8]]) -> Result<Certificate<'a>> {
    check_length(x5c.len())?;
    let first = x5c.first().ok_or(ErrorCode::AttestationStatementMalformed)?;
    Certificate::parse(first)
}

/// The scheme of a statement's `alg`; RS1 only where the format allows it.
pub(super) fn scheme(alg: i64) -> Result<Scheme> {
    let algorithm = Algorithm::from_cose_id(alg);
    algorithm.map(Scheme::from).ok_or_else(|| Error::new(ErrorCode::AttestationAlgorithmUnsupported).found(alg))
}

/// The statement's signature under the leaf's key.
pub(super) fn verify_signature(
    attested: &Attested<'_>,
    leaf: &Certificate<'_>,
    alg: i64,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<()> {
    verify_with(attested, leaf, scheme(alg)?, message, signature)
}

pub(super) fn verify_with(
    attested: &Attested<'_>,
    leaf: &Certificate<'_>,
    scheme: Scheme,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<()> {
    let key = leaf.key()?;
    let fits = match (&scheme, &key) {
        (Scheme::Ecdsa(wanted, _), KeyMaterial::Ec { curve, .. }) => wanted == curve,
        (Scheme::Ed25519, KeyMaterial::Ed25519 { .. }) | (Scheme::RsaPkcs1(_) | Scheme::RsaPss(_), KeyMaterial::Rsa { .. }) => true,
        _ => false,
    };
    if !fits {
        return Err(Error::new(ErrorCode::AttestationAlgorithmMismatch).subject("the certificate's key").found(format_args!("{scheme:?}")));
    }
    let key = attested.provider.prepare_scheme(scheme, &key)?;
    key.verify(message, signature).map_err(|_| ErrorCode::AttestationSignatureInvalid.into())
}

/// The leaf certifies the credential key itself.
pub(super) fn check_credential_key(leaf: &Certificate<'_>, attested: &Attested<'_>) -> Result<()> {
    if leaf.key()? == attested.key.material { Ok(()) } else { Err(ErrorCode::AttestationKeyMismatch.into()) }
}

pub(super) fn check_version_3(leaf: &Certificate<'_>) -> Result<()> {
    if leaf.is_version_3() { Ok(()) } else { Err(ErrorCode::AttestationCertificateVersion.into()) }
}

/// basicConstraints is there and says that the leaf is no CA.
pub(super) fn check_not_ca(leaf: &Certificate<'_>) -> Result<()> {
    match leaf.basic_constraints()? {
        Some((false, _)) => Ok(()),
        _ => Err(ErrorCode::AttestationCertificateBasicConstraints.into()),
    }
}

/// A certificate of the web, for mail or for code attests nothing, whoever issued it: some metadata lists public authorities.
pub(super) fn check_no_other_purpose(leaf: &Certificate<'_>) -> Result<()> {
    match leaf.purposes()?.iter().flatten().find(|purpose| OTHER_PURPOSES.contains(purpose)) {
        Some(purpose) => Err(Error::new(ErrorCode::CertificateKeyUsage).subject("extendedKeyUsage").found(purpose)),
        None => Ok(()),
    }
}

/// If the leaf names a model, it is the one of the authenticator data (§8.2.1).
pub(super) fn check_aaguid(leaf: &Certificate<'_>, oid: ObjectIdentifier, attested: &Attested<'_>) -> Result<()> {
    let Some(extension) = leaf.extension(oid)? else { return Ok(()) };
    let wrong = |subject: &str| Err(Error::new(ErrorCode::AttestationCertificateAaguid).subject(subject));
    if extension.critical {
        return wrong("critical");
    }
    let [0x04, 0x10, aaguid @ ..] = extension.value else { return wrong("not an OCTET STRING of 16 bytes") };
    let claimed = attested.auth_data.attested.as_ref().map(|credential| credential.aaguid);
    if claimed.is_some_and(|claimed| claimed.as_bytes() == aaguid) { Ok(()) } else { wrong("another model") }
}

/// The model that a certificate names, if it names one properly.
pub(super) fn aaguid(leaf: &Certificate<'_>) -> Option<Aaguid> {
    match leaf.extension(AAGUID).ok().flatten()?.value {
        [0x04, 0x10, aaguid @ ..] => aaguid.try_into().ok().map(Aaguid::new),
        _ => None,
    }
}

/// §8.2.1: C is a country of two letters, O and CN are there, OU is `Authenticator Attestation`.
pub(super) fn check_packed_subject(leaf: &Certificate<'_>) -> Result<()> {
    let subject = leaf.subject();
    let wrong = |part: &str| Err(Error::new(ErrorCode::AttestationCertificateSubject).subject(part));
    match text(subject, COUNTRY) {
        Some(country) if country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) => {}
        _ => return wrong("C"),
    }
    if text(subject, ORGANIZATION).is_none_or(|o| o.is_empty()) {
        return wrong("O");
    }
    if text(subject, ORGANIZATIONAL_UNIT).as_deref() != Some("Authenticator Attestation") {
        return wrong("OU");
    }
    if text(subject, COMMON_NAME).is_none_or(|cn| cn.is_empty()) {
        return wrong("CN");
    }
    Ok(())
}

/// The first attribute of a name with this OID, if it is text.
pub(super) fn text(name: &Name, oid: ObjectIdentifier) -> Option<String> {
    let attribute = name.iter().find(|attribute| attribute.oid == oid)?;
    let textual = matches!(attribute.value.tag(), Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::TeletexString);
    core::str::from_utf8(attribute.value.value()).ok().filter(|_| textual).map(ToString::to_string)
}
