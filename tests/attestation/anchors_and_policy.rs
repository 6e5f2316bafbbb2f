//! Which anchors count for what, and what a relying party accepts of the outcome.

use passkeeper::attestation::{AttestationFormat, AttestationType, TrustAnchors};
use passkeeper::metadata::Metadata;
use passkeeper::testing::{
    AndroidKeyAttestation, AttestationKind, CertificateAuthority, MetadataBlobDraft, PackedAttestation, TpmAttestation, metadata_entry,
    status_report,
};
use passkeeper::types::{Aaguid, AttestationConveyance, UnixTime};
use passkeeper::{AttestationPolicy, RegistrationPolicy, Trust};
use serde_json::{Value, json};

use crate::common::{NOW, builder, refusal};
use crate::setup::*;

const OTHER: Aaguid = Aaguid::new([9; 16]);
const UNTRUSTED: &str = "attestation-untrusted";
const MODEL: &str = "attestation-model-refused";
const STATUS: &str = "attestation-status-refused";

fn packed() -> PackedAttestation {
    PackedAttestation::new(&ca())
}

/// Of an authority nobody trusts.
fn untrusted() -> PackedAttestation {
    PackedAttestation::new(&CertificateAuthority::with_levels(99, &[Es384, Es256]))
}

fn root() -> passkeeper::x509::TrustAnchor {
    anchor(&ca().root_der())
}

#[test]
fn anchors_are_for_a_format() {
    let anchors = TrustAnchors::new().trust_for_format(AttestationFormat::Packed, root());
    assert_passes(Case::new(packed()).anchors(anchors.clone()).register(), "packed");
    assert_refused(Case::new(TpmAttestation::new(&ca())).anchors(anchors.clone()).register(), UNTRUSTED, STEP_24, "tpm");
    let both = anchors.trust_for_format(AttestationFormat::Tpm, root());
    assert_passes(Case::new(TpmAttestation::new(&ca())).anchors(both).register(), "tpm, listed too");
}

#[test]
fn anchors_are_for_a_model() {
    let case = |model| Case::new(packed()).anchors(TrustAnchors::new().trust_for_model(model, root()));
    assert_passes(case(aaguid()).register(), "this model");
    assert_refused(case(OTHER).register(), UNTRUSTED, STEP_24, "another model");
    assert_refused(case(Aaguid::ZERO).register(), UNTRUSTED, STEP_24, "no model");
    assert_refused(case(aaguid()).aaguid([9; 16]).register(), UNTRUSTED, STEP_24, "another model registers");
}

#[test]
fn one_of_several_anchors() {
    let others = [40, 41, 42].map(|seed| CertificateAuthority::with_levels(seed, &[Es384, Es256]));
    let add = |anchors: TrustAnchors, ca: &CertificateAuthority| anchors.trust(anchor(&ca.root_der()));
    let anchors = others.iter().fold(TrustAnchors::new(), add);
    assert_refused(Case::new(packed()).anchors(anchors.clone()).register(), UNTRUSTED, STEP_24, "none of them");
    assert_passes(Case::new(packed()).anchors(anchors.trust(root())).register(), "the last of them");
    let namesakes = TrustAnchors::new().trust(anchor(&ca().impostor().root_der())).trust(root());
    let verified = Case::new(packed()).anchors(namesakes).register().unwrap();
    assert_eq!(*verified.trust(), Trust::Trusted { anchor: ca().root_der() }, "the one of two namesakes that signed");
}

