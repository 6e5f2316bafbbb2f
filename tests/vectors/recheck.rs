//! Registrations of real devices, judged again from their records.

use std::collections::BTreeMap;

use passkeeper::attestation::TrustAnchors;
use passkeeper::types::UnixTime;
use passkeeper::{CredentialRecord, Recheck, Trust};

use crate::capture::{Kind, captures};
use crate::real::{Registered, trusted};

/// 2100-01-01T00:00:00Z: the certificates have expired by then.
const LATER: UnixTime = UnixTime::from_secs(4_102_444_800);

/// The record as a store gives it back.
fn stored(registered: &Registered) -> CredentialRecord {
    CredentialRecord::from_json(&registered.verified.record().to_json().unwrap()).unwrap()
}

#[test]
fn a_record_comes_to_the_same_verdict_as_of_the_moment_it_was_made() {
    let Some(registered) = trusted() else { return };
    assert_eq!(registered.len(), 29);
    for registered in &registered {
        let (record, name, policy) = (stored(registered), &registered.capture.name, registered.capture.policy());
        for recheck in [Recheck::today(record.created_at), Recheck::as_registered(LATER)] {
            let verdict = registered.rp.recheck_attestation(&record, &policy, recheck);
            assert_eq!(verdict.as_ref(), Ok(registered.verified.attestation()), "{name}");
            assert!(registered.rp.recheck_attestations([&record], &policy, recheck).is_empty(), "{name}");
        }
    }
}

#[test]
fn what_was_never_certified_stays_what_it_was() {
    let Some(captures) = captures() else { return };
    let (mut none, mut own) = (0, 0);
    for capture in captures.iter().filter(|capture| capture.kind == Kind::Registration && !capture.has_roots()) {
        let Ok(rp) = capture.relying_party(capture.policy(), TrustAnchors::new()) else { continue };
        let Ok(verified) = capture.register(&rp, capture.now()) else { continue };
        let trust = rp.recheck_attestation(verified.record(), &capture.policy(), Recheck::today(LATER)).unwrap().trust;
        match trust {
            Trust::NotAttested => none += 1,
            Trust::SelfAttested => own += 1,
            other => panic!("{}: {other:?}", capture.name),
        }
        assert_eq!(trust, *verified.trust(), "{}", capture.name);
        let strict = capture.policy().refuse_none().refuse_self();
        let refused = rp.recheck_attestations([verified.record()], &strict, Recheck::today(LATER));
        let codes: Vec<_> = refused.iter().map(|(_, error)| error.code()).collect();
        let expected = if trust == Trust::NotAttested { "attestation-none-refused" } else { "attestation-self-refused" };
        assert_eq!(codes, [expected], "{}", capture.name);
    }
    assert_eq!((none, own), (10, 2));
}

#[test]
fn later_the_expired_are_named() {
    let Some(registered) = trusted() else { return };
    let mut refused: BTreeMap<_, usize> = BTreeMap::new();
    for registered in &registered {
        let record = stored(registered);
        for (named, error) in registered.rp.recheck_attestations([&record], &registered.capture.policy(), Recheck::today(LATER)) {
            assert_eq!(named, &record);
            *refused.entry((registered.format(), error.code(), error.spec_step().unwrap())).or_default() += 1;
        }
    }
    let expected = BTreeMap::from([
        (("android-key", "certificate-expired", "7.1/24"), 1),
        // The service's own time is compared with the registration's, its certificates with today's.
        (("android-safetynet", "certificate-expired", "7.1/24"), 3),
        (("apple", "certificate-expired", "7.1/24"), 4),
        (("fido-u2f", "certificate-expired", "7.1/24"), 7),
        (("packed", "certificate-expired", "7.1/24"), 8),
        (("tpm", "certificate-expired", "7.1/24"), 6),
    ]);
    assert_eq!(refused, expected);
}

#[test]
fn records_without_an_attestation_are_left_alone() {
    let Some(registered) = trusted() else { return };
    for registered in &registered {
        let (whole, policy) = (stored(registered), registered.capture.policy());
        let nobody = registered.capture.relying_party(policy.clone(), TrustAnchors::new()).unwrap();
        let named = nobody.recheck_attestations([&whole], &policy, Recheck::as_registered(LATER));
        assert_eq!(named.iter().map(|(_, error)| error.code()).collect::<Vec<_>>(), ["attestation-untrusted"]);

        for missing in [(true, false), (false, true), (true, true)] {
            let mut record = whole.clone();
            record.attestation_object = record.attestation_object.filter(|_| !missing.0);
            record.attestation_client_data_json = record.attestation_client_data_json.filter(|_| !missing.1);
            assert!(nobody.recheck_attestations([&record], &policy, Recheck::as_registered(LATER)).is_empty());
            let error = nobody.recheck_attestation(&record, &policy, Recheck::as_registered(LATER)).unwrap_err();
            assert_eq!(error.code(), "record-malformed");
        }
    }
}

#[test]
fn an_attestation_of_another_credential_is_refused() {
    let Some(registered) = trusted() else { return };
    for (one, other) in registered.iter().zip(registered.iter().cycle().skip(1)) {
        let mut record = stored(one);
        let donor = stored(other);
        if record.credential_id == donor.credential_id {
            continue;
        }
        record.attestation_object = donor.attestation_object;
        record.attestation_client_data_json = donor.attestation_client_data_json;
        let error = one.rp.recheck_attestation(&record, &one.capture.policy(), Recheck::as_registered(LATER)).unwrap_err();
        assert_eq!(error.code(), "record-malformed", "{}", one.capture.name);
    }
}
