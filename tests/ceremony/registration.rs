//! §7.1 steps 1 to 4 and 15 to 25: options, response, flags, policy, algorithm, attestation.

use passkeeper::testing::{AttestationKind, Cbor, CounterMode, KeyAlgorithm, KeyPair, RegistrationDraft, VirtualAuthenticator, flags};
use passkeeper::types::{Aaguid, Algorithm, AlgorithmList, AttestationConveyance, UserVerification};
use passkeeper::wire::{CredentialDescriptor, UserEntity};
use passkeeper::{AttestationPolicy, BackupEligibilityPolicy, RegistrationPolicy, RegistrationRequest};
use serde_json::json;

use crate::common::*;

fn policy(change: impl FnOnce(&mut RegistrationPolicy)) -> RegistrationPolicy {
    let mut policy = RegistrationPolicy::default();
    change(&mut policy);
    policy
}

#[test]
fn s7_1_01_options_carry_rp_user_challenge_and_parameters() {
    let registering = Registering::new();
    let options = &registering.options;
    assert_eq!((options.rp.id.as_str(), options.rp.name.as_str()), (RP_ID, "Example"));
    assert_eq!(options.user, user("alice"));
    assert_eq!(options.challenge, *registering.pending.challenge());
    let algorithms: Vec<i64> = options.pub_key_cred_params.iter().map(|p| p.alg.cose_id()).collect();
    assert_eq!(algorithms, [-7, -8, -257]);
    assert_eq!(options.attestation, AttestationConveyance::None);
    assert_eq!(options.timeout, Some(300_000));
    assert!(options.extensions.cred_props);
    let selection = options.authenticator_selection.as_ref().unwrap();
    assert_eq!((selection.user_verification, selection.require_resident_key), (UserVerification::Required, false));
}

#[test]
fn s7_1_01_credentials_of_the_account_are_excluded() {
    let mut authenticator = VirtualAuthenticator::new(1);
    let record = register(&relying_party(), &mut authenticator, "alice");
    let request = RegistrationRequest::new(user("alice")).exclude_credentials([record.descriptor()]);
    let (options, _) = relying_party().start_registration(request, challenge(), NOW).unwrap();
    assert_eq!(options.exclude_credentials, [record.descriptor()]);
    assert_eq!(authenticator.create(&json(&options), ORIGIN).unwrap_err().name(), "InvalidStateError");
    // Each once, however often it is named.
    let named = [1, 2, 1].map(|n| CredentialDescriptor::new(credential_id([n]), Vec::new()));
    let request = RegistrationRequest::new(user("alice")).exclude_credentials(named.clone());
    let (options, _) = relying_party().start_registration(request, challenge(), NOW).unwrap();
    assert_eq!(options.exclude_credentials, named[..2]);
}

