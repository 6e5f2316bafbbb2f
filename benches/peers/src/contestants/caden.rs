//! caden, which verifies with ring. It takes bytes: reading the JSON and base64url is the caller's, here as lean as it can be.

use std::hint::black_box;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::simd::Simd;
use serde::Deserialize;
use webauthn::{AuthenticatorAssertionResponse, AuthenticatorAttestationResponse, Challenge, RelyingParty};

use crate::contest::{Contestant, Operation, operation};
use crate::responses::{CHALLENGE, ORIGIN, RP_ID, Response, Responses, USER};

#[derive(Deserialize)]
struct Json<'a, R> {
    #[serde(borrow, rename = "rawId")]
    raw_id: &'a str,
    response: R,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attestation<'a> {
    #[serde(rename = "clientDataJSON")]
    client_data_json: &'a str,
    attestation_object: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assertion<'a> {
    #[serde(rename = "clientDataJSON")]
    client_data_json: &'a str,
    authenticator_data: &'a str,
    signature: &'a str,
    user_handle: Option<&'a str>,
}

static BASE64URL: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));

fn bytes(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    BASE64URL.decode(text)
}

fn attestation(text: &str) -> Result<AuthenticatorAttestationResponse, Box<dyn std::error::Error>> {
    let Json { response, .. } = serde_json::from_str::<Json<'_, Attestation<'_>>>(text)?;
    let (client_data_json, attestation_object) = (bytes(response.client_data_json)?, bytes(response.attestation_object)?);
    Ok(AuthenticatorAttestationResponse { client_data_json, attestation_object })
}

fn assertion(text: &str) -> Result<AuthenticatorAssertionResponse, Box<dyn std::error::Error>> {
    let Json { raw_id, response } = serde_json::from_str::<Json<'_, Assertion<'_>>>(text)?;
    Ok(AuthenticatorAssertionResponse {
        client_data_json: bytes(response.client_data_json)?,
        authenticator_data: bytes(response.authenticator_data)?,
        signature: bytes(response.signature)?,
        user_handle: response.user_handle.map(bytes).transpose()?,
        credential_id: bytes(raw_id)?,
    })
}

pub fn contestant(responses: &Responses, root: &[u8]) -> Contestant {
    let rp = RelyingParty::new(RP_ID, ORIGIN, "Example").require_user_verification(true);
    let trusting = rp.clone().trust_anchors([root.to_vec()]);
    Contestant {
        name: "caden",
        title: "caden 0.9, ring",
        operations: [
            authentication(rp.clone(), &responses.es256),
            authentication(rp.clone(), &responses.rs256),
            registration(rp, &responses.none),
            registration(trusting, &responses.packed),
        ],
    }
}

fn challenge() -> Challenge {
    Challenge { bytes: CHALLENGE.to_vec(), created_at: std::time::SystemTime::now() }
}

fn registration(rp: RelyingParty, response: &Response) -> Option<Box<dyn Operation>> {
    operation(response, challenge, move |challenge, text| {
        black_box(rp.verify_registration(&challenge, &attestation(text)?, &USER)?);
        Ok(())
    })
}

fn authentication(rp: RelyingParty, (registration, response): &(String, Response)) -> Option<Box<dyn Operation>> {
    let credential = rp.verify_registration(&challenge(), &attestation(registration).unwrap(), &USER).unwrap().credential;
    operation(response, challenge, move |challenge, text| {
        black_box(rp.verify_authentication(&credential, &challenge, &assertion(text)?)?);
        Ok(())
    })
}
