//! The report: it goes on after the first fault and names them all.

use passkeeper::testing::{Cbor, RegistrationDraft, flags};
use serde_json::{Value, json};

use crate::run::{Line, inspect};
use crate::sample;

fn report(file: &Value) -> Line {
    inspect(&["--pretty"], &[file.to_string().into_bytes()]).into_iter().next().unwrap()
}

/// The codes of the list of faults, in order.
fn faults(line: &Line) -> Vec<&str> {
    let list = line.report.lines().skip_while(|text| !text.trim_start().starts_with("faults: ")).skip(1);
    list.filter_map(|text| Some(text.trim_start().split_once(". ")?.1.split_once(':')?.0)).collect()
}

#[track_caller]
fn assert_contains(line: &Line, parts: &[&str]) {
    for part in parts {
        assert!(line.report.contains(part), "no {part:?} in\n{}", line.report);
    }
}

/// A map of indefinite length.
fn indefinite(entries: &[(Cbor, Cbor)]) -> Cbor {
    let entries: Vec<u8> = entries.iter().flat_map(|(key, value)| [key.encode(), value.encode()].concat()).collect();
    Cbor::Raw([[0xbf].as_slice(), &entries, &[0xff]].concat())
}

/// What documentation was once seen to give as a sample: maps of indefinite length, a statement of null, labels
/// as text, a coordinate with its sign byte, and an ID, an origin and an RP ID that belong to something else.
fn odd_registration(draft: &mut RegistrationDraft) {
    draft.id = Some("3q2-7w".into());
    draft.raw_id = draft.id.clone();
    draft.auth_data.set_rp_id("login.example.net");
    draft.auth_data.sign_count = 22;
    let attested = draft.auth_data.attested.as_mut().unwrap();
    let y = attested.public_key.get(-3).unwrap().clone();
    let Cbor::Bytes(y) = y else { panic!("{y:?}") };
    attested.public_key = indefinite(&[
        (Cbor::text("3"), Cbor::Int(-7)),
        (Cbor::text("1"), Cbor::Int(2)),
        (Cbor::text("-1"), Cbor::Int(1)),
        (Cbor::text("-2"), attested.public_key.get(-2).unwrap().clone()),
        (Cbor::text("-3"), Cbor::Bytes([vec![0], y].concat())),
    ]);
    draft.attestation_object = Some(indefinite(&[
        (Cbor::text("attStmt"), Cbor::Null),
        (Cbor::text("authData"), Cbor::Bytes(draft.auth_data.to_bytes())),
        (Cbor::text("fmt"), Cbor::text("none")),
    ]));
}

#[test]
fn a_registration_with_everything_wrong_is_shown_whole() {
    let line = report(&sample::registration_with(odd_registration));
    assert_eq!((line.text("code"), line.text("spec_step")), (Some("cbor-indefinite-length"), Some("7.1/13")));
    assert_eq!((line.text("fmt"), &line["alg"], &line["sign_count"]), (Some("none"), &json!(-7), &json!(22)));
    assert_eq!(line.text("aaguid"), Some("56697274-7561-6c41-7574-68656e746963"));
    let expected = [
        "cbor-indefinite-length",
        "attestation-object-member-type",
        "rp-id-hash-mismatch",
        "cbor-indefinite-length",
        "credential-id-mismatch",
        "credential-id-mismatch",
        "public-key-extra-parameter",
        "public-key-coordinate-length",
    ];
    assert_eq!(faults(&line), expected, "{}", line.report);
    let first = line.report.lines().find(|text| text.contains("<- the ceremony stops here")).unwrap();
    assert!(first.contains(" 1. cbor-indefinite-length"), "{first}");
    let parts = ["attStmt            null", "0x45 UP UV AT", "sign count         22", "\"3\" alg", "ES256 (-7)", "(33 bytes)"];
    assert_contains(&line, &parts);
}

#[test]
fn faults_before_the_attestation_object_are_named_with_those_after() {
    let mut file = sample::registration_with(|draft| {
        odd_registration(draft);
        draft.client_data.origin = "https://login.example.net".into();
    });
    file["response"].as_object_mut().unwrap().remove("rawId");
    file["challenge"] = "AAAAAAAAAAAAAAAAAAAAAA".into();
    let line = report(&file);
    assert_eq!(line.text("code"), Some("member-missing"));
    let found = faults(&line);
    assert_eq!(found[..4], ["member-missing", "challenge-mismatch", "origin-mismatch", "cbor-indefinite-length"]);
    // Whose hash it is can be guessed from the origin.
    assert_contains(&line, &["of \"login.example.net\" ✗ expected that of \"example.com\""]);
}

