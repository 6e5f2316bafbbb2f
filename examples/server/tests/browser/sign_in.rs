//! Sign-in.

use serde_json::json;

use crate::device::*;
use crate::page::*;

const REFUSED: &str = "That did not work. Please try again or use another way to sign in.";
const CANCELLED: &str = "That was cancelled or took too long. Nothing has changed.";

/// Alice, who signed up and left.
fn alice_outside(kind: serde_json::Value) -> Option<(crate::server::Server, Person, Device)> {
    let visit = alice(kind)?;
    visit.1.sign_out();
    Some(visit)
}

#[test]
fn by_a_button_or_by_name() {
    let Some((_server, person, _device)) = alice_outside(key()) else { return };
    person.sign_in("alice");
    let [passkey] = &person.passkeys()[..] else { panic!("{:?}", person.passkeys()) };
    assert!(passkey.used.starts_with("just now"), "{}", passkey.used);
    assert_eq!(passkey.badges[0], "You are signed in with this one");
    person.sign_out();

    person.fill("User name", "ALICE");
    person.sign_in("alice");
    let answer = person.made().pop().unwrap();
    assert!(answer["response"]["signature"].is_string() && answer["response"]["userHandle"].is_string());
}

#[test]
fn in_a_browser_without_the_json_methods() {
    let Some((_server, person, device)) = visit(key()) else { return };
    person.use_an_old_browser();
    person.sign_up("alice");
    person.sign_out();
    // By name, so that there are passkeys to convert.
    person.fill("User name", "alice");
    person.sign_in("alice");
    assert_eq!((person.passkeys().len(), person.on(&device).len()), (1, 1));
}

/// Chromium's built-in virtual authenticator answers the autofill as soon as it can.
#[test]
fn by_autofill() {
    let Some((_server, person, device)) = alice(built_in()) else { return };
    let held = person.on(&device).remove(0);
    person.unplug(&device);
    person.sign_out();
    let again = person.plug_in(built_in());
    person.put_on(&again, &held);
    person.go("/");
    person.sees("Hello, alice");
    assert_eq!(person.text().matches("You are signed in with this one").count(), 1);
}

#[test]
fn with_somebody_elses_passkey_is_refused() {
    let Some((_server, person, device)) = alice_outside(key()) else { return };
    let of_alice = person.on(&device).remove(0);
    person.unplug(&device);
    let device = person.plug_in(key());
    person.sign_up("bob");
    person.sign_out();
    // The browser finds no passkey of Alice's on Bob's device.
    person.fill("User name", "alice");
    person.click("Sign in with a passkey");
    person.is_told(CANCELLED);
    // A browser that offers Bob's all the same.
    person.meddle("asked.allowCredentials = []");
    person.click("Sign in with a passkey");
    person.is_told(REFUSED);
    person.sees("Create an account");
    // Alice herself is let in.
    person.unplug(&device);
    let device = person.plug_in(key());
    person.put_on(&device, &of_alice);
    person.sign_in("alice");
}

#[test]
fn a_prompt_that_is_refused_changes_nothing() {
    let Some((_server, person, device)) = alice_outside(key()) else { return };
    let held = person.on(&device).remove(0);
    person.unplug(&device);
    let refusing = person.plug_in(with(key(), json!({ "isUserConsenting": false })));
    person.put_on(&refusing, &held);
    person.meddle(SOON_OVER);
    person.click("Sign in with a passkey");
    person.is_told(CANCELLED);
    person.unplug(&refusing);
    let device = person.plug_in(key());
    person.put_on(&device, &held);
    person.meddle("");
    person.sign_in("alice");
}

#[test]
fn a_challenge_that_has_expired_is_refused() {
    let Some((server, person, _device)) = alice_outside(key()) else { return };
    let before = person.made().len();
    person.pause();
    person.click("Sign in with a passkey");
    person.until_made(before + 1);
    server.clock.turn(601);
    person.go_on();
    person.is_told("That took too long. Please try again.");
    person.sign_in("alice");
}

#[test]
fn a_request_that_is_sent_again_is_refused() {
    let Some((_server, person, _device)) = alice_outside(key()) else { return };
    person.sign_in("alice");
    assert_eq!(person.replay("/api/sign-in/finish"), (400, "start-again".into()));
    person.sign_out();
    assert_eq!(person.replay("/api/sign-in/finish"), (400, "start-again".into()));
    person.go("/");
    person.sees("Create an account");
}

#[test]
fn a_device_that_does_not_check_its_user_is_refused() {
    let Some((_server, person, device)) = alice_outside(key()) else { return };
    person.verify_on(&device, false);
    person.fill("User name", "alice");
    person.click("Sign in with a passkey");
    person.is_told(CANCELLED);
    // The page no longer demands the check: the server does.
    person.meddle("asked.userVerification = 'discouraged'");
    person.click("Sign in with a passkey");
    person.is_told(REFUSED);
    person.verify_on(&device, true);
    person.meddle("");
    person.sign_in("alice");
}