#[test]
fn none_and_self_can_be_refused() {
    const NONE: &str = "attestation-none-refused";
    const SELF: &str = "attestation-self-refused";
    let case = |kind: &AttestationKind, policy: AttestationPolicy| Case::new(kind.clone()).policy(policy).register();
    let (none, own) = (AttestationKind::None, AttestationKind::PackedSelf);
    assert_refused(case(&none, direct().refuse_none()), NONE, STEP_24, "none");
    assert_eq!(*case(&own, direct().refuse_none()).unwrap().trust(), Trust::SelfAttested);
    assert_refused(case(&own, direct().refuse_self()), SELF, STEP_24, "self");
    assert_eq!(*case(&none, direct().refuse_self()).unwrap().trust(), Trust::NotAttested);
    assert_refused(case(&none, direct().trusted_only()), NONE, STEP_24, "none under trusted_only");
    assert_refused(case(&own, direct().trusted_only()), SELF, STEP_24, "self under trusted_only");
    assert_refused(Case::new(untrusted()).policy(direct().trusted_only()).register(), UNTRUSTED, STEP_24, "untrusted under trusted_only");
    let again = direct().danger_accept_untrusted().trusted_only();
    assert_refused(Case::new(untrusted()).policy(again).register(), UNTRUSTED, STEP_24, "untrusted, accepted before trusted_only");
    assert_passes(Case::new(packed()).policy(direct().trusted_only()).register(), "trusted");
    let not_requested = AttestationPolicy::not_requested().refuse_self();
    assert_refused(case(&own, not_requested), SELF, STEP_24, "self, though none was requested");
}

#[test]
fn untrusted_can_be_accepted_as_such() {
    let policy = || direct().danger_accept_untrusted();
    let mut expired = packed();
    expired.leaf.edit(|leaf| leaf.not_after = 1_700_000_000);
    for (name, kind, reason) in [("no anchor", untrusted(), UNTRUSTED), ("expired", expired, "certificate-expired")] {
        let verified = Case::new(kind).policy(policy()).register().unwrap();
        let Trust::Untrusted { reason: found } = verified.trust() else { panic!("{name}: {:?}", verified.trust()) };
        assert_eq!(found.code(), reason, "{name}");
        let record = verified.record();
        assert_eq!((record.attestation_type, record.attestation_trusted), (AttestationType::Basic, false), "{name}");
    }
    let mut broken = untrusted();
    broken.statement.edit(|s| s.set("sig", vec![1]));
    assert_refused(Case::new(broken).policy(policy()).register(), "attestation-signature-invalid", STEP_22, "a broken statement");
    assert_passes(Case::new(packed()).policy(policy()).register(), "a trusted one stays trusted");
}

/// Keycloak CVE-2026-6856: a list of AAGUIDs was passed by a packed self attestation.
#[test]
fn only_listed_models_and_only_proved() {
    let policy = |model| direct().only_models([model]);
    let case = |kind: AttestationKind, model| Case::new(kind).policy(policy(model)).register();
    assert_passes(case(packed().into(), aaguid()), "trusted and listed");
    assert_refused(case(packed().into(), OTHER), MODEL, STEP_24, "trusted, not listed");
    assert_refused(case(AttestationKind::PackedSelf, aaguid()), MODEL, STEP_24, "self attestation that claims a listed model");
    assert_refused(case(AttestationKind::None, aaguid()), MODEL, STEP_24, "no attestation, and a listed model claimed");
    assert_refused(case(untrusted().into(), aaguid()), UNTRUSTED, STEP_24, "untrusted, and a listed model claimed");
    let tolerant = Case::new(untrusted()).policy(policy(aaguid()).danger_accept_untrusted());
    assert_refused(tolerant.register(), MODEL, STEP_24, "untrusted where that is accepted, and a listed model claimed");
    assert_refused(Case::new(packed()).policy(direct().only_models([])).register(), MODEL, STEP_24, "an empty list");
    let both = Case::new(packed()).policy(direct().only_models([OTHER, aaguid()]));
    assert_passes(both.register(), "one of several");
}

#[test]
fn refused_models_are_refused_even_as_claims() {
    let policy = || direct().refuse_models([OTHER]).refuse_models([aaguid()]);
    for (name, kind) in [("trusted", packed().into()), ("self", AttestationKind::PackedSelf), ("none", AttestationKind::None)] {
        assert_refused(Case::new(kind.clone()).policy(policy()).register(), MODEL, STEP_24, name);
        assert!(Case::new(kind).policy(direct().refuse_models([OTHER])).register().is_ok(), "{name}: another model");
    }
    let listed_and_refused = direct().only_models([aaguid()]).refuse_models([aaguid()]);
    assert_refused(Case::new(packed()).policy(listed_and_refused).register(), MODEL, STEP_24, "listed and refused");
}

