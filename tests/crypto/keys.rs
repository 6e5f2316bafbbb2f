//! Public keys at their edges: every provider takes the same ones, and signatures under them.

use passkeeper::crypto::{HashAlgorithm, Scheme};
use passkeeper::parse::KeyMaterial;
use passkeeper::testing::{self, KeyAlgorithm, KeyPair, pkcs1v15_encoding, pss_encoding};
use passkeeper::types::Curve;
use rsa::BoxedUint;

use super::common::keys::{hex, minus, plus, power_of_two};
use super::{MESSAGE, OTHER, Verifier, prepare};

const PKCS1: Scheme = Scheme::RsaPkcs1(HashAlgorithm::Sha256);
const PSS: Scheme = Scheme::RsaPss(HashAlgorithm::Sha256);

/// An RSA key of any number of primes, with any exponent: more than authenticators make.
struct RsaKey {
    n: Vec<u8>,
    e: Vec<u8>,
    d: BoxedUint,
}

/// A big-endian number with room for so many bits.
fn number(bytes: &[u8], bits: usize) -> BoxedUint {
    BoxedUint::from_be_slice(bytes, u32::try_from(bits.next_multiple_of(64)).unwrap()).unwrap()
}

fn bit_len(bytes: &[u8]) -> usize {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap();
    (bytes.len() - first) * 8 - usize::try_from(bytes[first].leading_zeros()).unwrap()
}

impl RsaKey {
    fn new(primes: &[Vec<u8>], e: &[u8]) -> Self {
        let bits = primes.iter().map(|prime| bit_len(prime)).sum();
        let product = |less: u8| {
            let factors = primes.iter().map(|prime| number(&minus(prime, &[less]), bits));
            factors.reduce(|product, factor| product.wrapping_mul(&factor)).unwrap()
        };
        let totient = product(1).to_nz().into_option().unwrap();
        let d = number(e, bits).invert_mod(&totient).into_option().expect("an exponent that suits the primes");
        let n = product(0).to_be_bytes_trimmed_vartime().to_vec();
        Self { n, e: e.to_vec(), d }
    }

    /// Moduli of any length: a product of primes 2^k - 1 has as many bits as the sum of their k.
    fn of_mersenne_primes(exponents: &[usize], e: &[u8]) -> Self {
        let primes: Vec<_> = exponents.iter().map(|k| minus(&power_of_two(*k), &[1])).collect();
        Self::new(&primes, e)
    }

    fn sign(&self, encoded: &[u8]) -> Vec<u8> {
        let bits = bit_len(&self.n);
        let modulus = number(&self.n, bits).to_odd().into_option().unwrap();
        let power = number(encoded, bits).pow_mod(&self.d, &modulus).to_be_bytes();
        power[power.len() - self.n.len()..].to_vec()
    }

    fn verifier(&self, scheme: Scheme) -> Verifier {
        prepare(scheme, &KeyMaterial::Rsa { n: &self.n, e: &self.e }).unwrap()
    }

    fn works(&self, case: &str) {
        let bits = bit_len(&self.n);
        let sha256 = testing::HashAlgorithm::Sha256;
        let encodings =
            [(PKCS1, pkcs1v15_encoding(sha256, MESSAGE, bits.div_ceil(8))), (PSS, pss_encoding(sha256, MESSAGE, &[7; 32], bits))];
        for (scheme, encoded) in encodings {
            let case = format!("{case}, {bits} bits, {scheme:?}");
            let (verifier, signature) = (self.verifier(scheme), self.sign(&encoded));
            verifier.accepts(&case, MESSAGE, &signature);
            verifier.refuses(&case, OTHER, &signature);
            verifier.refuses(&case, MESSAGE, &signature[1..]);
            verifier.refuses(&case, MESSAGE, &[&[0], signature.as_slice()].concat());
        }
    }
}

const F4: &[u8] = &[1, 0, 1];

#[test]
fn rsa_moduli_of_usual_and_extreme_lengths_work() {
    let moduli: [(usize, &[usize]); 5] = [
        (2048, &[1279, 521, 127, 107, 7, 5, 2]),
        (3072, &[2281, 521, 127, 107, 31, 5]),
        (4096, &[2281, 1279, 521, 13, 2]),
        (7470, &[4253, 3217]),
        (8192, &[4423, 3217, 521, 31]),
    ];
    for (bits, primes) in moduli {
        assert_eq!(primes.iter().sum::<usize>(), bits);
        RsaKey::of_mersenne_primes(primes, F4).works("Mersenne primes");
    }
}