#[test]
fn each_fault_of_a_registration_is_named() {
    type Change = fn(&mut RegistrationDraft);
    let cases: &[(Change, &[&str])] = &[
        (|draft| draft.client_data.type_ = "webauthn.get".into(), &["client-data-type-mismatch"]),
        (|draft| draft.client_data.cross_origin = Some(true.into()), &["cross-origin-not-allowed"]),
        (|draft| draft.client_data.cross_origin = Some("no".into()), &["client-data-member-type"]),
        (|draft| draft.client_data.extra.push(("type".into(), "x".into())), &["client-data-type-mismatch", "client-data-duplicate-member"]),
        (|draft| draft.client_data.raw = Some(b"{".to_vec()), &["client-data-not-json"]),
        (
            |draft| draft.auth_data.flags = flags::AT | flags::BS,
            &["user-not-present", "user-not-verified", "backup-state-without-eligibility"],
        ),
        (|draft| draft.auth_data.set_attested(None), &["attested-data-missing"]),
        (|draft| draft.auth_data.trailing = vec![1], &["authenticator-data-trailing-bytes"]),
        (|draft| draft.auth_data.raw = Some(vec![0; 36]), &["authenticator-data-too-short", "rp-id-hash-mismatch"]),
        (|draft| draft.auth_data.set_flag(flags::ED, true), &["extensions-missing"]),
        (|draft| draft.attestation_trailing = vec![0], &["cbor-trailing-bytes"]),
        (|draft| draft.fmt = Some("odd".into()), &["attestation-format-unknown"]),
        (|draft| draft.fmt = Some(7.into()), &["attestation-object-member-type"]),
        (|draft| draft.att_stmt = Some(Cbor::map([("x", 1.into())])), &["attestation-statement-not-empty"]),
        (
            |draft| draft.att_stmt = Some(Cbor::map([("x", Cbor::Tag(1, Box::new(Cbor::Null)))])),
            &["cbor-tag", "attestation-statement-not-empty"],
        ),
        (|draft| draft.att_stmt = Some(Cbor::map([("x", Cbor::Float(1.0))])), &["cbor-float", "attestation-statement-not-empty"]),
        (
            |draft| draft.attestation_object = Some(Cbor::Array(vec![])),
            &["attestation-object-not-a-map", "attestation-object-member-missing"],
        ),
        (|draft| key(draft).set(3, -53), &["public-key-algorithm-unsupported"]),
        (|draft| key(draft).set(3, -8), &["public-key-type-mismatch", "algorithm-not-offered"]),
        (|draft| key(draft).set(-1, 2), &["public-key-curve-mismatch"]),
        (|draft| key(draft).set(-3, true), &["public-key-compressed-point"]),
        (|draft| key(draft).remove(-3), &["public-key-parameter-missing"]),
        (|draft| key(draft).push_entry(-4, vec![1]), &["public-key-private-part"]),
        (|draft| key(draft).push_entry(3, -7), &["cbor-duplicate-key"]),
        (|draft| key(draft).set(-2, vec![0xff; 32]), &["public-key-not-on-curve"]),
    ];
    for (change, expected) in cases {
        let line = report(&sample::registration_with(change));
        let found = faults(&line);
        for code in *expected {
            assert!(found.contains(code), "{code} is not among {found:?}\n{}", line.report);
        }
        assert!(found.contains(&line.text("code").unwrap()), "{line:?}");
    }
    let line = report(&sample::self_attested_with(|draft| draft.att_stmt_signature = Some(vec![0x30, 0])));
    assert_eq!(faults(&line), ["attestation-signature-invalid"]);
}

fn key(draft: &mut RegistrationDraft) -> &mut Cbor {
    &mut draft.auth_data.attested.as_mut().unwrap().public_key
}

