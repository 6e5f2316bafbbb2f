//! Authentication and assertion: §7.2, step by step.
//!
//! Both run the same steps. Their purpose is part of the type, so that "you still hold this passkey"
//! can never pass for a login.

mod request;
mod verified;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::RelyingParty;
use super::carried::SessionBinding;
use super::policy::AuthenticationPolicy;
use super::public_key::{CosePublicKey, PreparedPublicKey};
use super::record::CredentialRecord;
use super::state::{self, CeremonyKind, Common};
use super::steps::{self, AUTHENTICATION};
use crate::crypto::InvalidSignature;
use crate::error::{Error, ErrorCode, Result};
use crate::parse::AuthenticatorData;
use crate::types::{Bytes, Challenge, CredentialId, UnixTime, UserHandle};
use crate::wire::AuthenticationResponse;

pub use request::{AuthenticationRequest, Subject};
use verified::Evidence;
pub use verified::{CounterVerdict, RecordUpdate, Verified};

/// A COSE key of ES256 that anybody can sign with: the generator of P-256. It verifies what is refused in any case.
const NOBODYS_KEY: [&[u8]; 4] = [
    b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20",
    b"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96",
    b"\x22\x58\x20",
    b"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5",
];

/// What a ceremony of §7.2 is for: [`SignIn`] or [`Assertion`]. Sealed.
pub trait Purpose: sealed::Sealed + Send + Sync + 'static {}

/// Purpose: the user wants to log in.
#[derive(Debug)]
pub enum SignIn {}

/// Purpose: the user proves to hold a passkey; nobody is logged in (step-up).
#[derive(Debug)]
pub enum Assertion {}

impl Purpose for SignIn {}
impl Purpose for Assertion {}

mod sealed {
    use super::{Assertion, CeremonyKind, SignIn};

    pub trait Sealed {
        #[doc(hidden)]
        const KIND: CeremonyKind;
        /// The kinds of pending state that may be completed for this purpose.
        #[doc(hidden)]
        const COMPLETES: &'static [CeremonyKind];
    }

    impl Sealed for SignIn {
        const KIND: CeremonyKind = CeremonyKind::Authentication;
        const COMPLETES: &'static [CeremonyKind] = &[CeremonyKind::Authentication];
    }

    impl Sealed for Assertion {
        const KIND: CeremonyKind = CeremonyKind::Assertion;
        const COMPLETES: &'static [CeremonyKind] = &[CeremonyKind::Assertion, CeremonyKind::Authentication];
    }
}

/// A sign-in that waits for the browser's answer.
pub type PendingAuthentication = Pending<SignIn>;
/// A step-up that waits for the browser's answer.
pub type PendingAssertion = Pending<Assertion>;
/// A sign-in that passed every check and is not recorded yet.
pub type VerifiedAuthentication = Verified<SignIn>;
/// A step-up that passed every check and is not recorded yet.
pub type VerifiedAssertion = Verified<Assertion>;

/// A ceremony that waits for the browser's answer. Consumed by it, whatever it is: there is no `Clone`.
#[must_use = "a ceremony is completed with its pending state"]
pub struct Pending<P> {
    state: State,
    purpose: PhantomData<fn() -> P>,
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    #[serde(flatten)]
    common: Common,
    subject: Subject,
    allowed: Vec<CredentialId>,
    policy: AuthenticationPolicy,
    app_id: Option<String>,
}

impl<P: Purpose> Pending<P> {
    /// The challenge that was issued.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.state.common.challenge
    }

    /// Whom it is for.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.state.subject
    }

    /// The last moment at which a response is accepted.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.state.common.expires_at
    }

    /// Tells which session answers; needed if the request was bound to one, and refused if it was not.
    pub fn in_session(mut self, session: SessionBinding) -> Self {
        self.state.common.answering = Some(session);
        self
    }

    /// The state as versioned JSON, to be kept on the server until the answer comes.
    ///
    /// # Errors
    /// `state-malformed`, which cannot happen to a state this crate made.
    pub fn into_json(self) -> Result<String> {
        state::to_json(P::KIND, &self.state)
    }

    /// Reads what any release wrote with [`into_json`](Self::into_json). A pending authentication may be
    /// read as an assertion; never the reverse.
    ///
    /// # Errors
    /// `state-malformed`, `state-version-unsupported`, `ceremony-kind-mismatch`.
    pub fn from_json(text: &str) -> Result<Self> {
        state::from_json(P::COMPLETES, text).map(|state| Self { state, purpose: PhantomData })
    }

    /// Takes the browser's answer and says which record to look up: §7.2 steps 3 to 6.
    ///
    /// # Errors
    /// `credential-type-unexpected`, `credential-id-empty`, `credential-id-too-long`, `credential-not-allowed`,
    /// `user-handle-length`, `user-handle-missing`, `user-handle-mismatch`.
    pub fn receive(self, response: &AuthenticationResponse) -> Result<Received<'_, P>> {
        steps::check_credential_type(&response.credential_type, &AUTHENTICATION)?;

        // 7.2/5: the credential is one of those allowed, if any were named.
        let credential_id = CredentialId::new(response.raw_id.clone()).map_err(|e| e.at("7.2/5"))?;
        if !self.state.allowed.is_empty() && !self.state.allowed.contains(&credential_id) {
            return Err(Error::new(ErrorCode::CredentialNotAllowed).at("7.2/5"));
        }

        // 7.2/6, as far as it needs no record: whom does the response name?
        let named = response.user_handle.as_ref().filter(|handle| !handle.is_empty());
        let user_handle = named.map(|handle| UserHandle::new(handle.clone()));
        let user_handle = user_handle.transpose().map_err(|e| e.at("7.2/6"))?;
        match (&self.state.subject, &user_handle) {
            (Subject::Discoverable, None) => Err(Error::new(ErrorCode::UserHandleMissing).at("7.2/6")),
            (Subject::Known(user), Some(named)) if user != named => Err(Error::new(ErrorCode::UserHandleMismatch).at("7.2/6")),
            _ => Ok(Received { state: self.state, response, credential_id, user_handle, purpose: PhantomData }),
        }
    }
}

