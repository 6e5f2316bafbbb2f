//! The rules of §7.1 and §7.2, one test a step, through the pure core.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod authentication;
mod authentication_data;
mod authentication_use;
mod cases;
mod client_data;
mod configuration;
mod origins;
mod prepared;
mod registration;
mod registration_data;
mod registration_record;
mod state;
mod storing;
mod wire;

use common::*;

#[test]
fn a_passkey_registers_and_signs_in() {
    let verified = Registering::new().verify().unwrap();
    assert_eq!(verified.record().user_handle, handle("alice"));
    let verified = SigningIn::new().verify().unwrap();
    assert_eq!(*verified.user_handle(), handle("alice"));
}
