//! What cannot be read is refused with a code that says why: the version, the kind, or the rest.

use passkeeper::{CredentialRecord, Error, PendingAssertion, PendingAuthentication, PendingRegistration};
use serde_json::{Value, json};

use crate::common::*;
use crate::v1::{ASSERTION, AUTHENTICATION, RECORD, REGISTRATION};

type Read = fn(&str) -> Result<(), Error>;

/// A format: its name, how it is read, a file of it, and the codes for a malformed one and for an unknown version.
struct Format {
    name: &'static str,
    read: Read,
    fixture: &'static str,
    malformed: &'static str,
    version: &'static str,
}

const FORMATS: [Format; 4] = [
    Format {
        name: "record",
        read: |text| CredentialRecord::from_json(text).map(|_| ()),
        fixture: RECORD,
        malformed: "record-malformed",
        version: "record-version-unsupported",
    },
    Format {
        name: "registration",
        read: |text| PendingRegistration::from_json(text).map(|_| ()),
        fixture: REGISTRATION,
        malformed: "state-malformed",
        version: "state-version-unsupported",
    },
    Format {
        name: "authentication",
        read: |text| PendingAuthentication::from_json(text).map(|_| ()),
        fixture: AUTHENTICATION,
        malformed: "state-malformed",
        version: "state-version-unsupported",
    },
    Format {
        name: "assertion",
        read: |text| PendingAssertion::from_json(text).map(|_| ()),
        fixture: ASSERTION,
        malformed: "state-malformed",
        version: "state-version-unsupported",
    },
];

impl Format {
    fn edited(&self, edit: impl FnOnce(&mut Value)) -> String {
        let mut json: Value = serde_json::from_str(self.fixture).unwrap();
        edit(&mut json);
        json.to_string()
    }

    #[track_caller]
    fn assert_refused(&self, what: &str, text: &str, code: &str) {
        assert_eq!(refusal((self.read)(text)), (code, None), "{}: {what}", self.name);
    }
}

