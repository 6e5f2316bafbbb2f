//! The contract of stores, races a thousand times.

use passkeeper::testing::contract::Contract;

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

#[test]
fn redis_keeps_the_contract_of_ceremonies() {
    let Some(redis) = Redis::here() else { return };
    let runtime = runtime();
    contract!(runtime).ceremonies(|| redis.fresh());
}
