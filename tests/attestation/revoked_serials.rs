//! Serial numbers that a vendor disowned without a signed list.

use passkeeper::attestation::TrustAnchors;
use passkeeper::testing::{CertificateDraft, PackedAttestation};
use passkeeper::x509::RevokedSerials;

use crate::common::refusal;
use crate::revocation::{REVOKED, intermediates_serial, packed};
use crate::setup::*;

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
fn serial_numbers_of_an_anchor_that_is_not_in_the_chain() {
    let serial = |der: &CertificateDraft| -> String { der.serial.iter().map(|byte| format!("{byte:02x}")).collect() };
    let (root, intermediate) = (ca().root, ca().intermediates[0].clone());
    let anchored = |der: &[u8], revoked: &CertificateDraft| {
        let mut kind = packed();
        kind.x5c.edit(|chain| chain.truncate(1));
        let kind = if *der == ca().root_der() { packed() } else { kind };
        let serials = RevokedSerials::from_hex([serial(revoked).as_str()]).unwrap();
        Case::new(kind).anchors(TrustAnchors::new().trust(anchor(der)).revoked_serials(serials)).register()
    };
    assert_refused(anchored(&ca().root_der(), &root.certificate), REVOKED, STEP_24, "the root");
    assert_refused(anchored(&ca().intermediate_der(0), &intermediate.certificate), REVOKED, STEP_24, "an intermediate");
    assert_passes(anchored(&ca().intermediate_der(0), &root.certificate), "what stands above the anchor is not looked at");
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
