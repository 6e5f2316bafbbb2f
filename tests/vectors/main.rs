//! Ceremonies that others recorded: the vectors of the specification, single flipped bits of them, and real devices.
//!
//! The vectors are not part of this repository. They are looked for in `../shared/vectors`, or in the folder that
//! `PASSKEEPER_VECTORS` names; without them the tests skip, or fail if `PASSKEEPER_CI` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/provider.rs"]
mod provider;

mod anchors;
mod capture;
mod flip;
mod flip_certified;
mod folder;
mod mds;
mod real;
mod reasons;
mod recheck;
mod w3c;
mod w3c_trust;
