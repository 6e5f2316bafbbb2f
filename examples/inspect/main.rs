//! Says what is in a captured WebAuthn response, and what the crate thinks of it.
//!
//! `cargo run --example inspect -- [--pretty] FILE…` verifies each file and prints one JSON line for it. With
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
//!                "allow_cross_origin": false, "top_origins": ["https://…"], "appid": "https://…" }
//! }
//! ```
//!
//! Only `response` must be there; without `rp_id` or `challenge`, or without `stored` for an authentication, nothing
//! is judged and the line says so. What `options` leaves out is as the crate has it by default.
//!
//! Exit code 0: every file was read, whatever the verdicts. 1: one could not be read, or none was named.

mod auth_data;
mod cbor;
mod file;
mod judge;
mod pretty;
mod raw_json;
mod text;
mod verdict;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::process::ExitCode;

use file::Case;
use verdict::Verdict;

const USAGE: &str = "usage: inspect [--pretty] FILE…\n\
    Verifies captured WebAuthn responses; prints one JSON line for each file, and with --pretty all that is in it.";

fn main() -> ExitCode {
    let (flags, files): (Vec<OsString>, Vec<OsString>) =
        std::env::args_os().skip(1).partition(|argument| argument.as_encoded_bytes().starts_with(b"--"));
    if files.is_empty() || flags.iter().any(|flag| flag != "--pretty") {
        // If nobody listens, nobody needs to be told.
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::FAILURE;
    }
    let mut code = ExitCode::SUCCESS;
    for file in &files {
        let mut out = Vec::new();
        if !inspect(file, !flags.is_empty(), &mut out) {
            code = ExitCode::FAILURE;
        }
        if io::stdout().write_all(&out).is_err() {
            return ExitCode::FAILURE;
        }
    }
    code
}

/// Writes the line and, if wanted, the rest; says whether the file could be read.
fn inspect(path: &OsStr, pretty: bool, out: &mut Vec<u8>) -> bool {
    let file = &*path.to_string_lossy();
    let content = match file::load(path) {
        Ok(content) => content,
        Err(failure) => {
            write_line(out, &Verdict::failure(file, &failure));
            return false;
        }
    };
    match Case::parse(&content) {
        Ok(case) => {
            let judgement = judge::judge(&case);
            write_line(out, &Verdict::of(file, &case, &judgement));
            if pretty {
                out.extend_from_slice(pretty::report(&case, &judgement).as_bytes());
            }
        }
        Err(failure) => write_line(out, &Verdict::failure(file, &failure)),
    }
    true
}

fn write_line(out: &mut Vec<u8>, verdict: &Verdict<'_>) {
    // Text and numbers only: this cannot fail.
    out.extend(serde_json::to_vec(verdict).unwrap_or_default());
    out.push(b'\n');
}
