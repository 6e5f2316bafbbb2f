//! All that is in a response, for a person who wants to know why a ceremony failed.

mod android;
mod attestation;
mod auth_data;
mod certificate;
mod client_data;
mod key;
mod record;
mod report;
mod response;
mod safetynet;
mod statement;
mod tpm;
mod trust;

use passkeeper::types::Algorithm;

use crate::file::{Case, Kind};
use crate::judge::{self, Judgement, Refusal, Surroundings};
use crate::moment;
use crate::text::{hex, quoted};
use report::Report;

/// The tree of everything that can be read, then the list of every fault that is seen.
pub(crate) fn report(case: &Case, surroundings: &Surroundings, judgement: &Judgement) -> String {
    let mut report = Report::default();
    let kind = if case.kind == Kind::Registration { "registration" } else { "authentication" };
    match judgement {
        Ok(_) => report.section(format!("{kind}: accepted")),
        Err(Refusal::Crate(error)) => report.section(format!("{kind}: refused: {error}")),
        Err(Refusal::File(failure)) => report.section(format!("{kind}: not judged: {}", failure.message)),
    }
    // The first is what the judgement says.
    case.malformed.iter().skip(1).for_each(|failure| report.oddity(&failure.message));
    response::show(&mut report, case);
    client_data::show(&mut report, case);
    match case.kind {
        Kind::Registration => attestation::show(&mut report, case, surroundings),
        Kind::Authentication => record::show(&mut report, case),
    }
    options(&mut report, case, surroundings);
    report.finish(judgement)
}

fn options(report: &mut Report, case: &Case, surroundings: &Surroundings) {
    let options = &case.options;
    report.section("expected by the relying party");
    report.line("RP ID", case.rp_id.as_deref().map_or("(not in the file)".to_owned(), quoted));
    let challenge = case.challenge.as_ref();
    report.line("challenge", challenge.map_or("(not in the file)".to_owned(), |challenge| quoted(&challenge.to_base64url())));
    for origin in case.expected_origins() {
        report.line("origin", quoted(&origin));
    }
    let default = if options.user_verification.is_none() { " (by default)" } else { "" };
    report.line("user verification", format!("{:?}{default}", judge::user_verification(case)).to_lowercase());
    let algorithms = offered(case);
    let default = if options.algorithms.is_none() { " (by default)" } else { "" };
    let names: Vec<_> = algorithms.iter().map(|id| key::algorithm_name(*id)).collect();
    report.line("algorithms", format!("{}{default}", names.join(", ")));
    if options.user_presence == Some(false) {
        report.line("user presence", "not needed: the ceremony is conditional");
    }
    match &options.top_origins {
        Some(top_origins) => top_origins.iter().for_each(|origin| report.line("top origin", quoted(origin))),
        None if options.allow_cross_origin => report.line("top origin", "any"),
        None => {}
    }
    if let Some(app_id) = &options.app_id {
        report.line("appid", quoted(app_id));
    }
    if case.kind == Kind::Registration {
        report.line("moment", moment::show(surroundings.now));
        for root in &case.trust.roots {
            let subject = certificate::parse(root.as_der()).map(|root| certificate::name(root.tbs_certificate().subject()));
            report.line("trust anchor", subject.unwrap_or_default());
        }
        if !judge::demands_trust(case, surroundings) {
            report.line("trust anchors", "none: attestations are checked, not traced to an anchor");
        }
    }
}

/// The numbers of the algorithms on offer.
fn offered(case: &Case) -> Vec<i64> {
    match &case.options.algorithms {
        Some(algorithms) => algorithms.clone(),
        None => passkeeper::types::AlgorithmList::recommended().iter().map(Algorithm::cose_id).collect(),
    }
}

/// Bytes that may be missing.
fn maybe_hex(bytes: Option<&[u8]>) -> String {
    bytes.map_or("(none)".to_owned(), hex)
}
