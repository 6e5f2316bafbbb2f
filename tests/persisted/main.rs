//! What a release has written to a database, every later one reads.
//!
//! The files in `tests/fixtures` were written once and are never written anew: a change of the format is a new
//! version with files of its own, and these stay readable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod refused;
mod v1;
