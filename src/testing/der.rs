//! The little DER that signatures and public keys need.

use super::Cbor;
use super::algorithm::KeyAlgorithm;
use alloc::vec::Vec;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

// Complete AlgorithmIdentifier values.
const EC_P256: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// The DER form of an ECDSA signature: SEQUENCE of the INTEGERs `r` and `s`.
///
/// Both are given as unsigned big-endian bytes of any length; the integers are written minimally. For a malformed
/// signature, edit the result or write the bytes by hand.
pub fn der_signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[unsigned(r), unsigned(s)].concat())
}

/// The SubjectPublicKeyInfo of a COSE key, if it is one that clients must be able to write: alg -7, -8 or -257.
pub(super) fn subject_public_key_info(cose_key: &Cbor) -> Option<Vec<u8>> {
    let bytes = |label: i64| match cose_key.get(label) {
        Some(Cbor::Bytes(bytes)) => Some(bytes.as_slice()),
        _ => None,
    };
    let Some(Cbor::Int(algorithm)) = cose_key.get(3) else {
        return None;
    };
    let (identifier, key) = match KeyAlgorithm::from_cose_id(*algorithm)? {
        KeyAlgorithm::Es256 => (EC_P256, [&[4], bytes(-2)?, bytes(-3)?].concat()),
        KeyAlgorithm::EdDsa => (ED25519, bytes(-2)?.to_vec()),
        KeyAlgorithm::Rs256 => {
            let numbers = [unsigned(bytes(-1)?), unsigned(bytes(-2)?)].concat();
            (RSA, tlv(SEQUENCE, &numbers))
        }
        _ => return None,
    };
    let key = tlv(BIT_STRING, &[&[0], key.as_slice()].concat());
    Some(tlv(SEQUENCE, &[identifier, &key].concat()))
}

/// A non-negative INTEGER from big-endian bytes.
fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = &bytes[zeros..];
    let needs_sign_octet = digits.first().is_none_or(|first| *first >= 0x80);
    let sign: &[u8] = if needs_sign_octet { &[0] } else { &[] };
    tlv(INTEGER, &[sign, digits].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::from([tag]);
    if content.len() < 0x80 {
        out.push(content.len() as u8);
    } else {
        let length = content.len().to_be_bytes();
        let digits = &length[length.iter().take_while(|byte| **byte == 0).count()..];
        out.push(0x80 | digits.len() as u8);
        out.extend_from_slice(digits);
    }
    out.extend_from_slice(content);
    out
}
