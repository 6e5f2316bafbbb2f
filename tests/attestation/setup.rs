//! A relying party that trusts one authority, and a registration with a given attestation.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock, Mutex};

use passkeeper::attestation::{AttestationType, StatementRules, TrustAnchors};
use passkeeper::crypto::CryptoProvider;
use passkeeper::metadata::{BlobVerifier, Metadata};
use passkeeper::store::{CredentialStore as _, Inserted};
use passkeeper::testing::{
    AttestationKind, CertificateAuthority, KeyAlgorithm, MetadataBlobDraft, PackedAttestation, RegistrationDraft, VirtualAuthenticator,
};
use passkeeper::types::{Aaguid, Algorithm, AlgorithmList, AttestationConveyance, UnixTime};
use passkeeper::wire::{CreationOptions, RegistrationResponse};
use passkeeper::x509::TrustAnchor;
use passkeeper::{
    AttestationPolicy, CredentialRecord, Error, NotCompleted, RegistrationPolicy, RegistrationRequest, RelyingParty, Started, Trust,
    VerifiedRegistration,
};
use pollster::block_on;

use crate::common::{Backend, NOW, ORIGIN, builder, json, provider, refusal, register, registration_response, relying_party, user};

pub(crate) use KeyAlgorithm::{EdDsa, Es256, Es384, Es512, Ps256, Rs1, Rs256, Rs384};

pub(crate) const STEP_21: &str = "7.1/21";
pub(crate) const STEP_22: &str = "7.1/22";
pub(crate) const STEP_24: &str = "7.1/24";

pub(crate) const AAGUID: [u8; 16] = *b"VirtualAuthentic";

/// A root and one intermediate: the authority that the tests trust unless they say otherwise.
pub(crate) fn ca() -> CertificateAuthority {
    CertificateAuthority::with_levels(7, &[Es384, Es256])
}

pub(crate) fn anchor(der: &[u8]) -> TrustAnchor {
    TrustAnchor::from_der(der).unwrap()
}

pub(crate) fn trust(ca: &CertificateAuthority) -> TrustAnchors {
    TrustAnchors::new().trust(anchor(&ca.root_der()))
}

pub(crate) fn direct() -> AttestationPolicy {
    AttestationPolicy::requested(AttestationConveyance::Direct)
}

/// A BLOB's metadata, verified under its authority's root.
pub(crate) fn metadata(blob: &MetadataBlobDraft) -> Metadata {
    BlobVerifier::new(anchor(&blob.ca.root_der())).verify(&blob.sign(), &provider(), NOW).unwrap().0
}

/// One registration, with everything around it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) kind: AttestationKind,
    pub(crate) anchors: TrustAnchors,
    pub(crate) policy: AttestationPolicy,
    /// The credential's.
    pub(crate) algorithm: KeyAlgorithm,
    pub(crate) aaguid: [u8; 16],
    pub(crate) now: UnixTime,
    pub(crate) provider: CryptoProvider,
}

impl Case {
    /// An ES256 credential; the authority of [`ca`] is trusted.
    pub(crate) fn new(kind: impl Into<AttestationKind>) -> Self {
        Self {
            kind: kind.into(),
            anchors: trust(&ca()),
            policy: direct(),
            algorithm: Es256,
            aaguid: AAGUID,
            now: NOW,
            provider: provider(),
        }
    }

    pub(crate) fn anchors(self, anchors: TrustAnchors) -> Self {
        Self { anchors, ..self }
    }

    pub(crate) fn trusting(self, ca: &CertificateAuthority) -> Self {
        self.anchors(trust(ca))
    }

    pub(crate) fn policy(self, policy: AttestationPolicy) -> Self {
        Self { policy, ..self }
    }

    pub(crate) fn rules(self, change: impl FnOnce(&mut StatementRules)) -> Self {
        let mut rules = StatementRules::default();
        change(&mut rules);
        Self { policy: self.policy.rules(rules), ..self }
    }

    pub(crate) fn algorithm(self, algorithm: KeyAlgorithm) -> Self {
        Self { algorithm, ..self }
    }

    pub(crate) fn aaguid(self, aaguid: [u8; 16]) -> Self {
        Self { aaguid, ..self }
    }

    pub(crate) fn rp(&self) -> RelyingParty {
        let mut policy = RegistrationPolicy::default();
        policy.attestation = self.policy.clone();
        policy.algorithms = AlgorithmList::new(Algorithm::ALL.iter().copied().filter(|a| self.provider.supports(*a))).unwrap();
        builder().registration_policy(policy).trust_anchors(self.anchors.clone()).crypto_provider(self.provider).build().unwrap()
    }

    pub(crate) fn authenticator(&self) -> VirtualAuthenticator {
        VirtualAuthenticator::new(1).with_aaguid(self.aaguid).with_algorithms(&[self.algorithm]).with_attestation(self.kind.clone())
    }

    #[track_caller]
    pub(crate) fn register(self) -> Result<VerifiedRegistration, Error> {
        self.register_with(|_| {})
    }

    /// With a change of the response; what is left follows it.
    ///
    /// Through the facade: what is accepted is stored, and what is refused changes nothing but that its ceremony is used up.
    /// A refusal that is nobody's special wish comes by default, too: not to have asked and to trust nobody excuses no fault.
    #[track_caller]
    pub(crate) fn register_with(self, change: impl FnOnce(&mut RegistrationDraft)) -> Result<VerifiedRegistration, Error> {
        let (backend, started) = start(self.rp(), self.now);
        let mut draft = self.authenticator().create(&json(&started.options), ORIGIN).unwrap();
        change(&mut draft);
        let response = registration_response(&draft);
        let result = complete(&backend, &started, &response);
        if let Err(error) = &result
            && self.policy == direct()
            && AlgorithmList::recommended().contains(Algorithm::from_cose_id(self.algorithm.cose_id()).unwrap())
            && !OF_LISTS.contains(&error.code())
        {
            let (default, same) = start(relying_party(), self.now);
            assert_eq!(same.options.challenge, started.options.challenge);
            let by_default = complete(&default, &same, &response);
            assert_eq!(refusal(by_default), (error.code(), error.spec_step()), "by default");
        }
        result
    }
}

