//! The house rules: layers, the map of the specification's steps, the table of errors, no I/O in the core, the
//! tables of attacks, how the tests are built.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice
)]

mod errors;
mod items;
mod layers;
mod manifest;
mod security;
mod sources;
mod spec_map;
mod words;
