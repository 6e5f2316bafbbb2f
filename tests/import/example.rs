//! The example, run as a user runs it.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use passkeeper::import::Format;
use passkeeper::testing::KeyAlgorithm;
use serde_json::{Value, json};

use crate::common::*;
use crate::sample::{Device, base64url, file, importer};

/// The example, which `cargo test` builds along with the tests.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples").join(format!("import{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: cargo build --example import", path.display());
    path
}

/// A path that no other test uses.
fn path(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("import-{}-{number}-{name}", std::process::id()))
}

struct Run {
    code: Option<i32>,
    /// The lines of standard output.
    lines: Vec<Value>,
    stderr: String,
    /// What was written, if anything was.
    out: Option<String>,
}

/// Converts a file with these contents.
fn convert(content: &[u8], arguments: &[&str]) -> Run {
    let (input, out) = (path("in"), path("out"));
    fs::write(&input, content).unwrap();
    let output = Command::new(binary()).args(arguments).arg("--out").arg(&out).arg(&input).output().unwrap();
    fs::remove_file(&input).unwrap();
    let written = fs::read_to_string(&out).ok();
    if written.is_some() {
        fs::remove_file(&out).unwrap();
    }
    let run = Run { out: written, ..taken(&output) };
    assert!(!out.with_file_name(format!("{}.partial", out.file_name().unwrap().to_str().unwrap())).exists());
    run
}

fn taken(output: &Output) -> Run {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
    let lines = if output.status.code() == Some(2) { Vec::new() } else { lines.map(|line| serde_json::from_str(line).unwrap()).collect() };
    Run { code: output.status.code(), lines, stderr, out: None }
}

fn rows(format: Format) -> Vec<Value> {
    (1..=3).map(|n| Device::new(KeyAlgorithm::Es256, n * 20)).map(|device| without_id(device.row(format))).collect()
}

/// The sample's record ID would be the same in every row.
fn without_id(mut row: Value) -> Value {
    if row.get("userAgent").is_some() {
        row.as_object_mut().unwrap().remove("id");
    }
    row
}

fn arguments(format: Format) -> Vec<&'static str> {
    let mut arguments = vec!["--format", format.as_str(), "--rp-id", RP_ID];
    if format == Format::WebauthnRs {
        arguments.extend(["--user-handle-from", "user_id:uuid"]);
    }
    arguments
}

#[test]
fn every_format_is_converted_into_records() {
    for format in Format::ALL {
        let run = convert(&file(*format, &rows(*format)), &arguments(*format));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{format:?}");
        assert_eq!(run.lines, [json!({ "read": 3, "converted": 3, "refused": 0 })]);
        let out = run.out.unwrap();
        let records: Vec<_> = importer(Format::Passkeeper).rows(out.as_bytes()).map(|row| row.record.unwrap()).collect();
        assert_eq!(records.len(), 3, "{format:?}");
        for (record, number) in records.iter().zip(1..) {
            assert_eq!(record.credential_id.as_bytes(), Device::new(KeyAlgorithm::Es256, number * 20).id);
        }
    }
}

#[test]
fn bad_rows_are_named_and_the_exit_code_says_so() {
    let format = Format::SimpleWebauthn;
    let mut rows = rows(format);
    rows.insert(1, json!({ "id": "AAAA" }));
    rows.push(rows[0].clone());
    let run = convert(&file(format, &rows), &arguments(format));
    assert_eq!(run.code, Some(1));
    let told = |line: &Value| (line["row"].clone(), line["name"].clone(), line["code"].clone());
    assert_eq!(told(&run.lines[0]), (json!(2), json!("AAAA"), json!("import-member-missing")));
    let first = rows[0]["id"].clone();
    assert_eq!(told(&run.lines[1]), (json!(5), first, json!("import-row-duplicate")));
    assert_eq!(run.lines[2], json!({ "read": 5, "converted": 3, "refused": 2 }));
    assert_eq!(run.out.unwrap().lines().count(), 3);

    let arguments = [arguments(format), vec!["--all-or-nothing"]].concat();
    let run = convert(&file(format, &rows), &arguments);
    assert_eq!((run.code, run.out), (Some(1), None));
    assert_eq!(run.lines[2], json!({ "read": 5, "converted": 0, "refused": 2 }));
    rows.truncate(1);
    let run = convert(&file(format, &rows), &arguments);
    assert_eq!((run.code, run.lines), (Some(0), vec![json!({ "read": 1, "converted": 1, "refused": 0 })]));
    assert_eq!(run.out.unwrap().lines().count(), 1);
}

