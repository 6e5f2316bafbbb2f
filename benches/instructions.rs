//! Runs one operation so many times, for a tool that counts instructions: `.ci/instructions` runs it under callgrind with
//! two counts, so that whatever is not the operation cancels out.
//!
//! `cargo bench --bench instructions -- NAME COUNT`; without a name it lists them.
#![allow(missing_docs, clippy::unwrap_used)]

mod stub;

use std::hint::black_box;

use passkeeper::attestation::TrustAnchors;
use passkeeper::crypto::CryptoProvider;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::testing::{CertificateAuthority, KeyAlgorithm, PackedAttestation, VirtualAuthenticator};
use passkeeper::types::{Algorithm, AlgorithmList, AttestationConveyance, Challenge, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::x509::TrustAnchor;
use passkeeper::{
    AttestationPolicy, AuthenticationRequest, CredentialRecord, PendingAuthentication, PendingRegistration, RegistrationPolicy,
    RegistrationRequest, RelyingParty, RelyingPartyBuilder,
};
use stub::{STUB, UNVERIFIED};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";
/// Without verification, the hashes are still taken; without crypto, neither.
const NAMES: [&str; 7] = [
    "authentication",
    "authentication-without-verification",
    "authentication-without-crypto",
    "registration",
    "registration-without-verification",
    "registration-without-crypto",
    "registration-packed",
];
/// The most rounds; as many states are prepared whatever the count.
const MOST: usize = 32;

fn es256() -> AlgorithmList {
    AlgorithmList::new([Algorithm::Es256]).unwrap()
}

fn relying_party(provider: CryptoProvider) -> RelyingPartyBuilder {
    RelyingParty::builder("example.com", "Example").algorithms(es256()).crypto_provider(provider)
}

struct Ceremonies {
    rp: RelyingParty,
    registration: String,
    registration_state: String,
    authentication: String,
    authentication_state: String,
    record: CredentialRecord,
}

impl Ceremonies {
    fn new(provider: CryptoProvider) -> Self {
        let rp = relying_party(provider).build().unwrap();
        Self::with(rp, VirtualAuthenticator::new(1))
    }

    /// With an attestation whose leaf and intermediate lead to a trusted root: three signatures.
    fn attested() -> Self {
        let ca = CertificateAuthority::with_levels(7, &[KeyAlgorithm::Es256; 2]);
        let mut policy = RegistrationPolicy::default();
        policy.algorithms = es256();
        policy.attestation = AttestationPolicy::requested(AttestationConveyance::Direct);
        let anchors = TrustAnchors::new().trust(TrustAnchor::from_der(&ca.root_der()).unwrap());
        let rp = relying_party(PROVIDER).registration_policy(policy).trust_anchors(anchors).build().unwrap();
        Self::with(rp, VirtualAuthenticator::new(1).with_attestation(PackedAttestation::new(&ca).into()))
    }

    fn with(rp: RelyingParty, mut device: VirtualAuthenticator) -> Self {
        let user = UserEntity { id: UserHandle::new([7; 64]).unwrap(), name: "alice".into(), display_name: "Alice".into() };
        let (options, pending) = rp.start_registration(RegistrationRequest::new(user), Challenge::new([7; 32]).unwrap(), NOW).unwrap();
        let registration = device.create(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap().to_json();
        let registration_state = pending.into_json().unwrap();
        let response = RegistrationResponse::from_json(&registration).unwrap();
        let record = PendingRegistration::from_json(&registration_state).unwrap().verify(&rp, &response, NOW).unwrap().into_record();
        let challenge = Challenge::new([8; 32]).unwrap();
        let (options, pending) = rp.start_authentication(AuthenticationRequest::discoverable(), challenge, NOW).unwrap();
        let authentication = device.get(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap().to_json();
        Self { rp, registration, registration_state, authentication, authentication_state: pending.into_json().unwrap(), record }
    }

    fn register(&self, count: usize) {
        let mut pending: Vec<_> = (0..MOST).map(|_| PendingRegistration::from_json(&self.registration_state).unwrap()).collect();
        for pending in pending.drain(..count) {
            let response = RegistrationResponse::from_json(black_box(&self.registration)).unwrap();
            black_box(&pending.verify(&self.rp, &response, NOW).unwrap());
        }
    }

    fn authenticate(&self, count: usize) {
        let pending = || PendingAuthentication::from_json(&self.authentication_state).unwrap();
        let mut pending: Vec<_> = (0..MOST).map(|_| (pending(), self.record.clone())).collect();
        for (pending, record) in pending.drain(..count) {
            let response = AuthenticationResponse::from_json(black_box(&self.authentication)).unwrap();
            black_box(&pending.receive(&response).unwrap().verify(&self.rp, record, NOW).unwrap());
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [name, count] = arguments.as_slice() else {
        println!("{}", NAMES.join("\n"));
        return;
    };
    let count = count.parse::<usize>().unwrap().min(MOST);
    match name.as_str() {
        "authentication" => Ceremonies::new(PROVIDER).authenticate(count),
        "authentication-without-verification" => Ceremonies::new(UNVERIFIED).authenticate(count),
        "authentication-without-crypto" => Ceremonies::new(STUB).authenticate(count),
        "registration" => Ceremonies::new(PROVIDER).register(count),
        "registration-without-verification" => Ceremonies::new(UNVERIFIED).register(count),
        "registration-without-crypto" => Ceremonies::new(STUB).register(count),
        "registration-packed" => Ceremonies::attested().register(count),
        _ => eprintln!("no operation is called {name}"),
    }
}
