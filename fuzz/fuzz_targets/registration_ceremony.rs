//! A whole registration from a mutated valid response, the first byte choosing the attestation, and one of two ways.
//! As it was signed: accepted means that nothing signed was changed, that the unsigned copies agree with it, and that what is
//! trusted is what the authenticator showed.
//! Signed again after the changes: accepted exactly if everything is as a policy demands that is chosen as well, judged by other
//! means, and the statement is about this credential; the record has what was signed.
//! In both, work and allocations are bounded.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{CHALLENGES, NOW, Registering, UNSIGNED, anchors, embedded, kinds, relying_party, request, unsigned_of_registration};
use fuzz::changes::{KEYS, changes};
use fuzz::demands::{Attested, Demands, Judgement};
use fuzz::{bounded, mutate, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::parse::{AttestationObject, AuthenticatorData, ClientData};
use passkeeper::testing::{AttestationKind, AttestedDraft, Cbor, KeyAlgorithm, KeyPair, RegistrationDraft, flags};
use passkeeper::types::{Aaguid, Algorithm, AlgorithmList, Bytes, Challenge, CredentialType, UserVerification};
use passkeeper::wire::RegistrationResponse;
use passkeeper::{AttestationVerdict, BackupEligibilityPolicy, CosePublicKey, RelyingParty};

type Ceremony = (Registering, AttestationVerdict);

static WORLD: LazyLock<([RelyingParty; 2], Vec<Ceremony>)> = LazyLock::new(|| {
    let rps = [relying_party(anchors()), embedded(anchors())];
    let honest = |kind| {
        let registering = Registering::with(&rps[0], kind);
        let verdict = registering.verify(&rps[0], &registering.response).unwrap().attestation().clone();
        (registering, verdict)
    };
    let ceremonies = kinds().into_iter().map(honest).collect();
    (rps, ceremonies)
});

fuzz_target!(|bytes: &[u8]| {
    let [choice, script @ ..] = bytes else { return };
    let (rps, ceremonies) = &*WORLD;
    let choice = usize::from(*choice);
    let ceremony = &ceremonies[choice % ceremonies.len()];
    if choice < ceremonies.len() { as_signed(&rps[0], ceremony, script) } else { signed_again(rps, ceremony, script) }
});

fn as_signed(rp: &RelyingParty, (ceremony, honest): &Ceremony, script: &[u8]) {
    let valid = &ceremony.response;
    let [authenticator_data, public_key] = [&valid.authenticator_data, &valid.public_key].map(|copy| copy.as_ref().unwrap());
    let [around, within] = UNSIGNED.map(Bytes::from);
    let mut parts = [&valid.client_data_json, &valid.attestation_object, &valid.raw_id, authenticator_data, public_key, &around, &within]
        .map(|part| part.as_slice().to_vec());
    mutate(&mut parts, script);
    let len = parts.iter().map(Vec::len).sum();
    let [client_data, object, raw_id, authenticator_data, public_key, around, within] = parts.map(Bytes::from);
    let Some(unsigned) = unsigned_of_registration(around.as_slice(), within.as_slice()) else { return };
    let mut response = valid.clone();
    response.client_data_json = client_data;
    response.attestation_object = object;
    response.raw_id = raw_id;
    response.authenticator_data = Some(authenticator_data);
    response.public_key = Some(public_key);
    let unchanged = response == *valid;
    response.credential_type = unsigned.credential_type;
    response.authenticator_attachment = unsigned.authenticator_attachment;
    response.client_extension_results = unsigned.client_extension_results;
    response.transports = unsigned.transports;
    response.public_key_algorithm = unsigned.public_key_algorithm;
    // What nobody signs is recorded as it is; only what is a copy must be one.
    let sound = response.credential_type == CredentialType::PUBLIC_KEY && response.public_key_algorithm.is_none_or(|id| id == -7);
    let verdict = bounded(len, 256, || work::signatures(64, || ceremony.verify(rp, &response)));
    let Ok(verified) = verdict else { return assert!(!(unchanged && sound), "refused though nothing was changed") };
    assert!(sound);

    let verdict = verified.attestation();
    let object = AttestationObject::parse(response.attestation_object.as_slice()).unwrap();
    let signed = AttestationObject::parse(valid.attestation_object.as_slice()).unwrap();
    let data = AuthenticatorData::parse(object.auth_data).unwrap();
    let signed_data = AuthenticatorData::parse(signed.auth_data).unwrap();
    assert_eq!(object.fmt, signed.fmt);
    match signed.fmt {
        // Nothing is signed.
        "none" => {
            let read = |bytes: &Bytes| {
                ClientData::parse(bytes.as_slice()).map(|c| (c.type_.into_owned(), c.challenge.into_owned(), c.origin.into_owned()))
            };
            assert_eq!(read(&response.client_data_json), read(&valid.client_data_json));
            assert_eq!(data.rp_id_hash, signed_data.rp_id_hash);
        }
        // Not all is.
        "fido-u2f" => {
            let credential = |data: &AuthenticatorData<'_>| {
                data.attested.as_ref().map(|a| (a.credential_id.to_vec(), CosePublicKey::new(a.public_key.to_vec()).unwrap().to_spki_der()))
            };
            assert_eq!(response.client_data_json, valid.client_data_json);
            assert_eq!(data.rp_id_hash, signed_data.rp_id_hash);
            assert_eq!(credential(&data), credential(&signed_data));
        }
        _ => {
            assert_eq!(response.client_data_json, valid.client_data_json, "accepted though the client data was changed");
            assert_eq!(object.auth_data, signed.auth_data, "accepted though the authenticator data was changed");
        }
    }
    if verdict.trust.is_trusted() {
        assert_eq!((&verdict.trust, &verdict.path), (&honest.trust, &honest.path));
    }
    let record = verified.record();
    assert_eq!(record.credential_id.as_bytes(), data.attested.unwrap().credential_id);
    assert_eq!(record.credential_id.as_bytes(), response.raw_id.as_slice());
    assert_eq!(response.authenticator_data.as_ref().map(Bytes::as_slice), Some(object.auth_data));
    let copied = CosePublicKey::from_spki_der(response.public_key.as_ref().unwrap().as_slice(), record.algorithm()).unwrap();
    assert_eq!(copied.parse(), record.public_key.parse());
    assert_eq!((&record.transports, &record.attachment), (&response.transports, &response.authenticator_attachment));
    assert_eq!(*verified.client_extension_results(), response.client_extension_results);
}

