//! Ed25519: one encoding for each number and point, and no point of small order.

use passkeeper::crypto::Scheme;
use passkeeper::parse::KeyMaterial;
use passkeeper::testing::{HashAlgorithm, KeyAlgorithm, KeyPair};
use rsa::BoxedUint;

use super::common::keys::{hex, minus, plus};
use super::{MESSAGE, Verifier, prepare};

const PRIVATE: [u8; 32] = [42; 32];

fn key() -> KeyPair {
    KeyPair::from_private_bytes(KeyAlgorithm::EdDsa, &PRIVATE)
}

/// The order L of the group, big-endian.
fn order() -> Vec<u8> {
    hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")
}

/// 2^255 - 19, big-endian.
fn field_prime() -> Vec<u8> {
    hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")
}

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

/// The encoding of a point: y, and whether x is odd.
fn point(y: &[u8], x_is_odd: bool) -> Vec<u8> {
    let mut bytes = reversed(y);
    bytes.resize(32, 0);
    bytes[31] |= u8::from(x_is_odd) << 7;
    bytes
}

/// The points of order 1, 2, 4 and 8 in their canonical encodings.
fn small_order() -> Vec<Vec<u8>> {
    let y8 = hex("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7");
    let other_y8 = minus(&field_prime(), &y8);
    let minus_one = minus(&field_prime(), &[1]);
    let mut points = vec![point(&[1], false), point(&minus_one, false)];
    for y in [vec![0], y8, other_y8] {
        points.extend([point(&y, false), point(&y, true)]);
    }
    points
}

/// Every encoding with y from p to 2^255 - 1, and the ones of x = 0 with the sign bit: whether or not there is such a point.
fn non_canonical() -> Vec<Vec<u8>> {
    let too_large = (0..19u8).map(|more| plus(&field_prime(), &[more]));
    let mut points: Vec<_> = too_large.flat_map(|y| [point(&y, false), point(&y, true)]).collect();
    points.extend([point(&[1], true), point(&minus(&field_prime(), &[1]), true)]);
    points
}

fn number(big_endian: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice(big_endian, 512).unwrap()
}

/// The private scalar times the hash of R, A and the message, modulo L: the s that solves the verification equation if
/// R is the neutral point. Little-endian.
fn s_for_neutral_r(r: &[u8]) -> Vec<u8> {
    let order = number(&order()).to_nz().into_option().unwrap();
    let hash = |bytes: &[u8]| HashAlgorithm::Sha512.digest(bytes);
    let mut private = hash(&PRIVATE)[..32].to_vec();
    private[0] &= 0xf8;
    private[31] = private[31] & 0x3f | 0x40;
    let public = public_key();
    let challenge = hash(&[r, &public, MESSAGE].concat());
    let [private, challenge] = [private, challenge].map(|bytes| number(&reversed(&bytes)).rem(&order));
    let s = private.mul_mod(&challenge, &order).to_be_bytes();
    reversed(&s)[..32].to_vec()
}

