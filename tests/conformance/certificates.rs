//! Resp-5: packed with certificates, against anchors and metadata.

use passkeeper::attestation::TrustAnchors;
use passkeeper::testing::{
    CertificateAuthority, ExtensionDraft, KeyAlgorithm, KeyPair, MetadataBlobDraft, PackedAttestation, metadata_entry, oid,
};
use serde_json::json;

use crate::common::NOW;
use crate::ledger::{ACCEPTED, Case, Change, case};
use crate::setup::{AAGUID, Case as Attested, anchor, ca, honest_leaf, metadata as verified};

const MALFORMED: &str = "attestation-statement-malformed";

const fn attested(name: &'static str, expected: &'static str, attested: fn() -> Attested) -> Case {
    case(name, expected, Change::Attested(attested))
}

fn with(change: fn(&mut PackedAttestation)) -> Attested {
    let mut kind = PackedAttestation::new(&ca());
    change(&mut kind);
    Attested::new(kind)
}

/// Under an authority with something wrong.
fn under(change: fn(&mut CertificateAuthority)) -> Attested {
    let mut authority = ca();
    change(&mut authority);
    Attested::new(PackedAttestation::new(&authority)).trusting(&authority)
}

pub(crate) fn packed() -> Vec<Case> {
    vec![
        attested("P: valid", ACCEPTED, || with(|_| {})),
        attested("P: issued by the root itself", ACCEPTED, || {
            let direct = CertificateAuthority::new(5);
            Attested::new(PackedAttestation::new(&direct)).trusting(&direct)
        }),
        attested("P: the batch certificate is the anchor", ACCEPTED, || {
            with(|_| {}).anchors(TrustAnchors::new().trust(anchor(&honest_leaf())))
        }),
        attested("P: critical basicConstraints", ACCEPTED, || {
            with(|p| p.leaf.edit(|leaf| leaf.extension_mut(oid::BASIC_CONSTRAINTS).unwrap().critical = true))
        }),
        attested("P: trusted by metadata", ACCEPTED, || {
            let blob = MetadataBlobDraft::new(&ca(), "2030-12-31", vec![metadata_entry(AAGUID, &[ca().root_der()])]);
            with(|_| {}).anchors(TrustAnchors::new().metadata(verified(&blob)))
        }),
        attested("F: a bit of the signature flipped", "attestation-signature-invalid", || {
            with(|p| {
                p.statement.edit(|s| {
                    let Some(passkeeper::testing::Cbor::Bytes(mut signature)) = s.get("sig").cloned() else { panic!("no signature") };
                    *signature.last_mut().unwrap() ^= 1;
                    s.set("sig", signature);
                });
            })
        }),
        attested("F: x5c no array", MALFORMED, || with(|p| p.statement.edit(|s| s.set("x5c", "x")))),
        attested("F: x5c empty", MALFORMED, || with(|p| p.x5c.edit(Vec::clear))),
        attested("F: x5c with something that is no certificate", "certificate-malformed", || {
            with(|p| p.x5c.edit(|chain| chain[0] = vec![0; 64]))
        }),
        attested("F: a leaf of another key", "attestation-signature-invalid", || {
            with(|p| p.leaf.edit(|leaf| leaf.spki = KeyPair::from_seed(KeyAlgorithm::Es256, 999).spki_der()))
        }),
        attested("F: leaf a CA", "attestation-certificate-basic-constraints", || {
            with(|p| p.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::basic_constraints(true, None))))
        }),
        attested("F: leaf expired", "certificate-expired", || with(|p| p.leaf.edit(|leaf| leaf.not_after = NOW.as_secs() - 1))),
        attested("F: leaf not yet valid", "certificate-not-yet-valid", || {
            with(|p| p.leaf.edit(|leaf| leaf.not_before = NOW.as_secs() + 1))
        }),
        attested("F: intermediate expired", "certificate-expired", || {
            under(|ca| ca.intermediates[0].certificate.not_after = NOW.as_secs() - 1)
        }),
        attested("F: intermediate not yet valid", "certificate-not-yet-valid", || {
            under(|ca| ca.intermediates[0].certificate.not_before = NOW.as_secs() + 1)
        }),
        attested("F: alg is not the leaf's", "attestation-algorithm-mismatch", || with(|p| p.statement.edit(|s| s.set("alg", -257)))),
        attested("F: an algorithm that the metadata does not list", ACCEPTED, || {
            let mut entry = metadata_entry(AAGUID, &[ca().root_der()]);
            entry["metadataStatement"]["authenticationAlgorithms"] = json!(["rsassa_pkcsv15_sha256_raw"]);
            with(|_| {}).anchors(TrustAnchors::new().metadata(verified(&MetadataBlobDraft::new(&ca(), "2030-12-31", vec![entry]))))
        })
        .since("for information: Windows Hello makes credentials by algorithms that its entry does not list"),
        attested("F: the root in x5c", ACCEPTED, || with(|p| p.x5c.edit(|chain| chain.push(ca().root_der()))))
            .since("authenticators send it, and it proves nothing by itself"),
        attested("F: another root in x5c", "attestation-untrusted", || {
            with(|p| {
                p.ca = ca().impostor();
                p.x5c.edit(|chain| chain.push(ca().impostor().root_der()));
            })
        }),
        attested("F: intermediate missing", "attestation-untrusted", || with(|p| p.x5c.edit(|chain| chain.truncate(1)))),
        attested("F: certificates in the wrong order", "attestation-signature-invalid", || with(|p| p.x5c.edit(|chain| chain.reverse()))),
        attested("F: AAGUID of another model in the leaf", "attestation-certificate-aaguid", || {
            with(|p| p.leaf.edit(|leaf| leaf.set_extension(ExtensionDraft::aaguid(&[7; 16]))))
        }),
    ]
}
