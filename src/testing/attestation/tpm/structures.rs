//! The two structures of a TPM in the statement. Numbers are big-endian; TPM2B is a length in 16 bits, and bytes.

use crate::testing::algorithm::{Curve, HashAlgorithm, Scheme};
use crate::testing::{Cbor, KeyPair};
use alloc::vec;
use alloc::vec::Vec;

/// TPM_ALG_NULL: no algorithm.
const NULL: u16 = 0x0010;
const SHA256: u16 = 0x000b;

/// TPMT_PUBLIC: the public part of a key.
///
/// Lists of 16-bit numbers are written as they stand: an algorithm, then what belongs to it.
#[derive(Clone, Debug)]
pub struct PubArea {
    /// type: 0001 RSA, 0023 ECC.
    pub type_: u16,
    /// nameAlg, which hashes the name: 0004 SHA-1, 000B SHA-256, 000C SHA-384, 000D SHA-512.
    pub name_alg: u16,
    /// objectAttributes.
    pub object_attributes: u32,
    /// authPolicy.
    pub auth_policy: Vec<u8>,
    /// symmetric: 0010 for none, else algorithm, key bits and mode.
    pub symmetric: Vec<u16>,
    /// scheme: 0010 for none, else scheme and hash.
    pub scheme: Vec<u16>,
    /// What else the parameters hold.
    pub details: KeyDetails,
    /// unique: a TPM2B for each; the modulus, or x and y.
    pub unique: Vec<Vec<u8>>,
    /// Bytes after everything else.
    pub trailing: Vec<u8>,
    /// When set, these bytes are the structure, and nothing else counts.
    pub raw: Option<Vec<u8>>,
}

/// The parameters of a [`PubArea`] that depend on the type of the key. Nothing ties them to the field `type_`.
#[derive(Clone, Debug)]
pub enum KeyDetails {
    /// Of an RSA key.
    Rsa {
        /// keyBits.
        bits: u16,
        /// exponent; 0, as most TPMs write, means 65537.
        exponent: u32,
    },
    /// Of an ECC key.
    Ecc {
        /// curveID: 0003 P-256, 0004 P-384, 0005 P-521.
        curve: u16,
        /// kdf: 0010 for none, else scheme and hash.
        kdf: Vec<u16>,
    },
}

impl PubArea {
    /// A description of a key, with SHA-256 as the name's hash.
    pub fn new(key: &KeyPair) -> Self {
        let cose_key = key.cose_key();
        let bytes = |label: i64| match cose_key.get(label) {
            Some(Cbor::Bytes(bytes)) => bytes.clone(),
            _ => Vec::new(),
        };
        let curve = |id| KeyDetails::Ecc { curve: id, kdf: vec![NULL] };
        let (type_, details) = match key.algorithm().scheme() {
            Scheme::Ecdsa(Curve::P256) => (0x0023, curve(0x0003)),
            Scheme::Ecdsa(Curve::P384) => (0x0023, curve(0x0004)),
            Scheme::Ecdsa(Curve::P521) => (0x0023, curve(0x0005)),
            Scheme::Ed25519 => (0x0023, curve(0x0040)),
            Scheme::Pkcs1v15 | Scheme::Pss => (0x0001, KeyDetails::Rsa { bits: key.rsa_modulus_bits() as u16, exponent: 0 }),
        };
        let unique = if type_ == 0x0001 { vec![bytes(-1)] } else { vec![bytes(-2), bytes(-3)] };
        Self {
            type_,
            name_alg: SHA256,
            // sign, userWithAuth, sensitiveDataOrigin, fixedParent, fixedTPM
            object_attributes: 0x0004_0072,
            auth_policy: Vec::new(),
            symmetric: vec![NULL],
            scheme: vec![NULL],
            details,
            unique,
            trailing: Vec::new(),
            raw: None,
        }
    }

