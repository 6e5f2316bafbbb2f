//! ECDSA: strict DER around numbers between 0 and n.

use passkeeper::testing::{KeyAlgorithm, KeyPair, der_signature};

use super::common::keys::{minus, plus, power_of_two};
use super::{MESSAGE, Verifier};

const CURVES: [KeyAlgorithm; 3] = [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Es512];

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    match content.len() {
        length @ 0..0x80 => [&[tag, u8::try_from(length).unwrap()], content].concat(),
        length => [&[tag, 0x81, u8::try_from(length).unwrap()], content].concat(),
    }
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn integer(content: &[u8]) -> Vec<u8> {
    tlv(0x02, content)
}

/// The content of a minimal INTEGER.
fn minimal(number: &[u8]) -> Vec<u8> {
    let digits = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    let sign: &[u8] = if digits.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    [sign, digits].concat()
}

/// A message whose signature has an r that needs a zero byte in front.
fn message_with_sign_byte(key: &KeyPair) -> Vec<u8> {
    let candidates = (0..=255u8).map(|i| [MESSAGE, &[i]].concat());
    let mut found = candidates.filter(|message| minimal(&key.ecdsa_r_s(message).0)[0] == 0);
    found.next().unwrap()
}

#[test]
fn both_values_of_s_are_accepted() {
    for algorithm in CURVES {
        for seed in 0..8 {
            let key = KeyPair::from_seed(algorithm, seed);
            let (r, s) = key.ecdsa_r_s(MESSAGE);
            let twin = key.negate_s(&s);
            assert_ne!(s, twin);
            for s in [s, twin] {
                Verifier::of(&key).accepts(&format!("{algorithm:?}"), MESSAGE, &der_signature(&r, &s));
            }
        }
    }
}

