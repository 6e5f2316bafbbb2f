//! Time and randomness: the two things the core never fetches by itself.

use crate::types::UnixTime;

/// Tells the time to the facade.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> UnixTime;
}

/// The operating system's clock.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "std")]
impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        std::time::SystemTime::now().into()
    }
}

/// Gives unpredictable bytes to the facade: challenges and ceremony IDs are made of them.
pub trait Entropy: Send + Sync {
    /// Fills the buffer from a cryptographically secure source.
    ///
    /// # Errors
    /// [`EntropyError`]; the ceremony then does not start.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source of randomness failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct EntropyError;

/// The operating system's randomness.
#[cfg(feature = "getrandom")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

#[cfg(feature = "getrandom")]
impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        use rand_core::TryRng as _;
        getrandom::SysRng.try_fill_bytes(buffer).map_err(|_| EntropyError)
    }
}
