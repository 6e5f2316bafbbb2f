//! What a ceremony is part of decides what is demanded, from the server's configuration alone.

use passkeeper::testing::{RegistrationDraft, VirtualAuthenticator};
use passkeeper::types::{AuthenticatorAttachment, Hint, ResidentKey, UserVerification};
use passkeeper::{
    AuthenticationPolicy, AuthenticationRequest, CeremonyKind, ErrorKind, RegistrationRequest, RelyingParty, TakeBy, Workflow,
    WorkflowPolicy,
};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::*;
use crate::world::{CEREMONIES, Luggage, World};

const WORKFLOWS: [Workflow; 3] = [Workflow::General, Workflow::Bootstrap, Workflow::Reauthentication];

fn within(workflow: Workflow) -> Luggage {
    Luggage { workflow: Some(workflow), ..Default::default() }
}

fn demanding(workflow: Workflow, change: impl FnOnce(&mut WorkflowPolicy)) -> RelyingParty {
    let mut policy = WorkflowPolicy::default_of(workflow);
    change(&mut policy);
    builder().workflow(workflow, policy).build().unwrap()
}

#[test]
fn what_a_workflow_demands_unless_configured() {
    let expected = [
        (Workflow::General, json!(null), "preferred"),
        (Workflow::Bootstrap, json!(null), "required"),
        (Workflow::Reauthentication, json!("platform"), "preferred"),
    ];
    for (workflow, attachment, resident_key) in expected {
        let world = World::new();
        let registration = world.begin(CeremonyKind::Registration, &within(workflow)).unwrap().options;
        let selection = &registration["authenticatorSelection"];
        assert_eq!(selection["authenticatorAttachment"], attachment, "{workflow:?}");
        assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!(resident_key), &json!("required")));
        let authentication = world.begin(CeremonyKind::Authentication, &within(workflow)).unwrap().options;
        assert_eq!((&authentication["userVerification"], authentication.get("hints")), (&json!("required"), None));
        assert_eq!(format!("\"{}\"", workflow.as_str()), serde_json::to_string(&workflow).unwrap());
    }
}

#[test]
fn a_workflow_stands_above_the_usual_policy_and_a_single_requests() {
    let rp = demanding(Workflow::Bootstrap, |policy| {
        policy.attachment = Some(AuthenticatorAttachment::PLATFORM);
        policy.resident_key = ResidentKey::Discouraged;
        policy.user_verification = UserVerification::Preferred;
        policy.hints = vec![Hint::CLIENT_DEVICE];
    });
    let world = World::of(rp, |passkeys| passkeys);
    for user_verification in [None, Some(UserVerification::Discouraged), Some(UserVerification::Required)] {
        let luggage = Luggage { user_verification, ..within(Workflow::Bootstrap) };
        let options = world.begin(CeremonyKind::Registration, &luggage).unwrap().options;
        let selection = json!({
            "authenticatorAttachment": "platform", "residentKey": "discouraged", "requireResidentKey": false, "userVerification": "preferred"
        });
        assert_eq!((&options["authenticatorSelection"], &options["hints"]), (&selection, &json!(["client-device"])));
        for ceremony in [CeremonyKind::Authentication, CeremonyKind::Assertion] {
            let options = world.begin(ceremony, &luggage).unwrap().options;
            assert_eq!((&options["userVerification"], &options["hints"]), (&json!("preferred"), &json!(["client-device"])));
        }
    }
    // Without a workflow the request's own demands count.
    let luggage = Luggage { user_verification: Some(UserVerification::Discouraged), ..Default::default() };
    assert_eq!(world.begin(CeremonyKind::Authentication, &luggage).unwrap().options["userVerification"], "discouraged");
}

#[test]
fn the_workflow_comes_back_with_the_result() {
    for ceremony in CEREMONIES {
        for workflow in WORKFLOWS.map(Some).into_iter().chain([None]) {
            let world = World::new();
            let begun = world.begin(ceremony, &Luggage { workflow, ..Default::default() }).unwrap();
            assert_eq!(world.complete(&begun, TakeBy::id(&begun.session)).unwrap().workflow, workflow);
        }
    }
}

