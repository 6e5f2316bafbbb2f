//! §7.2 steps 15 to 21: authenticator data, flags, signature.

use passkeeper::testing::{
    AssertionDraft, AttestedDraft, Backup, Cbor, KeyAlgorithm, KeyPair, VirtualAuthenticator, VirtualCredential, flags,
};
use passkeeper::types::{Algorithm, AlgorithmList, UserVerification};
use passkeeper::wire::AuthenticationExtensions;
use passkeeper::{AuthenticationRequest, BackupEligibilityChange, RegistrationPolicy};
use serde_json::json;

use crate::common::*;

const APP_ID: &str = "https://example.com/u2f/app-id.json";

#[test]
fn s7_2_15_the_authenticator_signed_for_this_rp_id() {
    for rp_id in ["com", "www.example.com", "example.org", "https://example.com", APP_ID, ""] {
        let result = SigningIn::new().change(|draft| draft.auth_data.set_rp_id(rp_id)).verify();
        assert_refused(result, "rp-id-hash-mismatch", "7.2/15");
    }
}

/// A sign-in with the `appid` extension or without it; what the client reports of it; the ID that is signed.
fn app_id(asked: bool, reported: Option<bool>, signed: &str) -> SigningIn {
    let extensions = AuthenticationExtensions { app_id: asked.then(|| APP_ID.into()), ..Default::default() };
    let request = AuthenticationRequest::discoverable().extensions(extensions);
    SigningIn::with(relying_party(), request, &mut VirtualAuthenticator::new(1)).change(|draft| {
        draft.auth_data.set_rp_id(signed);
        draft.client_extension_results = reported.map_or(json!({}), |reported| json!({ "appid": reported }));
    })
}

#[test]
fn s7_2_15_the_app_id_counts_only_if_asked_for_and_reported() {
    assert!(app_id(true, Some(true), APP_ID).verify().is_ok());
    for (asked, reported) in [(true, Some(false)), (true, None), (false, Some(false)), (false, None)] {
        assert!(app_id(asked, reported, RP_ID).verify().is_ok(), "{asked} {reported:?}");
        assert_refused(app_id(asked, reported, APP_ID).verify(), "rp-id-hash-mismatch", "7.2/15");
    }
    assert_refused(app_id(true, Some(true), RP_ID).verify(), "rp-id-hash-mismatch", "7.2/15");
    assert_refused(app_id(true, Some(true), "https://evil.test").verify(), "rp-id-hash-mismatch", "7.2/15");
    for signed in [APP_ID, RP_ID] {
        assert_refused(app_id(false, Some(true), signed).verify(), "appid-not-requested", "7.2/15");
    }
}

type Change = fn(&mut AssertionDraft);

fn attested(key: Cbor) -> AttestedDraft {
    AttestedDraft::new([0; 16], vec![1; 16], key)
}

#[test]
fn s7_2_15_the_authenticator_data_describes_its_own_length() {
    let cases: &[(&str, Change, &str)] = &[
        ("36 bytes", |d| d.auth_data.raw = Some(d.auth_data.to_bytes()[..36].to_vec()), "authenticator-data-too-short"),
        ("trailing byte", |d| d.auth_data.trailing = vec![0], "authenticator-data-trailing-bytes"),
        ("ED set, no data", |d| d.auth_data.set_flag(flags::ED, true), "extensions-missing"),
        ("ED clear, data there", |d| d.auth_data.extensions = Some(Cbor::Map(vec![])), "authenticator-data-trailing-bytes"),
        ("extensions null", |d| d.auth_data.set_extensions(Some(Cbor::Null)), "extensions-not-a-map"),
        ("AT set, no data", |d| d.auth_data.set_flag(flags::AT, true), "attested-data-truncated"),
        (
            "AT clear, data there",
            |d| {
                d.auth_data.set_attested(Some(attested(Cbor::Map(vec![]))));
                d.auth_data.set_flag(flags::AT, false);
            },
            "authenticator-data-trailing-bytes",
        ),
    ];
    for (name, change, code) in cases {
        assert_eq!(refusal(SigningIn::new().change(change).verify()), (*code, Some("7.2/15")), "{name}");
    }
}

#[test]
fn s7_2_15_attested_data_is_refused_unless_tolerated_on_purpose() {
    let with_data = |draft: &mut AssertionDraft| {
        let key = draft.signer().cose_key();
        draft.auth_data.set_attested(Some(attested(key)));
    };
    assert_refused(SigningIn::new().change(with_data).verify(), "attested-data-in-assertion", "7.2/15");
    assert!(SigningIn::under(|p| p.danger_accept_attested_data = true).change(with_data).verify().is_ok());
}

