//! Algorithms and attestation statements that Chromium's devices can make.

use passkeeper::types::Bytes;
use serde_json::{Value, json};

use crate::device::*;
use crate::page::*;

#[test]
fn passkeys_of_three_algorithms_sign_up_and_sign_in() {
    let Some((_server, mut person, mut device)) = visit(key()) else { return };
    person.excused.push("pubKeyCredParams is missing".into());
    for (name, algorithm) in [("es256", -7), ("eddsa", -8), ("rs256", -257)] {
        person.meddle(&format!(
            "if (name === 'create') asked.pubKeyCredParams = asked.pubKeyCredParams.filter(({{ alg }}) => alg === {algorithm})"
        ));
        person.sign_up(name);
        assert_eq!(person.made().pop().unwrap()["response"]["publicKeyAlgorithm"], algorithm);
        person.sign_out();
        person.sign_in(name);
        person.sign_out();
        person.unplug(&device);
        device = person.plug_in(key());
    }
}

/// As the conformance tools ask for it: this server's own page does not care who made a device.
const CEREMONIES: &str = "
    const [asked, conveyance] = arguments;
    const post = async (path, body) => {
        const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
        return answer.json();
    };
    return (async () => {
        const creation = await post('/attestation/options', { ...asked, attestation: conveyance });
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(creation);
        const made = (await navigator.credentials.create({ publicKey })).toJSON();
        const registered = await post('/attestation/result', made);
        const request = await post('/assertion/options', { username: asked.username, userVerification: 'discouraged' });
        const used = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(request) });
        const signedIn = await post('/assertion/result', used.toJSON());
        const again = await post('/assertion/result', used.toJSON());
        return { attestationObject: made.response.attestationObject, registered, signedIn, again };
    })();";

#[test]
fn attestation_statements_of_three_formats_are_verified() {
    let Some((_server, person, device)) = visit(key()) else { return };
    person.unplug(&device);
    person.go("/healthz"); // where no autofill is waiting
    for (format, conveyance, kind) in [("none", "none", key()), ("packed", "direct", key()), ("fido-u2f", "direct", u2f())] {
        let device = person.plug_in(kind);
        let asked = json!({
            "username": format,
            "displayName": format,
            "authenticatorSelection": { "residentKey": "discouraged", "userVerification": "discouraged" },
        });
        let came = person.session.run(CEREMONIES, json!([asked, conveyance]));
        let done = json!({ "status": "ok", "errorMessage": "" });
        assert_eq!((&came["registered"], &came["signedIn"]), (&done, &done), "{format}");
        assert!(came["again"]["errorMessage"].as_str().unwrap().starts_with("ceremony-not-found"), "{came}");
        assert_eq!(format_of(&came["attestationObject"]), format);
        person.unplug(&device);
    }
}

/// What an attestation object calls its format: the text behind the key `fmt`.
fn format_of(attestation_object: &Value) -> String {
    let bytes = Bytes::from_base64url(attestation_object.as_str().unwrap()).unwrap().into_vec();
    let at = bytes.windows(4).position(|window| window == b"\x63fmt").unwrap() + 4;
    let length = usize::from(bytes[at] - 0x60);
    String::from_utf8(bytes[at + 1..][..length].to_vec()).unwrap()
}
