//! The production BLOB of the FIDO metadata service: verified, read, kept, and trusted.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkeeper::attestation::TrustAnchors;
use passkeeper::metadata::{BlobVerifier, Metadata, Skipped, SkippedPart};
use passkeeper::types::{Aaguid, UnixTime};
use passkeeper::x509::TrustAnchor;
use passkeeper::{Error, Trust};
use serde::Deserialize;

use crate::provider::provider;
use crate::real::trusted;
use crate::w3c::ceremonies;
use crate::{anchors, folder};

const FOLDER: &str = "real/mds";
const YUBIKEY_5: &str = "cb69481e-8ff7-4039-93ec-0a2729a154a8";

#[derive(Deserialize)]
struct Listed {
    file: String,
    root: String,
    verification_time: String,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    no: u64,
    next_update: String,
    entries: usize,
}

/// The BLOB with all that belongs to it.
struct Blob {
    text: String,
    root: TrustAnchor,
    now: UnixTime,
    expect: Expected,
}

impl Blob {
    fn load() -> Option<Self> {
        let (_, index) = folder::files(FOLDER)?.into_iter().find(|(name, _)| name == "index").unwrap();
        let [listed] = folder::parse::<[Listed; 1]>("index", &index);
        let text = |name: &str| String::from_utf8(folder::file(FOLDER, name)).unwrap();
        let (now, root) = (anchors::moment(&listed.verification_time), anchors::from_pem(&text(&listed.root)));
        Some(Self { text: text(&listed.file), root, now, expect: listed.expect })
    }

    fn verifier(&self) -> BlobVerifier {
        BlobVerifier::new(self.root.clone())
    }

    fn verify_text(&self, text: &str) -> Result<(Metadata, Vec<Skipped>), Error> {
        self.verifier().verify(text, &provider(), self.now)
    }
}

/// Verified once for all tests.
fn verified() -> Option<&'static (Blob, Metadata, Vec<Skipped>)> {
    static VERIFIED: OnceLock<Option<(Blob, Metadata, Vec<Skipped>)>> = OnceLock::new();
    let verify = || {
        let blob = Blob::load()?;
        let (metadata, skipped) = blob.verify_text(&blob.text).unwrap();
        Some((blob, metadata, skipped))
    };
    VERIFIED.get_or_init(verify).as_ref()
}

fn aaguid(text: &str) -> Aaguid {
    text.parse().unwrap()
}

fn day(text: &str) -> UnixTime {
    anchors::moment(&format!("{text}T00:00:00Z"))
}

#[track_caller]
fn assert_code<T>(result: Result<T, Error>, code: &str) {
    match result {
        Ok(_) => panic!("accepted"),
        Err(error) => assert_eq!(error.code(), code, "{error}"),
    }
}

#[test]
fn the_blob_verifies_and_every_entry_is_accounted_for() {
    let Some((blob, metadata, skipped)) = verified() else { return };
    assert_eq!(metadata.number(), blob.expect.no);
    assert_eq!(metadata.next_update(), day(&blob.expect.next_update));
    let whole = skipped.iter().filter(|skipped| skipped.part == SkippedPart::Entry).count();
    assert_eq!(metadata.entries().len() + whole, blob.expect.entries, "{skipped:?}");
    assert_eq!(skipped.as_slice(), [], "nothing in it is beyond reading");
    assert!(metadata.legal_header().starts_with("Retrieval and use of this BLOB indicates acceptance"));

    let count = |has: fn(&passkeeper::metadata::MetadataEntry) -> bool| metadata.entries().iter().filter(|entry| has(entry)).count();
    assert_eq!(count(|entry| entry.aaguid.is_some()), 108);
    assert_eq!(count(|entry| entry.aaid.is_some()), 17);
    assert_eq!(count(|entry| !entry.key_identifiers.is_empty()), 49);
    assert!(metadata.entries().iter().all(|entry| !entry.description.is_empty() && !entry.status_reports.is_empty()));
}

