//! Stored registrations, judged again by today's anchors.

use passkeeper::attestation::TrustAnchors;
use passkeeper::testing::{
    AppleAttestation, AttestationKind, CertificateAuthority, MetadataBlobDraft, PackedAttestation, metadata_entry, status_report,
};
use passkeeper::types::UnixTime;
use passkeeper::x509::RevocationList;
use passkeeper::{AttestationPolicy, CredentialRecord, Recheck, RelyingParty, Trust};
use serde_json::json;

use crate::common::{NOW, refusal};
use crate::setup::*;

fn record_of(kind: impl Into<AttestationKind>) -> CredentialRecord {
    Case::new(kind).register().unwrap().into_record()
}

fn record() -> CredentialRecord {
    record_of(PackedAttestation::new(&ca()))
}

fn rp(anchors: TrustAnchors) -> RelyingParty {
    Case::new(AttestationKind::None).anchors(anchors).rp()
}

/// The codes of what is named, as registered.
fn named(rp: &RelyingParty, records: &[CredentialRecord], policy: &AttestationPolicy) -> Vec<(usize, &'static str)> {
    let found = rp.recheck_attestations(records, policy, Recheck::as_registered(NOW));
    let position = |record: &CredentialRecord| records.iter().position(|other| std::ptr::eq(other, record)).unwrap();
    found.into_iter().map(|(record, error)| (position(record), error.code())).collect()
}

#[test]
fn what_was_sound_stays_sound() {
    let rp = rp(trust(&ca()));
    let record = record();
    let verdict = rp.recheck_attestation(&record, &direct(), Recheck::today(NOW)).unwrap();
    assert_eq!(verdict.trust, Trust::Trusted { anchor: ca().root_der() });
    assert_eq!(named(&rp, &[record], &direct().trusted_only()), []);
    let stored = CredentialRecord::from_json(&self::record().to_json().unwrap()).unwrap();
    assert_eq!(named(&rp, &[stored], &direct().trusted_only()), [], "after a round through the store");
}

#[test]
fn a_removed_root_names_its_registrations() {
    let other_ca = CertificateAuthority::with_levels(52, &[Es384, Es256]);
    let both = trust(&ca()).trust(anchor(&other_ca.root_der()));
    let other = Case::new(PackedAttestation::new(&other_ca)).anchors(both).register().unwrap().into_record();
    let records = [record(), other];
    assert_eq!(named(&rp(trust(&ca())), &records, &direct()), [(1, "attestation-untrusted")]);
    assert_eq!(named(&rp(TrustAnchors::new()), &records, &direct()), [(0, "attestation-untrusted"), (1, "attestation-untrusted")]);
}

/// Later than the registration by so many seconds.
fn later(seconds: i64) -> UnixTime {
    UnixTime::from_secs(NOW.as_secs() + seconds)
}

/// The code that the one record is refused with, at each of these moments.
fn codes<const N: usize>(rp: &RelyingParty, record: &CredentialRecord, moments: [Recheck; N]) -> [Option<&'static str>; N] {
    moments.map(|recheck| {
        let one = rp.recheck_attestation(record, &direct(), recheck).err();
        let many = rp.recheck_attestations([record], &direct(), recheck);
        assert_eq!(many.into_iter().map(|(_, error)| error).next(), one);
        one.inspect(|error| assert_eq!(error.spec_step(), Some(STEP_24))).map(|error| error.code())
    })
}

#[test]
fn a_model_revoked_since_is_named_however_its_certificates_are_judged() {
    let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
    let day = 1_811_808_000;
    entry["statusReports"] = json!([status_report("FIDO_CERTIFIED_L1", "2020-01-01"), status_report("REVOKED", "2027-06-01")]);
    let rp = rp(TrustAnchors::new().metadata(metadata(&MetadataBlobDraft::new(&ca(), "2030-12-31", vec![entry]))));
    let (before, after) = (UnixTime::from_secs(day - 1), UnixTime::from_secs(day));
    assert_eq!(codes(&rp, &record(), [Recheck::as_registered(before), Recheck::today(before), Recheck::at(after, before)]), [None; 3]);
    let status = Some("attestation-status-refused");
    assert_eq!(codes(&rp, &record(), [Recheck::as_registered(after), Recheck::today(after), Recheck::at(before, after)]), [status; 3]);
}

