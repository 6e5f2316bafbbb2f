//! One certificate, parsed and not judged.

use alloc::vec::Vec;

use x509_cert::certificate::{CertificateInner, Raw, Version};
use x509_cert::der::asn1::AnyRef;
pub(crate) use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Header, Reader, SliceReader, Tag, Tagged};
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};
use x509_cert::name::Name;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::crypto::{CryptoProvider, HashAlgorithm, Scheme};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::KeyMaterial;
use crate::parse::cose_key::check_rsa;
use crate::types::{Curve, UnixTime};

const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
const SUBJECT_ALT_NAME: ObjectIdentifier = oid("2.5.29.17");
const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
/// id-kp-serverAuth.
pub(crate) const SERVER_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.1");
const ANY_PURPOSE: ObjectIdentifier = oid("2.5.29.37.0");

const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = oid("1.3.101.112");
const CURVES: &[(ObjectIdentifier, Curve)] =
    &[(oid("1.2.840.10045.3.1.7"), Curve::P256), (oid("1.3.132.0.34"), Curve::P384), (oid("1.3.132.0.35"), Curve::P521)];

/// A certificate and the bytes it was parsed from.
#[derive(Clone, Debug)]
pub(crate) struct Certificate<'a> {
    der: &'a [u8],
    signed: &'a [u8],
    parsed: CertificateInner<Raw>,
}

/// An extension of a certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'c> {
    pub(crate) critical: bool,
    /// The content of the extension's OCTET STRING.
    pub(crate) value: &'c [u8],
}

impl<'a> Certificate<'a> {
    /// Parses DER with nothing after it.
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self> {
        let parsed = CertificateInner::<Raw>::from_der(der).map_err(malformed)?;
        let signed = signed_part(der).map_err(malformed)?;
        Ok(Self { der, signed, parsed })
    }