#[test]
fn models_are_found_by_each_of_their_names() {
    let Some((_, metadata, _)) = verified() else { return };
    let description = |entry: Option<&passkeeper::metadata::MetadataEntry>| entry.map(|entry| entry.description.clone());
    let by_aaguid = |text| description(metadata.find(aaguid(text)));
    assert_eq!(by_aaguid(YUBIKEY_5).as_deref(), Some("YubiKey 5 Series"));
    assert_eq!(by_aaguid("08987058-cadc-4b81-b6e1-30de50dcbe96").as_deref(), Some("Windows Hello Hardware Authenticator"));
    assert_eq!(by_aaguid("b93fd961-f2e6-462f-b122-82002247de78").as_deref(), Some("Android Authenticator with SafetyNet Attestation"));
    assert_eq!(by_aaguid("00000000-0000-0000-0000-000000000000"), None);
    assert_eq!(by_aaguid("cb69481e-8ff7-4039-93ec-0a2729a154a9"), None);

    for identifier in ["f4b64a68c334e901b8e23c6e66e6866c31931f5d", "55464D5BEA84E7073074B21D1204934358C7DB4D"] {
        let found = description(metadata.find_by_key_identifier(identifier));
        assert_eq!(found.as_deref(), Some("Feitian ePass FIDO-NFC Security Key"), "{identifier}");
    }
    assert_eq!(description(metadata.find_by_key_identifier("f4b64a68")), None);
    assert_eq!(description(metadata.find_by_aaid("4e4e#4005")).as_deref(), Some("Touch ID, Face ID, or Passcode"));
    assert_eq!(description(metadata.find_by_aaid("4E4E")), None);

    for entry in metadata.entries() {
        if let Some(aaguid) = entry.aaguid {
            assert_eq!(metadata.find(aaguid).unwrap().description, entry.description);
        }
        for identifier in &entry.key_identifiers {
            assert_eq!(metadata.find_by_key_identifier(identifier).unwrap().description, entry.description);
        }
    }
}

#[test]
fn statuses_hold_from_their_day_on() {
    let Some((_, metadata, _)) = verified() else { return };
    let statuses = |model: &str, now: UnixTime| -> Vec<String> {
        metadata.find(aaguid(model)).unwrap().statuses(now).map(|status| status.0.clone()).collect()
    };
    let before = |text: &str| UnixTime::from_secs(day(text).as_secs() - 1);
    let security_key = "a4e9fc6d-4cbe-4758-b8ba-37598bb5bbaa";
    assert_eq!(statuses(security_key, before("2023-02-02")), [""; 0]);
    assert_eq!(statuses(security_key, day("2023-02-02")), ["FIDO_CERTIFIED_L1", "FIDO_CERTIFIED"]);
    assert_eq!(statuses(security_key, before("2023-03-28")), ["FIDO_CERTIFIED_L1", "FIDO_CERTIFIED"]);
    assert_eq!(statuses(security_key, day("2023-03-28")), ["FIDO_CERTIFIED_L2", "FIDO_CERTIFIED_L1", "FIDO_CERTIFIED"]);
    assert_eq!(statuses(YUBIKEY_5, before("2020-05-12")), [""; 0]);
    assert_eq!(statuses(YUBIKEY_5, day("2020-05-12")), ["FIDO_CERTIFIED_L1", "FIDO_CERTIFIED"]);
    let standing: Vec<_> = metadata.find(aaguid(security_key)).unwrap().current_statuses(day("2023-03-28")).map(|s| &*s.0).collect();
    assert_eq!(standing, ["FIDO_CERTIFIED_L2", "FIDO_CERTIFIED"], "of the levels the newest");
    let statuses = metadata.entries().iter().flat_map(|entry| &entry.status_reports);
    assert!(statuses.clone().all(|report| !report.status.is_compromised() && !report.status.is_update_available()));
    assert_eq!(statuses.count(), 295);
}

