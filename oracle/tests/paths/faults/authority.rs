//! Who may issue: basicConstraints, keyUsage, and the authority's key.

use passkeeper::testing::{ExtensionDraft, KeyAlgorithm, KeyPair, der, oid};

use super::On::{Authorities, Each, Intermediates, Issued, Leaf};
use super::{Fault, fault};
use crate::chain::Draft;

pub(super) const FAULTS: &[Fault] = &[
    fault("no authority", Authorities, |draft, at| set(draft, at, ExtensionDraft::basic_constraints(false, None))),
    fault("an authority", Leaf, |draft, at| set(draft, at, ExtensionDraft::basic_constraints(true, None))),
    fault("no basicConstraints", Each, |draft, at| draft.level(at).remove_extension(oid::BASIC_CONSTRAINTS)),
    fault("basicConstraints not critical", Each, not_critical),
    fault("version 1", Each, version_1),
    // As many intermediates below as there are, then one fewer.
    fault("path length just enough", Authorities, |draft, at| path_length(draft, at, at as u32 - 1)),
    fault("path length too short", Authorities, |draft, at| path_length(draft, at, (at as u32).saturating_sub(2))),
    fault("path length 0", Authorities, |draft, at| path_length(draft, at, 0)),
    fault("path length 127", Authorities, |draft, at| path_length(draft, at, 127)),
    fault("path length 128", Authorities, |draft, at| path_length(draft, at, 128)),
    fault("path length -1", Authorities, |draft, at| raw(draft, at, &[der::boolean(true), der::integer(-1)])),
    fault("path length of no authority", Intermediates, |draft, at| raw(draft, at, &[der::integer(0)])),
    fault("true as 1 in basicConstraints", Authorities, |draft, at| raw(draft, at, &[der::tlv(1, &[1])])),
    fault("false written out in basicConstraints", Leaf, |draft, at| raw(draft, at, &[der::boolean(false)])),
    fault("third element in basicConstraints", Issued, third_element),
    fault("byte after basicConstraints", Issued, byte_after),
    fault("long length in basicConstraints", Issued, long_length),
    fault("empty basicConstraints", Issued, |draft, at| value(draft, at, oid::BASIC_CONSTRAINTS, Vec::new())),
    fault("no keyCertSign", Authorities, |draft, at| set(draft, at, ExtensionDraft::key_usage(&[0, 6]))),
    fault("keyCertSign alone", Authorities, |draft, at| set(draft, at, ExtensionDraft::key_usage(&[5]))),
    fault("keyCertSign on a leaf", Leaf, |draft, at| set(draft, at, ExtensionDraft::key_usage(&[0, 5]))),
    fault("no keyUsage", Each, |draft, at| draft.level(at).remove_extension(oid::KEY_USAGE)),
    fault("keyUsage without bits", Each, |draft, at| set(draft, at, ExtensionDraft::key_usage(&[]))),
    fault("keyUsage with decipherOnly", Authorities, |draft, at| set(draft, at, ExtensionDraft::key_usage(&[5, 6, 8]))),
    fault("malformed keyUsage", Each, |draft, at| value(draft, at, oid::KEY_USAGE, der::null())),
    fault("RSA key of 1024 bits", Authorities, small_rsa),
    fault("compressed point", Authorities, compress),
    fault("key of an unknown algorithm", Authorities, unknown_key),
];

fn set(draft: &mut Draft, at: usize, extension: ExtensionDraft) {
    draft.level(at).set_extension(extension);
}

/// Other bytes in an extension, if it is there.
fn value(draft: &mut Draft, at: usize, oid: &str, value: Vec<u8>) {
    if let Some(extension) = draft.level(at).extension_mut(oid) {
        extension.value = value;
    }
}

fn raw(draft: &mut Draft, at: usize, elements: &[Vec<u8>]) {
    value(draft, at, oid::BASIC_CONSTRAINTS, der::sequence(elements));
}

fn not_critical(draft: &mut Draft, at: usize) {
    if let Some(extension) = draft.level(at).extension_mut(oid::BASIC_CONSTRAINTS) {
        extension.critical = false;
    }
}

fn path_length(draft: &mut Draft, at: usize, length: u32) {
    set(draft, at, ExtensionDraft::basic_constraints(true, Some(length)));
}

fn version_1(draft: &mut Draft, at: usize) {
    let level = draft.level(at);
    level.version = 1;
    level.extensions.clear();
}

/// The honest value for a level, as elements.
fn honest(at: usize) -> Vec<Vec<u8>> {
    if at == 0 { Vec::new() } else { vec![der::boolean(true)] }
}

fn third_element(draft: &mut Draft, at: usize) {
    raw(draft, at, &[honest(at), vec![der::null()]].concat());
}

fn byte_after(draft: &mut Draft, at: usize) {
    value(draft, at, oid::BASIC_CONSTRAINTS, [der::sequence(&honest(at)), vec![0]].concat());
}

fn long_length(draft: &mut Draft, at: usize) {
    let content = honest(at).concat();
    value(draft, at, oid::BASIC_CONSTRAINTS, [vec![0x30, 0x81, content.len() as u8], content].concat());
}

/// Two primes of 512 bits.
const SMALL_PRIMES: [&[u8; 64]; 2] = [
    b"\xd8\xe0\x3a\xd5\x04\x4c\x04\x99\x43\x9f\xd8\x99\x7e\x81\x7f\x83\x4d\x67\x0f\x9b\xee\xa5\
      \x68\x1c\x59\x20\x90\x37\xb0\x4c\x1b\x6c\xa7\x96\x2e\xa8\x38\x1c\x8a\xcc\xe8\xe5\x56\xe2\
      \xee\x1d\x6a\xc1\x1e\xbc\xd1\xf5\xaf\xb4\xc1\x7b\x4e\x0c\x57\x53\x7a\x43\xa2\x53",
    b"\xc3\x1c\x09\x2c\x50\x54\xfe\x20\xa2\xbc\xaf\x9a\x84\xd4\x71\xcd\x13\xef\x6b\x1f\x66\x7d\
      \x80\xad\x64\x65\x10\xd3\xe7\xbd\x12\x2c\xaa\xb1\x38\x02\xf8\xc9\x1f\x52\x27\xb7\x09\xec\
      \x78\x48\x57\x3b\x82\x63\x67\xe4\x6b\x82\x71\x80\xf3\xac\xa8\x1c\x7e\xd0\x81\x97",
];

fn small_rsa(draft: &mut Draft, at: usize) {
    let [p, q] = SMALL_PRIMES;
    let key = KeyPair::from_rsa_primes(KeyAlgorithm::Rs256, p, q);
    draft.set_key(at, key);
}

/// A point by its x and the sign of y.
fn compress(draft: &mut Draft, at: usize) {
    let spki = draft.level(at).spki.clone();
    // The point is the last 65 bytes of a key on P-256, and the 66th counts unused bits.
    let Some((head, [4, point @ ..])) = spki.split_last_chunk::<65>() else { return };
    if !head.ends_with(&[0x03, 66, 0]) {
        return;
    }
    let (x, y) = point.split_at(32);
    let point = [&[2 + (y[31] & 1)], x].concat();
    let algorithm = der::sequence(&[der::oid("1.2.840.10045.2.1"), der::oid("1.2.840.10045.3.1.7")]);
    draft.level(at).spki = der::sequence(&[algorithm, der::bit_string(&point)]);
}

fn unknown_key(draft: &mut Draft, at: usize) {
    draft.level(at).spki = der::sequence(&[der::sequence(&[der::oid("1.3.6.1.4.1.99999.2")]), der::bit_string(&[0; 32])]);
}
