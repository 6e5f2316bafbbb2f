//! Public keys as SubjectPublicKeyInfo, the DER form that browsers and databases know.

use alloc::vec::Vec;

use spki::der::Encode;
use spki::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfo};

use crate::parse::KeyMaterial;
use crate::types::Curve;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

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
            let key = [UintRef::new(n).ok()?, UintRef::new(e).ok()?];
            encode(RSA_ENCRYPTION, Some(AnyRef::NULL), &key.to_der().ok()?)
        }
    }
}

/// DER of a SubjectPublicKeyInfo as PEM.
#[cfg(feature = "pem")]
pub(crate) fn pem(der: &[u8]) -> Option<alloc::string::String> {
    use spki::der::Document;
    use spki::der::pem::LineEnding;
    Document::try_from(der).ok()?.to_pem("PUBLIC KEY", LineEnding::LF).ok()
}

fn encode(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Option<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(key).ok()?;
    SubjectPublicKeyInfo { algorithm: AlgorithmIdentifierRef { oid, parameters }, subject_public_key }.to_der().ok()
}
