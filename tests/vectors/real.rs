//! Responses of real authenticators and browsers, and derived ones with one thing broken.

use std::collections::BTreeMap;

use passkeeper::attestation::{AttestationType, TrustAnchors};
use passkeeper::types::Algorithm;
use passkeeper::{Error, RelyingParty, Trust, VerifiedRegistration};

use crate::capture::{Capture, Kind, Verified, captures};
use crate::reasons::reasons;

/// What a file is for, as far as this crate goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Sound implementations differ.
    Either,
    /// An algorithm that this crate cannot name.
    OtherAlgorithm,
    Registration,
    Assertion,
}

fn class(capture: &Capture) -> Class {
    if capture.expect.either {
        return Class::Either;
    }
    if capture.expect.alg.is_some_and(|alg| Algorithm::from_cose_id(alg).is_none()) {
        return Class::OtherAlgorithm;
    }
    match capture.kind {
        Kind::Authentication => Class::Assertion,
        Kind::Registration => Class::Registration,
    }
}

/// The word of the files for a type.
fn type_name(attestation_type: AttestationType) -> &'static str {
    match attestation_type {
        AttestationType::AttestationCa => "attca",
        AttestationType::AnonymizationCa => "anonca",
        other => other.as_str(),
    }
}

fn assert_accepted(capture: &Capture, verified: &Verified) {
    let (expect, name) = (&capture.expect, &capture.name);
    match verified {
        Verified::Registration(verified) => assert_registered(capture, verified),
        Verified::Authentication(verified) => {
            assert_eq!(Some(verified.record().algorithm().cose_id()), expect.alg, "{name}");
            assert_eq!(Some(verified.update().next.sign_count), expect.sign_count_after, "{name}");
        }
    }
}

fn assert_registered(capture: &Capture, verified: &VerifiedRegistration) {
    let (expect, name, record) = (&capture.expect, &capture.name, verified.record());
    assert_eq!(Some(&*record.attestation_format), expect.fmt.as_deref(), "{name}");
    assert_eq!(Some(type_name(record.attestation_type)), expect.attestation_type.as_deref(), "{name}");
    assert_eq!(Some(record.aaguid.to_string()), expect.aaguid, "{name}");
    assert_eq!(Some(record.algorithm().cose_id()), expect.alg, "{name}");
    assert_eq!(Some(record.usage.sign_count), expect.sign_count_after, "{name}");
    assert_eq!(record.created_at, capture.now(), "{name}");
    assert_eq!(record.attestation_trusted, verified.trust().is_trusted(), "{name}");
    match (record.attestation_type, verified.trust()) {
        (AttestationType::None, Trust::NotAttested) | (AttestationType::SelfAttestation, Trust::SelfAttested) => {}
        (AttestationType::None | AttestationType::SelfAttestation, trust) => panic!("{name}: {trust:?}"),
        (_, Trust::Trusted { .. }) => assert!(capture.has_roots(), "{name}"),
        (_, Trust::Untrusted { .. }) => assert!(!capture.has_roots(), "{name}"),
        (_, trust) => panic!("{name}: {trust:?}"),
    }
}

fn assert_fitting(capture: &Capture, error: &Error) {
    let wanted: Vec<_> = capture.expect.reason.iter().chain(&capture.expect.also).map(String::as_str).collect();
    let found = reasons(error.error_code());
    assert!(found.iter().any(|reason| wanted.contains(reason)), "{}: {error}: {found:?}, expected {wanted:?}", capture.name);
}

