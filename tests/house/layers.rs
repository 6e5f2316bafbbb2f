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

/// Where the standard library may be named: the processor, the system clock, files to import, and the stores in memory.
const ALLOWED_STD: &[&str] = &[
    "src/crypto/graviola.rs",
    "src/lib.rs",
    "src/import/reader.rs",
    "src/sources.rs",
    "src/store/memory.rs",
    "src/store/sealed/memory.rs",
    "src/types/time.rs",
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

#[test]
fn the_core_has_no_io_clock_or_randomness_of_its_own() {
    let forbidden = ["std::", "SystemTime", "Instant::", "SysRng", "getrandom", "println!", "tokio", "async_std", "thread::"];
    for source in library().filter(|s| !ALLOWED_STD.contains(&s.path.as_str())) {
        for line in code_lines(&source.text).filter(|line| !line.contains("cfg(")) {
            for word in forbidden {
                let hit = line.contains(word) && !line.contains("crate::sources::");
                assert!(!hit, "{}: {} in {:?}", source.path, word, line.trim());
            }
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
