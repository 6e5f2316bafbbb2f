//! Credentials of users who do not exist, so that nobody learns who does.

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::{Error, ErrorCode, Result};
use crate::types::{CredentialId, Scope, Transport, UserHandle};
use crate::wire::CredentialDescriptor;

/// What to answer where an identifier is nobody's, or its user has no passkey that could be used.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum UnknownUsers {
    /// `user-not-found` or `credential-not-found`: whoever asks learns which accounts exist.
    #[default]
    NotFound,
    /// Options that look like those of a user, the same at every request.
    Decoys(Decoys),
}

/// Makes credentials of users who do not exist: how many, how long and with which transports follows from the identifier and a
/// secret, so that they do not change from one request to the next, and nobody without the secret can tell them from real ones
/// by themselves. `Debug` hides the secret.
///
/// What real ones do, decoys do not: a passkey that is added, deleted or used shows that it is real to whoever watches.
#[derive(Clone)]
pub struct Decoys {
    key: Vec<u8>,
    shapes: Vec<DecoyShape>,
    user_handle_len: usize,
}

/// How a decoy looks: the length of its ID and its transports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoyShape {
    id_len: usize,
    transports: Vec<Transport>,
}

impl DecoyShape {
    /// An ID of so many bytes, 1 to 1023, and transports in the order in which clients report them: sorted.
    ///
    /// # Errors
    /// `credential-id-empty`, `credential-id-too-long`.
    pub fn new(id_len: usize, transports: impl IntoIterator<Item = Transport>) -> Result<Self> {
        match id_len {
            0 => Err(ErrorCode::CredentialIdEmpty.into()),
            1..=CredentialId::MAX_LEN => Ok(Self { id_len, transports: transports.into_iter().collect() }),
            n => Err(Error::new(ErrorCode::CredentialIdTooLong).expected("at most 1023 bytes").found(n)),
        }
    }

    /// What is common: synced passkeys of two kinds, one device's own, security keys. As often as they stand here.
    fn common() -> Vec<Self> {
        let synced = [Transport::HYBRID, Transport::INTERNAL];
        let (device, key) = ([Transport::INTERNAL], [Transport::NFC, Transport::USB]);
        let of = |times, id_len, transports: &[Transport]| core::iter::repeat_n(Self { id_len, transports: transports.to_vec() }, times);
        of(7, 20, &synced).chain(of(5, 16, &synced)).chain(of(2, 32, &device)).chain(of(2, 48, &key)).collect()
    }
}

/// Whose decoys are meant: a tenant's, by the one spelling of an identifier.
#[derive(Clone, Copy)]
pub(super) struct Nobody<'a> {
    pub(super) scope: &'a Scope,
    pub(super) identifier: &'a str,
}

impl Decoys {
    /// The least bytes of a secret.
    const MIN_SECRET: usize = 16;

    /// Decoys under a secret of at least 16 bytes, which must never change: new decoys would give themselves away.
    ///
    /// # Errors
    /// `decoy-secret-invalid` if it is shorter, or nothing but zeros.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self> {
        let key = secret.as_ref();
        // Zeros are what a forgotten setting looks like.
        if key.len() < Self::MIN_SECRET || key.iter().all(|byte| *byte == 0) {
            return Err(Error::new(ErrorCode::DecoySecretInvalid).expected(format_args!("at least {} bytes", Self::MIN_SECRET)));
        }
        Ok(Self { key: key.to_vec(), shapes: DecoyShape::common(), user_handle_len: UserHandle::MAX_LEN })
    }

    /// Other shapes than the common ones, each as often as it stands in the list: where only security keys are accepted, say, a
    /// synced passkey would give itself away. An empty list changes nothing.
    #[must_use]
    pub fn shapes(mut self, shapes: impl IntoIterator<Item = DecoyShape>) -> Self {
        let shapes: Vec<_> = shapes.into_iter().collect();
        if !shapes.is_empty() {
            self.shapes = shapes;
        }
        self
    }

    /// How long the user handles of real users are, 64 bytes unless told: no browser sees a nobody's handle, but a pending ceremony
    /// that is sealed into a token shows by its length what is in it.
    ///
    /// # Errors
    /// `user-handle-length` unless it is 1 to 64.
    pub fn user_handle_len(mut self, len: usize) -> Result<Self> {
        if !(1..=UserHandle::MAX_LEN).contains(&len) {
            return Err(Error::new(ErrorCode::UserHandleLength).expected("1 to 64 bytes").found(len));
        }
        self.user_handle_len = len;
        Ok(self)
    }

    /// The handle of a user who does not exist.
    pub(super) fn user(&self, nobody: Nobody<'_>) -> Result<UserHandle> {
        UserHandle::new(self.bytes("user", nobody, 0, self.user_handle_len)?)
    }

    /// The credentials of a user who does not exist; never more than a user may have.
    pub(super) fn credentials(&self, nobody: Nobody<'_>, limit: u32) -> Result<Vec<CredentialDescriptor>> {
        // Most users have one passkey, some two, few three.
        let count: u8 = match self.number("count", nobody, 0)? % 12 {
            0..8 => 1,
            8..11 => 2,
            _ => 3,
        };
        let limit = u8::try_from(limit).unwrap_or(u8::MAX).max(1);
        (0..count.min(limit)).map(|n| self.credential(nobody, n)).collect()
    }

    fn credential(&self, nobody: Nobody<'_>, n: u8) -> Result<CredentialDescriptor> {
        let shapes = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
        let at = self.number("shape", nobody, n)?.checked_rem(shapes).and_then(|at| usize::try_from(at).ok());
        let shape = at.and_then(|at| self.shapes.get(at)).ok_or(ErrorCode::CredentialIdEmpty)?;
        let id = CredentialId::new(self.bytes("id", nobody, n, shape.id_len)?)?;
        Ok(CredentialDescriptor::new(id, shape.transports.clone()))
    }

    fn number(&self, label: &str, nobody: Nobody<'_>, n: u8) -> Result<u32> {
        let [a, b, c, d, ..] = self.block(label, nobody, n, 0)?;
        Ok(u32::from_be_bytes([a, b, c, d]))
    }

    fn bytes(&self, label: &str, nobody: Nobody<'_>, n: u8, len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for block in 0..=u8::MAX {
            if bytes.len() >= len {
                break;
            }
            bytes.extend(self.block(label, nobody, n, block)?);
        }
        bytes.truncate(len);
        Ok(bytes)
    }

    fn block(&self, label: &str, nobody: Nobody<'_>, n: u8, block: u8) -> Result<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| ErrorCode::DecoySecretInvalid)?;
        for part in [label, nobody.scope.as_str(), nobody.identifier] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(&[n, block]);
        Ok(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Decoys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoys(…)")
    }
}
