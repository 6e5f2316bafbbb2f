//! Format `android-key` (§8.4).

use passkeeper::attestation::AttestationType;
use passkeeper::testing::{AndroidKeyAttestation, Cbor, CertificateAuthority, ExtensionDraft, KeyDescription, KeyPair, der, oid};

use crate::setup::*;

fn android_key() -> AndroidKeyAttestation {
    AndroidKeyAttestation::new(&ca())
}

fn described(change: fn(&mut KeyDescription)) -> AndroidKeyAttestation {
    let mut kind = android_key();
    kind.key_description.edit(change);
    kind
}

#[test]
fn the_keystore_attests_every_key() {
    for credential in [Es256, Es384, Es512, Rs256, Ps256, EdDsa] {
        let result = Case::new(android_key()).algorithm(credential).register();
        assert_trusted(result, "android-key", AttestationType::Basic, &format!("{credential:?}"));
    }
    let rsa = CertificateAuthority::with_levels(3, &[Rs256, Rs256, Es256]);
    assert_passes(Case::new(AndroidKeyAttestation::new(&rsa)).trusting(&rsa).register(), "RSA root and two intermediates");
}

#[test]
fn the_statement_has_its_shape() {
    const CODE: &str = "attestation-statement-malformed";
    each_refused(
        &android_key(),
        STEP_22,
        &[
            ("alg missing", |a| a.statement.edit(|s| s.remove("alg")), CODE),
            ("sig missing", |a| a.statement.edit(|s| s.remove("sig")), CODE),
            ("x5c missing", |a| a.statement.edit(|s| s.remove("x5c")), CODE),
            ("x5c empty", |a| a.x5c.edit(Vec::clear), CODE),
            ("an unknown member", |a| a.statement.edit(|s| s.set("ver", "2.0")), CODE),
            ("alg is text", |a| a.statement.edit(|s| s.set("alg", "ES256")), CODE),
            ("alg of another key", |a| a.statement.edit(|s| s.set("alg", -257)), "attestation-algorithm-mismatch"),
            ("alg unknown", |a| a.statement.edit(|s| s.set("alg", -99)), "attestation-algorithm-unsupported"),
            ("the intermediate first", |a| a.x5c.edit(|chain| chain.reverse()), "attestation-signature-invalid"),
        ],
    );
}

#[test]
fn the_key_and_its_signature() {
    let broken = Case::new(android_key()).register_with(|draft| draft.att_stmt_signature = Some(vec![1]));
    assert_refused(broken, "attestation-signature-invalid", STEP_22, "a broken signature");
    let other_key = Case::new(android_key()).register_with(|draft| draft.set_signer(KeyPair::from_seed(Es256, 999)));
    assert_refused(other_key, "attestation-key-mismatch", STEP_22, "the certificate is for another key, which signed");
    let mut certificate = android_key();
    certificate.leaf.edit(|leaf| leaf.spki = KeyPair::from_seed(Es256, 999).spki_der());
    assert_refused(Case::new(certificate).register(), "attestation-signature-invalid", STEP_22, "the certificate is for another key");
}

