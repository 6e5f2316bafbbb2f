//! docs/CONFORMANCE.md, rendered from the ledger.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use passkeeper::ErrorCode;

use crate::groups;
use crate::ledger::ACCEPTED;

const HEAD: &str = "# Conformance\n\n\
    The groups of the FIDO Alliance's conformance tool for servers, as they are publicly described, with what this library answers to\n\
    each case. The tool is content with any refusal; here each case has its code, and `cargo test --test conformance` asserts it: a valid\n\
    response, one change, signed again. The tool's own payloads are confidential and not used. The example server has the four routes that\n\
    the tool talks to.\n\n\
    P cases must pass and F cases must not, says the tool. Where the specification differs it counts, and the case says why; where\n\
    a rule does what the tool asks, another case has it.\n";

fn rendered() -> String {
    let mut text = String::from(HEAD);
    for group in groups() {
        text += &format!("\n## {}\n\n{} Test: `conformance::{}`\n\n| Case | Expected |\n|---|---|\n", group.name, group.about, group.test);
        for case in &group.cases {
            let expected = if case.expected == ACCEPTED { ACCEPTED.into() } else { format!("`{}`", case.expected) };
            let note = if case.note.is_empty() { String::new() } else { format!(": {}", case.note) };
            text += &format!("| {} | {expected}{note} |\n", case.name);
        }
    }
    text
}

/// Run with `UPDATE_DOCS=1` to write it anew.
#[test]
fn the_docs_list_every_case() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFORMANCE.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, rendered()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == rendered(), "{path:?} is out of date: UPDATE_DOCS=1 cargo test --test conformance writes it anew");
}

#[test]
fn every_group_has_cases_of_its_own() {
    let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).chain([ACCEPTED]).collect();
    let (mut groups_named, mut cases) = (BTreeSet::new(), 0);
    for group in groups() {
        assert!(groups_named.insert(group.name), "{}", group.name);
        let names: BTreeSet<_> = group.cases.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), group.cases.len(), "{}: two cases of one name", group.name);
        assert!(group.cases.iter().any(|case| case.expected == ACCEPTED), "{}: nothing passes", group.name);
        assert!(group.cases.iter().all(|case| codes.contains(case.expected)), "{}", group.name);
        cases += names.len();
    }
    assert!(groups_named.len() == 17 && cases > 150, "{} groups, {cases} cases", groups_named.len());
}
