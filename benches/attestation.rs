//! Attestation: registrations of every format, certificates made to cost time, and metadata; with fixed inputs.
//!
//! Each hostile input is asserted to get its answer, so that the figure is that of the refusal it stands for. Read as in
//! `ceremonies.rs`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::metadata::{BlobVerifier, Metadata};
use passkeeper::testing::{
    AndroidKeyAttestation, AppleAttestation, AttestationKind, CertificateAuthority, ExtensionDraft, FidoU2fAttestation, KeyAlgorithm,
    MetadataBlobDraft, PackedAttestation, SafetyNetAttestation, TpmAttestation, VirtualAuthenticator, der, metadata_entry, oid,
};
use passkeeper::types::{Aaguid, AttestationConveyance, Challenge, UnixTime, UserHandle};
use passkeeper::wire::{RegistrationResponse, UserEntity};
use passkeeper::x509::TrustAnchor;
use passkeeper::{AttestationPolicy, Error, PendingRegistration, RegistrationPolicy, RegistrationRequest, RelyingParty};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ORIGIN: &str = "https://example.com";
const MODELS: u16 = 200;

/// A root and one intermediate, as most authenticators have.
fn ca() -> CertificateAuthority {
    CertificateAuthority::with_levels(7, &[KeyAlgorithm::Es384, KeyAlgorithm::Es256])
}

/// A root that issues directly, as `fido-u2f` needs it.
fn flat() -> CertificateAuthority {
    CertificateAuthority::new(8)
}

fn anchor(ca: &CertificateAuthority) -> TrustAnchor {
    TrustAnchor::from_der(&ca.root_der()).unwrap()
}

fn relying_party() -> RelyingParty {
    let mut rules = StatementRules::default();
    rules.danger_accept_android_safetynet = true;
    let mut policy = RegistrationPolicy::default();
    policy.attestation = AttestationPolicy::requested(AttestationConveyance::Direct).rules(rules);
    let anchors = TrustAnchors::new().trust(anchor(&ca())).trust(anchor(&flat()));
    RelyingParty::builder("example.com", "Example").registration_policy(policy).trust_anchors(anchors).build().unwrap()
}

/// Pending state and response of a registration with this attestation. The limit of JSON is not what is measured here.
fn registration(rp: &RelyingParty, kind: AttestationKind) -> (String, RegistrationResponse) {
    let user = UserEntity { id: UserHandle::new(*b"alice").unwrap(), name: "alice".into(), display_name: "Alice".into() };
    let (options, pending) = rp.start_registration(RegistrationRequest::new(user), Challenge::new([7; 32]).unwrap(), NOW).unwrap();
    let mut device = VirtualAuthenticator::new(1).with_attestation(kind);
    let draft = device.create(&serde_json::to_string(&options).unwrap(), ORIGIN).unwrap();
    let id = draft.auth_data.attested.clone().unwrap().credential_id;
    let response = RegistrationResponse::from_parts(id, draft.client_data.to_bytes(), draft.attestation_object_bytes());
    (pending.into_json().unwrap(), response)
}

