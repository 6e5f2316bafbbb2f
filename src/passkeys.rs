//! The facade a backend calls: ceremonies over two stores.
//!
//! Completing is three steps: verify (which takes the pending ceremony first, so that a failed attempt
//! consumes it too), the caller's veto (drop the verified value), commit. The `complete_…` calls are
//! those three without a veto.

mod import;
mod manage;
mod outcome;

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::ceremony::{
    AuthenticationRequest, CredentialRecord, Pending, PendingRegistration, Purpose, RegistrationRequest, RelyingParty, Subject, Verified,
    VerifiedAssertion, VerifiedAuthentication, VerifiedRegistration,
};
use crate::error::{Error, ErrorCode, Result};
use crate::parse::ClientData;
use crate::sources::{Clock, Entropy};
use crate::store::{CeremonyId, CeremonyStore, CredentialStore, Inserted, NewCeremony, PendingLimits, Recorded};
use crate::types::{Bytes, Challenge, UnixTime, base64url};
use crate::wire::{AuthenticationResponse, CreationOptions, RegistrationResponse, RequestOptions};

pub use outcome::{Asserted, Authenticated, Registered, Started, TakeBy};

/// How often a use is judged anew because somebody else's was recorded in between.
const MAX_ATTEMPTS: u32 = 64;