#[test]
fn s7_1_01_a_request_that_cannot_work_is_refused() {
    let rp = relying_party();
    let request = || RegistrationRequest::new(user("alice"));
    let mut nameless = user("alice");
    nameless.name.clear();
    let shown_as = |name: String| UserEntity { display_name: name, ..user("alice") };
    let anonymous = RegistrationRequest::new(shown_as(String::new())).passkey_display_name("");
    assert!(rp.start_registration(anonymous, challenge(), NOW).is_ok(), "display names may be empty");
    let mut talkative = user("alice");
    talkative.name = "x".repeat(257);
    let cases = [
        ("an empty name", RegistrationRequest::new(nameless), "name-invalid"),
        ("a long name", RegistrationRequest::new(talkative), "name-invalid"),
        ("a long display name", RegistrationRequest::new(shown_as("x".repeat(257))), "name-invalid"),
        ("a long display name of a passkey", request().passkey_display_name("x".repeat(257)), "name-invalid"),
        ("a zero byte", request().passkey_name("a\0b"), "name-invalid"),
        ("a long passkey name", request().passkey_name("x".repeat(257)), "name-invalid"),
        ("no time", request().policy(policy(|p| p.timeout_ms = 0)), "timeout-invalid"),
        ("too much time", request().policy(policy(|p| p.timeout_ms = 3_600_001)), "timeout-invalid"),
        (
            "attestation demanded but not requested",
            request().policy(policy(|p| p.attestation = AttestationPolicy::not_requested().refuse_none())),
            "attestation-policy-invalid",
        ),
    ];
    for (name, request, code) in cases {
        assert_eq!(refusal(rp.start_registration(request, challenge(), NOW)), (code, None), "{name}");
    }
    // Statements that nobody looks at prove nothing that is demanded.
    let ignoring = AttestationPolicy::danger_ignore_statements;
    let mut asking = serde_json::to_value(ignoring()).unwrap();
    asking["conveyance"] = json!("direct");
    let demanding = [
        ("attestation is asked for", serde_json::from_value(asking).unwrap()),
        ("none is refused", ignoring().refuse_none()),
        ("self attestation is refused", ignoring().refuse_self()),
        ("a model is demanded", ignoring().only_models([Aaguid::new([9; 16])])),
        ("a status is demanded", ignoring().require_status(["FIDO_CERTIFIED"])),
    ];
    for (name, attestation) in demanding {
        let request = request().policy(policy(|p| p.attestation = attestation));
        assert_eq!(refusal(rp.start_registration(request, challenge(), NOW)), ("attestation-policy-invalid", None), "{name}");
    }
    assert!(rp.start_registration(request().policy(policy(|p| p.attestation = ignoring())), challenge(), NOW).is_ok());
}

#[test]
fn s7_1_15_the_user_is_present() {
    let result = Registering::new().change(|draft| draft.auth_data.set_flag(flags::UP, false)).verify();
    assert_refused(result, "user-not-present", "7.1/15");
}

fn conditional(change: impl FnOnce(&mut RegistrationPolicy)) -> Registering {
    let request = RegistrationRequest::new(user("alice")).conditional().policy(policy(change));
    Registering::with(relying_party(), request, &mut VirtualAuthenticator::new(1))
}

#[test]
fn s7_1_15_in_a_conditional_ceremony_the_user_may_be_absent() {
    let verified = conditional(|_| {}).change(|draft| draft.auth_data.set_flag(flags::UP, false)).verify().unwrap();
    assert!(!verified.flags().user_present());
    assert!(conditional(|_| {}).verify().is_ok());

    let absent = |draft: &mut RegistrationDraft| draft.auth_data.set_flag(flags::UP | flags::UV, false);
    assert_refused(conditional(|_| {}).change(absent).verify(), "user-not-verified", "7.1/16");
    assert!(conditional(|p| p.user_verification = UserVerification::Preferred).change(absent).verify().is_ok());
}

#[test]
fn s7_1_16_the_user_is_verified_if_required() {
    let unverified = |draft: &mut RegistrationDraft| draft.auth_data.set_flag(flags::UV, false);
    assert_refused(Registering::new().change(unverified).verify(), "user-not-verified", "7.1/16");
    for wanted in [UserVerification::Preferred, UserVerification::Discouraged] {
        for uv in [false, true] {
            let registering = Registering::under(|p| p.user_verification = wanted);
            let verified = registering.change(|draft| draft.auth_data.set_flag(flags::UV, uv)).verify().unwrap();
            assert_eq!(verified.flags().user_verified(), uv, "{wanted:?}");
        }
    }
}

#[test]
fn s7_1_17_backup_state_needs_backup_eligibility() {
    for (be, bs, accepted) in [(false, false, true), (true, false, true), (true, true, true), (false, true, false)] {
        let result = Registering::new().change(|draft| {
            draft.auth_data.set_flag(flags::BE, be);
            draft.auth_data.set_flag(flags::BS, bs);
        });
        match result.verify() {
            Ok(verified) => {
                assert!(accepted);
                assert_eq!((verified.flags().backup_eligible(), verified.flags().backup_state()), (be, bs));
            }
            refused => {
                assert!(!accepted);
                assert_refused(refused, "backup-state-without-eligibility", "7.1/17");
            }
        }
    }
}

