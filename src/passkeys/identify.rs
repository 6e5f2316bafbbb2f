//! Who wants to sign in, when all there is is a login identifier; and what to answer where there is no such user.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Passkeys, Started};
use crate::ceremony::{AuthenticationRequest, Purpose, Subject};
use crate::error::{Error, ErrorCode, Result};
use crate::store::{CeremonyStore, CredentialStore, StoreError};
use crate::types::{CredentialId, Scope, Transport, UserHandle};
use crate::wire::{CredentialDescriptor, RequestOptions};

/// What kind of login identifier something is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentifierKind {
    /// A user name.
    Username,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// Any other, by the caller's own name for it.
    Other(String),
}

/// A login identifier and the kinds it may be of, to be tried in this order.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    value: String,
    kinds: Vec<IdentifierKind>,
}

impl Identifier {
    /// An identifier of whatever kind: user name, e-mail address or telephone number, tried in this order.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self::of(value, [IdentifierKind::Username, IdentifierKind::Email, IdentifierKind::Phone])
    }

    /// An identifier of one of these kinds.
    #[must_use]
    pub fn of(value: impl Into<String>, kinds: impl IntoIterator<Item = IdentifierKind>) -> Self {
        Self { value: value.into(), kinds: kinds.into_iter().collect() }
    }

    /// The identifier as it was given.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identifier").field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

/// The caller's users, found by login identifier.
///
/// Found or not, an answer should take the same time.
pub trait UserDirectory: Send + Sync {
    /// The handle of the user with this identifier. Upper and lower case and blanks around are the directory's to judge.
    fn find(
        &self,
        scope: &Scope,
        kind: &IdentifierKind,
        value: &str,
    ) -> impl Future<Output = core::result::Result<Option<UserHandle>, StoreError>> + Send;
}

impl<T: UserDirectory + ?Sized> UserDirectory for &T {
    fn find(
        &self,
        scope: &Scope,
        kind: &IdentifierKind,
        value: &str,
    ) -> impl Future<Output = core::result::Result<Option<UserHandle>, StoreError>> + Send {
        (**self).find(scope, kind, value)
    }
}

/// What to answer where an identifier is nobody's, or its user has no passkey.
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
#[derive(Clone)]
pub struct Decoys {
    key: Vec<u8>,
}

impl Decoys {
    /// The least bytes of a secret.
    const MIN_SECRET: usize = 16;

    /// Decoys under a secret of at least 16 bytes, which must never change: new decoys would give themselves away.
    ///
    /// # Errors
    /// `decoy-secret-invalid`.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self> {
        let key = secret.as_ref();
        // Zeros are what a forgotten setting looks like.
        if key.len() < Self::MIN_SECRET || key.iter().all(|byte| *byte == 0) {
            return Err(Error::new(ErrorCode::DecoySecretInvalid).expected(format_args!("at least {} bytes", Self::MIN_SECRET)));
        }
        Ok(Self { key: key.to_vec() })
    }

    fn derive(&self, label: &str, scope: &Scope, identifier: &str, n: u8) -> Result<[u8; 32]> {
        // Directories seldom tell upper from lower case: nor may the decoys.
        let identifier = identifier.trim().to_lowercase();
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| ErrorCode::DecoySecretInvalid)?;
        for part in [label, scope.as_str(), &identifier] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(&[n]);
        Ok(mac.finalize().into_bytes().into())
    }

    /// The handle of a user who does not exist.
    fn user(&self, scope: &Scope, identifier: &str) -> Result<UserHandle> {
        UserHandle::new(self.derive("user", scope, identifier, 0)?)
    }

    /// The credentials of a user who does not exist, shaped like those that are common.
    fn credentials(&self, scope: &Scope, identifier: &str) -> Result<Vec<CredentialDescriptor>> {
        let [count, ..] = self.derive("count", scope, identifier, 0)?;
        // Most users have one passkey, some two, few three.
        let count: u8 = match count {
            0..170 => 1,
            170..235 => 2,
            _ => 3,
        };
        (0..count).map(|n| self.credential(scope, identifier, n)).collect()
    }

    fn credential(&self, scope: &Scope, identifier: &str, n: u8) -> Result<CredentialDescriptor> {
        let [model, ..] = self.derive("model", scope, identifier, n)?;
        // Synced passkeys of two kinds, a Windows device, a security key.
        let (len, transports): (usize, &[Transport]) = match model {
            0..110 => (20, &[Transport::HYBRID, Transport::INTERNAL]),
            110..190 => (16, &[Transport::HYBRID, Transport::INTERNAL]),
            190..220 => (32, &[Transport::INTERNAL]),
            _ => (48, &[Transport::NFC, Transport::USB]),
        };
        let bytes = [self.derive("id", scope, identifier, n)?, self.derive("more", scope, identifier, n)?];
        let bytes: Vec<u8> = bytes.into_iter().flatten().take(len).collect();
        Ok(CredentialDescriptor::new(CredentialId::new(bytes)?, transports.to_vec()))
    }
}

impl fmt::Debug for Decoys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoys(…)")
    }
}

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// Starts a sign-in for whoever has this login identifier; the request's subject is replaced by that user. An unknown
    /// one is answered as [`unknown_users`](Self::unknown_users) says; with decoys the same stores are asked as
    /// often, whether the user exists or not.
    ///
    /// # Errors
    /// `user-not-found`, and those of [`start_authentication`](Self::start_authentication).
    pub async fn start_authentication_for(
        &self,
        directory: &impl UserDirectory,
        identifier: &Identifier,
        request: AuthenticationRequest,
    ) -> Result<Started<RequestOptions>> {
        self.start_for::<crate::ceremony::SignIn>(directory, identifier, request).await
    }

    /// The same for a step-up.
    ///
    /// # Errors
    /// Those of [`start_authentication_for`](Self::start_authentication_for).
    pub async fn start_assertion_for(
        &self,
        directory: &impl UserDirectory,
        identifier: &Identifier,
        request: AuthenticationRequest,
    ) -> Result<Started<RequestOptions>> {
        self.start_for::<crate::ceremony::Assertion>(directory, identifier, request).await
    }

    async fn start_for<P: Purpose>(
        &self,
        directory: &impl UserDirectory,
        identifier: &Identifier,
        mut request: AuthenticationRequest,
    ) -> Result<Started<RequestOptions>> {
        self.called(P::KIND, "start", async {
            self.admit(P::KIND, None, Some(identifier.value()), request.source.as_deref())?;
            let (scope, value) = (self.rp.scope(), identifier.value());
            // Every kind is asked for, found or not: the work tells nothing.
            let mut found = None;
            for kind in &identifier.kinds {
                let user = directory.find(scope, kind, value).await.map_err(StoreError::of_credentials)?;
                found = found.or(user);
            }
            match &self.settings.unknown_users {
                UnknownUsers::NotFound => {
                    let user = found.ok_or_else(|| Error::new(ErrorCode::UserNotFound).at("7.2/1"))?;
                    request.subject = Subject::Known(user);
                    self.offer(&mut request, None).await?;
                }
                UnknownUsers::Decoys(decoys) => {
                    let (nobody, instead) = (decoys.user(scope, value)?, decoys.credentials(scope, value)?);
                    request.subject = Subject::Known(found.unwrap_or(nobody));
                    self.offer(&mut request, Some(instead)).await?;
                }
            }
            self.begin::<P>(request).await
        })
        .await
    }
}

impl From<&str> for Identifier {
    fn from(value: &str) -> Self {
        Self::new(value.to_string())
    }
}
