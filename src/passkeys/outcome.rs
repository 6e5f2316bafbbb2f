//! What the facade hands out. None of these can be made outside of it.

use alloc::string::String;
use core::fmt;

use crate::attestation::AttestationVerdict;
use crate::ceremony::{Carried, CounterVerdict, CredentialRecord, Proof, SessionBinding, Verified, Workflow};
use crate::error::Error;
use crate::store::CeremonyId;
use crate::types::{UnixTime, UserHandle};
use crate::wire::AllAcceptedCredentialsSignal;

/// A ceremony that has begun.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the browser needs the options"]
#[non_exhaustive]
pub struct Started<O> {
    /// Options for the browser, to be serialised as JSON.
    pub options: O,
    /// Completes the ceremony, once. Keep it with the user's session, out of reach of others.
    pub session: CeremonyId,
}

/// How a pending ceremony is found, and which session answers.
#[derive(Clone, Debug)]
pub struct TakeBy<'a> {
    /// The ID, or else the challenge of the response.
    pub(super) id: Option<&'a CeremonyId>,
    pub(super) session: Option<SessionBinding>,
}

impl<'a> TakeBy<'a> {
    /// By the ID that starting it gave: only whoever holds that can complete it.
    #[must_use]
    pub fn id(id: &'a CeremonyId) -> Self {
        Self { id: Some(id), session: None }
    }

    /// By the challenge in the response, for APIs that carry no ID. Nothing then ties the response to the
    /// browser session that asked: somebody can have a victim's browser complete the attacker's
    /// ceremony (login CSRF), unless the caller binds the two with [`in_session`](Self::in_session) or by other means.
    #[must_use]
    pub fn danger_response_challenge() -> Self {
        Self { id: None, session: None }
    }

    /// Answers from this session: refused unless the ceremony was bound to the same, and needed if it was bound to any.
    #[must_use]
    pub fn in_session(mut self, session: SessionBinding) -> Self {
        self.session = Some(session);
        self
    }
}

impl<'a> From<&'a CeremonyId> for TakeBy<'a> {
    fn from(id: &'a CeremonyId) -> Self {
        Self::id(id)
    }
}

/// Why a ceremony that the caller may veto did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCompleted<V> {
    /// It was refused, or a store failed.
    Refused(Error),
    /// The response was sound, and the caller refused it for this reason.
    Vetoed(V),
}

impl<V> From<Error> for NotCompleted<V> {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl<V: fmt::Display> fmt::Display for NotCompleted<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Vetoed(reason) => write!(f, "vetoed: {reason}"),
        }
    }
}

impl<V: fmt::Debug + fmt::Display> core::error::Error for NotCompleted<V> {}

/// A passkey that is stored. `Debug` hides the caller's state.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Registered {
    /// The stored record.
    pub record: CredentialRecord,
    /// What its attestation came to; of this the record keeps format, type and whether it was trusted.
    pub attestation: AttestationVerdict,
    /// The passkeys that the user has now, for the page to tell the user's authenticators.
    pub accepted: AllAcceptedCredentialsSignal,
    /// The caller's state, as it was given to the start of the ceremony.
    pub state: Option<String>,
    /// The workflow that the ceremony was started for.
    pub workflow: Option<Workflow>,
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, accepted, workflow, .. } = self;
        let mut text = f.debug_struct("Registered");
        text.field("record", record).field("accepted", accepted).field("workflow", workflow).finish_non_exhaustive()
    }
}

/// A use that is recorded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Used {
    record: CredentialRecord,
    user_verified: bool,
    user_verification_counts: bool,
    backup_state_changed: bool,
    counter: CounterVerdict,
    at: UnixTime,
    carried: Carried,
}

impl Used {
    pub(super) fn new<P>(verified: Verified<P>) -> Self {
        let (user_verified, user_verification_counts) = (verified.flags().user_verified(), verified.user_verification_counts());
        let (backup_state_changed, counter, at) = (verified.backup_state_changed(), verified.counter(), verified.update().used_at);
        let (record, carried) = verified.into_updated_record();
        Self { record, user_verified, user_verification_counts, backup_state_changed, counter, at, carried }
    }

    pub(super) fn record(&self) -> &CredentialRecord {
        &self.record
    }
}

/// A login: the response was verified, not vetoed, and its use recorded. Only the facade makes one.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "this is the login"]
pub struct Authenticated(pub(super) Used);

/// A step-up: somebody holds this passkey now. Not a login, and never to be taken for one.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "this is the proof"]
pub struct Asserted(pub(super) Used);

macro_rules! accessors {
    ($($type:ident)*) => {$(
        impl $type {
            /// The account that the passkey belongs to.
            #[must_use]
            pub fn user_handle(&self) -> &UserHandle {
                &self.0.record.user_handle
            }

            /// The record with this use in it.
            #[must_use]
            pub fn record(&self) -> &CredentialRecord {
                &self.0.record
            }

            /// Whether the user was verified (UV).
            #[must_use]
            pub fn user_verified(&self) -> bool {
                self.0.user_verified
            }

            /// Whether user verification may count as a factor of its own (§4).
            #[must_use]
            pub fn user_verification_counts(&self) -> bool {
                self.0.user_verification_counts
            }

            /// Whether the credential is backed up now and was not at its last use, or the reverse.
            #[must_use]
            pub fn backup_state_changed(&self) -> bool {
                self.0.backup_state_changed
            }

            /// Shows that the user was in control of the account just now, for what demands it.
            ///
            /// User verification is part of it only where it counts as a factor (§4).
            #[must_use]
            pub fn proof(&self) -> Proof {
                let Used { record, at, .. } = &self.0;
                Proof::by_other_factor(record.scope.clone(), record.user_handle.clone(), self.user_verification_counts(), *at)
            }

            /// The caller's state, as it was given to the start of the ceremony.
            #[must_use]
            pub fn state(&self) -> Option<&str> {
                self.0.carried.caller_state.as_deref()
            }

            /// The workflow that the ceremony was started for.
            #[must_use]
            pub fn workflow(&self) -> Option<Workflow> {
                self.0.carried.workflow
            }

            /// What the signature counter says.
            #[must_use]
            pub fn counter(&self) -> CounterVerdict {
                self.0.counter
            }
        }
    )*};
}
accessors!(Authenticated Asserted);
