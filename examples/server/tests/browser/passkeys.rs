//! The list of passkeys: what it says, and what can be done in it.

use serde_json::{Value, json};

use crate::device::*;
use crate::page::*;
use crate::server::Server;

/// Alice with a passkey on each of two devices: the second is plugged in; of the first there is what it holds.
fn alice_with_two() -> Option<(Server, Person, Value, Device)> {
    let (server, person, first) = alice(key())?;
    let held = person.on(&first).remove(0);
    person.unplug(&first);
    let second = person.plug_in(key());
    person.click("Add a passkey");
    person.is_told("The passkey “Passkey 2” has been added.");
    Some((server, person, held, second))
}

fn id(credential: &Value) -> String {
    credential["credentialId"].as_str().unwrap().to_owned()
}

#[test]
fn another_one_is_added() {
    let Some((_server, person, first, second)) = alice_with_two() else { return };
    assert_eq!(person.names(), ["Passkey", "Passkey 2"]);
    let [one, two] = &person.passkeys()[..] else { panic!() };
    assert!(one.badges.contains(&"You are signed in with this one".into()) && !two.badges.contains(&one.badges[0]));
    let (name, mut ids) = person.signals().pop().unwrap();
    let mut both = vec![id(&first), id(&person.on(&second)[0])];
    ids.sort();
    both.sort();
    assert_eq!((name.as_str(), ids), ("signalAllAcceptedCredentials", both));
    // And opens the same account.
    person.sign_out();
    person.sign_in("alice");
    assert_eq!(person.passkeys()[1].badges[0], "You are signed in with this one");
}

#[test]
fn a_second_registration_on_the_same_device_is_excluded() {
    let Some((_server, person, device)) = alice(key()) else { return };
    person.click("Add a passkey");
    person.is_told("You already have a passkey on this device.");
    assert_eq!((person.names().len(), person.on(&device).len()), (1, 1));
}

#[test]
fn a_passkey_is_called_after_who_made_it() {
    let Some((_server, person, _device)) = visit(key()) else { return };
    person.pretend("bada5566-a7aa-401f-bd96-45619a55120d");
    person.sign_up("alice");
    assert_eq!(person.names(), ["1Password"]);
    // Under another name, the list still says whose it is.
    person.click("Rename 1Password");
    person.fill("New name", "Vault");
    person.click("Save");
    person.is_told("The passkey is now called “Vault”.");
    assert!(person.passkeys()[0].badges.contains(&"1Password".into()), "{:?}", person.passkeys());
}

#[test]
fn one_is_renamed() {
    let Some((_server, person, _device)) = alice(key()) else { return };
    person.click("Rename Passkey");
    person.fill("New name", "<b>Ümläut</b>");
    person.click("Save");
    person.is_told("The passkey is now called “<b>Ümläut</b>”.");
    person.go("/");
    person.sees("<b>Ümläut</b>");
    // Second thoughts.
    person.click("Rename <b>Ümläut</b>");
    person.fill("New name", "Another");
    person.press("\u{e00c}");
    person.sees("<b>Ümläut</b>");
    assert_eq!(person.focus(), "Rename <b>Ümläut</b>");
    // A name that cannot be.
    person.click("Rename <b>Ümläut</b>");
    person.session.run("document.querySelector('.rename input').removeAttribute('maxlength')", json!([]));
    person.fill("New name", &"x".repeat(65));
    person.click("Save");
    person.is_told("Please choose a name of at most 64 characters.");
    person.click("Cancel");
    assert_eq!(person.names(), ["<b>Ümläut</b>"]);
}

/// And the device that holds it is told, so that it does not offer it any more.
#[test]
fn one_is_deleted() {
    let Some((_server, person, held, second)) = alice_with_two() else { return };
    let first = person.plug_in(key());
    person.put_on(&first, &held);
    person.click("Delete Passkey");
    person.sees("Delete “Passkey”?");
    person.click("Cancel");
    assert_eq!(person.names().len(), 2);

    person.click("Delete Passkey");
    person.click("Delete passkey");
    person.is_told("The passkey “Passkey” has been deleted.");
    assert_eq!(person.names(), ["Passkey 2"]);
    let left = person.on(&second).iter().map(id).collect::<Vec<_>>();
    assert_eq!(person.signals().pop(), Some(("signalAllAcceptedCredentials".into(), left)));
    person.expect_on(&first, 0);
    assert_eq!(person.on(&second).len(), 1);

    // The last one stays.
    person.click("Delete Passkey 2");
    person.click("Delete passkey");
    person.is_told("This is your only passkey. Add another one first.");
    assert_eq!(person.names(), ["Passkey 2"]);
}

#[test]
fn the_backup_of_a_passkey_begins_and_ends() {
    let Some((_server, person, device)) = alice(with(key(), json!({ "defaultBackupEligibility": true }))) else { return };
    for (state, badge) in [(false, "Not backed up yet"), (true, "Backed up"), (false, "Not backed up yet")] {
        person.back_up_on(&device, state);
        person.sign_out();
        person.sign_in("alice");
        assert_eq!(person.passkeys()[0].badges[1], badge);
    }
}

#[test]
fn the_account_is_deleted_with_everything_in_it() {
    let Some((server, person, device)) = alice(key()) else { return };
    person.click("Delete account");
    person.sees("Delete your account?");
    person.press("\u{e00c}");
    person.until("dialogue that closes", || (!person.text().contains("Delete your account?")).then_some(()));
    person.click("Delete account");
    person.sees("This cannot be undone.");
    person.click("Delete account");
    person.is_told("Your account has been deleted.");
    assert_eq!(person.signals().pop(), Some(("signalAllAcceptedCredentials".into(), vec![])));
    person.expect_on(&device, 0);
    person.click("Sign in with a passkey");
    person.is_told("That was cancelled or took too long. Nothing has changed.");
    // The name is free.
    person.sign_up("alice");
    drop(server);
}