#[test]
fn the_key_description_is_there() {
    const CODE: &str = "android-key-description-malformed";
    each_refused(
        &android_key(),
        STEP_22,
        &[
            ("extension missing", |a| a.leaf.edit(|leaf| leaf.remove_extension(oid::ANDROID_KEY_DESCRIPTION)), CODE),
            ("levels as INTEGER instead of ENUMERATED", |a| a.key_description.edit(|d| d.levels_as_integer = true), CODE),
            ("no DER", |a| a.key_description.edit(|d| d.raw = Some(vec![0xff])), CODE),
            ("empty", |a| a.key_description.edit(|d| d.raw = Some(vec![])), CODE),
            ("an empty SEQUENCE", |a| a.key_description.edit(|d| d.raw = Some(vec![0x30, 0])), CODE),
            ("a byte behind", |a| a.key_description.edit(|d| d.raw = Some([d.to_der(), vec![0]].concat())), CODE),
            (
                "an entry of a list that has no context tag",
                |a| {
                    a.key_description.edit(|d| {
                        let head = [der::integer(3), der::enumerated(1), der::integer(4), der::enumerated(1)];
                        let challenge = [der::octet_string(&d.attestation_challenge), der::octet_string(&[])];
                        let lists = [der::sequence(&[der::integer(1)]), der::sequence(&[])];
                        d.raw = Some(der::sequence(&[head.concat(), challenge.concat(), lists.concat()]));
                    })
                },
                CODE,
            ),
            ("purpose twice", |a| a.key_description.edit(|d| d.hardware_enforced.others.push((1, der::set_of(&[der::integer(3)])))), CODE),
            ("origin twice", |a| a.key_description.edit(|d| d.hardware_enforced.others.push((702, der::integer(2)))), CODE),
            (
                "extension twice",
                |a| {
                    a.leaf.edit(|leaf| {
                        let e = leaf.extension(oid::ANDROID_KEY_DESCRIPTION).unwrap().clone();
                        leaf.extensions.push(e)
                    })
                },
                "certificate-malformed",
            ),
        ],
    );
}

#[test]
fn the_challenge_is_the_client_datas_hash() {
    const CODE: &str = "attestation-nonce-mismatch";
    each_refused(
        &android_key(),
        STEP_22,
        &[
            ("another hash", |a| a.key_description.edit(|d| d.attestation_challenge[31] ^= 1), CODE),
            ("empty", |a| a.key_description.edit(|d| d.attestation_challenge.clear()), CODE),
            ("cut", |a| a.key_description.edit(|d| d.attestation_challenge.truncate(31)), CODE),
            ("the raw challenge in place of the hash", |a| a.key_description.edit(|d| d.attestation_challenge = vec![1; 32]), CODE),
        ],
    );
}

/// fido2-net-lib #671: the authorisation lists were not looked at.
#[test]
fn the_authorisation_lists() {
    const APPLICATIONS: &str = "android-key-all-applications";
    const ORIGIN: &str = "android-key-origin";
    const PURPOSE: &str = "android-key-purpose";
    let cases: &[Broken<KeyDescription>] = &[
        ("allApplications in the hardware's list", |d| d.hardware_enforced.all_applications = true, APPLICATIONS),
        ("allApplications in the software's list", |d| d.software_enforced.all_applications = true, APPLICATIONS),
        ("origin imported", |d| d.hardware_enforced.origin = Some(2), ORIGIN),
        ("origin derived", |d| d.hardware_enforced.origin = Some(1), ORIGIN),
        ("origin unknown", |d| d.hardware_enforced.origin = Some(3), ORIGIN),
        ("origin absent", |d| d.hardware_enforced.origin = None, ORIGIN),
        ("origin imported in the software's list too", |d| d.software_enforced.origin = Some(2), ORIGIN),
        ("purpose sign and verify", |d| d.hardware_enforced.purpose = Some(vec![2, 3]), PURPOSE),
        ("purpose verify", |d| d.hardware_enforced.purpose = Some(vec![3]), PURPOSE),
        ("purpose attest a key", |d| d.hardware_enforced.purpose = Some(vec![7]), PURPOSE),
        ("purpose empty", |d| d.hardware_enforced.purpose = Some(vec![]), PURPOSE),
        ("purpose absent", |d| d.hardware_enforced.purpose = None, PURPOSE),
        ("purpose decrypt in the software's list too", |d| d.software_enforced.purpose = Some(vec![1]), PURPOSE),
        ("both lists empty", |d| (d.hardware_enforced, d.software_enforced) = Default::default(), ORIGIN),
    ];
    for (name, change, code) in cases {
        assert_refused(Case::new(described(*change)).register(), code, STEP_22, name);
    }
}

