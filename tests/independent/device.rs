//! A client and an authenticator of the `passkey` crate, which shares no code with this one, spoken to in JSON.

use std::future::{Future, ready};
use std::pin::Pin;

use passkeeper::types::Bytes;
use passkey::authenticator::{Authenticator, CredentialStore, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData, DefaultClientDataWithExtra, Origin, WebauthnError};
use passkey::crypto::iana;
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use pollster::block_on;
use serde_json::{Value, json};

pub(super) const AAGUID: [u8; 16] = *b"independent soft";

/// The person in front of the authenticator: present, and perhaps verified.
pub(super) struct Person {
    pub(super) verified: bool,
}

impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    // What the trait's `async fn` stands for.
    fn check_user<'a, 'life0, 'async_trait>(
        &'life0 self,
        hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Pin<Box<dyn Future<Output = Result<UserCheck, Ctap2Error>> + Send + 'async_trait>>
    where
        'a: 'async_trait,
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(ready(match hint {
            UiHint::InformExcludedCredentialFound(_) => Err(Ctap2Error::CredentialExcluded),
            _ => Ok(UserCheck { presence, verification: verification && self.verified }),
        }))
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// How an authenticator is set up.
pub(super) struct Settings {
    pub(super) algorithm: iana::Algorithm,
    pub(super) counting: bool,
    /// Whether the client writes members of its own into the client data.
    pub(super) extra_client_data: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { algorithm: iana::Algorithm::ES256, counting: false, extra_client_data: false }
    }
}

pub(super) enum Call {
    Create,
    Get,
}

/// What a page gets back from `create()` or `get()`, as JSON.
pub(super) type Answer = Result<Value, WebauthnError>;

/// A device with this store: takes the origin, the call and the options in JSON.
pub(super) fn device<S>(store: S, settings: &Settings) -> impl FnMut(&str, Call, &str) -> Answer + use<S>
where
    S: CredentialStore<PasskeyItem = Passkey> + Sync,
{
    let mut authenticator = Authenticator::new(Aaguid::from(AAGUID), store, Person { verified: true }, RustCryptoBackend);
    authenticator.set_algorithms(&[settings.algorithm]).unwrap();
    authenticator.set_make_credentials_with_signature_counter(settings.counting);
    let mut client = Client::new(authenticator);
    let extra_client_data = settings.extra_client_data;

    move |origin, call, options| {
        let origin: Origin<'_> = Origin::Web(std::borrow::Cow::Owned(origin.parse().unwrap()));
        let options = json!({ "publicKey": serde_json::from_str::<Value>(options).unwrap() });
        let extra = DefaultClientDataWithExtra(json!({ "other_keys_can_be_added_here": "do not compare", "n": [1, { "a": null }] }));
        let answer = match call {
            Call::Create => {
                let request = serde_json::from_value(options).unwrap();
                let created = match extra_client_data {
                    false => block_on(client.register(origin, request, DefaultClientData)),
                    true => block_on(client.register(origin, request, extra)),
                };
                serde_json::to_value(created?)
            }
            Call::Get => {
                let request = serde_json::from_value(options).unwrap();
                let asserted = match extra_client_data {
                    false => block_on(client.authenticate(origin, request, DefaultClientData)),
                    true => block_on(client.authenticate(origin, request, extra)),
                };
                serde_json::to_value(asserted?)
            }
        };
        Ok(with_base64url(answer.unwrap()))
    }
}

/// The crate writes bytes as arrays of numbers; the JSON of browsers has base64url.
fn with_base64url(value: Value) -> Value {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_u64) => {
            let bytes: Vec<u8> = items.iter().map(|item| u8::try_from(item.as_u64().unwrap()).unwrap()).collect();
            Bytes::from(bytes).to_base64url().into()
        }
        Value::Array(items) => items.into_iter().map(with_base64url).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, with_base64url(value))).collect(),
        other => other,
    }
}
