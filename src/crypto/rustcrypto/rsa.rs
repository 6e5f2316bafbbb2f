//! RSASSA-PKCS1-v1_5 and RSASSA-PSS: the only module that knows the `rsa` crate.

use alloc::boxed::Box;

use rsa::signature::hazmat::PrehashVerifier;
use rsa::{BoxedUint, RsaPublicKey, pkcs1v15, pss};
#[cfg(feature = "attestation")]
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::Hashed;
use crate::crypto::{HashAlgorithm, InvalidKey, InvalidSignature, Scheme, SignatureScheme, VerifyingKey};
use crate::parse::KeyMaterial;

pub(super) struct Pkcs1 {
    pub(super) hash: HashAlgorithm,
}

pub(super) struct Pss {
    pub(super) hash: HashAlgorithm,
}

impl SignatureScheme for Pkcs1 {
    fn scheme(&self) -> Scheme {
        Scheme::RsaPkcs1(self.hash)
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let key = public_key(key)?;
        Ok(match self.hash {
            #[cfg(feature = "attestation")]
            HashAlgorithm::Sha1 => Key::boxed(pkcs1v15::VerifyingKey::<Sha1>::new(key), self.hash),
            #[cfg(not(feature = "attestation"))]
            HashAlgorithm::Sha1 => return Err(InvalidKey),
            HashAlgorithm::Sha256 => Key::boxed(pkcs1v15::VerifyingKey::<Sha256>::new(key), self.hash),
            HashAlgorithm::Sha384 => Key::boxed(pkcs1v15::VerifyingKey::<Sha384>::new(key), self.hash),
            HashAlgorithm::Sha512 => Key::boxed(pkcs1v15::VerifyingKey::<Sha512>::new(key), self.hash),
        })
    }
}

impl SignatureScheme for Pss {
    fn scheme(&self) -> Scheme {
        Scheme::RsaPss(self.hash)
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let key = public_key(key)?;
        // The salt must be as long as the hash (RFC 8230); any other length does not verify.
        Ok(match self.hash {
            HashAlgorithm::Sha1 => return Err(InvalidKey),
            HashAlgorithm::Sha256 => Key::boxed(pss::VerifyingKey::<Sha256>::new_with_salt_len(key, 32), self.hash),
            HashAlgorithm::Sha384 => Key::boxed(pss::VerifyingKey::<Sha384>::new_with_salt_len(key, 48), self.hash),
            HashAlgorithm::Sha512 => Key::boxed(pss::VerifyingKey::<Sha512>::new_with_salt_len(key, 64), self.hash),
        })
    }
}

fn public_key(key: &KeyMaterial<'_>) -> Result<RsaPublicKey, InvalidKey> {
    let KeyMaterial::Rsa { n, e } = key else { return Err(InvalidKey) };
    let number = BoxedUint::from_be_slice_vartime;
    RsaPublicKey::new(number(n), number(e)).map_err(|_| InvalidKey)
}

struct Key<K> {
    key: K,
    hash: HashAlgorithm,
}

impl<K> Key<K> {
    fn boxed(key: K, hash: HashAlgorithm) -> Box<dyn VerifyingKey>
    where
        Self: VerifyingKey + 'static,
    {
        Box::new(Self { key, hash })
    }

    fn check<S>(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature>
    where
        K: PrehashVerifier<S>,
        S: for<'s> TryFrom<&'s [u8]>,
    {
        let signature = S::try_from(signature).map_err(|_| InvalidSignature)?;
        let digest = Hashed::new(self.hash, message).ok_or(InvalidSignature)?;
        self.key.verify_prehash(digest.as_slice(), &signature).map_err(|_| InvalidSignature)
    }
}

macro_rules! verify_with {
    ($($padding:ident $hash:ident),*) => {$(
        impl VerifyingKey for Key<$padding::VerifyingKey<$hash>> {
            fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
                self.check::<$padding::Signature>(message, signature)
            }
        }
    )*};
}
verify_with!(pkcs1v15 Sha256, pkcs1v15 Sha384, pkcs1v15 Sha512, pss Sha256, pss Sha384, pss Sha512);
#[cfg(feature = "attestation")]
verify_with!(pkcs1v15 Sha1);
