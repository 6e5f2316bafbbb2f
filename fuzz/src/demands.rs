//! What a relying party demands of a response, said a second time, with other parsers and without the library's steps.

use passkeeper::testing::{AuthDataDraft, KeyPair, flags};
use serde_json::Value;

use crate::ceremony::{ORIGIN, TOP_ORIGIN};
use crate::formats::{self, Cbor, at, encoded, is_plain};

/// The demands that both ceremonies make.
pub struct Demands<'d> {
    /// Of the client data.
    pub type_: &'d str,
    /// As the honest client writes it.
    pub challenge: &'d Value,
    /// Whether it may be in a frame of [`TOP_ORIGIN`].
    pub embedded: bool,
    /// What the RP ID hash is of.
    pub rp_id: &'d str,
    pub user_present: bool,
    pub user_verified: bool,
}

/// Authenticator data as others read it.
pub struct Data<'a> {
    pub flags: u8,
    pub sign_count: u32,
    pub attested: Option<Attested<'a>>,
    pub extensions: Option<&'a [u8]>,
}

pub struct Attested<'a> {
    pub aaguid: &'a [u8],
    pub credential_id: &'a [u8],
    pub key_bytes: &'a [u8],
    pub key: Cbor,
}

impl Data<'_> {
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl Attested<'_> {
    /// Whether the key has the numbers of this one, whatever its algorithm.
    pub fn is_material_of(&self, pair: &KeyPair) -> bool {
        let Some(Cbor::Map(expected)) = formats::whole_cbor(&pair.cose_key().encode()) else { panic!("a key") };
        expected.iter().filter(|(label, _)| *label != 3.into()).all(|(label, value)| at(&self.key, label.clone()) == Some(value))
    }

    pub fn algorithm(&self) -> Option<i64> {
        at(&self.key, 3)?.as_integer()?.try_into().ok()
    }
}

/// What came out: the first demand that is not met, and whether a response that meets them all must be accepted. It need not where
/// it is in a form that no client and no authenticator writes.
pub struct Judgement {
    unmet: Option<&'static str>,
    pub clear: bool,
}

impl Judgement {
    /// On the client data and the authenticator data, which is `None` where it is malformed.
    pub fn of<'a>(demands: &Demands<'_>, client_data: &[u8], authenticator_data: &'a [u8]) -> (Self, Option<Data<'a>>) {
        let mut judgement = Self { unmet: None, clear: true };
        judgement.client_data(demands, client_data);
        let data = judgement.read(authenticator_data);
        judgement.demand("the authenticator data", data.is_some());
        let rp_id_hash = AuthDataDraft::new(demands.rp_id, 0, 0).rp_id_hash;
        judgement.demand("the RP ID hash", authenticator_data.starts_with(&rp_id_hash));
        if let Some(data) = &data {
            judgement.demand("UP", !demands.user_present || data.has(flags::UP));
            judgement.demand("UV", !demands.user_verified || data.has(flags::UV));
            judgement.demand("BS without BE", !data.has(flags::BS) || data.has(flags::BE));
        }
        (judgement, data)
    }

    pub fn demand(&mut self, what: &'static str, met: bool) {
        if !met {
            self.unmet.get_or_insert(what);
        }
    }

    /// Asserts that the library says the same.
    pub fn check<T>(&self, verdict: &passkeeper::Result<T>) {
        match (verdict, self.unmet) {
            (Ok(_), Some(unmet)) => panic!("accepted, and this is not as demanded: {unmet}"),
            (Err(error), None) if self.clear => panic!("refused, and all is as demanded: {error:?}"),
            _ => {}
        }
    }

    fn client_data(&mut self, demands: &Demands<'_>, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let Some(read) = formats::members(&text) else {
            self.clear = false;
            return;
        };
        let Ok(members) = read else { return self.demand("JSON", false) };
        let text = |name| members.get(name).and_then(Value::as_str);
        self.demand("the size", bytes.len() <= 16 * 1024 && members.0.len() <= 64);
        self.demand("a member twice", !members.repeat());
        self.demand("type", text("type") == Some(demands.type_));
        self.demand("challenge", text("challenge").is_some() && text("challenge") == demands.challenge.as_str());
        self.demand("origin", text("origin") == Some(ORIGIN));
        let framed = members.get("crossOrigin").map_or(Some(false), Value::as_bool);
        self.demand("crossOrigin", framed == Some(false) || (demands.embedded && framed == Some(true)));
        let top = if framed == Some(true) { text("topOrigin") == Some(TOP_ORIGIN) } else { members.get("topOrigin").is_none() };
        self.demand("topOrigin", top);
    }

    /// Beyond 37 bytes there is what the flags announce, and nothing else.
    fn read<'a>(&mut self, bytes: &'a [u8]) -> Option<Data<'a>> {
        let (head, mut rest) = bytes.split_at_checked(37)?;
        let (flags, sign_count) = (head[32], u32::from_be_bytes(head[33..].try_into().unwrap()));
        let attested = if flags & flags::AT == 0 {
            None
        } else {
            let (aaguid, after) = rest.split_at_checked(16)?;
            let (len, after) = after.split_first_chunk()?;
            let (credential_id, after) = after.split_at_checked(u16::from_be_bytes(*len).into())?;
            rest = after;
            let (key, key_bytes) = self.item(&mut rest)?;
            Some(Attested { aaguid, credential_id, key_bytes, key })
        };
        let extensions = if flags & flags::ED == 0 {
            None
        } else {
            let (outputs, bytes) = self.item(&mut rest)?;
            self.demand("the extension outputs", outputs.as_map().is_some_and(|map| map.iter().all(|(name, _)| name.is_text())));
            Some(bytes)
        };
        rest.is_empty().then_some(Data { flags, sign_count, attested, extensions })
    }

    fn item<'a>(&mut self, rest: &mut &'a [u8]) -> Option<(Cbor, &'a [u8])> {
        let (value, len) = formats::cbor(rest)?;
        let (item, after) = rest.split_at(len);
        self.clear &= is_plain(&value, 0, &mut 0) && encoded(&value) == item && rest.len() < 60_000;
        *rest = after;
        Some((value, item))
    }
}
