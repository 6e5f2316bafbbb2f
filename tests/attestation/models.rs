//! What metadata proves of a model, and what it does not.

use passkeeper::attestation::{AttestationFormat, CompoundRule, TrustAnchors};
use passkeeper::metadata::Metadata;
use passkeeper::testing::{
    AttestationKind, CertificateAuthority, ExtensionDraft, FidoU2fAttestation, MetadataBlobDraft, PackedAttestation, SafetyNetAttestation,
    TpmAttestation, metadata_entry, oid, status_report,
};
use passkeeper::types::{Aaguid, UnixTime};
use passkeeper::{AttestationPolicy, Recheck};
use serde_json::{Value, json};

use crate::common::{NOW, refusal};
use crate::setup::*;

const UNTRUSTED: &str = "attestation-untrusted";
const USAGE: &str = "certificate-key-usage";
const CRITICAL: &str = "certificate-critical-extension";
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const ANY_PURPOSE: &str = "2.5.29.37.0";

fn listed(change: impl FnOnce(&mut Value)) -> Metadata {
    let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
    change(&mut entry);
    metadata(&MetadataBlobDraft::new(&ca(), "2030-12-31", vec![entry]))
}

fn attesting(types: &[&str]) -> TrustAnchors {
    TrustAnchors::new().metadata(listed(|entry| entry["metadataStatement"]["attestationTypes"] = json!(types)))
}

fn proved() -> AttestationPolicy {
    direct().trusted_only().only_models([aaguid()])
}

fn tpm() -> AttestationKind {
    TpmAttestation::new(&ca()).into()
}

fn packed() -> AttestationKind {
    PackedAttestation::new(&ca()).into()
}

fn purposes(critical: bool, purposes: &[&str]) -> ExtensionDraft {
    ExtensionDraft { critical, ..ExtensionDraft::extended_key_usage(purposes) }
}

#[test]
fn roots_of_the_metadata_vouch_for_the_types_that_it_lists() {
    for (kind, types, code) in [
        (packed(), &["basic_full"][..], None),
        (packed(), &["attca"], None),
        (packed(), &["basic_surrogate", "basic_full"], None),
        (packed(), &[], None),
        (packed(), &["basic_surrogate"], Some(UNTRUSTED)),
        (packed(), &["anonca", "ecdaa", "something_new"], Some(UNTRUSTED)),
        (tpm(), &["attca"], None),
        (tpm(), &["basic_full"], Some(UNTRUSTED)),
    ] {
        let anchors = attesting(types);
        let case = Case::new(kind).anchors(anchors).policy(proved());
        match code {
            None => assert_passes(case.register(), &format!("{types:?}")),
            Some(code) => assert_refused(case.register(), code, STEP_24, &format!("{types:?}")),
        }
    }
    let fresh = listed(|entry| entry["metadataStatement"]["attestationTypes"] = json!(["basic_full"]));
    let cached = TrustAnchors::new().metadata(Metadata::from_json(&fresh.to_json().unwrap()).unwrap());
    assert_refused(Case::new(tpm()).anchors(cached).register(), UNTRUSTED, STEP_24, "the cache keeps the types");
}

/// Windows Hello makes ES256 credentials though its entry lists RSA alone: to refuse them would be to refuse real devices.
#[test]
fn algorithms_that_the_metadata_lists_are_for_information() {
    let metadata = listed(|entry| entry["metadataStatement"]["authenticationAlgorithms"] = json!(["rsassa_pkcsv15_sha256_raw"]));
    assert_eq!(metadata.find(aaguid()).unwrap().authentication_algorithms, ["rsassa_pkcsv15_sha256_raw"]);
    assert_passes(Case::new(packed()).anchors(TrustAnchors::new().metadata(metadata)).register(), "ES256");
}