#[test]
fn contradictions_are_refused_at_build() {
    let build = |attestation| {
        let mut policy = RegistrationPolicy::default();
        policy.attestation = attestation;
        builder().registration_policy(policy).build()
    };
    let contradictions = [
        ("refuse none, request none", AttestationPolicy::not_requested().refuse_none()),
        ("trusted only, request none", AttestationPolicy::not_requested().trusted_only()),
        ("ignore statements, refuse none", AttestationPolicy::danger_ignore_statements().refuse_none()),
        ("ignore statements, refuse self", AttestationPolicy::danger_ignore_statements().refuse_self()),
    ];
    for (name, policy) in contradictions {
        assert_eq!(refusal(build(policy)), ("attestation-policy-invalid", None), "{name}");
    }
    assert!(build(AttestationPolicy::danger_ignore_statements()).is_ok());
    assert!(build(AttestationPolicy::requested(AttestationConveyance::Enterprise).trusted_only()).is_ok());
}

/// A broken statement is ignored before anyone asks for its model, so a list of models would be passed by breaking it.
#[test]
fn ignoring_statements_contradicts_every_demand_on_models() {
    let ignoring = AttestationPolicy::danger_ignore_statements;
    for (name, attestation) in
        [("only these models", ignoring().only_models([OTHER])), ("a required status", ignoring().require_status(["FIDO_CERTIFIED_L1"]))]
    {
        let mut policy = RegistrationPolicy::default();
        policy.attestation = attestation;
        assert_eq!(refusal(builder().registration_policy(policy).build()), ("attestation-policy-invalid", None), "{name}");
    }
}

/// "Refuses these models, even where the AAGUID is only claimed": also beside a statement that is ignored.
#[test]
fn an_ignored_statement_does_not_hide_a_refused_model() {
    let policy = AttestationPolicy::danger_ignore_statements().refuse_models([aaguid()]);
    let case = Case::new(AttestationKind::PackedSelf).policy(policy);
    assert_refused(case.clone().register(), MODEL, STEP_24, "a sound statement");
    assert_refused(case.register_with(|draft| draft.att_stmt_signature = Some(vec![1])), MODEL, STEP_24, "a broken statement");
}

/// Metadata of one model with these status reports; its root is the authority's.
fn metadata_with(reports: Value) -> Metadata {
    let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
    entry["statusReports"] = reports;
    metadata(&MetadataBlobDraft::new(&ca(), "2030-12-31", vec![entry]))
}

fn listed(kind: impl Into<AttestationKind>, reports: Value) -> Case {
    Case::new(kind).anchors(TrustAnchors::new().metadata(metadata_with(reports)))
}

#[test]
fn a_compromised_model_is_refused() {
    for status in
        ["REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE", "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"]
    {
        let reports = || json!([status_report("FIDO_CERTIFIED_L1", "2020-01-01"), status_report(status, "2024-01-01")]);
        assert_refused(listed(packed(), reports()).register(), STATUS, STEP_24, status);
        // The claim alone is enough to be refused.
        assert_refused(listed(AttestationKind::PackedSelf, reports()).register(), STATUS, STEP_24, status);
        let accepting = listed(packed(), reports()).policy(direct().danger_accept_compromised());
        assert_passes(accepting.register(), status);
        let other = listed(packed(), reports()).aaguid([9; 16]).anchors(trust(&ca()).metadata(metadata_with(reports())));
        assert_passes(other.register(), "another model");
    }
    for status in ["UPDATE_AVAILABLE", "NOT_FIDO_CERTIFIED", "SELF_ASSERTION_SUBMITTED", "SOMETHING_NEW"] {
        assert_passes(listed(packed(), json!([status_report(status, "2024-01-01")])).register(), status);
    }
}

