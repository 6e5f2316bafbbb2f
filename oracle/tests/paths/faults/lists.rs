//! Revocation lists.

use passkeeper::testing::{ExtensionDraft, GeneralName, HashAlgorithm, Name, RevokedDraft, der};

use super::On::Issued;
use super::{Fault, fault};
use crate::chain::{DAY, Draft, NOW};

const CERTIFICATE_ISSUER: &str = "2.5.29.29";

pub(super) const FAULTS: &[Fault] = &[
    fault("lists that revoke nothing", Issued, |draft, at| _ = draft.list(at)),
    fault("revoked", Issued, revoke),
    fault("another serial number revoked", Issued, |draft, at| entry(draft, at, RevokedDraft::new(&[0x55; 16], NOW - DAY))),
    fault("revoked from tomorrow", Issued, |draft, at| entry_of(draft, at, |entry| entry.date = NOW + DAY)),
    fault("revoked by a forged list", Issued, forge),
    fault("list of another issuer", Issued, |draft, at| draft.list(at).draft.issuer = Name::common("Somebody")),
    fault("revoked by an old list", Issued, |draft, at| revoked_and(draft, at, |list| list.next_update = Some(NOW - 1))),
    fault("old list", Issued, |draft, at| draft.list(at).draft.next_update = Some(NOW - 1)),
    fault("revoked by a list of tomorrow", Issued, |draft, at| revoked_and(draft, at, |list| list.this_update = NOW + 1)),
    fault("revoked by a list with an unknown critical extension", Issued, |draft, at| {
        revoked_and(draft, at, |list| list.extensions.push(ExtensionDraft::unknown(true)))
    }),
    fault("list with an unknown critical extension", Issued, |draft, at| {
        draft.list(at).draft.extensions.push(ExtensionDraft::unknown(true))
    }),
    fault("serial number revoked for another issuer", Issued, indirect),
    fault("revoked by a list signed with SHA-512", Issued, |draft, at| {
        revoked_and(draft, at, |list| list.hash = Some(HashAlgorithm::Sha512))
    }),
    fault("revoked by a list of two algorithms", Issued, two_algorithms),
    fault("revoked with the reason removeFromCRL", Issued, |draft, at| reason(draft, at, 8)),
    fault("revoked as on hold", Issued, |draft, at| reason(draft, at, 6)),
    fault("revoked by an issuer without cRLSign", Issued, no_crl_sign),
];

fn entry(draft: &mut Draft, at: usize, entry: RevokedDraft) {
    draft.list(at).draft.revoked.push(entry);
}

fn entry_of(draft: &mut Draft, at: usize, change: impl FnOnce(&mut RevokedDraft)) {
    let mut own = RevokedDraft::new(&draft.level(at).serial, NOW - DAY);
    change(&mut own);
    entry(draft, at, own);
}

fn revoke(draft: &mut Draft, at: usize) {
    entry_of(draft, at, |_| {});
}

fn revoked_and(draft: &mut Draft, at: usize, change: impl FnOnce(&mut passkeeper::testing::CrlDraft)) {
    revoke(draft, at);
    change(&mut draft.list(at).draft);
}

fn forge(draft: &mut Draft, at: usize) {
    revoke(draft, at);
    draft.list(at).key = draft.impostor_key(at + 1);
}

/// An entry of an indirect list, which speaks of another authority's certificate.
fn indirect(draft: &mut Draft, at: usize) {
    let issuer = der::sequence(&[GeneralName::Directory(Name::common("Somebody")).to_der()]);
    entry_of(draft, at, |entry| entry.extensions.push(ExtensionDraft::new(CERTIFICATE_ISSUER, true, issuer)));
}

fn two_algorithms(draft: &mut Draft, at: usize) {
    let other = der::sequence(&[der::oid("1.2.840.10045.4.3.4")]);
    revoked_and(draft, at, |list| list.inner_algorithm = Some(other));
}

fn reason(draft: &mut Draft, at: usize, reason: i64) {
    let reason = ExtensionDraft::new("2.5.29.21", false, der::enumerated(reason));
    entry_of(draft, at, |entry| entry.extensions.push(reason));
}

fn no_crl_sign(draft: &mut Draft, at: usize) {
    revoke(draft, at);
    draft.level(at + 1).set_extension(ExtensionDraft::key_usage(&[5]));
}
