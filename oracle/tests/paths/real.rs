//! Registrations of real devices: their chains, at their time and others, under their roots and others'.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value;
use passkeeper::attestation::StatementRules;
use passkeeper::parse::AttestationObject;
use passkeeper::types::{Algorithm, AlgorithmList, Bytes, Challenge, Origin, UnixTime};
use passkeeper::wire::RegistrationResponse;
use passkeeper::{Error, RegistrationRequest, RelyingParty, Trust};
use serde::Deserialize;
use x509_cert::der::DateTime;

use crate::chain::Chain;
use crate::judges::{Bench, ours};
use crate::report::{self, Report};

/// The part of a file that matters here.
#[derive(Deserialize)]
struct Capture {
    name: String,
    kind: String,
    rp_id: String,
    origins: Vec<String>,
    challenge: Bytes,
    response: serde_json::Value,
    options: Options,
    trust: Option<Roots>,
}

#[derive(Deserialize)]
struct Options {
    user_verification: passkeeper::types::UserVerification,
    algs: Vec<i64>,
}

#[derive(Deserialize)]
struct Roots {
    roots_pem: Vec<String>,
    verification_time: Option<String>,
}

/// 2000-01-01 and 2199-01-01: before and after nearly every certificate.
const OTHER_TIMES: [i64; 2] = [946_684_800, 7_226_582_400];

pub fn judge() {
    let Some(captures) = captures() else { return };
    let chains: Vec<_> = captures.iter().filter_map(|capture| Some((capture, capture.chain()?))).collect();
    let mut report = Report::new("real", Bench::new(false));
    for (index, (capture, chain)) in chains.iter().enumerate() {
        let others = chains[(index + 1) % chains.len()].1.anchors.clone();
        let later = OTHER_TIMES.map(|now| (format!("{} at {now}", capture.name), Chain { now, ..chain.clone() }));
        let wrong = (format!("{} under another root", capture.name), Chain { anchors: others, ..chain.clone() });
        for (name, chain) in [(capture.name.clone(), chain.clone()), wrong].into_iter().chain(later) {
            let ours = match capture.register(&chain) {
                // Refused before anybody looked at the path.
                Err(error) if error.spec_step() != Some("7.1/24") => continue,
                result => ours::verdict(result),
            };
            let theirs = report.ask(&chain);
            report.count(&name, &ours, &theirs, |_, _| false);
        }
    }
    report.finish();
}

impl Capture {
    /// The chain, if there are one and roots to it.
    fn chain(&self) -> Option<Chain> {
        let roots = self.trust.as_ref().filter(|_| self.kind == "registration")?;
        let time: DateTime = roots.verification_time.as_ref()?.parse().unwrap();
        let now = i64::try_from(time.unix_duration().as_secs()).unwrap();
        let anchors = roots.roots_pem.iter().map(|pem| from_pem(pem)).collect();
        let object: Bytes = serde_json::from_value(self.response["response"]["attestationObject"].clone()).ok()?;
        let object = AttestationObject::parse(object.as_slice()).ok()?;
        let statement: Value = ciborium::from_reader(object.att_stmt).ok()?;
        let member = |(key, value): (Value, Value)| (key.as_text() == Some("x5c")).then_some(value);
        let x5c = statement.into_map().ok()?.into_iter().find_map(member)?.into_array().ok()?;
        let x5c = x5c.into_iter().filter_map(|der| der.into_bytes().ok()).collect();
        Some(Chain { x5c, anchors, crls: Vec::new(), now, accept_sha1: false })
    }

    fn register(&self, chain: &Chain) -> Result<Trust, Error> {
        let mut rules = StatementRules::default();
        rules.danger_accept_test_tpm_vendors = true;
        let mut policy = ours::policy(rules);
        policy.user_verification = self.options.user_verification;
        policy.algorithms = AlgorithmList::new(self.options.algs.iter().copied().filter_map(Algorithm::from_cose_id))?;
        let mut builder = RelyingParty::builder(&*self.rp_id, "Real").registration_policy(policy).trust_anchors(ours::anchors(chain)?);
        for origin in &self.origins {
            let secure = Origin::new(origin).is_ok();
            builder = if secure { builder.origin(origin) } else { builder.danger_insecure_origin(origin) };
        }
        let rp = builder.build()?;
        let now = UnixTime::from_secs(chain.now);
        let bytes = self.challenge.as_slice();
        let challenge = if bytes.len() < 16 { Challenge::danger_guessable(bytes) } else { Challenge::new(bytes) };
        let (_, pending) = rp.start_registration(RegistrationRequest::new(ours::user()), challenge?, now)?;
        let response = RegistrationResponse::from_json(self.response.to_string())?;
        pending.verify(&rp, &response, now).map(|verified| verified.trust().clone())
    }
}

/// Every file, in order; `None` if there are none here.
fn captures() -> Option<Vec<Capture>> {
    let folder = match std::env::var_os("PASSKEEPER_VECTORS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"),
    };
    let Ok(entries) = fs::read_dir(folder.join("real/fixtures")) else {
        report::skipped("the chains of real devices", &format!("no real/fixtures in {}", folder.display()));
        return None;
    };
    let mut paths: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no files in {}", folder.display());
    let read = |path: PathBuf| serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(paths.into_iter().map(read).collect())
}

fn from_pem(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    STANDARD.decode(base64).unwrap()
}
