//! Public keys as SubjectPublicKeyInfo, the DER form that browsers and databases know.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spki::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use spki::der::{Decode, Encode, Reader, SliceReader};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};

use crate::error::{Error, ErrorCode, Result, unshown};
use crate::parse::KeyMaterial;
use crate::types::Curve;

/// The longest DER, in bytes: an RSA key of 8192 bits takes 1058.
const MAX_DER: usize = 2 * 1024;
/// The longest PEM, in bytes.
const MAX_PEM: usize = 4 * 1024;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// All that comes before the two coordinates: both OIDs, then a BIT STRING with an uncompressed point.
const P256_POINT: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\0\x04";

/// The key as DER; `None` only if it cannot be encoded, which its own bounds rule out.
pub(crate) fn subject_public_key_info(key: &KeyMaterial<'_>) -> Option<Vec<u8>> {
    match *key {
        KeyMaterial::Ec { curve, x, y } => {
            let curve = match curve {
                Curve::P256 => P256,
                Curve::P384 => P384,
                Curve::P521 => P521,
            };
            encode(EC_PUBLIC_KEY, Some(AnyRef::from(&curve)), &[&[4], x, y].concat())
        }
        KeyMaterial::Ed25519 { x } => encode(ED25519, None, x),
        KeyMaterial::Rsa { n, e } => {
            // RSAPublicKey of RFC 8017.
            encode(RSA_ENCRYPTION, Some(AnyRef::NULL), &two_numbers_der([n, e]).ok()?)
        }
    }
}

/// The numbers of a key in DER with nothing after it; whether they are fit for an algorithm is not asked here.
///
/// # Errors
/// `public-key-encoding-malformed`, `public-key-type-mismatch`, `public-key-curve-mismatch`, `public-key-compressed-point`,
/// `public-key-coordinate-length`.
pub(crate) fn key_material(der: &[u8]) -> Result<KeyMaterial<'_>> {
    let malformed = || Error::new(ErrorCode::PublicKeyEncodingMalformed);
    if der.len() > MAX_DER {
        return Err(malformed().expected("at most 2048 bytes").found(der.len()));
    }
    let SubjectPublicKeyInfo { algorithm, subject_public_key } =
        SubjectPublicKeyInfoRef::from_der(der).map_err(|error| malformed().found(error))?;
    let bits = subject_public_key.as_bytes().ok_or_else(malformed)?;
    match (algorithm.oid, algorithm.parameters) {
        (EC_PUBLIC_KEY, Some(parameters)) => {
            let oid: ObjectIdentifier = parameters.decode_as().map_err(|error| malformed().subject("named curve").found(error))?;
            point(curve(oid)?, bits)
        }
        (ED25519, None) => {
            let wrong = |_| Error::new(ErrorCode::PublicKeyCoordinateLength).subject("x").expected(32).found(bits.len());
            Ok(KeyMaterial::Ed25519 { x: bits.try_into().map_err(wrong)? })
        }
        (RSA_ENCRYPTION, Some(parameters)) if parameters == AnyRef::NULL => {
            rsa(bits).map_err(|error| malformed().subject("RSAPublicKey").found(error))
        }
        (EC_PUBLIC_KEY | ED25519 | RSA_ENCRYPTION, _) => Err(malformed().subject("parameters")),
        (other, _) => Err(Error::new(ErrorCode::PublicKeyTypeMismatch).found(other)),
    }
}

/// Whether these numbers are what [`key_material`] reads, without reading where it is a key on P-256 as everybody writes it.
pub(crate) fn is_key_material(der: &[u8], key: &KeyMaterial<'_>) -> bool {
    let usual = match (der.strip_prefix(P256_POINT), key) {
        (Some(point), KeyMaterial::Ec { curve: Curve::P256, x, y }) => point.split_at_checked(32) == Some((x, y)),
        _ => false,
    };
    usual || key_material(der).as_ref() == Ok(key)
}

fn curve(oid: ObjectIdentifier) -> Result<Curve> {
    match oid {
        P256 => Ok(Curve::P256),
        P384 => Ok(Curve::P384),
        P521 => Ok(Curve::P521),
        other => Err(Error::new(ErrorCode::PublicKeyCurveMismatch).found(other)),
    }
}

