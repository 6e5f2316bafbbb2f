//! The provider as a value: what it supports, what it refuses to prepare, and one with fewer schemes.

use passkeeper::RelyingParty;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::crypto::{CryptoProvider, HashAlgorithm, InvalidKey, Scheme, SignatureScheme, VerifyingKey};
use passkeeper::parse::{CoseKey, KeyMaterial};
use passkeeper::testing::{AttestationKind, KeyAlgorithm, KeyPair};
use passkeeper::types::{Algorithm, AlgorithmList, Curve, RecordId};
use sha2::{Digest, Sha256};

use super::common::keys::rsa_key_of_bits;
use super::common::{Registering, SigningIn, assert_refused, builder, refusal};
use super::{MESSAGE, Verifier, prepare, providers};

/// ES256, borrowed from the default provider, and nothing else.
struct OnlyEs256;

impl SignatureScheme for OnlyEs256 {
    fn scheme(&self) -> Scheme {
        Algorithm::Es256.into()
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        Ok(Box::new(PROVIDER.prepare_scheme(self.scheme(), key).map_err(|_| InvalidKey)?))
    }
}

/// The same scheme again, but it takes no key.
struct RefusesEveryKey;

impl SignatureScheme for RefusesEveryKey {
    fn scheme(&self) -> Scheme {
        Algorithm::Es256.into()
    }

    fn prepare(&self, _: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        Err(InvalidKey)
    }
}

const SMALL: CryptoProvider = CryptoProvider::new("small", &[&OnlyEs256, &RefusesEveryKey]);
const REFUSING: CryptoProvider = CryptoProvider::new("refusing", &[&RefusesEveryKey, &OnlyEs256]);
const EMPTY: CryptoProvider = CryptoProvider::new("empty", &[]);

fn es256_only() -> AlgorithmList {
    AlgorithmList::new([Algorithm::Es256]).unwrap()
}

/// Of the lengths around a block's end, in any parts.
#[test]
fn every_provider_hashes_alike() {
    let bytes: Vec<u8> = (0..200).collect();
    for provider in providers() {
        for len in 0..bytes.len() {
            let (one, two) = bytes[..len].split_at(len / 3);
            let expected: [u8; 32] = Sha256::digest(&bytes[..len]).into();
            assert_eq!(provider.sha256(&[one, &[], two]), expected, "{provider:?} {len}");
        }
    }
}

/// What a ceremony hashes, its provider hashes: one that hashes wrongly takes no signature over a hash.
#[test]
fn a_ceremony_hashes_by_the_relying_partys_provider() {
    let rp = || -> RelyingParty { builder().crypto_provider(PROVIDER.with_sha256(|_| [0; 32])).build().unwrap() };
    assert_refused(SigningIn::at(rp()).verify(), "signature-invalid", "7.2/21");
    let attested = |kind| Registering::at(rp()).change(|draft| draft.attestation = kind);
    assert_refused(attested(AttestationKind::PackedSelf).verify(), "attestation-signature-invalid", "7.1/22");
    let record = attested(AttestationKind::None).verify().unwrap().into_record();
    assert_ne!(record.id, RecordId::derive(&record.scope, &record.rp_id, &record.credential_id));
}

/// By each provider of this build, and what only certificates and statements ask for: nothing is missing unseen.
#[test]
fn each_provider_supports_what_its_documentation_says() {
    use HashAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    let hashes = [Sha1, Sha256, Sha384, Sha512];
    let ecdsa = |curve: Curve| hashes.map(|hash| Scheme::Ecdsa(curve, hash));
    let curves = [Curve::P256, Curve::P384, Curve::P521].map(ecdsa).concat();
    let all = [curves, vec![Scheme::Ed25519], hashes.map(Scheme::RsaPkcs1).to_vec(), hashes.map(Scheme::RsaPss).to_vec()].concat();
    assert_eq!(all.len(), 21);
    for provider in providers() {
        for &scheme in &all {
            let somewhere = !matches!(scheme, Scheme::Ecdsa(_, Sha1) | Scheme::RsaPss(Sha1));
            let expected = match provider.name() {
                "graviola" => somewhere && !matches!(scheme, Scheme::Ecdsa(Curve::P521, _) | Scheme::RsaPss(_) | Scheme::RsaPkcs1(_)),
                _ => somewhere,
            };
            assert_eq!(provider.supports_scheme(scheme), expected, "{scheme:?} by {provider:?}");
        }
        for &algorithm in Algorithm::ALL {
            assert_eq!(provider.supports(algorithm), provider.supports_scheme(algorithm.into()), "{algorithm} by {provider:?}");
        }
    }
}

