//! Converts passkeys of another product into this crate's records.
//!
//! `cargo run --example import -- --format fusionauth --rp-id example.com --out records.jsonl FILE` reads the file row by
//! row and writes each good row as a line of JSON, which [`Format::Passkeeper`] reads. Standard output tells of every row
//! that was refused and, in the last line, how many there were:
//!
//! ```json
//! {"row":3,"name":"vBD52q2FMMM","code":"public-key-not-on-curve","message":"…"}
//! {"read":5,"converted":4,"refused":1}
//! ```
//!
//! The file may be of any size: one row is in memory, and 16 to 32 bytes of each that was read, to find it repeated.
//!
//! Exit code 0: every row was converted. 1: a row was refused. 2: nothing could be done.

mod settings;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use passkeeper::import::{Importer, Row};
use passkeeper::types::RecordId;
use passkeeper::{CredentialRecord, Error, ErrorCode};
use serde_json::json;

use settings::{Request, Settings, USAGE};

/// How many rows pass between two lines of progress.
const PROGRESS: u64 = 10_000;

fn main() -> ExitCode {
    let settings = match Settings::parse(std::env::args_os().skip(1)) {
        Ok(Request::Run(settings)) => settings,
        Ok(Request::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => return give_up(&format!("{USAGE}\n\nimport: {message}")),
    };
    match run(&settings) {
        Ok(counts) if counts.refused == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => give_up(&format!("import: {message}")),
    }
}

fn give_up(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

/// How many rows there were.
#[derive(Clone, Copy, Default)]
struct Counts {
    read: u64,
    refused: u64,
}

fn run(settings: &Settings) -> Result<Counts, String> {
    let importer = settings.importer(SystemTime::now().into()).map_err(|error| error.to_string())?;
    // All or nothing takes two passes: the first only judges.
    let judged = match settings.all_or_nothing {
        true => Some(pass(settings, &importer, &mut |line| tell(&line), None)?),
        false => None,
    };
    let counts = match judged {
        Some(counts) if counts.refused > 0 || settings.out.is_none() => counts,
        Some(_) => pass(settings, &importer, &mut |_| Ok(()), settings.out.as_ref())?,
        None => pass(settings, &importer, &mut |line| tell(&line), settings.out.as_ref())?,
    };
    let nothing = settings.all_or_nothing && counts.refused > 0;
    let converted = if nothing { 0 } else { counts.read.saturating_sub(counts.refused) };
    tell(&json!({ "read": counts.read, "converted": converted, "refused": counts.refused }))?;
    Ok(counts)
}

fn tell(line: &serde_json::Value) -> Result<(), String> {
    writeln!(io::stdout(), "{line}").map_err(|error| format!("standard output: {error}"))
}

/// Reads the file once. What it is converted to appears under its name only when all of it is there.
fn pass(
    settings: &Settings,
    importer: &Importer,
    fault: &mut dyn FnMut(serde_json::Value) -> Result<(), String>,
    out: Option<&OsString>,
) -> Result<Counts, String> {
    let failed = |path: &OsString, error: io::Error| format!("{}: {error}", path.to_string_lossy());
    let file = File::open(&settings.file).map_err(|error| failed(&settings.file, error))?;
    let partial = out.map(|out| {
        let mut partial = out.clone();
        partial.push(".partial");
        partial
    });
    let mut writer = match &partial {
        Some(path) => Some(BufWriter::new(File::create(path).map_err(|error| failed(path, error))?)),
        None => None,
    };
    let (mut counts, mut seen) = (Counts::default(), BTreeSet::new());
    for Row { number, name, record, .. } in importer.read(file) {
        counts.read = number;
        match record.and_then(|record| first(&mut seen, &record).and_then(|()| record.to_json())) {
            Ok(json) => {
                if let (Some(writer), Some(path)) = (&mut writer, &partial) {
                    writeln!(writer, "{json}").map_err(|error| failed(path, error))?;
                }
            }
            Err(error) => {
                counts.refused = counts.refused.saturating_add(1);
                fault(json!({ "row": number, "name": name, "code": error.code(), "message": error.to_string() }))?;
            }
        }
        if number.is_multiple_of(PROGRESS) {
            eprintln!("import: {number} rows read, {} refused", counts.refused);
        }
    }
    if let (Some(mut writer), Some(path), Some(out)) = (writer, partial, out) {
        writer.flush().and_then(|()| writer.get_ref().sync_all()).map_err(|error| failed(&path, error))?;
        fs::rename(&path, out).map_err(|error| failed(out, error))?;
    }
    Ok(counts)
}

/// A credential, and the ID of a record, stand in one row only.
fn first(seen: &mut BTreeSet<RecordId>, record: &CredentialRecord) -> Result<(), Error> {
    let credential = RecordId::derive(&record.scope, &record.rp_id, &record.credential_id);
    let known = !seen.insert(credential) || (record.id != credential && !seen.insert(record.id));
    if known { Err(ErrorCode::ImportRowDuplicate.into()) } else { Ok(()) }
}
