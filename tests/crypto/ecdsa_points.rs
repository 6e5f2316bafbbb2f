//! ECDSA where the points in between are special: made with the curves' own arithmetic.

use passkeeper::testing::{KeyAlgorithm, KeyPair, der_signature};

use super::common::keys::{minus, plus};
use super::{MESSAGE, OTHER, Verifier};

/// The smallest and the largest private keys: their public points are G, 2G, 3G and -G.
#[test]
fn extreme_keys_work() {
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Es512] {
        let order = algorithm.group_order().unwrap();
        for private in [vec![1], vec![2], vec![3], minus(order, &[1]), minus(order, &[2])] {
            let key = KeyPair::from_private_bytes(algorithm, &private);
            let verifier = Verifier::of(&key);
            let signature = key.sign(MESSAGE);
            verifier.accepts(&format!("{algorithm:?}"), MESSAGE, &signature);
            verifier.refuses(&format!("{algorithm:?}"), OTHER, &signature);
        }
    }
}

macro_rules! on_each_curve {
    ($($module:ident $curve:ident $algorithm:ident)*) => {$(
        mod $module {
            use ::$curve::elliptic_curve::PrimeField as _;
            use ::$curve::{FieldBytes, ProjectivePoint, Scalar, ecdsa::VerifyingKey};

            use super::*;

            const ALGORITHM: KeyAlgorithm = KeyAlgorithm::$algorithm;

            fn scalar(number: &[u8]) -> Scalar {
                let length = ALGORITHM.group_order().unwrap().len();
                let padded = [vec![0; length - number.len()].as_slice(), number].concat();
                Scalar::from_repr(FieldBytes::try_from(padded.as_slice()).unwrap()).into_option().unwrap()
            }

            fn digest() -> Scalar {
                scalar(&ALGORITHM.hash().digest(MESSAGE))
            }

            fn verifier(point: ProjectivePoint) -> Verifier {
                let encoded = VerifyingKey::from_affine(point.to_affine()).unwrap().to_sec1_point(false).as_bytes().to_vec();
                let (x, y) = encoded[1..].split_at(encoded.len() / 2);
                let mut key = KeyPair::from_seed(ALGORITHM, 0).cose_key();
                key.set(-2, x);
                key.set(-3, y);
                Verifier::of_cose_key(&key)
            }

            /// z + r·d = 0: the sum of the two products is the point at infinity, whatever s is.
            #[test]
            fn infinity_is_no_signature() {
                let private = [7; 20];
                let verifier = Verifier::of(&KeyPair::from_private_bytes(ALGORITHM, &private));
                let r = -(digest() * scalar(&private).invert().unwrap());
                for s in [1, 2, 255] {
                    verifier.refuses("infinity", MESSAGE, &der_signature(&r.to_repr(), &[s]));
                    verifier.refuses("infinity and r = 0", MESSAGE, &der_signature(&[0], &[s]));
                }
            }

            /// An x coordinate from n to p - 1 is longer than the r it becomes; too rare to ever meet by chance.
            #[test]
            fn r_is_the_x_coordinate_modulo_n() {
                let order = ALGORITHM.group_order().unwrap();
                let small = (1..=255u8).find(|small| point_of(&plus(order, &[*small])).is_some()).unwrap();
                let x = plus(order, &[small]);
                let (r, s) = (scalar(&[small]), scalar(&[3]));
                // The public key for which this r and s belong to the message.
                let public = (point_of(&x).unwrap() * s - ProjectivePoint::GENERATOR * digest()) * r.invert().unwrap();
                let verifier = verifier(public);
                verifier.accepts("reduced", MESSAGE, &der_signature(&[small], &[3]));
                verifier.refuses("not reduced", MESSAGE, &der_signature(&x, &[3]));
                verifier.refuses("another r", MESSAGE, &der_signature(&[small + 1], &[3]));
                verifier.refuses("another message", OTHER, &der_signature(&[small], &[3]));
            }

            fn point_of(x: &[u8]) -> Option<ProjectivePoint> {
                let key = VerifyingKey::from_sec1_bytes(&[&[2], x].concat()).ok()?;
                Some((*key.as_affine()).into())
            }
        }
    )*};
}
on_each_curve!(on_p256 p256 Es256 on_p384 p384 Es384 on_p521 p521 Es512);
