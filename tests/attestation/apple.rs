//! Format `apple` (§8.8).

use passkeeper::attestation::AttestationType;
use passkeeper::testing::{AppleAttestation, Cbor, CertificateAuthority, ExtensionDraft, KeyPair, der, oid};

use crate::setup::*;

/// A P-384 root and a P-384 intermediate, which signs over SHA-256.
fn apple_ca() -> CertificateAuthority {
    CertificateAuthority::with_levels(4, &[Es384, Es384])
}

fn apple() -> AppleAttestation {
    AppleAttestation::new(&apple_ca())
}

fn case(kind: impl Into<passkeeper::testing::AttestationKind>) -> Case {
    Case::new(kind).trusting(&apple_ca())
}

#[test]
fn apple_attests_a_credential_without_a_signature() {
    for algorithm in [Es256, Es384, Rs256, EdDsa] {
        let result = case(apple()).algorithm(algorithm).register();
        assert_trusted(result, "apple", AttestationType::AnonymizationCa, &format!("{algorithm:?}"));
    }
    assert_passes(case(apple()).aaguid([0; 16]).register(), "the zero AAGUID of 2020");
    let mut alg = apple();
    alg.statement.edit(|s| s.set("alg", -7));
    assert_passes(case(alg).register(), "the member alg of 2020");
}

#[test]
fn the_statement_has_its_shape() {
    const CODE: &str = "attestation-statement-malformed";
    each_refused_in(
        case,
        &apple(),
        STEP_22,
        &[
            ("x5c missing", |a| a.statement.edit(|s| s.remove("x5c")), CODE),
            ("x5c empty", |a| a.x5c.edit(Vec::clear), CODE),
            ("x5c holds text", |a| a.statement.edit(|s| s.set("x5c", Cbor::Array(vec!["x".into()]))), CODE),
            ("sig, which it has not", |a| a.statement.edit(|s| s.set("sig", Cbor::bytes([1]))), CODE),
            ("alg is text", |a| a.statement.edit(|s| s.set("alg", "ES256")), CODE),
            ("the leaf is no certificate", |a| a.x5c.edit(|chain| chain[0].truncate(20)), "certificate-malformed"),
        ],
    );
}

#[test]
fn the_nonce_is_of_this_registration() {
    const CODE: &str = "attestation-nonce-mismatch";
    each_refused_in(
        case,
        &apple(),
        STEP_22,
        &[
            ("extension missing", |a| a.leaf.edit(|leaf| leaf.remove_extension(oid::APPLE_NONCE)), CODE),
            ("another nonce", |a| a.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::apple_nonce(&[7; 32]))), CODE),
            (
                "one bit of the nonce",
                |a| a.leaf.edit(|leaf| *leaf.extension_mut(oid::APPLE_NONCE).unwrap().value.last_mut().unwrap() ^= 1),
                CODE,
            ),
            (
                "a nonce of 31 bytes",
                |a| {
                    a.leaf.edit(|leaf| {
                        let v = leaf.extension(oid::APPLE_NONCE).unwrap().value[6..37].to_vec();
                        leaf.set_extension(ExtensionDraft::apple_nonce(&v))
                    })
                },
                CODE,
            ),
            (
                "no wrapping",
                |a| {
                    a.leaf.edit(|leaf| {
                        leaf.extension_mut(oid::APPLE_NONCE).unwrap().value.drain(..6);
                    })
                },
                CODE,
            ),
            (
                "an OCTET STRING without SEQUENCE",
                |a| {
                    a.leaf.edit(|leaf| {
                        leaf.extension_mut(oid::APPLE_NONCE).unwrap().value.drain(..4);
                    })
                },
                CODE,
            ),
            ("tag 0 instead of 1", |a| a.leaf.edit(|leaf| leaf.extension_mut(oid::APPLE_NONCE).unwrap().value[2] = 0xa0), CODE),
            ("bytes behind", |a| a.leaf.edit(|leaf| leaf.extension_mut(oid::APPLE_NONCE).unwrap().value.push(0)), CODE),
            ("empty", |a| a.leaf.edit(|leaf| leaf.extension_mut(oid::APPLE_NONCE).unwrap().value.clear()), CODE),
            ("NULL", |a| a.leaf.edit(|leaf| leaf.extension_mut(oid::APPLE_NONCE).unwrap().value = der::null()), CODE),
            (
                "extension twice",
                |a| {
                    a.leaf.edit(|leaf| {
                        let e = leaf.extension(oid::APPLE_NONCE).unwrap().clone();
                        leaf.extensions.push(e)
                    })
                },
                "certificate-malformed",
            ),
        ],
    );
    let other_data = case(apple()).register_with(|draft| {
        draft.att_stmt = Some(draft.statement());
        draft.auth_data.sign_count += 1;
    });
    assert_refused(other_data, CODE, STEP_22, "made for other authenticator data");
    let other_client_data = case(apple()).register_with(|draft| {
        draft.att_stmt = Some(draft.statement());
        draft.client_data.edit_members(|members| members.push(("extra".into(), true.into())));
    });
    assert_refused(other_client_data, CODE, STEP_22, "made for other client data");
}

#[test]
fn the_leaf_is_for_the_credential_key() {
    let other = case(apple()).register_with(|draft| draft.set_signer(KeyPair::from_seed(Es256, 999)));
    assert_refused(other, "attestation-key-mismatch", STEP_22, "another key of the same kind");
    let kind = case(apple()).register_with(|draft| draft.set_signer(KeyPair::from_seed(Es384, 999)));
    assert_refused(kind, "attestation-key-mismatch", STEP_22, "another key of another kind");
    let mut unknown = apple();
    unknown.leaf.edit(|leaf| leaf.spki = der::sequence(&[der::sequence(&[der::oid("1.2.3.4")]), der::bit_string(&[1])]));
    assert_refused(case(unknown).register(), "certificate-key-unsupported", STEP_22, "a key of an unknown kind");
}

/// fido2-net-lib #671: Apple's root was not pinned.
#[test]
fn the_root_must_be_listed() {
    let refused = |kind: AppleAttestation, name: &str| assert_refused(case(kind).register(), "attestation-untrusted", STEP_24, name);
    refused(AppleAttestation::new(&CertificateAuthority::with_levels(99, &[Es384, Es384])), "root not listed");
    refused(AppleAttestation::new(&apple_ca().impostor()), "an impostor with copied names");
}
