//! The server as its clients see it: the own API, its guards, its documents, its beginning and its end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod client;
mod configuration;
mod faults;
mod guards;
mod passkeys;
mod private;
mod process;
mod sessions;
mod sign_in;
mod sign_up;
mod step_up;
mod stores;
mod wire;