#[test]
fn a_blob_of_another_root_or_signer_or_time_is_refused() {
    let Some((blob, ..)) = verified() else { return };
    let verify = |verifier: &BlobVerifier, now| verifier.verify(&blob.text, &provider(), now);
    let other = ceremonies().unwrap().iter().find_map(|vector| vector.root()).unwrap();
    assert_code(verify(&BlobVerifier::new(other.clone()), blob.now), "attestation-untrusted");
    assert!(verify(&BlobVerifier::new(other).root(blob.root.clone()), blob.now).is_ok());

    assert_code(verify(&blob.verifier().signer("mds.example.org"), blob.now), "metadata-signer");
    assert_code(verify(&blob.verifier().signer("fidoalliance.org"), blob.now), "metadata-signer");
    assert_code(verify(&blob.verifier().signer(""), blob.now), "metadata-signer");

    // The leaf's validity.
    let (first, last) = (anchors::moment("2023-06-08T20:00:11Z"), anchors::moment("2024-07-09T20:00:10Z"));
    let shifted = |time: UnixTime, by: i64| UnixTime::from_secs(time.as_secs() + by);
    assert!(verify(&blob.verifier(), first).is_ok() && verify(&blob.verifier(), last).is_ok());
    assert_code(verify(&blob.verifier(), shifted(first, -1)), "certificate-not-yet-valid");
    assert_code(verify(&blob.verifier(), shifted(last, 1)), "certificate-expired");
    assert_code(verify(&blob.verifier(), UnixTime::from_secs(i64::MIN)), "certificate-not-yet-valid");
    assert_code(verify(&blob.verifier(), UnixTime::from_secs(i64::MAX)), "certificate-expired");
}

#[test]
fn white_space_around_the_blob_is_none_of_it() {
    let Some((blob, ..)) = verified() else { return };
    let (metadata, _) = blob.verify_text(&format!("\n  {}\r\n", blob.text.trim())).unwrap();
    assert_eq!(metadata.number(), blob.expect.no);
    let beginning = blob.text.get(..1000).unwrap();
    for broken in ["", ".", "..", "a.b.c", beginning, &format!("{}.", blob.text.trim()), &blob.text.trim().replacen('.', "", 1)] {
        assert_code(blob.verify_text(broken), "jws-malformed");
    }
}

/// Flips a bit of what a part of the BLOB stands for, so that it stays base64url.
fn flipped(text: &str, part: usize, bit: usize) -> String {
    let mut parts: Vec<String> = text.trim().split('.').map(str::to_owned).collect();
    let mut bytes = URL_SAFE_NO_PAD.decode(&parts[part]).unwrap();
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
    parts[part] = URL_SAFE_NO_PAD.encode(bytes);
    parts.join(".")
}

#[test]
fn a_blob_does_not_survive_a_flipped_bit() {
    let Some((blob, ..)) = verified() else { return };
    let exhaustive = std::env::var_os("PASSKEEPER_EXHAUSTIVE").is_some();
    let mut refused = 0;
    for (part, text) in blob.text.trim().split('.').enumerate() {
        let bits = text.len() / 4 * 3 * 8;
        // Primes, so that every bit of a byte has its turn.
        let step = match (part, exhaustive) {
            (1, false) => 2_124_127,
            (_, false) => 401,
            (1, true) => 85_247,
            (_, true) => 7,
        };
        for bit in (0..bits).step_by(step) {
            let error = blob.verify_text(&flipped(&blob.text, part, bit)).expect_err("refused");
            if part > 0 {
                assert_eq!(error.code(), "jws-signature-invalid", "bit {bit} of part {part}");
            }
            refused += 1;
        }
    }
    assert!(refused > if exhaustive { 4000 } else { 80 }, "{refused}");
}

#[test]
fn the_cache_holds_what_the_blob_held() {
    let Some((blob, metadata, _)) = verified() else { return };
    let json = metadata.to_json().unwrap();
    let cached = Metadata::from_json(&json).unwrap();
    assert_eq!(cached.to_json().unwrap(), json);
    assert_eq!(format!("{cached:?}"), format!("{metadata:?}"));
    assert_eq!(cached.number(), metadata.number());
    assert_eq!(cached.find(aaguid(YUBIKEY_5)).unwrap().description, "YubiKey 5 Series");
    assert!(json.len() < blob.text.len(), "{} bytes", json.len());

    let half = json.get(..json.len() / 2).unwrap();
    for broken in ["", "{}", half, &json.replacen("\"version\":1", "\"version\":2", 1)] {
        assert_code(Metadata::from_json(broken), "metadata-malformed");
    }
}