/// Whether the statement that is made of a draft is about the credential in these bytes, which were changed once more.
fn is_about(kind: &AttestationKind, draft: &RegistrationDraft, rp_id_hash: &[u8], attested: &Attested<'_>) -> bool {
    let signer = draft.signer();
    let (own_key, own_algorithm) = (attested.is_material_of(signer), attested.algorithm() == Some(signer.algorithm().cose_id()));
    let meant = draft.auth_data.attested.as_ref();
    let names_model = || meant.is_some_and(|meant| meant.aaguid == attested.aaguid);
    match kind {
        AttestationKind::None | AttestationKind::AndroidSafetyNet(_) => true,
        AttestationKind::PackedSelf | AttestationKind::AndroidKey(_) => own_key && own_algorithm,
        AttestationKind::Packed(_) => names_model(),
        AttestationKind::Tpm(_) | AttestationKind::Apple(_) => own_key,
        AttestationKind::FidoU2f(_) => {
            let coordinates =
                |label: i64| fuzz::formats::at(&attested.key, label).and_then(|value| value.as_bytes()).cloned().map(Cbor::Bytes);
            let is_credential = |meant: &AttestedDraft| {
                let same = |label: i64| meant.public_key.get(label).cloned() == coordinates(label);
                meant.credential_id == attested.credential_id && same(-2) && same(-3)
            };
            draft.auth_data.rp_id_hash == rp_id_hash && meant.is_some_and(is_credential)
        }
        AttestationKind::Compound(kinds) => kinds.iter().all(|kind| is_about(kind, draft, rp_id_hash, attested)),
        other => panic!("what does {other:?} attest?"),
    }
}

/// The same attestation without RSA, which is slow to sign.
fn quick(mut kind: AttestationKind) -> AttestationKind {
    match &mut kind {
        AttestationKind::Tpm(tpm) => tpm.key = tpm.ca.leaf_key(KeyAlgorithm::Es256),
        AttestationKind::AndroidSafetyNet(safetynet) => safetynet.key = safetynet.ca.leaf_key(KeyAlgorithm::Es256),
        _ => {}
    }
    kind
}

/// The keys that a statement of this format can be about: of every algorithm, or of ES256.
fn keys(kind: &AttestationKind) -> &'static [KeyPair] {
    match kind {
        AttestationKind::None | AttestationKind::PackedSelf | AttestationKind::Packed(_) | AttestationKind::AndroidSafetyNet(_) => &KEYS,
        _ => &KEYS[..2],
    }
}

