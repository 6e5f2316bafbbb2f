//! The APIs of four products, and that of the FIDO conformance tools, each served with the library in a file of its own.
//!
//! | File | What it serves |
//! |---|---|
//! | `challenge.rs` | A: a challenge for nobody in particular, exchanged for tokens |
//! | `experience.rs` | B: options for a user who is named |
//! | `restricted.rs` | C: registration and two kinds of sign-in inside sessions |
//! | `lifecycle/` | D: the complete life of a passkey |
//! | `conformance.rs` | what the FIDO Alliance's test tool talks to |
//!
//! A, B and C serve this server's own accounts and the demo tenants, chosen by the host that was asked; D knows users by UUID,
//! as only the demo tenants have them. Profiles, tokens and e-mail are stubs.

mod challenge;
mod conformance;
mod experience;
mod lifecycle;
mod refusal;
mod restricted;
mod stubs;
mod tenants;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, header};
use passkeeper::types::{Bytes, Origin};
use passkeeper::{AuthenticationRequest, Entropy as _, ErrorCode, RelyingParty, SystemEntropy, UnknownUsers, Workflow};
use subtle::ConstantTimeEq as _;

use crate::{App, Config, Facade, SharedClock, Users};

pub(crate) use lifecycle::IMPORT;
use stubs::Codes;
pub(crate) use tenants::DEMO;
use tenants::People;
pub use tenants::{Person, Status, Tenant, Uuid};

/// The realm of this server's own accounts.
const ACCOUNTS: &str = "accounts";

/// What the handlers of these APIs share besides [`App`].
pub(crate) struct Apis {
    key: Option<Key>,
    /// This server's own relying party first, then the tenants.
    sites: Vec<Site>,
    codes: Codes,
    sessions: restricted::Sessions,
    conformance: Option<conformance::Names>,
}

/// A relying party with its users, as the product APIs know it.
pub(crate) struct Site {
    name: String,
    organization: Option<String>,
    app_id: Option<String>,
    icon: Option<String>,
    passkeys: Facade,
    people: People,
    tenant: Option<TenantIds>,
}

/// By what API D knows a tenant.
struct TenantIds {
    id: Uuid,
    application: Uuid,
}

impl Apis {
    /// The APIs over facades that `facade` makes. Without an API key they are there on `localhost` only, with a key of
    /// the day.
    pub(crate) fn new(
        config: &Config,
        own: &Facade,
        users: &Users,
        clock: &SharedClock,
        facade: impl Fn(RelyingParty) -> Facade,
    ) -> passkeeper::Result<Self> {
        let key = match &config.api_key {
            Some(key) => Some(Key(key.clone())),
            None if is_local(&config.origin) => Some(Key(random()?)),
            None => None,
        };
        let own = Site {
            name: ACCOUNTS.into(),
            organization: None,
            app_id: None,
            icon: None,
            passkeys: own.clone(),
            people: People::Accounts(users.clone()),
            tenant: None,
        };
        let tenant = |tenant: &Tenant| {
            let passkeys = facade(tenant.rp.clone());
            let passkeys = match tenant.hide_unknown_users {
                true => passkeys.unknown_users(UnknownUsers::Decoys(config.decoys.clone())),
                false => passkeys,
            };
            Site {
                name: tenant.name.clone(),
                organization: tenant.organization.clone(),
                app_id: tenant.app_id.clone(),
                icon: tenant.icon.clone(),
                passkeys,
                people: People::Demo(tenant.people.clone()),
                tenant: Some(TenantIds { id: tenant.id.clone(), application: tenant.application_id.clone() }),
            }
        };
        let conformance = if is_local(&config.origin) { Some(conformance::Names::new(config, &facade)?) } else { None };
        let sites = std::iter::once(own).chain(config.tenants.iter().map(tenant)).collect();
        Ok(Self { key, sites, codes: Codes::new(clock.clone()), sessions: restricted::Sessions::new(clock.clone()), conformance })
    }

    /// The key where the configuration names none.
    pub(crate) fn development_key(&self, config: &Config) -> Option<&str> {
        self.key.as_ref().filter(|_| config.api_key.is_none()).map(|key| key.0.as_str())
    }

    /// The site whose own domain was asked.
    fn at_host(&self, headers: &HeaderMap) -> Option<&Site> {
        self.sites.iter().find(|site| site.is_at(headers))
    }

    /// Whether a request shows the key as API D wants it: bare.
    pub(crate) fn is_keyed(&self, headers: &HeaderMap) -> bool {
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).is_some_and(|key| self.opened_by(key))
    }

    /// Whether a request shows the key in the way of any of these APIs, bare or as a bearer's token. Its starts are not counted.
    pub(crate) fn shows_key(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.is_some_and(|given| self.opened_by(given.strip_prefix("Bearer ").unwrap_or(given)))
    }

    fn opened_by(&self, key: &str) -> bool {
        self.key.as_ref().is_some_and(|own| own.is(key))
    }
}

impl Site {
    fn is_at(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.passkeys.relying_party().serves_host(host))
    }

    /// A sign-in from this address; with a tenant's own demands for no workflow in particular.
    fn authentication(&self, source: String) -> AuthenticationRequest {
        let request = AuthenticationRequest::discoverable().source(source);
        if self.tenant.is_some() { request.workflow(Workflow::General) } else { request }
    }
}

/// The key that opens the APIs to other servers.
struct Key(String);

impl Key {
    fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// All routes of the product APIs; none where nobody holds a key.
pub(crate) fn routes(app: &App) -> Router<Arc<App>> {
    let mut router = Router::new();
    if app.apis.key.is_some() {
        router = router.merge(challenge::routes()).merge(experience::routes()).merge(restricted::routes()).merge(lifecycle::routes());
    }
    if app.apis.conformance.is_some() {
        router = router.merge(conformance::routes());
    }
    router
}

/// Whether nobody but this machine can be meant.
fn is_local(origin: &Origin) -> bool {
    origin.host().is_some_and(|host| host == "localhost" || host.ends_with(".localhost"))
}

/// 32 random bytes, base64url.
fn random() -> passkeeper::Result<String> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes).map_err(|_| ErrorCode::RandomnessUnavailable)?;
    Ok(Bytes::from(bytes.as_slice()).to_base64url())
}

/// A panic elsewhere leaves a table whole: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
