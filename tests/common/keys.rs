//! Keys and numbers that the virtual authenticator does not make by itself.

use passkeeper::testing::{KeyAlgorithm, KeyPair};

/// For each m from 1022 on, the c that makes 2^m + c the next prime.
const NEXT_PRIMES: [(usize, u16); 12] = [
    (1022, 1443),
    (1023, 1155),
    (1024, 643),
    (1025, 1481),
    (1026, 537),
    (1027, 855),
    (1028, 187),
    (1029, 639),
    (1030, 603),
    (1031, 23),
    (1032, 877),
    (1033, 227),
];

/// A key whose modulus has exactly `bits` bits: 2046 to 2056. Its highest bit is followed by about a thousand zeros.
pub fn rsa_key_of_bits(algorithm: KeyAlgorithm, bits: usize) -> KeyPair {
    KeyPair::from_rsa_primes(algorithm, &prime(1022), &prime(bits - 1023))
}

/// A key with a modulus of 3482 bits, the product of 2^2203 - 1 and 2^1279 - 1.
pub fn rsa_key_of_3482_bits(algorithm: KeyAlgorithm) -> KeyPair {
    let mersenne = |bits: usize| {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        bytes[0] >>= bytes.len() * 8 - bits;
        bytes
    };
    KeyPair::from_rsa_primes(algorithm, &mersenne(2203), &mersenne(1279))
}

fn prime(exponent: usize) -> Vec<u8> {
    let (_, end) = NEXT_PRIMES.iter().find(|(m, _)| *m == exponent).unwrap();
    plus(&power_of_two(exponent), &end.to_be_bytes())
}

/// 2^exponent, big-endian.
pub fn power_of_two(exponent: usize) -> Vec<u8> {
    let mut bytes = vec![0; exponent / 8 + 1];
    bytes[0] = 1 << (exponent % 8);
    bytes
}

/// The sum of two big-endian numbers, as long as the longer one, or one byte longer when it does not fit.
pub fn plus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let mut sum = long.to_vec();
    let mut carry = 0;
    for (i, digit) in sum.iter_mut().rev().enumerate() {
        let other = short.len().checked_sub(i + 1).map_or(0, |at| short[at]);
        let total = u16::from(*digit) + u16::from(other) + carry;
        *digit = u8::try_from(total & 0xff).unwrap();
        carry = total >> 8;
    }
    if carry == 1 {
        sum.insert(0, 1);
    }
    sum
}

/// `a` - `b`, as long as `a`; `b` is neither longer nor larger.
pub fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut difference = a.to_vec();
    let mut borrow = false;
    for (i, digit) in difference.iter_mut().rev().enumerate() {
        let other = b.len().checked_sub(i + 1).map_or(0, |at| b[at]);
        let (partial, first) = digit.overflowing_sub(other);
        let (result, second) = partial.overflowing_sub(borrow.into());
        (*digit, borrow) = (result, first || second);
    }
    assert!(!borrow);
    difference
}

/// Lower- or upper-case hexadecimal; blanks are skipped.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter(|c| !c.is_whitespace()).map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
