//! Certificates (RFC 5280) that can be wrong in any field.

use super::KeyPair;
use super::algorithm::{HashAlgorithm, Scheme};
use super::der::{context, integer, sequence, time, tlv};
use alloc::vec::Vec;

pub(super) mod crl;
pub(super) mod extension;
pub(super) mod name;

use extension::ExtensionDraft;
use name::Name;

/// 2020-01-01T00:00:00Z.
const NOT_BEFORE: i64 = 1_577_836_800;
/// 2049-12-31T23:59:59Z.
const NOT_AFTER: i64 = 2_524_607_999;

/// A certificate before it is signed.
///
/// Fields called overrides are `None` from the start, which means that the value is worked out from the other fields.
#[derive(Clone, Debug)]
pub struct CertificateDraft {
    /// The version: 1, 2 or 3, honestly 3. Nothing ties it to the extensions.
    pub version: u8,
    /// The content of the INTEGER that is the serial number, in two's complement: honestly positive and minimal.
    pub serial: Vec<u8>,
    /// The issuer's name.
    pub issuer: Name,
    /// The subject's name.
    pub subject: Name,
    /// The first second of validity, since 1970; 2020-01-01 from the start.
    pub not_before: i64,
    /// The last second of validity, since 1970; 2049-12-31 from the start.
    pub not_after: i64,
    /// Override of the element Validity, in DER.
    pub validity: Option<Vec<u8>>,
    /// The subject's public key: a SubjectPublicKeyInfo in DER.
    pub spki: Vec<u8>,
    /// The extensions, in this order; without any, the list is left out.
    pub extensions: Vec<ExtensionDraft>,
    /// Override of the hash to sign with, otherwise that of the issuer key's algorithm. Ed25519 takes none.
    pub hash: Option<HashAlgorithm>,
    /// Override of the AlgorithmIdentifier inside of the signed part, in DER.
    pub inner_algorithm: Option<Vec<u8>>,
    /// Override of the AlgorithmIdentifier beside the signature, in DER.
    pub outer_algorithm: Option<Vec<u8>>,
    /// Override of the signed part (TBSCertificate), in DER; start from [`tbs`](Self::tbs_der).
    pub tbs: Option<Vec<u8>>,
    /// Override of the signature.
    pub signature: Option<Vec<u8>>,
    /// How many unused bits the signature's BIT STRING claims, honestly 0.
    pub signature_unused_bits: u8,
    /// Bytes after the certificate.
    pub trailing: Vec<u8>,
}

impl CertificateDraft {
    /// A version 3 certificate without extensions, for a public key as SubjectPublicKeyInfo in DER.
    ///
    /// The serial number has 16 bytes and depends on the subject and the key.
    pub fn new(issuer: Name, subject: Name, spki: Vec<u8>) -> Self {
        let mut serial = HashAlgorithm::Sha256.digest(&[subject.to_der(), spki.clone()].concat());
        serial.truncate(16);
        // Positive, and no zeros in front.
        serial[0] = serial[0] & 0x7f | 0x40;
        Self {
            version: 3,
            serial,
            issuer,
            subject,
            not_before: NOT_BEFORE,
            not_after: NOT_AFTER,
            validity: None,
            spki,
            extensions: Vec::new(),
            hash: None,
            inner_algorithm: None,
            outer_algorithm: None,
            tbs: None,
            signature: None,
            signature_unused_bits: 0,
            trailing: Vec::new(),
        }
    }

    /// The first extension with this OID.
    pub fn extension(&self, oid: &str) -> Option<&ExtensionDraft> {
        self.extensions.iter().find(|extension| extension.oid == oid)
    }

    /// The first extension with this OID, to be changed.
    pub fn extension_mut(&mut self, oid: &str) -> Option<&mut ExtensionDraft> {
        self.extensions.iter_mut().find(|extension| extension.oid == oid)
    }

    /// Puts an extension in the place of the first one with its OID, or at the end.
    pub fn set_extension(&mut self, extension: ExtensionDraft) {
        match self.extension_mut(&extension.oid) {
            Some(place) => *place = extension,
            None => self.extensions.push(extension),
        }
    }

    /// Removes every extension with this OID.
    pub fn remove_extension(&mut self, oid: &str) {
        self.extensions.retain(|extension| extension.oid != oid);
    }

    /// The signed part as `issuer` would sign it, in DER, or [`tbs`](Self::tbs).
    pub fn tbs_der(&self, issuer: &KeyPair) -> Vec<u8> {
        if let Some(tbs) = &self.tbs {
            return tbs.clone();
        }
        let version = if self.version == 1 { Vec::new() } else { context(0, &integer(i64::from(self.version) - 1)) };
        let algorithm = self.inner_algorithm.clone().unwrap_or_else(|| algorithm(issuer, self.hash));
        let validity = self.validity.clone().unwrap_or_else(|| sequence(&[time(self.not_before), time(self.not_after)]));
        sequence(&[
            version,
            tlv(0x02, &self.serial),
            algorithm,
            self.issuer.to_der(),
            validity,
            self.subject.to_der(),
            self.spki.clone(),
            extension::list(3, &self.extensions),
        ])
    }

    /// The certificate in DER, signed by a key, whatever the field [`issuer`](Self::issuer) says.
    pub fn sign(&self, issuer: &KeyPair) -> Vec<u8> {
        let tbs = self.tbs_der(issuer);
        let algorithm = self.outer_algorithm.clone().unwrap_or_else(|| algorithm(issuer, self.hash));
        let signature = self.signature.clone().unwrap_or_else(|| signature(issuer, self.hash, &tbs));
        let signature = tlv(0x03, &[&[self.signature_unused_bits], signature.as_slice()].concat());
        [sequence(&[tbs, algorithm, signature]), self.trailing.clone()].concat()
    }
}

fn algorithm(key: &KeyPair, hash: Option<HashAlgorithm>) -> Vec<u8> {
    key.signature_algorithm_der(hash.unwrap_or(key.algorithm().hash()))
}

fn signature(key: &KeyPair, hash: Option<HashAlgorithm>, message: &[u8]) -> Vec<u8> {
    match (hash, key.algorithm().scheme()) {
        (None, _) | (_, Scheme::Ed25519) => key.sign(message),
        (Some(hash), _) => key.sign_with_hash(hash, message),
    }
}
