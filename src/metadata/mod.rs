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

pub use blob::{BlobVerifier, Skipped, SkippedPart};
pub(crate) use entry::Name;
pub use entry::{AuthenticatorStatus, MetadataEntry, StatusReport};

/// The format of the cache form.
const VERSION: u32 = 1;
const DAY_SECS: i64 = 86_400;

/// The entries of one BLOB.
#[derive(Clone, Debug)]
pub struct Metadata {
    body: Body,
    /// The places of the entries that bear a name, in the BLOB's order: there should be one.
    by_name: BTreeMap<Name, Vec<usize>>,
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
        let mut by_name: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
        for (place, entry) in body.entries.iter().enumerate() {
            for name in entry.names() {
                by_name.entry(name).or_default().push(place);
            }
        }
        Self { body, by_name }
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

    /// Whether a new BLOB is overdue: the day on which one was due is over, in UTC. It says nothing about what was found out since: see
    /// `AttestationPolicy::refuse_stale_metadata`.
    #[must_use]
    pub fn is_stale(&self, now: UnixTime) -> bool {
        now.as_secs() >= self.body.next_update.as_secs().saturating_add(DAY_SECS)
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

    /// The entry of a FIDO2 model; of several, against the rules, the first. (A status in any of them refuses.)
    #[must_use]
    pub fn find(&self, aaguid: Aaguid) -> Option<&MetadataEntry> {
        self.all(&Name::Aaguid(aaguid)).next()
    }

    /// The entry of a UAF model, by its AAID such as `4e4e#4005`.
    #[must_use]
    pub fn find_by_aaid(&self, aaid: &str) -> Option<&MetadataEntry> {
        self.all(&Name::Aaid(aaid.into())).next()
    }

    /// The entry of a U2F model, by the key identifier of its attestation certificate (hexadecimal).
    #[must_use]
    pub fn find_by_key_identifier(&self, identifier: &str) -> Option<&MetadataEntry> {
        self.all(&Name::key(identifier)).next()
    }

    /// Refuses to go back: `newer` must not bear a smaller serial number. An equal one is the same BLOB again, which
    /// changes nothing. What is there stays usable where the other is refused.
    ///
    /// # Errors
    /// `metadata-rolled-back`.
    pub fn replaced_by(&self, newer: Self) -> Result<Self> {
        if newer.number() >= self.number() {
            return Ok(newer);
        }
        Err(Error::new(ErrorCode::MetadataRolledBack).expected(format_args!("{} or more", self.number())).found(newer.number()))
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

    /// All entries of a name, in the BLOB's order.
    pub(crate) fn all(&self, name: &Name) -> impl Iterator<Item = &MetadataEntry> {
        self.by_name.get(name).into_iter().flatten().filter_map(|place| self.body.entries.get(*place))
    }
}

/// The key identifier of a certificate, by the bits of its public key: SHA-1 in hexadecimal (RFC 5280 §4.2.1.2, method 1).
pub(crate) fn key_identifier(bits: &[u8]) -> String {
    Sha1::digest(bits).iter().fold(String::new(), |text, byte| alloc::format!("{text}{byte:02x}"))
}
