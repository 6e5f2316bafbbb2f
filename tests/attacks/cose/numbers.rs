//! Points and RSA numbers: what the parser and the provider refuse.

use passkeeper::testing::{AttestationKind, Cbor, KeyAlgorithm};

use super::{EC, accept, bytes, case, offered, refuse_everywhere, registering, set, signing_in, with_key};
use crate::common::keys::{hex, minus, plus, power_of_two, rsa_key_of_3482_bits, rsa_key_of_bits};
use crate::common::*;

#[test]
fn compressed_y() {
    let mut cases = Vec::new();
    for kind in EC {
        for y in [false, true] {
            cases.push(set("y is a sign bit", kind, "public-key-compressed-point", -3, y));
        }
        cases.push(case("x is a compressed point", kind, "public-key-coordinate-length", |key| {
            key.set(-2, [&[2], bytes(key, -2).as_slice()].concat());
        }));
        cases.push(case("x is a compressed point, no y", kind, "public-key-coordinate-length", |key| {
            key.set(-2, [&[3], bytes(key, -2).as_slice()].concat());
            key.remove(-3);
        }));
        cases.push(case("x is the whole point", kind, "public-key-coordinate-length", |key| {
            key.set(-2, [&[4], bytes(key, -2).as_slice(), &bytes(key, -3)].concat());
        }));
        cases.push(set("y empty", kind, "public-key-coordinate-length", -3, Cbor::bytes([])));
    }
    refuse_everywhere(cases);
}

