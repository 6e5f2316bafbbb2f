//! The npm package `@simplewebauthn/browser` as another client, on a page of its own under the headers of ours.

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};

use crate::device::*;
use crate::page::Person;
use crate::server::Server;
use crate::webdriver::skipped;

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<title>SimpleWebAuthn</title>
<link rel="icon" href="/icon.svg">
<script src="/simplewebauthn.js"></script>
<input aria-label="User name" autocomplete="username webauthn">
</html>"#;

/// Before each script.
const TOOLS: &str = "
    const { startRegistration, startAuthentication } = SimpleWebAuthnBrowser;
    const post = async (path, body) => {
        const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
        return answer.status === 204 ? null : answer.json();
    };";

/// Somebody in front of the package's page; `None` where there is no package or no browser.
fn visit(kind: Value) -> Option<(Server, Person)> {
    let Ok(script) =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules/@simplewebauthn/browser/dist/bundle/index.umd.min.js"))
    else {
        skipped("@simplewebauthn/browser is not installed");
        return None;
    };
    let script = get(async move || ([(header::CONTENT_TYPE, "text/javascript")], script));
    let routes = Router::new().route("/simplewebauthn", get(async || Html(PAGE))).route("/simplewebauthn.js", script);
    let server = Server::beside(routes);
    let person = Person::at(&server)?;
    person.plug_in(kind);
    person.go("/simplewebauthn");
    Some((server, person))
}

/// What a script returns that begins with the package's functions and `post`.
#[track_caller]
fn run(person: &Person, script: &str) -> Value {
    person.session.run(&format!("{TOOLS} return (async () => {{ {script} }})();"), json!([]))
}

/// A sign-up as the package would do it.
const SIGN_UP: &str = "
    const begun = await post('/api/sign-up/start', { username: 'alice' });
    const made = await startRegistration({ optionsJSON: begun.options });
    const signedUp = await post('/api/sign-up/finish', { ceremony: begun.ceremony, credential: made });";

#[test]
fn signs_up_and_in_by_our_own_api() {
    let Some((_server, person)) = visit(key()) else { return };
    let script = "
        const another = await post('/api/passkeys/start', {});
        const excluded = await startRegistration({ optionsJSON: another.options }).catch((error) => error.code);
        await post('/api/sign-out', {});
        const started = await post('/api/sign-in/start', {});
        const used = await startAuthentication({ optionsJSON: started.options });
        const signedIn = await post('/api/sign-in/finish', { ceremony: started.ceremony, credential: used });
        const again = await post('/api/sign-in/finish', { ceremony: started.ceremony, credential: used });
        return { signedUp, excluded, signedIn, again };";
    let came = run(&person, &format!("{SIGN_UP} {script}"));
    assert_eq!(
        (&came["signedUp"]["user"]["username"], &came["signedIn"]["user"]["username"]),
        (&json!("alice"), &json!("alice")),
        "{came}"
    );
    assert_eq!(came["excluded"], "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED");
    assert_eq!(came["again"]["error"]["code"], "start-again");
    // What it did is what the page would have done.
    person.go("/");
    person.sees("Hello, alice");
}

#[test]
fn signs_in_by_autofill() {
    let Some((_server, person)) = visit(built_in()) else { return };
    let script = "
        await post('/api/sign-out', {});
        const started = await post('/api/sign-in/start', {});
        const used = await startAuthentication({ optionsJSON: started.options, useBrowserAutofill: true });
        return post('/api/sign-in/finish', { ceremony: started.ceremony, credential: used });";
    assert_eq!(run(&person, &format!("{SIGN_UP} {script}"))["user"]["username"], "alice");
}

#[test]
fn registers_and_signs_in_at_the_conformance_routes() {
    for (kind, format) in [(key(), "packed"), (u2f(), "fido-u2f")] {
        let Some((_server, person)) = visit(kind) else { return };
        let script = "
            const selection = { residentKey: 'discouraged', userVerification: 'discouraged' };
            const asked = { username: 'alice', displayName: 'Alice', attestation: 'direct', authenticatorSelection: selection };
            const { status, errorMessage, ...creation } = await post('/attestation/options', asked);
            const made = await startRegistration({ optionsJSON: creation });
            const registered = await post('/attestation/result', made);
            const request = await post('/assertion/options', { username: 'alice', userVerification: 'discouraged' });
            const used = await startAuthentication({ optionsJSON: request });
            return { status, registered, signedIn: await post('/assertion/result', used), format: atob(made.response.attestationObject.slice(0, 24)) };";
        let came = run(&person, script);
        let done = json!({ "status": "ok", "errorMessage": "" });
        assert_eq!((&came["registered"], &came["signedIn"]), (&done, &done), "{came}");
        assert!(came["format"].as_str().unwrap().contains(format), "{came}");
    }
}
