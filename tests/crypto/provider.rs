//! The provider as a value: what it supports, what it refuses to prepare, and one with fewer schemes.

use passkeeper::RelyingParty;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::crypto::{CryptoProvider, HashAlgorithm, InvalidKey, Scheme, SignatureScheme, VerifyingKey};
use passkeeper::parse::{CoseKey, KeyMaterial};
use passkeeper::testing::{KeyAlgorithm, KeyPair};
use passkeeper::types::{Algorithm, AlgorithmList, Curve};

use super::common::{Registering, assert_refused, builder, refusal};
use super::{MESSAGE, Verifier};
use passkeeper::testing::VirtualAuthenticator;

/// ES256, borrowed from the default provider, and nothing else.
struct OnlyEs256;

impl SignatureScheme for OnlyEs256 {
    fn scheme(&self) -> Scheme {
        Algorithm::Es256.into()
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        PROVIDER.prepare(&CoseKey { algorithm: Algorithm::Es256, material: *key }).map_err(|_| InvalidKey)
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

#[test]
fn the_default_provider_supports_everything_that_has_a_name() {
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
    let register =
        |rp| Registering::with(rp, passkeeper::RegistrationRequest::new(super::common::user("alice")), &mut VirtualAuthenticator::new(1));
    assert!(register(rp(SMALL)).verify().is_ok());
    assert_refused(register(rp(REFUSING)).verify(), "public-key-not-on-curve", "7.1/20");
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
            let prepared = PROVIDER.prepare(&mixed);
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
            assert_eq!(refusal(PROVIDER.prepare(&key)), ("public-key-not-on-curve", None));
        }
    }
    for (n, e) in
        [(empty, empty), (empty, &[1, 0, 1][..]), (&[0; 256][..], &[3][..]), (&[2; 256], &[3]), (&[0xff; 256], empty), (&[1; 5000], &[3])]
    {
        let key = CoseKey { algorithm: Algorithm::Rs256, material: KeyMaterial::Rsa { n, e } };
        assert_eq!(refusal(PROVIDER.prepare(&key)), ("public-key-not-on-curve", None), "{} and {} bytes", n.len(), e.len());
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
        assert_eq!(refusal(PROVIDER.prepare(&key)), ("public-key-not-on-curve", None), "cut at {middle}");
    }
}

#[test]
fn prepared_keys_work_in_every_thread() {
    fn shared<T: Send + Sync + ?Sized>(_: &T) {}
    shared(&PROVIDER);
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
