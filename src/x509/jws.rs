//! JSON Web Signatures in compact form, as SafetyNet and the FIDO metadata service make them (RFC 7515).

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};

use super::certificate::Certificate;
use super::path::check_length;
use crate::crypto::{CryptoProvider, HashAlgorithm, Scheme};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::KeyMaterial;
use crate::types::{Bytes, Curve};

/// A JWS with its certificates, its signature not verified yet.
pub(crate) struct Jws<'a> {
    /// Header and payload as they were signed.
    signed: &'a str,
    alg: String,
    signature: Vec<u8>,
    /// The certificates of the header, leaf first, in DER.
    pub(crate) x5c: Vec<Vec<u8>>,
    /// The payload's bytes.
    pub(crate) payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    x5c: Vec<String>,
    /// Whether it is there at all.
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    b64: Option<bool>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> core::result::Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self> {
        let malformed = |subject: &'static str| Error::new(ErrorCode::JwsMalformed).subject(subject);
        let (signed, signature) = text.rsplit_once('.').ok_or_else(|| malformed("parts"))?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| malformed("parts"))?;
        // §2: without padding; the signature's would else be a second spelling of the same text.
        let strict = |text: &str| if text.ends_with('=') { None } else { Bytes::from_base64url(text).ok() };
        let decode = |text: &str, subject| strict(text).map(Bytes::into_vec).ok_or_else(|| malformed(subject));
        let header: Header = serde_json::from_slice(&decode(header, "header")?).map_err(|_| malformed("header"))?;
        // §4.1.11: nothing that must be understood is. RFC 7797 §6 wants b64 to be announced so, too.
        if header.crit || header.b64 == Some(false) {
            return Err(ErrorCode::JwsCriticalHeader.into());
        }
        check_length(header.x5c.len())?;
        let x5c = header.x5c.iter().map(|text| STANDARD.decode(text)).collect::<core::result::Result<Vec<_>, _>>();
        let x5c = x5c.map_err(|_| malformed("x5c"))?;
        if x5c.is_empty() {
            return Err(malformed("x5c"));
        }
        Ok(Self { signed, alg: header.alg, signature: decode(signature, "signature")?, x5c, payload: decode(payload, "payload")? })
    }

    /// The signature under the leaf's key: RS256 or ES256, whichever fits that key.
    pub(crate) fn verify(&self, leaf: &Certificate<'_>, provider: &CryptoProvider) -> Result<()> {
        let key = leaf.key()?;
        let (scheme, signature) = match (self.alg.as_str(), &key) {
            ("RS256", KeyMaterial::Rsa { .. }) => (Scheme::RsaPkcs1(HashAlgorithm::Sha256), self.signature.clone()),
            ("ES256", KeyMaterial::Ec { curve: Curve::P256, .. }) => {
                (Scheme::Ecdsa(Curve::P256, HashAlgorithm::Sha256), der_signature(&self.signature).ok_or(ErrorCode::JwsSignatureInvalid)?)
            }
            _ => return Err(Error::new(ErrorCode::JwsAlgorithm).found(&self.alg)),
        };
        let key = provider.prepare_scheme(scheme, &key)?;
        key.verify(&[self.signed.as_bytes()], &signature).map_err(|_| ErrorCode::JwsSignatureInvalid.into())
    }
}

/// r and s side by side, as JWS has them, in the DER that certificates and authenticators use.
fn der_signature(raw: &[u8]) -> Option<Vec<u8>> {
    use x509_cert::der::Encode;
    use x509_cert::der::asn1::UintRef;
    let (r, s) = raw.split_at_checked(32).filter(|(_, s)| s.len() == 32)?;
    [UintRef::new(r).ok()?, UintRef::new(s).ok()?].to_der().ok()
}