#[test]
fn every_provider_of_the_build_is_tried() {
    let names: Vec<_> = providers().iter().map(CryptoProvider::name).collect();
    let enabled = [("rustcrypto", true), ("aws-lc-rs", cfg!(feature = "aws-lc-rs")), ("graviola", cfg!(feature = "graviola"))];
    assert_eq!(names, enabled.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn a_provider_supports_what_its_table_holds() {
    for &algorithm in Algorithm::ALL {
        assert!(PROVIDER.supports(algorithm), "{algorithm}");
        assert!(!EMPTY.supports(algorithm), "{algorithm}");
        let twin = matches!(algorithm, Algorithm::Es256 | Algorithm::Esp256);
        assert_eq!(SMALL.supports(algorithm), twin, "{algorithm}");
    }
    assert_eq!((PROVIDER.name(), SMALL.name()), ("rustcrypto", "small"));
    assert_eq!(format!("{PROVIDER:?}"), "CryptoProvider(rustcrypto)");
}

#[test]
fn a_composed_provider_supports_what_either_does() {
    let composed = SMALL.with_fallback(&PROVIDER);
    for &algorithm in KeyAlgorithm::ALL {
        let key = KeyPair::from_seed(algorithm, 3);
        let encoded = key.cose_key().encode();
        let parsed = CoseKey::parse(&encoded).unwrap();
        assert!(composed.supports(parsed.algorithm));
        assert_eq!(composed.prepare(&parsed).unwrap().verify(&[MESSAGE], &key.sign(MESSAGE)), Ok(()), "{algorithm:?}");
    }
    assert!(builder().crypto_provider(composed).algorithms(AlgorithmList::new(Algorithm::ALL.iter().copied()).unwrap()).build().is_ok());
    assert!(!SMALL.with_fallback(&EMPTY).supports(Algorithm::Rs256));
    assert!(!SMALL.with_fallback(&PROVIDER).with_fallback(&EMPTY).supports(Algorithm::Rs256), "a second fallback replaces the first");
    static NESTED: CryptoProvider = EMPTY.with_fallback(&PROVIDER);
    assert!(SMALL.with_fallback(&NESTED).supports(Algorithm::Rs256));
    assert_eq!(composed.name(), "small");
    assert_eq!(format!("{:?}", SMALL.with_fallback(&NESTED)), "CryptoProvider(small, then empty, then rustcrypto)");
}

/// RS256 for moduli of 2048 bits, and for no other.
struct Partial;

impl SignatureScheme for Partial {
    fn scheme(&self) -> Scheme {
        Algorithm::Rs256.into()
    }

    fn only_for(&self) -> Option<fn(&KeyMaterial<'_>) -> bool> {
        Some(|key| matches!(key, KeyMaterial::Rsa { n: [0x80..=0xff, ..], .. }))
    }

    fn prepare(&self, _: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        Err(InvalidKey)
    }
}

/// Half a scheme is nothing to offer; composed with a whole one, each key goes to the half that handles it.
#[test]
fn a_scheme_for_some_keys_counts_only_before_one_for_all() {
    const PARTIAL: CryptoProvider = CryptoProvider::new("partial", &[&Partial]);
    let composed = PARTIAL.with_fallback(&PROVIDER);
    let rs256 = || AlgorithmList::new([Algorithm::Rs256]).unwrap();
    assert!(!PARTIAL.supports(Algorithm::Rs256) && composed.supports(Algorithm::Rs256));
    assert_eq!(refusal(builder().crypto_provider(PARTIAL).algorithms(rs256()).build()), ("algorithm-not-provided", None));
    assert!(builder().crypto_provider(composed).algorithms(rs256()).build().is_ok());
    let judged = |provider: CryptoProvider, key: &KeyPair| {
        let encoded = key.cose_key().encode();
        provider.prepare(&CoseKey::parse(&encoded).unwrap()).map_err(|error| error.code())
    };
    let (usual, odd) = (KeyPair::from_seed(KeyAlgorithm::Rs256, 1), rsa_key_of_bits(KeyAlgorithm::Rs256, 2050));
    assert_eq!(judged(PARTIAL, &usual).err(), Some("public-key-not-on-curve"));
    assert_eq!(judged(PARTIAL, &odd).err(), Some("public-key-algorithm-unsupported"));
    assert_eq!(judged(composed, &usual).err(), Some("public-key-not-on-curve"), "the first half's refusal stands");
    assert_eq!(judged(composed, &odd).unwrap().verify(&[MESSAGE], &odd.sign(MESSAGE)), Ok(()));
}

/// What the half that handles a key refuses, the other is not asked.
#[test]
fn what_the_first_half_refuses_stays_refused() {
    const FIRST: CryptoProvider = CryptoProvider::new("first", &[&RefusesEveryKey]);
    let encoded = KeyPair::from_seed(KeyAlgorithm::Es256, 1).cose_key().encode();
    let key = CoseKey::parse(&encoded).unwrap();
    assert_eq!(refusal(FIRST.with_fallback(&PROVIDER).prepare(&key)), ("public-key-not-on-curve", None));
}

#[test]
fn only_a_provided_scheme_can_be_prepared() {
    let encoded = KeyPair::from_seed(KeyAlgorithm::Es256, 1).cose_key().encode();
    let key = CoseKey::parse(&encoded).unwrap().material;
    let sha1 = Scheme::Ecdsa(Curve::P256, HashAlgorithm::Sha1);
    for provider in providers() {
        assert_eq!(refusal(provider.prepare_scheme(sha1, &key)), ("certificate-algorithm-unsupported", None));
        assert_eq!(provider.prepare_scheme(Algorithm::Es256.into(), &key).unwrap().scheme(), Algorithm::Es256.into());
    }
}

/// The library would panic there; it lets itself be told that the processor is another, by the environment and in builds for
/// tests only, so this test runs itself again.
#[cfg(feature = "graviola")]
#[test]
fn graviola_says_where_it_cannot_work() {
    use passkeeper::crypto::graviola;
    const HIDDEN: &str = "PASSKEEPER_TEST_HIDDEN_FEATURE";
    if std::env::var_os(HIDDEN).is_some() {
        assert_eq!(refusal(graviola::provider()), ("crypto-provider-unavailable", None));
        return;
    }
    assert!(graviola::provider().is_ok());
    let needed: &[&str] =
        if cfg!(target_arch = "x86_64") { &["adx", "avx2", "aes", "pclmulqdq", "bmi1"] } else { &["neon", "aes", "pmull", "sha2"] };
    for feature in needed {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "provider::graviola_says_where_it_cannot_work"]);
        let output = again.env(HIDDEN, feature).env(format!("GRAVIOLA_CPU_DISABLE_{feature}"), "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "without {feature}: {said}");
    }
}

#[test]
fn algorithms_mean_their_schemes() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    let expected = [
        (Algorithm::Es256, Scheme::Ecdsa(Curve::P256, Sha256)),
        (Algorithm::Es384, Scheme::Ecdsa(Curve::P384, Sha384)),
        (Algorithm::Es512, Scheme::Ecdsa(Curve::P521, Sha512)),
        (Algorithm::EdDsa, Scheme::Ed25519),
        (Algorithm::Rs256, Scheme::RsaPkcs1(Sha256)),
        (Algorithm::Rs384, Scheme::RsaPkcs1(Sha384)),
        (Algorithm::Rs512, Scheme::RsaPkcs1(Sha512)),
        (Algorithm::Ps256, Scheme::RsaPss(Sha256)),
        (Algorithm::Ps384, Scheme::RsaPss(Sha384)),
        (Algorithm::Ps512, Scheme::RsaPss(Sha512)),
        (Algorithm::Esp256, Scheme::Ecdsa(Curve::P256, Sha256)),
        (Algorithm::Esp384, Scheme::Ecdsa(Curve::P384, Sha384)),
        (Algorithm::Esp512, Scheme::Ecdsa(Curve::P521, Sha512)),
        (Algorithm::Ed25519, Scheme::Ed25519),
    ];
    assert_eq!(expected.len(), Algorithm::ALL.len());
    for (algorithm, scheme) in expected {
        assert_eq!(Scheme::from(algorithm), scheme, "{algorithm}");
    }
}

