//! The table of error codes: stable, complete in the docs, each asserted somewhere.

use std::collections::BTreeSet;
use std::fs;

use passkeeper::ErrorCode;

use crate::sources::{package, read, rust_files};
use crate::words::{Word, places, words};

const TABLE: &str = "docs/ERRORS.md";

fn rendered() -> String {
    let mut text = String::from(
        "# Error codes\n\n\
         Every refusal has one of these codes (`Error::code`), a kind that says who is to blame (`Error::kind`) and, inside a\n\
         ceremony, the step of WebAuthn Level 3 that refused (`Error::spec_step`). Codes are stable: they may be added, never\n\
         renamed. An end user is told none of this (`Error::public_message`).\n\n\
         | Code | Kind | Meaning |\n|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        text += &format!("| `{}` | {} | {} |\n", code.as_str(), code.kind().as_str(), code.meaning());
    }
    text
}

/// Run with `UPDATE_DOCS=1` to write the table anew.
#[test]
fn the_docs_list_every_code() {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(package().join(TABLE), rendered()).unwrap();
    }
    assert!(read(TABLE) == rendered(), "{TABLE} is out of date: UPDATE_DOCS=1 cargo test --test house writes it anew");
}

#[test]
fn codes_are_unique_kebab_case() {
    let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), ErrorCode::ALL.len());
    for code in codes {
        assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{code}");
    }
}

#[test]
fn every_code_is_asserted_by_a_test_and_made_by_the_library() {
    let texts = |words: Vec<Word>| words.into_iter().map(|word| word.text);
    let (mut made, mut asserted) = (BTreeSet::new(), BTreeSet::new());
    for source in rust_files("src") {
        let words = words(&source.text);
        asserted.extend(texts(words.tests));
        if source.path != "src/error/code.rs" {
            let of = places(&words.code, "ErrorCode::");
            made.extend(of.into_iter().filter_map(|place| Some(words.code.get(place.end)?.text.clone())));
        }
    }
    for source in rust_files("tests") {
        let words = words(&source.text);
        asserted.extend(texts(words.code).chain(texts(words.tests)).filter(|word| word.starts_with('"')));
    }
    let mut faults = Vec::new();
    for code in ErrorCode::ALL {
        let variant = format!("{code:?}");
        if !made.contains(&variant) {
            faults.push(format!("{} is never made", code.as_str()));
        }
        if !asserted.contains(&variant) && !asserted.contains(&format!("\"{}\"", code.as_str())) {
            faults.push(format!("{} is never asserted", code.as_str()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
