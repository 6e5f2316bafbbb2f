//! The response's JSON: members, base64url, text.

use serde_json::{Value, json as value};

use super::{Case, json as case, text};

/// Base64url members, and which part of the response they are in.
fn each_text(response: &mut Value, change: impl FnOnce(&str) -> String) {
    let member = &mut response["response"]["clientDataJSON"];
    *member = change(member.as_str().unwrap()).into();
}

fn id(response: &mut Value, change: impl Fn(&str) -> String) {
    for name in ["id", "rawId"] {
        response[name] = change(response[name].as_str().unwrap()).into();
    }
}

fn remove(response: &mut Value, name: &str) {
    response.as_object_mut().unwrap().remove(name);
}

/// To the next length that is a multiple of four; an empty one where it is one already.
fn padding(text: &str) -> String {
    text.to_string() + &"=".repeat((4 - text.len() % 4) % 4)
}

/// Puts members in front of all others.
fn before(text: String, members: &str) -> String {
    text.replacen('{', &format!("{{{members},"), 1)
}

fn behind(text: String, members: &str) -> String {
    format!("{},{members}}}", text.strip_suffix('}').unwrap())
}

fn in_response(text: String, members: &str) -> String {
    text.replacen("\"response\":{", &format!("\"response\":{{{members},"), 1)
}

/// An ID whose text is a multiple of four letters.
fn of_even_length(base: &mut crate::base::Base) {
    base.credential_id_length = 24;
}

/// An ID whose text has padding.
fn of_odd_length(base: &mut crate::base::Base) {
    base.credential_id_length = 31;
}