/// go-webauthn #741: what only the software's list says.
#[test]
fn hardware_enforcement_is_a_rule() {
    let strict = |kind: AndroidKeyAttestation| Case::new(kind).rules(|rules| rules.android_key_requires_hardware = true);
    assert_passes(strict(android_key()).register(), "in the hardware's list");

    let software = described(KeyDescription::enforce_in_software);
    assert_passes(Case::new(software.clone()).register(), "in the software's list only");
    assert_refused(strict(software).register(), "android-key-origin", STEP_22, "in the software's list only");

    let cases: &[Broken<KeyDescription>] = &[
        (
            "purpose in the software's list only",
            |d| d.software_enforced.purpose = d.hardware_enforced.purpose.take(),
            "android-key-purpose",
        ),
        ("origin in the software's list only", |d| d.software_enforced.origin = d.hardware_enforced.origin.take(), "android-key-origin"),
        ("allApplications in the software's list", |d| d.software_enforced.all_applications = true, "android-key-all-applications"),
        ("purpose sign and decrypt", |d| d.hardware_enforced.purpose = Some(vec![1, 2]), "android-key-purpose"),
        ("purpose decrypt", |d| d.hardware_enforced.purpose = Some(vec![1]), "android-key-purpose"),
    ];
    for (name, change, code) in cases {
        assert_refused(strict(described(*change)).register(), code, STEP_22, name);
    }
}

/// Lists that a software keystore calls hardware-enforced are worth nothing.
#[test]
fn hardware_is_the_trusted_environment_or_strongbox() {
    for levels in [(1, 1), (2, 2), (1, 2), (2, 1), (0, 0), (0, 1), (1, 0), (3, 1), (1, 3), (-1, 1), (257, 1)] {
        let name = format!("{levels:?}");
        let mut kind = android_key();
        kind.key_description.edit(move |d| (d.attestation_security_level, d.keymaster_security_level) = levels);
        assert_passes(Case::new(kind.clone()).register(), &name);
        let strict = Case::new(kind).rules(|rules| rules.android_key_requires_hardware = true).register();
        match levels {
            (1 | 2, 1 | 2) => assert_passes(strict, &name),
            _ => assert_refused(strict, "android-key-security-level", STEP_22, &name),
        }
    }
}

#[test]
fn what_the_field_needs_is_accepted() {
    let lists: &[Tolerated<KeyDescription>] = &[
        ("unknown tags", |d| {
            d.hardware_enforced.others.extend([
                (2, der::integer(3)),
                (10, der::integer(1)),
                (704, der::octet_string(&[1])),
                (724, der::null()),
            ]);
            d.software_enforced.others.push((4_000_000, der::sequence(&[])));
        }),
        ("the same in both lists", |d| d.software_enforced.origin = Some(0)),
        ("another version", |d| (d.attestation_version, d.keymaster_version) = (1, 0)),
        ("StrongBox", |d| (d.attestation_security_level, d.keymaster_security_level) = (2, 2)),
        ("a unique ID", |d| d.unique_id = vec![1; 16]),
    ];
    for (name, change) in lists {
        assert_passes(Case::new(described(*change)).register(), name);
    }
    each_trusted(
        &android_key(),
        &[
            ("the leaf is valid since 1970", |a| a.leaf.edit(|leaf| leaf.not_before = 0)),
            ("no basicConstraints in the leaf", |a| a.leaf.edit(|leaf| leaf.remove_extension(oid::BASIC_CONSTRAINTS))),
            ("an unknown extension in the leaf", |a| a.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::unknown(false)))),
        ],
    );
}

#[test]
fn the_root_must_be_listed() {
    let other = CertificateAuthority::with_levels(99, &[Es384, Es256]);
    let code = "attestation-untrusted";
    assert_refused(Case::new(AndroidKeyAttestation::new(&other)).register(), code, STEP_24, "root not listed");
    let mut forged = android_key();
    forged.ca = ca().impostor();
    assert_refused(Case::new(forged).register(), code, STEP_24, "an impostor with copied names");
    let mut none = android_key();
    none.statement.edit(|s| s.set("x5c", Cbor::Null));
    assert_refused(Case::new(none).register(), "attestation-statement-malformed", STEP_22, "x5c null");
}
