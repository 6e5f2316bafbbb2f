//! The test vectors of section 16 of WebAuthn Level 3, and those of its drafts.

use std::collections::BTreeMap;

use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::types::{
    Algorithm, AlgorithmList, AttestationConveyance, Bytes, Challenge, CredentialId, RpId, Scope, UnixTime, UserHandle, UserVerification,
};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::x509::TrustAnchor;
use passkeeper::{
    AttestationPolicy, AuthenticationRequest, CosePublicKey, CounterVerdict, CredentialRecord, Error, RegistrationPolicy,
    RegistrationRequest, RelyingParty, RelyingPartyBuilder, VerifiedAuthentication, VerifiedRegistration,
};
use serde::Deserialize;

use crate::provider::provider;
use crate::{anchors, folder};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ceremonies {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(rename = "rp_id")]
    rp_id: String,
    origin: String,
    cross_origin: bool,
    top_origin: Option<String>,
    pub(crate) registration: Registration,
    pub(crate) authentication: Authentication,
    pub(crate) expected: Expected,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Registration {
    pub(crate) challenge: Bytes,
    #[serde(rename = "clientDataJSON")]
    pub(crate) client_data: Bytes,
    #[serde(rename = "attestationObject")]
    pub(crate) attestation_object: Bytes,
    pub(crate) credential_id: Bytes,
    pub(crate) aaguid: Bytes,
    pub(crate) credential_public_key_cose: Bytes,
    /// The root of the statement's certificates.
    pub(crate) attestation_ca_cert: Option<Bytes>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Authentication {
    pub(crate) challenge: Bytes,
    #[serde(rename = "clientDataJSON")]
    pub(crate) client_data: Bytes,
    #[serde(rename = "authenticatorData")]
    pub(crate) authenticator_data: Bytes,
    pub(crate) signature: Bytes,
}

#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) format: String,
    pub(crate) attestation_type: String,
    pub(crate) cose_alg: i64,
    aaguid_uuid: String,
    credential_id_len: usize,
    registration_flags: FlagsByte,
    registration_sign_count: u32,
    authentication_flags: FlagsByte,
    authentication_sign_count: u32,
}

#[derive(Deserialize)]
struct FlagsByte {
    byte: u8,
    #[serde(rename = "UV")]
    user_verified: bool,
    #[serde(rename = "BE")]
    backup_eligible: bool,
    #[serde(rename = "BS")]
    backup_state: bool,
}

impl Ceremonies {
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::from_cose_id(self.expected.cose_alg)
    }

    /// The root of the statement's certificates, if it has any.
    pub(crate) fn root(&self) -> Option<TrustAnchor> {
        self.registration.attestation_ca_cert.as_ref().map(|der| TrustAnchor::from_der(der.as_slice()).unwrap())
    }

    /// Trusts the vector's root.
    fn builder(&self) -> RelyingPartyBuilder {
        self.builder_with(anchors::lenient(), anchors::trust(self.root()))
    }

    fn builder_with(&self, rules: StatementRules, anchors: TrustAnchors) -> RelyingPartyBuilder {
        let mut policy = RegistrationPolicy::default();
        policy.algorithms = AlgorithmList::new(Algorithm::ALL.iter().copied()).unwrap();
        policy.attestation = AttestationPolicy::requested(AttestationConveyance::Direct).rules(rules);
        RelyingParty::builder(&self.rp_id, "Vectors")
            .crypto_provider(provider())
            .origin(&self.origin)
            .registration_policy(policy)
            .user_verification(UserVerification::Preferred)
            .trust_anchors(anchors)
    }

    /// One with rules and anchors of its own, wherever it is embedded.
    pub(crate) fn relying_party_with(&self, rules: StatementRules, anchors: TrustAnchors) -> RelyingParty {
        self.builder_with(rules, anchors).danger_embedded_anywhere().build().unwrap()
    }

    /// One that expects what the vector has: `https://example.com` around it where it is embedded.
    pub(crate) fn relying_party(&self) -> RelyingParty {
        if self.cross_origin { self.embedded_within("https://example.com") } else { self.builder().build().unwrap() }
    }

    fn embedded_within(&self, top_origin: &str) -> RelyingParty {
        self.builder().embedded_within([top_origin]).danger_unnamed_top_origin().build().unwrap()
    }

    pub(crate) fn record(&self) -> Result<CredentialRecord, Error> {
        let registration = &self.registration;
        let key = CosePublicKey::new(registration.credential_public_key_cose.as_slice())?;
        let rp_id = RpId::new(&self.rp_id)?;
        let scope = Scope::new(&self.rp_id)?;
        let credential_id = CredentialId::new(registration.credential_id.as_slice())?;
        let mut record = CredentialRecord::imported(scope, rp_id, handle(), credential_id, key, NOW);
        record.usage.backup_eligible = Some(self.expected.registration_flags.backup_eligible);
        Ok(record)
    }

    pub(crate) fn register(&self, rp: &RelyingParty, parts: &Registration) -> Result<VerifiedRegistration, Error> {
        self.register_at(rp, parts, NOW)
    }

    pub(crate) fn register_at(&self, rp: &RelyingParty, parts: &Registration, now: UnixTime) -> Result<VerifiedRegistration, Error> {
        let user = UserEntity { id: handle(), name: "user".into(), display_name: "user".into() };
        let challenge = Challenge::new(self.registration.challenge.as_slice()).unwrap();
        let (_, pending) = rp.start_registration(RegistrationRequest::new(user), challenge, now).unwrap();
        let response =
            RegistrationResponse::from_parts(parts.credential_id.clone(), parts.client_data.clone(), parts.attestation_object.clone());
        pending.verify(rp, &response, now)
    }

    pub(crate) fn authenticate(
        &self,
        rp: &RelyingParty,
        record: &CredentialRecord,
        parts: &Authentication,
    ) -> Result<VerifiedAuthentication, Error> {
        let challenge = Challenge::new(self.authentication.challenge.as_slice()).unwrap();
        let (_, pending) = rp.start_authentication(AuthenticationRequest::known(handle()), challenge, NOW).unwrap();
        let response = AuthenticationResponse::from_parts(
            self.registration.credential_id.clone(),
            parts.client_data.clone(),
            parts.authenticator_data.clone(),
            parts.signature.clone(),
        );
        pending.receive(&response)?.verify(rp, record, NOW)
    }
}

