//! FIDO metadata (MDS3): what is known about models of authenticators, from a signed BLOB.
//!
//! The caller fetches the BLOB and hands it in with a root to trust; here it is verified and read. Keep the
//! result with [`Metadata::to_json`], which loads in milliseconds, and ask for a new BLOB after
//! [`Metadata::next_update`].

mod blob;
mod entry;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use crate::error::{Error, ErrorCode, Result};
use crate::types::{Aaguid, UnixTime};

pub use blob::{BlobVerifier, Skipped};
pub use entry::{AuthenticatorStatus, MetadataEntry, StatusReport};

/// The format of the cache form.
const VERSION: u32 = 1;

/// The entries of one BLOB.
#[derive(Clone, Debug)]
pub struct Metadata {
    body: Body,
    by_aaguid: BTreeMap<Aaguid, usize>,
    by_aaid: BTreeMap<String, usize>,
    by_key_identifier: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Body {
    version: u32,
    number: u64,
    next_update: UnixTime,
    legal_header: String,
    entries: Vec<MetadataEntry>,
}

impl Metadata {
    fn new(body: Body) -> Self {
        let mut metadata = Self { body, by_aaguid: BTreeMap::new(), by_aaid: BTreeMap::new(), by_key_identifier: BTreeMap::new() };
        for (i, entry) in metadata.body.entries.iter().enumerate() {
            metadata.by_aaguid.extend(entry.aaguid.map(|aaguid| (aaguid, i)));
            metadata.by_aaid.extend(entry.aaid.clone().map(|aaid| (aaid, i)));
            metadata.by_key_identifier.extend(entry.key_identifiers.iter().map(|id| (id.to_ascii_lowercase(), i)));
        }
        metadata
    }

    /// The BLOB's serial number; a later one has a larger number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.body.number
    }

    /// When a new BLOB is due, at midnight UTC.
    #[must_use]
    pub fn next_update(&self) -> UnixTime {
        self.body.next_update
    }

    /// Whether a new BLOB is overdue.
    #[must_use]
    pub fn is_stale(&self, now: UnixTime) -> bool {
        now > self.body.next_update
    }

    /// The terms of use that came with the BLOB.
    #[must_use]
    pub fn legal_header(&self) -> &str {
        &self.body.legal_header
    }

    /// All entries, in the BLOB's order.
    #[must_use]
    pub fn entries(&self) -> &[MetadataEntry] {
        &self.body.entries
    }

    /// The entry of a FIDO2 model.
    #[must_use]
    pub fn find(&self, aaguid: Aaguid) -> Option<&MetadataEntry> {
        self.entry(self.by_aaguid.get(&aaguid))
    }

    /// The entry of a UAF model, by its AAID such as `4e4e#4005`.
    #[must_use]
    pub fn find_by_aaid(&self, aaid: &str) -> Option<&MetadataEntry> {
        self.entry(self.by_aaid.get(aaid))
    }

    /// The entry of a U2F model, by the key identifier of its attestation certificate (hexadecimal).
    #[must_use]
    pub fn find_by_key_identifier(&self, identifier: &str) -> Option<&MetadataEntry> {
        self.entry(self.by_key_identifier.get(&identifier.to_ascii_lowercase()))
    }

    /// Refuses to go back: `newer` must bear a larger serial number.
    ///
    /// # Errors
    /// `metadata-rolled-back`.
    pub fn replaced_by(self, newer: Self) -> Result<Self> {
        if newer.number() > self.number() {
            return Ok(newer);
        }
        Err(Error::new(ErrorCode::MetadataRolledBack).expected(format_args!("more than {}", self.number())).found(newer.number()))
    }

    /// The cache form: JSON with a format version, small, without what this crate does not use. It is not signed: keep
    /// it where only the server can write.
    ///
    /// # Errors
    /// `metadata-malformed`, which cannot happen to what [`BlobVerifier`] read.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(&self.body).map_err(|e| Error::new(ErrorCode::MetadataMalformed).found(e))
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// `metadata-malformed`.
    pub fn from_json(text: &str) -> Result<Self> {
        let body: Body = serde_json::from_str(text).map_err(|e| Error::new(ErrorCode::MetadataMalformed).found(e))?;
        if body.version != VERSION {
            return Err(Error::new(ErrorCode::MetadataMalformed).subject("version").expected(VERSION).found(body.version));
        }
        Ok(Self::new(body))
    }

    fn entry(&self, index: Option<&usize>) -> Option<&MetadataEntry> {
        self.body.entries.get(*index?)
    }
}

/// The key identifier of a certificate, by the bits of its public key: SHA-1 in hexadecimal (RFC 5280 §4.2.1.2, method 1).
pub(crate) fn key_identifier(bits: &[u8]) -> String {
    Sha1::digest(bits).iter().fold(String::new(), |text, byte| alloc::format!("{text}{byte:02x}"))
}
