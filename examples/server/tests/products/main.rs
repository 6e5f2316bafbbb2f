//! The product APIs over HTTP: a test for each row of what they must serve, named after it, with requests and answers in the
//! shape of the products' documents, and the FIDO conformance routes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod challenge;
mod conformance;
mod experience;
mod import;
mod lifecycle;
mod operations;
mod restricted;
mod shape;
mod tenants;
mod world;
