//! §7.1 steps 9 to 11, §7.2 steps 12 to 14: origin, crossOrigin, topOrigin.

use passkeeper::RelyingParty;
use passkeeper::testing::ClientDataDraft;

use crate::cases::Ceremony::{self, Authentication, Registration};
use crate::common::*;

const ORIGIN_STEPS: [&str; 2] = ["7.1/9", "7.2/12"];
const CROSS_ORIGIN_STEPS: [&str; 2] = ["7.1/10", "7.2/13"];
const TOP_ORIGIN_STEPS: [&str; 2] = ["7.1/11", "7.2/14"];

#[track_caller]
fn assert_origin_refused(ceremony: Ceremony, rp: &RelyingParty, origin: &str) {
    ceremony.assert_refused(rp, origin, "origin-mismatch", ORIGIN_STEPS, |draft| draft.origin = origin.into());
}

#[track_caller]
fn assert_origin_accepted(ceremony: Ceremony, rp: &RelyingParty, origin: &str) {
    ceremony.assert_accepted(rp, origin, |draft| draft.origin = origin.into());
}

#[test]
fn s7_1_09_by_default_only_https_and_the_rp_id_is_the_origin() {
    by_default_only_https_and_the_rp_id_is_the_origin(Registration);
}

#[test]
fn s7_2_12_by_default_only_https_and_the_rp_id_is_the_origin() {
    by_default_only_https_and_the_rp_id_is_the_origin(Authentication);
}

fn by_default_only_https_and_the_rp_id_is_the_origin(ceremony: Ceremony) {
    let rp = relying_party();
    assert_origin_accepted(ceremony, &rp, "https://example.com");
    for origin in [
        "http://example.com",
        "wss://example.com",
        "https://example.com:443",
        "https://example.com:8443",
        "https://example.com/",
        "https://example.com/path",
        "https://example.com?",
        "https://example.com#",
        "https://example.com.",
        " https://example.com",
        "https://example.com ",
        "https://www.example.com",
        "https://com",
        "https://evilexample.com",
        "https://example.com.evil.test",
        "https://example.org",
        "https://user@example.com",
        "https://example.com@evil.test",
        "HTTPS://example.com",
        "https://Example.com",
        "https://EXAMPLE.COM",
        "https:example.com",
        "https:\\\\example.com",
        "//example.com",
        "example.com",
        "https://xn--exmple-cua.com",
        "https://ex\u{e4}mple.com",
        "https://\u{435}xample.com",
        "null",
        "",
        "*",
        "https://*",
        "file://",
        "android:apk-key-hash:AAAA",
        "chrome-extension://abc",
    ] {
        assert_origin_refused(ceremony, &rp, origin);
    }
}

#[test]
fn s7_1_09_configured_origins_replace_the_default_and_are_compared_exactly() {
    configured_origins_replace_the_default_and_are_compared_exactly(Registration);
}

#[test]
fn s7_2_12_configured_origins_replace_the_default_and_are_compared_exactly() {
    configured_origins_replace_the_default_and_are_compared_exactly(Authentication);
}

fn configured_origins_replace_the_default_and_are_compared_exactly(ceremony: Ceremony) {
    let rp = builder()
        .origin("https://login.example.com")
        .origin("https://example.com:8443")
        .origin("android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk")
        .related_origin("https://example.de")
        .build()
        .unwrap();
    for origin in ["https://login.example.com", "https://example.com:8443", "https://example.de"] {
        // The drafts are made at the default origin, which here is none of the relying party's.
        assert_origin_accepted(ceremony, &rp, origin);
    }
    assert_origin_accepted(ceremony, &rp, "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk");
    for origin in [
        "https://example.com",
        "https://login.example.com:8443",
        "https://example.com:8444",
        "https://www.example.de",
        "https://a.login.example.com",
        "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwK",
        "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk=",
        "android:apk-key-hash:2jmj7l5rSw0yVb/vlWAYkK+YBwk",
        "ANDROID:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk",
        "android:apk-key-hash-sha256:2jmj7l5rSw0yVb_vlWAYkK-YBwk",
    ] {
        assert_origin_refused(ceremony, &rp, origin);
    }
}

