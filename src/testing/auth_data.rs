//! Authenticator data (§6.1).

use super::Cbor;
use super::algorithm::HashAlgorithm;
use alloc::vec::Vec;

/// The bits of the flags byte.
pub mod flags {
    /// User present.
    pub const UP: u8 = 0x01;
    /// Reserved for future use 1.
    pub const RFU1: u8 = 0x02;
    /// User verified.
    pub const UV: u8 = 0x04;
    /// Backup eligible.
    pub const BE: u8 = 0x08;
    /// Backup state: backed up now.
    pub const BS: u8 = 0x10;
    /// Reserved for future use 2.
    pub const RFU2: u8 = 0x20;
    /// Attested credential data included.
    pub const AT: u8 = 0x40;
    /// Extension data included.
    pub const ED: u8 = 0x80;
}

/// Authenticator data that has not been encoded yet.
///
/// Parts are written as they stand: nothing ties the flags to what follows, so that they can be made to disagree.
#[derive(Clone, Debug)]
pub struct AuthDataDraft {
    /// SHA-256 of the RP ID.
    pub rp_id_hash: Vec<u8>,
    /// The flags byte; see [`flags`].
    pub flags: u8,
    /// The signature counter.
    pub sign_count: u32,
    /// The attested credential data; normally there exactly if `AT` is set.
    pub attested: Option<AttestedDraft>,
    /// The extension outputs, normally a map; normally there exactly if `ED` is set.
    pub extensions: Option<Cbor>,
    /// Bytes after everything else.
    pub trailing: Vec<u8>,
    /// When set, these bytes are the authenticator data, and nothing else of this draft counts.
    pub raw: Option<Vec<u8>>,
}

impl AuthDataDraft {
    /// Authenticator data for an RP ID, with neither attested credential data nor extensions.
    pub fn new(rp_id: &str, flags: u8, sign_count: u32) -> Self {
        Self {
            rp_id_hash: HashAlgorithm::Sha256.digest(rp_id.as_bytes()),
            flags,
            sign_count,
            attested: None,
            extensions: None,
            trailing: Vec::new(),
            raw: None,
        }
    }

    /// Replaces [`rp_id_hash`](Self::rp_id_hash) by the hash of another RP ID.
    pub fn set_rp_id(&mut self, rp_id: &str) {
        self.rp_id_hash = HashAlgorithm::Sha256.digest(rp_id.as_bytes());
    }

    /// Sets or clears one or more bits of [`flags`](Self::flags).
    pub fn set_flag(&mut self, flag: u8, on: bool) {
        if on {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }

    /// Whether all these bits of [`flags`](Self::flags) are set.
    pub fn has_flag(&self, flag: u8) -> bool {
        self.flags & flag == flag
    }

    /// Puts in the attested credential data, or takes it out, and makes `AT` agree.
    pub fn set_attested(&mut self, attested: Option<AttestedDraft>) {
        self.set_flag(flags::AT, attested.is_some());
        self.attested = attested;
    }

    /// Puts in the extension outputs, or takes them out, and makes `ED` agree.
    pub fn set_extensions(&mut self, extensions: Option<Cbor>) {
        self.set_flag(flags::ED, extensions.is_some());
        self.extensions = extensions;
    }

    /// The encoding, or [`raw`](Self::raw).
    ///
    /// # Panics
    /// If the credential ID is longer than 65535 bytes and no other length is given for it.
    pub fn to_bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        [
            self.rp_id_hash.clone(),
            [self.flags].to_vec(),
            self.sign_count.to_be_bytes().to_vec(),
            self.attested.as_ref().map(AttestedDraft::to_bytes).unwrap_or_default(),
            self.extensions.as_ref().map(Cbor::encode).unwrap_or_default(),
            self.trailing.clone(),
        ]
        .concat()
    }
}

/// Attested credential data (§6.5.1) that has not been encoded yet.
#[derive(Clone, Debug)]
pub struct AttestedDraft {
    /// The AAGUID: 16 bytes when honest.
    pub aaguid: Vec<u8>,
    /// The credential ID.
    pub credential_id: Vec<u8>,
    /// The length to be written in front of the credential ID; `None` for the true one.
    pub credential_id_length: Option<u16>,
    /// The credential public key, normally a COSE_Key map.
    pub public_key: Cbor,
}

impl AttestedDraft {
    /// Honest attested credential data.
    pub fn new(aaguid: [u8; 16], credential_id: Vec<u8>, public_key: Cbor) -> Self {
        Self { aaguid: aaguid.to_vec(), credential_id, credential_id_length: None, public_key }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let length = self.credential_id_length.unwrap_or_else(|| {
            let true_length = self.credential_id.len();
            true_length.try_into().expect("a credential ID of at most 65535 bytes")
        });
        [&self.aaguid, length.to_be_bytes().as_slice(), &self.credential_id, &self.public_key.encode()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn layout() {
        let mut draft = AuthDataDraft::new("example.com", flags::UP, 0x0102_0304);
        let plain = draft.to_bytes();
        assert_eq!(plain.len(), 37);
        assert_eq!(plain[32..], [0x01, 1, 2, 3, 4]);

        draft.set_attested(Some(AttestedDraft::new([7; 16], vec![9, 8], Cbor::map([(1, 2.into())]))));
        draft.set_extensions(Some(Cbor::map([("a", true.into())])));
        draft.trailing = vec![0xff];
        let full = draft.to_bytes();
        assert_eq!(full[32], 0xc1);
        assert_eq!(full[37..53], [7; 16]);
        assert_eq!(full[53..], [0, 2, 9, 8, 0xa1, 1, 2, 0xa1, 0x61, b'a', 0xf5, 0xff]);
    }
}
