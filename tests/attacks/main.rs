//! What has gone wrong elsewhere: a valid response, one change, signed again, refused with the exact code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod authenticator_data;
mod cbor;
mod challenge_and_state;
mod client_data;
mod cose;
mod deployments;
mod field;
mod identity;
mod privacy;
mod signature;
mod tables;
