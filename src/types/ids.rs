use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;

use rand_core::TryCryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

use super::bytes::{encode_base64url, serde_base64url};
use super::{Bytes, RpId, sha256};
use crate::error::{Error, ErrorCode, Result};

/// A credential ID: 1 to 1023 bytes, chosen by the authenticator (§4).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(Bytes);

impl CredentialId {
    /// The longest credential ID the specification allows, in bytes.
    pub const MAX_LEN: usize = 1023;

    /// Takes the raw bytes.
    ///
    /// # Errors
    /// `credential-id-empty`, `credential-id-too-long`.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        match bytes.len() {
            0 => Err(ErrorCode::CredentialIdEmpty.into()),
            1..=Self::MAX_LEN => Ok(Self(bytes)),
            n => Err(Error::new(ErrorCode::CredentialIdTooLong).expected("at most 1023 bytes").found(n)),
        }
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The ID as base64url without padding, as it stands in JSON.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        self.0.to_base64url()
    }
}

/// A user handle (`user.id`): 1 to 64 opaque bytes that name an account (§4, §5.4.3).
///
/// Use random bytes: it must hold nothing personal, and it must differ between accounts (§14.6.1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserHandle(Bytes);

impl UserHandle {
    /// The longest user handle, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Takes the raw bytes.
    ///
    /// # Errors
    /// `user-handle-length`.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        match bytes.len() {
            1..=Self::MAX_LEN => Ok(Self(bytes)),
            n => Err(Error::new(ErrorCode::UserHandleLength).expected("1 to 64 bytes").found(n)),
        }
    }

    /// A fresh handle of 64 random bytes, as the specification recommends.
    ///
    /// # Errors
    /// `randomness-unavailable`.
    pub fn generate<R: TryCryptoRng>(rng: &mut R) -> Result<Self> {
        random::<{ Self::MAX_LEN }, R>(rng).map(|bytes| Self(bytes.into()))
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The handle as base64url without padding, as it stands in JSON.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        self.0.to_base64url()
    }
}

/// A challenge: 16 to 1024 random bytes made by the relying party for one ceremony (§13.4.3).
///
/// `PartialEq` takes the same time wherever two challenges of one length differ.
#[derive(Clone)]
pub struct Challenge(Bytes);

impl Challenge {
    /// The length that [`generate`](Self::generate) makes, in bytes.
    pub const DEFAULT_LEN: usize = 32;
    const MAX_LEN: usize = 1024;

    /// Takes bytes from a cryptographically secure source.
    ///
    /// # Errors
    /// `challenge-length` below 16 or above 1024 bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        match bytes.len() {
            16..=Self::MAX_LEN => Ok(Self(bytes)),
            n => Err(Error::new(ErrorCode::ChallengeLength).found(n)),
        }
    }

    /// Takes 1 to 1024 bytes, even so few that an attacker could guess them and so replay a response.
    ///
    /// For judging captured responses, never for a live ceremony.
    ///
    /// # Errors
    /// `challenge-length` when empty or above 1024 bytes.
    pub fn danger_guessable(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        match bytes.len() {
            1..=Self::MAX_LEN => Ok(Self(bytes)),
            n => Err(Error::new(ErrorCode::ChallengeLength).found(n)),
        }
    }

    /// A fresh challenge of 32 random bytes.
    ///
    /// # Errors
    /// `randomness-unavailable`.
    pub fn generate<R: TryCryptoRng>(rng: &mut R) -> Result<Self> {
        random::<{ Self::DEFAULT_LEN }, R>(rng).map(|bytes| Self(bytes.into()))
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Whether this text is exactly [`to_base64url`](Self::to_base64url), in constant time.
    pub(crate) fn is_written_as(&self, text: &str) -> bool {
        let mut buffer = [0; Self::MAX_LEN.div_ceil(3) * 4];
        encode_base64url(self.as_bytes(), &mut buffer).is_some_and(|written| equal_in_constant_time(written, text.as_bytes()))
    }

    /// The challenge as base64url without padding: the form it takes in options and client data.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        self.0.to_base64url()
    }
}

