//! Rows that are imported: what each format tells, what stays unknown, and that the passkey still signs in.

use passkeeper::import::{Format, HandleEncoding, Importer, UserHandleFrom};
use passkeeper::testing::{Backup, KeyAlgorithm};
use passkeeper::types::{Algorithm, Transport, UnixTime, UserHandle};
use passkeeper::{AuthenticationPolicy, AuthenticationRequest, CredentialRecord, UnknownBackupEligibility, UnknownUserVerification};
use serde_json::{Value, json};

use crate::common::*;
use crate::sample::{Device, USER, USER_BYTES, base64url, device, importer, user};

/// Files that hold three passkeys each: ES256 of number 7, RS256 of 8, EdDSA of 9, written once.
const FIXTURES: &[(Format, &[u8])] = &[
    (Format::FusionAuth, include_bytes!("../fixtures/import/fusionauth.json")),
    (Format::WebauthnRs, include_bytes!("../fixtures/import/webauthn-rs.json")),
    (Format::WebauthnRs, include_bytes!("../fixtures/import/webauthn-rs-0.4.json")),
    (Format::SimpleWebauthn, include_bytes!("../fixtures/import/simplewebauthn.json")),
    (Format::SimpleWebauthn, include_bytes!("../fixtures/import/simplewebauthn-8.jsonl")),
    (Format::JavaWebauthnServer, include_bytes!("../fixtures/import/java-webauthn-server.json")),
    (Format::Passkeeper, include_bytes!("../fixtures/import/passkeeper.jsonl")),
];

fn devices() -> [Device; 3] {
    [Device::new(KeyAlgorithm::Es256, 7), Device::new(KeyAlgorithm::Rs256, 8), Device::new(KeyAlgorithm::EdDsa, 9)]
}

fn read(format: Format, row: &Value) -> CredentialRecord {
    importer(format).row(row.to_string().as_bytes()).unwrap_or_else(|error| panic!("{format:?}: {error}"))
}

/// Signs in with an imported record under the default policy and one change to it.
fn sign_in(
    device: &Device,
    record: CredentialRecord,
    change: impl FnOnce(&mut AuthenticationPolicy),
) -> Result<CredentialRecord, passkeeper::Error> {
    let mut policy = AuthenticationPolicy::default();
    change(&mut policy);
    let rp = builder().authentication_policy(policy).build().unwrap();
    let mut authenticator = device.authenticator(&record.user_handle);
    let signing = SigningIn::with_record(rp, AuthenticationRequest::discoverable(), &mut authenticator, record);
    signing.verify().map(|verified| {
        let mut record = verified.record().clone();
        record.usage = verified.update().next;
        if verified.update().user_verified {
            record.supports_user_verification = Some(true);
        }
        record
    })
}

#[test]
fn d3_fixtures_of_every_format_are_read_and_their_passkeys_sign_in() {
    for (format, content) in FIXTURES {
        let importer = importer(*format);
        let rows: Vec<_> = importer.rows(content).collect();
        assert_eq!(rows.len(), 3, "{format:?}");
        for ((number, row), device) in (1..).zip(rows).zip(devices()) {
            assert_eq!((row.number, row.name), (number, device.id_text()), "{format:?}");
            let record = row.record.unwrap_or_else(|error| panic!("{format:?}, row {number}: {error}"));
            assert_eq!(record.credential_id.as_bytes(), device.id);
            assert_eq!((&record.public_key, &record.user_handle), (&device.public_key(), &user(*format)), "{format:?}");
            assert_eq!((record.scope.as_str(), record.rp_id.as_str()), (RP_ID, RP_ID));
            assert!(!record.attestation_trusted);
            let written = record.to_json().unwrap();
            assert_eq!(CredentialRecord::from_json(&written), Ok(record.clone()), "{format:?}");
            let used = sign_in(&device, record, |_| {}).unwrap_or_else(|error| panic!("{format:?}, row {number}: {error}"));
            assert_eq!((used.usage.sign_count, used.usage.backup_eligible), (1001, Some(false)), "{format:?}");
        }
    }
}

#[test]
fn every_format_takes_every_algorithm_it_has() {
    for format in Format::ALL {
        for algorithm in KeyAlgorithm::ALL {
            let device = Device::new(*algorithm, 30);
            let record = read(*format, &device.row(*format));
            assert_eq!(record.public_key, device.public_key(), "{format:?} {algorithm:?}");
        }
    }
}

