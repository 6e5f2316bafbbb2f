//! The client data, as the client serialises it (§5.8.1.1).

use super::base64url;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use serde_json::Value;

/// Client data that has not been serialised yet.
///
/// Members are JSON values, so that a number or null can stand where text belongs.
#[derive(Clone, Debug)]
pub struct ClientDataDraft {
    /// `type`: the text `webauthn.create` or `webauthn.get`.
    pub type_: Value,
    /// `challenge`: base64url text.
    pub challenge: Value,
    /// `origin`: text.
    pub origin: Value,
    /// `crossOrigin`: `false` from the start; `None` leaves the member out.
    pub cross_origin: Option<Value>,
    /// `topOrigin`: left out from the start.
    pub top_origin: Option<Value>,
    /// More members, written last. A name may be one of the above, which makes a duplicate.
    pub extra: Vec<(String, Value)>,
    /// When set, these bytes are the client data, and nothing else of this draft counts.
    pub raw: Option<Vec<u8>>,
}

impl ClientDataDraft {
    /// Honest client data of a given `type`, for the challenge in bytes and the origin as a browser writes it.
    pub fn new(type_: &str, challenge: &[u8], origin: &str) -> Self {
        Self {
            type_: type_.into(),
            challenge: base64url(challenge).into(),
            origin: origin.into(),
            cross_origin: Some(false.into()),
            top_origin: None,
            extra: Vec::new(),
            raw: None,
        }
    }

    /// The members in the order in which they are written.
    pub fn members(&self) -> Vec<(String, Value)> {
        let mut members = Vec::from([
            ("type".to_string(), self.type_.clone()),
            ("challenge".to_string(), self.challenge.clone()),
            ("origin".to_string(), self.origin.clone()),
        ]);
        members.extend(self.cross_origin.clone().map(|value| ("crossOrigin".to_string(), value)));
        members.extend(self.top_origin.clone().map(|value| ("topOrigin".to_string(), value)));
        members.extend(self.extra.iter().cloned());
        members
    }

    /// Edits the list of [`members`](Self::members) (leave out, reorder, repeat) and keeps the outcome in
    /// [`raw`](Self::raw).
    pub fn edit_members(&mut self, edit: impl FnOnce(&mut Vec<(String, Value)>)) {
        let mut members = self.members();
        edit(&mut members);
        self.raw = Some(serialize(&members));
    }

    /// The JSON text, without any whitespace, or [`raw`](Self::raw).
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.raw {
            Some(raw) => raw.clone(),
            None => serialize(&self.members()),
        }
    }
}

fn serialize(members: &[(String, Value)]) -> Vec<u8> {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("{}:{}", quote(name), json(value))).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn json(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        other => other.to_string(),
    }
}

/// CCDToString of §5.8.1.1: unlike JSON libraries, it has no short escapes for control characters.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\0'..='\x1f' => quoted.push_str(&format!("\\u{:04x}", character as u32)),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn text(draft: &ClientDataDraft) -> String {
        String::from_utf8(draft.to_bytes()).unwrap()
    }

    #[test]
    fn members_have_the_order_of_the_specification() {
        let mut draft = ClientDataDraft::new("webauthn.get", &[0xfb, 0xff], "https://example.com");
        let head = r#"{"type":"webauthn.get","challenge":"-_8","origin":"https://example.com","crossOrigin""#;
        assert_eq!(text(&draft), [head, ":false}"].concat());

        draft.cross_origin = Some(true.into());
        draft.top_origin = Some("https://top.example".into());
        draft.extra.push(("type".into(), 1.into()));
        assert_eq!(text(&draft), [head, r#":true,"topOrigin":"https://top.example","type":1}"#].concat());
    }

    #[test]
    fn text_is_quoted_as_the_specification_says() {
        assert_eq!(quote("\"\\\u{1}\n\u{1f}\u{7f}é/"), "\"\\\"\\\\\\u0001\\u000a\\u001f\u{7f}é/\"");
    }

    #[test]
    fn members_can_be_left_out_and_reordered() {
        let mut draft = ClientDataDraft::new("t", b"", "o");
        draft.edit_members(|members| {
            members.retain(|(name, _)| name != "challenge");
            members.reverse();
        });
        assert_eq!(text(&draft), r#"{"crossOrigin":false,"origin":"o","type":"t"}"#);
    }
}