    /// The bytes as they came.
    pub(crate) fn der(&self) -> &'a [u8] {
        self.der
    }

    pub(crate) fn is_version_3(&self) -> bool {
        self.parsed.tbs_certificate().version() == Version::V3
    }

    pub(crate) fn subject(&self) -> &Name {
        self.parsed.tbs_certificate().subject()
    }

    pub(crate) fn issuer(&self) -> &Name {
        self.parsed.tbs_certificate().issuer()
    }

    /// The serial number's content bytes.
    pub(crate) fn serial(&self) -> &[u8] {
        self.parsed.tbs_certificate().serial_number().as_bytes()
    }

    /// The SubjectPublicKeyInfo in DER.
    pub(crate) fn spki_der(&self) -> Result<Vec<u8>> {
        self.parsed.tbs_certificate().subject_public_key_info().to_der().map_err(malformed)
    }

    /// The subject's public key bits, without algorithm: what key identifiers are hashed over.
    pub(crate) fn public_key_bits(&self) -> &[u8] {
        self.parsed.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes()
    }

    /// The first and the last moment of validity.
    pub(crate) fn validity(&self) -> (UnixTime, UnixTime) {
        let validity = self.parsed.tbs_certificate().validity();
        let secs = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        (UnixTime::from_secs(secs(validity.not_before)), UnixTime::from_secs(secs(validity.not_after)))
    }

    /// The extension with this OID. A repeated extension is a malformed certificate.
    pub(crate) fn extension(&self, oid: ObjectIdentifier) -> Result<Option<Extension<'_>>> {
        let mut found = self.extensions().filter(|(id, _)| *id == oid);
        match (found.next(), found.next()) {
            (first, None) => Ok(first.map(|(_, extension)| extension)),
            _ => Err(Error::new(ErrorCode::CertificateMalformed).subject("repeated extension").found(oid)),
        }
    }

    pub(crate) fn extensions(&self) -> impl Iterator<Item = (ObjectIdentifier, Extension<'_>)> {
        let all = self.parsed.tbs_certificate().extensions().map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|e| (e.extn_id, Extension { critical: e.critical, value: e.extn_value.as_bytes() }))
    }

    /// basicConstraints as (is a CA, path length); `None` if the extension is absent.
    ///
    /// Read leniently, since real certificates write the default out or use a byte other than FF for true.
    pub(crate) fn basic_constraints(&self) -> Result<Option<(bool, Option<u8>)>> {
        let Some(extension) = self.extension(BASIC_CONSTRAINTS)? else { return Ok(None) };
        let [0x30, len, content @ ..] = extension.value else { return Err(bad_extension("basicConstraints")) };
        if usize::from(*len) != content.len() {
            return Err(bad_extension("basicConstraints"));
        }
        let (ca, rest) = match content {
            [0x01, 0x01, value, rest @ ..] => (*value != 0, rest),
            rest => (false, rest),
        };
        match rest {
            [] => Ok(Some((ca, None))),
            [0x02, 0x01, len @ 0..=0x7f] => Ok(Some((ca, Some(*len)))),
            _ => Err(bad_extension("basicConstraints")),
        }
    }

    /// Whether keyUsage, if there is one, allows signing anything but certificates and revocation lists.
    pub(crate) fn may_sign(&self) -> Result<bool> {
        self.key_usage(0x80)
    }

    /// Whether keyUsage, if there is one, allows signing certificates.
    pub(crate) fn may_sign_certificates(&self) -> Result<bool> {
        self.key_usage(0x04)
    }

    fn key_usage(&self, bit: u8) -> Result<bool> {
        let Some(extension) = self.extension(KEY_USAGE)? else { return Ok(true) };
        match extension.value {
            [0x03, 2..=3, _, first, ..] => Ok(first & bit != 0),
            _ => Err(bad_extension("keyUsage")),
        }
    }

    /// Whether extendedKeyUsage, if there is one, allows this purpose or any.
    pub(crate) fn allows_purpose(&self, purpose: ObjectIdentifier) -> Result<bool> {
        let purposes = self.purposes()?;
        Ok(purposes.is_none_or(|all| all.iter().any(|oid| *oid == purpose || *oid == ANY_PURPOSE)))
    }

    /// The purposes of extendedKeyUsage; `None` if the extension is absent.
    pub(crate) fn purposes(&self) -> Result<Option<Vec<ObjectIdentifier>>> {
        let Some(extension) = self.extension(EXTENDED_KEY_USAGE)? else { return Ok(None) };
        ExtendedKeyUsage::from_der(extension.value).map(|usage| Some(usage.0)).map_err(|_| bad_extension("extendedKeyUsage"))
    }

    /// Whether the certificate is a server's of this name: by its alternative names, or by its common name without any.
    pub(crate) fn is_for_host(&self, host: &str) -> Result<bool> {
        let Some(extension) = self.extension(SUBJECT_ALT_NAME)? else {
            let common_name = self.subject().common_name().ok().flatten();
            return Ok(common_name.is_some_and(|name| name.value() == host));
        };
        let names = GeneralNames::from_der(extension.value).map_err(|_| bad_extension("subjectAltName"))?;
        Ok(names.iter().any(|name| matches!(name, GeneralName::DnsName(dns) if dns.as_str() == host)))
    }

    /// The public key's numbers.
    pub(crate) fn key(&self) -> Result<KeyMaterial<'_>> {
        let spki = self.parsed.tbs_certificate().subject_public_key_info();
        let bits = self.public_key_bits();
        let unsupported = || Error::new(ErrorCode::CertificateKeyUnsupported).found(spki.algorithm.oid);
        if spki.algorithm.oid == EC_PUBLIC_KEY {
            let parameters = spki.algorithm.parameters.as_ref().ok_or_else(unsupported)?;
            let curve: ObjectIdentifier = parameters.decode_as().map_err(|_| unsupported())?;
            let (_, curve) = CURVES.iter().find(|(oid, _)| curve == *oid).ok_or_else(unsupported)?;
            let [4, coordinates @ ..] = bits else { return Err(unsupported()) };
            let (x, y) = coordinates.split_at_checked(curve.coordinate_len()).ok_or_else(unsupported)?;
            if y.len() != x.len() {
                return Err(unsupported());
            }
            Ok(KeyMaterial::Ec { curve: *curve, x, y })
        } else if spki.algorithm.oid == RSA_ENCRYPTION {
            let (n, e) = rsa_numbers(bits).ok_or_else(unsupported)?;
            check_rsa(n, e)?;
            Ok(KeyMaterial::Rsa { n, e })
        } else if spki.algorithm.oid == ED25519 {
            Ok(KeyMaterial::Ed25519 { x: bits.try_into().map_err(|_| unsupported())? })
        } else {
            Err(unsupported())
        }
    }

    /// Whether this key signed `other`, by the algorithm that `other` names.
    pub(crate) fn verify_issued(&self, other: &Certificate<'_>, provider: &CryptoProvider, allow_sha1: bool) -> Result<()> {
        let inner = other.parsed.tbs_certificate().signature();
        let outer = other.parsed.signature_algorithm();
        if inner != outer {
            return Err(Error::new(ErrorCode::CertificateMalformed).subject("two signature algorithms"));
        }
        let signature = other.parsed.signature().as_bytes().ok_or_else(|| malformed("unused bits in the signature"))?;
        self.verify(other.signed, outer, signature, provider, allow_sha1)
    }

    /// Whether this key made `signature` over `message`, by an X.509 algorithm identifier.
    pub(crate) fn verify(
        &self,
        message: &[u8],
        algorithm: &AlgorithmIdentifierOwned,
        signature: &[u8],
        provider: &CryptoProvider,
        allow_sha1: bool,
    ) -> Result<()> {
        let key = self.key()?;
        let scheme = signature_scheme(algorithm, &key, allow_sha1)?;
        let invalid = || Error::new(ErrorCode::CertificateSignatureInvalid);
        provider.prepare_scheme(scheme, &key)?.verify(&[message], signature).map_err(|_| invalid())
    }
}

