//! passki with aws-lc-rs, the faster of its backends; a build has one.

use std::hint::black_box;

use passki::{
    AttestationConveyancePreference, AttestationTrustPolicy, AuthenticationOptions, Passki, RegistrationOptions, RegistrationState,
    UserVerificationRequirement,
};

use crate::contest::{Contestant, Operation, operation};
use crate::responses::{CHALLENGE, ORIGIN, RP_ID, Response, Responses, USER};

pub fn contestant(responses: &Responses, root: &[u8]) -> Contestant {
    let library = || Passki::new(RP_ID, &[ORIGIN], "Example");
    let trusting = library().with_attestation_trust(&[root], AttestationTrustPolicy::Required).unwrap();
    Contestant {
        name: "passki",
        title: "passki 0.5, aws-lc-rs",
        operations: [
            authentication(library(), &responses.es256),
            authentication(library(), &responses.rs256),
            registration(library(), &responses.none),
            registration(trusting, &responses.packed),
        ],
    }
}

fn pending(library: &Passki) -> RegistrationState {
    let mut options = RegistrationOptions::default();
    options.attestation = AttestationConveyancePreference::Direct;
    options.user_verification = UserVerificationRequirement::Required;
    let (_, mut state) = library.start_passkey_registration(&USER, "alice", "Alice", options).unwrap();
    state.challenge = CHALLENGE.to_vec();
    state
}

fn registration(library: Passki, response: &Response) -> Option<Box<dyn Operation>> {
    let state = pending(&library);
    operation(
        response,
        || (),
        move |(), text| {
            black_box(library.finish_passkey_registration(&serde_json::from_str(text)?, &state)?);
            Ok(())
        },
    )
}

fn authentication(library: Passki, (registration, response): &(String, Response)) -> Option<Box<dyn Operation>> {
    let created = serde_json::from_str(registration).unwrap();
    let passkey = library.finish_passkey_registration(&created, &pending(&library)).unwrap();
    let mut options = AuthenticationOptions::default();
    options.user_verification = UserVerificationRequirement::Required;
    let (_, mut state) = library.start_passkey_authentication(&[], options).unwrap();
    state.challenge = CHALLENGE.to_vec();
    operation(
        response,
        || (),
        move |(), text| {
            black_box(library.finish_passkey_authentication(&serde_json::from_str(text)?, &state, &passkey)?);
            Ok(())
        },
    )
}
