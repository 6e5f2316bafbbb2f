//! The secrets that seal, and what is derived from them.

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::error::{Error, ErrorCode, Result};

/// Sets these keys apart from whatever else the caller's secret is used for.
const SALT: [u8; 32] = *b"passkeeper sealed ceremonies v1.";

/// The secrets that [`SealedCeremonies`](super::SealedCeremonies) seals and opens tokens with.
///
/// Each is at least 32 bytes from a cryptographically secure source (`openssl rand 32`), the same on every server of a fleet. A
/// password is none. From each an own subkey is derived per purpose (HKDF-SHA-256, RFC 5869), and a public ID that tokens carry.
///
/// # Rotation
/// The new secret becomes the current one and the former is kept with [`accept_old`](Self::accept_old) until every token that it
/// sealed has expired: minutes. Of a fleet that is not restarted at once, first let every server accept the new secret, also with
/// `accept_old`, then make it the current one. A secret that leaked is dropped at once; what it sealed is refused.
///
/// `Debug` shows the IDs alone.
#[derive(Clone)]
pub struct SealingKeys {
    current: Key,
    old: Vec<Key>,
}

impl SealingKeys {
    /// The shortest secret taken, in bytes.
    pub const MIN_LEN: usize = 32;

    /// Seals and opens with this secret.
    ///
    /// # Errors
    /// `sealing-key-empty`, `sealing-key-too-short`.
    pub fn new(current: impl AsRef<[u8]>) -> Result<Self> {
        Ok(Self { current: Key::derive(current.as_ref())?, old: Vec::new() })
    }

    /// Opens with this one too, but never seals with it.
    ///
    /// # Errors
    /// `sealing-key-empty`, `sealing-key-too-short`, `sealing-key-duplicate`.
    pub fn accept_old(mut self, secret: impl AsRef<[u8]>) -> Result<Self> {
        let key = Key::derive(secret.as_ref())?;
        if self.find(key.id).is_some() {
            return Err(Error::new(ErrorCode::SealingKeyDuplicate).found(key.id));
        }
        self.old.push(key);
        Ok(self)
    }

    pub(super) fn current(&self) -> &Key {
        &self.current
    }

    pub(super) fn find(&self, id: KeyId) -> Option<&Key> {
        core::iter::once(&self.current).chain(&self.old).find(|key| key.id == id)
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let old: Vec<_> = self.old.iter().map(|key| key.id).collect();
        f.debug_struct("SealingKeys").field("current", &self.current.id).field("old", &old).finish()
    }
}

/// Names a key in a token. Public: it tells nothing about the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyId(pub(super) [u8; KeyId::LEN]);

impl KeyId {
    pub(super) const LEN: usize = 8;
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One secret's subkeys.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) signing: [u8; 32],
    pub(super) scope: [u8; 32],
    pub(super) nonce: [u8; 32],
    #[cfg(feature = "sealed-encryption")]
    pub(super) encryption: [u8; 32],
}

impl Key {
    fn derive(secret: &[u8]) -> Result<Self> {
        match secret.len() {
            // Zeros are what a forgotten setting looks like.
            _ if secret.iter().all(|byte| *byte == 0) => return Err(ErrorCode::SealingKeyEmpty.into()),
            SealingKeys::MIN_LEN.. => {}
            n => return Err(Error::new(ErrorCode::SealingKeyTooShort).expected("at least 32 bytes").found(n)),
        }
        let extracted = digest(&SALT, &[secret]);
        // The first block of HKDF's expansion; none needs a second.
        let subkey = |purpose: &[u8]| digest(&extracted, &[purpose, &[1]]);
        Ok(Self {
            id: KeyId(first(subkey(b"key id"))),
            signing: subkey(b"signing"),
            scope: subkey(b"scope"),
            nonce: subkey(b"nonce"),
            #[cfg(feature = "sealed-encryption")]
            encryption: subkey(b"encryption"),
        })
    }
}

/// HMAC-SHA-256 over the parts in a row.
pub(super) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    parts.iter().fold(Hmac::new(&block), |mac, part| mac.chain_update(part))
}

pub(super) fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    hmac(key, parts).finalize().into_bytes().into()
}

/// The first bytes of a digest.
pub(super) fn first<const N: usize>(digest: [u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    bytes
}
