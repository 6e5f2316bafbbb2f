//! How often a ceremony allocates, from JSON text to verdict: a budget that fails when it grows. The core only: neither the
//! pending state nor the record has to be read anew for these.

#[path = "../common/mod.rs"]
mod common;

use allocation_counter::{AllocationInfo, measure};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};

use common::*;

fn within(what: &str, most: u64, work: impl FnOnce()) {
    let AllocationInfo { count_total, bytes_total, .. } = measure(work);
    println!("{what}: {count_total} allocations, {bytes_total} bytes");
    assert!((1..=most).contains(&count_total), "{what}: {count_total} allocations, {most} are allowed");
}

#[test]
fn a_registration_without_attestation() {
    let Registering { rp, pending, draft, .. } = Registering::new();
    let text = draft.to_json();
    let mut verdict = None;
    within("registration", 7, || {
        let response = RegistrationResponse::from_json(&text).unwrap();
        verdict = Some(pending.verify(&rp, &response, NOW).unwrap());
    });
}

#[test]
fn an_authentication() {
    let SigningIn { rp, pending, draft, record, .. } = SigningIn::new();
    let text = draft.to_json();
    let mut verdict = None;
    within("authentication", 5, || {
        let response = AuthenticationResponse::from_json(&text).unwrap();
        verdict = Some(pending.receive(&response).unwrap().verify(&rp, record, NOW).unwrap());
    });
}