pub(super) const CASES: &[Case] = &[
    case("id missing", |r| remove(r, "id")),
    case("id null", |r| r["id"] = Value::Null),
    case("id a number", |r| r["id"] = 7.into()),
    case("id empty", |r| r["id"] = "".into()),
    case("id and rawId empty", |r| (r["id"], r["rawId"]) = ("".into(), "".into())),
    case("rawId missing", |r| remove(r, "rawId")),
    case("rawId of another credential", |r| r["rawId"] = "AAAAAAAAAAAAAAAAAAAAAA".into()),
    case("rawId padded", |r| r["rawId"] = padding(r["rawId"].as_str().unwrap()).into()).with(of_odd_length),
    case("id and rawId padded", |r| id(r, padding)).with(of_odd_length),
    case("id and rawId with a line feed", |r| id(r, |text| format!("{text}\n"))).with(of_even_length),
    case("id and rawId with a foreign letter", |r| id(r, |text| format!("{text}!"))).with(of_even_length),
    case("id and rawId with other unused bits", |r| {
        id(r, |text| {
            let (rest, last) = text.split_at(text.len() - 1);
            let next = char::from(last.as_bytes()[0] + 1);
            format!("{rest}{next}")
        });
    })
    .with(of_odd_length),
    case("type of the credential missing", |r| remove(r, "type")),
    case("type of the credential unknown", |r| r["type"] = "password".into()),
    case("type of the credential in capitals", |r| r["type"] = "PUBLIC-KEY".into()),
    case("type of the credential null", |r| r["type"] = Value::Null),
    case("response missing", |r| remove(r, "response")),
    case("response null", |r| r["response"] = Value::Null),
    case("response as text", |r| r["response"] = r["response"].to_string().into()),
    case("response in an array", |r| r["response"] = value!([r["response"]])),
    case("clientDataJSON missing", |r| remove(&mut r["response"], "clientDataJSON")),
    case("clientDataJSON null", |r| r["response"]["clientDataJSON"] = Value::Null),
    case("clientDataJSON an object", |r| r["response"]["clientDataJSON"] = value!({})),
    case("clientDataJSON empty", |r| r["response"]["clientDataJSON"] = "".into()),
    case("clientDataJSON padded", |r| each_text(r, padding)),
    case("clientDataJSON padded too much", |r| each_text(r, |text| format!("{}====", padding(text)))),
    case("clientDataJSON with four blanks inside", |r| each_text(r, |text| format!("{}    {}", &text[..8], &text[8..]))),
    case("clientDataJSON with four line feeds", |r| each_text(r, |text| format!("{text}\n\n\n\n"))),
    case("clientDataJSON with four foreign letters", |r| each_text(r, |text| format!("{}****{}", &text[..8], &text[8..]))),
    case("clientDataJSON as an array of bytes", |r| r["response"]["clientDataJSON"] = value!([123, 125])),
    case("attestationObject missing", |r| remove(&mut r["response"], "attestationObject")).only_registering(),
    case("attestationObject null", |r| r["response"]["attestationObject"] = Value::Null).only_registering(),
    case("attestationObject empty", |r| r["response"]["attestationObject"] = "".into()).only_registering(),
    case("attestationObject in the standard alphabet", |r| standard(r, "attestationObject"))
        .with(crate::base::Base::packed_self)
        .only_registering(),
    case("attestationObject with four line feeds", |r| line_feed(r, "attestationObject")).only_registering(),
    case("authenticatorData missing", |r| remove(&mut r["response"], "authenticatorData")).only_signing_in(),
    case("authenticatorData null", |r| r["response"]["authenticatorData"] = Value::Null).only_signing_in(),
    case("authenticatorData in the standard alphabet", |r| standard(r, "authenticatorData"))
        // An RP ID in whose hash the alphabets differ.
        .with(|base| {
            (base.rp_id, base.origin, base.origins) =
                ("login.example.co.uk", "https://login.example.co.uk", vec!["https://login.example.co.uk"]);
        })
        .only_signing_in(),
    case("authenticatorData with four line feeds", |r| line_feed(r, "authenticatorData")).only_signing_in(),
    case("signature missing", |r| remove(&mut r["response"], "signature")).only_signing_in(),
    case("signature null", |r| r["response"]["signature"] = Value::Null).only_signing_in(),
    case("signature in the standard alphabet", |r| standard(r, "signature")).only_signing_in(),
    case("signature with four line feeds", |r| line_feed(r, "signature")).only_signing_in(),
    case("signature padded too much", |r| {
        let text = padding(r["response"]["signature"].as_str().unwrap());
        r["response"]["signature"] = format!("{text}====").into();
    })
    .only_signing_in(),
    case("userHandle a number", |r| r["response"]["userHandle"] = 7.into()).only_signing_in(),
    case("userHandle null, and the user named", |r| r["response"]["userHandle"] = Value::Null)
        .with(|base| base.known_user = true)
        .only_signing_in(),
    case("userHandle with a foreign letter", |r| {
        let text = r["response"]["userHandle"].as_str().unwrap();
        r["response"]["userHandle"] = format!("{text}!").into();
    })
    .only_signing_in(),
    case("an unknown member", |r| r["x"] = value!({ "y": [1, 2.5, null] })),
    case("an unknown member of the response", |r| r["response"]["x"] = value!(true)),
    case("authenticatorAttachment missing", |r| remove(r, "authenticatorAttachment")),
    case("authenticatorAttachment null", |r| r["authenticatorAttachment"] = Value::Null),
    case("authenticatorAttachment unknown", |r| r["authenticatorAttachment"] = "x".into()),
    case("authenticatorAttachment a number", |r| r["authenticatorAttachment"] = 7.into()),
    case("clientExtensionResults missing", |r| remove(r, "clientExtensionResults")),
    case("clientExtensionResults null", |r| r["clientExtensionResults"] = Value::Null),
    case("clientExtensionResults an array", |r| r["clientExtensionResults"] = value!([])),
    case("clientExtensionResults that nobody asked for", |r| {
        r["clientExtensionResults"] = value!({ "credProps": { "rk": "x" }, "prf": { "enabled": 1 }, "x": [null] });
    }),
    case("appid, not asked for", |r| r["clientExtensionResults"] = value!({ "appid": true })),
    case("transports missing", |r| remove(&mut r["response"], "transports")).only_registering(),
    case("transports null", |r| r["response"]["transports"] = Value::Null).only_registering(),
    case("transports unknown", |r| r["response"]["transports"] = value!(["telepathy", "usb", "usb"])).only_registering(),
    case("transports as text", |r| r["response"]["transports"] = "usb".into()).only_registering(),
    case("transports of numbers", |r| r["response"]["transports"] = value!([1])).only_registering(),
    case("copies missing", |r| {
        for name in ["authenticatorData", "publicKeyAlgorithm", "publicKey"] {
            remove(&mut r["response"], name);
        }
    })
    .only_registering(),
    case("copy of the authenticator data differs", |r| r["response"]["authenticatorData"] = "AAAA".into()).only_registering(),
    case("copy of the algorithm differs", |r| r["response"]["publicKeyAlgorithm"] = value!(-65_535)).only_registering(),
    case("copy of the public key differs", |r| r["response"]["publicKey"] = "AAAA".into()).only_registering(),
    text("an array around the response", |text| format!("[{text}]")),
    text("the response as text", |text| Value::from(text).to_string()),
    text("null for a response", |_| "null".into()),
    text("a byte order mark in front of the response", |text| format!("\u{feff}{text}")),
    text("whitespace around the response", |text| format!(" \r\n\t{text}\n")),
    text("something behind the response", |text| format!("{text}x")),
    text("a second response behind", |text| format!("{text}{text}")),
    text("the response cut", |text| text[..text.len() / 2].into()),
    text("a comma at the end of the response", |text| format!("{},}}", text.strip_suffix('}').unwrap())),
    text("a comment in the response", |text| format!("/**/{text}")),
    text("escapes in the response", |text| text.replace("\"rawId\":\"", "\"raw\\u0049d\":\"").replace("public-key", "public\\u002dkey")),
    text("NaN in the response", |text| behind(text, "\"x\":NaN")),
    text("a huge number in the response", |text| behind(text, "\"x\":1e999")),
    text("a lone surrogate in the response", |text| behind(text, "\"x\":\"\\ud800\"")),
    text("a line feed in a text of the response", |text| behind(text, "\"x\":\"\n\"")),
    text("200 levels in the response", |text| behind(text, &format!("\"x\":{}{}", "[".repeat(200), "]".repeat(200)))),
    text("id twice, the same", |text| {
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let member = format!("\"id\":{}", parsed["id"]);
        before(text, &member)
    }),
    text("id twice, the first another", |text| before(text, "\"id\":\"AAAA\"")),
    text("type of the credential twice, the first another", |text| before(text, "\"type\":\"password\"")),
    text("type of the credential twice, the last another", |text| behind(text, "\"type\":\"password\"")),
    text("response twice, the first empty", |text| before(text, "\"response\":{}")),
    text("clientDataJSON twice, the first another", |text| in_response(text, "\"clientDataJSON\":\"e30\"")),
    text("an unknown member of the response twice", |text| behind(text, "\"x\":1,\"x\":2")),
    text("__proto__ in the response", |text| behind(text, "\"__proto__\":{\"type\":\"password\"}")),
];

fn standard(response: &mut Value, name: &str) {
    let member = &mut response["response"][name];
    *member = member.as_str().unwrap().replace('-', "+").replace('_', "/").into();
}

fn line_feed(response: &mut Value, name: &str) {
    let member = &mut response["response"][name];
    let text = member.as_str().unwrap();
    *member = format!("{}\n\n\n\n{}", &text[..16], &text[16..]).into();
}
