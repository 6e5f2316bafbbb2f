//! Says what is in a captured WebAuthn response, and what the crate thinks of it.
//!
//! `cargo run --example inspect -- [OPTIONS] FILE…` verifies each file and prints one JSON line for it. With
//! `--pretty` everything that can be read of the response follows, with every fault that is seen: for finding out
//! why a ceremony failed. A file is a JSON object:
//!
//! ```json
//! {
//!   "kind": "registration",
//!   "rp_id": "example.com", "origins": ["https://example.com"], "challenge": "base64url",
//!   "response": { "id": "…", "rawId": "…", "type": "public-key", "response": { "clientDataJSON": "…" } },
//!   "stored": { "credential_id": "…", "public_key_cose": "…", "sign_count": 0, "user_handle": "…", "backup_eligible": true },
//!   "options": { "user_verification": "preferred", "algs": [-7], "user_presence": true,
//!                "allow_cross_origin": false, "top_origins": ["https://…"], "appid": "https://…" },
//!   "trust": { "roots_pem": ["-----BEGIN CERTIFICATE-----…"], "verification_time": "2026-01-31T12:00:00Z" }
//! }
//! ```
//!
//! Only `response` must be there, and a file may be the response itself, as `credential.toJSON()` has it; without `rp_id` or
//! `challenge`, or without `stored` for an authentication, or if one of these has another type, nothing is judged and the line
//! says so, while `--pretty` shows what is there. What `options` leaves out is as the crate has it by default.
//!
//! An attestation with certificates has to lead to one of the roots, or to an anchor of the metadata (`--mds`). With
//! neither it is checked, but not whom it leads to. Since this judges captures, it takes what a server should refuse:
//! SafetyNet, TPM vendors for tests, keys that may leave their TPM, and SHA-1 in certificates.
//!
//! Exit code 0: every file was read, whatever the verdicts. 1: one could not be read, or none was named, or the
//! metadata was of no use.

mod auth_data;
mod cbor;
mod der;
mod file;
mod judge;
mod moment;
mod oids;
mod pretty;
mod raw_json;
mod settings;
mod text;
mod verdict;

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::process::ExitCode;

use file::Case;
use settings::{Problem, Request, Settings};
use verdict::Verdict;

const USAGE: &str = "usage: inspect [OPTIONS] FILE…
Verifies captured WebAuthn responses; prints one JSON line for each file.

  --pretty          all that is in the response follows, with every fault that is seen
  --mds FILE        a FIDO metadata BLOB, to find the model and its anchors
  --mds-root FILE   the root of the BLOB's signature, PEM or DER
  --time TIME       the moment to judge the BLOB at, such as 2026-01-31T12:00:00Z or seconds since 1970; also the
                    moment of ceremonies whose file has no trust.verification_time. Otherwise the BLOB is judged
                    at the file's trust.verification_time, or now.

Certificates of an attestation have to lead to one of the file's trust.roots_pem or to the metadata's anchors. With
neither, the statement is checked and it does not matter where they lead. This judges captures and so takes
what a server should refuse: SafetyNet, TPM vendors for tests, keys that may leave their TPM, and SHA-1 in
certificates.";

fn main() -> ExitCode {
    let mut settings = match Settings::parse(std::env::args_os().skip(1)) {
        Ok(Request::Run(settings)) => settings,
        Ok(Request::Help) => {
            let told = writeln!(io::stdout(), "{USAGE}");
            return if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Err(Problem::Usage(message)) => {
            complain(&format!("{USAGE}\n\ninspect: {message}"));
            return ExitCode::FAILURE;
        }
        Err(Problem::Metadata(message)) => {
            complain(&format!("inspect: {message}"));
            return ExitCode::FAILURE;
        }
    };
    let mut code = ExitCode::SUCCESS;
    for file in std::mem::take(&mut settings.files) {
        let mut out = Vec::new();
        if !inspect(&file, &mut settings, &mut out) {
            code = ExitCode::FAILURE;
        }
        if io::stdout().write_all(&out).is_err() {
            return ExitCode::FAILURE;
        }
    }
    code
}

/// If nobody listens, nobody needs to be told.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "{}", text::clean_lines(message));
}

/// Writes the line and, if wanted, the rest; says whether the file and the metadata could be used.
fn inspect(path: &OsStr, settings: &mut Settings, out: &mut Vec<u8>) -> bool {
    let file = &*path.to_string_lossy();
    let content = match file::load(path) {
        Ok(content) => content,
        Err(failure) => {
            write_line(out, &Verdict::failure(file, &failure));
            return false;
        }
    };
    let case = match Case::parse(&content) {
        Ok(case) => case,
        Err(failure) => {
            write_line(out, &Verdict::failure(file, &failure));
            return true;
        }
    };
    let (surroundings, complaint) = settings.surroundings(&case);
    if let Some(complaint) = &complaint {
        complain(&format!("inspect: {file}: {}", complaint.message));
    }
    let judgement = judge::judge(&case, &surroundings);
    write_line(out, &Verdict::of(file, &case, &judgement));
    if settings.pretty {
        out.extend_from_slice(pretty::report(&case, &surroundings, &judgement).as_bytes());
    }
    !complaint.is_some_and(|complaint| complaint.fatal)
}

fn write_line(out: &mut Vec<u8>, verdict: &Verdict<'_>) {
    // Text and numbers only: this cannot fail.
    out.extend(serde_json::to_vec(verdict).unwrap_or_default());
    out.push(b'\n');
}
