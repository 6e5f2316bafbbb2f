//! Changes to the client data, which both ceremonies judge by the same rules.

use passkeeper::testing::{ClientDataDraft, VirtualAuthenticator};
use passkeeper::{AuthenticationRequest, Error, RelyingParty};
use serde_json::{Value, json};

use crate::common::*;

pub(crate) type ClientDataChange = fn(&mut ClientDataDraft);

/// One of the two ceremonies, whose client data is judged by the same rules under other numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ceremony {
    Registration,
    Authentication,
}
use Ceremony::*;

impl Ceremony {
    /// Runs it with a change to its client data.
    pub(crate) fn run(self, rp: &RelyingParty, change: impl FnOnce(&mut ClientDataDraft)) -> Result<(), Error> {
        match self {
            Registration => Registering::at(rp.clone()).change(|draft| change(&mut draft.client_data)).verify().map(|_| ()),
            Authentication => {
                // Registered before the relying party got the configuration under test.
                let mut authenticator = VirtualAuthenticator::new(1);
                let record = register(&relying_party(), &mut authenticator, "alice");
                let honest = SigningIn::with_record(rp.clone(), AuthenticationRequest::discoverable(), &mut authenticator, record);
                honest.change(|draft| change(&mut draft.client_data)).verify().map(|_| ())
            }
        }
    }

    #[track_caller]
    pub(crate) fn assert_accepted(self, rp: &RelyingParty, name: &str, change: impl FnOnce(&mut ClientDataDraft)) {
        assert_eq!(self.run(rp, change), Ok(()), "{name}");
    }

    /// Asserts the code, and of the steps of §7.1 and §7.2 the one that is this ceremony's.
    #[track_caller]
    pub(crate) fn assert_refused(
        self,
        rp: &RelyingParty,
        name: &str,
        code: &str,
        steps: [&str; 2],
        change: impl FnOnce(&mut ClientDataDraft),
    ) {
        let [registration, authentication] = steps;
        let step = match self {
            Registration => registration,
            Authentication => authentication,
        };
        let error = self.run(rp, change).expect_err(name);
        assert_eq!((error.code(), error.spec_step()), (code, Some(step)), "{name}");
    }
}

/// Replaces the text of the client data.
pub(crate) fn rewrite(draft: &mut ClientDataDraft, rewrite: impl FnOnce(String) -> String) {
    let text = String::from_utf8(draft.to_bytes()).unwrap();
    draft.raw = Some(rewrite(text).into_bytes());
}

/// Sets a member, or removes it.
pub(crate) fn set(draft: &mut ClientDataDraft, name: &str, value: Option<Value>) {
    draft.edit_members(|members| {
        members.retain(|(other, _)| other != name);
        members.extend(value.map(|value| (name.to_string(), value)));
    });
}

/// Legitimate client data that looks unusual.
pub(crate) const TOLERATED: &[(&str, ClientDataChange)] = &[
    ("BOM", |draft| rewrite(draft, |text| format!("\u{feff}{text}"))),
    ("members in another order", |draft| draft.edit_members(|members| members.reverse())),
    ("extra members", |draft| {
        draft.extra = vec![
            ("new_keys_may_be_added_here".into(), "do not compare clientDataJSON against a template".into()),
            ("androidPackageName".into(), "com.example".into()),
            ("clientExtensions".into(), json!({ "a": [1, null, { "b": 0.5 }] })),
            ("hashAlgorithm".into(), "SHA-256".into()),
        ];
    }),
    ("whitespace", |draft| rewrite(draft, |text| text.replace(',', " ,\r\n\t").replace('{', " { ") + "\n")),
    ("escaped slashes", |draft| rewrite(draft, |text| text.replace('/', "\\/"))),
    ("escaped letters", |draft| rewrite(draft, |text| text.replace("\"type\":\"w", "\"t\\u0079pe\":\"\\u0077"))),
    ("tokenBinding present", |draft| draft.extra.push(("tokenBinding".into(), json!({ "status": "present", "id": "AA" })))),
    ("tokenBinding supported", |draft| draft.extra.push(("tokenBinding".into(), json!({ "status": "supported" })))),
    ("tokenBinding as text", |draft| draft.extra.push(("tokenBinding".into(), "not-supported".into()))),
    ("crossOrigin absent", |draft| draft.cross_origin = None),
    ("crossOrigin false", |draft| draft.cross_origin = Some(false.into())),
    ("a lone surrogate in a member nobody reads", |draft| set_text(draft, "x", "\"\\ud800\"")),
    // Bounded by the size limit, and skipped without recursion.
    ("deep nesting in a member nobody reads", |draft| set_text(draft, "x", &deep())),
    ("invalid UTF-8 in a member nobody reads", |draft| {
        rewrite(draft, |text| text.replace('}', ",\"x\":\"?\"}"));
        draft.raw.as_mut().unwrap().iter_mut().filter(|byte| **byte == b'?').for_each(|byte| *byte = 0xff);
    }),
];

