//! What is tried: each case has a name, what it fixes of its ceremony, and at most one change to the response.

use passkeeper::CredentialRecord;
use passkeeper::testing::{AssertionDraft, AuthDataDraft, ClientDataDraft, RegistrationDraft};
use serde_json::Value;

use crate::base::Base;
use crate::chance::Chance;

mod attestation_object;
mod authenticator_data;
mod certificates;
mod client_data;
mod identity;
mod json;
mod public_key;
mod signature;
mod statement;
mod valid;

/// The change. What is signed is signed again, unless the case is about a signature.
#[derive(Clone, Copy)]
pub enum Change {
    Nothing,
    ClientData(fn(&mut ClientDataDraft, &mut Chance)),
    AuthData(fn(&mut AuthDataDraft, &mut Chance)),
    Registration(fn(&mut RegistrationDraft, &mut Chance)),
    Assertion(fn(&mut AssertionDraft, &mut Chance)),
    /// What the relying party keeps.
    Record(fn(&mut CredentialRecord)),
    /// The members of the response.
    Json(fn(&mut Value)),
    /// The text of the response.
    Text(fn(String) -> String),
}

#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub fix: fn(&mut Base),
    pub change: Change,
    pub registering: bool,
    pub signing_in: bool,
}

impl Case {
    const fn new(name: &'static str, change: Change) -> Self {
        Self { name, fix: |_| {}, change, registering: true, signing_in: true }
    }

    /// Fixes something about the ceremony.
    const fn with(self, fix: fn(&mut Base)) -> Self {
        Self { fix, ..self }
    }

    const fn only_registering(self) -> Self {
        Self { signing_in: false, ..self }
    }

    const fn only_signing_in(self) -> Self {
        Self { registering: false, ..self }
    }
}

const fn client_data(name: &'static str, change: fn(&mut ClientDataDraft, &mut Chance)) -> Case {
    Case::new(name, Change::ClientData(change))
}

const fn auth_data(name: &'static str, change: fn(&mut AuthDataDraft, &mut Chance)) -> Case {
    Case::new(name, Change::AuthData(change))
}

const fn registration(name: &'static str, change: fn(&mut RegistrationDraft, &mut Chance)) -> Case {
    Case::new(name, Change::Registration(change)).only_registering()
}

const fn assertion(name: &'static str, change: fn(&mut AssertionDraft, &mut Chance)) -> Case {
    Case::new(name, Change::Assertion(change)).only_signing_in()
}

const fn record(name: &'static str, change: fn(&mut CredentialRecord)) -> Case {
    Case::new(name, Change::Record(change)).only_signing_in()
}

const fn json(name: &'static str, change: fn(&mut Value)) -> Case {
    Case::new(name, Change::Json(change))
}

const fn text(name: &'static str, change: fn(String) -> String) -> Case {
    Case::new(name, Change::Text(change))
}

const fn valid(name: &'static str, fix: fn(&mut Base)) -> Case {
    Case::new(name, Change::Nothing).with(fix)
}

/// All cases, each with a ceremony it is tried in.
pub fn all() -> Vec<(Case, Ceremony)> {
    let tables = [
        valid::CASES,
        client_data::CASES,
        authenticator_data::CASES,
        identity::CASES,
        public_key::CASES,
        attestation_object::CASES,
        statement::CASES,
        certificates::CASES,
        signature::CASES,
        json::CASES,
    ];
    let cases: Vec<_> = tables.concat();
    let both = cases.iter().flat_map(|case| {
        let registering = case.registering.then_some((*case, Ceremony::Registering));
        let signing_in = case.signing_in.then_some((*case, Ceremony::SigningIn));
        registering.into_iter().chain(signing_in)
    });
    both.collect()
}

#[derive(Clone, Copy, PartialEq)]
pub enum Ceremony {
    Registering,
    SigningIn,
}

impl Ceremony {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registering => "registering",
            Self::SigningIn => "signing in",
        }
    }
}
