//! The registrations of the test vectors: what each statement proves, and on whose word.

use std::collections::BTreeMap;

use passkeeper::Trust;
use passkeeper::attestation::{AttestationFormat, AttestationType, StatementRules, TrustAnchors};
use passkeeper::parse::AttestationObject;
use passkeeper::types::{Aaguid, UnixTime};
use passkeeper::x509::TrustAnchor;

use crate::anchors;
use crate::w3c::{Ceremonies, assert_refused, assert_registered, broken_description, ceremonies};

/// 2024-01-01T00:00:00Z, when all certificates of the vectors begin.
const BEGIN: i64 = 1_704_067_200;

/// The registrations that hold and whose statement has certificates.
pub(crate) fn certified() -> Option<Vec<Ceremonies>> {
    let holds = |vector: &Ceremonies| vector.root().is_some() && vector.algorithm().is_some() && broken_description(&vector.name).is_none();
    Some(ceremonies()?.into_iter().filter(holds).collect())
}

/// The certificates of a statement, leaf first, in DER.
pub(crate) fn x5c(vector: &Ceremonies) -> Vec<Vec<u8>> {
    let statement = AttestationObject::parse(vector.registration.attestation_object.as_slice()).unwrap().att_stmt;
    let statement: ciborium::Value = ciborium::from_reader(statement).unwrap();
    let entries = statement.into_map().unwrap();
    let x5c = entries.into_iter().find(|(key, _)| key.as_text() == Some("x5c")).unwrap().1;
    x5c.into_array().unwrap().into_iter().map(|der| der.into_bytes().unwrap()).collect()
}

fn format(vector: &Ceremonies) -> AttestationFormat {
    *AttestationFormat::ALL.iter().find(|format| format.as_str() == vector.expected.format).unwrap()
}

fn aaguid(vector: &Ceremonies) -> Aaguid {
    Aaguid::new(vector.registration.aaguid.as_slice().try_into().unwrap())
}

#[test]
fn every_registration_proves_what_its_vector_says() {
    let Some(all) = ceremonies() else { return };
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for vector in all {
        let name = &vector.name;
        let object = AttestationObject::parse(vector.registration.attestation_object.as_slice()).unwrap();
        assert_eq!(object.fmt, vector.expected.format, "{name}");
        let result = vector.register(&vector.relying_party(), &vector.registration);
        if vector.algorithm().is_none() {
            assert_refused(name, result, "public-key-algorithm-unsupported", "7.1/20");
            *counts.entry((vector.expected.format.clone(), "unsupported")).or_default() += 1;
            continue;
        }
        if let Some(code) = broken_description(name) {
            assert_refused(name, result, code, "7.1/22");
            *counts.entry((vector.expected.format.clone(), "refused")).or_default() += 1;
            continue;
        }
        let verified = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_registered(&vector, &verified);
        let (expected, trust) = match &*vector.expected.attestation_type {
            "None" => (AttestationType::None, Trust::NotAttested),
            "Self" => (AttestationType::SelfAttestation, Trust::SelfAttested),
            certified => {
                let anchor = vector.root().unwrap().as_der().to_vec();
                let attestation_type = match certified {
                    "Basic" => AttestationType::Basic,
                    "AttCA" => AttestationType::AttestationCa,
                    "AnonCA" => AttestationType::AnonymizationCa,
                    other => panic!("{name}: {other}"),
                };
                (attestation_type, Trust::Trusted { anchor })
            }
        };
        assert_eq!(verified.record().attestation_type, expected, "{name}");
        assert_eq!(*verified.trust(), trust, "{name}");
        assert_eq!(verified.record().attestation_trusted, trust.is_trusted(), "{name}");
        *counts.entry((vector.expected.format.clone(), expected.as_str())).or_default() += 1;
    }
    let expected = [
        ("android-key", "basic", 2),
        ("android-key", "refused", 3),
        ("apple", "anonymization-ca", 2),
        ("fido-u2f", "basic", 1),
        ("none", "none", 5),
        ("packed", "basic", 9),
        ("packed", "self", 2),
        ("packed", "unsupported", 1),
        ("tpm", "attestation-ca", 2),
    ];
    assert_eq!(counts, expected.map(|(format, outcome, count)| ((format.to_owned(), outcome), count)).into());
}

