//! Serial numbers of certificates that their vendor disowned without a signed list.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::certificate::Certificate;
use crate::error::{Error, ErrorCode, Result};

/// The serial numbers of revoked certificates, as vendors publish them beside revocation lists: Google those of leaked
/// Android keyboxes, at `https://android.googleapis.com/attestation/status`.
///
/// Nobody signed them: they count because the caller says so, for every certificate that a statement brings and for the
/// anchor it leads to, whoever issued them. Unlike a [`RevocationList`](super::RevocationList) they count for all time, a re-check's past included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevokedSerials(BTreeSet<Vec<u8>>);

/// Google's JSON: what stands beside a serial number is not looked at, since only untrusted ones are listed.
#[derive(Deserialize)]
struct StatusList {
    entries: BTreeMap<String, IgnoredAny>,
}

impl RevokedSerials {
    /// Takes serial numbers in hexadecimal, upper or lower case, leading zeros or not.
    ///
    /// # Errors
    /// `revocation-list-malformed`: one is empty or not hexadecimal.
    pub fn from_hex<'s>(serials: impl IntoIterator<Item = &'s str>) -> Result<Self> {
        let malformed = |text: &str| Error::new(ErrorCode::RevocationListMalformed).subject("serial number").found(text);
        serials.into_iter().map(|text| number(text).ok_or_else(|| malformed(text))).collect::<Result<_>>().map(Self)
    }

    /// Takes the JSON in which Google publishes the status of Android's attestation certificates:
    /// `{"entries": {"2c8cdddfd5e03bfc": {"status": "REVOKED", "reason": "KEY_COMPROMISE"}}}`. Every serial number in it
    /// counts, revoked or suspended, expired or not.
    ///
    /// # Errors
    /// `revocation-list-malformed`: not JSON of this shape, or a serial number is not hexadecimal.
    pub fn from_status_json(text: &str) -> Result<Self> {
        let list: StatusList = serde_json::from_str(text).map_err(|e| Error::new(ErrorCode::RevocationListMalformed).found(e))?;
        Self::from_hex(list.entries.keys().map(String::as_str))
    }

    /// Adds those of another list.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses a chain with a certificate of such a serial number, whether or not it leads anywhere.
    pub(crate) fn check(&self, chain: &[Certificate<'_>]) -> Result<()> {
        let listed = chain.iter().position(|certificate| self.0.contains(significant(certificate.serial())));
        let revoked = |at| Error::new(ErrorCode::CertificateRevoked).subject(format_args!("certificate {at} of the chain"));
        listed.map_or(Ok(()), |at| Err(revoked(at)))
    }
}

/// The significant bytes of a hexadecimal number.
fn number(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
    // From the end, so that an odd number of digits begins with half a byte.
    let bytes = digits.rchunks(2).rev().map(|pair| pair.iter().fold(0_u8, |byte, digit| (byte << 4) | digit));
    let bytes: Vec<u8> = bytes.collect();
    (!bytes.is_empty()).then(|| significant(&bytes).to_vec())
}

/// A number without leading zeros: DER puts one before a high bit, and people write as many as they like.
fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}
