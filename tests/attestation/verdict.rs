//! What a registration's verdict tells: format, type, path to the anchor, the model, and the same of each part.

use passkeeper::attestation::{AttestationFormat, AttestationType, CompoundRule, TrustAnchors};
use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AttestationKind, CertificateAuthority, ExtensionDraft, FidoU2fAttestation, MetadataBlobDraft,
    PackedAttestation, TpmAttestation, metadata_entry,
};
use passkeeper::types::Aaguid;
use passkeeper::x509::RevocationList;
use passkeeper::{AttestationPolicy, AttestationVerdict, AuthenticatorModel, Recheck, Trust};
use serde_json::json;

use crate::common::NOW;
use crate::setup::*;

const OTHER: Aaguid = Aaguid::new([9; 16]);

fn packed() -> AttestationKind {
    PackedAttestation::new(&ca()).into()
}

fn stranger() -> CertificateAuthority {
    CertificateAuthority::with_levels(99, &[Es384, Es256])
}

/// The registration's verdict, which a re-check of its record has to come to as well.
#[track_caller]
fn verdict(case: Case) -> AttestationVerdict {
    let (rp, policy) = (case.rp(), case.policy.clone());
    let verified = case.register().unwrap();
    let verdict = verified.attestation().clone();
    assert_eq!(verdict.trust, *verified.trust());
    let record = verified.into_record();
    assert_eq!((record.attestation_type, record.attestation_trusted), (verdict.attestation_type, verdict.trust.is_trusted()));
    assert_eq!(rp.recheck_attestation(&record, &policy, Recheck::as_registered(NOW)).as_ref(), Ok(&verdict));
    verdict
}

fn claimed() -> AuthenticatorModel {
    AuthenticatorModel::Claimed(aaguid())
}

fn proved() -> AuthenticatorModel {
    AuthenticatorModel::Proved(aaguid())
}

#[test]
fn the_path_leads_from_the_leaf_to_the_anchor() {
    let (root, intermediate, leaf) = (ca().root_der(), ca().intermediate_der(0), honest_leaf());
    let mut with_root = PackedAttestation::new(&ca());
    with_root.x5c.edit(|chain| chain.push(ca().root_der()));
    let pinned = |der: &[u8]| TrustAnchors::new().trust(anchor(der));
    for (name, case, path) in [
        ("to the root", Case::new(packed()), vec![&leaf, &intermediate, &root]),
        ("the root in x5c", Case::new(with_root.clone()), vec![&leaf, &intermediate, &root]),
        ("an intermediate as anchor", Case::new(with_root).anchors(pinned(&intermediate)), vec![&leaf, &intermediate]),
        ("a pinned leaf", Case::new(packed()).anchors(pinned(&leaf)), vec![&leaf]),
    ] {
        let verdict = verdict(case);
        assert_eq!(verdict.path.iter().collect::<Vec<_>>(), path, "{name}");
        assert_eq!(verdict.trust, Trust::Trusted { anchor: path.last().unwrap().to_vec() }, "{name}");
        assert_eq!((verdict.format, verdict.attestation_type), (Some(AttestationFormat::Packed), AttestationType::Basic), "{name}");
        assert_eq!((verdict.model, verdict.parts), (proved(), vec![]), "{name}: the leaf names the model");
    }
}

/// An anchor's certificate may be another than the one in x5c, if name and key are the same.
#[test]
fn the_path_ends_with_the_anchors_own_certificate() {
    let mut renewed = ca();
    renewed.root.certificate.serial = vec![0x77];
    let mut kind = PackedAttestation::new(&ca());
    kind.x5c.edit(|chain| chain.push(ca().root_der()));
    let verdict = verdict(Case::new(kind).trusting(&renewed));
    assert_eq!(verdict.path, [honest_leaf(), ca().intermediate_der(0), renewed.root_der()]);
}

