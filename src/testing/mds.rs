//! The BLOB of the FIDO Metadata Service, version 3.

use super::jws::{JwsDraft, base64};
use super::x509::extension::{ExtensionDraft, GeneralName};
use super::x509::name::Name;
use super::{CertificateAuthority, CertificateDraft, Edits, KeyAlgorithm, KeyPair, der};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Value, json};

#[cfg(test)]
mod tests;

const HOST: &str = "mds.fidoalliance.org";

/// A metadata BLOB before it is signed: a JWS whose payload lists authenticator models.
#[derive(Clone, Debug)]
pub struct MetadataBlobDraft {
    /// Who issues the certificate of the signing key.
    pub ca: CertificateAuthority,
    /// The key that signs: RS256 from the start.
    pub key: KeyPair,
    /// The payload: an object of `legalHeader`, `no` (1 from the start), `nextUpdate` and `entries`.
    pub payload: Value,
    /// Changes to the signing key's certificate.
    pub leaf: Edits<CertificateDraft>,
    /// Changes to the `x5c` in the header: DER certificates, the leaf first.
    pub x5c: Edits<Vec<Vec<u8>>>,
    /// Changes to the JWS.
    pub jws: Edits<JwsDraft>,
}

impl MetadataBlobDraft {
    /// A BLOB with these entries, signed by the authority's RS256 leaf key. `next_update` is a date as `2030-12-31`.
    pub fn new(ca: &CertificateAuthority, next_update: &str, entries: Vec<Value>) -> Self {
        Self {
            ca: ca.clone(),
            key: ca.leaf_key(KeyAlgorithm::Rs256),
            payload: json!({ "legalHeader": "For tests only.", "no": 1, "nextUpdate": next_update, "entries": entries }),
            leaf: Edits::default(),
            x5c: Edits::default(),
            jws: Edits::default(),
        }
    }

    /// The certificate of the signing key, changed and issued, in DER.
    pub fn leaf_der(&self) -> Vec<u8> {
        let mut leaf = self.ca.draft(Name::common(HOST), &self.key);
        leaf.set_extension(ExtensionDraft::subject_alt_name(&[GeneralName::Dns(HOST.into())]));
        self.ca.issue(&self.leaf.apply(leaf))
    }

    /// The signed BLOB, in the compact form of JWS.
    pub fn sign(&self) -> String {
        let x5c = self.x5c.apply(self.ca.chain(self.leaf_der()));
        self.jws.apply(JwsDraft::new(self.key.clone(), &x5c, self.payload.clone())).sign()
    }
}

/// The entry of a FIDO2 model that is certified, with these roots (DER) for its attestation.
///
/// Everything is JSON to be changed: an entry for a U2F model has `attestationCertificateKeyIdentifiers` (an array of
/// hexadecimal text, see [`KeyPair::key_identifier`]) instead of `aaguid`, one for a UAF model `aaid`.
pub fn metadata_entry(aaguid: [u8; 16], roots: &[Vec<u8>]) -> Value {
    let digits = der::hex(&aaguid);
    let aaguid = format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]);
    let roots: Vec<_> = roots.iter().map(|root| base64(root)).collect();
    json!({
        "aaguid": aaguid,
        "metadataStatement": {
            "legalHeader": "For tests only.",
            "aaguid": aaguid,
            "description": "Virtual Authenticator",
            "authenticatorVersion": 1,
            "protocolFamily": "fido2",
            "schema": 3,
            "upv": [{ "major": 1, "minor": 0 }],
            "authenticationAlgorithms": ["secp256r1_ecdsa_sha256_raw"],
            "publicKeyAlgAndEncodings": ["cose"],
            "attestationTypes": ["basic_full", "attca", "anonca"],
            "userVerificationDetails": [[{ "userVerificationMethod": "passcode_internal" }]],
            "keyProtection": ["software"],
            "matcherProtection": ["software"],
            "cryptoStrength": 128,
            "attachmentHint": ["internal"],
            "tcDisplay": [],
            "attestationRootCertificates": roots,
            "icon": "data:image/png;base64,iVBORw0KGgo=",
            "authenticatorGetInfo": { "versions": ["FIDO_2_0"], "aaguid": digits },
        },
        "statusReports": [status_report("FIDO_CERTIFIED_L1", "2020-01-01")],
        "timeOfLastStatusChange": "2020-01-01",
    })
}

/// A report for the `statusReports` of an entry, such as `REVOKED`, effective on a date as `2020-01-01`.
pub fn status_report(status: &str, effective_date: &str) -> Value {
    json!({ "status": status, "effectiveDate": effective_date })
}
