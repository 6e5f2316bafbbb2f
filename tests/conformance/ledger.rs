//! What a case is: something honest, at most one change, and what must come of it.

use passkeeper::Error;
use passkeeper::testing::{AssertionDraft, RegistrationDraft};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse};
use serde_json::Value;

use crate::common::{NOW, Registering, SigningIn};
use crate::setup;

/// What the ledger says of a case that must pass.
pub(crate) const ACCEPTED: &str = "accepted";

pub(crate) struct Group {
    /// The name of the tool's group.
    pub(crate) name: &'static str,
    pub(crate) test: &'static str,
    pub(crate) about: &'static str,
    pub(crate) cases: Vec<Case>,
}

#[derive(Clone, Copy)]
pub(crate) enum Change {
    Registration(fn(&mut RegistrationDraft)),
    RegistrationJson(fn(&mut Value)),
    /// A registration with this attestation, under a relying party that trusts its authority.
    Attested(fn() -> setup::Case),
    Assertion(fn(&mut AssertionDraft)),
    AssertionJson(fn(&mut Value)),
    Whole(fn() -> Result<(), Error>),
}

#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// A code, or [`ACCEPTED`].
    pub(crate) expected: &'static str,
    /// Why it is not as one might think.
    pub(crate) note: &'static str,
    change: Change,
}

pub(crate) const fn case(name: &'static str, expected: &'static str, change: Change) -> Case {
    Case { name, expected, note: "", change }
}

impl Case {
    pub(crate) const fn since(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    fn run(&self) -> Result<(), Error> {
        match self.change {
            Change::Registration(change) => Registering::new().change(change).verify().map(drop),
            Change::RegistrationJson(change) => {
                let Registering { rp, pending, draft, .. } = Registering::new();
                let response = RegistrationResponse::from_json(draft.edit_json(change))?;
                pending.verify(&rp, &response, NOW).map(drop)
            }
            Change::Attested(case) => case().register().map(drop),
            Change::Assertion(change) => SigningIn::new().change(change).verify().map(drop),
            Change::AssertionJson(change) => {
                let SigningIn { rp, record, pending, draft, .. } = SigningIn::new();
                let response = AuthenticationResponse::from_json(draft.edit_json(change))?;
                pending.receive(&response)?.verify(&rp, &record, NOW).map(drop)
            }
            Change::Whole(run) => run(),
        }
    }
}

#[track_caller]
pub(crate) fn hold(cases: &[Case]) {
    for case in cases {
        let found = case.run();
        let code = found.as_ref().map_or_else(Error::code, |()| ACCEPTED);
        assert_eq!(code, case.expected, "{}: {found:?}", case.name);
    }
}

/// The member that a path such as `response.signature` names.
pub(crate) fn at<'a>(json: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(json, |json, name| &mut json[name])
}

pub(crate) fn remove(json: &mut Value, path: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() { json } else { at(json, parent) };
    parent.as_object_mut().unwrap().remove(name).unwrap();
}
