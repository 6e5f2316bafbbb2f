//! A relying party that trusts one authority, and ceremonies by the virtual authenticator.

use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AssertionDraft, AttestationKind, CertificateAuthority, FidoU2fAttestation, KeyAlgorithm,
    MetadataBlobDraft, PackedAttestation, RegistrationDraft, SafetyNetAttestation, TpmAttestation, VirtualAuthenticator, metadata_entry,
    status_report,
};
use passkeeper::types::{Algorithm, AlgorithmList, AttestationConveyance, Challenge, UnixTime, UserHandle};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::x509::TrustAnchor;
use passkeeper::{
    AttestationPolicy, AuthenticationRequest, CredentialRecord, PendingAuthentication, PendingRegistration, RegistrationPolicy,
    RegistrationRequest, RelyingParty, RelyingPartyBuilder, VerifiedAuthentication, VerifiedRegistration,
};

use serde_json::json;

use crate::work::COUNTING;

pub const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
pub const ORIGIN: &str = "https://example.com";
/// Who may embed the [`embedded`] relying party.
pub const TOP_ORIGIN: &str = "https://top.example";
/// The AppID of FIDO U2F that a sign-in may ask for.
pub const APP_ID: &str = "https://example.com/appid.json";
/// Of registrations, and of sign-ins.
pub const CHALLENGES: [[u8; 32]; 2] = [[7; 32], [8; 32]];
/// Who registers and signs in.
pub const USER: &[u8] = b"alice";

/// A root and one intermediate: the authority that [`relying_party`] trusts.
pub fn ca() -> CertificateAuthority {
    CertificateAuthority::with_levels(7, &[KeyAlgorithm::Es384, KeyAlgorithm::Es256])
}

pub fn anchors() -> TrustAnchors {
    TrustAnchors::new().trust(TrustAnchor::from_der(&ca().root_der()).unwrap())
}

/// A revocation list of the intermediate, by the root.
pub fn revocation_list() -> Vec<u8> {
    let ca = ca();
    let serial = ca.intermediates[0].certificate.serial.clone();
    ca.root.crl(&[serial, vec![7, 7]], 1_700_000_000, 1_900_000_000).sign(&ca.root.key)
}

/// The authority of a metadata service.
pub fn service() -> CertificateAuthority {
    CertificateAuthority::with_levels(50, &[KeyAlgorithm::Es256, KeyAlgorithm::Es256])
}

/// Its BLOB of one entry, which has all that entries have.
pub fn blob() -> MetadataBlobDraft {
    let mut entry = metadata_entry(*b"VirtualAuthentic", &[ca().root_der()]);
    entry["statusReports"].as_array_mut().unwrap().push(status_report("REVOKED", "2024-02-29"));
    entry["attestationCertificateKeyIdentifiers"] = json!(["0123456789abcdef0123456789abcdef01234567"]);
    entry["aaid"] = "4e4e#4005".into();
    let service = service();
    MetadataBlobDraft { key: service.leaf_key(KeyAlgorithm::Es256), ..MetadataBlobDraft::new(&service, "2030-12-31", vec![entry]) }
}

/// Every algorithm, every format, trusted or not.
pub fn relying_party(anchors: TrustAnchors) -> RelyingParty {
    configured(anchors).build().unwrap()
}

/// The same in a frame of [`TOP_ORIGIN`], or in none.
pub fn embedded(anchors: TrustAnchors) -> RelyingParty {
    configured(anchors).embedded_within([TOP_ORIGIN]).build().unwrap()
}

fn configured(anchors: TrustAnchors) -> RelyingPartyBuilder {
    let mut rules = StatementRules::default();
    rules.danger_accept_android_safetynet = true;
    let mut policy = RegistrationPolicy::default();
    policy.attestation = AttestationPolicy::requested(AttestationConveyance::Direct).rules(rules).danger_accept_untrusted();
    policy.algorithms = AlgorithmList::new(Algorithm::ALL.iter().copied()).unwrap();
    let builder = RelyingParty::builder("example.com", "Example").registration_policy(policy);
    builder.trust_anchors(anchors).crypto_provider(COUNTING)
}

