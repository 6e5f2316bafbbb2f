//! §7.2 steps 22 to 24: counter, extension outputs, the update of the record.

use passkeeper::testing::{Cbor, VirtualAuthenticator, flags};
use passkeeper::types::{CredentialId, UnixTime, UserVerification};
use passkeeper::{CosePublicKey, CounterPolicy, CounterVerdict, VerifiedAuthentication};
use serde_json::json;

use crate::common::*;

fn counted(signing_in: SigningIn, recorded: u32, now: u32) -> SigningIn {
    signing_in.change_record(|record| record.usage.sign_count = recorded).change(|draft| draft.auth_data.sign_count = now)
}

const INCREASED: &[(u32, u32)] =
    &[(0, 1), (0, u32::MAX), (5, 6), (5, 500), (0x7fff_ffff, 0x8000_0000), (0x8000_0000, u32::MAX), (u32::MAX - 1, u32::MAX)];
const NOT_INCREASED: &[(u32, u32)] =
    &[(5, 5), (5, 4), (5, 1), (5, 0), (1, 0), (u32::MAX, 0), (u32::MAX, 1), (u32::MAX, u32::MAX), (0x8000_0000, 0x7fff_ffff)];

#[test]
fn s7_2_22_a_counter_that_is_not_kept_passes() {
    let verified = counted(SigningIn::new(), 0, 0).verify().unwrap();
    assert_eq!((verified.counter(), verified.update().next.sign_count), (CounterVerdict::NotKept, 0));
}

#[test]
fn s7_2_22_a_counter_that_increased_passes_and_is_recorded() {
    for (recorded, now) in INCREASED {
        let verified = counted(SigningIn::new(), *recorded, *now).verify().unwrap();
        assert_eq!((verified.counter(), verified.sign_count()), (CounterVerdict::Increased, *now));
        assert_eq!((verified.update().expected.sign_count, verified.update().next.sign_count), (*recorded, *now));
    }
}

#[test]
fn s7_2_22_a_counter_that_did_not_increase_is_refused_by_default() {
    for (recorded, now) in NOT_INCREASED {
        assert_refused(counted(SigningIn::new(), *recorded, *now).verify(), "counter-not-increased", "7.2/22");
    }
}

#[test]
fn s7_2_22_a_lenient_policy_reports_it_and_never_lowers_the_record() {
    let lenient = || SigningIn::under(|p| p.counter = CounterPolicy::DangerReportOnly);
    for (recorded, now) in NOT_INCREASED {
        let verified = counted(lenient(), *recorded, *now).verify().unwrap();
        assert_eq!((verified.counter(), verified.update().next.sign_count), (CounterVerdict::NotIncreased, *recorded));
    }
    for (recorded, now) in INCREASED {
        let verified = counted(lenient(), *recorded, *now).verify().unwrap();
        assert_eq!((verified.counter(), verified.update().next.sign_count), (CounterVerdict::Increased, *now));
    }
    assert_eq!(counted(lenient(), 0, 0).verify().unwrap().counter(), CounterVerdict::NotKept);
}

#[test]
fn s7_2_22_the_signature_is_checked_first() {
    let result = counted(SigningIn::new(), 5, 5).change(|draft| draft.signature = Some(vec![0; 70])).verify();
    assert_refused(result, "signature-invalid", "7.2/21");
}

#[test]
fn s7_2_23_extension_outputs_are_optional_and_survivable() {
    let outputs =
        Cbor::map([("credBlob", Cbor::bytes([1, 2])), ("unheard-of", Cbor::map([("a", Cbor::Null)])), ("thirdPartyPayment", true.into())]);
    let verified = SigningIn::new().change(|draft| draft.auth_data.set_extensions(Some(outputs.clone()))).verify().unwrap();
    assert_eq!(verified.extension_outputs().unwrap().as_slice(), outputs.encode());
    let unsolicited = json!({ "largeBlob": { "blob": "AQI" }, "credProps": { "rk": true }, "appid": false, "prf": 7 });
    let verified = SigningIn::new().change(|draft| draft.client_extension_results = unsolicited).verify().unwrap();
    assert_eq!(verified.client_extension_results().large_blob.as_ref().unwrap().as_slice(), [1, 2]);
    assert_eq!(verified.extension_outputs(), None);
}

