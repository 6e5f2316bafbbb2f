//! COSE keys: one thing wrong about the key, everything else valid and signed again.
//!
//! Each case goes through a registration without attestation, one with self attestation, and a stored record;
//! if its algorithm is offered by default, through the facade as it comes, too.

mod numbers;

use passkeeper::store::{CredentialStore as _, Inserted};
use passkeeper::testing::{AttestationKind, Cbor, KeyAlgorithm, KeyPair, RegistrationDraft, VirtualAuthenticator};
use passkeeper::types::{Algorithm, AlgorithmList, Bytes};
use passkeeper::{AuthenticationRequest, CosePublicKey, CredentialRecord, RegistrationRequest, RelyingParty};
use pollster::block_on;

use crate::common::*;

type Change = Box<dyn Fn(&mut Cbor)>;

/// A change to the key that an authenticator made for this algorithm, and the code it is refused with.
struct Case {
    name: String,
    algorithm: KeyAlgorithm,
    code: &'static str,
    change: Change,
}

fn case(name: impl Into<String>, algorithm: KeyAlgorithm, code: &'static str, change: impl Fn(&mut Cbor) + 'static) -> Case {
    Case { name: format!("{algorithm:?}: {}", name.into()), algorithm, code, change: Box::new(change) }
}

/// Sets one parameter.
fn set(name: &str, algorithm: KeyAlgorithm, code: &'static str, label: i64, value: impl Into<Cbor>) -> Case {
    let value = value.into();
    case(name, algorithm, code, move |key| key.set(label, value.clone()))
}

/// One of each kind of key.
const KINDS: [KeyAlgorithm; 5] = [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Es512, KeyAlgorithm::EdDsa, KeyAlgorithm::Rs256];
const EC: [KeyAlgorithm; 3] = [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Es512];

/// Offers every algorithm there is.
fn open_rp() -> RelyingParty {
    builder().algorithms(AlgorithmList::new(Algorithm::ALL.iter().copied()).unwrap()).build().unwrap()
}

fn registering(algorithm: KeyAlgorithm, attestation: AttestationKind) -> Registering {
    let mut authenticator = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]).with_attestation(attestation);
    Registering::with(open_rp(), RegistrationRequest::new(user("alice")), &mut authenticator)
}

fn key_of(draft: &mut RegistrationDraft) -> &mut Cbor {
    &mut draft.auth_data.attested.as_mut().unwrap().public_key
}

/// A credential with this key in place of the authenticator's own.
fn with_key(draft: &mut RegistrationDraft, key: KeyPair) {
    *key_of(draft) = key.cose_key();
    draft.set_signer(key);
}

/// Whether the facade, as it comes, offers it.
fn offered(algorithm: KeyAlgorithm) -> bool {
    AlgorithmList::recommended().contains(Algorithm::from_cose_id(algorithm.cose_id()).unwrap())
}

fn with_statement_alg(draft: &mut RegistrationDraft, alg: i64) {
    let mut statement = draft.statement();
    statement.set("alg", alg);
    draft.att_stmt = Some(statement);
}

fn change_key(registering: Registering, change: &dyn Fn(&mut Cbor)) -> Registering {
    registering.change(|draft| change(key_of(draft)))
}

/// A sign-in by an authenticator with a key of this algorithm, and the key.
fn signing_in(algorithm: KeyAlgorithm) -> (SigningIn, KeyPair) {
    let mut authenticator = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]);
    let signing_in = SigningIn::with(open_rp(), AuthenticationRequest::discoverable(), &mut authenticator);
    (signing_in, authenticator.credentials()[0].key.clone())
}

/// What honest ceremonies with a key of one algorithm look like; making RSA keys takes long.
struct Honest {
    registering: [Registering; 2],
    signing_in: SigningIn,
    key: KeyPair,
}

impl Honest {
    fn new(algorithm: KeyAlgorithm) -> Self {
        let (signing_in, key) = signing_in(algorithm);
        let registering = [AttestationKind::None, AttestationKind::PackedSelf].map(|attestation| registering(algorithm, attestation));
        Self { registering, signing_in, key }
    }
}

/// Each case through both kinds of registration, as a stored record, and through the facade.
#[track_caller]
fn refuse_everywhere(mut cases: Vec<Case>) {
    cases.sort_by_key(|case| case.algorithm);
    let backend = Backend::new();
    for of_one in cases.chunk_by(|one, other| one.algorithm == other.algorithm) {
        let Honest { registering, signing_in, key } = Honest::new(of_one[0].algorithm);
        let (registering, signing_in) = (registering.map(Registering::copies), signing_in.copies());
        for Case { name, code, change, .. } in of_one {
            for honest in &registering {
                let changed = change_key(honest(), change);
                let format = changed.draft.attestation.format();
                assert_eq!(refusal(changed.verify()), (*code, Some("7.1/20")), "{name}, {format}");
            }
            if offered(of_one[0].algorithm) {
                let error = backend.refuse_registration(|draft| {
                    with_key(draft, key.clone());
                    change(key_of(draft));
                });
                assert_eq!((error.code(), error.spec_step()), (*code, Some("7.1/20")), "{name}, facade");
            }
            let mut key = key.cose_key();
            change(&mut key);
            refuse_stored(name, code, signing_in(), &key.encode());
        }
    }
}

