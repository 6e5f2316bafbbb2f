//! The replay guard of one process.

use core::fmt;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::guard::{Marked, ReplayGuard};
use crate::store::StoreError;
use crate::store::memory::FORGOTTEN_AT_ONCE;
use crate::types::UnixTime;

/// How many tokens are remembered unless told otherwise.
const DEFAULT_TOKENS: usize = 1_000_000;

/// Remembers taken tokens in memory until they expire, bounded in number: some 80 bytes each.
///
/// It guards what shares it, and forgets everything when the process ends. When it is full, it refuses ([`StoreError::Full`])
/// until the first of its tokens expires; none is pushed out. Tokens are taken by whoever starts a ceremony, so limit the
/// rate of starts; where tenants share a process, give each a guard of its own, and none fills another's.
///
/// A clock that goes back lets no token be taken twice: whatever expired no later than a token that was forgotten already
/// stays refused.
pub struct MemoryReplayGuard {
    taken: Mutex<Taken>,
    capacity: usize,
}

#[derive(Default)]
struct Taken {
    tokens: BTreeSet<(UnixTime, [u8; 32])>,
    /// The latest expiry of a token that was forgotten.
    forgotten: Option<UnixTime>,
}

impl MemoryReplayGuard {
    /// An empty guard for at most a million tokens at a time.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_TOKENS)
    }

    /// An empty guard for at most so many tokens at a time.
    #[must_use]
    pub fn with_capacity(tokens: usize) -> Self {
        Self { taken: Mutex::default(), capacity: tokens }
    }

    /// How many tokens are remembered, expired ones included: some of those go with each one that comes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().tokens.len()
    }

    /// Whether no token is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Every change below is made by calls that do not panic half-way.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryReplayGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl Taken {
    fn forget_some_expired(&mut self, now: UnixTime) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            if self.tokens.first().is_none_or(|(expires_at, _)| *expires_at >= now) {
                break;
            }
            self.forgotten = self.forgotten.max(self.tokens.pop_first().map(|(expires_at, _)| expires_at));
        }
    }
}

impl ReplayGuard for MemoryReplayGuard {
    async fn mark(&self, digest: &[u8; 32], expires_at: UnixTime, now: UnixTime) -> Result<Marked, StoreError> {
        let mut taken = self.lock();
        taken.forget_some_expired(now);
        let token = (expires_at, *digest);
        if taken.tokens.contains(&token) {
            return Ok(Marked::Again);
        }
        if expires_at < now || Some(expires_at) <= taken.forgotten {
            return Ok(Marked::TooLate);
        }
        if taken.tokens.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        taken.tokens.insert(token);
        Ok(Marked::First)
    }
}

impl fmt::Debug for MemoryReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryReplayGuard({} of {})", self.len(), self.capacity)
    }
}
