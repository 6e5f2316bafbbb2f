//! Revocation lists: only the issuer's own signature revokes.

use std::sync::{Arc, Mutex};

use p256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use passkeeper::Trust;
use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::testing::{
    Authority, CertificateAuthority, CrlDraft, ExtensionDraft, HashAlgorithm, KeyAlgorithm, KeyPair, Name, PackedAttestation, RevokedDraft,
    StringType, TpmAttestation, der, oid,
};
use passkeeper::types::UnixTime;
use passkeeper::x509::RevocationList;
use x509_cert::der::{Decode, Encode};

use crate::common::{NOW, refusal};
use crate::setup::*;

const SERIAL: [u8; 4] = [1, 2, 3, 4];
pub(crate) const REVOKED: &str = "certificate-revoked";
const DAY: i64 = 86_400;

/// Attested with a leaf of the serial number [`SERIAL`].
pub(crate) fn packed() -> PackedAttestation {
    let mut kind = PackedAttestation::new(&ca());
    kind.leaf.edit(|leaf| leaf.serial = SERIAL.to_vec());
    kind
}

fn with_lists<'a>(lists: impl IntoIterator<Item = &'a Vec<u8>>) -> Case {
    let add = |anchors: TrustAnchors, der: &Vec<u8>| anchors.revocation_list(RevocationList::from_der(der).unwrap());
    Case::new(packed()).anchors(lists.into_iter().fold(trust(&ca()), add))
}

fn now() -> i64 {
    NOW.as_secs()
}

fn honest() -> Vec<u8> {
    ca().crl(&[SERIAL], now() - DAY, now() + DAY)
}

pub(crate) fn intermediates_serial() -> Vec<u8> {
    ca().intermediates[0].certificate.serial.clone()
}

#[test]
fn a_revoked_leaf() {
    assert_refused(with_lists([&honest()]).register(), REVOKED, STEP_24, "leaf");
    let many: Vec<Vec<u8>> = (0..2000_u16).map(|n| [[0x55].as_slice(), &n.to_be_bytes()].concat()).chain([SERIAL.to_vec()]).collect();
    assert_refused(with_lists([&ca().crl(&many, now() - DAY, now() + DAY)]).register(), REVOKED, STEP_24, "one of many");
    let others = ca().crl(&[[9, 9]], now() - DAY, now() + DAY);
    assert_refused(with_lists([&others, &honest()]).register(), REVOKED, STEP_24, "on the second list");
    assert_passes(with_lists([&others]).register(), "another serial number");
    assert_passes(with_lists([&ca().crl(&[[0; 0]; 0], now() - DAY, now() + DAY)]).register(), "an empty list");
}

#[test]
fn a_revoked_leaf_below_the_anchor() {
    let ca = CertificateAuthority::new(30);
    let mut kind = PackedAttestation::new(&ca);
    kind.leaf.edit(|leaf| leaf.serial = SERIAL.to_vec());
    let list = RevocationList::from_der(&ca.crl(&[SERIAL], now() - DAY, now() + DAY)).unwrap();
    let case = Case::new(kind).anchors(trust(&ca).revocation_list(list));
    assert_refused(case.register(), REVOKED, STEP_24, "the anchor itself revokes");
}

#[test]
fn a_revoked_intermediate() {
    let ca = ca();
    let list = ca.root.crl(&[intermediates_serial()], now() - DAY, now() + DAY).sign(&ca.root.key);
    assert_refused(with_lists([&list]).register(), REVOKED, STEP_24, "by the root");
    let mut with_root = packed();
    with_root.x5c.edit(|chain| chain.push(crate::setup::ca().root_der()));
    let case = Case { kind: with_root.into(), ..with_lists([&list]) };
    assert_refused(case.register(), REVOKED, STEP_24, "by the root, which is in x5c");
    let wrong_level = ca.root.crl(&[SERIAL], now() - DAY, now() + DAY).sign(&ca.root.key);
    assert_passes(with_lists([&wrong_level]).register(), "the leaf's serial number on the root's list");
    let own = ca.crl(&[intermediates_serial()], now() - DAY, now() + DAY);
    assert_passes(with_lists([&own]).register(), "the intermediate's serial number on its own list");
}

