use super::*;
use crate::testing::HashAlgorithm;
use crate::testing::der::{self, octet_string, sequence};
use crate::testing::keys::tests::verifies;
use crate::testing::read_der::{extension, signed};
use crate::testing::{GeneralName, RevokedDraft};
use KeyAlgorithm::{Es256, Es384, Es512, Rs1, Rs256};

const NOW: i64 = 1_800_000_000;

fn is_signed_by(der: &[u8], key: &KeyPair) -> bool {
    let parts = signed(der);
    verifies(&key.cose_key(), parts.tbs.whole, parts.signature)
}

fn leaf(ca: &CertificateAuthority) -> CertificateDraft {
    ca.draft(Name::common("Leaf"), &ca.leaf_key(Es256))
}

#[test]
fn roots_of_every_algorithm_sign_themselves() {
    for &algorithm in KeyAlgorithm::ALL.iter().chain(&[Rs1]) {
        let ca = CertificateAuthority::with_levels(3, &[algorithm]);
        let root = ca.root_der();
        assert!(is_signed_by(&root, &ca.root.key), "{algorithm:?}");
        assert!(is_signed_by(&ca.issue(&leaf(&ca)), &ca.root.key), "{algorithm:?}");
        assert_eq!(root, CertificateAuthority::with_levels(3, &[algorithm]).root_der());
        assert_ne!(root, CertificateAuthority::with_levels(4, &[algorithm]).root_der());
    }
}

#[test]
fn the_layout_of_a_certificate() {
    let ca = CertificateAuthority::new(1);
    let draft = leaf(&ca);
    let certificate = ca.issue(&draft);
    let parts = signed(&certificate);
    let fields = parts.tbs.children();
    assert_eq!(fields.iter().map(|field| field.tag).collect::<Vec<_>>(), [0xa0, 2, 0x30, 0x30, 0x30, 0x30, 0x30, 0xa3]);
    assert_eq!(fields[0].content, [2, 1, 2]);
    assert_eq!((fields[1].content, fields[1].content.len()), (draft.serial.as_slice(), 16));
    assert_eq!(fields[2], parts.algorithm);
    assert_eq!(fields[3].whole, ca.root.certificate.subject.to_der());
    assert_eq!(fields[4].content, *b"\x17\x0d200101000000Z\x17\x0d491231235959Z");
    assert_eq!(fields[5].whole, sequence(&[der::set_of(&[sequence(&[der::oid("2.5.4.3"), der::utf8_string("Leaf")])])]));
    assert_eq!(fields[6].whole, ca.leaf_key(Es256).spki_der());
    assert_eq!(extension(&certificate, oid::BASIC_CONSTRAINTS), Some((true, [0x30, 0].as_slice())));
    assert_eq!(extension(&certificate, oid::KEY_USAGE), Some((true, [3, 2, 7, 0x80].as_slice())));
}

#[test]
fn levels_sign_each_other_down() {
    let ca = CertificateAuthority::with_levels(1, &[Rs256, Es384, Rs1, Es256]);
    let chain = ca.chain(ca.issue(&leaf(&ca)));
    let issuers: Vec<_> = ca.intermediates.iter().rev().chain([&ca.root]).collect();
    assert_eq!((chain.len(), issuers.len()), (4, 4));
    for (certificate, issuer) in chain.iter().zip(&issuers) {
        assert!(is_signed_by(certificate, &issuer.key));
        let fields = signed(certificate).tbs.children();
        assert_eq!(fields[3].whole, issuer.certificate.subject.to_der());
        let identifier = extension(certificate, oid::AUTHORITY_KEY_IDENTIFIER).unwrap();
        let theirs = issuer.certificate.extension(oid::SUBJECT_KEY_IDENTIFIER).unwrap();
        assert_eq!(identifier.1[4..], theirs.value[2..]);
    }
    let path_lengths = |index: usize| extension(&chain[index], oid::BASIC_CONSTRAINTS).unwrap().1;
    assert_eq!(path_lengths(1), [0x30, 6, 1, 1, 0xff, 2, 1, 0]);
    assert_eq!(path_lengths(3), [0x30, 6, 1, 1, 0xff, 2, 1, 2]);
    assert_eq!(chain[1], ca.intermediate_der(2));
}

