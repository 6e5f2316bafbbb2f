//! How the page looks and reads in each of its states: on a screen, on a telephone, in the dark, and to a screen reader. The
//! screenshots are for people to look at: `examples/server/screenshots`.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::device::*;
use crate::page::*;

const DAY: i64 = 24 * 60 * 60;

/// Visible elements that begin or end beside their card or a window of this width, and whether there is anything to scroll to.
const BESIDE: &str = "
    const [width] = arguments; // a telephone would show as much as there is, only smaller
    const beside = [...document.querySelectorAll('body *')].filter((one) => {
        const { left, right } = one.getBoundingClientRect();
        const card = one.closest('.card, dialog')?.getBoundingClientRect() ?? { left: 0, right: width };
        const [first, last] = [Math.max(0, card.left), Math.min(width, card.right)];
        return one.checkVisibility() && left < right && (left < first - 0.5 || right > last + 0.5);
    });
    const all = document.documentElement;
    return [...beside.map((one) => one.outerHTML.slice(0, 120)), ...(all.scrollWidth > width ? ['the page scrolls sideways'] : [])];";

/// Visible text that does not stand out from its background by 4.5 to 1 (WCAG 2.2, 1.4.3); large text by 3 to 1.
const FAINT: &str = r"
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (color) => {
        const [r, g, b] = color.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (one) => {
        for (; one; one = one.parentElement) {
            const color = rgba(getComputedStyle(one).backgroundColor);
            if (color[3] === 255) return color;
        }
        return [255, 255, 255];
    };
    const own = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    return [...document.querySelectorAll('body *')]
        .filter((one) => one.checkVisibility() && own(one) && !one.closest('[aria-busy=true]'))
        .map((one) => {
            const [style, texts, grounds] = [getComputedStyle(one), luminance(rgba(getComputedStyle(one).color)), luminance(behind(one))];
            const ratio = (Math.max(texts, grounds) + 0.05) / (Math.min(texts, grounds) + 0.05);
            return [one.innerText, ratio, parseFloat(style.fontSize) >= 24 ? 3 : 4.5];
        })
        .filter(([, ratio, least]) => ratio < least)
        .map(([text, ratio]) => `${text}: ${ratio.toFixed(2)}`);";

/// What can be operated now.
const CONTROLS: &str = "
    const within = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
    return [within, ...within.querySelectorAll('button, input, h1, h2, h3, section')].filter((one) => one.checkVisibility());";

impl Person {
    fn as_seen(&self, width: u32, height: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.session.chromium("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.session.chromium("Emulation.setEmulatedMedia", features);
    }

    /// Looks at a state from all sides.
    #[track_caller]
    fn looks_well(&self, state: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        for (name, width, height, scheme) in [
            ("wide", 1200, 900, "light"),
            ("dark", 1200, 900, "dark"),
            ("phone", 390, 844, "light"),
            ("phone-dark", 390, 844, "dark"),
            ("narrow", 320, 640, "light"),
        ] {
            self.as_seen(width, height, scheme);
            assert_eq!(self.session.run(BESIDE, json!([width])), json!([]), "{state} at {width}");
            assert_eq!(self.session.run(FAINT, json!([])), json!([]), "{state}, {scheme}");
            fs::write(folder.join(format!("{state}-{name}.png")), self.session.screenshot()).unwrap();
        }
        for element in self.session.find_all(CONTROLS) {
            let read = |what: &str| element.read(&self.session, what).as_str().unwrap_or_default().to_owned();
            let role = read("computedrole");
            assert!(role == "generic" || role == "none" || !read("computedlabel").is_empty(), "{state}: a {role} has no name");
        }
        self.as_seen(1200, 900, "light");
    }
}

#[test]
fn every_state_fits_stands_out_and_has_names() {
    let Some((server, person, mut device)) = visit(key()) else { return };
    person.sees("Sign in with a passkey");
    person.looks_well("1-sign-in");
    person.click("Create an account");
    person.looks_well("2-sign-up");
    person.fill("User name", "no such name");
    person.click("Create a passkey");
    person.sees("A user name has");
    person.looks_well("3-error");

    // A list as it comes to be in the course of time.
    server.clock.turn(-400 * DAY);
    person.pretend("bada5566-a7aa-401f-bd96-45619a55120d");
    person.fill("User name", "a.rather.long.user.name@a-rather-long-domain.example");
    person.fill("Your name", "Alexandra Ödegård-Montgomery");
    person.click("Create a passkey");
    person.is_told("Welcome. Your passkey is ready.");
    for (days, model, backup) in [(340, "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", true), (59, "2fc0579f-8113-47ea-b116-bb5a8db9202a", false)]
    {
        server.clock.turn(days * DAY);
        person.go("/");
        person.click("Sign in with a passkey");
        person.sees("Hello, Alexandra");
        person.unplug(&device);
        device = person.plug_in(with(key(), json!({ "defaultBackupEligibility": backup, "defaultBackupState": backup })));
        person.pretend(model);
        person.click("Add a passkey");
        person.sees("has been added.");
    }
    server.clock.turn(DAY);
    person.go("/");
    person.click("Sign in with a passkey");
    person.sees("Hello, Alexandra");
    assert_eq!(person.names(), ["1Password", "Apple Passwords", "YubiKey 5 NFC"]);
    person.looks_well("4-account");
    person.click("Rename Apple Passwords");
    person.looks_well("5-rename");
    person.fill("New name", "A name that is about as long as the page lets anybody make one..");
    person.click("Save");
    person.sees("The passkey is now called");
    person.looks_well("6-long-names");
    server.clock.turn(301);
    person.click("Delete 1Password");
    person.looks_well("7-question");
    person.click("Delete passkey");
    person.sees("Confirm that it is you");
    person.looks_well("8-step-up");
    person.verify_on(&device, false);
    person.click("Use a passkey");
    person.is_told("That was cancelled or took too long. Nothing has changed.");
    person.looks_well("9-step-up-error");
}

/// So the console that every test looks into at its end does tell.
#[test]
fn what_the_policy_forbids_is_seen_in_the_console() {
    let Some((_server, person, _device)) = visit(key()) else { return };
    person.session.run("document.body.append(Object.assign(document.createElement('script'), { textContent: '1' }))", json!([]));
    let complaints = person.until("complaint", || Some(person.console()).filter(|all| !all.is_empty()));
    assert!(complaints[0]["message"].as_str().unwrap().contains("Content Security Policy"), "{complaints:?}");
}