#[test]
fn rsa_exponents_from_3_to_32_bits_work() {
    // For 3, primes that leave a remainder of 2.
    let suitable = [plus(&power_of_two(1024), &643u16.to_be_bytes()), plus(&power_of_two(1028), &187u16.to_be_bytes())];
    for e in [&[3][..], &[17], F4, &[0xff, 0xff, 0xff, 0xfb], &[0x80, 0, 0, 0x0b]] {
        RsaKey::new(&suitable, e).works(&format!("exponent {e:02x?}"));
    }
    for e in [&[5][..], &[0x01, 0x0f]] {
        RsaKey::of_mersenne_primes(&[1279, 607, 127, 107], e).works(&format!("exponent {e:02x?}"));
    }
}

#[test]
fn other_rsa_keys_are_refused() {
    let n = KeyPair::from_seed(KeyAlgorithm::Rs256, 1).rsa_modulus();
    let of_bits = |bits: usize| plus(&power_of_two(bits - 1), &[1]);
    let mut even = n.clone();
    *even.last_mut().unwrap() &= 0xfe;
    let keys: Vec<(&str, Vec<u8>, Vec<u8>)> = vec![
        ("no exponent", n.clone(), vec![]),
        ("exponent 0", n.clone(), vec![0]),
        ("exponent 1", n.clone(), vec![1]),
        ("exponent 2", n.clone(), vec![2]),
        ("an even exponent", n.clone(), vec![1, 0, 0]),
        ("a zero before the exponent", n.clone(), vec![0, 1, 0, 1]),
        ("exponent 2^32 + 1", n.clone(), vec![1, 0, 0, 0, 1]),
        ("exponent 2^33 - 1", n.clone(), vec![1, 0xff, 0xff, 0xff, 0xff]),
        ("exponent 2^64 + 1", n.clone(), vec![1, 0, 0, 0, 0, 0, 0, 0, 1]),
        ("an exponent as long as the modulus", n.clone(), minus(&n, &[2])),
        ("no modulus", vec![], F4.to_vec()),
        ("modulus 0", vec![0], F4.to_vec()),
        ("modulus 1", vec![1], F4.to_vec()),
        ("512 bits", of_bits(512), F4.to_vec()),
        ("1024 bits", of_bits(1024), F4.to_vec()),
        ("2047 bits", of_bits(2047), F4.to_vec()),
        ("8193 bits", of_bits(8193), F4.to_vec()),
        ("16384 bits", of_bits(16384), F4.to_vec()),
        ("an even modulus", even, F4.to_vec()),
        ("a zero before the modulus", [&[0], n.as_slice()].concat(), F4.to_vec()),
    ];
    for scheme in [PKCS1, PSS] {
        assert!(prepare(scheme, &KeyMaterial::Rsa { n: &n, e: F4 }).is_ok());
        for (case, n, e) in &keys {
            let refused = prepare(scheme, &KeyMaterial::Rsa { n, e }).err().map(|error| error.code());
            assert_eq!(refused, Some("public-key-not-on-curve"), "{case}");
        }
    }
}

/// With an exponent of 3, whoever tolerates garbage behind the hash can be shown a cube: no private key is needed.
#[test]
fn cubes_with_garbage_behind_the_hash_are_refused() {
    let n = KeyPair::from_seed(KeyAlgorithm::Rs256, 1).rsa_modulus();
    let verifier = prepare(PKCS1, &KeyMaterial::Rsa { n: &n, e: &[3] }).unwrap();
    // 00 01 FF … 00 DigestInfo with the least padding.
    let block = pkcs1v15_encoding(testing::HashAlgorithm::Sha256, MESSAGE, 51 + 11);
    let low = [block.as_slice(), &[0; 256 - 62]].concat();
    let (low, high) = (number(&low, 2048), number(&[block.as_slice(), &[0xff; 256 - 62]].concat(), 2048));
    let root = cube_root(&low);
    let cube = root.wrapping_mul(&root).wrapping_mul(&root);
    assert!(cube >= low && cube <= high, "the forgery is what it is meant to be");
    let bytes = root.to_be_bytes();
    verifier.refuses("a cube", MESSAGE, &bytes[bytes.len() - 256..]);
}

/// The smallest number whose cube is not below this one; of 2048 bits, so that no cube on the way overflows.
fn cube_root(target: &BoxedUint) -> BoxedUint {
    let mut root = number(&[], 2048);
    for bit in (0..683u32).rev() {
        let larger = root.bitor(&number(&power_of_two(usize::try_from(bit).unwrap()), 2048));
        let cube = larger.wrapping_mul(&larger).wrapping_mul(&larger);
        if bit < 682 && cube < *target {
            root = larger;
        }
    }
    root.wrapping_add(number(&[1], 2048))
}

