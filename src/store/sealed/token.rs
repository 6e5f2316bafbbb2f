//! The token: what it looks like, how it is sealed and opened.
//!
//! Base64url without padding of, in a row:
//!
//! | Bytes | What |
//! |---|---|
//! | 1 | version: 1 |
//! | 1 | mode: 1 signed, 2 encrypted |
//! | 8 | the key's ID |
//! | 8 | the last second in which it is good, since 1970, signed, big-endian |
//! | 16 | the scope: HMAC of its name under the key's own subkey for that |
//! | 24 | what makes the token unique, in mode 2 also the nonce: HMAC of all above, the ceremony's ID after its length, and the state |
//! | any | the pending state, JSON in UTF-8; in mode 2 its ciphertext |
//! | 32, 16 | HMAC-SHA-256 of all above; in mode 2 the tag of XChaCha20-Poly1305 with the first 58 bytes as associated data |
//!
//! All that stands before the state is of fixed length, so nothing can be read in two ways. The nonce is derived, not drawn: it
//! covers the random ID of the ceremony, and were that to repeat, only the very same state would be encrypted under it again.

use alloc::string::String;
use alloc::vec::Vec;

use hmac::Mac as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::keys::{Key, KeyId, SealingKeys, digest, first, hmac};
use crate::error::{Error, ErrorCode, Result};
use crate::store::{CeremonyId, NewCeremony};
use crate::types::{Bytes, Scope, UnixTime, base64url};

const VERSION: u8 = 1;
const SCOPE_LEN: usize = 16;
const NONCE_LEN: usize = 24;
/// What the nonce covers of the header.
const FIXED_LEN: usize = 1 + 1 + KeyId::LEN + 8 + SCOPE_LEN;
const HEADER_LEN: usize = FIXED_LEN + NONCE_LEN;
const SIGNATURE_LEN: usize = 32;
#[cfg(feature = "sealed-encryption")]
const TAG_LEN: usize = 16;

#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    Signed,
    #[cfg(feature = "sealed-encryption")]
    Encrypted,
}

impl Mode {
    const fn as_byte(self) -> u8 {
        match self {
            Self::Signed => 1,
            #[cfg(feature = "sealed-encryption")]
            Self::Encrypted => 2,
        }
    }

    fn from_byte(byte: u8) -> Result<Self> {
        match byte {
            1 => Ok(Self::Signed),
            #[cfg(feature = "sealed-encryption")]
            2 => Ok(Self::Encrypted),
            _ => Err(Error::new(ErrorCode::SealedTokenModeUnsupported).found(byte)),
        }
    }
}

/// What an authentic token of this scope holds, and what to know it by.
pub(super) struct Opened {
    pub(super) state: String,
    pub(super) expires_at: UnixTime,
    pub(super) digest: [u8; 32],
}

pub(super) fn seal(key: &Key, mode: Mode, ceremony: &NewCeremony) -> Result<CeremonyId> {
    let mut token = Vec::new();
    token.extend([VERSION, mode.as_byte()]);
    token.extend(key.id.0);
    token.extend(ceremony.expires_at.as_secs().to_be_bytes());
    token.extend(scope_binding(key, &ceremony.scope));
    let (id, state) = (ceremony.id.as_str().as_bytes(), ceremony.state.as_bytes());
    let id_len = u64::try_from(id.len()).unwrap_or(u64::MAX).to_be_bytes();
    let nonce: [u8; NONCE_LEN] = first(digest(&key.nonce, &[&token, &id_len, id, state]));
    token.extend(nonce);
    match mode {
        Mode::Signed => {
            token.extend(state);
            let signature = digest(&key.signing, &[&token]);
            token.extend(signature);
        }
        #[cfg(feature = "sealed-encryption")]
        Mode::Encrypted => {
            let mut body = state.to_vec();
            let tag = encryption::encrypt(key, &nonce, &token, &mut body)?;
            token.extend(body);
            token.extend(tag);
        }
    }
    let text = base64url(&token);
    if text.len() > CeremonyId::MAX_LEN {
        let most = format_args!("at most {} characters", CeremonyId::MAX_LEN);
        return Err(Error::new(ErrorCode::SealedStateTooLarge).expected(most).found(text.len()));
    }
    Ok(CeremonyId::new(text))
}