/// The entry of SafetyNet lists public authorities of the web, whose servers' certificates attest nothing.
#[test]
fn a_packed_leaf_for_another_purpose_attests_nothing() {
    let leaf = |extension: ExtensionDraft| {
        let mut kind = PackedAttestation::new(&ca());
        kind.leaf.edit(move |leaf| {
            leaf.remove_extension(oid::FIDO_AAGUID);
            leaf.set_extension(extension.clone());
        });
        Case::new(kind).anchors(attesting(&["basic_full"])).policy(proved()).register()
    };
    for critical in [true, false] {
        for other in ["1", "2", "3", "4", "8", "9"].map(|number| format!("1.3.6.1.5.5.7.3.{number}")) {
            assert_refused(leaf(purposes(critical, &[&other])), USAGE, STEP_22, &other);
        }
        assert_refused(leaf(purposes(critical, &["1.2.3.4", SERVER_AUTH])), USAGE, STEP_22, "a server's among others");
    }
    assert_passes(leaf(purposes(false, &["1.2.3.4"])), "a purpose that nobody knows");
    assert_refused(leaf(purposes(true, &["1.2.3.4"])), CRITICAL, STEP_24, "the same, critical");
}

/// An intermediate with extendedKeyUsage issues for its purposes only.
#[test]
fn purposes_of_an_intermediate_bind_what_is_below() {
    let under = |extension: ExtensionDraft| {
        let mut ca = ca();
        ca.intermediates[0].certificate.set_extension(extension);
        ca
    };
    for critical in [true, false] {
        for (name, list, sound) in [
            ("a server's", &[SERVER_AUTH][..], false),
            ("the AIK's", &[oid::TCG_AIK_CERTIFICATE], true),
            ("the AIK's among others", &[SERVER_AUTH, oid::TCG_AIK_CERTIFICATE], true),
            ("any", &[ANY_PURPOSE], true),
        ] {
            let result = Case::new(TpmAttestation::new(&under(purposes(critical, list)))).register();
            if sound { assert_passes(result, name) } else { assert_refused(result, USAGE, STEP_24, name) }
        }
        let safetynet = |list: &[&str]| {
            let case = Case::new(SafetyNetAttestation::new(&under(purposes(critical, list)), NOW.as_secs() * 1000));
            case.rules(|rules| rules.danger_accept_android_safetynet = true).register()
        };
        assert_passes(safetynet(&[SERVER_AUTH]), "a server's");
        assert_refused(safetynet(&[oid::TCG_AIK_CERTIFICATE]), USAGE, STEP_24, "a TPM's above a server's");
        // `packed` has no purpose to compare with.
        let packed = Case::new(PackedAttestation::new(&under(purposes(critical, &[SERVER_AUTH])))).register();
        if critical { assert_refused(packed, CRITICAL, STEP_24, "packed") } else { assert_passes(packed, "packed") }
    }
    let mut broken = ca();
    broken.intermediates[0].certificate.set_extension(ExtensionDraft::new(oid::EXTENDED_KEY_USAGE, false, vec![5, 0]));
    assert_refused(Case::new(TpmAttestation::new(&broken)).register(), "certificate-malformed", STEP_24, "malformed");
}

/// What is trusted for no model must not hide that the same chain leads to what is.
#[test]
fn an_anchor_without_a_model_does_not_hide_the_models_own() {
    // The same root, certified again.
    let mut again = ca();
    again.root.certificate.serial = vec![0x55];
    assert_ne!(again.root_der(), ca().root_der());
    let by_metadata = || attesting(&["attca"]);
    let by_model = || TrustAnchors::new().trust_for_model(aaguid(), anchor(&ca().root_der()));
    for bound in [by_metadata, by_model] {
        for (name, der) in [
            ("the same root", ca().root_der()),
            ("the root in another certificate", again.root_der()),
            ("the intermediate", ca().intermediate_der(0)),
        ] {
            let for_format = |anchors: TrustAnchors| anchors.trust_for_format(AttestationFormat::Tpm, anchor(&der));
            assert_passes(Case::new(tpm()).anchors(for_format(bound())).policy(proved()).register(), name);
            let alone = Case::new(tpm()).anchors(for_format(TrustAnchors::new())).policy(proved());
            assert_refused(alone.register(), "attestation-model-refused", STEP_24, name);
        }
    }
}

