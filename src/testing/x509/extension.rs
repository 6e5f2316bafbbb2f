//! Extensions of certificates and revocation lists.

use super::name::Name;
use crate::testing::der::{boolean, context, context_primitive, integer, named_bits, null, octet_string, oid, sequence};
use crate::testing::oid;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// An extension. Its constructors set `critical` as is usual; change it afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionDraft {
    /// Which extension it is: an OID in dotted form.
    pub oid: String,
    /// Whether it is critical.
    pub critical: bool,
    /// The content of the OCTET STRING around the value, normally one DER element.
    pub value: Vec<u8>,
}

/// A GeneralName, of the kinds that tests need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// rfc822Name: an e-mail address.
    Email(String),
    /// dNSName: a host name.
    Dns(String),
    /// directoryName.
    Directory(Name),
    /// uniformResourceIdentifier.
    Uri(String),
}

impl GeneralName {
    /// The name in DER.
    pub fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Email(text) => context_primitive(1, text.as_bytes()),
            Self::Dns(text) => context_primitive(2, text.as_bytes()),
            Self::Directory(name) => context(4, &name.to_der()),
            Self::Uri(text) => context_primitive(6, text.as_bytes()),
        }
    }
}

impl ExtensionDraft {
    /// Any extension, with its value in DER.
    pub fn new(oid: &str, critical: bool, value: Vec<u8>) -> Self {
        Self { oid: oid.into(), critical, value }
    }

    /// basicConstraints, critical.
    pub fn basic_constraints(ca: bool, path_length: Option<u32>) -> Self {
        // FALSE is the default, which DER leaves out.
        let ca = if ca { boolean(true) } else { Vec::new() };
        let path_length = path_length.map(|length| integer(length.into())).unwrap_or_default();
        Self::new(oid::BASIC_CONSTRAINTS, true, sequence(&[ca, path_length]))
    }

    /// keyUsage, critical, with the bits of these numbers set: 0 digitalSignature, 5 keyCertSign, 6 cRLSign...
    pub fn key_usage(bits: &[u8]) -> Self {
        Self::new(oid::KEY_USAGE, true, named_bits(bits))
    }

    /// extKeyUsage, not critical.
    pub fn extended_key_usage(purposes: &[&str]) -> Self {
        Self::new(oid::EXTENDED_KEY_USAGE, false, sequence(&oids(purposes)))
    }

    /// subjectAltName, not critical.
    pub fn subject_alt_name(names: &[GeneralName]) -> Self {
        Self::new(oid::SUBJECT_ALT_NAME, false, sequence(&general_names(names)))
    }

    /// subjectAltName with a directoryName, critical, as a certificate without subject has it. For a TPM's, see
    /// [`tpm_device`](crate::testing::tpm_device).
    pub fn subject_alt_name_directory(name: Name) -> Self {
        Self { critical: true, ..Self::subject_alt_name(&[GeneralName::Directory(name)]) }
    }

    /// subjectKeyIdentifier, not critical.
    pub fn subject_key_identifier(identifier: &[u8]) -> Self {
        Self::new(oid::SUBJECT_KEY_IDENTIFIER, false, octet_string(identifier))
    }

    /// authorityKeyIdentifier with a keyIdentifier alone, not critical.
    pub fn authority_key_identifier(identifier: &[u8]) -> Self {
        Self::new(oid::AUTHORITY_KEY_IDENTIFIER, false, sequence(&[context_primitive(0, identifier)]))
    }

    /// certificatePolicies without qualifiers, not critical.
    pub fn certificate_policies(policies: &[&str]) -> Self {
        let policies: Vec<_> = oids(policies).into_iter().map(|policy| sequence(&[policy])).collect();
        Self::new(oid::CERTIFICATE_POLICIES, false, sequence(&policies))
    }

    /// nameConstraints, critical; an empty list is left out.
    pub fn name_constraints(permitted: &[GeneralName], excluded: &[GeneralName]) -> Self {
        let subtrees = |number, names: &[GeneralName]| {
            let bases: Vec<_> = general_names(names).into_iter().map(|base| sequence(&[base])).collect();
            if bases.is_empty() { Vec::new() } else { context(number, &bases.concat()) }
        };
        Self::new(oid::NAME_CONSTRAINTS, true, sequence(&[subtrees(0, permitted), subtrees(1, excluded)]))
    }

    /// cRLDistributionPoints, not critical: one point for each URL.
    pub fn crl_distribution_points(urls: &[&str]) -> Self {
        let point = |url: &&str| sequence(&[context(0, &context(0, &GeneralName::Uri((*url).into()).to_der()))]);
        let points: Vec<_> = urls.iter().map(point).collect();
        Self::new(oid::CRL_DISTRIBUTION_POINTS, false, sequence(&points))
    }

    /// id-fido-gen-ce-aaguid, not critical: an OCTET STRING of these bytes, honestly 16.
    pub fn aaguid(aaguid: &[u8]) -> Self {
        Self::new(oid::FIDO_AAGUID, false, octet_string(aaguid))
    }

    /// id-fido-gen-ce-fw-version, not critical: an INTEGER.
    pub fn firmware_version(version: i64) -> Self {
        Self::new(oid::FIDO_FIRMWARE_VERSION, false, integer(version))
    }

    /// The nonce of an Apple attestation, not critical: SEQUENCE { \[1\] EXPLICIT OCTET STRING }, honestly 32 bytes.
    pub fn apple_nonce(nonce: &[u8]) -> Self {
        Self::new(oid::APPLE_NONCE, false, sequence(&[context(1, &octet_string(nonce))]))
    }

    /// An extension that nobody knows (1.3.6.1.4.1.99999.1), with NULL as its value.
    pub fn unknown(critical: bool) -> Self {
        Self::new("1.3.6.1.4.1.99999.1", critical, null())
    }

    fn to_der(&self) -> Vec<u8> {
        let critical = if self.critical { boolean(true) } else { Vec::new() };
        sequence(&[oid(&self.oid), critical, octet_string(&self.value)])
    }
}

/// Extensions inside of the context tag `number`; nothing if there are none.
pub(super) fn list(number: u32, extensions: &[ExtensionDraft]) -> Vec<u8> {
    match extensions {
        [] => vec![],
        _ => context(number, &bare_list(extensions)),
    }
}

/// Extensions without a tag around; nothing if there are none.
pub(super) fn bare_list(extensions: &[ExtensionDraft]) -> Vec<u8> {
    match extensions {
        [] => vec![],
        _ => sequence(&extensions.iter().map(ExtensionDraft::to_der).collect::<Vec<_>>()),
    }
}

fn oids(dotted: &[&str]) -> Vec<Vec<u8>> {
    dotted.iter().map(|dotted| oid(dotted)).collect()
}

fn general_names(names: &[GeneralName]) -> Vec<Vec<u8>> {
    names.iter().map(GeneralName::to_der).collect()
}
