//! The command line, and the metadata it names.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::metadata::{BlobVerifier, Metadata, Skipped, SkippedPart};
use passkeeper::types::UnixTime;

use crate::file::{self, Case};
use crate::judge::Surroundings;
use crate::{moment, text};

const MAX_BLOB: u64 = 64 * 1024 * 1024;
const MAX_ROOT: u64 = 64 * 1024;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Request {
    Help,
    Run(Box<Settings>),
}

/// Why nothing is done at all.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The command line makes no sense.
    Usage(String),
    /// A file of the metadata cannot be read.
    Metadata(String),
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::Usage(message)
    }
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) pretty: bool,
    pub(crate) files: Vec<OsString>,
    time: Option<UnixTime>,
    mds: Option<Mds>,
}

/// A BLOB that was read and, for each moment that came up, what it is worth.
#[derive(Debug)]
struct Mds {
    blob: String,
    verifier: BlobVerifier,
    verified: BTreeMap<UnixTime, Option<(Metadata, Vec<Skipped>)>>,
    /// Whether it was said what was left out: that depends on no moment.
    told: bool,
}

/// Something to say about the metadata.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    /// Whether the metadata is of no use.
    pub(crate) fatal: bool,
}

/// More of what was left out is not listed.
const MAX_SKIPPED: usize = 64;

/// Parts of a BLOB that could not be read, one a line.
pub(crate) fn skipped_lines(skipped: &[Skipped]) -> impl Iterator<Item = String> {
    let more = skipped.len().saturating_sub(MAX_SKIPPED);
    let line = |skipped: &Skipped| {
        let part = match skipped.part {
            SkippedPart::Root(root) => format!(", root {root}"),
            SkippedPart::EffectiveDate(report) => format!(", date of report {report}"),
            SkippedPart::Name => ", repeated name".to_owned(),
            _ => String::new(),
        };
        format!("entry {}{part}: {}", skipped.entry, text::cut(&skipped.reason))
    };
    skipped.iter().take(MAX_SKIPPED).map(line).chain((more > 0).then(|| format!("and {more} more")))
}

impl Settings {
    /// Reads the command line and the files of the metadata; an error is a message for the user.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Request, Problem> {
        let (mut pretty, mut files, mut time, mut blob, mut root) = (false, Vec::new(), None, None, None);
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = |name: &str| arguments.next().ok_or_else(|| format!("{name} wants a value"));
            match argument.to_str() {
                Some("--help") => return Ok(Request::Help),
                Some("--pretty") => pretty = true,
                Some("--mds") => blob = Some(value("--mds")?),
                Some("--mds-root") => root = Some(value("--mds-root")?),
                Some("--time") => {
                    let text = value("--time")?.to_string_lossy().into_owned();
                    time = Some(moment::parse(&text).ok_or_else(|| format!("--time {text:?} is no date such as 2026-01-31T12:00:00Z"))?);
                }
                Some(text) if text.starts_with("--") => return Err(format!("there is no option {text:?}").into()),
                _ => files.push(argument),
            }
        }
        if files.is_empty() {
            return Err("no file is named".to_owned().into());
        }
        let mds = match (blob, root) {
            (Some(blob), Some(root)) => Some(Mds::load(&blob, &root).map_err(Problem::Metadata)?),
            (None, None) => None,
            _ => return Err("--mds and --mds-root belong together".to_owned().into()),
        };
        Ok(Request::Run(Box::new(Self { pretty, files, time, mds })))
    }

    /// What a file is judged by, and what there is to complain about the metadata.
    pub(crate) fn surroundings(&mut self, case: &Case) -> (Surroundings, Option<Complaint>) {
        let now = case.trust.verification_time.or(self.time).unwrap_or_else(|| SystemTime::now().into());
        let blob_time = self.time.unwrap_or(now);
        let (verified, complaint) = self.mds.as_mut().map(|mds| mds.at(blob_time)).unwrap_or_default();
        let (metadata, skipped) = verified.map(|(metadata, skipped)| (Some(metadata), skipped)).unwrap_or_default();
        (Surroundings { now, metadata, skipped }, complaint)
    }
}

impl Mds {
    fn load(blob: &OsStr, root: &OsStr) -> Result<Self, String> {
        let read = |path: &OsStr, limit| {
            file::load_up_to(path, limit).map_err(|failure| format!("{}: {}", path.to_string_lossy(), failure.message))
        };
        let anchor = moment::certificate(&read(root, MAX_ROOT)?)
            .map_err(|error| format!("{}: not a certificate in PEM or DER: {error}", root.to_string_lossy()))?;
        let blob = String::from_utf8(read(blob, MAX_BLOB)?).map_err(|_| format!("{}: not a BLOB: not text", blob.to_string_lossy()))?;
        Ok(Self { blob, verifier: BlobVerifier::new(anchor), verified: BTreeMap::new(), told: false })
    }

    /// The metadata at this moment; the first time also why there is none, or what it lacks.
    fn at(&mut self, time: UnixTime) -> (Option<(Metadata, Vec<Skipped>)>, Option<Complaint>) {
        if let Some(known) = self.verified.get(&time) {
            return (known.clone(), None);
        }
        let (verified, complaint) = match self.verifier.verify(&self.blob, &PROVIDER, time) {
            Ok((metadata, skipped)) => {
                let tell = !skipped.is_empty() && !std::mem::replace(&mut self.told, true);
                let complaint = tell.then(|| {
                    let lines: String = skipped_lines(&skipped).map(|line| format!("\n  {line}")).collect();
                    let message = format!("{} parts of the BLOB cannot be read and are left out:{lines}", skipped.len());
                    Complaint { message, fatal: false }
                });
                (Some((metadata, skipped)), complaint)
            }
            Err(error) => {
                let message = format!("the BLOB does not count at {}: {error}", moment::show(time));
                (None, Some(Complaint { message, fatal: true }))
            }
        };
        self.verified.insert(time, verified.clone());
        (verified, complaint)
    }
}