#[test]
fn scope_and_user_handles_are_as_the_command_line_says() {
    let format = Format::SimpleWebauthn;
    let mut rows = rows(format);
    rows.iter_mut().for_each(|row| row["account"] = json!("ann"));
    let arguments = [arguments(format), vec!["--scope", "tenant", "--user-handle-from", "account"]].concat();
    let run = convert(&file(format, &rows), &arguments);
    let record: Value = serde_json::from_str(run.out.unwrap().lines().next().unwrap()).unwrap();
    assert_eq!((&record["scope"], &record["user_handle"]), (&json!("tenant"), &json!(base64url(b"ann"))));
}

#[test]
fn what_cannot_be_done_says_why() {
    let good = ["--format", "fusionauth", "--rp-id", RP_ID];
    for (arguments, reason) in [
        (vec![], "--format is missing"),
        (vec!["--format", "fusionauth", "x"], "--rp-id is missing"),
        (vec!["--format", "x"], "there is no format"),
        (vec!["--rp-id"], "--rp-id wants a value"),
        ([good.as_slice(), &["--user-handle-from", "a:b", "x"]].concat(), "there is no encoding"),
        ([good.as_slice(), &["--fast", "x"]].concat(), "there is no option"),
        ([good.as_slice(), &["x", "y"]].concat(), "more than one file"),
        (good.to_vec(), "no file is named"),
        ([good.as_slice(), &["/nowhere/at/all"]].concat(), "/nowhere/at/all"),
        (vec!["--format", "fusionauth", "--rp-id", "https://example.com", "x"], "rp-id-invalid"),
    ] {
        let run = taken(&Command::new(binary()).args(&arguments).output().unwrap());
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains(reason), "{arguments:?}: {}", run.stderr);
    }
    let help = Command::new(binary()).arg("--help").output().unwrap();
    assert!(help.status.success() && help.stdout.starts_with(b"usage"));
}

#[test]
fn a_hundred_thousand_rows_pass_in_bounded_memory_with_progress() {
    const ROWS: u32 = 100_000;
    let (input, out) = (path("large"), path("large-out"));
    let mut row = Device::new(KeyAlgorithm::Es256, 1).row(Format::SimpleWebauthn);
    row["id"] = json!("@@@");
    let (before, after) = row.to_string().split_once("@@@").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let mut writer = BufWriter::new(fs::File::create(&input).unwrap());
    for number in 0..ROWS {
        let id = base64url(&[number.to_be_bytes(), [7; 4], [8; 4], [9; 4]].concat());
        writeln!(writer, "{}{before}{id}{after}", if number == 0 { '[' } else { ',' }).unwrap();
    }
    writer.write_all(b"]").unwrap();
    drop(writer);

    let mut child = Command::new(binary())
        .args(arguments(Format::SimpleWebauthn))
        .arg("--out")
        .arg(&out)
        .arg(&input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The peak only grows, so that the last look before the end is near it.
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().unwrap().is_none() {
        let now = fs::read_to_string(&status).ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:").map(str::to_owned))?;
            line.trim().trim_end_matches(" kB").parse::<u64>().ok()
        });
        peak = peak.max(now);
        std::thread::sleep(Duration::from_millis(10));
    }
    let run = taken(&child.wait_with_output().unwrap());
    let (in_len, written) = (fs::metadata(&input).unwrap().len(), fs::read_to_string(&out).unwrap());
    fs::remove_file(&input).unwrap();
    fs::remove_file(&out).unwrap();

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.lines, [json!({ "read": ROWS, "converted": ROWS, "refused": 0 })]);
    assert_eq!(written.lines().count(), ROWS as usize);
    let progress: Vec<_> = run.stderr.lines().collect();
    assert_eq!(progress.len(), 10, "{}", run.stderr);
    assert_eq!(progress[9], "import: 100000 rows read, 0 refused");
    assert!(in_len > 20_000_000, "{in_len}");
    if cfg!(target_os = "linux") {
        let peak = peak.expect("the kernel says how much memory a process used");
        assert!(peak < 24 * 1024, "{peak} kB at its peak for a file of {in_len} bytes");
    }
}
