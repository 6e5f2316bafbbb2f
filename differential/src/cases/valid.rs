//! What must be accepted: every kind of authenticator, and every way in which a relying party expects it.

use passkeeper::testing::{AppleAttestation, AttestationKind, Backup, CertificateAuthority, CounterMode, KeyAlgorithm, PackedAttestation};

use super::statement::{android_key, apple, safetynet, tpm};
use super::{Case, valid as case};
use crate::base::{Base, authority, direct_authority};

const CHANCE: Case = case("valid", |_| {});

/// The algorithm proves itself by self attestation, and at sign-ins.
fn algorithm(base: &mut Base, algorithm: KeyAlgorithm) {
    base.algorithm = algorithm;
    base.packed_self();
}

fn packed_by(base: &mut Base, ca: CertificateAuthority, algorithm: KeyAlgorithm) {
    let key = ca.leaf_key(algorithm);
    base.attestation = PackedAttestation { key, ..PackedAttestation::new(&ca) }.into();
}

pub(super) const CASES: &[Case] = &[
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    CHANCE,
    case("algorithm ES256", |base| algorithm(base, KeyAlgorithm::Es256)),
    case("algorithm ES384", |base| algorithm(base, KeyAlgorithm::Es384)),
    case("algorithm ES512", |base| algorithm(base, KeyAlgorithm::Es512)),
    case("algorithm EdDSA", |base| algorithm(base, KeyAlgorithm::EdDsa)),
    case("algorithm RS256", |base| algorithm(base, KeyAlgorithm::Rs256)),
    case("algorithm RS384", |base| algorithm(base, KeyAlgorithm::Rs384)),
    case("algorithm RS512", |base| algorithm(base, KeyAlgorithm::Rs512)),
    case("algorithm PS256", |base| algorithm(base, KeyAlgorithm::Ps256)),
    case("algorithm PS384", |base| algorithm(base, KeyAlgorithm::Ps384)),
    case("algorithm PS512", |base| algorithm(base, KeyAlgorithm::Ps512)),
    case("algorithm ESP256", |base| algorithm(base, KeyAlgorithm::Esp256)),
    case("algorithm ESP384", |base| algorithm(base, KeyAlgorithm::Esp384)),
    case("algorithm ESP512", |base| algorithm(base, KeyAlgorithm::Esp512)),
    case("algorithm Ed25519", |base| algorithm(base, KeyAlgorithm::Ed25519)),
    case("attestation none", |base| base.attestation = AttestationKind::None).only_registering(),
    case("attestation packed, under an intermediate", |base| base.packed(|_| {})).only_registering(),
    case("attestation packed, under the root", |base| packed_by(base, direct_authority(), KeyAlgorithm::Es256)).only_registering(),
    case("attestation packed, of an RSA key", |base| packed_by(base, authority(), KeyAlgorithm::Rs256)).only_registering(),
    case("attestation packed, of a P-384 key", |base| packed_by(base, authority(), KeyAlgorithm::Es384)).only_registering(),
    case("attestation packed, of an Ed25519 key", |base| packed_by(base, authority(), KeyAlgorithm::EdDsa)).only_registering(),
    case("attestation fido-u2f", |base| base.fido_u2f(|_| {})).only_registering(),
    case("attestation tpm, of an RSA key", |base| tpm(base, |_| {})).only_registering(),
    case("attestation tpm, of a P-256 key", |base| {
        tpm(base, |_| {});
        base.algorithm = KeyAlgorithm::Es256;
    })
    .only_registering(),
    case("attestation tpm, signed with SHA-1", |base| tpm(base, |t| t.key = authority().leaf_key(KeyAlgorithm::Rs1))).only_registering(),
    case("attestation android-key", |base| android_key(base, |a| a.x5c.edit(|chain| drop(chain.pop())))).only_registering(),
    case("attestation android-key, with the root", |base| android_key(base, |_| {})).only_registering(),
    case("attestation android-safetynet", |base| safetynet(base, |_| {})).only_registering(),
    case("attestation apple", |base| apple(base, |_| {})).only_registering(),
    case("attestation compound", |base| {
        let (packed, apple) = (PackedAttestation::new(&authority()), AppleAttestation::new(&authority()));
        base.attestation = AttestationKind::Compound(vec![packed.into(), apple.into()]);
        base.algorithm = KeyAlgorithm::Es256;
    })
    .only_registering(),
    case("bound to one device", |base| base.backup = Backup::NotEligible),
    case("eligible for backup", |base| base.backup = Backup::Eligible),
    case("backed up", |base| base.backup = Backup::BackedUp),
    case("counting", |base| base.counter = CounterMode::Counting),
    case("not counting", |base| base.counter = CounterMode::Zero),
    case("credential ID of one byte", |base| base.credential_id_length = 1),
    case("credential ID of 255 bytes", |base| base.credential_id_length = 255),
    case("credential ID of 1023 bytes", |base| base.credential_id_length = 1023),
    case("user handle of 64 bytes", |base| base.user_handle = vec![7; 64]),
    case("challenge of 64 bytes", |base| base.challenge = base.chance.bytes(64)),
    case("challenge of 1024 bytes", |base| base.challenge = base.chance.bytes(1024)),
    case("at localhost", |base| {
        (base.rp_id, base.origin, base.origins) = ("localhost", "http://localhost:8080", vec!["http://localhost:8080"]);
    }),
    case("in an app", |base| {
        (base.rp_id, base.origin) = ("example.com", "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK-YBwk");
        base.origins = vec!["https://example.com", base.origin];
    }),
    case("at a related origin", |base| {
        (base.rp_id, base.origin) = ("example.com", "https://example.org");
        base.origins = vec!["https://example.com", base.origin];
    }),
];