#[test]
fn only_a_provided_algorithm_can_be_offered() {
    let build = |provider, algorithms| builder().crypto_provider(provider).algorithms(algorithms).build();
    assert_eq!(refusal(build(SMALL, AlgorithmList::recommended())), ("algorithm-not-provided", None));
    assert_eq!(refusal(build(EMPTY, es256_only())), ("algorithm-not-provided", None));
    assert!(build(SMALL, es256_only()).is_ok());
    assert!(build(SMALL, AlgorithmList::new([Algorithm::Esp256]).unwrap()).is_ok());
}

#[test]
fn only_a_provided_algorithm_can_be_prepared() {
    for &algorithm in KeyAlgorithm::ALL {
        let encoded = KeyPair::from_seed(algorithm, 1).cose_key().encode();
        let key = CoseKey::parse(&encoded).unwrap();
        assert_eq!(refusal(EMPTY.prepare(&key)), ("public-key-algorithm-unsupported", None));
        if algorithm.group_order() == KeyAlgorithm::Es256.group_order() {
            assert!(SMALL.prepare(&key).is_ok());
        } else {
            assert_eq!(refusal(SMALL.prepare(&key)), ("public-key-algorithm-unsupported", None));
        }
    }
}

#[test]
fn of_two_entries_for_a_scheme_the_first_counts() {
    let encoded = KeyPair::from_seed(KeyAlgorithm::Es256, 1).cose_key().encode();
    let key = CoseKey::parse(&encoded).unwrap();
    assert!(SMALL.prepare(&key).is_ok());
    assert_eq!(refusal(REFUSING.prepare(&key)), ("public-key-not-on-curve", None));
}