/// GHSA-2g3p-m8c9-hhwh, SimpleWebAuthn: a forged list revoked an honest certificate.
#[test]
fn a_forged_list_revokes_nothing() {
    let impostor = ca().impostor();
    assert_passes(with_lists([&impostor.crl(&[SERIAL], now() - DAY, now() + DAY)]).register(), "signed by an impostor of the same name");
    let draft = || ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
    let mut broken = draft();
    broken.signature = Some(vec![0x30, 6, 2, 1, 1, 2, 1, 1]);
    assert_passes(with_lists([&broken.sign(&ca().issuing().key)]).register(), "a broken signature");
    let mut renamed = draft();
    renamed.issuer = ca().root.certificate.subject;
    assert_passes(with_lists([&renamed.sign(&ca().issuing().key)]).register(), "in the name of another issuer");
    let other = CertificateAuthority::with_levels(99, &[Es384, Es256]);
    assert_passes(with_lists([&other.crl(&[SERIAL], now() - DAY, now() + DAY)]).register(), "another issuer's own list");
    let mut leaf_signed = draft();
    leaf_signed.issuer = ca().intermediates[0].certificate.subject.clone();
    assert_passes(with_lists([&leaf_signed.sign(&ca().leaf_key(Es256))]).register(), "signed by the leaf");
    // A forged list does not hide an honest one.
    let forged = impostor.crl(&[SERIAL], now() + DAY, now() + DAY);
    assert_refused(with_lists([&forged, &honest()]).register(), REVOKED, STEP_24, "a forged list before the honest one");
}

#[test]
fn revocation_counts_from_its_date() {
    let mut later = ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
    later.revoked[0].date = now() + 10;
    let list = later.sign(&ca().issuing().key);
    let at = |offset: i64| Case { now: UnixTime::from_secs(now() + offset), ..with_lists([&list]) }.register();
    assert_passes(at(9), "a second before");
    assert_refused(at(10), REVOKED, STEP_24, "in that second");
    assert_refused(at(1000), REVOKED, STEP_24, "long after");

    let mut twice = ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
    twice.revoked.insert(0, RevokedDraft::new(&SERIAL, now() + 10));
    assert_refused(with_lists([&twice.sign(&ca().issuing().key)]).register(), REVOKED, STEP_24, "listed twice, the later date first");
}

/// RFC 5280 §5.3.1: from when a stolen key is no longer its owner's, nobody knows.
#[test]
fn a_compromised_key_counts_whatever_the_date() {
    let with_reason = |extension: ExtensionDraft| {
        let mut list = ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
        (list.revoked[0].date, list.revoked[0].extensions) = (now() + DAY, vec![extension]);
        with_lists([&list.sign(&ca().issuing().key)]).register()
    };
    let reason = |code: u8| ExtensionDraft::new("2.5.29.21", false, vec![0x0a, 1, code]);
    // 8 is for deltas, which are refused as a whole.
    for code in (0..=10).filter(|code| *code != 8) {
        match code {
            1 | 2 | 10 => assert_refused(with_reason(reason(code)), REVOKED, STEP_24, &format!("compromise, {code}")),
            _ => assert_passes(with_reason(reason(code)), &format!("another reason, {code}: from its date")),
        }
    }
    assert_passes(with_reason(ExtensionDraft::new("2.5.29.24", false, vec![0x0a, 1, 1])), "another extension");
}

#[test]
fn a_stale_list_still_revokes() {
    assert_refused(with_lists([&ca().crl(&[SERIAL], now() - 900 * DAY, now() - 800 * DAY)]).register(), REVOKED, STEP_24, "stale");
    let mut endless = ca().issuing().crl(&[SERIAL], now() - DAY, now());
    endless.next_update = None;
    assert_refused(with_lists([&endless.sign(&ca().issuing().key)]).register(), REVOKED, STEP_24, "without a next date");
}

const UNVERIFIABLE: &str = "revocation-list-unverifiable";

