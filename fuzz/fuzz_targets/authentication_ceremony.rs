//! A whole sign-in from a mutated valid response, the first byte choosing the key's algorithm, and one of two ways.
//! As it was signed: accepted means that nothing signed was changed, and by the same user.
//! Signed again after the changes, by the right key or another: accepted exactly if everything is as a policy demands that is
//! chosen as well, judged by other means, and the record is updated by what was signed.
//! In both, one signature at most is verified, and allocations stay in proportion.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{APP_ID, CHALLENGES, NOW, SigningIn, UNSIGNED, USER, anchors, embedded, relying_party, unsigned_of_authentication};
use fuzz::changes::{KEYS, changes, is_rsa};
use fuzz::demands::{Demands, Judgement};
use fuzz::{bounded, mutate, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::testing::{AttestedDraft, KeyAlgorithm, flags};
use passkeeper::types::{Bytes, Challenge, CredentialId, CredentialType, UserHandle, UserVerification};
use passkeeper::wire::{AuthenticationExtensions, AuthenticationResponse, CredentialDescriptor};
use passkeeper::{
    AuthenticationPolicy, AuthenticationRequest, BackupEligibilityChange, CounterPolicy, RelyingParty, UnknownBackupEligibility, UseState,
};

struct World {
    rps: [RelyingParty; 2],
    ceremonies: Vec<SigningIn>,
    /// Those that are signed again: all without RSA.
    curves: Vec<usize>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let rps = [relying_party(anchors()), embedded(anchors())];
    let ceremonies = KeyAlgorithm::ALL.iter().map(|algorithm| SigningIn::with(&rps[0], *algorithm)).collect();
    let curves = KeyAlgorithm::ALL.iter().enumerate().filter(|(_, algorithm)| !is_rsa(**algorithm)).map(|(number, _)| number);
    World { rps, ceremonies, curves: curves.collect() }
});

fuzz_target!(|bytes: &[u8]| {
    let [choice, script @ ..] = bytes else { return };
    let World { rps, ceremonies, curves } = &*WORLD;
    let choice = usize::from(*choice);
    match choice.checked_sub(ceremonies.len()) {
        None => as_signed(&rps[0], &ceremonies[choice], script),
        Some(choice) => signed_again(rps, &ceremonies[curves[choice % curves.len()]], script),
    }
});

fn as_signed(rp: &RelyingParty, ceremony: &SigningIn, script: &[u8]) {
    let valid = &ceremony.response;
    let user_handle = valid.user_handle.as_ref().unwrap();
    let unsigned = Bytes::from(UNSIGNED[0]);
    let mut parts = [&valid.client_data_json, &valid.authenticator_data, &valid.signature, &valid.raw_id, user_handle, &unsigned]
        .map(|part| part.as_slice().to_vec());
    mutate(&mut parts, script);
    let len = parts.iter().map(Vec::len).sum();
    let [client_data, authenticator_data, signature, raw_id, user_handle, unsigned] = parts.map(Bytes::from);
    let Some(unsigned) = unsigned_of_authentication(unsigned.as_slice()) else { return };
    let mut response = valid.clone();
    response.client_data_json = client_data;
    response.authenticator_data = authenticator_data;
    response.signature = signature;
    response.raw_id = raw_id;
    response.user_handle = Some(user_handle).filter(|handle| !handle.is_empty());
    let unchanged = response == *valid;
    response.credential_type = unsigned.credential_type;
    response.authenticator_attachment = unsigned.authenticator_attachment;
    response.client_extension_results = unsigned.client_extension_results;
    // What nobody signs is reported, and decides nothing but that what it claims was asked for.
    let sound = response.credential_type == CredentialType::PUBLIC_KEY && response.client_extension_results.app_id != Some(true);
    let verdict = bounded(len, 32, || work::signatures(1, || ceremony.verify(rp, &response)));
    assert_eq!(verdict.is_ok(), unchanged && sound, "{verdict:?}");
    if let Ok(verified) = verdict {
        assert_eq!(*verified.client_extension_results(), response.client_extension_results);
    }
}

