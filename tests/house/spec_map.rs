//! Every step of §7.1 and §7.2 is implemented, with a test that bears its number, or is the caller's.

use std::collections::BTreeSet;

use crate::sources::{read, rust_files};

const SECTIONS: &[(&str, u32)] = &[("7.1", 29), ("7.2", 25)];

/// The steps named by a text: `7.1/14`, and every step of `7.1/5 to 7.1/11`.
fn steps_in(text: &str) -> BTreeSet<(String, u32)> {
    let mut found = BTreeSet::new();
    let mut last: Option<(String, u32, usize)> = None;
    for (section, _) in SECTIONS {
        for (at, _) in text.match_indices(&format!("{section}/")) {
            let digits: String = text[at + section.len() + 1..].chars().take_while(char::is_ascii_digit).collect();
            let Ok(step) = digits.parse::<u32>() else { continue };
            let end = at + section.len() + 1 + digits.len();
            if let Some((previous, from, until)) = &last
                && previous == section
                && text.get(*until..at) == Some(" to ")
            {
                found.extend((*from..step).map(|n| (section.to_string(), n)));
            }
            found.insert((section.to_string(), step));
            last = Some((section.to_string(), step, end));
        }
        last = None;
    }
    found
}

/// The steps that the ceremony's table leaves to the caller.
fn callers() -> BTreeSet<(String, u32)> {
    let table = read("src/ceremony/mod.rs");
    table.lines().filter(|line| line.contains("| caller")).flat_map(steps_in).collect()
}

fn implemented() -> BTreeSet<(String, u32)> {
    let files = rust_files("src").into_iter().filter(|s| s.path != "src/ceremony/mod.rs" && !s.path.starts_with("src/testing"));
    files.flat_map(|source| steps_in(&source.text)).collect()
}

fn all_steps() -> impl Iterator<Item = (String, u32)> {
    SECTIONS.iter().flat_map(|(section, last)| (1..=*last).map(|step| (section.to_string(), step)))
}

#[test]
fn every_step_is_implemented_or_the_callers() {
    let (callers, implemented) = (callers(), implemented());
    let missing: Vec<_> = all_steps().filter(|step| !callers.contains(step) && !implemented.contains(step)).collect();
    assert!(missing.is_empty(), "no code names {missing:?}");
}

#[test]
fn every_implemented_step_has_a_test_that_bears_its_number() {
    let tests: String = rust_files("tests/ceremony").into_iter().map(|s| s.text).collect();
    let named = |(section, step): &(String, u32)| tests.contains(&format!("fn s{}_{step:02}_", section.replace('.', "_")));
    let callers = callers();
    let untested: Vec<_> = all_steps().filter(|step| !callers.contains(step) && !named(step)).collect();
    assert!(untested.is_empty(), "no test is named after {untested:?}");
}

#[test]
fn ranges_are_read_as_all_their_steps() {
    let steps = steps_in("7.1/5 to 7.1/8, and 7.2/3");
    let numbers: Vec<_> = steps.iter().map(|(section, step)| format!("{section}/{step}")).collect();
    assert_eq!(numbers, ["7.1/5", "7.1/6", "7.1/7", "7.1/8", "7.2/3"]);
}