/// A list that names the certificate, and whose signature nobody here can judge, is no leave to pass.
#[test]
fn a_list_of_an_unsupported_algorithm_does_not_fail_open() {
    // RSASSA-PSS, over an RSA key that can do it.
    let pss = ca_of(Ps256).crl(&[SERIAL], now() - DAY, now() + DAY);
    // ECDSA with SHA-1, and nothing that anybody knows.
    let of_algorithm = |oid: &str| {
        let mut draft = ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
        let algorithm = der::sequence(&[der::oid(oid)]);
        (draft.inner_algorithm, draft.outer_algorithm) = (Some(algorithm.clone()), Some(algorithm));
        draft.sign(&ca().issuing().key)
    };
    let leaf = |ca: &CertificateAuthority| {
        let mut kind = PackedAttestation::new(ca);
        kind.leaf.edit(|leaf| leaf.serial = SERIAL.to_vec());
        kind
    };
    let judged = |ca: CertificateAuthority, list: &[u8], rules: fn(&mut StatementRules)| {
        let list = RevocationList::from_der(list).unwrap();
        Case::new(leaf(&ca)).rules(rules).anchors(trust(&ca).revocation_list(list))
    };
    for (name, list) in [("ECDSA with SHA-1", of_algorithm("1.2.840.10045.4.1")), ("unknown", of_algorithm("1.2.3"))] {
        assert_refused(judged(ca(), &list, |_| {}).register(), UNVERIFIABLE, STEP_24, name);
        let lenient = judged(ca(), &list, |_| {});
        let lenient = Case { policy: direct().danger_accept_untrusted(), ..lenient };
        assert_refused(lenient.register(), UNVERIFIABLE, STEP_24, "even where untrusted ones are accepted");
        // It takes nothing from those that it does not name.
        let other =
            Case::new(PackedAttestation::new(&ca())).anchors(trust(&ca()).revocation_list(RevocationList::from_der(&list).unwrap()));
        assert_passes(other.register(), name);
    }
    assert_refused(judged(ca_of(Rs256), &pss, |_| {}).register(), UNVERIFIABLE, STEP_24, "PSS");

    let sha1 = {
        let ca = ca_of(Rs256);
        let mut draft = ca.issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
        draft.hash = Some(HashAlgorithm::Sha1);
        draft.sign(&ca.issuing().key)
    };
    assert_refused(judged(ca_of(Rs256), &sha1, |_| {}).register(), UNVERIFIABLE, STEP_24, "SHA-1");
    let accepted = judged(ca_of(Rs256), &sha1, |rules| rules.danger_accept_sha1_certificates = true);
    assert_refused(accepted.register(), REVOKED, STEP_24, "SHA-1 where it is accepted");
    // An honest list beside it is not needed, but counts first if it stands first.
    let both = Case::new(packed()).anchors(
        trust(&ca())
            .revocation_list(RevocationList::from_der(&honest()).unwrap())
            .revocation_list(RevocationList::from_der(&of_algorithm("1.2.3")).unwrap()),
    );
    assert_refused(both.register(), REVOKED, STEP_24, "an honest list first");
}

/// A root that issues directly, with an RSA key: the same whether it signs by PKCS #1 or by PSS.
fn ca_of(algorithm: KeyAlgorithm) -> CertificateAuthority {
    CertificateAuthority::with_levels(40, &[algorithm])
}

