//! Resp-4 and Resp-6 to Resp-B: statements of every format but packed with certificates.

use passkeeper::testing::{
    AndroidKeyAttestation, AttestationKind, Cbor, FidoU2fAttestation, KeyAlgorithm, KeyPair, RegistrationDraft, SafetyNetAttestation,
    TpmAttestation,
};
use serde_json::json;

use crate::common::NOW;
use crate::ledger::{ACCEPTED, Case, Change, case};
use crate::setup::{AAGUID, Case as Attested, ca};

const BAD_SIGNATURE: &str = "attestation-signature-invalid";
const MALFORMED: &str = "attestation-statement-malformed";

const fn attested(name: &'static str, expected: &'static str, attested: fn() -> Attested) -> Case {
    case(name, expected, Change::Attested(attested))
}

const fn whole(name: &'static str, expected: &'static str, run: fn() -> Result<(), passkeeper::Error>) -> Case {
    case(name, expected, Change::Whole(run))
}

/// A self attestation by each algorithm.
macro_rules! by {
    ($($name:literal $algorithm:ident)*) => {
        vec![$(attested($name, ACCEPTED, || Attested::new(AttestationKind::PackedSelf).algorithm(KeyAlgorithm::$algorithm))),*]
    };
}

pub(crate) fn algorithms() -> Vec<Case> {
    let mut cases = by! {
        "P: ES256" Es256 "P: RS256" Rs256 "P: Ed25519, as EdDSA" EdDsa "P: ES384" Es384 "P: ES512" Es512
        "P: RS384" Rs384 "P: RS512" Rs512 "P: PS256" Ps256 "P: PS384" Ps384 "P: PS512" Ps512
        "P: ESP256" Esp256 "P: ESP384" Esp384 "P: ESP512" Esp512 "P: Ed25519, fully specified" Ed25519
    };
    let rs1 = whole("P: RS1", "public-key-algorithm-unsupported", || {
        let key = KeyPair::from_seed(KeyAlgorithm::Rs1, 1);
        let by_rs1 = |draft: &mut RegistrationDraft| {
            draft.auth_data.attested.as_mut().unwrap().public_key = key.cose_key();
            draft.set_signer(key.clone());
        };
        Attested::new(AttestationKind::PackedSelf).algorithm(KeyAlgorithm::Rs256).register_with(by_rs1).map(drop)
    });
    cases.push(rs1.since("SHA-1 signs no credential here, and FIDO's requirements no longer ask for it (2.3)"));
    cases
}

/// A self attestation whose statement is changed once it is signed.
fn with_statement(change: fn(&mut Cbor)) -> Result<(), passkeeper::Error> {
    let change = |draft: &mut RegistrationDraft| {
        let mut statement = draft.statement();
        change(&mut statement);
        draft.att_stmt = Some(statement);
    };
    Attested::new(AttestationKind::PackedSelf).register_with(change).map(drop)
}

pub(crate) fn packed_self() -> Vec<Case> {
    vec![
        attested("P: valid", ACCEPTED, || Attested::new(AttestationKind::PackedSelf)),
        whole("F: signed by another key", BAD_SIGNATURE, || {
            let by_another = |draft: &mut RegistrationDraft| draft.set_signer(KeyPair::from_seed(KeyAlgorithm::Es256, 999));
            Attested::new(AttestationKind::PackedSelf).register_with(by_another).map(drop)
        }),
        whole("F: alg is not the credential's", "attestation-algorithm-mismatch", || with_statement(|s| s.set("alg", -35))),
        whole("F: a bit of the signature flipped", BAD_SIGNATURE, || {
            with_statement(|s| {
                let Some(Cbor::Bytes(mut signature)) = s.get("sig").cloned() else { panic!("no signature") };
                *signature.last_mut().unwrap() ^= 1;
                s.set("sig", signature);
            })
        }),
    ]
}

pub(crate) fn none() -> Vec<Case> {
    vec![
        attested("P: valid", ACCEPTED, || Attested::new(AttestationKind::None)),
        attested("P: asked for none", ACCEPTED, || {
            Attested::new(AttestationKind::None).policy(passkeeper::AttestationPolicy::not_requested())
        }),
        whole("F: the statement is not empty", "attestation-statement-not-empty", || {
            let signed =
                |draft: &mut RegistrationDraft| draft.att_stmt = Some(Cbor::map([("alg", (-7).into()), ("sig", Cbor::bytes([0; 70]))]));
            Attested::new(AttestationKind::None).register_with(signed).map(drop)
        }),
    ]
}

fn u2f(change: fn(&mut FidoU2fAttestation)) -> Attested {
    let direct = passkeeper::testing::CertificateAuthority::new(5);
    let mut kind = FidoU2fAttestation::new(&direct);
    change(&mut kind);
    Attested::new(kind).trusting(&direct).aaguid([0; 16])
}

pub(crate) fn fido_u2f() -> Vec<Case> {
    vec![
        attested("P: valid", ACCEPTED, || u2f(|_| {})),
        attested("F: an AAGUID, where the rule is set", "fido-u2f-aaguid", || {
            u2f(|_| {}).aaguid(AAGUID).rules(|rules| rules.fido_u2f_requires_zero_aaguid = true)
        }),
        attested("F: an AAGUID, by default", ACCEPTED, || u2f(|_| {}).aaguid(AAGUID))
            .since("no step of §8.6 looks at it, and the W3C's own vector has one"),
        attested("F: signed over something else", BAD_SIGNATURE, || u2f(|u| u.signed_data.edit(|data| data[33] ^= 1))),
    ]
}

