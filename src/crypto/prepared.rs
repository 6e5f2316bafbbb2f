//! What every provider's keys and signatures have to look like: the one place where differences of libraries are closed.

use alloc::boxed::Box;
use core::fmt;

use super::{InvalidKey, InvalidSignature, Scheme, SignatureScheme, VerifyingKey};
use crate::parse::KeyMaterial;
use crate::parse::cose_key::check_rsa;

/// A public key ready for use, to be kept by who verifies with it often.
///
/// Whatever the provider, it stands for this and nothing wider:
///
/// - ECDSA: the point is given by both coordinates, each of full length; the signature is strict DER (shortest lengths,
///   shortest non-negative numbers, nothing after them), and its s may be high.
/// - Ed25519: the key and R are encoded canonically and not of small order; s is below the order of the group; the signature
///   has 64 bytes.
/// - RSA: the modulus is odd and has 2048 to 8192 bits, the exponent is odd and 3 to 2^32 - 1, both without leading zeros;
///   the signature is as long as the modulus.
///
/// The rest is the provider's: that the point lies on its curve, that numbers are in range, and the equation itself.
pub struct PreparedKey {
    scheme: Scheme,
    signature: SignatureShape,
    key: Box<dyn VerifyingKey>,
}

impl PreparedKey {
    pub(super) fn new(scheme: &dyn SignatureScheme, key: &KeyMaterial<'_>) -> Result<Self, InvalidKey> {
        let signature = SignatureShape::under(scheme.scheme(), key).ok_or(InvalidKey)?;
        Ok(Self { scheme: scheme.scheme(), signature, key: scheme.prepare(key)? })
    }

    /// What it verifies.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Verifies a signature over the parts of a message, one after another as if they were joined.
    ///
    /// # Errors
    /// [`InvalidSignature`].
    pub fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        if !self.signature.is_that_of(signature) {
            return Err(InvalidSignature);
        }
        self.key.verify(message, signature)
    }
}

/// So that a scheme can wrap another provider's: to count its calls, say.
impl VerifyingKey for PreparedKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        Self::verify(self, message, signature)
    }
}

impl fmt::Debug for PreparedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreparedKey({:?})", self.scheme)
    }
}

/// The shape of a key's signatures.
#[derive(Clone, Copy)]
enum SignatureShape {
    Ecdsa,
    Ed25519,
    Rsa { modulus_len: usize },
}

impl SignatureShape {
    /// The shape of signatures under this key; `None` if the key has not the shape that the scheme asks for.
    fn under(scheme: Scheme, key: &KeyMaterial<'_>) -> Option<Self> {
        match (scheme, *key) {
            (Scheme::Ecdsa(asked, _), KeyMaterial::Ec { curve, x, y }) => {
                (asked == curve && [x.len(), y.len()] == [curve.coordinate_len(); 2]).then_some(Self::Ecdsa)
            }
            (Scheme::Ed25519, KeyMaterial::Ed25519 { x }) => is_strict_point(x).then_some(Self::Ed25519),
            (Scheme::RsaPkcs1(_) | Scheme::RsaPss(_), KeyMaterial::Rsa { n, e }) => {
                check_rsa(n, e).ok().map(|()| Self::Rsa { modulus_len: n.len() })
            }
            _ => None,
        }
    }

    fn is_that_of(self, signature: &[u8]) -> bool {
        match self {
            Self::Ecdsa => is_strict_ecdsa(signature),
            Self::Ed25519 => match signature.split_first_chunk() {
                Some((r, s)) => s.len() == r.len() && is_strict_point(r) && s.iter().rev().lt(ORDER),
                None => false,
            },
            Self::Rsa { modulus_len } => signature.len() == modulus_len,
        }
    }
}

/// Whether it is a SEQUENCE of two INTEGERs that are not negative, in strict DER with nothing after it. By hand, since it is
/// asked for every signature: a DER library takes fifteen times as long to say the same.
fn is_strict_ecdsa(signature: &[u8]) -> bool {
    let (len, numbers) = match signature {
        [0x30, 0x81, len @ (0x80..=0xff), numbers @ ..] | [0x30, len @ (..=0x7f), numbers @ ..] => (*len, numbers),
        _ => return false,
    };
    usize::from(len) == numbers.len() && after_number(numbers).and_then(after_number) == Some(&[])
}

/// What follows an INTEGER of at most 127 bytes, more than any curve has.
fn after_number(der: &[u8]) -> Option<&[u8]> {
    let [0x02, len @ (..=0x7f), rest @ ..] = der else { return None };
    let (number, rest) = rest.split_at_checked(usize::from(*len))?;
    match number {
        [] | [(0x80..=0xff), ..] | [0, (..=0x7f), ..] => None,
        _ => Some(rest),
    }
}

/// The order of Ed25519's group, big-endian: 2^252 and some.
const ORDER: &[u8; 32] = b"\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\xde\xf9\xde\xa2\xf7\x9c\xd6\x58\x12\x63\x1a\x5c\xf5\xd3\xed";

/// The y coordinates of the eight points of small order, little-endian: 0, 1, -1, and the two of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    *b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
];

/// Whether a point of Ed25519 is encoded by a y below the prime (2^255 - 19), and not of small order. Whether there is such a
/// point is the provider's question.
fn is_strict_point(encoded: &[u8; 32]) -> bool {
    let mut y = *encoded;
    // The sign of x.
    let [first, middle @ .., last] = &mut y;
    *last &= 0x7f;
    let at_least_prime = *first >= 0xed && middle.iter().all(|byte| *byte == 0xff) && *last == 0x7f;
    !at_least_prime && !SMALL_ORDER.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::super::spki::{two_numbers, two_numbers_der};
    use super::*;
    use crate::variations;

    #[test]
    fn an_ecdsa_signature_is_strict_if_a_der_library_says_so() {
        let numbers: [[&[u8]; 2]; 4] = [[&[0x11; 32], &[0x92; 32]], [&[0x91; 32], &[0x12; 31]], [&[1; 66], &[0xff; 65]], [&[0], &[0x80]]];
        for numbers in numbers {
            let signature = two_numbers_der(numbers).expect("DER");
            assert!(is_strict_ecdsa(&signature), "{signature:02x?}");
            for varied in variations::of(&signature) {
                assert_eq!(is_strict_ecdsa(&varied), two_numbers(&varied).is_ok(), "{varied:02x?}");
            }
        }
    }
}
