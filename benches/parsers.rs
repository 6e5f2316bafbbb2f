//! Each parser by itself, over what the virtual authenticator made: fixed inputs. Read as in `ceremonies.rs`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use passkeeper::RelyingParty;
use passkeeper::parse::{AttestationObject, AuthenticatorData, ClientData, CoseKey};
use passkeeper::testing::{
    AttestationKind, CertificateAuthority, KeyAlgorithm, KeyPair, PackedAttestation, RegistrationDraft, TpmAttestation,
    VirtualAuthenticator,
};
use passkeeper::types::{Challenge, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::x509::{RevocationList, TrustAnchor};
use passkeeper::{AuthenticationRequest, RegistrationRequest};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";

fn relying_party() -> RelyingParty {
    RelyingParty::builder("example.com", "Example").build().unwrap()
}

fn authority(algorithm: KeyAlgorithm) -> CertificateAuthority {
    CertificateAuthority::with_levels(7, &[algorithm; 2])
}

/// The registration with this attestation, and the device that made it.
fn registered(kind: AttestationKind) -> (RegistrationDraft, VirtualAuthenticator) {
    let user = UserEntity { id: UserHandle::new([7; 64]).unwrap(), name: "alice".into(), display_name: "Alice".into() };
    let request = RegistrationRequest::new(user);
    let (options, _) = relying_party().start_registration(request, Challenge::new([7; 32]).unwrap(), NOW).unwrap();
    let mut device = VirtualAuthenticator::new(1).with_attestation(kind);
    (device.create(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap(), device)
}

fn kinds() -> Vec<AttestationKind> {
    let authority = authority(KeyAlgorithm::Es256);
    vec![AttestationKind::None, PackedAttestation::new(&authority).into(), TpmAttestation::new(&authority).into()]
}

fn responses(c: &mut Criterion) {
    let mut group = c.benchmark_group("response JSON");
    for kind in kinds() {
        let name = format!("registration, {}", kind.format());
        let text = registered(kind).0.to_json();
        group.bench_function(name, |b| b.iter(|| RegistrationResponse::from_json(black_box(&text)).unwrap()));
    }
    let (options, _) =
        relying_party().start_authentication(AuthenticationRequest::discoverable(), Challenge::new([8; 32]).unwrap(), NOW).unwrap();
    let (_, mut device) = registered(AttestationKind::None);
    let text = device.get(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap().to_json();
    group.bench_function("authentication", |b| b.iter(|| AuthenticationResponse::from_json(black_box(&text)).unwrap()));
    group.finish();

    let response = AuthenticationResponse::from_json(&text).unwrap();
    let (client_data, auth_data) = (response.client_data_json.as_slice(), response.authenticator_data.as_slice());
    // With a member that nobody knows, as Chrome adds one now and then: that is parsed as JSON.
    let extended = [client_data.strip_suffix(b"}").unwrap(), br#","another":"member"}"#].concat();
    let mut group = c.benchmark_group("client data");
    group.bench_function("as most clients write it", |b| b.iter(|| ClientData::parse(black_box(client_data)).unwrap()));
    group.bench_function("with another member", |b| b.iter(|| ClientData::parse(black_box(&extended)).unwrap()));
    group.finish();
    let (draft, _) = registered(AttestationKind::None);
    let attested = draft.auth_data.to_bytes();
    let mut outputs = auth_data.to_vec();
    outputs[32] |= 0x80;
    outputs.extend(b"\xa2\x6bcredProtect\x03\x6bhmac-secret\xf5");
    let mut group = c.benchmark_group("authenticator data");
    group.bench_function("of an authentication", |b| b.iter(|| AuthenticatorData::parse(black_box(auth_data)).unwrap()));
    group.bench_function("of a registration", |b| b.iter(|| AuthenticatorData::parse(black_box(&attested)).unwrap()));
    group.bench_function("with extension outputs", |b| b.iter(|| AuthenticatorData::parse(black_box(&outputs)).unwrap()));
    group.finish();
}

fn keys(c: &mut Criterion) {
    let mut group = c.benchmark_group("COSE key");
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Es512, KeyAlgorithm::EdDsa, KeyAlgorithm::Rs256] {
        let key = KeyPair::from_seed(algorithm, 1).cose_key().encode();
        group.bench_function(format!("{algorithm:?}"), |b| b.iter(|| CoseKey::parse(black_box(&key)).unwrap()));
    }
    group.finish();
}

fn attestation_objects(c: &mut Criterion) {
    let mut group = c.benchmark_group("attestation object");
    for kind in kinds() {
        let name = kind.format();
        let object = registered(kind).0.attestation_object_bytes();
        group.bench_function(name, |b| b.iter(|| AttestationObject::parse(black_box(&object)).unwrap()));
    }
    group.finish();
}

fn certificates(c: &mut Criterion) {
    let mut group = c.benchmark_group("X.509");
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::Rs256] {
        let root = authority(algorithm).root_der();
        group.bench_function(format!("certificate, {algorithm:?}"), |b| b.iter(|| TrustAnchor::from_der(black_box(&root)).unwrap()));
    }
    for revoked in [10u32, 10_000] {
        // Positive, and as short as they can be.
        let serials: Vec<_> = (1..=revoked).map(|number| (0x0100_0000 | number).to_be_bytes()).collect();
        let list = authority(KeyAlgorithm::Es256).crl(&serials, NOW.as_secs(), NOW.as_secs().saturating_add(86_400));
        group.bench_function(format!("revocation list of {revoked}"), |b| {
            b.iter(|| RevocationList::from_der(black_box(&list)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, responses, keys, attestation_objects, certificates);
criterion_main!(benches);