/// Authenticity first, then what it says; whether it was taken before is the replay guard's to know.
pub(super) fn open(keys: &SealingKeys, id: &CeremonyId, scope: &Scope, now: UnixTime) -> Result<Opened> {
    let token = decode(id)?;
    let header = Header::read(&token)?;
    let key = keys.find(header.key).ok_or_else(|| Error::new(ErrorCode::SealedTokenKeyUnknown).found(header.key))?;
    let state = match header.mode {
        Mode::Signed => verify(key, &token)?,
        #[cfg(feature = "sealed-encryption")]
        Mode::Encrypted => encryption::decrypt(key, &header.nonce, &token)?,
    };
    if !bool::from(scope_binding(key, scope).ct_eq(&header.scope)) {
        return Err(Error::new(ErrorCode::CeremonyRelyingPartyMismatch).expected(scope.as_str()));
    }
    if now > header.expires_at {
        return Err(Error::new(ErrorCode::CeremonyExpired).expected(format_args!("at most {}", header.expires_at)).found(now));
    }
    let state = String::from_utf8(state).map_err(|_| malformed("the state"))?;
    Ok(Opened { state, expires_at: header.expires_at, digest: Sha256::digest(&token).into() })
}

struct Header {
    mode: Mode,
    key: KeyId,
    expires_at: UnixTime,
    scope: [u8; SCOPE_LEN],
    #[cfg(feature = "sealed-encryption")]
    nonce: [u8; NONCE_LEN],
}

impl Header {
    /// Version and mode say how to read on, so they are looked at first.
    fn read(token: &[u8]) -> Result<Self> {
        let mut rest = token;
        let [version] = take(&mut rest)?;
        if version != VERSION {
            return Err(Error::new(ErrorCode::SealedTokenVersionUnsupported).expected(VERSION).found(version));
        }
        let [mode] = take(&mut rest)?;
        let header = Self {
            mode: Mode::from_byte(mode)?,
            key: KeyId(take(&mut rest)?),
            expires_at: UnixTime::from_secs(i64::from_be_bytes(take(&mut rest)?)),
            scope: take(&mut rest)?,
            #[cfg(feature = "sealed-encryption")]
            nonce: take(&mut rest)?,
        };
        Ok(header)
    }
}

/// One token has one spelling: no padding, no loose bits.
fn decode(id: &CeremonyId) -> Result<Vec<u8>> {
    let text = id.as_str();
    if text.ends_with('=') {
        return Err(malformed("padding"));
    }
    Bytes::from_base64url(text).map(Bytes::into_vec).map_err(|_| malformed("base64url"))
}

fn verify(key: &Key, token: &[u8]) -> Result<Vec<u8>> {
    let (signed, signature) = token.split_last_chunk::<SIGNATURE_LEN>().ok_or_else(too_short)?;
    let state = signed.get(HEADER_LEN..).ok_or_else(too_short)?;
    hmac(&key.signing, &[signed]).verify_slice(signature).map_err(|_| ErrorCode::SealedTokenTampered)?;
    Ok(state.to_vec())
}

fn scope_binding(key: &Key, scope: &Scope) -> [u8; SCOPE_LEN] {
    first(digest(&key.scope, &[scope.as_str().as_bytes()]))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or_else(too_short)?;
    *rest = after;
    Ok(*taken)
}

fn too_short() -> Error {
    malformed("the length")
}

fn malformed(what: &str) -> Error {
    Error::new(ErrorCode::SealedTokenMalformed).subject(what)
}

#[cfg(feature = "sealed-encryption")]
mod encryption {
    use chacha20poly1305::{AeadInOut as _, KeyInit as _, Tag, XChaCha20Poly1305, XNonce};

    use super::*;

    /// Encrypts in place.
    pub(super) fn encrypt(key: &Key, nonce: &[u8; NONCE_LEN], header: &[u8], body: &mut [u8]) -> Result<[u8; TAG_LEN]> {
        let cipher = XChaCha20Poly1305::new(&key.encryption.into());
        let tag = cipher.encrypt_inout_detached(&XNonce::from(*nonce), header, body.into());
        // Only what is longer than 256 GiB cannot be encrypted.
        Ok(tag.map_err(|_| ErrorCode::SealedStateTooLarge)?.into())
    }

    pub(super) fn decrypt(key: &Key, nonce: &[u8; NONCE_LEN], token: &[u8]) -> Result<Vec<u8>> {
        let (header, rest) = token.split_at_checked(HEADER_LEN).ok_or_else(too_short)?;
        let (body, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or_else(too_short)?;
        let mut body = body.to_vec();
        let cipher = XChaCha20Poly1305::new(&key.encryption.into());
        let opened = cipher.decrypt_inout_detached(&XNonce::from(*nonce), header, body.as_mut_slice().into(), &Tag::from(*tag));
        opened.map_err(|_| ErrorCode::SealedTokenTampered)?;
        Ok(body)
    }
}