fn public_key() -> Vec<u8> {
    match key().cose_key().get(-2) {
        Some(passkeeper::testing::Cbor::Bytes(bytes)) => bytes.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_other_s_is_refused() {
    let valid = key().sign(MESSAGE);
    let (r, s) = valid.split_at(32);
    let s = reversed(s);
    let with = |number: &[u8]| [r, &point(number, false)].concat();
    let mut cases: Vec<_> = (1..16u8)
        .map(|times| {
            let sum = (0..times).fold(s.clone(), |sum, _| plus(&sum, &order()));
            (format!("s + {times} L"), sum)
        })
        .take_while(|(_, sum)| sum.len() == 32)
        .map(|(name, sum)| (name, with(&sum)))
        .collect();
    assert!(cases.len() >= 14, "{}", cases.len());
    cases.extend([
        ("L - s".into(), with(&minus(&order(), &s))),
        ("s = 0".into(), with(&[])),
        ("s = 1".into(), with(&[1])),
        ("s = L - 1".into(), with(&minus(&order(), &[1]))),
        ("s = L".into(), with(&order())),
        ("s = L + 1".into(), with(&plus(&order(), &[1]))),
        ("s = 2^256 - 1".into(), with(&[0xff; 32])),
        ("s + 1".into(), with(&plus(&s, &[1]))),
        ("s big-endian".into(), [r, &s].concat()),
        ("R and s exchanged".into(), [point(&s, false).as_slice(), r].concat()),
        ("R twice".into(), [r, r].concat()),
        ("all zero".into(), vec![0; 64]),
        ("63 bytes".into(), valid[..63].to_vec()),
        ("65 bytes".into(), [valid.as_slice(), &[0]].concat()),
        ("as DER".into(), passkeeper::testing::der_signature(r, &valid[32..])),
    ]);
    for bit in 253..256 {
        let mut high = valid.clone();
        high[32 + bit / 8] |= 1 << (bit % 8);
        cases.push((format!("s with bit {bit}"), high));
    }
    Verifier::of(&key()).refuses_all(MESSAGE, &valid, cases);
}

#[test]
fn an_r_of_small_order_or_of_another_encoding_is_refused() {
    let valid = key().sign(MESSAGE);
    let mut cases = Vec::new();
    for r in small_order().into_iter().chain(non_canonical()) {
        let name = format!("R = {r:02x?}");
        cases.push((name.clone(), [r.as_slice(), &valid[32..]].concat()));
        // For the neutral point the equation holds; for the others it does if the cofactor is multiplied in.
        cases.push((format!("{name}, s that fits"), [r.as_slice(), &s_for_neutral_r(&r)].concat()));
        cases.push((format!("{name}, s = 0"), [r.as_slice(), &[0; 32]].concat()));
    }
    let mut other_sign = valid.clone();
    other_sign[31] ^= 0x80;
    cases.push(("-R".into(), other_sign));
    Verifier::of(&key()).refuses_all(MESSAGE, &valid, cases);
}

/// A check of the arithmetic above: with R + kA in mind, the neutral point must satisfy the plain equation.
#[test]
fn a_lenient_verifier_would_take_the_neutral_r() {
    use ed25519_dalek::Verifier as _;
    let neutral = point(&[1], false);
    let signature = [neutral.as_slice(), &s_for_neutral_r(&neutral)].concat();
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(public_key().as_slice().try_into().unwrap()).unwrap();
    lenient.verify(MESSAGE, &signature.as_slice().try_into().unwrap()).unwrap();
    Verifier::of(&key()).refuses("neutral R", MESSAGE, &signature);
}

/// Another check: the points are the ones they are meant to be.
#[test]
fn the_points_of_small_order_are_well_known() {
    let points = small_order();
    for x in &points {
        let point = ed25519_dalek::VerifyingKey::from_bytes(x.as_slice().try_into().unwrap()).unwrap();
        assert!(point.is_weak(), "{x:02x?}");
    }
    assert_eq!(points.iter().collect::<std::collections::BTreeSet<_>>().len(), 8);
}

#[test]
fn keys_of_small_order_and_other_encodings_are_refused() {
    let mut no_point = vec![point(&[2], false), point(&[2], true)];
    no_point.push(vec![0xff; 32]);
    let keys = small_order().into_iter().chain(non_canonical()).chain(no_point);
    let mut count = 0;
    for x in keys {
        let refused = prepare(Scheme::Ed25519, &KeyMaterial::Ed25519 { x: x.as_slice().try_into().unwrap() }).err();
        assert_eq!(refused.map(|error| error.code()), Some("public-key-not-on-curve"), "{x:02x?}");
        count += 1;
    }
    assert_eq!(count, 8 + 40 + 3);
}

/// RFC 8032, section 7.1: the first three vectors.
#[test]
fn the_vectors_of_rfc_8032_are_accepted() {
    let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    for (private, public, message, signature) in vectors {
        let key = KeyPair::from_private_bytes(KeyAlgorithm::EdDsa, &hex(private));
        let mut cose_key = key.cose_key();
        cose_key.set(-2, hex(public));
        assert_eq!(cose_key, key.cose_key());
        Verifier::of_cose_key(&cose_key).accepts("RFC 8032", &hex(message), &hex(signature));
    }
}
