//! A connection to PostgreSQL that is lost in the middle of a request: nothing is lost with it, and the answer is not a refusal.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use passkeeper::testing::VirtualAuthenticator;
use passkeeper::{AuthenticationRequest, ErrorKind, Passkeys, Result};
use passkeeper_stores::PostgresStore;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{Executor as _, query_scalar};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use crate::ceremonies::{code, create, facade, handle, sign, user};
use crate::servers::{Postgres, block_on};

type Backend = Passkeys<PostgresStore, PostgresStore>;

#[track_caller]
fn assert_unavailable<T>(result: Result<T>) {
    let Err(error) = result else { panic!("answered over a connection that is gone") };
    assert_eq!((error.code(), error.kind()), ("store-unavailable", ErrorKind::Store));
}

/// A backend over its own database, and a connection that can hold it up and cut it off.
struct Field {
    passkeys: Backend,
    other: PgConnection,
    device: VirtualAuthenticator,
}

impl Field {
    /// With alice's passkey.
    async fn new(postgres: &Postgres) -> Self {
        let database = postgres.database().await;
        let store = postgres.open(&database).await;
        store.migrate().await.unwrap();
        let passkeys = facade(store.clone(), store);
        let mut device = VirtualAuthenticator::new(1);
        let started = passkeys.start_registration(user("alice")).await.unwrap();
        let response = create(&mut device, &started.options);
        passkeys.complete_registration(&started.session, &response).await.unwrap();
        Self { passkeys, other: postgres.connection(&database).await, device }
    }

    /// Runs a call until it waits inside the database, and ends its connection there.
    async fn cut<T: Send + 'static>(&mut self, call: impl Future<Output = Result<T>> + Send + 'static) {
        self.other.execute("BEGIN; LOCK TABLE passkeeper_credentials, passkeeper_ceremonies IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let call = tokio::spawn(call);
        let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut tries = 0;
        // Within a transaction the server shows what was going on at its first look, unless told to look again.
        let look = async |other: &mut PgConnection| {
            other.execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
            query_scalar::<_, i64>(cut).fetch_one(other).await.unwrap()
        };
        while look(&mut self.other).await == 0 {
            tries += 1;
            assert!(tries < 500, "the call does not reach the database");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_unavailable(call.await.unwrap());
        self.other.execute("ROLLBACK").await.unwrap();
    }
}

#[test]
fn a_registration_that_is_cut_off_goes_on() {
    let Some(postgres) = Postgres::here() else { return };
    block_on(async {
        let mut field = Field::new(&postgres).await;
        let passkeys = field.passkeys.clone();
        field
            .cut({
                let passkeys = passkeys.clone();
                async move { passkeys.start_registration(user("bob")).await }
            })
            .await;

        let started = passkeys.start_registration(user("bob")).await.unwrap();
        let response = create(&mut VirtualAuthenticator::new(2), &started.options);
        let taking = (passkeys.clone(), started.session.clone(), response.clone());
        field.cut(async move { taking.0.verify_registration(&taking.1, &taking.2).await }).await;
        // The ceremony was not taken.
        let verified = passkeys.verify_registration(&started.session, &response).await.unwrap();
        let committing = (passkeys.clone(), verified.clone());
        field.cut(async move { committing.0.commit_registration(committing.1).await }).await;
        assert_eq!(passkeys.list(&handle("bob")).await.unwrap(), []);
        // What was verified is committed by the next try.
        let registered = passkeys.commit_registration(verified).await.unwrap();
        assert_eq!(passkeys.list(&handle("bob")).await.unwrap(), [registered.record]);
    });
}

#[test]
fn a_login_that_is_cut_off_goes_on() {
    let Some(postgres) = Postgres::here() else { return };
    block_on(async {
        let mut field = Field::new(&postgres).await;
        let passkeys = field.passkeys.clone();
        let discoverable = AuthenticationRequest::discoverable;
        field
            .cut({
                let passkeys = passkeys.clone();
                async move { passkeys.start_authentication(discoverable()).await }
            })
            .await;

        let started = passkeys.start_authentication(discoverable()).await.unwrap();
        let response = sign(&mut field.device, &started);
        let taking = (passkeys.clone(), started.session.clone(), response.clone());
        field.cut(async move { taking.0.verify_authentication(&taking.1, &taking.2).await }).await;
        let verified = passkeys.verify_authentication(&started.session, &response).await.unwrap();
        let before = passkeys.list(&handle("alice")).await.unwrap();
        let committing = passkeys.clone();
        field.cut(async move { committing.commit_authentication(verified).await }).await;
        // Nobody was logged in, nothing was recorded, and the ceremony is used up.
        assert_eq!(passkeys.list(&handle("alice")).await.unwrap(), before);
        assert_eq!(code(passkeys.verify_authentication(&started.session, &response).await), "ceremony-not-found");
        let started = passkeys.start_authentication(discoverable()).await.unwrap();
        let response = sign(&mut field.device, &started);
        assert_eq!(code(passkeys.complete_authentication(&started.session, &response).await), "accepted");
    });
}

#[test]
fn managing_that_is_cut_off_changes_nothing() {
    let Some(postgres) = Postgres::here() else { return };
    block_on(async {
        let mut field = Field::new(&postgres).await;
        let (passkeys, alice) = (field.passkeys.clone(), handle("alice"));
        let before = passkeys.list(&alice).await.unwrap();
        let id = before[0].credential_id.clone();
        macro_rules! cut {
            ($call:ident $(, $arg:expr)*) => {{
                let (passkeys, alice, id) = (passkeys.clone(), alice.clone(), id.clone());
                let _ = &id;
                field.cut(async move { passkeys.$call(&alice $(, $arg(&id))*).await }).await;
                assert_eq!(field.passkeys.list(&handle("alice")).await.unwrap(), before);
            }};
        }
        cut!(list);
        cut!(find, std::convert::identity);
        cut!(rename, std::convert::identity, |_: &_| "new");
        cut!(delete, std::convert::identity);
        cut!(delete_all);
        passkeys.delete(&alice, &id).await.unwrap();
    });
}

/// Between a store and its server: once `armed`, the next answer is lost, and the connection with it.
async fn proxy(listener: UnixListener, server: PathBuf, armed: Arc<AtomicBool>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (mut from_server, mut to_server) = UnixStream::connect(&server).await.unwrap().into_split();
        let (mut from_client, mut to_client) = client.into_split();
        let armed = armed.clone();
        tokio::spawn(async move {
            let answers = async {
                let mut buffer = [0; 8192];
                loop {
                    let read = from_server.read(&mut buffer).await.unwrap_or(0);
                    if read == 0 || armed.swap(false, Ordering::SeqCst) || to_client.write_all(&buffer[..read]).await.is_err() {
                        return;
                    }
                }
            };
            tokio::select! {
                () = answers => {}
                _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
            }
        });
    }
}