#[test]
fn s7_2_24_the_update_says_what_is_recorded_and_what_shall_be() {
    let mut signing_in = SigningIn::new();
    signing_in.now = UnixTime::from_secs(NOW.as_secs() + 10);
    let before = signing_in.record.clone();
    let verified = signing_in.verify().unwrap();
    let update = verified.update();
    assert_eq!((&update.scope, &update.credential_id, &update.user_handle), (&before.scope, &before.credential_id, &before.user_handle));
    assert_eq!(update.expected, before.usage);
    assert_eq!(update.next.sign_count, before.usage.sign_count + 1);
    assert_eq!(update.used_at, UnixTime::from_secs(NOW.as_secs() + 10));
    assert_eq!(*verified.record(), before);
}

/// A passkey registered without user verification, used with it or without it.
fn never_verified(uv: bool) -> VerifiedAuthentication {
    let signing_in = SigningIn::under(|p| p.user_verification = UserVerification::Preferred);
    let signing_in = signing_in.change_record(|record| record.usage.uv_initialized = Some(false));
    signing_in.change(|draft| draft.auth_data.set_flag(flags::UV, uv)).verify().unwrap()
}

#[test]
fn s7_2_24_user_verification_never_begins_to_count_silently() {
    for uv in [false, true] {
        let verified = never_verified(uv);
        assert!(!verified.user_verification_counts(), "{uv}");
        assert_eq!(verified.update().next.uv_initialized, Some(false), "{uv}");
    }
}

#[test]
fn s7_2_24_another_factor_may_authorise_user_verification() {
    let mut verified = never_verified(true);
    verified.authorize_user_verification();
    assert_eq!(verified.update().next.uv_initialized, Some(true));
    // Not in this very ceremony.
    assert!(!verified.user_verification_counts());

    let mut verified = never_verified(false);
    verified.authorize_user_verification();
    assert_eq!(verified.update().next.uv_initialized, Some(false));
}

#[test]
fn s7_2_24_user_verification_that_counts_goes_on_to() {
    let signing_in = SigningIn::under(|p| p.user_verification = UserVerification::Preferred);
    let verified = signing_in.change(|draft| draft.auth_data.set_flag(flags::UV, false)).verify().unwrap();
    assert_eq!(verified.update().next.uv_initialized, Some(true));
    assert!(!verified.user_verification_counts());
}

#[test]
fn s7_2_24_a_use_is_judged_again_against_the_record_as_it_is_now() {
    let verified = || counted(SigningIn::new(), 5, 7).verify().unwrap();
    let current = |sign_count| {
        let mut record = verified().record().clone();
        record.usage.sign_count = sign_count;
        record
    };
    let mut again = verified();
    assert_eq!(again.judge_again(current(6)), Ok(()));
    assert_eq!((again.update().expected.sign_count, again.update().next.sign_count), (6, 7));
    for recorded in [7, 8] {
        assert_refused(verified().judge_again(current(recorded)), "counter-not-increased", "7.2/22");
    }
    let mut flipped = current(5);
    flipped.usage.backup_eligible = Some(true);
    assert_refused(verified().judge_again(flipped), "backup-eligibility-changed", "7.2/19");
}

#[test]
fn s7_2_24_an_authorisation_outlives_judging_again() {
    let mut verified = never_verified(true);
    verified.authorize_user_verification();
    let current = verified.record().clone();
    assert_eq!(verified.judge_again(current), Ok(()));
    assert_eq!(verified.update().next.uv_initialized, Some(true));
}

#[test]
fn s7_2_24_a_record_that_became_another_credentials_is_no_longer_there() {
    let other = register(&relying_party(), &mut VirtualAuthenticator::new(2), "bob");
    let key: CosePublicKey = other.public_key.clone();
    let id: CredentialId = other.credential_id.clone();
    let verified = || SigningIn::new().verify().unwrap();
    for change in [
        &(|record: &mut passkeeper::CredentialRecord| record.user_handle = handle("bob")) as &dyn Fn(&mut passkeeper::CredentialRecord),
        &|record| record.public_key = key.clone(),
        &|record| record.credential_id = id.clone(),
        &|record| record.scope = passkeeper::types::Scope::new("other").unwrap(),
    ] {
        let mut current = verified().record().clone();
        change(&mut current);
        assert_refused(verified().judge_again(current), "credential-not-found", "7.2/24");
    }
}
