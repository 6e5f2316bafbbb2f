//! Opens what the configuration names.

use passkeeper::store::{CeremonyStore, CredentialStore, DynCeremonyStore, DynCredentialStore, MemoryCeremonies, MemoryStore, StoreError};
use passkeeper_stores::{PostgresStore, RedisCeremonies, SqliteStore};

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
        let url = &config.database_url;
        let stores = match url.split(':').next() {
            Some("memory") => Self::in_memory(),
            Some("sqlite") => {
                let store = SqliteStore::connect(url).await?;
                store.migrate().await?;
                let users = Users::in_sqlite(store.pool().clone()).await?;
                Self::over(store, users)
            }
            _ => {
                let store = PostgresStore::connect(url).await?;
                store.migrate().await?;
                let users = Users::in_postgres(store.pool().clone()).await?;
                Self::over(store, users)
            }
        };
        match &config.redis_url {
            Some(url) => Ok(Self { ceremonies: DynCeremonyStore::new(RedisCeremonies::connect(url).await?), ..stores }),
            None => Ok(stores),
        }
    }

    fn over(store: impl CredentialStore + CeremonyStore + Clone + 'static, users: Users) -> Self {
        Self { credentials: DynCredentialStore::new(store.clone()), ceremonies: DynCeremonyStore::new(store), users }
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
