//! Statements that were made to cost time or memory: the work stays bounded, and is counted.

use std::cell::Cell;

use passkeeper::attestation::{CompoundRule, TrustAnchors};
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::crypto::{CryptoProvider, HashAlgorithm, InvalidKey, InvalidSignature, PreparedKey, Scheme, SignatureScheme, VerifyingKey};
use passkeeper::metadata::BlobVerifier;
use passkeeper::parse::{CoseKey, KeyMaterial};
use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AttestationKind, AttestedDraft, CertificateAuthority, CertificateDraft, ExtensionDraft,
    KeyDescription, KeyPair, Name, PackedAttestation, SafetyNetAttestation, TpmAttestation, der, oid,
};
use passkeeper::types::{Algorithm, Curve};
use passkeeper::wire::RegistrationResponse;
use passkeeper::x509::RevocationList;

use crate::common::{NOW, refusal};
use crate::setup::*;

thread_local! {
    static VERIFICATIONS: Cell<usize> = const { Cell::new(0) };
}

/// One scheme of the default provider, counted.
struct Counting(Algorithm, Scheme);

struct CountingKey(PreparedKey);

impl SignatureScheme for Counting {
    fn scheme(&self) -> Scheme {
        self.1
    }

    fn prepare(&self, key: &KeyMaterial<'_>) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let key = PROVIDER.prepare(&CoseKey { algorithm: self.0, material: *key }).map_err(|_| InvalidKey)?;
        Ok(Box::new(CountingKey(key)))
    }
}

impl VerifyingKey for CountingKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), InvalidSignature> {
        VERIFICATIONS.set(VERIFICATIONS.get() + 1);
        self.0.verify(message, signature)
    }
}

const COUNTING: CryptoProvider = CryptoProvider::new(
    "counting",
    &[
        &Counting(Algorithm::Es256, Scheme::Ecdsa(Curve::P256, HashAlgorithm::Sha256)),
        &Counting(Algorithm::Es384, Scheme::Ecdsa(Curve::P384, HashAlgorithm::Sha384)),
        &Counting(Algorithm::EdDsa, Scheme::Ed25519),
        &Counting(Algorithm::Rs256, Scheme::RsaPkcs1(HashAlgorithm::Sha256)),
    ],
);

/// Runs a case and tells how many signatures were verified.
fn counted<T>(case: Case, run: impl FnOnce(Case) -> T) -> (T, usize) {
    VERIFICATIONS.set(0);
    let outcome = run(Case { provider: COUNTING, ..case });
    (outcome, VERIFICATIONS.get())
}

fn packed() -> PackedAttestation {
    PackedAttestation::new(&ca())
}

fn with_chain(change: impl Fn(&mut Vec<Vec<u8>>) + Send + Sync + 'static) -> Case {
    let mut kind = packed();
    kind.x5c.edit(change);
    Case::new(kind)
}

#[test]
fn an_honest_chain_is_verified_once() {
    // Statement, leaf, intermediate.
    let (result, work) = counted(Case::new(packed()), Case::register);
    assert_passes(result, "honest");
    assert_eq!(work, 3);
}

/// The signature of the BLOB, its leaf and what is between that and the root; with nothing else to turn to.
#[test]
fn metadata_is_verified_by_the_provider_that_is_handed_in() {
    let blob = crate::blob::blob();
    let verifier = BlobVerifier::new(anchor(&blob.ca.root_der()));
    VERIFICATIONS.set(0);
    assert!(verifier.verify(&blob.sign(), &COUNTING, NOW).is_ok());
    assert!(VERIFICATIONS.get() >= 2, "{}", VERIFICATIONS.get());
    let empty = CryptoProvider::new("empty", &[]);
    assert_eq!(refusal(verifier.verify(&blob.sign(), &empty, NOW)).0, "certificate-algorithm-unsupported");
}

