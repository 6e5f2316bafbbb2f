//! A credential's public key, and the forms in which other systems know it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::crypto::{CryptoProvider, PreparedKey, jwk, spki};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::CoseKey;
use crate::types::{Algorithm, Bytes};

/// A credential public key as COSE_Key: byte for byte as the authenticator made it, or in CTAP2's canonical form if it
/// came in another.
///
/// SubjectPublicKeyInfo says which key it is and not what it signs with: RS256 and PS256 look the same there, and so do
/// ES256 and ESP256. Reading one therefore takes the algorithm. JWK knows no ESP256, ESP384 and ESP512 but ES256, ES384
/// and ES512, which verify the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CosePublicKey {
    bytes: Bytes,
    algorithm: Algorithm,
}

impl CosePublicKey {
    /// Takes a COSE_Key after checking its shape. Whether a point lies on its curve is for [`check`](Self::check) to say.
    ///
    /// # Errors
    /// The `public-key-…` codes but `public-key-not-on-curve`, and the `cbor-…` codes.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        let algorithm = CoseKey::parse(bytes.as_slice())?.algorithm;
        Ok(Self { bytes, algorithm })
    }

    /// Reads a SubjectPublicKeyInfo in DER, at most 2 KiB: EC keys with a named curve and an uncompressed point, RSA keys as
    /// `rsaEncryption` whatever their padding, Ed25519.
    ///
    /// # Errors
    /// `public-key-encoding-malformed`; `public-key-type-mismatch`, `public-key-curve-mismatch` where the key is none of this
    /// algorithm; `public-key-compressed-point`, `public-key-coordinate-length`, and the `public-key-rsa-…` codes.
    pub fn from_spki_der(der: &[u8], algorithm: Algorithm) -> Result<Self> {
        Self::new(CoseKey { algorithm, material: spki::key_material(der)? }.to_bytes())
    }

    /// Reads a SubjectPublicKeyInfo in PEM (`-----BEGIN PUBLIC KEY-----`), at most 4 KiB; lines may have any length.
    ///
    /// # Errors
    /// Those of [`from_spki_der`](Self::from_spki_der), and `public-key-private-part` for the PEM of a private key.
    pub fn from_pem(pem: &str, algorithm: Algorithm) -> Result<Self> {
        Self::from_spki_der(&spki::from_pem(pem)?, algorithm)
    }

    /// Reads a JWK (RFC 7517, 7518, 8037), at most 8 KiB. The algorithm is its `alg` or the one given; if there are both,
    /// they must agree. Members that do not belong to the key, such as `kid` and `use`, are ignored.
    ///
    /// # Errors
    /// `public-key-encoding-malformed`, `public-key-private-part`, `public-key-parameter-missing`,
    /// `public-key-parameter-type`, `base64url-malformed`, `public-key-algorithm-unsupported`,
    /// `public-key-algorithm-mismatch`, `public-key-type-mismatch`, `public-key-curve-mismatch`,
    /// `public-key-coordinate-length`, and the `public-key-rsa-…` codes.
    pub fn from_jwk(json: &str, algorithm: Option<Algorithm>) -> Result<Self> {
        Self::new(jwk::to_cose(json, algorithm)?)
    }

    /// Takes the bytes that this key was parsed from.
    pub(super) fn of(key: &CoseKey<'_>, bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), algorithm: key.algorithm }
    }

    /// Writes the numbers of a key that is known by other means.
    ///
    /// # Errors
    /// The `public-key-…` codes but `public-key-not-on-curve`.
    pub(crate) fn from_parts(key: &CoseKey<'_>) -> Result<Self> {
        Self::new(key.to_bytes())
    }

    /// Checks the key as a ceremony does: whether the provider knows its algorithm, and its point lies on the curve.
    ///
    /// # Errors
    /// `public-key-algorithm-unsupported`, `public-key-not-on-curve`.
    pub fn check(&self, provider: &CryptoProvider) -> Result<()> {
        provider.prepare(&self.parse()?).map(drop)
    }

    /// Checks the key and makes it ready for [`Received::verify_with`](super::Received::verify_with), for whoever verifies with the
    /// same key often and has a place to keep it, in memory: how much that saves depends on provider and algorithm.
    ///
    /// # Errors
    /// `public-key-algorithm-unsupported`, `public-key-not-on-curve`.
    pub fn prepare(&self, provider: &CryptoProvider) -> Result<PreparedPublicKey> {
        Ok(PreparedPublicKey { key: provider.prepare(&self.parse()?)?, public_key: self.clone() })
    }

    /// The CBOR bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The key's algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The parsed key.
    ///
    /// # Errors
    /// None that [`new`](Self::new) would not have reported.
    pub fn parse(&self) -> Result<CoseKey<'_>> {
        CoseKey::parse(self.bytes.as_slice())
    }

    /// The key as SubjectPublicKeyInfo in PEM (`-----BEGIN PUBLIC KEY-----`, lines of 64 characters).
    ///
    /// # Errors
    /// None that [`new`](Self::new) would not have reported.
    #[cfg(feature = "pem")]
    pub fn to_pem(&self) -> Result<String> {
        spki::pem(&self.to_spki_der()?).ok_or_else(|| ErrorCode::RecordMalformed.into())
    }

    /// The key as SubjectPublicKeyInfo in DER, the form in which other systems know it.
    ///
    /// # Errors
    /// None that [`new`](Self::new) would not have reported.
    pub fn to_spki_der(&self) -> Result<Vec<u8>> {
        spki::subject_public_key_info(&self.parse()?.material).ok_or_else(|| ErrorCode::RecordMalformed.into())
    }

    /// The key as a JWK with `alg`.
    ///
    /// # Errors
    /// None that [`new`](Self::new) would not have reported.
    pub fn to_jwk(&self) -> Result<String> {
        jwk::from_cose(&self.parse()?)
    }
}

/// A credential's public key, ready for use: made by [`CosePublicKey::prepare`], verified with by the provider that made it.
#[derive(Debug)]
pub struct PreparedPublicKey {
    public_key: CosePublicKey,
    key: PreparedKey,
}

impl PreparedPublicKey {
    /// The key it was made from.
    #[must_use]
    pub fn public_key(&self) -> &CosePublicKey {
        &self.public_key
    }

    /// The key made ready, if it was made from this one.
    pub(super) fn made_from(&self, public_key: &CosePublicKey) -> Result<&PreparedKey> {
        if self.public_key == *public_key { Ok(&self.key) } else { Err(Error::new(ErrorCode::PreparedKeyMismatch)) }
    }
}

impl fmt::Debug for CosePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosePublicKey({})", self.bytes.to_base64url())
    }
}

impl Serialize for CosePublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        self.bytes.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CosePublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        Self::new(Bytes::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
