//! Format `android-key` (§8.4).

use super::{Subject, byte_strings, chain};
use crate::testing::der::{context, enumerated, integer, null, octet_string, sequence, set_of};
use crate::testing::x509::extension::ExtensionDraft;
use crate::testing::x509::name::Name;
use crate::testing::{Cbor, CertificateAuthority, CertificateDraft, Edits, oid};
use alloc::vec;
use alloc::vec::Vec;

/// An `android-key` attestation: signed by the credential key, which the certificate describes.
#[derive(Clone, Debug)]
pub struct AndroidKeyAttestation {
    /// Who issues the certificate.
    pub ca: CertificateAuthority,
    /// Changes to the key description in the certificate.
    pub key_description: Edits<KeyDescription>,
    /// Changes to the certificate. It honestly has the credential key.
    pub leaf: Edits<CertificateDraft>,
    /// Changes to `x5c`: DER certificates, the leaf first.
    pub x5c: Edits<Vec<Vec<u8>>>,
    /// Changes to the map of `alg`, `sig` and `x5c`.
    pub statement: Edits<Cbor>,
}

impl AndroidKeyAttestation {
    /// An attestation by this authority.
    pub fn new(ca: &CertificateAuthority) -> Self {
        Self {
            ca: ca.clone(),
            key_description: Edits::default(),
            leaf: Edits::default(),
            x5c: Edits::default(),
            statement: Edits::default(),
        }
    }

    pub(super) fn statement(&self, subject: &Subject<'_>) -> Cbor {
        let description = self.key_description.apply(KeyDescription::new(subject.client_data_hash()));
        let mut leaf = self.ca.draft(Name::common("Android Keystore Key"), subject.credential);
        leaf.set_extension(description.to_extension());
        self.statement.apply(Cbor::map([
            ("alg", subject.credential.algorithm().cose_id().into()),
            ("sig", subject.sign(subject.credential, &subject.signed_bytes()).into()),
            ("x5c", byte_strings(chain(&self.ca, leaf, &self.leaf, &self.x5c))),
        ]))
    }
}

/// The KeyDescription of Android's key attestation extension.
#[derive(Clone, Debug)]
pub struct KeyDescription {
    /// attestationVersion.
    pub attestation_version: i64,
    /// attestationSecurityLevel: 0 software, 1 trusted environment, 2 StrongBox.
    pub attestation_security_level: i64,
    /// keymasterVersion, called keyMintVersion today.
    pub keymaster_version: i64,
    /// keymasterSecurityLevel, as attestationSecurityLevel.
    pub keymaster_security_level: i64,
    /// Whether the two security levels are written as INTEGER instead of ENUMERATED.
    pub levels_as_integer: bool,
    /// attestationChallenge: honestly the hash of the client data.
    pub attestation_challenge: Vec<u8>,
    /// uniqueId, usually empty.
    pub unique_id: Vec<u8>,
    /// softwareEnforced.
    pub software_enforced: AuthorizationList,
    /// hardwareEnforced, called teeEnforced before.
    pub hardware_enforced: AuthorizationList,
    /// When set, these bytes are the value of the extension, and nothing else counts.
    pub raw: Option<Vec<u8>>,
}

/// An AuthorizationList. Entries are written in the order of their tags.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationList {
    /// purpose \[1\]: SET OF INTEGER; 2 is signing.
    pub purpose: Option<Vec<i64>>,
    /// allApplications \[600\]: NULL.
    pub all_applications: bool,
    /// origin \[702\]: INTEGER; 0 is generated, 2 is imported.
    pub origin: Option<i64>,
    /// More entries: tag number and DER element.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl KeyDescription {
    /// A signing key that was generated in the trusted environment, as KeyMint 3 describes it.
    pub fn new(challenge: Vec<u8>) -> Self {
        let noauth_required = (503, null());
        let creation_date_time = (701, integer(1_577_836_800_000));
        Self {
            attestation_version: 300,
            attestation_security_level: 1,
            keymaster_version: 300,
            keymaster_security_level: 1,
            levels_as_integer: false,
            attestation_challenge: challenge,
            unique_id: Vec::new(),
            software_enforced: AuthorizationList { others: vec![creation_date_time], ..AuthorizationList::default() },
            hardware_enforced: AuthorizationList {
                purpose: Some(vec![2]),
                all_applications: false,
                origin: Some(0),
                others: vec![noauth_required],
            },
            raw: None,
        }
    }

    /// Moves the purpose and the origin from the hardware's list to the software's.
    pub fn enforce_in_software(&mut self) {
        self.software_enforced.purpose = self.hardware_enforced.purpose.take();
        self.software_enforced.origin = self.hardware_enforced.origin.take();
    }

    /// The extension with this description, not critical.
    pub fn to_extension(&self) -> ExtensionDraft {
        ExtensionDraft::new(oid::ANDROID_KEY_DESCRIPTION, false, self.to_der())
    }

    /// The value of the extension in DER, or [`raw`](Self::raw).
    pub fn to_der(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let level = if self.levels_as_integer { integer } else { enumerated };
        sequence(&[
            integer(self.attestation_version),
            level(self.attestation_security_level),
            integer(self.keymaster_version),
            level(self.keymaster_security_level),
            octet_string(&self.attestation_challenge),
            octet_string(&self.unique_id),
            self.software_enforced.to_der(),
            self.hardware_enforced.to_der(),
        ])
    }
}

impl AuthorizationList {
    fn to_der(&self) -> Vec<u8> {
        let purpose = self.purpose.as_ref().map(|numbers| set_of(&numbers.iter().copied().map(integer).collect::<Vec<_>>()));
        let mut entries = self.others.clone();
        entries.extend(purpose.map(|purpose| (1, purpose)));
        entries.extend(self.all_applications.then(|| (600, null())));
        entries.extend(self.origin.map(|origin| (702, integer(origin))));
        entries.sort_by_key(|entry| entry.0);
        sequence(&entries.iter().map(|(number, element)| context(*number, element)).collect::<Vec<_>>())
    }
}
