//! Format `packed` (§8.2), with certificates and without.

use passkeeper::Trust;
use passkeeper::attestation::AttestationType;
use passkeeper::testing::{
    AttestationKind, Cbor, CertificateDraft, ExtensionDraft, KeyAlgorithm, KeyPair, Name, PackedAttestation, StringType, der, oid,
};

use crate::setup::*;

fn packed() -> PackedAttestation {
    PackedAttestation::new(&ca())
}

fn with_key(algorithm: KeyAlgorithm) -> PackedAttestation {
    PackedAttestation { key: ca().leaf_key(algorithm), ..packed() }
}

#[test]
fn any_attestation_key_may_attest_any_credential() {
    for attestation in [Es256, Es384, Es512, Rs256, Rs384, Ps256, EdDsa] {
        let result = Case::new(with_key(attestation)).register();
        assert_trusted(result, "packed", AttestationType::Basic, &format!("{attestation:?}"));
    }
    for &credential in KeyAlgorithm::ALL {
        let verified = Case::new(packed()).algorithm(credential).register();
        assert_eq!(verified.clone().unwrap().record().aaguid.as_bytes(), &AAGUID);
        assert_trusted(verified, "packed", AttestationType::Basic, &format!("{credential:?}"));
    }
}

#[test]
fn the_trusted_anchor_is_named() {
    let verified = Case::new(packed()).register().unwrap();
    assert_eq!(*verified.trust(), Trust::Trusted { anchor: ca().root_der() });
}

#[test]
fn the_statement_has_its_shape() {
    each_refused(
        &packed(),
        STEP_22,
        &[
            ("alg missing", |p| p.statement.edit(|s| s.remove("alg")), "attestation-statement-malformed"),
            ("alg is text", |p| p.statement.edit(|s| s.set("alg", "ES256")), "attestation-statement-malformed"),
            ("sig missing", |p| p.statement.edit(|s| s.remove("sig")), "attestation-statement-malformed"),
            ("sig is text", |p| p.statement.edit(|s| s.set("sig", "sig")), "attestation-statement-malformed"),
            ("sig is null", |p| p.statement.edit(|s| s.set("sig", Cbor::Null)), "attestation-statement-malformed"),
            ("x5c empty", |p| p.x5c.edit(Vec::clear), "attestation-statement-malformed"),
            ("x5c is null", |p| p.statement.edit(|s| s.set("x5c", Cbor::Null)), "attestation-statement-malformed"),
            ("x5c is a byte string", |p| p.statement.edit(|s| s.set("x5c", Cbor::bytes([0x30]))), "attestation-statement-malformed"),
            ("x5c is a map", |p| p.statement.edit(|s| s.set("x5c", Cbor::Map(vec![]))), "attestation-statement-malformed"),
            ("x5c holds text", |p| p.statement.edit(|s| s.set("x5c", Cbor::Array(vec!["MII".into()]))), "attestation-statement-malformed"),
            (
                "x5c holds text behind the leaf",
                |p| {
                    p.statement.edit(|s| {
                        let Some(Cbor::Array(mut chain)) = s.get("x5c").cloned() else { panic!("no x5c") };
                        chain.push("MII".into());
                        s.set("x5c", Cbor::Array(chain));
                    })
                },
                "attestation-statement-malformed",
            ),
            ("ecdaaKeyId of Level 1", |p| p.statement.edit(|s| s.set("ecdaaKeyId", Cbor::bytes([1]))), "attestation-statement-malformed"),
            ("an unknown member", |p| p.statement.edit(|s| s.set("x", 1)), "attestation-statement-malformed"),
            ("a member whose key is a number", |p| p.statement.edit(|s| s.set(1, 1)), "attestation-statement-malformed"),
            ("the statement is an array", |p| p.statement.edit(|s| *s = Cbor::Array(vec![])), "attestation-statement-malformed"),
            ("the statement is empty", |p| p.statement.edit(|s| *s = Cbor::Map(vec![])), "attestation-statement-malformed"),
            ("the leaf is no certificate", |p| p.x5c.edit(|chain| chain[0] = vec![0x30, 0]), "certificate-malformed"),
            ("the leaf is empty", |p| p.x5c.edit(|chain| chain[0].clear()), "certificate-malformed"),
        ],
    );
    let twice = Case::new(packed()).register_with(|draft| {
        let mut statement = draft.statement();
        statement.push_entry("alg", -7);
        draft.att_stmt = Some(statement);
    });
    assert_refused(twice, "cbor-duplicate-key", "7.1/13", "alg twice");
}

