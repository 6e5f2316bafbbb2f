//! What the facade hands out. None of these can be made outside of it.

use crate::attestation::AttestationVerdict;
use crate::ceremony::{CounterVerdict, CredentialRecord, Verified};
use crate::store::CeremonyId;
use crate::types::UserHandle;

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

/// How a pending ceremony is found.
#[derive(Clone, Copy, Debug)]
pub enum TakeBy<'a> {
    /// By the ID that starting it gave: only whoever holds that can complete it.
    Session(&'a CeremonyId),
    /// By the challenge in the response, for APIs that carry no ID. Nothing then ties the response to the
    /// browser session that asked: somebody can have a victim's browser complete the attacker's
    /// ceremony (login CSRF), unless the caller binds the two by other means.
    DangerResponseChallenge,
}

impl<'a> From<&'a CeremonyId> for TakeBy<'a> {
    fn from(id: &'a CeremonyId) -> Self {
        Self::Session(id)
    }
}

/// A passkey that is stored.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Registered {
    /// The stored record.
    pub record: CredentialRecord,
    /// What its attestation came to; of this the record keeps format, type and whether it was trusted.
    pub attestation: AttestationVerdict,
}

/// A use that is recorded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Used {
    record: CredentialRecord,
    user_verified: bool,
    user_verification_counts: bool,
    backup_state_changed: bool,
    counter: CounterVerdict,
}

impl Used {
    pub(super) fn new<P>(verified: Verified<P>) -> Self {
        Self {
            user_verified: verified.flags().user_verified(),
            user_verification_counts: verified.user_verification_counts(),
            backup_state_changed: verified.backup_state_changed(),
            counter: verified.counter(),
            record: verified.into_updated_record(),
        }
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

            /// What the signature counter says.
            #[must_use]
            pub fn counter(&self) -> CounterVerdict {
                self.0.counter
            }
        }
    )*};
}
accessors!(Authenticated Asserted);
