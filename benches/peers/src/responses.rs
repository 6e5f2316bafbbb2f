//! The responses: made once by the virtual authenticator, and the same bytes for every contestant.

use passkeeper::testing::{
    AssertionDraft, Cbor, CertificateAuthority, KeyAlgorithm, PackedAttestation, RegistrationDraft, VirtualAuthenticator,
};
use serde_json::json;

pub const RP_ID: &str = "example.com";
pub const ORIGIN: &str = "https://example.com";
/// Sixteen bytes: a UUID to one, all that another allows, the least that a third allows.
pub const USER: [u8; 16] = [7; 16];
/// Sixteen bytes, as one contestant has no longer ones.
pub const CHALLENGE: [u8; 16] = [8; 16];
/// The model of the virtual authenticator.
pub const AAGUID: [u8; 16] = *b"VirtualAuthentic";

/// A response as JSON text, and one with a single bit changed, which nobody may accept.
#[derive(Clone)]
pub struct Response {
    pub valid: String,
    pub tampered: String,
}

pub struct Responses {
    pub none: Response,
    pub packed: Response,
    /// Of each algorithm: the registration that makes the stored credential, and the sign-in.
    pub es256: (String, Response),
    pub rs256: (String, Response),
    /// The root that the attestation leads to, by way of one intermediate.
    pub root: Vec<u8>,
    /// Another root of the same name.
    pub impostor: Vec<u8>,
}

impl Responses {
    pub fn new() -> Self {
        let authority = CertificateAuthority::with_levels(7, &[KeyAlgorithm::Es256; 2]);
        Self {
            none: none(&create(&mut device(KeyAlgorithm::Es256))),
            packed: packed(&create(&mut device(KeyAlgorithm::Es256).with_attestation(PackedAttestation::new(&authority).into()))),
            es256: sign_in(KeyAlgorithm::Es256),
            rs256: sign_in(KeyAlgorithm::Rs256),
            root: authority.root_der(),
            impostor: authority.impostor().root_der(),
        }
    }
}

fn device(algorithm: KeyAlgorithm) -> VirtualAuthenticator {
    VirtualAuthenticator::new(1).with_algorithms(&[algorithm])
}

fn create(device: &mut VirtualAuthenticator) -> RegistrationDraft {
    let options = json!({
        "rp": { "id": RP_ID, "name": "Example" },
        "user": { "id": base64url(&USER), "name": "alice", "displayName": "Alice" },
        "challenge": base64url(&CHALLENGE),
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
        "authenticatorSelection": { "userVerification": "required" },
    });
    device.create(&options.to_string(), ORIGIN).unwrap()
}

fn get(device: &mut VirtualAuthenticator) -> AssertionDraft {
    let options = json!({ "rpId": RP_ID, "challenge": base64url(&CHALLENGE), "userVerification": "required" });
    device.get(&options.to_string(), ORIGIN).unwrap()
}

/// Nothing is signed here: the bit is one of the hash of the RP ID.
fn none(draft: &RegistrationDraft) -> Response {
    let mut tampered = draft.clone();
    tampered.auth_data.rp_id_hash[31] ^= 1;
    Response { valid: draft.to_json(), tampered: tampered.to_json() }
}

fn packed(draft: &RegistrationDraft) -> Response {
    let Some(Cbor::Bytes(signature)) = draft.statement().get("sig").cloned() else { panic!("a statement without a signature") };
    let mut tampered = draft.clone();
    tampered.att_stmt_signature = Some(flipped(signature));
    Response { valid: draft.to_json(), tampered: tampered.to_json() }
}

fn sign_in(algorithm: KeyAlgorithm) -> (String, Response) {
    let mut device = device(algorithm);
    let registration = create(&mut device).to_json();
    let draft = get(&mut device);
    let mut tampered = draft.clone();
    tampered.signature = Some(flipped(draft.signer().sign(&draft.signed_bytes())));
    (registration, Response { valid: draft.to_json(), tampered: tampered.to_json() })
}

/// With the last bit of the signature the other way round.
fn flipped(mut signature: Vec<u8>) -> Vec<u8> {
    *signature.last_mut().unwrap() ^= 1;
    signature
}

pub fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