/// The scheme that an X.509 algorithm identifier names, on this key.
fn signature_scheme(algorithm: &AlgorithmIdentifierOwned, key: &KeyMaterial<'_>, allow_sha1: bool) -> Result<Scheme> {
    use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    const TABLE: &[(ObjectIdentifier, bool, HashAlgorithm)] = &[
        (oid("1.2.840.10045.4.3.2"), true, Sha256),
        (oid("1.2.840.10045.4.3.3"), true, Sha384),
        (oid("1.2.840.10045.4.3.4"), true, Sha512),
        (oid("1.2.840.113549.1.1.11"), false, Sha256),
        (oid("1.2.840.113549.1.1.12"), false, Sha384),
        (oid("1.2.840.113549.1.1.13"), false, Sha512),
        (oid("1.2.840.113549.1.1.5"), false, Sha1),
    ];
    let unsupported = || Error::new(ErrorCode::CertificateAlgorithmUnsupported).found(algorithm.oid);
    if algorithm.oid == ED25519 {
        return if matches!(key, KeyMaterial::Ed25519 { .. }) { Ok(Scheme::Ed25519) } else { Err(unsupported()) };
    }
    let (_, elliptic, hash) = TABLE.iter().find(|(oid, ..)| algorithm.oid == *oid).ok_or_else(unsupported)?;
    if *hash == Sha1 && !allow_sha1 {
        return Err(unsupported());
    }
    match (key, elliptic) {
        (KeyMaterial::Ec { curve, .. }, true) => Ok(Scheme::Ecdsa(*curve, *hash)),
        (KeyMaterial::Rsa { .. }, false) => Ok(Scheme::RsaPkcs1(*hash)),
        _ => Err(unsupported()),
    }
}

/// The TBSCertificate, byte for byte: the first element of the outer SEQUENCE.
pub(super) fn signed_part(der: &[u8]) -> x509_cert::der::Result<&[u8]> {
    let mut reader = SliceReader::new(der)?;
    Header::decode(&mut reader)?.tag().assert_eq(Tag::Sequence)?;
    reader.tlv_bytes()
}

/// Modulus and exponent of an RSAPublicKey, without sign bytes.
fn rsa_numbers(bits: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = SliceReader::new(bits).ok()?;
    let sequence = AnyRef::decode(&mut outer).ok().filter(|any| any.tag() == Tag::Sequence)?;
    outer.finish().ok()?;
    let mut inner = SliceReader::new(sequence.value()).ok()?;
    let mut integer = || {
        let any = AnyRef::decode(&mut inner).ok().filter(|any| any.tag() == Tag::Integer)?;
        Some(any.value().strip_prefix(&[0]).unwrap_or(any.value()))
    };
    Some((integer()?, integer()?))
}

/// An object identifier, read when this crate is compiled.
pub(crate) const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

pub(super) fn malformed(error: impl core::fmt::Display) -> Error {
    Error::new(ErrorCode::CertificateMalformed).found(error)
}

fn bad_extension(name: &str) -> Error {
    Error::new(ErrorCode::CertificateMalformed).subject(name)
}
