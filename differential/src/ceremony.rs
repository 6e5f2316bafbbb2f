//! One ceremony with one response, what passkeeper says about it, and the line that tells the other judges.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::testing::{AssertionDraft, RegistrationDraft};
use passkeeper::types::{Algorithm, AlgorithmList, AttestationConveyance, Challenge, UnixTime, UserHandle, UserVerification};
use passkeeper::wire::{AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::x509::TrustAnchor;
use passkeeper::{
    AttestationPolicy, AuthenticationPolicy, AuthenticationRequest, CredentialRecord, Error, RegistrationPolicy, RegistrationRequest,
    RelyingParty,
};
use serde_json::{Value, json};

use crate::base::{Base, NOW, authority, direct_authority};
use crate::cases::{Case, Ceremony, Change};
use crate::chance::Chance;

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The roots that every judge is given, in DER.
pub struct Roots(Vec<Vec<u8>>);

impl Roots {
    pub fn new() -> Self {
        Self(vec![authority().root_der(), direct_authority().root_der()])
    }

    pub fn to_json(&self) -> Value {
        self.0.iter().map(base64url).collect()
    }

    fn anchors(&self) -> TrustAnchors {
        self.0.iter().fold(TrustAnchors::new(), |anchors, root| anchors.trust(TrustAnchor::from_der(root).unwrap()))
    }
}

fn relying_party(base: &Base, roots: &Roots) -> RelyingParty {
    let user_verification = if base.require_user_verification { UserVerification::Required } else { UserVerification::Preferred };
    let (mut registration, mut authentication) = (RegistrationPolicy::default(), AuthenticationPolicy::default());
    let mut rules = StatementRules::default();
    rules.danger_accept_android_safetynet = base.safetynet;
    registration.attestation = AttestationPolicy::requested(AttestationConveyance::Direct).rules(rules);
    registration.algorithms = AlgorithmList::new(base.offered.iter().map(|id| Algorithm::from_cose_id(*id).unwrap())).unwrap();
    registration.user_verification = user_verification;
    authentication.user_verification = user_verification;
    let builder = RelyingParty::builder(base.rp_id, "Example").trust_anchors(roots.anchors());
    let builder = builder.registration_policy(registration).authentication_policy(authentication);
    let add = |builder: passkeeper::RelyingPartyBuilder, origin: &&str| match *origin {
        related @ "https://example.org" => builder.related_origin(related),
        // A sibling, so that the list has more than one entry.
        shop @ "https://shop.example.com" if base.rp_id != "example.com" => builder.related_origin(shop),
        own => builder.origin(own),
    };
    base.origins.iter().fold(builder, add).build().unwrap()
}

/// The response with its change, and the last change to its text.
fn finish(response: Value, change: Change) -> String {
    let mut response = response;
    if let Change::Json(change) = change {
        change(&mut response);
    }
    let text = response.to_string();
    if let Change::Text(change) = change { change(text) } else { text }
}

fn change_registration(draft: &mut RegistrationDraft, change: Change, chance: &mut Chance) {
    match change {
        Change::ClientData(change) => change(&mut draft.client_data, chance),
        Change::AuthData(change) => change(&mut draft.auth_data, chance),
        Change::Registration(change) => change(draft, chance),
        _ => {}
    }
}

fn change_assertion(draft: &mut AssertionDraft, record: &mut CredentialRecord, change: Change, chance: &mut Chance) {
    match change {
        Change::ClientData(change) => change(&mut draft.client_data, chance),
        Change::AuthData(change) => change(&mut draft.auth_data, chance),
        Change::Assertion(change) => change(draft, chance),
        Change::Record(change) => change(record),
        _ => {}
    }
}

fn verdict<T>(result: Result<T, Error>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "accepted")
}

/// Runs one ceremony, and writes what it expected, what came, and what passkeeper said.
pub fn run(case: &Case, ceremony: Ceremony, mut base: Base, roots: &Roots) -> Value {
    (case.fix)(&mut base);
    let (rp, now) = (relying_party(&base, roots), UnixTime::from_secs(NOW));
    let challenge = Challenge::new(base.challenge.clone()).unwrap();
    let user = UserEntity { id: UserHandle::new(base.user_handle.clone()).unwrap(), name: "alice".into(), display_name: "Alice".into() };
    let mut chance = Chance::new(7, base.chance.next());
    let mut line = json!({
        "case": case.name,
        "ceremony": ceremony.as_str(),
        "rp_id": base.rp_id,
        "origins": base.origins,
        "challenge": base64url(&base.challenge),
        "require_user_verification": base.require_user_verification,
        "algorithms": base.offered,
    });

    let (options, pending) = rp.start_registration(RegistrationRequest::new(user), challenge.clone(), now).unwrap();
    let options = serde_json::to_string(&options).unwrap();
    if ceremony == Ceremony::SigningIn {
        base.none();
    }
    let mut authenticator = base.authenticator();
    let mut draft = authenticator.create(&options, base.origin).unwrap();
    if ceremony == Ceremony::Registering {
        change_registration(&mut draft, case.change, &mut chance);
        let text = finish(draft.finish(), case.change);
        let judged = RegistrationResponse::from_json(&text).and_then(|response| pending.verify(&rp, &response, now));
        (line["ours"], line["response"]) = (verdict(judged).into(), text.into());
        return line;
    }

    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    let mut record = pending.verify(&rp, &response, now).unwrap().into_record();
    let mut request = AuthenticationRequest::discoverable();
    if base.known_user {
        request = AuthenticationRequest::known(record.user_handle.clone()).allow_credentials([record.descriptor()]);
    }
    let (options, pending) = rp.start_authentication(request, challenge, now).unwrap();
    let mut draft = authenticator.get(&serde_json::to_string(&options).unwrap(), base.origin).unwrap();
    change_assertion(&mut draft, &mut record, case.change, &mut chance);
    let text = finish(draft.finish(), case.change);
    line["record"] = json!({
        "id": base64url(record.credential_id.as_bytes()),
        "public_key": base64url(record.public_key.as_bytes()),
        "sign_count": record.usage.sign_count,
        "user_handle": base64url(record.user_handle.as_bytes()),
    });
    let judged =
        AuthenticationResponse::from_json(&text).and_then(|response| pending.receive(&response)?.verify(&rp, &record, now).map(|_| ()));
    (line["ours"], line["response"]) = (verdict(judged).into(), text.into());
    line
}