#[test]
fn an_older_blob_replaces_none_and_late_is_stale() {
    let Some((_, metadata, _)) = verified() else { return };
    let json = metadata.to_json().unwrap();
    let later = Metadata::from_json(&json.replacen("\"number\":31", "\"number\":32", 1)).unwrap();
    assert_eq!(later.number(), 32);
    assert_code(later.replaced_by(metadata.clone()), "metadata-rolled-back");
    assert_eq!(metadata.replaced_by(metadata.clone()).unwrap().number(), 31);
    assert_eq!(metadata.replaced_by(later).unwrap().number(), 32);

    let due = day("2023-10-01");
    assert!(
        !metadata.is_stale(UnixTime::from_secs(due.as_secs() + 86_399)) && metadata.is_stale(UnixTime::from_secs(due.as_secs() + 86_400))
    );
    assert!(!metadata.is_stale(UnixTime::from_secs(0)));
}

/// What real registrations come to when the BLOB is all there is to trust.
#[test]
fn real_devices_are_trusted_on_the_metadata_alone() {
    let (Some((_, metadata, _)), Some(registered)) = (verified(), trusted()) else { return };
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for registered in &registered {
        let capture = &registered.capture;
        let anchors = TrustAnchors::new().metadata(metadata.clone());
        let rp = capture.relying_party(capture.policy(), anchors).unwrap();
        match capture.register(&rp, capture.now()) {
            Ok(verified) => {
                let Trust::Trusted { anchor } = verified.trust() else { panic!("{}: {:?}", capture.name, verified.trust()) };
                assert!(TrustAnchor::from_der(anchor).is_ok());
                assert_eq!(verified.record(), registered.verified.record(), "{}", capture.name);
                found.push(&*capture.name);
            }
            Err(error) => unknown.push((&*capture.name, error.code())),
        }
    }
    // By AAGUID, and the keys of the first generation by the identifier of their attestation key.
    let expected = [
        "firehed-packed-es256-yubikey-security-key-c-nfc-reg-res",
        "pywebauthn-android-safetynet-es256-att-android-safetynet",
        "pywebauthn-fido-u2f-es256-att-from-yubikey-firefox",
        "pywebauthn-fido-u2f-es256-att-with-unsupported-token-binding-status",
        "pywebauthn-fido-u2f-es256-att-with-unsupported-token-binding",
        "pywebauthn-packed-eddsa-att-with-okp-public-key",
        "pywebauthn-packed-es256-att-from-yubikey-firefox",
        "pywebauthn-packed-es256-parse-good-packed-att-object",
        "pywebauthn-tpm-rs256-att-dell-xps-13",
        "pywebauthn-tpm-rs256-att-lenovo-carbon-x1",
        "pywebauthn-tpm-rs256-att-surface-pro-4",
        "webauthnnet-android-safetynet-es256-android-safetynet",
        "webauthnnet-fido-u2f-es256-fido-u2-f",
        "webauthnnet-packed-eddsa-packed-ed25519",
        "webauthnnet-packed-es256-packed",
        "webauthnnet-packed-rs256-packed",
        "webauthnnet-tpm-es256-tpm",
        "webauthnnet-tpm-rs256-tpm",
        "webauthnruby-android-safetynet-es256-android-safetynet-direct",
        "webauthnruby-fido-u2f-es256-security-key-direct",
        "webauthnruby-packed-es256-security-key-packed-x5c",
        "webauthnruby-tpm-es256-tpm",
    ];
    assert_eq!(found, expected);
    // Apple, Android and one old key are not in it.
    let missing = [
        "firehed-apple-es256-1633-ios-reg-res",
        "firehed-fido-u2f-es256-parsing-cbor",
        "firehed-fido-u2f-es256-saved-att-cert-base64url",
        "pywebauthn-apple-es256-att-apple-passkey",
        "webauthnnet-android-key-es256-android-key",
        "webauthnnet-apple-es256-apple-anonymous",
        "webauthnruby-apple-es256-macbook-touch-id",
    ];
    assert_eq!(unknown, missing.map(|name| (name, "attestation-untrusted")));
}
