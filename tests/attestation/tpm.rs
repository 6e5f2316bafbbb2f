//! Format `tpm` (§8.3).

use passkeeper::attestation::AttestationType;
use passkeeper::testing::{
    Cbor, CertInfo, CertificateDraft, ExtensionDraft, GeneralName, KeyAlgorithm, KeyDetails, KeyPair, Name, PubArea, TpmAttestation, der,
    oid, tpm_device,
};

use crate::setup::*;

fn tpm() -> TpmAttestation {
    TpmAttestation::new(&ca())
}

fn with_aik(algorithm: KeyAlgorithm) -> TpmAttestation {
    TpmAttestation { key: ca().leaf_key(algorithm), ..tpm() }
}

#[test]
fn a_tpm_attests_ecdsa_and_rsa_keys() {
    for credential in [Es256, Es384, Es512, Rs256, Rs384, Ps256] {
        for aik in [Rs256, Es256, Rs1, Es384, Ps256] {
            let result = Case::new(with_aik(aik)).algorithm(credential).register();
            assert_trusted(result, "tpm", AttestationType::AttestationCa, &format!("{credential:?} under {aik:?}"));
        }
    }
}

/// SHA-1 is for what a TPM says, never for what a credential signs.
#[test]
fn rs1_is_no_credential_algorithm() {
    let result = Case::new(with_aik(Rs1)).algorithm(Rs256).register_with(|draft| {
        draft.auth_data.attested.as_mut().unwrap().public_key.set(3, -65_535);
    });
    assert_refused(result, "public-key-algorithm-unsupported", "7.1/20", "RS1 credential");
    let mut wrong = with_aik(Es256);
    wrong.statement.edit(|s| s.set("alg", -65_535));
    assert_refused(Case::new(wrong).register(), "attestation-algorithm-mismatch", STEP_22, "RS1 with an EC key");
}

#[test]
fn the_statement_has_its_shape() {
    const CODE: &str = "attestation-statement-malformed";
    each_refused(
        &tpm(),
        STEP_22,
        &[
            ("ver missing", |t| t.statement.edit(|s| s.remove("ver")), CODE),
            ("ver is a number", |t| t.statement.edit(|s| s.set("ver", 2)), CODE),
            ("ver 1.2", |t| t.statement.edit(|s| s.set("ver", "1.2")), "tpm-version"),
            ("ver 2", |t| t.statement.edit(|s| s.set("ver", "2")), "tpm-version"),
            ("ver empty", |t| t.statement.edit(|s| s.set("ver", "")), "tpm-version"),
            ("alg missing", |t| t.statement.edit(|s| s.remove("alg")), CODE),
            ("sig missing", |t| t.statement.edit(|s| s.remove("sig")), CODE),
            ("x5c missing", |t| t.statement.edit(|s| s.remove("x5c")), CODE),
            ("x5c empty", |t| t.x5c.edit(Vec::clear), CODE),
            ("ecdaaKeyId of Level 1", |t| t.statement.edit(|s| s.set("ecdaaKeyId", Cbor::bytes([1]))), CODE),
            ("certInfo missing", |t| t.statement.edit(|s| s.remove("certInfo")), CODE),
            ("certInfo is text", |t| t.statement.edit(|s| s.set("certInfo", "x")), CODE),
            ("pubArea missing", |t| t.statement.edit(|s| s.remove("pubArea")), CODE),
            ("pubArea is text", |t| t.statement.edit(|s| s.set("pubArea", "x")), CODE),
            ("an unknown member", |t| t.statement.edit(|s| s.set("x", 1)), CODE),
        ],
    );
}

