//! Each algorithm by each provider of the build, from the bytes of a COSE key and with a key made ready before.
//!
//! Compare figures of one run with each other; machines differ. All providers:
//! `cargo bench --bench crypto --features aws-lc-rs,graviola`
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use passkeeper::crypto::{CryptoProvider, rustcrypto};
use passkeeper::parse::CoseKey;
use passkeeper::testing::{KeyAlgorithm, KeyPair};

/// Authenticator data, and the hash of the client data.
const MESSAGE: [&[u8]; 2] = [&[7; 37], &[9; 32]];

/// Where a processor is too old for graviola, the bench says so instead of leaving it out.
fn providers() -> Vec<CryptoProvider> {
    vec![
        rustcrypto::PROVIDER,
        #[cfg(feature = "aws-lc-rs")]
        passkeeper::crypto::aws_lc_rs::PROVIDER,
        #[cfg(feature = "graviola")]
        passkeeper::crypto::graviola::provider().unwrap(),
    ]
}

fn verifications(c: &mut Criterion) {
    let algorithms = [
        KeyAlgorithm::Es256,
        KeyAlgorithm::Es384,
        KeyAlgorithm::Es512,
        KeyAlgorithm::EdDsa,
        KeyAlgorithm::Rs256,
        KeyAlgorithm::Rs384,
        KeyAlgorithm::Rs512,
        KeyAlgorithm::Ps256,
        KeyAlgorithm::Ps384,
        KeyAlgorithm::Ps512,
    ];
    for algorithm in algorithms {
        let key = KeyPair::from_seed(algorithm, 1);
        let (encoded, signature) = (key.cose_key().encode(), key.sign(&MESSAGE.concat()));
        let mut group = c.benchmark_group(format!("{algorithm:?}"));
        for provider in providers() {
            // No P-521 in graviola, say.
            let Ok(prepared) = provider.prepare(&CoseKey::parse(&encoded).unwrap()) else { continue };
            group.bench_function(format!("{}, from bytes", provider.name()), |b| {
                b.iter(|| {
                    let key = provider.prepare(&CoseKey::parse(black_box(&encoded)).unwrap()).unwrap();
                    key.verify(&MESSAGE, black_box(&signature)).unwrap();
                });
            });
            group.bench_function(format!("{}, prepared key", provider.name()), |b| {
                b.iter(|| prepared.verify(&MESSAGE, black_box(&signature)).unwrap());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, verifications);
criterion_main!(benches);
