//! The stores in memory, and the facade over them: who wins a race, what is bounded, and what no one else may touch.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod adapters;
mod ceremonies;
mod contract;
mod credentials;
mod facade;
mod faults;
mod guards;
mod races;