#[test]
fn a_root_counts_for_what_it_was_pinned_for() {
    let Some(all) = certified() else { return };
    for vector in &all {
        let (name, root) = (&vector.name, vector.root().unwrap());
        let register = |anchors| vector.register(&vector.relying_party_with(anchors::lenient(), anchors), &vector.registration);
        let trusted = |anchors| {
            let verified = register(anchors).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(*verified.trust(), Trust::Trusted { anchor: root.as_der().to_vec() }, "{name}");
        };
        let untrusted = |anchors| assert_refused(name, register(anchors), "attestation-untrusted", "7.1/24");
        let another = Aaguid::new([0x5a; 16]);

        untrusted(TrustAnchors::new());
        trusted(TrustAnchors::new().trust(root.clone()));
        trusted(TrustAnchors::new().trust_for_format(format(vector), root.clone()));
        for other in AttestationFormat::ALL.iter().filter(|other| **other != format(vector)) {
            untrusted(TrustAnchors::new().trust_for_format(*other, root.clone()));
        }
        untrusted(TrustAnchors::new().trust_for_model(another, root.clone()));
        untrusted(TrustAnchors::new().trust_for_model(Aaguid::new([0; 16]), root.clone()));
        let model = TrustAnchors::new().trust_for_model(another, root.clone()).trust_for_model(aaguid(vector), root.clone());
        // The signature of fido-u2f does not cover the AAGUID: there it is a mere claim.
        if format(vector) == AttestationFormat::FidoU2f { untrusted(model) } else { trusted(model) }
    }
    assert_eq!(all.len(), 16);
}

#[test]
fn a_leaf_may_be_pinned_byte_for_byte() {
    let Some(all) = certified() else { return };
    for vector in &all {
        let name = &vector.name;
        let leaf = x5c(vector).remove(0);
        let anchors = TrustAnchors::new().trust(TrustAnchor::from_der(&leaf).unwrap());
        let rp = vector.relying_party_with(anchors::lenient(), anchors);
        let verified = vector.register(&rp, &vector.registration).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(*verified.trust(), Trust::Trusted { anchor: leaf }, "{name}");
    }
    // Another's leaf, issued by the same root, is no anchor.
    for (vector, other) in all.iter().zip(all.iter().cycle().skip(1)) {
        let leaf = x5c(other).remove(0);
        let anchors = TrustAnchors::new().trust(TrustAnchor::from_der(&leaf).unwrap());
        let rp = vector.relying_party_with(anchors::lenient(), anchors);
        assert_refused(&vector.name, vector.register(&rp, &vector.registration), "attestation-untrusted", "7.1/24");
    }
}

#[test]
fn certificates_count_from_their_first_to_their_last_second() {
    let Some(all) = certified() else { return };
    // 3024-01-01T00:00:00Z.
    let end = anchors::moment("3024-01-01T00:00:00Z").as_secs();
    for vector in &all {
        let (name, rp) = (&vector.name, vector.relying_party());
        let at = |secs| vector.register_at(&rp, &vector.registration, UnixTime::from_secs(secs));
        for secs in [i64::MIN, -1, 0, BEGIN - 1] {
            assert_refused(name, at(secs), "certificate-not-yet-valid", "7.1/24");
        }
        assert!(at(BEGIN).is_ok() && at(end).is_ok(), "{name}");
        for secs in [end + 1, i64::MAX] {
            assert_refused(name, at(secs), "certificate-expired", "7.1/24");
        }
    }
}

#[test]
fn vectors_that_need_a_rule_are_refused_without_it() {
    let Some(all) = certified() else { return };
    let mut special = [0; 3];
    for vector in &all {
        let name = &vector.name;
        let register = |change: fn(&mut StatementRules)| {
            let mut rules = anchors::lenient();
            change(&mut rules);
            vector.register(&vector.relying_party_with(rules, anchors::trust(vector.root())), &vector.registration)
        };
        let test_vendors = register(|rules| rules.danger_accept_test_tpm_vendors = false);
        let movable = register(|rules| rules.danger_accept_movable_tpm_keys = false);
        let zero_aaguid = register(|rules| rules.fido_u2f_requires_zero_aaguid = true);
        let hardware = register(|rules| rules.android_key_requires_hardware = true);
        let sha1 = register(|rules| rules.danger_accept_sha1_certificates = true);
        assert!(sha1.is_ok(), "{name}");
        match format(vector) {
            AttestationFormat::Tpm => {
                assert_refused(name, test_vendors, "tpm-vendor", "7.1/22");
                assert_refused(name, movable, "tpm-key-attributes", "7.1/22");
                assert!(zero_aaguid.is_ok() && hardware.is_ok(), "{name}");
                special[0] += 1;
            }
            AttestationFormat::FidoU2f => {
                assert_refused(name, zero_aaguid, "fido-u2f-aaguid", "7.1/22");
                assert!(test_vendors.is_ok() && hardware.is_ok(), "{name}");
                special[1] += 1;
            }
            // Even the one whose lists are the hardware's says that its keystore is software.
            AttestationFormat::AndroidKey => {
                assert_refused(name, hardware, "android-key-security-level", "7.1/22");
                assert!(test_vendors.is_ok() && zero_aaguid.is_ok(), "{name}");
                special[2] += 1;
            }
            _ => assert!(test_vendors.is_ok() && movable.is_ok() && zero_aaguid.is_ok() && hardware.is_ok(), "{name}"),
        }
    }
    assert_eq!(special, [2, 1, 2]);
}