#[test]
fn d3_fusionauth_defaults() {
    let full = device().row(Format::FusionAuth);
    let required = ["algorithm", "credentialId", "displayName", "name", "publicKey", "relyingPartyId", "userId"];
    let sparse: Value = required.map(|name| (name.to_owned(), full[name].clone())).into_iter().collect();
    let record = read(Format::FusionAuth, &sparse);
    assert_eq!((record.attestation_type.as_str(), &*record.attestation_format), ("none", "none"));
    assert_eq!((record.discoverable, record.usage.sign_count), (Some(false), 0));
    assert_eq!((record.created_at, record.last_used_at), (NOW, Some(NOW)));
    assert_eq!((record.transports, record.user_agent, record.data.len()), (vec![], None, 0));
    // Derived, so that the same row is the same record again, and of the form of a UUID.
    assert_eq!(record.id, read(Format::FusionAuth, &sparse).id);
    assert_eq!(record.id.as_bytes()[6] >> 4, 8);
    // Not said, so not known.
    assert_eq!(record.supports_user_verification, None);
    assert_eq!((record.usage.backup_eligible, record.usage.uv_initialized), (None, None));
}

#[test]
fn d8_fusionauth_says_everything() {
    let record = read(Format::FusionAuth, &device().row(Format::FusionAuth));
    assert_eq!(record.id.to_string(), "01234567-89ab-4cde-8f01-23456789abcd");
    assert_eq!((record.attestation_type.as_str(), record.attestation_trusted), ("basic", false));
    assert_eq!((record.name.as_str(), record.display_name.as_str()), ("ann@example.com", "Key ring"));
    assert_eq!((record.discoverable, record.usage.sign_count), (Some(true), 41));
    assert_eq!((record.created_at.as_secs(), record.last_used_at), (1_600_000_000, Some(UnixTime::from_secs(1_700_000_000))));
    assert_eq!(record.transports, [Transport::USB, Transport::new("warp-drive")]);
    assert_eq!((record.user_agent.as_deref(), record.user_handle), (Some("Mozilla/5.0"), handle(USER)));
    assert_eq!(record.data["device"], json!([1, "two"]));
    // What the authenticator can is not what it did.
    assert_eq!((record.supports_user_verification, record.usage.uv_initialized), (Some(true), None));
    assert_eq!(record.public_key.algorithm(), Algorithm::Es256);
}

#[test]
fn fusionauth_takes_names_of_algorithms_and_users_in_capitals() {
    let mut row = Device::new(KeyAlgorithm::Ps384, 1).row(Format::FusionAuth);
    row["algorithm"] = json!("PS384");
    row["userId"] = json!(USER.to_uppercase());
    row["publicKey"] = json!(row["publicKey"].as_str().unwrap().replace('\n', "\r\n"));
    let record = read(Format::FusionAuth, &row);
    assert_eq!((record.algorithm(), record.user_handle), (Algorithm::Ps384, handle(USER)));
}

#[test]
fn d12_padding_is_tolerated_coming_in() {
    for (format, pointers) in [
        (Format::FusionAuth, ["/credentialId"].as_slice()),
        (Format::WebauthnRs, &["/cred/cred_id", "/cred/cred/key/EC_EC2/x", "/cred/cred/key/EC_EC2/y"]),
        (Format::SimpleWebauthn, &["/id", "/publicKey", "/webauthnUserID"]),
        (
            Format::JavaWebauthnServer,
            &["/credential/credentialId", "/credential/userHandle", "/credential/publicKeyCose", "/userIdentity/id"],
        ),
        (Format::Passkeeper, &["/credential_id", "/public_key", "/user_handle"]),
    ] {
        let plain = device().row(format);
        let mut padded = plain.clone();
        for pointer in pointers {
            let member = padded.pointer_mut(pointer).unwrap();
            let text = member.as_str().unwrap();
            *member = json!(format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4)));
        }
        assert_ne!(plain, padded);
        let record = read(format, &padded);
        assert_eq!(record, read(format, &plain), "{format:?}");
        assert!(!record.to_json().unwrap().contains('='));
    }
}

#[test]
fn webauthn_rs_tells_user_verification_and_backup_flags() {
    let told = |change: fn(&mut Value)| {
        let mut row = device().row(Format::WebauthnRs);
        change(&mut row["cred"]);
        let record = read(Format::WebauthnRs, &row);
        (record.usage.uv_initialized, record.supports_user_verification, record.usage.backup_eligible, record.discoverable)
    };
    assert_eq!(told(|_| {}), (Some(true), Some(true), Some(false), Some(true)));
    assert_eq!(told(|cred| cred["user_verified"] = json!(false)), (Some(false), Some(false), Some(false), Some(true)));
    // Not asked for, and so not known.
    let discouraged = told(|cred| {
        cred["user_verified"] = json!(false);
        cred["registration_policy"] = json!("discouraged");
    });
    assert_eq!(discouraged, (Some(false), None, Some(false), Some(true)));
    for unsaid in [json!("Ignored"), json!("NotRequested"), json!({}), Value::Null] {
        let mut row = device().row(Format::WebauthnRs);
        row["cred"]["extensions"]["cred_props"] = unsaid;
        assert_eq!(read(Format::WebauthnRs, &row).discoverable, None);
    }
    // Version 0.3, which knew no backup flags.
    let old = told(|cred| {
        let members = cred.as_object_mut().unwrap();
        let verified = members.remove("user_verified").unwrap();
        members.insert("verified".into(), verified);
        for name in ["backup_eligible", "backup_state", "extensions", "transports"] {
            members.remove(name);
        }
    });
    assert_eq!(old, (Some(true), Some(true), None, None));
}

