//! Revocation lists: only the issuer's own signature revokes.

use passkeeper::attestation::TrustAnchors;
use passkeeper::testing::{CertificateAuthority, HashAlgorithm, PackedAttestation, RevokedDraft, TpmAttestation};
use passkeeper::types::UnixTime;
use passkeeper::x509::{RevocationList, RevokedSerials};

use crate::common::{NOW, refusal};
use crate::setup::*;

const SERIAL: [u8; 4] = [1, 2, 3, 4];
const REVOKED: &str = "certificate-revoked";
const DAY: i64 = 86_400;

/// Attested with a leaf of the serial number [`SERIAL`].
fn packed() -> PackedAttestation {
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

fn intermediates_serial() -> Vec<u8> {
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

#[test]
fn a_stale_list_still_revokes() {
    assert_refused(with_lists([&ca().crl(&[SERIAL], now() - 900 * DAY, now() - 800 * DAY)]).register(), REVOKED, STEP_24, "stale");
    let mut endless = ca().issuing().crl(&[SERIAL], now() - DAY, now());
    endless.next_update = None;
    assert_refused(with_lists([&endless.sign(&ca().issuing().key)]).register(), REVOKED, STEP_24, "without a next date");
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

fn with_serials(serials: RevokedSerials) -> Case {
    Case::new(packed()).anchors(trust(&ca()).revoked_serials(serials))
}

#[test]
fn serial_numbers_that_the_vendor_disowned() {
    let hex = |serials: &[&str]| RevokedSerials::from_hex(serials.iter().copied()).unwrap();
    let intermediate: String = intermediates_serial().iter().map(|byte| format!("{byte:02x}")).collect();
    for (name, serials) in [
        ("as it stands", hex(&["01020304"])),
        ("without leading zeros", hex(&["1020304"])),
        ("with more of them", hex(&["000000000001020304"])),
        ("one of several", hex(&["aa", "BB", "1020304"])),
        ("the intermediate's", hex(&[&intermediate])),
        ("in upper case", hex(&[&intermediate.to_uppercase()])),
        ("added later", hex(&["aa"]).and(hex(&["1020304"]))),
    ] {
        assert_refused(with_serials(serials).register(), REVOKED, STEP_24, name);
    }
    for (name, serials) in [("none", RevokedSerials::default()), ("others", hex(&["0", "102030", "10203040", "102030405"]))] {
        assert_passes(with_serials(serials).register(), name);
    }
    let twice = with_serials(hex(&["aa"]));
    let anchors = twice.anchors.clone().revoked_serials(hex(&["1020304"])).revoked_serials(hex(&["bb"]));
    assert_refused(twice.anchors(anchors).register(), REVOKED, STEP_24, "the second list of three");
    // A chain that leads nowhere is revoked all the same, even where untrusted ones are accepted.
    let stranger = with_serials(hex(&["1020304"])).policy(direct().danger_accept_untrusted());
    let anchors = TrustAnchors::new().revoked_serials(hex(&["1020304"]));
    assert_refused(stranger.anchors(anchors).register(), REVOKED, STEP_24, "without an anchor");
    let high = with_serials(hex(&["80"]));
    let mut kind = PackedAttestation::new(&ca());
    kind.leaf.edit(|leaf| leaf.serial = vec![0, 0x80]);
    assert_refused(Case { kind: kind.into(), ..high }.register(), REVOKED, STEP_24, "the zero before a high bit is DER's");
}

#[test]
fn serial_numbers_from_googles_status_list() {
    let listed = |serial: &str, status: &str| {
        let other = r#""2c8cdddfd5e03bfc": {"status": "REVOKED", "expires": "2020-11-13", "reason": "KEY_COMPROMISE"}"#;
        format!(r#"{{"entries": {{{other}, "{serial}": {{"status": "{status}", "comment": "x"}}}}}}"#)
    };
    for status in ["REVOKED", "SUSPENDED"] {
        let serials = RevokedSerials::from_status_json(&listed("1020304", status)).unwrap();
        assert_eq!((serials.len(), serials.is_empty()), (2, false));
        assert_refused(with_serials(serials).register(), REVOKED, STEP_24, status);
    }
    assert_passes(with_serials(RevokedSerials::from_status_json(&listed("1020305", "REVOKED")).unwrap()).register(), "another");
    assert!(RevokedSerials::from_status_json(r#"{"entries": {}}"#).unwrap().is_empty());
    for text in ["", "[]", "{}", r#"{"entries": []}"#, &listed("xyz", "REVOKED"), &listed("", "REVOKED"), &listed("-1", "REVOKED")] {
        assert_eq!(refusal(RevokedSerials::from_status_json(text)), ("revocation-list-malformed", None), "{text}");
    }
    assert_eq!(refusal(RevokedSerials::from_hex(["12 34"])), ("revocation-list-malformed", None));
}