#[test]
fn chains_of_many_certificates() {
    let long = CertificateAuthority::with_levels(20, &[Es256; 9]);
    let (result, work) = counted(Case::new(PackedAttestation::new(&long)).trusting(&long), Case::register);
    assert_refused(result, "certificate-chain-too-long", STEP_22, "nine certificates");
    assert_eq!(work, 0, "not even the statement");

    let tiny = der::sequence(&[]);
    let (result, work) = counted(with_chain(move |chain| chain.extend(vec![tiny.clone(); 500])), Case::register);
    assert_refused(result, "certificate-chain-too-long", STEP_22, "500 tiny certificates behind an honest chain");
    assert_eq!(work, 0, "not even the statement");

    // The number is judged before any of them is read, in every format.
    let crowd = |chain: &mut Vec<Vec<u8>>| *chain = vec![vec![0]; 9];
    let (mut tpm, mut android, mut apple) = (TpmAttestation::new(&ca()), AndroidKeyAttestation::new(&ca()), AppleAttestation::new(&ca()));
    tpm.x5c.edit(crowd);
    android.x5c.edit(crowd);
    apple.x5c.edit(crowd);
    for kind in [AttestationKind::from(tpm), android.into(), apple.into()] {
        let name = kind.format();
        assert_refused(Case::new(kind).register(), "certificate-chain-too-long", STEP_22, name);
    }
}

#[test]
fn signed_json_with_many_certificates() {
    let mut kind = SafetyNetAttestation::new(&ca(), NOW.as_secs() * 1000);
    kind.x5c.edit(|chain| chain.extend(vec![vec![0]; 50]));
    let case = Case::new(kind).rules(|rules| rules.danger_accept_android_safetynet = true);
    let (result, work) = counted(case, Case::register);
    assert_refused(result, "certificate-chain-too-long", STEP_22, "fifty certificates");
    assert_eq!(work, 0, "not even the response");
}

/// Answers in full size; the JSON's own limit comes first.
fn refused_code(case: Case) -> (String, Option<&'static str>) {
    let (backend, started) = start(case.rp(), case.now);
    let draft = case.authenticator().create(&crate::common::json(&started.options), crate::common::ORIGIN).unwrap();
    let AttestedDraft { credential_id, .. } = draft.auth_data.attested.clone().unwrap();
    let response = RegistrationResponse::from_parts(credential_id, draft.client_data.to_bytes(), draft.attestation_object_bytes());
    let error = complete(&backend, &started, &response).unwrap_err();
    (error.code().into(), error.spec_step())
}

#[test]
fn lists_that_are_too_long_or_too_large() {
    let verdict =
        |count: usize, certificate: Vec<u8>| counted(with_chain(move |chain| *chain = vec![certificate.clone(); count]), refused_code);
    let tiny = || der::sequence(&[]);
    let at_13 = |code: &str| (code.to_owned(), Some("7.1/13"));
    assert_eq!(verdict(10_000, tiny()), (at_13("cbor-too-many-items"), 0), "10,000 certificates");
    assert_eq!(verdict(1_100, tiny()), (at_13("cbor-too-many-items"), 0), "1,100 tiny certificates");
    assert_eq!(verdict(1_000, tiny()), (("certificate-chain-too-long".to_owned(), Some(STEP_22)), 0), "1,000 tiny certificates");
    assert_eq!(verdict(200, ca().root_der()), (at_13("cbor-too-large"), 0), "200 certificates of 500 bytes");
    assert_eq!(verdict(1, vec![0x30; 70_000]), (at_13("cbor-too-large"), 0), "one of 70,000 bytes");
    assert_eq!(verdict(1, vec![0x30; 60_000]), (("certificate-malformed".to_owned(), Some(STEP_22)), 0), "one of 60,000 bytes");
}

#[test]
fn enormous_names() {
    let mut kind = packed();
    kind.leaf.edit(|leaf| leaf.subject.set(oid::COMMON_NAME, &"x".repeat(60_000)));
    let (result, work) = counted(Case::new(kind), Case::register);
    assert_passes(result, "a common name of 60,000 bytes");
    assert_eq!(work, 3);

    let mut many = packed();
    many.leaf.edit(|leaf| (0..2_000).for_each(|_| leaf.subject = leaf.subject.clone().with(oid::COMMON_NAME, "xxxx")));
    assert_passes(Case::new(many).register(), "2,000 attributes");

    let mut large_ca = ca();
    large_ca.intermediates[0].certificate.subject = Name::common(&"x".repeat(20_000));
    let mut kind = PackedAttestation::new(&large_ca);
    kind.leaf.edit(|leaf| leaf.issuer = Name::common(&"y".repeat(20_000)));
    let (result, work) = counted(Case::new(kind), Case::register);
    assert_refused(result, "certificate-issuer-mismatch", STEP_24, "two long names");
    assert_eq!(work, 1);
}

