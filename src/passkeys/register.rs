//! Registration over the stores.

use super::{Event, NotCompleted, Passkeys, Registered, Started, TakeBy};
use crate::ceremony::{CeremonyKind, PendingRegistration, RegistrationRequest, VerifiedRegistration};
use crate::error::{Error, ErrorCode, Result};
use crate::store::{CeremonyStore, CredentialStore, Inserted, StoreError};
use crate::wire::{CreationOptions, RegistrationResponse};

const REGISTRATION: CeremonyKind = CeremonyKind::Registration;

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// Starts a registration: options for the browser and the ID that completes it. Credentials that the
    /// user has already are excluded.
    ///
    /// # Errors
    /// Those of [`RelyingParty::start_registration`](crate::RelyingParty::start_registration), `rate-limited`, `proof-required`,
    /// `proof-stale`, `proof-of-another`, `credential-limit-reached`, `randomness-unavailable`, `ceremony-store-full`,
    /// `store-unavailable`.
    pub async fn start_registration(&self, mut request: RegistrationRequest) -> Result<Started<CreationOptions>> {
        self.called(Some(REGISTRATION), "start", async {
            let user = request.user.id.clone();
            self.admit(REGISTRATION, Some(&user), None, request.source.as_deref())?;
            self.check_proof(request.proof.as_ref(), &user)?;
            let known = self.list(&user).await?;
            // Counted again, for good, when the passkey is stored.
            if !u32::try_from(known.len()).is_ok_and(|n| n < self.settings.management.limit_per_user) {
                return Err(ErrorCode::CredentialLimitReached.into());
            }
            request = request.exclude_credentials(known.iter().map(|record| record.descriptor()));
            let (options, pending) = self.rp.start_registration(request, self.challenge()?, self.clock.now())?;
            let (challenge, expires_at) = (pending.challenge().clone(), pending.expires_at());
            let session = self.keep(CeremonyKind::Registration, Some(user.clone()), challenge, expires_at, pending.into_json()?).await?;
            self.tell(Event::Started { ceremony: REGISTRATION, user: Some(&user), decoys: false });
            Ok(Started { options, session })
        })
        .await
    }

    /// Takes the pending registration, which is consumed whatever comes of it, and verifies the response.
    ///
    /// # Errors
    /// `ceremony-not-found`, `ceremony-kind-mismatch`, `store-unavailable`, and those of [`PendingRegistration::verify`].
    pub async fn verify_registration(&self, by: impl Into<TakeBy<'_>>, response: &RegistrationResponse) -> Result<VerifiedRegistration> {
        let TakeBy { id, session } = by.into();
        self.called(Some(REGISTRATION), "verify", async {
            let state = self.take(id, &response.client_data_json).await?;
            let mut pending = PendingRegistration::from_json(&state)?;
            if let Some(session) = session {
                pending = pending.in_session(session);
            }
            pending.verify(&self.rp, response, self.clock.now())
        })
        .await
    }

    /// Stores a verified registration: §7.1 steps 26 and 29.
    ///
    /// # Errors
    /// `credential-already-registered`, `credential-limit-reached`, `ceremony-relying-party-mismatch` for what another facade
    /// verified, `credential-store-full`, `store-unavailable`.
    pub async fn commit_registration(&self, verified: VerifiedRegistration) -> Result<Registered> {
        self.called(Some(REGISTRATION), "commit", async {
            let (state, workflow) = (verified.state().map(Into::into), verified.workflow());
            let attestation = verified.attestation().clone();
            let record = verified.into_record();
            self.check_own(&record)?;
            // Read first: once it is stored, nothing may fail any more.
            let before = self.accepted(&record.user_handle).await?;
            // 7.1/26: not registered yet for any user. 7.1/29: stored in the account that the options named.
            let limit = self.settings.management.limit_per_user;
            match self.credentials.insert(&record, Some(limit)).await.map_err(StoreError::of_credentials)? {
                Inserted::Yes => {}
                Inserted::AlreadyThere => return Err(Error::new(ErrorCode::CredentialAlreadyRegistered).at("7.1/26")),
                Inserted::LimitReached => return Err(Error::new(ErrorCode::CredentialLimitReached).at("7.1/29")),
            }
            self.tell(Event::Registered { record: &record });
            let mut accepted = self.accepted_after(before).await;
            if !accepted.all_accepted_credential_ids.contains(&record.credential_id) {
                accepted.all_accepted_credential_ids.push(record.credential_id.clone());
            }
            Ok(Registered { record, attestation, accepted, state, workflow })
        })
        .await
    }

    /// Verifies and stores in one call.
    ///
    /// # Errors
    /// Those of [`verify_registration`](Self::verify_registration) and [`commit_registration`](Self::commit_registration).
    pub async fn complete_registration(&self, by: impl Into<TakeBy<'_>>, response: &RegistrationResponse) -> Result<Registered> {
        let verified = self.verify_registration(by, response).await?;
        self.commit_registration(verified).await
    }

    /// The same, unless the caller refuses in between: the account is locked, say. The challenge is used up, and nothing else
    /// has changed.
    ///
    /// # Errors
    /// [`NotCompleted`] with the caller's own reason, or with the errors of [`complete_registration`](Self::complete_registration).
    pub async fn complete_registration_unless<V>(
        &self,
        by: impl Into<TakeBy<'_>>,
        response: &RegistrationResponse,
        veto: impl AsyncFnOnce(&VerifiedRegistration) -> core::result::Result<(), V>,
    ) -> core::result::Result<Registered, NotCompleted<V>> {
        let verified = self.verify_registration(by, response).await?;
        let record = verified.record();
        let whose = (record.user_handle.clone(), record.credential_id.clone());
        self.vetoed(REGISTRATION, whose, veto(&verified)).await?;
        Ok(self.commit_registration(verified).await?)
    }
}
