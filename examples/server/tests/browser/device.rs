//! Authenticators that Chromium plays by itself.

use serde_json::{Value, json};

use crate::page::Person;

/// A security key with room for passkeys, which knows its owner. Autofill does not ask it.
pub(crate) fn key() -> Value {
    json!({
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserVerified": true,
    })
}

/// What is built into a telephone or computer and backed up. It answers autofill as soon as it has a passkey to offer.
pub(crate) fn built_in() -> Value {
    with(key(), json!({ "transport": "internal", "defaultBackupEligibility": true, "defaultBackupState": true }))
}

/// A key from before passkeys: it neither remembers nor verifies anybody.
pub(crate) fn u2f() -> Value {
    json!({ "protocol": "ctap1/u2f", "transport": "usb" })
}

/// Another kind, by what is different about it.
pub(crate) fn with(mut kind: Value, differences: Value) -> Value {
    for (name, value) in differences.as_object().unwrap() {
        kind[name] = value.clone();
    }
    kind
}

/// Names another model in the answer to a registration: nothing vouches for that where no attestation is asked for.
const PRETEND: &str = r"
    const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const text = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    const model = arguments[0].match(/[0-9a-f]{2}/g).map((byte) => parseInt(byte, 16));
    test.answered = (json) => {
        if (!json.response.attestationObject) return json;
        const object = bytes(json.response.attestationObject);
        const key = [...'authData'].map((c) => c.charCodeAt(0));
        const at = object.findIndex((_, start) => key.every((byte, n) => object[start + n] === byte));
        object.set(model, at + key.length + 2 + 37); // behind its length, the hash, the flags and the counter
        json.response.attestationObject = text(object);
        delete json.response.authenticatorData; // the copy, which would tell
        return json;
    };";

/// An authenticator that is plugged in.
pub(crate) struct Device(String);

impl Person {
    #[track_caller]
    pub(crate) fn plug_in(&self, kind: Value) -> Device {
        Device(self.session.post("/webauthn/authenticator", kind).as_str().unwrap().to_owned())
    }

    #[track_caller]
    pub(crate) fn unplug(&self, device: &Device) {
        self.session.call("DELETE", &device.path(""), Value::Null);
    }

    /// The passkeys on it, with their private keys.
    #[track_caller]
    pub(crate) fn on(&self, device: &Device) -> Vec<Value> {
        self.session.get(&device.path("/credentials")).as_array().unwrap().clone()
    }

    /// Waits until there are so many.
    #[track_caller]
    pub(crate) fn expect_on(&self, device: &Device, count: usize) -> Vec<Value> {
        self.until(&format!("{count} passkeys on the device"), || Some(self.on(device)).filter(|all| all.len() == count))
    }

    /// Puts one onto it as [`Self::on`] has it.
    #[track_caller]
    pub(crate) fn put_on(&self, device: &Device, credential: &Value) {
        self.session.post(&device.path("/credential"), credential.clone());
    }

    /// Whether its user passes the check of finger, face or PIN.
    #[track_caller]
    pub(crate) fn verify_on(&self, device: &Device, passes: bool) {
        self.session.post(&device.path("/uv"), json!({ "isUserVerified": passes }));
    }

    /// Has devices say from now on that they are this model, until the page is loaded again.
    #[track_caller]
    pub(crate) fn pretend(&self, aaguid: &str) {
        self.session.run(PRETEND, json!([aaguid]));
    }

    /// Changes what its passkeys say about their backup.
    #[track_caller]
    pub(crate) fn back_up_on(&self, device: &Device, state: bool) {
        for credential in self.on(device) {
            let path = device.path(&format!("/credentials/{}/props", credential["credentialId"].as_str().unwrap()));
            self.session.post(&path, json!({ "backupEligibility": true, "backupState": state }));
        }
    }
}

impl Device {
    fn path(&self, what: &str) -> String {
        format!("/webauthn/authenticator/{}{what}", self.0)
    }
}