/// An anchor is trusted for what it is, and yet no longer when its issuer revoked it.
#[test]
fn a_pinned_leaf_and_an_anchored_intermediate_are_looked_up() {
    let leaf = {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let copy = seen.clone();
        let mut kind = packed();
        kind.x5c.edit(move |chain| copy.lock().unwrap().clone_from(&chain[0]));
        assert_passes(Case::new(kind).register(), "honest");
        seen.lock().unwrap().clone()
    };
    let pinned = |lists: &[&[u8]]| {
        let add = |anchors: TrustAnchors, list: &&[u8]| anchors.revocation_list(RevocationList::from_der(list).unwrap());
        lists.iter().fold(TrustAnchors::new().trust(anchor(&leaf)), add)
    };
    let alone = || {
        let mut kind = packed();
        kind.x5c.edit(|chain| chain.truncate(1));
        Case::new(kind)
    };
    let intermediate = anchor(&ca().intermediate_der(0));
    let others = ca().crl(&[[9, 9]], now() - DAY, now() + DAY);
    let forged = ca().impostor().crl(&[SERIAL], now() - DAY, now() + DAY);
    assert_passes(alone().anchors(pinned(&[&others])).register(), "another serial number");
    assert_refused(Case::new(packed()).anchors(pinned(&[&honest()])).register(), REVOKED, STEP_24, "the issuer is in the chain");
    let among = pinned(&[&honest()]).trust(intermediate.clone());
    assert_refused(alone().anchors(among).register(), REVOKED, STEP_24, "the issuer is among the anchors");
    // Without the issuer's key, nobody knows whether the list is forged: refused, since the caller handed it in.
    assert_refused(alone().anchors(pinned(&[&honest()])).register(), UNVERIFIABLE, STEP_24, "the issuer is not known");
    // With it, a forged list revokes nothing; but an issuer that the response brings along can only convict.
    assert_refused(Case::new(packed()).anchors(pinned(&[&forged])).register(), UNVERIFIABLE, STEP_24, "forged, the issuer in the chain");
    assert_passes(alone().anchors(pinned(&[&forged]).trust(intermediate)).register(), "forged, and the issuer is among the anchors");
    let mut false_issuer = packed();
    false_issuer.x5c.edit(|chain| chain[1] = ca().impostor().intermediate_der(0));
    let refused = Case::new(false_issuer).anchors(pinned(&[&honest()])).register();
    assert_refused(refused, UNVERIFIABLE, STEP_24, "an impostor in the issuer's place");

    let list = ca().root.crl(&[intermediates_serial()], now() - DAY, now() + DAY).sign(&ca().root.key);
    let anchored = |with_root: bool| {
        let anchors = TrustAnchors::new().trust(anchor(&ca().intermediate_der(0)));
        let anchors = anchors.revocation_list(RevocationList::from_der(&list).unwrap());
        if with_root { anchors.trust(anchor(&ca().root_der())) } else { anchors }
    };
    for (name, kind) in [("beside the chain", alone().kind), ("in the chain", packed().into())] {
        let case = |with_root| Case { kind: kind.clone(), ..Case::new(packed()) }.anchors(anchored(with_root));
        assert_refused(case(true).register(), REVOKED, STEP_24, name);
        assert_refused(case(false).register(), UNVERIFIABLE, STEP_24, name);
    }
}

