//! A process that dies at a named point of a ceremony, or anywhere, and what the next one finds in the file.
//!
//! The process is this test binary over again, with [`ceremonies_that_nobody_interrupts`] alone and a variable that says where to
//! die. Without it the same ceremonies run to their end.

mod dying;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use passkeeper::store::{CeremonyId, CeremonyStore as _};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{CredentialId, UnixTime};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use passkeeper::{AuthenticationRequest, CredentialRecord, Passkeys};
use passkeeper_stores::SqliteStore;
use serde_json::{Value, json};

use crate::ceremonies::{code, create, facade, handle, sign, user};
use crate::servers::{block_on, fresh_sqlite};
use dying::Dying;

/// Says in which folder to work and where to die.
const FOLDER: &str = "PASSKEEPER_CRASH_FOLDER";
const POINT: &str = "PASSKEEPER_CRASH_POINT";

/// Every await of the two ceremonies, before and after, and the veto between.
const POINTS: [&str; 22] = [
    "registration: before list",
    "registration: after list",
    "registration: before put",
    "registration: after put",
    "registration: before take",
    "registration: after take",
    "registration: veto",
    "registration: before list, 1 times before",
    "registration: after list, 1 times before",
    "registration: before insert",
    "registration: after insert",
    "registration: before list, 2 times before",
    "registration: after list, 2 times before",
    "authentication: before put",
    "authentication: after put",
    "authentication: before take",
    "authentication: after take",
    "authentication: before find",
    "authentication: after find",
    "authentication: veto",
    "authentication: before record_use",
    "authentication: after record_use",
];

fn url(folder: &Path) -> String {
    format!("sqlite://{}/passkeys.db", folder.display())
}

/// Alice registers and signs in. What the browser holds, and the record, lie in files before they are used.
async fn ceremonies(folder: &Path, point: &str) -> Vec<String> {
    let store = Dying::new(fresh_sqlite(&url(folder)).await, point);
    let passkeys = facade(&store, &store);
    let mut device = VirtualAuthenticator::new(1);
    let keep = |name: &str, value: Value| fs::write(folder.join(name), value.to_string()).unwrap();

    store.begin("registration");
    let started = passkeys.start_registration(user("alice")).await.unwrap();
    let draft = device.create(&serde_json::to_string(&started.options).unwrap(), crate::ceremonies::ORIGIN).unwrap();
    keep("registration", json!({ "session": started.session, "response": draft.to_json() }));
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    let verified = passkeys.verify_registration(&started.session, &response).await.unwrap();
    keep("record", serde_json::to_value(verified.record()).unwrap());
    store.at("veto");
    passkeys.commit_registration(verified).await.unwrap();

    store.begin("authentication");
    let started = passkeys.start_authentication(AuthenticationRequest::discoverable()).await.unwrap();
    let draft = device.get(&serde_json::to_string(&started.options).unwrap(), crate::ceremonies::ORIGIN).unwrap();
    keep("authentication", json!({ "session": started.session, "response": draft.to_json() }));
    let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
    let verified = passkeys.verify_authentication(&started.session, &response).await.unwrap();
    keep("next", serde_json::to_value(verified.update().next).unwrap());
    store.at("veto");
    let _ = passkeys.commit_authentication(verified).await.unwrap();
    store.passed()
}

/// Registers and signs in until somebody ends the process, and keeps a journal of what was answered.
async fn ceremonies_without_end(folder: &Path) {
    let store = fresh_sqlite(&url(folder)).await;
    let passkeys = facade(&store, &store);
    let mut journal = File::options().append(true).create(true).open(folder.join("journal")).unwrap();
    let mut note = |what: &str, id: &str| journal.write_all(format!("{what} {id}\n").as_bytes()).unwrap();
    for seed in 0u32.. {
        let mut device = VirtualAuthenticator::new(u64::from(std::process::id()) << 32 | u64::from(seed));
        let started = passkeys.start_registration(user("alice")).await.unwrap();
        let response = create(&mut device, &started.options);
        let verified = passkeys.verify_registration(&started.session, &response).await.unwrap();
        note("taken", started.session.as_str());
        let record = passkeys.commit_registration(verified).await.unwrap().record;
        note("inserted", &record.credential_id.to_base64url());
        let started = passkeys.start_authentication(AuthenticationRequest::discoverable()).await.unwrap();
        let verified = passkeys.verify_authentication(&started.session, &sign(&mut device, &started)).await.unwrap();
        note("taken", started.session.as_str());
        let login = passkeys.commit_authentication(verified).await.unwrap();
        note("used", &login.record().credential_id.to_base64url());
    }
}

/// This process over again.
fn process(folder: &Path, point: &str) -> Child {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "crash::ceremonies_that_nobody_interrupts"]).env(FOLDER, folder).env(POINT, point);
    process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn ceremonies_that_nobody_interrupts() {
    match (std::env::var_os(FOLDER), std::env::var(POINT)) {
        (Some(folder), Ok(point)) if point == "anywhere" => block_on(ceremonies_without_end(folder.as_ref())),
        (Some(folder), Ok(point)) => drop(block_on(ceremonies(folder.as_ref(), &point))),
        _ => {
            // The list of points is all there are.
            let folder = tempfile::tempdir().unwrap();
            assert_eq!(block_on(ceremonies(folder.path(), "nowhere")), POINTS);
        }
    }
}