#[test]
fn webauthn_rs_writes_bytes_as_base64url_or_as_numbers() {
    let plain = device().row(Format::WebauthnRs);
    let numbers = |text: &Value| json!(passkeeper::types::Bytes::from_base64url(text.as_str().unwrap()).unwrap().into_vec());
    let mut row = plain.clone();
    row["cred"]["cred_id"] = numbers(&plain["cred"]["cred_id"]);
    for name in ["x", "y"] {
        row["cred"]["cred"]["key"]["EC_EC2"][name] = numbers(&plain["cred"]["cred"]["key"]["EC_EC2"][name]);
    }
    assert_eq!(read(Format::WebauthnRs, &row), read(Format::WebauthnRs, &plain));
}

#[test]
fn simplewebauthn_has_many_spellings() {
    let plain = device().row(Format::SimpleWebauthn);
    let expected = read(Format::SimpleWebauthn, &plain);
    let (id, key) = (device().id, device().public_key().as_bytes().to_vec());
    let indexed: Value = key.iter().enumerate().map(|(index, byte)| (index.to_string(), json!(byte))).collect();
    let hex = |bytes: &[u8]| bytes.iter().fold("\\x".to_owned(), |text, b| text + &format!("{b:02x}"));
    let standard = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &key);
    assert!(standard.contains(['+', '/']), "{standard}");
    let user = base64url(&USER_BYTES);
    for row in [
        json!({ "credentialID": id, "credentialPublicKey": key, "counter": 41, "webAuthnUserID": user, "id": "database's own",
            "credentialDeviceType": "singleDevice", "credentialBackedUp": false, "transports": "usb, warp-drive" }),
        json!({ "credential_id": base64url(&id), "public_key": hex(&key), "counter": "41", "webauthn_user_id": user, "id": 5,
            "device_type": "singleDevice", "backed_up": 0, "transports": "usb,warp-drive," }),
        json!({ "credential_id": base64url(&id), "credential_public_key": standard, "counter": 41, "webauthnUserId": user,
            "credential_device_type": "singleDevice", "credential_backed_up": false, "transports": ["usb", "warp-drive"] }),
        json!({ "credentialId": { "type": "Buffer", "data": id }, "publicKey": indexed, "counter": 41, "webauthnUserID": user,
            "deviceType": "singleDevice", "transports": ["usb", "warp-drive"] }),
    ] {
        assert_eq!(read(Format::SimpleWebauthn, &row), expected, "{row}");
    }
    let mut synced = plain.clone();
    (synced["deviceType"], synced["backedUp"]) = (json!("multiDevice"), json!(1));
    let synced = read(Format::SimpleWebauthn, &synced).usage;
    assert_eq!((synced.backup_eligible, synced.backup_state, synced.uv_initialized), (Some(true), true, None));
    let unsaid = json!({ "id": plain["id"], "publicKey": plain["publicKey"], "counter": 3, "webauthnUserID": user });
    let unsaid = read(Format::SimpleWebauthn, &unsaid);
    assert_eq!((unsaid.usage.backup_eligible, unsaid.usage.backup_state), (None, false));
    assert_eq!((unsaid.discoverable, unsaid.supports_user_verification), (None, None));
}