/// A relying party with its stores, clock and randomness.
#[derive(Clone)]
pub struct Passkeys<C, K> {
    rp: Arc<RelyingParty>,
    credentials: C,
    ceremonies: K,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    limits: PendingLimits,
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
        Self {
            rp: Arc::new(rp),
            credentials,
            ceremonies,
            clock: Arc::new(clock),
            entropy: Arc::new(entropy),
            limits: PendingLimits::default(),
        }
    }

    /// How many ceremonies may be pending.
    #[must_use]
    pub fn pending_limits(mut self, limits: PendingLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The relying party.
    #[must_use]
    pub fn relying_party(&self) -> &RelyingParty {
        &self.rp
    }

    // Registration.

    /// Starts a registration: options for the browser and the ID that completes it. Credentials that the
    /// user has already are excluded.
    ///
    /// # Errors
    /// Those of [`RelyingParty::start_registration`], `randomness-unavailable`, `ceremony-store-full`, `store-unavailable`.
    pub async fn start_registration(&self, mut request: RegistrationRequest) -> Result<Started<CreationOptions>> {
        let known = self.credentials.list(self.rp.scope(), &request.user.id).await.map_err(|e| e.of_credentials())?;
        request = request.exclude_credentials(known.iter().map(|record| record.descriptor()));
        let now = self.clock.now();
        let (options, pending) = self.rp.start_registration(request, self.challenge()?, now)?;
        let (challenge, expires_at) = (pending.challenge().clone(), pending.expires_at());
        let session = self.keep(challenge, expires_at, pending.into_json()?, now).await?;
        Ok(Started { options, session })
    }

    /// Takes the pending registration, which is consumed whatever comes of it, and verifies the response.
    ///
    /// # Errors
    /// `ceremony-not-found`, `ceremony-kind-mismatch`, `store-unavailable`, and those of [`PendingRegistration::verify`].
    pub async fn verify_registration(&self, by: impl Into<TakeBy<'_>>, response: &RegistrationResponse) -> Result<VerifiedRegistration> {
        let state = self.take(by.into(), &response.client_data_json).await?;
        PendingRegistration::from_json(&state)?.verify(&self.rp, response, self.clock.now())
    }

    /// Stores a verified registration: §7.1 steps 26 and 29.
    ///
    /// # Errors
    /// `credential-already-registered`, `ceremony-relying-party-mismatch` for what another facade verified,
    /// `credential-store-full`, `store-unavailable`.
    pub async fn commit_registration(&self, verified: VerifiedRegistration) -> Result<Registered> {
        let record = verified.into_record();
        self.check_own(&record)?;
        // 7.1/26: not registered yet for any user. 7.1/29: stored in the account that the options named.
        match self.credentials.insert(&record, None).await.map_err(|e| e.of_credentials())? {
            Inserted::Yes => Ok(Registered { record }),
            Inserted::AlreadyThere => Err(Error::new(ErrorCode::CredentialAlreadyRegistered).at("7.1/26")),
            Inserted::LimitReached => Err(Error::new(ErrorCode::CredentialLimitReached)),
        }
    }

    /// Verifies and stores in one call.
    ///
    /// # Errors
    /// Those of [`verify_registration`](Self::verify_registration) and [`commit_registration`](Self::commit_registration).
    pub async fn complete_registration(&self, by: impl Into<TakeBy<'_>>, response: &RegistrationResponse) -> Result<Registered> {
        let verified = self.verify_registration(by, response).await?;
        self.commit_registration(verified).await
    }

    // Authentication.

    /// Starts a sign-in: options for the browser and the ID that completes it.
    ///
    /// # Errors
    /// Those of [`RelyingParty::start_authentication`], `credential-not-found` when a known user has no passkey,
    /// `randomness-unavailable`, `ceremony-store-full`, `store-unavailable`.
    pub async fn start_authentication(&self, request: AuthenticationRequest) -> Result<Started<RequestOptions>> {
        self.start::<crate::ceremony::SignIn>(request).await
    }

    /// Takes the pending sign-in, which is consumed whatever comes of it, and verifies the response. Nobody
    /// is logged in before the result is committed; drop it to refuse the login.
    ///
    /// # Errors
    /// `ceremony-not-found`, `ceremony-kind-mismatch`, `credential-not-found`, `store-unavailable`, and those of
    /// [`Pending::receive`] and [`Received::verify`](crate::Received::verify).
    pub async fn verify_authentication(
        &self,
        by: impl Into<TakeBy<'_>>,
        response: &AuthenticationResponse,
    ) -> Result<VerifiedAuthentication> {
        self.verify(by.into(), response).await
    }

    /// Records the use and hands out the login.
    ///
    /// # Errors
    /// `credential-not-found` when it was deleted meanwhile, `counter-not-increased` when another use of the same
    /// counter value was faster, `ceremony-relying-party-mismatch` for what another facade verified, `store-contention`,
    /// `store-unavailable`.
    pub async fn commit_authentication(&self, verified: VerifiedAuthentication) -> Result<Authenticated> {
        self.commit(verified).await.map(Authenticated)
    }

    /// Verifies and records in one call.
    ///
    /// # Errors
    /// Those of [`verify_authentication`](Self::verify_authentication) and [`commit_authentication`](Self::commit_authentication).
    pub async fn complete_authentication(&self, by: impl Into<TakeBy<'_>>, response: &AuthenticationResponse) -> Result<Authenticated> {
        let verified = self.verify_authentication(by, response).await?;
        self.commit_authentication(verified).await
    }

    // Assertion.

    /// Starts a step-up: as [`start_authentication`](Self::start_authentication), but it can never become a login.
    ///
    /// # Errors
    /// Those of [`start_authentication`](Self::start_authentication).
    pub async fn start_assertion(&self, request: AuthenticationRequest) -> Result<Started<RequestOptions>> {
        self.start::<crate::ceremony::Assertion>(request).await
    }

    /// Takes a pending step-up or sign-in, which is consumed whatever comes of it, and verifies the response.
    ///
    /// # Errors
    /// Those of [`verify_authentication`](Self::verify_authentication).
    pub async fn verify_assertion(&self, by: impl Into<TakeBy<'_>>, response: &AuthenticationResponse) -> Result<VerifiedAssertion> {
        self.verify(by.into(), response).await
    }

    /// Records the use; nobody is logged in.
    ///
    /// # Errors
    /// Those of [`commit_authentication`](Self::commit_authentication).
    pub async fn commit_assertion(&self, verified: VerifiedAssertion) -> Result<Asserted> {
        self.commit(verified).await.map(Asserted)
    }

    /// Verifies and records in one call.
    ///
    /// # Errors
    /// Those of [`verify_assertion`](Self::verify_assertion) and [`commit_assertion`](Self::commit_assertion).
    pub async fn complete_assertion(&self, by: impl Into<TakeBy<'_>>, response: &AuthenticationResponse) -> Result<Asserted> {
        let verified = self.verify_assertion(by, response).await?;
        self.commit_assertion(verified).await
    }

    // What sign-in and step-up share.

    async fn start<P: Purpose>(&self, mut request: AuthenticationRequest) -> Result<Started<RequestOptions>> {
        if let (Subject::Known(user), true) = (&request.subject, request.allow.is_none()) {
            let records = self.credentials.list(self.rp.scope(), user).await.map_err(|e| e.of_credentials())?;
            if records.is_empty() {
                return Err(Error::new(ErrorCode::CredentialNotFound).at("7.2/1"));
            }
            request = request.allow_credentials(records.iter().map(|record| record.descriptor()));
        }
        let now = self.clock.now();
        let (options, pending) = self.rp.start::<P>(request, self.challenge()?, now)?;
        let (challenge, expires_at) = (pending.challenge().clone(), pending.expires_at());
        let session = self.keep(challenge, expires_at, pending.into_json()?, now).await?;
        Ok(Started { options, session })
    }

    async fn verify<P: Purpose>(&self, by: TakeBy<'_>, response: &AuthenticationResponse) -> Result<Verified<P>> {
        let state = self.take(by, &response.client_data_json).await?;
        let received = Pending::<P>::from_json(&state)?.receive(response)?;
        let record = self.credentials.find(self.rp.scope(), received.credential_id()).await.map_err(|e| e.of_credentials())?;
        let Some(record) = record else { return Err(received.not_found()) };
        received.verify(&self.rp, &record, self.clock.now())
    }

    /// 7.2/24: writes by compare-and-set; on conflict reads again and judges again.
    async fn commit<P: Purpose>(&self, mut verified: Verified<P>) -> Result<outcome::Used> {
        self.check_own(verified.record())?;
        for _ in 0..MAX_ATTEMPTS {
            match self.credentials.record_use(verified.update()).await.map_err(|e| e.of_credentials())? {
                Recorded::Yes => return Ok(outcome::Used::new(verified)),
                Recorded::NotFound => return Err(Error::new(ErrorCode::CredentialNotFound).at("7.2/24")),
                Recorded::Conflict => {
                    let update = verified.update();
                    let current = self.credentials.find(&update.scope, &update.credential_id).await.map_err(|e| e.of_credentials())?;
                    let current = current.ok_or_else(|| Error::new(ErrorCode::CredentialNotFound).at("7.2/24"))?;
                    verified.judge_again(current)?;
                }
            }
        }
        Err(Error::new(ErrorCode::StoreContention).at("7.2/24"))
    }

    /// What another relying party or tenant verified is not this one's to commit.
    fn check_own(&self, record: &CredentialRecord) -> Result<()> {
        if record.scope == *self.rp.scope() && record.rp_id == *self.rp.id() {
            return Ok(());
        }
        Err(Error::new(ErrorCode::CeremonyRelyingPartyMismatch).expected(self.rp.id()).found(&record.rp_id))
    }

    // Pending ceremonies.

    fn challenge(&self) -> Result<Challenge> {
        Challenge::new(self.random::<{ Challenge::DEFAULT_LEN }>()?)
    }

    fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes).map_err(|_| ErrorCode::RandomnessUnavailable)?;
        Ok(bytes)
    }

    async fn keep(&self, challenge: Challenge, expires_at: UnixTime, state: String, now: UnixTime) -> Result<CeremonyId> {
        let id = CeremonyId::new(base64url(&self.random::<32>()?));
        let ceremony = NewCeremony::new(self.rp.scope().clone(), id, challenge, state, expires_at);
        self.ceremonies.put(ceremony, &self.limits, now).await.map_err(|e| e.of_ceremonies())
    }

    async fn take(&self, by: TakeBy<'_>, client_data_json: &Bytes) -> Result<String> {
        let (scope, now) = (self.rp.scope(), self.clock.now());
        let taken = match by {
            TakeBy::Session(id) => self.ceremonies.take(scope, id, now).await,
            TakeBy::DangerResponseChallenge => {
                let client_data = ClientData::parse(client_data_json.as_slice())?;
                let challenge = Bytes::from_base64url(&client_data.challenge)?.into_vec();
                let challenge = Challenge::danger_guessable(challenge).map_err(|_| ErrorCode::CeremonyNotFound)?;
                self.ceremonies.take_by_challenge(scope, &challenge, now).await
            }
        };
        taken.map_err(|e| e.of_ceremonies())?.ok_or_else(|| ErrorCode::CeremonyNotFound.into())
    }
}

impl<C, K> fmt::Debug for Passkeys<C, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passkeys").field("relying_party", &self.rp).finish_non_exhaustive()
    }
}
