//! What the calls of a sign-in cost while the table of credentials grows from a thousand to a million, on SQLite and PostgreSQL, and
//! how the databases find what they are asked for.
//!
//! `cargo bench -p passkeeper-stores --all-features --bench scale` prints Markdown; it takes some minutes and some gigabytes of
//! temporary files. PostgreSQL is started as for the tests. With `-- --test` it stops at ten thousand.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::Instant;

use passkeeper::store::{CredentialStore, ImportMode, Recorded};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{Challenge, CredentialId, RecordId, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{AuthenticationRequest, CredentialRecord, RecordUpdate, RegistrationRequest, RelyingParty, UseState};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../tests/stores/servers.rs"]
mod servers;
#[allow(dead_code, reason = "the stores need more of it")]
#[path = "../src/sql/statements.rs"]
mod statements;

use statements as sql;

const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const SAMPLES: u64 = 1_000;
const BATCH: u64 = 10_000;
const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";

/// A record and a use of it, from real ceremonies: the pattern of all others.
struct Pattern {
    record: CredentialRecord,
    update: RecordUpdate,
}

impl Pattern {
    fn new() -> Self {
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
        let update = pending.receive(&response).unwrap().verify(&rp, &record, NOW).unwrap().update().clone();
        Self { record, update }
    }

    /// The record with this number. Two belong to one user; neighbours in number are none in an index.
    fn record(&self, number: u64) -> CredentialRecord {
        let mut record = self.record.clone();
        record.credential_id = id(number);
        record.id = RecordId::new(scattered(number)[..16].try_into().unwrap());
        record.user_handle = user(number);
        record
    }

    /// The next use of a record.
    fn update(&self, record: &CredentialRecord) -> RecordUpdate {
        let mut update = self.update.clone();
        update.credential_id = record.credential_id.clone();
        update.user_handle = record.user_handle.clone();
        update.expected = record.usage;
        update.next = UseState { sign_count: record.usage.sign_count + 1, ..record.usage };
        update
    }
}

fn scattered(number: u64) -> [u8; 32] {
    let word = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    std::array::from_fn(|n| word[n % 8])
}

fn id(number: u64) -> CredentialId {
    CredentialId::new(scattered(number)).unwrap()
}

fn user(number: u64) -> UserHandle {
    UserHandle::new(scattered(number / 2 + (1 << 40))).unwrap()
}

async fn fill(store: &impl CredentialStore, pattern: &Pattern, from: u64, size: u64) {
    for begin in (from..size).step_by(usize::try_from(BATCH).unwrap()) {
        let batch: Vec<_> = (begin..size.min(begin + BATCH)).map(|number| pattern.record(number)).collect();
        store.import(&batch, ImportMode::AllOrNothing).await.unwrap();
    }
}

/// Prints the medians, in microseconds, of a list, a find and the write of a use.
async fn measure(name: &str, store: &impl CredentialStore, pattern: &Pattern, size: u64) {
    let mut times: [Vec<f64>; 3] = Default::default();
    let mut took = |which: usize, begun: Instant| times[which].push(begun.elapsed().as_secs_f64() * 1e6);
    let scope = &pattern.record.scope;
    for sample in 0..SAMPLES {
        let number = (sample * 999_983) % size;
        let (user, id) = (user(number), id(number));
        let begun = Instant::now();
        let list = store.list(scope, &user).await.unwrap();
        took(0, begun);
        assert_eq!(list.len(), 2);
        let begun = Instant::now();
        let record = store.find(scope, &id).await.unwrap().unwrap();
        took(1, begun);
        let update = pattern.update(&record);
        let begun = Instant::now();
        let recorded = store.record_use(&update).await.unwrap();
        took(2, begun);
        assert_eq!(recorded, Recorded::Yes);
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        format!("{:.0}", times[times.len() / 2])
    });
    println!("| {name} | {size} | {} |", medians.join(" | "));
}

async fn sqlite(pattern: &Pattern, sizes: &[u64]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = servers::fresh_sqlite(&servers::sqlite_url(&folder)).await;
    let mut from = 0;
    for size in sizes {
        fill(&store, pattern, from, *size).await;
        measure("SQLite", &store, pattern, *size).await;
        from = *size;
    }
    let mut plans = String::new();
    for statement in [sql::LIST, sql::FIND, sql::RECORD_USE] {
        let rows = store.pool().fetch_all(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"))).await.unwrap();
        plans.extend(rows.iter().map(|row| row.get::<String, _>("detail") + "\n"));
    }
    plans
}

async fn postgres(pattern: &Pattern, sizes: &[u64]) -> String {
    let Some(postgres) = servers::Postgres::here() else { return String::new() };
    let store = postgres.fresh().await;
    let mut from = 0;
    for size in sizes {
        fill(&store, pattern, from, *size).await;
        // What the server does by itself after a while.
        store.pool().execute("VACUUM ANALYZE passkeeper_credentials").await.unwrap();
        measure("PostgreSQL", &store, pattern, *size).await;
        from = *size;
    }
    let update = pattern.update(&store.find(&pattern.record.scope, &id(from / 2)).await.unwrap().unwrap());
    let bytes = |bytes: &[u8]| format!(r"'\x{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let (scope, id, user) = (update.scope.as_str(), bytes(update.credential_id.as_bytes()), bytes(update.user_handle.as_bytes()));
    let key = bytes(update.public_key.as_bytes());
    let state = |state: UseState| {
        let known = |flag: Option<bool>| flag.map_or("NULL".into(), |flag| flag.to_string());
        format!("{}, {}, {}, {}", state.sign_count, known(state.backup_eligible), state.backup_state, known(state.uv_initialized))
    };
    let used = format!("{}, 1, true, '{scope}', {id}, {user}, {key}, {}", state(update.next), state(update.expected));
    let cases = [(sql::LIST, format!("'{scope}', {user}")), (sql::FIND, format!("'{scope}', {id}")), (sql::RECORD_USE, used)];
    let mut plans = String::new();
    for (statement, arguments) in cases {
        let options = "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF";
        let explain = format!("PREPARE it AS {statement}; EXPLAIN ({options}) EXECUTE it ({arguments}); DEALLOCATE it");
        let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(store.pool()).await.unwrap();
        plans.extend(rows.iter().map(|row| row.get::<String, _>(0) + "\n"));
    }
    // Our own values say nothing.
    plans.replace(&key, "…").replace(&id, "…").replace(&user, "…")
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let sizes = if quick { &SIZES[..2] } else { &SIZES[..] };
    let pattern = Pattern::new();
    println!("| | credentials | list of a user | find | write of a sign-in |\n|---|---:|---:|---:|---:|");
    let (sqlite, postgres) = servers::block_on(async { (sqlite(&pattern, sizes).await, postgres(&pattern, sizes).await) });
    println!("\nSQLite:\n\n```text\n{sqlite}```\n\nPostgreSQL:\n\n```text\n{postgres}```");
}
