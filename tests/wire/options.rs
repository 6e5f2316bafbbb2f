//! Options serialise to what `parseCreationOptionsFromJSON()` and `parseRequestOptionsFromJSON()` take.

use std::collections::BTreeMap;

use passkeeper::types::{
    Algorithm, AlgorithmList, AttestationConveyance, AuthenticatorAttachment, Bytes, Challenge, Hint, ResidentKey, Transport,
    UserVerification,
};
use passkeeper::wire::{
    AuthenticationExtensions, CreationOptions, CredProtect, CredProtectPolicy, CredentialDescriptor, LargeBlobInput, LargeBlobSupport,
    PrfInputs, PrfValues, RegistrationExtensions, RequestOptions, UserEntity,
};
use passkeeper::{AttestationPolicy, AuthenticationPolicy, AuthenticationRequest, RegistrationPolicy, RegistrationRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::common::*;

fn prf(first: &[u8], second: Option<&[u8]>) -> PrfValues {
    PrfValues { first: Bytes::from(first), second: second.map(Bytes::from) }
}

fn issued() -> Challenge {
    Challenge::new(*b"sixteen bytes \xfb\xff").unwrap()
}

fn create(request: RegistrationRequest) -> CreationOptions {
    relying_party().start_registration(request, issued(), NOW).unwrap().0
}

fn get(request: AuthenticationRequest) -> RequestOptions {
    relying_party().start_authentication(request, issued(), NOW).unwrap().0
}

/// The form and the way back.
#[track_caller]
fn assert_form<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(options: &T, expected: &Value) {
    assert_eq!(serde_json::to_value(options).unwrap(), *expected);
    assert_eq!(serde_json::from_value::<T>(expected.clone()).unwrap(), *options);
    assert_eq!(serde_json::from_str::<T>(&json(options)).unwrap(), *options);
}

#[test]
fn creation_options_with_every_member_set() {
    let mut policy = RegistrationPolicy::default();
    policy.user_verification = UserVerification::Preferred;
    policy.resident_key = ResidentKey::Required;
    policy.attachment = Some(AuthenticatorAttachment::CROSS_PLATFORM);
    policy.algorithms = AlgorithmList::new([Algorithm::Es512, Algorithm::Ed25519, Algorithm::Rs256]).unwrap();
    policy.hints = vec![Hint::SECURITY_KEY, Hint::new("telepathy"), Hint::HYBRID];
    policy.attestation = AttestationPolicy::requested(AttestationConveyance::Enterprise).prefer_formats(["packed", "tpm"]);
    policy.timeout_ms = 120_000;
    let request = RegistrationRequest::new(UserEntity {
        id: handle("\u{0}\u{1f511}"),
        name: "alice@example.com".into(),
        display_name: "Alice \"the\" Ünique".into(),
    })
    .policy(policy)
    .exclude_credentials([
        CredentialDescriptor::new(credential_id([1, 2]), vec![Transport::USB, Transport::new("warp-drive"), Transport::SMART_CARD]),
        CredentialDescriptor::new(credential_id([0xfb, 0xff]), vec![]),
    ])
    .extensions(RegistrationExtensions {
        cred_props: true,
        app_id_exclude: Some("https://example.com/app-id.json".into()),
        prf: Some(PrfInputs { eval: Some(prf(b"a", Some(b""))), eval_by_credential: BTreeMap::new() }),
        large_blob: Some(LargeBlobSupport::Preferred),
        cred_protect: Some(CredProtect { policy: CredProtectPolicy::UserVerificationOptionalWithCredentialIdList, enforce: true }),
        cred_blob: Some(Bytes::from([0xfb, 0xff].as_slice())),
        min_pin_length: true,
        pin_complexity_policy: true,
        hmac_create_secret: true,
        other: BTreeMap::from([("payment".to_string(), json!({ "isPayment": true }))]),
    });
    let expected = json!({
        "rp": { "id": "example.com", "name": "Example" },
        "user": { "id": "APCflJE", "name": "alice@example.com", "displayName": "Alice \"the\" Ünique" },
        "challenge": "c2l4dGVlbiBieXRlcyD7_w",
        "pubKeyCredParams": [
            { "type": "public-key", "alg": -36 },
            { "type": "public-key", "alg": -19 },
            { "type": "public-key", "alg": -257 },
        ],
        "timeout": 120_000,
        "excludeCredentials": [
            { "type": "public-key", "id": "AQI", "transports": ["usb", "warp-drive", "smart-card"] },
            { "type": "public-key", "id": "-_8" },
        ],
        "authenticatorSelection": {
            "authenticatorAttachment": "cross-platform",
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "preferred",
        },
        "hints": ["security-key", "telepathy", "hybrid"],
        "attestation": "enterprise",
        "attestationFormats": ["packed", "tpm"],
        "extensions": {
            "credProps": true,
            "appidExclude": "https://example.com/app-id.json",
            "prf": { "eval": { "first": "YQ", "second": "" } },
            "largeBlob": { "support": "preferred" },
            "credentialProtectionPolicy": "userVerificationOptionalWithCredentialIDList",
            "enforceCredentialProtectionPolicy": true,
            "credBlob": "-_8",
            "minPinLength": true,
            "pinComplexityPolicy": true,
            "hmacCreateSecret": true,
            "payment": { "isPayment": true },
        },
    });
    assert_form(&create(request), &expected);
}

#[test]
fn creation_options_by_default() {
    let expected = json!({
        "rp": { "id": "example.com", "name": "Example" },
        "user": { "id": "YWxpY2U", "name": "alice", "displayName": "alice" },
        "challenge": "c2l4dGVlbiBieXRlcyD7_w",
        "pubKeyCredParams": [
            { "type": "public-key", "alg": -7 },
            { "type": "public-key", "alg": -8 },
            { "type": "public-key", "alg": -257 },
        ],
        "timeout": 300_000,
        "excludeCredentials": [],
        "authenticatorSelection": { "residentKey": "preferred", "requireResidentKey": false, "userVerification": "required" },
        "attestation": "none",
        "extensions": { "credProps": true },
    });
    assert_form(&create(RegistrationRequest::new(user("alice"))), &expected);

    let bare = create(RegistrationRequest::new(user("alice")).extensions(RegistrationExtensions::default()));
    assert_eq!(serde_json::to_value(&bare).unwrap().get("extensions"), None);
}

#[test]
fn every_enumeration_has_the_texts_of_the_specification() {
    let creation = |change: &dyn Fn(&mut RegistrationPolicy)| {
        let mut policy = RegistrationPolicy::default();
        change(&mut policy);
        serde_json::to_value(create(RegistrationRequest::new(user("alice")).policy(policy))).unwrap()
    };
    for (resident_key, text, require) in [
        (ResidentKey::Required, "required", true),
        (ResidentKey::Preferred, "preferred", false),
        (ResidentKey::Discouraged, "discouraged", false),
    ] {
        let selection = &creation(&|p| p.resident_key = resident_key)["authenticatorSelection"];
        assert_eq!((&selection["residentKey"], &selection["requireResidentKey"]), (&json!(text), &json!(require)));
    }
    for (wanted, text) in [
        (UserVerification::Required, "required"),
        (UserVerification::Preferred, "preferred"),
        (UserVerification::Discouraged, "discouraged"),
    ] {
        assert_eq!(creation(&|p| p.user_verification = wanted)["authenticatorSelection"]["userVerification"], text);
        let mut policy = AuthenticationPolicy::default();
        policy.user_verification = wanted;
        let options = get(AuthenticationRequest::discoverable().policy(policy));
        assert_eq!(serde_json::to_value(options).unwrap()["userVerification"], text);
    }
    for (conveyance, text) in [
        (AttestationConveyance::None, "none"),
        (AttestationConveyance::Indirect, "indirect"),
        (AttestationConveyance::Direct, "direct"),
        (AttestationConveyance::Enterprise, "enterprise"),
    ] {
        assert_eq!(creation(&|p| p.attestation = AttestationPolicy::requested(conveyance))["attestation"], text);
    }
    for (level, text) in [
        (CredProtectPolicy::UserVerificationOptional, "userVerificationOptional"),
        (CredProtectPolicy::UserVerificationOptionalWithCredentialIdList, "userVerificationOptionalWithCredentialIDList"),
        (CredProtectPolicy::UserVerificationRequired, "userVerificationRequired"),
    ] {
        assert_eq!(serde_json::to_value(level).unwrap(), text);
    }
    assert_eq!(serde_json::to_value(LargeBlobSupport::Required).unwrap(), json!({ "support": "required" }));
}

#[test]
fn request_options_with_every_member_set() {
    let mut policy = AuthenticationPolicy::default();
    policy.user_verification = UserVerification::Discouraged;
    policy.hints = vec![Hint::CLIENT_DEVICE];
    policy.timeout_ms = 60_000;
    let request = AuthenticationRequest::known(handle("alice"))
        .policy(policy)
        .allow_credentials([CredentialDescriptor::new(credential_id([0xfb, 0xff]), vec![Transport::INTERNAL, Transport::HYBRID])])
        .extensions(AuthenticationExtensions {
            app_id: Some("https://example.com/app-id.json".into()),
            prf: Some(PrfInputs {
                eval: Some(prf(b"a", None)),
                eval_by_credential: BTreeMap::from([("-_8".to_string(), prf(&[0; 100], Some(b"b")))]),
            }),
            large_blob: Some(LargeBlobInput::Write(Bytes::from(b"blob".as_slice()))),
            get_cred_blob: true,
            other: BTreeMap::from([("uvm".to_string(), json!(true))]),
        });
    let expected = json!({
        "challenge": "c2l4dGVlbiBieXRlcyD7_w",
        "timeout": 60_000,
        "rpId": "example.com",
        "allowCredentials": [{ "type": "public-key", "id": "-_8", "transports": ["internal", "hybrid"] }],
        "userVerification": "discouraged",
        "hints": ["client-device"],
        "extensions": {
            "appid": "https://example.com/app-id.json",
            "prf": {
                "eval": { "first": "YQ" },
                "evalByCredential": { "-_8": { "first": "A".repeat(134), "second": "Yg" } },
            },
            "largeBlob": { "write": "YmxvYg" },
            "getCredBlob": true,
            "uvm": true,
        },
    });
    assert_form(&get(request), &expected);
}

#[test]
fn request_options_by_default() {
    let expected = json!({
        "challenge": "c2l4dGVlbiBieXRlcyD7_w",
        "timeout": 300_000,
        "rpId": "example.com",
        "allowCredentials": [],
        "userVerification": "required",
    });
    assert_form(&get(AuthenticationRequest::discoverable()), &expected);
    let read = AuthenticationExtensions { large_blob: Some(LargeBlobInput::Read(true)), ..Default::default() };
    let options = serde_json::to_value(get(AuthenticationRequest::discoverable().extensions(read))).unwrap();
    assert_eq!(options["extensions"], json!({ "largeBlob": { "read": true } }));
}

#[test]
fn options_of_others_are_read_with_the_defaults_of_the_specification() {
    let options: CreationOptions = serde_json::from_value(json!({
        "rp": { "id": "example.com", "name": "Example" },
        "user": { "id": "YQ", "name": "a", "displayName": "" },
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "somethingNew": { "a": 1 },
    }))
    .unwrap();
    assert_eq!(options.attestation, AttestationConveyance::None);
    assert!(options.exclude_credentials.is_empty() && options.hints.is_empty() && options.attestation_formats.is_empty());
    assert_eq!((options.timeout, options.authenticator_selection, options.user.display_name.as_str()), (None, None, ""));

    let options: RequestOptions = serde_json::from_value(json!({ "challenge": "AAECAwQFBgcICQoLDA0ODw", "rpId": "example.com" })).unwrap();
    assert_eq!((options.user_verification, options.timeout), (UserVerification::Preferred, None));
    assert!(options.allow_credentials.is_empty());
}

#[test]
fn what_a_user_or_a_device_chose_is_escaped() {
    let mut nasty = user("alice");
    nasty.name = "\"</script>\u{2028}\u{1}".into();
    let options = create(RegistrationRequest::new(nasty.clone()));
    let back: CreationOptions = serde_json::from_str(&json(&options)).unwrap();
    assert_eq!(back.user, nasty);
}