#[test]
fn each_fault_of_an_authentication_is_named() {
    let line = report(&sample::authentication_with(|draft| {
        draft.credential_id = vec![1; 32];
        draft.user_handle = Some(b"mallory".to_vec());
        draft.auth_data.flags = flags::BE;
        draft.auth_data.sign_count = 1;
        draft.signature = Some(vec![0x30, 0]);
    }));
    let expected = [
        "user-not-present",
        "user-not-verified",
        "credential-not-found",
        "user-handle-mismatch",
        "counter-not-increased",
        "backup-eligibility-changed",
        "signature-invalid",
    ];
    assert_eq!(faults(&line), expected, "{}", line.report);
    assert_eq!(report(&sample::authentication()).report.lines().filter(|text| text.contains('✗')).count(), 0);
    assert!(faults(&report(&sample::authentication())).is_empty() && faults(&report(&sample::self_attested())).is_empty());
}

/// `credential.toJSON()` and nothing around it, as people paste it.
#[test]
fn a_bare_response_is_shown_whole_and_not_verified() {
    let registration = sample::self_attested()["response"].take();
    let line = report(&registration);
    assert_eq!((line.text("code"), line.text("kind"), line.text("fmt")), (Some("file-incomplete"), Some("misuse"), Some("packed")));
    assert!(line.text("message").unwrap().contains("bare response"), "{line:?}");
    assert_contains(
        &line,
        &[
            "registration: not judged: the file is a bare response",
            "  client data, ",
            "\"webauthn.create\" ✓",
            "(the file does not say which was issued)",
        ],
    );
    assert_contains(&line, &["  attestation object, ", "  authenticator data, ", "AAGUID", "self attestation   verifies ✓"]);
    assert_eq!(line.report.lines().filter(|text| text.contains(" response, ")).count(), 1, "{}", line.report);

    let authentication = report(&sample::authentication()["response"]);
    assert_eq!(authentication.text("code"), Some("file-incomplete"));
    assert_contains(
        &authentication,
        &["authentication: not judged: the file is a bare response", "\"webauthn.get\" ✓", "  authenticator data, "],
    );

    // With what is expected beside its own members, it is verified like any other.
    let mut merged = registration.clone();
    for name in ["rp_id", "origins", "challenge", "options"] {
        merged[name] = sample::self_attested()[name].take();
    }
    assert_eq!(report(&merged).text("result"), Some("ok"));
    merged["challenge"] = "AAAAAAAAAAAAAAAAAAAAAA".into();
    assert_eq!(report(&merged).text("code"), Some("challenge-mismatch"));
}

#[test]
fn faulty_members_around_the_response_do_not_hide_it() {
    for (path, value, message) in [
        ("/rp_id", json!(7), "rp_id is a number, should be a string"),
        ("/kind", json!("x"), "kind is \"x\", should be registration or authentication"),
        ("/kind", json!([]), "kind is an array, should be a string"),
        ("/origins", json!("https://example.com"), "origins is a string, should be a list of strings"),
        ("/challenge", json!("*"), "challenge is a string, should be base64url"),
        ("/options", json!(7), "options is a number, should be an object"),
        ("/options/algs", json!(["ES256"]), "options.algs is an array, should be a list of integers"),
        ("/options/user_verification", json!("maybe"), "options.user_verification is \"maybe\""),
        ("/trust", json!([]), "trust is an array, should be an object"),
        ("/trust/roots_pem", json!(["AAAA"]), "trust.roots_pem[0] is no certificate"),
    ] {
        let mut file = sample::self_attested();
        *file.pointer_mut(path).unwrap() = value;
        let line = report(&file);
        assert_eq!((line.text("code"), line.text("fmt")), (Some("file-malformed"), Some("packed")), "{path}: {line:?}");
        assert!(line.text("message").unwrap().contains(message), "{path}: {line:?}");
        assert_contains(
            &line,
            &["registration: not judged: ", "  client data, ", "  authenticator data, ", "self attestation   verifies ✓", "  faults: 1"],
        );
    }
    let mut several = sample::authentication();
    several["stored"]["sign_count"] = json!(-1);
    several["stored"]["public_key_cose"] = json!(true);
    several["rp_id"] = json!({});
    let line = report(&several);
    assert_eq!(line.text("code"), Some("file-malformed"));
    let named = ["stored.sign_count does not fit 32 bits", "stored.public_key_cose is a boolean", "rp_id is an object, should be a string"];
    assert_contains(&line, &named);
    assert_contains(&line, &["authentication: not judged: ", "  authenticator data, "]);
}
