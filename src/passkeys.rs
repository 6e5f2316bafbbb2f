//! The facade a backend calls: ceremonies over two stores.
//!
//! Completing is three steps: verify (which takes the pending ceremony first, so that a failed attempt
//! consumes it too), the caller's veto, commit. The `complete_…` calls are those three, without a veto or with one.

mod authenticate;
mod decoys;
mod events;
mod identify;
mod import;
mod manage;
mod outcome;
mod register;
mod trace;

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;

use crate::ceremony::{CeremonyKind, CredentialRecord, RelyingParty};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::ClientData;
use crate::sources::{Clock, Entropy};
use crate::store::{CeremonyId, CeremonyStore, CredentialStore, NewCeremony, PendingLimits, StoreError};
use crate::types::{Bytes, Challenge, CredentialId, UnixTime, UserHandle, base64url, sha256};

pub use decoys::{DecoyShape, Decoys, UnknownUsers};
pub use events::{Attempt, Event, Observer, RateLimit, TooMany};
pub use identify::{Identifier, IdentifierKind, UserDirectory};
pub use manage::{DeletedAll, ManagementPolicy};
pub use outcome::{Asserted, Authenticated, NotCompleted, Registered, Started, TakeBy};

/// A relying party with its stores, clock and randomness.
#[derive(Clone)]
pub struct Passkeys<C, K> {
    rp: Arc<RelyingParty>,
    credentials: C,
    ceremonies: K,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    settings: Settings,
}

/// What the caller may set besides.
#[derive(Clone, Default)]
struct Settings {
    pending: PendingLimits,
    management: ManagementPolicy,
    unknown_users: UnknownUsers,
    observer: Option<Arc<dyn Observer>>,
    rate_limit: Option<Arc<dyn RateLimit>>,
}

#[cfg(all(feature = "std", feature = "getrandom"))]
impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// A facade over these stores, with the operating system's clock and randomness.
    pub fn new(rp: RelyingParty, credentials: C, ceremonies: K) -> Self {
        Self::with_sources(rp, credentials, ceremonies, crate::sources::SystemClock, crate::sources::SystemEntropy)
    }
}

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// A facade with a clock and randomness of the caller's.
    pub fn with_sources(
        rp: RelyingParty,
        credentials: C,
        ceremonies: K,
        clock: impl Clock + 'static,
        entropy: impl Entropy + 'static,
    ) -> Self {
        let (clock, entropy) = (Arc::new(clock), Arc::new(entropy));
        Self { rp: Arc::new(rp), credentials, ceremonies, clock, entropy, settings: Settings::default() }
    }

    /// How many ceremonies may be pending.
    #[must_use]
    pub fn pending_limits(mut self, limits: PendingLimits) -> Self {
        self.settings.pending = limits;
        self
    }

    /// The rules for adding and removing passkeys.
    #[must_use]
    pub fn management(mut self, policy: ManagementPolicy) -> Self {
        self.settings.management = policy;
        self
    }

    /// What to answer where a login identifier is nobody's.
    #[must_use]
    pub fn unknown_users(mut self, answer: UnknownUsers) -> Self {
        self.settings.unknown_users = answer;
        self
    }

    /// Who is told what happens, for an audit log.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// Who decides whether a ceremony may start.
    #[must_use]
    pub fn rate_limit(mut self, limit: impl RateLimit + 'static) -> Self {
        self.settings.rate_limit = Some(Arc::new(limit));
        self
    }

    /// The relying party.
    #[must_use]
    pub fn relying_party(&self) -> &RelyingParty {
        &self.rp
    }

    // What all calls share.

    /// Runs a call that is to change something, of a ceremony or of none, and tells of its refusal.
    async fn called<T>(&self, ceremony: Option<CeremonyKind>, call: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let verdict = trace::call(ceremony, call, work).await;
        if let Err(error) = &verdict {
            self.tell(Event::Refused { ceremony, call, error });
        }
        verdict
    }

    /// Asks the caller, and tells of a veto.
    async fn vetoed<V>(
        &self,
        ceremony: CeremonyKind,
        (user, credential_id): (UserHandle, CredentialId),
        veto: impl Future<Output = core::result::Result<(), V>>,
    ) -> core::result::Result<(), NotCompleted<V>> {
        trace::veto(ceremony, veto).await.map_err(|reason| {
            self.tell(Event::Vetoed { ceremony, user: &user, credential_id: &credential_id });
            NotCompleted::Vetoed(reason)
        })
    }

    fn tell(&self, event: Event<'_>) {
        if let Some(observer) = &self.settings.observer {
            observer.observe(&event);
        }
    }

    /// Whether a ceremony may start.
    fn admit(&self, ceremony: CeremonyKind, user: Option<&UserHandle>, identifier: Option<&str>, source: Option<&str>) -> Result<()> {
        let Some(limit) = &self.settings.rate_limit else { return Ok(()) };
        let attempt = Attempt { scope: self.rp.scope(), ceremony, user, identifier, source };
        limit.admit(&attempt).map_err(Error::from)
    }

    /// What another relying party or tenant verified is not this one's to commit.
    fn check_own(&self, record: &CredentialRecord) -> Result<()> {
        if record.scope == *self.rp.scope() && record.rp_id == *self.rp.id() {
            return Ok(());
        }
        Err(Error::new(ErrorCode::CeremonyRelyingPartyMismatch).expected(self.rp.id()).found(&record.rp_id))
    }

    fn challenge(&self) -> Result<Challenge> {
        Challenge::new(self.random::<{ Challenge::DEFAULT_LEN }>()?)
    }

    fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes).map_err(|_| ErrorCode::RandomnessUnavailable)?;
        Ok(bytes)
    }

    /// Keeps a pending ceremony. A sign-in can be started in anybody's name, so it counts apart from what only users themselves
    /// start: whoever starts many pushes out no registration and no step-up.
    async fn keep(
        &self,
        kind: CeremonyKind,
        user: Option<UserHandle>,
        challenge: Challenge,
        expires_at: UnixTime,
        state: String,
    ) -> Result<CeremonyId> {
        let id = CeremonyId::new(base64url(&self.random::<32>()?));
        let mut ceremony = NewCeremony::new(self.rp.scope().clone(), id, challenge, state, expires_at);
        ceremony.user = match (kind, user) {
            (CeremonyKind::Authentication, Some(user)) => Some(UserHandle::new(sha256(&[b"sign-in of ", user.as_bytes()]))?),
            (_, user) => user,
        };
        self.ceremonies.put(ceremony, &self.settings.pending, self.clock.now()).await.map_err(StoreError::of_ceremonies)
    }

    /// Removes a pending ceremony: from here on it is used up, whatever comes of the response.
    async fn take(&self, id: Option<&CeremonyId>, client_data_json: &Bytes) -> Result<String> {
        let (scope, now) = (self.rp.scope(), self.clock.now());
        let taken = match id {
            Some(id) => self.ceremonies.take(scope, id, now).await,
            None => {
                let client_data = ClientData::parse(client_data_json.as_slice())?;
                let challenge = Bytes::from_base64url(&client_data.challenge)?.into_vec();
                let challenge = Challenge::danger_guessable(challenge).map_err(|_| ErrorCode::CeremonyNotFound)?;
                self.ceremonies.take_by_challenge(scope, &challenge, now).await
            }
        };
        taken.map_err(StoreError::of_ceremonies)?.ok_or_else(|| ErrorCode::CeremonyNotFound.into())
    }
}

impl<C, K> fmt::Debug for Passkeys<C, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passkeys").field("relying_party", &self.rp).finish_non_exhaustive()
    }
}
