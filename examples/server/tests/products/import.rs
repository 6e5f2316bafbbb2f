//! Row D3.

use passkeeper::testing::{KeyAlgorithm, VirtualAuthenticator, VirtualCredential};
use serde_json::{Value, json};

use crate::lifecycle::passkey;
use crate::shape::*;
use crate::world::*;

const PATH: &str = "/api/webauthn/import";

/// A public key of the document's samples.
const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEz9DI9AQfZn1aDJG5sw3Ckl7SoQ7E\n\
    LPElDoJMijphvVigTcNMTc8H9Xptl8B20QHMOXGTzaUxLGNY1c8yhw9VVA==\n-----END PUBLIC KEY-----";

/// The required members alone.
pub(crate) fn row(credential_id: &str) -> Value {
    json!({
        "algorithm": -7,
        "credentialId": credential_id,
        "displayName": "YubiKey",
        "name": "alice@example.com",
        "publicKey": PEM,
        "relyingPartyId": ONE,
        "userId": ALICE,
    })
}

async fn import(world: &World, rows: &[Value], validate: Option<bool>) -> Reply {
    let mut body = json!({ "credentials": rows });
    if let Some(validate) = validate {
        body["validateDbConstraints"] = validate.into();
    }
    world.call("POST", PATH, &[("authorization", KEY), ("x-fusionauth-tenantid", ONE_ID)], &body).await
}

async fn all(world: &World, user: &str) -> Vec<Value> {
    let all = world.keyed("GET", &format!("/api/webauthn?userId={user}"), &Value::Null).await.ok();
    all["credentials"].as_array().unwrap().clone()
}

#[tokio::test]
async fn d3_optional_fields_have_defaults() {
    let world = World::new();
    assert_eq!(import(&world, &[row("AAAB")], None).await.bare(), (200, true));
    let [record] = all(&world, ALICE).await.try_into().unwrap();
    let expected = json!({
        "algorithm": -7,
        "attestationType": "none",
        "authenticatorSupportsUserVerification": false,
        "credentialId": "AAAB",
        "data": {},
        "displayName": "YubiKey",
        "name": "alice@example.com",
        "insertInstant": NOW * 1000,
        "discoverable": false,
        "lastUseInstant": NOW * 1000,
        "publicKey": PEM,
        "relyingPartyId": ONE,
        "signCount": 0,
        "tenantId": ONE_ID,
        "transports": [],
        "userId": ALICE,
    });
    assert_eq!(without(&record, &["id"]), expected);
    // A random UUID.
    let id = record["id"].as_str().unwrap();
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
    let other = World::new();
    import(&other, &[row("AAAB")], None).await.ok();
    assert_ne!(all(&other, ALICE).await[0]["id"], id);
}

/// Moments come back to the second: the library keeps no more.
#[tokio::test]
async fn d3_what_is_given_comes_back() {
    let world = World::new();
    let mut full = row("HdN9wqP9mqOonacmiM2gIjASFYg");
    let more = json!({
        "attestationType": "attestation-ca",
        "authenticatorSupportsUserVerification": true,
        "data": { "colour": ["blue", 1.5] },
        "id": "c664318a-2384-4c35-9475-9a200e1d3b72",
        "insertInstant": 1_668_011_701_792_i64,
        "discoverable": true,
        "lastUseInstant": 1_668_021_630_599_i64,
        "signCount": 41,
        "transports": ["internal", "telepathy"],
        "userAgent": "Mozilla/5.0",
    });
    full.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    import(&world, &[full.clone()], Some(true)).await.ok();
    let [record] = all(&world, ALICE).await.try_into().unwrap();
    let mut expected = full;
    (expected["insertInstant"], expected["lastUseInstant"]) = (1_668_011_701_000_i64.into(), 1_668_021_630_000_i64.into());
    expected["tenantId"] = ONE_ID.into();
    assert_eq!(record, expected);
    let mut sample = passkey();
    sample["userAgent"] = "string".into();
    assert_shape(&without(&record, &["data"]), without(&sample, &["data"]));
}

