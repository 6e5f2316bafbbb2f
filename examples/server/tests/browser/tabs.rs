//! Tabs and browsers that come and go.

use crate::device::*;
use crate::page::*;
use crate::server::Server;

#[test]
fn two_tabs_do_not_disturb_each_other() {
    let Some((_server, person, _device)) = visit(key()) else { return };
    person.pause();
    person.ask_to_sign_up("alice");
    person.until_made(1);
    let first = person.this_tab();
    let second = person.open_tab();
    person.plug_in(key());
    person.pause();
    person.ask_to_sign_up("bob");
    person.until_made(1);

    person.turn_to(&first);
    person.go_on();
    person.is_told("Welcome. Your passkey is ready.");
    person.turn_to(&second);
    person.go_on();
    person.is_told("Welcome. Your passkey is ready.");
    person.sees("Hello, bob");
    // The browser is one: the tab that was not looked at shows who is signed in now as soon as it asks.
    person.turn_to(&first);
    person.go("/");
    person.sees("Hello, bob");
}

#[test]
fn a_tab_learns_what_another_did() {
    let Some((_server, person, _device)) = alice(key()) else { return };
    let first = person.this_tab();
    let second = person.open_tab();
    person.sees("Hello, alice");
    person.sign_out();
    person.turn_to(&first);
    person.click("Rename Passkey");
    person.fill("New name", "Mine");
    person.click("Save");
    person.is_told("You are signed out. Please sign in again.");
    person.sign_in("alice");
    person.turn_to(&second);
    person.go("/");
    person.sees("Hello, alice");
}

/// What Alice began for herself does not end in Bob's account.
#[test]
fn a_passkey_is_not_added_to_whoever_signed_in_meanwhile() {
    let Some((_server, person, device)) = alice(key()) else { return };
    person.unplug(&device);
    let new = person.plug_in(key());
    let made = person.made().len();
    person.pause();
    person.click("Add a passkey");
    person.until_made(made + 1);
    let first = person.this_tab();
    person.open_tab();
    person.plug_in(key());
    person.sees("Hello, alice");
    person.sign_out();
    person.sign_up("bob");
    assert_eq!(person.names(), ["Passkey"]);

    person.turn_to(&first);
    person.go_on();
    person.is_told("That did not work. Please try again or use another way to sign in.");
    person.expect_on(&new, 0);
    person.go("/");
    person.sees("Hello, bob");
    assert_eq!(person.names(), ["Passkey"]);
}

#[test]
fn a_tab_that_is_closed_midway_leaves_nothing_behind() {
    let Some((_server, person, _device)) = visit(key()) else { return };
    let first = person.this_tab();
    person.open_tab();
    person.plug_in(key());
    person.pause();
    person.ask_to_sign_up("alice");
    person.until_made(1);
    person.close_tab();
    person.turn_to(&first);
    person.sign_up("alice");
}

#[test]
fn a_browser_that_is_closed_midway_leaves_nothing_behind() {
    let server = Server::start();
    {
        let Some(person) = Person::at(&server) else { return };
        person.plug_in(key());
        person.pause();
        person.ask_to_sign_up("alice");
        person.until_made(1);
    }
    let Some(person) = Person::at(&server) else { return };
    person.plug_in(key());
    person.sign_up("alice");
    assert_eq!(person.names(), ["Passkey"]);
}
