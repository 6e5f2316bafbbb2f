//! Authenticator data (§6.1), as much of it as is there.

use passkeeper::ErrorCode;
use passkeeper::types::{Aaguid, Flags};

use crate::cbor::{self, Node};

/// The parts that could be read.
#[derive(Debug, Default)]
pub(crate) struct AuthData<'a> {
    pub(crate) rp_id_hash: &'a [u8],
    pub(crate) flags: Option<Flags>,
    pub(crate) sign_count: Option<u32>,
    pub(crate) aaguid: Option<Aaguid>,
    pub(crate) credential_id: Option<&'a [u8]>,
    pub(crate) public_key: Option<Item<'a>>,
    pub(crate) extensions: Option<Item<'a>>,
    pub(crate) faults: Vec<(ErrorCode, String)>,
}

/// CBOR in the middle of something: its bytes and what they say.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) node: Node,
}

impl<'a> AuthData<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let mut this = Self::default();
        this.fill(bytes);
        this
    }

    fn fault(&mut self, code: ErrorCode, text: impl Into<String>) {
        self.faults.push((code, text.into()));
    }

    /// Stops where nothing more can be read.
    fn fill(&mut self, bytes: &'a [u8]) -> Option<()> {
        if bytes.len() < 37 {
            self.fault(ErrorCode::AuthenticatorDataTooShort, format!("{} bytes, 37 are the least", bytes.len()));
        }
        let (hash, rest) = bytes.split_at_checked(32).unwrap_or((bytes, &[]));
        self.rp_id_hash = hash;
        let (flags, rest) = rest.split_first()?;
        let flags = Flags::new(*flags);
        self.flags = Some(flags);
        let (sign_count, mut rest) = rest.split_first_chunk::<4>()?;
        self.sign_count = Some(u32::from_be_bytes(*sign_count));
        if flags.attested_credential_data() {
            rest = self.attested(rest)?;
        }
        if flags.extension_data() {
            if rest.is_empty() {
                self.fault(ErrorCode::ExtensionsMissing, "the flag ED is set, and nothing follows");
                return None;
            }
            let (item, after) = self.item(rest, "extensions");
            if !matches!(item.node, Node::Map(_)) || item.node.entries().iter().any(|(key, _)| key.as_text().is_none()) {
                self.fault(ErrorCode::ExtensionsNotMap, format!("extensions: {}, should be a map with text keys", item.node));
            }
            self.extensions = Some(item);
            rest = after;
        }
        if !rest.is_empty() {
            self.fault(ErrorCode::AuthenticatorDataTrailingBytes, format!("{} bytes after the end", rest.len()));
        }
        Some(())
    }

    fn attested(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let found = self.attested_parts(bytes);
        if found.is_none() {
            self.fault(ErrorCode::AttestedDataTruncated, "the flag AT is set, and the credential ends too early");
        }
        let rest = found?;
        let (item, after) = self.item(rest, "public key");
        self.public_key = Some(item);
        Some(after)
    }

    fn attested_parts(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (aaguid, rest) = bytes.split_first_chunk::<16>()?;
        self.aaguid = Some(Aaguid::new(*aaguid));
        let (len, rest) = rest.split_first_chunk::<2>()?;
        let len = usize::from(u16::from_be_bytes(*len));
        let (credential_id, rest) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        self.credential_id = Some(credential_id);
        (!rest.is_empty()).then_some(rest)
    }

    fn item(&mut self, bytes: &'a [u8], what: &str) -> (Item<'a>, &'a [u8]) {
        let decoded = cbor::read(bytes);
        let (item, rest) = bytes.split_at_checked(decoded.length).unwrap_or((bytes, &[]));
        self.faults.extend(decoded.faults.into_iter().map(|(code, text)| (code, format!("{what}: {text}"))));
        (Item { bytes: item, node: decoded.node }, rest)
    }
}

/// The flags by name.
pub(crate) fn flag_names(flags: Flags) -> String {
    let names = [(0x01, "UP"), (0x02, "RFU1"), (0x04, "UV"), (0x08, "BE"), (0x10, "BS"), (0x20, "RFU2"), (0x40, "AT"), (0x80, "ED")];
    let set: Vec<_> = names.into_iter().filter(|(bit, _)| flags.as_byte() & bit != 0).map(|(_, name)| name).collect();
    format!("{:#04x} {}", flags.as_byte(), set.join(" "))
}

/// A parameter of a COSE key by its number, even if the number is written as text.
pub(crate) fn cose_parameter(key: &Node, label: i64) -> Option<&Node> {
    key.entries().iter().find(|(key, _)| cose_label(key) == Some(label)).map(|(_, value)| value)
}

/// The number of a label, even if it is written as text.
pub(crate) fn cose_label(key: &Node) -> Option<i64> {
    key.as_int().or_else(|| key.as_text()?.parse().ok())
}