#[test]
fn the_signature_is_the_leaf_keys() {
    each_refused(
        &packed(),
        STEP_22,
        &[
            // go-webauthn #752: the curve was not bound to the algorithm.
            ("alg is another curve's", |p| p.statement.edit(|s| s.set("alg", -35)), "attestation-algorithm-mismatch"),
            ("alg is RSA's, the leaf's key is not", |p| p.statement.edit(|s| s.set("alg", -257)), "attestation-algorithm-mismatch"),
            ("alg is EdDSA, the leaf's key is not", |p| p.statement.edit(|s| s.set("alg", -8)), "attestation-algorithm-mismatch"),
            ("alg is unknown", |p| p.statement.edit(|s| s.set("alg", -99)), "attestation-algorithm-unsupported"),
            ("alg is 0", |p| p.statement.edit(|s| s.set("alg", 0)), "attestation-algorithm-unsupported"),
            ("alg is ES256K", |p| p.statement.edit(|s| s.set("alg", -47)), "attestation-algorithm-unsupported"),
            // cose-lib #169: identifiers that collide when they are cut to fewer bits.
            ("alg is ES256 modulo 2^16", |p| p.statement.edit(|s| s.set("alg", 65_529)), "attestation-algorithm-unsupported"),
            ("alg is ES256 modulo 2^32", |p| p.statement.edit(|s| s.set("alg", 4_294_967_289_i64)), "attestation-algorithm-unsupported"),
        ],
    );
    // The certificate stays the honest key's, the signature is another's.
    let other = Case::new(packed()).register_with(|draft| {
        let mut statement = draft.statement();
        statement.set("sig", KeyPair::from_seed(Es256, 999).sign(&draft.signed_bytes()));
        draft.att_stmt = Some(statement);
    });
    assert_refused(other, "attestation-signature-invalid", STEP_22, "signed by another key");
    let credential = Case::new(packed()).register_with(|draft| {
        let mut statement = draft.statement();
        statement.set("sig", draft.signer().sign(&draft.signed_bytes()));
        draft.att_stmt = Some(statement);
    });
    assert_refused(credential, "attestation-signature-invalid", STEP_22, "signed by the credential key, with x5c of somebody");
    for (name, signature) in
        [("an empty signature", vec![]), ("a cut signature", vec![0x30, 6, 2, 1, 1]), ("zeros", vec![0x30, 6, 2, 1, 0, 2, 1, 0])]
    {
        let result = Case::new(packed()).register_with(|draft| draft.att_stmt_signature = Some(signature));
        assert_refused(result, "attestation-signature-invalid", STEP_22, name);
    }
    let other_data = Case::new(packed()).register_with(|draft| {
        draft.att_stmt = Some(draft.statement());
        draft.auth_data.sign_count += 1;
    });
    assert_refused(other_data, "attestation-signature-invalid", STEP_22, "signed over other authenticator data");
    let rs1 = PackedAttestation { key: ca().leaf_key(Rs1), ..packed() };
    assert_refused(Case::new(rs1).register(), "attestation-algorithm-unsupported", STEP_22, "RS1, which only a TPM may use");
    let mut wide = with_key(Rs256);
    wide.statement.edit(|s| s.set("alg", -37));
    assert_refused(Case::new(wide).register(), "attestation-signature-invalid", STEP_22, "PKCS#1 v1.5 passed off as PSS");
}

fn edit_leaf(change: fn(&mut CertificateDraft)) -> PackedAttestation {
    let mut kind = packed();
    kind.leaf.edit(change);
    kind
}

