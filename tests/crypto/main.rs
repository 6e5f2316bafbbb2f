//! Signatures at their edges, for every algorithm, through every provider of this build: each valid one is accepted, each
//! variation of it is refused, by all of them alike. `.ci/features` runs this with all providers that there are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../common/mod.rs"]
mod common;

mod ecdsa;
mod ecdsa_points;
mod ed25519;
mod ed25519_torsion;
mod every;
mod keys;
mod pkcs1;
mod provider;
mod pss;
mod schemes;

use passkeeper::Result;
use passkeeper::crypto::{CryptoProvider, InvalidSignature, PreparedKey, Scheme, rustcrypto};
use passkeeper::parse::{CoseKey, KeyMaterial};
use passkeeper::testing::{Cbor, KeyPair};

const MESSAGE: &[u8] = b"authenticator data, then the hash of the client data";
const OTHER: &[u8] = b"authenticator data, then the hash of other client data";

/// Every provider that this build has, each by itself.
fn providers() -> Vec<CryptoProvider> {
    vec![
        rustcrypto::PROVIDER,
        #[cfg(feature = "aws-lc-rs")]
        passkeeper::crypto::aws_lc_rs::PROVIDER,
        #[cfg(feature = "graviola")]
        passkeeper::crypto::graviola::provider().expect("these tests need a processor that graviola works on"),
    ]
}

/// What all providers that handle a key of its scheme make of it: ready keys, or one and the same refusal.
#[track_caller]
fn prepare(scheme: Scheme, material: &KeyMaterial<'_>) -> Result<Verifier> {
    let judged = providers().into_iter().map(|provider| (provider, provider.prepare_scheme(scheme, material)));
    let able = judged.filter(|(provider, prepared)| match prepared {
        Err(error) if error.code() == "certificate-algorithm-unsupported" => {
            assert!(!provider.supports_scheme(scheme), "{provider:?} promises {scheme:?} and does not keep it");
            false
        }
        _ => true,
    });
    let (ready, refused): (Vec<_>, Vec<_>) = able.partition(|(_, prepared)| prepared.is_ok());
    assert!(ready.is_empty() || refused.is_empty(), "{scheme:?}, {material:02x?}: {ready:?} differ from {refused:?}");
    assert!(!(ready.is_empty() && refused.is_empty()), "no provider has {scheme:?}");
    let results = ready.into_iter().chain(refused).map(|(provider, prepared)| Ok((provider.name(), prepared?)));
    results.collect::<Result<_>>().map(Verifier)
}

/// A public key as every provider that has its scheme makes it ready.
#[derive(Debug)]
struct Verifier(Vec<(&'static str, PreparedKey)>);

impl Verifier {
    fn of(key: &KeyPair) -> Self {
        Self::of_cose_key(&key.cose_key())
    }

    fn of_cose_key(key: &Cbor) -> Self {
        let encoded = key.encode();
        let key = CoseKey::parse(&encoded).unwrap();
        prepare(key.algorithm.into(), &key.material).unwrap()
    }

    /// The verdict on which all providers agree.
    #[track_caller]
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> std::result::Result<(), InvalidSignature> {
        let verdicts: Vec<_> = self.0.iter().map(|(name, key)| (*name, key.verify(message, signature))).collect();
        let (_, first) = verdicts[0];
        assert!(verdicts.iter().all(|(_, verdict)| *verdict == first), "{verdicts:?} on {signature:02x?}");
        first
    }

    #[track_caller]
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify(&[message], signature) == Ok(())
    }

    /// Accepted, however the message is cut into parts.
    #[track_caller]
    fn accepts(&self, case: &str, message: &[u8], signature: &[u8]) {
        for parts in cuts(message) {
            assert_eq!(self.verify(&parts, signature), Ok(()), "{case}, {} parts", parts.len());
        }
    }

    /// Refused, however the message is cut into parts.
    #[track_caller]
    fn refuses(&self, case: &str, message: &[u8], signature: &[u8]) {
        for parts in cuts(message) {
            assert_eq!(self.verify(&parts, signature), Err(InvalidSignature), "{case}, {} parts", parts.len());
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
