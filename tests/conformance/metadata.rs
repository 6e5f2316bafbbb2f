//! Server-MDS3: the BLOB is FIDO's, and what it says of a model counts.

use passkeeper::Error;
use passkeeper::attestation::TrustAnchors;
use passkeeper::metadata::BlobVerifier;
use passkeeper::testing::{CertificateAuthority, KeyAlgorithm, MetadataBlobDraft, PackedAttestation, metadata_entry, status_report};
use passkeeper::x509::RevocationList;
use serde_json::{Value, json};

use crate::common::{NOW, provider};
use crate::ledger::{ACCEPTED, Case, Change, case};
use crate::setup::{AAGUID, Case as Attested, anchor, ca};

const fn whole(name: &'static str, expected: &'static str, run: fn() -> Result<(), Error>) -> Case {
    case(name, expected, Change::Whole(run))
}

/// Root, intermediate: as the service's own.
fn service() -> CertificateAuthority {
    CertificateAuthority::with_levels(50, &[KeyAlgorithm::Rs256, KeyAlgorithm::Rs256])
}

fn entry() -> Value {
    metadata_entry(AAGUID, &[ca().root_der()])
}

fn blob(entry: Value) -> MetadataBlobDraft {
    MetadataBlobDraft::new(&service(), "2030-12-31", vec![entry])
}

/// Reads the BLOB, and registers an authenticator of its model.
fn register(verifier: BlobVerifier, blob: &MetadataBlobDraft) -> Result<(), Error> {
    let (metadata, _) = verifier.verify(&blob.sign(), &provider(), NOW)?;
    Attested::new(PackedAttestation::new(&ca())).anchors(TrustAnchors::new().metadata(metadata)).register().map(drop)
}

fn verifier() -> BlobVerifier {
    BlobVerifier::new(anchor(&service().root_der()))
}

fn with_status(status: &str) -> Result<(), Error> {
    let mut entry = entry();
    entry["statusReports"] = json!([status_report(status, "2020-01-01")]);
    register(verifier(), &blob(entry))
}

/// Revoked by a list that its issuer signed.
fn revoking(list: &[u8], blob: &MetadataBlobDraft) -> Result<(), Error> {
    register(verifier().revocation_list(RevocationList::from_der(list).unwrap()), blob)
}

pub(crate) fn mds3() -> Vec<Case> {
    vec![
        whole("P: valid", ACCEPTED, || register(verifier(), &blob(entry()))),
        whole("P: certified", ACCEPTED, || with_status("FIDO_CERTIFIED_L1")),
        whole("F: status REVOKED", "attestation-status-refused", || with_status("REVOKED")),
        whole("F: status USER_VERIFICATION_BYPASS", "attestation-status-refused", || with_status("USER_VERIFICATION_BYPASS")),
        whole("F: status ATTESTATION_KEY_COMPROMISE", "attestation-status-refused", || with_status("ATTESTATION_KEY_COMPROMISE")),
        whole("F: status USER_KEY_REMOTE_COMPROMISE", "attestation-status-refused", || with_status("USER_KEY_REMOTE_COMPROMISE")),
        whole("F: status USER_KEY_PHYSICAL_COMPROMISE", "attestation-status-refused", || with_status("USER_KEY_PHYSICAL_COMPROMISE")),
        whole("F: the BLOB's signature", "jws-signature-invalid", || {
            let mut signed = blob(entry()).sign();
            let dot = signed.rfind('.').unwrap();
            let other = if signed.as_bytes()[dot + 1] == b'A' { "B" } else { "A" };
            signed.replace_range(dot + 1..dot + 2, other);
            verifier().verify(&signed, &provider(), NOW).map(drop)
        }),
        whole("F: the BLOB's chain", "attestation-untrusted", || {
            let forged =
                MetadataBlobDraft { ca: service().impostor(), key: service().impostor().leaf_key(KeyAlgorithm::Rs256), ..blob(entry()) };
            register(verifier(), &forged)
        }),
        whole("F: the BLOB's intermediate is revoked", "certificate-revoked", || {
            let root = service().root;
            let serial = service().intermediates[0].certificate.serial.clone();
            let list = root.crl(&[serial], NOW.as_secs() - 10, NOW.as_secs() + 10).sign(&root.key);
            revoking(&list, &blob(entry()))
        }),
        whole("F: the BLOB's leaf is revoked", "certificate-revoked", || {
            let mut blob = blob(entry());
            blob.leaf.edit(|leaf| leaf.serial = vec![7, 7]);
            revoking(&service().crl(&[[7, 7]], NOW.as_secs() - 10, NOW.as_secs() + 10), &blob)
        }),
    ]
}