#[test]
fn off_curve_and_infinity() {
    let mut cases = Vec::new();
    let case = |name: &str, kind, change: fn(&mut Cbor)| case(name, kind, "public-key-not-on-curve", change);
    for kind in EC {
        cases.push(case("x changed", kind, |key| flip(key, -2, 0)));
        cases.push(case("y changed", kind, |key| flip(key, -3, 0)));
        cases.push(case("y changed at its end", kind, |key| {
            let last = bytes(key, -3).len() - 1;
            flip(key, -3, last);
        }));
        cases.push(case("x and y exchanged", kind, |key| {
            let (x, y) = (bytes(key, -2), bytes(key, -3));
            key.set(-2, y);
            key.set(-3, x);
        }));
        cases.push(case("y = x", kind, |key| key.set(-3, bytes(key, -2))));
        for (name, x, y) in [("infinity", 0, 0), ("(1, 1)", 1, 1), ("(0, 1)", 0, 1), ("(1, 0)", 1, 0)] {
            cases.push(self::case(name, kind, "public-key-not-on-curve", move |key| {
                let length = bytes(key, -2).len();
                let number = |n: u8| [vec![0; length - 1].as_slice(), &[n]].concat();
                key.set(-2, number(x));
                key.set(-3, number(y));
            }));
        }
        cases.push(case("x = 0", kind, |key| key.set(-2, vec![0; bytes(key, -2).len()])));
        cases.push(case("y = 0", kind, |key| key.set(-3, vec![0; bytes(key, -3).len()])));
    }
    // The base point of secp256k1, a curve of the same size.
    cases.push(case("a point of secp256k1", KeyAlgorithm::Es256, |key| {
        key.set(-2, hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"));
        key.set(-3, hex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"));
    }));
    refuse_everywhere(cases);
}

fn flip(key: &mut Cbor, label: i64, at: usize) {
    let mut number = bytes(key, label);
    number[at] ^= 1;
    key.set(label, number);
}

/// The prime of the curve's field.
fn field_prime(algorithm: KeyAlgorithm) -> Vec<u8> {
    match algorithm {
        KeyAlgorithm::Es256 => hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
        KeyAlgorithm::Es384 => hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff"),
        _ => minus(&power_of_two(521), &[1]),
    }
}

/// A coordinate and that coordinate plus p are the same number modulo p; only the first is a coordinate.
#[test]
fn coordinate_not_below_p() {
    // Points with an x so small that x + p has the same length.
    let small = [
        (KeyAlgorithm::Es256, 5u8, "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"),
        (KeyAlgorithm::Es384, 2, "8cdeadbbd04911a3c1931e26df3fa6439dca9c7eb286fbd46fc319f0e2bb780232baf57825fc0c1912ada2fefe84024c"),
    ];
    let mut cases = Vec::new();
    for (kind, x, y) in small {
        let small_x = [vec![0; hex(y).len() - 1].as_slice(), &[x]].concat();
        accept("a small x", kind, |key| {
            key.set(-2, small_x.clone());
            key.set(-3, hex(y));
        });
        cases.push(case("x + p", kind, "public-key-not-on-curve", move |key| {
            key.set(-2, plus(&field_prime(kind), &[x]));
            key.set(-3, hex(y));
        }));
    }
    for label in [-2, -3] {
        cases.push(case(format!("label {label} plus p"), KeyAlgorithm::Es512, "public-key-not-on-curve", move |key| {
            key.set(label, plus(&field_prime(KeyAlgorithm::Es512), &bytes(key, label)));
        }));
        for kind in EC {
            cases.push(case(format!("label {label} is p"), kind, "public-key-not-on-curve", move |key| key.set(label, field_prime(kind))));
            cases.push(case(format!("label {label} is the largest number"), kind, "public-key-not-on-curve", move |key| {
                key.set(label, vec![0xff; bytes(key, label).len()]);
            }));
        }
    }
    refuse_everywhere(cases);
}

type Resize = fn(&[u8]) -> Vec<u8>;

#[test]
fn coordinates_of_the_wrong_length() {
    let mut cases = Vec::new();
    for kind in EC.into_iter().chain([KeyAlgorithm::EdDsa]) {
        let labels: &[i64] = if kind == KeyAlgorithm::EdDsa { &[-2] } else { &[-2, -3] };
        for &label in labels {
            let changes: [(&str, Resize); 6] = [
                ("empty", |_| vec![]),
                ("first byte cut", |number| number[1..].to_vec()),
                ("last byte cut", |number| number[..number.len() - 1].to_vec()),
                ("zero before", |number| [&[0], number].concat()),
                ("zero after", |number| [number, &[0]].concat()),
                ("twice", |number| [number, number].concat()),
            ];
            cases.extend(changes.map(|(name, change)| {
                case(format!("label {label}, {name}"), kind, "public-key-coordinate-length", move |key| {
                    key.set(label, change(&bytes(key, label)))
                })
            }));
        }
    }
    refuse_everywhere(cases);
}

#[test]
fn rsa_modulus() {
    let rs256 = KeyAlgorithm::Rs256;
    let n = |name: &str, code, modulus: Vec<u8>| set(name, rs256, code, -1, modulus);
    let odd = |bits: usize| plus(&power_of_two(bits - 1), &[1]);
    let of_key = |bits| rsa_key_of_bits(rs256, bits).rsa_modulus();
    let even = |key: &mut Cbor| flip(key, -1, 255);
    refuse_everywhere(vec![
        n("empty", "public-key-rsa-too-small", vec![]),
        n("1", "public-key-rsa-too-small", vec![1]),
        n("512 bits", "public-key-rsa-too-small", odd(512)),
        n("1024 bits", "public-key-rsa-too-small", odd(1024)),
        n("2040 bits", "public-key-rsa-too-small", odd(2040)),
        n("2046 bits", "public-key-rsa-too-small", of_key(2046)),
        n("2047 bits", "public-key-rsa-too-small", of_key(2047)),
        n("8193 bits", "public-key-rsa-too-large", odd(8193)),
        n("8200 bits", "public-key-rsa-too-large", odd(8200)),
        n("16384 bits", "public-key-rsa-too-large", odd(16384)),
        n("even, 2048 bits", "public-key-rsa-even-modulus", minus(&odd(2048), &[1])),
        n("even, 8192 bits", "public-key-rsa-even-modulus", minus(&odd(8192), &[1])),
        case("last bit cleared", rs256, "public-key-rsa-even-modulus", even),
        case("leading zero", rs256, "public-key-rsa-leading-zero", |key| key.set(-1, [&[0], bytes(key, -1).as_slice()].concat())),
        n("zero", "public-key-rsa-leading-zero", vec![0]),
        n("2047 bits and a leading zero", "public-key-rsa-leading-zero", [&[0], of_key(2047).as_slice()].concat()),
        n("256 zeros", "public-key-rsa-leading-zero", vec![0; 256]),
    ]);
    for (name, modulus) in [("2048 bits", odd(2048)), ("2049 bits", odd(2049)), ("8191 bits", odd(8191)), ("8192 bits", odd(8192))] {
        accept(name, rs256, |key| key.set(-1, modulus.clone()));
    }
}

#[test]
fn rsa_exponent() {
    let rs256 = KeyAlgorithm::Rs256;
    let e = |name: &str, exponent: &[u8]| set(name, rs256, "public-key-rsa-exponent", -2, exponent);
    let zero = |name: &str, exponent: &[u8]| set(name, rs256, "public-key-rsa-leading-zero", -2, exponent);
    refuse_everywhere(vec![
        e("empty", &[]),
        e("1", &[1]),
        e("2", &[2]),
        e("4", &[4]),
        e("65536", &[1, 0, 0]),
        e("65538", &[1, 0, 2]),
        e("2^32 - 2", &[0xff, 0xff, 0xff, 0xfe]),
        e("2^32 + 1", &[1, 0, 0, 0, 1]),
        e("2^33 + 1", &[2, 0, 0, 0, 1]),
        e("2^64 + 1", &[1, 0, 0, 0, 0, 0, 0, 0, 1]),
        e("as long as the modulus", &[0x7f; 256]),
        e("longer than the modulus", &[0xff; 300]),
        zero("0", &[0]),
        zero("three zeros", &[0, 0, 0]),
        zero("leading zero", &[0, 1, 0, 1]),
        zero("0 and 1", &[0, 1]),
    ]);
    for (name, exponent) in [("3", vec![3]), ("17", vec![17]), ("257", vec![1, 1]), ("2^32 - 1", vec![0xff; 4])] {
        accept(name, rs256, |key| key.set(-2, exponent.clone()));
    }
}

/// Real keys whose length is no multiple of eight bits, with self attestation and a sign-in.
#[test]
fn rsa_of_odd_lengths_is_accepted() {
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256] {
        let keys = [2048, 2049, 2050, 2055].map(|bits| rsa_key_of_bits(algorithm, bits));
        for key in keys.into_iter().chain([rsa_key_of_3482_bits(algorithm)]) {
            let registering = registering(algorithm, AttestationKind::PackedSelf).change(|draft| with_key(draft, key.clone()));
            let record = registering.verify().unwrap().into_record();
            let (signing_in, _) = signing_in(algorithm);
            let public_key = record.public_key;
            let _ =
                signing_in.change_record(|record| record.public_key = public_key).change(|draft| draft.set_signer(key)).verify().unwrap();
        }
    }
}

/// A key of 2047 bits is refused although it signs properly.
#[test]
fn rsa_below_2048_with_a_good_signature() {
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256] {
        let key = rsa_key_of_bits(algorithm, 2047);
        let registering = registering(algorithm, AttestationKind::PackedSelf).change(|draft| with_key(draft, key.clone()));
        assert_refused(registering.verify(), "public-key-rsa-too-small", "7.1/20");
        if offered(algorithm) {
            let error = Backend::new().refuse_registration(|draft| {
                with_key(draft, key);
                draft.attestation = AttestationKind::PackedSelf;
            });
            assert_eq!((error.code(), error.spec_step()), ("public-key-rsa-too-small", Some("7.1/20")), "{algorithm:?}, facade");
        }
    }
}

#[test]
fn ed25519_points() {
    let little_endian = |text: &str| hex(text).into_iter().rev().collect::<Vec<u8>>();
    let prime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
    let prime_and = |more: u8| plus(&hex(prime), &[more]).into_iter().rev().collect::<Vec<u8>>();
    let mut cases = Vec::new();
    for kind in [KeyAlgorithm::EdDsa, KeyAlgorithm::Ed25519] {
        let x = |name: &str, point: Vec<u8>| set(name, kind, "public-key-not-on-curve", -2, point);
        let mut one = vec![0; 32];
        one[0] = 1;
        let mut two = one.clone();
        two[0] = 2;
        cases.extend([
            x("order 1", one),
            x("order 2", little_endian("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec")),
            x("order 4", vec![0; 32]),
            x("order 4, other sign", [vec![0; 31], vec![0x80]].concat()),
            x("order 8", hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")),
            x("order 8, other sign", hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")),
            x("order 8, other y", hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
            x("order 8, other y and sign", hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")),
            x("no point", two),
            x("all ones", vec![0xff; 32]),
        ]);
        cases.extend((0..19).map(|more| x(&format!("y = p + {more}"), prime_and(more))));
    }
    refuse_everywhere(cases);
}
