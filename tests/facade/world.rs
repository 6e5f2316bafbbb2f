//! A facade of which every call and event is noted, and the three ceremonies as one thing, for rules that hold in all of them.

use std::sync::Arc;

use passkeeper::store::{CeremonyId, MemoryCeremonies, MemoryStore};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::UserVerification;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, RequestOptions};
use passkeeper::{
    AuthenticationPolicy, AuthenticationRequest, CeremonyKind, CredentialRecord, Error, NotCompleted, Passkeys, RegistrationPolicy,
    RegistrationRequest, RelyingParty, SessionBinding, Started, TakeBy, Workflow,
};
use pollster::block_on;
use serde_json::Value;

use crate::common::*;

pub(crate) type Facade = Passkeys<Counting<Arc<MemoryStore>>, Counting<Arc<MemoryCeremonies>>>;

pub(crate) const CEREMONIES: [CeremonyKind; 3] = [CeremonyKind::Registration, CeremonyKind::Authentication, CeremonyKind::Assertion];

/// Alice and bob with a passkey each, carol with none.
pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) passkeys: Facade,
    /// Calls of both stores.
    pub(crate) calls: Notes,
    pub(crate) events: Notes,
}

/// What travels with a ceremony.
#[derive(Clone, Default)]
pub(crate) struct Luggage {
    pub(crate) session: Option<&'static str>,
    pub(crate) state: Option<String>,
    pub(crate) workflow: Option<Workflow>,
    /// What the single request says of user verification.
    pub(crate) user_verification: Option<UserVerification>,
}

/// A ceremony that has begun, with its honest answer: carol registers, or alice shows her passkey.
pub(crate) struct Begun {
    pub(crate) ceremony: CeremonyKind,
    pub(crate) session: CeremonyId,
    pub(crate) options: Value,
    pub(crate) response: Response,
}

#[derive(Clone)]
pub(crate) enum Response {
    Registration(RegistrationResponse),
    Authentication(AuthenticationResponse),
}

/// What comes back with a result.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) record: CredentialRecord,
    pub(crate) state: Option<String>,
    pub(crate) workflow: Option<Workflow>,
    /// As the result prints itself.
    pub(crate) debug: String,
}