#[tokio::test]
async fn d3_imported_passkeys_sign_in() {
    let world = World::new();
    let mut device = VirtualAuthenticator::new(1);
    let mut rows = Vec::new();
    for (n, algorithm) in
        [KeyAlgorithm::Es512, KeyAlgorithm::Es384, KeyAlgorithm::Es256, KeyAlgorithm::Rs256, KeyAlgorithm::Ps256].iter().enumerate()
    {
        // Its public key as PEM, as API D itself writes it.
        let mut maker = VirtualAuthenticator::new(10 + u64::try_from(n).unwrap()).with_algorithms(&[*algorithm]);
        let made = World::new().register(&mut maker, ALICE).await;
        let credential = &maker.credentials()[0];
        let mut held = VirtualCredential::new(credential.id.clone(), ONE, credential.user_handle.clone(), credential.key.clone());
        held.sign_count = 5;
        device.import(held);
        let mut row = row(made["credentialId"].as_str().unwrap());
        (row["algorithm"], row["publicKey"]) = (algorithm.cose_id().into(), made["publicKey"].clone());
        (row["authenticatorSupportsUserVerification"], row["signCount"]) = (true.into(), 5.into());
        rows.push(row);
    }
    import(&world, &rows, Some(true)).await.ok();
    for record in all(&world, ALICE).await {
        let start = json!({ "applicationId": ONE_APP, "userId": ALICE, "workflow": "bootstrap", "credentialId": record["id"] });
        let options = world.keyed("POST", "/api/webauthn/start", &start).await.ok()["options"].take();
        let credential = got(&mut device, &options, ONE_ORIGIN);
        assert_eq!(credential["id"], record["credentialId"]);
        let body = json!({ "credential": credential, "origin": ONE_ORIGIN, "rpId": ONE });
        let login = world.call("POST", "/api/webauthn/login", &[], &body).await;
        assert_eq!(login.status, 200, "{} {}", record["algorithm"], login.text);
    }
}

#[tokio::test]
async fn d3_each_bad_field_of_each_row_is_named_and_nothing_is_imported() {
    let world = World::new();
    let edit = |name: &'static str, value: Value| (name, value);
    let cases: [(_, &[&str]); 18] = [
        (edit("algorithm", Value::Null), &["[missing]credentials[1].algorithm"]),
        (edit("algorithm", json!(-8)), &["[invalid]credentials[1].algorithm"]),
        (edit("algorithm", json!(-35)), &["[public-key-curve-mismatch]credentials[1].publicKey"]),
        (edit("algorithm", json!("ES256")), &["[invalid]credentials[1].algorithm"]),
        (edit("credentialId", json!("")), &["[invalid]credentials[1].credentialId"]),
        (edit("credentialId", json!("+/")), &["[invalid]credentials[1].credentialId"]),
        (edit("displayName", json!("")), &["[blank]credentials[1].displayName"]),
        (edit("name", Value::Null), &["[missing]credentials[1].name"]),
        (edit("publicKey", json!("no key")), &["[public-key-encoding-malformed]credentials[1].publicKey"]),
        (edit("relyingPartyId", json!(TWO)), &["[invalid]credentials[1].relyingPartyId"]),
        (edit("userId", json!("alice")), &["[invalid]credentials[1].userId"]),
        (edit("attestationType", json!("compound")), &["[invalid]credentials[1].attestationType"]),
        (edit("attestationType", json!("strong")), &["[invalid]credentials[1].attestationType"]),
        (edit("data", json!([])), &["[invalid]credentials[1].data"]),
        (edit("id", json!("1")), &["[invalid]credentials[1].id"]),
        (edit("insertInstant", json!("2020-01-01")), &["[invalid]credentials[1].insertInstant"]),
        (edit("signCount", json!(-1)), &["[invalid]credentials[1].signCount"]),
        (edit("transports", json!("usb")), &["[invalid]credentials[1].transports"]),
    ];
    for ((name, value), codes) in cases {
        let mut bad = row("AAAC");
        bad[name] = value;
        for validate in [None, Some(true)] {
            assert_errors(&import(&world, &[row("AAAB"), bad.clone()], validate).await, codes);
        }
    }
    // Several at once.
    let nothing = ["algorithm", "credentialId", "displayName", "name", "publicKey", "relyingPartyId", "userId"];
    let codes: Vec<_> = nothing.iter().map(|name| format!("[missing]credentials[0].{name}")).collect();
    assert_eq!(import(&world, &[json!({})], None).await.errors(), (400, codes));
    for (body, code) in
        [(json!({}), "[missing]credentials"), (json!({ "credentials": [1] }), "[invalid]credentials"), (json!("{"), "[invalidJSON]")]
    {
        let headers = [("authorization", KEY), ("x-fusionauth-tenantid", ONE_ID)];
        assert_errors(&world.call("POST", PATH, &headers, &body).await, &[code]);
    }
    assert_eq!(all(&world, ALICE).await, [] as [Value; 0]);
}

