//! A configuration that cannot work is refused before any ceremony.

use passkeeper::types::{AlgorithmList, Challenge, RpId};
use passkeeper::{AttestationPolicy, AuthenticationPolicy, RegistrationPolicy, RelyingParty, RelyingPartyBuilder};

use crate::common::*;

#[test]
fn a_relying_party_that_cannot_work_is_refused() {
    let registration = |change: fn(&mut RegistrationPolicy)| {
        let mut policy = RegistrationPolicy::default();
        change(&mut policy);
        builder().registration_policy(policy)
    };
    let hasty = || {
        let mut policy = AuthenticationPolicy::default();
        policy.timeout_ms = 0;
        policy
    };
    let cases: [(&str, RelyingPartyBuilder, &str); 17] = [
        ("a URL as RP ID", RelyingParty::builder("https://example.com", "Example"), "rp-id-invalid"),
        ("an IP address as RP ID", RelyingParty::builder("127.0.0.1", "Example"), "rp-id-invalid"),
        ("no name", RelyingParty::builder(RP_ID, ""), "name-invalid"),
        ("a long name", RelyingParty::builder(RP_ID, "x".repeat(257)), "name-invalid"),
        ("no scope", builder().scope(""), "scope-invalid"),
        ("a long scope", builder().scope("x".repeat(256)), "scope-invalid"),
        ("an origin with a slash", builder().origin("https://example.com/"), "origin-invalid"),
        ("an insecure origin", builder().origin("http://example.com"), "origin-invalid"),
        ("another domain's origin", builder().origin("https://example.org"), "origin-outside-relying-party"),
        ("a look-alike origin", builder().origin("https://evilexample.com"), "origin-outside-relying-party"),
        ("the parent domain", RelyingParty::builder("login.example.com", "Example").origin(ORIGIN), "origin-outside-relying-party"),
        ("an insecure related origin", builder().related_origin("http://localhost"), "origin-invalid"),
        ("no top origin at all", builder().embedded_within(Vec::<String>::new()), "origin-invalid"),
        ("a top origin with a path", builder().embedded_within(["https://shop.test/path"]), "origin-invalid"),
        ("no time to register", registration(|p| p.timeout_ms = 0), "timeout-invalid"),
        ("no time to sign in", builder().authentication_policy(hasty()), "timeout-invalid"),
        (
            "attestation demanded but not requested",
            registration(|p| p.attestation = AttestationPolicy::not_requested().refuse_none()),
            "attestation-policy-invalid",
        ),
    ];
    for (name, builder, code) in cases {
        assert_eq!(refusal(builder.build()), (code, None), "{name}");
    }
    assert_eq!(refusal(AlgorithmList::new([])), ("algorithm-list-empty", None));
}

#[test]
fn what_only_a_development_setup_needs_is_taken_by_its_dangerous_name() {
    let rp = RelyingParty::builder("localhost", "Dev").origin("http://localhost:5000").build().unwrap();
    assert_eq!(rp.origins().len(), 1);
    assert_eq!(rp.name(), "Dev");
    for (address, origin) in [("127.0.0.1", "https://127.0.0.1"), ("::1", "https://[::1]"), ("[::1]", "https://[::1]")] {
        let rp = RelyingParty::builder(RP_ID, "Dev").danger_rp_id(RpId::danger_ip_address(address).unwrap()).build().unwrap();
        assert_eq!(rp.origins().iter().map(|origin| origin.as_str()).collect::<Vec<_>>(), [origin], "unless one is named");
    }
    let address = RpId::danger_ip_address("127.0.0.1").unwrap();
    assert!(builder().danger_rp_id(address).danger_insecure_origin("http://127.0.0.1:5000").build().is_ok());
}

#[test]
fn s7_1_08_a_challenge_has_at_least_16_bytes() {
    for length in [0, 1, 15, 1025] {
        assert_eq!(refusal(Challenge::new(vec![7; length])), ("challenge-length", None));
    }
    assert!(Challenge::new([7; 16]).is_ok() && Challenge::new([7; 1024]).is_ok());
}
