//! What is done with a BLOB: look-ups, anchors for one model only, the cache, the next BLOB.

use passkeeper::attestation::TrustAnchors;
use passkeeper::metadata::{BlobVerifier, Metadata, Skipped, SkippedPart};
use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AttestationKind, CertificateAuthority, FidoU2fAttestation, MetadataBlobDraft,
    PackedAttestation, TpmAttestation, metadata_entry, status_report,
};
use passkeeper::types::{Aaguid, UnixTime};
use passkeeper::{Recheck, Trust};
use serde_json::{Value, json};

use crate::blob::{blob, mds_ca};
use crate::common::{NOW, builder, provider, refusal};
use crate::setup::*;

const UNTRUSTED: &str = "attestation-untrusted";

fn read(entries: Vec<Value>) -> (Metadata, Vec<Skipped>) {
    let draft = MetadataBlobDraft::new(&mds_ca(), "2030-12-31", entries);
    BlobVerifier::new(anchor(&mds_ca().root_der())).verify(&draft.sign(), &provider(), NOW).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn u2f_ca() -> CertificateAuthority {
    CertificateAuthority::new(5)
}

/// The entry of a U2F model, by the key identifier of its attestation certificate.
fn u2f_entry() -> Value {
    let mut entry = metadata_entry([0; 16], &[u2f_ca().root_der()]);
    entry.as_object_mut().unwrap().remove("aaguid");
    entry["attestationCertificateKeyIdentifiers"] = json!([hex(&u2f_ca().leaf_key(Es256).key_identifier())]);
    entry
}

fn uaf_entry() -> Value {
    let mut entry = metadata_entry([0; 16], &[]);
    entry.as_object_mut().unwrap().remove("aaguid");
    entry["aaid"] = "4e4e#4005".into();
    entry
}

#[test]
fn entries_are_found_by_each_of_their_names() {
    let (metadata, skipped) = read(vec![metadata_entry(AAGUID, &[]), u2f_entry(), uaf_entry()]);
    assert_eq!((metadata.entries().len(), skipped), (3, vec![]));
    assert_eq!(metadata.find(aaguid()).unwrap().aaguid, Some(aaguid()));
    assert!(metadata.find(Aaguid::new([9; 16])).is_none());
    assert!(metadata.find_by_aaid("4e4e#4005").is_some() && metadata.find_by_aaid("4E4E#4006").is_none());
    let identifier = hex(&u2f_ca().leaf_key(Es256).key_identifier());
    assert!(
        metadata.find_by_key_identifier(&identifier).is_some() && metadata.find_by_key_identifier(&identifier.to_uppercase()).is_some()
    );
    assert!(metadata.find_by_key_identifier("").is_none());
}

#[test]
fn anchors_of_the_metadata_are_for_their_model_only() {
    let other_ca = CertificateAuthority::with_levels(51, &[Es384, Es256]);
    let (metadata, _) = read(vec![metadata_entry(AAGUID, &[ca().root_der()]), metadata_entry([9; 16], &[other_ca.root_der()])]);
    let case = |ca: &CertificateAuthority| Case::new(PackedAttestation::new(ca)).anchors(TrustAnchors::new().metadata(metadata.clone()));
    assert_passes(case(&ca()).register(), "the model's own root");
    assert_passes(case(&other_ca).aaguid([9; 16]).register(), "the other model's own root");
    assert_refused(case(&other_ca).register(), UNTRUSTED, STEP_24, "the other model's root");
    assert_refused(case(&ca()).aaguid([8; 16]).register(), UNTRUSTED, STEP_24, "a model that is not listed");
    assert_refused(case(&ca()).aaguid([0; 16]).register(), UNTRUSTED, STEP_24, "no model");
}

#[test]
fn a_u2f_model_is_found_by_its_certificates_key() {
    let (metadata, _) = read(vec![u2f_entry()]);
    let case = |kind: FidoU2fAttestation| Case::new(kind).anchors(TrustAnchors::new().metadata(metadata.clone())).aaguid([0; 16]);
    let honest = FidoU2fAttestation::new(&u2f_ca());
    assert_passes(case(honest.clone()).register(), "listed");
    let mut other = honest.clone();
    other.key = passkeeper::testing::KeyPair::from_seed(Es256, 999);
    assert_refused(case(other).register(), UNTRUSTED, STEP_24, "another leaf of the same root");
    assert_passes(case(honest).aaguid(AAGUID).register(), "a claimed AAGUID, which is not signed and not looked at");
}

/// `fido-u2f` does not sign the AAGUID: a client could write any, and get a listed model's standing.
#[test]
fn the_aaguid_of_fido_u2f_proves_no_model() {
    let ca = u2f_ca();
    let (metadata, _) = read(vec![metadata_entry(AAGUID, &[ca.root_der()])]);
    let case = || Case::new(FidoU2fAttestation::new(&ca)).aaguid(AAGUID);
    assert_refused(case().anchors(TrustAnchors::new().metadata(metadata)).register(), UNTRUSTED, STEP_24, "anchors by a claimed AAGUID");
    let root = || anchor(&ca.root_der());
    let by_model = TrustAnchors::new().trust_for_model(Aaguid::new(AAGUID), root());
    assert_refused(case().anchors(by_model).register(), UNTRUSTED, STEP_24, "an anchor for that model");
    let only = direct().only_models([Aaguid::new(AAGUID)]);
    let trusted = case().anchors(TrustAnchors::new().trust(root())).policy(only);
    assert_refused(trusted.register(), "attestation-model-refused", STEP_24, "a list of models");
}

/// An anchor that stands for no model lends nobody a listed model's certification.
#[test]
fn a_claimed_aaguid_under_another_anchor_earns_no_certification() {
    let other_ca = CertificateAuthority::new(52);
    let listed = || {
        let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
        entry["statusReports"] = json!([status_report("FIDO_CERTIFIED_L2", "2020-01-01")]);
        read(vec![entry]).0
    };
    let anchors = || TrustAnchors::new().trust(anchor(&other_ca.root_der())).metadata(listed());
    let kinds: [AttestationKind; 3] =
        [TpmAttestation::new(&other_ca).into(), AndroidKeyAttestation::new(&other_ca).into(), AppleAttestation::new(&other_ca).into()];
    for kind in kinds {
        let case = |policy| Case::new(kind.clone()).anchors(anchors()).policy(policy).register();
        assert_passes(case(direct()), "trusted, of whatever model");
        assert_refused(case(direct().only_models([Aaguid::new(AAGUID)])), "attestation-model-refused", STEP_24, "a list of models");
        let certified = direct().require_status(["FIDO_CERTIFIED_L2"]);
        assert_refused(case(certified), "attestation-status-refused", STEP_24, "a required status");
    }
}

/// Wrapping a revoked model's statement in a compound one must not hide its status.
#[test]
fn a_revoked_u2f_model_is_refused_alone_and_in_a_compound_statement() {
    let mut entry = u2f_entry();
    entry["statusReports"] = json!([status_report("REVOKED", "2024-01-01")]);
    let (metadata, _) = read(vec![entry]);
    let honest = || AttestationKind::from(FidoU2fAttestation::new(&u2f_ca()));
    let case = |kind: AttestationKind| Case::new(kind).anchors(TrustAnchors::new().metadata(metadata.clone())).aaguid([0; 16]);
    assert_refused(case(honest()).register(), "attestation-status-refused", STEP_24, "alone");
    let twice = AttestationKind::Compound(vec![honest(), honest()]);
    assert_refused(case(twice).register(), "attestation-status-refused", STEP_24, "twice in a compound statement");
}

fn places(skipped: &[Skipped]) -> Vec<(usize, SkippedPart)> {
    skipped.iter().map(|skipped| (skipped.entry, skipped.part)).collect()
}

/// A date that cannot be read must not hide the report, let alone the entry.
#[test]
fn a_status_without_a_readable_date_has_always_been_in_force() {
    for date in [json!("soon"), json!(""), json!("2027-13-01"), json!("2027-06-01T00:00:00Z"), json!(20270601), json!(["2027-06-01"])] {
        let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
        let reports = [status_report("FIDO_CERTIFIED_L1", "2020-01-01"), json!({ "status": "REVOKED", "effectiveDate": date.clone() })];
        entry["statusReports"] = json!(reports);
        let (metadata, skipped) = read(vec![metadata_entry([3; 16], &[]), entry]);
        assert_eq!(places(&skipped), [(1, SkippedPart::EffectiveDate(1))], "{date}");
        assert!(skipped[0].reason.contains(&date.to_string()), "{}", skipped[0].reason);
        assert_eq!(metadata.find(aaguid()).unwrap().status_reports[1].effective, None);
        let case = Case::new(PackedAttestation::new(&ca())).anchors(TrustAnchors::new().metadata(metadata));
        assert_refused(case.register(), "attestation-status-refused", STEP_24, &date.to_string());
    }
    let mut undated = metadata_entry(AAGUID, &[ca().root_der()]);
    undated["statusReports"] = json!([{ "status": "FIDO_CERTIFIED_L1", "effectiveDate": null }, { "status": "FIDO_CERTIFIED" }]);
    assert_eq!(read(vec![undated]).1, [], "no date is no fault");
}

/// Two entries of one model: the first is looked up and has the anchors, and a bad status in either refuses.
#[test]
fn a_model_that_is_listed_twice_is_refused_for_either_status() {
    let other_ca = CertificateAuthority::with_levels(51, &[Es384, Es256]);
    let entry = |ca: &CertificateAuthority, status: &str| {
        let mut entry = metadata_entry(AAGUID, &[ca.root_der()]);
        entry["metadataStatement"]["description"] = status.into();
        entry["statusReports"] = json!([status_report(status, "2020-01-01")]);
        entry
    };
    let (good, bad) = ("FIDO_CERTIFIED_L2", "ATTESTATION_KEY_COMPROMISE");
    for (name, statuses, code) in [
        ("both good", [good, good], None),
        ("the first compromised", [bad, good], Some("attestation-status-refused")),
        ("the second compromised", [good, bad], Some("attestation-status-refused")),
    ] {
        let (metadata, skipped) = read(vec![entry(&ca(), statuses[0]), entry(&other_ca, statuses[1])]);
        assert_eq!(places(&skipped), [(1, SkippedPart::Name)], "{name}");
        assert!(skipped[0].reason.contains(&aaguid().to_string()), "{}", skipped[0].reason);
        assert_eq!((metadata.entries().len(), &*metadata.find(aaguid()).unwrap().description), (2, statuses[0]), "{name}");
        let cached = Metadata::from_json(&metadata.to_json().unwrap()).unwrap();
        for metadata in [metadata, cached] {
            let case =
                |ca: &CertificateAuthority| Case::new(PackedAttestation::new(ca)).anchors(TrustAnchors::new().metadata(metadata.clone()));
            match code {
                None => assert_passes(case(&ca()).register(), name),
                Some(code) => assert_refused(case(&ca()).register(), code, STEP_24, name),
            }
            assert_refused(case(&other_ca).register(), UNTRUSTED, STEP_24, "the second's anchors do not count");
        }
    }
    // A requirement has to be met by both.
    let (metadata, _) = read(vec![entry(&ca(), good), entry(&ca(), "FIDO_CERTIFIED_L1")]);
    let case = Case::new(PackedAttestation::new(&ca())).anchors(TrustAnchors::new().metadata(metadata));
    let strict = case.clone().policy(direct().require_status([good]));
    assert_refused(strict.register(), "attestation-status-refused", STEP_24, "one of two");
    assert_passes(case.policy(direct().require_status([good, "FIDO_CERTIFIED_L1"])).register(), "both");
}

#[test]
fn other_names_that_are_listed_twice_are_reported_too() {
    let mut repeating = u2f_entry();
    let identifier = repeating["attestationCertificateKeyIdentifiers"][0].as_str().unwrap().to_owned();
    repeating["attestationCertificateKeyIdentifiers"] = json!([identifier, identifier.to_uppercase()]);
    let (metadata, skipped) = read(vec![repeating, u2f_entry(), uaf_entry(), uaf_entry()]);
    assert_eq!(places(&skipped), [(1, SkippedPart::Name), (3, SkippedPart::Name)], "a name may stand twice in one entry");
    assert_eq!(metadata.entries().len(), 4);
}

#[test]
fn what_cannot_be_read_is_skipped_and_reported() {
    let mut bad_root = metadata_entry(AAGUID, &[vec![1, 2, 3], ca().root_der()]);
    bad_root["metadataStatement"]["attestationRootCertificates"].as_array_mut().unwrap().push("not base64!".into());
    let mut nameless = metadata_entry([1; 16], &[]);
    nameless.as_object_mut().unwrap().remove("aaguid");
    let mut bad_aaguid = metadata_entry([2; 16], &[]);
    bad_aaguid["aaguid"] = "no AAGUID".into();
    let mut no_reports = metadata_entry([4; 16], &[]);
    no_reports.as_object_mut().unwrap().remove("statusReports");
    let mut no_statement = metadata_entry([5; 16], &[]);
    no_statement.as_object_mut().unwrap().remove("metadataStatement");
    let entries = vec![json!(7), bad_root, nameless, bad_aaguid, no_reports, no_statement, metadata_entry([6; 16], &[])];
    let (metadata, skipped) = read(entries);
    let (entry, root) = (SkippedPart::Entry, SkippedPart::Root);
    assert_eq!(places(&skipped), [(0, entry), (1, root(0)), (1, root(2)), (2, entry), (3, entry), (4, entry)]);
    assert!(skipped.iter().all(|skipped| !skipped.reason.is_empty()));
    let models: Vec<_> = metadata.entries().iter().filter_map(|entry| entry.aaguid).collect();
    assert_eq!(models, [aaguid(), Aaguid::new([5; 16]), Aaguid::new([6; 16])]);
    let case = Case::new(PackedAttestation::new(&ca())).anchors(TrustAnchors::new().metadata(metadata));
    assert_passes(case.register(), "the root that could be read");
}

#[test]
fn roots_are_base64_with_the_blemishes_of_the_field() {
    let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
    let text = entry["metadataStatement"]["attestationRootCertificates"][0].as_str().unwrap().to_owned();
    for (name, text) in [
        ("line breaks", text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\r\n")),
        ("white space around", format!(" {text}\n")),
        ("no padding", text.trim_end_matches('=').to_owned()),
    ] {
        entry["metadataStatement"]["attestationRootCertificates"] = json!([text]);
        let (metadata, skipped) = read(vec![entry.clone()]);
        assert_eq!(skipped, [], "{name}");
        let case = Case::new(PackedAttestation::new(&ca())).anchors(TrustAnchors::new().metadata(metadata));
        assert_passes(case.register(), name);
    }
}

/// FIDO's metadata often lists attestation certificates themselves.
#[test]
fn a_leaf_in_the_metadata_is_pinned() {
    let kind = PackedAttestation::new(&ca());
    let (metadata, _) = read(vec![metadata_entry(AAGUID, &[honest_leaf()])]);
    let anchors = TrustAnchors::new().metadata(metadata);
    assert_passes(Case::new(kind.clone()).anchors(anchors.clone()).register(), "the listed leaf");
    let other = PackedAttestation { key: passkeeper::testing::KeyPair::from_seed(Es256, 999), ..kind };
    assert_refused(Case::new(other).anchors(anchors).register(), UNTRUSTED, STEP_24, "another leaf");
}

#[test]
fn an_older_blob_does_not_replace_a_newer_one() {
    let numbered = |number: u64| {
        let mut draft = blob();
        draft.payload["no"] = number.into();
        metadata(&draft)
    };
    let current = numbered(5);
    for older in [4, 0] {
        assert_eq!(refusal(current.replaced_by(numbered(older))), ("metadata-rolled-back", None), "{older}");
    }
    let again = current.replaced_by(numbered(5)).unwrap();
    assert_eq!(again.to_json().unwrap(), current.to_json().unwrap(), "the same BLOB again");
    assert_eq!(current.replaced_by(numbered(6)).unwrap().number(), 6, "refusals leave the old one as it was");
}

#[test]
fn a_blob_grows_stale() {
    let metadata = metadata(&blob());
    let midnight = UnixTime::from_secs(1_924_905_600);
    assert_eq!(metadata.next_update(), midnight);
    assert!(!metadata.is_stale(NOW) && !metadata.is_stale(midnight), "all that day it may come");
    let day = |secs| metadata.is_stale(UnixTime::from_secs(midnight.as_secs() + secs));
    assert!(!day(86_399) && day(86_400));
}

/// What a BLOB vouches for after a newer one was due is trusted, unless the policy says otherwise.
#[test]
fn overdue_metadata_can_be_refused() {
    // The last second of the day on which a BLOB was due.
    let due = 1_924_905_600 + 86_399;
    let at = |secs, policy| Case { now: UnixTime::from_secs(secs), ..Case::new(PackedAttestation::new(&ca())).policy(policy) };
    let with = |case: Case| case.anchors(TrustAnchors::new().metadata(metadata(&blob())));
    let strict = || direct().refuse_stale_metadata();
    assert_passes(with(at(due + 1, direct())).register(), "not by default");
    assert_passes(with(at(due, strict())).register(), "in time");
    assert_refused(with(at(due + 1, strict())).register(), "metadata-stale", STEP_24, "a second late");
    let both = with(at(due + 1, strict()));
    let both = Case { anchors: both.anchors.clone().trust(anchor(&ca().root_der())), ..both };
    assert_refused(both.register(), "metadata-stale", STEP_24, "by another anchor: the statuses are out of date too");
    assert_passes(at(due + 1, strict()).register(), "no metadata at all");
    let tolerant = with(at(due + 1, strict().danger_accept_untrusted())).register().unwrap();
    assert!(matches!(tolerant.trust(), Trust::Untrusted { reason } if reason.code() == "metadata-stale"), "{:?}", tolerant.trust());
    for kind in [AttestationKind::None, AttestationKind::PackedSelf] {
        let case = with(Case { kind, ..at(due + 1, strict()) });
        assert!(case.register().is_ok(), "what trusts nobody is not concerned");
    }
    // A re-check asks as of the moment of the reports, whenever certificates are judged.
    let record = with(at(due, strict())).register().unwrap().into_record();
    let rp = with(at(due, strict())).rp();
    let late = UnixTime::from_secs(due + 1);
    assert!(rp.recheck_attestation(&record, &strict(), Recheck::at(late, UnixTime::from_secs(due))).is_ok());
    assert_eq!(refusal(rp.recheck_attestation(&record, &strict(), Recheck::as_registered(late))), ("metadata-stale", Some(STEP_24)));
}

#[test]
fn the_cache_keeps_everything_that_counts() {
    let (metadata, _) = read(vec![metadata_entry(AAGUID, &[ca().root_der()]), u2f_entry(), uaf_entry()]);
    let text = metadata.to_json().unwrap();
    let cached = Metadata::from_json(&text).unwrap();
    assert_eq!(cached.to_json().unwrap(), text);
    assert_eq!((cached.number(), cached.next_update(), cached.legal_header()), (1, metadata.next_update(), "For tests only."));
    assert!(cached.find_by_aaid("4e4e#4005").is_some());
    let case = Case::new(PackedAttestation::new(&ca())).anchors(TrustAnchors::new().metadata(cached));
    assert_passes(case.register(), "through the cache");
}

#[test]
fn a_cache_of_another_shape_is_refused() {
    let text = metadata(&blob()).to_json().unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let changed = |change: fn(&mut Value)| {
        let mut value = value.clone();
        change(&mut value);
        value.to_string()
    };
    for (name, text) in [
        ("another version", changed(|v| v["version"] = 2.into())),
        (
            "no version",
            changed(|v| {
                v.as_object_mut().unwrap().remove("version");
            }),
        ),
        ("a root that is no certificate", changed(|v| v["entries"][0]["anchors"][0] = "AAAA".into())),
        ("no JSON", "x".into()),
        ("cut", text.trim_end_matches('}').into()),
        ("a BLOB", blob().sign()),
    ] {
        assert_eq!(refusal(Metadata::from_json(&text)), ("metadata-malformed", None), "{name}");
    }
}

#[test]
fn a_model_has_a_name_and_an_icon() {
    let rp = builder().trust_anchors(TrustAnchors::new().metadata(metadata(&blob()))).build().unwrap();
    let model = rp.model(aaguid()).unwrap();
    assert_eq!((model.description.as_str(), model.icon.as_deref()), ("Virtual Authenticator", Some("data:image/png;base64,iVBORw0KGgo=")));
    let report = &model.status_reports[0];
    assert_eq!((report.status.0.as_str(), report.effective), ("FIDO_CERTIFIED_L1", Some(UnixTime::from_secs(1_577_836_800))));
    assert!(!report.status.is_update_available() && !report.status.is_compromised());
    assert!(rp.model(Aaguid::new([9; 16])).is_none() && rp.model(Aaguid::ZERO).is_none());
    assert!(builder().build().unwrap().model(aaguid()).is_none());
}