#[test]
fn a_workflow_that_is_switched_off_starts_nothing() {
    for workflow in WORKFLOWS {
        let world = World::of(builder().workflow(workflow, WorkflowPolicy::disabled()).build().unwrap(), |passkeys| passkeys);
        for ceremony in CEREMONIES {
            let error = world.begin(ceremony, &within(workflow)).err().unwrap();
            assert_eq!((error.code(), error.kind()), ("workflow-disabled", ErrorKind::Policy), "{ceremony:?}");
            assert!(error.to_string().contains(workflow.as_str()), "{error}");
            assert!(!world.calls.take().contains(&"put of a user".to_string()), "{ceremony:?}");
            // The other ones are still there.
            for other in WORKFLOWS.into_iter().filter(|other| *other != workflow) {
                assert!(world.begin(ceremony, &within(other)).is_ok());
            }
            world.calls.take();
        }
    }
}

#[test]
fn a_workflow_that_is_switched_off_meanwhile_completes_nothing() {
    for ceremony in CEREMONIES {
        let world = World::new();
        let before = world.backend.records();
        let begun = world.begin(ceremony, &within(Workflow::Bootstrap)).unwrap();
        let later = world.sibling(builder().workflow(Workflow::Bootstrap, WorkflowPolicy::disabled()).build().unwrap());
        assert_eq!(refusal(world.complete_at(&later, &begun, TakeBy::id(&begun.session))), ("workflow-disabled", None));
        world.assert_spent(&begun, &before);
    }
}

/// A response is judged by what was asked, not by what is asked by now, and never by what the response says.
#[test]
fn the_demands_of_the_start_are_enforced_at_the_end() {
    let rp = |user_verification| demanding(Workflow::Reauthentication, |policy| policy.user_verification = user_verification);
    for (asked, later, code) in [
        (UserVerification::Required, UserVerification::Discouraged, Some("user-not-verified")),
        (UserVerification::Discouraged, UserVerification::Required, None),
    ] {
        let world = World::of(rp(asked), |passkeys| passkeys);
        let request = AuthenticationRequest::known(handle("alice")).workflow(Workflow::Reauthentication);
        let started = block_on(world.passkeys.start_authentication(request)).unwrap();
        let mut draft = world.backend.answer(&world.backend.alice, &json(&started.options));
        draft.auth_data.set_flag(passkeeper::testing::flags::UV, false);
        let result = block_on(world.sibling(rp(later)).complete_authentication(&started.session, &authentication_response(&draft)));
        assert_eq!(result.err().map(|error| error.code()), code);
    }
}

/// The client's own report is unsigned. One that contradicts is refused in a workflow, silence is not, and without a workflow
/// nothing of it is.
#[test]
fn s7_1_28_a_registration_that_contradicts_its_workflow_by_its_own_report() {
    type Change = fn(&mut RegistrationDraft);
    let roaming: Change = |draft| draft.authenticator_attachment = "cross-platform".into();
    let not_discoverable: Change = |draft| draft.client_extension_results = json!({ "credProps": { "rk": false } });
    let silent: Change = |draft| {
        draft.authenticator_attachment = Value::Null;
        draft.client_extension_results = json!({});
    };
    let attachment = Some(("attachment-contradicted", Some("7.1/28")));
    let resident_key = Some(("resident-key-contradicted", Some("7.1/28")));
    let cases = [
        (Some(Workflow::Reauthentication), roaming, attachment),
        (Some(Workflow::Reauthentication), not_discoverable, None),
        (Some(Workflow::Bootstrap), not_discoverable, resident_key),
        (Some(Workflow::Bootstrap), roaming, None),
        (Some(Workflow::General), roaming, None),
        (Some(Workflow::General), not_discoverable, None),
        (Some(Workflow::Bootstrap), silent, None),
        (Some(Workflow::Reauthentication), silent, None),
        (None, roaming, None),
        (None, not_discoverable, None),
    ];
    for (workflow, change, expected) in cases {
        let backend = Backend::new();
        let request = || workflow.into_iter().fold(RegistrationRequest::new(user("carol")), RegistrationRequest::workflow);
        if let Some(expected) = expected {
            let error = backend.refuse_registration_of(request(), change);
            assert_eq!((error.code(), error.spec_step()), expected, "{workflow:?}");
            assert_eq!(error.kind(), ErrorKind::Policy);
            continue;
        }
        let started = block_on(backend.passkeys.start_registration(request())).unwrap();
        let mut draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
        change(&mut draft);
        block_on(backend.passkeys.complete_registration(&started.session, &registration_response(&draft))).unwrap();
    }
}

