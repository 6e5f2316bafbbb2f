//! Every bit, every length, every spelling.

use std::collections::BTreeSet;

use passkeeper::store::CeremonyId;

use super::setup::*;
use crate::common::*;

const STATE_TEXT: &str = "the state of a ceremony, in as many bytes as it takes";

/// What refuses a change at this byte.
fn refused_at(at: usize) -> &'static str {
    match at {
        0 => "sealed-token-version-unsupported",
        MODE => "sealed-token-mode-unsupported",
        KEY..EXPIRY => "sealed-token-key-unknown",
        _ => "sealed-token-tampered",
    }
}

#[test]
fn every_flipped_bit_is_refused_for_what_it_says() {
    for mode in MODES {
        let (store, guard) = {
            let guard = guard();
            (mode.store(keys(1), guard.clone()), guard)
        };
        let id = put(&store, ceremony(STATE_TEXT));
        let sealed = bytes(&id);
        assert_eq!(sealed.len(), STATE + STATE_TEXT.len() + mode.tag_len());
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                assert_eq!(take(&store, &token(changed)), Err(refused_at(at)), "{mode:?}: bit {bit} of byte {at}");
            }
        }
        assert!(guard.is_empty(), "none of them counts as taken");
        assert_eq!(take(&store, &id).as_deref(), Ok(STATE_TEXT));
    }
}

/// One value has one spelling, so that no other text passes for a token that was taken.
#[test]
fn every_flipped_bit_of_the_text_is_refused() {
    let expected = BTreeSet::from([
        "sealed-token-malformed",
        "sealed-token-version-unsupported",
        "sealed-token-mode-unsupported",
        "sealed-token-key-unknown",
        "sealed-token-tampered",
    ]);
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let id = put(&store, ceremony(STATE_TEXT));
        let mut codes = BTreeSet::new();
        for at in 0..id.as_str().len() {
            for bit in 0..7 {
                let mut text = id.as_str().as_bytes().to_vec();
                text[at] ^= 1 << bit;
                let text = String::from_utf8(text).unwrap();
                codes.insert(take(&store, &CeremonyId::new(&text)).expect_err(&text));
            }
        }
        assert_eq!(codes, expected);
        for spelling in
            [format!("{}=", id.as_str()), format!("{}==", id.as_str()), format!(" {}", id.as_str()), format!("{}\n", id.as_str())]
        {
            assert_eq!(take(&store, &CeremonyId::new(&spelling)), Err("sealed-token-malformed"), "{spelling:?}");
        }
        assert_eq!(take(&store, &id).as_deref(), Ok(STATE_TEXT));
    }
}

#[test]
fn a_token_cut_at_any_length_or_continued_is_refused() {
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let id = put(&store, ceremony(STATE_TEXT));
        let sealed = bytes(&id);
        for len in 0..sealed.len() {
            let expected = if len < STATE + mode.tag_len() { "sealed-token-malformed" } else { "sealed-token-tampered" };
            assert_eq!(take(&store, &token(sealed[..len].to_vec())), Err(expected), "{mode:?}: {len} bytes");
        }
        for len in 0..id.as_str().len() {
            let refused = take(&store, &CeremonyId::new(id.as_str().get(..len).unwrap()));
            assert!(matches!(refused, Err("sealed-token-malformed" | "sealed-token-tampered")), "{mode:?}: {len} characters: {refused:?}");
        }
        for more in [vec![0], vec![0; 16], vec![0xff; 32], sealed.clone()] {
            assert_eq!(take(&store, &token([sealed.clone(), more].concat())), Err("sealed-token-tampered"));
        }
        // One that is longer than an ID may be is cut to nothing before it arrives.
        assert_eq!(take(&store, &CeremonyId::new("A".repeat(16 * 1024 + 1))), Err("sealed-token-malformed"));
        assert_eq!(take(&store, &CeremonyId::new("A".repeat(16 * 1024))), Err("sealed-token-version-unsupported"));
    }
}

#[test]
fn other_versions_and_modes_are_told_apart_from_broken_tokens() {
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let sealed = bytes(&put(&store, ceremony(STATE_TEXT)));
        let with = |at: usize, byte: u8| {
            let mut changed = sealed.clone();
            changed[at] = byte;
            take(&store, &token(changed))
        };
        for version in [0, 2, 0xff] {
            assert_eq!(with(0, version), Err("sealed-token-version-unsupported"), "{version}");
            assert_eq!(take(&store, &token(vec![version])), Err("sealed-token-version-unsupported"), "whatever its length");
        }
        for unknown in [0, 3, 0xff] {
            assert_eq!(with(MODE, unknown), Err("sealed-token-mode-unsupported"), "{unknown}");
        }
        // The other mode is known, and uses another subkey.
        assert_eq!(with(MODE, sealed[MODE] ^ 3), Err("sealed-token-tampered"));
    }
}

/// Parts of two tokens of one key make no third.
#[test]
fn parts_of_two_tokens_cannot_be_combined() {
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let one = bytes(&put(&store, ceremony("state one")));
        let mut other = ceremony("state two");
        (other.scope, other.expires_at) = (scope("b"), passkeeper::types::UnixTime::from_secs(NOW.as_secs() + 9999));
        let other = bytes(&put(&store, other));
        let tag = one.len() - mode.tag_len();
        for (from, to) in
            [(EXPIRY, SCOPE), (SCOPE, NONCE), (NONCE, STATE), (STATE, tag), (tag, one.len()), (EXPIRY, STATE), (STATE, one.len())]
        {
            let mut mixed = one.clone();
            mixed[from..to].copy_from_slice(&other[from..to]);
            assert_ne!(mixed, one);
            assert_eq!(take(&store, &token(mixed)), Err("sealed-token-tampered"), "{mode:?}: {from}..{to}");
        }
    }
}

#[test]
fn the_longest_state_fits_exactly() {
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let longest = 16 * 1024 / 4 * 3 - STATE - mode.tag_len();
        let state = "x".repeat(longest);
        let id = put(&store, ceremony(&state));
        assert_eq!(id.as_str().len(), 16 * 1024);
        assert_eq!(take(&store, &id), Ok(state.clone()));
        assert_eq!(try_put(&store, ceremony(&format!("{state}x"))), Err("sealed-state-too-large"));
        let empty = put(&store, ceremony(""));
        assert_eq!(take(&store, &empty).as_deref(), Ok(""));
    }
}
