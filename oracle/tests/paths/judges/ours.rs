//! This crate: a whole registration with a packed attestation, whose `x5c` is the chain.

use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::testing::{CertificateAuthority, KeyPair, PackedAttestation, VirtualAuthenticator};
use passkeeper::types::{AttestationConveyance, Challenge, UnixTime, UserHandle};
use passkeeper::wire::{RegistrationResponse, UserEntity};
use passkeeper::x509::{RevocationList, TrustAnchor};
use passkeeper::{AttestationPolicy, Error, RegistrationPolicy, RegistrationRequest, RelyingParty, Trust};

use super::Verdict;
use crate::chain::Chain;

pub fn judge(chain: &Chain, leaf_key: &KeyPair) -> Verdict {
    verdict(register(chain, leaf_key))
}

pub fn verdict(result: Result<Trust, Error>) -> Verdict {
    match result {
        Ok(Trust::Trusted { .. }) => Verdict::Trusted,
        Ok(other) => panic!("neither trusted nor refused: {other:?}"),
        Err(error) => Verdict::Refused(error.code().into()),
    }
}

/// What the relying party trusts.
pub fn anchors(chain: &Chain) -> Result<TrustAnchors, Error> {
    let mut anchors = TrustAnchors::new();
    for der in &chain.anchors {
        anchors = anchors.trust(TrustAnchor::from_der(der)?);
    }
    for der in &chain.crls {
        anchors = anchors.revocation_list(RevocationList::from_der(der)?);
    }
    Ok(anchors)
}

/// Asks for attestation and takes nothing that is not trusted.
pub fn policy(rules: StatementRules) -> RegistrationPolicy {
    let mut policy = RegistrationPolicy::default();
    policy.attestation = AttestationPolicy::requested(AttestationConveyance::Direct).trusted_only().rules(rules);
    policy
}

pub fn user() -> UserEntity {
    UserEntity { id: UserHandle::new([1]).unwrap(), name: "user".into(), display_name: "user".into() }
}

fn register(chain: &Chain, leaf_key: &KeyPair) -> Result<Trust, Error> {
    let mut rules = StatementRules::default();
    rules.danger_accept_sha1_certificates = chain.accept_sha1;
    let rp =
        RelyingParty::builder("example.com", "Example").registration_policy(policy(rules)).trust_anchors(anchors(chain)?).build().unwrap();

    let mut packed = PackedAttestation::new(&CertificateAuthority::new(1));
    packed.key = leaf_key.clone();
    packed.x5c.replace(chain.x5c.clone());
    let mut authenticator = VirtualAuthenticator::new(1).with_attestation(packed.into());

    let now = UnixTime::from_secs(chain.now);
    let challenge = Challenge::new([1; 32]).unwrap();
    let (options, pending) = rp.start_registration(RegistrationRequest::new(user()), challenge, now).unwrap();
    let draft = authenticator.create(&serde_json::to_string(&options).unwrap(), "https://example.com").unwrap();
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    pending.verify(&rp, &response, now).map(|verified| verified.trust().clone())
}
