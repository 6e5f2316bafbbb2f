//! Rows D1, D2 and D4 to D8: retrieve, delete, register, and what a passkey says.

use passkeeper::testing::{Backup, Cbor, VirtualAuthenticator};
use passkeeper::types::Bytes;
use serde_json::{Value, json};

use crate::shape::*;
use crate::world::*;

const START: &str = "/api/webauthn/register/start";
const COMPLETE: &str = "/api/webauthn/register/complete";

/// A passkey as the document's samples show it.
pub(crate) fn passkey() -> Value {
    json!({
        "algorithm": "number",
        "attestationType": "string",
        "authenticatorSupportsUserVerification": "boolean",
        "credentialId": "string",
        "data": {},
        "displayName": "string",
        "name": "string",
        "id": "string",
        "insertInstant": "number",
        "discoverable": "boolean",
        "lastUseInstant": "number",
        "publicKey": "string",
        "relyingPartyId": "string",
        "signCount": "number",
        "tenantId": "string",
        "transports": ["string"],
        "userId": "string",
    })
}

fn start(user: &str, workflow: &str) -> Value {
    json!({ "displayName": "Chrome Touch ID", "userId": user, "workflow": workflow })
}

async fn options(world: &World, user: &str, workflow: &str) -> Value {
    world.keyed("POST", START, &start(user, workflow)).await.ok()["options"].take()
}

fn complete(credential: &Value) -> Value {
    json!({ "credential": credential, "origin": ONE_ORIGIN, "rpId": ONE, "userId": ALICE })
}

async fn completed(world: &World, body: &Value) -> Reply {
    world.call("POST", COMPLETE, &[], body).await
}

#[tokio::test]
async fn d1_one_passkey_by_its_id_or_all_of_a_user() {
    let world = World::new();
    let first = world.register(&mut VirtualAuthenticator::new(1), ALICE).await;
    let second = world.register(&mut VirtualAuthenticator::new(2), ALICE).await;
    world.register(&mut VirtualAuthenticator::new(3), BOB).await;
    let zoes = world.register(&mut VirtualAuthenticator::new(4), ZOE).await;

    let get = async |path: &str| world.keyed("GET", &format!("/api/webauthn{path}"), &Value::Null).await;
    let id = first["id"].as_str().unwrap();
    let one = get(&format!("/{id}")).await.ok();
    assert_shape(&one, json!({ "credential": passkey() }));
    assert_eq!(one["credential"], first);
    for same in [format!("/{}", id.to_uppercase()), format!("?id={id}"), format!("?id={id}&userId={BOB}")] {
        assert_eq!(get(&same).await.ok(), one, "{same}");
    }
    let all = get(&format!("?userId={ALICE}")).await.ok();
    assert_shape(&all, json!({ "credentials": [passkey()] }));
    assert_eq!(all["credentials"], json!([first, second]));
    // No tenant need be named.
    assert_eq!(get(&format!("/{}", zoes["id"].as_str().unwrap())).await.ok()["credential"], zoes);
    assert_eq!(get(&format!("?userId={ZOE}")).await.ok()["credentials"], json!([zoes]));

    for path in [format!("/{NOBODY}"), format!("?id={NOBODY}"), format!("?userId={NOBODY}")] {
        assert_eq!(get(&path).await.bare(), (404, true), "{path}");
    }
    for (path, code) in [
        ("/1", "[invalid]id"),
        ("/%ff", "[invalid]id"),
        ("?id=1", "[invalid]id"),
        ("?userId=1", "[invalid]userId"),
        ("", "[missing]userId"),
        ("?userId=1&userId=2", "[invalidQuery]"),
    ] {
        for method in ["GET", "DELETE"] {
            assert_errors(&world.keyed(method, &format!("/api/webauthn{path}"), &Value::Null).await, &[code]);
            // Nobody without the key is told what is wrong.
            assert_eq!(world.call(method, &format!("/api/webauthn{path}"), &[], &Value::Null).await.bare(), (401, true), "{path}");
        }
    }
}

