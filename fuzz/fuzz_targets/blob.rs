//! The metadata BLOB, the first byte choosing what of it: all, with the signature left as it was, never accepted unless it is the
//! very one; header or payload, signed again by the service's key; and the cache form. Never panics; of what is accepted, every
//! entry is there or reported, is found by its name and survives the cache form; work and allocations are bounded.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{self, NOW};
use fuzz::formats::Members;
use fuzz::work::{self, COUNTING};
use fuzz::{bounded, mutated};
use libfuzzer_sys::fuzz_target;
use passkeeper::metadata::{BlobVerifier, Metadata, Skipped, SkippedPart};
use passkeeper::testing::KeyPair;
use passkeeper::types::Bytes;
use passkeeper::x509::TrustAnchor;
use serde_json::Value;

struct World {
    key: KeyPair,
    verifier: BlobVerifier,
    blob: String,
    header: String,
    payload: String,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let draft = ceremony::blob();
    let blob = draft.sign();
    let mut parts = blob.split('.').map(str::to_string);
    let (header, payload) = (parts.next().unwrap(), parts.next().unwrap());
    let verifier = BlobVerifier::new(TrustAnchor::from_der(&ceremony::service().root_der()).unwrap());
    World { key: draft.key, verifier, blob, header, payload }
});

/// As the service signs it.
fn signed(header: &str, payload: &str) -> String {
    let signed = format!("{header}.{payload}");
    let (r, s) = WORLD.key.ecdsa_r_s(signed.as_bytes());
    format!("{signed}.{}", Bytes::from([r, s].concat()).to_base64url())
}

fn verify(blob: &str) -> passkeeper::Result<(Metadata, Vec<Skipped>)> {
    bounded(blob.len(), 256, || work::signatures(8, || WORLD.verifier.verify(blob, &COUNTING, NOW)))
}

fn cached(metadata: &Metadata) {
    let json = metadata.to_json().unwrap();
    let again = Metadata::from_json(&json).unwrap();
    assert_eq!(again.to_json().unwrap(), json);
    assert_eq!((again.number(), again.next_update()), (metadata.number(), metadata.next_update()));
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, content @ ..] = bytes else { return };
    let World { blob: honest, header, payload, .. } = &*WORLD;
    match choice % 5 {
        0 | 1 => {
            let blob = if choice % 5 == 0 { content.to_vec() } else { mutated(honest.as_bytes(), content) };
            let blob = String::from_utf8_lossy(&blob);
            assert_eq!(verify(&blob).is_ok(), blob.trim_ascii() == honest, "though it was changed, or though it was not");
        }
        2 => {
            let header = Bytes::from(content).to_base64url();
            if verify(&signed(&header, payload)).is_ok() {
                let plain: Members = serde_json::from_slice(content).expect("accepted, so JSON");
                assert_eq!(plain.get("alg"), Some(&"ES256".into()));
                assert!(plain.get("crit").is_none() && plain.get("b64").is_none_or(|b64| *b64 != false));
            }
        }
        3 => {
            let Ok((metadata, skipped)) = verify(&signed(header, &Bytes::from(content).to_base64url())) else { return };
            let plain: Value = serde_json::from_slice(content).expect("accepted, so JSON");
            let listed = plain["entries"].as_array().unwrap().len();
            let unread = skipped.iter().filter(|skipped| skipped.part == SkippedPart::Entry).count();
            assert_eq!(metadata.entries().len() + unread, listed);
            assert!(skipped.iter().all(|skipped| skipped.entry < listed));
            for entry in metadata.entries() {
                assert!(entry.aaguid.is_none_or(|aaguid| metadata.find(aaguid).unwrap().aaguid == Some(aaguid)));
                assert!(entry.aaid.as_ref().is_none_or(|aaid| metadata.find_by_aaid(aaid).is_some()));
                assert!(entry.key_identifiers.iter().all(|id| metadata.find_by_key_identifier(id).is_some()));
                assert!(entry.current_statuses(NOW).count() <= entry.statuses(NOW).count());
            }
            cached(&metadata);
        }
        _ => {
            let text = String::from_utf8_lossy(content);
            if let Ok(metadata) = bounded(text.len(), 256, || Metadata::from_json(&text)) {
                cached(&metadata);
            }
        }
    }
});