impl PendingAuthentication {
    /// Lowers a sign-in to a step-up, which logs nobody in. There is no way back.
    pub fn into_assertion(self) -> PendingAssertion {
        Pending { state: self.state, purpose: PhantomData }
    }
}

impl<P> Pending<P> {
    fn new(state: State) -> Self {
        Self { state, purpose: PhantomData }
    }
}

impl<P> fmt::Debug for Pending<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}

/// A response that names a credential and perhaps a user, both unproved: the moment to look up the record.
#[must_use = "nothing is verified yet"]
pub struct Received<'r, P> {
    state: State,
    response: &'r AuthenticationResponse,
    credential_id: CredentialId,
    user_handle: Option<UserHandle>,
    purpose: PhantomData<fn() -> P>,
}

impl<P: Purpose> Received<'_, P> {
    /// The credential to look up, in the relying party's scope.
    #[must_use]
    pub fn credential_id(&self) -> &CredentialId {
        &self.credential_id
    }

    /// The user whom the response names: a claim, checked against the record's owner later.
    #[must_use]
    pub fn claimed_user(&self) -> Option<&UserHandle> {
        self.user_handle.as_ref()
    }

    /// The error for a credential of which there is no record: `credential-not-found`, unless the ceremony itself is over or
    /// somebody else's, which is told for a known credential as well. It costs what a record would have cost, a check of the
    /// signature included: neither the answer nor its time shall tell whether there is such a credential.
    #[must_use]
    pub fn not_found(self, rp: &RelyingParty, now: UnixTime) -> Error {
        if let Err(error) = self.state.common.check(rp, now) {
            return error;
        }
        let user = match &self.state.subject {
            Subject::Known(user) => Some(user.clone()),
            Subject::Discoverable => self.user_handle.clone(),
        };
        if let (Some(user), Ok(key)) = (user, CosePublicKey::new(NOBODYS_KEY.concat())) {
            let Common { scope, rp_id, .. } = &self.state.common;
            let record = CredentialRecord::imported(scope.clone(), rp_id.clone(), user, self.credential_id.clone(), key, now);
            // Whatever it says: there is no record.
            drop(self.verify(rp, record, now));
        }
        Error::new(ErrorCode::CredentialNotFound).at("7.2/6")
    }

    /// Verifies the response against the record, borrowed or given away (which saves a copy): §7.2 steps 6 to 23. Nothing is
    /// stored yet, and nobody is logged in.
    ///
    /// The caller still owes step 24: write the [`RecordUpdate`], by compare-and-set, and only then
    /// count it as a login.
    ///
    /// # Errors
    /// One code for each way an answer can be wrong, with the step: see `docs/ERRORS.md`.
    pub fn verify<'a>(self, rp: &RelyingParty, record: impl Into<Cow<'a, CredentialRecord>>, now: UnixTime) -> Result<Verified<P>> {
        self.verify_by(rp, record.into(), None, now)
    }

    /// The same with the record's public key made ready before ([`CosePublicKey::prepare`]).
    ///
    /// # Errors
    /// Those of [`verify`](Self::verify), and `prepared-key-mismatch` for a key that is not the record's.
    pub fn verify_with<'a>(
        self,
        rp: &RelyingParty,
        record: impl Into<Cow<'a, CredentialRecord>>,
        key: &PreparedPublicKey,
        now: UnixTime,
    ) -> Result<Verified<P>> {
        self.verify_by(rp, record.into(), Some(key), now)
    }

    fn verify_by(
        self,
        rp: &RelyingParty,
        record: Cow<'_, CredentialRecord>,
        prepared: Option<&PreparedPublicKey>,
        now: UnixTime,
    ) -> Result<Verified<P>> {
        self.state.common.check(rp, now)?;
        // The record's own say, here and in 7.2/19, waits for the check of the signature: what a refusal costs tells nothing of
        // the record, not even whether there is one.
        let whose = self.check_owner(&record);
        let verified = self.verify_answer(rp, record, prepared, now);
        whose.and(verified)
    }

    /// 7.2/6: the record is the credential's, and its owner is both the subject and whoever the response names.
    fn check_owner(&self, record: &CredentialRecord) -> Result<()> {
        let refused = |code| Err(Error::new(code).at("7.2/6"));
        let Common { scope, rp_id, .. } = &self.state.common;
        if record.credential_id != self.credential_id {
            return refused(ErrorCode::CredentialRecordMismatch);
        }
        if record.scope != *scope || record.rp_id != *rp_id {
            return Err(Error::new(ErrorCode::CeremonyRelyingPartyMismatch).at("7.2/6").expected(rp_id).found(&record.rp_id));
        }
        if matches!(&self.state.subject, Subject::Known(user) if *user != record.user_handle) {
            return refused(ErrorCode::CredentialOwnerMismatch);
        }
        if self.user_handle.as_ref().is_some_and(|named| *named != record.user_handle) {
            return refused(ErrorCode::UserHandleMismatch);
        }
        Ok(())
    }

    /// Steps 7.2/8 to 7.2/23.
    fn verify_answer(
        self,
        rp: &RelyingParty,
        record: Cow<'_, CredentialRecord>,
        prepared: Option<&PreparedPublicKey>,
        now: UnixTime,
    ) -> Result<Verified<P>> {
        let State { common, policy, app_id, .. } = self.state;
        let response = self.response;

        // 7.2/8 to 7.2/14: the client data.
        steps::check_client_data(response.client_data_json.as_slice(), rp, &common.challenge, &AUTHENTICATION)?;

        // 7.2/15: the RP ID, or the AppID if this ceremony asked for it and the client says that it was used.
        let at_15 = |e: Error| e.at("7.2/15");
        let auth_data = AuthenticatorData::parse(response.authenticator_data.as_slice()).map_err(at_15)?;
        let flags = auth_data.flags;
        let expected_hash = match (response.client_extension_results.app_id, app_id) {
            (Some(true), Some(app_id)) => rp.provider.sha256(&[app_id.as_bytes()]),
            (Some(true), None) => return Err(Error::new(ErrorCode::AppIdNotRequested).at("7.2/15")),
            _ => rp.id_hash,
        };
        steps::check_rp_id_hash(&auth_data, &expected_hash, "7.2/15")?;
        if auth_data.attested.is_some() && !policy.danger_accept_attested_data {
            return Err(Error::new(ErrorCode::AttestedDataInAssertion).at("7.2/15"));
        }

        // 7.2/16: the user was present; there is no exception here.
        if !flags.user_present() {
            return Err(Error::new(ErrorCode::UserNotPresent).at("7.2/16"));
        }

        // 7.2/17, 7.2/18: user verification; backup state only with backup eligibility.
        steps::check_user_verified(flags, policy.user_verification, &AUTHENTICATION)?;
        steps::check_backup_flags(flags, &AUTHENTICATION)?;

        // 7.2/19: backup eligibility is as recorded.
        let evidence = Evidence { flags, sign_count: auth_data.sign_count, used_at: now };
        let as_recorded = evidence.judge_backup_eligibility(&policy, &record.usage);

        // 7.2/20: hash the bytes as they came. 7.2/21: the signature over both, under the recorded key.
        let client_data_hash = rp.provider.sha256(&[response.client_data_json.as_slice()]);
        let at_21 = |e: Error| e.at("7.2/21");
        let made;
        let key = match prepared {
            Some(prepared) => prepared.made_from(&record.public_key).map_err(at_21)?,
            None => {
                made = rp.provider.prepare(&record.public_key.parse()?).map_err(at_21)?;
                &made
            }
        };
        let verdict = key.verify(&[auth_data.as_bytes(), &client_data_hash], response.signature.as_slice());
        as_recorded?;
        verdict.map_err(|InvalidSignature| Error::new(ErrorCode::SignatureInvalid).at("7.2/21").subject(record.algorithm()))?;

        // 7.2/22: the counter. 7.2/23: extension outputs, all of which are optional. 7.2/24: what to update.
        let update = evidence.judge(&policy, &record)?;
        Ok(Verified {
            evidence,
            policy,
            record: record.into_owned(),
            update,
            authorized: false,
            client_extension_results: response.client_extension_results.clone(),
            carried: common.carried,
            extension_outputs: auth_data.extensions.map(|outputs| Bytes::from(outputs.as_bytes())),
            purpose: PhantomData,
        })
    }
}

impl<P> fmt::Debug for Received<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("credential_id", &self.credential_id)
            .field("claimed_user", &self.user_handle)
            .finish_non_exhaustive()
    }
}
