//! Key pairs that sign as they should, and in some ways they should not.

use super::Cbor;
use super::algorithm::{HashAlgorithm, KeyAlgorithm, Scheme};
use super::der::der_signature;
use super::ecdsa::EcdsaKey;
use super::rsa::{EXPONENT, RsaKey, pkcs1v15_encoding, pss_encoding};
use super::seed::expand;
use super::spki::{public_key, signature_algorithm, subject_public_key_info};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use ed25519_dalek::Signer as _;

#[cfg(test)]
pub(super) mod tests;

/// A private key together with the algorithm it is used for.
#[derive(Clone)]
pub struct KeyPair {
    algorithm: KeyAlgorithm,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Ecdsa(EcdsaKey),
    Ed25519(ed25519_dalek::SigningKey),
    Rsa(RsaKey),
}

impl KeyPair {
    /// The key pair that belongs to `seed`, always the same one.
    ///
    /// Algorithms of one family share their keys: a seed gives the same RSA key for all RSA algorithms, and the same
    /// curve point under the old and the fully specified identifier. There are only sixteen RSA keys (2048 bits,
    /// exponent 65537), chosen by `seed % 16`.
    pub fn from_seed(algorithm: KeyAlgorithm, seed: u64) -> Self {
        let secret = match algorithm.scheme() {
            Scheme::Ecdsa(curve) => {
                // One byte shorter than n, and so below it.
                let scalar = expand("EC scalar", seed, curve.order().len() - 1);
                Secret::Ecdsa(EcdsaKey::new(curve, &scalar).expect("a scalar between 0 and n"))
            }
            Scheme::Ed25519 => {
                let seed = expand("Ed25519 seed", seed, 32);
                Secret::Ed25519(ed25519_key(&seed))
            }
            Scheme::Pkcs1v15 | Scheme::Pss => Secret::Rsa(RsaKey::from_seed(seed)),
        };
        Self { algorithm, secret }
    }

    /// A known ECDSA or Ed25519 key: the scalar, big-endian with or without its leading zeros, or the 32-byte seed.
    ///
    /// # Panics
    /// If the algorithm is an RSA one, or the bytes are no private key for it.
    pub fn from_private_bytes(algorithm: KeyAlgorithm, private: &[u8]) -> Self {
        let secret = match algorithm.scheme() {
            Scheme::Ecdsa(curve) => Secret::Ecdsa(EcdsaKey::new(curve, private).expect("a scalar between 0 and n")),
            Scheme::Ed25519 => Secret::Ed25519(ed25519_key(private)),
            Scheme::Pkcs1v15 | Scheme::Pss => panic!("an RSA key is made of its primes"),
        };
        Self { algorithm, secret }
    }

    /// A known RSA key: its two primes, big-endian, of any length. The public exponent is 65537.
    ///
    /// # Panics
    /// If the algorithm is not an RSA one, or the numbers cannot be the primes of such a key.
    pub fn from_rsa_primes(algorithm: KeyAlgorithm, p: &[u8], q: &[u8]) -> Self {
        assert!(matches!(algorithm.scheme(), Scheme::Pkcs1v15 | Scheme::Pss), "{algorithm:?} is not an RSA algorithm");
        let key = RsaKey::from_primes(p, q).expect("two odd primes that suit the exponent 65537");
        Self { algorithm, secret: Secret::Rsa(key) }
    }

    /// The algorithm this key signs with.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The public key as a COSE_Key: a map in canonical order, to be edited at will.
    ///
    /// Labels: 1 kty, 3 alg; EC2 -1 crv, -2 x, -3 y; OKP -1 crv, -2 x; RSA -1 n, -2 e.
    pub fn cose_key(&self) -> Cbor {
        let (key_type, parameters) = match (&self.secret, self.algorithm.scheme()) {
            (Secret::Ecdsa(key), Scheme::Ecdsa(curve)) => {
                let (x, y) = key.public_point();
                (2, vec![(-1, curve.cose_id().into()), (-2, x.into()), (-3, y.into())])
            }
            (Secret::Ed25519(key), _) => (1, vec![(-1, 6.into()), (-2, Cbor::bytes(key.verifying_key().as_bytes()))]),
            (Secret::Rsa(key), _) => (3, vec![(-1, key.modulus().into()), (-2, Cbor::bytes(EXPONENT))]),
            _ => unreachable!("the constructors pair ECDSA keys with ECDSA algorithms"),
        };
        let head = [(1, key_type.into()), (3, self.algorithm.cose_id().into())];
        Cbor::map(head.into_iter().chain(parameters))
    }

    /// The public key as a SubjectPublicKeyInfo in DER. RSA keys are `rsaEncryption` there, whatever the padding.
    pub fn spki_der(&self) -> Vec<u8> {
        subject_public_key_info(&self.cose_key()).expect("the COSE key is complete")
    }

    /// The usual key identifier in certificates (RFC 5280, 4.2.1.2): SHA-1 of the public key without its algorithm.
    pub fn key_identifier(&self) -> Vec<u8> {
        let (_, key) = public_key(&self.cose_key()).expect("the COSE key is complete");
        HashAlgorithm::Sha1.digest(&key)
    }