/// Measures registrations with these attestations; each has to end with its code, or be trusted.
fn measure(c: &mut Criterion, group: &str, cases: Vec<(&str, AttestationKind, Option<&str>)>) {
    let rp = relying_party();
    let mut group = c.benchmark_group(group);
    for (name, kind, code) in cases {
        let (pending, response) = registration(&rp, kind);
        let verify = |pending: PendingRegistration| {
            let verified = pending.verify(&rp, black_box(&response), NOW)?;
            assert!(verified.trust().is_trusted(), "{name}: {:?}", verified.trust());
            Ok::<_, Error>(verified)
        };
        group.bench_function(name, |b| {
            b.iter_batched(
                || PendingRegistration::from_json(&pending).unwrap(),
                |pending| assert_eq!(verify(pending).err().as_ref().map(Error::code), code, "{name}"),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn formats(c: &mut Criterion) {
    let packed = || AttestationKind::from(PackedAttestation::new(&ca()));
    let kinds: Vec<AttestationKind> = vec![
        packed(),
        TpmAttestation::new(&ca()).into(),
        AndroidKeyAttestation::new(&ca()).into(),
        SafetyNetAttestation::new(&ca(), NOW.as_secs().saturating_mul(1000)).into(),
        FidoU2fAttestation::new(&flat()).into(),
        AppleAttestation::new(&ca()).into(),
        AttestationKind::Compound(vec![packed(), AppleAttestation::new(&ca()).into()]),
    ];
    measure(c, "registration with attestation", kinds.into_iter().map(|kind| (kind.format(), kind, None)).collect());
}

/// A `packed` attestation with its chain changed.
fn with_chain(change: impl Fn(&mut Vec<Vec<u8>>) + Send + Sync + 'static) -> AttestationKind {
    let mut kind = PackedAttestation::new(&ca());
    kind.x5c.edit(change);
    kind.into()
}

/// An intermediate and a root that issued each other, in turns, so many of them.
fn cycle(length: usize) -> AttestationKind {
    let mut ca = CertificateAuthority::with_levels(70, &[KeyAlgorithm::Es256; 2]);
    ca.root.certificate.issuer = ca.intermediates.first().unwrap().certificate.subject.clone();
    let below = ca.intermediates.first_mut().unwrap();
    below.certificate.set_extension(ExtensionDraft::basic_constraints(true, None));
    let pair = [below.certificate.sign(&ca.root.key), ca.root.certificate.sign(&below.key)];
    let mut kind = PackedAttestation::new(&ca);
    kind.x5c.edit(move |chain| {
        chain.truncate(1);
        chain.extend(pair.iter().cycle().take(length).cloned());
    });
    kind.into()
}

fn hostile_chains(c: &mut Criterion) {
    let nested = || (0..14_000).fold(Vec::new(), |inner, _| der::sequence(&[inner]));
    let mut named = PackedAttestation::new(&ca());
    named.leaf.edit(|leaf| leaf.subject.set(oid::COMMON_NAME, &"x".repeat(60_000)));
    let mut crowded = PackedAttestation::new(&ca());
    crowded.leaf.edit(|leaf| (0..2_000).for_each(|_| leaf.subject = leaf.subject.clone().with(oid::COMMON_NAME, "xxxx")));
    let mut deep = PackedAttestation::new(&ca());
    deep.leaf.edit(move |leaf| leaf.set_extension(ExtensionDraft::new("1.2.3", false, nested())));
    let cases = vec![
        ("10,000 certificates", with_chain(|chain| *chain = vec![vec![]; 10_000]), Some("cbor-too-many-items")),
        ("1,000 certificates", with_chain(|chain| *chain = vec![vec![]; 1_000]), Some("certificate-chain-too-long")),
        ("a name of 60 kB", named.into(), None),
        ("a name of 2,000 attributes", crowded.into(), None),
        ("an extension of 14,000 levels", deep.into(), None),
        ("a certificate of 14,000 levels", with_chain(move |chain| *chain = vec![nested()]), Some("certificate-malformed")),
        ("a cycle as long as chains may be", cycle(7), Some("attestation-untrusted")),
        ("a cycle of ninety", cycle(90), Some("certificate-chain-too-long")),
    ];
    measure(c, "hostile chains", cases);
}

/// The number of a model, as its AAGUID has it.
fn model(number: u16) -> [u8; 16] {
    let mut aaguid = *b"VirtualAuthent\0\0";
    aaguid.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(byte, digit)| *byte = digit);
    aaguid
}

fn metadata(c: &mut Criterion) {
    let root = ca().root_der();
    let mut entries: Vec<_> = (0..MODELS).map(|number| metadata_entry(model(number), std::slice::from_ref(&root))).collect();
    let identifier = "7c".repeat(20);
    let mut u2f = metadata_entry(model(MODELS), std::slice::from_ref(&root));
    u2f.as_object_mut().unwrap().remove("aaguid");
    u2f.as_object_mut().unwrap().insert("attestationCertificateKeyIdentifiers".into(), vec![identifier.clone()].into());
    entries.push(u2f);
    let service = CertificateAuthority::with_levels(5, &[KeyAlgorithm::Rs256; 2]);
    let draft = MetadataBlobDraft::new(&service, "2030-12-31", entries);
    let blob = draft.sign();
    let mut crowd = draft;
    crowd.x5c.edit(|chain| *chain = vec![vec![]; 10_000]);
    let crowd = crowd.sign();
    let verifier = BlobVerifier::new(anchor(&service));
    let verify = |blob: &str| verifier.verify(blob, &PROVIDER, NOW);
    let (metadata, skipped) = verify(&blob).unwrap();
    assert!(skipped.is_empty() && metadata.entries().len() == usize::from(MODELS).saturating_add(1));
    let cache = metadata.to_json().unwrap();
    let last = Aaguid::new(model(MODELS.saturating_sub(1)));
    let missing = Aaguid::new(model(u16::MAX));

    let mut group = c.benchmark_group(format!("metadata of {MODELS} models"));
    group.bench_function("BLOB verified and read", |b| b.iter(|| verify(black_box(&blob)).unwrap()));
    group.bench_function("BLOB with 10,000 certificates", |b| {
        b.iter(|| assert_eq!(verify(black_box(&crowd)).unwrap_err().code(), "certificate-chain-too-long"));
    });
    group.bench_function("loaded from the cache form", |b| b.iter(|| Metadata::from_json(black_box(&cache)).unwrap()));
    group.bench_function("model found", |b| b.iter(|| metadata.find(black_box(last)).unwrap()));
    group.bench_function("model not found", |b| b.iter(|| assert!(metadata.find(black_box(missing)).is_none())));
    group.bench_function("found by key identifier", |b| b.iter(|| metadata.find_by_key_identifier(black_box(&identifier)).unwrap()));
    group.finish();
}

criterion_group!(benches, formats, hostile_chains, metadata);
criterion_main!(benches);
