//! Rows that are not imported: one change to a good row, and the exact code.

use passkeeper::import::Format;
use passkeeper::{CosePublicKey, CredentialRecord};
use serde_json::{Map, Value, json};

use crate::common::*;
use crate::sample::{base64url, device, importer};

use Format::{FusionAuth, JavaWebauthnServer, Passkeeper, SimpleWebauthn, WebauthnRs};

fn read(format: Format, row: &Value) -> Result<CredentialRecord, passkeeper::Error> {
    importer(format).row(row.to_string().as_bytes())
}

/// The members that each format knows: where, whether it is required, and that no other JSON type will do.
const MEMBERS: &[(Format, &[(&str, bool)])] = &[
    (
        FusionAuth,
        &[
            ("/algorithm", true),
            ("/attestationType", false),
            ("/authenticatorSupportsUserVerification", false),
            ("/credentialId", true),
            ("/data", false),
            ("/discoverable", false),
            ("/displayName", true),
            ("/id", false),
            ("/insertInstant", false),
            ("/lastUseInstant", false),
            ("/name", true),
            ("/publicKey", true),
            ("/relyingPartyId", true),
            ("/signCount", false),
            ("/transports", false),
            ("/userAgent", false),
            ("/userId", true),
        ],
    ),
    (
        WebauthnRs,
        &[
            ("/user_id", true),
            ("/cred", true),
            ("/cred/cred_id", true),
            ("/cred/cred", true),
            ("/cred/cred/type_", true),
            ("/cred/cred/key", true),
            ("/cred/cred/key/EC_EC2", true),
            ("/cred/cred/key/EC_EC2/curve", true),
            ("/cred/cred/key/EC_EC2/x", true),
            ("/cred/cred/key/EC_EC2/y", true),
            ("/cred/counter", true),
            ("/cred/transports", false),
            ("/cred/user_verified", true),
            ("/cred/backup_eligible", false),
            ("/cred/backup_state", false),
            ("/cred/registration_policy", false),
            ("/cred/extensions", false),
            ("/cred/extensions/cred_props/Unsigned", false),
            ("/cred/extensions/cred_props/Unsigned/rk", false),
        ],
    ),
    (
        SimpleWebauthn,
        &[("/id", true), ("/publicKey", true), ("/counter", true), ("/deviceType", false), ("/backedUp", false), ("/transports", false)],
    ),
    (
        JavaWebauthnServer,
        &[
            ("/userIdentity", false),
            ("/userIdentity/id", false),
            ("/credentialNickname", false),
            ("/transports", false),
            ("/registrationTime", false),
            ("/credential", true),
            ("/credential/credentialId", true),
            ("/credential/userHandle", true),
            ("/credential/publicKeyCose", true),
            ("/credential/signatureCount", true),
            ("/credential/backupEligible", false),
            ("/credential/backupState", false),
        ],
    ),
];

/// The object around a member, and its name.
fn place<'r>(row: &'r mut Value, pointer: &'r str) -> (&'r mut Map<String, Value>, &'r str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    (row.pointer_mut(parent).unwrap().as_object_mut().unwrap(), name)
}

#[test]
fn members_that_are_missing_are_refused_where_they_are_required() {
    for (format, members) in MEMBERS {
        for (pointer, required) in *members {
            for null in [false, true] {
                let mut row = device().row(*format);
                let (object, name) = place(&mut row, pointer);
                if null {
                    object[name] = Value::Null;
                } else {
                    object.remove(name).unwrap();
                }
                let code = read(*format, &row).map_err(|error| error.code());
                let expected = required.then_some("import-member-missing");
                assert_eq!(code.err(), expected, "{format:?} {pointer} null: {null}");
            }
        }
    }
}

#[test]
fn members_of_another_type_are_refused() {
    for (format, members) in MEMBERS {
        for (pointer, _) in *members {
            let mut row = device().row(*format);
            let (object, name) = place(&mut row, pointer);
            let wrongs = match &object[name] {
                Value::Object(_) => [json!("text"), json!(7.5), json!([])],
                _ => [json!([{}]), json!({ "a": 1 }), json!([[]])],
            };
            for wrong in wrongs {
                let mut row = device().row(*format);
                let (object, name) = place(&mut row, pointer);
                object[name] = wrong.clone();
                assert_eq!(refusal(read(*format, &row)), ("import-member-type", None), "{format:?} {pointer} = {wrong}");
            }
        }
    }
}

