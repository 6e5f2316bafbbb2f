//! A whole registration from a mutated valid response: accepted means that nothing signed was changed.
//!
//! Each three bytes of the input are one mutation: which part, which position, which bits.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use passkeeper::testing::{AttestationKind, VirtualAuthenticator};
use passkeeper::types::{Challenge, UnixTime, UserHandle};
use passkeeper::wire::{RegistrationResponse, UserEntity};
use passkeeper::{PendingRegistration, RegistrationRequest, RelyingParty};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

static CEREMONY: LazyLock<(RelyingParty, String, RegistrationResponse)> = LazyLock::new(|| {
    let rp = RelyingParty::builder("example.com", "Example").build().unwrap();
    let user = UserEntity { id: UserHandle::new(*b"alice").unwrap(), name: "alice".into(), display_name: String::new() };
    let (options, pending) = rp.start_registration(RegistrationRequest::new(user), Challenge::new([7; 32]).unwrap(), NOW).unwrap();
    let mut device = VirtualAuthenticator::new(1).with_attestation(AttestationKind::PackedSelf);
    let draft = device.create(&serde_json::to_string(&options).unwrap(), "https://example.com").unwrap();
    let mut response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    response.authenticator_data = None;
    response.public_key = None;
    (rp, pending.into_json().unwrap(), response)
});

fuzz_target!(|mutations: &[u8]| {
    let (rp, pending, valid) = &*CEREMONY;
    let mut parts =
        [valid.client_data_json.as_slice().to_vec(), valid.attestation_object.as_slice().to_vec(), valid.raw_id.as_slice().to_vec()];
    for mutation in mutations.chunks_exact(3) {
        let part = &mut parts[usize::from(mutation[0]) % 3];
        let position = usize::from(mutation[1]) | (usize::from(mutation[0] & 0x80) << 1);
        let len = part.len();
        part[position % len] ^= mutation[2];
    }
    let [client_data, object, raw_id] = parts;
    let mut response = valid.clone();
    response.client_data_json = client_data.into();
    response.attestation_object = object.into();
    response.raw_id = raw_id.into();
    if PendingRegistration::from_json(pending).unwrap().verify(rp, &response, NOW).is_ok() {
        assert_eq!(response, *valid, "accepted though something signed was changed");
    }
});
