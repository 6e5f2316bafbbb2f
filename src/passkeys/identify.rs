//! Who wants to sign in, when all there is is a login identifier.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;

use super::authenticate::Told;
use super::decoys::{Nobody, UnknownUsers};
use super::{Passkeys, Started};
use crate::ceremony::{Assertion, AuthenticationRequest, Purpose, SignIn, Subject};
use crate::error::{Error, ErrorCode, Result};
use crate::store::{CeremonyStore, CredentialStore, StoreError};
use crate::types::{Scope, UserHandle};
use crate::wire::RequestOptions;

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

/// A login identifier, 1 to 1024 bytes, and the kinds it may be of, 1 to 16, to be tried in this order. `Debug` hides its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    value: String,
    kinds: Vec<IdentifierKind>,
}

impl Identifier {
    const MAX_LEN: usize = 1024;
    const MAX_KINDS: usize = 16;

    /// An identifier of whatever kind: user name, e-mail address or telephone number, tried in this order.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self::of(value, [IdentifierKind::Username, IdentifierKind::Email, IdentifierKind::Phone])
    }

    /// An identifier of one of these kinds; one that is named again is not tried again.
    #[must_use]
    pub fn of(value: impl Into<String>, kinds: impl IntoIterator<Item = IdentifierKind>) -> Self {
        let mut distinct = Vec::new();
        for kind in kinds {
            // One more than there may be is enough to be refused.
            if distinct.len() <= Self::MAX_KINDS && !distinct.contains(&kind) {
                distinct.push(kind);
            }
        }
        Self { value: value.into(), kinds: distinct }
    }

    /// The identifier as it was given.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Bounds what an unauthenticated request makes directories and hash functions work on.
    fn check(&self) -> Result<()> {
        let error = Error::new(ErrorCode::IdentifierInvalid);
        if !(1..=Self::MAX_LEN).contains(&self.value.len()) {
            return Err(error.expected("1 to 1024 bytes").found(self.value.len()));
        }
        if !(1..=Self::MAX_KINDS).contains(&self.kinds.len()) {
            return Err(error.expected("1 to 16 kinds").found(self.kinds.len()));
        }
        Ok(())
    }
}

impl From<&str> for Identifier {
    fn from(value: &str) -> Self {
        Self::new(value.to_string())
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
    /// The handle of the user with this identifier, as it was given: upper and lower case and blanks around are the
    /// directory's to judge.
    fn find(
        &self,
        scope: &Scope,
        kind: &IdentifierKind,
        value: &str,
    ) -> impl Future<Output = core::result::Result<Option<UserHandle>, StoreError>> + Send;

    /// The one spelling that stands for all those which [`find`](Self::find) takes for the same: decoys and the rate limit go by it.
    /// In lower case, without blanks around, unless the directory knows better.
    ///
    /// It should do so where it takes more for the same: composed and decomposed accents, `ß` and `ss`, punctuation in telephone
    /// numbers. Else the decoys of an unknown user change with the spelling, and give themselves away.
    fn canonical(&self, value: &str) -> String {
        value.trim().to_lowercase()
    }
}

/// A reference or a shared pointer to a directory is a directory.
macro_rules! forward {
    ($($pointer:ty)*) => {$(
        impl<T: UserDirectory + ?Sized> UserDirectory for $pointer {
            fn find(
                &self,
                scope: &Scope,
                kind: &IdentifierKind,
                value: &str,
            ) -> impl Future<Output = core::result::Result<Option<UserHandle>, StoreError>> + Send {
                (**self).find(scope, kind, value)
            }

            fn canonical(&self, value: &str) -> String {
                (**self).canonical(value)
            }
        }
    )*};
}
forward!(Arc<T> &T);

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// Starts a sign-in for whoever has this login identifier; the request's subject is replaced by that user. An unknown
    /// one is answered as [`unknown_users`](Self::unknown_users) says; with decoys the same stores are asked as
    /// often, whether the user exists or not.
    ///
    /// # Errors
    /// `identifier-invalid`, `user-not-found`, and those of [`start_authentication`](Self::start_authentication).
    pub async fn start_authentication_for(
        &self,
        directory: &impl UserDirectory,
        identifier: &Identifier,
        request: AuthenticationRequest,
    ) -> Result<Started<RequestOptions>> {
        self.start_for::<SignIn>(directory, identifier, request).await
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
        self.start_for::<Assertion>(directory, identifier, request).await
    }

    async fn start_for<P: Purpose>(
        &self,
        directory: &impl UserDirectory,
        identifier: &Identifier,
        mut request: AuthenticationRequest,
    ) -> Result<Started<RequestOptions>> {
        self.called(Some(P::KIND), "start", async {
            identifier.check()?;
            let canonical = directory.canonical(identifier.value());
            self.admit(P::KIND, None, Some(&canonical), request.source.as_deref())?;
            let scope = self.rp.scope();
            // Every kind is asked for, found or not: the work tells nothing.
            let mut found = None;
            for kind in &identifier.kinds {
                let user = directory.find(scope, kind, identifier.value()).await.map_err(StoreError::of_credentials)?;
                found = found.or(user);
            }
            let mut told = Told { user: found.clone(), decoys: false };
            match &self.settings.unknown_users {
                UnknownUsers::NotFound => {
                    let user = found.ok_or_else(|| Error::new(ErrorCode::UserNotFound).at("7.2/1"))?;
                    request.subject = Subject::Known(user);
                    self.offer(&mut request, None).await?;
                }
                UnknownUsers::Decoys(decoys) => {
                    let nobody = Nobody { scope, identifier: &canonical };
                    // Made in any case, for the same reason.
                    let (user, instead) = (decoys.user(nobody)?, decoys.credentials(nobody, self.settings.management.limit_per_user)?);
                    request.subject = Subject::Known(found.unwrap_or(user));
                    told.decoys = self.offer(&mut request, Some(instead)).await?;
                }
            }
            self.begin::<P>(request, told).await
        })
        .await
    }
}
