//! One clock for the whole server, so that tests can turn it.

use std::sync::Arc;

use passkeeper::types::UnixTime;
use passkeeper::{Clock, SystemClock};

/// The clock of facade and sessions; clones share it.
#[derive(Clone)]
pub struct SharedClock(Arc<dyn Clock>);

impl SharedClock {
    /// Shares a clock.
    pub fn new(clock: impl Clock + 'static) -> Self {
        Self(Arc::new(clock))
    }
}

impl Default for SharedClock {
    /// The operating system's.
    fn default() -> Self {
        Self::new(SystemClock)
    }
}

impl Clock for SharedClock {
    fn now(&self) -> UnixTime {
        self.0.now()
    }
}