#[test]
fn s7_1_18_policy_may_judge_backup_eligibility() {
    for (wanted, be, accepted) in [
        (BackupEligibilityPolicy::Any, false, true),
        (BackupEligibilityPolicy::Any, true, true),
        (BackupEligibilityPolicy::Required, false, false),
        (BackupEligibilityPolicy::Required, true, true),
        (BackupEligibilityPolicy::Refused, false, true),
        (BackupEligibilityPolicy::Refused, true, false),
    ] {
        let registering = Registering::under(|p| p.backup_eligibility = wanted);
        let result = registering.change(|draft| draft.auth_data.set_flag(flags::BE, be)).verify();
        match accepted {
            true => assert!(result.is_ok(), "{wanted:?} {be}"),
            false => assert_refused(result, "backup-eligibility-refused", "7.1/18"),
        }
    }
}

#[test]
fn s7_1_19_backup_state_is_reported_to_the_caller() {
    for bs in [false, true] {
        let verified = Registering::new()
            .change(|draft| {
                draft.auth_data.set_flag(flags::BE, true);
                draft.auth_data.set_flag(flags::BS, bs);
            })
            .verify()
            .unwrap();
        assert_eq!((verified.flags().backup_state(), verified.record().usage.backup_state), (bs, bs));
    }
}

/// A registration whose key has been replaced by one of this algorithm.
fn with_key(registering: Registering, algorithm: KeyAlgorithm) -> Registering {
    registering.change(|draft| {
        let key = KeyPair::from_seed(algorithm, 9);
        draft.auth_data.attested.as_mut().unwrap().public_key = key.cose_key();
        draft.set_signer(key);
    })
}

#[test]
fn s7_1_20_the_algorithm_is_one_of_those_offered() {
    for algorithm in KeyAlgorithm::ALL {
        let result = with_key(Registering::new(), *algorithm).verify();
        match algorithm {
            KeyAlgorithm::Es256 | KeyAlgorithm::EdDsa | KeyAlgorithm::Rs256 => assert!(result.is_ok(), "{algorithm:?}"),
            // Numbers are compared: the fully specified twin of an offered algorithm was not offered.
            _ => assert_refused(result, "algorithm-not-offered", "7.1/20"),
        }
    }
    let registering = Registering::new().change(|draft| draft.auth_data.attested.as_mut().unwrap().public_key.set(3, -65535));
    assert_refused(registering.verify(), "public-key-algorithm-unsupported", "7.1/20");
}

#[test]
fn s7_1_20_every_algorithm_registers_where_it_is_offered() {
    for algorithm in Algorithm::ALL {
        let registering = || Registering::under(|p| p.algorithms = AlgorithmList::new([*algorithm]).unwrap());
        assert_eq!(registering().verify().map(|v| v.record().algorithm()), Ok(*algorithm));
        // With self attestation its signatures verify, too.
        let attested = |draft: &mut RegistrationDraft| draft.attestation = AttestationKind::PackedSelf;
        assert_eq!(registering().change(attested).verify().map(|v| v.record().attestation_type.as_str()), Ok("self"), "{algorithm}");
    }
}

#[test]
fn s7_1_20_the_key_is_a_sound_one() {
    let result = Registering::new().change(|draft| draft.auth_data.attested.as_mut().unwrap().public_key.set(-3, Cbor::bytes([1; 32])));
    assert_refused(result.verify(), "public-key-not-on-curve", "7.1/20");
}

#[test]
fn s7_1_21_the_format_is_matched_case_sensitively() {
    for fmt in ["None", "NONE", "Packed", "packed ", "", "webauthn", "self"] {
        let result = Registering::new().change(|draft| draft.fmt = Some(fmt.into())).verify();
        assert_refused(result, "attestation-format-unknown", "7.1/21");
    }
    for fmt in ["tpm", "android-key", "fido-u2f", "apple", "compound"] {
        let result = Registering::new().change(|draft| draft.fmt = Some(fmt.into())).verify();
        assert_refused(result, "attestation-statement-malformed", "7.1/22");
    }
    // Deprecated: only where it is named.
    let result = Registering::new().change(|draft| draft.fmt = Some("android-safetynet".into())).verify();
    assert_refused(result, "attestation-format-unsupported", "7.1/21");
}