#[test]
fn the_public_area_is_the_credential_keys() {
    const MISMATCH: &str = "tpm-public-area-mismatch";
    const MALFORMED: &str = "attestation-statement-malformed";
    fn curve(area: &mut PubArea, id: u16) {
        let KeyDetails::Ecc { curve, .. } = &mut area.details else { panic!("not ECC") };
        *curve = id;
    }
    fn flip(area: &mut PubArea, part: usize) {
        area.unique[part][20] ^= 1;
    }
    each_refused(
        &tpm(),
        STEP_22,
        &[
            ("type RSA for an EC key", |t| t.pub_area.edit(|a| a.type_ = 0x0001), MALFORMED),
            ("type KEYEDHASH", |t| t.pub_area.edit(|a| a.type_ = 0x0008), MALFORMED),
            ("curve P-384 for a P-256 key", |t| t.pub_area.edit(|a| curve(a, 4)), MISMATCH),
            ("curve P-224", |t| t.pub_area.edit(|a| curve(a, 2)), MALFORMED),
            ("curve 25519", |t| t.pub_area.edit(|a| curve(a, 0x40)), MALFORMED),
            ("unique x of another key", |t| t.pub_area.edit(|a| flip(a, 0)), MISMATCH),
            ("unique y of another key", |t| t.pub_area.edit(|a| flip(a, 1)), MISMATCH),
            ("unique x and y swapped", |t| t.pub_area.edit(|a| a.unique.reverse()), MISMATCH),
            ("unique y missing", |t| t.pub_area.edit(|a| a.unique.truncate(1)), MALFORMED),
            ("unique empty", |t| t.pub_area.edit(|a| a.unique = vec![vec![], vec![]]), MISMATCH),
            ("unique x with zeros behind", |t| t.pub_area.edit(|a| a.unique[0].push(0)), MISMATCH),
            ("trailing byte", |t| t.pub_area.edit(|a| a.trailing = vec![0]), MALFORMED),
            ("empty", |t| t.pub_area.edit(|a| a.raw = Some(vec![])), MALFORMED),
            (
                "cut",
                |t| {
                    t.pub_area.edit(|a| {
                        let mut b = a.to_bytes();
                        b.pop();
                        a.raw = Some(b)
                    })
                },
                MALFORMED,
            ),
            (
                "the length of a TPM2B_PUBLIC in front",
                |t| {
                    t.pub_area.edit(|a| {
                        let b = a.to_bytes();
                        let length = u16::try_from(b.len()).unwrap().to_be_bytes();
                        a.raw = Some([length.as_slice(), &b].concat());
                    })
                },
                MALFORMED,
            ),
            (
                "authPolicy longer than what is there",
                |t| {
                    t.pub_area.edit(|a| {
                        let mut b = a.to_bytes();
                        b[8] = 0xff;
                        a.raw = Some(b)
                    })
                },
                MALFORMED,
            ),
        ],
    );
    fn exponent(area: &mut PubArea, value: u32) {
        let KeyDetails::Rsa { exponent, .. } = &mut area.details else { panic!("not RSA") };
        *exponent = value;
    }
    let rsa = |kind| Case::new(kind).algorithm(Rs256);
    // fido2-net-lib #671: the exponent is big-endian.
    let cases: &[Broken<TpmAttestation>] = &[
        ("exponent 3", |t| t.pub_area.edit(|a| exponent(a, 3)), MISMATCH),
        ("exponent 1", |t| t.pub_area.edit(|a| exponent(a, 1)), MISMATCH),
        ("exponent in little-endian", |t| t.pub_area.edit(|a| exponent(a, 65_537_u32.swap_bytes())), MISMATCH),
        ("modulus of another key", |t| t.pub_area.edit(|a| flip(a, 0)), MISMATCH),
        (
            "modulus cut",
            |t| {
                t.pub_area.edit(|a| {
                    a.unique[0].pop();
                })
            },
            MISMATCH,
        ),
        ("type ECC for an RSA key", |t| t.pub_area.edit(|a| a.type_ = 0x0023), MALFORMED),
    ];
    each_refused_in(rsa, &tpm(), STEP_22, cases);
    for (name, value) in [("exponent 0 means 65537", 0), ("exponent 65537", 65_537)] {
        let mut kind = tpm();
        kind.pub_area.edit(move |area| exponent(area, value));
        assert_passes(rsa(kind.into()).register(), name);
    }
}

/// fido2-net-lib #671: the check was skipped for keys of type OKP.
#[test]
fn an_okp_credential_is_no_tpm_key() {
    assert_refused(Case::new(tpm()).algorithm(EdDsa).register(), "attestation-statement-malformed", STEP_22, "the curve of Ed25519");
    let mut lying = tpm();
    lying.pub_area.edit(|area| *area = PubArea::new(&KeyPair::from_seed(Es256, 1)));
    assert_refused(Case::new(lying).algorithm(EdDsa).register(), "tpm-public-area-mismatch", STEP_22, "a public area of another type");
}