#[test]
fn what_is_not_trusted_proves_no_model() {
    let untrusted = Case::new(PackedAttestation::new(&stranger())).policy(direct().danger_accept_untrusted());
    let found = verdict(untrusted);
    assert_eq!((found.path.len(), found.path[1].clone()), (2, stranger().intermediate_der(0)), "as the statement brought it");
    assert!(matches!(&found.trust, Trust::Untrusted { reason } if reason.code() == "attestation-untrusted"), "{:?}", found.trust);
    assert_eq!(found.model, claimed(), "though the leaf names it");
    for (kind, trust, attestation_type) in [
        (AttestationKind::None, Trust::NotAttested, AttestationType::None),
        (AttestationKind::PackedSelf, Trust::SelfAttested, AttestationType::SelfAttestation),
    ] {
        let found = verdict(Case::new(kind.clone()));
        assert_eq!((found.trust, found.attestation_type, found.path), (trust, attestation_type, vec![]), "{}", kind.format());
        assert_eq!(found.model, claimed(), "{}", kind.format());
        assert_eq!(verdict(Case::new(kind).aaguid([0; 16])).model, AuthenticatorModel::Unnamed);
    }
}

#[test]
fn an_ignored_statement_proves_nothing() {
    let case = || Case::new(packed()).policy(AttestationPolicy::danger_ignore_statements());
    let found = verdict(case());
    assert_eq!((found.format, found.attestation_type), (Some(AttestationFormat::Packed), AttestationType::Ignored));
    assert_eq!((found.trust, found.path, found.model), (Trust::Ignored, vec![], claimed()));
    let unknown = case().register_with(|draft| draft.fmt = Some("something-new".into())).unwrap();
    assert_eq!((unknown.attestation().format, unknown.trust()), (None, &Trust::Ignored));
}

/// Formats whose certificates name no model: the anchor's scope proves it, or nothing.
#[test]
fn a_model_is_proved_by_the_scope_of_the_anchor() {
    let listed = metadata(&MetadataBlobDraft::new(&ca(), "2030-12-31", vec![metadata_entry(AAGUID, &[ca().root_der()])]));
    let root = || anchor(&ca().root_der());
    let kinds: [(AttestationKind, AttestationType); 3] = [
        (TpmAttestation::new(&ca()).into(), AttestationType::AttestationCa),
        (AndroidKeyAttestation::new(&ca()).into(), AttestationType::Basic),
        (AppleAttestation::new(&ca()).into(), AttestationType::AnonymizationCa),
    ];
    for (kind, attestation_type) in kinds {
        let format = AttestationFormat::ALL.iter().copied().find(|format| format.as_str() == kind.format()).unwrap();
        for (name, anchors, model) in [
            ("for everything", trust(&ca()), claimed()),
            ("for the format", TrustAnchors::new().trust_for_format(format, root()), claimed()),
            ("for the model", TrustAnchors::new().trust_for_model(aaguid(), root()), proved()),
            ("by metadata", TrustAnchors::new().metadata(listed.clone()), proved()),
        ] {
            let found = verdict(Case::new(kind.clone()).anchors(anchors));
            assert_eq!((found.format, found.attestation_type), (Some(format), attestation_type), "{name}");
            assert!(found.trust.is_trusted() && found.path.last() == Some(&ca().root_der()), "{name}");
            assert_eq!((found.model.proved(), &found.model), (model.proved(), &model), "{}, an anchor {name}", kind.format());
        }
    }
    let zero = Case::new(TpmAttestation::new(&ca())).aaguid([0; 16]);
    assert_eq!(verdict(zero.clone()).model, AuthenticatorModel::Unnamed);
    let for_zero = zero.anchors(TrustAnchors::new().trust_for_model(Aaguid::ZERO, root()));
    assert_refused(for_zero.register(), "attestation-untrusted", STEP_24, "zero is no model that one could trust an anchor for");
}

/// The formats that do not compare it with the authenticator data must not profit from an extension that names a model.
#[test]
fn a_leaf_that_names_another_model_proves_none() {
    let mut android = AndroidKeyAttestation::new(&ca());
    android.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::aaguid(OTHER.as_bytes())));
    let case = Case::new(android);
    assert_eq!(verdict(case.clone()).model, claimed());
    let listed = case.policy(direct().only_models([aaguid()]));
    assert_refused(listed.register(), "attestation-model-refused", STEP_24, "another model in the leaf");
}

