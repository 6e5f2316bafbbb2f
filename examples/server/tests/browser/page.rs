//! Somebody in front of the page: reads it, clicks what is called so, types.

use std::thread::{panicking, sleep};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::device::Device;
use crate::server::Server;
use crate::webdriver::{Element, Session};

/// How long people wait for the page, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// For [`Person::meddle`]: nobody waits for a device that its user does not touch.
pub(crate) const SOON_OVER: &str = "asked.timeout = 500";

/// What can be clicked or filled now and is called so; an open dialogue hides the rest.
const FIND: &str = "
    const [kind, name] = arguments;
    const within = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
    const called = (one) => one.getAttribute('aria-label') ?? (one.labels?.length ? one.labels[0].innerText : one.innerText);
    const fits = (one) => one.checkVisibility() && (called(one) === name || called(one).startsWith(name + ' optional'));
    return [...within.querySelectorAll(kind)].find(fits);";

/// The list of passkeys.
const PASSKEYS: &str = "
    const text = (item, selector) => item.querySelector(selector).innerText;
    return [...document.querySelectorAll('#passkeys li')].map((item) => ({
        name: text(item, 'h3'),
        badges: [...item.querySelectorAll('.badges span')].map((badge) => badge.innerText),
        created: text(item, '.created'),
        used: text(item, '.used'),
    }));";

/// A passkey as it is listed.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) badges: Vec<String>,
    pub(crate) created: String,
    pub(crate) used: String,
}

/// Somebody with a browser. At the end nothing may stand in its console but requests that were refused.
pub(crate) struct Person {
    pub(crate) session: Session,
    pub(crate) origin: String,
    /// What was in the console that a test expected there.
    pub(crate) excused: Vec<String>,
}

/// A server, and somebody who looks at its page with a device at hand.
pub(crate) fn visit(kind: Value) -> Option<(Server, Person, Device)> {
    let server = Server::start();
    let person = Person::at(&server)?;
    let device = person.plug_in(kind);
    Some((server, person, device))
}

/// Alice, who signed up a moment ago.
pub(crate) fn alice(kind: Value) -> Option<(Server, Person, Device)> {
    let visit = visit(kind)?;
    visit.1.sign_up("alice");
    Some(visit)
}

impl Person {
    /// In front of the page; `None` where there is no browser.
    pub(crate) fn at(server: &Server) -> Option<Self> {
        let person = Self { session: Session::open()?, origin: server.origin.clone(), excused: Vec::new() };
        person.arrive("/");
        Some(person)
    }

    /// Opens an address in a tab that was never used.
    #[track_caller]
    pub(crate) fn arrive(&self, path: &str) {
        self.session.chromium("Page.addScriptToEvaluateOnNewDocument", json!({ "source": include_str!("prelude.js") }));
        self.go(path);
    }

    #[track_caller]
    pub(crate) fn go(&self, path: &str) {
        self.session.post("/url", json!({ "url": format!("{}{path}", self.origin) }));
    }

    /// Another tab, which is the one in front from now on. It has no devices yet.
    #[track_caller]
    pub(crate) fn open_tab(&self) -> Tab {
        let tab = Tab(self.session.post("/window/new", json!({ "type": "tab" }))["handle"].take());
        self.turn_to(&tab);
        self.arrive("/");
        tab
    }

    #[track_caller]
    pub(crate) fn this_tab(&self) -> Tab {
        Tab(self.session.get("/window"))
    }

    #[track_caller]
    pub(crate) fn turn_to(&self, tab: &Tab) {
        self.session.post("/window", json!({ "handle": tab.0 }));
    }

    /// Closes the tab in front.
    #[track_caller]
    pub(crate) fn close_tab(&self) {
        self.session.call("DELETE", "/window", Value::Null);
    }

    // What is seen.

