//! Certificate revocation lists (RFC 5280, 5).

use super::extension::{ExtensionDraft, bare_list, list};
use super::name::Name;
use super::{algorithm, signature};
use crate::testing::KeyPair;
use crate::testing::algorithm::HashAlgorithm;
use crate::testing::der::{bit_string, integer, sequence, time, tlv};
use crate::testing::oid;
use alloc::vec;
use alloc::vec::Vec;

/// A CertificateList before it is signed.
///
/// Fields called overrides are `None` from the start, which means that the value is worked out from the other fields.
#[derive(Clone, Debug)]
pub struct CrlDraft {
    /// The version: 1 or 2, honestly 2.
    pub version: u8,
    /// The issuer's name.
    pub issuer: Name,
    /// When it was issued, in seconds since 1970.
    pub this_update: i64,
    /// When the next one is due; `None` leaves it out.
    pub next_update: Option<i64>,
    /// The revoked certificates; without any, the list is left out.
    pub revoked: Vec<RevokedDraft>,
    /// The extensions, honestly authorityKeyIdentifier and cRLNumber.
    pub extensions: Vec<ExtensionDraft>,
    /// Override of the hash to sign with, otherwise that of the issuer key's algorithm. Ed25519 takes none.
    pub hash: Option<HashAlgorithm>,
    /// Override of the AlgorithmIdentifier inside of the signed part, in DER.
    pub inner_algorithm: Option<Vec<u8>>,
    /// Override of the AlgorithmIdentifier beside the signature, in DER.
    pub outer_algorithm: Option<Vec<u8>>,
    /// Override of the signature.
    pub signature: Option<Vec<u8>>,
    /// Bytes after the list.
    pub trailing: Vec<u8>,
}

/// An entry of a [`CrlDraft`].
#[derive(Clone, Debug)]
pub struct RevokedDraft {
    /// The content of the INTEGER that is the serial number.
    pub serial: Vec<u8>,
    /// When it was revoked, in seconds since 1970.
    pub date: i64,
    /// The extensions of the entry; none from the start.
    pub extensions: Vec<ExtensionDraft>,
}

impl RevokedDraft {
    /// An entry without extensions.
    pub fn new(serial: &[u8], date: i64) -> Self {
        Self { serial: serial.to_vec(), date, extensions: Vec::new() }
    }

    fn to_der(&self) -> Vec<u8> {
        sequence(&[tlv(0x02, &self.serial), time(self.date), bare_list(&self.extensions)])
    }
}

impl CrlDraft {
    /// A version 2 list number 1, which revokes the certificates with these serial numbers as of `this_update`.
    ///
    /// `key_identifier` is that of the issuer's key.
    pub fn new(issuer: Name, key_identifier: &[u8], revoked: &[impl AsRef<[u8]>], this_update: i64, next_update: i64) -> Self {
        Self {
            version: 2,
            issuer,
            this_update,
            next_update: Some(next_update),
            revoked: revoked.iter().map(|serial| RevokedDraft::new(serial.as_ref(), this_update)).collect(),
            extensions: vec![
                ExtensionDraft::authority_key_identifier(key_identifier),
                ExtensionDraft::new(oid::CRL_NUMBER, false, integer(1)),
            ],
            hash: None,
            inner_algorithm: None,
            outer_algorithm: None,
            signature: None,
            trailing: Vec::new(),
        }
    }

    /// The list in DER, signed by a key, whatever the field [`issuer`](Self::issuer) says.
    pub fn sign(&self, issuer: &KeyPair) -> Vec<u8> {
        let honest = algorithm(issuer, self.hash);
        let revoked: Vec<_> = self.revoked.iter().map(RevokedDraft::to_der).collect();
        let tbs = sequence(&[
            if self.version == 1 { Vec::new() } else { integer(i64::from(self.version) - 1) },
            self.inner_algorithm.as_ref().unwrap_or(&honest).clone(),
            self.issuer.to_der(),
            time(self.this_update),
            self.next_update.map(time).unwrap_or_default(),
            if revoked.is_empty() { Vec::new() } else { sequence(&revoked) },
            list(0, &self.extensions),
        ]);
        let signature = self.signature.clone().unwrap_or_else(|| signature(issuer, self.hash, &tbs));
        let algorithm = self.outer_algorithm.clone().unwrap_or(honest);
        [sequence(&[tbs, algorithm, bit_string(&signature)]), self.trailing.clone()].concat()
    }
}