fn signed_again(rps: &[RelyingParty; 2], (ceremony, honest): &Ceremony, script: &[u8]) {
    let [settings, more, script @ ..] = script else { return };
    let set = |bit: u32| settings >> bit & 1 == 1;
    let (is_embedded, conditional, trusted_only, refuses_model) = (set(0), set(1), set(2), set(3));
    let rp = &rps[usize::from(is_embedded)];
    let mut policy = rp.registration_policy().clone();
    if set(4) {
        policy.user_verification = UserVerification::Preferred;
    }
    let offered = if set(5) { &[Algorithm::Es256, Algorithm::Ed25519] } else { Algorithm::ALL };
    policy.algorithms = AlgorithmList::new(offered.iter().copied()).unwrap();
    if trusted_only {
        policy.attestation = policy.attestation.trusted_only();
    }
    let model = *ceremony.draft.auth_data.attested.as_ref().unwrap().aaguid.first_chunk().unwrap();
    if refuses_model {
        policy.attestation = policy.attestation.refuse_models([Aaguid::new(model)]);
    }
    let eligible = [None, Some(true), Some(false)][usize::from(*more) % 3];
    policy.backup_eligibility = match eligible {
        None => BackupEligibilityPolicy::Any,
        Some(true) => BackupEligibilityPolicy::Required,
        Some(false) => BackupEligibilityPolicy::Refused,
    };
    let request = if conditional { request().conditional() } else { request() };
    let (_, pending) = rp.start_registration(request.policy(policy), Challenge::new(CHALLENGES[0]).unwrap(), NOW).unwrap();

    let mut draft = ceremony.draft.clone();
    draft.attestation = quick(draft.attestation);
    let keys = keys(&draft.attestation);
    let mut raw_id = None;
    for change in changes(script) {
        match (change.what / 8 % 3, change.what % 8, &mut draft.auth_data.attested) {
            (0, _, _) => change.client_data(&mut draft.client_data),
            (1, _, _) => change.authenticator_data(&mut draft.auth_data),
            (_, 0, _) => change.optional_bytes(&mut raw_id),
            (_, 1, _) => draft.set_signer(keys[change.choice() % keys.len()].clone()),
            (_, 2, attested) => *attested = None,
            (_, _, None) => draft.auth_data.set_attested(ceremony.draft.auth_data.attested.clone()),
            (_, 3, Some(attested)) => {
                change.bytes(&mut attested.credential_id);
                attested.credential_id.truncate(2000);
            }
            (_, 4, Some(attested)) => attested.aaguid[change.choice() % 16] ^= 1,
            (_, 5, Some(attested)) => attested.public_key = keys[change.choice() % keys.len()].cose_key(),
            (_, 6, Some(attested)) => {
                let key = &keys[change.choice() % keys.len()];
                attested.public_key = key.cose_key();
                draft.set_signer(key.clone());
            }
            (_, _, Some(attested)) => {
                let mut key = attested.public_key.encode();
                change.bytes(&mut key);
                attested.public_key = Cbor::Raw(key);
            }
        }
    }
    let (client_data, authenticator_data) = (draft.client_data.to_bytes(), draft.auth_data.to_bytes());
    let object = draft.attestation_object_bytes();
    let own_id = draft.auth_data.attested.as_ref().map(|attested| attested.credential_id.clone());
    let raw_id = raw_id.or(own_id).unwrap_or_default();
    let response = RegistrationResponse::from_parts(&raw_id, &client_data, &object);

    let demands = Demands {
        type_: "webauthn.create",
        challenge: &ceremony.draft.client_data.challenge,
        embedded: is_embedded,
        rp_id: "example.com",
        user_present: !conditional,
        user_verified: !set(4),
    };
    let (mut judgement, data) = Judgement::of(&demands, &client_data, &authenticator_data);
    judgement.demand("trust", !trusted_only || honest.trust.is_trusted());
    if let Some(data) = &data {
        judgement.demand("BE", eligible.is_none_or(|eligible| data.has(flags::BE) == eligible));
        judgement.demand("the attested data", data.attested.is_some());
    }
    if let Some(attested) = data.as_ref().and_then(|data| data.attested.as_ref()) {
        let known = |pair: &KeyPair| pair.cose_key().encode() == attested.key_bytes;
        judgement.clear &= object.len() < 60_000 && (known(ceremony.draft.signer()) || keys.iter().any(known));
        judgement.demand("the algorithm", offered.iter().any(|offered| attested.algorithm() == Some(offered.cose_id())));
        judgement.demand("the credential ID", attested.credential_id == raw_id && (1..=1023).contains(&raw_id.len()));
        judgement.demand("the model", !refuses_model || attested.aaguid != model);
        judgement.demand("the statement", is_about(&draft.attestation, &draft, &authenticator_data[..32], attested));
    }
    let len = raw_id.len() + client_data.len() + object.len();
    let verdict = bounded(len, 256, || work::signatures(64, || pending.verify(rp, &response, NOW)));
    judgement.check(&verdict);

    if let (Ok(verified), Some(data)) = (verdict, data) {
        let (record, attested) = (verified.record(), data.attested.as_ref().unwrap());
        assert_eq!(verified.trust().is_trusted(), honest.trust.is_trusted());
        assert_eq!(verified.flags().as_byte(), data.flags);
        assert_eq!(verified.extension_outputs().map(Bytes::as_slice), data.extensions);
        assert_eq!((record.usage.sign_count, record.usage.backup_state), (data.sign_count, data.has(flags::BS)));
        assert_eq!(record.usage.backup_eligible, Some(data.has(flags::BE)));
        assert_eq!(record.usage.uv_initialized, Some(data.has(flags::UV)));
        assert_eq!(record.credential_id.as_bytes(), attested.credential_id);
        assert_eq!((record.aaguid.as_bytes().as_slice(), record.public_key.as_bytes()), (attested.aaguid, attested.key_bytes));
    }
}
