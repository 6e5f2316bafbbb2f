//! Sign-in and step-up over the stores.

use alloc::vec::Vec;

use super::outcome::Used;
use super::{Asserted, Authenticated, Event, NotCompleted, Passkeys, Started, TakeBy};
use crate::ceremony::{
    Assertion, AuthenticationRequest, CounterVerdict, CredentialRecord, Pending, Purpose, SignIn, Subject, Verified, VerifiedAssertion,
    VerifiedAuthentication,
};
use crate::error::{Error, ErrorCode, Result};
use crate::store::{CeremonyStore, CredentialStore, Recorded, StoreError};
use crate::types::{UserHandle, UserVerification};
use crate::wire::{AuthenticationResponse, CredentialDescriptor, RequestOptions};

/// How often a use is judged anew because somebody else's was recorded in between.
const MAX_ATTEMPTS: u32 = 64;

/// Verdict of a caller who may veto.
type Vetoable<T, V> = core::result::Result<T, NotCompleted<V>>;

/// What the observer is told of a start.
pub(super) struct Told {
    pub(super) user: Option<UserHandle>,
    pub(super) decoys: bool,
}

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    // Authentication.

    /// Starts a sign-in: options for the browser and the ID that completes it. A known user is offered those passkeys that
    /// can meet the demand for user verification: where it is required, none whose authenticator was asked for it before and did
    /// not do it.
    ///
    /// # Errors
    /// Those of [`RelyingParty::start_authentication`](crate::RelyingParty::start_authentication), `credential-not-found` when a
    /// known user has no such passkey, `rate-limited`, `randomness-unavailable`, `ceremony-store-full`, `store-unavailable`.
    pub async fn start_authentication(&self, request: AuthenticationRequest) -> Result<Started<RequestOptions>> {
        self.start::<SignIn>(request).await
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

    /// The same, unless the caller refuses in between: the account is locked, say. The challenge is used up, and nothing else
    /// has changed. Here is also the moment to [authorise](Verified::authorize_user_verification) user verification.
    ///
    /// # Errors
    /// [`NotCompleted`] with the caller's own reason, or with the errors of
    /// [`complete_authentication`](Self::complete_authentication).
    pub async fn complete_authentication_unless<V>(
        &self,
        by: impl Into<TakeBy<'_>>,
        response: &AuthenticationResponse,
        veto: impl AsyncFnOnce(&mut VerifiedAuthentication) -> core::result::Result<(), V>,
    ) -> Vetoable<Authenticated, V> {
        self.complete_unless(by.into(), response, veto).await.map(Authenticated)
    }

    // Assertion.

    /// Starts a step-up: as [`start_authentication`](Self::start_authentication), but it can never become a login.
    ///
    /// # Errors
    /// Those of [`start_authentication`](Self::start_authentication).
    pub async fn start_assertion(&self, request: AuthenticationRequest) -> Result<Started<RequestOptions>> {
        self.start::<Assertion>(request).await
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

    /// The same, unless the caller refuses in between.
    ///
    /// # Errors
    /// Those of [`complete_authentication_unless`](Self::complete_authentication_unless).
    pub async fn complete_assertion_unless<V>(
        &self,
        by: impl Into<TakeBy<'_>>,
        response: &AuthenticationResponse,
        veto: impl AsyncFnOnce(&mut VerifiedAssertion) -> core::result::Result<(), V>,
    ) -> Vetoable<Asserted, V> {
        self.complete_unless(by.into(), response, veto).await.map(Asserted)
    }

    // What sign-in and step-up share.

    async fn start<P: Purpose>(&self, mut request: AuthenticationRequest) -> Result<Started<RequestOptions>> {
        self.called(Some(P::KIND), "start", async {
            let user = match &request.subject {
                Subject::Known(user) => Some(user.clone()),
                Subject::Discoverable => None,
            };
            self.admit(P::KIND, user.as_ref(), None, request.source.as_deref())?;
            self.offer(&mut request, None).await?;
            self.begin::<P>(request, Told { user, decoys: false }).await
        })
        .await
    }

    /// Names the passkeys of a known user that can meet the demand for user verification; `instead`, if there are none. Whether
    /// it was so.
    pub(super) async fn offer(&self, request: &mut AuthenticationRequest, instead: Option<Vec<CredentialDescriptor>>) -> Result<bool> {
        let (Subject::Known(user), None) = (&request.subject, &request.allow) else { return Ok(false) };
        let demanded = self.rp.demands(request)?.user_verification == UserVerification::Required;
        let mut offered = self.list(user).await?;
        offered.retain(|record| !demanded || record.supports_user_verification != Some(false));
        let offered: Vec<_> = offered.iter().map(CredentialRecord::descriptor).collect();
        let replaced = offered.is_empty() && instead.is_some();
        request.allow = if replaced { instead } else { Some(offered) };
        Ok(replaced)
    }

    pub(super) async fn begin<P: Purpose>(&self, request: AuthenticationRequest, told: Told) -> Result<Started<RequestOptions>> {
        let (options, pending) = self.rp.start::<P>(request, self.challenge()?, self.clock.now())?;
        let (challenge, expires_at) = (pending.challenge().clone(), pending.expires_at());
        let user = match pending.subject() {
            Subject::Known(user) => Some(user.clone()),
            Subject::Discoverable => None,
        };
        let session = self.keep(P::KIND, user, challenge, expires_at, pending.into_json()?).await?;
        self.tell(Event::Started { ceremony: P::KIND, user: told.user.as_ref(), decoys: told.decoys });
        Ok(Started { options, session })
    }

    async fn verify<P: Purpose>(&self, by: TakeBy<'_>, response: &AuthenticationResponse) -> Result<Verified<P>> {
        let TakeBy { id, session } = by;
        self.called(Some(P::KIND), "verify", async {
            let state = self.take(id, &response.client_data_json).await?;
            let mut pending = Pending::<P>::from_json(&state)?;
            if let Some(session) = session {
                pending = pending.in_session(session);
            }
            let received = pending.receive(response)?;
            let found = self.credentials.find(self.rp.scope(), received.credential_id()).await;
            let Some(record) = found.map_err(StoreError::of_credentials)? else {
                return Err(received.not_found(&self.rp, self.clock.now()));
            };
            let verdict = received.verify(&self.rp, &record, self.clock.now());
            match &verdict {
                Ok(verified) if verified.counter() == CounterVerdict::NotIncreased => {
                    self.tell(Event::CounterRegressed { record: &record })
                }
                Err(error) if error.error_code() == ErrorCode::CounterNotIncreased => {
                    self.tell(Event::CounterRegressed { record: &record })
                }
                _ => {}
            }
            verdict
        })
        .await
    }

    async fn complete_unless<P: Purpose, V>(
        &self,
        by: TakeBy<'_>,
        response: &AuthenticationResponse,
        veto: impl AsyncFnOnce(&mut Verified<P>) -> core::result::Result<(), V>,
    ) -> Vetoable<Used, V> {
        let mut verified = self.verify::<P>(by, response).await?;
        let record = verified.record();
        let whose = (record.user_handle.clone(), record.credential_id.clone());
        self.vetoed(P::KIND, whose, veto(&mut verified)).await?;
        Ok(self.commit(verified).await?)
    }

    /// 7.2/24: writes by compare-and-set; on conflict reads again and judges again.
    async fn commit<P: Purpose>(&self, mut verified: Verified<P>) -> Result<Used> {
        self.called(Some(P::KIND), "commit", async {
            self.check_own(verified.record())?;
            for _ in 0..MAX_ATTEMPTS {
                match self.credentials.record_use(verified.update()).await.map_err(StoreError::of_credentials)? {
                    Recorded::Yes => {
                        let changed = verified.backup_state_changed();
                        let used = Used::new(verified);
                        self.tell(Event::Used { ceremony: P::KIND, record: used.record() });
                        if changed {
                            self.tell(Event::BackupStateChanged { record: used.record() });
                        }
                        return Ok(used);
                    }
                    Recorded::NotFound => return Err(Error::new(ErrorCode::CredentialNotFound).at("7.2/24")),
                    Recorded::Conflict => {
                        let update = verified.update();
                        let current = self.credentials.find(&update.scope, &update.credential_id).await;
                        let current = current.map_err(StoreError::of_credentials)?;
                        let current = current.ok_or_else(|| Error::new(ErrorCode::CredentialNotFound).at("7.2/24"))?;
                        let before = verified.counter();
                        let verdict = verified.judge_again(current.clone());
                        let refused = verdict.as_ref().is_err_and(|error| error.error_code() == ErrorCode::CounterNotIncreased);
                        if refused || (before, verified.counter()) == (CounterVerdict::Increased, CounterVerdict::NotIncreased) {
                            self.tell(Event::CounterRegressed { record: &current });
                        }
                        verdict?;
                    }
                }
            }
            Err(Error::new(ErrorCode::StoreContention).at("7.2/24"))
        })
        .await
    }
}
