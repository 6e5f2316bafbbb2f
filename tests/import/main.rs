//! Passkeys from elsewhere: keys in other forms, rows of other products, files of any shape, and what stores make of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::string_slice,
    clippy::unreachable
)]

#[path = "../common/mod.rs"]
mod common;
mod example;
mod files;
mod formats;
mod keys;
mod refused;
mod sample;
mod store;