#[tokio::test]
async fn d2_delete_one_by_its_id_or_all_of_a_user() {
    let world = World::new();
    let mut ids = Vec::new();
    for (seed, user) in [(1, ALICE), (2, ALICE), (3, ALICE), (4, BOB)] {
        ids.push(world.register(&mut VirtualAuthenticator::new(seed), user).await["id"].as_str().unwrap().to_owned());
    }
    let of = async |user: &str| {
        let all = world.keyed("GET", &format!("/api/webauthn?userId={user}"), &Value::Null).await.ok();
        all["credentials"].as_array().unwrap().iter().map(|passkey| passkey["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let delete = async |path: &str| world.keyed("DELETE", &format!("/api/webauthn{path}"), &Value::Null).await.bare();
    assert_eq!(delete(&format!("/{}", ids[1])).await, (200, true));
    assert_eq!(of(ALICE).await, [ids[0].clone(), ids[2].clone()]);
    for gone in [format!("/{}", ids[1]), format!("?id={}", ids[1])] {
        assert_eq!(delete(&gone).await, (404, true), "{gone}");
    }
    assert_eq!(delete(&format!("?id={}", ids[2])).await, (200, true));
    assert_eq!(of(ALICE).await, [ids[0].clone()]);
    assert_eq!(delete(&format!("?userId={ALICE}")).await, (200, true));
    assert_eq!((of(ALICE).await, of(BOB).await), (vec![], vec![ids[3].clone()]));
    assert_eq!(delete(&format!("?userId={NOBODY}")).await, (404, true));
    assert_errors(&world.keyed("DELETE", "/api/webauthn", &Value::Null).await, &["[missing]userId"]);
}

/// The sample is of a re-authentication: the device's own authenticator, its user verified.
#[tokio::test]
async fn d4_d5_d6_a_registration_starts_for_a_workflow() {
    let world = World::new();
    let known = world.register(&mut VirtualAuthenticator::new(1), ALICE).await;
    let started = world.keyed("POST", START, &start(ALICE, "reauthentication")).await.ok();
    let sample = json!({
        "attestation": "string",
        "authenticatorSelection": { "authenticatorAttachment": "string", "userVerification": "string" },
        "challenge": "string",
        "excludeCredentials": [{ "id": "string", "transports": ["string"], "type": "string" }],
        "extensions": { "credProps": "boolean" },
        "pubKeyCredParams": [{ "alg": "number", "type": "string" }],
        "rp": { "id": "string", "name": "string" },
        "timeout": "number",
        "user": { "displayName": "string", "id": "string", "name": "string" },
    });
    assert_shape(&started, json!({ "options": sample }));
    let parameters = [-36, -35, -7, -39, -38, -37, -259, -258, -257].map(|alg| json!({ "alg": alg, "type": "public-key" }));
    let expected = json!({
        "attestation": "none",
        "authenticatorSelection": { "authenticatorAttachment": "platform", "userVerification": "required" },
        "excludeCredentials": [{ "id": known["credentialId"], "transports": ["internal"], "type": "public-key" }],
        "extensions": { "credProps": true },
        "pubKeyCredParams": parameters,
        "rp": { "id": ONE, "name": "One" },
        "timeout": 180_000,
        "user": {
            "displayName": "Chrome Touch ID",
            "id": Bytes::from(ALICE.as_bytes()).to_base64url(),
            "name": "alice@example.com",
        },
    });
    assert_eq!(without(&started["options"], &["challenge"]), expected);

    for (user, workflow, selection) in [
        (ALICE, "bootstrap", json!({ "requireResidentKey": true, "residentKey": "required", "userVerification": "required" })),
        (ALICE, "general", json!({ "requireResidentKey": true, "residentKey": "required", "userVerification": "preferred" })),
        (ZOE, "general", json!({ "requireResidentKey": false, "residentKey": "preferred", "userVerification": "required" })),
    ] {
        assert_eq!(options(&world, user, workflow).await["authenticatorSelection"], selection, "{workflow}");
    }
    // Another tenant offers fewer algorithms, in another order; and has switched one workflow off.
    let parameters = options(&world, ZOE, "general").await["pubKeyCredParams"].take();
    assert_eq!(parameters, json!([{ "alg": -257, "type": "public-key" }, { "alg": -7, "type": "public-key" }]));
    assert_errors(&world.keyed("POST", START, &start(ZOE, "bootstrap")).await, &["[workflow-disabled]workflow"]);
}

#[tokio::test]
async fn d4_names_are_defaulted() {
    let world = World::new();
    let named = async |user: &str, name: Value| {
        let mut form = start(user, "general");
        form["name"] = name;
        world.keyed("POST", START, &form).await.ok()["options"]["user"]["name"].take()
    };
    assert_eq!(named(ALICE, Value::Null).await, "alice@example.com");
    assert_eq!(named(BOB, Value::Null).await, "bob");
    assert_eq!(named(BOB, "bob's".into()).await, "bob's");
}

#[tokio::test]
async fn d4_each_wrong_field_of_a_start_is_named() {
    let world = World::new();
    let cases: [(Value, &[&str]); 9] = [
        (json!({}), &["[missing]displayName", "[missing]userId", "[missing]workflow"]),
        (json!({ "displayName": " ", "userId": ALICE, "workflow": "general" }), &["[blank]displayName"]),
        (json!({ "displayName": 1, "userId": 1, "workflow": 1 }), &["[invalid]displayName", "[invalid]userId", "[invalid]workflow"]),
        (json!({ "displayName": "x", "name": "", "userId": ALICE, "workflow": "general" }), &["[blank]name"]),
        (json!({ "displayName": "x".repeat(257), "userId": ALICE, "workflow": "general" }), &["[tooLong]displayName"]),
        (
            json!({ "displayName": "x", "userAgent": [], "userId": "1", "workflow": "login" }),
            &["[invalid]userAgent", "[invalid]userId", "[invalid]workflow"],
        ),
        (start(NOBODY, "general"), &["[invalid]userId"]),
        (json!([]), &["[invalidJSON]"]),
        (json!("{"), &["[invalidJSON]"]),
    ];
    for (form, codes) in cases {
        assert_errors(&world.keyed("POST", START, &form).await, codes);
    }
}

#[tokio::test]
async fn d6_no_device_registers_twice() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    world.register(&mut device, ALICE).await;
    let options = options(&world, ALICE, "general").await;
    assert!(device.create(&options.to_string(), ONE_ORIGIN).is_err());
}

#[tokio::test]
async fn d7_registration_completes_with_the_passkey() {
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    let options = options(&world, ALICE, "general").await;
    let credential = created(&mut device, &options, ONE_ORIGIN);
    let sample = json!({
        "clientExtensionResults": { "credProps": { "rk": "boolean" } },
        "id": "string",
        "response": { "attestationObject": "string", "clientDataJSON": "string" },
        "transports": ["string"],
        "type": "string",
    });
    assert_shape(&complete(&credential), json!({ "credential": sample, "origin": "string", "rpId": "string", "userId": "string" }));
    let done = completed(&world, &complete(&credential)).await.ok();
    assert_shape(&done, json!({ "credential": passkey() }));
    assert_eq!((&done["credential"]["credentialId"], &done["credential"]["discoverable"]), (&credential["id"], &json!(true)));
    // Once.
    assert_errors(&completed(&world, &complete(&credential)).await, &["[ceremony-not-found]credential.response.clientDataJSON"]);
}

#[tokio::test]
async fn d7_d14_each_wrong_field_of_a_completion_is_named() {
    let world = World::new();
    let edit = |path: &'static str, value: Value| (path, value);
    let cases: [(_, &[&str]); 17] = [
        (
            edit("/credential", Value::Null),
            &[
                "[missing]credential.id",
                "[missing]credential.response.attestationObject",
                "[missing]credential.response.clientDataJSON",
                "[missing]credential.type",
            ],
        ),
        (edit("/credential/id", json!("+/")), &["[invalid]credential.id"]),
        (edit("/credential/id", json!("AAAA")), &["[credential-id-mismatch]credential.id"]),
        (edit("/credential/type", json!("password")), &["[credential-type-unexpected]credential.type"]),
        (edit("/credential/transports", json!("usb")), &["[invalid]credential.transports"]),
        (edit("/credential/rpId", json!(TWO)), &["[invalid]credential.rpId"]),
        (
            edit("/credential/response/attestationObject", json!("oA")),
            &["[attestation-object-member-missing]credential.response.attestationObject"],
        ),
        (edit("/credential/response/attestationObject", json!("")), &["[cbor-truncated]credential.response.attestationObject"]),
        (edit("/credential/response/clientDataJSON", json!("e30")), &["[client-data-member-missing]credential.response.clientDataJSON"]),
        (edit("/credential/clientExtensionResults/credProps/rk", json!(1)), &["[invalid]credential.clientExtensionResults.credProps.rk"]),
        (
            edit("/credential/clientExtensionResults/credProps/rk", json!(false)),
            &["[resident-key-contradicted]credential.clientExtensionResults.credProps.rk"],
        ),
        (edit("/origin", Value::Null), &["[missing]origin"]),
        (edit("/origin", json!(TWO_ORIGIN)), &["[invalid]origin"]),
        (edit("/rpId", json!("three.example")), &["[invalid]rpId"]),
        (edit("/rpId", json!(TWO)), &["[ceremony-not-found]credential.response.clientDataJSON"]),
        (edit("/userId", json!(BOB)), &["[invalid]userId"]),
        (edit("/userId", Value::Null), &["[missing]userId"]),
    ];
    for ((path, value), codes) in cases {
        let options = options(&world, ALICE, "general").await;
        let mut body = complete(&created(&mut VirtualAuthenticator::new(1), &options, ONE_ORIGIN));
        let (at, name) = path.rsplit_once('/').unwrap();
        body.pointer_mut(at).unwrap()[name] = value;
        assert_errors(&completed(&world, &body).await, codes);
    }
    // Another site's answer, which says so.
    let options = options(&world, ALICE, "general").await;
    let mut draft = VirtualAuthenticator::new(1).create(&options.to_string(), ONE_ORIGIN).unwrap();
    draft.client_data.origin = "https://evil.example".into();
    let mut body = complete(&draft.finish());
    body["origin"] = "https://evil.example".into();
    assert_errors(&completed(&world, &body).await, &["[origin-mismatch]origin"]);
    // Nothing was registered by any of them.
    assert_eq!(world.keyed("GET", &format!("/api/webauthn?userId={ALICE}"), &Value::Null).await.ok(), json!({ "credentials": [] }));
}

/// Also where the options demand it: what the client does not say is taken for no.
#[tokio::test]
async fn d7_a_passkey_whose_client_does_not_say_so_is_not_discoverable() {
    let world = World::new();
    for (n, (silence, discoverable)) in
        [(json!({}), false), (Value::Null, false), (json!({ "credProps": { "rk": true } }), true)].into_iter().enumerate()
    {
        let started = options(&world, ALICE, "bootstrap").await;
        let mut credential = created(&mut VirtualAuthenticator::new(n as u64), &started, ONE_ORIGIN);
        credential["clientExtensionResults"] = silence;
        let done = completed(&world, &complete(&credential)).await.ok();
        assert_eq!(done["credential"]["discoverable"], discoverable);
    }
}

#[tokio::test]
async fn d8_a_passkey_says_everything() {
    let world = World::new();
    let mut device = VirtualAuthenticator::new(1).with_backup(Backup::NotEligible).with_transports(&["internal", "telepathy"]);
    let mut form = start(ALICE, "general");
    (form["name"], form["userAgent"]) = ("laptop".into(), "Mozilla/5.0".into());
    let options = world.keyed("POST", START, &form).await.ok()["options"].take();
    let done = completed(&world, &complete(&created(&mut device, &options, ONE_ORIGIN))).await.ok();
    let passkey = &done["credential"];
    let id = Bytes::from(device.credentials()[0].id.clone()).to_base64url();
    let expected = json!({
        "algorithm": -36,
        "attestationType": "none",
        "authenticatorSupportsUserVerification": true,
        "credentialId": id,
        "data": {},
        "displayName": "Chrome Touch ID",
        "name": "laptop",
        "insertInstant": NOW * 1000,
        "discoverable": true,
        "lastUseInstant": NOW * 1000,
        "relyingPartyId": ONE,
        "signCount": 1,
        "tenantId": ONE_ID,
        "transports": ["internal", "telepathy"],
        "userAgent": "Mozilla/5.0",
        "userId": ALICE,
    });
    assert_eq!(without(passkey, &["id", "publicKey"]), expected);
    let pem = passkey["publicKey"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.ends_with("\n-----END PUBLIC KEY-----"));
    assert_eq!(passkey["id"].as_str().map(str::len), Some(36));
    let incapable = &mut VirtualAuthenticator::new(2).with_user_verified(false);
    assert_eq!(world.register(incapable, ALICE).await["authenticatorSupportsUserVerification"], false);
}

#[tokio::test]
async fn d12_padding_is_tolerated_and_never_sent() {
    let world = World::new();
    let options = options(&world, ALICE, "general").await;
    let mut credential = created(&mut VirtualAuthenticator::new(1).with_credential_id_length(16), &options, ONE_ORIGIN);
    for path in ["/id", "/response/attestationObject", "/response/clientDataJSON"] {
        let text = credential.pointer(path).unwrap().as_str().unwrap();
        *credential.pointer_mut(path).unwrap() = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4)).into();
    }
    assert!(credential["id"].as_str().unwrap().ends_with("=="));
    let done = completed(&world, &complete(&credential)).await.ok();
    let (options, passkey) = (options.to_string(), without(&done["credential"], &["publicKey"]).to_string());
    assert!(!options.contains('=') && !passkey.contains('='));
}