#[test]
fn the_leaf_is_an_attestation_certificate() {
    const SUBJECT: &str = "attestation-certificate-subject";
    const CONSTRAINTS: &str = "attestation-certificate-basic-constraints";
    let cases: &[Broken<CertificateDraft>] = &[
        ("version 1", |leaf| (leaf.version, leaf.extensions) = (1, vec![]), "attestation-certificate-version"),
        ("version 2", |leaf| leaf.version = 2, "attestation-certificate-version"),
        ("C missing", |leaf| leaf.subject.remove(oid::COUNTRY), SUBJECT),
        ("C in lower case", |leaf| leaf.subject.set(oid::COUNTRY, "aa"), SUBJECT),
        ("C of three letters", |leaf| leaf.subject.set(oid::COUNTRY, "AAA"), SUBJECT),
        ("C of one letter", |leaf| leaf.subject.set(oid::COUNTRY, "A"), SUBJECT),
        ("C of digits", |leaf| leaf.subject.set(oid::COUNTRY, "12"), SUBJECT),
        ("C empty", |leaf| leaf.subject.set(oid::COUNTRY, ""), SUBJECT),
        ("O missing", |leaf| leaf.subject.remove(oid::ORGANIZATION), SUBJECT),
        ("O empty", |leaf| leaf.subject.set(oid::ORGANIZATION, ""), SUBJECT),
        ("OU missing", |leaf| leaf.subject.remove(oid::ORGANIZATIONAL_UNIT), SUBJECT),
        ("OU wrong", |leaf| leaf.subject.set(oid::ORGANIZATIONAL_UNIT, "Authenticator"), SUBJECT),
        ("OU in other case", |leaf| leaf.subject.set(oid::ORGANIZATIONAL_UNIT, "authenticator attestation"), SUBJECT),
        ("OU with a space behind", |leaf| leaf.subject.set(oid::ORGANIZATIONAL_UNIT, "Authenticator Attestation "), SUBJECT),
        ("CN missing", |leaf| leaf.subject.remove(oid::COMMON_NAME), SUBJECT),
        ("CN empty", |leaf| leaf.subject.set(oid::COMMON_NAME, ""), SUBJECT),
        ("subject empty", |leaf| leaf.subject = Name::empty(), SUBJECT),
        ("basicConstraints missing", |leaf| leaf.remove_extension(oid::BASIC_CONSTRAINTS), CONSTRAINTS),
        ("CA true", |leaf| leaf.set_extension(ExtensionDraft::basic_constraints(true, None)), CONSTRAINTS),
        (
            "basicConstraints is no SEQUENCE",
            |leaf| leaf.extension_mut(oid::BASIC_CONSTRAINTS).unwrap().value = der::null(),
            "certificate-malformed",
        ),
        ("basicConstraints twice", |leaf| leaf.extensions.push(ExtensionDraft::basic_constraints(false, None)), "certificate-malformed"),
    ];
    for (name, change, code) in cases {
        assert_refused(Case::new(edit_leaf(*change)).register(), code, STEP_22, name);
    }
}

#[test]
fn the_leafs_aaguid_is_the_authenticators() {
    const CODE: &str = "attestation-certificate-aaguid";
    let cases: &[Broken<CertificateDraft>] = &[
        ("another model", |leaf| leaf.set_extension(ExtensionDraft::aaguid(&[9; 16])), CODE),
        ("critical", |leaf| leaf.extension_mut(oid::FIDO_AAGUID).unwrap().critical = true, CODE),
        ("wrapped once only", |leaf| leaf.extension_mut(oid::FIDO_AAGUID).unwrap().value = AAGUID.to_vec(), CODE),
        ("15 bytes", |leaf| leaf.set_extension(ExtensionDraft::aaguid(&AAGUID[..15])), CODE),
        ("17 bytes", |leaf| leaf.set_extension(ExtensionDraft::aaguid(&[AAGUID.as_slice(), &[0]].concat())), CODE),
        ("a byte behind", |leaf| leaf.extension_mut(oid::FIDO_AAGUID).unwrap().value.push(0), CODE),
        ("empty", |leaf| leaf.extension_mut(oid::FIDO_AAGUID).unwrap().value.clear(), CODE),
        ("another type", |leaf| leaf.extension_mut(oid::FIDO_AAGUID).unwrap().value[0] = 3, CODE),
        ("twice", |leaf| leaf.extensions.push(ExtensionDraft::aaguid(&AAGUID)), "certificate-malformed"),
    ];
    for (name, change, code) in cases {
        assert_refused(Case::new(edit_leaf(*change)).register(), code, STEP_22, name);
    }
    let claimed = Case::new(packed()).register_with(|draft| {
        let attestation = draft.attestation.clone();
        let AttestationKind::Packed(mut kind) = attestation else { panic!("not packed") };
        kind.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::aaguid(&AAGUID)));
        draft.attestation = kind.into();
        draft.auth_data.attested.as_mut().unwrap().aaguid = vec![9; 16];
    });
    assert_refused(claimed, CODE, STEP_22, "the authenticator data claims another model");
}

