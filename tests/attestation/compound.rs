//! Format `compound` (§8.9).

use passkeeper::attestation::{AttestationFormat, AttestationType, CompoundRule, TrustAnchors};
use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AttestationKind, Cbor, CertificateAuthority, PackedAttestation, TpmAttestation,
    VirtualAuthenticator,
};
use passkeeper::{RegistrationRequest, Trust};

use crate::common::{NOW, ORIGIN, challenge, json, registration_response, user};
use crate::setup::*;

fn packed() -> AttestationKind {
    PackedAttestation::new(&ca()).into()
}

fn tpm() -> AttestationKind {
    TpmAttestation::new(&ca()).into()
}

/// Sound but for its signature.
fn broken() -> AttestationKind {
    let mut kind = PackedAttestation::new(&ca());
    kind.statement.edit(|s| s.set("sig", Cbor::bytes([1])));
    kind.into()
}

/// Sound, and of an authority nobody trusts.
fn untrusted() -> AttestationKind {
    PackedAttestation::new(&CertificateAuthority::with_levels(99, &[Es384, Es256])).into()
}

fn compound(parts: Vec<AttestationKind>) -> Case {
    Case::new(AttestationKind::Compound(parts))
}

fn any(parts: Vec<AttestationKind>) -> Case {
    compound(parts).rules(|rules| rules.compound = CompoundRule::Any)
}

#[test]
fn all_parts_hold() {
    let parts = vec![packed(), tpm(), AppleAttestation::new(&ca()).into(), AndroidKeyAttestation::new(&ca()).into()];
    assert_trusted(compound(parts.clone()).register(), "compound", AttestationType::Compound, "all");
    assert_trusted(any(parts).register(), "compound", AttestationType::Compound, "any");
}

#[test]
fn the_statement_has_its_shape() {
    const CODE: &str = "attestation-statement-malformed";
    for (name, parts) in [
        ("an array of none", vec![]),
        ("an array of one", vec![packed()]),
        // go-webauthn #751.
        ("compound within compound", vec![packed(), AttestationKind::Compound(vec![packed(), packed()])]),
        ("compound first", vec![AttestationKind::Compound(vec![]), packed()]),
    ] {
        assert_refused(compound(parts.clone()).register(), CODE, STEP_22, name);
        assert_refused(any(parts).register(), CODE, STEP_22, name);
    }
    type Change = fn(&mut Vec<Cbor>);
    let cases: &[(&str, Change, &str)] = &[
        ("a part with an extra member", |parts| parts[0].set("authData", Cbor::bytes([1])), CODE),
        ("a part without fmt", |parts| parts[0].remove("fmt"), CODE),
        ("a part without attStmt", |parts| parts[1].remove("attStmt"), CODE),
        ("a part whose fmt is a number", |parts| parts[0].set("fmt", 1), CODE),
        ("a part whose statement is bytes", |parts| parts[0].set("attStmt", Cbor::bytes([1])), CODE),
        (
            "a part with another member in the place of attStmt",
            |parts| {
                parts[0].remove("attStmt");
                parts[0].set("x", Cbor::Map(vec![]))
            },
            CODE,
        ),
        ("a part that is an array", |parts| parts[0] = Cbor::Array(vec!["packed".into(), Cbor::Map(vec![])]), CODE),
        ("a part that is null", |parts| parts[1] = Cbor::Null, CODE),
    ];
    for rule in [CompoundRule::All, CompoundRule::Any] {
        for (name, change, code) in cases {
            let case = compound(vec![packed(), tpm()]).rules(|rules| rules.compound = rule);
            let result = case.register_with(|draft| {
                let Cbor::Array(mut parts) = draft.statement() else { panic!("no array") };
                change(&mut parts);
                draft.att_stmt = Some(Cbor::Array(parts));
            });
            assert_refused(result, code, STEP_22, name);
        }
    }
    let map = compound(vec![packed(), tpm()]).register_with(|draft| draft.att_stmt = Some(Cbor::Map(vec![])));
    assert_refused(map, CODE, STEP_22, "a map instead of an array");
    let array = Case::new(packed()).register_with(|draft| draft.att_stmt = Some(Cbor::Array(vec![Cbor::Null, Cbor::Null])));
    assert_refused(array, CODE, STEP_22, "an array in another format");
}

