//! Migrations: from nothing, over again, two at once, and not backwards.

use passkeeper::store::{CeremonyId, CeremonyStore as _, CredentialStore as _, Inserted, StoreError};
use passkeeper::testing::{KeyAlgorithm, KeyPair};
use passkeeper::types::Scope;
use passkeeper::types::{Challenge, CredentialId, RpId, UnixTime};
use passkeeper::{CosePublicKey, CredentialRecord};
use passkeeper_stores::SqliteStore;

use crate::ceremonies::handle;
use crate::servers::{Postgres, block_on, sqlite_url};

fn record() -> CredentialRecord {
    let key = CosePublicKey::new(KeyPair::from_seed(KeyAlgorithm::Es256, 1).cose_key().encode()).unwrap();
    let (scope, rp, id) = (Scope::new("a").unwrap(), RpId::new("example.com").unwrap(), CredentialId::new([1; 16]).unwrap());
    CredentialRecord::imported(scope, rp, handle("alice"), id, key, UnixTime::from_secs(1_800_000_000))
}

/// One test for both databases; `$open` opens the one database as another server would.
macro_rules! migrations {
    ($open:expr) => {{
        let first = $open;
        assert!(matches!(first.insert(&record(), None).await, Err(StoreError::Unavailable(_))), "there is no table yet");
        // Servers that start at the same moment.
        let servers = [$open, $open, $open, $open];
        let started: Vec<_> = servers.iter().cloned().map(|store| tokio::spawn(async move { store.migrate().await })).collect();
        for server in started {
            assert_eq!(server.await.unwrap(), Ok(()));
        }
        assert_eq!(first.insert(&record(), None).await, Ok(Inserted::Yes));
        // Over again: nothing is lost.
        assert_eq!(first.migrate().await, Ok(()));
        assert_eq!(first.find(&record().scope, &record().credential_id).await, Ok(Some(record())));
        let versions: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM passkeeper_schema").fetch_one(first.pool()).await.unwrap();
        assert_eq!(versions, 1);
        // A later release was here.
        sqlx::query("INSERT INTO passkeeper_schema (version) VALUES (1000)").execute(first.pool()).await.unwrap();
        let Err(StoreError::Unavailable(text)) = first.migrate().await else { panic!("went backwards") };
        assert!(text.contains("version 1000"), "{text}");
        assert_eq!(first.find(&record().scope, &record().credential_id).await, Ok(Some(record())));
    }};
}

#[test]
fn of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder);
    block_on(async { migrations!(SqliteStore::connect(&url).await.unwrap()) });
}

#[test]
fn of_postgres() {
    let Some(postgres) = Postgres::here() else { return };
    block_on(async {
        let database = postgres.database().await;
        migrations!(postgres.open(&database).await);
    });
}

/// What the documentation promises of a file.
#[test]
fn sqlite_is_synced_and_waits_for_other_writers() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let store = SqliteStore::connect(&sqlite_url(&folder)).await.unwrap();
        let pragma = async |name: &'static str| -> String {
            let value: sqlx::sqlite::SqliteRow = sqlx::query(name).fetch_one(store.pool()).await.unwrap();
            use sqlx::{Row as _, TypeInfo as _, ValueRef as _};
            match value.try_get_raw(0).unwrap().type_info().name() {
                "TEXT" => value.get(0),
                _ => value.get::<i64, _>(0).to_string(),
            }
        };
        assert_eq!(pragma("PRAGMA journal_mode").await, "wal");
        assert_eq!(pragma("PRAGMA synchronous").await, "2");
        assert_eq!(pragma("PRAGMA busy_timeout").await, "5000");
    });
}

/// What an earlier release left is read: the record with every member, the ceremony once.
#[test]
fn a_database_of_schema_1_is_read() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let store = SqliteStore::connect(&sqlite_url(&folder)).await.unwrap();
        sqlx::raw_sql(include_str!("../fixtures/sqlite-v1.sql")).execute(store.pool()).await.unwrap();
        assert_eq!(store.migrate().await, Ok(()));
        let record = CredentialRecord::from_json(include_str!("../../../tests/fixtures/record-v1.json")).unwrap();
        let (scope, now) = (&record.scope, UnixTime::from_secs(1_800_000_000));
        assert_eq!(store.find(scope, &record.credential_id).await, Ok(Some(record.clone())));
        assert_eq!(store.find_by_record_id(scope, &record.id).await, Ok(Some(record.clone())));
        assert_eq!(store.list(scope, &record.user_handle).await, Ok(vec![record.clone()]));
        let state = include_str!("../../../tests/fixtures/pending-assertion-v1.json").trim();
        assert_eq!(store.take(scope, &CeremonyId::new("a ceremony"), now).await, Ok(Some(state.into())));
        let challenge = Challenge::new([0xfb; 32]).unwrap();
        assert_eq!(store.take_by_challenge(scope, &challenge, now).await, Ok(None));
    });
}