#[track_caller]
fn refuse_stored(name: &str, code: &str, signing_in: SigningIn, key: &[u8]) {
    match CosePublicKey::new(key) {
        // Only the provider can tell.
        Ok(key) => {
            let result = signing_in.change_record(|record| record.public_key = key).verify();
            assert_eq!(refusal(result), (code, Some("7.2/21")), "{name}, authentication");
        }
        Err(error) => {
            assert_eq!(error.code(), code, "{name}, record");
            let mut stored: serde_json::Value = serde_json::from_str(&signing_in.record.to_json().unwrap()).unwrap();
            stored["public_key"] = Bytes::from(key).to_base64url().into();
            let read = CredentialRecord::from_json(&stored.to_string());
            assert_eq!(refusal(read), ("record-malformed", None), "{name}, stored record");
        }
    }
}

#[track_caller]
fn accept(name: &str, algorithm: KeyAlgorithm, change: impl Fn(&mut Cbor)) {
    let result = change_key(registering(algorithm, AttestationKind::None), &change).verify();
    assert_eq!(result.map(|_| ()), Ok(()), "{name}");
}

#[test]
fn honest_keys_are_accepted() {
    for &algorithm in KeyAlgorithm::ALL {
        for attestation in [AttestationKind::None, AttestationKind::PackedSelf] {
            let _ = registering(algorithm, attestation).verify().unwrap();
        }
        let (signing_in, key) = signing_in(algorithm);
        assert_eq!(signing_in.record.public_key.as_bytes(), key.cose_key().encode());
        let record = CredentialRecord::from_json(&signing_in.record.to_json().unwrap()).unwrap();
        assert_eq!(record, signing_in.record);
        let _ = signing_in.verify().unwrap();
    }
}

fn integer(key: &Cbor, label: i64) -> Option<i64> {
    match key.get(label) {
        Some(Cbor::Int(number)) => Some(*number),
        _ => None,
    }
}

fn bytes(key: &Cbor, label: i64) -> Vec<u8> {
    match key.get(label) {
        Some(Cbor::Bytes(bytes)) => bytes.clone(),
        other => panic!("label {label} is {other:?}"),
    }
}

#[test]
fn kty_crv_alg_disagreement() {
    let mut cases = Vec::new();
    let keys: Vec<_> = KeyAlgorithm::ALL.iter().map(|algorithm| (*algorithm, KeyPair::from_seed(*algorithm, 1).cose_key())).collect();
    for (one, own) in keys.clone() {
        for (other, theirs) in keys.clone() {
            let name = format!("alg of {other:?}");
            if integer(&own, 1) != integer(&theirs, 1) {
                cases.push(set(&name, one, "public-key-type-mismatch", 3, other.cose_id()));
                cases.push(set(&format!("kty of {other:?}"), one, "public-key-type-mismatch", 1, integer(&theirs, 1).unwrap()));
            } else if integer(&own, -1) != integer(&theirs, -1) {
                cases.push(set(&name, one, "public-key-curve-mismatch", 3, other.cose_id()));
                cases.push(set(&format!("crv of {other:?}"), one, "public-key-curve-mismatch", -1, integer(&theirs, -1).unwrap()));
                // A real point of the other curve, under this algorithm.
                let id = one.cose_id();
                cases.push(case(format!("key of {other:?}"), one, "public-key-curve-mismatch", move |key| {
                    *key = theirs.clone();
                    key.set(3, id);
                }));
            }
        }
        let kty = integer(&own, 1).unwrap();
        for wrong in [0, 1, 2, 3, 4, 5, 6, 7, -1, -2, 255, i64::MAX, i64::MIN].into_iter().filter(|wrong| *wrong != kty) {
            cases.push(set(&format!("kty {wrong}"), one, "public-key-type-mismatch", 1, wrong));
        }
        let Some(crv) = integer(&own, -1) else { continue };
        for wrong in [0, 1, 2, 3, 4, 5, 6, 7, 8, 256, -1, i64::MAX, i64::MIN].into_iter().filter(|wrong| *wrong != crv) {
            cases.push(set(&format!("crv {wrong}"), one, "public-key-curve-mismatch", -1, wrong));
        }
    }
    // kty and alg agree with each other, but not with the rest.
    for (name, from, kty, alg, code) in [
        ("OKP as EC2", KeyAlgorithm::EdDsa, 2, -7, "public-key-curve-mismatch"),
        ("RSA as EC2", KeyAlgorithm::Rs256, 2, -7, "public-key-parameter-type"),
        ("RSA as OKP", KeyAlgorithm::Rs256, 1, -8, "public-key-parameter-type"),
        ("EC2 as OKP", KeyAlgorithm::Es256, 1, -8, "public-key-extra-parameter"),
        ("EC2 as RSA", KeyAlgorithm::Es256, 3, -257, "public-key-private-part"),
        ("OKP as RSA", KeyAlgorithm::EdDsa, 3, -257, "public-key-parameter-type"),
    ] {
        cases.push(case(name, from, code, move |key| {
            key.set(1, kty);
            key.set(3, alg);
        }));
    }
    assert!(cases.len() > 400, "{}", cases.len());
    refuse_everywhere(cases);
}

