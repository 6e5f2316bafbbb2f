//! A whole sign-in from a mutated valid response: accepted means that nothing signed was changed.
//!
//! Each three bytes of the input are one mutation: which part, which position, which bits.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{Challenge, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{AuthenticationRequest, CredentialRecord, PendingAuthentication, RegistrationRequest, RelyingParty};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";

static CEREMONY: LazyLock<(RelyingParty, String, CredentialRecord, AuthenticationResponse)> = LazyLock::new(|| {
    let rp = RelyingParty::builder("example.com", "Example").build().unwrap();
    let mut device = VirtualAuthenticator::new(1);
    let user = UserEntity { id: UserHandle::new(*b"alice").unwrap(), name: "alice".into(), display_name: String::new() };
    let (options, pending) = rp.start_registration(RegistrationRequest::new(user), Challenge::new([7; 32]).unwrap(), NOW).unwrap();
    let draft = device.create(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap();
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    let record = pending.verify(&rp, &response, NOW).unwrap().into_record();
    let (options, pending) = rp.start_authentication(AuthenticationRequest::discoverable(), Challenge::new([8; 32]).unwrap(), NOW).unwrap();
    let draft = device.get(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap();
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    (rp, pending.into_json().unwrap(), record, response)
});

fuzz_target!(|mutations: &[u8]| {
    let (rp, pending, record, valid) = &*CEREMONY;
    let mut parts =
        [valid.client_data_json.as_slice().to_vec(), valid.authenticator_data.as_slice().to_vec(), valid.signature.as_slice().to_vec()];
    for mutation in mutations.chunks_exact(3) {
        let part = &mut parts[usize::from(mutation[0]) % 3];
        let len = part.len();
        part[usize::from(mutation[1]) % len] ^= mutation[2];
    }
    let [client_data, authenticator_data, signature] = parts;
    let mut response = valid.clone();
    response.client_data_json = client_data.into();
    response.authenticator_data = authenticator_data.into();
    response.signature = signature.into();
    let pending = PendingAuthentication::from_json(pending).unwrap();
    let verdict = pending.receive(&response).and_then(|received| received.verify(rp, record, NOW));
    if verdict.is_ok() {
        assert_eq!(response.client_data_json, valid.client_data_json, "accepted though the client data was changed");
        assert_eq!(response.authenticator_data, valid.authenticator_data, "accepted though the authenticator data was changed");
    }
});