#[test]
fn an_impostor_differs_in_its_keys_only() {
    let ca = CertificateAuthority::with_levels(1, &[Rs256, Es256]);
    let impostor = ca.impostor();
    assert_eq!(impostor.root.certificate.issuer, ca.root.certificate.issuer);
    assert_eq!(impostor.root.certificate.extensions, ca.root.certificate.extensions);
    assert!(is_signed_by(&impostor.root_der(), &impostor.root.key));
    assert!(is_signed_by(&impostor.intermediate_der(0), &impostor.root.key));
    assert!(!is_signed_by(&impostor.intermediate_der(0), &ca.root.key));
    assert_ne!(impostor.leaf_key(Rs256).spki_der(), ca.leaf_key(Rs256).spki_der());
}

#[test]
fn every_field_can_be_broken() {
    let ca = CertificateAuthority::with_levels(1, &[Es384]);
    let issue = |edit: &dyn Fn(&mut CertificateDraft)| {
        let mut draft = leaf(&ca);
        edit(&mut draft);
        ca.issue(&draft)
    };

    let certificate = issue(&|leaf| (leaf.version, leaf.serial, leaf.extensions) = (1, [0x80].into(), Vec::new()));
    let fields = signed(&certificate).tbs.children();
    assert_eq!((fields.len(), fields[0].whole), (6, [2, 1, 0x80].as_slice()));
    assert!(is_signed_by(&certificate, &ca.root.key));

    let certificate = issue(&|leaf| leaf.hash = Some(HashAlgorithm::Sha256));
    let parts = signed(&certificate);
    assert_eq!(parts.algorithm.child(0).whole, der::oid("1.2.840.10045.4.3.2"));
    assert_eq!(parts.signature, ca.root.key.sign_with_hash(HashAlgorithm::Sha256, parts.tbs.whole));

    let certificate = issue(&|leaf| leaf.inner_algorithm = Some(ca.root.key.signature_algorithm_der(HashAlgorithm::Sha1)));
    let parts = signed(&certificate);
    assert_ne!(parts.tbs.child(2), parts.algorithm);
    assert!(is_signed_by(&certificate, &ca.root.key));
    let certificate = issue(&|leaf| leaf.outer_algorithm = Some(der::null()));
    assert_eq!(signed(&certificate).algorithm.tag, 5);

    let certificate = issue(&|leaf| leaf.validity = Some(der::null()));
    assert_eq!(signed(&certificate).tbs.child(4).whole, [5, 0]);
    let certificate = issue(&|leaf| leaf.tbs = Some(der::null()));
    assert_eq!(signed(&certificate).tbs.whole, [5, 0]);
    assert!(is_signed_by(&certificate, &ca.root.key));
    let certificate = issue(&|leaf| (leaf.signature, leaf.trailing) = (Some([9].into()), [0, 0].into()));
    assert!(certificate.ends_with(&[3, 2, 0, 9, 0, 0]));
    let certificate = issue(&|leaf| leaf.signature_unused_bits = 1);
    assert_eq!(certificate[certificate.len() - ca.root.key.sign(&leaf(&ca).tbs_der(&ca.root.key)).len() - 1], 1);
}

