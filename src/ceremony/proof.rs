//! Proof that somebody was in control of an account a moment ago, to be shown before its passkeys change.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorCode, Result};
use crate::types::{Scope, UnixTime, UserHandle};

/// The format of serialised proofs written by this release.
const VERSION: u32 = 1;

/// Who proved to be in control of an account, when, and how well.
///
/// A completed sign-in or step-up gives one; other factors are vouched for by the caller. It can be serialised into the
/// user's session on the server; whoever can write it there can pretend anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    version: Version,
    scope: Scope,
    user_handle: UserHandle,
    user_verified: bool,
    at: UnixTime,
}

/// The format version as it stands in what is serialised: written as the newest, read if known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_u32(VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            VERSION => Ok(Self),
            other => Err(serde::de::Error::custom(format_args!("a proof of format version {other}, expected {VERSION}"))),
        }
    }
}

impl Proof {
    /// The caller checked another factor of this user, at this time: a password and a code, say. `as_strong` tells whether
    /// it is worth as much as user verification.
    #[must_use]
    pub fn by_other_factor(scope: Scope, user_handle: UserHandle, as_strong: bool, at: UnixTime) -> Self {
        Self { version: Version, scope, user_handle, user_verified: as_strong, at }
    }

    /// The account.
    #[must_use]
    pub fn user_handle(&self) -> &UserHandle {
        &self.user_handle
    }

    /// Whether the user was verified, or showed another factor as strong.
    #[must_use]
    pub fn user_verified(&self) -> bool {
        self.user_verified
    }

    /// When it was proved.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }
}

/// By how many seconds one server's clock may be ahead of another's.
const CLOCK_SKEW_SECS: u32 = 5;

/// How fresh and how strong a proof must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofPolicy {
    /// The greatest age in seconds.
    pub max_age_secs: u32,
    /// Whether the user must have been verified.
    pub user_verification: bool,
}

impl ProofPolicy {
    /// Whether a proof is fresh and strong enough now, and of this very account. The facade asks before passkeys change
    /// ([`ManagementPolicy`](crate::ManagementPolicy)); ask yourself before whatever else is dangerous.
    ///
    /// A proof may be up to five seconds from the future, since servers' clocks differ; one from later is stale.
    ///
    /// # Errors
    /// `proof-required` without a proof or without the user verification that is demanded, `proof-of-another`, `proof-stale`.
    pub fn judge(&self, proof: Option<&Proof>, scope: &Scope, user: &UserHandle, now: UnixTime) -> Result<()> {
        let Some(proof) = proof else { return Err(ErrorCode::ProofRequired.into()) };
        if proof.scope != *scope || proof.user_handle != *user {
            return Err(ErrorCode::ProofOfAnother.into());
        }
        // A proof from the future is as bad as an old one: one of the clocks is wrong.
        let latest = proof.at.saturating_add_secs(self.max_age_secs);
        if now.saturating_add_secs(CLOCK_SKEW_SECS) < proof.at || now > latest {
            return Err(Error::new(ErrorCode::ProofStale).expected(format_args!("at most {} s ago", self.max_age_secs)).found(proof.at));
        }
        if self.user_verification && !proof.user_verified {
            return Err(Error::new(ErrorCode::ProofRequired).expected("user verification"));
        }
        Ok(())
    }
}
