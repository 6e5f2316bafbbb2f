//! The JSON that browsers speak: options out, responses in, to the member.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod extensions;
mod members;
mod options;
mod responses;
