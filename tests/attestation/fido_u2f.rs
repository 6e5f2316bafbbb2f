//! Format `fido-u2f` (§8.6).

use passkeeper::attestation::AttestationType;
use passkeeper::testing::{Cbor, CertificateAuthority, FidoU2fAttestation, KeyPair};

use crate::setup::*;

/// Without intermediates: there is room for one certificate.
fn u2f_ca() -> CertificateAuthority {
    CertificateAuthority::new(5)
}

fn fido_u2f() -> FidoU2fAttestation {
    FidoU2fAttestation::new(&u2f_ca())
}

fn case(kind: impl Into<passkeeper::testing::AttestationKind>) -> Case {
    Case::new(kind).trusting(&u2f_ca()).aaguid([0; 16])
}

#[test]
fn a_key_of_the_first_generation() {
    assert_trusted(case(fido_u2f()).register(), "fido-u2f", AttestationType::Basic, "honest");
    let esp256 = case(fido_u2f()).algorithm(passkeeper::testing::KeyAlgorithm::Esp256).register();
    assert_trusted(esp256, "fido-u2f", AttestationType::Basic, "ESP256");
    for root in [Rs256, Es384, EdDsa] {
        let ca = CertificateAuthority::with_levels(6, &[root]);
        assert_passes(case(FidoU2fAttestation::new(&ca)).trusting(&ca).register(), &format!("{root:?} root"));
    }
}

#[test]
fn the_statement_has_its_shape() {
    const CODE: &str = "attestation-statement-malformed";
    each_refused_in(
        case,
        &fido_u2f(),
        STEP_22,
        &[
            ("sig missing", |u| u.statement.edit(|s| s.remove("sig")), CODE),
            ("sig is text", |u| u.statement.edit(|s| s.set("sig", "x")), CODE),
            ("x5c missing", |u| u.statement.edit(|s| s.remove("x5c")), CODE),
            ("x5c empty", |u| u.x5c.edit(Vec::clear), CODE),
            ("x5c holds text", |u| u.statement.edit(|s| s.set("x5c", Cbor::Array(vec!["x".into()]))), CODE),
            ("alg, which it has not", |u| u.statement.edit(|s| s.set("alg", -7)), CODE),
            ("two certificates", |u| u.x5c.edit(|chain| chain.push(chain[0].clone())), "fido-u2f-certificate-count"),
            ("the root behind the leaf", |u| u.x5c.edit(|chain| chain.push(u2f_ca().root_der())), "fido-u2f-certificate-count"),
            ("the leaf is no certificate", |u| u.x5c.edit(|chain| chain[0] = vec![]), "certificate-malformed"),
        ],
    );
}

#[test]
fn both_keys_are_on_p256() {
    for algorithm in [Es384, Es512, Rs256, EdDsa] {
        let leaf = FidoU2fAttestation { key: u2f_ca().leaf_key(algorithm), ..fido_u2f() };
        assert_refused(case(leaf).register(), "fido-u2f-curve", STEP_22, &format!("{algorithm:?} leaf"));
        assert_refused(case(fido_u2f()).algorithm(algorithm).register(), "fido-u2f-curve", STEP_22, &format!("{algorithm:?} credential"));
    }
    let short = case(fido_u2f()).register_with(|draft| {
        let key = &mut draft.auth_data.attested.as_mut().unwrap().public_key;
        let Some(Cbor::Bytes(x)) = key.get(-2).cloned() else { panic!("no x") };
        key.set(-2, Cbor::bytes(&x[1..]));
    });
    assert_refused(short, "public-key-coordinate-length", "7.1/20", "an x of 31 bytes");
}

#[test]
fn the_signature_is_over_what_u2f_signs() {
    const CODE: &str = "attestation-signature-invalid";
    each_refused_in(
        case,
        &fido_u2f(),
        STEP_22,
        &[
            ("first byte 01", |u| u.signed_data.edit(|data| data[0] = 1), CODE),
            ("first byte 05, as of an assertion's user presence", |u| u.signed_data.edit(|data| data[0] = 5), CODE),
            ("another RP ID hash", |u| u.signed_data.edit(|data| data[1] ^= 1), CODE),
            ("another client data hash", |u| u.signed_data.edit(|data| data[33] ^= 1), CODE),
            ("another credential ID", |u| u.signed_data.edit(|data| data[65] ^= 1), CODE),
            (
                "a point that is not marked as uncompressed",
                |u| {
                    u.signed_data.edit(|data| {
                        let at = data.len() - 65;
                        data[at] = 2;
                    })
                },
                CODE,
            ),
            ("another key", |u| u.signed_data.edit(|data| *data.last_mut().unwrap() ^= 1), CODE),
            ("the parts without the point", |u| u.signed_data.edit(|data| data.truncate(97)), CODE),
            ("nothing", |u| u.signed_data.edit(Vec::clear), CODE),
        ],
    );
    let as_packed = case(fido_u2f()).register_with(|draft| {
        draft.att_stmt_signature = Some(u2f_ca().leaf_key(Es256).sign(&draft.signed_bytes()));
    });
    assert_refused(as_packed, CODE, STEP_22, "authenticator data and client data hash");
    let other_key = case(fido_u2f()).register_with(|draft| {
        draft.att_stmt_signature = Some(KeyPair::from_seed(Es256, 999).sign(&draft.signed_bytes()));
    });
    assert_refused(other_key, CODE, STEP_22, "by another key");
}

/// The specification has no such rule (its own vector's AAGUID is not zero), FIDO's conformance tool has.
#[test]
fn a_zero_aaguid_is_a_rule() {
    let strict = |aaguid: [u8; 16]| case(fido_u2f()).aaguid(aaguid).rules(|rules| rules.fido_u2f_requires_zero_aaguid = true);
    assert_passes(case(fido_u2f()).register(), "zero");
    assert_passes(case(fido_u2f()).aaguid(AAGUID).register(), "not zero");
    assert_passes(strict([0; 16]).register(), "zero, by the rule");
    assert_refused(strict(AAGUID).register(), "fido-u2f-aaguid", STEP_22, "not zero, against the rule");
    assert_refused(strict([[0; 15].as_slice(), &[1]].concat().try_into().unwrap()).register(), "fido-u2f-aaguid", STEP_22, "almost zero");
}

#[test]
fn the_root_must_be_listed() {
    let forged = FidoU2fAttestation::new(&u2f_ca().impostor());
    assert_refused(case(forged).register(), "attestation-untrusted", STEP_24, "an impostor with copied names");
    let v1_root = {
        let mut ca = u2f_ca();
        (ca.root.certificate.version, ca.root.certificate.extensions) = (1, vec![]);
        ca
    };
    assert_passes(case(FidoU2fAttestation::new(&v1_root)).trusting(&v1_root).register(), "a root of version 1");
}