/// The request was carried out and its answer lost: each call is done wholly, once, and counted for nothing.
#[test]
fn an_answer_that_is_lost() {
    let Some(postgres) = Postgres::here() else { return };
    let options = postgres.options();
    let Some(socket) = options.get_socket().cloned() else {
        panic!("this test needs a server on a socket, not {}", postgres.url);
    };
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let name = format!(".s.PGSQL.{}", options.get_port());
        let armed = Arc::new(AtomicBool::new(false));
        tokio::spawn(proxy(UnixListener::bind(folder.path().join(&name)).unwrap(), socket.join(&name), armed.clone()));
        let Field { passkeys: direct, mut device, other } = Field::new(&postgres).await;
        let database: String = query_scalar("SELECT current_database()").fetch_one(&mut { other }).await.unwrap();
        // One connection that is not tried before it is used, so that the answer lost is that of the call.
        let pool = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
        let pool = pool.connect_with(options.socket(folder.path()).database(&database)).await.unwrap();
        let store = PostgresStore::from_pool(pool);
        let passkeys = facade(store.clone(), store);
        let mut sign_in = async || {
            let started = passkeys.start_authentication(AuthenticationRequest::discoverable()).await.unwrap();
            let response = sign(&mut device, &started);
            (started.session, response)
        };
        // A connection that goes back to its pool is tried once more, which is not the answer to be lost.
        let arm = async || {
            tokio::time::sleep(Duration::from_millis(100)).await;
            armed.store(true, Ordering::SeqCst);
        };
        // So that the statements are prepared, and each call is one exchange.
        let (session, response) = sign_in().await;
        let _ = passkeys.complete_authentication(&session, &response).await.unwrap();

        let (session, response) = sign_in().await;
        arm().await;
        assert_unavailable(passkeys.verify_authentication(&session, &response).await);
        assert_eq!(code(passkeys.verify_authentication(&session, &response).await), "ceremony-not-found");

        let (session, response) = sign_in().await;
        let _ = passkeys.complete_authentication(&session, &response).await.unwrap();
        let (session, response) = sign_in().await;
        let verified = passkeys.verify_authentication(&session, &response).await.unwrap();
        let next = verified.update().next;
        arm().await;
        assert_unavailable(passkeys.commit_authentication(verified).await);
        assert!(!armed.load(Ordering::SeqCst));
        assert_eq!(direct.list(&handle("alice")).await.unwrap()[0].usage, next, "recorded, and nobody logged in");
        let (session, response) = sign_in().await;
        assert_eq!(code(passkeys.complete_authentication(&session, &response).await), "accepted");
    });
}

#[test]
fn a_server_that_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let options = sqlx::postgres::PgConnectOptions::new().socket(folder.path()).username("nobody");
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(300)).connect_lazy_with(options);
        let passkeys = facade(PostgresStore::from_pool(pool.clone()), PostgresStore::from_pool(pool));
        assert_unavailable(passkeys.start_registration(user("alice")).await);
        assert_unavailable(passkeys.list(&handle("alice")).await);
    });
}
