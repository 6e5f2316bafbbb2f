//! Whom the certificates lead to, and what the metadata says about the model.

use passkeeper::metadata::MetadataEntry;
use passkeeper::types::Aaguid;
use passkeeper::x509::TrustAnchor;
use passkeeper::{AttestationVerdict, AuthenticatorModel, Error, ErrorCode, Trust};
use sha1::{Digest as _, Sha1};

use super::{Report, certificate};
use crate::auth_data::AuthData;
use crate::file::Case;
use crate::judge::{self, Surroundings};
use crate::text::{clean, plain_hex, quoted};
use crate::{moment, settings};

const MAX_LINKS: usize = 16;
const MAX_STATUSES: usize = 32;

/// The path of a chain, link by link, and where the crate says that it leads or stops.
pub(super) fn path(
    report: &mut Report,
    case: &Case,
    surroundings: &Surroundings,
    chain: &[Vec<u8>],
    verdict: Option<&Result<AttestationVerdict, Error>>,
) {
    let demanded = judge::demands_trust(case, surroundings);
    report.section(if demanded { "path to an anchor" } else { "path (no anchors: it does not matter where it leads)" });
    let mut anchors: Vec<&[u8]> = case.trust.roots.iter().map(TrustAnchor::as_der).collect();
    if let Some(Ok(verdict)) = verdict {
        let trusted = [verdict].into_iter().chain(&verdict.parts).filter(|verdict| verdict.trust.is_trusted());
        anchors.extend(trusted.filter_map(|verdict| verdict.path.last()).map(Vec::as_slice));
    }
    let names: Vec<_> =
        anchors.iter().filter_map(|der| certificate::parse(der).ok()).map(|root| root.tbs_certificate().subject().clone()).collect();
    let parsed: Vec<_> = chain.iter().take(MAX_LINKS).map(|der| certificate::parse(der).ok()).collect();
    for (number, link) in parsed.iter().enumerate() {
        let Some(link) = link else {
            report.line(&format!("certificate {number}"), "cannot be read ✗");
            continue;
        };
        let is_anchor = chain.get(number).is_some_and(|der| anchors.contains(&der.as_slice()));
        let verdict = match certificate::when(link, surroundings.now) {
            _ if is_anchor => "is an anchor ✓",
            certificate::When::Valid => "in time ✓",
            certificate::When::NotYet => "not valid yet ✗",
            certificate::When::Expired => "expired ✗",
        };
        report.line(&format!("certificate {number}"), verdict);
        let issuer = link.tbs_certificate().issuer();
        let next = parsed.get(number.saturating_add(1)).and_then(Option::as_ref);
        let by = if names.contains(issuer) {
            "names an anchor ✓"
        } else if next.is_some_and(|next| next.tbs_certificate().subject() == issuer) {
            "names the next certificate ✓"
        } else if next.is_some() {
            "is not the next certificate ✗"
        } else {
            "is not in sight ✗"
        };
        report.inner("issuer", format_args!("{} {by}", certificate::name(issuer)));
    }
    match verdict.map(|verdict| verdict.as_ref().map(|verdict| &verdict.trust)) {
        Some(Ok(Trust::Trusted { .. })) => report.line("end", "leads to an anchor ✓"),
        Some(Ok(Trust::Untrusted { reason: error }) | Err(error)) => report.line("end", format_args!("stops ✗ {error}")),
        _ => {}
    }
}

/// What the crate says about the statement and its path.
pub(super) fn verdict(report: &mut Report, verdict: &Result<AttestationVerdict, Error>) {
    report.section("attestation");
    match verdict.as_ref().map(|verdict| &verdict.trust) {
        Ok(Trust::NotAttested) => report.line("trust", "nothing is attested"),
        Ok(Trust::SelfAttested) => report.line("trust", "self attested: proves nothing about the authenticator"),
        Ok(Trust::Trusted { anchor }) => {
            let subject = certificate::parse(anchor).map(|anchor| certificate::name(anchor.tbs_certificate().subject()));
            report.line("trust", format_args!("trusted ✓ by {}", subject.unwrap_or_default()));
        }
        Ok(Trust::Untrusted { reason }) => report.line("trust", format_args!("the statement holds ✓, but proves nothing: {reason}")),
        Ok(_) => report.line("trust", "not judged"),
        Err(error) => report.line("trust", format_args!("✗ {error}")),
    }
    if let Ok(verdict) = verdict {
        report.line("made by", made_by(&verdict.model));
    }
    report.also(verdict, "attestation");
}

fn made_by(model: &AuthenticatorModel) -> String {
    match model {
        AuthenticatorModel::Claimed(aaguid) => format!("{aaguid}, as it claims: that is not proved"),
        AuthenticatorModel::Listed(identifier) => format!("the model whose key the metadata lists as {identifier} ✓"),
        AuthenticatorModel::Proved(aaguid) => format!("{aaguid}, which is proved ✓"),
        _ => "a model that is not named".to_owned(),
    }
}

/// The entry of the model, if there is metadata.
pub(super) fn metadata(report: &mut Report, surroundings: &Surroundings, data: &[u8], chain: &[Vec<u8>]) {
    let Some(metadata) = &surroundings.metadata else { return };
    report.section(format_args!("metadata, BLOB {}, due on {}", metadata.number(), moment::show(metadata.next_update())));
    if !surroundings.skipped.is_empty() {
        report.line("left out", format_args!("{} parts that cannot be read", surroundings.skipped.len()));
        settings::skipped_lines(&surroundings.skipped).for_each(|part| report.inner("", clean(&part)));
    }
    let aaguid = AuthData::read(data).aaguid.unwrap_or_default();
    let entry = if aaguid == Aaguid::default() {
        let leaf = chain.first().and_then(|der| certificate::parse(der).ok());
        let identifier = leaf.map(|leaf| {
            let key = leaf.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
            plain_hex(Sha1::digest(key).as_slice())
        });
        identifier.and_then(|identifier| metadata.find_by_key_identifier(&identifier))
    } else {
        metadata.find(aaguid)
    };
    match entry {
        Some(entry) => self::entry(report, surroundings, entry),
        None => report.line("model", "(not in the metadata)"),
    }
}

fn entry(report: &mut Report, surroundings: &Surroundings, entry: &MetadataEntry) {
    report.line("model", quoted(&entry.description));
    for status in entry.status_reports.iter().take(MAX_STATUSES) {
        let since = status.effective.map_or("always".to_owned(), |since| format!("since {}", moment::show(since)));
        let later = status.effective.is_some_and(|since| since > surroundings.now);
        let note = match (later, status.status.is_compromised()) {
            (true, _) => " (not in force yet)",
            (false, true) => " ✗",
            (false, false) => "",
        };
        report.inner(quoted(&status.status.0), format_args!("{since}{note}"));
        if status.status.is_compromised() && !later {
            let text = format_args!("the metadata reports {} {since}", quoted(&status.status.0));
            report.fault(ErrorCode::AttestationStatusRefused, text);
        }
    }
}