/// Takes a time that depends on the lengths alone; eight bytes in one step.
fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let rests = a_rest.ct_eq(b_rest) & a.len().ct_eq(&b.len());
    a.iter().zip(b).fold(rests, |equal, (a, b)| equal & u64::from_le_bytes(*a).ct_eq(&u64::from_le_bytes(*b))).into()
}

impl PartialEq for Challenge {
    fn eq(&self, other: &Self) -> bool {
        equal_in_constant_time(self.as_bytes(), other.as_bytes())
    }
}

impl Eq for Challenge {}

impl Serialize for Challenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64url())
    }
}

impl<'de> Deserialize<'de> for Challenge {
    /// Accepts short ones too: what is persisted was judged when it was made.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let bytes = Bytes::deserialize(deserializer)?;
        Self::danger_guessable(bytes).map_err(serde::de::Error::custom)
    }
}

/// An AAGUID: 16 bytes that name a model of authenticator; all zero when it says nothing (§6.5.1).
///
/// Proved only by a verified attestation; otherwise it is what the authenticator claims.
/// Written as hyphenated lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Aaguid([u8; 16]);

impl Aaguid {
    /// Sixteen zero bytes: no model is named.
    pub const ZERO: Self = Self([0; 16]);

    /// Takes the raw bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether it names no model.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl FromStr for Aaguid {
    type Err = Error;

    /// Reads hyphenated hexadecimal, as in `08987058-cadc-4b81-b6e1-30de50dcbe96`.
    fn from_str(text: &str) -> Result<Self> {
        parse_uuid(text).map(Self).ok_or_else(|| Error::new(ErrorCode::RecordMalformed).subject("aaguid"))
    }
}

/// The library's own ID of a credential record: 16 bytes, written like a UUID.
///
/// Stands for a passkey in URLs and in answers where the credential ID itself should not appear.
/// [`derive`](Self::derive) makes it from the credential, so that it needs no randomness.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// Takes the raw bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The record ID of a credential in a scope: the first half of a SHA-256, marked as UUID version 8.
    #[must_use]
    pub fn derive(scope: &Scope, rp_id: &RpId, credential_id: &CredentialId) -> Self {
        Self::derive_in(&Self::space(scope, rp_id), credential_id, sha256)
    }

    /// What sets the record IDs of one scope and RP ID apart from those of others. Short, so that with a credential ID of the usual
    /// length it fills one block of the hash.
    pub(crate) fn space(scope: &Scope, rp_id: &RpId) -> [u8; 16] {
        first_half(sha256(&[b"passkeeper record id v1\0", scope.as_str().as_bytes(), b"\0", rp_id.as_str().as_bytes()]))
    }

    /// The record ID in such a space, with anybody's SHA-256.
    pub(crate) fn derive_in(space: &[u8; 16], credential_id: &CredentialId, sha256: impl FnOnce(&[&[u8]]) -> [u8; 32]) -> Self {
        let mut bytes = first_half(sha256(&[space, credential_id.as_bytes()]));
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = (*version & 0x0f) | 0x80;
        *variant = (*variant & 0x3f) | 0x80;
        Self(bytes)
    }

    /// The raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for RecordId {
    type Err = Error;

    /// Reads hyphenated hexadecimal.
    fn from_str(text: &str) -> Result<Self> {
        parse_uuid(text).map(Self).ok_or_else(|| Error::new(ErrorCode::RecordMalformed).subject("id"))
    }
}

/// The tenant or relying party that records and pending ceremonies belong to: 1 to 255 bytes of text, room for any RP ID.
///
/// Every store call names one; what lies in another scope does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Scope(Arc<str>);

