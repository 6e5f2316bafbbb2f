//! What the options of both ceremonies must have.

use std::collections::BTreeSet;

use passkeeper::types::{AttestationConveyance, UserVerification};
use passkeeper::wire::{AuthenticationExtensions, RegistrationExtensions};
use passkeeper::{
    AttestationPolicy, AuthenticationPolicy, AuthenticationRequest, Error, RegistrationPolicy, RegistrationRequest, RelyingParty,
};
use serde_json::{Value, json};

use crate::common::{Backend, NOW, RP_ID, builder, challenge, handle, relying_party, user};
use crate::ledger::{ACCEPTED, Case, Change, case};

/// A property that must hold; what breaks it panics.
const fn holds(name: &'static str, run: fn() -> Result<(), Error>) -> Case {
    case(name, ACCEPTED, Change::Whole(run))
}

fn created(rp: &RelyingParty, request: RegistrationRequest) -> Result<Value, Error> {
    Ok(serde_json::to_value(rp.start_registration(request, challenge(), NOW)?.0).unwrap())
}

fn requested(rp: &RelyingParty, request: AuthenticationRequest) -> Result<Value, Error> {
    Ok(serde_json::to_value(rp.start_authentication(request, challenge(), NOW)?.0).unwrap())
}

const DEMANDS: [(UserVerification, &str); 3] =
    [(UserVerification::Required, "required"), (UserVerification::Preferred, "preferred"), (UserVerification::Discouraged, "discouraged")];

/// Text of base64url, of at least this many bytes.
fn is_base64url(value: &Value, bytes: usize) -> bool {
    let text = value.as_str().unwrap();
    text.len() * 3 / 4 >= bytes && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Challenges of the facade, each from the source of randomness.
fn challenges(start: impl Fn(&Backend) -> Value) {
    let backend = Backend::new();
    let issued: BTreeSet<String> = (0..20).map(|_| start(&backend)["challenge"].as_str().unwrap().to_string()).collect();
    assert_eq!(issued.len(), 20);
    assert!(issued.iter().all(|text| is_base64url(&text.as_str().into(), 16)));
}

pub(crate) fn creation() -> Vec<Case> {
    vec![
        holds("P: rp, user, challenge and pubKeyCredParams have their shape", || {
            let options = created(&relying_party(), RegistrationRequest::new(user("alice")))?;
            assert_eq!((&options["rp"]["id"], &options["rp"]["name"]), (&json!(RP_ID), &json!("Example")));
            assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!("alice"), &json!("alice")));
            assert!(is_base64url(&options["user"]["id"], 1) && is_base64url(&options["challenge"], 16));
            let offered = options["pubKeyCredParams"].as_array().unwrap();
            assert!(offered.iter().all(|offer| offer["type"] == "public-key" && offer["alg"].is_i64()));
            for required in [-7, -257, -8] {
                assert!(offered.iter().any(|offer| offer["alg"] == required), "{required}");
            }
            Ok(())
        }),
        holds("P: challenges are distinct and of at least 16 bytes", || {
            challenges(|backend| {
                let started = pollster::block_on(backend.passkeys.start_registration(RegistrationRequest::new(user("carol"))));
                serde_json::to_value(started.unwrap().options).unwrap()
            });
            Ok(())
        }),
        holds("P: attestation is as demanded", || {
            for (conveyance, text) in [
                (AttestationConveyance::None, "none"),
                (AttestationConveyance::Indirect, "indirect"),
                (AttestationConveyance::Direct, "direct"),
                (AttestationConveyance::Enterprise, "enterprise"),
            ] {
                let mut policy = RegistrationPolicy::default();
                policy.attestation = AttestationPolicy::requested(conveyance);
                let options = created(&builder().registration_policy(policy).build()?, RegistrationRequest::new(user("alice")))?;
                assert_eq!(options["attestation"], text);
            }
            Ok(())
        }),
        holds("P: user verification is as demanded", || {
            for (demand, text) in DEMANDS {
                let options = created(&builder().user_verification(demand).build()?, RegistrationRequest::new(user("alice")))?;
                assert_eq!(options["authenticatorSelection"]["userVerification"], text);
            }
            Ok(())
        }),
        holds("P: extensions are as asked for", || {
            let mut extensions = RegistrationExtensions::default();
            extensions.other.insert("example.extension".into(), json!(true));
            let options = created(&relying_party(), RegistrationRequest::new(user("alice")).extensions(extensions))?;
            assert_eq!(options["extensions"]["example.extension"], json!(true));
            Ok(())
        }),
    ]
}

pub(crate) fn request() -> Vec<Case> {
    vec![
        holds("P: challenge, rpId and allowCredentials have their shape", || {
            let backend = Backend::new();
            let record = backend.record_of("alice");
            let request = AuthenticationRequest::known(handle("alice")).allow_credentials([record.descriptor()]);
            let options = requested(&relying_party(), request)?;
            assert_eq!(options["rpId"], RP_ID);
            assert!(is_base64url(&options["challenge"], 16));
            let allowed = &options["allowCredentials"][0];
            assert_eq!((&allowed["type"], &allowed["id"]), (&json!("public-key"), &json!(record.credential_id.to_base64url())));
            Ok(())
        }),
        holds("P: challenges are distinct and of at least 16 bytes", || {
            challenges(|backend| {
                let started = pollster::block_on(backend.passkeys.start_authentication(AuthenticationRequest::discoverable()));
                serde_json::to_value(started.unwrap().options).unwrap()
            });
            Ok(())
        }),
        holds("P: user verification is as demanded", || {
            for (demand, text) in DEMANDS {
                let mut policy = AuthenticationPolicy::default();
                policy.user_verification = demand;
                let options = requested(&relying_party(), AuthenticationRequest::discoverable().policy(policy))?;
                assert_eq!(options["userVerification"], text);
            }
            Ok(())
        }),
        holds("P: extensions are as asked for", || {
            let mut extensions = AuthenticationExtensions::default();
            extensions.other.insert("example.extension".into(), json!(true));
            let options = requested(&relying_party(), AuthenticationRequest::discoverable().extensions(extensions))?;
            assert_eq!(options["extensions"]["example.extension"], json!(true));
            Ok(())
        }),
    ]
}
