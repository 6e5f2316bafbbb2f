//! Certificates: dates, names, serial numbers, signatures, encoding.

use passkeeper::testing::{HashAlgorithm, KeyAlgorithm, KeyPair, StringType, der, oid};

use super::On::{Each, Issued};
use super::{Fault, fault};
use crate::chain::{DAY, Draft, NOW};

pub(super) const FAULTS: &[Fault] = &[
    // Dates.
    fault("expired", Each, |draft, at| draft.level(at).not_after = NOW - 1),
    fault("in its last second", Each, |draft, at| draft.level(at).not_after = NOW),
    fault("not yet valid", Each, |draft, at| draft.level(at).not_before = NOW + 1),
    fault("in its first second", Each, |draft, at| draft.level(at).not_before = NOW),
    fault("valid from 1970", Each, |draft, at| draft.level(at).not_before = 0),
    fault("valid from 1960", Each, |draft, at| draft.level(at).not_before = -3650 * DAY),
    fault("valid until 9999", Each, |draft, at| draft.level(at).not_after = 253_402_300_799),
    fault("GeneralizedTime before 2050", Each, generalized_time),
    fault("a date that does not exist", Each, february_30),
    // Names.
    fault("another issuer's name", Issued, |draft, at| draft.level(at).issuer.set(oid::COMMON_NAME, "Somebody")),
    fault("issuer's name in capitals", Issued, capitals),
    fault("issuer's name as another string type", Issued, printable),
    fault("issuer's name with two blanks", Issued, blanks),
    fault("issuer's name shortened", Issued, |draft, at| draft.level(at).issuer.remove(oid::COUNTRY)),
    // Signatures.
    fault("flipped bit in the signature", Each, flip_last),
    fault("signed by a namesake", Issued, |draft, at| draft.impostor_signs.push(at)),
    fault("empty signature", Each, |draft, at| draft.level(at).signature = Some(Vec::new())),
    fault("unused bits in the signature", Issued, |draft, at| draft.level(at).signature_unused_bits = 1),
    fault("another algorithm beside the signature", Issued, other_outer),
    fault("another algorithm in the signed part", Issued, other_inner),
    fault("ECDSA with NULL parameters", Issued, ecdsa_null),
    fault("signed with SHA-512", Each, |draft, at| draft.level(at).hash = Some(HashAlgorithm::Sha512)),
    fault("signed with SHA-1 (ECDSA)", Each, |draft, at| draft.level(at).hash = Some(HashAlgorithm::Sha1)),
    fault("signed with SHA-1 (RSA)", Issued, rsa_sha1),
    fault("signed with SHA-1 (RSA), which is allowed", Issued, allowed_sha1),
    fault("signed with RSA-PSS", Issued, |draft, at| resign(draft, at, KeyAlgorithm::Ps256)),
    // Serial numbers.
    fault("serial number 0", Issued, |draft, at| draft.level(at).serial = vec![0]),
    fault("negative serial number", Issued, |draft, at| draft.level(at).serial = vec![0x80, 1]),
    fault("serial number of 21 bytes", Issued, |draft, at| draft.level(at).serial = vec![0x41; 21]),
    fault("serial number with a leading zero", Issued, |draft, at| draft.level(at).serial = vec![0, 1]),
    fault("serial number without bytes", Issued, |draft, at| draft.level(at).serial = vec![]),
    // Encoding.
    fault("version 2", Each, |draft, at| draft.level(at).version = 2),
    fault("version 1 with extensions", Each, |draft, at| draft.level(at).version = 1),
    fault("version 5", Each, |draft, at| draft.level(at).version = 5),
    fault("trailing byte", Issued, |draft, at| draft.level(at).trailing = vec![0]),
    fault("truncated", Issued, truncate),
];

fn generalized_time(draft: &mut Draft, at: usize) {
    let times = ["20200101000000Z", "20400101000000Z"].map(der::generalized_time);
    draft.level(at).validity = Some(der::sequence(&times));
}

fn february_30(draft: &mut Draft, at: usize) {
    let times = [der::tlv(0x17, b"200230000000Z"), der::time(NOW + DAY)];
    draft.level(at).validity = Some(der::sequence(&times));
}

fn change_issuer(draft: &mut Draft, at: usize, change: impl Fn(&str) -> String) {
    let attribute = draft.level(at).issuer.attribute_mut(oid::COMMON_NAME).expect("every authority has a common name");
    attribute.text = change(&attribute.text);
}

fn capitals(draft: &mut Draft, at: usize) {
    change_issuer(draft, at, str::to_uppercase);
}

fn blanks(draft: &mut Draft, at: usize) {
    change_issuer(draft, at, |text| text.replace(' ', "  "));
}

fn printable(draft: &mut Draft, at: usize) {
    draft.level(at).issuer.attribute_mut(oid::COMMON_NAME).expect("a common name").string_type = StringType::Printable;
}

fn flip_last(draft: &mut Draft, at: usize) {
    let depth = draft.depth();
    draft.finally(move |chain| {
        let certificate = if at <= depth { chain.x5c.get_mut(at) } else { chain.anchors.first_mut() };
        if let Some(last) = certificate.and_then(|der| der.last_mut()) {
            *last ^= 1;
        }
    });
}

fn truncate(draft: &mut Draft, at: usize) {
    draft.finally(move |chain| {
        if let Some(der) = chain.x5c.get_mut(at) {
            der.pop();
        }
    });
}

/// An algorithm that the issuer's key can have, but did not sign with.
fn other_algorithm(draft: &Draft, at: usize) -> Vec<u8> {
    let key = draft.issuer_key(at);
    let other = if key.algorithm().hash() == HashAlgorithm::Sha384 { HashAlgorithm::Sha256 } else { HashAlgorithm::Sha384 };
    match key.algorithm() {
        KeyAlgorithm::EdDsa => der::sequence(&[der::oid("1.3.101.113")]),
        _ => key.signature_algorithm_der(other),
    }
}

fn other_outer(draft: &mut Draft, at: usize) {
    draft.level(at).outer_algorithm = Some(other_algorithm(draft, at));
}

fn other_inner(draft: &mut Draft, at: usize) {
    draft.level(at).inner_algorithm = Some(other_algorithm(draft, at));
}

fn ecdsa_null(draft: &mut Draft, at: usize) {
    let algorithm = der::sequence(&[der::oid("1.2.840.10045.4.3.2"), der::null()]);
    let level = draft.level(at);
    level.hash = Some(HashAlgorithm::Sha256);
    level.inner_algorithm = Some(algorithm.clone());
    level.outer_algorithm = Some(algorithm);
}

/// Gives the issuer a key of this algorithm.
fn resign(draft: &mut Draft, at: usize, algorithm: KeyAlgorithm) {
    draft.set_key(at + 1, KeyPair::from_seed(algorithm, 3));
}

fn rsa_sha1(draft: &mut Draft, at: usize) {
    resign(draft, at, KeyAlgorithm::Rs256);
    draft.level(at).hash = Some(HashAlgorithm::Sha1);
}

fn allowed_sha1(draft: &mut Draft, at: usize) {
    rsa_sha1(draft, at);
    draft.accept_sha1 = true;
}