#[test]
fn one_part_fails() {
    for (name, parts) in [("the first", vec![broken(), packed()]), ("the last", vec![packed(), broken()])] {
        assert_refused(compound(parts.clone()).register(), "attestation-signature-invalid", STEP_22, name);
        assert_trusted(any(parts).register(), "compound", AttestationType::Compound, name);
    }
    assert_refused(any(vec![broken(), broken()]).register(), "attestation-signature-invalid", STEP_22, "none holds");
    for rule in [CompoundRule::All, CompoundRule::Any] {
        let unknown = compound(vec![packed(), packed()]).rules(|rules| rules.compound = rule).register_with(|draft| {
            let Cbor::Array(mut parts) = draft.statement() else { panic!("no array") };
            parts[0].set("fmt", "unknown");
            draft.att_stmt = Some(Cbor::Array(parts));
        });
        match rule {
            CompoundRule::All => assert_refused(unknown, "attestation-format-unknown", STEP_21, "a part of an unknown format"),
            _ => assert_passes(unknown, "a part of an unknown format"),
        }
    }
}

#[test]
fn a_part_that_proves_nothing_is_not_trusted() {
    for (name, part) in [("none", AttestationKind::None), ("self", AttestationKind::PackedSelf), ("without anchor", untrusted())] {
        for parts in [vec![packed(), part.clone()], vec![part.clone(), packed()]] {
            assert_refused(compound(parts.clone()).register(), "attestation-untrusted", STEP_24, name);
            assert_passes(any(parts).register(), name);
        }
        assert_refused(any(vec![part.clone(), part]).register(), "attestation-untrusted", STEP_24, name);
    }
}

/// go-webauthn #731: a compound statement was reported as none.
#[test]
fn compound_is_never_taken_for_none() {
    for parts in [vec![AttestationKind::None, AttestationKind::None], vec![AttestationKind::PackedSelf, AttestationKind::None]] {
        let case = compound(parts).policy(direct().danger_accept_untrusted());
        let verified = case.register().unwrap();
        assert!(matches!(verified.trust(), Trust::Untrusted { .. }), "{:?}", verified.trust());
        assert_eq!(verified.record().attestation_type, AttestationType::Compound);
    }
}

#[test]
fn each_part_has_the_anchors_of_its_own_format() {
    let only_packed = TrustAnchors::new().trust_for_format(AttestationFormat::Packed, anchor(&ca().root_der()));
    let parts = vec![packed(), tpm()];
    assert_refused(compound(parts.clone()).anchors(only_packed.clone()).register(), "attestation-untrusted", STEP_24, "tpm has no anchor");
    assert_passes(any(parts).anchors(only_packed).register(), "packed has one");
    let for_compound = TrustAnchors::new().trust_for_format(AttestationFormat::Compound, anchor(&ca().root_der()));
    let result = compound(vec![packed(), packed()]).anchors(for_compound).register();
    assert_refused(result, "attestation-untrusted", STEP_24, "an anchor for compound is none for its parts");
}

/// Single flipped bits, sampled by a prime so that every bit of a byte has its turn: what is accepted all the same is no other
/// credential, and trusted on no other word.
#[test]
fn a_flipped_bit_of_a_compound_attestation_changes_nothing_that_is_trusted() {
    let case = compound(vec![packed(), tpm()]).policy(direct().trusted_only());
    let rp = case.rp();
    let start = || rp.start_registration(RegistrationRequest::new(user("alice")), challenge(), NOW).unwrap();
    let mut authenticator = VirtualAuthenticator::new(1).with_aaguid(AAGUID).with_attestation(case.kind.clone());
    let (options, pending) = start();
    let mut response = registration_response(&authenticator.create(&json(&options), ORIGIN).unwrap());
    // Unsigned copies would give a change away.
    (response.authenticator_data, response.public_key, response.public_key_algorithm) = (None, None, None);
    let honest = pending.verify(&rp, &response, NOW).unwrap();
    assert!(honest.trust().is_trusted());
    let object = response.attestation_object.as_slice().to_vec();
    let (mut refused, mut accepted) = (0, 0);
    for bit in (0..object.len() * 8).step_by(31) {
        let mut flipped = object.clone();
        flipped[bit / 8] ^= 0x80 >> (bit % 8);
        response.attestation_object = flipped.into();
        let Ok(changed) = start().1.verify(&rp, &response, NOW) else {
            refused += 1;
            continue;
        };
        let mut record = changed.record().clone();
        record.attestation_object = honest.record().attestation_object.clone();
        assert_eq!((&record, changed.trust()), (honest.record(), honest.trust()), "bit {bit}");
        accepted += 1;
    }
    assert!(refused > 500 && refused > 20 * accepted, "{refused} refused, {accepted} accepted");
}
