//! Attestation: every rule of every format broken on its own, certificate paths, policy, metadata, hostile input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod anchors_and_policy;
mod android_key;
mod apple;
mod blob;
mod chains;
mod compound;
mod fido_u2f;
mod hostile;
mod metadata;
mod models;
mod none;
mod packed;
mod recheck;
mod revocation;
mod revoked_serials;
mod safetynet;
mod setup;
mod tpm;
mod verdict;