#[test]
fn names_and_extensions_can_be_edited() {
    let mut draft = leaf(&CertificateAuthority::new(1));
    draft.subject.set(oid::COUNTRY, "DE");
    draft.subject.set(oid::COMMON_NAME, "Other");
    draft.subject.remove(oid::ORGANIZATION);
    assert_eq!(draft.subject, Name::common("Other").with(oid::COUNTRY, "DE"));
    assert_eq!(draft.subject.attribute(oid::COUNTRY).unwrap().string_type, crate::testing::StringType::Printable);
    assert_eq!(draft.subject.clone().joined().0.len(), 1);
    draft.subject.remove(oid::COMMON_NAME);
    draft.subject.remove(oid::COUNTRY);
    assert_eq!((draft.subject.to_der(), &draft.subject), ([0x30, 0].into(), &Name::empty()));

    draft.set_extension(ExtensionDraft::unknown(true));
    draft.set_extension(ExtensionDraft::basic_constraints(true, Some(0)));
    draft.extension_mut(oid::KEY_USAGE).unwrap().critical = false;
    draft.remove_extension(oid::AUTHORITY_KEY_IDENTIFIER);
    let criticals: Vec<_> = draft.extensions.iter().map(|extension| extension.critical).collect();
    assert_eq!(criticals, [true, false, false, true]);
    assert_eq!(draft.extensions[0].value, [0x30, 6, 1, 1, 0xff, 2, 1, 0]);
}

#[test]
fn extensions_hold_what_they_should() {
    assert_eq!(ExtensionDraft::aaguid(&[7; 16]).value, octet_string(&[7; 16]));
    assert_eq!(ExtensionDraft::apple_nonce(&[7]).value, [0x30, 5, 0xa1, 3, 4, 1, 7]);
    assert_eq!(ExtensionDraft::certificate_policies(&["2.5"]).value, [0x30, 5, 0x30, 3, 6, 1, 85]);
    let dns = [GeneralName::Dns("a".into())];
    assert_eq!(ExtensionDraft::subject_alt_name(&dns).value, [0x30, 3, 0x82, 1, b'a']);
    assert_eq!(ExtensionDraft::name_constraints(&[], &dns).value, [0x30, 7, 0xa1, 5, 0x30, 3, 0x82, 1, b'a']);
    let directory = ExtensionDraft::subject_alt_name_directory(Name::empty());
    assert_eq!((directory.critical, directory.value), (true, [0x30, 4, 0xa4, 2, 0x30, 0].into()));
    let points = ExtensionDraft::crl_distribution_points(&["u"]).value;
    assert_eq!(points, [0x30, 9, 0x30, 7, 0xa0, 5, 0xa0, 3, 0x86, 1, b'u']);
}

#[test]
fn revocation_lists() {
    let ca = CertificateAuthority::with_levels(1, &[Rs256, Es512]);
    let list = ca.crl(&[&[1, 2], &[3, 4]], NOW, NOW + 86_400);
    assert!(is_signed_by(&list, &ca.intermediates[0].key));
    let fields = signed(&list).tbs.children();
    assert_eq!(fields.iter().map(|field| field.tag).collect::<Vec<_>>(), [2, 0x30, 0x30, 0x17, 0x17, 0x30, 0xa0]);
    assert_eq!((fields[0].content, fields[2].whole), ([1].as_slice(), ca.issuing().certificate.subject.to_der().as_slice()));
    let serials: Vec<_> = fields[5].children().iter().map(|entry| entry.child(0).content).collect();
    assert_eq!(serials, [[1, 2], [3, 4]]);

    let mut draft = ca.root.crl(&[[0; 0]; 0], NOW, NOW);
    (draft.version, draft.next_update, draft.extensions) = (1, None, Vec::new());
    let list = draft.sign(&ca.root.key);
    assert!(is_signed_by(&list, &ca.root.key));
    assert_eq!(signed(&list).tbs.children().len(), 3);
    draft.revoked.push(RevokedDraft::new(&[0x80], NOW));
    draft.signature = Some([1].into());
    let list = draft.sign(&ca.root.key);
    assert_eq!((signed(&list).tbs.children().len(), signed(&list).signature), (4, [1].as_slice()));
}