    /// The AlgorithmIdentifier in DER that names signatures of this key over this hash; Ed25519 has no hash to name.
    pub fn signature_algorithm_der(&self, hash: HashAlgorithm) -> Vec<u8> {
        signature_algorithm(self.algorithm, hash)
    }

    /// The signature over `message` in the form WebAuthn uses: DER for ECDSA, raw for the others. Deterministic.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            _ => self.sign_with_hash(self.algorithm.hash(), message),
        }
    }

    /// As [`sign`](Self::sign), but with a hash of your choice. Ed25519 signs the hash as if it were the message.
    pub fn sign_with_hash(&self, hash: HashAlgorithm, message: &[u8]) -> Vec<u8> {
        match (&self.secret, self.algorithm.scheme()) {
            (Secret::Ecdsa(key), _) => {
                let (r, s) = key.sign_digest(&hash.digest(message));
                der_signature(&r, &s)
            }
            (Secret::Ed25519(key), _) => key.sign(&hash.digest(message)).to_bytes().to_vec(),
            (Secret::Rsa(_), Scheme::Pss) => self.sign_pss(hash, message, hash.length()),
            (Secret::Rsa(key), _) => {
                let length = key.modulus_bits().div_ceil(8);
                self.rsa_raw_private_op(&pkcs1v15_encoding(hash, message, length))
            }
        }
    }

    /// The ECDSA signature over `message` as the numbers r and s, big-endian, as long as the group order.
    ///
    /// Equal lengths make byte order number order. Join them for the raw form, or see [`der_signature`].
    ///
    /// # Panics
    /// If this is not an ECDSA key.
    pub fn ecdsa_r_s(&self, message: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let Secret::Ecdsa(key) = &self.secret else { panic!("{self:?} is not an ECDSA key") };
        key.sign_digest(&self.algorithm.hash().digest(message))
    }

    /// n - s: the other s that makes a valid signature with the same r. One of the two is above n / 2.
    ///
    /// `s` is what [`ecdsa_r_s`](Self::ecdsa_r_s) returned; the result has the same form.
    ///
    /// # Panics
    /// If this is not an ECDSA key, or `s` is not as long as n or above n.
    pub fn negate_s(&self, s: &[u8]) -> Vec<u8> {
        let order = self.algorithm.group_order().expect("an ECDSA key");
        assert_eq!(order.len(), s.len(), "s must be as long as the group order");
        let mut difference = order.to_vec();
        let mut borrow = false;
        for (digit, s) in difference.iter_mut().zip(s).rev() {
            let (partial, first) = digit.overflowing_sub(*s);
            let (result, second) = partial.overflowing_sub(borrow.into());
            *digit = result;
            borrow = first || second;
        }
        assert!(!borrow, "s must not be above the group order");
        difference
    }

    /// An RSASSA-PSS signature with a salt of `salt_length` bytes (which depend on the message only).
    ///
    /// # Panics
    /// If this is not an RSA key, or the salt does not fit.
    pub fn sign_pss(&self, hash: HashAlgorithm, message: &[u8], salt_length: usize) -> Vec<u8> {
        let salt_seed = hash.digest(message)[..8].try_into().expect("every hash is longer than eight bytes");
        let salt = expand("PSS salt", u64::from_be_bytes(salt_seed), salt_length);
        let bits = self.rsa().modulus_bits();
        self.rsa_raw_private_op(&pss_encoding(hash, message, &salt, bits))
    }

    /// RSA without any padding: `encoded_message` (a big-endian number) to the power of the private exponent.
    ///
    /// The result is as long as the modulus. See [`pkcs1v15_encoding`] and [`pss_encoding`] for proper paddings to
    /// start from.
    ///
    /// # Panics
    /// If this is not an RSA key, or the number is not below the modulus.
    pub fn rsa_raw_private_op(&self, encoded_message: &[u8]) -> Vec<u8> {
        self.rsa().private_op(encoded_message).expect("a number below the modulus")
    }

    /// The RSA modulus n, big-endian without leading zeros.
    ///
    /// # Panics
    /// If this is not an RSA key.
    pub fn rsa_modulus(&self) -> Vec<u8> {
        self.rsa().modulus()
    }

    /// The length of the RSA modulus in bits.
    pub(super) fn rsa_modulus_bits(&self) -> usize {
        self.rsa().modulus_bits()
    }

    /// The RSA public exponent e, big-endian without leading zeros.
    ///
    /// # Panics
    /// If this is not an RSA key.
    pub fn rsa_exponent(&self) -> Vec<u8> {
        self.rsa();
        EXPONENT.to_vec()
    }

    fn rsa(&self) -> &RsaKey {
        match &self.secret {
            Secret::Rsa(key) => key,
            _ => panic!("{self:?} is not an RSA key"),
        }
    }
}

/// Shows the algorithm, not the key.
impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn ed25519_key(seed: &[u8]) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(seed.try_into().expect("an Ed25519 seed of 32 bytes"))
}
