//! What is said about attacks is true: each named test and code exists, no attack is left out, no claim stands alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;

use passkeeper::ErrorCode;

use crate::items::{self, items};
use crate::sources::{package, read, rust_files};
use crate::words::code_lines;

const TABLE: &str = "docs/SECURITY.md";
const POLICY: &str = "SECURITY.md";
const ATTACKS: &str = "| Attack | Where it struck | Our answer | Test |";
const CLAIMS: &str = "| Claim | Test |";

/// The cells of each row below a heading, wherever in the text it stands.
fn rows(path: &str, heading: &str) -> Vec<Vec<String>> {
    let (text, mut rows) = (read(path), Vec::new());
    for table in text.split(heading).skip(1) {
        let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        rows.extend(lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect::<Vec<_>>()));
    }
    assert!(rows.len() > 5, "{path} has no table {heading}");
    let cells = heading.trim_matches('|').split('|').count();
    for row in &rows {
        assert!(row.len() == cells && row.iter().all(|cell| !cell.is_empty()), "{path}: {row:?}");
    }
    rows
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether this looks like `binary::module::function` of a test.
fn is_test(name: &str) -> bool {
    let binary = name.split_once("::").map(|(binary, _)| binary);
    binary.is_some_and(|binary| binary.bytes().all(|b| b.is_ascii_lowercase()) && package().join("tests").join(binary).is_dir())
}

/// Every test below `tests` that runs, as `cargo test` names it behind its binary, with all the words that it comes to in its file. It
/// counts only if a `mod` leads to its file.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let files: BTreeMap<_, _> = rust_files("tests").into_iter().map(|file| (file.path, items(&file.text))).collect();
    let mut tests = BTreeMap::new();
    for (path, items) in &files {
        let modules: Vec<_> = path.trim_start_matches("tests/").trim_end_matches(".rs").split('/').filter(|name| *name != "main").collect();
        let reached = (1..modules.len()).all(|depth| {
            let above = if depth == 1 { format!("{}/main", modules[0]) } else { modules[..depth].join("/") };
            files.get(&format!("tests/{above}.rs")).is_some_and(|above| above.iter().any(|item| item.leads_to(modules[depth])))
        });
        for (name, words) in items::tests(items).into_iter().filter(|_| reached) {
            tests.insert(format!("{}::{name}", modules.join("::")), words.into_iter().map(str::to_owned).collect());
        }
    }
    tests
}

#[test]
fn every_test_that_is_named_exists() {
    let tests = tests();
    let mut missing = Vec::new();
    for path in [TABLE, POLICY] {
        let text = read(path);
        missing.extend(quoted(&text).filter(|name| is_test(name) && !tests.contains_key(*name)).map(|name| format!("{path}: {name}")));
    }
    let cells = [(TABLE, ATTACKS), (POLICY, CLAIMS)].into_iter().flat_map(|(path, heading)| rows(path, heading));
    for row in cells {
        let cell = row.last().unwrap();
        let named: Vec<_> = quoted(cell).collect();
        if named.is_empty() || !named.iter().all(|name| tests.contains_key(*name)) {
            missing.push(format!("{}: {cell}", row[0]));
        }
    }
    assert!(missing.is_empty(), "these are no tests:\n{}", missing.join("\n"));
}

