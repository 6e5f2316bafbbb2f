//! The ceremony that a case is made of: what the relying party expects, and who answers.

use passkeeper::testing::{
    AttestationKind, Backup, CertificateAuthority, CounterMode, FidoU2fAttestation, KeyAlgorithm, PackedAttestation, VirtualAuthenticator,
};

use crate::chance::Chance;

/// When everything happens, in seconds since 1970. Certificates hold from 2020 to 2049, since the others judge them by the
/// clock.
pub const NOW: i64 = 1_790_000_000;

/// Everything about a ceremony before its response is made. What a case does not fix is left to chance, among what every
/// judge knows.
pub struct Base {
    pub chance: Chance,
    pub algorithm: KeyAlgorithm,
    /// The algorithms on offer, as COSE numbers.
    pub offered: Vec<i64>,
    pub attestation: AttestationKind,
    pub aaguid: [u8; 16],
    pub backup: Backup,
    pub counter: CounterMode,
    pub user_verified: bool,
    pub require_user_verification: bool,
    pub credential_id_length: usize,
    pub user_handle: Vec<u8>,
    pub rp_id: &'static str,
    /// What the relying party expects.
    pub origins: Vec<&'static str>,
    /// The one that is used.
    pub origin: &'static str,
    pub challenge: Vec<u8>,
    /// Whether the sign-in names the user and the credential beforehand.
    pub known_user: bool,
    /// Whether statements of android-safetynet are taken.
    pub safetynet: bool,
}

/// The authority that every judge trusts, with one level between.
pub fn authority() -> CertificateAuthority {
    CertificateAuthority::with_levels(7, &[KeyAlgorithm::Es384, KeyAlgorithm::Es256])
}

/// Another authority that every judge trusts, whose root issues leaves; of RSA, as many roots of devices are.
pub fn direct_authority() -> CertificateAuthority {
    CertificateAuthority::with_levels(8, &[KeyAlgorithm::Rs256])
}

impl Base {
    pub fn new(mut chance: Chance) -> Self {
        use KeyAlgorithm::{EdDsa, Es256, Es512, Rs256};
        let algorithm = chance.one_of(&[Es256, Es256, Es256, EdDsa, Rs256, Es512]);
        let packed = AttestationKind::Packed(PackedAttestation::new(&authority()));
        let attestation = chance.one_of(&[AttestationKind::None, AttestationKind::PackedSelf, packed]);
        let (rp_id, origin) = chance.one_of(&[
            ("example.com", "https://example.com"),
            ("example.com", "https://login.example.com"),
            ("example.com", "https://example.com:8443"),
            ("login.example.co.uk", "https://login.example.co.uk"),
        ]);
        let (length, handle) = (16 + chance.below(49), 1 + chance.below(64));
        let require_user_verification = chance.coin();
        Self {
            algorithm,
            offered: KeyAlgorithm::ALL.iter().map(|algorithm| algorithm.cose_id()).collect(),
            attestation,
            aaguid: *b"VirtualAuthentic",
            backup: chance.one_of(&[Backup::NotEligible, Backup::Eligible, Backup::BackedUp]),
            counter: chance.one_of(&[CounterMode::Counting, CounterMode::Counting, CounterMode::Zero]),
            user_verified: require_user_verification || chance.coin(),
            require_user_verification,
            credential_id_length: 16 + chance.below(80),
            user_handle: chance.bytes(handle),
            rp_id,
            origins: if chance.coin() { vec![origin] } else { vec!["https://shop.example.com", origin] },
            origin,
            challenge: chance.bytes(length),
            known_user: chance.coin(),
            safetynet: false,
            chance,
        }
    }

    pub fn none(&mut self) {
        self.attestation = AttestationKind::None;
    }

    pub fn packed_self(&mut self) {
        self.attestation = AttestationKind::PackedSelf;
    }

    pub fn packed(&mut self, change: impl FnOnce(&mut PackedAttestation)) {
        let mut packed = PackedAttestation::new(&authority());
        change(&mut packed);
        self.attestation = packed.into();
    }

    /// As a U2F authenticator registers: ES256, AAGUID zero.
    pub fn fido_u2f(&mut self, change: impl FnOnce(&mut FidoU2fAttestation)) {
        let mut fido_u2f = FidoU2fAttestation::new(&direct_authority());
        change(&mut fido_u2f);
        (self.algorithm, self.aaguid, self.attestation) = (KeyAlgorithm::Es256, [0; 16], fido_u2f.into());
    }

    pub fn authenticator(&mut self) -> VirtualAuthenticator {
        VirtualAuthenticator::new(self.chance.next())
            .with_algorithms(&[self.algorithm])
            .with_attestation(self.attestation.clone())
            .with_aaguid(self.aaguid)
            .with_backup(self.backup)
            .with_counter(self.counter)
            .with_user_verified(self.user_verified)
            .with_credential_id_length(self.credential_id_length)
            .with_related_origins(&[self.origin])
    }
}
