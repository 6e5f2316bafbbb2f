//! A DER writer (ITU-T X.690) that writes what it is told: each function returns one complete element.
//!
//! It is what certificates, extensions and signatures of this module are made of, and what a test needs to make a
//! malformed one: join elements with `concat`, or write an element of any tag with [`tlv`].

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// An element with a one-byte tag, and the shortest form of the length.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    tagged(&[tag], content)
}

/// SEQUENCE of elements.
pub fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &elements.concat())
}

/// SET OF elements, in the order that DER demands: by their bytes.
pub fn set_of(elements: &[Vec<u8>]) -> Vec<u8> {
    let mut elements = elements.to_vec();
    elements.sort();
    tlv(0x31, &elements.concat())
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(0x01, &[if value { 0xff } else { 0 }])
}

/// INTEGER.
pub fn integer(value: i64) -> Vec<u8> {
    tlv(0x02, &twos_complement(value))
}

/// A non-negative INTEGER from big-endian bytes of any length, written minimally.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let digits = without_zeros(bytes);
    let needs_sign_octet = digits.first().is_none_or(|first| *first >= 0x80);
    let sign: &[u8] = if needs_sign_octet { &[0] } else { &[] };
    tlv(0x02, &[sign, digits].concat())
}

/// ENUMERATED.
pub fn enumerated(value: i64) -> Vec<u8> {
    tlv(0x0a, &twos_complement(value))
}

/// BIT STRING of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

/// BIT STRING whose bits with these numbers are set, without trailing zero bits; bit 0 comes first.
pub fn named_bits(numbers: &[u8]) -> Vec<u8> {
    let Some(last) = numbers.iter().copied().max() else {
        return bit_string(&[]);
    };
    let mut bytes = vec![0; usize::from(last / 8) + 1];
    for number in numbers {
        bytes[usize::from(number / 8)] |= 0x80 >> (number % 8);
    }
    tlv(0x03, &[&[7 - last % 8], bytes.as_slice()].concat())
}

/// OCTET STRING.
pub fn octet_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, bytes)
}

/// NULL.
pub fn null() -> Vec<u8> {
    tlv(0x05, &[])
}

/// UTF8String.
pub fn utf8_string(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

/// OBJECT IDENTIFIER, given in dotted form.
///
/// # Panics
/// If the text is not at least two numbers with dots between them.
pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().expect("numbers with dots between")).collect();
    let [first, second, rest @ ..] = arcs.as_slice() else { panic!("{dotted} has fewer than two numbers") };
    let mut content = base_128(first * 40 + second);
    rest.iter().for_each(|arc| content.extend(base_128(*arc)));
    tlv(0x06, &content)
}

/// An element inside of a context-specific tag: `[number] EXPLICIT`, or a constructed type under `[number] IMPLICIT`.
pub fn context(number: u32, content: &[u8]) -> Vec<u8> {
    tagged(&context_tag(0xa0, number), content)
}

/// A primitive type under `[number] IMPLICIT`.
pub fn context_primitive(number: u32, content: &[u8]) -> Vec<u8> {
    tagged(&context_tag(0x80, number), content)
}

/// A time in seconds since 1970, as X.509 wants it: UTCTime from 1950 to 2049, GeneralizedTime before and after.
pub fn time(unix_seconds: i64) -> Vec<u8> {
    let (year, month, day) = civil_date(unix_seconds.div_euclid(86_400));
    let second_of_day = unix_seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    match year {
        1950..=2049 => tlv(0x17, format!("{:02}{rest}", year % 100).as_bytes()),
        _ => generalized_time(&format!("{year:04}{rest}")),
    }
}

/// GeneralizedTime with this text.
pub fn generalized_time(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

/// The DER form of an ECDSA signature: SEQUENCE of the INTEGERs `r` and `s`.
///
/// Both are given as unsigned big-endian bytes of any length; the integers are written minimally. For a malformed
/// signature, edit the result or write the bytes by hand.
pub fn der_signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    sequence(&[unsigned(r), unsigned(s)])
}

/// Lower-case hexadecimal digits, as in names of test certificates.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tagged(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let mut out = tag.to_vec();
    if content.len() < 0x80 {
        out.push(content.len() as u8);
    } else {
        let length = content.len().to_be_bytes();
        let digits = without_zeros(&length);
        out.push(0x80 | digits.len() as u8);
        out.extend_from_slice(digits);
    }
    out.extend_from_slice(content);
    out
}

fn context_tag(class: u8, number: u32) -> Vec<u8> {
    match number {
        0..=30 => vec![class | number as u8],
        _ => [vec![class | 0x1f], base_128(number.into())].concat(),
    }
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..]
}

fn twos_complement(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let redundant = |pair: &[u8]| (pair[0] == 0 && pair[1] < 0x80) || (pair[0] == 0xff && pair[1] >= 0x80);
    let start = bytes.windows(2).take_while(|pair| redundant(pair)).count();
    bytes[start..].to_vec()
}

/// Seven bits to the byte, most significant first, the top bit set in all but the last.
fn base_128(number: u64) -> Vec<u8> {
    let digits = (64 - number.leading_zeros()).div_ceil(7).max(1);
    (0..digits).rev().map(|digit| (number >> (7 * digit)) as u8 & 0x7f | if digit > 0 { 0x80 } else { 0 }).collect()
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let is_leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    // The calendar repeats after 400 years of 146097 days.
    let (mut year, mut day) = (1970 + 400 * days.div_euclid(146_097), days.rem_euclid(146_097));
    while day >= 365 + i64::from(is_leap(year)) {
        day -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + i64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let samples: &[(i64, &[u8])] =
            &[(0, &[0]), (127, &[127]), (128, &[0, 128]), (256, &[1, 0]), (-1, &[255]), (-128, &[128]), (-129, &[255, 127])];
        for (number, content) in samples {
            assert_eq!(integer(*number), tlv(2, content), "{number}");
        }
        assert_eq!(unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(enumerated(1), [10, 1, 1]);
    }

    #[test]
    fn tags_and_lengths() {
        assert_eq!(context(1, &[]), [0xa1, 0]);
        assert_eq!(context(702, &integer(0)), [0xbf, 0x85, 0x3e, 3, 2, 1, 0]);
        assert_eq!(context_primitive(2, b"a"), [0x82, 1, b'a']);
        assert_eq!(octet_string(&[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(octet_string(&[0; 300])[..4], [4, 0x82, 1, 44]);
        assert_eq!(set_of(&[integer(3), integer(2)]), [0x31, 6, 2, 1, 2, 2, 1, 3]);
        assert_eq!(named_bits(&[5, 6]), [3, 2, 1, 6]);
        assert_eq!(named_bits(&[0]), [3, 2, 7, 0x80]);
        assert_eq!(named_bits(&[8]), [3, 3, 7, 0, 0x80]);
        assert_eq!(oid("1.3.6.1.4.1.45724.1.1.4"), [6, 11, 0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4]);
        assert_eq!(oid("2.23.133.8.3"), [6, 5, 0x67, 0x81, 5, 8, 3]);
    }

    #[test]
    fn times() {
        let samples = [
            (0, "700101000000Z"),
            (951_782_400, "000229000000Z"),
            (1_577_836_800, "200101000000Z"),
            (2_524_607_999, "491231235959Z"),
            (2_524_608_000, "20500101000000Z"),
            (-631_152_001, "19491231235959Z"),
            (33_260_976_000, "30240101000000Z"),
        ];
        for (seconds, text) in samples {
            assert_eq!(time(seconds)[2..], *text.as_bytes(), "{seconds}");
        }
    }
}
