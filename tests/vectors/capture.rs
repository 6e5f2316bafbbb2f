//! One file of a real device, and the ceremony it recorded.

use passkeeper::attestation::TrustAnchors;
use passkeeper::types::{
    Algorithm, AlgorithmList, AttestationConveyance, Bytes, Challenge, CredentialId, Origin, RpId, UnixTime, UserHandle, UserVerification,
};
use passkeeper::wire::{AuthenticationExtensions, AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{
    AttestationPolicy, AuthenticationRequest, CosePublicKey, CredentialRecord, Error, RegistrationRequest, RelyingParty,
    VerifiedAuthentication, VerifiedRegistration,
};
use serde::Deserialize;
use serde_json::Value;

use crate::provider::provider;
use crate::{anchors, folder};

/// When there are no certificates, any moment will do.
const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

#[derive(Deserialize)]
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    rp_id: String,
    origins: Vec<String>,
    challenge: Bytes,
    response: Value,
    stored: Option<Stored>,
    options: Options,
    trust: Option<Roots>,
    pub(crate) expect: Expect,
}

#[derive(Deserialize, PartialEq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Registration,
    Authentication,
}

#[derive(Deserialize)]
struct Stored {
    credential_id: CredentialId,
    public_key_cose: Bytes,
    sign_count: u32,
    user_handle: Option<UserHandle>,
    backup_eligible: Option<bool>,
}

#[derive(Deserialize)]
struct Options {
    user_verification: UserVerification,
    algs: Vec<i64>,
    user_presence: Option<bool>,
    #[serde(default)]
    allow_cross_origin: bool,
    top_origins: Option<Vec<String>>,
    appid: Option<String>,
}

#[derive(Deserialize)]
struct Roots {
    roots_pem: Vec<String>,
    verification_time: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Expect {
    pub(crate) result: String,
    pub(crate) fmt: Option<String>,
    pub(crate) attestation_type: Option<String>,
    pub(crate) aaguid: Option<String>,
    pub(crate) alg: Option<i64>,
    pub(crate) sign_count_after: Option<u32>,
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    #[serde(default)]
    pub(crate) either: bool,
}

pub(crate) enum Verified {
    Registration(Box<VerifiedRegistration>),
    Authentication(Box<VerifiedAuthentication>),
}

/// Every file; `None` if there are none.
pub(crate) fn captures() -> Option<Vec<Capture>> {
    let files = folder::files("real/fixtures")?;
    Some(files.into_iter().map(|(name, text)| folder::parse(&name, &text)).collect())
}

impl Capture {
    fn algorithms(&self) -> AlgorithmList {
        AlgorithmList::new(self.options.algs.iter().copied().filter_map(Algorithm::from_cose_id)).unwrap()
    }

    /// Whether the file says which roots to trust.
    pub(crate) fn has_roots(&self) -> bool {
        self.trust.as_ref().is_some_and(|trust| !trust.roots_pem.is_empty())
    }

    /// The moment of the ceremony.
    pub(crate) fn now(&self) -> UnixTime {
        self.trust.as_ref().and_then(|trust| trust.verification_time.as_deref()).map_or(NOW, anchors::moment)
    }

    /// The file's roots.
    pub(crate) fn anchors(&self) -> TrustAnchors {
        anchors::trust(self.trust.iter().flat_map(|trust| &trust.roots_pem).map(|pem| anchors::from_pem(pem)))
    }

    /// Takes what has no anchor only where the file names no roots.
    pub(crate) fn policy(&self) -> AttestationPolicy {
        let policy = AttestationPolicy::requested(AttestationConveyance::Direct).rules(anchors::lenient());
        if self.has_roots() { policy } else { policy.danger_accept_untrusted() }
    }

