//! webauthn_rp, whose only backend is RustCrypto. It knows `packed` self attestation, and no certificates.

use std::hint::black_box;
use std::num::NonZeroU32;

use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::register::{
    PublicKeyCredentialCreationOptions, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle16,
};
use webauthn_rp::request::{AsciiDomain, RpId, auth::AuthenticationVerificationOptions};
use webauthn_rp::response::auth::DiscoverableAuthentication16;
use webauthn_rp::response::register::{DynamicState, StaticState};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthenticationServerState, DiscoverableCredentialRequestOptions, Registration,
    RegistrationServerState,
};

use crate::contest::{Contestant, Operation, operation};
use crate::responses::{CHALLENGE, RP_ID, Response, Responses, USER};

const ORIGINS: [&str; 1] = [crate::responses::ORIGIN];

pub fn contestant(responses: &Responses) -> Contestant {
    Contestant {
        name: "webauthn_rp",
        title: "webauthn_rp 0.3, RustCrypto",
        operations: [authentication(&responses.es256), authentication(&responses.rs256), registration(&responses.none), None],
    }
}

fn rp_id() -> RpId {
    RpId::Domain(AsciiDomain::try_from(RP_ID.to_owned()).unwrap())
}

/// A state as it is stored, with our challenge in the place of its own.
fn stored(mut state: Vec<u8>, challenge: u128) -> Vec<u8> {
    let place = state.windows(16).position(|bytes| bytes == challenge.to_le_bytes()).unwrap();
    state[place..][..16].copy_from_slice(&CHALLENGE);
    state
}

fn pending() -> Vec<u8> {
    let (rp_id, id) = (rp_id(), UserHandle16::decode(USER).unwrap());
    let user = PublicKeyCredentialUserEntity { name: "alice".try_into().unwrap(), id: &id, display_name: None };
    let mut options = PublicKeyCredentialCreationOptions::first_passkey(&rp_id, user);
    options.timeout = NonZeroU32::MAX;
    let challenge = options.challenge.as_data();
    let (state, _) = options.start_ceremony().unwrap();
    stored(state.encode().unwrap(), challenge)
}

fn options() -> RegistrationVerificationOptions<'static, 'static, &'static str, &'static str> {
    RegistrationVerificationOptions { allowed_origins: &ORIGINS, ..Default::default() }
}

fn registration(response: &Response) -> Option<Box<dyn Operation>> {
    let (rp_id, pending) = (rp_id(), pending());
    let prepare = move || RegistrationServerState::<16>::decode(&pending).unwrap();
    operation(response, prepare, move |pending, text| {
        let response: Registration = serde_json::from_str(text)?;
        black_box(pending.verify(&rp_id, &response, &options())?);
        Ok(())
    })
}

fn authentication((registration, response): &(String, Response)) -> Option<Box<dyn Operation>> {
    let rp_id = rp_id();
    let created: Registration = serde_json::from_str(registration).unwrap();
    let pending = RegistrationServerState::<16>::decode(&pending()).unwrap();
    let credential = pending.verify(&rp_id, &created, &options()).unwrap();
    let key = credential.static_state().encode().unwrap();
    let dynamic = credential.dynamic_state().encode().unwrap();
    let user: &'static UserHandle16 = Box::leak(Box::new(UserHandle16::decode(USER).unwrap()));

    let id = rp_id.clone();
    let mut options = DiscoverableCredentialRequestOptions::passkey(&id);
    options.0.timeout = NonZeroU32::MAX;
    let challenge = options.0.challenge.as_data();
    let (state, _) = options.start_ceremony().unwrap();
    let pending = stored(state.encode().unwrap(), challenge);

    let prepare = move || {
        let pending = DiscoverableAuthenticationServerState::decode(&pending).unwrap();
        (pending, StaticState::decode(&key).unwrap(), DynamicState::decode(dynamic).unwrap())
    };
    operation(response, prepare, move |(pending, key, dynamic), text| {
        let response: DiscoverableAuthentication16 = serde_json::from_str(text)?;
        let mut credential = AuthenticatedCredential::new(response.raw_id(), user, key, dynamic)?;
        let options = AuthenticationVerificationOptions::<&str, &str> { allowed_origins: &ORIGINS, ..Default::default() };
        black_box(pending.verify(&rp_id, &response, &mut credential, &options)?);
        black_box(credential);
        Ok(())
    })
}