/// A code that is the answer to an attack is also expected by one of its tests, or by what that test calls in its file.
#[test]
fn every_answer_is_a_code_that_its_tests_expect() {
    let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let (tests, mut faults) = (tests(), Vec::new());
    for row in rows(TABLE, ATTACKS) {
        let [attack, _, answer, named] = row.as_slice() else { panic!("{row:?}") };
        let words: BTreeSet<_> = quoted(named).filter_map(|name| tests.get(name)).flatten().collect();
        for code in quoted(answer) {
            if !codes.contains(code) {
                faults.push(format!("{attack}: there is no code {code}"));
            } else if !words.contains(&format!("\"{code}\"")) {
                faults.push(format!("{attack}: no test expects {code}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_attack_that_is_tried_stands_in_the_table() {
    let rows = rows(TABLE, ATTACKS);
    let named: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row[3])).collect();
    let tests = tests();
    let left_out: Vec<_> = tests.keys().map(String::as_str).filter(|name| name.starts_with("attacks::")).collect();
    assert!(left_out.len() > 50, "{left_out:?}");
    let left_out: Vec<_> = left_out.into_iter().filter(|name| !named.contains(name)).collect();
    assert!(left_out.is_empty(), "{TABLE} does not tell of:\n{}", left_out.join("\n"));
}

/// The names of advisories and the numbers of issues in a text.
fn identifiers(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '#');
    let number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let advisory = |word: &str| ["CVE-", "GHSA-", "YSA-", "RUSTSEC-", "BUG-"].iter().any(|list| word.starts_with(list));
    words.filter(|word| advisory(word) || word.strip_prefix('#').is_some_and(number)).collect()
}

/// The list that the tables answer is not part of this repository: looked for beside the test vectors, and this test skips without it,
/// or fails if `PASSKEEPER_CI` is set.
#[test]
fn every_attack_of_the_list_is_answered() {
    assert_eq!(identifiers("a #12, (#3); GHSA-2g3p-m8c9 / CVE-1-2.\n## [x](#y) #5a"), ["#12", "#3", "CVE-1-2", "GHSA-2g3p-m8c9"].into());
    let path = package().join("../shared/spec/attacks.md");
    let Ok(list) = fs::read_to_string(&path) else {
        let reason = format!("no list of attacks in {}", path.display());
        assert!(std::env::var_os("PASSKEEPER_CI").is_none(), "{reason}");
        std::io::stderr().write_all(format!("SKIPPED every_attack_of_the_list_is_answered: {reason}\n").as_bytes()).unwrap();
        return;
    };
    let table = read(TABLE);
    let answered: BTreeSet<_> = table.lines().filter(|line| line.starts_with('|')).flat_map(identifiers).collect();
    let (attacks, _) = list.split_once("\n## 5.").expect("part 5 is about a conformance tool");
    let listed = identifiers(attacks);
    assert!(listed.len() > 80, "{listed:?}");
    let missing: Vec<_> = listed.difference(&answered).collect();
    assert!(missing.is_empty(), "{TABLE} does not answer {missing:?}");
}

/// What is secret or stands for a secret has no comparison that ends early.
#[test]
fn secrets_are_compared_in_constant_time() {
    let (ids, carried) = ("src/types/ids.rs", "src/ceremony/carried.rs");
    for (path, comparison, by) in [
        (ids, "impl PartialEq for Challenge {", "equal_in_constant_time"),
        (ids, "fn is_written_as", "equal_in_constant_time"),
        (ids, "fn equal_in_constant_time", "ct_eq"),
        (carried, "impl PartialEq for SessionBinding {", "ct_eq"),
    ] {
        let text = read(path);
        let (_, body) = text.split_once(comparison).unwrap_or_else(|| panic!("{path} has no {comparison}"));
        assert!(body.lines().take(4).any(|line| line.contains(by)), "{comparison}");
    }
    assert!(read("src/ceremony/steps.rs").contains("is_written_as"), "a challenge as text is compared by it");
    let token = read("src/store/sealed/token.rs");
    assert!(token.contains("verify_slice(signature)") && token.contains(".ct_eq(&header.scope)"), "the tag and the scope of a token");
    assert!(read("examples/server/src/apis/mod.rs").contains(".ct_eq(other.as_bytes())"), "the example's API key");
}

/// Whether a line compares with `==` what has a secret's name in this crate, or its bytes.
fn early_comparison(line: &str) -> bool {
    const SECRETS: [&str; 6] = ["challenge", "tag", "mac", "secret", "token", "binding"];
    let secret = |operand: &str| {
        let mut names = operand.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty());
        let last = names.clone().next_back();
        names.any(|name| SECRETS.contains(&name)) && !["len", "is_empty", "kind"].contains(&last.unwrap_or_default())
    };
    let words: Vec<_> = line.split_whitespace().collect();
    words.windows(3).any(|three| ["==", "!="].contains(&three[1]) && (secret(three[0]) || secret(three[2])))
}

/// Secret types compare themselves as above; nothing else compares what they hold. In the rooms where secrets are: what a statement
/// or a certificate calls a tag or a challenge is public.
#[test]
fn no_secret_is_compared_byte_by_byte() {
    for line in ["if self.challenge == *other {", "tag != expected", "found.as_bytes() == self.token.as_bytes()", "x == header.mac;"] {
        assert!(early_comparison(line), "{line}");
    }
    for line in ["token.len() == 3", "self.kind == other.kind", "challenge.ct_eq(other)", "signature.first() == Some(&0)"] {
        assert!(!early_comparison(line), "{line}");
    }
    let mut found = Vec::new();
    for source in ["src/types", "src/ceremony", "src/passkeys", "src/store"].into_iter().flat_map(rust_files) {
        let lines = code_lines(&source.text);
        found.extend(lines.iter().filter(|line| early_comparison(line)).map(|line| format!("{}: {}", source.path, line.trim())));
    }
    assert!(found.is_empty(), "compare these in constant time:\n{}", found.join("\n"));
}

/// A verdict that nobody looks at is a verdict that nobody made.
#[test]
fn verdicts_must_be_used() {
    for (path, verdict) in [
        ("src/passkeys/outcome.rs", "Authenticated"),
        ("src/passkeys/outcome.rs", "Asserted"),
        ("src/ceremony/authentication/verified.rs", "Verified<P>"),
        ("src/ceremony/registration.rs", "VerifiedRegistration"),
    ] {
        let text = read(path);
        let (before, _) = text.split_once(&format!("pub struct {verdict}")).unwrap_or_else(|| panic!("{verdict} is elsewhere"));
        let attributes = before.lines().rev().take_while(|line| line.starts_with("#["));
        assert!(attributes.into_iter().any(|line| line.starts_with("#[must_use")), "{verdict} may be ignored");
    }
}

#[test]
fn no_code_is_unsafe() {
    assert!(read("src/lib.rs").contains("\n#![forbid(unsafe_code)]\n"));
}
