//! Imports point down only, and the core fetches nothing.

use crate::sources::{Source, read, rust_files};
use crate::words::{Word, places, words};

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

/// Where the standard library, or the system's randomness, may be named, and in which words: the clock and the randomness of the facade,
/// a time as the standard library has it, files to import, locks and maps of the stores in memory, and the processor. `src/lib.rs` only
/// says that there is one.
const ALLOWED: &[(&str, &[&str])] = &[
    ("src/sources.rs", &["std::time::SystemTime::now().into()", "getrandom::SysRng.try_fill_bytes"]),
    ("src/types/bytes.rs", &["ENGINE: std::sync::LazyLock<", "std::sync::LazyLock::new"]),
    ("src/types/time.rs", &["From<std::time::SystemTime> for", "time: std::time::SystemTime)", "duration_since(std::time::UNIX_EPOCH)"]),
    ("src/import/reader.rs", &["use std::io::{ErrorKind, Read};"]),
    (
        "src/store/memory.rs",
        &[
            "use std::collections::hash_map::Entry;",
            "use std::collections::{BTreeMap, BTreeSet, HashMap};",
            "use std::string::String;",
            "use std::sync::{Mutex, MutexGuard, PoisonError};",
            "use std::vec::Vec;",
        ],
    ),
    ("src/store/sealed/memory.rs", &["use std::collections::BTreeSet;", "use std::sync::{Mutex, MutexGuard, PoisonError};"]),
    ("src/crypto/graviola.rs", &["std::is_x86_feature_detected!"]),
    ("src/lib.rs", &["extern crate std;", "extern crate alloc;", "include_str!"]),
];

