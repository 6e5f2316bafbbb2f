use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Pending, PendingAssertion, PendingAuthentication, Purpose, State};
use crate::ceremony::RelyingParty;
use crate::ceremony::carried::{Carried, Source, carries};
use crate::ceremony::policy::AuthenticationPolicy;
use crate::ceremony::state::Common;
use crate::error::{Error, ErrorCode, Result};
use crate::types::{Challenge, CredentialId, UnixTime, UserHandle};
use crate::wire::{AuthenticationExtensions, CredentialDescriptor, RequestOptions};

/// Whom a ceremony of §7.2 is for: never both, never neither.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A user who is known beforehand.
    Known(UserHandle),
    /// Whoever the response names.
    Discoverable,
}

/// What an authentication or assertion is for.
#[derive(Clone, Debug)]
pub struct AuthenticationRequest {
    pub(crate) source: Option<Source>,
    pub(crate) subject: Subject,
    pub(crate) allow: Option<Vec<CredentialDescriptor>>,
    pub(crate) only: Option<CredentialId>,
    policy: Option<AuthenticationPolicy>,
    extensions: AuthenticationExtensions,
    pub(crate) carried: Carried,
}
carries!(request AuthenticationRequest);

impl AuthenticationRequest {
    /// Nobody is named beforehand: the passkey says who it is.
    #[must_use]
    pub fn discoverable() -> Self {
        Self::new(Subject::Discoverable)
    }

    /// For this user and no other. The facade fills in the user's credentials; the pure core, without
    /// [`allow_credentials`](Self::allow_credentials), lets any discoverable one of the user answer.
    ///
    /// The options name the user's credentials: whoever may ask for them learns which accounts have passkeys.
    #[must_use]
    pub fn known(user: UserHandle) -> Self {
        Self::new(Subject::Known(user))
    }

    fn new(subject: Subject) -> Self {
        Self {
            source: None,
            subject,
            allow: None,
            only: None,
            policy: None,
            extensions: AuthenticationExtensions::default(),
            carried: Carried::default(),
        }
    }

    /// Names the credentials that may answer, with the transports on record. A list that ends up empty is an error: it
    /// never means "any".
    #[must_use]
    pub fn allow_credentials(mut self, credentials: impl IntoIterator<Item = CredentialDescriptor>) -> Self {
        self.allow.get_or_insert_default().extend(credentials);
        self
    }

    /// Narrows a known user's credentials to this one.
    #[must_use]
    pub fn only(mut self, credential: CredentialId) -> Self {
        self.only = Some(credential);
        self
    }

    /// Where the request comes from, such as an address: for the rate limit alone.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(Source(source.into()));
        self
    }

    /// Other demands than the relying party's usual ones.
    #[must_use]
    pub fn policy(mut self, policy: AuthenticationPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Extension inputs.
    #[must_use]
    pub fn extensions(mut self, extensions: AuthenticationExtensions) -> Self {
        self.extensions = extensions;
        self
    }
}

impl RelyingParty {
    /// §7.2 step 1 (7.2/1), to sign somebody in: options for the browser, and the state that waits for its answer.
    ///
    /// `challenge` comes fresh from a secure source; `now` is the server's time.
    ///
    /// # Errors
    /// `credential-not-found` when the list of allowed credentials is given and empty; `workflow-disabled`; otherwise misuse
    /// only: `timeout-invalid`, `extension-input-invalid`, `caller-state-too-large`, `credential-list-invalid` when credentials
    /// are named for nobody.
    pub fn start_authentication(
        &self,
        request: AuthenticationRequest,
        challenge: Challenge,
        now: UnixTime,
    ) -> Result<(RequestOptions, PendingAuthentication)> {
        self.start(request, challenge, now)
    }

    /// §7.2 step 1 (7.2/1), to have a passkey proved without logging anyone in.
    ///
    /// # Errors
    /// As [`start_authentication`](Self::start_authentication).
    pub fn start_assertion(
        &self,
        request: AuthenticationRequest,
        challenge: Challenge,
        now: UnixTime,
    ) -> Result<(RequestOptions, PendingAssertion)> {
        self.start(request, challenge, now)
    }

    /// What an authentication demands: by its workflow, by its own policy, or as usual.
    pub(crate) fn demands(&self, request: &AuthenticationRequest) -> Result<AuthenticationPolicy> {
        let mut policy = request.policy.clone().unwrap_or_else(|| self.authentication.clone());
        if let Some(workflow) = request.carried.workflow {
            self.workflows.enabled(workflow)?.apply_to_authentication(&mut policy);
        }
        policy.check()?;
        Ok(policy)
    }

    pub(crate) fn start<P: Purpose>(
        &self,
        request: AuthenticationRequest,
        challenge: Challenge,
        now: UnixTime,
    ) -> Result<(RequestOptions, Pending<P>)> {
        let policy = self.demands(&request)?;
        let AuthenticationRequest { subject, mut allow, only, extensions, carried, .. } = request;
        carried.check()?;
        if let Some(only) = only {
            allow.get_or_insert_default().retain(|descriptor| descriptor.id == only);
        }
        if allow.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::new(ErrorCode::CredentialNotFound).at("7.2/1").subject("no credential is left to allow"));
        }
        let allow = allow.unwrap_or_default();
        if subject == Subject::Discoverable && !allow.is_empty() {
            return Err(Error::new(ErrorCode::CredentialListInvalid).subject("credentials are named, but no user"));
        }
        extensions.check(allow.iter().map(|descriptor| &descriptor.id))?;
        let state = State {
            common: Common::new(self, challenge.clone(), carried, now, policy.lifetime_secs()),
            subject,
            allowed: allow.iter().map(|descriptor| descriptor.id.clone()).collect(),
            app_id: extensions.app_id.clone(),
            policy,
        };
        let options = RequestOptions {
            challenge,
            timeout: Some(state.policy.timeout_ms),
            rp_id: self.id.clone(),
            allow_credentials: allow,
            user_verification: state.policy.user_verification,
            hints: state.policy.hints.clone(),
            extensions,
        };
        Ok((options, Pending::new(state)))
    }
}

impl Default for AuthenticationRequest {
    /// The same as [`discoverable`](Self::discoverable).
    fn default() -> Self {
        Self::discoverable()
    }
}