#[test]
fn points_off_the_curve_are_refused() {
    let primes = [
        (Curve::P256, KeyAlgorithm::Es256, hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")),
        (
            Curve::P384,
            KeyAlgorithm::Es384,
            minus(&plus(&minus(&minus(&power_of_two(384), &power_of_two(128)), &power_of_two(96)), &power_of_two(32)), &[1])[1..].to_vec(),
        ),
        (Curve::P521, KeyAlgorithm::Es512, minus(&power_of_two(521), &[1])),
    ];
    for (curve, algorithm, p) in primes {
        let scheme = Scheme::from(passkeeper::types::Algorithm::from_cose_id(algorithm.cose_id()).unwrap());
        let encoded = KeyPair::from_seed(algorithm, 4).cose_key().encode();
        let KeyMaterial::Ec { x, y, .. } = passkeeper::parse::CoseKey::parse(&encoded).unwrap().material else { panic!("an EC key") };
        let (x, y) = (x.to_vec(), y.to_vec());
        let len = curve.coordinate_len();
        let padded = |bytes: &[u8]| [vec![0; len - bytes.len()].as_slice(), bytes].concat();
        let mut other_y = y.clone();
        other_y[len - 1] ^= 1;
        let negative = minus(&p, &y);
        assert!(prepare(scheme, &KeyMaterial::Ec { curve, x: &x, y: &y }).is_ok());
        assert!(prepare(scheme, &KeyMaterial::Ec { curve, x: &x, y: &negative }).is_ok(), "-A is a point as well");
        let off = [
            ("0, 0: what infinity is written as", vec![0; len], vec![0; len]),
            ("x, 0", x.clone(), vec![0; len]),
            ("0, y", vec![0; len], y.clone()),
            ("y, x", y.clone(), x.clone()),
            ("x, y + 1", x.clone(), other_y),
            ("1, 1", padded(&[1]), padded(&[1])),
            ("p, y", p.clone(), y.clone()),
            ("x, p", x.clone(), p.clone()),
            ("ff, ff", vec![0xff; len], vec![0xff; len]),
            ("compressed", [&[2], &x[..len - 1]].concat(), x.clone()),
            ("a byte short", x[1..].to_vec(), y[1..].to_vec()),
            ("a zero before both", [&[0], x.as_slice()].concat(), [&[0], y.as_slice()].concat()),
            ("no y", x.clone(), vec![]),
            ("hybrid", [&[6], x.as_slice()].concat(), y[1..].to_vec()),
        ];
        for (case, x, y) in off {
            let refused = prepare(scheme, &KeyMaterial::Ec { curve, x: &x, y: &y }).err().map(|error| error.code());
            assert_eq!(refused, Some("public-key-not-on-curve"), "{curve:?}: {case}");
        }
        // The same coordinates, one of them a prime larger: only where they still fit. Of P-256 and P-384 that takes a point with
        // a small coordinate, and x = 0 has one.
        for (x, y, what) in coordinates_that_fit_twice(curve, &p) {
            assert!(prepare(scheme, &KeyMaterial::Ec { curve, x: &x, y: &y }).is_ok(), "{curve:?}: x = {what}");
            for (x, y) in [(plus(&x, &p), y.clone()), (plus(&p, &x), minus(&p, &y))] {
                let refused = prepare(scheme, &KeyMaterial::Ec { curve, x: &x, y: &y }).err().map(|error| error.code());
                assert_eq!(refused, Some("public-key-not-on-curve"), "{curve:?}: x = p + {what}");
            }
        }
    }
}

/// Points whose x is so small that x + p still has the length of a coordinate.
fn coordinates_that_fit_twice(curve: Curve, p: &[u8]) -> Vec<(Vec<u8>, Vec<u8>, u8)> {
    let len = p.len();
    let compressed = |x: u8| [&[2], vec![0; len - 1].as_slice(), &[x]].concat();
    let point = |x: u8| -> Option<Vec<u8>> {
        let sec1 = compressed(x);
        Some(match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(&sec1).ok()?.to_sec1_point(false).as_bytes().to_vec(),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(&sec1).ok()?.to_sec1_point(false).as_bytes().to_vec(),
            _ => p521::ecdsa::VerifyingKey::from_sec1_bytes(&sec1).ok()?.to_sec1_point(false).as_bytes().to_vec(),
        })
    };
    let found: Vec<_> =
        (0..20u8).filter_map(|x| Some((x, point(x)?))).map(|(x, point)| (point[1..=len].to_vec(), point[1 + len..].to_vec(), x)).collect();
    assert!(found.len() > 3, "{curve:?}: {}", found.len());
    found
}