#[test]
fn java_webauthn_server_registrations_and_bare_credentials() {
    let row = device().row(Format::JavaWebauthnServer);
    let record = read(Format::JavaWebauthnServer, &row);
    assert_eq!((record.name.as_str(), record.created_at.as_secs()), ("Key ring", 1_600_000_000));
    assert_eq!((record.usage.backup_eligible, record.usage.sign_count), (Some(false), 41));
    assert_eq!(record.transports, [Transport::USB, Transport::new("warp-drive")]);
    assert_eq!((record.usage.uv_initialized, record.supports_user_verification), (None, None));

    let mut bare = row["credential"].clone();
    bare["backupEligible"] = Value::Null;
    bare["transports"] = json!(["nfc"]);
    let bare = read(Format::JavaWebauthnServer, &bare);
    assert_eq!((bare.usage.backup_eligible, bare.created_at, bare.name.as_str()), (None, NOW, ""));
    assert_eq!(bare.transports, [Transport::NFC]);

    for (time, secs) in [
        (json!("1970-01-01T00:00:00Z"), 0),
        (json!("2024-02-29T23:59:59.999999999Z"), 1_709_251_199),
        (json!(1_600_000_000), 1_600_000_000),
        (json!(1_600_000_000.25), 1_600_000_000),
    ] {
        let mut row = row.clone();
        row["registrationTime"] = time.clone();
        assert_eq!(read(Format::JavaWebauthnServer, &row).created_at.as_secs(), secs, "{time}");
    }
}

#[test]
fn user_handles_come_from_where_the_caller_says() {
    let mut row = device().row(Format::WebauthnRs);
    row["account"] = json!(4711);
    row["handle"] = json!(base64url(b"ann"));
    row["mail"] = json!("ann@example.com");
    let read = |from| {
        let importer = Importer::new(&relying_party(), Format::WebauthnRs, NOW).user_handle_from(from);
        importer.row(row.to_string().as_bytes()).map(|record| record.user_handle)
    };
    let member = |name: &str, encoding| UserHandleFrom::Member(name.into(), encoding);
    assert_eq!(read(member("user_id", HandleEncoding::Uuid)), Ok(UserHandle::new(USER_BYTES).unwrap()));
    assert_eq!(read(member("user_id", HandleEncoding::Text)), Ok(handle(USER)));
    assert_eq!(read(member("account", HandleEncoding::Text)), Ok(handle("4711")));
    assert_eq!(read(member("handle", HandleEncoding::Base64url)), Ok(handle("ann")));
    assert_eq!(read(UserHandleFrom::With(Box::new(|row| UserHandle::new(row["account"].to_string()).ok()))), Ok(handle("4711")));

    let code = |from| refusal(read(from)).0;
    assert_eq!(code(UserHandleFrom::Row), "import-user-handle-unknown");
    assert_eq!(code(UserHandleFrom::With(Box::new(|_| None))), "import-user-handle-unknown");
    assert_eq!(code(member("nobody", HandleEncoding::Text)), "import-member-missing");
    assert_eq!(code(member("cred", HandleEncoding::Text)), "import-member-type");
    assert_eq!(code(member("account", HandleEncoding::Uuid)), "import-member-type");
    assert_eq!(code(member("handle", HandleEncoding::Uuid)), "import-member-value");
    assert_eq!(code(member("mail", HandleEncoding::Base64url)), "base64url-malformed");

    // The caller's word goes before the row's, in every format.
    for format in Format::ALL {
        let importer = Importer::new(&relying_party(), *format, NOW);
        let importer = importer.user_handle_from(UserHandleFrom::With(Box::new(|_| UserHandle::new("mapped").ok())));
        let record = importer.row(device().row(*format).to_string().as_bytes()).unwrap();
        assert_eq!(record.user_handle, handle("mapped"), "{format:?}");
    }
}

#[test]
fn what_an_import_cannot_know_is_learned_at_first_use_or_refused() {
    let record = read(Format::SimpleWebauthn, &{
        let mut row = device().row(Format::SimpleWebauthn);
        row["deviceType"] = Value::Null;
        row
    });
    let usage = |record: CredentialRecord| (record.usage.backup_eligible, record.usage.uv_initialized, record.supports_user_verification);
    assert_eq!(usage(record.clone()), (None, None, None));
    let used = sign_in(&device(), record.clone(), |_| {}).unwrap();
    assert_eq!(usage(used.clone()), (Some(false), None, Some(true)));
    let used = sign_in(&device(), record.clone(), |policy| policy.user_verification_unknown = UnknownUserVerification::DangerLearn);
    assert_eq!(usage(used.unwrap()), (Some(false), Some(true), Some(true)));
    let refused = sign_in(&device(), record.clone(), |policy| policy.backup_eligibility_unknown = UnknownBackupEligibility::Refuse);
    assert_eq!(refusal(refused), ("backup-eligibility-unknown", Some("7.2/19")));

    // Once learned, it is permanent.
    let mut learned = record;
    learned.usage.backup_eligible = Some(true);
    learned.usage.backup_state = false;
    let mut authenticator = device().authenticator(&learned.user_handle).with_backup(Backup::NotEligible);
    let signing = SigningIn::with_record(relying_party(), AuthenticationRequest::discoverable(), &mut authenticator, learned);
    assert_eq!(refusal(signing.verify()), ("backup-eligibility-changed", Some("7.2/19")));
}