#[test]
fn another_version_is_unsupported() {
    for format in FORMATS {
        for version in [0, 2, 3, u32::MAX] {
            format.assert_refused(&version.to_string(), &format.edited(|json| json["version"] = version.into()), format.version);
        }
        // Whatever else a later version holds.
        format.assert_refused("a later one", r#"{"version":2,"entirely":"different"}"#, format.version);
    }
}

#[test]
fn no_version_is_malformed() {
    for format in FORMATS {
        format.assert_refused("missing", &format.edited(|json| drop(json.as_object_mut().unwrap().remove("version"))), format.malformed);
        for version in [json!(null), json!("1"), json!(-1), json!(1.0), json!(u64::MAX), json!([1]), json!(true)] {
            let text = format.edited(|json| json["version"] = version.clone());
            format.assert_refused(&version.to_string(), &text, format.malformed);
        }
    }
}

#[test]
fn garbage_is_malformed() {
    for format in FORMATS {
        let truncated = format.fixture.trim_end().trim_end_matches('}');
        let trailing = format!("{}x", format.fixture);
        let twice = format.fixture.repeat(2);
        let deep = "[".repeat(100_000);
        let nested = format!("{{\"version\":{}", "{\"version\":".repeat(10_000));
        for text in [
            "",
            " ",
            "null",
            "1",
            "\"\"",
            "[]",
            "[1]",
            "{}",
            "{\"version\":1}",
            "{",
            "\0",
            "not json",
            truncated,
            &trailing,
            &twice,
            &deep,
            &nested,
        ] {
            format.assert_refused(&text.chars().take(40).collect::<String>(), text, format.malformed);
        }
    }
}

#[test]
fn another_kind_is_a_mismatch() {
    for (reader, others) in
        [(&FORMATS[1], vec![AUTHENTICATION, ASSERTION]), (&FORMATS[2], vec![REGISTRATION, ASSERTION]), (&FORMATS[3], vec![REGISTRATION])]
    {
        for other in others {
            reader.assert_refused(other, other, "ceremony-kind-mismatch");
        }
        // A record is no state, and a kind that nobody knows is none.
        reader.assert_refused("a record", RECORD, "state-malformed");
        for kind in [json!("login"), json!("Registration"), json!(null), json!(1)] {
            let text = reader.edited(|json| json["kind"] = kind.clone());
            reader.assert_refused(&kind.to_string(), &text, "state-malformed");
        }
        reader.assert_refused("no kind", &reader.edited(|json| drop(json.as_object_mut().unwrap().remove("kind"))), "state-malformed");
    }
    // A sign-in may be read as an assertion.
    assert_eq!((FORMATS[3].read)(AUTHENTICATION), Ok(()));
    for state in [REGISTRATION, AUTHENTICATION, ASSERTION] {
        FORMATS[0].assert_refused("a state", state, "record-malformed");
    }
}

#[test]
fn a_member_of_another_type_is_malformed() {
    for format in FORMATS {
        let members: Value = serde_json::from_str(format.fixture).unwrap();
        for member in members.as_object().unwrap().keys().filter(|name| *name != "version") {
            let text = format.edited(|json| json[member] = json!(1.5));
            format.assert_refused(member, &text, format.malformed);
        }
    }
}

#[test]
fn a_member_missing_is_malformed() {
    let optional = ["transports", "discoverable", "attachment", "supports_user_verification", "attestation_object"];
    let more = [
        "attestation_client_data_json",
        "display_name",
        "user_agent",
        "last_used_at",
        "data",
        "backup_eligible",
        "uv_initialized",
        "app_id",
        "session",
        "caller_state",
        "workflow",
    ];
    for format in FORMATS {
        let members: Value = serde_json::from_str(format.fixture).unwrap();
        for member in members.as_object().unwrap().keys() {
            if optional.contains(&&**member) || more.contains(&&**member) {
                continue;
            }
            let text = format.edited(|json| drop(json.as_object_mut().unwrap().remove(member)));
            format.assert_refused(member, &text, format.malformed);
        }
    }
}

#[test]
fn a_member_that_occurs_twice_is_malformed() {
    for format in FORMATS {
        let members: Value = serde_json::from_str(format.fixture).unwrap();
        for (member, value) in members.as_object().unwrap() {
            let text = format.fixture.replacen('{', &format!("{{\"{member}\":{value},"), 1);
            format.assert_refused(member, &text, format.malformed);
        }
    }
}

#[test]
fn a_record_whose_values_cannot_be_is_malformed() {
    let record = &FORMATS[0];
    for (member, value) in [
        ("credential_id", json!("")),
        ("credential_id", json!("A".repeat(1368))),
        ("credential_id", json!("%")),
        ("user_handle", json!("")),
        ("user_handle", json!("A".repeat(88))),
        ("public_key", json!("")),
        ("public_key", json!("oA")),
        ("sign_count", json!(-1)),
        ("sign_count", json!(1_u64 << 32)),
        ("aaguid", json!("09090909")),
        ("id", json!("b5286d32")),
        ("rp_id", json!("https://example.com")),
        ("scope", json!("")),
        ("attestation_type", json!("basic-ish")),
        ("backup_state", json!("true")),
    ] {
        let text = record.edited(|json| json[member] = value.clone());
        record.assert_refused(&format!("{member} {value}"), &text, "record-malformed");
    }
}

#[test]
fn a_state_whose_values_cannot_be_is_malformed() {
    for (format, member, value) in [
        (&FORMATS[1], "/challenge", json!("")),
        (&FORMATS[1], "/challenge", json!("+/+/")),
        (&FORMATS[1], "/user/id", json!("")),
        (&FORMATS[1], "/policy/algorithms", json!([])),
        (&FORMATS[1], "/policy/algorithms", json!([-65535])),
        (&FORMATS[1], "/policy/user_verification", json!("sometimes")),
        (&FORMATS[1], "/expires_at", json!("later")),
        (&FORMATS[2], "/subject", json!("anybody")),
        (&FORMATS[2], "/subject", json!({ "known": "" })),
        (&FORMATS[2], "/subject", json!({ "known": "YQ", "discoverable": null })),
        (&FORMATS[2], "/allowed", json!([""])),
        (&FORMATS[2], "/policy/counter", json!("ignore")),
        (&FORMATS[3], "/rp_id", json!("EXAMPLE.com")),
    ] {
        let text = format.edited(|json| *json.pointer_mut(member).unwrap() = value.clone());
        format.assert_refused(&format!("{member} {value}"), &text, "state-malformed");
    }
}
