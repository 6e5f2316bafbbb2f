//! §7.1 steps 5 to 8, §7.2 steps 8 to 11: the client data, its type and its challenge.

use passkeeper::testing::{AttestationKind, VirtualAuthenticator};
use passkeeper::types::Challenge;
use passkeeper::{AuthenticationRequest, Error, RegistrationRequest};

use crate::cases::Ceremony::{self, Authentication, Registration};
use crate::cases::{TOLERATED, UNREADABLE};
use crate::common::*;

#[test]
fn s7_1_05_a_leading_bom_is_dropped_and_invalid_utf8_replaced() {
    a_leading_bom_is_dropped_and_invalid_utf8_replaced(Registration);
}

#[test]
fn s7_2_08_a_leading_bom_is_dropped_and_invalid_utf8_replaced() {
    a_leading_bom_is_dropped_and_invalid_utf8_replaced(Authentication);
}

fn a_leading_bom_is_dropped_and_invalid_utf8_replaced(ceremony: Ceremony) {
    for name in ["BOM", "invalid UTF-8 in a member nobody reads"] {
        let (_, change) = TOLERATED.iter().find(|(other, _)| *other == name).unwrap();
        ceremony.assert_accepted(&relying_party(), name, change);
    }
    // Replaced, not dropped: the origin is then another one.
    ceremony.assert_refused(&relying_party(), "invalid UTF-8 in the origin", "origin-mismatch", ["7.1/9", "7.2/12"], |draft| {
        let mut bytes = draft.to_bytes();
        let at = bytes.windows(5).position(|window| window == b"https").unwrap();
        bytes.insert(at, 0xff);
        draft.raw = Some(bytes);
    });
}

#[test]
fn s7_1_06_any_order_unknown_members_whitespace_and_escapes_are_tolerated() {
    any_order_unknown_members_whitespace_and_escapes_are_tolerated(Registration);
}

#[test]
fn s7_2_09_any_order_unknown_members_whitespace_and_escapes_are_tolerated() {
    any_order_unknown_members_whitespace_and_escapes_are_tolerated(Authentication);
}

fn any_order_unknown_members_whitespace_and_escapes_are_tolerated(ceremony: Ceremony) {
    for (name, change) in TOLERATED {
        ceremony.assert_accepted(&relying_party(), name, change);
    }
}

#[test]
fn s7_1_06_what_is_not_one_json_object_with_the_members_once_is_refused() {
    what_is_not_one_json_object_with_the_members_once_is_refused(Registration);
}

#[test]
fn s7_2_09_what_is_not_one_json_object_with_the_members_once_is_refused() {
    what_is_not_one_json_object_with_the_members_once_is_refused(Authentication);
}

fn what_is_not_one_json_object_with_the_members_once_is_refused(ceremony: Ceremony) {
    for (name, change, code) in UNREADABLE {
        ceremony.assert_refused(&relying_party(), name, code, ["7.1/6", "7.2/9"], change);
    }
}

#[test]
fn s7_1_07_the_type_is_exactly_the_ceremonys() {
    the_type_is_exactly_the_ceremonys(Registration);
}

#[test]
fn s7_2_10_the_type_is_exactly_the_ceremonys() {
    the_type_is_exactly_the_ceremonys(Authentication);
}

fn the_type_is_exactly_the_ceremonys(ceremony: Ceremony) {
    let rp = relying_party();
    for type_ in
        ["payment.get", "payment.create", "webauthn", "webauthn.", "", " ", "WEBAUTHN.CREATE", "Webauthn.Get", "navigator.id.getAssertion"]
    {
        ceremony.assert_refused(&rp, type_, "client-data-type-mismatch", ["7.1/7", "7.2/10"], |draft| draft.type_ = type_.into());
    }
    ceremony.assert_refused(&rp, "a space after it", "client-data-type-mismatch", ["7.1/7", "7.2/10"], |draft| {
        draft.type_ = format!("{} ", draft.type_.as_str().unwrap()).into();
    });
    let the_others = match ceremony {
        Registration => "webauthn.get",
        Authentication => "webauthn.create",
    };
    ceremony.assert_refused(&rp, the_others, "client-data-type-mismatch", ["7.1/7", "7.2/10"], |draft| draft.type_ = the_others.into());
}

#[test]
fn s7_1_08_the_challenge_is_exactly_the_text_that_was_issued() {
    the_challenge_is_exactly_the_text_that_was_issued(Registration);
}

#[test]
fn s7_2_11_the_challenge_is_exactly_the_text_that_was_issued() {
    the_challenge_is_exactly_the_text_that_was_issued(Authentication);
}

