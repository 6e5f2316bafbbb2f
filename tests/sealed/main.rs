//! Sealed ceremonies: what a token promises, everything by which it is refused, and what no token can promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod bound;
mod facade;
mod format;
mod guard;
mod keys;
mod limits;
mod replayed;
mod setup;
mod tampered;
