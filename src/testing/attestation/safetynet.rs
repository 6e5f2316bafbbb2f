//! Format `android-safetynet` (§8.5).

use super::{Subject, chain};
use crate::testing::algorithm::HashAlgorithm;
use crate::testing::jws::{JwsDraft, base64};
use crate::testing::x509::extension::{ExtensionDraft, GeneralName};
use crate::testing::x509::name::Name;
use crate::testing::{Cbor, CertificateAuthority, CertificateDraft, Edits, KeyAlgorithm, KeyPair};
use alloc::vec::Vec;
use serde_json::json;

const HOST: &str = "attest.android.com";

/// An `android-safetynet` attestation: signed JSON from what claims to be Google's service.
#[derive(Clone, Debug)]
pub struct SafetyNetAttestation {
    /// Who issues the certificate of the service.
    pub ca: CertificateAuthority,
    /// The key of the service: RS256 from the start.
    pub key: KeyPair,
    /// `timestampMs`: when the service answered, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Changes to the certificate of the service. It honestly names `attest.android.com`, as commonName and dNSName.
    pub leaf: Edits<CertificateDraft>,
    /// Changes to the `x5c` in the header: DER certificates, the leaf first.
    pub x5c: Edits<Vec<Vec<u8>>>,
    /// Changes to the response. The payload is an object of `nonce`, `timestampMs`, `ctsProfileMatch`,
    /// `basicIntegrity` and so on.
    pub response: Edits<JwsDraft>,
    /// Changes to the map of `ver` and `response`.
    pub statement: Edits<Cbor>,
}

impl SafetyNetAttestation {
    /// An attestation by the authority's RS256 leaf key, answered at this time.
    pub fn new(ca: &CertificateAuthority, timestamp_ms: i64) -> Self {
        Self {
            ca: ca.clone(),
            key: ca.leaf_key(KeyAlgorithm::Rs256),
            timestamp_ms,
            leaf: Edits::default(),
            x5c: Edits::default(),
            response: Edits::default(),
            statement: Edits::default(),
        }
    }

    pub(super) fn statement(&self, subject: &Subject<'_>) -> Cbor {
        let mut leaf = self.ca.draft(Name::common(HOST), &self.key);
        leaf.set_extension(ExtensionDraft::extended_key_usage(&["1.3.6.1.5.5.7.3.1"]));
        leaf.set_extension(ExtensionDraft::subject_alt_name(&[GeneralName::Dns(HOST.into())]));
        let digest = base64(&HashAlgorithm::Sha256.digest(b"com.google.android.gms"));
        let payload = json!({
            "nonce": base64(&HashAlgorithm::Sha256.digest(&subject.signed_bytes())),
            "timestampMs": self.timestamp_ms,
            "apkPackageName": "com.google.android.gms",
            "apkDigestSha256": digest,
            "apkCertificateDigestSha256": [digest],
            "ctsProfileMatch": true,
            "basicIntegrity": true,
            "evaluationType": "BASIC",
        });
        let mut response = JwsDraft::new(self.key.clone(), &chain(&self.ca, leaf, &self.leaf, &self.x5c), payload);
        response.signature = subject.signature.map(<[u8]>::to_vec);
        let response = self.response.apply(response).sign();
        self.statement.apply(Cbor::map([("ver", "223616000".into()), ("response", Cbor::bytes(response))]))
    }
}
