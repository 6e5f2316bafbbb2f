//! What the manifest and the texts promise of themselves.

use std::hint::black_box;
use std::panic::catch_unwind;

use crate::sources::read;

/// Settings of a manifest's profiles: profile, key, value.
fn settings(manifest: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let sections = manifest.split("\n[").skip(1).filter_map(|section| section.split_once("]\n"));
    let profiles = sections.filter_map(|(name, rest)| Some((name.strip_prefix("profile.")?, rest)));
    profiles.flat_map(|(name, rest)| {
        let pairs = rest.lines().filter_map(|line| line.split('#').next().unwrap().split_once('='));
        pairs.map(move |(key, value)| (name, key.trim(), value.trim()))
    })
}

/// What is wrong with how the tests are built.
fn unchecked(manifest: &str) -> Vec<String> {
    let checks = |key: &str| key == "overflow-checks" || key == "debug-assertions";
    let mut faults: Vec<_> = settings(manifest)
        .filter(|(profile, key, value)| !profile.starts_with("release") && checks(key) && *value != "true")
        .map(|(profile, key, value)| format!("[profile.{profile}] {key} = {value}"))
        .collect();
    if !settings(manifest).any(|setting| setting == ("dev", "overflow-checks", "true")) {
        faults.push("[profile.dev] does not say overflow-checks = true".into());
    }
    faults
}

/// A sum that overflows ends a test, in the library and in everything below it, rather than going round in silence.
#[test]
fn the_tests_are_built_with_overflow_checks() {
    assert_eq!(unchecked(&read("Cargo.toml")), [] as [String; 0]);
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let overflow = catch_unwind(|| black_box(u8::MAX) + black_box(1));
    std::panic::set_hook(quiet);
    assert!(overflow.is_err(), "this very test is built without: CARGO_PROFILE_… or RUSTFLAGS say so");
}

#[test]
fn overflow_checks_that_are_turned_off_would_be_found() {
    let honest = read("Cargo.toml");
    let changed = honest.replace("overflow-checks = true", "overflow-checks = false");
    assert_eq!(unchecked(&changed).len(), 2);
    assert_eq!(unchecked(&honest.replace("overflow-checks = true", "")).len(), 1);
    for section in ["[profile.test]", "[profile.dev.package.passkeeper]", "[profile.dev.package.\"*\"]"] {
        assert_eq!(unchecked(&format!("{honest}\n{section}\noverflow-checks = false\n")).len(), 1, "{section}");
    }
}