/// A point as of SEC 1; the compressed form is named, since it is valid elsewhere.
fn point(curve: Curve, bits: &[u8]) -> Result<KeyMaterial<'_>> {
    let coordinates = match bits {
        [4, coordinates @ ..] => coordinates,
        [2 | 3, ..] => return Err(ErrorCode::PublicKeyCompressedPoint.into()),
        _ => return Err(Error::new(ErrorCode::PublicKeyEncodingMalformed).subject("point")),
    };
    let len = curve.coordinate_len();
    match coordinates.split_at_checked(len) {
        Some((x, y)) if y.len() == len => Ok(KeyMaterial::Ec { curve, x, y }),
        _ => Err(Error::new(ErrorCode::PublicKeyCoordinateLength).expected(len.saturating_mul(2)).found(coordinates.len())),
    }
}

/// RSAPublicKey of RFC 8017.
fn rsa(bits: &[u8]) -> spki::der::Result<KeyMaterial<'_>> {
    let [n, e] = two_numbers(bits)?;
    Ok(KeyMaterial::Rsa { n, e })
}

/// A SEQUENCE of two INTEGERs that are not negative, in strict DER with nothing after it: an RSA key, an ECDSA signature.
/// The numbers come without sign bytes.
pub(super) fn two_numbers(der: &[u8]) -> spki::der::Result<[&[u8]; 2]> {
    let mut reader = SliceReader::new(der)?;
    let numbers = reader.sequence(|reader| Ok::<_, spki::der::Error>([UintRef::decode(reader)?, UintRef::decode(reader)?]))?;
    reader.finish()?;
    Ok(numbers.map(|number| number.as_bytes()))
}

/// The other way round.
pub(super) fn two_numbers_der(numbers: [&[u8]; 2]) -> spki::der::Result<Vec<u8>> {
    let [a, b] = numbers;
    [UintRef::new(a)?, UintRef::new(b)?].to_der()
}

/// The DER in a PEM of a public key (RFC 7468), whatever the length of its lines.
///
/// # Errors
/// `public-key-encoding-malformed`, `public-key-private-part`.
pub(crate) fn from_pem(pem: &str) -> Result<Vec<u8>> {
    let malformed = || Error::new(ErrorCode::PublicKeyEncodingMalformed);
    if pem.len() > MAX_PEM {
        return Err(malformed().expected("at most 4096 bytes").found(pem.len()));
    }
    let pem = pem.trim();
    if pem.contains("PRIVATE KEY") {
        return Err(ErrorCode::PublicKeyPrivatePart.into());
    }
    let body = pem.strip_prefix("-----BEGIN PUBLIC KEY-----").and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"));
    let body = body.ok_or_else(|| malformed().expected("-----BEGIN PUBLIC KEY-----").found(unshown(pem)))?;
    let base64: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(base64).map_err(|error| malformed().found(error))
}

/// DER of a SubjectPublicKeyInfo as PEM.
#[cfg(feature = "pem")]
pub(crate) fn pem(der: &[u8]) -> Option<String> {
    use spki::der::Document;
    use spki::der::pem::LineEnding;
    Document::try_from(der).ok()?.to_pem("PUBLIC KEY", LineEnding::LF).ok()
}

fn encode(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Option<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(key).ok()?;
    SubjectPublicKeyInfo { algorithm: AlgorithmIdentifierRef { oid, parameters }, subject_public_key }.to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variations;

    #[test]
    fn the_usual_key_is_compared_as_any_other_is_read() {
        let key = KeyMaterial::Ec { curve: Curve::P256, x: &[0x11; 32], y: &[0x22; 32] };
        let usual = subject_public_key_info(&key).expect("DER");
        assert!(usual.starts_with(P256_POINT) && is_key_material(&usual, &key));
        for varied in variations::of(&usual) {
            assert_eq!(is_key_material(&varied, &key), key_material(&varied) == Ok(key), "{varied:02x?}");
        }
    }
}