    pub(crate) fn relying_party(&self, attestation: AttestationPolicy, anchors: TrustAnchors) -> Result<RelyingParty, Error> {
        let mut builder = RelyingParty::builder(&*self.rp_id, "Real devices").crypto_provider(provider());
        let mut policy = passkeeper::RegistrationPolicy::default();
        policy.algorithms = self.algorithms();
        policy.attestation = attestation;
        builder = builder.registration_policy(policy).user_verification(self.options.user_verification).trust_anchors(anchors);
        let rp_id = RpId::new(&*self.rp_id).or_else(|_| RpId::danger_ip_address(&*self.rp_id))?;
        for origin in &self.origins {
            // Some files pair a relying party with an origin that could never be its own.
            let own = Origin::new(origin).is_ok_and(|origin| origin.host().is_none_or(|host| rp_id.covers_host(host)));
            builder = if own { builder.origin(origin) } else { builder.danger_insecure_origin(origin) };
        }
        builder = builder.danger_rp_id(rp_id);
        if let Some(top_origins) = &self.options.top_origins {
            builder = builder.embedded_within(top_origins).danger_unnamed_top_origin();
        } else if self.options.allow_cross_origin {
            builder = builder.danger_embedded_anywhere();
        }
        builder.build()
    }

    fn challenge(&self) -> Result<Challenge, Error> {
        let bytes = self.challenge.as_slice();
        if bytes.len() < 16 { Challenge::danger_guessable(bytes) } else { Challenge::new(bytes) }
    }

    /// The ceremony as the file has it.
    pub(crate) fn verify(&self) -> Result<Verified, Error> {
        let rp = self.relying_party(self.policy(), self.anchors())?;
        match self.kind {
            Kind::Registration => self.register(&rp, self.now()).map(|verified| Verified::Registration(verified.into())),
            Kind::Authentication => self.authenticate(&rp).map(|verified| Verified::Authentication(verified.into())),
        }
    }

    pub(crate) fn attestation_object(&self) -> Bytes {
        Bytes::from_base64url(self.response["response"]["attestationObject"].as_str().unwrap()).unwrap()
    }

    pub(crate) fn register(&self, rp: &RelyingParty, now: UnixTime) -> Result<VerifiedRegistration, Error> {
        self.register_response(rp, now, &RegistrationResponse::from_json(self.response.to_string())?)
    }

    /// Registers with this attestation object in place of the file's.
    pub(crate) fn register_object(&self, rp: &RelyingParty, object: Bytes) -> Result<VerifiedRegistration, Error> {
        let mut response = RegistrationResponse::from_json(self.response.to_string())?;
        response.attestation_object = object;
        // Unsigned copies would give a change away.
        (response.authenticator_data, response.public_key, response.public_key_algorithm) = (None, None, None);
        self.register_response(rp, self.now(), &response)
    }

    fn register_response(&self, rp: &RelyingParty, now: UnixTime, response: &RegistrationResponse) -> Result<VerifiedRegistration, Error> {
        let user = UserEntity { id: placeholder(), name: "user".into(), display_name: "user".into() };
        let mut request = RegistrationRequest::new(user);
        if self.options.user_presence == Some(false) {
            request = request.conditional();
        }
        let (_, pending) = rp.start_registration(request, self.challenge()?, now)?;
        pending.verify(rp, response, now)
    }

    fn authenticate(&self, rp: &RelyingParty) -> Result<VerifiedAuthentication, Error> {
        let response = AuthenticationResponse::from_json(self.response.to_string())?;
        let stored = self.stored.as_ref().expect("stored");
        // Where the file does not say whose the credential is, the response may name anybody.
        let named = response.user_handle.as_ref().map(|handle| UserHandle::new(handle.as_slice())).transpose()?;
        let user = stored.user_handle.clone().or(named).unwrap_or_else(placeholder);

        let extensions = AuthenticationExtensions { app_id: self.options.appid.clone(), ..Default::default() };
        let request = AuthenticationRequest::known(user.clone()).extensions(extensions);
        let (_, pending) = rp.start_authentication(request, self.challenge()?, NOW)?;
        let received = pending.receive(&response)?;
        if *received.credential_id() != stored.credential_id {
            return Err(received.not_found(rp, NOW));
        }
        let key = CosePublicKey::new(stored.public_key_cose.as_slice())?;
        let (scope, rp_id) = (rp.scope().clone(), rp.id().clone());
        let mut record = CredentialRecord::imported(scope, rp_id, user, stored.credential_id.clone(), key, NOW);
        record.usage.sign_count = stored.sign_count;
        record.usage.backup_eligible = stored.backup_eligible;
        received.verify(rp, &record, NOW)
    }
}

fn placeholder() -> UserHandle {
    UserHandle::new(b"somebody".as_slice()).unwrap()
}
