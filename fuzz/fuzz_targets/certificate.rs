//! X.509 certificates, the first byte choosing where: as a trust anchor, and in the chain of a `packed` statement, in place of
//! an honest certificate, mutated, or mutated and signed again by who issued it. Never panics; only what an issuer signed is
//! trusted, byte for byte; not a byte may be left over; work and allocations are bounded.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{Registering, anchors, ca, relying_party};
use fuzz::formats::{sign_again, signed_part};
use fuzz::{bounded, mutated, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::RelyingParty;
use passkeeper::testing::{Cbor, CertificateAuthority, HashAlgorithm, PackedAttestation};
use passkeeper::types::Bytes;
use passkeeper::x509::TrustAnchor;

struct World {
    ca: CertificateAuthority,
    rp: RelyingParty,
    registering: Registering,
    statement: Cbor,
    leaf: Vec<u8>,
    intermediate: Vec<u8>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (ca, rp) = (ca(), relying_party(anchors()));
    let registering = Registering::with(&rp, PackedAttestation::new(&ca).into());
    let statement = registering.draft.statement();
    let Some(Cbor::Array(chain)) = statement.get("x5c").cloned() else { panic!("certificates") };
    let [Cbor::Bytes(leaf), Cbor::Bytes(intermediate)] = &chain[..] else { panic!("two of them") };
    World { leaf: leaf.clone(), intermediate: intermediate.clone(), ca, rp, registering, statement }
});

fuzz_target!(|bytes: &[u8]| {
    let [choice, content @ ..] = bytes else { return };
    let World { ca, rp, registering, statement, leaf, intermediate } = &*WORLD;
    if let Ok(anchor) = bounded(content.len(), 128, || TrustAnchor::from_der(content)) {
        assert_eq!(anchor.as_der(), content);
        assert!(TrustAnchor::from_der(&content[..content.len() - 1]).is_err());
        assert!(TrustAnchor::from_der(&[content, b"\0"].concat()).is_err());
    }

    let chain = match choice % 6 {
        0 => vec![content.to_vec(), intermediate.clone()],
        1 => vec![leaf.clone(), content.to_vec()],
        2 => vec![mutated(leaf, content), intermediate.clone()],
        3 => vec![leaf.clone(), mutated(intermediate, content)],
        4 => {
            let signed = mutated(signed_part(leaf), content);
            vec![sign_again(&signed, &ca.intermediates[0].key, HashAlgorithm::Sha256), intermediate.clone()]
        }
        _ => {
            let signed = mutated(signed_part(intermediate), content);
            vec![leaf.clone(), sign_again(&signed, &ca.root.key, HashAlgorithm::Sha384)]
        }
    };
    let mut changed = statement.clone();
    changed.set("x5c", Cbor::Array(chain.iter().map(Cbor::bytes).collect()));
    let mut draft = registering.draft.clone();
    draft.att_stmt = Some(changed);
    let object = draft.attestation_object_bytes();
    let mut response = registering.response.clone();
    response.attestation_object = Bytes::from(object);
    let len = response.attestation_object.len();
    let Ok(verified) = bounded(len, 256, || work::signatures(8, || registering.verify(rp, &response))) else { return };
    let verdict = verified.attestation();
    if !verdict.trust.is_trusted() {
        assert!(chain != [leaf.clone(), intermediate.clone()], "honest, and not trusted");
        return;
    }
    assert_eq!(verdict.path[0], chain[0]);
    // Signed by the root's key, or by the intermediate's.
    match choice % 6 {
        4 => assert_eq!(verdict.path[1], *intermediate),
        5 => assert_eq!(verdict.path[..2], chain[..]),
        _ => assert_eq!(chain, [leaf.clone(), intermediate.clone()], "trusted though nobody signed it"),
    }
});
