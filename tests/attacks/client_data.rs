//! clientDataJSON: what the browser says, broken in every way that a parser or a comparison may overlook.

use passkeeper::AuthenticationRequest;
use passkeeper::testing::ClientDataDraft;
use passkeeper::wire::RegistrationResponse;
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::*;
use crate::tables::*;

type Change = fn(&mut ClientDataDraft);

fn rewrite(draft: &mut ClientDataDraft, rewrite: impl FnOnce(String) -> String) {
    rewrite_bytes(draft, |text| rewrite(text).into_bytes());
}

fn rewrite_bytes(draft: &mut ClientDataDraft, rewrite: impl FnOnce(String) -> Vec<u8>) {
    draft.raw = Some(rewrite(String::from_utf8(draft.to_bytes()).unwrap()));
}

/// Puts a byte sequence, valid or not, in front of the origin's text.
fn before_origin(draft: &mut ClientDataDraft, bytes: &[u8]) {
    rewrite_bytes(draft, |text| {
        let at = text.find("https://").unwrap();
        [&text.as_bytes()[..at], bytes, &text.as_bytes()[at..]].concat()
    });
}

#[test]
fn type_swapped() {
    let error = Backend::new().refuse_registration(|draft| draft.client_data.type_ = "webauthn.get".into());
    assert_eq!(error.code(), "client-data-type-mismatch");
    let error =
        Backend::new().refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.client_data.type_ = "webauthn.create".into());
    assert_eq!(error.code(), "client-data-type-mismatch");
    assert_client_data_refused("payment.get", "client-data-type-mismatch", |draft| draft.type_ = "payment.get".into());
}

#[test]
fn the_text() {
    let cases: &[Case<ClientDataDraft>] = &[
        ("duplicate keys: type", |d| d.extra.push(("type".into(), "payment.get".into())), "client-data-duplicate-member"),
        ("duplicate keys: challenge", |d| d.extra.push(("challenge".into(), "AA".into())), "client-data-duplicate-member"),
        ("duplicate keys: origin", |d| d.extra.push(("origin".into(), ORIGIN.into())), "client-data-duplicate-member"),
        (
            "duplicate keys: origin, escaped",
            |d| {
                rewrite(d, |text| text.replacen('{', "{\"origi\\u006e\":\"https://evil.test\",", 1));
            },
            "client-data-duplicate-member",
        ),
        ("duplicate keys: crossOrigin", |d| d.extra.push(("crossOrigin".into(), true.into())), "client-data-duplicate-member"),
        (
            "duplicate keys: unknown ones",
            |d| {
                d.extra = vec![("x".into(), 1.into()), ("x".into(), 2.into())];
            },
            "client-data-duplicate-member",
        ),
        ("BOM twice", |d| rewrite(d, |text| format!("\u{feff}\u{feff}{text}")), "client-data-not-json"),
        ("BOM at the end", |d| rewrite(d, |text| format!("{text}\u{feff}")), "client-data-not-json"),
        ("BOM inside the origin", |d| before_origin(d, b"\xef\xbb\xbf"), "origin-mismatch"),
        ("NUL at the end", |d| rewrite(d, |text| format!("{text}\0")), "client-data-not-json"),
        ("NUL inside the origin", |d| before_origin(d, b"\0"), "client-data-not-json"),
        ("NUL after the origin, escaped", |d| d.origin = "https://example.com\0.evil.test".into(), "origin-mismatch"),
        ("invalid UTF-8 outside strings", |d| rewrite_bytes(d, |text| [b"\xff", text.as_bytes()].concat()), "client-data-not-json"),
        ("invalid UTF-8 inside the origin", |d| before_origin(d, b"\xff"), "origin-mismatch"),
        ("invalid UTF-8, an overlong slash", |d| before_origin(d, b"\xc0\xaf"), "origin-mismatch"),
        ("invalid UTF-8, a surrogate", |d| before_origin(d, b"\xed\xa0\x80"), "origin-mismatch"),
        ("lone surrogates, high", |d| before_origin(d, b"\\ud800"), "client-data-not-json"),
        ("lone surrogates, low", |d| before_origin(d, b"\\udc00"), "client-data-not-json"),
        ("trailing bytes", |d| rewrite(d, |text| format!("{text}{{}}")), "client-data-not-json"),
        ("trailing comma", |d| rewrite(d, |text| text.replace('}', ",}")), "client-data-not-json"),
        ("a comment", |d| rewrite(d, |text| format!("/**/{text}")), "client-data-not-json"),
        (
            "deep nesting, never closed",
            |d| rewrite(d, |text| text.replace('}', &format!(",\"x\":{}", "[".repeat(9_000)))),
            "client-data-not-json",
        ),
        ("more than 16 KiB", |d| d.extra.push(("x".into(), "x".repeat(16_384).into())), "client-data-too-large"),
        ("hundreds of members", |d| d.extra = (0..100).map(|i| (format!("x{i}"), 0.into())).collect(), "client-data-not-json"),
    ];
    for (name, change, code) in cases {
        assert_client_data_refused(name, code, change);
    }
}

