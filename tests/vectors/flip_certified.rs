//! Single flipped bits of registrations with certificates: what is accepted all the same says nothing else.
//!
//! Sampled unless `PASSKEEPER_EXHAUSTIVE` is set.

use std::collections::BTreeMap;
use std::ops::Range;

use passkeeper::parse::AttestationObject;
use passkeeper::types::Bytes;
use passkeeper::{Error, RelyingParty, Trust, VerifiedRegistration};

use crate::flip::{find, flip, whole};
use crate::real::{Registered, trusted};
use crate::w3c::{Ceremonies, Registration};
use crate::w3c_trust::{certified, x5c};

/// A prime, so that every bit of a byte has its turn.
fn step() -> usize {
    if std::env::var_os("PASSKEEPER_EXHAUSTIVE").is_some() { 1 } else { 31 }
}

/// A registration that is accepted, to compare with.
struct Original<'v> {
    vector: &'v Ceremonies,
    rp: RelyingParty,
    verified: VerifiedRegistration,
}

impl<'v> Original<'v> {
    fn new(vector: &'v Ceremonies) -> Self {
        let rp = vector.relying_party();
        let verified = vector.register(&rp, &vector.registration).unwrap();
        assert!(verified.trust().is_trusted());
        Self { vector, rp, verified }
    }

    fn object(&self) -> &'v Bytes {
        &self.vector.registration.attestation_object
    }

    /// Registers with another attestation object.
    fn judge(&self, attestation_object: Bytes) -> Result<VerifiedRegistration, Error> {
        self.vector.register(&self.rp, &Registration { attestation_object, ..self.vector.registration.clone() })
    }
}

/// Everything but the bytes of the statement is as it was.
fn assert_same(changed: &VerifiedRegistration, verified: &VerifiedRegistration, what: &str) {
    let (mut record, original) = (changed.record().clone(), verified.record());
    let auth_data = |bytes: &Option<Bytes>| AttestationObject::parse(bytes.as_ref().unwrap().as_slice()).unwrap().auth_data.to_vec();
    assert_eq!(auth_data(&record.attestation_object), auth_data(&original.attestation_object), "{what}");
    record.attestation_object = original.attestation_object.clone();
    assert_eq!(record, *original, "{what}");
    assert_eq!(changed.trust(), verified.trust(), "{what}");
    assert_eq!(changed.flags(), verified.flags(), "{what}");
}

/// What `fido-u2f` does not sign: flags, counter and AAGUID (§8.6 signs the RP ID, the credential ID and the key).
fn unsigned(object: &Bytes) -> Range<usize> {
    let parsed = AttestationObject::parse(object.as_slice()).unwrap();
    let auth_data = find(object.as_slice(), parsed.auth_data);
    if parsed.fmt == "fido-u2f" { auth_data.start + 32..auth_data.start + 53 } else { 0..0 }
}

/// Flips bits of a whole attestation object; how many flips there were, and how many were accepted without effect.
fn flip_object(
    name: &str,
    object: &Bytes,
    step: usize,
    verified: &VerifiedRegistration,
    judge: impl Fn(Bytes) -> Result<VerifiedRegistration, Error>,
) -> (usize, usize) {
    let (unsigned, mut accepted) = (unsigned(object), 0);
    let flips = flip(object, whole(object), step, |object, bit| {
        let Ok(changed) = judge(object) else { return };
        if unsigned.contains(&(bit / 8)) {
            // Of an unsigned part only this can be said: the key is the one that was attested.
            assert_eq!(changed.record().public_key, verified.record().public_key, "{name}: bit {bit}");
            assert_eq!(changed.record().credential_id, verified.record().credential_id, "{name}: bit {bit}");
            return;
        }
        assert_same(&changed, verified, &format!("{name}: bit {bit}"));
        accepted += 1;
    });
    (flips, accepted)
}

#[test]
fn a_flipped_bit_of_the_attestation_object_changes_nothing_that_is_trusted() {
    let Some(all) = certified() else { return };
    let (mut flips, mut accepted) = (0, 0);
    for vector in &all {
        let original = Original::new(vector);
        let counts = flip_object(&vector.name, original.object(), step(), &original.verified, |object| original.judge(object));
        (flips, accepted) = (flips + counts.0, accepted + counts.1);
    }
    println!("{flips} flips, {accepted} of them without effect");
    assert!(flips > if step() == 1 { 100_000 } else { 3_500 }, "{flips}");
}

