//! clientDataJSON: type, challenge, origin and framing; then the text itself.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use passkeeper::testing::ClientDataDraft;
use serde_json::{Value, json};

use super::{Case, client_data as case};
use crate::base::Base;

fn rewrite(draft: &mut ClientDataDraft, rewrite: impl FnOnce(String) -> String) {
    rewrite_bytes(draft, |text| rewrite(text).into_bytes());
}

fn rewrite_bytes(draft: &mut ClientDataDraft, rewrite: impl FnOnce(String) -> Vec<u8>) {
    draft.raw = Some(rewrite(String::from_utf8(draft.to_bytes()).unwrap()));
}

/// Puts members in front of the others.
fn before(draft: &mut ClientDataDraft, members: &str) {
    rewrite(draft, |text| text.replacen('{', &format!("{{{members},"), 1));
}

/// Puts members behind the others.
fn behind(draft: &mut ClientDataDraft, members: &str) {
    rewrite(draft, |text| format!("{},{members}}}", text.strip_suffix('}').unwrap()));
}

fn set(draft: &mut ClientDataDraft, name: &str, value: Value) {
    draft.edit_members(|members| members.iter_mut().find(|member| member.0 == name).unwrap().1 = value);
}

fn remove(draft: &mut ClientDataDraft, name: &str) {
    draft.edit_members(|members| members.retain(|member| member.0 != name));
}

fn challenge(draft: &mut ClientDataDraft, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = URL_SAFE_NO_PAD.decode(draft.challenge.as_str().unwrap()).unwrap();
    change(&mut bytes);
    draft.challenge = URL_SAFE_NO_PAD.encode(bytes).into();
}

fn origin(draft: &mut ClientDataDraft, change: impl FnOnce(&str) -> String) {
    draft.origin = change(draft.origin.as_str().unwrap()).into();
}

/// A challenge whose text has padding, and letters in which the alphabets differ.
fn telling_challenge(base: &mut Base) {
    base.challenge = [base.chance.bytes(21).as_slice(), &[0xfb, 0xff, 0xfe, 0xff]].concat();
}

/// A challenge whose text is a multiple of four letters.
fn even_challenge(base: &mut Base) {
    base.challenge = base.chance.bytes(24);
}

fn example_com(base: &mut Base) {
    (base.rp_id, base.origin, base.origins) = ("example.com", "https://example.com", vec!["https://example.com"]);
}