#[test]
fn any_part_of_a_compound_statement_may_prove_the_model() {
    // The TPM's certificate names no model, and the root stands for none.
    for parts in [vec![tpm(), packed()], vec![packed(), tpm()]] {
        let case = Case::new(AttestationKind::Compound(parts)).policy(proved());
        assert_refused(case.clone().register(), "attestation-model-refused", STEP_24, "all have to");
        assert_passes(case.rules(|rules| rules.compound = CompoundRule::Any).register(), "one of them");
    }
}

/// A record that is imported long after the registration is judged as of then only if it says when that was.
#[test]
fn a_recheck_goes_by_the_records_own_date() {
    let case = Case::new(packed());
    let mut record = case.clone().register().unwrap().into_record();
    record.created_at = UnixTime::from_secs(i64::from(u32::MAX) * 100);
    let result = case.rp().recheck_attestation(&record, &direct(), Recheck::as_registered(record.created_at));
    assert_eq!(refusal(result), ("certificate-expired", Some(STEP_24)));
}

#[test]
fn a_refused_model_is_refused_by_its_certificates_key_too() {
    let ca = CertificateAuthority::new(5);
    let identifier: String = ca.leaf_key(Es256).key_identifier().iter().map(|byte| format!("{byte:02x}")).collect();
    let metadata = listed(|entry| {
        entry["attestationCertificateKeyIdentifiers"] = json!([identifier]);
        entry["metadataStatement"]["attestationRootCertificates"] =
            metadata_entry(AAGUID, &[ca.root_der()])["metadataStatement"]["attestationRootCertificates"].clone();
    });
    let case = |policy| {
        Case::new(FidoU2fAttestation::new(&ca)).aaguid([0; 16]).anchors(TrustAnchors::new().metadata(metadata.clone())).policy(policy)
    };
    assert_passes(case(direct().refuse_models([Aaguid::new([9; 16])])).register(), "another model");
    assert_refused(case(direct().refuse_models([aaguid()])).register(), "attestation-model-refused", STEP_24, "listed with the model");
}

/// The AAGUID of a `fido-u2f` response is zeros; its certificate may name the model all the same.
#[test]
fn a_model_that_only_the_certificate_names_is_judged() {
    let issuer = CertificateAuthority::new(5);
    let mut kind = FidoU2fAttestation::new(&issuer);
    kind.leaf.edit(|leaf| leaf.extensions.push(ExtensionDraft::aaguid(&AAGUID)));
    let alone = || TrustAnchors::new().trust(anchor(&issuer.root_der()));
    let reported = |status| alone().metadata(listed(|entry| entry["statusReports"] = json!([status_report(status, "2024-01-01")])));
    let register = |anchors, policy| Case::new(kind.clone()).aaguid([0; 16]).anchors(anchors).policy(policy).register();
    assert_passes(register(alone(), direct().refuse_models([Aaguid::new([9; 16])])), "another model is refused");
    assert_refused(register(alone(), direct().refuse_models([aaguid()])), "attestation-model-refused", STEP_24, "the model is refused");
    assert_passes(register(reported("FIDO_CERTIFIED"), direct()), "nothing is reported against the model");
    assert_refused(register(reported("REVOKED"), direct()), "attestation-status-refused", STEP_24, "the model is revoked");
}

#[test]
fn models_with_an_update_can_be_refused() {
    const STATUS: &str = "attestation-status-refused";
    let reports = json!([status_report("UPDATE_AVAILABLE", "2024-01-01"), status_report("FIDO_CERTIFIED_L1", "2025-01-01")]);
    let anchors = TrustAnchors::new().metadata(listed(|entry| entry["statusReports"] = reports));
    let case = |kind: AttestationKind, policy| Case::new(kind).anchors(anchors.clone()).policy(policy);
    let strict = || direct().refuse_update_available();
    assert_passes(case(packed(), direct()).register(), "not by default");
    assert_refused(case(packed(), strict()).register(), STATUS, STEP_24, "a newer certification does not mend it");
    assert_refused(case(AttestationKind::PackedSelf, strict()).register(), STATUS, STEP_24, "the claim alone");
    let early = Case { now: UnixTime::from_secs(1_704_067_199), ..case(AttestationKind::PackedSelf, strict()) };
    assert!(early.register().is_ok(), "before the report");
    assert_passes(Case::new(packed()).policy(strict()).register(), "no metadata");
}
