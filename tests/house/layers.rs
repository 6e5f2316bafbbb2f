//! Imports point down only, and the core fetches nothing.

use crate::sources::{Source, code_lines, rust_files};

/// The rooms from the ground up; those on one floor may see each other.
const FLOORS: &[&[&str]] = &[
    &["error", "variations"],
    &["types", "wire"],
    &["parse"],
    &["crypto", "attestation", "x509", "metadata"],
    &["ceremony"],
    &["import"],
    &["passkeys", "sources", "store"],
];

/// Where the standard library, or the system's randomness, may be named, and what of it: the clock and the randomness of the facade, a
/// time as the standard library has it, files to import, locks and maps of the stores in memory, and the processor. `src/lib.rs` only
/// says that there is one.
const ALLOWED: &[(&str, &[&str])] = &[
    ("src/sources.rs", &["std::time::SystemTime::now()", "getrandom::SysRng."]),
    ("src/types/bytes.rs", &["std::sync::LazyLock"]),
    ("src/types/time.rs", &["std::time::SystemTime", "std::time::UNIX_EPOCH"]),
    ("src/import/reader.rs", &["std::io::{ErrorKind, Read}"]),
    ("src/store/memory.rs", &["std::collections::", "std::string::String", "std::sync::{Mutex, MutexGuard, PoisonError}", "std::vec::Vec"]),
    ("src/store/sealed/memory.rs", &["std::collections::BTreeSet", "std::sync::{Mutex, MutexGuard, PoisonError}"]),
    ("src/crypto/graviola.rs", &["std::is_x86_feature_detected!"]),
    ("src/lib.rs", &["extern crate std;", "extern crate alloc;"]),
];

/// The ways to files, networks, clocks, randomness, threads and terminals: all of the standard library, and the crates for it.
const WAYS_OUT: &[&str] = &[
    "std::",
    "extern crate",
    "SystemTime",
    "Instant",
    "UNIX_EPOCH",
    "getrandom",
    "SysRng",
    "OsRng",
    "ThreadRng",
    "thread_rng",
    "rand::",
    "fastrand",
    "chrono::",
    "print!",
    "println!",
    "dbg!",
    "libc::",
    "tokio",
    "async_std",
    "smol::",
    "mio::",
    "reqwest",
    "hyper::",
    "ureq",
    "include_bytes!",
    "option_env!",
    "asm!",
];

fn room(path: &str) -> &str {
    path.trim_start_matches("src/").split(['/', '.']).next().unwrap()
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn library() -> impl Iterator<Item = Source> {
    rust_files("src").into_iter().filter(|s| !s.path.starts_with("src/testing") && s.path != "src/lib.rs")
}

#[test]
fn every_file_belongs_to_a_layer() {
    for source in library() {
        assert!(floor(room(&source.path)).is_some(), "{} has no place in the layers", source.path);
    }
}

#[test]
fn imports_point_down() {
    let mut upward = Vec::new();
    for source in library() {
        let own = floor(room(&source.path)).unwrap();
        for line in code_lines(&source.text) {
            for after in line.split("crate::").skip(1) {
                let target: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                match floor(&target) {
                    Some(other) if other <= own => {}
                    _ => upward.push(format!("{}: {}", source.path, line.trim())),
                }
            }
        }
    }
    assert!(upward.is_empty(), "these imports do not point down:\n{}", upward.join("\n"));
}

#[test]
fn the_virtual_authenticator_shares_nothing_with_what_it_tests() {
    // The contract of the stores is written in terms of their traits.
    for source in rust_files("src/testing").into_iter().filter(|source| !source.path.starts_with("src/testing/contract/")) {
        for line in code_lines(&source.text) {
            let foreign = line.split("crate::").skip(1).find(|after| !after.starts_with("testing"));
            assert!(foreign.is_none(), "{}: {}", source.path, line.trim());
        }
    }
}

/// What a line of this file uses of the world outside, if anything.
fn way_out(path: &str, line: &str) -> Option<&'static str> {
    let attribute = line.trim_start().starts_with("#[") || line.contains("cfg!(");
    if attribute || line.contains("crate::sources::") {
        return None; // a feature's name, or what `src/sources.rs` makes of it
    }
    let allowed = ALLOWED.iter().find(|(file, _)| *file == path).map_or(&[][..], |(_, allowed)| allowed);
    let line = allowed.iter().fold(line.to_string(), |line, name| line.replace(name, ""));
    let whole = |at: usize| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    WAYS_OUT.iter().find(|word| line.match_indices(**word).any(|(at, _)| whole(at))).copied()
}

