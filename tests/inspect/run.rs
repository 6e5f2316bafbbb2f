//! Runs the example and takes its output apart.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// The members of a line, in their order.
const KEYS: [&str; 14] = [
    "file",
    "result",
    "code",
    "kind",
    "spec_step",
    "message",
    "fmt",
    "attestation_type",
    "aaguid",
    "alg",
    "sign_count",
    "user_verified",
    "backup_eligible",
    "backup_state",
];

/// What was printed for one file.
#[derive(Debug)]
pub(crate) struct Line {
    json: Value,
    /// What `--pretty` added.
    pub(crate) report: String,
}

impl Deref for Line {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.json
    }
}

impl Line {
    fn new(text: &str) -> Self {
        let json: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(json.as_object().unwrap().len(), KEYS.len(), "{text}");
        let mut rest = text;
        for key in KEYS {
            let found = rest.split_once(&format!("\"{key}\":"));
            rest = found.unwrap_or_else(|| panic!("{key} is missing or out of order: {text}")).1;
        }
        let line = Self { json, report: String::new() };
        let accepted = match line.text("result") {
            Some("ok") => true,
            Some("error") => false,
            _ => panic!("{text}"),
        };
        for key in ["code", "kind", "message"] {
            assert_eq!(line.json[key].is_null(), accepted, "{key}: {text}");
        }
        line
    }

    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.json[member].as_str()
    }
}

/// The example, which `cargo test` builds along with the tests.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples").join(format!("inspect{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: cargo build --example inspect", path.display());
    path
}

/// Runs it with these arguments.
pub(crate) fn run(arguments: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    let output = Command::new(binary()).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panicked") && matches!(output.status.code(), Some(0 | 1)), "{:?} {errors}", output.status);
    output
}

/// Inspects files with these contents, all of which can be read.
pub(crate) fn inspect(flags: &[&str], contents: &[Vec<u8>]) -> Vec<Line> {
    let paths: Vec<_> = contents.iter().map(|content| write(content)).collect();
    let lines = inspect_paths(flags, &paths);
    for path in paths {
        std::fs::remove_file(path).unwrap();
    }
    lines
}

/// Inspects these files, all of which can be read.
pub(crate) fn inspect_paths(flags: &[&str], paths: &[PathBuf]) -> Vec<Line> {
    let mut lines = Vec::new();
    // In portions, so that the command line does not get too long.
    for paths in paths.chunks(500) {
        let arguments: Vec<_> = flags.iter().map(Path::new).chain(paths.iter().map(PathBuf::as_path)).collect();
        let output = run(&arguments);
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), b"".as_slice()));
        let found = lines_of(&output);
        assert_eq!(found.len(), paths.len());
        for (line, path) in found.iter().zip(paths) {
            assert_eq!(line.text("file"), path.to_str());
            // A file that is no file of ours has nothing to show; one with a faulty member has.
            let (pretty, malformed) = (flags.contains(&"--pretty"), line.text("code") == Some("file-malformed"));
            assert!(if line.report.is_empty() { !pretty || malformed } else { pretty }, "{line:?}");
        }
        lines.extend(found);
    }
    lines
}

/// The JSON lines, each with the indented lines that follow.
pub(crate) fn lines_of(output: &Output) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for text in std::str::from_utf8(&output.stdout).expect("UTF-8").lines() {
        if text.starts_with("  ") {
            let report = &mut lines.last_mut().expect("the JSON line comes first").report;
            report.push_str(text);
            report.push('\n');
        } else {
            lines.push(Line::new(text));
        }
    }
    lines
}

/// A new file with this content.
pub(crate) fn write(content: &[u8]) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("inspect-{}-{number}.json", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path
}
