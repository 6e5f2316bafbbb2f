//! Format `apple` (§8.8).

use super::{Subject, byte_strings, chain};
use crate::testing::algorithm::HashAlgorithm;
use crate::testing::x509::extension::ExtensionDraft;
use crate::testing::x509::name::Name;
use crate::testing::{Cbor, CertificateAuthority, CertificateDraft, Edits, oid};
use alloc::vec::Vec;

/// An `apple` attestation: a certificate for the credential key, and no signature.
#[derive(Clone, Debug)]
pub struct AppleAttestation {
    /// Who issues the certificate. Apple's has a P-384 root and a P-384 intermediate.
    pub ca: CertificateAuthority,
    /// Changes to the certificate. It honestly has the credential key and the nonce SHA-256(authenticator data, client
    /// data hash), see [`ExtensionDraft::apple_nonce`], and is signed over SHA-256 whatever the curve, as Apple does.
    pub leaf: Edits<CertificateDraft>,
    /// Changes to `x5c`: DER certificates, the leaf first.
    pub x5c: Edits<Vec<Vec<u8>>>,
    /// Changes to the map of `x5c` alone.
    pub statement: Edits<Cbor>,
}

impl AppleAttestation {
    /// An attestation by this authority.
    pub fn new(ca: &CertificateAuthority) -> Self {
        Self { ca: ca.clone(), leaf: Edits::default(), x5c: Edits::default(), statement: Edits::default() }
    }

    pub(super) fn statement(&self, subject: &Subject<'_>) -> Cbor {
        let name = Name::common("Virtual Apple Credential").with(oid::ORGANIZATION, "Virtual Authenticators");
        let mut leaf = self.ca.draft(name, subject.credential);
        leaf.hash = Some(HashAlgorithm::Sha256);
        leaf.set_extension(ExtensionDraft::apple_nonce(&HashAlgorithm::Sha256.digest(&subject.signed_bytes())));
        self.statement.apply(Cbor::map([("x5c", byte_strings(chain(&self.ca, leaf, &self.leaf, &self.x5c)))]))
    }
}