#[test]
fn a_ceremony_uses_the_relying_partys_provider() {
    let rp = |provider| -> RelyingParty { builder().crypto_provider(provider).algorithms(es256_only()).build().unwrap() };
    assert!(Registering::at(rp(SMALL)).verify().is_ok());
    assert_refused(Registering::at(rp(REFUSING)).verify(), "public-key-not-on-curve", "7.1/20");
}

/// Key material of one kind under the algorithm of another, as only a caller's mistake could make it.
#[test]
fn material_of_another_kind_is_refused() {
    let keys: Vec<_> = KeyAlgorithm::ALL.iter().map(|algorithm| KeyPair::from_seed(*algorithm, 1).cose_key().encode()).collect();
    let keys: Vec<_> = keys.iter().map(|bytes| CoseKey::parse(bytes).unwrap()).collect();
    let kind = |algorithm| match Scheme::from(algorithm) {
        Scheme::RsaPss(_) | Scheme::RsaPkcs1(_) => "RSA".to_string(),
        Scheme::Ecdsa(curve, _) => format!("{curve:?}"),
        other => format!("{other:?}"),
    };
    for one in &keys {
        for other in &keys {
            let mixed = CoseKey { algorithm: one.algorithm, material: other.material };
            let prepared = prepare(mixed.algorithm.into(), &mixed.material);
            if kind(one.algorithm) == kind(other.algorithm) {
                assert!(prepared.is_ok());
            } else {
                assert_eq!(refusal(prepared), ("public-key-not-on-curve", None), "{} with {}", one.algorithm, other.algorithm);
            }
        }
    }
}

/// Shapes that the parser never makes must not make the provider panic.
#[test]
fn material_of_another_shape_is_refused() {
    let long = [1; 200];
    let empty: &[u8] = &[];
    for (x, y) in [(empty, empty), (&long[..], &long[..]), (&long[..32], empty), (empty, &long[..64]), (&long[..133], &long[..1])] {
        for (algorithm, curve) in [(Algorithm::Es256, Curve::P256), (Algorithm::Es384, Curve::P384), (Algorithm::Es512, Curve::P521)] {
            let key = CoseKey { algorithm, material: KeyMaterial::Ec { curve, x, y } };
            assert_eq!(refusal(prepare(key.algorithm.into(), &key.material)), ("public-key-not-on-curve", None));
        }
    }
    for (n, e) in
        [(empty, empty), (empty, &[1, 0, 1][..]), (&[0; 256][..], &[3][..]), (&[2; 256], &[3]), (&[0xff; 256], empty), (&[1; 5000], &[3])]
    {
        let key = CoseKey { algorithm: Algorithm::Rs256, material: KeyMaterial::Rsa { n, e } };
        assert_eq!(
            refusal(prepare(key.algorithm.into(), &key.material)),
            ("public-key-not-on-curve", None),
            "{} and {} bytes",
            n.len(),
            e.len()
        );
    }
}

/// A valid point cut at another place than between its coordinates.
#[test]
fn coordinates_of_unequal_length_are_refused() {
    let encoded = KeyPair::from_seed(KeyAlgorithm::Es256, 1).cose_key().encode();
    let KeyMaterial::Ec { x, y, .. } = CoseKey::parse(&encoded).unwrap().material else { panic!("an EC key") };
    let joined = [x, y].concat();
    for middle in [0, 1, 31, 33, 64] {
        let (x, y) = joined.split_at(middle);
        let key = CoseKey { algorithm: Algorithm::Es256, material: KeyMaterial::Ec { curve: Curve::P256, x, y } };
        assert_eq!(refusal(prepare(key.algorithm.into(), &key.material)), ("public-key-not-on-curve", None), "cut at {middle}");
    }
}

#[test]
fn prepared_keys_work_in_every_thread() {
    fn shared<T: Send + Sync + ?Sized>(_: &T) {}
    providers().iter().for_each(shared);
    for &algorithm in KeyAlgorithm::ALL {
        let key = KeyPair::from_seed(algorithm, 2);
        let verifier = Verifier::of(&key);
        shared(&verifier.0);
        let signature = key.sign(MESSAGE);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| verifier.accepts("in a thread", MESSAGE, &signature));
            }
        });
    }
}