#[test]
fn a_model_without_aaguid_is_found_by_the_key_of_its_certificate() {
    let ca = CertificateAuthority::new(5);
    let identifier: String = ca.leaf_key(Es256).key_identifier().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut entry = metadata_entry([0; 16], &[ca.root_der()]);
    entry.as_object_mut().unwrap().remove("aaguid");
    entry["attestationCertificateKeyIdentifiers"] = json!([identifier]);
    let metadata = metadata(&MetadataBlobDraft::new(&crate::setup::ca(), "2030-12-31", vec![entry]));
    let case = Case::new(FidoU2fAttestation::new(&ca)).anchors(TrustAnchors::new().metadata(metadata.clone()));
    for case in [case.clone().aaguid([0; 16]), case.clone()] {
        let found = verdict(case);
        assert_eq!(found.model, AuthenticatorModel::Listed(identifier.clone()), "whatever it claims");
        assert!(metadata.find_by_key_identifier(&identifier).is_some() && found.model.proved().is_none());
    }
    assert_eq!(verdict(case.clone().trusting(&ca)).model, claimed(), "an anchor for everything");
    assert_eq!(verdict(case.trusting(&ca).aaguid([0; 16])).model, AuthenticatorModel::Unnamed, "and no claim");
}

#[test]
fn a_compound_verdict_holds_those_of_its_parts() {
    let tpm = || AttestationKind::from(TpmAttestation::new(&ca()));
    let compound = |parts: Vec<AttestationKind>| Case::new(AttestationKind::Compound(parts));
    let any = |parts| compound(parts).rules(|rules| rules.compound = CompoundRule::Any);
    let stranger = || AttestationKind::from(PackedAttestation::new(&stranger()));

    let found = verdict(compound(vec![packed(), tpm()]));
    assert_eq!((found.format, found.attestation_type), (Some(AttestationFormat::Compound), AttestationType::Compound));
    assert_eq!((found.trust, found.path), (Trust::Trusted { anchor: ca().root_der() }, vec![]));
    let parts: Vec<_> = found.parts.iter().map(|part| (part.format.unwrap(), part.path.len(), part.model.clone())).collect();
    assert_eq!(parts, [(AttestationFormat::Packed, 3, proved()), (AttestationFormat::Tpm, 3, claimed())]);
    assert_eq!(found.model, claimed(), "all have to prove it");
    assert_eq!(verdict(compound(vec![packed(), packed()])).model, proved());

    let found = verdict(any(vec![stranger(), packed()]));
    assert!(matches!(&found.parts[0].trust, Trust::Untrusted { .. }) && found.parts[1].trust.is_trusted(), "{found:?}");
    assert_eq!((found.trust.is_trusted(), found.model), (true, proved()), "the trusted one counts");
    assert_eq!(verdict(any(vec![tpm(), packed()])).model, proved(), "the one that says the most counts");
    assert_eq!(verdict(any(vec![AttestationKind::PackedSelf, packed()])).parts[0].trust, Trust::SelfAttested);
}

/// An untrusted part may be accepted; a revoked one may not hide behind it.
#[test]
fn a_revoked_part_spoils_all_wherever_it_stands() {
    let mut revoked = PackedAttestation::new(&ca());
    revoked.leaf.edit(|leaf| leaf.serial = vec![1, 2, 3, 4]);
    let list = RevocationList::from_der(&ca().crl(&[[1, 2, 3, 4]], NOW.as_secs() - 10, NOW.as_secs() + 10)).unwrap();
    let untrusted = AttestationKind::from(PackedAttestation::new(&stranger()));
    for rule in [CompoundRule::All, CompoundRule::Any] {
        for parts in [vec![untrusted.clone(), revoked.clone().into()], vec![revoked.clone().into(), untrusted.clone()]] {
            let case = Case::new(AttestationKind::Compound(parts)).rules(|rules| rules.compound = rule);
            let tolerant = Case { policy: case.policy.clone().danger_accept_untrusted(), ..case };
            let case = tolerant.anchors(trust(&ca()).revocation_list(list.clone()));
            assert_refused(case.register(), "certificate-revoked", STEP_24, &format!("{rule:?}"));
        }
    }
}