/// The ways to files, networks, clocks, randomness, threads and terminals: all of the standard library, the crates for it, and code or
/// text from elsewhere.
#[rustfmt::skip]
const WAYS_OUT: &[&str] = &[
    "std", "extern crate", "macro_use",
    "SystemTime", "Instant", "UNIX_EPOCH", "elapsed", "chrono",
    "getrandom", "SysRng", "OsRng", "SystemRandom", "ThreadRng", "thread_rng", "rand::", "fastrand",
    "print!", "println!", "eprint!", "eprintln!", "dbg!",
    "libc", "tokio", "async_std", "smol", "mio", "reqwest", "hyper", "ureq",
    "include!", "include_str!", "include_bytes!", "env!", "option_env!", "#[path", "asm!", "global_asm!",
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

/// The rooms that a file names, by `crate::` or by as many `super::` as lead there; `""` for the ground of all rooms itself.
fn rooms_named(source: &Source) -> Vec<(usize, String)> {
    let words = words(&source.text).code;
    let depth = source.path.trim_end_matches("/mod.rs").matches('/').count();
    let ways = ["crate::".into(), "super::".repeat(depth), "crate as".into()];
    let places = ways.iter().flat_map(|way| places(&words, way));
    let name = |word: &Word| word.text.chars().next().filter(|c| c.is_alphabetic()).map_or_else(String::new, |_| word.text.clone());
    places.map(|place| (words[place.start].line, name(&words[place.end]))).collect()
}

#[test]
fn imports_point_down() {
    let mut upward = Vec::new();
    for source in library() {
        let own = floor(room(&source.path)).unwrap();
        let above = rooms_named(&source).into_iter().filter(|(_, target)| floor(target).is_none_or(|other| other > own));
        upward.extend(above.map(|(line, target)| format!("{}:{line}: {target}", source.path)));
    }
    assert!(upward.is_empty(), "these imports do not point down:\n{}", upward.join("\n"));
}

#[test]
fn an_import_that_points_up_would_be_found() {
    for (path, text, named) in [
        ("src/parse/cbor.rs", "use crate::store::Store; // crate::error", &["store"][..]),
        ("src/parse/cbor.rs", "fn f() { (\"//\", crate::ceremony::g()) }", &["ceremony"]),
        ("src/parse/cbor.rs", "use crate::{error, store};", &[""]),
        ("src/parse/cbor.rs", "use crate as everything;", &["everything"]),
        ("src/parse/cbor.rs", "use super::super::store::Store; use super::cose_key;", &["store"]),
        ("src/parse/mod.rs", "use super::store::Store;", &["store"]),
        ("src/parse/cbor.rs", "/// [`crate::store`]\n#[cfg(test)]\nmod tests { use crate::store::Store; }", &[]),
    ] {
        let source = Source { path: path.into(), text: text.into() };
        let found: Vec<_> = rooms_named(&source).into_iter().map(|(_, room)| room).collect();
        assert_eq!(found, named, "{text}");
    }
}

#[test]
fn the_virtual_authenticator_shares_nothing_with_what_it_tests() {
    // The contract of the stores is written in terms of their traits.
    for source in rust_files("src/testing").into_iter().filter(|source| !source.path.starts_with("src/testing/contract/")) {
        for (line, room) in rooms_named(&source) {
            assert_eq!(room, "testing", "{}:{line}", source.path);
        }
    }
}

/// What a file uses of the world outside, by line.
fn ways_out(path: &str, text: &str) -> Vec<(usize, &'static str)> {
    let words = words(text).code;
    let allowed = ALLOWED.iter().filter(|(file, _)| *file == path).flat_map(|(_, allowed)| *allowed);
    let allowed: Vec<_> = allowed.flat_map(|phrase| places(&words, phrase)).collect();
    let ways = WAYS_OUT.iter().flat_map(|way| places(&words, way).into_iter().map(move |place| (place.start, *way)));
    let ways = ways.filter(|(at, _)| !allowed.iter().any(|place| place.contains(at)));
    ways.map(|(at, way)| (words[at].line, way)).collect()
}

#[test]
fn the_core_has_no_io_clock_or_randomness_of_its_own() {
    let mut found = Vec::new();
    for source in rust_files("src").iter().filter(|source| !source.path.starts_with("src/testing")) {
        found.extend(ways_out(&source.path, &source.text).into_iter().map(|(line, way)| format!("{}:{line}: {way}", source.path)));
    }
    assert!(found.is_empty(), "the core goes out:\n{}", found.join("\n"));
}

#[test]
fn a_way_out_of_the_core_would_be_found() {
    for text in [
        "use std::fs;",
        "fn f() { let now = ::std::time::SystemTime::now(); }",
        "fn f() { std::thread::sleep(wait) }",
        "fn f() { if let Ok(path) = std::env::var(\"SECRET\") {} }",
        "fn f() { println!(\"{challenge:?}\"); }",
        "fn f() { getrandom::fill(&mut bytes)?; }",
        "fn f() { let seed = OsRng.next_u64(); }",
        "fn f() { let begun = Instant::now(); }",
        "extern crate std;",
        // By another name.
        "use std as outside;\nfn f() { outside::fs::write(path, bytes) }",
        "extern crate std as outside;",
        "use crate::std::fs;",
        "use r#std::fs;",
        "use {core::fmt, std};",
        "use std /* a comment */ :: // and another\n fs;",
        // Behind what looks like a comment or like its end.
        "const A: A = (\"https://\", std::fs::read(\"/etc/hostname\"));",
        "const A: A = ('\"', std::fs::read(b\"//\"), r#\"\"/*\"#);",
        "/* // */ use std::fs;",
        "/// \"\nuse std::fs;",
        // Behind or within what is only for tests, or looks like it.
        "#[cfg(test)]\nmod tests {}\nuse std::fs;",
        "#[cfg(test)]\nmod tests;\nuse std::fs;",
        "#[cfg(test)]\nuse core::fmt;\nmod inner { use std::fs; }",
        "#[cfg(not(test))]\nmod inner { use std::fs; }",
        "#[cfg(any(test, feature = \"std\"))]\nmod inner { use std::fs; }",
        "const A: &str = \"\n#[cfg(test)]\n\"; use std::fs;",
        "// #[cfg(test)]\nmod inner { use std::fs; }",
        // On the line of an attribute, of a condition, of an allowed name.
        "#[inline] fn f() { std::process::exit(1) }",
        "fn f() { if cfg!(feature = \"std\") { std::process::exit(1) } }",
        "fn f() { (crate::sources::SystemClock, std::process::id()) }",
        "#[derive(Deserialize)] struct A { #[serde(default = \"std::process::id\")] id: u32 }",
        "#[cfg_attr(feature = \"std\", serde(default = \"::std::process::id\"))] struct A;",
        // In a macro, from another file.
        "macro_rules! id { () => { $crate::std::process::id() } }",
        "#[path = \"../../outside.rs\"] mod outside;",
        "include!(\"../../outside.rs\");",
        "#[macro_use] extern crate alloc;",
    ] {
        assert!(!ways_out("src/ceremony/steps.rs", text).is_empty(), "{text}");
    }
    // What one file may use, another may not, and nothing else with it.
    let clock = "fn now() -> UnixTime { std::time::SystemTime::now().into() }";
    assert_eq!(ways_out("src/sources.rs", clock), []);
    assert_eq!(ways_out("src/passkeys.rs", clock), [(1, "std"), (1, "SystemTime")]);
    for (path, text) in [
        ("src/sources.rs", "fn f() { std::fs::read(path) }"),
        ("src/types/time.rs", "fn now() { std::time::SystemTime::now() }"),
        ("src/types/time.rs", "impl From<std::time::SystemTime> for UnixTime { fn from(time: T) { time.elapsed() } }"),
        ("src/store/memory.rs", "use std::collections::{BTreeMap, BTreeSet, HashMap}; use std::thread;"),
        ("src/lib.rs", "extern crate std as outside;"),
        ("src/lib.rs", "#[macro_use] extern crate std;"),
    ] {
        assert!(!ways_out(path, text).is_empty(), "{path}: {text}");
    }
}

#[test]
fn what_is_no_way_out_is_not_taken_for_one() {
    for text in [
        "const A: &str = \"insertInstant, std::fs, println!(), // extern crate std;\";",
        "#[cfg(all(feature = \"std\", feature = \"getrandom\"))] use core::fmt;",
        "fn f() -> bool { cfg!(feature = \"std\") }",
        "//! std::fs\n\n/// [`std::time::SystemTime`] /* \nfn f() {} // std::env\n/* std::net /* std::io */ std::fs */",
        "#[doc = \"Or `std::time::SystemTime`.\"] fn f() {}",
        "#[cfg(test)]\nmod tests { use std::fs; }\nfn f() {}",
        "#[cfg(test)]\n#[allow(unused)]\npub(crate) mod tests { mod inner { use std::fs; } }",
        "mod inner { #[cfg(test)] mod tests { use std::fs; } }",
        "const A: &str = r##\"\"# std::fs\"##;",
        "use crate::std_free; use my_std::nostd;",
    ] {
        assert_eq!(ways_out("src/passkeys.rs", text), [], "{text}");
    }
}

/// An exception that nobody needs any more is one too many.
#[test]
fn every_way_out_that_is_allowed_is_taken() {
    for (path, names) in ALLOWED {
        let words = words(&read(path)).code;
        for name in *names {
            assert!(!places(&words, name).is_empty(), "{path} does without {name}");
        }
    }
}

#[test]
fn only_one_module_knows_each_parser_or_backend() {
    // A crate, or a room of ours that has its name and where that is known.
    let owners: [(&str, &[&str]); 5] = [
        ("ciborium_ll", &["src/parse/cbor.rs"]),
        // AWS-LC takes what is no point for a key.
        ("ed25519_dalek", &["src/crypto/rustcrypto/ed25519.rs", "src/crypto/aws_lc_rs.rs"]),
        ("rsa::", &["src/crypto/rustcrypto/rsa.rs", "src/crypto/rustcrypto/mod.rs", "src/crypto/graviola.rs"]),
        ("aws_lc_rs", &["src/crypto/aws_lc_rs.rs", "src/crypto/mod.rs"]),
        ("graviola", &["src/crypto/graviola.rs", "src/crypto/mod.rs"]),
    ];
    for source in library() {
        let words = words(&source.text).code;
        for (name, owners) in owners {
            let used = places(&words, name).first().map(|place| words[place.start].line);
            assert!(used.is_none() || owners.contains(&source.path.as_str()), "{}:{used:?} uses {name}", source.path);
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