#[test]
fn number_or_null_in_place_of_string() {
    for value in [json!(1), Value::Null, json!(true), json!([]), json!({}), json!(1.5)] {
        let name = value.to_string();
        assert_client_data_refused(&name, "client-data-member-type", |draft| draft.type_ = value.clone());
        assert_client_data_refused(&name, "client-data-member-type", |draft| draft.challenge = value.clone());
        assert_client_data_refused(&name, "client-data-member-type", |draft| draft.origin = value.clone());
        assert_client_data_refused(&name, "client-data-member-type", |draft| draft.top_origin = Some(value.clone()));
        if !value.is_boolean() {
            assert_client_data_refused(&name, "client-data-member-type", |draft| draft.cross_origin = Some(value.clone()));
        }
    }
    assert_client_data_refused("text in place of boolean", "client-data-member-type", |draft| draft.cross_origin = Some("true".into()));
}

#[test]
fn the_origin() {
    for (name, origin) in [
        ("case of the host", "https://EXAMPLE.com"),
        ("case of the scheme", "HTTPS://example.com"),
        ("port", "https://example.com:8443"),
        ("default port", "https://example.com:443"),
        ("slash", "https://example.com/"),
        ("path", "https://example.com/login"),
        ("scheme http", "http://example.com"),
        ("scheme of a socket", "wss://example.com"),
        ("no scheme", "example.com"),
        ("userinfo", "https://user:pass@example.com"),
        ("userinfo that looks like the host", "https://example.com@evil.test"),
        ("IDN look-alike", "https://ex\u{430}mple.com"),
        ("IDN look-alike in ASCII", "https://xn--exmple-4nf.com"),
        ("full-width dot", "https://example\u{ff0e}com"),
        ("suffix look-alike", "https://evilexample.com"),
        ("prefix look-alike", "https://example.com.evil.test"),
        ("prefix look-alike with a hyphen", "https://example.com-evil.test"),
        ("subdomain", "https://www.example.com"),
        ("parent domain", "https://com"),
        ("trailing dot", "https://example.com."),
        ("`null`", "null"),
        ("empty", ""),
        ("space", "https://example.com "),
        ("android:apk-key-hash", "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk"),
        ("another site", "https://evil.test"),
    ] {
        assert_client_data_refused(name, "origin-mismatch", |draft| draft.origin = origin.into());
    }
}

/// Only a relying party that lists an app takes it, and only that very app.
#[test]
fn android_apk_key_hash_exact() {
    const APP: &str = "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk";
    let rp = || builder().origin("https://example.com").origin(APP).build().unwrap();
    let signed_in = Backend::with(rp()).sign_in(AuthenticationRequest::discoverable(), |draft| draft.client_data.origin = APP.into());
    assert!(signed_in.is_ok());
    for origin in [
        "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwK",
        "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk=",
        "android:apk-key-hash:2jmj7l5rSw0yVb/vlWAYkK+YBwk",
        "android:apk-key-hash:",
        "android:apk-key-hash",
        "Android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk",
        "https://android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk",
    ] {
        let backend = Backend::with(rp());
        let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.client_data.origin = origin.into());
        assert_eq!(error.code(), "origin-mismatch", "{origin}");
        assert_eq!(backend.refuse_registration(|draft| draft.client_data.origin = origin.into()).code(), "origin-mismatch", "{origin}");
    }
}