fn signed_again(rps: &[RelyingParty; 2], ceremony: &SigningIn, script: &[u8]) {
    let [settings, recorded, script @ ..] = script else { return };
    let set = |bit: u32| settings >> bit & 1 == 1;
    let (is_embedded, known, asks_app_id) = (set(0), set(1), set(2));
    let mut policy = AuthenticationPolicy::default();
    policy.danger_accept_attested_data = set(3);
    if set(4) {
        policy.user_verification = UserVerification::Preferred;
    }
    if set(5) {
        policy.counter = CounterPolicy::DangerReportOnly;
    }
    if set(6) {
        policy.backup_eligibility_change = BackupEligibilityChange::DangerAllowUpgrade;
    }
    if set(7) {
        policy.backup_eligibility_unknown = UnknownBackupEligibility::Refuse;
    }
    let mut record = ceremony.record.clone();
    record.usage.backup_eligible = [Some(false), Some(true), None][usize::from(*recorded) % 3];
    record.usage.sign_count = [1, 0, 2, u32::MAX - 1][usize::from(recorded / 3) % 4];
    let (own, other) = (record.credential_id.clone(), CredentialId::new(*b"another").unwrap());
    let allowed = [vec![], vec![own.clone()], vec![other.clone()], vec![other, own.clone()]][usize::from(recorded / 12) % 4].clone();

    let mut request = AuthenticationRequest::discoverable();
    if known {
        request = AuthenticationRequest::known(UserHandle::new(USER).unwrap());
        if !allowed.is_empty() {
            request = request.allow_credentials(allowed.iter().map(|id| CredentialDescriptor::new(id.clone(), vec![])));
        }
    }
    let extensions = AuthenticationExtensions { app_id: asks_app_id.then(|| APP_ID.into()), ..AuthenticationExtensions::default() };
    let (rp, challenge) = (&rps[usize::from(is_embedded)], Challenge::new(CHALLENGES[1]).unwrap());
    let (_, pending) = rp.start_authentication(request.policy(policy.clone()).extensions(extensions), challenge, NOW).unwrap();

    let mut draft = ceremony.draft.clone();
    let mut claims_app_id = None;
    for change in changes(script) {
        match (change.what / 8 % 3, change.what % 8) {
            (0, _) => change.client_data(&mut draft.client_data),
            (1, _) => change.authenticator_data(&mut draft.auth_data),
            (_, 0 | 1) => change.bytes(&mut draft.credential_id),
            (_, 2 | 3) => change.optional_bytes(&mut draft.user_handle),
            (_, 4) => draft.set_signer(KEYS[change.choice() % KEYS.len()].clone()),
            (_, 5 | 6) => claims_app_id = [None, Some(true), Some(false)][change.choice() % 3],
            _ => draft.auth_data.set_attested(Some(AttestedDraft::new([7; 16], vec![1, 2], KEYS[0].cose_key()))),
        }
    }
    let (client_data, authenticator_data) = (draft.client_data.to_bytes(), draft.auth_data.to_bytes());
    let signature = draft.signer().sign(&draft.signed_bytes());
    let mut response = AuthenticationResponse::from_parts(&draft.credential_id, &client_data, &authenticator_data, signature);
    response.user_handle = draft.user_handle.as_ref().map(Bytes::from);
    response.client_extension_results.app_id = claims_app_id;

    let uses_app_id = claims_app_id == Some(true);
    let demands = Demands {
        type_: "webauthn.get",
        challenge: &ceremony.draft.client_data.challenge,
        embedded: is_embedded,
        rp_id: if uses_app_id { APP_ID } else { "example.com" },
        user_present: true,
        user_verified: !set(4),
    };
    let (mut judgement, data) = Judgement::of(&demands, &client_data, &authenticator_data);
    judgement.demand("the AppID", asks_app_id || !uses_app_id);
    judgement.demand("the credential", draft.credential_id == own.as_bytes());
    judgement.demand("the allowed credentials", !known || allowed.is_empty() || allowed.contains(&own));
    let named = draft.user_handle.as_deref().filter(|handle| !handle.is_empty());
    judgement.demand("the user handle", named.map_or(known, |named| named == USER));
    judgement.demand("the key", draft.signer().cose_key() == ceremony.draft.signer().cose_key());
    if let Some(data) = &data {
        judgement.demand("the attested data", set(3) || data.attested.is_none());
        judgement.demand(
            "BE",
            match record.usage.backup_eligible {
                None => !set(7),
                Some(recorded) => recorded == data.has(flags::BE) || (set(6) && !recorded),
            },
        );
        let (before, now) = (record.usage.sign_count, data.sign_count);
        judgement.demand("the counter", set(5) || now > before || (now, before) == (0, 0));
    }
    let len = draft.credential_id.len() + client_data.len() + authenticator_data.len();
    let verdict = bounded(len, 32, || work::signatures(1, || pending.receive(&response)?.verify(rp, &record, NOW)));
    judgement.check(&verdict);

    if let (Ok(verified), Some(data)) = (verdict, data) {
        let next = UseState {
            sign_count: record.usage.sign_count.max(data.sign_count),
            backup_eligible: Some(data.has(flags::BE)),
            backup_state: data.has(flags::BS),
            uv_initialized: record.usage.uv_initialized,
        };
        assert_eq!((verified.update().expected, verified.update().next), (record.usage, next));
        assert_eq!((verified.flags().as_byte(), verified.sign_count()), (data.flags, data.sign_count));
        assert_eq!(verified.user_handle().as_bytes(), USER);
        assert_eq!(verified.extension_outputs().map(Bytes::as_slice), data.extensions);
        assert_eq!(verified.user_verification_counts(), data.has(flags::UV));
    }
}
