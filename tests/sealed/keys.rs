//! Keys: which are refused, how they are exchanged, and that none is shown.

use passkeeper::store::SealingKeys;
use passkeeper::{AuthenticationRequest, ErrorKind};

use super::setup::*;
use crate::common::*;

#[test]
fn keys_that_protect_nothing_are_refused() {
    let refused: [(&str, &[u8], &str); 4] = [
        ("empty", b"", "sealing-key-empty"),
        ("one byte", b"x", "sealing-key-too-short"),
        ("31 bytes", &[7; 31], "sealing-key-too-short"),
        ("a password", b"correct horse battery staple", "sealing-key-too-short"),
    ];
    for (name, secret, code) in refused {
        for result in [SealingKeys::new(secret), keys(1).accept_old(secret)] {
            let error = result.expect_err(name);
            assert_eq!((error.code(), error.kind()), (code, ErrorKind::Misuse), "{name}");
        }
    }
    let duplicates = [keys(1).accept_old([1; 32]), keys(1).accept_old([2; 32]).and_then(|keys| keys.accept_old([2; 32]))];
    for result in duplicates {
        assert_eq!(refusal(result).0, "sealing-key-duplicate");
    }
    for len in [SealingKeys::MIN_LEN, 33, 64, 65, 1000] {
        assert!(SealingKeys::new(vec![7; len]).is_ok(), "{len} bytes");
    }
}

/// HMAC fills short keys up with zeros; derived keys are told apart all the same.
#[test]
fn keys_that_differ_in_length_alone_are_different_keys() {
    let mut longer = [7; 33];
    longer[32] = 0;
    let (short, long) = (SealingKeys::new([7; 32]).unwrap(), SealingKeys::new(longer).unwrap());
    assert!(short.clone().accept_old(longer).is_ok());
    for mode in MODES {
        let id = put(&mode.store(short.clone(), guard()), ceremony("state"));
        assert_eq!(take(&mode.store(long.clone(), guard()), &id), Err("sealed-token-key-unknown"));
    }
}

#[test]
fn an_old_key_opens_until_it_is_removed_and_never_seals() {
    for mode in MODES {
        let before = mode.store(keys(1), guard());
        let during = mode.store(keys(2).accept_old([1; 32]).unwrap(), guard());
        let after = mode.store(keys(2), guard());
        let old = put(&before, ceremony("old"));
        let new = put(&during, ceremony("new"));
        assert_eq!(take(&during, &old).as_deref(), Ok("old"));
        assert_eq!(take(&after, &old), Err("sealed-token-key-unknown"));
        // Sealed with the current key: the server that has only that one opens it, the one before does not.
        assert_eq!(take(&before, &new), Err("sealed-token-key-unknown"));
        assert_eq!(take(&after, &new).as_deref(), Ok("new"));
        // The order of servers does not matter where all accept both.
        let ahead = mode.store(keys(1).accept_old([2; 32]).unwrap(), guard());
        assert_eq!(take(&ahead, &put(&during, ceremony("third"))).as_deref(), Ok("third"));
        assert_eq!(take(&during, &put(&ahead, ceremony("fourth"))).as_deref(), Ok("fourth"));
    }
}

#[test]
fn a_ceremony_of_the_facade_outlives_a_rotation() {
    for mode in MODES {
        let fleet = Fleet::new(mode);
        let with = |keys| fleet.server_with(relying_party(), keys, guard());
        let (id, response) = with(keys(1)).begin(&fleet.alice, AuthenticationRequest::discoverable());
        let rotated = with(keys(2).accept_old([1; 32]).unwrap());
        assert_eq!(with(keys(2)).finish(&id, &response), Err("sealed-token-key-unknown"));
        assert_eq!(rotated.finish(&id, &response).as_deref(), Ok("alice"));
    }
}

/// A key's ID is public: with another key behind it, a token is a forgery.
#[test]
fn a_token_that_names_another_key_than_its_own_is_tampered() {
    for mode in MODES {
        let ours = mode.store(keys(1), guard());
        let mut forged = bytes(&put(&mode.store(keys(2), guard()), ceremony("forged")));
        let honest = bytes(&put(&ours, ceremony("honest")));
        forged[KEY..EXPIRY].copy_from_slice(&honest[KEY..EXPIRY]);
        assert_eq!(take(&ours, &token(forged)), Err("sealed-token-tampered"));
    }
}

/// While servers are told to encrypt, some sign and some encrypt.
#[test]
fn both_modes_are_opened_either_way() {
    let store = |mode: Mode| mode.store(keys(1), guard());
    for (seals, opens) in [(Mode::Signed, Mode::Encrypted), (Mode::Encrypted, Mode::Signed)] {
        assert_eq!(take(&store(opens), &put(&store(seals), ceremony("state"))).as_deref(), Ok("state"));
    }
}

#[test]
fn encryption_hides_the_state_and_signing_does_not() {
    let holds = |mode: Mode| {
        let token = bytes(&put(&mode.store(keys(1), guard()), ceremony("the pending state")));
        token.windows(7).any(|w| w == b"pending")
    };
    assert_eq!(MODES.map(holds), [true, false]);
}

/// A nonce that repeats would open both ciphertexts.
#[test]
fn no_two_ceremonies_share_a_nonce() {
    for mode in MODES {
        let store = mode.store(keys(1), guard());
        let mut nonces = std::collections::BTreeSet::new();
        let mut nonce_of = |ceremony| nonces.insert(bytes(&put(&store, ceremony))[NONCE..STATE].to_vec());
        let with = |id: &str, state: &str, expires_at: i64| {
            let mut ceremony = ceremony(state);
            (ceremony.id, ceremony.expires_at) =
                (passkeeper::store::CeremonyId::new(id), passkeeper::types::UnixTime::from_secs(expires_at));
            ceremony
        };
        // Where the ID ends and the state begins counts too.
        let different =
            [with("ab", "cd", 9), with("a", "bcd", 9), with("abc", "d", 9), with("ab", "ce", 9), with("ac", "cd", 9), with("ab", "cd", 8)];
        for ceremony in different {
            assert!(nonce_of(ceremony), "{mode:?}");
        }
        assert!(!nonce_of(with("ab", "cd", 9)), "the very same");
    }
}

#[test]
fn debug_shows_no_key_and_no_state() {
    let secret = b"a secret of which no text may tell";
    let keys = SealingKeys::new(secret).unwrap().accept_old([0xab; 32]).unwrap();
    let store = Mode::Encrypted.store(keys.clone(), guard());
    let id = put(&store, ceremony("state"));
    let texts = [format!("{keys:?}"), format!("{keys:#?}"), format!("{store:?}"), format!("{store:#?}"), format!("{id:?}")];
    for text in &texts {
        let shows = |needle: &str| text.contains(needle);
        assert!(!shows("secret") && !shows("abab") && !shows("171, 171") && !shows("97, 32, 115") && !shows(id.as_str()), "{text}");
        assert!(text.len() < 300, "{text}");
    }
    // An operator can tell which keys are in use.
    let key_id: String = bytes(&id)[KEY..EXPIRY].iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(texts[0].contains(&key_id), "{}", texts[0]);
    assert_eq!(format!("{:?}", guard()), "MemoryReplayGuard(0 of 1000000)");
}