fn the_challenge_is_exactly_the_text_that_was_issued(ceremony: Ceremony) {
    // All of its characters are `-` or `_` or letters, so that the alphabet shows.
    let issued = || Challenge::new([0xfb; 32]).unwrap();
    let honest = issued().to_base64url();
    assert!(honest.contains(['-', '_']));
    let wrong = [
        ("empty", String::new()),
        ("another challenge", Challenge::new([7; 32]).unwrap().to_base64url()),
        ("a shorter challenge", Challenge::new([0xfb; 31]).unwrap().to_base64url()),
        ("a longer challenge", Challenge::new([0xfb; 33]).unwrap().to_base64url()),
        ("padded", format!("{honest}=")),
        ("standard alphabet", honest.replace('-', "+").replace('_', "/")),
        ("another case", honest.to_uppercase()),
        ("space in front", format!(" {honest}")),
        ("line break after it", format!("{honest}\n")),
        ("loose bits at the end", format!("{}t", honest.trim_end_matches('s'))),
        ("hexadecimal", "fb".repeat(32)),
        ("twice", honest.repeat(2)),
    ];
    for (name, text) in &wrong {
        let result = answer(ceremony, issued(), text);
        assert_eq!(refusal(result), ("challenge-mismatch", Some(challenge_step(ceremony))), "{name}");
    }
    assert_eq!(answer(ceremony, issued(), &honest), Ok(()));
}

#[test]
fn s7_1_08_every_wrong_bit_of_the_challenge_is_noticed() {
    every_wrong_bit_of_the_challenge_is_noticed(Registration);
}

#[test]
fn s7_2_11_every_wrong_bit_of_the_challenge_is_noticed() {
    every_wrong_bit_of_the_challenge_is_noticed(Authentication);
}

fn every_wrong_bit_of_the_challenge_is_noticed(ceremony: Ceremony) {
    for bit in 0..256 {
        let mut bytes = [0xfb; 32];
        bytes[bit / 8] ^= 1 << (bit % 8);
        let wrong = Challenge::new(bytes).unwrap().to_base64url();
        let result = answer(ceremony, Challenge::new([0xfb; 32]).unwrap(), &wrong);
        assert_refused(result, "challenge-mismatch", challenge_step(ceremony));
    }
}

fn challenge_step(ceremony: Ceremony) -> &'static str {
    match ceremony {
        Registration => "7.1/8",
        Authentication => "7.2/11",
    }
}

/// Issues a challenge and answers with a text.
fn answer(ceremony: Ceremony, issued: Challenge, text: &str) -> Result<(), Error> {
    let rp = relying_party();
    let mut authenticator = VirtualAuthenticator::new(1);
    match ceremony {
        Registration => {
            let (options, pending) = rp.start_registration(RegistrationRequest::new(user("alice")), issued, NOW).unwrap();
            let mut draft = authenticator.create(&json(&options), ORIGIN).unwrap();
            draft.client_data.challenge = text.into();
            pending.verify(&rp, &registration_response(&draft), NOW).map(|_| ())
        }
        Authentication => {
            let record = register(&rp, &mut authenticator, "alice");
            let (options, pending) = rp.start_authentication(AuthenticationRequest::discoverable(), issued, NOW).unwrap();
            let mut draft = authenticator.get(&json(&options), ORIGIN).unwrap();
            draft.client_data.challenge = text.into();
            let response = authentication_response(&draft);
            pending.receive(&response)?.verify(&rp, &record, NOW).map(|_| ())
        }
    }
}

#[test]
fn s7_1_12_the_hash_covers_the_bytes_as_they_came() {
    // Self attestation signs over the hash.
    let attested = || Registering::new().change(|draft| draft.attestation = AttestationKind::PackedSelf);
    for (name, change) in TOLERATED {
        let result = attested().change(|draft| change(&mut draft.client_data)).verify();
        assert_eq!(result.map(|_| ()), Ok(()), "{name}");
        // The signature of the plain form does not cover the other form, though both say the same.
        let registering = attested();
        let signature = registering.draft.signer().sign(&registering.draft.signed_bytes());
        let plain = registering.draft.client_data.to_bytes();
        let registering = registering.change(|draft| change(&mut draft.client_data));
        if registering.draft.client_data.to_bytes() == plain {
            continue;
        }
        let result = registering.change(|draft| draft.att_stmt_signature = Some(signature)).verify();
        assert_eq!(refusal(result), ("attestation-signature-invalid", Some("7.1/22")), "{name}");
    }
}

#[test]
fn s7_2_20_the_hash_covers_the_bytes_as_they_came() {
    for (name, change) in TOLERATED {
        let signing_in = SigningIn::new();
        let signature = signing_in.draft.signer().sign(&signing_in.draft.signed_bytes());
        let plain = signing_in.draft.client_data.to_bytes();
        let signing_in = signing_in.change(|draft| change(&mut draft.client_data));
        if signing_in.draft.client_data.to_bytes() == plain {
            continue;
        }
        let result = signing_in.change(|draft| draft.signature = Some(signature)).verify();
        assert_eq!(refusal(result), ("signature-invalid", Some("7.2/21")), "{name}");
    }
}
