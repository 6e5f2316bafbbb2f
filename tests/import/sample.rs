//! A row of each format, and who can sign in with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkeeper::import::{Format, HandleEncoding, Importer, UserHandleFrom};
use passkeeper::testing::{KeyAlgorithm, KeyPair, VirtualAuthenticator, VirtualCredential};
use passkeeper::types::UserHandle;
use passkeeper::{CosePublicKey, CredentialRecord, RelyingParty};
use serde_json::{Value, json};

use crate::common::*;
use crate::keys::algorithm;

/// A user's ID in the products, and the 16 bytes of it.
pub(crate) const USER: &str = "5e40b2d4-0a3c-4d5e-8f60-718293a4b5c6";
pub(crate) const USER_BYTES: [u8; 16] = [0x5e, 0x40, 0xb2, 0xd4, 0x0a, 0x3c, 0x4d, 0x5e, 0x8f, 0x60, 0x71, 0x82, 0x93, 0xa4, 0xb5, 0xc6];

/// A credential that was registered elsewhere.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) id: Vec<u8>,
    pub(crate) key: KeyPair,
}

impl Device {
    /// The same credential for the same number.
    pub(crate) fn new(algorithm: KeyAlgorithm, number: u8) -> Self {
        Self { id: (number..number + 20).collect(), key: KeyPair::from_seed(algorithm, number.into()) }
    }

    pub(crate) fn id_text(&self) -> String {
        base64url(&self.id)
    }

    pub(crate) fn public_key(&self) -> CosePublicKey {
        CosePublicKey::new(self.key.cose_key().encode()).unwrap()
    }

    /// An authenticator that holds it, with a counter beyond any of a sample.
    pub(crate) fn authenticator(&self, user: &UserHandle) -> VirtualAuthenticator {
        let mut credential = VirtualCredential::new(self.id.clone(), RP_ID, Some(user.as_bytes().to_vec()), self.key.clone());
        credential.sign_count = 1000;
        credential.backup_eligible = false;
        let mut authenticator = VirtualAuthenticator::new(1);
        authenticator.import(credential);
        authenticator
    }

    /// Everything that this format can say about it.
    pub(crate) fn row(&self, format: Format) -> Value {
        let cose = base64url(self.public_key().as_bytes());
        match format {
            Format::FusionAuth => json!({
                "algorithm": self.key.algorithm().cose_id(), "attestationType": "basic",
                "authenticatorSupportsUserVerification": true, "credentialId": self.id_text(), "data": { "device": [1, "two"] },
                "discoverable": true, "displayName": "Key ring", "id": "01234567-89ab-4cde-8f01-23456789abcd",
                "insertInstant": 1_600_000_000_123_i64, "lastUseInstant": 1_700_000_000_999_i64, "name": "ann@example.com",
                "publicKey": self.public_key().to_pem().unwrap(), "relyingPartyId": RP_ID, "signCount": 41,
                "transports": ["usb", "warp-drive"], "userAgent": "Mozilla/5.0", "userId": USER,
            }),
            Format::WebauthnRs => json!({
                "user_id": USER,
                "cred": {
                    "cred_id": self.id_text(), "cred": { "type_": webauthn_rs_name(self.key.algorithm()), "key": self.webauthn_rs_key() },
                    "counter": 41, "transports": ["usb", "warp-drive"], "user_verified": true, "backup_eligible": false,
                    "backup_state": false, "registration_policy": "preferred",
                    "extensions": {
                        "cred_protect": "NotRequested", "hmac_create_secret": "NotRequested", "appid": "NotRequested",
                        "cred_props": { "Unsigned": { "rk": true } },
                    },
                    "attestation": { "data": "None", "metadata": "None" }, "attestation_format": "none",
                },
            }),
            Format::SimpleWebauthn => json!({
                "id": self.id_text(), "publicKey": cose, "webauthnUserID": base64url(&USER_BYTES), "counter": 41,
                "deviceType": "singleDevice", "backedUp": false, "transports": ["usb", "warp-drive"],
            }),
            Format::JavaWebauthnServer => json!({
                "userIdentity": { "name": "ann", "displayName": "Ann", "id": base64url(&USER_BYTES) },
                "credentialNickname": "Key ring", "transports": ["usb", "warp-drive"],
                "registrationTime": "2020-09-13T12:26:40.684295Z",
                "credential": {
                    "credentialId": self.id_text(), "userHandle": base64url(&USER_BYTES), "publicKeyCose": cose, "signatureCount": 41,
                    "backupEligible": false, "backupState": false,
                },
                "attestationMetadata": null, "username": "ann",
            }),
            _ => {
                let mut record = CredentialRecord::imported(
                    relying_party().scope().clone(),
                    relying_party().id().clone(),
                    UserHandle::new(USER_BYTES).unwrap(),
                    credential_id(self.id.clone()),
                    self.public_key(),
                    NOW,
                );
                record.usage.sign_count = 41;
                serde_json::to_value(record).unwrap()
            }
        }
    }

    fn webauthn_rs_key(&self) -> Value {
        let jwk: Value = serde_json::from_str(&self.public_key().to_jwk().unwrap()).unwrap();
        match jwk["kty"].as_str().unwrap() {
            "EC" => {
                let curve = match jwk["crv"].as_str().unwrap() {
                    "P-256" => "SECP256R1",
                    "P-384" => "SECP384R1",
                    _ => "SECP521R1",
                };
                json!({ "EC_EC2": { "curve": curve, "x": jwk["x"], "y": jwk["y"] } })
            }
            "OKP" => json!({ "EC_OKP": { "curve": "ED25519", "x": jwk["x"] } }),
            _ => json!({ "RSA": { "n": jwk["n"], "e": [1, 0, 1] } }),
        }
    }
}

fn webauthn_rs_name(of: KeyAlgorithm) -> String {
    algorithm(of).name().to_uppercase()
}

pub(crate) fn device() -> Device {
    Device::new(KeyAlgorithm::Es256, 7)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a user handle of this format's rows is.
pub(crate) fn user(format: Format) -> UserHandle {
    match format {
        Format::FusionAuth => handle(USER),
        _ => UserHandle::new(USER_BYTES).unwrap(),
    }
}

pub(crate) fn importer(format: Format) -> Importer {
    importer_for(&relying_party(), format)
}

pub(crate) fn importer_for(rp: &RelyingParty, format: Format) -> Importer {
    let importer = Importer::new(rp, format, NOW);
    match format {
        Format::WebauthnRs => importer.user_handle_from(UserHandleFrom::Member("user_id".into(), HandleEncoding::Uuid)),
        _ => importer,
    }
}

/// A file of these rows, as the format has it.
pub(crate) fn file(format: Format, rows: &[Value]) -> Vec<u8> {
    match format {
        Format::FusionAuth => json!({ "credentials": rows, "validateDbConstraints": true }),
        _ => json!(rows),
    }
    .to_string()
    .into_bytes()
}
