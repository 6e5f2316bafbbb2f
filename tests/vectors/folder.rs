//! Where the vectors are, and what happens if they are not there.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Name and content of every JSON file of one folder of vectors, in order; `None` if there is no such folder.
pub(crate) fn files(folder: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    Some(paths(folder)?.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect())
}

/// Every JSON file of one folder of vectors, in order; `None` if there is no such folder.
pub(crate) fn paths(folder: &str) -> Option<Vec<PathBuf>> {
    let folder = root().join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        missing(&folder);
        return None;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no JSON file", folder.display());
    Some(paths)
}

/// The content of one file in a folder that is there.
pub(crate) fn file(folder: &str, name: &str) -> Vec<u8> {
    let path = root().join(folder).join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file in the shape the test expects.
pub(crate) fn parse<T: DeserializeOwned>(name: &str, text: &[u8]) -> T {
    serde_json::from_slice(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn root() -> PathBuf {
    match std::env::var_os("PASSKEEPER_VECTORS") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors"),
    }
}

/// Says so, past the capturing of output, or fails where the vectors have to be there.
fn missing(path: &Path) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let reason = format!("no test vectors in {} (PASSKEEPER_VECTORS names another folder)", path.display());
    assert!(std::env::var_os("PASSKEEPER_CI").is_none(), "{test}: {reason}");
    std::io::stderr().write_all(format!("SKIPPED {test}: {reason}\n").as_bytes()).unwrap();
}
