//! The inspector: one JSON line for each file, whatever the file holds, and a report that names every fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[allow(dead_code, reason = "shared")]
#[path = "../vectors/folder.rs"]
mod folder;
mod hostile;
mod lenient;
mod run;
mod sample;
mod trust;

use std::collections::BTreeMap;

use passkeeper::testing::flags;
use serde_json::{Value, json};

use run::{Line, inspect, inspect_paths};

fn verdict(file: &Value) -> Line {
    inspect(&[], &[file.to_string().into_bytes()]).into_iter().next().unwrap()
}

#[track_caller]
fn assert_refused(file: &Value, code: &str, kind: &str, step: Option<&str>) {
    let line = verdict(file);
    let found = (line.text("result"), line.text("code"), line.text("kind"), line.text("spec_step"));
    assert_eq!(found, (Some("error"), Some(code), Some(kind), step), "{line:?}");
    assert!(line.text("message").is_some_and(|message| !message.is_empty()), "{line:?}");
}

#[test]
fn sound_responses_are_accepted() {
    let line = verdict(&sample::registration());
    let expected = json!({
        "file": line["file"], "result": "ok", "code": null, "kind": null, "spec_step": null, "message": null, "fmt": "none",
        "attestation_type": "none", "aaguid": "56697274-7561-6c41-7574-68656e746963", "alg": -7, "sign_count": 1,
        "user_verified": true, "backup_eligible": false, "backup_state": false,
    });
    assert_eq!(*line, expected);

    let line = verdict(&sample::authentication());
    let expected = json!({
        "file": line["file"], "result": "ok", "code": null, "kind": null, "spec_step": null, "message": null, "fmt": null,
        "attestation_type": null, "aaguid": null, "alg": -7, "sign_count": 2,
        "user_verified": true, "backup_eligible": false, "backup_state": false,
    });
    assert_eq!(*line, expected);

    let line = verdict(&sample::self_attested());
    assert_eq!((line.text("result"), line.text("fmt"), line.text("attestation_type")), (Some("ok"), Some("packed"), Some("self")));
}

#[test]
fn broken_responses_get_the_code_of_the_crate() {
    let registration = |change: fn(&mut passkeeper::testing::RegistrationDraft)| sample::registration_with(change);
    assert_refused(
        &registration(|draft| draft.client_data.origin = "https://evil.example".into()),
        "origin-mismatch",
        "mismatch",
        Some("7.1/9"),
    );
    assert_refused(&registration(|draft| draft.auth_data.set_flag(flags::UP, false)), "user-not-present", "policy", Some("7.1/15"));
    assert_refused(
        &registration(|draft| draft.auth_data.set_flag(flags::BS, true)),
        "backup-state-without-eligibility",
        "malformed",
        Some("7.1/17"),
    );
    assert_refused(&registration(|draft| draft.fmt = Some("Packed".into())), "attestation-format-unknown", "unsupported", Some("7.1/21"));
    assert_refused(&registration(|draft| draft.fmt = Some("tpm".into())), "attestation-statement-malformed", "malformed", Some("7.1/22"));
    assert_refused(&registration(|draft| draft.type_ = json!(7)), "member-type", "malformed", None);

    let authentication = |change: fn(&mut passkeeper::testing::AssertionDraft)| sample::authentication_with(change);
    assert_refused(&authentication(|draft| draft.signature = Some(vec![0x30, 0])), "signature-invalid", "mismatch", Some("7.2/21"));
    assert_refused(&authentication(|draft| draft.auth_data.sign_count = 1), "counter-not-increased", "replayed", Some("7.2/22"));
    assert_refused(
        &authentication(|draft| draft.user_handle = Some(b"mallory".to_vec())),
        "user-handle-mismatch",
        "mismatch",
        Some("7.2/6"),
    );
    assert_refused(&authentication(|draft| draft.credential_id = vec![1; 32]), "credential-not-found", "not-found", Some("7.2/6"));

    // The other kind of response.
    let mut file = sample::registration();
    file["response"] = sample::authentication()["response"].clone();
    assert_refused(&file, "response-kind-mismatch", "mismatch", Some("7.1/3"));
}