#[test]
fn alg_not_offered() {
    let backend = Backend::new();
    for &algorithm in KeyAlgorithm::ALL {
        let own = Algorithm::from_cose_id(algorithm.cose_id()).unwrap();
        let others = AlgorithmList::new(Algorithm::ALL.iter().copied().filter(|other| *other != own)).unwrap();
        for attestation in [AttestationKind::None, AttestationKind::PackedSelf] {
            // The relying party offers everything but this one; the authenticator makes it all the same.
            let rp = builder().algorithms(others.clone()).build().unwrap();
            let mut registering = registering(algorithm, attestation.clone());
            let (_, pending) = rp.start_registration(RegistrationRequest::new(user("alice")), challenge(), NOW).unwrap();
            registering.draft.client_data.challenge = pending.challenge().to_base64url().into();
            (registering.pending, registering.rp) = (pending, rp);
            assert_refused(registering.verify(), "algorithm-not-offered", "7.1/20");
            if !offered(algorithm) {
                let error = backend.refuse_registration(|draft| {
                    with_key(draft, KeyPair::from_seed(algorithm, 3));
                    draft.attestation = attestation;
                });
                assert_eq!((error.code(), error.spec_step()), ("algorithm-not-offered", Some("7.1/20")), "{algorithm:?}, facade");
            }
        }
    }
}

#[test]
fn unknown_alg_must_error_never_default() {
    let unknown = [
        -65535,
        -65536,
        -47,
        -53,
        -48,
        -49,
        -50,
        -25,
        -265,
        -266,
        -267,
        -268,
        -260,
        -256,
        -6,
        -10,
        -18,
        -20,
        -34,
        -40,
        0,
        1,
        7,
        257,
        -1,
        -2,
        255,
        i64::MAX,
        i64::MIN,
        -7 + 256,
        -7 - 65536,
        -7 - (1 << 32),
        -7 + (1 << 32),
    ];
    let cases =
        unknown.into_iter().flat_map(|alg| KINDS.map(|kind| set(&format!("alg {alg}"), kind, "public-key-algorithm-unsupported", 3, alg)));
    refuse_everywhere(cases.collect());
}

/// The statement and the key must name one algorithm, even if both name the same scheme.
#[test]
fn alg_differs_from_the_statement() {
    #[track_caller]
    fn refuse(backend: &Backend, one: i64, change: impl FnOnce(&mut RegistrationDraft)) {
        let error = backend.refuse_registration(|draft| {
            with_key(draft, KeyPair::from_seed(KeyAlgorithm::from_cose_id(one).unwrap(), 3));
            draft.attestation = AttestationKind::PackedSelf;
            change(draft);
        });
        assert_eq!((error.code(), error.spec_step()), ("attestation-algorithm-mismatch", Some("7.1/22")), "{one}");
    }
    // The keys are of those that are offered by default.
    let default = Backend::new();
    for (one, other) in [(-7, -9), (-8, -19), (-257, -37), (-257, -258), (-7, -257)] {
        refuse(&default, one, |draft| with_statement_alg(draft, other));
    }
    // A key that claims another algorithm is refused by default for that alone: none of those that share its form is offered.
    let open = Backend::with(open_rp());
    for (one, other) in [(-7, -9), (-8, -19), (-257, -37), (-257, -259), (-37, -257)] {
        refuse(&open, one, |draft| {
            with_statement_alg(draft, one);
            key_of(draft).set(3, other);
        });
    }
}

