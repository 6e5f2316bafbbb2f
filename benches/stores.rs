//! The stores in memory while what they hold grows from a thousand to a million: on average no call costs the more for it, nor does one that
//! finds everything else expired. `-- --test` stops at ten thousand. Read as in `ceremonies.rs`.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::cell::Cell;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use passkeeper::store::{
    CeremonyId, CeremonyStore as _, CredentialStore as _, Inserted, LastRecord, Marked, MemoryCeremonies, MemoryReplayGuard, MemoryStore,
    NewCeremony, PendingLimits, Recorded, ReplayGuard as _,
};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{AuthenticationRequest, CredentialRecord, RecordUpdate, RegistrationRequest, RelyingParty};
use pollster::block_on;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";
const LIMITS: PendingLimits = PendingLimits { per_user: 16, in_scope: u32::MAX };

fn sizes() -> &'static [u64] {
    match std::env::args().any(|argument| argument == "--test") {
        true => &[1_000, 10_000],
        false => &[1_000, 10_000, 100_000, 1_000_000],
    }
}

/// Thirty-two bytes like no other number's.
fn scattered(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    let word = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&word));
    bytes
}

/// A record and a use of it that changes nothing, so that it can be recorded over and over.
fn pattern() -> (CredentialRecord, RecordUpdate) {
    let rp = RelyingParty::builder("example.com", "Example").build().unwrap();
    let mut device = VirtualAuthenticator::new(1);
    let user = UserEntity { id: UserHandle::new([7; 64]).unwrap(), name: "alice".into(), display_name: "Alice".into() };
    let (options, pending) = rp.start_registration(RegistrationRequest::new(user), Challenge::new([7; 32]).unwrap(), NOW).unwrap();
    let response = device.create(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap().to_json();
    let record = pending.verify(&rp, &RegistrationResponse::from_json(&response).unwrap(), NOW).unwrap().into_record();
    let challenge = Challenge::new([8; 32]).unwrap();
    let (options, pending) = rp.start_authentication(AuthenticationRequest::discoverable(), challenge, NOW).unwrap();
    let response = device.get(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap().to_json();
    let response = AuthenticationResponse::from_json(&response).unwrap();
    let mut update = pending.receive(&response).unwrap().verify(&rp, &record, NOW).unwrap().update().clone();
    update.next = update.expected;
    (record, update)
}

/// The record with this number; two belong to one user.
fn record(pattern: &CredentialRecord, number: u64) -> CredentialRecord {
    let mut record = pattern.clone();
    record.id = RecordId::new(*scattered(number).first_chunk().unwrap());
    record.credential_id = CredentialId::new(scattered(number)).unwrap();
    record.user_handle = UserHandle::new(scattered(number / 2)).unwrap();
    record
}

fn credentials(c: &mut Criterion) {
    let (pattern, update) = pattern();
    let (store, mut held) = (MemoryStore::with_capacity(2_000_000), 0);
    for size in sizes() {
        for number in held..*size {
            assert_eq!(block_on(store.insert(&record(&pattern, number), None)), Ok(Inserted::Yes));
        }
        held = *size;
        let one = record(&pattern, size / 2);
        let mut update = update.clone();
        (update.credential_id, update.user_handle) = (one.credential_id.clone(), one.user_handle.clone());
        let mut group = c.benchmark_group(format!("credentials in memory, {size}"));
        group.bench_function("find", |b| b.iter(|| block_on(store.find(&one.scope, black_box(&one.credential_id))).unwrap().unwrap()));
        group.bench_function("list", |b| {
            b.iter(|| assert_eq!(block_on(store.list(&one.scope, black_box(&one.user_handle))).unwrap().len(), 2));
        });
        group.bench_function("record a use", |b| {
            b.iter(|| assert_eq!(block_on(store.record_use(black_box(&update))), Ok(Recorded::Yes)));
        });
        let new = record(&pattern, u64::MAX / 2);
        group.bench_function("insert and delete", |b| {
            b.iter(|| {
                assert_eq!(block_on(store.insert(black_box(&new), Some(10))), Ok(Inserted::Yes));
                block_on(store.delete(&new.scope, &new.user_handle, &new.credential_id, LastRecord::MayGo)).unwrap()
            });
        });
        group.finish();
    }
}

fn ceremony(scope: &Scope, number: u64, expires_at: UnixTime) -> NewCeremony {
    let challenge = Challenge::new(scattered(number)).unwrap();
    NewCeremony::new(scope.clone(), CeremonyId::new(number.to_string()), challenge, "state".into(), expires_at)
}

fn ceremonies(c: &mut Criterion) {
    let scope = Scope::new("a").unwrap();
    let later = NOW.saturating_add_secs(360);
    for size in sizes() {
        let mut group = c.benchmark_group(format!("ceremonies in memory, {size}"));
        let next = Cell::new(*size);
        let new = || ceremony(&scope, next.replace(next.get() + 1), later.saturating_add_secs(1_000));
        for (name, now) in [("put and take", NOW), ("put and take, all else expired", later.saturating_add_secs(1))] {
            let store = MemoryCeremonies::new();
            for number in 0..*size {
                block_on(store.put(ceremony(&scope, number, later), &LIMITS, NOW)).unwrap();
            }
            group.bench_function(name, |b| {
                b.iter_batched(
                    new,
                    |new| {
                        let id = block_on(store.put(new, &LIMITS, now)).unwrap();
                        block_on(store.take(&scope, &id, now)).unwrap().unwrap()
                    },
                    BatchSize::SmallInput,
                );
            });
        }
        let guard = MemoryReplayGuard::with_capacity(usize::MAX);
        let mark = |number| block_on(guard.mark(&scattered(number), later, NOW));
        (0..*size).for_each(|number| assert_eq!(mark(number), Ok(Marked::First)));
        group.bench_function("token known", |b| b.iter(|| assert_eq!(mark(black_box(size / 2)), Ok(Marked::Again))));
        group.finish();
    }
}

criterion_group!(benches, credentials, ceremonies);
criterion_main!(benches);