#[test]
fn s7_1_21_an_unverifiable_format_passes_only_where_statements_are_ignored_on_purpose() {
    let ignoring = || Registering::under(|p| p.attestation = AttestationPolicy::danger_ignore_statements());
    for fmt in ["tpm", "something-new"] {
        let verified = ignoring().change(|draft| draft.fmt = Some(fmt.into())).verify().unwrap();
        let record = verified.record();
        assert_eq!((record.attestation_type.as_str(), &*record.attestation_format), ("ignored", fmt));
    }
    // Only statements are ignored.
    let result = ignoring().change(|draft| draft.client_data.origin = "https://evil.test".into()).verify();
    assert_refused(result, "origin-mismatch", "7.1/9");
}

#[test]
fn s7_1_22_none_has_an_empty_statement() {
    let verified = Registering::new().verify().unwrap();
    assert_eq!(verified.record().attestation_type.as_str(), "none");
    for (statement, code) in [
        (Cbor::map([("alg", Cbor::from(-7))]), "attestation-statement-not-empty"),
        (Cbor::Array(Vec::new()), "attestation-statement-malformed"),
    ] {
        let result = Registering::new().change(|draft| draft.att_stmt = Some(statement)).verify();
        assert_refused(result, code, "7.1/22");
    }
}

#[test]
fn s7_1_22_packed_self_attestation_is_signed_by_the_credential_key() {
    let attested = || Registering::new().change(|draft| draft.attestation = AttestationKind::PackedSelf);
    let verified = attested().verify().unwrap();
    assert_eq!(verified.record().attestation_type.as_str(), "self");
    assert_eq!(verified.record().attestation_format, "packed");

    type Change = fn(&mut RegistrationDraft);
    let cases: &[(&str, Change, &str)] = &[
        ("another key", |d| d.set_signer(KeyPair::from_seed(KeyAlgorithm::Es256, 77)), "attestation-signature-invalid"),
        ("an empty signature", |d| d.att_stmt_signature = Some(Vec::new()), "attestation-signature-invalid"),
        ("another algorithm", |d| edit(d, |s| s.set("alg", -257)), "attestation-algorithm-mismatch"),
        ("the algorithm's twin", |d| edit(d, |s| s.set("alg", -9)), "attestation-algorithm-mismatch"),
        ("no algorithm", |d| edit(d, |s| s.remove("alg")), "attestation-statement-malformed"),
        ("algorithm as text", |d| edit(d, |s| s.set("alg", "ES256")), "attestation-statement-malformed"),
        ("no signature", |d| edit(d, |s| s.remove("sig")), "attestation-statement-malformed"),
        ("signature as text", |d| edit(d, |s| s.set("sig", "AA")), "attestation-statement-malformed"),
        ("no certificates", |d| edit(d, |s| s.set("x5c", Cbor::Array(Vec::new()))), "attestation-statement-malformed"),
        ("certificates as bytes", |d| edit(d, |s| s.set("x5c", Cbor::bytes([1]))), "attestation-statement-malformed"),
        ("an extra member", |d| edit(d, |s| s.set("ver", "2.0")), "attestation-statement-malformed"),
        ("ecdaaKeyId", |d| edit(d, |s| s.set("ecdaaKeyId", Cbor::bytes([1]))), "attestation-statement-malformed"),
        ("an array", |d| d.att_stmt = Some(Cbor::Array(Vec::new())), "attestation-statement-malformed"),
        ("certificates", |d| edit(d, |s| s.set("x5c", Cbor::Array(vec![Cbor::bytes([1])]))), "certificate-malformed"),
    ];
    for (name, change, code) in cases {
        assert_eq!(refusal(attested().change(change).verify()), (*code, Some("7.1/22")), "{name}");
    }
}