#[test]
fn s7_2_16_the_user_is_present_always() {
    for wanted in [UserVerification::Required, UserVerification::Preferred, UserVerification::Discouraged] {
        let signing_in = SigningIn::under(|p| p.user_verification = wanted);
        let result = signing_in.change(|draft| draft.auth_data.set_flag(flags::UP, false)).verify();
        assert_refused(result, "user-not-present", "7.2/16");
    }
}

#[test]
fn s7_2_17_the_user_is_verified_if_required_and_otherwise_it_does_not_matter() {
    let unverified = |draft: &mut AssertionDraft| draft.auth_data.set_flag(flags::UV, false);
    assert_refused(SigningIn::new().change(unverified).verify(), "user-not-verified", "7.2/17");
    for wanted in [UserVerification::Preferred, UserVerification::Discouraged] {
        for uv in [false, true] {
            let signing_in = SigningIn::under(|p| p.user_verification = wanted);
            let verified = signing_in.change(|draft| draft.auth_data.set_flag(flags::UV, uv)).verify().unwrap();
            assert_eq!((verified.flags().user_verified(), verified.user_verification_counts()), (uv, uv));
        }
    }
}

fn backed_up(be: bool, bs: bool) -> impl FnOnce(&mut AssertionDraft) {
    move |draft| {
        draft.auth_data.set_flag(flags::BE, be);
        draft.auth_data.set_flag(flags::BS, bs);
    }
}

#[test]
fn s7_2_18_backup_state_needs_backup_eligibility() {
    for recorded in [None, Some(false), Some(true)] {
        let signing_in = SigningIn::new().change_record(|record| record.usage.backup_eligible = recorded);
        assert_refused(signing_in.change(backed_up(false, true)).verify(), "backup-state-without-eligibility", "7.2/18");
    }
}

#[test]
fn s7_2_19_backup_eligibility_is_as_recorded() {
    for (recorded, be) in [(false, true), (true, false)] {
        let signing_in = SigningIn::new().change_record(|record| record.usage.backup_eligible = Some(recorded));
        assert_refused(signing_in.change(backed_up(be, false)).verify(), "backup-eligibility-changed", "7.2/19");
    }
    for (recorded, be) in [(Some(false), false), (Some(true), true), (None, false), (None, true)] {
        let signing_in = SigningIn::new().change_record(|record| record.usage.backup_eligible = recorded);
        let verified = signing_in.change(backed_up(be, false)).verify().unwrap();
        assert_eq!(verified.update().next.backup_eligible, Some(be), "{recorded:?}");
    }
}

#[test]
fn s7_2_19_an_upgrade_passes_only_where_allowed_and_the_way_back_never() {
    let lenient = |recorded| {
        SigningIn::under(|p| p.backup_eligibility_change = BackupEligibilityChange::DangerAllowUpgrade)
            .change_record(|record| record.usage.backup_eligible = Some(recorded))
    };
    let verified = lenient(false).change(backed_up(true, true)).verify().unwrap();
    assert_eq!(verified.update().next.backup_eligible, Some(true));
    assert_refused(lenient(true).change(backed_up(false, false)).verify(), "backup-eligibility-changed", "7.2/19");
}

#[test]
fn s7_2_19_a_change_of_backup_state_is_reported() {
    for (before, now) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut authenticator = VirtualAuthenticator::new(1).with_backup(Backup::Eligible);
        let signing_in = SigningIn::with(relying_party(), AuthenticationRequest::discoverable(), &mut authenticator);
        let signing_in = signing_in.change_record(|record| record.usage.backup_state = before);
        let verified = signing_in.change(backed_up(true, now)).verify().unwrap();
        assert_eq!((verified.backup_state_changed(), verified.update().next.backup_state), (before != now, now));
    }
}

#[test]
fn s7_2_21_every_algorithm_signs_in() {
    for algorithm in Algorithm::ALL {
        let mut policy = RegistrationPolicy::default();
        policy.algorithms = AlgorithmList::new([*algorithm]).unwrap();
        let signing_in = || SigningIn::at(builder().registration_policy(policy.clone()).build().unwrap());
        assert_eq!(signing_in().verify().map(|v| v.record().algorithm()), Ok(*algorithm));
        let result = signing_in().change(|draft| draft.auth_data.sign_count += 1).change(sign_before(|_| {})).verify();
        assert!(result.is_ok(), "{algorithm}");
        let moved = signing_in().change(sign_before(|draft| draft.auth_data.sign_count += 1));
        assert_refused(moved.verify(), "signature-invalid", "7.2/21");
    }
}

