//! What the facade tells the caller: events for audit logs, and the question whether an attempt is one too many.

use core::fmt;

use crate::ceremony::{CeremonyKind, CredentialRecord};
use crate::error::{Error, ErrorCode};
use crate::types::{CredentialId, Scope, UserHandle};

/// Something that happened. Events name users and credentials: they are for an audit log, not for everybody's eyes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A ceremony began.
    Started {
        /// Which.
        ceremony: CeremonyKind,
        /// For whom, if that is known and a user: there is none for decoys of an unknown identifier.
        user: Option<&'a UserHandle>,
        /// Whether it can only fail, since it names decoys.
        decoys: bool,
    },
    /// A call that would have changed something was refused or failed.
    Refused {
        /// Of which ceremony; of none where passkeys are managed.
        ceremony: Option<CeremonyKind>,
        /// Which: `start`, `verify` or `commit` of a ceremony; `rename`, `delete` or `delete_all`.
        call: &'static str,
        /// Why.
        error: &'a Error,
    },
    /// A passkey was stored.
    Registered {
        /// Its record.
        record: &'a CredentialRecord,
    },
    /// A passkey was used, and that is recorded.
    Used {
        /// To sign in or to step up.
        ceremony: CeremonyKind,
        /// Its record, with this use in it.
        record: &'a CredentialRecord,
    },
    /// A signature counter did not increase: perhaps the authenticator was cloned. Told whether or not it was refused.
    CounterRegressed {
        /// The record as it is.
        record: &'a CredentialRecord,
    },
    /// A passkey is backed up now and was not before, or the reverse.
    BackupStateChanged {
        /// Its record, with this use in it.
        record: &'a CredentialRecord,
    },
    /// The caller refused what was verified.
    Vetoed {
        /// Of which ceremony.
        ceremony: CeremonyKind,
        /// The account.
        user: &'a UserHandle,
        /// The credential.
        credential_id: &'a CredentialId,
    },
    /// A passkey got another name.
    Renamed {
        /// The account.
        user: &'a UserHandle,
        /// The credential.
        credential_id: &'a CredentialId,
    },
    /// A passkey was deleted.
    Deleted {
        /// The account.
        user: &'a UserHandle,
        /// The credential.
        credential_id: &'a CredentialId,
    },
    /// All passkeys of a user were deleted.
    DeletedAll {
        /// The account.
        user: &'a UserHandle,
        /// How many there were.
        count: u64,
    },
    /// Passkeys were imported.
    Imported {
        /// How many went in.
        count: u64,
        /// How many rows were refused.
        refused: u64,
    },
}

/// Is told what happens. Called between a ceremony's steps: hand the event on, do not block, do not panic: what was told of as
/// done is done.
pub trait Observer: Send + Sync {
    /// Takes notice. The event's order is that of the changes of one call; other calls run at the same time.
    fn observe(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event<'_>) {
        self(event);
    }
}

/// A ceremony that somebody wants to start. `Debug` hides who and from where.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The tenant.
    pub scope: &'a Scope,
    /// Which ceremony.
    pub ceremony: CeremonyKind,
    /// For whom, if a user handle was given.
    pub user: Option<&'a UserHandle>,
    /// The login identifier, if one was given, in the [one spelling](crate::UserDirectory::canonical) that all its spellings share.
    pub identifier: Option<&'a str>,
    /// Where it comes from, if the caller said so: an address, say.
    pub source: Option<&'a str>,
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("scope", &self.scope).field("ceremony", &self.ceremony).finish_non_exhaustive()
    }
}

/// Too many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TooMany {
    /// When it is worth trying again, in seconds.
    pub retry_after_secs: Option<u32>,
}

/// `rate-limited`, which says when to try again ([`Error::retry_after_secs`]).
impl From<TooMany> for Error {
    fn from(TooMany { retry_after_secs }: TooMany) -> Self {
        let error = Self::new(ErrorCode::RateLimited);
        match retry_after_secs {
            Some(secs) => error.retry_after(secs),
            None => error,
        }
    }
}

/// Decides whether a ceremony may start: called first of all, before any store is asked.
pub trait RateLimit: Send + Sync {
    /// Counts the attempt, and perhaps refuses it.
    ///
    /// # Errors
    /// [`TooMany`], which becomes `rate-limited`.
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), TooMany>;
}

impl<F: Fn(&Attempt<'_>) -> Result<(), TooMany> + Send + Sync> RateLimit for F {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), TooMany> {
        self(attempt)
    }
}