fn edit(draft: &mut RegistrationDraft, edit: impl FnOnce(&mut Cbor)) {
    let mut statement = draft.statement();
    edit(&mut statement);
    draft.att_stmt = Some(statement);
}

#[test]
fn s7_1_23_what_would_need_a_trust_anchor_is_never_taken_for_what_needs_none() {
    for kind in [AttestationKind::None, AttestationKind::PackedSelf] {
        assert!(Registering::new().change(|draft| draft.attestation = kind).verify().is_ok());
    }
    // A certificate that nobody has judged.
    let certified = Registering::new().change(|draft| {
        draft.attestation = AttestationKind::PackedSelf;
        edit(draft, |statement| statement.set("x5c", Cbor::Array(vec![Cbor::bytes([0x30, 0])])));
    });
    assert_refused(certified.verify(), "certificate-malformed", "7.1/22");
}

#[test]
fn s7_1_24_none_and_self_pass_only_if_policy_takes_them() {
    let attestation = |policy: AttestationPolicy| Registering::under(|p| p.attestation = policy);
    let requested = || AttestationPolicy::requested(AttestationConveyance::Direct);
    let signed = |draft: &mut RegistrationDraft| draft.attestation = AttestationKind::PackedSelf;

    assert_refused(attestation(requested().refuse_none()).verify(), "attestation-none-refused", "7.1/24");
    assert_refused(attestation(requested().refuse_self()).change(signed).verify(), "attestation-self-refused", "7.1/24");
    assert!(attestation(requested().refuse_none()).change(signed).verify().is_ok());
    assert!(attestation(requested().refuse_self()).verify().is_ok());
    assert!(attestation(requested()).verify().is_ok() && attestation(requested()).change(signed).verify().is_ok());
}

#[test]
fn s7_1_25_the_credential_id_has_at_most_1023_bytes() {
    for (length, code) in [(0, Some("credential-id-empty")), (1, None), (16, None), (1023, None), (1024, Some("credential-id-too-long"))] {
        let registering = Registering::new();
        let result = registering.change(|draft| draft.auth_data.attested.as_mut().unwrap().credential_id = vec![7; length]).verify();
        match code {
            None => assert_eq!(result.map(|v| v.record().credential_id.as_bytes().len()), Ok(length)),
            Some(code) => assert_refused(result, code, "7.1/25"),
        }
    }
}

#[test]
fn s7_1_27_counters_come_out_as_they_were_signed() {
    for (mode, expected) in [(CounterMode::Zero, 0), (CounterMode::Counting, 1)] {
        let mut authenticator = VirtualAuthenticator::new(1).with_counter(mode);
        assert_eq!(register(&relying_party(), &mut authenticator, "alice").usage.sign_count, expected);
    }
    let verified = Registering::new().change(|draft| draft.auth_data.sign_count = u32::MAX).verify().unwrap();
    assert_eq!(verified.record().usage.sign_count, u32::MAX);
}

#[test]
fn s7_1_28_extension_outputs_are_optional_and_survivable() {
    let outputs = Cbor::map([("credProtect", 2.into()), ("unheard-of", Cbor::Array(vec![Cbor::Null])), ("hmac-secret", "odd".into())]);
    let verified = Registering::new().change(|draft| draft.auth_data.set_extensions(Some(outputs.clone()))).verify().unwrap();
    assert_eq!(verified.extension_outputs().unwrap().as_slice(), outputs.encode());
    assert_eq!(verified.client_extension_results().cred_props_rk, Some(true));

    // Asked for and absent; not asked for and there.
    let verified = Registering::new().change(|draft| draft.client_extension_results = json!({})).verify().unwrap();
    assert_eq!((verified.record().discoverable, verified.extension_outputs()), (None, None));
    let unsolicited = json!({ "prf": { "enabled": true }, "largeBlob": { "supported": true }, "appid": true, "x": [1] });
    let verified = Registering::new().change(|draft| draft.client_extension_results = unsolicited).verify().unwrap();
    assert_eq!(verified.client_extension_results().prf_enabled, Some(true));
}