#[test]
fn members_that_occur_twice_are_refused() {
    for (format, members) in MEMBERS {
        for (pointer, _) in *members {
            // The same text once more, so that the values agree.
            let mut row = device().row(*format);
            let (object, name) = place(&mut row, pointer);
            let name = json!(name).to_string();
            let member = format!("{name}:{}", object[&name[1..name.len() - 1]]);
            object.insert("marker".into(), json!(0));
            let row = row.to_string().replacen(r#""marker":0"#, &member, 1);
            assert!(row.matches(&format!("{name}:")).count() >= 2, "{row}");
            let result = importer(*format).row(row.as_bytes());
            assert_eq!(refusal(result), ("import-member-duplicate", None), "{format:?} {pointer}");
        }
    }
    // Also where nobody looks, and by another spelling of the name.
    for (format, inner) in [(FusionAuth, r#""data":{"a":1,"a":2}"#), (SimpleWebauthn, r#""x":[{"a":1,"\u0061":2}]"#)] {
        let row = device().row(format).to_string();
        let row = row.replacen('{', &format!("{{{inner},"), 1);
        assert_eq!(refusal(importer(format).row(row.as_bytes())), ("import-member-duplicate", None), "{row}");
    }
}

#[test]
fn values_that_cannot_be_imported_are_refused() {
    let off_curve = {
        let mut key = device().key.cose_key();
        key.set(-3, passkeeper::testing::Cbor::bytes([1; 32]));
        key.encode()
    };
    let off_curve_pem = CosePublicKey::new(off_curve.clone()).unwrap().to_pem().unwrap();
    let small_rsa = vec![0x81; 128];
    let private = {
        let mut key = device().key.cose_key();
        key.set(-4, passkeeper::testing::Cbor::bytes([1; 32]));
        key.encode()
    };
    let long = |len: usize| json!("x".repeat(len));
    let transports = |count: usize, len: usize| json!(vec!["x".repeat(len); count]);
    for (format, pointer, value, code) in [
        (FusionAuth, "/algorithm", json!(-65535), "public-key-algorithm-unsupported"),
        (FusionAuth, "/algorithm", json!("ES256K"), "public-key-algorithm-unsupported"),
        (FusionAuth, "/algorithm", json!(-7.5), "import-member-value"),
        (FusionAuth, "/algorithm", json!(-35), "public-key-curve-mismatch"),
        (FusionAuth, "/algorithm", json!(-257), "public-key-type-mismatch"),
        (FusionAuth, "/attestationType", json!("compound"), "import-member-value"),
        (FusionAuth, "/attestationType", json!("None"), "import-member-value"),
        (FusionAuth, "/credentialId", json!(""), "credential-id-empty"),
        (FusionAuth, "/credentialId", json!("+/+/"), "base64url-malformed"),
        (FusionAuth, "/credentialId", json!(base64url(&[1; 1024])), "credential-id-too-long"),
        (FusionAuth, "/displayName", long(257), "import-member-too-long"),
        (FusionAuth, "/name", long(257), "name-invalid"),
        (FusionAuth, "/name", json!(""), "name-invalid"),
        (FusionAuth, "/id", json!("1"), "import-member-value"),
        (FusionAuth, "/id", json!("01234567-89ab-4cde-8f01-23456789abcg"), "import-member-value"),
        (FusionAuth, "/insertInstant", json!(-1), "import-member-value"),
        (FusionAuth, "/insertInstant", json!(i64::MAX), "import-member-value"),
        (FusionAuth, "/lastUseInstant", json!(1e300), "import-member-value"),
        (FusionAuth, "/publicKey", json!(""), "public-key-encoding-malformed"),
        (FusionAuth, "/publicKey", long(5000), "public-key-encoding-malformed"),
        (FusionAuth, "/publicKey", json!(off_curve_pem), "public-key-not-on-curve"),
        (FusionAuth, "/publicKey", json!("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"), "public-key-private-part"),
        (FusionAuth, "/relyingPartyId", json!("example.org"), "ceremony-relying-party-mismatch"),
        (FusionAuth, "/relyingPartyId", json!("EXAMPLE.COM"), "ceremony-relying-party-mismatch"),
        (FusionAuth, "/signCount", json!(-1), "import-member-value"),
        (FusionAuth, "/signCount", json!(1_u64 << 32), "import-member-value"),
        (FusionAuth, "/signCount", json!(u64::MAX), "import-member-value"),
        (FusionAuth, "/signCount", json!(1.5), "import-member-value"),
        (FusionAuth, "/transports", transports(17, 3), "import-member-too-long"),
        (FusionAuth, "/transports", transports(1, 65), "import-member-too-long"),
        (FusionAuth, "/userId", json!("ann"), "import-member-value"),
        (FusionAuth, "/userAgent", json!("x".repeat(70_000)), "import-row-too-large"),
        (WebauthnRs, "/cred/cred_id", json!([256]), "import-member-type"),
        (WebauthnRs, "/cred/cred_id", json!([-1]), "import-member-type"),
        (WebauthnRs, "/cred/cred_id", json!([]), "credential-id-empty"),
        (WebauthnRs, "/cred/cred_id", json!(vec![1; 1024]), "credential-id-too-long"),
        (WebauthnRs, "/cred/cred/type_", json!("INSECURE_RS1"), "public-key-algorithm-unsupported"),
        (WebauthnRs, "/cred/cred/type_", json!("ES384"), "public-key-curve-mismatch"),
        (WebauthnRs, "/cred/cred/type_", json!("EDDSA"), "public-key-type-mismatch"),
        (WebauthnRs, "/cred/cred/key/EC_EC2/curve", json!("SECP256K1"), "public-key-curve-mismatch"),
        (WebauthnRs, "/cred/cred/key/EC_EC2/curve", json!("SECP521R1"), "public-key-curve-mismatch"),
        (WebauthnRs, "/cred/cred/key/EC_EC2/x", json!(base64url(&[1; 31])), "public-key-coordinate-length"),
        (WebauthnRs, "/cred/cred/key/EC_EC2/x", json!(vec![1; 33]), "public-key-coordinate-length"),
        (WebauthnRs, "/cred/cred/key/EC_EC2/y", json!(vec![1; 32]), "public-key-not-on-curve"),
        (WebauthnRs, "/cred/cred/key", json!({ "EC_OKP": { "curve": "ED448", "x": "AAAA" } }), "public-key-curve-mismatch"),
        (WebauthnRs, "/cred/cred/key", json!({ "EC_OKP": { "curve": "ED25519", "x": "AAAA" } }), "public-key-coordinate-length"),
        (WebauthnRs, "/cred/cred/key", json!({ "EC_OKP": { "curve": "ED25519", "x": vec![1; 32] } }), "public-key-type-mismatch"),
        (WebauthnRs, "/cred/cred/key", json!({ "RSA": { "n": small_rsa, "e": [1, 0, 1] } }), "public-key-type-mismatch"),
        (WebauthnRs, "/cred/counter", json!(-1), "import-member-value"),
        (WebauthnRs, "/cred/backup_state", json!(true), "backup-state-without-eligibility"),
        (WebauthnRs, "/user_id", json!("ann"), "import-member-value"),
        (SimpleWebauthn, "/id", json!("!"), "base64url-malformed"),
        (SimpleWebauthn, "/id", json!("\\x0"), "base64url-malformed"),
        (SimpleWebauthn, "/id", json!("\\x0g"), "base64url-malformed"),
        (SimpleWebauthn, "/publicKey", json!(""), "cbor-truncated"),
        (SimpleWebauthn, "/publicKey", json!(off_curve), "public-key-not-on-curve"),
        (SimpleWebauthn, "/publicKey", json!(private), "public-key-private-part"),
        (SimpleWebauthn, "/publicKey", json!({ "0": 1, "2": 1 }), "import-member-type"),
        (SimpleWebauthn, "/publicKey", json!({ "type": "Buffer", "data": [300] }), "import-member-type"),
        (SimpleWebauthn, "/counter", json!("4294967296"), "import-member-value"),
        (SimpleWebauthn, "/counter", json!("-1"), "import-member-value"),
        (SimpleWebauthn, "/deviceType", json!("platform"), "import-member-value"),
        (SimpleWebauthn, "/backedUp", json!(2), "import-member-type"),
        (SimpleWebauthn, "/backedUp", json!(true), "backup-state-without-eligibility"),
        (SimpleWebauthn, "/transports", json!("x,".repeat(17)), "import-member-too-long"),
        (SimpleWebauthn, "/webauthnUserID", json!(base64url(&[1; 65])), "user-handle-length"),
        (SimpleWebauthn, "/webauthnUserID", json!(""), "user-handle-length"),
        (SimpleWebauthn, "/webauthnUserID", Value::Null, "import-user-handle-unknown"),
        (SimpleWebauthn, "/webauthnUserID", json!(5), "import-member-type"),
        (JavaWebauthnServer, "/credential/publicKeyCose", json!("AAAA"), "public-key-not-a-map"),
        (JavaWebauthnServer, "/credential/publicKeyCose", json!(base64url(&off_curve)), "public-key-not-on-curve"),
        (JavaWebauthnServer, "/credential/userHandle", json!(""), "user-handle-length"),
        (JavaWebauthnServer, "/userIdentity/id", json!("AAAA"), "import-member-value"),
        (JavaWebauthnServer, "/credential/signatureCount", json!(1_u64 << 40), "import-member-value"),
        (JavaWebauthnServer, "/credential/backupState", json!(true), "backup-state-without-eligibility"),
        (JavaWebauthnServer, "/credentialNickname", long(257), "import-member-too-long"),
        (JavaWebauthnServer, "/registrationTime", json!("yesterday"), "import-member-value"),
        (JavaWebauthnServer, "/registrationTime", json!("2020-09-13T12:26:40"), "import-member-value"),
        (JavaWebauthnServer, "/registrationTime", json!("2020-13-13T12:26:40Z"), "import-member-value"),
        (JavaWebauthnServer, "/registrationTime", json!("2020-09-13T12:26:40.Z"), "import-member-value"),
        (JavaWebauthnServer, "/registrationTime", json!("2020-09-13T12:26:40.1+2Z"), "import-member-value"),
        (JavaWebauthnServer, "/registrationTime", json!(-1), "import-member-value"),
        (JavaWebauthnServer, "/registrationTime", json!(1e30), "import-member-value"),
        (Passkeeper, "/version", json!(2), "record-version-unsupported"),
        (Passkeeper, "/version", json!("1"), "record-malformed"),
        (Passkeeper, "/user_handle", json!(""), "record-malformed"),
        (Passkeeper, "/credential_id", json!(""), "credential-id-empty"),
        (Passkeeper, "/rp_id", json!("example.org"), "ceremony-relying-party-mismatch"),
        (Passkeeper, "/scope", json!("another"), "ceremony-relying-party-mismatch"),
        (Passkeeper, "/public_key", json!(base64url(&off_curve)), "public-key-not-on-curve"),
        (Passkeeper, "/backup_eligible", json!("yes"), "record-malformed"),
        (Passkeeper, "/name", json!("a\0b"), "import-member-value"),
        (Passkeeper, "/name", json!("x".repeat(257)), "import-member-value"),
        (Passkeeper, "/display_name", json!("x".repeat(257)), "import-member-value"),
        (Passkeeper, "/user_agent", json!("x".repeat(1025)), "import-member-value"),
        (Passkeeper, "/created_at", json!(NOW.as_secs() + 86_401), "import-member-value"),
        (Passkeeper, "/last_used_at", json!(i64::MAX), "import-member-value"),
        (FusionAuth, "/name", json!("a\0b"), "import-member-value"),
        (FusionAuth, "/lastUseInstant", json!((NOW.as_secs() + 86_401) * 1000), "import-member-value"),
    ] {
        let mut row = device().row(format);
        let (parent, name) = place(&mut row, pointer);
        parent.insert(name.into(), value.clone());
        let found = read(format, &row).map_or_else(|error| error.code(), |_| "accepted");
        assert_eq!(found, code, "{format:?} {pointer} = {value:.80}");
    }
}

#[test]
fn rows_of_another_shape_are_refused() {
    for format in Format::ALL {
        for row in ["", "{", "[]", "7", "null", "\"row\"", "{}}", "{\"a\":}", "{\"a\":\u{1}}", "{'a':1}"] {
            assert_eq!(refusal(importer(*format).row(row.as_bytes())), ("import-row-malformed", None), "{format:?} {row}");
        }
        assert_eq!(refusal(importer(*format).row(b"{\"a\":\"\xff\"}")), ("import-row-malformed", None), "{format:?}");
        let deep = ["{\"a\":", &"[".repeat(500), &"]".repeat(500), "}"].concat();
        assert_eq!(refusal(importer(*format).row(deep.as_bytes())), ("import-row-malformed", None), "{format:?}");
        assert_eq!(refusal(importer(*format).row(b"{}")), ("import-member-missing", None), "{format:?}");
        assert_eq!(refusal(importer(*format).row(&[b' '; 65_537])), ("import-row-too-large", None), "{format:?}");
    }
}

#[test]
fn rows_of_one_format_are_not_taken_for_another() {
    for made in Format::ALL {
        for read_as in Format::ALL.iter().filter(|format| *format != made) {
            let result = importer(*read_as).row(device().row(*made).to_string().as_bytes());
            assert!(result.is_err(), "{made:?} read as {read_as:?}");
        }
    }
}

#[test]
fn names_of_formats_are_stable() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(*format));
    }
    assert_eq!(refusal("fusion-auth".parse::<Format>()), ("import-member-value", None));
}
