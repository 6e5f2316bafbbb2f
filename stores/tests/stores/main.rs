//! The stores on databases: their contract with a thousand rounds of each race, whole ceremonies, migrations, query plans, lost connections,
//! and crashes.
//!
//! PostgreSQL and Redis are started by the tests where they are installed; `PASSKEEPER_POSTGRES_URL` and `PASSKEEPER_REDIS_URL`
//! name others instead. Without them their tests are skipped and say so; with `PASSKEEPER_CI` set they fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod ceremonies;
mod contract;
mod crash;
mod lost;
mod migration;
mod plans;
mod redis;
mod servers;