/// SEQUENCE in SEQUENCE, so many levels deep.
fn nested(levels: usize) -> Vec<u8> {
    let mut lengths = vec![0_u16];
    for _ in 0..levels {
        let length = *lengths.last().unwrap();
        let head = match length {
            0..0x80 => 2,
            0x80..0x100 => 3,
            _ => 4,
        };
        lengths.push(length + head);
    }
    lengths.pop();
    let head = |length: u16| match (length, length.to_be_bytes()) {
        (0..0x80, [_, low]) => vec![0x30, low],
        (0x80..0x100, [_, low]) => vec![0x30, 0x81, low],
        (_, [high, low]) => vec![0x30, 0x82, high, low],
    };
    lengths.into_iter().rev().flat_map(head).collect()
}

#[test]
fn deep_nesting() {
    const DEPTH: usize = 14_000;
    assert_eq!(nested(2), [0x30, 2, 0x30, 0]);
    let whole = Case { ..with_chain(|chain| chain[0] = nested(DEPTH)) };
    assert_refused(whole.register(), "certificate-malformed", STEP_22, "a certificate of nothing but SEQUENCEs");

    type Change = fn(&mut CertificateDraft);
    type Verdict = Option<(&'static str, &'static str)>;
    let leaf: &[(&str, Change, Verdict)] = &[
        ("an unknown extension", |leaf| leaf.set_extension(ExtensionDraft::new("1.2.3", false, nested(DEPTH))), None),
        (
            "basicConstraints",
            |leaf| leaf.extension_mut(oid::BASIC_CONSTRAINTS).unwrap().value = nested(DEPTH),
            Some(("certificate-malformed", STEP_22)),
        ),
        (
            "the AAGUID",
            |leaf| leaf.extension_mut(oid::FIDO_AAGUID).unwrap().value = nested(DEPTH),
            Some(("attestation-certificate-aaguid", STEP_22)),
        ),
        (
            "the public key",
            |leaf| leaf.spki = der::sequence(&[der::sequence(&[der::oid("1.2.3"), nested(DEPTH)]), der::bit_string(&[1])]),
            Some(("certificate-key-unsupported", STEP_22)),
        ),
        ("the validity", |leaf| leaf.validity = Some(nested(DEPTH)), Some(("certificate-malformed", STEP_22))),
        ("the signed part", |leaf| leaf.tbs = Some(nested(DEPTH)), Some(("certificate-malformed", STEP_22))),
    ];
    for (name, change, verdict) in leaf {
        let mut kind = packed();
        kind.leaf.edit(*change);
        let result = Case::new(kind).register();
        match verdict {
            None => assert_passes(result, name),
            Some((code, step)) => assert_refused(result, code, step, name),
        }
    }

    let mut tpm = TpmAttestation::new(&ca());
    tpm.leaf.edit(|leaf| leaf.extension_mut(oid::SUBJECT_ALT_NAME).unwrap().value = nested(DEPTH));
    assert_refused(Case::new(tpm).register(), "tpm-alternative-name", STEP_22, "the alternative name");
    let mut usage = TpmAttestation::new(&ca());
    usage.leaf.edit(|leaf| leaf.extension_mut(oid::EXTENDED_KEY_USAGE).unwrap().value = nested(DEPTH));
    assert_refused(Case::new(usage).register(), "tpm-key-usage", STEP_22, "the extended key usage");

    let described = |change: fn(&mut KeyDescription)| {
        let mut kind = AndroidKeyAttestation::new(&ca());
        kind.key_description.edit(change);
        Case::new(kind).register()
    };
    assert_passes(described(|d| d.hardware_enforced.others.push((704, nested(DEPTH)))), "an entry of the key description");
    let raw = described(|d| d.raw = Some(nested(DEPTH)));
    assert_refused(raw, "android-key-description-malformed", STEP_22, "the key description");
    let list = described(|d| d.hardware_enforced.others = (1_000..5_000).map(|tag| (tag, der::null())).collect());
    assert_passes(list, "4,000 entries of the key description");
}