#[test]
fn what_the_field_needs_is_accepted() {
    each_trusted(
        &packed(),
        &[
            ("no AAGUID extension", |p| p.leaf.edit(|leaf| leaf.remove_extension(oid::FIDO_AAGUID))),
            ("a firmware version", |p| p.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::firmware_version(7)))),
            ("a CRL distribution point, which nobody fetches", |p| {
                p.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::crl_distribution_points(&["http://127.0.0.1/crl"])))
            }),
            ("an unknown extension that is not critical", |p| p.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::unknown(false)))),
            ("basicConstraints not critical", |p| p.leaf.edit(|leaf| leaf.extension_mut(oid::BASIC_CONSTRAINTS).unwrap().critical = false)),
            ("basicConstraints that write the default out", |p| {
                p.leaf.edit(|leaf| leaf.extension_mut(oid::BASIC_CONSTRAINTS).unwrap().value = vec![0x30, 3, 1, 1, 0])
            }),
            ("O as PrintableString", |p| {
                p.leaf.edit(|leaf| leaf.subject.attribute_mut(oid::ORGANIZATION).unwrap().string_type = StringType::Printable)
            }),
            ("the subject as one RDN", |p| p.leaf.edit(|leaf| leaf.subject = leaf.subject.clone().joined())),
            ("a negative serial number", |p| p.leaf.edit(|leaf| leaf.serial = vec![0x80])),
        ],
    );
}

#[test]
fn self_attestation_for_every_algorithm() {
    for &algorithm in KeyAlgorithm::ALL {
        let verified = Case::new(AttestationKind::PackedSelf).algorithm(algorithm).register().unwrap();
        assert_eq!((verified.trust(), verified.record().attestation_type), (&Trust::SelfAttested, AttestationType::SelfAttestation));
        assert!(!verified.record().attestation_trusted, "{algorithm:?}");
    }
}

#[test]
fn self_attestation_is_by_the_credential_key() {
    let broken = |name: &str, change: fn(&mut passkeeper::testing::RegistrationDraft), code: &str| {
        assert_refused(Case::new(AttestationKind::PackedSelf).register_with(change), code, STEP_22, name);
    };
    let with_alg = |draft: &mut passkeeper::testing::RegistrationDraft, alg: i64| {
        let mut statement = draft.statement();
        statement.set("alg", alg);
        draft.att_stmt = Some(statement);
    };
    for (name, alg) in [("another algorithm", -257), ("the fully specified form of the same", -9), ("unknown", -99)] {
        let result = Case::new(AttestationKind::PackedSelf).register_with(|draft| with_alg(draft, alg));
        assert_refused(result, "attestation-algorithm-mismatch", STEP_22, name);
    }
    broken("another key", |draft| draft.set_signer(KeyPair::from_seed(Es256, 999)), "attestation-signature-invalid");
    broken("a broken signature", |draft| draft.att_stmt_signature = Some(vec![1]), "attestation-signature-invalid");
    broken(
        "x5c empty is no self attestation",
        |draft| {
            let mut statement = draft.statement();
            statement.set("x5c", Cbor::Array(vec![]));
            draft.att_stmt = Some(statement);
        },
        "attestation-statement-malformed",
    );
    broken(
        "with x5c, the credential key is not the signer",
        |draft| {
            let mut statement = draft.statement();
            let certificate = ca().issue(&ca().draft(Name::common("x"), &ca().leaf_key(Es256)));
            statement.set("x5c", Cbor::Array(vec![Cbor::Bytes(certificate)]));
            draft.att_stmt = Some(statement);
        },
        "attestation-signature-invalid",
    );
}