    /// Asks again until there is an answer.
    #[track_caller]
    pub(crate) fn until<T>(&self, what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = answer() {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "no {what} in:\n{}\n{:?}", self.text(), self.console());
            sleep(Duration::from_millis(20));
        }
    }

    /// Everything that can be read on the page.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        self.session.run("return document.body.innerText", json!([])).as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn sees(&self, text: &str) {
        self.until(&format!("{text:?}"), || self.text().contains(text).then_some(()));
    }

    /// Waits for exactly this message: of a dialogue if one is open, or else of the page.
    #[track_caller]
    pub(crate) fn is_told(&self, text: &str) {
        let script = "return (document.querySelector('dialog[open] .message') ?? document.querySelector('#message')).innerText";
        self.until(&format!("message {text:?}"), || (self.session.run(script, json!([])) == text).then_some(()));
    }

    #[track_caller]
    pub(crate) fn passkeys(&self) -> Vec<Listed> {
        serde_json::from_value(self.session.run(PASSKEYS, json!([]))).unwrap()
    }

    /// Names of the passkeys.
    #[track_caller]
    pub(crate) fn names(&self) -> Vec<String> {
        self.passkeys().into_iter().map(|passkey| passkey.name).collect()
    }

    /// What the focus is on: its name for screen readers.
    #[track_caller]
    pub(crate) fn focus(&self) -> String {
        let element = self.session.find("return document.activeElement", json!([])).unwrap();
        element.read(&self.session, "computedlabel").as_str().unwrap().to_owned()
    }

    /// Complaints in the browser's console since the last look, but for requests that were refused.
    pub(crate) fn console(&self) -> Vec<Value> {
        let all = self.session.post("/se/log", json!({ "type": "browser" }));
        all.as_array().into_iter().flatten().filter(|entry| entry["source"] != "network").cloned().collect()
    }

    // What is done.

    #[track_caller]
    pub(crate) fn find(&self, kind: &str, name: &str) -> Element {
        self.until(&format!("{kind} {name:?}"), || self.session.find(FIND, json!([kind, name])))
    }

    #[track_caller]
    pub(crate) fn click(&self, button: &str) {
        self.until(&format!("button {button:?} that can be clicked"), || {
            let found = self.session.find(FIND, json!(["button", button]))?;
            self.session.click(&found).then_some(())
        });
    }

    #[track_caller]
    pub(crate) fn fill(&self, field: &str, text: &str) {
        self.session.type_into(&self.find("input", field), text);
    }

    /// Presses keys wherever the focus is.
    #[track_caller]
    pub(crate) fn press(&self, keys: &str) {
        self.session.press(keys);
    }

    /// Fills in the form of the sign-up and sends it.
    #[track_caller]
    pub(crate) fn ask_to_sign_up(&self, name: &str) {
        self.click("Create an account");
        self.fill("User name", name);
        self.click("Create a passkey");
    }

    #[track_caller]
    pub(crate) fn sign_up(&self, name: &str) {
        self.ask_to_sign_up(name);
        self.is_told("Welcome. Your passkey is ready.");
    }

    #[track_caller]
    pub(crate) fn sign_in(&self, name: &str) {
        self.click("Sign in with a passkey");
        self.sees(&format!("Hello, {name}"));
    }

    #[track_caller]
    pub(crate) fn sign_out(&self) {
        self.click("Sign out");
        self.is_told("You are signed out.");
    }

    // What the page does behind the scenes.

    /// Runs this, with `asked` and `name`, before an authenticator is asked: the page is no longer ours.
    #[track_caller]
    pub(crate) fn meddle(&self, script: &str) {
        self.session.run(&format!("test.asking = (asked, name) => {{ {script} }}"), json!([]));
    }

    /// Takes the JSON methods away that browsers before 2025 had not.
    #[track_caller]
    pub(crate) fn use_an_old_browser(&self) {
        let script = "test.old = true; \
            for (const what of ['Creation', 'Request']) delete PublicKeyCredential[`parse${what}OptionsFromJSON`]; \
            return !PublicKeyCredential.parseCreationOptionsFromJSON && !PublicKeyCredential.parseRequestOptionsFromJSON";
        assert_eq!(self.session.run(script, json!([])), json!(true));
    }

    /// Lets the next answers of authenticators wait until [`Self::go_on`].
    #[track_caller]
    pub(crate) fn pause(&self) {
        self.session.run("test.pause = new Promise((go) => (test.go = go))", json!([]));
    }

    /// Waits until that many authenticators have answered since the page was loaded.
    #[track_caller]
    pub(crate) fn until_made(&self, count: usize) {
        let made = || self.session.run("return test.made.length", json!([]));
        self.until(&format!("{count} answers"), || (made() == count).then_some(()));
    }

    #[track_caller]
    pub(crate) fn go_on(&self) {
        self.session.run("test.pause = null; test.go()", json!([]));
    }

    /// The answers of authenticators since the page was loaded.
    #[track_caller]
    pub(crate) fn made(&self) -> Vec<Value> {
        self.session.run("return test.made", json!([])).as_array().unwrap().clone()
    }

    /// What the authenticators were told since the page was loaded: the name of the signal, and the credential IDs in it.
    #[track_caller]
    pub(crate) fn signals(&self) -> Vec<(String, Vec<String>)> {
        let shown = |signal: &Value| {
            let payload = &signal["payload"];
            let ids = payload.get("allAcceptedCredentialIds").and_then(Value::as_array).cloned();
            let ids = ids.unwrap_or_else(|| vec![payload["credentialId"].clone()]);
            let ids = ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
            (signal["name"].as_str().unwrap().to_owned(), ids)
        };
        self.session.run("return test.signals", json!([])).as_array().unwrap().iter().map(shown).collect()
    }

    /// Sends the latest request to this path once more; the status and the code of the refusal.
    #[track_caller]
    pub(crate) fn replay(&self, path: &str) -> (u64, String) {
        let script = "return (async (wanted) => {
            const { method, path, body } = test.sent.findLast((request) => request.path === wanted);
            const answer = await fetch(path, { method, body, headers: { 'content-type': 'application/json' } });
            return [answer.status, (await answer.json()).error?.code ?? ''];
        })(...arguments)";
        let answer = self.session.run(script, json!([path]));
        (answer[0].as_u64().unwrap(), answer[1].as_str().unwrap().to_owned())
    }
}

/// A tab of the browser.
pub(crate) struct Tab(Value);

impl Drop for Person {
    fn drop(&mut self) {
        if !panicking() {
            let mut complaints = self.console();
            complaints.retain(|entry| !self.excused.iter().any(|part| entry["message"].as_str().is_some_and(|text| text.contains(part))));
            assert!(complaints.is_empty(), "the console says {complaints:?}");
        }
    }
}
