//! Who signs in: credential ID, owner, user handle.

use passkeeper::testing::{KeyPair, RegistrationDraft};
use passkeeper::types::UserHandle;
use serde_json::Value;

use super::{Case, assertion as case, record, registration};

fn other_key(draft: &RegistrationDraft) -> KeyPair {
    KeyPair::from_seed(draft.signer().algorithm(), 1_000_003)
}

pub(super) const CASES: &[Case] = &[
    case("another credential's ID", |d, chance| d.credential_id = chance.bytes(32)),
    case("credential ID with a byte more", |d, _| d.credential_id.push(0)),
    case("another user's handle", |d, chance| d.user_handle = Some(chance.bytes(32))),
    case("user handle with a byte more", |d, _| d.user_handle.as_mut().unwrap().push(0)).with(|base| base.user_handle = vec![7; 32]),
    case("user handle empty", |d, _| d.user_handle = Some(Vec::new())),
    case("user handle of 65 bytes", |d, _| d.user_handle = Some(vec![7; 65])),
    case("no user handle, and nobody named", |d, _| d.user_handle = None).with(|base| base.known_user = false),
    case("no user handle, and the user named", |d, _| d.user_handle = None).with(|base| base.known_user = true),
    case("another user's key", |d, _| d.set_signer(KeyPair::from_seed(d.signer().algorithm(), 1_000_003))),
    record("another owner on record", |r| r.user_handle = UserHandle::new(*b"somebody else").unwrap()),
    registration("id of another credential", |d, _| d.id = Some(Value::from("AAAAAAAAAAAAAAAAAAAAAA"))),
    registration("id and rawId of another credential", |d, _| {
        d.id = Some(Value::from("AAAAAAAAAAAAAAAAAAAAAA"));
        d.raw_id = d.id.clone();
    }),
    registration("another key in the authenticator data", |d, _| {
        let key = other_key(d).cose_key();
        d.auth_data.attested.as_mut().unwrap().public_key = key;
    })
    .with(crate::base::Base::packed_self),
];
