//! Sign-up.

use serde_json::json;

use crate::device::*;
use crate::page::*;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[test]
fn a_visitor_signs_up_and_sees_the_new_passkey() {
    let Some((_server, person, device)) = visit(key()) else { return };
    person.click("Create an account");
    person.fill("User name", "alice");
    person.fill("Your name", "Alice Ödegård");
    person.click("Create a passkey");
    person.is_told("Welcome. Your passkey is ready.");
    person.sees("Hello, Alice Ödegård");
    let [passkey] = &person.passkeys()[..] else { panic!("{:?}", person.passkeys()) };
    assert_eq!((passkey.name.as_str(), passkey.used.as_str()), ("Passkey", "Not yet"));
    assert_eq!(passkey.badges, ["You are signed in with this one", "On one device only"]);
    assert!(passkey.created.starts_with("just now"), "{}", passkey.created);

    // The device is told which passkeys there are.
    let [held] = &person.on(&device)[..] else { panic!("{:?}", person.on(&device)) };
    assert_eq!((held["isResidentCredential"].as_bool(), held["rpId"].as_str()), (Some(true), Some("localhost")));
    let id = person.made()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(person.signals(), [("signalAllAcceptedCredentials".to_owned(), vec![id])]);

    // A reload shows the same.
    person.go("/");
    person.sees("Hello, Alice Ödegård");
    assert_eq!(person.names(), ["Passkey"]);
}

#[test]
fn the_keyboard_is_enough() {
    let Some((_server, person, _device)) = visit(key()) else { return };
    person.sees("Create an account");
    for stop in ["User name optional", "Sign in with a passkey", "Create an account"] {
        person.press(TAB);
        assert_eq!(person.focus(), stop);
    }
    person.press(ENTER);
    assert_eq!(person.focus(), "User name");
    person.press("alice");
    person.press(TAB);
    person.press("Alice");
    person.press(TAB);
    assert_eq!(person.focus(), "Create a passkey");
    person.press(ENTER);
    person.is_told("Welcome. Your passkey is ready.");
    // The focus is where the news is, and the next stop is the first thing to do there.
    assert_eq!(person.focus(), "Hello, Alice");
    person.press(TAB);
    assert_eq!(person.focus(), "Add a passkey");
}

#[test]
fn a_user_name_that_cannot_be_is_said_so() {
    let Some((_server, person, device)) = visit(key()) else { return };
    person.ask_to_sign_up("");
    person.is_told("Please choose a user name.");
    assert_eq!(person.focus(), "User name");
    person.fill("User name", "not a name");
    person.click("Create a passkey");
    person.is_told("A user name has 1 to 64 letters, digits, dots, dashes, underscores, plus or at signs.");
    assert!(person.on(&device).is_empty() && person.made().is_empty(), "no device was asked");
}

#[test]
fn a_name_that_is_taken_is_said_so_before_a_device_is_asked() {
    let Some((server, person, device)) = alice(key()) else { return };
    person.sign_out();
    server.clock.turn(1_000_000);
    person.ask_to_sign_up("Alice");
    person.is_told("This user name is taken. Please choose another one.");
    assert_eq!(person.on(&device).len(), 1);
}

/// Two had the same name in mind, and one was faster: the passkey of the other is for nothing, and its device is told so.
#[test]
fn a_passkey_that_was_made_in_vain_does_not_stay() {
    let Some((_server, person, device)) = visit(key()) else { return };
    person.pause();
    person.ask_to_sign_up("alice");
    person.until_made(1);
    person.expect_on(&device, 1);
    let slow = person.this_tab();
    person.open_tab();
    let other = person.plug_in(key());
    person.sign_up("alice");

    person.turn_to(&slow);
    person.go_on();
    person.is_told("This user name is taken. Please choose another one.");
    let id = person.made()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(person.signals(), [("signalUnknownCredential".to_owned(), vec![id])]);
    person.expect_on(&device, 0);
    drop(other);
}

#[test]
fn a_prompt_that_is_refused_leaves_nothing_behind() {
    let Some((_server, person, device)) = visit(with(key(), json!({ "isUserConsenting": false }))) else { return };
    person.meddle(SOON_OVER);
    person.ask_to_sign_up("alice");
    person.is_told("That was cancelled or took too long. Nothing has changed.");
    // The name is still free.
    person.unplug(&device);
    person.plug_in(key());
    person.click("Create a passkey");
    person.is_told("Welcome. Your passkey is ready.");
}

#[test]
fn a_challenge_that_has_expired_is_refused() {
    let Some((server, person, device)) = visit(key()) else { return };
    person.pause();
    person.ask_to_sign_up("alice");
    person.until_made(1);
    server.clock.turn(601);
    person.go_on();
    person.is_told("That took too long. Please try again.");
    // The passkey that was made for it is of no use, and does not stay.
    person.expect_on(&device, 0);
    person.click("Create a passkey");
    person.is_told("Welcome. Your passkey is ready.");
    person.expect_on(&device, 1);
}

#[test]
fn a_request_that_is_sent_again_is_refused() {
    let Some((_server, person, device)) = alice(key()) else { return };
    assert_eq!(person.replay("/api/sign-up/finish"), (400, "start-again".into()));
    person.sign_out();
    assert_eq!(person.replay("/api/sign-up/finish"), (400, "start-again".into()));
    person.expect_on(&device, 1);
}

#[test]
fn a_device_that_cannot_check_its_user_is_refused_in_plain_words() {
    let Some((_server, person, device)) = visit(with(key(), json!({ "hasUserVerification": false, "isUserVerified": false }))) else {
        return;
    };
    person.ask_to_sign_up("alice");
    person.is_told("That was cancelled or took too long. Nothing has changed.");
    // The page no longer demands the check: the server does.
    person.meddle("asked.authenticatorSelection = { userVerification: 'discouraged', residentKey: 'discouraged' }");
    person.click("Create a passkey");
    person.is_told("That did not work. Please try again or use another way to sign in.");
    person.expect_on(&device, 0);
}
