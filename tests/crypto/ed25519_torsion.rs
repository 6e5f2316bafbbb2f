//! Ed25519 where A or R has a part of small order: verifiers that multiply by the cofactor take what others refuse. Here the
//! equation is the plain one, s B = R + k A, for all providers.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::{EdwardsPoint, Scalar};
use passkeeper::crypto::Scheme;
use passkeeper::parse::KeyMaterial;
use passkeeper::testing::HashAlgorithm;

use super::prepare;

/// R + `torsion_r` and s, by a key A + `torsion_a`; and whether the plain equation holds for them.
fn sign(private: Scalar, torsion_a: EdwardsPoint, torsion_r: EdwardsPoint, message: &[u8]) -> ([u8; 32], Vec<u8>, bool) {
    let base = EdwardsPoint::mul_base;
    let public = base(&private) + torsion_a;
    let nonce = Scalar::from_bytes_mod_order([message[0].wrapping_add(3); 32]);
    let r = base(&nonce) + torsion_r;
    let [public_bytes, r_bytes] = [public, r].map(|point| point.compress().to_bytes());
    let hashed = HashAlgorithm::Sha512.digest(&[&r_bytes, &public_bytes, message].concat());
    let challenge = Scalar::from_bytes_mod_order_wide(&hashed.try_into().unwrap());
    let s = nonce + challenge * private;
    (public_bytes, [r_bytes, s.to_bytes()].concat(), base(&s) == r + challenge * public)
}

#[test]
fn parts_of_small_order_count() {
    let private = Scalar::from_bytes_mod_order([11; 32]);
    let [mut held, mut failed] = [0; 2];
    for torsion_a in EIGHT_TORSION {
        for torsion_r in EIGHT_TORSION {
            for message in (0..8u8).map(|i| [i]) {
                let (x, signature, holds) = sign(private, torsion_a, torsion_r, &message);
                let verifier = prepare(Scheme::Ed25519, &KeyMaterial::Ed25519 { x: &x }).unwrap();
                assert_eq!(verifier.verifies(&message, &signature), holds, "{x:02x?}, {signature:02x?}");
                *(if holds { &mut held } else { &mut failed }) += 1;
            }
        }
    }
    // Both happen often, or this would show nothing.
    assert!(held > 40 && failed > 300, "{held} and {failed}");
}
