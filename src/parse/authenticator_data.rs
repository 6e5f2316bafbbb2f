//! Authenticator data (§6.1): what the authenticator says, and signs.

use crate::error::{Error, ErrorCode, Result};
use crate::parse::CoseKey;
use crate::parse::cbor::{Item, Key, Reader};
use crate::types::{Aaguid, Flags};

/// Authenticator data, borrowed; the raw bytes are what was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData<'a> {
    raw: &'a [u8],
    /// SHA-256 of the RP ID, 32 bytes.
    pub rp_id_hash: &'a [u8; 32],
    /// The flags byte.
    pub flags: Flags,
    /// The signature counter; always 0 if the authenticator keeps none.
    pub sign_count: u32,
    /// The new credential, at registration.
    pub attested: Option<AttestedCredentialData<'a>>,
    /// What the authenticator answered to extensions.
    pub extensions: Option<ExtensionOutputs<'a>>,
}

/// Attested credential data (§6.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedCredentialData<'a> {
    /// The model of the authenticator: a claim until an attestation proves it.
    pub aaguid: Aaguid,
    /// The credential ID as it came, 0 to 65535 bytes.
    pub credential_id: &'a [u8],
    /// The COSE_Key as it came.
    pub public_key: &'a [u8],
}

/// The authenticator's extension outputs (§9.5): a CBOR map from text to anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionOutputs<'a> {
    raw: &'a [u8],
    /// `credProtect` (CTAP): 1, 2 or 3.
    pub cred_protect: Option<u8>,
    /// `credBlob` at registration: whether the blob was stored.
    pub cred_blob_stored: Option<bool>,
    /// `credBlob` at authentication: the blob; empty if there is none.
    pub cred_blob: Option<&'a [u8]>,
    /// `minPinLength` (CTAP), in code points.
    pub min_pin_length: Option<u32>,
    /// `hmac-secret` at registration: whether the credential can do it.
    pub hmac_secret: Option<bool>,
    /// `thirdPartyPayment` (CTAP).
    pub third_party_payment: Option<bool>,
}

impl<'a> AuthenticatorData<'a> {
    /// Parses the structure, which describes its own length: not one byte may be left over.
    ///
    /// # Errors
    /// `authenticator-data-too-short`, `authenticator-data-trailing-bytes`, `attested-data-truncated`,
    /// `extensions-missing`, `extensions-not-a-map`, and the `cbor-…` codes for the key and the extensions.
    pub fn parse(raw: &'a [u8]) -> Result<Self> {
        let too_short = || Error::new(ErrorCode::AuthenticatorDataTooShort).found(raw.len());
        let (rp_id_hash, rest) = raw.split_first_chunk::<32>().ok_or_else(too_short)?;
        let (&[flags, c0, c1, c2, c3], mut rest) = rest.split_first_chunk::<5>().ok_or_else(too_short)?;
        let flags = Flags::new(flags);
        let attested = if flags.attested_credential_data() {
            let (attested, after) = attested(rest)?;
            rest = after;
            Some(attested)
        } else {
            None
        };
        let extensions = if flags.extension_data() {
            let (extensions, after) = ExtensionOutputs::parse(rest)?;
            rest = after;
            Some(extensions)
        } else {
            None
        };
        if !rest.is_empty() {
            return Err(Error::new(ErrorCode::AuthenticatorDataTrailingBytes).found(rest.len()));
        }
        let sign_count = u32::from_be_bytes([c0, c1, c2, c3]);
        Ok(Self { raw, rp_id_hash, flags, sign_count, attested, extensions })
    }

    /// The bytes as they came: what signatures cover.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }
}