/// A list may be of a later date than the registration: what it says is news about then.
#[test]
fn a_certificate_revoked_since_is_named_however_it_is_judged() {
    let serial = ca().intermediates[0].certificate.serial.clone();
    let list = ca().root.crl(std::slice::from_ref(&serial), NOW.as_secs() + 100, NOW.as_secs() + 200).sign(&ca().root.key);
    let rp = rp(trust(&ca()).revocation_list(RevocationList::from_der(&list).unwrap()));
    let (before, after) = (later(99), later(100));
    assert_eq!(codes(&rp, &record(), [Recheck::as_registered(before), Recheck::today(before), Recheck::at(after, before)]), [None; 3]);
    let revoked = Some("certificate-revoked");
    assert_eq!(codes(&rp, &record(), [Recheck::as_registered(after), Recheck::today(after), Recheck::at(before, after)]), [revoked; 3]);
    let tolerant = direct().danger_accept_untrusted();
    assert_eq!(named(&rp, &[record()], &tolerant), []);
    let refused = rp.recheck_attestation(&record(), &tolerant, Recheck::as_registered(after));
    assert_eq!(refusal(refused), ("certificate-revoked", Some(STEP_24)), "not accepted as untrusted");
}

#[test]
fn a_certificate_that_expired_since_was_sound_when_it_signed() {
    let mut kind = PackedAttestation::new(&ca());
    kind.leaf.edit(|leaf| leaf.not_after = NOW.as_secs() + 1);
    let (rp, record, then) = (rp(trust(&ca())), record_of(kind), later(2));
    let moments = [Recheck::as_registered(then), Recheck::today(then), Recheck::at(then, NOW), Recheck::at(later(1), then)];
    let expired = Some("certificate-expired");
    assert_eq!(codes(&rp, &record, moments), [None, expired, expired, None]);
}

/// The registration's moment is the record's own, for each of them.
#[test]
fn each_record_is_judged_as_of_its_own_registration() {
    let mut kind = PackedAttestation::new(&ca());
    kind.leaf.edit(|leaf| leaf.not_after = NOW.as_secs() + 1);
    let (early, mut late) = (record_of(kind.clone()), record_of(kind));
    late.created_at = later(2);
    assert_eq!(named(&rp(trust(&ca())), &[early, late], &direct()), [(1, "certificate-expired")]);
}

#[test]
fn todays_policy_decides() {
    let rp = rp(trust(&ca()));
    let records = [record(), record_of(AttestationKind::PackedSelf), record_of(AttestationKind::None)];
    assert_eq!(named(&rp, &records, &direct()), []);
    let expected = [(1, "attestation-self-refused"), (2, "attestation-none-refused")];
    assert_eq!(named(&rp, &records, &direct().trusted_only()), expected);
    assert_eq!(named(&rp, &records[..1], &direct().refuse_models([aaguid()])), [(0, "attestation-model-refused")]);
    assert_eq!(rp.recheck_attestation(&records[1], &direct(), Recheck::today(NOW)).unwrap().trust, Trust::SelfAttested);
}

#[test]
fn records_without_attestation_are_left_alone() {
    let rp = rp(TrustAnchors::new());
    let mut without_object = record();
    without_object.attestation_object = None;
    let mut without_client_data = record();
    without_client_data.attestation_client_data_json = None;
    let records = [without_object, without_client_data];
    assert_eq!(named(&rp, &records, &direct().trusted_only()), []);
    for record in &records {
        assert_eq!(refusal(rp.recheck_attestation(record, &direct(), Recheck::today(NOW))), ("record-malformed", None));
    }
}

#[test]
fn another_credentials_attestation_is_noticed() {
    let rp = rp(trust(&ca()));
    let other = Case::new(PackedAttestation::new(&ca())).algorithm(Es384).register().unwrap().into_record();
    let mut exchanged = record();
    exchanged.attestation_object = other.attestation_object.clone();
    exchanged.attestation_client_data_json = other.attestation_client_data_json.clone();
    let mut other_id = record();
    other_id.credential_id = passkeeper::types::CredentialId::new([7; 16]).unwrap();
    let mut other_key = record();
    other_key.public_key = other.public_key.clone();
    let records = [exchanged, other_id, other_key];
    assert_eq!(named(&rp, &records, &direct()), [(0, "record-malformed"), (1, "record-malformed"), (2, "record-malformed")]);
}

#[test]
fn tampered_parts_are_noticed() {
    let rp = rp(trust(&ca()));
    let mut client_data = record();
    client_data.attestation_client_data_json = Some(b"{}".to_vec().into());
    let mut cut = record();
    let object = cut.attestation_object.clone().unwrap();
    cut.attestation_object = Some(object.as_slice()[..object.as_slice().len() - 1].to_vec().into());
    let mut apple = record_of(AppleAttestation::new(&ca()));
    apple.attestation_client_data_json = Some(b"{}".to_vec().into());
    let records = [client_data, cut, apple];
    let expected = [(0, "attestation-signature-invalid"), (1, "cbor-truncated"), (2, "attestation-nonce-mismatch")];
    assert_eq!(named(&rp, &records, &direct()), expected);
}