#[test]
fn s7_1_09_subdomains_only_where_the_relying_party_says_so() {
    subdomains_only_where_the_relying_party_says_so(Registration);
}

#[test]
fn s7_2_12_subdomains_only_where_the_relying_party_says_so() {
    subdomains_only_where_the_relying_party_says_so(Authentication);
}

fn subdomains_only_where_the_relying_party_says_so(ceremony: Ceremony) {
    let rp = builder().danger_any_subdomain().build().unwrap();
    for origin in ["https://example.com", "https://www.example.com", "https://a.b.example.com"] {
        assert_origin_accepted(ceremony, &rp, origin);
    }
    for origin in [
        "https://evilexample.com",
        "https://example.com.evil.test",
        "http://www.example.com",
        "https://www.example.com:8443",
        "https://www.example.com/",
        "https://.example.com",
        "https://WWW.example.com",
        "https://user@www.example.com",
        "https://evil.test/.example.com",
        "https://evil.test#.example.com",
        "https://evil.test\\.example.com",
        "null",
    ] {
        assert_origin_refused(ceremony, &rp, origin);
    }
}

#[test]
fn s7_1_09_the_error_tells_what_was_expected_and_found() {
    the_error_tells_what_was_expected_and_found(Registration);
}

#[test]
fn s7_2_12_the_error_tells_what_was_expected_and_found() {
    the_error_tells_what_was_expected_and_found(Authentication);
}

fn the_error_tells_what_was_expected_and_found(ceremony: Ceremony) {
    let error = ceremony.run(&relying_party(), |draft| draft.origin = "https://evil.test".into()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("https://example.com") && text.contains("https://evil.test"), "{text}");
    assert!(text.contains(error.code()) && text.contains(error.spec_step().unwrap()), "{text}");
    assert!(!text.contains("another"), "{text}");
    let two = builder().origin(ORIGIN).origin("https://www.example.com").build().unwrap();
    let text = ceremony.run(&two, |draft| draft.origin = "https://evil.test".into()).unwrap_err().to_string();
    assert!(text.contains("or another configured one"), "{text}");
}

fn embedded(cross_origin: Option<bool>, top_origin: Option<&'static str>) -> impl Fn(&mut ClientDataDraft) {
    move |draft| {
        draft.cross_origin = cross_origin.map(Into::into);
        draft.top_origin = top_origin.map(Into::into);
    }
}

#[test]
fn s7_1_10_cross_origin_use_is_refused_unless_expected() {
    cross_origin_use_is_refused_unless_expected(Registration);
}

#[test]
fn s7_2_13_cross_origin_use_is_refused_unless_expected() {
    cross_origin_use_is_refused_unless_expected(Authentication);
}

fn cross_origin_use_is_refused_unless_expected(ceremony: Ceremony) {
    let rp = relying_party();
    ceremony.assert_refused(&rp, "true", "cross-origin-not-allowed", CROSS_ORIGIN_STEPS, embedded(Some(true), None));
    let both_members = embedded(Some(true), Some("https://example.com"));
    ceremony.assert_refused(&rp, "true, with topOrigin", "cross-origin-not-allowed", CROSS_ORIGIN_STEPS, both_members);
    ceremony.assert_accepted(&rp, "false", embedded(Some(false), None));
    ceremony.assert_accepted(&rp, "absent", embedded(None, None));

    let within = || builder().embedded_within(["https://shop.test"]);
    ceremony.assert_accepted(&within().build().unwrap(), "expected, but not used", embedded(Some(false), None));
    // Clients older than Level 3 name no top origin: anybody could embed.
    let unnamed = embedded(Some(true), None);
    ceremony.assert_refused(&within().build().unwrap(), "unnamed", "top-origin-missing", TOP_ORIGIN_STEPS, unnamed);
    let lenient = within().danger_unnamed_top_origin().build().unwrap();
    ceremony.assert_accepted(&lenient, "unnamed, by choice", embedded(Some(true), None));
}

