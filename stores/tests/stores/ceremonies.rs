//! Whole ceremonies through the facade.

use passkeeper::store::{CeremonyStore, CredentialStore};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::UserHandle;
use passkeeper::wire::{AuthenticationResponse, CreationOptions, RegistrationResponse, RequestOptions, UserEntity};
use passkeeper::{AuthenticationRequest, Passkeys, RegistrationRequest, RelyingParty, Result, Started, TakeBy};

use crate::servers::{Postgres, Redis, block_on, fresh_sqlite, sqlite_url};

pub(crate) const ORIGIN: &str = "https://example.com";

pub(crate) fn facade<C: CredentialStore, K: CeremonyStore>(credentials: C, ceremonies: K) -> Passkeys<C, K> {
    Passkeys::new(RelyingParty::builder("example.com", "Example").build().unwrap(), credentials, ceremonies)
}

pub(crate) fn handle(name: &str) -> UserHandle {
    UserHandle::new(name.as_bytes()).unwrap()
}

pub(crate) fn user(name: &str) -> RegistrationRequest {
    RegistrationRequest::new(UserEntity { id: handle(name), name: name.into(), display_name: name.into() })
}

/// The code of a refusal.
#[track_caller]
pub(crate) fn code<T>(result: Result<T>) -> &'static str {
    result.map(|_| "accepted").map_err(|error| error.code()).unwrap_or_else(|code| code)
}

pub(crate) fn create(device: &mut VirtualAuthenticator, options: &CreationOptions) -> RegistrationResponse {
    let draft = device.create(&serde_json::to_string(options).unwrap(), ORIGIN).unwrap();
    RegistrationResponse::from_json(draft.to_json()).unwrap()
}

pub(crate) fn sign(device: &mut VirtualAuthenticator, started: &Started<RequestOptions>) -> AuthenticationResponse {
    let draft = device.get(&serde_json::to_string(&started.options).unwrap(), ORIGIN).unwrap();
    AuthenticationResponse::from_json(draft.to_json()).unwrap()
}

/// Registers a passkey, signs in with it in every way, and manages it.
async fn everything<C: CredentialStore, K: CeremonyStore>(passkeys: Passkeys<C, K>) {
    let (mut device, alice) = (VirtualAuthenticator::new(1), handle("alice"));
    let started = passkeys.start_registration(user("alice")).await.unwrap();
    let response = create(&mut device, &started.options);
    let record = passkeys.complete_registration(&started.session, &response).await.unwrap().record;
    assert_eq!(code(passkeys.complete_registration(&started.session, &response).await), "ceremony-not-found");
    assert_eq!(passkeys.list(&alice).await.unwrap(), std::slice::from_ref(&record));

    for request in [AuthenticationRequest::discoverable(), AuthenticationRequest::known(alice.clone())] {
        let started = passkeys.start_authentication(request).await.unwrap();
        let response = sign(&mut device, &started);
        let login = passkeys.complete_authentication(&started.session, &response).await.unwrap();
        assert_eq!(*login.user_handle(), alice);
        assert_eq!(code(passkeys.complete_authentication(&started.session, &response).await), "ceremony-not-found");
        assert_eq!(passkeys.find(&alice, &record.credential_id).await.unwrap(), *login.record());
    }
    let started = passkeys.start_assertion(AuthenticationRequest::known(alice.clone())).await.unwrap();
    let proof = passkeys.complete_assertion(TakeBy::danger_response_challenge(), &sign(&mut device, &started)).await.unwrap();
    assert_eq!(proof.record().usage.sign_count, record.usage.sign_count + 3);

    // A failed attempt uses the ceremony up.
    let started = passkeys.start_authentication(AuthenticationRequest::discoverable()).await.unwrap();
    let mut stranger = VirtualAuthenticator::new(2);
    create(&mut stranger, &passkeys.start_registration(user("mallory")).await.unwrap().options);
    let refused = passkeys.complete_authentication(&started.session, &sign(&mut stranger, &started)).await;
    assert_eq!(code(refused), "credential-not-found");
    let late = passkeys.complete_authentication(&started.session, &sign(&mut device, &started)).await;
    assert_eq!(code(late), "ceremony-not-found");

    passkeys.rename(&alice, &record.credential_id, "Schlüssel ⚿").await.unwrap();
    assert_eq!(passkeys.find(&alice, &record.credential_id).await.unwrap().name, "Schlüssel ⚿");
    assert_eq!(code(passkeys.delete(&handle("bob"), &record.credential_id).await), "credential-not-found");
    passkeys.delete(&alice, &record.credential_id).await.unwrap();
    assert_eq!(passkeys.list(&alice).await.unwrap(), []);
}

#[test]
fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let file = fresh_sqlite(&sqlite_url(&folder)).await;
        everything(facade(file.clone(), file)).await;
        let memory = fresh_sqlite("sqlite::memory:").await;
        everything(facade(&memory, &memory)).await;
    });
}

#[test]
fn on_postgres() {
    let Some(postgres) = Postgres::here() else { return };
    block_on(async {
        let store = postgres.fresh().await;
        everything(facade(store.clone(), store)).await;
    });
}

#[test]
fn with_ceremonies_on_redis() {
    let Some(redis) = Redis::here() else { return };
    block_on(async {
        everything(facade(fresh_sqlite("sqlite::memory:").await, redis.fresh().await)).await;
    });
}

/// The library's documentation cannot compile what it shows of this package; this package's does.
#[test]
fn the_readme_of_the_library_shows_what_is_compiled_here() {
    let (theirs, ours) = (include_str!("../../../README.md"), include_str!("../../README.md"));
    let (_, shown) = theirs.split_once("```rs\n").expect("the README shows a snippet of this package");
    let (shown, _) = shown.split_once("```").unwrap();
    assert!(shown.lines().count() > 2);
    assert!(shown.lines().all(|line| ours.lines().any(|other| other.trim() == line)), "{shown}");
}