/// A issued by B, B issued by A, and so on, up to the limit.
#[test]
fn cyclic_issuers() {
    let cycle = |length: usize| {
        let mut ca = CertificateAuthority::with_levels(70, &[Es256, Es256]);
        // The root as if it were below its own intermediate.
        ca.root.certificate.issuer = ca.intermediates[0].certificate.subject.clone();
        let b = ca.root.certificate.sign(&ca.intermediates[0].key);
        ca.intermediates[0].certificate.set_extension(ExtensionDraft::basic_constraints(true, None));
        let a = ca.intermediates[0].certificate.sign(&ca.root.key);
        let mut kind = PackedAttestation::new(&ca);
        kind.x5c.edit(move |chain| {
            chain.truncate(1);
            chain.extend((0..length).map(|n| if n % 2 == 0 { a.clone() } else { b.clone() }));
        });
        Case::new(kind)
    };
    let (result, work) = counted(cycle(7), Case::register);
    assert_refused(result, "attestation-untrusted", STEP_24, "seven rounds");
    assert_eq!(work, 8, "the statement, and each certificate but the last once");
    let (result, work) = counted(cycle(90), Case::register);
    assert_refused(result, "certificate-chain-too-long", STEP_22, "ninety rounds");
    assert_eq!(work, 0);
}

#[test]
fn anchors_of_one_name_are_all_tried_and_each_once() {
    let namesakes = |count: u64| {
        let root = ca().root.certificate;
        let forged = |seed: u64| {
            let key = KeyPair::from_seed(Es256, 5_000 + seed);
            let mut certificate = root.clone();
            certificate.spki = key.spki_der();
            anchor(&certificate.sign(&key))
        };
        (0..count).fold(TrustAnchors::new(), |anchors, seed| anchors.trust(forged(seed)))
    };
    let (result, work) = counted(Case::new(packed()).anchors(namesakes(1_000)), Case::register);
    assert_refused(result, "attestation-untrusted", STEP_24, "a thousand anchors of one name");
    assert!(work <= 2 + 1_000, "{work} verifications");
    // None is passed over without a word.
    let (result, work) = counted(Case::new(packed()).anchors(namesakes(100).trust(anchor(&ca().root_der()))), Case::register);
    assert_passes(result, "the last of many");
    assert!(work <= 3 + 100, "{work} verifications");
}

#[test]
fn many_revocation_lists_cost_nothing_unless_they_name_the_certificate() {
    let list = |n: i64| RevocationList::from_der(&ca().crl(&[[0x55, 1]], NOW.as_secs() - n, NOW.as_secs())).unwrap();
    let anchors = (0..200).fold(trust(&ca()), |anchors, n| anchors.revocation_list(list(n)));
    let (result, work) = counted(Case::new(packed()).anchors(anchors), Case::register);
    assert_passes(result, "200 lists");
    assert_eq!(work, 3);
}

#[test]
fn compound_statements_of_many_parts() {
    let small = CertificateAuthority::new(71);
    let part = || AttestationKind::from(PackedAttestation::new(&small));
    for (rule, bound) in [(CompoundRule::All, 9), (CompoundRule::Any, 16)] {
        let compound = |parts: usize| {
            let kind = AttestationKind::Compound((0..parts).map(|_| part()).collect());
            counted(Case::new(kind).rules(|rules| rules.compound = rule), Case::register)
        };
        let (result, work) = compound(8);
        assert_refused(result, "attestation-untrusted", STEP_24, "eight parts");
        assert!(work <= bound, "{rule:?}: {work} verifications");
        for parts in [9, 50] {
            let (result, work) = compound(parts);
            assert_refused(result, "attestation-statement-malformed", STEP_22, "more parts");
            assert_eq!(work, 0, "{rule:?}: {parts} parts");
        }
    }
    let nested = (0..6).fold(part(), |inner, _| AttestationKind::Compound(vec![inner, part()]));
    let (code, _) = refused_code(Case::new(nested));
    assert!(["cbor-too-deep", "attestation-statement-malformed"].contains(&code.as_str()), "{code}");
}

/// go-webauthn #719: panics. Every prefix, and every byte changed, of each part of a statement that is parsed by hand.
#[test]
fn cut_and_changed_structures_are_refused_without_a_panic() {
    let cut = |name: &str| {
        let honest = Case::new(TpmAttestation::new(&ca()));
        for length in (0..160).step_by(3) {
            let member = name.to_owned();
            let result = honest.clone().register_with(move |draft| {
                let mut statement = draft.statement();
                let Some(passkeeper::testing::Cbor::Bytes(mut bytes)) = statement.get(member.as_str()).cloned() else {
                    panic!("no {member}")
                };
                bytes.truncate(length.min(bytes.len() - 1));
                statement.set(member.as_str(), bytes);
                draft.att_stmt = Some(statement);
            });
            assert!(result.is_err(), "{name} cut to {length} bytes");
        }
    };
    cut("pubArea");
    cut("certInfo");
    cut("sig");
}