/// Client data that is refused while it is parsed: name, change, code.
pub(crate) const UNREADABLE: &[(&str, ClientDataChange, &str)] = &[
    ("empty", |draft| draft.raw = Some(Vec::new()), "client-data-not-json"),
    ("an array", |draft| rewrite(draft, |text| format!("[{text}]")), "client-data-not-json"),
    ("null", |draft| draft.raw = Some(b"null".to_vec()), "client-data-not-json"),
    ("a string", |draft| draft.raw = Some(b"\"webauthn.create\"".to_vec()), "client-data-not-json"),
    ("a number", |draft| draft.raw = Some(b"1".to_vec()), "client-data-not-json"),
    ("cut", |draft| rewrite(draft, |text| text.trim_end_matches('}').to_string()), "client-data-not-json"),
    ("trailing bytes", |draft| rewrite(draft, |text| format!("{text}x")), "client-data-not-json"),
    ("a second object", |draft| rewrite(draft, |text| format!("{text}{text}")), "client-data-not-json"),
    ("a trailing NUL", |draft| rewrite(draft, |text| format!("{text}\0")), "client-data-not-json"),
    ("a NUL inside a string", |draft| rewrite(draft, |text| text.replace("https", "ht\0tps")), "client-data-not-json"),
    ("two BOMs", |draft| rewrite(draft, |text| format!("\u{feff}\u{feff}{text}")), "client-data-not-json"),
    ("UTF-16", |draft| rewrite_bytes(draft, |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()), "client-data-not-json"),
    ("invalid UTF-8 outside strings", |draft| rewrite_bytes(draft, |text| [text.as_bytes(), b"\xff"].concat()), "client-data-not-json"),
    ("a lone surrogate in a member that counts", |draft| rewrite(draft, |text| text.replace("https", "\\ud800")), "client-data-not-json"),
    ("deep nesting", |draft| rewrite(draft, |text| text.replace('}', &format!(",\"x\":{}", "[".repeat(8_000)))), "client-data-not-json"),
    ("deep nesting in a member that counts", |draft| set_text(draft, "challenge", &deep()), "client-data-member-type"),
    ("type twice", |draft| duplicate(draft, "type"), "client-data-duplicate-member"),
    ("challenge twice", |draft| duplicate(draft, "challenge"), "client-data-duplicate-member"),
    ("origin twice", |draft| duplicate(draft, "origin"), "client-data-duplicate-member"),
    ("crossOrigin twice", |draft| duplicate(draft, "crossOrigin"), "client-data-duplicate-member"),
    ("an unknown member twice", |draft| draft.extra = vec![("x".into(), 1.into()), ("x".into(), 1.into())], "client-data-duplicate-member"),
    (
        "origin twice, once escaped",
        |draft| {
            rewrite(draft, |text| text.replacen('{', "{\"\\u006frigin\":\"https://example.com\",", 1));
        },
        "client-data-duplicate-member",
    ),
    ("type absent", |draft| set(draft, "type", None), "client-data-member-missing"),
    ("challenge absent", |draft| set(draft, "challenge", None), "client-data-member-missing"),
    ("origin absent", |draft| set(draft, "origin", None), "client-data-member-missing"),
    ("names in another case", |draft| rewrite(draft, |text| text.replace("\"origin\"", "\"Origin\"")), "client-data-member-missing"),
    ("type a number", |draft| draft.type_ = 1.into(), "client-data-member-type"),
    ("type null", |draft| draft.type_ = Value::Null, "client-data-member-type"),
    ("challenge a number", |draft| draft.challenge = 1.into(), "client-data-member-type"),
    ("challenge null", |draft| draft.challenge = Value::Null, "client-data-member-type"),
    ("challenge a list", |draft| draft.challenge = json!([draft.challenge]), "client-data-member-type"),
    ("origin null", |draft| draft.origin = Value::Null, "client-data-member-type"),
    ("origin an object", |draft| draft.origin = json!({}), "client-data-member-type"),
    ("crossOrigin text", |draft| draft.cross_origin = Some("false".into()), "client-data-member-type"),
    ("crossOrigin a number", |draft| draft.cross_origin = Some(0.into()), "client-data-member-type"),
    ("crossOrigin null", |draft| draft.cross_origin = Some(Value::Null), "client-data-member-type"),
    ("topOrigin null", |draft| draft.top_origin = Some(Value::Null), "client-data-member-type"),
    ("topOrigin a list", |draft| draft.top_origin = Some(json!(["https://example.com"])), "client-data-member-type"),
    ("larger than 16 KiB", |draft| draft.extra.push(("x".into(), "x".repeat(16 * 1024).into())), "client-data-too-large"),
];

fn rewrite_bytes(draft: &mut ClientDataDraft, rewrite: impl FnOnce(String) -> Vec<u8>) {
    draft.raw = Some(rewrite(String::from_utf8(draft.to_bytes()).unwrap()));
}

fn duplicate(draft: &mut ClientDataDraft, name: &str) {
    draft.edit_members(|members| {
        let member = members.iter().find(|(other, _)| other == name).cloned();
        members.extend(member);
    });
}

fn deep() -> String {
    ["[".repeat(4_000), "]".repeat(4_000)].concat()
}

/// Sets a member to a JSON text of any kind.
fn set_text(draft: &mut ClientDataDraft, name: &str, json: &str) {
    set(draft, name, Some("@".into()));
    rewrite(draft, |text| text.replace("\"@\"", json));
}