    /// The structure, or [`raw`](Self::raw).
    pub fn to_bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let details = match &self.details {
            KeyDetails::Rsa { bits, exponent } => [bits.to_be_bytes().as_slice(), &exponent.to_be_bytes()].concat(),
            KeyDetails::Ecc { curve, kdf } => [curve.to_be_bytes().to_vec(), words(kdf)].concat(),
        };
        [
            self.type_.to_be_bytes().to_vec(),
            self.name_alg.to_be_bytes().to_vec(),
            self.object_attributes.to_be_bytes().to_vec(),
            tpm2b(&self.auth_policy),
            words(&self.symmetric),
            words(&self.scheme),
            details,
            self.unique.iter().flat_map(|bytes| tpm2b(bytes)).collect(),
            self.trailing.clone(),
        ]
        .concat()
    }

    /// The name of the key: `name_alg`, then that hash of the structure. An unknown hash is taken as SHA-256.
    pub fn name(&self) -> Vec<u8> {
        let hash = match self.name_alg {
            0x0004 => HashAlgorithm::Sha1,
            0x000c => HashAlgorithm::Sha384,
            0x000d => HashAlgorithm::Sha512,
            _ => HashAlgorithm::Sha256,
        };
        [self.name_alg.to_be_bytes().to_vec(), hash.digest(&self.to_bytes())].concat()
    }
}

/// TPMS_ATTEST of the kind TPM_ST_ATTEST_CERTIFY.
#[derive(Clone, Debug)]
pub struct CertInfo {
    /// magic: FF544347.
    pub magic: u32,
    /// type: 8017.
    pub type_: u16,
    /// qualifiedSigner.
    pub qualified_signer: Vec<u8>,
    /// extraData: the hash of authenticator data and client data hash.
    pub extra_data: Vec<u8>,
    /// clock, in clockInfo.
    pub clock: u64,
    /// resetCount, in clockInfo.
    pub reset_count: u32,
    /// restartCount, in clockInfo.
    pub restart_count: u32,
    /// safe, in clockInfo: 0 or 1.
    pub safe: u8,
    /// firmwareVersion.
    pub firmware_version: u64,
    /// attested.name: the name of the credential key.
    pub name: Vec<u8>,
    /// attested.qualifiedName.
    pub qualified_name: Vec<u8>,
    /// Bytes after everything else.
    pub trailing: Vec<u8>,
    /// When set, these bytes are the structure, and nothing else counts.
    pub raw: Option<Vec<u8>>,
}

impl CertInfo {
    /// A certification of the key with this name.
    pub fn new(extra_data: Vec<u8>, name: Vec<u8>) -> Self {
        Self {
            magic: 0xff54_4347,
            type_: 0x8017,
            qualified_signer: [&SHA256.to_be_bytes(), [0x51; 32].as_slice()].concat(),
            extra_data,
            clock: 1_000_000,
            reset_count: 1,
            restart_count: 0,
            safe: 1,
            firmware_version: 0x0001_0000_0000_0000,
            name,
            qualified_name: [&SHA256.to_be_bytes(), [0x52; 32].as_slice()].concat(),
            trailing: Vec::new(),
            raw: None,
        }
    }

    /// The structure, or [`raw`](Self::raw).
    pub fn to_bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        [
            self.magic.to_be_bytes().to_vec(),
            self.type_.to_be_bytes().to_vec(),
            tpm2b(&self.qualified_signer),
            tpm2b(&self.extra_data),
            self.clock.to_be_bytes().to_vec(),
            self.reset_count.to_be_bytes().to_vec(),
            self.restart_count.to_be_bytes().to_vec(),
            vec![self.safe],
            self.firmware_version.to_be_bytes().to_vec(),
            tpm2b(&self.name),
            tpm2b(&self.qualified_name),
            self.trailing.clone(),
        ]
        .concat()
    }
}

fn tpm2b(bytes: &[u8]) -> Vec<u8> {
    [(bytes.len() as u16).to_be_bytes().as_slice(), bytes].concat()
}

fn words(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}
