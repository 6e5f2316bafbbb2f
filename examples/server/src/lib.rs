//! A server with passkeys, small enough to read: accounts, sessions, a page, and the ceremonies of [`passkeeper`].
//!
//! [`App`] is what all handlers share, [`app`] the routes over it, [`serve()`] what listens. `main.rs` puts them together.

mod api;
mod apis;
mod clock;
mod config;
mod error;
mod limits;
mod page;
mod providers;
mod security;
mod serve;
mod session;
mod stores;
mod users;

use std::sync::Arc;

use axum::Router;
use passkeeper::store::{DynCeremonyStore, DynCredentialStore, LastRecord};
use passkeeper::{Event, ManagementPolicy, Passkeys, ProofPolicy, RelyingParty, SystemEntropy, UnknownUsers};

pub use apis::{Person, Status, Tenant, Uuid};
pub use clock::SharedClock;
pub use config::{Config, ConfigError};
pub use error::{Answer, Problem};
pub use limits::{Source, StartLimit};
pub use serve::serve;
pub use session::{Browser, Member, Sessions, SignedIn};
pub use stores::Stores;
pub use users::{User, Users};

/// The facade over stores that are chosen at run time.
pub type Facade = Passkeys<DynCredentialStore, DynCeremonyStore>;

/// What opens the doors that demand a fresh proof: a sign-in or a step-up of the last five minutes.
pub const PROOF: ProofPolicy = ProofPolicy { max_age_secs: 300, user_verification: true };

/// What all handlers share.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Everything that is kept.
    pub stores: Stores,
    /// The ceremonies of this server's own relying party.
    pub passkeys: Facade,
    /// Who is signed in.
    pub sessions: Sessions,
    /// The clock of all of them.
    pub clock: SharedClock,
    /// How many ceremonies may start.
    pub limit: StartLimit,
    /// The product APIs.
    apis: apis::Apis,
}

impl App {
    /// The server of this configuration over these stores.
    ///
    /// # Errors
    /// Those of [`Config::relying_party`].
    pub fn new(config: Config, stores: Stores, clock: SharedClock) -> passkeeper::Result<Arc<Self>> {
        let limit = StartLimit::per_minute(config.rate_limit);
        let rules = ManagementPolicy {
            // There is no other way to sign in.
            last_passkey: LastRecord::Stays,
            proof: Some(PROOF),
            ..ManagementPolicy::default()
        };
        let passkeys = facade(config.relying_party()?, &stores, &clock)
            .management(rules)
            .unknown_users(UnknownUsers::Decoys(config.decoys.clone()))
            .rate_limit(limit.clone());
        let of_product = |rp| facade(rp, &stores, &clock).rate_limit(limit.clone());
        let apis = apis::Apis::new(&config, &passkeys, &stores.users, &clock, of_product)?;
        Ok(Arc::new(Self { config, stores, passkeys, sessions: Sessions::new(clock.clone()), clock, limit, apis }))
    }

    /// The key to the product APIs where the configuration names none, on `localhost`: for whoever starts the server to see.
    #[must_use]
    pub fn development_key(&self) -> Option<&str> {
        self.apis.development_key(&self.config)
    }

    /// Whether a request imports passkeys, with the key that opens the product APIs.
    fn is_import(&self, request: &axum::http::request::Parts) -> bool {
        request.uri.path() == apis::IMPORT && self.apis.is_keyed(&request.headers)
    }
}

fn facade(rp: RelyingParty, stores: &Stores, clock: &SharedClock) -> Facade {
    Passkeys::with_sources(rp, stores.credentials.clone(), stores.ceremonies.clone(), clock.clone(), SystemEntropy).observer(audit)
}

/// What has changed, for an audit log. Refusals are logged where they are answered.
fn audit(event: &Event<'_>) {
    match event {
        Event::Registered { record } => tracing::info!(passkey = %record.id, "registered"),
        Event::Used { record, ceremony } => tracing::info!(passkey = %record.id, ceremony = ceremony.as_str(), "used"),
        Event::CounterRegressed { record } => tracing::warn!(passkey = %record.id, "its counter did not increase: perhaps it was copied"),
        Event::BackupStateChanged { record } => tracing::info!(passkey = %record.id, "its backup has begun or ended"),
        Event::Renamed { user, .. } => tracing::info!(?user, "renamed a passkey"),
        Event::Deleted { user, .. } => tracing::info!(?user, "deleted a passkey"),
        Event::DeletedAll { user, count } => tracing::info!(?user, count, "deleted all passkeys"),
        _ => {}
    }
}

/// All routes. Other APIs are merged here, each with the guards it needs; limits and headers go around all of them.
pub fn app(app: Arc<App>) -> Router {
    let own_api = api::routes().layer(axum::middleware::from_fn_with_state(app.clone(), security::same_origin));
    Router::new()
        .merge(page::routes())
        .nest("/api", own_api)
        .merge(apis::routes(&app))
        .layer(axum::middleware::from_fn_with_state(app.clone(), limits::bounded_body))
        .layer(axum::middleware::from_fn_with_state(app.clone(), security::headers))
        .with_state(app)
}
