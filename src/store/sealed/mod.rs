//! Pending ceremonies that are kept by nobody: their ID is the state itself, sealed.

mod guard;
mod keys;
#[cfg(feature = "std")]
mod memory;
mod token;

use alloc::string::String;
use core::fmt;

pub use guard::{Marked, ReplayGuard};
pub use keys::SealingKeys;
#[cfg(feature = "std")]
pub use memory::MemoryReplayGuard;
use token::Mode;

use super::{CeremonyId, CeremonyStore, NewCeremony, PendingLimits, StoreError};
use crate::error::{Error, ErrorCode};
use crate::types::{Challenge, Scope, UnixTime};

/// A [`CeremonyStore`] that stores nothing: the [`CeremonyId`] that [`put`](CeremonyStore::put) returns is a token that holds the
/// pending state, authenticated and expiring. For servers that share keys and no store.
///
/// ```
/// use passkeeper::store::{MemoryReplayGuard, MemoryStore, SealedCeremonies, SealingKeys};
/// use passkeeper::{Passkeys, RelyingParty};
///
/// # fn run(secret: &[u8], former_secret: &[u8]) -> passkeeper::Result<()> {
/// let keys = SealingKeys::new(secret)?.accept_old(former_secret)?;
/// let rp = RelyingParty::builder("example.com", "Example Ltd").build()?;
/// let passkeys = Passkeys::new(rp, MemoryStore::new(), SealedCeremonies::new(keys, MemoryReplayGuard::new()));
/// # Ok(()) }
/// # run(&[1; 32], &[2; 32]).unwrap();
/// ```
///
/// # What it promises
/// - A token is opened as it was sealed or not at all: by its scope, until it expires, with a key that is accepted. Which kind of
///   ceremony it is, for which user and session, is part of the sealed state and judged by the ceremony.
/// - **One use per replay guard.** A token is marked as taken before anything is verified, so that a failed attempt uses it up
///   too. Only what is authentic, in time and of this scope is marked: nobody else can fill the guard.
///
/// # What it does not
/// - **Servers with a guard each accept a token once each**, and a process that was restarted, with a guard in memory, once
///   more, until it expires (the request's timeout and a minute's grace). The response is replayed with it: who captured both can
///   sign in again. Share a [`ReplayGuard`], or keep ceremonies in a store.
/// - A started ceremony cannot be revoked, counted or pushed out: [`PendingLimits`] mean nothing here. Limit the rate of starts.
/// - A clock that is set back lets tokens live longer by as much; they remain single-use.
/// - Signed, not hidden: whoever holds a token can read the state (user names, credential IDs, the caller's own state).
///   `encrypted`, of feature `sealed-encryption`, hides all but its length, expiry and key ID.
/// - It is not found by a challenge: [`TakeBy::danger_response_challenge`](crate::TakeBy::danger_response_challenge) is refused.
///
/// A token has a third more characters than the state has bytes, and some 120 on top: one to two thousand for most, 16 KiB at
/// most. A cookie holds 4 KiB.
///
/// # Errors
/// All but the first by [`StoreError::Refused`].
///
/// | Code | When |
/// |---|---|
/// | `store-unavailable` | the guard cannot be reached |
/// | `sealed-state-too-large` | putting: the state does not fit into 16 KiB |
/// | `sealed-token-malformed` | it is truncated, too long, or no base64url |
/// | `sealed-token-version-unsupported`, `sealed-token-mode-unsupported` | another release or feature made it |
/// | `sealed-token-key-unknown` | no accepted key has its key's ID |
/// | `sealed-token-tampered` | it is not as it was sealed |
/// | `ceremony-relying-party-mismatch` | it is another scope's |
/// | `ceremony-expired` | its time is over |
/// | `sealed-token-replayed` | it was taken before |
/// | `replay-guard-full` | the guard can remember no more; the token is not used up |
/// | `take-by-challenge-unsupported` | taking by challenge |
#[derive(Clone)]
pub struct SealedCeremonies<G> {
    keys: SealingKeys,
    guard: G,
    mode: Mode,
}

impl<G: ReplayGuard> SealedCeremonies<G> {
    /// Signs tokens with HMAC-SHA-256.
    pub fn new(keys: SealingKeys, guard: G) -> Self {
        Self { keys, guard, mode: Mode::Signed }
    }

    /// Encrypts them too, with XChaCha20-Poly1305. Tokens of both modes are opened either way.
    #[cfg(feature = "sealed-encryption")]
    #[must_use]
    pub fn encrypted(mut self) -> Self {
        self.mode = Mode::Encrypted;
        self
    }
}

impl<G: ReplayGuard> CeremonyStore for SealedCeremonies<G> {
    async fn put(&self, ceremony: NewCeremony, _: &PendingLimits, _: UnixTime) -> Result<CeremonyId, StoreError> {
        token::seal(self.keys.current(), self.mode, &ceremony).map_err(StoreError::Refused)
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> Result<Option<String>, StoreError> {
        let opened = token::open(&self.keys, id, scope, now).map_err(StoreError::Refused)?;
        let refused = match self.guard.mark(&opened.digest, opened.expires_at, now).await {
            Ok(Marked::First) => return Ok(Some(opened.state)),
            Ok(Marked::Again) => ErrorCode::SealedTokenReplayed,
            Ok(Marked::TooLate) => ErrorCode::CeremonyExpired,
            Err(StoreError::Full) => ErrorCode::ReplayGuardFull,
            Err(error) => return Err(error),
        };
        Err(StoreError::Refused(refused.into()))
    }

    async fn take_by_challenge(&self, _: &Scope, _: &Challenge, _: UnixTime) -> Result<Option<String>, StoreError> {
        Err(StoreError::Refused(Error::new(ErrorCode::TakeByChallengeUnsupported)))
    }
}

impl<G> fmt::Debug for SealedCeremonies<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCeremonies").field("keys", &self.keys).field("mode", &self.mode).finish_non_exhaustive()
    }
}