#[test]
fn coordinates_are_compared_as_numbers() {
    // A key whose x begins with a zero byte, as one of 256 does.
    let starts_with_zero = |key: &KeyPair| matches!(key.cose_key().get(-2), Some(Cbor::Bytes(x)) if x[0] == 0);
    let key = (0..).map(|seed| KeyPair::from_seed(Es256, seed)).find(starts_with_zero).unwrap();
    for (name, change) in [
        ("leading zeros kept", (|_| {}) as fn(&mut PubArea)),
        ("leading zeros dropped", |area| {
            area.unique[0].retain({
                let mut leading = true;
                move |byte| {
                    leading &= *byte == 0;
                    !leading
                }
            })
        }),
        ("leading zeros added", |area| area.unique[1].insert(0, 0)),
    ] {
        let mut kind = tpm();
        kind.pub_area.edit(change);
        let result = Case::new(kind).register_with(|draft| {
            draft.set_signer(key.clone());
            draft.auth_data.attested.as_mut().unwrap().public_key = key.cose_key();
        });
        assert_passes(result, name);
    }
}

#[test]
fn cert_info_certifies_the_public_area() {
    const MALFORMED: &str = "attestation-statement-malformed";
    fn raw(info: &mut CertInfo, change: impl Fn(&mut Vec<u8>)) {
        let mut bytes = info.to_bytes();
        change(&mut bytes);
        info.raw = Some(bytes);
    }
    each_refused(
        &tpm(),
        STEP_22,
        &[
            ("magic 0", |t| t.cert_info.edit(|i| i.magic = 0), "tpm-magic"),
            ("magic off by one", |t| t.cert_info.edit(|i| i.magic += 1), "tpm-magic"),
            ("type TPM_ST_ATTEST_QUOTE", |t| t.cert_info.edit(|i| i.type_ = 0x8018), "tpm-attestation-type"),
            ("type TPM_ST_ATTEST_CREATION", |t| t.cert_info.edit(|i| i.type_ = 0x801a), "tpm-attestation-type"),
            ("extraData of another ceremony", |t| t.cert_info.edit(|i| i.extra_data[0] ^= 1), "attestation-nonce-mismatch"),
            ("extraData empty", |t| t.cert_info.edit(|i| i.extra_data.clear()), "attestation-nonce-mismatch"),
            ("extraData cut", |t| t.cert_info.edit(|i| i.extra_data.truncate(20)), "attestation-nonce-mismatch"),
            ("extraData longer", |t| t.cert_info.edit(|i| i.extra_data.push(0)), "attestation-nonce-mismatch"),
            ("attested name of another object", |t| t.cert_info.edit(|i| i.name[9] ^= 1), "tpm-name-mismatch"),
            ("attested name empty", |t| t.cert_info.edit(|i| i.name.clear()), "tpm-name-mismatch"),
            (
                "attested name without nameAlg",
                |t| {
                    t.cert_info.edit(|i| {
                        i.name.drain(..2);
                    })
                },
                "tpm-name-mismatch",
            ),
            ("attested name with nothing but nameAlg", |t| t.cert_info.edit(|i| i.name.truncate(2)), "tpm-name-mismatch"),
            ("attested name with another nameAlg", |t| t.cert_info.edit(|i| i.name[1] = 0x0c), "tpm-name-mismatch"),
            ("attested name is a handle", |t| t.cert_info.edit(|i| i.name = vec![0x81, 0, 0, 1]), "tpm-name-mismatch"),
            // go-webauthn #760: an unknown hash was taken for SHA-256.
            ("nameAlg unknown", |t| t.pub_area.edit(|a| a.name_alg = 0x0012), "tpm-name-algorithm"),
            ("nameAlg null", |t| t.pub_area.edit(|a| a.name_alg = 0x0010), "tpm-name-algorithm"),
            ("nameAlg SHA-1", |t| t.pub_area.edit(|a| a.name_alg = 0x0004), "tpm-name-algorithm"),
            ("certInfo with a trailing byte", |t| t.cert_info.edit(|i| i.trailing = vec![0]), MALFORMED),
            (
                "certInfo cut",
                |t| {
                    t.cert_info.edit(|i| {
                        raw(i, |b| {
                            b.pop();
                        })
                    })
                },
                MALFORMED,
            ),
            ("certInfo empty", |t| t.cert_info.edit(|i| raw(i, Vec::clear)), MALFORMED),
            (
                "certInfo with a TPM2B length in front",
                |t| {
                    t.cert_info.edit(|i| {
                        raw(i, |b| {
                            b.splice(..0, [0, 0x91]);
                        })
                    })
                },
                MALFORMED,
            ),
        ],
    );
    // The hash is that of `alg`, not of the digest's length.
    let mut other_hash = with_aik(Rs256);
    other_hash.cert_info.edit(|info| info.extra_data = vec![7; 48]);
    assert_refused(Case::new(other_hash).register(), "attestation-nonce-mismatch", STEP_22, "extraData by another hash");
    let other_data = Case::new(tpm()).register_with(|draft| {
        draft.att_stmt = Some(draft.statement());
        draft.auth_data.sign_count += 1;
    });
    assert_refused(other_data, "attestation-nonce-mismatch", STEP_22, "made for other authenticator data");
}