impl Scope {
    /// Takes the name.
    ///
    /// # Errors
    /// `scope-invalid`.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        match name.len() {
            1..=255 if !name.contains('\0') => Ok(Self(name.into())),
            n => Err(Error::new(ErrorCode::ScopeInvalid).found(n)),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

serde_base64url!(CredentialId);
serde_base64url!(UserHandle);

/// `Debug` as `Name(base64url)`.
macro_rules! debug_base64url {
    ($($type:ident)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.to_base64url())
            }
        }
    )*};
}
debug_base64url!(CredentialId UserHandle);

/// What is pending can be found by its challenge: it is for the browser, not for logs.
impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(…)")
    }
}

/// `Display`, `Debug` and serde in the hyphenated hexadecimal form of a UUID.
macro_rules! uuid_text {
    ($($type:ident)*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (i, byte) in self.0.iter().enumerate() {
                    if matches!(i, 4 | 6 | 8 | 10) {
                        f.write_str("-")?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
                let text = alloc::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
uuid_text!(Aaguid RecordId);

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let groups_fit = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    if !groups_fit || text.contains('+') {
        return None;
    }
    let digits: String = text.split('-').collect();
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(hash) {
        *to = from;
    }
    half
}

fn random<const N: usize, R: TryCryptoRng>(rng: &mut R) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match rng.try_fill_bytes(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(ErrorCode::RandomnessUnavailable.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn lengths_are_bounded_at_both_ends() {
        for (len, fits) in [(0, false), (1, true), (1023, true), (1024, false)] {
            assert_eq!(CredentialId::new(vec![7; len]).is_ok(), fits, "credential ID of {len} bytes");
        }
        for (len, fits) in [(0, false), (1, true), (64, true), (65, false)] {
            assert_eq!(UserHandle::new(vec![7; len]).is_ok(), fits, "user handle of {len} bytes");
        }
        for (len, fits) in [(0, false), (15, false), (16, true), (1024, true), (1025, false)] {
            assert_eq!(Challenge::new(vec![7; len]).is_ok(), fits, "challenge of {len} bytes");
        }
        for (len, fits) in [(0, false), (1, true), (255, true), (256, false)] {
            assert_eq!(Scope::new("x".repeat(len)).is_ok(), fits, "scope of {len} bytes");
        }
    }

    #[test]
    fn constant_time_says_what_equality_says() {
        for len in 0..40 {
            let text = vec![7; len];
            assert!(equal_in_constant_time(&text, &text), "{len}");
            let others = (0..len).map(|place| (0..len).map(|i| if i == place { 0x87 } else { 7 }).collect::<alloc::vec::Vec<u8>>());
            for other in others.chain([vec![7; len + 1], vec![7; len + 8]]) {
                assert!(!equal_in_constant_time(&text, &other) && !equal_in_constant_time(&other, &text), "{len} {other:?}");
            }
        }
    }

    #[test]
    fn aaguid_text_goes_there_and_back() {
        let text = "08987058-cadc-4b81-b6e1-30de50dcbe96";
        assert_eq!(text.parse::<Aaguid>().map(|a| a.to_string()), Ok(text.to_string()));
        for wrong in
            ["", "08987058cadc4b81b6e130de50dcbe96", "+8987058-cadc-4b81-b6e1-30de50dcbe96", "0898705-8cadc-4b81-b6e1-30de50dcbe96"]
        {
            assert!(wrong.parse::<Aaguid>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn record_ids_differ_by_scope_relying_party_and_credential() {
        let id = |scope: &str, rp: &str, credential: &[u8]| -> Result<RecordId> {
            Ok(RecordId::derive(&Scope::new(scope)?, &RpId::new(rp)?, &CredentialId::new(credential)?))
        };
        let base = id("a", "example.com", b"c");
        assert_eq!(base.as_ref().map(ToString::to_string), Ok("21a4d143-df00-8323-889c-f4650ec9d7d0".to_string()));
        for other in [id("b", "example.com", b"c"), id("a", "example.org", b"c"), id("a", "example.com", b"d")] {
            assert_ne!(base, other);
        }
    }
}
