//! What a backend does around the ceremonies: sessions, workflows, identifiers, managing, veto, limits, and who is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod alike;
mod decoys;
mod events;
mod identifiers;
mod managing;
mod misplaced;
mod proofs;
mod rate_limit;
mod sessions;
mod shown;
mod signals;
mod tracing;
mod veto;
mod workflows;
mod world;