#[test]
fn a_digest_of_something_else_is_refused_by_every_hash() {
    for aik in [Rs1, Rs256, Es384, Es512] {
        let mut kind = with_aik(aik);
        kind.cert_info.edit(|info| info.extra_data[0] ^= 1);
        assert_refused(Case::new(kind).register(), "attestation-nonce-mismatch", STEP_22, &format!("extraData under {aik:?}"));
    }
    for algorithm in [0x000b, 0x000c, 0x000d] {
        let mut kind = tpm();
        kind.pub_area.edit(move |area| area.name_alg = algorithm);
        kind.cert_info.edit(|info| info.name[2] ^= 1);
        assert_refused(Case::new(kind).register(), "tpm-name-mismatch", STEP_22, &format!("name by {algorithm:#06x}"));
    }
}

#[test]
fn every_sound_name_algorithm_and_risk_signal_is_taken() {
    each_trusted(
        &tpm(),
        &[
            ("name by SHA-384", |t| t.pub_area.edit(|a| a.name_alg = 0x000c)),
            ("name by SHA-512", |t| t.pub_area.edit(|a| a.name_alg = 0x000d)),
            ("qualifiedSigner empty", |t| t.cert_info.edit(|i| i.qualified_signer.clear())),
            ("qualifiedName empty", |t| t.cert_info.edit(|i| i.qualified_name.clear())),
            ("clock and firmware", |t| t.cert_info.edit(|i| (i.clock, i.reset_count, i.safe, i.firmware_version) = (0, u32::MAX, 0, 0))),
            ("a signing scheme in the public area", |t| t.pub_area.edit(|a| a.scheme = vec![0x0018, 0x000b])),
            ("a symmetric algorithm in the public area", |t| t.pub_area.edit(|a| a.symmetric = vec![0x0006, 128, 0x0043])),
            ("an authPolicy", |t| t.pub_area.edit(|a| a.auth_policy = vec![1; 32])),
        ],
    );
}

/// A key that was imported, or that may leave the TPM, is anywhere; the specification says nothing of it.
#[test]
fn the_key_was_made_in_the_tpm_and_stays_there() {
    const CODE: &str = "tpm-key-attributes";
    let movable: &[Broken<PubArea>] = &[
        ("fixedTPM clear", |a| a.object_attributes &= !(1 << 1), CODE),
        ("fixedParent clear", |a| a.object_attributes &= !(1 << 4), CODE),
        ("sensitiveDataOrigin clear", |a| a.object_attributes &= !(1 << 5), CODE),
        ("nothing but sign, as in the specification's vector", |a| a.object_attributes = 1 << 18, CODE),
    ];
    let never: &[Broken<PubArea>] = &[
        ("sign clear", |a| a.object_attributes &= !(1 << 18), CODE),
        ("restricted set", |a| a.object_attributes |= 1 << 16, CODE),
        ("no attributes", |a| a.object_attributes = 0, CODE),
    ];
    let described = |change: fn(&mut PubArea)| {
        let mut kind = tpm();
        kind.pub_area.edit(change);
        Case::new(kind)
    };
    let accepting = |change| described(change).rules(|rules| rules.danger_accept_movable_tpm_keys = true).register();
    for (name, change, code) in movable {
        assert_refused(described(*change).register(), code, STEP_22, name);
        assert_passes(accepting(*change), name);
    }
    for (name, change, code) in never {
        assert_refused(described(*change).register(), code, STEP_22, name);
        assert_refused(accepting(*change), code, STEP_22, name);
    }
    // As Windows Hello has it: userWithAuth or not, noDA, decrypt for RSA.
    for attributes in [0x0004_0072, 0x0006_0472, 0x0006_0432, 0x0004_0032] {
        let mut kind = tpm();
        kind.pub_area.edit(move |area| area.object_attributes = attributes);
        assert_passes(Case::new(kind).register(), &format!("{attributes:#010x}"));
    }
}