/// Signs first and changes afterwards.
fn sign_before(change: impl FnOnce(&mut AssertionDraft)) -> impl FnOnce(&mut AssertionDraft) {
    move |draft| {
        draft.signature = Some(draft.signer().sign(&draft.signed_bytes()));
        change(draft);
    }
}

#[test]
fn s7_2_21_every_flipped_bit_of_the_authenticator_data_is_refused() {
    for bit in 0..37 * 8 {
        let (byte, mask) = (bit / 8, 1_u8 << (bit % 8));
        let result = SigningIn::new().change(sign_before(|draft| {
            let mut bytes = draft.auth_data.to_bytes();
            bytes[byte] ^= mask;
            draft.auth_data.raw = Some(bytes);
        }));
        // Bits that an earlier step reads are refused there.
        let (code, step) = match (byte, mask) {
            (0..32, _) => ("rp-id-hash-mismatch", "7.2/15"),
            (32, flags::UP) => ("user-not-present", "7.2/16"),
            (32, flags::UV) => ("user-not-verified", "7.2/17"),
            (32, flags::BE) => ("backup-eligibility-changed", "7.2/19"),
            (32, flags::BS) => ("backup-state-without-eligibility", "7.2/18"),
            (32, flags::AT) => ("attested-data-truncated", "7.2/15"),
            (32, flags::ED) => ("extensions-missing", "7.2/15"),
            _ => ("signature-invalid", "7.2/21"),
        };
        assert_eq!(refusal(result.verify()), (code, Some(step)), "byte {byte}, mask {mask:#04x}");
    }
}

#[test]
fn s7_2_21_every_flipped_bit_of_the_signature_is_refused() {
    let len = { SigningIn::new().draft.finish()["response"]["signature"].as_str().unwrap().len() * 6 / 8 };
    for bit in 0..len * 8 {
        let flipped = SigningIn::new().change(sign_before(|draft| {
            if let Some(byte) = draft.signature.as_mut().unwrap().get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            } else {
                draft.signature.as_mut().unwrap().push(0);
            }
        }));
        assert_eq!(refusal(flipped.verify()), ("signature-invalid", Some("7.2/21")), "bit {bit}");
    }
}

#[test]
fn s7_2_21_every_flipped_bit_of_the_client_data_is_refused() {
    let len = SigningIn::new().draft.client_data.to_bytes().len();
    let mut unreadable = 0;
    for bit in 0..len * 8 {
        let flipped = SigningIn::new().change(sign_before(|draft| {
            let mut bytes = draft.client_data.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            draft.client_data.raw = Some(bytes);
        }));
        let (code, _) = refusal(flipped.verify());
        unreadable += usize::from(code == "client-data-not-json");
        let expected = [
            "client-data-not-json",
            "client-data-member-missing",
            "client-data-duplicate-member",
            "client-data-type-mismatch",
            "challenge-mismatch",
            "origin-mismatch",
            "signature-invalid",
        ];
        assert!(expected.contains(&code), "bit {bit}: {code}");
    }
    assert!(unreadable > 0);
}

#[test]
fn s7_2_21_the_key_is_the_recorded_one() {
    // The key of another record.
    let other = register(&relying_party(), &mut VirtualAuthenticator::new(2), "bob");
    let result = SigningIn::new().change_record(|record| record.public_key = other.public_key).verify();
    assert_refused(result, "signature-invalid", "7.2/21");
    let result = SigningIn::new().change(|draft| draft.set_signer(KeyPair::from_seed(KeyAlgorithm::Es256, 77))).verify();
    assert_refused(result, "signature-invalid", "7.2/21");
    // Another credential's ID selects another key.
    let rp = relying_party();
    let mut authenticator = VirtualAuthenticator::new(1);
    let record = register(&rp, &mut authenticator, "alice");
    let thief = KeyPair::from_seed(KeyAlgorithm::Es256, 78);
    let stolen = VirtualCredential::new(record.credential_id.as_bytes().to_vec(), RP_ID, Some(b"alice".to_vec()), thief);
    let mut authenticator = VirtualAuthenticator::new(3);
    authenticator.import(stolen);
    let signing_in = SigningIn::with_record(rp, AuthenticationRequest::discoverable(), &mut authenticator, record);
    assert_refused(signing_in.change(|draft| draft.auth_data.sign_count = 100).verify(), "signature-invalid", "7.2/21");
}

#[test]
fn s7_2_21_authenticator_data_comes_before_the_hash() {
    let swapped = SigningIn::new().change(|draft| {
        let bytes = draft.signed_bytes();
        let (data, hash) = bytes.split_at(bytes.len() - 32);
        draft.signature = Some(draft.signer().sign(&[hash, data].concat()));
    });
    assert_refused(swapped.verify(), "signature-invalid", "7.2/21");
}
