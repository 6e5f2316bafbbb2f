//! Version 1 of the token: what it looked like is read, and would be written the same today.
//!
//! The fixtures were made by another implementation of the format, from its description alone.

use passkeeper::store::{CeremonyId, CeremonyStore as _, NewCeremony, SealingKeys};
use passkeeper::types::{Challenge, UnixTime};
use pollster::block_on;

use super::setup::*;
use crate::common::*;

const FIXTURES: [(Mode, &str); 2] = [
    (Mode::Signed, include_str!("../fixtures/sealed-signed-v1.txt")),
    (Mode::Encrypted, include_str!("../fixtures/sealed-encrypted-v1.txt")),
];

const STATE_TEXT: &str = r#"{"version":1,"kind":"authentication","name":"Zoë"}"#;

fn fixture_keys() -> SealingKeys {
    SealingKeys::new(*b"the secret of the sealed fixtures").unwrap()
}

fn fixture_ceremony() -> NewCeremony {
    let expires_at = UnixTime::from_secs(1_800_000_360);
    NewCeremony::new(
        scope(RP_ID),
        CeremonyId::new("the-id-of-the-fixture"),
        Challenge::new([0xfb; 32]).unwrap(),
        STATE_TEXT.into(),
        expires_at,
    )
}

#[test]
fn version_1_is_read() {
    for (mode, text) in FIXTURES {
        let store = mode.store(SealingKeys::new([1; 32]).unwrap().accept_old(b"the secret of the sealed fixtures").unwrap(), guard());
        let id = CeremonyId::new(text.trim_end());
        assert_eq!(code(block_on(store.take(&scope(RP_ID), &id, NOW))).as_deref(), Ok(STATE_TEXT), "{mode:?}");
        assert_eq!(code(block_on(store.take(&scope(RP_ID), &id, NOW))), Err("sealed-token-replayed"));
    }
}

#[test]
fn todays_release_writes_the_same() {
    for (mode, text) in FIXTURES {
        assert_eq!(put(&mode.store(fixture_keys(), guard()), fixture_ceremony()).as_str(), text.trim_end(), "{mode:?}");
    }
}

#[test]
fn version_1_stands_as_described() {
    for (mode, text) in FIXTURES {
        let token = bytes(&CeremonyId::new(text.trim_end()));
        assert_eq!((token[0], token[MODE]), (1, if mode == Mode::Signed { 1 } else { 2 }));
        assert_eq!(token[EXPIRY..SCOPE], 1_800_000_360i64.to_be_bytes());
        assert_eq!(token.len(), STATE + STATE_TEXT.len() + mode.tag_len());
        assert_eq!(token[STATE..].starts_with(STATE_TEXT.as_bytes()), mode == Mode::Signed);
    }
}
