//! Object identifiers of certificates, in dotted form.

/// commonName.
pub const COMMON_NAME: &str = "2.5.4.3";
/// countryName.
pub const COUNTRY: &str = "2.5.4.6";
/// organizationName.
pub const ORGANIZATION: &str = "2.5.4.10";
/// organizationalUnitName.
pub const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";

/// The extension subjectKeyIdentifier.
pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
/// The extension keyUsage.
pub const KEY_USAGE: &str = "2.5.29.15";
/// The extension subjectAltName.
pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
/// The extension basicConstraints.
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// The CRL extension cRLNumber.
pub const CRL_NUMBER: &str = "2.5.29.20";
/// The extension nameConstraints.
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
/// The extension cRLDistributionPoints.
pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
/// The extension certificatePolicies.
pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
/// The extension authorityKeyIdentifier.
pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
/// The extension extKeyUsage.
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

/// id-fido-gen-ce-aaguid: the extension with the AAGUID.
pub const FIDO_AAGUID: &str = "1.3.6.1.4.1.45724.1.1.4";
/// id-fido-gen-ce-fw-version: the extension with the firmware version.
pub const FIDO_FIRMWARE_VERSION: &str = "1.3.6.1.4.1.45724.1.1.5";
/// id-fido-gen-ce-sernum: the extension with the serial number of one device, for enterprise attestation.
pub const FIDO_SERIAL_NUMBER: &str = "1.3.6.1.4.1.45724.1.1.2";
/// The extension with the Android key description.
pub const ANDROID_KEY_DESCRIPTION: &str = "1.3.6.1.4.1.11129.2.1.17";
/// The extension with the nonce of an Apple attestation.
pub const APPLE_NONCE: &str = "1.2.840.113635.100.8.2";

/// tcg-kp-AIKCertificate: the extended key usage of a TPM's attestation key.
pub const TCG_AIK_CERTIFICATE: &str = "2.23.133.8.3";
/// The name attribute tpmManufacturer.
pub const TPM_MANUFACTURER: &str = "2.23.133.2.1";
/// The name attribute tpmModel.
pub const TPM_MODEL: &str = "2.23.133.2.2";
/// The name attribute tpmVersion.
pub const TPM_VERSION: &str = "2.23.133.2.3";
