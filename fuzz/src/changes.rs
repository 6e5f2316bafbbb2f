//! Changes to what a client and an authenticator say, made before it is signed.

use std::sync::LazyLock;

use passkeeper::testing::{AuthDataDraft, Cbor, ClientDataDraft, KeyAlgorithm, KeyPair};
use passkeeper::types::Bytes;
use serde_json::{Value, json};

use crate::ceremony::{APP_ID, CHALLENGES, ORIGIN, TOP_ORIGIN};
use crate::mutated;

/// What members of client data are replaced by: what is right somewhere, what is nearly right, and other types.
static WORDS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let challenges = CHALLENGES.map(|bytes| Bytes::from(bytes).to_base64url());
    let words = json!([
        "webauthn.create", "webauthn.get", "payment.get", challenges[0], challenges[1], ORIGIN, TOP_ORIGIN, true, false, null, "true",
        "null", "", 0, -1.5, [], {"a": 1}, "https://example.com/", "https://example.com:443", "https://example.com.evil.example",
        "https://evil.example", "https://login.example.com", "http://example.com", "HTTPS://EXAMPLE.COM", "https://example.com\u{0}",
    ]);
    words.as_array().unwrap().clone()
});

/// Names for one more member: those that mean something twice, and others.
const NAMES: [&str; 8] = ["type", "challenge", "origin", "crossOrigin", "topOrigin", "tokenBinding", "other", ""];

/// Two keys of each algorithm, those of ES256 first. Without RSA, which takes ten to a hundred times as long to sign.
pub static KEYS: LazyLock<Vec<KeyPair>> = LazyLock::new(|| {
    let curves = KeyAlgorithm::ALL.iter().filter(|algorithm| !is_rsa(**algorithm));
    curves.flat_map(|algorithm| [1, 2].map(|seed| KeyPair::from_seed(*algorithm, seed))).collect()
});

/// Whether this is one of the slow ones.
pub fn is_rsa(algorithm: KeyAlgorithm) -> bool {
    use KeyAlgorithm::{Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
    matches!(algorithm, Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512)
}

/// Five bytes of a script: what is changed, and how.
pub struct Change<'s> {
    pub what: u8,
    how: &'s [u8; 4],
}

/// The changes in a script.
pub fn changes(script: &[u8]) -> impl Iterator<Item = Change<'_>> {
    script.as_chunks::<5>().0.iter().map(|[what, how @ ..]| Change { what: *what, how })
}

impl Change<'_> {
    /// The byte that chooses one of several.
    pub fn choice(&self) -> usize {
        self.how[3].into()
    }

    /// A number of sixteen bits.
    fn number(&self) -> u16 {
        u16::from_be_bytes([self.how[1], self.how[2]])
    }

    /// As `fuzz::mutate` does, or of any length.
    pub fn bytes(&self, bytes: &mut Vec<u8>) {
        if self.how[0] == 0xfe { bytes.resize((self.number() % 1100).into(), 7) } else { *bytes = mutated(bytes, self.how) }
    }

    /// The same of bytes that may be absent.
    pub fn optional_bytes(&self, bytes: &mut Option<Vec<u8>>) {
        if self.how[0] == 0xff { *bytes = None } else { self.bytes(bytes.get_or_insert_default()) }
    }

    fn word(&self) -> Value {
        WORDS[self.choice() % WORDS.len()].clone()
    }

    fn member(&self, value: &mut Value) {
        *value = match value {
            Value::String(text) if self.how[0] < 0x80 => String::from_utf8_lossy(&mutated(text.as_bytes(), self.how)).into(),
            _ => self.word(),
        };
    }

    fn optional_member(&self, value: &mut Option<Value>) {
        if self.how[0] == 0xff { *value = None } else { self.member(value.get_or_insert_default()) }
    }

    /// One of eight changes to client data.
    pub fn client_data(&self, draft: &mut ClientDataDraft) {
        match self.what % 8 {
            0 => self.member(&mut draft.type_),
            1 => self.member(&mut draft.challenge),
            2 => self.member(&mut draft.origin),
            3 => self.optional_member(&mut draft.cross_origin),
            4 => self.optional_member(&mut draft.top_origin),
            5 => draft.extra.push((NAMES[usize::from(self.how[0]) % NAMES.len()].into(), self.word())),
            6 => draft.edit_members(|members| members.rotate_left(self.choice() % 5)),
            _ => draft.raw = Some(mutated(&draft.to_bytes(), self.how)),
        }
    }

    /// One of eight changes to authenticator data.
    pub fn authenticator_data(&self, draft: &mut AuthDataDraft) {
        match self.what % 8 {
            0 => self.bytes(&mut draft.rp_id_hash),
            1 => draft.set_rp_id([ORIGIN, APP_ID, "example.com", "login.example.com"][self.choice() % 4]),
            2 => draft.flags ^= self.how[3],
            3 => draft.sign_count = if self.how[0] < 0x80 { self.number().into() } else { u32::MAX - u32::from(self.number()) },
            how @ (4 | 5) => {
                let extensions = self.extensions(draft.extensions.take());
                if how == 4 { draft.set_extensions(extensions) } else { draft.extensions = extensions }
            }
            6 => draft.trailing.push(self.how[3]),
            _ => draft.raw = Some(mutated(&draft.to_bytes(), self.how)),
        }
    }

    fn extensions(&self, old: Option<Cbor>) -> Option<Cbor> {
        let known = || {
            Cbor::map([("credProtect", i64::from(self.number()).into()), ("credBlob", true.into()), ("hmac-secret", Cbor::bytes([7; 32]))])
        };
        match self.how[0] % 4 {
            0 => None,
            1 => Some(known()),
            2 => Some(Cbor::map([("other", Cbor::Array(vec![Cbor::Null, i64::from(self.number()).into()]))])),
            _ => Some(Cbor::Raw(mutated(&old.unwrap_or_else(known).encode(), &[self.how[3], self.how[1], self.how[2], self.how[3]]))),
        }
    }
}