/// The same over real devices: longer chains, SHA-1 in TPMs, and SafetyNet.
#[test]
fn a_flipped_bit_of_a_real_attestation_object_changes_nothing_that_is_trusted() {
    let Some(all) = trusted() else { return };
    let step = if step() == 1 { 5 } else { 509 };
    let (mut flips, mut accepted) = (0, 0);
    for Registered { capture, rp, verified } in &all {
        let object = capture.attestation_object();
        assert!(verified.trust().is_trusted());
        let counts = flip_object(&capture.name, &object, step, verified, |object| capture.register_object(rp, object));
        (flips, accepted) = (flips + counts.0, accepted + counts.1);
    }
    println!("{flips} flips, {accepted} of them without effect");
    assert!(flips > if step == 5 { 90_000 } else { 900 }, "{flips}");
}

#[test]
fn no_flipped_bit_of_authenticator_data_or_client_data_is_accepted() {
    let Some(all) = certified() else { return };
    for vector in &all {
        let (original, good) = (Original::new(vector), &vector.registration);
        let object = original.object().as_slice();
        let unsigned = unsigned(original.object());
        let auth_data = find(object, AttestationObject::parse(object).unwrap().auth_data);
        flip(original.object(), auth_data, step(), |object, bit| {
            let result = original.judge(object);
            assert!(result.is_err() || unsigned.contains(&(bit / 8)), "{}: bit {bit} of authData", vector.name);
        });
        flip(&good.client_data, whole(&good.client_data), step(), |client_data, bit| {
            let result = vector.register(&original.rp, &Registration { client_data, ..good.clone() });
            assert!(result.is_err(), "{}: bit {bit} of clientDataJSON", vector.name);
        });
    }
}

/// Of a certificate, everything is signed or is the signature.
#[test]
fn no_flipped_bit_of_a_certificate_is_accepted() {
    let Some(all) = certified() else { return };
    let mut certificates = 0;
    for vector in &all {
        let original = Original::new(vector);
        for certificate in x5c(vector) {
            let range = find(original.object().as_slice(), &certificate);
            flip(original.object(), range, step(), |object, bit| {
                let result = original.judge(object);
                assert!(result.is_err(), "{}: bit {bit} in a certificate", vector.name);
            });
            certificates += 1;
        }
    }
    assert_eq!(certificates, 16);
}

/// Members that the statement's format signs, or that are signatures themselves.
#[test]
fn no_flipped_bit_of_a_signed_member_is_accepted() {
    let Some(all) = certified() else { return };
    let mut members: BTreeMap<&str, usize> = BTreeMap::new();
    for vector in &all {
        let original = Original::new(vector);
        let object = original.object().as_slice();
        let statement: BTreeMap<String, ciborium::Value> =
            ciborium::from_reader(AttestationObject::parse(object).unwrap().att_stmt).unwrap();
        for name in ["sig", "certInfo", "pubArea"] {
            let Some(bytes) = statement.get(name).and_then(|value| value.as_bytes()) else { continue };
            flip(original.object(), find(object, bytes), step().div_ceil(4), |object, bit| {
                assert!(original.judge(object).is_err(), "{}: bit {bit} of {name}", vector.name);
            });
            *members.entry(name).or_default() += 1;
        }
    }
    assert_eq!(members, BTreeMap::from([("certInfo", 2), ("pubArea", 2), ("sig", 14)]));
}

/// A leaf that is pinned byte for byte is that leaf or nothing: its own signature need not even be looked at.
#[test]
fn a_flipped_bit_of_a_pinned_leaf_is_refused() {
    let Some(all) = certified() else { return };
    for vector in &all {
        let leaf = x5c(vector).remove(0);
        let anchors = crate::anchors::trust([passkeeper::x509::TrustAnchor::from_der(&leaf).unwrap()]);
        let rp = vector.relying_party_with(crate::anchors::lenient(), anchors);
        let good = &vector.registration;
        let verified = vector.register(&rp, good).unwrap();
        assert_eq!(*verified.trust(), Trust::Trusted { anchor: leaf.clone() });
        flip(&good.attestation_object, find(good.attestation_object.as_slice(), &leaf), step(), |attestation_object, bit| {
            let result = vector.register(&rp, &Registration { attestation_object, ..good.clone() });
            assert!(result.is_err(), "{}: bit {bit} of a pinned leaf", vector.name);
        });
    }
}
