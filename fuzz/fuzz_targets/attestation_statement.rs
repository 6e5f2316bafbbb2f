//! Attestation statements, the first byte choosing the format and the rest being the statement about an honest credential, in a
//! whole registration: never panics; none is believed but those the authenticator signed; work and allocations are bounded.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{Registering, anchors, kinds, relying_party};
use fuzz::{bounded, formats, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::attestation::AttestationFormat;
use passkeeper::parse::AttestationObject;
use passkeeper::testing::{AttestationKind, Cbor};
use passkeeper::types::Bytes;
use passkeeper::{AttestationVerdict, RelyingParty, Trust};

struct World {
    rp: RelyingParty,
    registering: Registering,
    /// The leaves of the honest statements.
    leaves: Vec<Vec<u8>>,
    self_signature: Vec<u8>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let rp = relying_party(anchors());
    let registrations: Vec<_> = kinds().into_iter().map(|kind| Registering::with(&rp, kind)).collect();
    let verdicts = registrations.iter().map(|honest| honest.verify(&rp, &honest.response).unwrap().attestation().clone());
    let leaves = verdicts.flat_map(|verdict| [verdict.clone()].into_iter().chain(verdict.parts)).filter_map(|v| v.path.first().cloned());
    let leaves = leaves.collect();
    let of_itself = Registering::with(&rp, AttestationKind::PackedSelf);
    let Some(Cbor::Bytes(self_signature)) = of_itself.draft.statement().get("sig").cloned() else { panic!("a signature") };
    World { rp, registering: of_itself, leaves, self_signature }
});

fn check(verdict: &AttestationVerdict, statement: &[u8]) {
    match &verdict.trust {
        Trust::Trusted { .. } if verdict.parts.is_empty() => assert!(WORLD.leaves.contains(&verdict.path[0]), "trusted: {verdict:?}"),
        Trust::SelfAttested => {
            let signature = &WORLD.self_signature;
            assert!(statement.windows(signature.len()).any(|window| window == signature), "self: {verdict:?}");
        }
        Trust::NotAttested => assert_eq!(verdict.format, Some(AttestationFormat::None)),
        _ => {}
    }
    verdict.parts.iter().for_each(|part| check(part, statement));
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, statement @ ..] = bytes else { return };
    let World { rp, registering, .. } = &*WORLD;
    let formats = AttestationFormat::ALL;
    let mut draft = registering.draft.clone();
    draft.fmt = Some(formats[usize::from(*choice) % formats.len()].as_str().into());
    draft.att_stmt = Some(Cbor::Raw(statement.to_vec()));
    let object = draft.attestation_object_bytes();
    let mut response = registering.response.clone();
    response.attestation_object = Bytes::from(object.clone());
    let verdict = bounded(object.len(), 256, || work::signatures(64, || registering.verify(rp, &response)));
    let Ok(verified) = verdict else { return };
    assert_eq!(AttestationObject::parse(&object).unwrap().att_stmt.len(), statement.len());
    formats::whole_cbor(statement).expect("accepted, so CBOR");
    check(verified.attestation(), statement);
});
