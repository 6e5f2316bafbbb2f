//! The contract of stores, races a thousand times.

use passkeeper::testing::contract::Contract;
use passkeeper_stores::PostgresStore;
use sqlx::ConnectOptions as _;

use crate::servers::{Postgres, Redis, fresh_sqlite, runtime, sqlite_url};

const ROUNDS: u32 = 1000;

macro_rules! contract {
    ($runtime:ident) => {
        Contract::new(|task| $runtime.block_on(task)).rounds(ROUNDS)
    };
}

#[test]
fn sqlite_in_a_file_keeps_the_contract_of_credentials() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    contract!(runtime).credentials(|| async { fresh_sqlite(&sqlite_url(&folder)).await });
}

#[test]
fn sqlite_in_a_file_keeps_the_contract_of_ceremonies() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    contract!(runtime).ceremonies(|| async { fresh_sqlite(&sqlite_url(&folder)).await });
}

#[test]
fn sqlite_in_memory_keeps_the_contract() {
    let runtime = runtime();
    contract!(runtime).credentials(|| async { fresh_sqlite("sqlite::memory:").await });
    contract!(runtime).ceremonies(|| async { fresh_sqlite("sqlite::memory:").await });
}

#[test]
fn postgres_keeps_the_contract_of_credentials() {
    let Some(postgres) = Postgres::here() else { return };
    let runtime = runtime();
    contract!(runtime).credentials(|| postgres.fresh());
}

#[test]
fn postgres_keeps_the_contract_of_ceremonies() {
    let Some(postgres) = Postgres::here() else { return };
    let runtime = runtime();
    contract!(runtime).ceremonies(|| postgres.fresh());
}

/// Over a pool of the caller's, limits hold all the same; a store that connects by itself keeps the whole contract.
#[test]
fn postgres_keeps_its_limits_under_any_default_isolation() {
    let Some(postgres) = Postgres::here() else { return };
    let runtime = runtime();
    for level in ["repeatable read", "serializable"] {
        let fresh = || async {
            let store = postgres.open(&postgres.isolated(level).await).await;
            store.migrate().await.unwrap();
            store
        };
        for rule in ["race_of_two_insertions_at_the_limit", "race_of_two_deletions_of_the_last_two"] {
            contract!(runtime).rounds(100).only(rule).credentials(fresh);
        }
        contract!(runtime).rounds(100).only("race_for_the_last_place_in_a_scope").ceremonies(fresh);
    }
    let connected = || async {
        let options = postgres.options().database(&postgres.isolated("serializable").await);
        let store = PostgresStore::connect(options.to_url_lossy().as_str()).await.unwrap();
        store.migrate().await.unwrap();
        store
    };
    contract!(runtime).rounds(20).credentials(connected);
    contract!(runtime).rounds(20).ceremonies(connected);
}

#[test]
fn redis_keeps_the_contract_of_ceremonies() {
    let Some(redis) = Redis::here() else { return };
    let runtime = runtime();
    contract!(runtime).ceremonies(|| redis.fresh());
}
