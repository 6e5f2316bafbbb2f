//! What is kept or brought along: records, pending states, public keys in other forms, rows of other products; with fixed inputs. Read
//! as in `ceremonies.rs`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use passkeeper::import::{Format, Importer};
use passkeeper::testing::{KeyAlgorithm, KeyPair, VirtualAuthenticator};
use passkeeper::types::{Algorithm, Challenge, UnixTime, UserHandle};
use passkeeper::wire::{RegistrationResponse, UserEntity};
use passkeeper::{
    AttestationPolicy, AuthenticationRequest, CosePublicKey, CredentialRecord, PendingAuthentication, PendingRegistration, Recheck,
    RegistrationRequest, RelyingParty,
};
use serde_json::json;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";

fn relying_party() -> RelyingParty {
    RelyingParty::builder("example.com", "Example").build().unwrap()
}

fn registering(rp: &RelyingParty) -> (String, PendingRegistration) {
    let user = UserEntity { id: UserHandle::new([7; 64]).unwrap(), name: "alice".into(), display_name: "Alice".into() };
    let (options, pending) = rp.start_registration(RegistrationRequest::new(user), Challenge::new([7; 32]).unwrap(), NOW).unwrap();
    (serde_json::to_string(&options).unwrap(), pending)
}

fn record(rp: &RelyingParty) -> CredentialRecord {
    let (options, pending) = registering(rp);
    let response = VirtualAuthenticator::new(1).create(&options, ORIGIN).unwrap().to_json();
    pending.verify(rp, &RegistrationResponse::from_json(response).unwrap(), NOW).unwrap().into_record()
}

fn records(c: &mut Criterion) {
    let rp = relying_party();
    let record = record(&rp);
    let text = record.to_json().unwrap();
    let mut group = c.benchmark_group("record");
    group.bench_function("written", |b| b.iter(|| black_box(&record).to_json().unwrap()));
    group.bench_function("read", |b| b.iter(|| CredentialRecord::from_json(black_box(&text)).unwrap()));
    let policy = AttestationPolicy::not_requested();
    group.bench_function("attestation checked again, none", |b| {
        b.iter(|| rp.recheck_attestation(black_box(&record), &policy, Recheck::today(NOW)).unwrap());
    });
    group.finish();
}

fn states(c: &mut Criterion) {
    let rp = relying_party();
    let registration = registering(&rp).1.into_json().unwrap();
    let request = AuthenticationRequest::discoverable();
    let (_, pending) = rp.start_authentication(request, Challenge::new([8; 32]).unwrap(), NOW).unwrap();
    let authentication = pending.into_json().unwrap();
    let mut group = c.benchmark_group("pending state");
    group.bench_function("of a registration", |b| b.iter(|| PendingRegistration::from_json(black_box(&registration)).unwrap()));
    group.bench_function("of an authentication", |b| b.iter(|| PendingAuthentication::from_json(black_box(&authentication)).unwrap()));
    group.finish();
}

fn keys(c: &mut Criterion) {
    for (name, pair, algorithm) in [("ES256", KeyAlgorithm::Es256, Algorithm::Es256), ("RS256", KeyAlgorithm::Rs256, Algorithm::Rs256)] {
        let key = CosePublicKey::new(KeyPair::from_seed(pair, 1).cose_key().encode()).unwrap();
        let (der, pem, jwk) = (key.to_spki_der().unwrap(), key.to_pem().unwrap(), key.to_jwk().unwrap());
        let mut group = c.benchmark_group(format!("public key, {name}"));
        group.bench_function("from SPKI", |b| b.iter(|| CosePublicKey::from_spki_der(black_box(&der), algorithm).unwrap()));
        group.bench_function("from PEM", |b| b.iter(|| CosePublicKey::from_pem(black_box(&pem), algorithm).unwrap()));
        group.bench_function("from JWK", |b| b.iter(|| CosePublicKey::from_jwk(black_box(&jwk), None).unwrap()));
        group.bench_function("to SPKI", |b| b.iter(|| black_box(&key).to_spki_der().unwrap()));
        group.finish();
    }
}

fn imports(c: &mut Criterion) {
    let rp = relying_party();
    let record = record(&rp);
    let simple = json!({
        "id": record.credential_id, "publicKey": record.public_key.as_bytes(), "webauthnUserID": record.user_handle, "counter": 41,
        "deviceType": "singleDevice", "backedUp": false, "transports": ["internal"],
    });
    let rows = [(Format::Passkeeper, record.to_json().unwrap()), (Format::SimpleWebauthn, simple.to_string())];
    let mut group = c.benchmark_group("row imported");
    for (format, row) in rows {
        let importer = Importer::new(&rp, format, NOW);
        group.bench_function(format.as_str(), |b| b.iter(|| importer.row(black_box(row.as_bytes())).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, records, states, keys, imports);
criterion_main!(benches);