pub(super) const CASES: &[Case] = &[
    case("type of the other ceremony", |d, _| {
        d.type_ = if d.type_ == "webauthn.get" { "webauthn.create" } else { "webauthn.get" }.into();
    }),
    case("type payment.get", |d, _| d.type_ = "payment.get".into()),
    case("type in capitals", |d, _| d.type_ = d.type_.as_str().unwrap().to_uppercase().into()),
    case("type with a blank", |d, _| d.type_ = format!("{} ", d.type_.as_str().unwrap()).into()),
    case("type empty", |d, _| d.type_ = "".into()),
    case("type null", |d, _| d.type_ = Value::Null),
    case("type in an array", |d, _| d.type_ = json!([d.type_])),
    case("type missing", |d, _| remove(d, "type")),
    case("another challenge", |d, chance| challenge(d, |bytes| *bytes = chance.bytes(bytes.len()))),
    case("challenge with one bit flipped", |d, chance| challenge(d, |bytes| chance.flip(bytes))),
    case("challenge cut", |d, _| challenge(d, |bytes| bytes.truncate(bytes.len() - 1))),
    case("challenge with a byte more", |d, _| challenge(d, |bytes| bytes.push(0))),
    case("challenge padded", |d, _| {
        let bytes = URL_SAFE_NO_PAD.decode(d.challenge.as_str().unwrap()).unwrap();
        d.challenge = URL_SAFE.encode(bytes).into();
    })
    .with(telling_challenge),
    case("challenge in the standard alphabet", |d, _| {
        let bytes = URL_SAFE_NO_PAD.decode(d.challenge.as_str().unwrap()).unwrap();
        d.challenge = STANDARD_NO_PAD.encode(bytes).into();
    })
    .with(telling_challenge),
    case("challenge with a line feed", |d, _| d.challenge = format!("{}\n", d.challenge.as_str().unwrap()).into()).with(even_challenge),
    case("challenge with a blank inside", |d, _| {
        let mut text = d.challenge.as_str().unwrap().to_string();
        text.insert(8, ' ');
        d.challenge = text.into();
    })
    .with(even_challenge),
    case("challenge with a foreign letter", |d, _| d.challenge = format!("{}!", d.challenge.as_str().unwrap()).into()).with(even_challenge),
    case("challenge with other unused bits", |d, _| {
        let mut text = d.challenge.as_str().unwrap().to_string();
        let last = if text.pop() == Some('w') { 'x' } else { '9' };
        text.push(last);
        d.challenge = text.into();
    })
    .with(telling_challenge),
    case("challenge empty", |d, _| d.challenge = "".into()),
    case("challenge null", |d, _| d.challenge = Value::Null),
    case("challenge a number", |d, _| d.challenge = 7.into()),
    case("challenge missing", |d, _| remove(d, "challenge")),
    case("origin of another site", |d, _| d.origin = "https://evil.test".into()),
    case("origin of a subdomain", |d, _| d.origin = "https://www.example.com".into()).with(example_com),
    case("origin of the parent", |d, _| d.origin = "https://example.co.uk".into()).with(|base| {
        (base.rp_id, base.origin) = ("login.example.co.uk", "https://login.example.co.uk");
        base.origins = vec![base.origin];
    }),
    case("origin on another port", |d, _| d.origin = "https://example.com:8444".into()).with(example_com),
    case("origin with the default port", |d, _| d.origin = "https://example.com:443".into()).with(example_com),
    case("origin without transport security", |d, _| origin(d, |text| text.replace("https", "http"))),
    case("origin with a slash", |d, _| origin(d, |text| format!("{text}/"))),
    case("origin with a path", |d, _| origin(d, |text| format!("{text}/login"))),
    case("origin in capitals", |d, _| origin(d, str::to_uppercase)),
    case("origin with a dot at the end", |d, _| d.origin = "https://example.com.".into()).with(example_com),
    case("origin with a blank", |d, _| origin(d, |text| format!(" {text}"))),
    case("origin with user information", |d, _| origin(d, |text| text.replace("://", "://user@"))),
    case("origin that ends alike", |d, _| d.origin = "https://evilexample.com".into()).with(example_com),
    case("origin that begins alike", |d, _| origin(d, |text| format!("{text}.evil.test"))),
    case("origin null as text", |d, _| d.origin = "null".into()),
    case("origin null", |d, _| d.origin = Value::Null),
    case("origin empty", |d, _| d.origin = "".into()),
    case("origin in an array", |d, _| d.origin = json!([d.origin])),
    case("origin missing", |d, _| remove(d, "origin")),
    case("origin of an app", |d, _| d.origin = "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk".into()),
    case("crossOrigin true", |d, _| d.cross_origin = Some(true.into())),
    case("crossOrigin true, topOrigin of another site", |d, _| {
        (d.cross_origin, d.top_origin) = (Some(true.into()), Some("https://evil.test".into()));
    }),
    case("crossOrigin false, topOrigin of another site", |d, _| d.top_origin = Some("https://evil.test".into())),
    case("crossOrigin missing, topOrigin of another site", |d, _| {
        (d.cross_origin, d.top_origin) = (None, Some("https://evil.test".into()));
    }),
    case("crossOrigin missing", |d, _| d.cross_origin = None),
    case("crossOrigin as text", |d, _| d.cross_origin = Some("false".into())),
    case("crossOrigin 0", |d, _| d.cross_origin = Some(0.into())),
    case("crossOrigin null", |d, _| d.cross_origin = Some(Value::Null)),
    case("topOrigin null", |d, _| d.top_origin = Some(Value::Null)),
    case("topOrigin empty", |d, _| d.top_origin = Some("".into())),
    case("tokenBinding supported", |d, _| behind(d, r#""tokenBinding":{"status":"supported"}"#)),
    case("tokenBinding present", |d, _| behind(d, r#""tokenBinding":{"status":"present","id":"AAAA"}"#)),
    case("tokenBinding not-supported", |d, _| behind(d, r#""tokenBinding":{"status":"not-supported"}"#)),
    case("tokenBinding of an unknown status", |d, _| behind(d, r#""tokenBinding":{"status":"x"}"#)),
    case("tokenBinding without status", |d, _| behind(d, r#""tokenBinding":{}"#)),
    case("tokenBinding as text", |d, _| behind(d, r#""tokenBinding":"unused""#)),
    case("tokenBinding null", |d, _| behind(d, r#""tokenBinding":null"#)),
    case("type twice, the first wrong", |d, _| before(d, r#""type":"payment.get""#)),
    case("type twice, the last wrong", |d, _| behind(d, r#""type":"payment.get""#)),
    case("challenge twice, the first wrong", |d, _| before(d, r#""challenge":"AAAAAAAAAAAAAAAAAAAAAA""#)),
    case("challenge twice, the last wrong", |d, _| behind(d, r#""challenge":"AAAAAAAAAAAAAAAAAAAAAA""#)),
    case("origin twice, the first wrong", |d, _| before(d, r#""origin":"https://evil.test""#)),
    case("origin twice, the last wrong", |d, _| behind(d, r#""origin":"https://evil.test""#)),
    case("origin twice, the first escaped and wrong", |d, _| before(d, r#""origi\u006e":"https://evil.test""#)),
    case("crossOrigin twice, the first true", |d, _| before(d, r#""crossOrigin":true"#)),
    case("an unknown member twice", |d, _| behind(d, r#""x":1,"x":2"#)),
    case("unknown members", |d, _| behind(d, r#""other_keys_can_be_added_here":"x","y":{"z":[1,2.5,null]},"w":-1e3"#)),
    case("androidPackageName", |d, _| behind(d, r#""androidPackageName":"com.android.chrome""#)),
    case("a member named __proto__", |d, _| behind(d, r#""__proto__":{"type":"payment.get","origin":"https://evil.test"}"#)),
    case("members in another order", |d, _| d.edit_members(|members| members.reverse())),
    case("members with whitespace", |d, _| rewrite(d, |text| text.replace(',', " ,\r\n\t"))),
    case("whitespace around", |d, _| rewrite(d, |text| format!(" \n{text}\t "))),
    case("a form feed around", |d, _| rewrite(d, |text| format!("\u{c}{text}"))),
    case("a no-break space around", |d, _| rewrite(d, |text| format!("\u{a0}{text}"))),
    case("letters escaped", |d, _| rewrite(d, |text| text.replace("webauthn", "w\\u0065bauthn"))),
    case("slashes escaped", |d, _| rewrite(d, |text| text.replace('/', "\\/"))),
    case("an escape that JSON has not", |d, _| rewrite(d, |text| text.replace("webauthn", "\\x77ebauthn"))),
    case("a byte order mark", |d, _| rewrite(d, |text| format!("\u{feff}{text}"))),
    case("two byte order marks", |d, _| rewrite(d, |text| format!("\u{feff}\u{feff}{text}"))),
    case("a byte order mark at the end", |d, _| rewrite(d, |text| format!("{text}\u{feff}"))),
    case("UTF-16", |d, _| rewrite_bytes(d, |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect())),
    case("invalid UTF-8 in an unknown member", |d, _| {
        rewrite_bytes(d, |text| [text.strip_suffix('}').unwrap().as_bytes(), b",\"x\":\"\xff\"}"].concat());
    }),
    case("a NUL at the end", |d, _| rewrite(d, |text| format!("{text}\0"))),
    case("a NUL in an unknown member", |d, _| behind(d, "\"x\":\"\0\"")),
    case("a lone surrogate in an unknown member", |d, _| behind(d, r#""x":"\ud800""#)),
    case("a lone surrogate in the origin", |d, _| rewrite(d, |text| text.replace("https://", "\\ud800https://"))),
    case("something behind the text", |d, _| rewrite(d, |text| format!("{text}x"))),
    case("a second object behind the text", |d, _| rewrite(d, |text| format!("{text}{{}}"))),
    case("a comma at the end", |d, _| rewrite(d, |text| text.replace('}', ",}"))),
    case("a comment", |d, _| rewrite(d, |text| format!("/**/{text}"))),
    case("apostrophes for quotation marks", |d, _| rewrite(d, |text| text.replace('"', "'"))),
    case("cut", |d, chance| rewrite(d, |text| text[..chance.below(text.len())].to_string())),
    case("empty client data", |d, _| d.raw = Some(Vec::new())),
    case("an array around the client data", |d, _| rewrite(d, |text| format!("[{text}]"))),
    case("null for client data", |d, _| d.raw = Some(b"null".to_vec())),
    case("NaN in an unknown member", |d, _| behind(d, r#""x":NaN"#)),
    case("a huge number in an unknown member", |d, _| behind(d, r#""x":1e999"#)),
    case("a number with a zero in front", |d, _| behind(d, r#""x":01"#)),
    case("an integer of 5000 digits", |d, _| behind(d, &format!(r#""x":{}"#, "9".repeat(5000)))),
    case("200 levels in an unknown member", |d, _| behind(d, &format!(r#""x":{}{}"#, "[".repeat(200), "]".repeat(200)))),
    case("100 unknown members", |d, _| {
        let members: Vec<_> = (0..100).map(|number| format!(r#""x{number}":{number}"#)).collect();
        behind(d, &members.join(","));
    }),
    case("17 KiB of an unknown member", |d, _| behind(d, &format!(r#""x":"{}""#, "x".repeat(17 * 1024)))),
    case("members named in capitals", |d, _| {
        let origin = d.origin.clone();
        set(d, "origin", "https://evil.test".into());
        behind(d, &format!(r#""Origin":{origin}"#));
    }),
];
