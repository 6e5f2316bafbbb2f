//! Whole ceremonies from JSON text to verdict, and what is made ready for them, with fixed inputs. Parsers: `parsers.rs`.
//!
//! Compare figures of one run with each other; machines differ. `cargo bench` measures,
//! `cargo bench -- --test` runs each once.
#![allow(missing_docs, clippy::unwrap_used)]

mod stub;

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::parse::CoseKey;
use passkeeper::store::{CeremonyId, CeremonyStore as _, MemoryReplayGuard, NewCeremony, PendingLimits, SealedCeremonies, SealingKeys};
use passkeeper::testing::{AttestationKind, KeyAlgorithm, VirtualAuthenticator};
use passkeeper::types::{Algorithm, AlgorithmList, Challenge, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{AuthenticationRequest, CredentialRecord, PendingAuthentication, PendingRegistration, RegistrationRequest, RelyingParty};
use pollster::block_on;
use stub::{STUB, UNVERIFIED};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";

fn relying_party() -> RelyingParty {
    let algorithms = AlgorithmList::new(Algorithm::ALL.iter().copied()).unwrap();
    RelyingParty::builder("example.com", "Example").algorithms(algorithms).build().unwrap()
}

/// Pending state and response of a registration, as text.
fn registration(rp: &RelyingParty, device: &mut VirtualAuthenticator) -> (String, String) {
    let user = UserEntity { id: UserHandle::new(*b"alice").unwrap(), name: "alice".into(), display_name: "Alice".into() };
    let (options, pending) = rp.start_registration(RegistrationRequest::new(user), Challenge::new([7; 32]).unwrap(), NOW).unwrap();
    let response = device.create(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap().to_json();
    (pending.into_json().unwrap(), response)
}

/// Pending state, response and record of a sign-in.
fn authentication(rp: &RelyingParty, algorithm: KeyAlgorithm) -> (String, String, CredentialRecord) {
    let mut device = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]);
    let (pending, response) = registration(rp, &mut device);
    let response = RegistrationResponse::from_json(response).unwrap();
    let record = PendingRegistration::from_json(&pending).unwrap().verify(rp, &response, NOW).unwrap().into_record();
    let (options, pending) = rp.start_authentication(AuthenticationRequest::discoverable(), Challenge::new([8; 32]).unwrap(), NOW).unwrap();
    let response = device.get(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap().to_json();
    (pending.into_json().unwrap(), response, record)
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn measure_registration(group: &mut Group<'_>, name: &str, rp: &RelyingParty, kind: AttestationKind) {
    let (pending, response) = registration(rp, &mut VirtualAuthenticator::new(1).with_attestation(kind));
    group.bench_function(name, |b| {
        b.iter_batched(
            || PendingRegistration::from_json(&pending).unwrap(),
            |pending| pending.verify(rp, &RegistrationResponse::from_json(black_box(&response)).unwrap(), NOW).unwrap(),
            BatchSize::SmallInput,
        );
    });
}

fn measure_authentication(group: &mut Group<'_>, name: &str, rp: &RelyingParty, algorithm: KeyAlgorithm) {
    let (pending, response, record) = authentication(rp, algorithm);
    group.bench_function(name, |b| {
        b.iter_batched(
            || PendingAuthentication::from_json(&pending).unwrap(),
            |pending| {
                let response = AuthenticationResponse::from_json(black_box(&response)).unwrap();
                pending.receive(&response).unwrap().verify(rp, &record, NOW).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
}

fn registrations(c: &mut Criterion) {
    let rp = relying_party();
    let mut group = c.benchmark_group("registration from JSON");
    for (name, kind) in [("none", AttestationKind::None), ("packed self", AttestationKind::PackedSelf)] {
        measure_registration(&mut group, name, &rp, kind);
    }
    group.finish();
}

fn authentications(c: &mut Criterion) {
    let rp = relying_party();
    let mut group = c.benchmark_group("authentication from JSON");
    let algorithms =
        [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Es512, KeyAlgorithm::EdDsa, KeyAlgorithm::Rs256, KeyAlgorithm::Ps256];
    for algorithm in algorithms {
        measure_authentication(&mut group, &format!("{algorithm:?}"), &rp, algorithm);
    }
    group.finish();
}

/// All but the signature, and all but signature and hash.
fn own_share(c: &mut Criterion) {
    for (name, provider) in [("without verification", UNVERIFIED), ("without crypto", STUB)] {
        let es256 = AlgorithmList::new([Algorithm::Es256]).unwrap();
        let rp = RelyingParty::builder("example.com", "Example").algorithms(es256).crypto_provider(provider).build().unwrap();
        let mut group = c.benchmark_group(name);
        measure_registration(&mut group, "registration", &rp, AttestationKind::None);
        measure_authentication(&mut group, "authentication", &rp, KeyAlgorithm::Es256);
        group.finish();
    }
}

/// The other ways to sign in: a step-up, and a key that was made ready once.
fn variants(c: &mut Criterion) {
    let rp = relying_party();
    let (pending, response, record) = authentication(&rp, KeyAlgorithm::Es256);
    let mut group = c.benchmark_group("ES256 authentication from JSON");
    let key = record.public_key.prepare(&PROVIDER).unwrap();
    group.bench_function("with a prepared key", |b| {
        b.iter_batched(
            || PendingAuthentication::from_json(&pending).unwrap(),
            |pending| {
                let response = AuthenticationResponse::from_json(black_box(&response)).unwrap();
                pending.receive(&response).unwrap().verify_with(&rp, &record, &key, NOW).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("as an assertion", |b| {
        b.iter_batched(
            || PendingAuthentication::from_json(&pending).unwrap().into_assertion(),
            |pending| {
                let response = AuthenticationResponse::from_json(black_box(&response)).unwrap();
                pending.receive(&response).unwrap().verify(&rp, &record, NOW).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// What a start costs: options as JSON, and the pending state.
fn starts(c: &mut Criterion) {
    let rp = relying_party();
    let mut group = c.benchmark_group("start");
    group.bench_function("registration", |b| {
        b.iter(|| {
            let user = UserEntity { id: UserHandle::new(*b"alice").unwrap(), name: "alice".into(), display_name: "Alice".into() };
            let challenge = Challenge::new([7; 32]).unwrap();
            let (options, pending) = black_box(&rp).start_registration(RegistrationRequest::new(user), challenge, NOW).unwrap();
            (serde_json::to_string(&options).unwrap(), pending.into_json().unwrap())
        });
    });
    group.bench_function("authentication", |b| {
        b.iter(|| {
            let challenge = Challenge::new([8; 32]).unwrap();
            let request = AuthenticationRequest::discoverable();
            let (options, pending) = black_box(&rp).start_authentication(request, challenge, NOW).unwrap();
            (serde_json::to_string(&options).unwrap(), pending.into_json().unwrap())
        });
    });
    group.finish();
}

fn parts(c: &mut Criterion) {
    let rp = relying_party();
    let (_, _, record) = authentication(&rp, KeyAlgorithm::Es256);
    let mut group = c.benchmark_group("parts of an ES256 authentication");
    group.bench_function("key from bytes", |b| {
        b.iter(|| PROVIDER.prepare(&CoseKey::parse(black_box(record.public_key.as_bytes())).unwrap()).unwrap());
    });
    group.finish();
}

/// The state of a sign-in, there and back; the replay guard included.
fn sealed(c: &mut Criterion) {
    let rp = relying_party();
    let (state, _, _) = authentication(&rp, KeyAlgorithm::Es256);
    let store = |encrypted| {
        let store = SealedCeremonies::new(SealingKeys::new([1; 32]).unwrap(), MemoryReplayGuard::new());
        if encrypted { store.encrypted() } else { store }
    };
    let seal = |store: &SealedCeremonies<_>| {
        let (id, challenge) = (CeremonyId::new("id"), Challenge::new([8; 32]).unwrap());
        let ceremony = NewCeremony::new(rp.scope().clone(), id, challenge, state.clone(), NOW.saturating_add_secs(360));
        block_on(store.put(ceremony, &PendingLimits::default(), NOW)).unwrap()
    };
    let mut group = c.benchmark_group("sealed ceremonies");
    for (mode, encrypted) in [("signed", false), ("encrypted", true)] {
        let sealing = store(encrypted);
        let token = seal(&sealing);
        group.bench_function(format!("seal, {mode}"), |b| b.iter(|| seal(black_box(&sealing))));
        group.bench_function(format!("open, {mode}"), |b| {
            b.iter_batched(
                || store(encrypted),
                |store| block_on(store.take(rp.scope(), black_box(&token), NOW)).unwrap(),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, registrations, authentications, variants, starts, own_share, parts, sealed);
criterion_main!(benches);