#[test]
fn s7_1_11_a_top_origin_needs_cross_origin_use_to_be_expected() {
    a_top_origin_needs_cross_origin_use_to_be_expected(Registration);
}

#[test]
fn s7_2_14_a_top_origin_needs_cross_origin_use_to_be_expected() {
    a_top_origin_needs_cross_origin_use_to_be_expected(Authentication);
}

fn a_top_origin_needs_cross_origin_use_to_be_expected(ceremony: Ceremony) {
    let rp = relying_party();
    for top_origin in ["https://shop.test", "https://example.com", ""] {
        for cross_origin in [Some(false), None] {
            let change = embedded(cross_origin, Some(top_origin));
            ceremony.assert_refused(&rp, top_origin, "top-origin-not-allowed", TOP_ORIGIN_STEPS, change);
        }
    }
}

#[test]
fn s7_1_11_a_top_origin_is_one_of_those_expected() {
    a_top_origin_is_one_of_those_expected(Registration);
}

#[test]
fn s7_2_14_a_top_origin_is_one_of_those_expected() {
    a_top_origin_is_one_of_those_expected(Authentication);
}

fn a_top_origin_is_one_of_those_expected(ceremony: Ceremony) {
    let rp = builder().embedded_within(["https://shop.test", "https://forum.test:8443"]).build().unwrap();
    for top_origin in ["https://shop.test", "https://forum.test:8443"] {
        ceremony.assert_accepted(&rp, top_origin, embedded(Some(true), Some(top_origin)));
    }
    for top_origin in [
        "https://evil.test",
        "https://shop.test/",
        "http://shop.test",
        "https://SHOP.test",
        "https://a.shop.test",
        "https://example.com",
        "null",
        "",
    ] {
        let change = embedded(Some(true), Some(top_origin));
        ceremony.assert_refused(&rp, top_origin, "top-origin-mismatch", TOP_ORIGIN_STEPS, change);
    }
}

#[test]
fn s7_1_11_a_top_origin_comes_with_cross_origin() {
    a_top_origin_comes_with_cross_origin(Registration);
}

#[test]
fn s7_2_14_a_top_origin_comes_with_cross_origin() {
    a_top_origin_comes_with_cross_origin(Authentication);
}

fn a_top_origin_comes_with_cross_origin(ceremony: Ceremony) {
    for rp in [builder().embedded_within(["https://shop.test"]), builder().danger_embedded_anywhere()] {
        let rp = rp.build().unwrap();
        for cross_origin in [Some(false), None] {
            let change = embedded(cross_origin, Some("https://shop.test"));
            ceremony.assert_refused(&rp, "without", "top-origin-without-cross-origin", TOP_ORIGIN_STEPS, change);
        }
    }
}

#[test]
fn s7_1_11_anywhere_means_any_top_origin_and_still_the_own_origin() {
    anywhere_means_any_top_origin_and_still_the_own_origin(Registration);
}

#[test]
fn s7_2_14_anywhere_means_any_top_origin_and_still_the_own_origin() {
    anywhere_means_any_top_origin_and_still_the_own_origin(Authentication);
}

fn anywhere_means_any_top_origin_and_still_the_own_origin(ceremony: Ceremony) {
    let rp = builder().danger_embedded_anywhere().build().unwrap();
    ceremony.assert_accepted(&rp, "any", embedded(Some(true), Some("https://whoever.test")));
    ceremony.assert_refused(&rp, "origin", "origin-mismatch", ORIGIN_STEPS, |draft| {
        embedded(Some(true), Some("https://whoever.test"))(draft);
        draft.origin = "https://whoever.test".into();
    });
}
