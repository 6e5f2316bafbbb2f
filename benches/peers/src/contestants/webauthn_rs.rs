//! webauthn-rs: the newest, on RustCrypto, and the one before, on OpenSSL.

/// The two have the same face.
macro_rules! contestant {
    ($module:ident, $library:ident, $name:literal, $title:literal) => {
        pub mod $module {
            use std::hint::black_box;

            use $library::prelude::{AttestationCaListBuilder, PasskeyRegistration, Url, Uuid};
            use $library::{Webauthn, WebauthnBuilder};

            use super::with_our_challenge;
            use crate::contest::{Contestant, Operation, operation};
            use crate::responses::{AAGUID, ORIGIN, RP_ID, Response, Responses, USER};

            pub fn contestant(responses: &Responses, root: &[u8]) -> Contestant {
                let library = || WebauthnBuilder::new(RP_ID, &Url::parse(ORIGIN).unwrap()).unwrap().rp_name("Example").build().unwrap();
                Contestant {
                    name: $name,
                    title: $title,
                    operations: [
                        authentication(library(), &responses.es256),
                        authentication(library(), &responses.rs256),
                        registration(library(), &responses.none),
                        attested(library(), &responses.packed, root),
                    ],
                }
            }

            fn pending(library: &Webauthn) -> PasskeyRegistration {
                let (options, state) = library.start_passkey_registration(Uuid::from_bytes(USER), "alice", "Alice", None).unwrap();
                with_our_challenge(&options, &state)
            }

            fn registration(library: Webauthn, response: &Response) -> Option<Box<dyn Operation>> {
                let state = pending(&library);
                operation(
                    response,
                    || (),
                    move |(), text| {
                        black_box(library.finish_passkey_registration(&serde_json::from_str(text)?, &state)?);
                        Ok(())
                    },
                )
            }

            fn attested(library: Webauthn, response: &Response, root: &[u8]) -> Option<Box<dyn Operation>> {
                let mut anchors = AttestationCaListBuilder::new();
                anchors.insert_device_der(root, Uuid::from_bytes(AAGUID), "Virtual".into(), Default::default()).unwrap();
                let user = Uuid::from_bytes(USER);
                let (options, state) =
                    library.start_attested_passkey_registration(user, "alice", "Alice", None, anchors.build(), None).unwrap();
                let state = with_our_challenge(&options, &state);
                operation(
                    response,
                    || (),
                    move |(), text| {
                        black_box(library.finish_attested_passkey_registration(&serde_json::from_str(text)?, &state)?);
                        Ok(())
                    },
                )
            }

            fn authentication(library: Webauthn, (registration, response): &(String, Response)) -> Option<Box<dyn Operation>> {
                let created = serde_json::from_str(registration).unwrap();
                let passkey = library.finish_passkey_registration(&created, &pending(&library)).unwrap();
                let (options, state) = library.start_passkey_authentication(&[passkey]).unwrap();
                let state = with_our_challenge(&options, &state);
                operation(
                    response,
                    || (),
                    move |(), text| {
                        black_box(library.finish_passkey_authentication(&serde_json::from_str(text)?, &state)?);
                        Ok(())
                    },
                )
            }
        }
    };
}

contestant!(rust_crypto, webauthn_rs, "webauthn-rs", "webauthn-rs 0.6, RustCrypto");
contestant!(openssl, webauthn_rs_05, "webauthn-rs-openssl", "webauthn-rs 0.5, OpenSSL");

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::responses::{CHALLENGE, base64url};

/// The state with our challenge in the place of its own, which the options name.
fn with_our_challenge<S: Serialize + DeserializeOwned>(options: &impl Serialize, state: &S) -> S {
    let options = serde_json::to_value(options).unwrap();
    let own = options.pointer("/publicKey/challenge").unwrap();
    let mut state = serde_json::to_value(state).unwrap();
    let replaced = replace(&mut state, own, &base64url(&CHALLENGE).into());
    assert_eq!(replaced, 1, "one challenge in a state");
    serde_json::from_value(state).unwrap()
}

fn replace(within: &mut Value, old: &Value, new: &Value) -> usize {
    match within {
        found if found == old => {
            *found = new.clone();
            1
        }
        Value::Array(items) => items.iter_mut().map(|item| replace(item, old, new)).sum(),
        Value::Object(members) => members.values_mut().map(|member| replace(member, old, new)).sum(),
        _ => 0,
    }
}
