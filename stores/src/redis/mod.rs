//! Redis: pending ceremonies that expire by themselves.

use core::fmt;

use ::redis::aio::ConnectionManager;
use ::redis::{Client, FromRedisValue, RedisError, Script, ScriptInvocation};
use passkeeper::store::{CeremonyId, CeremonyStore, NewCeremony, PendingLimits, StoreError};
use passkeeper::types::{Bytes, Challenge, Scope, UnixTime, UserHandle};

const PUT: &str = concat!(include_str!("forget.lua"), include_str!("put.lua"));
const TAKE: &str = concat!(include_str!("forget.lua"), include_str!("take.lua"));

/// How long keys outlive their ceremony, in seconds: servers' clocks differ.
const GRACE: i64 = 60;

/// Pending ceremonies in Redis 4 or later, or what speaks its language.
///
/// Each call is one script, which Redis runs by itself: two takers, or two at a limit, cannot come between. Keys expire a
/// minute after their ceremony. They are `passkeeper:{scope}:…`, the scope in base64url, and so lie together in a cluster.
///
/// A ceremony is single-use as long as Redis does not forget that it was taken. Without persistence it forgets all, and nothing
/// comes back. With `appendfsync everysec`, snapshots or an asynchronous replica that takes over, a ceremony taken within the last
/// moments may be there again after a crash, until it expires: use `appendfsync always`, or none. Let no `maxmemory-policy` evict
/// keys: a ceremony that is evicted has to be begun again.
#[derive(Clone)]
pub struct RedisCeremonies {
    connection: ConnectionManager,
    prefix: String,
    put: Script,
    take: Script,
}

impl RedisCeremonies {
    /// A store over a connection of the caller's, which connects again by itself.
    #[must_use]
    pub fn from_connection(connection: ConnectionManager) -> Self {
        Self { connection, prefix: "passkeeper".into(), put: Script::new(PUT), take: Script::new(TAKE) }
    }

    /// Connects to a URL, such as `redis://localhost:6379/0` or `unix:///run/redis.sock`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a malformed URL and a server that cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(unavailable)?;
        Ok(Self::from_connection(client.get_connection_manager().await.map_err(unavailable)?))
    }

    /// What the keys begin with, instead of `passkeeper`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The beginning of all keys of a scope. The braces choose a cluster's slot.
    fn base(&self, scope: &Scope) -> String {
        format!("{}:{{{}}}:", self.prefix, base64url(scope.as_str()))
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        script.invoke_async(&mut self.connection.clone()).await.map_err(unavailable)
    }
}

impl CeremonyStore for RedisCeremonies {
    async fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        let (now, expires) = (now.as_secs(), ceremony.expires_at.as_secs());
        // At least until it expires, and at most some years, since Redis refuses what overflows.
        let ttl = expires.saturating_sub(now).clamp(0, i64::from(u32::MAX)).saturating_add(GRACE).saturating_mul(1000);
        let kept: bool = self
            .run(
                self.put
                    .key(self.base(&ceremony.scope))
                    .arg(base64url(ceremony.id.as_str()))
                    .arg(ceremony.challenge.to_base64url())
                    .arg(ceremony.user.as_ref().map(UserHandle::to_base64url).unwrap_or_default())
                    .arg(ceremony.state)
                    .arg(expires)
                    .arg(now)
                    .arg(limits.per_user)
                    .arg(limits.in_scope)
                    .arg(ttl),
            )
            .await?;
        if kept { Ok(ceremony.id) } else { Err(StoreError::Full) }
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, _: UnixTime) -> Result<Option<String>, StoreError> {
        self.run(self.take.key(self.base(scope)).arg(base64url(id.as_str())).arg("id")).await
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, _: UnixTime) -> Result<Option<String>, StoreError> {
        self.run(self.take.key(self.base(scope)).arg(challenge.to_base64url()).arg("challenge")).await
    }
}

/// Text as it may stand in a key.
fn base64url(text: &str) -> String {
    Bytes::from(text.as_bytes()).to_base64url()
}

fn unavailable(error: RedisError) -> StoreError {
    StoreError::unavailable(error)
}

impl fmt::Debug for RedisCeremonies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisCeremonies")
    }
}