fn attested(bytes: &[u8]) -> Result<(AttestedCredentialData<'_>, &[u8])> {
    let truncated = || Error::new(ErrorCode::AttestedDataTruncated);
    let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or_else(truncated)?;
    let (id_len, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
    let (credential_id, rest) = rest.split_at_checked(u16::from_be_bytes(*id_len).into()).ok_or_else(truncated)?;
    if rest.is_empty() {
        return Err(truncated());
    }
    // Only decoding finds the key's end; judging it comes later.
    let after = CoseKey::after(rest)?;
    let public_key = rest.get(..rest.len().saturating_sub(after.len())).ok_or_else(truncated)?;
    Ok((AttestedCredentialData { aaguid: Aaguid::new(*aaguid), credential_id, public_key }, after))
}

impl<'a> ExtensionOutputs<'a> {
    fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8])> {
        if bytes.is_empty() {
            return Err(ErrorCode::ExtensionsMissing.into());
        }
        let mut reader = Reader::new(bytes)?;
        let Item::Map(len) = reader.item()? else { return Err(ErrorCode::ExtensionsNotMap.into()) };
        let mut outputs = Self {
            raw: bytes,
            cred_protect: None,
            cred_blob_stored: None,
            cred_blob: None,
            min_pin_length: None,
            hmac_secret: None,
            third_party_payment: None,
        };
        reader.map_entries(len, |key, reader| {
            let Key::Text(name) = key else { return Err(ErrorCode::ExtensionsNotMap.into()) };
            outputs.note(name, reader.value()?.0);
            Ok(())
        })?;
        outputs.raw = reader.since(bytes)?;
        Ok((outputs, reader.rest()))
    }

    /// Keeps a known output of the right type; what was not asked for or makes no sense must be survivable (§9).
    fn note(&mut self, name: &str, value: Item<'a>) {
        match (name, value) {
            ("credProtect", Item::Int(n)) => self.cred_protect = u8::try_from(n).ok(),
            ("credBlob", Item::Bool(stored)) => self.cred_blob_stored = Some(stored),
            ("credBlob", Item::Bytes(blob)) => self.cred_blob = Some(blob),
            ("minPinLength", Item::Int(n)) => self.min_pin_length = u32::try_from(n).ok(),
            ("hmac-secret", Item::Bool(enabled)) => self.hmac_secret = Some(enabled),
            ("thirdPartyPayment", Item::Bool(enabled)) => self.third_party_payment = Some(enabled),
            _ => {}
        }
    }

    /// The CBOR map as it came, for extensions this crate does not know.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty-seven bytes that announce extension outputs, and the outputs.
    fn with_outputs(outputs: &[u8]) -> alloc::vec::Vec<u8> {
        [&[0x11; 32], &[0x81, 0, 0, 0, 9][..], outputs].concat()
    }

    #[test]
    fn known_extension_outputs_are_read() {
        let outputs = b"\xa5\x6bcredProtect\x03\x68credBlob\xf5\x6cminPinLength\x06\x6bhmac-secret\xf5\x71thirdPartyPayment\xf4";
        let bytes = with_outputs(outputs);
        let read = AuthenticatorData::parse(&bytes).unwrap().extensions.unwrap();
        assert_eq!((read.cred_protect, read.cred_blob_stored, read.cred_blob), (Some(3), Some(true), None));
        assert_eq!((read.min_pin_length, read.hmac_secret, read.third_party_payment), (Some(6), Some(true), Some(false)));
        assert_eq!(read.as_bytes(), outputs);

        let bytes = with_outputs(b"\xa1\x68credBlob\x43abc");
        let read = AuthenticatorData::parse(&bytes).unwrap().extensions.unwrap();
        assert_eq!((read.cred_blob_stored, read.cred_blob), (None, Some(&b"abc"[..])));
    }

    #[test]
    fn outputs_of_another_type_or_range_are_survived() {
        let outputs: [&[u8]; 4] =
            [b"\xa1\x6bcredProtect\x19\x01\x00", b"\xa1\x6cminPinLength\x20", b"\xa1\x6bhmac-secret\x01", b"\xa1\x65other\xf5"];
        for outputs in outputs {
            let bytes = with_outputs(outputs);
            let read = AuthenticatorData::parse(&bytes).unwrap().extensions.unwrap();
            assert_eq!((read.cred_protect, read.min_pin_length, read.hmac_secret), (None, None, None), "{outputs:02x?}");
            assert_eq!(read.as_bytes(), outputs);
        }
    }
}
