//! Format `fido-u2f` (§8.6).

use super::{Subject, byte_strings, chain};
use crate::testing::x509::name::Name;
use crate::testing::{Cbor, CertificateAuthority, CertificateDraft, Edits, KeyAlgorithm, KeyPair};
use alloc::vec::Vec;

/// A `fido-u2f` attestation.
///
/// Credentials of such authenticators are ES256 and their AAGUID is zero: configure the virtual authenticator so.
#[derive(Clone, Debug)]
pub struct FidoU2fAttestation {
    /// Who issues the certificate. Without intermediates from an honest one, since there is room for one certificate.
    pub ca: CertificateAuthority,
    /// The attestation key: ES256 from the start.
    pub key: KeyPair,
    /// Changes to the attestation certificate. It honestly has no extensions, as is common.
    pub leaf: Edits<CertificateDraft>,
    /// Changes to `x5c`: DER certificates, honestly the leaf alone.
    pub x5c: Edits<Vec<Vec<u8>>>,
    /// Changes to what is signed: 00, RP ID hash, client data hash, credential ID, 04, x, y. The honest parts are those
    /// of the authenticator data; a missing one is left out.
    pub signed_data: Edits<Vec<u8>>,
    /// Changes to the map of `sig` and `x5c`.
    pub statement: Edits<Cbor>,
}

impl FidoU2fAttestation {
    /// An attestation by the authority's ES256 leaf key.
    pub fn new(ca: &CertificateAuthority) -> Self {
        Self {
            ca: ca.clone(),
            key: ca.leaf_key(KeyAlgorithm::Es256),
            leaf: Edits::default(),
            x5c: Edits::default(),
            signed_data: Edits::default(),
            statement: Edits::default(),
        }
    }

    pub(super) fn statement(&self, subject: &Subject<'_>) -> Cbor {
        let mut leaf = self.ca.draft(Name::common("Virtual U2F Authenticator"), &self.key);
        leaf.extensions.clear();
        let mut x5c = chain(&self.ca, leaf, &self.leaf, &Edits::default());
        x5c.truncate(1);
        let signed_data = self.signed_data.apply(signed_data(subject));
        self.statement.apply(Cbor::map([("sig", subject.sign(&self.key, &signed_data).into()), ("x5c", byte_strings(self.x5c.apply(x5c)))]))
    }
}

fn signed_data(subject: &Subject<'_>) -> Vec<u8> {
    let mut data = [&[0], subject.auth_data.rp_id_hash.as_slice(), &subject.client_data_hash()].concat();
    if let Some(attested) = &subject.auth_data.attested {
        data.extend_from_slice(&attested.credential_id);
        data.push(4);
        for label in [-2, -3] {
            if let Some(Cbor::Bytes(coordinate)) = attested.public_key.get(label) {
                data.extend_from_slice(coordinate);
            }
        }
    }
    data
}