#[test]
fn every_file_gets_the_result_it_expects() {
    let Some(captures) = captures() else { return };
    let mut counts: BTreeMap<(Class, &str), usize> = BTreeMap::new();
    for capture in captures {
        let class = class(&capture);
        let outcome = match (class, capture.verify(), &*capture.expect.result) {
            (Class::Either, Ok(_), _) => "accepted",
            (Class::Either, Err(_), _) => "refused",
            (Class::Registration | Class::Assertion, Ok(verified), "ok") => {
                assert_accepted(&capture, &verified);
                "accepted"
            }
            (Class::Registration | Class::Assertion, Err(error), "error") => {
                assert_fitting(&capture, &error);
                "refused"
            }
            (Class::OtherAlgorithm, Err(error), _) => {
                assert_eq!(error.code(), "public-key-algorithm-unsupported", "{}: {error}", capture.name);
                "refused"
            }
            (_, Ok(_), _) => panic!("{}: accepted", capture.name),
            (_, Err(error), _) => panic!("{}: {error}", capture.name),
        };
        *counts.entry((class, outcome)).or_default() += 1;
    }
    let expected = BTreeMap::from([
        ((Class::Either, "refused"), 2),
        ((Class::OtherAlgorithm, "refused"), 6),
        ((Class::Registration, "accepted"), 41),
        ((Class::Registration, "refused"), 12),
        ((Class::Assertion, "accepted"), 18),
        ((Class::Assertion, "refused"), 23),
    ]);
    assert_eq!(counts, expected);
}

/// A registration that is accepted, with the relying party that accepted it.
pub(crate) struct Registered {
    pub(crate) capture: Capture,
    pub(crate) rp: RelyingParty,
    pub(crate) verified: VerifiedRegistration,
}

impl Registered {
    pub(crate) fn format(&self) -> &str {
        &self.verified.record().attestation_format
    }
}

/// The accepted registrations whose certificates lead to a root.
pub(crate) fn trusted() -> Option<Vec<Registered>> {
    let registrations = captures()?.into_iter().filter(|capture| capture.kind == Kind::Registration && !capture.expect.either);
    let accepted = registrations.filter_map(|capture| {
        let rp = capture.relying_party(capture.policy(), capture.anchors()).ok()?;
        let verified = capture.register(&rp, capture.now()).ok()?;
        Some(Registered { capture, rp, verified })
    });
    Some(accepted.filter(|registered| registered.verified.trust().is_trusted()).collect())
}

#[test]
fn every_format_of_the_field_leads_to_its_roots() {
    let Some(trusted) = trusted() else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for registered in &trusted {
        *counts.entry(registered.format()).or_default() += 1;
    }
    let expected = BTreeMap::from([("android-key", 1), ("android-safetynet", 3), ("apple", 4), ("fido-u2f", 7), ("packed", 8), ("tpm", 6)]);
    assert_eq!(counts, expected);
}

#[test]
fn without_roots_a_statement_holds_and_proves_nothing() {
    let Some(trusted) = trusted() else { return };
    for Registered { capture, verified, .. } in &trusted {
        let name = &capture.name;
        let strict = capture.relying_party(capture.policy(), TrustAnchors::new()).unwrap();
        let error = capture.register(&strict, capture.now()).expect_err(name);
        assert_eq!((error.code(), error.spec_step()), ("attestation-untrusted", Some("7.1/24")), "{name}: {error}");

        let lenient = capture.relying_party(capture.policy().danger_accept_untrusted(), TrustAnchors::new()).unwrap();
        let untrusted = capture.register(&lenient, capture.now()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut record = untrusted.record().clone();
        assert!(!record.attestation_trusted && verified.record().attestation_trusted, "{name}");
        record.attestation_trusted = true;
        assert_eq!(record, *verified.record(), "{name}");
        assert!(matches!(untrusted.trust(), Trust::Untrusted { reason } if reason.code() == "attestation-untrusted"), "{name}");
    }
}

#[test]
fn the_deprecated_service_is_refused_unless_allowed_by_name() {
    let Some(trusted) = trusted() else { return };
    let mut refused = 0;
    for Registered { capture, .. } in trusted.iter().filter(|registered| registered.format() == "android-safetynet") {
        let rp = capture.relying_party(capture.policy().rules(Default::default()), capture.anchors()).unwrap();
        let error = capture.register(&rp, capture.now()).expect_err(&capture.name);
        assert_eq!((error.code(), error.spec_step()), ("attestation-format-unsupported", Some("7.1/21")), "{}", capture.name);
        refused += 1;
    }
    assert_eq!(refused, 3);
}