/// Row D16: where user verification is required, a passkey that did not do it when asked is not offered.
#[test]
fn only_passkeys_that_can_meet_the_demand_are_offered() {
    let offered = |can_verify: Option<bool>, workflow: Option<Workflow>, user_verification| {
        let rp = demanding(Workflow::Bootstrap, |policy| policy.user_verification = user_verification);
        let world = World::of(rp, |passkeys| passkeys);
        let mut record = world.backend.record_of("alice");
        block_on(world.passkeys.delete_all(&handle("alice"))).unwrap();
        record.supports_user_verification = can_verify;
        let inserted = block_on(passkeeper::store::CredentialStore::insert(&world.backend.store, &record, None));
        assert_eq!(inserted, Ok(passkeeper::store::Inserted::Yes));
        let mut policy = AuthenticationPolicy::default();
        policy.user_verification = user_verification;
        let request = AuthenticationRequest::known(handle("alice")).policy(policy);
        let request = workflow.into_iter().fold(request, AuthenticationRequest::workflow);
        match block_on(world.passkeys.start_authentication(request)) {
            Ok(started) => started.options.allow_credentials.len(),
            Err(error) => {
                assert_eq!((error.code(), error.spec_step()), ("credential-not-found", Some("7.2/1")));
                0
            }
        }
    };
    for workflow in [None, Some(Workflow::Bootstrap)] {
        for can_verify in [None, Some(true), Some(false)] {
            let able = usize::from(can_verify != Some(false));
            assert_eq!(offered(can_verify, workflow, UserVerification::Required), able);
            assert_eq!(offered(can_verify, workflow, UserVerification::Preferred), 1);
            assert_eq!(offered(can_verify, workflow, UserVerification::Discouraged), 1);
        }
    }
}

#[test]
fn a_use_with_user_verification_shows_what_the_authenticator_can() {
    let world = World::new();
    let mut device = VirtualAuthenticator::new(9).with_user_verified(false);
    let mut policy = passkeeper::RegistrationPolicy::default();
    policy.user_verification = UserVerification::Preferred;
    let started = block_on(world.passkeys.start_registration(RegistrationRequest::new(user("carol")).policy(policy))).unwrap();
    let response = registration_response(&device.create(&json(&started.options), ORIGIN).unwrap());
    let record = block_on(world.passkeys.complete_registration(&started.session, &response)).unwrap().record;
    assert_eq!(record.supports_user_verification, Some(false));
    let refused = block_on(world.passkeys.start_authentication(AuthenticationRequest::known(handle("carol"))));
    assert_refused(refused, "credential-not-found", "7.2/1");

    // A PIN was set since.
    device = device.with_user_verified(true);
    let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let login = block_on(world.passkeys.complete_authentication(&started.session, &world.answer(&device, &started))).unwrap();
    assert_eq!((login.record().supports_user_verification, login.user_verification_counts()), (Some(true), false));
    assert!(block_on(world.passkeys.start_authentication(AuthenticationRequest::known(handle("carol")))).is_ok());
}

#[test]
fn each_tenant_has_workflows_of_its_own() {
    let world = World::new();
    let strict = builder().scope("strict").workflow(Workflow::General, WorkflowPolicy::disabled()).build().unwrap();
    let strict = world.sibling(strict);
    let refused = world.begin_at(&strict, CeremonyKind::Registration, &within(Workflow::General));
    assert_eq!(refused.err().map(|error| error.code()), Some("workflow-disabled"));
    assert!(world.begin(CeremonyKind::Registration, &within(Workflow::General)).is_ok());
    // A ceremony of one is none of the other's.
    let begun = world.begin_at(&strict, CeremonyKind::Registration, &within(Workflow::Bootstrap)).unwrap();
    assert_eq!(refusal(world.complete(&begun, TakeBy::id(&begun.session))), ("ceremony-not-found", None));
    let record: Value =
        serde_json::from_str(&world.complete_at(&strict, &begun, TakeBy::id(&begun.session)).unwrap().record.to_json().unwrap()).unwrap();
    assert_eq!(record["scope"], "strict");
}
