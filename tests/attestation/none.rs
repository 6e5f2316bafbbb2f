//! Format `none` (§8.7), formats nobody knows, and what no anchor vouches for.

use passkeeper::AttestationPolicy;
use passkeeper::Trust;
use passkeeper::attestation::{AttestationType, TrustAnchors};
use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AttestationKind, Cbor, FidoU2fAttestation, PackedAttestation, SafetyNetAttestation,
    TpmAttestation,
};

use crate::setup::*;

#[test]
fn none_attests_nothing() {
    let verified = Case::new(AttestationKind::None).register().unwrap();
    assert_eq!(*verified.trust(), Trust::NotAttested);
    let record = verified.record();
    assert_eq!((&*record.attestation_format, record.attestation_type), ("none", AttestationType::None));
    assert!(!record.attestation_trusted);
}

#[test]
fn none_has_an_empty_statement() {
    let cases = [
        ("a member", Cbor::map([("alg", Cbor::Int(-7))]), "attestation-statement-not-empty"),
        ("an unknown member", Cbor::map([("x", Cbor::Null)]), "attestation-statement-not-empty"),
        ("an array", Cbor::Array(vec![]), "attestation-statement-malformed"),
    ];
    for (name, statement, code) in cases {
        let result = Case::new(AttestationKind::None).register_with(|draft| draft.att_stmt = Some(statement));
        assert_refused(result, code, STEP_22, name);
    }
}

#[test]
fn none_is_refused_where_attestation_is_required() {
    for policy in [direct().refuse_none(), direct().trusted_only()] {
        assert_refused(Case::new(AttestationKind::None).policy(policy).register(), "attestation-none-refused", STEP_24, "none");
    }
}

#[test]
fn the_format_is_a_known_one_compared_case_sensitively() {
    for fmt in ["Packed", "PACKED", "packed ", "", "packed\0", "fido-u2f2", "NONE", "android-keystore", "unknown"] {
        let kind = PackedAttestation::new(&ca());
        let result = Case::new(kind).register_with(|draft| draft.fmt = Some(fmt.into()));
        assert_refused(result, "attestation-format-unknown", STEP_21, fmt);
    }
}

#[test]
fn a_statement_is_judged_by_its_own_format_only() {
    let cases: [(&str, AttestationKind, &str); 4] = [
        ("packed", TpmAttestation::new(&ca()).into(), "attestation-statement-malformed"),
        ("tpm", PackedAttestation::new(&ca()).into(), "attestation-statement-malformed"),
        ("none", AttestationKind::PackedSelf, "attestation-statement-not-empty"),
        ("compound", AttestationKind::PackedSelf, "attestation-statement-malformed"),
    ];
    for (fmt, kind, code) in cases {
        assert_refused(Case::new(kind).register_with(|draft| draft.fmt = Some(fmt.into())), code, STEP_22, fmt);
    }
}

fn every_certified_kind() -> Vec<AttestationKind> {
    let ca = ca();
    vec![
        PackedAttestation::new(&ca).into(),
        TpmAttestation::new(&ca).into(),
        AndroidKeyAttestation::new(&ca).into(),
        SafetyNetAttestation::new(&ca, 1_800_000_000_000).into(),
        FidoU2fAttestation::new(&ca).into(),
        AppleAttestation::new(&ca).into(),
        AttestationKind::Compound(vec![PackedAttestation::new(&ca).into(), AppleAttestation::new(&ca).into()]),
    ]
}

#[test]
fn without_anchors_no_format_is_trusted() {
    for kind in every_certified_kind() {
        let case = Case::new(kind.clone()).anchors(TrustAnchors::new()).rules(|rules| rules.danger_accept_android_safetynet = true);
        assert_refused(case.clone().register(), "attestation-untrusted", STEP_24, kind.format());
        let tolerant = case.policy.clone().danger_accept_untrusted();
        let verified = case.policy(tolerant).register().unwrap();
        let Trust::Untrusted { reason } = verified.trust() else { panic!("{:?}", verified.trust()) };
        assert_eq!(reason.code(), "attestation-untrusted", "{}", kind.format());
        assert!(!verified.record().attestation_trusted && !verified.trust().is_trusted());
    }
}

#[test]
fn an_ignored_statement_may_be_anything() {
    let ignoring =
        |kind: AttestationKind| Case::new(kind).anchors(TrustAnchors::new()).policy(AttestationPolicy::danger_ignore_statements());
    // `apple` has no signature to break.
    let signed = every_certified_kind().into_iter().filter(|kind| kind.format() != "apple");
    for kind in signed.chain([AttestationKind::PackedSelf]) {
        let name = kind.format();
        let verified = ignoring(kind.clone())
            .register_with(|draft| draft.att_stmt_signature = Some(vec![0]))
            .unwrap_or_else(|e| panic!("{name}, broken: {e}"));
        assert!(!verified.trust().is_trusted() && !verified.record().attestation_trusted);
        assert_eq!((verified.trust(), verified.record().attestation_type), (&Trust::Ignored, AttestationType::Ignored), "{name}, broken");
    }
    for (name, fmt) in [("unknown format", "unknown"), ("wrong case", "Packed")] {
        let verified = ignoring(AttestationKind::PackedSelf).register_with(|draft| draft.fmt = Some(fmt.into())).unwrap();
        assert_eq!((verified.trust(), verified.record().attestation_type), (&Trust::Ignored, AttestationType::Ignored), "{name}");
    }
}

/// What is sound must not fare worse than what is broken.
#[test]
fn an_ignored_statement_may_be_sound_and_untrusted() {
    for kind in every_certified_kind() {
        let name = kind.format();
        let case = Case::new(kind).anchors(TrustAnchors::new()).policy(AttestationPolicy::danger_ignore_statements());
        let verified = case.register().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((verified.trust(), verified.record().attestation_type), (&Trust::Ignored, AttestationType::Ignored), "{name}");
    }
}
