//! Signed JSON (JWS, RFC 7515) in its compact form, as SafetyNet and the FIDO metadata service send it.

use super::algorithm::Scheme;
use super::{KeyPair, base64url};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A JWS before it is signed.
#[derive(Clone, Debug)]
pub struct JwsDraft {
    /// The header: honestly an object of `alg`, `typ` and `x5c`.
    pub header: Value,
    /// The payload.
    pub payload: Value,
    /// The key that signs. Changing it leaves the header as it is.
    pub key: KeyPair,
    /// Override of the signature.
    pub signature: Option<Vec<u8>>,
    /// When set, this text is the JWS, and nothing else counts.
    pub raw: Option<String>,
}

impl JwsDraft {
    /// A JWS with a certificate chain, DER with the leaf first, in its header.
    pub fn new(key: KeyPair, x5c: &[Vec<u8>], payload: Value) -> Self {
        let x5c: Vec<_> = x5c.iter().map(|certificate| base64(certificate)).collect();
        let header = json!({ "alg": algorithm_name(&key), "typ": "JWT", "x5c": x5c });
        Self { header, payload, key, signature: None, raw: None }
    }

    /// The compact form: header, payload and signature in base64url; or [`raw`](Self::raw).
    pub fn sign(&self) -> String {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&self.header), part(&self.payload));
        let signature = self.signature.clone().unwrap_or_else(|| sign(&self.key, signed.as_bytes()));
        format!("{signed}.{}", base64url(&signature))
    }
}

/// Standard base64 with padding, for certificates in JSON.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Unlike WebAuthn, JWS joins r and s of an ECDSA signature without DER.
fn sign(key: &KeyPair, message: &[u8]) -> Vec<u8> {
    match key.algorithm().scheme() {
        Scheme::Ecdsa(_) => {
            let (r, s) = key.ecdsa_r_s(message);
            [r, s].concat()
        }
        _ => key.sign(message),
    }
}

fn algorithm_name(key: &KeyPair) -> String {
    match key.algorithm().scheme() {
        Scheme::Ecdsa(_) => format!("ES{}", 8 * key.algorithm().hash().length()),
        Scheme::Pkcs1v15 => format!("RS{}", 8 * key.algorithm().hash().length()),
        Scheme::Pss => format!("PS{}", 8 * key.algorithm().hash().length()),
        Scheme::Ed25519 => "EdDSA".to_string(),
    }
}