/// go-webauthn #736: a status counts from its date.
#[test]
fn a_status_counts_from_its_date() {
    let reports = || json!([status_report("FIDO_CERTIFIED_L1", "2020-01-01"), status_report("REVOKED", "2027-06-01")]);
    assert_passes(listed(packed(), reports()).register(), "not yet in force");
    let midnight = 1_811_808_000;
    let at = |secs| Case { now: UnixTime::from_secs(secs), ..listed(packed(), reports()) }.register();
    assert_passes(at(midnight - 1), "the second before");
    assert_refused(at(midnight), STATUS, STEP_24, "midnight UTC");
    assert_refused(listed(packed(), json!([{ "status": "REVOKED" }])).register(), STATUS, STEP_24, "without a date: always");
}

#[test]
fn a_required_status() {
    let policy = || direct().require_status(["FIDO_CERTIFIED_L2", "FIDO_CERTIFIED_L3"]);
    let case = |reports| listed(packed(), reports).policy(policy());
    assert_passes(case(json!([status_report("FIDO_CERTIFIED_L2", "2020-01-01")])).register(), "there");
    assert_refused(case(json!([status_report("FIDO_CERTIFIED_L1", "2020-01-01")])).register(), STATUS, STEP_24, "a lower one");
    assert_refused(case(json!([])).register(), STATUS, STEP_24, "none");
    assert_refused(case(json!([status_report("FIDO_CERTIFIED_L2", "2027-06-01")])).register(), STATUS, STEP_24, "not yet in force");
    let reports = || json!([status_report("FIDO_CERTIFIED_L2", "2020-01-01")]);
    for kind in [AttestationKind::None, AttestationKind::PackedSelf] {
        let name = kind.format();
        assert_refused(listed(kind, reports()).policy(policy()).register(), STATUS, STEP_24, name);
    }
    assert_refused(Case::new(packed()).policy(policy()).register(), STATUS, STEP_24, "no metadata");
    assert!(NOW.as_secs() < 1_811_808_000);
}

/// The dates decide, not the order of the reports: production lists the newest first.
#[test]
fn a_required_status_is_the_newest_certification() {
    type Reports = &'static [(&'static str, &'static str)];
    const L1: &str = "FIDO_CERTIFIED_L1";
    const L1_PLUS: &str = "FIDO_CERTIFIED_L1plus";
    const L2: &str = "FIDO_CERTIFIED_L2";
    const NOT: &str = "NOT_FIDO_CERTIFIED";
    let cases: &[(&str, Reports, &[&str], bool)] = &[
        ("a lower level before", &[(L2, "2023-01-01"), (L1, "2020-01-01")], &[L2], true),
        ("a higher level since", &[(L2, "2023-01-01"), (L1, "2020-01-01")], &[L1], false),
        ("plus is another level", &[(L1, "2020-01-01"), (L1_PLUS, "2023-01-01")], &[L1], false),
        ("both are accepted", &[(L1, "2020-01-01"), (L1_PLUS, "2023-01-01")], &[L1, L1_PLUS], true),
        ("a lower level since", &[(L2, "2020-01-01"), (L1, "2023-01-01")], &[L2], false),
        ("the later one is not in force yet", &[(L1, "2020-01-01"), (NOT, "2027-06-01")], &[L1], true),
        ("decertified", &[(L1, "2020-01-01"), (NOT, "2023-01-01")], &[L1], false),
        ("decertified, listed first", &[(NOT, "2023-01-01"), (L1, "2020-01-01")], &[L1], false),
        ("a mere assertion since", &[(L1, "2020-01-01"), ("SELF_ASSERTION_SUBMITTED", "2023-01-01")], &[L1], false),
        ("certified after all", &[(NOT, "2020-01-01"), (L1, "2023-01-01")], &[L1], true),
        ("decertified on the same day", &[(L1, "2023-01-01"), (NOT, "2023-01-01")], &[L1], false),
        ("the same day, the other way round", &[(NOT, "2023-01-01"), (L1, "2023-01-01")], &[L1], false),
        ("decertified without a date", &[(NOT, ""), (L1, "2023-01-01")], &[L1], false),
        ("a level without a date, and a later one", &[(L2, ""), (L1, "2023-01-01")], &[L2], false),
        ("without a date", &[(L1, "")], &[L1], true),
        ("two levels of one day", &[(L1, "2023-01-01"), (L2, "2023-01-01")], &[L1], true),
        ("function beside a level", &[(L1, "2020-01-01"), ("FIDO_CERTIFIED", "2023-01-01")], &[L1], true),
        ("a level beside function", &[("FIDO_CERTIFIED", "2020-01-01"), (L1, "2023-01-01")], &["FIDO_CERTIFIED"], true),
        ("function decertified", &[("FIDO_CERTIFIED", "2020-01-01"), (NOT, "2023-01-01")], &["FIDO_CERTIFIED"], false),
        ("no certification is required", &[(L1, "2020-01-01"), (NOT, "2023-01-01")], &[NOT], true),
        ("certified since", &[(NOT, "2020-01-01"), (L1, "2023-01-01")], &[NOT], false),
        ("news of another kind", &[(L1, "2020-01-01"), ("UPDATE_AVAILABLE", "2023-01-01")], &[L1], true),
        ("another scheme's", &[("FIPS140_CERTIFIED_L2", "2020-01-01"), (L1, "2023-01-01")], &["FIPS140_CERTIFIED_L2"], true),
    ];
    for (name, reports, required, accepted) in cases {
        let report =
            |(status, date): &(&str, &str)| if date.is_empty() { json!({ "status": status }) } else { status_report(status, date) };
        let reports = reports.iter().map(report).collect::<Vec<_>>().into();
        let result = listed(packed(), reports).policy(direct().require_status(required.iter().copied())).register();
        if *accepted { assert_passes(result, name) } else { assert_refused(result, STATUS, STEP_24, name) }
    }
}