/// The certificate of a false issuer: the true one's, but for the other key under which its signature of `issued` verifies.
fn with_recovered_key(issuer: &Authority, issued: &[u8]) -> Vec<u8> {
    use passkeeper::testing::der::{bit_string, oid, sequence};
    let certificate = x509_cert::Certificate::from_der(issued).unwrap();
    let digest = HashAlgorithm::Sha256.digest(&certificate.tbs_certificate().to_der().unwrap());
    let signature = Signature::from_der(certificate.signature().raw_bytes()).unwrap();
    let keys = [false, true].map(|odd| VerifyingKey::recover_from_prehash(&digest, &signature, RecoveryId::new(odd, false)).unwrap());
    let algorithm = sequence(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
    let spki = keys.map(|key| sequence(&[algorithm.clone(), bit_string(key.to_sec1_point(false).as_bytes())]));
    assert!(spki.contains(&issuer.key.spki_der()), "one of the two is the issuer's own");
    let mut certificate = issuer.certificate.clone();
    certificate.spki = spki.into_iter().find(|spki| *spki != certificate.spki).unwrap();
    certificate.sign(&KeyPair::from_seed(Es256, 77))
}

/// A key that was worked out from the signature of a revoked anchor did not sign the list either, and that acquits nobody.
#[test]
fn an_issuer_that_the_response_brings_along_never_acquits() {
    let ca = CertificateAuthority::with_levels(7, &[Es256, Es256]);
    let leaf_by = |ca: &CertificateAuthority| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (copy, mut kind) = (seen.clone(), PackedAttestation::new(ca));
        kind.leaf.edit(|leaf| leaf.serial = SERIAL.to_vec());
        kind.x5c.edit(move |chain| copy.lock().unwrap().clone_from(&chain[0]));
        assert_passes(Case::new(kind.clone()).trusting(ca).register(), "honest");
        let leaf = seen.lock().unwrap().clone();
        (kind, leaf)
    };
    let (kind, leaf) = leaf_by(&ca);
    let intermediate = ca.intermediate_der(0);
    let above_leaf = with_recovered_key(ca.issuing(), &leaf);
    let above_intermediate = with_recovered_key(&ca.root, &intermediate);
    let by_root = ca.root.crl(&[&ca.intermediates[0].certificate.serial], now() - DAY, now() + DAY).sign(&ca.root.key);
    let by_intermediate = ca.crl(&[SERIAL], now() - DAY, now() + DAY);
    for (name, trusted, list, chain) in [
        ("a pinned leaf", &leaf, &by_intermediate, vec![leaf.clone(), above_leaf.clone()]),
        ("an anchored intermediate", &intermediate, &by_root, vec![leaf.clone(), intermediate.clone(), above_intermediate]),
        ("an untrusted leaf", &ca.impostor().root_der(), &by_intermediate, vec![leaf.clone(), above_leaf.clone()]),
    ] {
        let shown = |chain: Vec<Vec<u8>>| {
            let mut kind = kind.clone();
            kind.x5c.replace(chain);
            let anchors = TrustAnchors::new().trust(anchor(trusted)).revocation_list(RevocationList::from_der(list).unwrap());
            Case::new(kind).anchors(anchors).policy(direct().danger_accept_untrusted()).register()
        };
        assert_refused(shown(chain.clone()), UNVERIFIABLE, STEP_24, name);
        let true_issuer = if name.ends_with("leaf") { intermediate.clone() } else { ca.root_der() };
        let both = [chain, vec![true_issuer.clone()]].concat();
        let code = if name.contains("untrusted") { UNVERIFIABLE } else { REVOKED };
        assert_refused(shown(both), code, STEP_24, &format!("{name}, the true issuer behind the false one"));
    }
}

