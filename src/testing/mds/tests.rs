use super::*;
use crate::testing::keys::tests::verifies;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

fn parts(blob: &str) -> (Value, Value, Vec<u8>, &str) {
    let (signed, signature) = blob.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let decode = |part| URL_SAFE_NO_PAD.decode(part).unwrap();
    let json = |part| serde_json::from_slice(&decode(part)).unwrap();
    (json(header), json(payload), decode(signature), signed)
}

fn blob() -> MetadataBlobDraft {
    let ca = CertificateAuthority::with_levels(1, &[KeyAlgorithm::Rs256, KeyAlgorithm::Rs256]);
    let entry = metadata_entry(*b"VirtualAuthentic", &[ca.root_der()]);
    MetadataBlobDraft::new(&ca, "2030-12-31", Vec::from([entry]))
}

#[test]
fn the_blob_is_a_signed_list_of_entries() {
    let draft = blob();
    let text = draft.sign();
    let (header, payload, signature, signed) = parts(&text);
    assert!(verifies(&draft.key.cose_key(), signed.as_bytes(), &signature));
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    let chain = draft.ca.chain(draft.leaf_der());
    let x5c: Vec<_> = header["x5c"].as_array().unwrap().iter().map(|text| STANDARD.decode(text.as_str().unwrap()).unwrap()).collect();
    assert_eq!((x5c.len(), x5c), (2, chain));

    assert_eq!((&payload["no"], &payload["nextUpdate"]), (&json!(1), &json!("2030-12-31")));
    let entry = &payload["entries"][0];
    assert_eq!(entry["aaguid"], "56697274-7561-6c41-7574-68656e746963");
    assert_eq!(entry["statusReports"][0]["status"], "FIDO_CERTIFIED_L1");
    assert_eq!(entry["metadataStatement"]["attestationRootCertificates"][0], base64(&draft.ca.root_der()));
}

#[test]
fn every_part_can_be_broken() {
    let mut draft = blob();
    draft.key = draft.ca.leaf_key(KeyAlgorithm::Es256);
    draft.payload["entries"][0]["statusReports"] = json!([status_report("REVOKED", "2024-01-01")]);
    draft.x5c.edit(|chain| chain.truncate(1));
    draft.jws.edit(|jws| jws.header["alg"] = "none".into());
    let text = draft.sign();
    let (header, payload, signature, signed) = parts(&text);
    assert_eq!((&header["alg"], header["x5c"].as_array().unwrap().len()), (&json!("none"), 1));
    assert_eq!(payload["entries"][0]["statusReports"][0]["status"], "REVOKED");
    // r and s, joined.
    let (r, s) = signature.split_at(32);
    assert!(verifies(&draft.key.cose_key(), signed.as_bytes(), &der::der_signature(r, s)));

    draft.jws.edit(|jws| jws.signature = Some(Vec::new()));
    assert!(draft.sign().ends_with('.'));
    draft.jws.edit(|jws| jws.raw = Some("x".into()));
    assert_eq!(draft.sign(), "x");
}