#[test]
fn framing() {
    let cases: &[Case<ClientDataDraft>] = &[
        ("crossOrigin true", |d| d.cross_origin = Some(true.into()), "cross-origin-not-allowed"),
        (
            "crossOrigin true with a foreign topOrigin",
            |d| {
                d.cross_origin = Some(true.into());
                d.top_origin = Some("https://evil.test".into());
            },
            "cross-origin-not-allowed",
        ),
        (
            "topOrigin without crossOrigin",
            |d| {
                d.cross_origin = None;
                d.top_origin = Some("https://evil.test".into());
            },
            "top-origin-not-allowed",
        ),
        ("topOrigin with crossOrigin false", |d| d.top_origin = Some("https://evil.test".into()), "top-origin-not-allowed"),
        ("own topOrigin with crossOrigin false", |d| d.top_origin = Some(ORIGIN.into()), "top-origin-not-allowed"),
    ];
    for (name, change, code) in cases {
        assert_client_data_refused(name, code, change);
    }
}

/// What looks odd and is legitimate: refusing it would lock people out.
#[test]
fn unknown_members_accepted_and_token_binding_ignored() {
    let cases: &[(&str, Change)] = &[
        ("untouched", |_| {}),
        ("one BOM", |d| rewrite(d, |text| format!("\u{feff}{text}"))),
        ("unknown members", |d| d.extra.push(("x".into(), json!({ "y": [null, 1, "z"] })))),
        ("deep nesting, closed, in an unknown member", |d| {
            rewrite(d, |text| text.replace('}', &format!(",\"x\":{}{}}}", "[".repeat(4_000), "]".repeat(4_000))));
        }),
        ("invalid UTF-8 in an unknown member", |d| {
            rewrite_bytes(d, |text| [text.replace('}', ",\"x\":\"").as_bytes(), b"\xff\"}"].concat());
        }),
        ("lone surrogates in an unknown member", |d| rewrite(d, |text| text.replace('}', ",\"x\":\"\\ud800\"}"))),
        ("tokenBinding \"present\"", |d| d.extra.push(("tokenBinding".into(), json!({ "status": "present", "id": "AA" })))),
        ("tokenBinding \"supported\"", |d| d.extra.push(("tokenBinding".into(), json!({ "status": "supported" })))),
        ("tokenBinding malformed: text", |d| d.extra.push(("tokenBinding".into(), "unused".into()))),
        ("tokenBinding malformed: no status", |d| d.extra.push(("tokenBinding".into(), json!({})))),
        ("tokenBinding malformed: unknown status", |d| d.extra.push(("tokenBinding".into(), json!({ "status": 7 })))),
        ("tokenBinding null", |d| d.extra.push(("tokenBinding".into(), Value::Null))),
        ("crossOrigin absent", |d| d.cross_origin = None),
    ];
    for (name, change) in cases {
        let backend = Backend::new();
        let signed_in = backend.sign_in(AuthenticationRequest::discoverable(), |draft| change(&mut draft.client_data));
        assert!(signed_in.is_ok(), "{name}: {signed_in:?}");

        let request = passkeeper::RegistrationRequest::new(user("carol"));
        let started = block_on(backend.passkeys.start_registration(request)).unwrap();
        let mut draft = passkeeper::testing::VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
        change(&mut draft.client_data);
        let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
        let registered = block_on(backend.passkeys.complete_registration(&started.session, &response));
        assert!(registered.is_ok(), "{name}: {registered:?}");
    }
}