#[test]
fn the_signature_is_the_aiks() {
    for (name, signature) in [("empty", vec![]), ("zeros", vec![0; 256]), ("short", vec![1; 255])] {
        let result = Case::new(tpm()).register_with(|draft| draft.att_stmt_signature = Some(signature));
        assert_refused(result, "attestation-signature-invalid", STEP_22, name);
    }
    let mut unsigned = tpm();
    unsigned.statement.edit(|s| {
        let Some(Cbor::Bytes(mut info)) = s.get("certInfo").cloned() else { panic!("no certInfo") };
        info[50] ^= 1;
        s.set("certInfo", Cbor::Bytes(info));
    });
    assert_refused(Case::new(unsigned).register(), "attestation-signature-invalid", STEP_22, "certInfo changed after it was signed");
    each_refused(
        &tpm(),
        STEP_22,
        &[
            ("alg ES256 with an RSA AIK", |t| t.statement.edit(|s| s.set("alg", -7)), "attestation-algorithm-mismatch"),
            ("alg RS1, signed with SHA-256", |t| t.statement.edit(|s| s.set("alg", -65_535)), "attestation-signature-invalid"),
            ("alg unknown", |t| t.statement.edit(|s| s.set("alg", -65_534)), "attestation-algorithm-unsupported"),
        ],
    );
    // EdDSA has no hash that extraData could be made with.
    assert_refused(Case::new(with_aik(EdDsa)).register(), "attestation-algorithm-unsupported", STEP_22, "an AIK of Ed25519");
}