#[test]
fn alg_differs_from_the_stored_key() {
    for (one, other) in [(-257, -37), (-257, -258), (-257, -259), (-37, -257), (-39, -38)] {
        // Of carol's passkey, which verifies until its record says otherwise.
        let mut authenticator = VirtualAuthenticator::new(3).with_algorithms(&[KeyAlgorithm::from_cose_id(one).unwrap()]);
        let backend = Backend::new();
        let mut record = register(&open_rp(), &mut authenticator, "carol");
        let mut key = authenticator.credentials()[0].key.cose_key();
        key.set(3, other);
        record.public_key = CosePublicKey::new(key.encode()).unwrap();
        assert_eq!(block_on(backend.store.insert(&record, None)), Ok(Inserted::Yes));
        let error = backend.refuse_sign_in_with(&authenticator, AuthenticationRequest::discoverable(), |_| {});
        assert_eq!((error.code(), error.spec_step()), ("signature-invalid", Some("7.2/21")), "{one} as {other}");
    }
    // A record has no algorithm of its own that could differ from its key's.
    let (signing_in, _) = signing_in(KeyAlgorithm::Es256);
    let mut stored: serde_json::Value = serde_json::from_str(&signing_in.record.to_json().unwrap()).unwrap();
    stored["algorithm"] = (-257).into();
    let record = CredentialRecord::from_json(&stored.to_string()).unwrap();
    assert_eq!(record.algorithm().cose_id(), -7);
}

#[test]
fn missing_parameters() {
    let mut cases = Vec::new();
    for kind in KINDS {
        let required: &[i64] = if EC.contains(&kind) { &[1, 3, -1, -2, -3] } else { &[1, 3, -1, -2] };
        for &label in required {
            cases.push(case(format!("no label {label}"), kind, "public-key-parameter-missing", move |key| key.remove(label)));
        }
        cases.push(case("empty map", kind, "public-key-parameter-missing", |key| *key = Cbor::Map(vec![])));
        for (name, value) in [("array", Cbor::Array(vec![])), ("bytes", Cbor::bytes([])), ("null", Cbor::Null), ("integer", 2.into())] {
            cases.push(case(name, kind, "public-key-not-a-map", move |key| *key = value.clone()));
        }
    }
    refuse_everywhere(cases);
}

#[test]
fn parameters_of_the_wrong_type() {
    let mut cases = Vec::new();
    for kind in KINDS {
        let texts = [("2", 1), ("EC2", 1), ("ES256", 3), ("-7", 3)];
        cases.extend(texts.map(|(text, label)| set(text, kind, "public-key-parameter-type", label, text)));
        let numbers: &[i64] = if kind == KeyAlgorithm::Rs256 { &[1, 3] } else { &[1, 3, -1] };
        let byte_strings: &[i64] = match kind {
            KeyAlgorithm::Rs256 => &[-1, -2],
            KeyAlgorithm::EdDsa => &[-2],
            _ => &[-2, -3],
        };
        for value in [Cbor::Null, "P-256".into(), Cbor::Array(vec![]), Cbor::Map(vec![]), true.into(), Cbor::bytes([1])] {
            let name = format!("{value:?}");
            let but_bytes = !matches!(value, Cbor::Bytes(_));
            let compressed = |label: i64| label == -3 && value == true.into();
            let of_bytes = byte_strings.iter().filter(|label| but_bytes && !compressed(**label));
            cases.extend(numbers.iter().chain(of_bytes).map(|label| set(&name, kind, "public-key-parameter-type", *label, value.clone())));
        }
        cases.extend(byte_strings.iter().map(|label| set("a number", kind, "public-key-parameter-type", *label, 65537)));
    }
    refuse_everywhere(cases);
}

#[test]
fn extra_parameters_and_private_parts() {
    let mut cases = Vec::new();
    for kind in KINDS {
        let (private, other): (Vec<i64>, Vec<i64>) = match kind {
            KeyAlgorithm::Rs256 => ((-12..=-3).collect(), vec![-13]),
            KeyAlgorithm::EdDsa => (vec![-4], vec![-3, -5]),
            _ => (vec![-4], vec![-5, -6]),
        };
        for label in private {
            for value in [Cbor::bytes([7; 32]), Cbor::bytes([]), Cbor::Null] {
                cases.push(set(&format!("private part {label}"), kind, "public-key-private-part", label, value));
            }
        }
        // kid, key_ops, Base IV, and labels that mean nothing.
        for label in [2, 4, 5].into_iter().chain(other).chain([0, 6, 100, -70_000, i64::MAX, i64::MIN]) {
            cases.push(set(&format!("label {label}"), kind, "public-key-extra-parameter", label, Cbor::bytes([1])));
        }
        for name in ["kid", "alg", "", "1"] {
            cases.push(case(format!("text label {name}"), kind, "public-key-extra-parameter", move |key| key.set(name, 1)));
        }
    }
    refuse_everywhere(cases);
}