#[tokio::test]
async fn d3_constraints_are_answered_by_name_where_asked_and_never_half_imported() {
    let world = World::new();
    import(&world, &[row("AAAA")], None).await.ok();
    let mut nobodys = row("AAAC");
    nobodys["userId"] = NOBODY.into();
    let mut staffs = row("AAAC");
    staffs["userId"] = ZOE.into();
    // An ID of its own that is another's.
    let [there] = all(&world, ALICE).await.try_into().unwrap();
    let mut same = row("AAAC");
    same["id"] = there["id"].clone();
    let cases: [(Value, &str); 5] = [
        (same, "[duplicate]credentials[1].id"),
        (nobodys, "[invalid]credentials[1].userId"),
        (staffs, "[invalid]credentials[1].userId"),
        // Taken in the store, and by an earlier row.
        (row("AAAA"), "[duplicate]credentials[1].credentialId"),
        (row("AAAB"), "[duplicate]credentials[1].credentialId"),
    ];
    for (bad, code) in cases {
        assert_errors(&import(&world, &[row("AAAB"), bad.clone()], Some(true)).await, &[code]);
        for validate in [None, Some(false)] {
            assert_eq!(import(&world, &[row("AAAB"), bad.clone()], validate).await.bare(), (500, true));
        }
        assert_eq!(all(&world, ALICE).await.len(), 1);
    }
}

/// What may be larger than other requests is an import, and only of whoever holds the key.
#[tokio::test]
async fn d3_an_import_of_8_mib_is_read_and_no_more() {
    let world = World::new();
    let body = json!({ "credentials": [row("AAAB")] }).to_string();
    let sized = |bytes: usize| json!(body.clone() + &" ".repeat(bytes - body.len()));
    const KIB: usize = 1024;
    let send = async |path: &str, key: &str, bytes: usize| {
        let headers = [("authorization", key), ("x-fusionauth-tenantid", ONE_ID)];
        world.call("POST", path, &headers, &sized(bytes)).await.status.as_u16()
    };
    for (path, key, bytes, status) in [
        (PATH, KEY, 8 * KIB * KIB + 1, 413),
        (PATH, "another key", 256 * KIB + 1, 413),
        (PATH, "another key", 256 * KIB, 401),
        ("/api/webauthn/start", KEY, 256 * KIB + 1, 413),
    ] {
        assert_eq!(send(path, key, bytes).await, status, "{path} {key} {bytes}");
        assert_eq!(all(&world, ALICE).await.len(), 0);
    }
    assert_eq!(send(PATH, KEY, 8 * KIB * KIB).await, 200);
    assert_eq!(all(&world, ALICE).await.len(), 1);
}

#[tokio::test]
async fn d3_the_tenant_is_named_where_there_are_several() {
    let body = json!({ "credentials": [row("AAAB")] });
    assert_errors(&World::new().keyed("POST", PATH, &body).await, &["[missing-tenant]"]);
    let mut single = tenants();
    single.as_array_mut().unwrap().truncate(1);
    assert_eq!(World::with(&[], &single).keyed("POST", PATH, &body).await.bare(), (200, true));
}
