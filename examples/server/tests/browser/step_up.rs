//! Step-up: five minutes after the sign-in, what is dangerous needs the passkey again.

use serde_json::Value;

use crate::device::*;
use crate::page::*;
use crate::server::Server;

const QUESTION: &str = "Confirm that it is you";

/// Alice, who has been signed in for more than five minutes.
fn alice_a_while_ago(kind: Value) -> Option<(Server, Person, Device)> {
    let visit = alice(kind)?;
    visit.0.clock.turn(301);
    Some(visit)
}

impl Person {
    fn asks_to_delete_the_account(&self) {
        self.click("Delete account");
        self.sees("This cannot be undone.");
        self.click("Delete account");
        self.sees(QUESTION);
    }
}

#[test]
fn what_is_dangerous_needs_the_passkey_again() {
    let Some((server, person, device)) = alice_a_while_ago(key()) else { return };
    person.asks_to_delete_the_account();
    assert_eq!(person.focus(), "Use a passkey");
    person.click("Use a passkey");
    person.is_told("Your account has been deleted.");
    person.expect_on(&device, 0);
    // What was sent for it is good for nothing any more.
    person.sign_up("alice");
    assert_eq!(person.replay("/api/step-up/finish"), (400, "start-again".into()));
    // A fresh sign-up is proof enough; five minutes later it is not.
    person.unplug(&device);
    let second = person.plug_in(key());
    person.click("Add a passkey");
    person.is_told("The passkey “Passkey 2” has been added.");
    server.clock.turn(301);
    person.click("Delete Passkey");
    person.click("Delete passkey");
    person.click("Use a passkey");
    person.is_told("The passkey “Passkey” has been deleted.");
    assert_eq!((person.names(), person.on(&second).len()), (vec!["Passkey 2".into()], 1));
}

#[test]
fn whoever_cancels_has_changed_nothing() {
    let Some((_server, person, device)) = alice_a_while_ago(key()) else { return };
    for escape in [false, true] {
        person.asks_to_delete_the_account();
        if escape {
            person.press("\u{e00c}")
        } else {
            person.click("Cancel")
        }
        person.is_told("That was cancelled. Nothing has changed.");
        assert_eq!(person.focus(), "Delete account");
    }
    assert_eq!((person.names().len(), person.on(&device).len()), (1, 1));
}

#[test]
fn somebody_elses_passkey_proves_nothing() {
    let Some((server, person, alices)) = alice(key()) else { return };
    let of_alice = person.on(&alices).remove(0);
    person.sign_out();
    person.unplug(&alices);
    let bobs = person.plug_in(key());
    person.sign_up("bob");
    let of_bob = person.on(&bobs).remove(0);
    person.sign_out();
    person.unplug(&bobs);
    let device = person.plug_in(key());
    person.put_on(&device, &of_alice);
    person.sign_in("alice");
    server.clock.turn(301);
    person.unplug(&device);
    let device = person.plug_in(key());
    person.put_on(&device, &of_bob);

    // The browser finds none of Alice's; one that offers Bob's all the same is refused by the server.
    person.asks_to_delete_the_account();
    person.click("Use a passkey");
    person.is_told("That was cancelled or took too long. Nothing has changed.");
    person.meddle("asked.allowCredentials = []");
    person.click("Use a passkey");
    person.is_told("That did not work. Please try again or use another way to sign in.");
    person.click("Cancel");
    person.is_told("That was cancelled. Nothing has changed.");
    person.sees("Hello, alice");
}

#[test]
fn a_device_that_does_not_check_its_user_proves_nothing() {
    let Some((_server, person, device)) = alice_a_while_ago(key()) else { return };
    person.verify_on(&device, false);
    person.meddle("asked.userVerification = 'discouraged'");
    person.asks_to_delete_the_account();
    person.click("Use a passkey");
    person.is_told("That did not work. Please try again or use another way to sign in.");
    person.verify_on(&device, true);
    person.meddle("");
    person.click("Use a passkey");
    person.is_told("Your account has been deleted.");
}

#[test]
fn whoever_waits_too_long_is_signed_out() {
    let Some((server, person, _device)) = alice_a_while_ago(key()) else { return };
    person.asks_to_delete_the_account();
    server.clock.turn(31 * 60);
    person.click("Use a passkey");
    person.is_told("You are signed out. Please sign in again.");
    person.sees("Create an account");
}
