//! Format `tpm` (§8.3).

use super::{Subject, byte_strings, chain};
use crate::testing::x509::extension::ExtensionDraft;
use crate::testing::x509::name::Name;
use crate::testing::{Cbor, CertificateAuthority, CertificateDraft, Edits, KeyAlgorithm, KeyPair, oid};
use alloc::vec::Vec;

pub(in crate::testing) mod structures;

use structures::{CertInfo, PubArea};

/// A `tpm` attestation: a TPM certifies that the credential key is one of its keys.
///
/// TPMs have ECDSA keys on the three NIST curves and RSA keys. For an Ed25519 credential, `pubArea` names the curve
/// 25519 of the TCG's registry, with an empty y: no TPM makes such keys.
#[derive(Clone, Debug)]
pub struct TpmAttestation {
    /// Who issues the certificate.
    pub ca: CertificateAuthority,
    /// The attestation identity key (AIK): RS256 from the start. In the field, [`KeyAlgorithm::Rs1`] prevails.
    pub key: KeyPair,
    /// The device as the certificate names it, see [`tpm_device`].
    pub device: Name,
    /// Changes to `pubArea`, which describes the credential key.
    pub pub_area: Edits<PubArea>,
    /// Changes to `certInfo`, which is signed. It honestly has the name of the changed `pubArea`.
    pub cert_info: Edits<CertInfo>,
    /// Changes to the AIK certificate.
    pub leaf: Edits<CertificateDraft>,
    /// Changes to `x5c`: DER certificates, the leaf first.
    pub x5c: Edits<Vec<Vec<u8>>>,
    /// Changes to the map of `alg`, `sig`, `ver`, `x5c`, `pubArea` and `certInfo`.
    pub statement: Edits<Cbor>,
}

impl TpmAttestation {
    /// An attestation by the authority's RS256 leaf key, in a TPM that says it is Intel's.
    pub fn new(ca: &CertificateAuthority) -> Self {
        Self {
            ca: ca.clone(),
            key: ca.leaf_key(KeyAlgorithm::Rs256),
            device: tpm_device("id:494E5443", "Virtual TPM", "id:00010000"),
            pub_area: Edits::default(),
            cert_info: Edits::default(),
            leaf: Edits::default(),
            x5c: Edits::default(),
            statement: Edits::default(),
        }
    }

    pub(super) fn statement(&self, subject: &Subject<'_>) -> Cbor {
        let pub_area = self.pub_area.apply(PubArea::new(subject.credential));
        let extra_data = self.key.algorithm().hash().digest(&subject.signed_bytes());
        let cert_info = self.cert_info.apply(CertInfo::new(extra_data, pub_area.name())).to_bytes();

        let mut leaf = self.ca.draft(Name::empty(), &self.key);
        leaf.extensions.push(ExtensionDraft::extended_key_usage(&[oid::TCG_AIK_CERTIFICATE]));
        leaf.extensions.push(ExtensionDraft::subject_alt_name_directory(self.device.clone()));
        self.statement.apply(Cbor::map([
            ("alg", self.key.algorithm().cose_id().into()),
            ("sig", subject.sign(&self.key, &cert_info).into()),
            ("ver", "2.0".into()),
            ("x5c", byte_strings(chain(&self.ca, leaf, &self.leaf, &self.x5c))),
            ("pubArea", pub_area.to_bytes().into()),
            ("certInfo", cert_info.into()),
        ]))
    }
}

/// The name of a TPM in its certificate: manufacturer (`id:` and eight hexadecimal digits), model and version.
///
/// It has three RDNs, as is most common; [`Name::joined`] makes one of them, as the W3C's test vector has it.
pub fn tpm_device(manufacturer: &str, model: &str, version: &str) -> Name {
    Name::empty().with(oid::TPM_MANUFACTURER, manufacturer).with(oid::TPM_MODEL, model).with(oid::TPM_VERSION, version)
}