/// What only metadata and revocation lists tell, and by default there are none.
const OF_LISTS: [&str; 3] = ["attestation-status-refused", "certificate-revoked", "revocation-list-unverifiable"];

/// Somebody else's passkey.
static BOBS: LazyLock<CredentialRecord> = LazyLock::new(|| register(&relying_party(), &mut VirtualAuthenticator::new(2), "bob"));

/// A facade over stores of its own, in which somebody else has a passkey and a pending ceremony, and alice's registration there.
/// All of them begin with the same challenges, so that one answer fits another's question.
pub(crate) fn start(rp: RelyingParty, now: UnixTime) -> (Backend, Started<CreationOptions>) {
    let backend = Backend::empty(rp, now);
    assert_eq!(block_on(backend.store.insert(&BOBS, None)), Ok(Inserted::Yes));
    let [_, alices] =
        ["bob", "alice"].map(|name| block_on(backend.passkeys.start_registration(RegistrationRequest::new(user(name)))).unwrap());
    (backend, alices)
}

/// Completes alice's registration, once; whatever comes of it, what is somebody else's stays as it was.
#[track_caller]
pub(crate) fn complete(
    backend: &Backend,
    started: &Started<CreationOptions>,
    response: &RegistrationResponse,
) -> Result<VerifiedRegistration, Error> {
    let (passkeys, session) = (&backend.passkeys, &started.session);
    let mut verified = None;
    let keep = async |sound: &VerifiedRegistration| {
        verified = Some(sound.clone());
        Ok::<_, Infallible>(())
    };
    let result = backend.completing(|| {
        block_on(passkeys.complete_registration_unless(session, response, keep)).map_err(|NotCompleted::Refused(error)| error)
    });
    assert_eq!(refusal(block_on(passkeys.complete_registration(session, response))), ("ceremony-not-found", None));
    result.map(|registered| {
        assert_eq!(backend.records(), [registered.record, BOBS.clone()]);
        verified.unwrap()
    })
}

/// Asserts that a registration is trusted, and that its record says what was attested.
#[track_caller]
pub(crate) fn assert_trusted(result: Result<VerifiedRegistration, Error>, format: &str, attestation_type: AttestationType, name: &str) {
    let verified = result.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(matches!(verified.trust(), Trust::Trusted { .. }), "{name}: {:?}", verified.trust());
    let record = verified.record();
    assert_eq!((&*record.attestation_format, record.attestation_type), (format, attestation_type), "{name}");
    assert!(record.attestation_trusted && record.attestation_object.is_some(), "{name}");
}

/// Asserts that a registration passes and that its attestation is trusted.
#[track_caller]
pub(crate) fn assert_passes(result: Result<VerifiedRegistration, Error>, name: &str) {
    let verified = result.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(verified.trust().is_trusted(), "{name}: {:?}", verified.trust());
}

/// Asserts the exact code and step of a refusal.
#[track_caller]
pub(crate) fn assert_refused(result: Result<VerifiedRegistration, Error>, code: &str, step: &str, name: &str) {
    match result {
        Ok(verified) => panic!("{name}: accepted as {:?}", verified.trust()),
        refused => {
            let detail = refused.clone().unwrap_err().to_string();
            assert_eq!(refusal(refused), (code, Some(step)), "{name}: {detail}");
        }
    }
}

/// A rule in words, what breaks it, and the code that says so.
pub(crate) type Broken<T> = (&'static str, fn(&mut T), &'static str);

/// Breaks one rule at a time, and asserts its code at this step.
#[track_caller]
pub(crate) fn each_refused<T: Clone + Into<AttestationKind>>(honest: &T, step: &str, cases: &[Broken<T>]) {
    each_refused_in(Case::new, honest, step, cases);
}

/// The same in other surroundings.
#[track_caller]
pub(crate) fn each_refused_in<T: Clone + Into<AttestationKind>>(
    case: impl Fn(AttestationKind) -> Case,
    honest: &T,
    step: &str,
    cases: &[Broken<T>],
) {
    for (name, change, code) in cases {
        let mut kind = honest.clone();
        change(&mut kind);
        assert_refused(case(kind.into()).register(), code, step, name);
    }
}

/// What must not be refused: a deviation in words, and how to make it.
pub(crate) type Tolerated<T> = (&'static str, fn(&mut T));

/// Asserts that each deviation is accepted, and the attestation trusted.
#[track_caller]
pub(crate) fn each_trusted<T: Clone + Into<AttestationKind>>(honest: &T, cases: &[Tolerated<T>]) {
    for (name, change) in cases {
        let mut kind = honest.clone();
        change(&mut kind);
        assert_passes(Case::new(kind).register(), name);
    }
}

/// The leaf that an honest `packed` registration shows.
pub(crate) fn honest_leaf() -> Vec<u8> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let copy = seen.clone();
    let mut kind = PackedAttestation::new(&ca());
    kind.x5c.edit(move |chain| copy.lock().unwrap().clone_from(&chain[0]));
    assert_passes(Case::new(kind).register(), "honest");
    seen.lock().unwrap().clone()
}

pub(crate) fn aaguid() -> Aaguid {
    Aaguid::new(AAGUID)
}