#[test]
fn what_a_ceremony_did_not_reach_is_still_read() {
    let file = sample::self_attested_with(|draft| draft.client_data.challenge = "AAAA".into());
    let line = verdict(&file);
    assert_eq!(line.text("code"), Some("challenge-mismatch"));
    assert_eq!((line.text("fmt"), line.text("attestation_type")), (Some("packed"), None));
    assert_eq!((&line["alg"], &line["sign_count"], &line["user_verified"]), (&json!(-7), &json!(1), &json!(true)));
}

#[test]
fn expectations_have_fallbacks() {
    let mut file = sample::registration();
    file.as_object_mut().unwrap().retain(|name, _| ["rp_id", "challenge", "response"].contains(&name.as_str()));
    assert_eq!(verdict(&file).text("result"), Some("ok"), "kind, origins and options");

    for missing in ["rp_id", "challenge"] {
        let mut file = sample::registration();
        file.as_object_mut().unwrap().remove(missing);
        assert_refused(&file, "file-incomplete", "misuse", None);
        let line = verdict(&file);
        assert!(line.text("message").unwrap().contains(missing) && line.text("fmt") == Some("none"), "{line:?}");
    }
    let mut file = sample::authentication();
    file.as_object_mut().unwrap().remove("stored");
    assert_refused(&file, "file-incomplete", "misuse", None);
}

#[test]
fn options_count() {
    let mut file = sample::registration_with(|draft| draft.auth_data.set_flag(flags::UV | flags::UP, false));
    assert_refused(&file, "user-not-present", "policy", Some("7.1/15"));
    file["options"] = json!({ "user_presence": false });
    assert_refused(&file, "user-not-verified", "policy", Some("7.1/16"));
    file["options"] = json!({ "user_presence": false, "user_verification": "discouraged" });
    assert_eq!(verdict(&file).text("result"), Some("ok"));
    file["options"]["algs"] = json!([-257, -53]);
    assert_refused(&file, "algorithm-not-offered", "policy", Some("7.1/20"));

    let embedded = |options: Value| {
        let mut file = sample::registration_with(|draft| {
            draft.client_data.cross_origin = Some(true.into());
            draft.client_data.top_origin = Some("https://top.example".into());
        });
        file["options"] = options;
        file
    };
    assert_refused(&embedded(json!(null)), "cross-origin-not-allowed", "policy", Some("7.1/10"));
    assert_refused(&embedded(json!({ "top_origins": ["https://other.example"] })), "top-origin-mismatch", "mismatch", Some("7.1/11"));
    for options in [json!({ "top_origins": ["https://top.example"] }), json!({ "allow_cross_origin": true })] {
        assert_eq!(verdict(&embedded(options)).text("result"), Some("ok"));
    }
}

#[test]
fn files_of_real_devices_are_judged_as_they_expect() {
    let Some(paths) = folder::paths("real/fixtures") else { return };
    let lines = inspect_paths(&["--pretty"], &paths);
    let mut results: BTreeMap<String, usize> = BTreeMap::new();
    for (path, line) in paths.iter().zip(&lines) {
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let expect = &file["expect"];
        let result = line.text("result").unwrap();
        *results.entry(result.to_owned()).or_default() += 1;
        let unsupported = line.text("code") == Some("public-key-algorithm-unsupported") || expect["either"] == true;
        assert!(unsupported || expect["result"] == result, "{line:?}");
        if result == "ok" {
            assert_eq!(line["sign_count"], expect["sign_count_after"], "{line:?}");
            assert_eq!(line["attestation_type"], expect.get("attestation_type").cloned().unwrap_or_default(), "{line:?}");
        }
        for name in ["fmt", "aaguid", "alg"] {
            assert_eq!(line[name], expect.get(name).cloned().unwrap_or_default(), "{name}: {line:?}");
        }
        assert!(line.report.contains(if result == "ok" { ": accepted" } else { ": refused: " }), "{line:?}");
        if let Some(code) = line.text("code") {
            assert!(line.report.contains(&format!(". {code}: ")), "{line:?}");
        }
    }
    assert_eq!(results, BTreeMap::from([("ok".to_owned(), 59), ("error".to_owned(), 43)]));
}