/// The code for the drafts whose Android key description breaks the rules of the final text.
pub(crate) fn broken_description(name: &str) -> Option<&'static str> {
    match name {
        "android-key-es256.empty-lists" => Some("android-key-origin"),
        "android-key-es256.asn1-integer" | "android-key-esp256" => Some("android-key-description-malformed"),
        _ => None,
    }
}

fn handle() -> UserHandle {
    UserHandle::new(b"vector user".as_slice()).unwrap()
}

/// Every file with two ceremonies in it; `None` if there are no vectors.
pub(crate) fn ceremonies() -> Option<Vec<Ceremonies>> {
    let mut found = Vec::new();
    let mut others = Vec::new();
    for folder in ["w3c-l3", "w3c-l3/extra"] {
        for (name, text) in folder::files(folder)? {
            let members: BTreeMap<String, serde_json::Value> = folder::parse(&name, &text);
            if members.contains_key("registration") {
                found.push(Ceremonies { name: name.clone(), ..folder::parse(&name, &text) });
            } else {
                others.push(name);
            }
        }
    }
    assert_eq!(found.len(), 27);
    assert_eq!(others, ["attestation-root", "prf-hmac-secret", "prf-webauthn-api", "spec-inline-examples"]);
    Some(found)
}

#[track_caller]
pub(crate) fn assert_refused<T>(name: &str, result: Result<T, Error>, code: &str, step: &str) {
    match result {
        Ok(_) => panic!("{name}: accepted, expected {code} at {step}"),
        Err(error) => assert_eq!((error.code(), error.spec_step()), (code, Some(step)), "{name}: {error}"),
    }
}

#[test]
fn every_assertion_verifies_but_that_of_ed448() {
    let Some(all) = ceremonies() else { return };
    let (mut accepted, mut unsupported) = (0, 0);
    for vector in all {
        let record = match vector.record() {
            Ok(record) => record,
            Err(error) => {
                assert_eq!((error.code(), vector.expected.cose_alg), ("public-key-algorithm-unsupported", -53), "{}", vector.name);
                unsupported += 1;
                continue;
            }
        };
        let expected = &vector.expected;
        let verified = vector.authenticate(&vector.relying_party(), &record, &vector.authentication);
        let verified = verified.unwrap_or_else(|error| panic!("{}: {error}", vector.name));
        assert_eq!(record.algorithm().cose_id(), expected.cose_alg, "{}", vector.name);
        assert_eq!(verified.flags().as_byte(), expected.authentication_flags.byte, "{}", vector.name);
        assert_eq!(verified.sign_count(), expected.authentication_sign_count, "{}", vector.name);
        assert_eq!(verified.counter(), CounterVerdict::NotKept, "{}", vector.name);
        assert_eq!(verified.update().next.backup_state, expected.authentication_flags.backup_state, "{}", vector.name);
        accepted += 1;
    }
    assert_eq!((accepted, unsupported), (26, 1));
}

