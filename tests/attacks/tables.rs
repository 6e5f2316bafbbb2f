//! Tables of attacks: each case is otherwise valid and signed again, and meets a backend of its own with the default
//! configuration. It must be refused with exactly this code, leave the credential store as it was, and use up the
//! pending ceremony.

use passkeeper::AuthenticationRequest;
use passkeeper::testing::{AssertionDraft, ClientDataDraft, RegistrationDraft};

use crate::common::*;

/// Name, change, code.
pub(crate) type Case<D> = (&'static str, fn(&mut D), &'static str);

#[track_caller]
pub(crate) fn assert_registrations_refused(cases: &[Case<RegistrationDraft>]) {
    for (name, change, code) in cases {
        let error = Backend::new().refuse_registration(change);
        assert_eq!(error.code(), *code, "{name}");
    }
}

#[track_caller]
pub(crate) fn assert_sign_ins_refused(request: &AuthenticationRequest, cases: &[Case<AssertionDraft>]) {
    for (name, change, code) in cases {
        let error = Backend::new().refuse_sign_in(request.clone(), change);
        assert_eq!(error.code(), *code, "{name}");
    }
}

/// The same client data in both ceremonies.
#[track_caller]
pub(crate) fn assert_client_data_refused(name: &str, code: &str, change: impl Fn(&mut ClientDataDraft)) {
    let error = Backend::new().refuse_registration(|draft| change(&mut draft.client_data));
    assert_eq!(error.code(), code, "{name}, registering");
    let error = Backend::new().refuse_sign_in(AuthenticationRequest::discoverable(), |draft| change(&mut draft.client_data));
    assert_eq!(error.code(), code, "{name}, signing in");
}
