//! Public keys as JSON Web Keys (RFC 7517, 7518, 8037).

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result, json_fault, quoted};
use crate::parse::{CoseKey, KeyMaterial};
use crate::types::{Algorithm, Bytes, Curve, base64url};
use crate::wire::json::{Json, Obj};

/// The longest JWK, in bytes: an RSA key of 8192 bits takes 1400.
const MAX_JWK: usize = 8 * 1024;

/// The members that matter; others are ignored, as RFC 7517 wants it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Members<'a> {
    #[serde(borrow)]
    kty: Json<'a>,
    #[serde(borrow)]
    alg: Json<'a>,
    #[serde(borrow)]
    crv: Json<'a>,
    #[serde(borrow)]
    x: Json<'a>,
    #[serde(borrow)]
    y: Json<'a>,
    #[serde(borrow)]
    n: Json<'a>,
    #[serde(borrow)]
    e: Json<'a>,
    d: Json<'a>,
    p: Json<'a>,
    q: Json<'a>,
    dp: Json<'a>,
    dq: Json<'a>,
    qi: Json<'a>,
    oth: Json<'a>,
    k: Json<'a>,
}

/// Reads a JWK and writes its numbers as COSE_Key, without asking whether they are fit for the algorithm.
///
/// # Errors
/// `public-key-encoding-malformed`, `public-key-private-part`, `public-key-parameter-missing`, `public-key-parameter-type`,
/// `base64url-malformed`, `public-key-algorithm-unsupported`, `public-key-algorithm-mismatch`, `public-key-type-mismatch`,
/// `public-key-curve-mismatch`, `public-key-coordinate-length`.
pub(crate) fn to_cose(json: &str, algorithm: Option<Algorithm>) -> Result<Vec<u8>> {
    let jwk = parse(json)?;
    let algorithm = jwk.algorithm(algorithm)?;
    match text("kty", &jwk.kty)? {
        "EC" => {
            let curve = match text("crv", &jwk.crv)? {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                "P-521" => Curve::P521,
                other => return Err(Error::new(ErrorCode::PublicKeyCurveMismatch).found(quoted(other))),
            };
            let (x, y) = (bytes("x", &jwk.x)?, bytes("y", &jwk.y)?);
            Ok(CoseKey { algorithm, material: KeyMaterial::Ec { curve, x: x.as_slice(), y: y.as_slice() } }.to_bytes())
        }
        "OKP" => {
            match text("crv", &jwk.crv)? {
                "Ed25519" => {}
                other => return Err(Error::new(ErrorCode::PublicKeyCurveMismatch).found(quoted(other))),
            }
            let x = bytes("x", &jwk.x)?;
            let wrong = |_| Error::new(ErrorCode::PublicKeyCoordinateLength).subject("x").expected(32).found(x.len());
            Ok(CoseKey { algorithm, material: KeyMaterial::Ed25519 { x: x.as_slice().try_into().map_err(wrong)? } }.to_bytes())
        }
        "RSA" => {
            let (n, e) = (bytes("n", &jwk.n)?, bytes("e", &jwk.e)?);
            Ok(CoseKey { algorithm, material: KeyMaterial::Rsa { n: n.as_slice(), e: e.as_slice() } }.to_bytes())
        }
        other => Err(Error::new(ErrorCode::PublicKeyTypeMismatch).subject("kty").found(quoted(other))),
    }
}

fn parse(json: &str) -> Result<Members<'_>> {
    let malformed = || Error::new(ErrorCode::PublicKeyEncodingMalformed);
    if json.len() > MAX_JWK {
        return Err(malformed().expected("at most 8192 bytes").found(json.len()));
    }
    match serde_json::from_str(json) {
        Ok(Obj::Object(members)) => Ok(members),
        Ok(_) => Err(malformed().expected("an object")),
        Err(error) => Err(malformed().found(json_fault(&error))),
    }
}

impl Members<'_> {
    /// The algorithm that is named or given. A private key is refused before anything else is said about it.
    fn algorithm(&self, given: Option<Algorithm>) -> Result<Algorithm> {
        let private = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k];
        if private.into_iter().any(|member| *member != Json::Absent) {
            return Err(ErrorCode::PublicKeyPrivatePart.into());
        }
        match (&self.alg, given) {
            (Json::Absent, Some(given)) => Ok(given),
            (named, None) => {
                let name = text("alg", named)?;
                let found = Algorithm::ALL.iter().copied().find(|algorithm| jose_name(*algorithm) == name);
                found.ok_or_else(|| Error::new(ErrorCode::PublicKeyAlgorithmUnsupported).found(quoted(name)))
            }
            (named, Some(given)) => {
                let name = text("alg", named)?;
                let edwards = |name| matches!(name, "EdDSA" | "Ed25519");
                if name == jose_name(given) || (edwards(name) && edwards(jose_name(given))) {
                    return Ok(given);
                }
                Err(Error::new(ErrorCode::PublicKeyAlgorithmMismatch).expected(given).found(quoted(name)))
            }
        }
    }
}

/// The name in the registry of JOSE, whose ES256, ES384 and ES512 are fully specified already.
fn jose_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Esp256 => Algorithm::Es256.name(),
        Algorithm::Esp384 => Algorithm::Es384.name(),
        Algorithm::Esp512 => Algorithm::Es512.name(),
        other => other.name(),
    }
}

fn text<'m>(name: &'static str, member: &'m Json<'_>) -> Result<&'m str> {
    match member {
        Json::Text(text) => Ok(text),
        Json::Absent => Err(Error::new(ErrorCode::PublicKeyParameterMissing).subject(name)),
        other => Err(Error::new(ErrorCode::PublicKeyParameterType).subject(name).expected("a string").found(other.type_name())),
    }
}

fn bytes(name: &'static str, member: &Json<'_>) -> Result<Bytes> {
    Bytes::from_base64url(text(name, member)?).map_err(|error| error.subject(name))
}

/// A public key in the order of RFC 7517's examples.
#[derive(Default, Serialize)]
struct Written {
    kty: &'static str,
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
}

/// Writes a key as JWK.
///
/// # Errors
/// `record-malformed` if it cannot be written, which its own bounds rule out.
pub(crate) fn from_cose(key: &CoseKey<'_>) -> Result<String> {
    let alg = jose_name(key.algorithm);
    let written = match key.material {
        KeyMaterial::Ec { curve, x, y } => {
            let crv = match curve {
                Curve::P256 => "P-256",
                Curve::P384 => "P-384",
                Curve::P521 => "P-521",
            };
            Written { kty: "EC", alg, crv: Some(crv), x: Some(base64url(x)), y: Some(base64url(y)), ..Written::default() }
        }
        KeyMaterial::Ed25519 { x } => Written { kty: "OKP", alg, crv: Some("Ed25519"), x: Some(base64url(x)), ..Written::default() },
        KeyMaterial::Rsa { n, e } => Written { kty: "RSA", alg, n: Some(base64url(n)), e: Some(base64url(e)), ..Written::default() },
    };
    serde_json::to_string(&written).map_err(|error| Error::new(ErrorCode::RecordMalformed).found(error))
}
