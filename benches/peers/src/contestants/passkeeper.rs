//! passkeeper with each of its providers.

use std::hint::black_box;

use passkeeper::attestation::TrustAnchors;
use passkeeper::crypto::{CryptoProvider, aws_lc_rs, graviola, rustcrypto};
use passkeeper::types::{AttestationConveyance, Challenge, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::x509::TrustAnchor;
use passkeeper::{
    AttestationPolicy, AuthenticationRequest, PendingAuthentication, PendingRegistration, RegistrationPolicy, RegistrationRequest,
    RelyingParty,
};

use crate::contest::{Contestant, Operation, operation};
use crate::responses::{CHALLENGE, RP_ID, Response, Responses, USER};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// Without graviola where the processor cannot run it, which is said.
pub fn all(responses: &Responses, root: &[u8]) -> Vec<Contestant> {
    let contestant = |name, title, provider| contestant(name, title, provider, responses, root);
    let mut all = vec![
        contestant("passkeeper", "passkeeper, rustcrypto", rustcrypto::PROVIDER),
        contestant("passkeeper-aws-lc-rs", "passkeeper, aws-lc-rs", aws_lc_rs::PROVIDER),
    ];
    match graviola::provider() {
        Ok(fast) => all.push(contestant("passkeeper-graviola", "passkeeper, graviola", fast.with_fallback(&rustcrypto::PROVIDER))),
        Err(error) => eprintln!("left out: {error}"),
    }
    all
}

fn contestant(name: &'static str, title: &'static str, provider: CryptoProvider, responses: &Responses, root: &[u8]) -> Contestant {
    let rp = RelyingParty::builder(RP_ID, "Example").crypto_provider(provider).build().unwrap();
    let mut policy = RegistrationPolicy::default();
    policy.attestation = AttestationPolicy::requested(AttestationConveyance::Direct).trusted_only();
    let anchors = TrustAnchors::new().trust(TrustAnchor::from_der(root).unwrap());
    let trusting = RelyingParty::builder(RP_ID, "Example").crypto_provider(provider).registration_policy(policy).trust_anchors(anchors);
    Contestant {
        name,
        title,
        operations: [
            authentication(rp.clone(), &responses.es256),
            authentication(rp.clone(), &responses.rs256),
            registration(rp, &responses.none),
            registration(trusting.build().unwrap(), &responses.packed),
        ],
    }
}

fn challenge() -> Challenge {
    Challenge::new(CHALLENGE).unwrap()
}

fn pending(rp: &RelyingParty) -> String {
    let user = UserEntity { id: UserHandle::new(USER).unwrap(), name: "alice".into(), display_name: "Alice".into() };
    rp.start_registration(RegistrationRequest::new(user), challenge(), NOW).unwrap().1.into_json().unwrap()
}

fn registration(rp: RelyingParty, response: &Response) -> Option<Box<dyn Operation>> {
    let pending = pending(&rp);
    let prepare = move || PendingRegistration::from_json(&pending).unwrap();
    operation(response, prepare, move |pending, text| {
        let _ = black_box(pending.verify(&rp, &RegistrationResponse::from_json(text)?, NOW)?);
        Ok(())
    })
}

fn authentication(rp: RelyingParty, (registration, response): &(String, Response)) -> Option<Box<dyn Operation>> {
    let created = RegistrationResponse::from_json(registration).unwrap();
    let record = PendingRegistration::from_json(&pending(&rp)).unwrap().verify(&rp, &created, NOW).unwrap().into_record();
    let (_, pending) = rp.start_authentication(AuthenticationRequest::discoverable(), challenge(), NOW).unwrap();
    let pending = pending.into_json().unwrap();
    let prepare = move || (PendingAuthentication::from_json(&pending).unwrap(), record.clone());
    operation(response, prepare, move |(pending, record), text| {
        let response = AuthenticationResponse::from_json(text)?;
        let _ = black_box(pending.receive(&response)?.verify(&rp, record, NOW)?);
        Ok(())
    })
}