pub(crate) fn binding(secret: &str) -> SessionBinding {
    SessionBinding::new(secret).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(relying_party(), |passkeys| passkeys)
    }

    pub(crate) fn with(configure: impl FnOnce(Facade) -> Facade) -> Self {
        Self::of(relying_party(), configure)
    }

    pub(crate) fn of(rp: RelyingParty, configure: impl FnOnce(Facade) -> Facade) -> Self {
        let (backend, calls, events) = (Backend::new(), Notes::default(), Notes::default());
        let passkeys = Self::facade(&backend, rp, &calls).observer(Witness(events.clone()));
        let world = Self { passkeys: configure(passkeys), backend, calls, events };
        world.calls.take();
        world
    }

    /// Another facade over the same stores and clock.
    pub(crate) fn sibling(&self, rp: RelyingParty) -> Facade {
        Self::facade(&self.backend, rp, &self.calls).observer(Witness(self.events.clone()))
    }

    fn facade(backend: &Backend, rp: RelyingParty, calls: &Notes) -> Facade {
        let credentials = Counting { inner: backend.store.clone(), calls: calls.clone() };
        let ceremonies = Counting { inner: backend.ceremonies.clone(), calls: calls.clone() };
        Passkeys::with_sources(rp, credentials, ceremonies, backend.clock.clone(), TestEntropy::default())
    }

    pub(crate) fn begin(&self, ceremony: CeremonyKind, luggage: &Luggage) -> Result<Begun, Error> {
        self.begin_at(&self.passkeys, ceremony, luggage)
    }

    pub(crate) fn begin_at(&self, passkeys: &Facade, ceremony: CeremonyKind, luggage: &Luggage) -> Result<Begun, Error> {
        let Luggage { session, state, workflow, user_verification } = luggage.clone();
        // The two kinds of request have the same methods.
        macro_rules! pack {
            ($request:expr, $policy:ty) => {{
                let mut request = $request;
                if let Some(user_verification) = user_verification {
                    let mut policy = <$policy>::default();
                    policy.user_verification = user_verification;
                    request = request.policy(policy);
                }
                request = session.map(binding).into_iter().fold(request, |request, session| request.in_session(session));
                request = state.into_iter().fold(request, |request, state| request.state(state));
                workflow.into_iter().fold(request, |request, workflow| request.workflow(workflow))
            }};
        }
        if ceremony == CeremonyKind::Registration {
            let request = pack!(RegistrationRequest::new(user("carol")), RegistrationPolicy);
            let started = block_on(passkeys.start_registration(request))?;
            let draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
            let response = Response::Registration(registration_response(&draft));
            return Ok(Begun { ceremony, session: started.session, options: value(&started.options), response });
        }
        let request = pack!(AuthenticationRequest::known(handle("alice")), AuthenticationPolicy);
        let started = block_on(async {
            match ceremony {
                CeremonyKind::Authentication => passkeys.start_authentication(request).await,
                _ => passkeys.start_assertion(request).await,
            }
        })?;
        let response = Response::Authentication(self.answer(&self.backend.alice, &started));
        Ok(Begun { ceremony, session: started.session, options: value(&started.options), response })
    }

    /// What this authenticator signs, even if it is not among the credentials that the options name.
    pub(crate) fn answer(&self, authenticator: &VirtualAuthenticator, started: &Started<RequestOptions>) -> AuthenticationResponse {
        authentication_response(&self.backend.answer(authenticator, &json(&started.options)))
    }

    pub(crate) fn complete(&self, begun: &Begun, by: TakeBy<'_>) -> Result<Outcome, Error> {
        self.complete_at(&self.passkeys, begun, by)
    }

    pub(crate) fn complete_at(&self, passkeys: &Facade, begun: &Begun, by: TakeBy<'_>) -> Result<Outcome, Error> {
        match block_on(self.finish(passkeys, begun, by, async || Ok::<_, ()>(()))) {
            Ok(outcome) => Ok(outcome),
            Err(NotCompleted::Refused(error)) => Err(error),
            Err(NotCompleted::Vetoed(())) => panic!("nobody vetoed"),
        }
    }

    /// Completes a ceremony unless the caller refuses.
    pub(crate) async fn finish<V>(
        &self,
        passkeys: &Facade,
        begun: &Begun,
        by: TakeBy<'_>,
        veto: impl AsyncFnOnce() -> Result<(), V>,
    ) -> Result<Outcome, NotCompleted<V>> {
        match (&begun.response, begun.ceremony) {
            (Response::Registration(response), _) => {
                let done = passkeys.complete_registration_unless(by, response, async |_| veto().await).await?;
                let debug = format!("{done:?}");
                Ok(Outcome { record: done.record, state: done.state, workflow: done.workflow, debug })
            }
            (Response::Authentication(response), CeremonyKind::Authentication) => {
                let done = passkeys.complete_authentication_unless(by, response, async |_| veto().await).await?;
                let (record, state) = (done.record().clone(), done.state().map(Into::into));
                Ok(Outcome { record, state, workflow: done.workflow(), debug: format!("{done:?}") })
            }
            (Response::Authentication(response), _) => {
                let done = passkeys.complete_assertion_unless(by, response, async |_| veto().await).await?;
                let (record, state) = (done.record().clone(), done.state().map(Into::into));
                Ok(Outcome { record, state, workflow: done.workflow(), debug: format!("{done:?}") })
            }
        }
    }

    /// The ceremony is used up, found by neither way, and the records are as they were.
    #[track_caller]
    pub(crate) fn assert_spent(&self, begun: &Begun, before: &[CredentialRecord]) {
        assert_eq!(self.backend.records(), before, "the store has changed");
        for by in [TakeBy::id(&begun.session), TakeBy::danger_response_challenge()] {
            assert_eq!(refusal(self.complete(begun, by)), ("ceremony-not-found", None), "{:?}", begun.ceremony);
        }
        assert!(self.backend.ceremonies.is_empty(), "something is still pending");
    }
}

pub(crate) fn value(options: &impl serde::Serialize) -> Value {
    serde_json::to_value(options).unwrap()
}
