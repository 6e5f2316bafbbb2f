//! Format `packed` with certificates (§8.2).

use super::{Subject, byte_strings, chain, vendor};
use crate::testing::x509::extension::ExtensionDraft;
use crate::testing::{Cbor, CertificateAuthority, CertificateDraft, Edits, KeyAlgorithm, KeyPair};
use alloc::vec::Vec;

/// A `packed` attestation by a key with a certificate.
#[derive(Clone, Debug)]
pub struct PackedAttestation {
    /// Who issues the certificate.
    pub ca: CertificateAuthority,
    /// The attestation key: ES256 from the start.
    pub key: KeyPair,
    /// Changes to the attestation certificate. It honestly has the AAGUID of the authenticator data as an extension.
    pub leaf: Edits<CertificateDraft>,
    /// Changes to `x5c`: DER certificates, the leaf first.
    pub x5c: Edits<Vec<Vec<u8>>>,
    /// Changes to the map of `alg`, `sig` and `x5c`.
    pub statement: Edits<Cbor>,
}

impl PackedAttestation {
    /// An attestation by the authority's ES256 leaf key.
    pub fn new(ca: &CertificateAuthority) -> Self {
        Self {
            ca: ca.clone(),
            key: ca.leaf_key(KeyAlgorithm::Es256),
            leaf: Edits::default(),
            x5c: Edits::default(),
            statement: Edits::default(),
        }
    }

    pub(super) fn statement(&self, subject: &Subject<'_>) -> Cbor {
        let mut leaf = self.ca.draft(vendor("Virtual Authenticator"), &self.key);
        leaf.set_extension(ExtensionDraft::aaguid(subject.aaguid()));
        self.statement.apply(Cbor::map([
            ("alg", self.key.algorithm().cose_id().into()),
            ("sig", subject.sign(&self.key, &subject.signed_bytes()).into()),
            ("x5c", byte_strings(chain(&self.ca, leaf, &self.leaf, &self.x5c))),
        ]))
    }
}
