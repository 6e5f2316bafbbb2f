//! What four public passkey products offer, through the public face of this library: one test for each row of their APIs.
//! The shapes of their requests and answers are a server's business; what stands behind them is shown here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod challenge;
mod identified;
mod lifecycle;
mod operations;
mod restricted;
mod world;