/// RFC 5280 §7.1: the same name in other words.
#[test]
fn a_list_whose_issuer_is_written_differently() {
    let renamed = |change: fn(&mut Name)| {
        let mut draft = ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
        change(&mut draft.issuer);
        with_lists([&draft.sign(&ca().issuing().key)]).register()
    };
    fn retyped(name: &mut Name, string_type: StringType) {
        name.0.iter_mut().flatten().for_each(|attribute| attribute.string_type = string_type);
    }
    type Change = (&'static str, fn(&mut Name));
    let same: [Change; 5] = [
        ("PrintableString", |name| retyped(name, StringType::Printable)),
        ("TeletexString", |name| retyped(name, StringType::Teletex)),
        ("IA5String", |name| retyped(name, StringType::Ia5)),
        ("case", |name| name.0.iter_mut().flatten().for_each(|attribute| attribute.text = attribute.text.to_uppercase())),
        ("white space", |name| name.set(oid::COMMON_NAME, " Virtual\t  Intermediate 7.1 ")),
    ];
    for (name, change) in same {
        assert_refused(renamed(change), REVOKED, STEP_24, name);
    }
    let other: [Change; 4] = [
        ("another text", |name| name.set(oid::COMMON_NAME, "Virtual Intermediate 7.2")),
        ("no space", |name| name.set(oid::COMMON_NAME, "VirtualIntermediate 7.1")),
        ("in another order", |name| name.0.reverse()),
        ("in one RDN", |name| *name = name.clone().joined()),
    ];
    for (name, change) in other {
        assert_passes(renamed(change), name);
    }
}

/// A CA with a new key speaks for what it issued with the old one, if the new certificate is an anchor too.
#[test]
fn a_list_that_the_issuer_signed_with_its_new_key() {
    let old = CertificateAuthority::new(30);
    let mut new = old.impostor();
    new.root.certificate.subject.set(oid::COMMON_NAME, "VIRTUAL ROOT 30");
    let mut kind = PackedAttestation::new(&old);
    kind.leaf.edit(|leaf| leaf.serial = SERIAL.to_vec());
    let list = RevocationList::from_der(&new.crl(&[SERIAL], now() - DAY, now() + DAY)).unwrap();
    let case = Case::new(kind).anchors(trust(&old).revocation_list(list));
    assert_passes(case.clone().register(), "the new key is nobody's here");
    let anchors = case.anchors.clone().trust(anchor(&new.root_der()));
    assert_refused(case.anchors(anchors).register(), REVOKED, STEP_24, "the new certificate is an anchor");
}

/// An untrusted chain may be accepted, but nothing in it tells a forged list from an honest one.
#[test]
fn a_chain_that_leads_nowhere_is_looked_up() {
    let lenient = |chain: fn(&mut Vec<Vec<u8>>), lists: &[Vec<u8>]| {
        let mut kind = packed();
        kind.x5c.edit(chain);
        Case { kind: kind.into(), ..with_lists(lists) }.policy(direct().danger_accept_untrusted()).register()
    };
    let by_root = ca().root.crl(&[intermediates_serial()], now() - DAY, now() + DAY).sign(&ca().root.key);
    let alone: fn(&mut Vec<Vec<u8>>) = |chain| chain.truncate(1);
    assert_refused(lenient(alone, &[honest()]), UNVERIFIABLE, STEP_24, "the leaf alone");
    assert_refused(lenient(|chain| chain[1] = ca().root_der(), &[honest()]), UNVERIFIABLE, STEP_24, "below another issuer");
    let false_issuer = |chain: &mut Vec<Vec<u8>>| chain[1] = ca().impostor().intermediate_der(0);
    assert_refused(lenient(false_issuer, &[honest()]), UNVERIFIABLE, STEP_24, "below an impostor");
    assert_refused(lenient(false_issuer, &[by_root]), UNVERIFIABLE, STEP_24, "the impostor bears a revoked number");
    let others = ca().crl(&[[9, 9]], now() - DAY, now() + DAY);
    let accepted = lenient(alone, &[others]).unwrap();
    assert!(matches!(accepted.trust(), Trust::Untrusted { .. }), "another serial number: {:?}", accepted.trust());
}

/// RFC 5280 §5.2 and §5.3: what a list or an entry says critically must be understood.
#[test]
fn lists_of_another_kind_are_refused_when_they_are_handed_in() {
    const CODE: &str = "revocation-list-unsupported";
    let distribution = |flags: &[u8]| {
        let uri = der::context(0, &der::context(0, &der::context_primitive(6, b"http://crl.example/")));
        let set: Vec<_> = flags.iter().map(|flag| der::context_primitive((*flag).into(), &[0xff])).collect();
        ExtensionDraft::new("2.5.29.28", true, der::sequence(&[vec![uri], set].concat()))
    };
    let with = |change: &dyn Fn(&mut CrlDraft)| {
        let mut draft = ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
        change(&mut draft);
        draft.sign(&ca().issuing().key)
    };
    let refused = |name: &str, code: &str, change: &dyn Fn(&mut CrlDraft)| {
        assert_eq!(refusal(RevocationList::from_der(&with(change))), (code, None), "{name}");
    };
    let extension = |name: &str, extension: ExtensionDraft| refused(name, CODE, &|draft| draft.extensions.push(extension.clone()));
    extension("an unknown critical extension", ExtensionDraft::unknown(true));
    extension("a delta", ExtensionDraft::new("2.5.29.27", true, der::integer(1)));
    extension("a delta that is not critical", ExtensionDraft::new("2.5.29.27", false, der::integer(1)));
    extension("an indirect list", distribution(&[4]));
    extension("an indirect list that is not critical", ExtensionDraft { critical: false, ..distribution(&[4]) });
    extension("attribute certificates", distribution(&[5]));
    extension("a distribution point that cannot be read", ExtensionDraft::new("2.5.29.28", true, der::null()));

    let entry = |name: &str, extension: ExtensionDraft| refused(name, CODE, &|draft| draft.revoked[0].extensions = vec![extension.clone()]);
    entry("an unknown critical extension of an entry", ExtensionDraft::unknown(true));
    entry("another issuer's certificate", ExtensionDraft::new("2.5.29.29", true, der::sequence(&[])));
    entry("another issuer's certificate, not critical", ExtensionDraft::new("2.5.29.29", false, der::sequence(&[])));
    entry("removed from the list", ExtensionDraft::new("2.5.29.21", false, der::enumerated(8)));

    let malformed = "revocation-list-malformed";
    let algorithm = || Some(der::sequence(&[der::oid("1.2.840.10045.4.3.3")]));
    refused("another inner algorithm", malformed, &|draft| draft.inner_algorithm = algorithm());
    refused("another outer algorithm", malformed, &|draft| draft.outer_algorithm = algorithm());

    type Change<'a> = &'a dyn Fn(&mut CrlDraft);
    let still: [(&str, Change<'_>); 7] = [
        ("an unknown extension", &|draft| draft.extensions.push(ExtensionDraft::unknown(false))),
        ("one distribution point's", &|draft| draft.extensions.push(distribution(&[]))),
        ("of user certificates", &|draft| draft.extensions.push(distribution(&[1]))),
        ("of CA certificates", &|draft| draft.extensions.push(distribution(&[2]))),
        ("an unknown extension of an entry", &|draft| draft.revoked[0].extensions = vec![ExtensionDraft::unknown(false)]),
        ("a reason", &|draft| draft.revoked[0].extensions = vec![ExtensionDraft::new("2.5.29.21", false, der::enumerated(1))]),
        ("on hold", &|draft| draft.revoked[0].extensions = vec![ExtensionDraft::new("2.5.29.21", true, der::enumerated(6))]),
    ];
    for (name, change) in still {
        assert_refused(with_lists([&with(change)]).register(), REVOKED, STEP_24, name);
    }
}

/// The serial number is a number: its bytes are those of the certificate, sign and all.
#[test]
fn unusual_serial_numbers() {
    for serial in [vec![0], vec![0x80], vec![0xff], vec![0x00, 0x80], vec![0x7f; 20]] {
        let mut kind = PackedAttestation::new(&ca());
        let copy = serial.clone();
        kind.leaf.edit(move |leaf| leaf.serial = copy.clone());
        let list = RevocationList::from_der(&ca().crl(std::slice::from_ref(&serial), now() - DAY, now() + DAY)).unwrap();
        let case = Case::new(kind).anchors(trust(&ca()).revocation_list(list));
        assert_refused(case.register(), REVOKED, STEP_24, &format!("{serial:02x?}"));
    }
}

#[test]
fn other_formats_are_revoked_too() {
    let mut kind = TpmAttestation::new(&ca());
    kind.leaf.edit(|leaf| leaf.serial = SERIAL.to_vec());
    assert_refused(Case { kind: kind.into(), ..with_lists([&honest()]) }.register(), REVOKED, STEP_24, "tpm");
}

#[test]
fn a_list_has_its_shape() {
    let cases: [(&str, Vec<u8>); 5] = [
        ("empty", vec![]),
        ("cut", honest()[..60].to_vec()),
        ("a byte behind", [honest(), vec![0]].concat()),
        ("a certificate", ca().root_der()),
        ("nonsense", vec![0x30, 3, 2, 1, 1]),
    ];
    for (name, der) in cases {
        assert_eq!(refusal(RevocationList::from_der(&der)), ("revocation-list-malformed", None), "{name}");
    }
    let mut first = ca().issuing().crl(&[SERIAL], now() - DAY, now());
    (first.version, first.extensions) = (1, vec![]);
    // Said when the list is handed in, so that nobody takes it for effective.
    let first = RevocationList::from_der(&first.sign(&ca().issuing().key));
    assert_eq!(refusal(first), ("revocation-list-malformed", None), "version 1");
    let list = RevocationList::from_der(&honest()).unwrap();
    assert!(format!("{list:?}").contains("Virtual Intermediate"), "{list:?}");
    let mut sha384 = ca().issuing().crl(&[SERIAL], now() - DAY, now() + DAY);
    sha384.hash = Some(HashAlgorithm::Sha384);
    assert_refused(with_lists([&sha384.sign(&ca().issuing().key)]).register(), REVOKED, STEP_24, "signed over SHA-384");
}