/// One attestation of each format, and both of `packed`.
pub fn kinds() -> Vec<AttestationKind> {
    let ca = ca();
    vec![
        AttestationKind::None,
        AttestationKind::PackedSelf,
        PackedAttestation::new(&ca).into(),
        TpmAttestation::new(&ca).into(),
        AndroidKeyAttestation::new(&ca).into(),
        SafetyNetAttestation::new(&ca, NOW.as_secs() * 1000).into(),
        FidoU2fAttestation::new(&ca).into(),
        AppleAttestation::new(&ca).into(),
        AttestationKind::Compound(vec![PackedAttestation::new(&ca).into(), AndroidKeyAttestation::new(&ca).into()]),
    ]
}

/// What starts a registration.
pub fn request() -> RegistrationRequest {
    RegistrationRequest::new(UserEntity { id: UserHandle::new(USER).unwrap(), name: "alice".into(), display_name: String::new() })
}

/// A registration with a valid response.
pub struct Registering {
    pub pending: String,
    pub draft: RegistrationDraft,
    pub response: RegistrationResponse,
}

impl Registering {
    pub fn new(rp: &RelyingParty, device: &mut VirtualAuthenticator) -> Self {
        let (options, pending) = rp.start_registration(request(), Challenge::new(CHALLENGES[0]).unwrap(), NOW).unwrap();
        let draft = device.create(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap();
        let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
        Self { pending: pending.into_json().unwrap(), draft, response }
    }

    /// An ES256 passkey with this attestation.
    pub fn with(rp: &RelyingParty, kind: AttestationKind) -> Self {
        Self::new(rp, &mut VirtualAuthenticator::new(1).with_algorithms(&[KeyAlgorithm::Es256]).with_attestation(kind))
    }

    /// The verdict on a response to this ceremony.
    pub fn verify(&self, rp: &RelyingParty, response: &RegistrationResponse) -> passkeeper::Result<VerifiedRegistration> {
        PendingRegistration::from_json(&self.pending).unwrap().verify(rp, response, NOW)
    }
}

/// A sign-in with a valid response.
pub struct SigningIn {
    pub pending: String,
    pub record: CredentialRecord,
    pub draft: AssertionDraft,
    pub response: AuthenticationResponse,
}

impl SigningIn {
    pub fn with(rp: &RelyingParty, algorithm: KeyAlgorithm) -> Self {
        let mut device = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]);
        let registering = Registering::new(rp, &mut device);
        let record = registering.verify(rp, &registering.response).unwrap().into_record();
        let request = AuthenticationRequest::discoverable();
        let (options, pending) = rp.start_authentication(request, Challenge::new(CHALLENGES[1]).unwrap(), NOW).unwrap();
        let draft = device.get(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap();
        let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
        Self { pending: pending.into_json().unwrap(), record, draft, response }
    }

    /// The verdict on a response to this ceremony.
    pub fn verify(&self, rp: &RelyingParty, response: &AuthenticationResponse) -> passkeeper::Result<VerifiedAuthentication> {
        let pending = PendingAuthentication::from_json(&self.pending).unwrap();
        pending.receive(response)?.verify(rp, &self.record, NOW)
    }
}

/// The members of a response that nobody signs, to be mutated as text: those around `response`, and those in it.
pub const UNSIGNED: [&str; 2] = [
    r#""type":"public-key","authenticatorAttachment":"platform","clientExtensionResults":{"credProps":{"rk":true},"appid":false}"#,
    r#""transports":["internal"],"publicKeyAlgorithm":-7"#,
];

/// A response that has nothing but such members, if they can be read.
pub fn unsigned_of_registration(around: &[u8], within: &[u8]) -> Option<RegistrationResponse> {
    let response = [br#"{"clientDataJSON":"","attestationObject":"","#, within, b"}"].concat();
    RegistrationResponse::from_json(with_members(around, &response)).ok()
}

/// The same for a sign-in, which has them around `response` only.
pub fn unsigned_of_authentication(around: &[u8]) -> Option<AuthenticationResponse> {
    AuthenticationResponse::from_json(with_members(around, br#"{"clientDataJSON":"","authenticatorData":"","signature":""}"#)).ok()
}

fn with_members(around: &[u8], response: &[u8]) -> Vec<u8> {
    [br#"{"id":"AA","rawId":"AA","#, around, br#","response":"#, response, b"}"].concat()
}