/// Everything about a registration that the vector states but its trust.
pub(crate) fn assert_registered(vector: &Ceremonies, verified: &VerifiedRegistration) {
    let (expected, parts, name) = (&vector.expected, &vector.registration, &vector.name);
    let record = verified.record();
    assert_eq!(record.attestation_format, expected.format, "{name}");
    assert_eq!(record.aaguid.to_string(), expected.aaguid_uuid, "{name}");
    assert_eq!(record.aaguid.as_bytes(), parts.aaguid.as_slice(), "{name}");
    assert_eq!(record.credential_id.as_bytes(), parts.credential_id.as_slice(), "{name}");
    assert_eq!(record.credential_id.as_bytes().len(), expected.credential_id_len, "{name}");
    assert_eq!(record.public_key.as_bytes(), parts.credential_public_key_cose.as_slice(), "{name}");
    assert_eq!(record.algorithm().cose_id(), expected.cose_alg, "{name}");
    assert_eq!(record.usage.sign_count, expected.registration_sign_count, "{name}");
    assert_eq!(record.usage.backup_eligible, Some(expected.registration_flags.backup_eligible), "{name}");
    assert_eq!(record.usage.backup_state, expected.registration_flags.backup_state, "{name}");
    assert_eq!(record.usage.uv_initialized, Some(expected.registration_flags.user_verified), "{name}");
    assert_eq!(verified.flags().as_byte(), expected.registration_flags.byte, "{name}");
}

#[test]
fn embedded_ceremonies_need_a_relying_party_that_expects_them() {
    let Some(all) = ceremonies() else { return };
    let mut embedded = 0;
    for vector in all.iter().filter(|vector| vector.cross_origin) {
        let name = &vector.name;
        let record = vector.record().unwrap();
        let register = |rp: &RelyingParty| vector.register(rp, &vector.registration);
        let authenticate = |rp: &RelyingParty| vector.authenticate(rp, &record, &vector.authentication);

        let default = vector.builder().build().unwrap();
        assert_refused(name, register(&default), "cross-origin-not-allowed", "7.1/10");
        assert_refused(name, authenticate(&default), "cross-origin-not-allowed", "7.2/13");

        let elsewhere = vector.embedded_within("https://other.example");
        if vector.top_origin.is_some() {
            assert_refused(name, register(&elsewhere), "top-origin-mismatch", "7.1/11");
            assert_refused(name, authenticate(&elsewhere), "top-origin-mismatch", "7.2/14");
        } else {
            // An older client names no top origin: nothing to compare.
            assert!(register(&elsewhere).is_ok() && authenticate(&elsewhere).is_ok(), "{name}");
        }
        let anywhere = vector.builder().danger_embedded_anywhere().build().unwrap();
        assert!(register(&anywhere).is_ok() && authenticate(&anywhere).is_ok(), "{name}");
        embedded += 1;
    }
    assert_eq!(embedded, 2);
}

#[test]
fn required_user_verification_refuses_exactly_the_ceremonies_without_it() {
    let Some(all) = ceremonies() else { return };
    let (mut with, mut without) = ([0; 2], [0; 2]);
    for vector in all.iter().filter(|vector| vector.algorithm().is_some()) {
        let builder = vector.builder().embedded_within(["https://example.com"]).danger_unnamed_top_origin();
        let rp = builder.user_verification(UserVerification::Required).build().unwrap();
        let authenticated = vector.authenticate(&rp, &vector.record().unwrap(), &vector.authentication);
        if vector.expected.authentication_flags.user_verified {
            let _ = authenticated.unwrap_or_else(|error| panic!("{}: {error}", vector.name));
            with[1] += 1;
        } else {
            assert_refused(&vector.name, authenticated, "user-not-verified", "7.2/17");
            without[1] += 1;
        }
        let registered = vector.register(&rp, &vector.registration);
        if !vector.expected.registration_flags.user_verified {
            assert_refused(&vector.name, registered, "user-not-verified", "7.1/16");
            without[0] += 1;
        } else if let Some(code) = broken_description(&vector.name) {
            assert_refused(&vector.name, registered, code, "7.1/22");
        } else {
            let _ = registered.unwrap_or_else(|error| panic!("{}: {error}", vector.name));
            with[0] += 1;
        }
    }
    // Registrations and authentications.
    assert_eq!((with, without), ([11, 13], [12, 13]));
}