/// What the browser still holds, if it came so far.
fn held(folder: &Path, name: &str) -> Option<(CeremonyId, String)> {
    let held: Value = serde_json::from_str(&fs::read_to_string(folder.join(name)).ok()?).unwrap();
    Some((CeremonyId::new(held["session"].as_str().unwrap()), held["response"].as_str().unwrap().into()))
}

/// Alice's only record, or none.
async fn alices(passkeys: &Passkeys<&SqliteStore, &SqliteStore>) -> Option<CredentialRecord> {
    let mut records = passkeys.list(&handle("alice")).await.unwrap();
    assert!(records.len() <= 1, "{records:?}");
    records.pop()
}

/// The file is sound, and a new passkey registers and signs in.
async fn assert_sound(store: &SqliteStore, name: &str) {
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(store.pool()).await.unwrap();
    assert_eq!(sound, "ok");
    let (passkeys, mut device) = (facade(store, store), VirtualAuthenticator::new(77));
    let started = passkeys.start_registration(user(name)).await.unwrap();
    let response = create(&mut device, &started.options);
    passkeys.complete_registration(&started.session, &response).await.unwrap();
    let started = passkeys.start_authentication(AuthenticationRequest::discoverable()).await.unwrap();
    let _ = passkeys.complete_authentication(&started.session, &sign(&mut device, &started)).await.unwrap();
    passkeys.delete_all(&handle(name)).await.unwrap();
}

#[test]
fn a_process_that_dies_at_any_point_of_a_ceremony() {
    for (n, point) in POINTS.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let status = process(folder.path(), point).wait().unwrap();
        assert_eq!(status.signal(), Some(6), "{point}: the process aborts: {status}");
        let reached = |other: &str| POINTS.iter().position(|point| *point == other).unwrap() <= n;
        block_on(async {
            let store = fresh_sqlite(&url(folder.path())).await;
            let passkeys = facade(&store, &store);
            let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();

            // The record is there whole or not at all; so is its use.
            let expected = reached("registration: after insert").then(|| {
                let mut record = CredentialRecord::from_json(&read("record")).unwrap();
                if reached("authentication: after record_use") {
                    record.usage = serde_json::from_str(&read("next")).unwrap();
                }
                record
            });
            let found = alices(&passkeys).await;
            let used = found.as_ref().and_then(|record| record.last_used_at);
            assert_eq!(used.is_some(), reached("authentication: after record_use"), "{point}");
            let but_for_its_time = |mut record: CredentialRecord| {
                record.last_used_at = None;
                record
            };
            assert_eq!(found.map(but_for_its_time), expected, "{point}");

            // What was taken is not taken again; what was not is still good, once.
            let once = |taken: bool| if taken { ["ceremony-not-found"; 2] } else { ["accepted", "ceremony-not-found"] };
            if let Some((session, response)) = held(folder.path(), "registration") {
                let response = RegistrationResponse::from_json(response).unwrap();
                let complete = async || code(passkeys.complete_registration(&session, &response).await);
                let taken = reached("registration: after take");
                assert_eq!([complete().await, complete().await], once(taken), "{point}");
            }
            if let Some((session, response)) = held(folder.path(), "authentication") {
                let response = AuthenticationResponse::from_json(response).unwrap();
                let complete = async || code(passkeys.complete_authentication(&session, &response).await);
                let taken = reached("authentication: after take");
                assert_eq!([complete().await, complete().await], once(taken), "{point}");
            }
            assert_sound(&store, "bob").await;
        });
    }
}

#[test]
fn a_process_that_is_killed_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let journal = || fs::read_to_string(folder.path().join("journal")).unwrap_or_default();
    for round in 0..12u64 {
        let before = journal().len();
        let mut process = process(folder.path(), "anywhere");
        // Well into its work, and then at another moment each time.
        for _ in 0..1000 {
            if journal().len() > before + 300 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_micros(round * 3_700 + 100));
        process.kill().unwrap();
        assert_eq!(process.wait().unwrap().signal(), Some(9), "it was at work until it was killed");
    }
    block_on(async {
        let store = fresh_sqlite(&url(folder.path())).await;
        let passkeys = facade(&store, &store);
        let scope = passkeys.relying_party().scope();
        let journal = journal();
        let noted = |what: &'static str| journal.lines().filter_map(move |line| line.strip_prefix(what)?.strip_prefix(' '));
        assert!(noted("used").count() >= 12, "{journal}");
        for id in noted("taken") {
            assert_eq!(store.take(scope, &CeremonyId::new(id), UnixTime::from_secs(0)).await, Ok(None), "taken again");
        }
        for id in noted("inserted") {
            let id: CredentialId = serde_json::from_value(id.into()).unwrap();
            assert!(passkeys.find(&handle("alice"), &id).await.is_ok(), "a record that was answered for is there");
        }
        for id in noted("used") {
            let id: CredentialId = serde_json::from_value(id.into()).unwrap();
            assert!(passkeys.find(&handle("alice"), &id).await.unwrap().last_used_at.is_some());
        }
        // Each process may have died between an insertion and its note.
        let records = passkeys.list(&handle("alice")).await.unwrap().len();
        assert!((noted("inserted").count()..=noted("inserted").count() + 12).contains(&records), "{records}");
        assert_sound(&store, "bob").await;
    });
}