#[test]
fn the_core_has_no_io_clock_or_randomness_of_its_own() {
    let mut found = Vec::new();
    for source in rust_files("src").iter().filter(|source| !source.path.starts_with("src/testing")) {
        let out = code_lines(&source.text).filter_map(|line| Some((line, way_out(&source.path, line)?)));
        found.extend(out.map(|(line, word)| format!("{}: {word} in {}", source.path, line.trim())));
    }
    assert!(found.is_empty(), "the core goes out:\n{}", found.join("\n"));
}

#[test]
fn a_way_out_of_the_core_would_be_found() {
    for line in [
        "use std::fs;",
        "    let now = ::std::time::SystemTime::now();",
        "std::thread::sleep(wait)",
        "let socket = std::net::TcpStream::connect(url)?;",
        "std::process::exit(1)",
        "if let Ok(path) = std::env::var(\"SECRET\") {",
        "    println!(\"{challenge:?}\");",
        "getrandom::fill(&mut bytes)?;",
        "let seed = OsRng.next_u64();",
        "let begun = Instant::now();",
        "extern crate std;",
    ] {
        assert!(way_out("src/ceremony/steps.rs", line).is_some(), "{line}");
    }
    // What one file may use, another may not, and nothing else with it.
    let clock = "std::time::SystemTime::now().into()";
    assert_eq!((way_out("src/sources.rs", clock), way_out("src/passkeys.rs", clock)), (None, Some("std::")));
    assert_eq!(way_out("src/sources.rs", "std::fs::read(path)"), Some("std::"));
    for line in ["row.at(\"insertInstant\")", "#[cfg(all(feature = \"std\", feature = \"getrandom\"))]", "use core::fmt;"] {
        assert_eq!(way_out("src/passkeys.rs", line), None, "{line}");
    }
}

/// An exception that nobody needs any more is one too many.
#[test]
fn every_way_out_that_is_allowed_is_taken() {
    for (path, names) in ALLOWED {
        let source = crate::sources::read(path);
        for name in *names {
            assert!(code_lines(&source).any(|line| line.contains(name)), "{path} does without {name}");
        }
    }
}

#[test]
fn only_one_module_knows_each_parser_or_backend() {
    let owners: [(&str, &[&str]); 5] = [
        ("ciborium_ll", &["src/parse/cbor.rs"]),
        // AWS-LC takes what is no point for a key.
        ("ed25519_dalek", &["src/crypto/rustcrypto/ed25519.rs", "src/crypto/aws_lc_rs.rs"]),
        (" rsa::", &["src/crypto/rustcrypto/rsa.rs"]),
        ("::aws_lc_rs", &["src/crypto/aws_lc_rs.rs"]),
        ("::graviola", &["src/crypto/graviola.rs"]),
    ];
    for source in library() {
        for (name, owners) in owners {
            let used = code_lines(&source.text).any(|line| line.contains(name) && !line.trim_start().starts_with("&rsa::"));
            assert!(!used || owners.contains(&source.path.as_str()), "{} uses {name}", source.path);
        }
    }
}

#[test]
fn files_stay_short() {
    for folder in ["src", "tests", "examples", "benches"] {
        for source in rust_files(folder) {
            let lines = source.text.lines().count();
            assert!(lines <= 600, "{} has {lines} lines: split it by concept", source.path);
        }
    }
}