fn aik(change: fn(&mut TpmAttestation)) -> Attested {
    let mut kind = TpmAttestation::new(&ca());
    change(&mut kind);
    Attested::new(kind).algorithm(KeyAlgorithm::Rs256)
}

pub(crate) fn tpm() -> Vec<Case> {
    vec![
        attested("P: signed with SHA-256", ACCEPTED, || aik(|_| {})),
        attested("P: signed with SHA-1", ACCEPTED, || aik(|t| t.key = ca().leaf_key(KeyAlgorithm::Rs1))),
        attested("P: of an ES256 key", ACCEPTED, || aik(|_| {}).algorithm(KeyAlgorithm::Es256)),
        attested("P: the vendor that stands for the tool, where the rule is set", ACCEPTED, || {
            aik(|t| t.device = passkeeper::testing::tpm_device("id:FFFFF1D0", "Virtual TPM", "id:00010000"))
                .rules(|rules| rules.danger_accept_test_tpm_vendors = true)
        }),
        attested("P: the vendor that stands for the tool, by default", "tpm-vendor", || {
            aik(|t| t.device = passkeeper::testing::tpm_device("id:FFFFF1D0", "Virtual TPM", "id:00010000"))
        })
        .since("it exists for tests and proves nothing"),
        attested("F: certificates in the wrong order", "attestation-algorithm-mismatch", || aik(|t| t.x5c.edit(|chain| chain.reverse()))),
        attested("F: extraData of something else", "attestation-nonce-mismatch", || {
            aik(|t| t.cert_info.edit(|info| info.extra_data[0] ^= 1))
        }),
        attested("F: magic", "tpm-magic", || aik(|t| t.cert_info.edit(|info| info.magic ^= 1))),
        attested("F: unique of another key", "tpm-public-area-mismatch", || aik(|t| t.pub_area.edit(|area| area.unique[0][20] ^= 1))),
    ]
}

fn android(change: fn(&mut AndroidKeyAttestation)) -> Attested {
    let mut kind = AndroidKeyAttestation::new(&ca());
    change(&mut kind);
    Attested::new(kind)
}

pub(crate) fn android_key() -> Vec<Case> {
    vec![
        attested("P: valid", ACCEPTED, || android(|_| {})),
        attested("P: with the root in x5c", ACCEPTED, || android(|a| a.x5c.edit(|chain| chain.push(ca().root_der())))),
        attested("F: challenge of something else", "attestation-nonce-mismatch", || {
            android(|a| a.key_description.edit(|description| description.attestation_challenge[0] ^= 1))
        }),
        attested("F: the certificate of another key", BAD_SIGNATURE, || {
            android(|a| a.leaf.edit(|leaf| leaf.spki = KeyPair::from_seed(KeyAlgorithm::Es256, 999).spki_der()))
        }),
        attested("F: certificates in the wrong order", BAD_SIGNATURE, || android(|a| a.x5c.edit(|chain| chain.reverse()))),
    ]
}

fn safety_net(change: fn(&mut SafetyNetAttestation)) -> Attested {
    let mut kind = SafetyNetAttestation::new(&ca(), NOW.as_secs() * 1000);
    change(&mut kind);
    Attested::new(kind).rules(|rules| rules.danger_accept_android_safetynet = true)
}

pub(crate) fn safetynet() -> Vec<Case> {
    vec![
        attested("P: valid", ACCEPTED, || safety_net(|_| {})),
        attested("P: valid, and not allowed by name", "attestation-format-unsupported", || {
            Attested::new(SafetyNetAttestation::new(&ca(), NOW.as_secs() * 1000))
        })
        .since("the service attests nothing new any more"),
        attested("F: ver empty", MALFORMED, || safety_net(|s| s.statement.edit(|s| s.set("ver", "")))),
        attested("F: response empty", "jws-malformed", || safety_net(|s| s.statement.edit(|s| s.set("response", Cbor::bytes([]))))),
        attested("F: response mistyped", MALFORMED, || safety_net(|s| s.statement.edit(|s| s.set("response", "x")))),
        attested("F: nonce of something else", "attestation-nonce-mismatch", || {
            safety_net(|s| s.response.edit(|jws| jws.payload["nonce"] = json!("AAAA")))
        }),
        attested("F: certificates in the wrong order", "safetynet-host", || safety_net(|s| s.x5c.edit(|chain| chain.reverse()))),
        attested("F: ctsProfileMatch false", "safetynet-cts-profile", || {
            safety_net(|s| s.response.edit(|jws| jws.payload["ctsProfileMatch"] = json!(false)))
        }),
        attested("F: timestampMs an hour old", "safetynet-timestamp", || safety_net(|s| s.timestamp_ms -= 3_600_000)),
        attested("F: timestampMs an hour ahead", "safetynet-timestamp", || safety_net(|s| s.timestamp_ms += 3_600_000)),
    ]
}
