//! JSON, CBOR and DER as others see them.

use std::collections::BTreeSet;
use std::fmt;

pub use ciborium::Value as Cbor;
use passkeeper::testing::{HashAlgorithm, KeyPair, der};
use passkeeper::types::Bytes;
use passkeeper::wire::ClientExtensionResults;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

/// The members of a JSON object in their order, repeated ones too.
pub struct Members(pub Vec<(String, Value)>);

impl Members {
    /// Whether a name occurs twice.
    pub fn repeat(&self) -> bool {
        let names: BTreeSet<_> = self.0.iter().map(|(name, _)| name).collect();
        names.len() < self.0.len()
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The members of an object, or `None` where it is not for a parser of everything to say whether this is JSON: in a value that
/// nobody looks at, a number may be too large for any type, a surrogate alone, and the nesting deep.
pub fn members(text: &str) -> Option<Result<Members, serde_json::Error>> {
    const UNCLEAR: [&str; 5] =
        ["number out of range", "recursion limit", "lone leading surrogate", "unexpected end of hex escape", "invalid unicode code point"];
    let read = serde_json::from_str(text);
    let unclear = |error: &serde_json::Error| UNCLEAR.iter().any(|reason| error.to_string().starts_with(reason));
    if read.as_ref().is_err_and(unclear) { None } else { Some(read) }
}

/// `clientExtensionResults` with all that was read of them.
pub fn extension_results(results: &ClientExtensionResults) -> Value {
    let text = |bytes: &Option<Bytes>| bytes.as_ref().map(Bytes::to_base64url);
    let prf = results.prf_results.as_ref().map(|prf| json!({ "first": prf.first.to_base64url(), "second": text(&prf.second) }));
    json!({
        "credProps": { "rk": results.cred_props_rk },
        "appid": results.app_id,
        "appidExclude": results.app_id_exclude,
        "prf": { "enabled": results.prf_enabled, "results": prf },
        "largeBlob": {
            "supported": results.large_blob_supported,
            "written": results.large_blob_written,
            "blob": text(&results.large_blob),
        },
        "credBlob": results.cred_blob_stored,
        "getCredBlob": text(&results.cred_blob),
        "hmacCreateSecret": results.hmac_create_secret,
    })
}

/// The first item, and how many bytes it takes.
pub fn cbor(bytes: &[u8]) -> Option<(Cbor, usize)> {
    let mut rest = bytes;
    let value = ciborium::from_reader(&mut rest).ok()?;
    Some((value, bytes.len() - rest.len()))
}

/// The whole of it as one item.
pub fn whole_cbor(bytes: &[u8]) -> Option<Cbor> {
    cbor(bytes).filter(|(_, len)| *len == bytes.len()).map(|(value, _)| value)
}

/// The value under this key of a map.
pub fn at(map: &Cbor, key: impl Into<Cbor>) -> Option<&Cbor> {
    let key = key.into();
    map.as_map()?.iter().find(|(found, _)| *found == key).map(|(_, value)| value)
}

/// In the shortest form, with the entries as they are.
pub fn encoded(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// Whether WebAuthn's formats may contain it, by a wide margin to the parser's limits.
pub fn is_plain(value: &Cbor, depth: usize, items: &mut usize) -> bool {
    *items += 1;
    let shallow = depth < 6 && *items < 500;
    match value {
        Cbor::Integer(number) => i64::try_from(*number).is_ok(),
        Cbor::Bytes(_) | Cbor::Text(_) | Cbor::Bool(_) | Cbor::Null => true,
        Cbor::Array(all) => shallow && all.iter().all(|value| is_plain(value, depth + 1, items)),
        Cbor::Map(entries) => {
            let names: BTreeSet<_> = entries.iter().map(|(key, _)| encoded(key)).collect();
            shallow
                && entries.len() <= 64
                && names.len() == entries.len()
                && entries.iter().all(|(key, value)| {
                    (key.is_integer() || key.is_text()) && is_plain(key, depth + 1, items) && is_plain(value, depth + 1, items)
                })
        }
        _ => false,
    }
}

/// The signed part of a certificate or a revocation list: the first element of the outer one.
pub fn signed_part(der: &[u8]) -> &[u8] {
    let content = &der[header(der)..];
    let len = header(content) + length(content);
    &content[..len]
}

fn header(der: &[u8]) -> usize {
    if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7f) }
}

fn length(der: &[u8]) -> usize {
    if der[1] < 0x80 { usize::from(der[1]) } else { der[2..header(der)].iter().fold(0, |len, byte| (len << 8) | usize::from(*byte)) }
}

/// A certificate or revocation list of a signed part.
pub fn sign_again(signed_part: &[u8], key: &KeyPair, hash: HashAlgorithm) -> Vec<u8> {
    let signature = der::bit_string(&key.sign_with_hash(hash, signed_part));
    der::sequence(&[signed_part.to_vec(), key.signature_algorithm_der(hash), signature])
}