/// Short numbers have short encodings: one in 256 signatures of each kind.
#[test]
fn short_numbers_are_accepted() {
    let key = KeyPair::from_seed(KeyAlgorithm::Es256, 1);
    let verifier = Verifier::of(&key);
    let mut seen = [0; 2];
    for i in 0..2000u16 {
        let message = i.to_be_bytes();
        let (r, s) = key.ecdsa_r_s(&message);
        if r[0] == 0 || s[0] == 0 {
            seen[usize::from(r[0] != 0)] += 1;
            verifier.accepts("short", &message, &der_signature(&r, &s));
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn the_length_of_a_p521_signature_has_two_bytes() {
    let key = KeyPair::from_seed(KeyAlgorithm::Es512, 1);
    let signature = key.sign(MESSAGE);
    assert_eq!(signature[..2], [0x30, 0x81]);
    Verifier::of(&key).accepts("long form", MESSAGE, &signature);
}

#[test]
fn numbers_outside_of_the_group_are_refused() {
    for algorithm in CURVES {
        let key = KeyPair::from_seed(algorithm, 2);
        let (r, s) = key.ecdsa_r_s(MESSAGE);
        let order = algorithm.group_order().unwrap();
        let mut wrong =
            vec![("0".to_string(), vec![0]), ("1".into(), vec![1]), ("n - 1".into(), minus(order, &[1])), ("n".into(), order.to_vec())];
        wrong.extend((1..=8).map(|small: u8| (format!("n + {small}"), plus(order, &[small]))));
        wrong.push(("2n".into(), plus(order, order)));
        for exponent in [8 * order.len() - 1, 8 * order.len(), 8 * order.len() + 1, 1024] {
            wrong.push((format!("2^{exponent}"), power_of_two(exponent)));
            wrong.push((format!("2^{exponent} - 1"), minus(&power_of_two(exponent), &[1])));
        }
        let mut cases = Vec::new();
        for (name, number) in &wrong {
            cases.push((format!("{algorithm:?}: r = {name}"), der_signature(number, &s)));
            cases.push((format!("{algorithm:?}: s = {name}"), der_signature(&r, number)));
            cases.extend(wrong.iter().map(|(other, s)| (format!("{algorithm:?}: r = {name}, s = {other}"), der_signature(number, s))));
        }
        let n_less = |number: &[u8]| minus(order, number);
        cases.extend([
            // The same numbers modulo n.
            ("r + n".into(), der_signature(&plus(&r, order), &s)),
            ("s + n".into(), der_signature(&r, &plus(&s, order))),
            ("r + n, s + n".into(), der_signature(&plus(&r, order), &plus(&s, order))),
            ("r + 2n".into(), der_signature(&plus(&plus(&r, order), order), &s)),
            ("s + 2^k n".into(), der_signature(&r, &plus(&s, &[order, &[0; 8]].concat()))),
            ("-r mod n".into(), der_signature(&n_less(&r), &s)),
            ("-r and -s mod n".into(), der_signature(&n_less(&r), &n_less(&s))),
            ("r and s exchanged".into(), der_signature(&s, &r)),
            ("r twice".into(), der_signature(&r, &r)),
            ("s twice".into(), der_signature(&s, &s)),
            ("r + 1".into(), der_signature(&plus(&r, &[1]), &s)),
            ("s + 1".into(), der_signature(&r, &plus(&s, &[1]))),
            ("r followed by zeros".into(), der_signature(&[r.as_slice(), &[0; 4]].concat(), &s)),
            ("s cut by a byte".into(), der_signature(&r, &s[..s.len() - 1])),
        ]);
        Verifier::of(&key).refuses_all(MESSAGE, &der_signature(&r, &s), cases);
    }
}

#[test]
fn negative_numbers_are_refused() {
    for algorithm in CURVES {
        let key = KeyPair::from_seed(algorithm, 3);
        let message = message_with_sign_byte(&key);
        let (r, s) = key.ecdsa_r_s(&message);
        let (r, s) = (minimal(&r), minimal(&s));
        let negated = |number: &[u8]| plus(&number.iter().map(|byte| !byte).collect::<Vec<_>>(), &[1]);
        let cases = [
            ("missing zero in front of r", sequence(&[&integer(&r[1..]), &integer(&s)])),
            ("-r", sequence(&[&integer(&negated(&r)), &integer(&s)])),
            ("-s", sequence(&[&integer(&r), &integer(&negated(&s))])),
            ("-r and -s", sequence(&[&integer(&negated(&r)), &integer(&negated(&s))])),
            ("r = -1", sequence(&[&integer(&[0xff]), &integer(&s)])),
            ("s = -1", sequence(&[&integer(&r), &integer(&[0xff])])),
            ("r with a sign byte of ff", sequence(&[&integer(&[&[0xff], &r[1..]].concat()), &integer(&s)])),
        ];
        Verifier::of(&key).refuses_all(&message, &sequence(&[&integer(&r), &integer(&s)]), cases);
    }
}

#[test]
fn other_encodings_of_the_right_numbers_are_refused() {
    for algorithm in CURVES {
        let key = KeyPair::from_seed(algorithm, 4);
        let message = message_with_sign_byte(&key);
        let (r_number, s_number) = key.ecdsa_r_s(&message);
        let (r, s) = (minimal(&r_number), minimal(&s_number));
        let (r_int, s_int) = (integer(&r), integer(&s));
        let both = [r_int.clone(), s_int.clone()].concat();
        let length = u8::try_from(both.len()).unwrap();
        let valid = sequence(&[&both]);
        let zero = |number: &[u8]| integer(&[&[0], number].concat());
        let long = |number: &[u8]| [&[0x02, 0x81, u8::try_from(number.len()).unwrap()], number].concat();
        let longer = |number: &[u8]| [&[0x02, 0x82, 0, u8::try_from(number.len()).unwrap()], number].concat();
        let head = |head: &[u8]| [head, both.as_slice()].concat();
        let after = |tail: &[u8]| [valid.as_slice(), tail].concat();
        let inside = |tail: &[u8]| sequence(&[both.as_slice(), tail]);
        let tagged = |tag: u8| tlv(tag, &both);
        let mut cases = vec![
            ("a zero before r", sequence(&[&zero(&r), &s_int])),
            ("a zero before s", sequence(&[&r_int, &zero(&s)])),
            ("zeros before both", sequence(&[&zero(&r), &zero(&s)])),
            ("two zeros before r", sequence(&[&integer(&[&[0, 0], r.as_slice()].concat()), &s_int])),
            ("r a byte longer than the order", sequence(&[&integer(&[&[0; 2], r_number.as_slice()].concat()), &s_int])),
            ("long length of r", sequence(&[&long(&r), &s_int])),
            ("long length of s", sequence(&[&r_int, &long(&s)])),
            ("longer length of r", sequence(&[&longer(&r), &s_int])),
            ("longer length of s", sequence(&[&r_int, &longer(&s)])),
            ("length of three bytes", head(&[0x30, 0x82, 0, length])),
            ("length of five bytes", head(&[0x30, 0x84, 0, 0, 0, length])),
            ("length of nine bytes", head(&[0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, length])),
            ("length 2^32 more", head(&[0x30, 0x85, 1, 0, 0, 0, length])),
            ("length 2^64 more", head(&[0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, length])),
            ("length of 127 bytes", head(&[0x30, 0xff, length])),
            ("length one too large", head(&[0x30, 0x81, length + 1])),
            ("length one too small", head(&[0x30, 0x81, length - 1])),
            ("length 2^31 - 1", head(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])),
            ("length 2^64 - 1", head(&[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
            ("indefinite length", [&[0x30, 0x80], both.as_slice(), &[0, 0]].concat()),
            ("indefinite length without an end", head(&[0x30, 0x80])),
            ("indefinite length of r", sequence(&[&[2, 0x80], &r, &[0, 0], &s_int])),
            ("a byte after it", after(&[0])),
            ("NULL after it", after(&[5, 0])),
            ("end of contents after it", after(&[0, 0])),
            ("a byte inside", inside(&[0])),
            ("NULL inside", inside(&[5, 0])),
            ("end of contents inside", inside(&[0, 0])),
            ("a third number", inside(&[2, 1, 0])),
            ("r again", inside(&r_int)),
            ("NULL before r", sequence(&[&[5, 0], &both])),
            ("NULL between", sequence(&[&r_int, &[5, 0], &s_int])),
            ("a sequence in a sequence", sequence(&[&valid])),
            ("r alone", sequence(&[&r_int])),
            ("no numbers", sequence(&[])),
            ("empty numbers", sequence(&[&integer(&[]), &integer(&[])])),
            ("r empty", sequence(&[&integer(&[]), &s_int])),
            ("s empty", sequence(&[&r_int, &integer(&[])])),
            ("a set", tagged(0x31)),
            ("a primitive sequence", tagged(0x10)),
            ("a context tag", tagged(0xa0)),
            ("an application tag", tagged(0x70)),
            ("a long tag", [&[0x3f, 0x10], &valid[1..]].concat()),
            ("an octet string", tlv(4, &valid)),
            ("a bit string", tlv(3, &[&[0], valid.as_slice()].concat())),
            ("r an octet string", sequence(&[&tlv(4, &r), &s_int])),
            ("s an enumeration", sequence(&[&r_int, &tlv(10, &s)])),
            ("r a constructed integer", sequence(&[&tlv(0x22, &r_int), &s_int])),
            ("r || s", [r_number.clone(), s_number.clone()].concat()),
            ("r || s as numbers of DER", [r.clone(), s.clone()].concat()),
            ("both numbers, no sequence", both.clone()),
            ("as text", valid.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()),
        ];
        if length < 0x80 {
            cases.push(("length of two bytes", head(&[0x30, 0x81, length])));
        } else {
            cases.push(("length of one byte", head(&[0x30, length])));
        }
        Verifier::of(&key).refuses_all(&message, &valid, cases);
    }
}
