//! A passkey registers and signs in, start to finish, against stores in memory. The browser and its
//! authenticator are played by the virtual one. Then some responses are refused, and we see why.
//!
//! Run it with `cargo run --example quickstart`.

use std::error::Error;

use passkeeper::parse::{AttestationObject, AuthenticatorData, ClientData};
use passkeeper::store::{MemoryCeremonies, MemoryStore};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::UserHandle;
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{AuthenticationRequest, Passkeys, RegistrationRequest, RelyingParty};
use serde::Serialize;
use serde_json::Value;

const ORIGIN: &str = "https://example.com";

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    // Once, when the server starts.
    let rp = RelyingParty::builder("example.com", "Example Ltd").build()?;
    let passkeys = Passkeys::new(rp, MemoryStore::new(), MemoryCeremonies::new());
    // The user's device.
    let mut device = VirtualAuthenticator::new(2026);

    heading("Registration, first request: the server sends creation options");
    let user = UserEntity { id: UserHandle::new(*b"an opaque handle")?, name: "alice@example.com".into(), display_name: "Alice".into() };
    let start = passkeys.start_registration(RegistrationRequest::new(user)).await?;
    show(&start.options)?;

    heading("Registration, second request: the browser answers");
    let answer = device.create(&serde_json::to_string(&start.options)?, ORIGIN)?.to_json();
    show(&serde_json::from_str::<Value>(&answer)?)?;
    let response = RegistrationResponse::from_json(&answer)?;
    let object = AttestationObject::parse(response.attestation_object.as_slice())?;
    decoded(response.client_data_json.as_slice(), object.auth_data)?;
    let registered = passkeys.complete_registration(&start.session, &response).await?;
    println!("registered: {:?} of {:?}\n", registered.record.credential_id, registered.record.user_handle);

    heading("Sign-in, first request: the server sends request options; nobody is named");
    let start = passkeys.start_authentication(AuthenticationRequest::discoverable()).await?;
    show(&start.options)?;

    heading("Sign-in, second request: the browser answers");
    let answer = device.get(&serde_json::to_string(&start.options)?, ORIGIN)?.to_json();
    show(&serde_json::from_str::<Value>(&answer)?)?;
    let response = AuthenticationResponse::from_json(&answer)?;
    decoded(response.client_data_json.as_slice(), response.authenticator_data.as_slice())?;
    let login = passkeys.complete_authentication(&start.session, &response).await?;
    println!("signed in: {:?}, user verified: {}\n", login.user_handle(), login.user_verified());

    heading("Refused: the same response once more");
    refused(passkeys.complete_authentication(&start.session, &response).await)?;

    heading("Refused: the same response for another ceremony");
    let start = passkeys.start_authentication(AuthenticationRequest::discoverable()).await?;
    refused(passkeys.complete_authentication(&start.session, &response).await)?;

    heading("Refused: a fresh response with one bit of its authenticator data changed on the way");
    let start = passkeys.start_authentication(AuthenticationRequest::discoverable()).await?;
    let answer = device.get(&serde_json::to_string(&start.options)?, ORIGIN)?.to_json();
    let response = AuthenticationResponse::from_json(&answer)?;
    refused(passkeys.complete_authentication(&start.session, &tampered(&response)).await)?;

    heading("Refused: the untampered response after that, since the failed attempt used the ceremony up");
    refused(passkeys.complete_authentication(&start.session, &response).await)
}

/// What the base64url above says.
fn decoded(client_data: &[u8], authenticator_data: &[u8]) -> passkeeper::Result<()> {
    let client_data = ClientData::parse(client_data)?;
    let authenticator_data = AuthenticatorData::parse(authenticator_data)?;
    println!("the client says:        {} at {}, challenge {}", client_data.type_, client_data.origin, client_data.challenge);
    println!("the authenticator says: {:?}, counter {}", authenticator_data.flags, authenticator_data.sign_count);
    Ok(())
}

/// Flips one bit of the signature counter.
fn tampered(response: &AuthenticationResponse) -> AuthenticationResponse {
    let mut tampered = response.clone();
    let mut bytes = tampered.authenticator_data.into_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 0x40;
    }
    tampered.authenticator_data = bytes.into();
    tampered
}

fn heading(text: &str) {
    println!("── {text}");
}

fn show(value: &impl Serialize) -> serde_json::Result<()> {
    println!("{}\n", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Shows why, and fails the example if the response was accepted.
fn refused<T>(result: passkeeper::Result<T>) -> Result<(), Box<dyn Error>> {
    let Err(error) = result else { return Err("accepted what should have been refused".into()) };
    println!("for the operator: {error}");
    println!("for the user:     {}\n", error.public_message());
    Ok(())
}