#[test]
fn the_aik_certificate_is_what_the_tcg_demands() {
    fn san(leaf: &mut CertificateDraft, device: Name) {
        leaf.set_extension(ExtensionDraft::subject_alt_name_directory(device));
    }
    fn without(leaf: &mut CertificateDraft, attribute: &str) {
        let mut device = tpm_device("id:494E5443", "m", "v");
        device.remove(attribute);
        san(leaf, device);
    }
    const SAN: &str = "tpm-alternative-name";
    const CONSTRAINTS: &str = "attestation-certificate-basic-constraints";
    let cases: &[Broken<CertificateDraft>] = &[
        ("version 1", |leaf| (leaf.version, leaf.extensions) = (1, vec![]), "attestation-certificate-version"),
        ("version 2", |leaf| leaf.version = 2, "attestation-certificate-version"),
        ("subject not empty", |leaf| leaf.subject = Name::common("AIK"), "attestation-certificate-subject"),
        ("alternative name missing", |leaf| leaf.remove_extension(oid::SUBJECT_ALT_NAME), SAN),
        ("alternative name not critical", |leaf| leaf.extension_mut(oid::SUBJECT_ALT_NAME).unwrap().critical = false, SAN),
        (
            "alternative name without a directory name",
            |leaf| {
                leaf.set_extension(ExtensionDraft {
                    critical: true,
                    ..ExtensionDraft::subject_alt_name(&[GeneralName::Dns("tpm.example".into())])
                })
            },
            SAN,
        ),
        ("alternative name malformed", |leaf| leaf.extension_mut(oid::SUBJECT_ALT_NAME).unwrap().value = der::null(), SAN),
        ("directory name empty", |leaf| san(leaf, Name::empty()), SAN),
        ("manufacturer missing", |leaf| without(leaf, oid::TPM_MANUFACTURER), SAN),
        ("model missing", |leaf| without(leaf, oid::TPM_MODEL), SAN),
        ("version missing", |leaf| without(leaf, oid::TPM_VERSION), SAN),
        ("manufacturer not of the form id:XXXXXXXX", |leaf| san(leaf, tpm_device("Intel", "m", "v")), SAN),
        ("manufacturer of seven digits", |leaf| san(leaf, tpm_device("id:494E544", "m", "v")), SAN),
        ("manufacturer that is not hexadecimal", |leaf| san(leaf, tpm_device("id:494E544G", "m", "v")), SAN),
        ("vendor of the specification's vector", |leaf| san(leaf, tpm_device("id:00000000", "m", "v")), "tpm-vendor"),
        // fido2-net-lib #671: the conformance tool's vendor was trusted.
        ("vendor of the conformance tool", |leaf| san(leaf, tpm_device("id:FFFFF1D0", "m", "v")), "tpm-vendor"),
        ("vendor of the conformance tool in lower case", |leaf| san(leaf, tpm_device("id:fffff1d0", "m", "v")), "tpm-vendor"),
        ("extended key usage missing", |leaf| leaf.remove_extension(oid::EXTENDED_KEY_USAGE), "tpm-key-usage"),
        (
            "extended key usage of another kind",
            |leaf| leaf.set_extension(ExtensionDraft::extended_key_usage(&["2.23.133.8.1", "1.3.6.1.5.5.7.3.1"])),
            "tpm-key-usage",
        ),
        ("extended key usage malformed", |leaf| leaf.extension_mut(oid::EXTENDED_KEY_USAGE).unwrap().value = der::null(), "tpm-key-usage"),
        // go-webauthn #725.
        ("CA true", |leaf| leaf.set_extension(ExtensionDraft::basic_constraints(true, None)), CONSTRAINTS),
        ("basicConstraints missing", |leaf| leaf.remove_extension(oid::BASIC_CONSTRAINTS), CONSTRAINTS),
        ("AAGUID of another model", |leaf| leaf.set_extension(ExtensionDraft::aaguid(&[9; 16])), "attestation-certificate-aaguid"),
    ];
    for (name, change, code) in cases {
        let mut kind = tpm();
        kind.leaf.edit(*change);
        assert_refused(Case::new(kind).register(), code, STEP_22, name);
    }
}

#[test]
fn variants_of_the_aik_certificate_that_the_field_has() {
    each_trusted(
        &tpm(),
        &[
            ("one multi-valued RDN", |t| t.device = t.device.clone().joined()),
            ("attributes in another order", |t| t.device.0.reverse()),
            ("manufacturer in lower case", |t| t.device.set(oid::TPM_MANUFACTURER, "id:494e5443")),
            ("the AAGUID of this model", |t| t.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::aaguid(&AAGUID)))),
            ("critical certificate policies", |t| {
                t.leaf.edit(|leaf| {
                    leaf.set_extension(ExtensionDraft { critical: true, ..ExtensionDraft::certificate_policies(&["2.5.29.32.0"]) })
                })
            }),
            ("more usages", |t| {
                t.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::extended_key_usage(&["1.3.6.1.5.5.7.3.1", oid::TCG_AIK_CERTIFICATE])))
            }),
            ("another name before the directory name", |t| {
                t.leaf.edit(|leaf| {
                    let names = [GeneralName::Dns("x".into()), GeneralName::Directory(tpm_device("id:494E5443", "m", "v"))];
                    leaf.set_extension(ExtensionDraft { critical: true, ..ExtensionDraft::subject_alt_name(&names) });
                })
            }),
        ],
    );
}

#[test]
fn vendors_for_tests_are_opt_in() {
    for vendor in ["id:00000000", "id:FFFFF1D0"] {
        let kind = TpmAttestation { device: tpm_device(vendor, "m", "v"), ..tpm() };
        assert_refused(Case::new(kind.clone()).register(), "tpm-vendor", STEP_22, vendor);
        assert_passes(Case::new(kind).rules(|rules| rules.danger_accept_test_tpm_vendors = true).register(), vendor);
    }
}
