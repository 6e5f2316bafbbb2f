//! A whole sign-in from a mutated valid response, the first byte choosing the key's algorithm: accepted means that nothing signed
//! was changed, and by the same user; one signature at most is verified; allocations stay in proportion.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{SigningIn, anchors, relying_party};
use fuzz::{bounded, mutate, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::RelyingParty;
use passkeeper::testing::KeyAlgorithm;
use passkeeper::types::Bytes;

static WORLD: LazyLock<(RelyingParty, Vec<SigningIn>)> = LazyLock::new(|| {
    let rp = relying_party(anchors());
    let ceremonies = KeyAlgorithm::ALL.iter().map(|algorithm| SigningIn::with(&rp, *algorithm)).collect();
    (rp, ceremonies)
});

fuzz_target!(|bytes: &[u8]| {
    let [choice, script @ ..] = bytes else { return };
    let (rp, ceremonies) = &*WORLD;
    let ceremony = &ceremonies[usize::from(*choice) % ceremonies.len()];
    let valid = &ceremony.response;
    let user_handle = valid.user_handle.as_ref().unwrap();
    let mut parts = [&valid.client_data_json, &valid.authenticator_data, &valid.signature, &valid.raw_id, user_handle]
        .map(|part| part.as_slice().to_vec());
    mutate(&mut parts, script);
    let len = parts.iter().map(Vec::len).sum();
    let [client_data, authenticator_data, signature, raw_id, user_handle] = parts.map(Bytes::from);
    let mut response = valid.clone();
    response.client_data_json = client_data;
    response.authenticator_data = authenticator_data;
    response.signature = signature;
    response.raw_id = raw_id;
    response.user_handle = Some(user_handle).filter(|handle| !handle.is_empty());
    let verdict = bounded(len, 32, || work::signatures(1, || ceremony.verify(rp, &response)));
    if verdict.is_ok() {
        assert_eq!(response, *valid, "accepted though something was changed");
    } else {
        assert_ne!(response, *valid, "refused though nothing was changed");
    }
});
