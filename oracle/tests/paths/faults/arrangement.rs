//! The chain as a whole: which certificates are there, in which order, under which anchors.

use passkeeper::testing::{CertificateAuthority, ExtensionDraft, KeyAlgorithm, KeyPair};

use super::On::Whole;
use super::{Fault, fault};
use crate::chain::{Chain, Draft, NOW};

pub(super) const FAULTS: &[Fault] = &[
    fault("intermediates swapped", Whole, |draft, _| draft.finally(|chain| chain.x5c[1..].reverse())),
    fault("leaf twice", Whole, |draft, _| draft.finally(|chain| chain.x5c.insert(1, chain.x5c[0].clone()))),
    fault("last certificate twice", Whole, |draft, _| draft.finally(|chain| chain.x5c.extend(chain.x5c.last().cloned()))),
    fault("root included", Whole, |draft, _| draft.finally(include_root)),
    fault("root included twice", Whole, |draft, _| draft.finally(|chain| (0..2).for_each(|_| include_root(chain)))),
    fault("expired copy of the root included", Whole, expired_copy),
    fault("root's namesake included", Whole, namesake_included),
    fault("unrelated certificate appended", Whole, |draft, _| draft.finally(|chain| chain.x5c.push(unrelated()))),
    fault("unrelated certificate in between", Whole, |draft, _| draft.finally(|chain| chain.x5c.insert(1, unrelated()))),
    fault("no certificate appended", Whole, |draft, _| draft.finally(|chain| chain.x5c.push(vec![0x30, 0]))),
    fault("last certificate left out", Whole, leave_out),
    fault("another anchor", Whole, |draft, _| draft.finally(|chain| chain.anchors = vec![unrelated()])),
    fault("one more anchor", Whole, |draft, _| draft.finally(|chain| chain.anchors.insert(0, unrelated()))),
    fault("root's namesake as anchor", Whole, |draft, _| namesakes(draft, |chain, namesake| chain.anchors = vec![namesake])),
    fault("root's namesake as first anchor", Whole, |draft, _| namesakes(draft, |chain, namesake| chain.anchors.insert(0, namesake))),
    fault("self-issued intermediate", Whole, |draft, _| self_issued(draft)),
    fault("self-issued intermediate under path length 0", Whole, self_issued_uncounted),
    fault("all by a namesake", Whole, |draft, _| draft.impostor_signs.extend(0..=draft.depth())),
];

pub(super) const ALONE: &[Fault] = &[
    fault("eight certificates", Whole, |draft, _| *draft = Draft::new(&[KeyAlgorithm::Es256; 8], KeyAlgorithm::Es256)),
    fault("nine certificates", Whole, |draft, _| *draft = Draft::new(&[KeyAlgorithm::Es256; 9], KeyAlgorithm::Es256)),
    fault("leaf with a key for RSA", Whole, |draft, _| *draft = Draft::new(&[KeyAlgorithm::Es256; 2], KeyAlgorithm::Rs256)),
    fault("intermediate as anchor", Whole, |draft, _| anchored_at(draft, 1)),
    fault("expired intermediate as anchor", Whole, |draft, _| anchored_at_expired(draft, 1)),
    fault("leaf as anchor", Whole, |draft, _| anchored_at(draft, 0)),
    fault("expired leaf as anchor", Whole, |draft, _| anchored_at_expired(draft, 0)),
    fault("leaf of the same issuer as anchor", Whole, sibling),
    fault("leaf under a leaf as anchor", Whole, leaf_under_leaf),
    fault("self-signed leaf as anchor", Whole, self_signed_leaf),
];

fn include_root(chain: &mut Chain) {
    chain.x5c.push(chain.anchors[0].clone());
}

/// The root of another authority.
fn unrelated() -> Vec<u8> {
    CertificateAuthority::new(2).root_der()
}

fn leave_out(draft: &mut Draft, _: usize) {
    draft.finally(|chain| {
        if chain.x5c.len() > 1 {
            chain.x5c.pop();
        }
    });
}

/// The same name and key as the anchor's in a certificate of other dates.
fn expired_copy(draft: &mut Draft, _: usize) {
    let root = draft.depth() + 1;
    let mut copy = draft.level(root).clone();
    copy.not_after = NOW - 1;
    let copy = copy.sign(draft.key(root));
    draft.finally(move |chain| chain.x5c.push(copy));
}

/// The root's name, serial number and key identifier with another key.
fn namesakes(draft: &mut Draft, change: impl FnOnce(&mut Chain, Vec<u8>) + 'static) {
    let root = draft.depth() + 1;
    let key: KeyPair = draft.impostor_key(root);
    let mut namesake = draft.level(root).clone();
    namesake.spki = key.spki_der();
    let namesake = namesake.sign(&key);
    draft.finally(move |chain| change(chain, namesake));
}

fn namesake_included(draft: &mut Draft, _: usize) {
    namesakes(draft, |chain, namesake| chain.x5c.push(namesake));
}

/// The lower of two intermediates gets the name of the one above, as when an authority changes its key.
fn self_issued(draft: &mut Draft) {
    if draft.depth() >= 2 {
        let name = draft.level(2).subject.clone();
        draft.level(1).subject = name.clone();
        draft.level(0).issuer = name;
    }
}

fn self_issued_uncounted(draft: &mut Draft, _: usize) {
    if draft.depth() >= 2 {
        self_issued(draft);
        draft.level(2).set_extension(ExtensionDraft::basic_constraints(true, Some(0)));
    }
}

/// Trusts a certificate of the chain and nothing else.
fn anchored_at(draft: &mut Draft, at: usize) {
    draft.finally(move |chain| chain.anchors = vec![chain.x5c[at.min(chain.x5c.len() - 1)].clone()]);
}

fn anchored_at_expired(draft: &mut Draft, at: usize) {
    let at = at.min(draft.depth());
    draft.level(at).not_after = NOW - 1;
    anchored_at(draft, at);
}

/// Another certificate for the leaf's name and key.
fn sibling(draft: &mut Draft, _: usize) {
    let mut sibling = draft.leaf.clone();
    sibling.serial = vec![1];
    let sibling = sibling.sign(draft.issuer_key(0));
    draft.finally(move |chain| chain.anchors = vec![sibling]);
}

/// The anchor is no authority, and its key signs another leaf all the same.
fn leaf_under_leaf(draft: &mut Draft, _: usize) {
    let mut below = draft.leaf.clone();
    below.issuer = draft.leaf.subject.clone();
    let below = below.sign(&draft.leaf_key);
    draft.finally(move |chain| {
        chain.anchors = vec![chain.x5c[0].clone()];
        chain.x5c = vec![below];
    });
}

fn self_signed_leaf(draft: &mut Draft, _: usize) {
    draft.leaf.issuer = draft.leaf.subject.clone();
    let leaf = draft.leaf.sign(&draft.leaf_key);
    draft.finally(move |chain| {
        chain.x5c = vec![leaf.clone()];
        chain.anchors = vec![leaf];
    });
}