/// The document's own sample: bytes of an encoder's, with a map of indefinite length, a statement that is null, and a key with
/// text for labels. Everything around it is sound here, so that nothing but these bytes is at fault.
#[tokio::test]
async fn d15_the_sample_that_does_not_conform_is_refused_for_its_first_fault() {
    const SAMPLE: &str = "v2dhdHRTdG109mhhdXRoRGF0YViemPsv4VW-wth0V9gzsxWRFn-1SyC9gM4-QC4ptMFDNhVFAAAAFmhGAxjmXUwbl-q5EoJkWH0\
        AELmJieDlA5kNXEtcIgWnp1a_YTMmYTECYi0xAWItMlggTmZZ1aeY0PP8-Ebdufqcg9TWEs_mJaFJmJ57uRyQ1BxiLTNYIQCzqsN1dkCeZKpWGKEVP0-eqBlkK\
        GNCjfcdg5221SRZX_9jZm10ZG5vbmX_";
    let (world, mut device) = (World::new(), VirtualAuthenticator::new(1));
    let started = options(&world, ALICE, "general").await;
    let mut credential = created(&mut device, &started, ONE_ORIGIN);
    credential["response"]["attestationObject"] = SAMPLE.into();
    let reply = completed(&world, &complete(&credential)).await;
    assert_errors(&reply, &["[cbor-indefinite-length]credential.response.attestationObject"]);
    // With that mended, the next one.
    let started = options(&world, ALICE, "general").await;
    let mut draft = device.create(&started.to_string(), ONE_ORIGIN).unwrap();
    draft.att_stmt = Some(Cbor::Null);
    let reply = completed(&world, &complete(&draft.finish())).await;
    assert_errors(&reply, &["[attestation-object-member-type]credential.response.attestationObject"]);
}