/// Whether the update was made, no response tells.
#[test]
fn an_update_does_not_mend_a_compromise() {
    for status in ["USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE", "USER_VERIFICATION_BYPASS"] {
        let since = |later: &str| json!([status_report(status, "2023-01-01"), status_report(later, "2024-01-01")]);
        for later in ["UPDATE_AVAILABLE", "FIDO_CERTIFIED_L2"] {
            assert_refused(listed(packed(), since(later)).register(), STATUS, STEP_24, &format!("{status}, then {later}"));
        }
    }
}

/// A certification is that of the model which is proved, not of one that a certificate's key happens to be listed under.
#[test]
fn another_models_certification_does_not_count() {
    let identifier: String = ca().leaf_key(Es256).key_identifier().iter().map(|byte| format!("{byte:02x}")).collect();
    let entry = |status: &str| {
        let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
        entry["statusReports"] = json!([status_report(status, "2020-01-01")]);
        entry
    };
    let mut by_key = entry("FIDO_CERTIFIED_L3");
    by_key.as_object_mut().unwrap().remove("aaguid");
    by_key["attestationCertificateKeyIdentifiers"] = json!([identifier]);
    let metadata = metadata(&MetadataBlobDraft::new(&ca(), "2030-12-31", vec![entry("FIDO_CERTIFIED_L1"), by_key]));
    assert!(metadata.find_by_key_identifier(&identifier).is_some());
    let case = Case::new(packed()).anchors(TrustAnchors::new().metadata(metadata));
    assert_passes(case.clone().policy(direct().require_status(["FIDO_CERTIFIED_L1"])).register(), "its own");
    let refused = case.policy(direct().require_status(["FIDO_CERTIFIED_L3"]));
    assert_refused(refused.register(), STATUS, STEP_24, "the other's");
}

/// Formats whose leaf names no model: the anchor's scope is what ties the claim to it.
#[test]
fn a_model_that_the_leaf_does_not_name_is_tied_by_the_anchors_scope() {
    let anchors = TrustAnchors::new().trust_for_model(OTHER, root());
    let case = Case::new(AndroidKeyAttestation::new(&ca())).anchors(anchors).policy(direct().only_models([aaguid(), OTHER]));
    assert_refused(case.clone().register(), UNTRUSTED, STEP_24, "claims a model that the anchor is not for");
    assert_passes(case.aaguid([9; 16]).register(), "claims the anchor's model");
}
