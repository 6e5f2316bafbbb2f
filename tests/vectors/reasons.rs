//! Which words of the real-device files say the same as a code of this crate.

use passkeeper::ErrorCode;

/// The words that fit each code, the most exact first.
const REASONS: &[(&[ErrorCode], &[&str])] = {
    use ErrorCode::*;
    &[
        (&[JsonMalformed, JsonTooLarge, MemberMissing, MemberType, MemberTooLong, ResponseKindMismatch], &["malformed", "encoding"]),
        (&[Base64Malformed], &["encoding", "malformed"]),
        (&[CredentialTypeUnexpected], &["cred_type"]),
        (&[CredentialIdMismatch, CredentialIdEmpty, CredentialIdTooLong], &["id"]),
        (&[CredentialNotAllowed, CredentialNotFound, CredentialRecordMismatch], &["id"]),
        (&[ResponseCopyMismatch], &["malformed"]),
        (&[UserHandleLength, UserHandleMissing, UserHandleMismatch, CredentialOwnerMismatch], &["user_handle"]),
        (
            &[ClientDataTooLarge, ClientDataNotJson, ClientDataDuplicateMember, ClientDataMemberMissing, ClientDataMemberType],
            &["client_data"],
        ),
        (&[ClientDataTypeMismatch], &["type"]),
        (&[ChallengeMismatch, ChallengeLength], &["challenge"]),
        (&[OriginMismatch, OriginInvalid, OriginOutsideRelyingParty], &["origin"]),
        (&[CrossOriginNotAllowed, TopOriginNotAllowed, TopOriginMismatch, TopOriginWithoutCrossOrigin], &["cross_origin"]),
        (
            &[
                CborTooLarge,
                CborTruncated,
                CborTrailingBytes,
                CborMalformed,
                CborIndefiniteLength,
                CborTag,
                CborFloat,
                CborSimpleValue,
                CborIntegerRange,
                CborInvalidUtf8,
                CborDuplicateKey,
                CborKeyType,
                CborTooDeep,
                CborTooManyItems,
                AttestationObjectNotMap,
                AttestationObjectMemberMissing,
                AttestationObjectMemberType,
                AttestationObjectExtraMember,
            ],
            &["cbor", "malformed"],
        ),
        (&[AuthenticatorDataTooShort, AuthenticatorDataTrailingBytes, AttestedDataTruncated], &["authdata"]),
        (&[AttestedDataMissing, AttestedDataInAssertion, ExtensionsMissing, ExtensionsNotMap], &["authdata"]),
        (&[RpIdHashMismatch, AppIdNotRequested], &["rp_id_hash"]),
        (&[UserNotPresent], &["up"]),
        (&[UserNotVerified], &["uv"]),
        (&[BackupStateWithoutEligibility, BackupEligibilityChanged, BackupEligibilityRefused], &["backup_flags"]),
        (
            &[
                PublicKeyNotMap,
                PublicKeyParameterMissing,
                PublicKeyParameterType,
                PublicKeyExtraParameter,
                PublicKeyPrivatePart,
                PublicKeyTypeMismatch,
                PublicKeyCurveMismatch,
                PublicKeyCompressedPoint,
                PublicKeyCoordinateLength,
                PublicKeyNotOnCurve,
                PublicKeyRsaLeadingZero,
                PublicKeyRsaTooSmall,
                PublicKeyRsaTooLarge,
                PublicKeyRsaEvenModulus,
                PublicKeyRsaExponent,
            ],
            &["public_key"],
        ),
        (&[PublicKeyAlgorithmUnsupported, AlgorithmNotOffered], &["alg"]),
        (&[AttestationFormatUnknown, AttestationFormatUnsupported], &["fmt"]),
        (&[AttestationStatementMalformed, AttestationStatementNotEmpty, AttestationAlgorithmMismatch], &["attestation"]),
        (&[AttestationSignatureInvalid, JwsSignatureInvalid], &["attestation", "signature"]),
        (&[AttestationNoneRefused, AttestationSelfRefused], &["attestation"]),
        (&[AttestationAlgorithmUnsupported, AttestationNonceMismatch], &["attestation"]),
        (&[AttestationKeyMismatch, TpmPublicAreaMismatch], &["attestation", "public_key"]),
        (
            &[
                TpmVersion,
                TpmMagic,
                TpmAttestationType,
                TpmNameMismatch,
                TpmVendor,
                TpmNameAlgorithm,
                TpmKeyAttributes,
                AndroidKeyDescriptionMalformed,
                AndroidKeyAllApplications,
                AndroidKeyOrigin,
                AndroidKeyPurpose,
                AndroidKeySecurityLevel,
                SafetynetHost,
                SafetynetCtsProfile,
                SafetynetTimestamp,
                JwsMalformed,
                JwsCriticalHeader,
                JwsAlgorithm,
                FidoU2fCurve,
            ],
            &["attestation"],
        ),
        (&[AttestationCertificateAaguid, FidoU2fAaguid, AttestationModelRefused], &["aaguid"]),
        (&[FidoU2fCertificateCount], &["x5c", "attestation"]),
        (
            &[
                AttestationCertificateVersion,
                AttestationCertificateSubject,
                AttestationCertificateBasicConstraints,
                TpmAlternativeName,
                TpmKeyUsage,
                CertificateMalformed,
                CertificateChainTooLong,
                CertificateKeyUnsupported,
                CertificateAlgorithmUnsupported,
            ],
            &["x5c"],
        ),
        (
            &[
                AttestationUntrusted,
                AttestationStatusRefused,
                CertificateSignatureInvalid,
                CertificateIssuerMismatch,
                CertificateExpired,
                CertificateNotYetValid,
                CertificateNotCa,
                CertificatePathLength,
                CertificateKeyUsage,
                CertificateCriticalExtension,
                CertificateRevoked,
                RevocationListUnverifiable,
            ],
            &["trust"],
        ),
        (&[SignatureInvalid], &["signature"]),
        (&[CounterNotIncreased], &["counter"]),
    ]
};

/// The words for a code; none for one that no response alone can cause.
pub(crate) fn reasons(code: ErrorCode) -> &'static [&'static str] {
    REASONS.iter().find(|(codes, _)| codes.contains(&code)).map_or(&[], |(_, reasons)| reasons)
}

#[test]
fn no_code_stands_in_the_table_twice() {
    for code in ErrorCode::ALL {
        let times = REASONS.iter().flat_map(|(codes, _)| *codes).filter(|listed| *listed == code).count();
        assert!(times <= 1, "{}", code.as_str());
    }
}
