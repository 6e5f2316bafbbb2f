//! Signatures at their edges, for every algorithm, through the default provider: each valid one is accepted, each
//! variation of it is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod ecdsa;
mod ecdsa_points;
mod ed25519;
mod every;
mod pkcs1;
mod provider;
mod pss;

use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::crypto::{InvalidSignature, VerifyingKey};
use passkeeper::parse::CoseKey;
use passkeeper::testing::{Cbor, KeyPair};

const MESSAGE: &[u8] = b"authenticator data, then the hash of the client data";
const OTHER: &[u8] = b"authenticator data, then the hash of other client data";

/// A public key as the provider makes it ready.
struct Verifier(Box<dyn VerifyingKey>);

impl Verifier {
    fn of(key: &KeyPair) -> Self {
        Self::of_cose_key(&key.cose_key())
    }

    fn of_cose_key(key: &Cbor) -> Self {
        Self(PROVIDER.prepare(&CoseKey::parse(&key.encode()).unwrap()).unwrap())
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(&[message], signature) == Ok(())
    }

    /// Accepted, however the message is cut into parts.
    #[track_caller]
    fn accepts(&self, case: &str, message: &[u8], signature: &[u8]) {
        for parts in cuts(message) {
            assert_eq!(self.0.verify(&parts, signature), Ok(()), "{case}, {} parts", parts.len());
        }
    }

    /// Refused, however the message is cut into parts.
    #[track_caller]
    fn refuses(&self, case: &str, message: &[u8], signature: &[u8]) {
        for parts in cuts(message) {
            assert_eq!(self.0.verify(&parts, signature), Err(InvalidSignature), "{case}, {} parts", parts.len());
        }
    }

    /// Refuses all of these, and accepts `valid`, from which they were made.
    #[track_caller]
    fn refuses_all<S: AsRef<str>>(&self, message: &[u8], valid: &[u8], cases: impl IntoIterator<Item = (S, Vec<u8>)>) {
        self.accepts("valid", message, valid);
        for (case, signature) in cases {
            assert_ne!(signature, valid, "{}: not a variation", case.as_ref());
            assert!(!self.verifies(message, &signature), "{}: accepted", case.as_ref());
        }
    }
}

/// A message whole, in two parts with an empty one between them, and byte by byte.
fn cuts(message: &[u8]) -> [Vec<&[u8]>; 3] {
    let (head, tail) = message.split_at(message.len() / 3);
    [vec![message], vec![head, &[], tail], message.chunks(1).collect()]
}
