//! What is Redis' own: keys that go by themselves, and a connection that is lost.

use std::time::Duration;

use passkeeper::store::{CeremonyId, CeremonyStore as _, NewCeremony, PendingLimits, StoreError};
use passkeeper::types::{Challenge, Scope, UnixTime};
use passkeeper_stores::RedisCeremonies;
use redis::aio::MultiplexedConnection;
use redis::{AsyncTypedCommands as _, cmd};

use crate::ceremonies::handle;
use crate::servers::{Redis, block_on, prefix};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

fn scope() -> Scope {
    Scope::new("a}{:b").unwrap()
}

async fn connection(url: &str) -> MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn put(store: &RedisCeremonies, id: &str, lifetime: u32) -> CeremonyId {
    let challenge = Challenge::new(id.repeat(16)).unwrap();
    let new = NewCeremony::new(scope(), CeremonyId::new(id), challenge, "{}".into(), NOW.saturating_add_secs(lifetime));
    store.put(new.user(handle("alice")), &PendingLimits::default(), NOW).await.unwrap()
}

#[test]
fn every_key_goes_by_itself_and_nothing_is_left_of_what_was_taken() {
    let Some(redis) = Redis::here() else { return };
    let url = redis.url;
    block_on(async {
        let prefix = prefix();
        let store = RedisCeremonies::connect(url).await.unwrap().prefix(prefix.clone());
        let mut other = connection(url).await;
        let ids = [put(&store, "x", 300).await, put(&store, "y", 30).await];
        let keys = other.keys(format!("{prefix}:*")).await.unwrap();
        assert_eq!(keys.len(), 2 + 2 + 1 + 1, "two IDs, two challenges, their expiry, their user: {keys:?}");
        for key in keys {
            let millis: i64 = cmd("PTTL").arg(&key).query_async(&mut other).await.unwrap();
            assert!((80_000..=360_000).contains(&millis), "{key}: {millis} ms");
        }
        for id in &ids {
            assert!(store.take(&scope(), id, NOW).await.unwrap().is_some());
        }
        assert_eq!(other.keys(format!("{prefix}:*")).await.unwrap(), Vec::<String>::new());
    });
}

#[test]
fn a_connection_that_is_lost_in_the_middle_of_a_request() {
    let Some(redis) = Redis::here() else { return };
    let url = redis.url;
    block_on(async {
        // A store whose connection has a name, so that no other test's is cut.
        let name = prefix();
        let mut manager = redis::Client::open(url).unwrap().get_connection_manager().await.unwrap();
        let _: () = cmd("CLIENT").arg("SETNAME").arg(&name).query_async(&mut manager).await.unwrap();
        let store = RedisCeremonies::from_connection(manager).prefix(name.clone());
        let mut other = connection(url).await;
        let id = put(&store, "x", 300).await;

        // Writers are held up; the one that takes is cut off while it waits.
        let _: () = cmd("CLIENT").arg("PAUSE").arg(60_000).arg("WRITE").query_async(&mut other).await.unwrap();
        let taking = tokio::spawn({
            let (store, id) = (store.clone(), id.clone());
            async move { store.take(&scope(), &id, NOW).await }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let clients: String = cmd("CLIENT").arg("LIST").query_async(&mut other).await.unwrap();
        let client = clients.lines().find(|line| line.contains(&format!("name={name}"))).unwrap();
        let number = client.split(' ').find_map(|word| word.strip_prefix("id=")).unwrap();
        let _: i64 = cmd("CLIENT").arg("KILL").arg("ID").arg(number).query_async(&mut other).await.unwrap();
        let lost = taking.await.unwrap();
        let _: () = cmd("CLIENT").arg("UNPAUSE").query_async(&mut other).await.unwrap();
        assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");

        // It was not taken, and the store connects again by itself.
        let mut taken = store.take(&scope(), &id, NOW).await;
        for _ in 0..50 {
            if taken.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            taken = store.take(&scope(), &id, NOW).await;
        }
        assert_eq!(taken, Ok(Some("{}".into())));
        assert_eq!(store.take(&scope(), &id, NOW).await, Ok(None));
    });
}

#[test]
fn a_server_that_cannot_be_reached() {
    block_on(async {
        let refused = RedisCeremonies::connect("redis+unix:///nowhere/redis.sock").await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    });
}
