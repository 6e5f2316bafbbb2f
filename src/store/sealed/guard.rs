//! What remembers which tokens were taken.

use alloc::sync::Arc;
use core::future::Future;

use crate::store::StoreError;
use crate::types::UnixTime;

/// Whether a token may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Marked {
    /// It is taken now, and was not before.
    First,
    /// It was taken before.
    Again,
    /// Its time is over, or was once by this guard's reckoning: it cannot be known any more whether it was taken.
    TooLate,
}

/// Remembers the digests of tokens that were taken, until those expire: what makes a sealed ceremony single-use.
///
/// [`MemoryReplayGuard`](super::MemoryReplayGuard) guards one process. A fleet needs one guard for all its servers, over whatever
/// they share; in Redis, say, a single `SET digest 1 NX EXAT expires_at` plus some minutes.
pub trait ReplayGuard: Send + Sync {
    /// Marks a token as taken, atomically: of any number of calls with one digest, one is answered [`Marked::First`].
    ///
    /// `digest` is the SHA-256 of the token, `expires_at` the last moment at which the token is good. It must not be forgotten
    /// before then: keep it longer by as much as the clocks of the servers and the store may differ.
    ///
    /// # Errors
    /// [`StoreError::Full`] rather than forgetting one that has not expired; the token is then not taken.
    /// [`StoreError::Unavailable`].
    fn mark(&self, digest: &[u8; 32], expires_at: UnixTime, now: UnixTime) -> impl Future<Output = Result<Marked, StoreError>> + Send;
}

/// A reference or a shared pointer to a guard is a guard.
macro_rules! forward {
    ($($pointer:ty)*) => {$(
        impl<T: ReplayGuard + ?Sized> ReplayGuard for $pointer {
            fn mark(&self, digest: &[u8; 32], expires_at: UnixTime, now: UnixTime) -> impl Future<Output = Result<Marked, StoreError>> + Send {
                (**self).mark(digest, expires_at, now)
            }
        }
    )*};
}
forward!(Arc<T> &T);
