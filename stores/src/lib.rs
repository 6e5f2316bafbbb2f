//! Stores for [`passkeeper`] on databases: each keeps its contract
//! ([`passkeeper::store::CredentialStore`], [`passkeeper::store::CeremonyStore`]), races included.
//!
//! | Feature | Store | What it keeps |
//! |---|---|---|
//! | `sqlite` | `SqliteStore` | credential records and pending ceremonies, in one file |
//! | `postgres` | `PostgresStore` | credential records and pending ceremonies |
//! | `redis` | `RedisCeremonies` | pending ceremonies |
//!
//! No feature is on by default. Tables and keys begin with `passkeeper`, so a database can be shared with the
//! application. Connections are plain: for TLS turn on the TLS feature of `sqlx` or `redis` that you want in your own
//! manifest.
//!
//! What a store cannot do because it cannot reach its database is [`StoreError::Unavailable`], `store-unavailable` through
//! the facade, and never a verdict on a user. An answer that was lost on the way leaves the call either done or not done:
//! a ceremony that may have been taken is started anew, a record that may have been inserted is there or not.
//!
//! [`StoreError::Unavailable`]: passkeeper::store::StoreError::Unavailable
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisCeremonies;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

/// The README's program is compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
