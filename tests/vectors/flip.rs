//! Single flipped bits of ceremonies that are accepted as they are: each must be refused.
//!
//! Slow signatures are sampled unless `PASSKEEPER_EXHAUSTIVE` is set.

use std::ops::Range;

use passkeeper::parse::AttestationObject;
use passkeeper::types::{Algorithm, Bytes};
use passkeeper::{Error, ErrorCode};

use crate::w3c::{Authentication, Ceremonies, Registration, ceremonies};

/// Calls `judge` with each bit of `range` flipped, or with each `step`th; says how many there were.
pub(crate) fn flip(bytes: &Bytes, range: Range<usize>, step: usize, mut judge: impl FnMut(Bytes, usize)) -> usize {
    let bits = (range.start * 8..range.end * 8).step_by(step);
    let count = bits.len();
    for bit in bits {
        let mut flipped = bytes.as_slice().to_vec();
        flipped[bit / 8] ^= 0x80 >> (bit % 8);
        judge(flipped.into(), bit);
    }
    count
}

pub(crate) fn whole(bytes: &Bytes) -> Range<usize> {
    0..bytes.len()
}

/// Where `part` stands in `bytes`.
#[track_caller]
pub(crate) fn find(bytes: &[u8], part: &[u8]) -> Range<usize> {
    let start = bytes.windows(part.len()).position(|window| window == part).expect("a part of the whole");
    start..start + part.len()
}

/// Every how-manieth bit of which algorithm: odd, so that every bit of a byte has its turn.
fn step(algorithm: Algorithm) -> usize {
    if std::env::var_os("PASSKEEPER_EXHAUSTIVE").is_some() {
        return 1;
    }
    match algorithm {
        Algorithm::Es512 | Algorithm::Esp512 | Algorithm::Es384 | Algorithm::Esp384 | Algorithm::Rs256 => 7,
        _ => 1,
    }
}

#[track_caller]
fn refused<T>(name: &str, part: &str, bit: usize, result: Result<T, Error>) -> ErrorCode {
    match result {
        Ok(_) => panic!("{name}: accepted with bit {bit} of {part} flipped"),
        Err(error) => error.error_code(),
    }
}

/// Ceremonies whose algorithm is supported.
fn supported() -> Option<Vec<Ceremonies>> {
    Some(ceremonies()?.into_iter().filter(|vector| vector.algorithm().is_some()).collect())
}

#[test]
fn assertions_do_not_survive_a_flipped_bit() {
    let Some(all) = supported() else { return };
    let exhaustive = std::env::var_os("PASSKEEPER_EXHAUSTIVE").is_some();
    let mut flips = 0;
    for vector in &all {
        let (name, record) = (&*vector.name, vector.record().unwrap());
        let (rp, step) = (vector.relying_party(), step(record.algorithm()));
        let good = &vector.authentication;
        let judge = |changed: Authentication| vector.authenticate(&rp, &record, &changed);

        flips += flip(&good.authenticator_data, whole(&good.authenticator_data), step, |authenticator_data, bit| {
            refused(name, "authenticatorData", bit, judge(Authentication { authenticator_data, ..good.clone() }));
        });
        flips += flip(&good.client_data, whole(&good.client_data), step, |client_data, bit| {
            refused(name, "clientDataJSON", bit, judge(Authentication { client_data, ..good.clone() }));
        });
        flips += flip(&good.signature, whole(&good.signature), step, |signature, bit| {
            let code = refused(name, "signature", bit, judge(Authentication { signature, ..good.clone() }));
            assert_eq!(code, ErrorCode::SignatureInvalid, "{name}: bit {bit}");
        });
    }
    assert_eq!(all.len(), 26);
    assert!(flips > if exhaustive { 50_000 } else { 30_000 }, "{flips}");
}

#[test]
fn self_attested_registrations_do_not_survive_a_flipped_bit() {
    let Some(all) = supported() else { return };
    let mut flipped = 0;
    for vector in all.iter().filter(|vector| vector.expected.attestation_type == "Self") {
        let (name, rp, good) = (&*vector.name, vector.relying_party(), &vector.registration);
        let step = step(vector.algorithm().unwrap());
        let judge = |changed: Registration| vector.register(&rp, &changed);
        let whole_object = good.attestation_object.as_slice();
        let object = AttestationObject::parse(whole_object).unwrap();

        let signed = find(whole_object, object.auth_data);
        flip(&good.attestation_object, signed, step, |attestation_object, bit| {
            refused(name, "authData", bit, judge(Registration { attestation_object, ..good.clone() }));
        });
        flip(&good.client_data, whole(&good.client_data), step, |client_data, bit| {
            refused(name, "clientDataJSON", bit, judge(Registration { client_data, ..good.clone() }));
        });
        let signature = find(whole_object, &signature(object.att_stmt));
        flip(&good.attestation_object, signature, 1, |attestation_object, bit| {
            let code = refused(name, "sig", bit, judge(Registration { attestation_object, ..good.clone() }));
            assert_eq!(code, ErrorCode::AttestationSignatureInvalid, "{name}: bit {bit}");
        });
        flipped += 1;
    }
    assert_eq!(flipped, 2);
}

fn signature(statement: &[u8]) -> Vec<u8> {
    let statement: ciborium::Value = ciborium::from_reader(statement).unwrap();
    let entries = statement.into_map().unwrap();
    let sig = entries.into_iter().find(|(key, _)| key.as_text() == Some("sig")).unwrap().1;
    sig.into_bytes().unwrap()
}

/// Nothing is signed there; what the relying party compares has to be compared in full.
#[test]
fn unattested_registrations_do_not_survive_a_flipped_bit_of_what_is_compared() {
    let Some(all) = supported() else { return };
    let mut flipped = 0;
    for vector in all.iter().filter(|vector| vector.expected.format == "none") {
        let (name, rp, good) = (&*vector.name, vector.relying_party(), &vector.registration);
        let judge = |changed: Registration| vector.register(&rp, &changed);

        let whole_object = good.attestation_object.as_slice();
        let auth_data = find(whole_object, AttestationObject::parse(whole_object).unwrap().auth_data);
        let hash = auth_data.start..auth_data.start + 32;
        flip(&good.attestation_object, hash, 1, |attestation_object, bit| {
            let code = refused(name, "rpIdHash", bit, judge(Registration { attestation_object, ..good.clone() }));
            assert_eq!(code, ErrorCode::RpIdHashMismatch, "{name}: bit {bit}");
        });

        let text = std::str::from_utf8(good.client_data.as_slice()).unwrap();
        let client_data: serde_json::Value = serde_json::from_str(text).unwrap();
        for (member, code) in [
            ("type", ErrorCode::ClientDataTypeMismatch),
            ("challenge", ErrorCode::ChallengeMismatch),
            ("origin", ErrorCode::OriginMismatch),
            ("topOrigin", ErrorCode::TopOriginMismatch),
        ] {
            let Some(value) = client_data[member].as_str() else { continue };
            let range = find(text.as_bytes(), value.as_bytes());
            flip(&good.client_data, range, 1, |client_data, bit| {
                let found = refused(name, member, bit, judge(Registration { client_data, ..good.clone() }));
                // A flip may also break the JSON.
                assert!([code, ErrorCode::ClientDataNotJson].contains(&found), "{name}: bit {bit} of {member}: {}", found.as_str());
            });
        }
        flipped += 1;
    }
    assert_eq!(flipped, 5);
}
