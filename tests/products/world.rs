//! A multi-tenant service as a product runs it: one directory of users, one pair of stores, a facade for each tenant.

use std::collections::HashMap;
use std::sync::Arc;

use passkeeper::store::{MemoryCeremonies, MemoryStore, StoreError};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::{Scope, UserHandle};
use passkeeper::wire::{AuthenticationResponse, CreationOptions, RegistrationResponse, RequestOptions};
use passkeeper::{
    Authenticated, AuthenticationRequest, CredentialRecord, Error, IdentifierKind, Passkeys, RegistrationRequest, RelyingPartyBuilder,
    Started, UserDirectory,
};
use pollster::block_on;
use serde_json::Value;

use crate::common::*;

/// Users by login identifier, the same in every tenant.
pub(crate) struct Directory(HashMap<(IdentifierKind, String), UserHandle>);

impl UserDirectory for Directory {
    async fn find(&self, _: &Scope, kind: &IdentifierKind, value: &str) -> Result<Option<UserHandle>, StoreError> {
        Ok(self.0.get(&(kind.clone(), value.to_lowercase())).cloned())
    }
}

/// Alice by all her names; Bob, who has none but his user name.
pub(crate) fn directory() -> Directory {
    let names = [
        (IdentifierKind::Username, "alice", "alice"),
        (IdentifierKind::Email, "alice@example.com", "alice"),
        (IdentifierKind::Phone, "+41790000000", "alice"),
        (IdentifierKind::Other("badge".into()), "4711", "alice"),
        (IdentifierKind::Username, "bob", "bob"),
    ];
    Directory(names.into_iter().map(|(kind, value, user)| ((kind, value.into()), handle(user))).collect())
}

pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) ceremonies: Arc<MemoryCeremonies>,
    pub(crate) clock: TestClock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { store: Arc::default(), ceremonies: Arc::default(), clock: TestClock::new() }
    }

    pub(crate) fn tenant(&self, builder: RelyingPartyBuilder) -> TestPasskeys {
        let (store, ceremonies) = (self.store.clone(), self.ceremonies.clone());
        Passkeys::with_sources(builder.build().unwrap(), store, ceremonies, self.clock.clone(), TestEntropy::default())
    }
}

/// A tenant of its own world, with alice's passkey.
pub(crate) fn with_alice() -> (TestPasskeys, VirtualAuthenticator, CredentialRecord) {
    let mut authenticator = VirtualAuthenticator::new(1);
    let passkeys = World::new().tenant(builder());
    let record = register(&passkeys, "alice", &mut authenticator);
    (passkeys, authenticator, record)
}

pub(crate) fn register(passkeys: &TestPasskeys, name: &str, authenticator: &mut VirtualAuthenticator) -> CredentialRecord {
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user(name)))).unwrap();
    let response = created(authenticator, &started);
    block_on(passkeys.complete_registration(&started.session, &response)).unwrap().record
}

/// What the browser answers at the tenant's own origin.
pub(crate) fn created(authenticator: &mut VirtualAuthenticator, started: &Started<CreationOptions>) -> RegistrationResponse {
    let origin = format!("https://{}", started.options.rp.id);
    registration_response(&authenticator.create(&json(&started.options), &origin).unwrap())
}

pub(crate) fn got(authenticator: &mut VirtualAuthenticator, started: &Started<RequestOptions>) -> AuthenticationResponse {
    let origin = format!("https://{}", started.options.rp_id);
    authentication_response(&authenticator.get(&json(&started.options), &origin).unwrap())
}

/// A whole sign-in.
pub(crate) fn sign_in(passkeys: &TestPasskeys, authenticator: &mut VirtualAuthenticator) -> Result<Authenticated, Error> {
    let started = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable()))?;
    block_on(passkeys.complete_authentication(&started.session, &got(authenticator, &started)))
}

/// As it goes to the browser.
pub(crate) fn as_json(options: &impl serde::Serialize) -> Value {
    serde_json::to_value(options).unwrap()
}
