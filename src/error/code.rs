//! The table of all codes: variant, stable text, who is to blame, what it means.

/// Who is to blame, and so what a caller may do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes or the JSON do not have the shape the specification gives them.
    Malformed,
    /// Well formed, but not what this ceremony expects: another challenge, origin, key, owner …
    Mismatch,
    /// Sound, but refused by what the relying party asked for.
    Policy,
    /// An attestation that leads to no trust anchor.
    Untrusted,
    /// Something this crate or its crypto provider cannot judge.
    Unsupported,
    /// The ceremony took too long.
    Expired,
    /// A sign of a copied authenticator or of a response used twice.
    Replayed,
    /// There is no such credential or pending ceremony.
    NotFound,
    /// The credential ID is taken, or another request was faster.
    Conflict,
    /// Too many attempts; later there may be room again.
    Throttled,
    /// A store or a source of randomness failed: a fault on the relying party's side.
    Store,
    /// The crate was configured or called in a way that cannot work.
    Misuse,
}

impl ErrorKind {
    /// The kind as stable kebab-case text, such as `not-found`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
            Self::Policy => "policy",
            Self::Untrusted => "untrusted",
            Self::Unsupported => "unsupported",
            Self::Expired => "expired",
            Self::Replayed => "replayed",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Throttled => "throttled",
            Self::Store => "store",
            Self::Misuse => "misuse",
        }
    }
}

macro_rules! codes {
    ($($(#[$section:meta])* $variant:ident $text:literal $kind:ident $meaning:literal;)*) => {
        /// Every reason for which something is refused, each with a stable text.
        ///
        /// The full table with kinds and meanings is `docs/ERRORS.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $text, "`: ", $meaning, ".")] $variant,)*
        }

        impl ErrorCode {
            /// All codes, in the order of the documentation's table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable kebab-case text of the code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Who is to blame.
            #[must_use]
            pub const fn kind(self) -> ErrorKind {
                match self { $(Self::$variant => ErrorKind::$kind,)* }
            }

            /// One sentence for an operator, without values.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    // The JSON of the response.
    JsonMalformed "json-malformed" Malformed "the response is not a JSON object, or a member occurs twice";
    JsonTooLarge "json-too-large" Malformed "the response exceeds the size limit";
    MemberMissing "member-missing" Malformed "a required member of the response is missing";
    MemberType "member-type" Malformed "a member of the response has the wrong JSON type";
    MemberTooLong "member-too-long" Malformed "a member of the response exceeds its limit";
    Base64Malformed "base64url-malformed" Malformed "a member is not base64url";
    ResponseKindMismatch "response-kind-mismatch" Mismatch "a registration response came where an authentication response belongs, or the reverse";
    CredentialTypeUnexpected "credential-type-unexpected" Mismatch "the credential's type is not public-key";
    CredentialIdMismatch "credential-id-mismatch" Mismatch "the credential ID differs between id, rawId and authenticator data";
    ResponseCopyMismatch "response-copy-mismatch" Mismatch "an unsigned convenience copy in the response differs from the signed original";
    CredentialIdEmpty "credential-id-empty" Malformed "the credential ID is empty";
    CredentialIdTooLong "credential-id-too-long" Malformed "the credential ID is longer than 1023 bytes";
    UserHandleLength "user-handle-length" Malformed "a user handle has 1 to 64 bytes";

    // Client data.
    ClientDataTooLarge "client-data-too-large" Malformed "clientDataJSON exceeds the size limit";
    ClientDataNotJson "client-data-not-json" Malformed "clientDataJSON is not a JSON object";
    ClientDataDuplicateMember "client-data-duplicate-member" Malformed "a member of the client data occurs twice";
    ClientDataMemberMissing "client-data-member-missing" Malformed "a required member of the client data is missing";
    ClientDataMemberType "client-data-member-type" Malformed "a member of the client data has the wrong JSON type";
    ClientDataTypeMismatch "client-data-type-mismatch" Mismatch "the client data is for another kind of ceremony";
    ChallengeMismatch "challenge-mismatch" Mismatch "the challenge is not the one that was issued";
    OriginMismatch "origin-mismatch" Mismatch "the origin is not one the relying party expects";
    CrossOriginNotAllowed "cross-origin-not-allowed" Policy "the ceremony ran in a cross-origin frame, which the relying party does not allow";
    TopOriginNotAllowed "top-origin-not-allowed" Policy "the client data names a top origin, and the relying party allows no embedding";
    TopOriginMismatch "top-origin-mismatch" Mismatch "the top origin is not one the relying party expects";
    TopOriginMissing "top-origin-missing" Policy "the ceremony ran in a cross-origin frame, and the client does not say in whose";
    TopOriginWithoutCrossOrigin "top-origin-without-cross-origin" Mismatch "the client data names a top origin but does not say that it is cross-origin";

    // CBOR.
    CborTooLarge "cbor-too-large" Malformed "the CBOR exceeds the size limit";
    CborTruncated "cbor-truncated" Malformed "the CBOR ends in the middle of an item";
    CborTrailingBytes "cbor-trailing-bytes" Malformed "bytes follow the CBOR item";
    CborMalformed "cbor-malformed" Malformed "the bytes are not well-formed CBOR";
    CborIndefiniteLength "cbor-indefinite-length" Malformed "a CBOR item has an indefinite length";
    CborTag "cbor-tag" Malformed "the CBOR holds a tag";
    CborFloat "cbor-float" Malformed "the CBOR holds a floating-point number";
    CborSimpleValue "cbor-simple-value" Malformed "the CBOR holds a simple value other than false, true and null";
    CborIntegerRange "cbor-integer-range" Malformed "a CBOR integer does not fit 64 bits with sign";
    CborInvalidUtf8 "cbor-invalid-utf8" Malformed "a CBOR text string is not UTF-8";
    CborDuplicateKey "cbor-duplicate-key" Malformed "a key occurs twice in a CBOR map";
    CborKeyType "cbor-key-type" Malformed "a key of a CBOR map has a type that does not belong there";
    CborTooDeep "cbor-too-deep" Malformed "the CBOR is nested too deeply";
    CborTooManyItems "cbor-too-many-items" Malformed "the CBOR has too many items";

    // Authenticator data.
    AuthenticatorDataTooShort "authenticator-data-too-short" Malformed "the authenticator data has fewer than 37 bytes";
    AuthenticatorDataTrailingBytes "authenticator-data-trailing-bytes" Malformed "bytes follow the authenticator data";
    AttestedDataTruncated "attested-data-truncated" Malformed "the attested credential data ends too early";
    AttestedDataMissing "attested-data-missing" Malformed "a registration carries no attested credential data (AT is clear)";
    AttestedDataInAssertion "attested-data-in-assertion" Malformed "an assertion carries attested credential data (AT is set)";
    ExtensionsMissing "extensions-missing" Malformed "ED is set but no extension data follows";
    ExtensionsNotMap "extensions-not-a-map" Malformed "the extension data is not a CBOR map with text keys";
    RpIdHashMismatch "rp-id-hash-mismatch" Mismatch "the authenticator data is for another RP ID";
    UserNotPresent "user-not-present" Policy "the user was not present (UP is clear)";
    UserNotVerified "user-not-verified" Policy "user verification was required and did not happen (UV is clear)";
    BackupStateWithoutEligibility "backup-state-without-eligibility" Malformed "BS is set while BE is clear";
    BackupEligibilityChanged "backup-eligibility-changed" Mismatch "backup eligibility differs from the credential record";
    BackupEligibilityRefused "backup-eligibility-refused" Policy "the relying party's policy on backup eligibility refuses this credential";

    // The credential public key.
    PublicKeyNotMap "public-key-not-a-map" Malformed "the credential public key is not a COSE_Key map";
    PublicKeyParameterMissing "public-key-parameter-missing" Malformed "a required COSE_Key parameter is missing";
    PublicKeyParameterType "public-key-parameter-type" Malformed "a COSE_Key parameter has the wrong type";
    PublicKeyExtraParameter "public-key-extra-parameter" Malformed "the COSE_Key holds a parameter that WebAuthn does not allow";
    PublicKeyPrivatePart "public-key-private-part" Malformed "the COSE_Key holds a private key";
    PublicKeyAlgorithmUnsupported "public-key-algorithm-unsupported" Unsupported "the key's algorithm is not supported";
    PublicKeyTypeMismatch "public-key-type-mismatch" Mismatch "the key type does not fit the key's algorithm";
    PublicKeyCurveMismatch "public-key-curve-mismatch" Mismatch "the curve does not fit the key's algorithm";
    PublicKeyCompressedPoint "public-key-compressed-point" Malformed "the key holds a compressed point";
    PublicKeyCoordinateLength "public-key-coordinate-length" Malformed "a coordinate does not have the full length of the curve";
    PublicKeyNotOnCurve "public-key-not-on-curve" Malformed "the key is not a valid point of its curve";
    PublicKeyRsaLeadingZero "public-key-rsa-leading-zero" Malformed "an RSA parameter has a leading zero byte";
    PublicKeyRsaTooSmall "public-key-rsa-too-small" Policy "the RSA modulus has fewer than 2048 bits";
    PublicKeyRsaTooLarge "public-key-rsa-too-large" Policy "the RSA modulus has more than 8192 bits";
    PublicKeyRsaEvenModulus "public-key-rsa-even-modulus" Malformed "the RSA modulus is even";
    PublicKeyRsaExponent "public-key-rsa-exponent" Malformed "the RSA exponent is even, below 3 or above 2^32";
    AlgorithmNotOffered "algorithm-not-offered" Policy "the key's algorithm is not among those that were offered";

    // Attestation.
    AttestationObjectNotMap "attestation-object-not-a-map" Malformed "the attestation object is not a CBOR map";
    AttestationObjectMemberMissing "attestation-object-member-missing" Malformed "a member of the attestation object is missing";
    AttestationObjectMemberType "attestation-object-member-type" Malformed "a member of the attestation object has the wrong type";
    AttestationObjectExtraMember "attestation-object-extra-member" Malformed "the attestation object has a member that does not belong there";
    AttestationFormatUnknown "attestation-format-unknown" Unsupported "the attestation statement format is not a known one";
    AttestationFormatUnsupported "attestation-format-unsupported" Unsupported "the attestation statement format is known but cannot be verified";
    AttestationStatementMalformed "attestation-statement-malformed" Malformed "the attestation statement does not have its format's shape";
    AttestationStatementNotEmpty "attestation-statement-not-empty" Malformed "the statement of format none is not empty";
    AttestationAlgorithmMismatch "attestation-algorithm-mismatch" Mismatch "a self attestation names another algorithm than the credential key";
    AttestationSignatureInvalid "attestation-signature-invalid" Mismatch "the attestation signature does not verify";
    AttestationNoneRefused "attestation-none-refused" Policy "the relying party does not accept a credential without attestation";
    AttestationSelfRefused "attestation-self-refused" Policy "the relying party does not accept self attestation";

    AttestationUntrusted "attestation-untrusted" Untrusted "the attestation leads to no trust anchor";
    AttestationModelRefused "attestation-model-refused" Policy "the relying party does not accept this model of authenticator";
    AttestationStatusRefused "attestation-status-refused" Policy "the metadata's status of this model is not acceptable";
    AttestationAlgorithmUnsupported "attestation-algorithm-unsupported" Unsupported "the statement's algorithm is not supported";
    AttestationKeyMismatch "attestation-key-mismatch" Mismatch "the attestation certificate is not for the credential key";
    AttestationNonceMismatch "attestation-nonce-mismatch" Mismatch "the statement was not made for this registration";
    AttestationCertificateVersion "attestation-certificate-version" Malformed "the attestation certificate is not of version 3";
    AttestationCertificateSubject "attestation-certificate-subject" Malformed "the attestation certificate's subject is not what its format demands";
    AttestationCertificateBasicConstraints "attestation-certificate-basic-constraints" Malformed "the attestation certificate does not say that it is no CA";
    AttestationCertificateAaguid "attestation-certificate-aaguid" Mismatch "the attestation certificate's AAGUID is malformed or another one";
    TpmVersion "tpm-version" Unsupported "the TPM statement is not of version 2.0";
    TpmPublicAreaMismatch "tpm-public-area-mismatch" Mismatch "the TPM's public area is not the credential key's";
    TpmMagic "tpm-magic" Malformed "certInfo was not generated by a TPM";
    TpmAttestationType "tpm-attestation-type" Malformed "certInfo certifies no object";
    TpmNameMismatch "tpm-name-mismatch" Mismatch "certInfo certifies another object than the public area";
    TpmAlternativeName "tpm-alternative-name" Malformed "the AIK certificate does not name the TPM as it has to";
    TpmVendor "tpm-vendor" Policy "the TPM's vendor exists for tests only";
    TpmKeyUsage "tpm-key-usage" Malformed "the certificate is not one of an attestation identity key";
    TpmNameAlgorithm "tpm-name-algorithm" Unsupported "the TPM names the key by SHA-1 or an unknown hash";
    TpmKeyAttributes "tpm-key-attributes" Policy "the key may have been imported, may leave the TPM, or does not sign freely";
    AndroidKeyDescriptionMalformed "android-key-description-malformed" Malformed "the key description of the certificate is missing or malformed";
    AndroidKeyAllApplications "android-key-all-applications" Policy "the key may be used by all applications";
    AndroidKeyOrigin "android-key-origin" Policy "the key was not generated in the keystore";
    AndroidKeyPurpose "android-key-purpose" Policy "the key is for other purposes than signing";
    AndroidKeySecurityLevel "android-key-security-level" Policy "the key, or what attests it, is in software only";
    SafetynetHost "safetynet-host" Mismatch "the response is not signed by the SafetyNet service";
    SafetynetCtsProfile "safetynet-cts-profile" Policy "the device does not pass the compatibility test";
    SafetynetTimestamp "safetynet-timestamp" Mismatch "the SafetyNet response is too old or from the future";
    FidoU2fCertificateCount "fido-u2f-certificate-count" Malformed "a fido-u2f statement has exactly one certificate";
    FidoU2fCurve "fido-u2f-curve" Malformed "a fido-u2f key is on P-256";
    FidoU2fAaguid "fido-u2f-aaguid" Policy "the relying party wants a zero AAGUID from fido-u2f";

    // Certificates and signed documents.
    CertificateMalformed "certificate-malformed" Malformed "a certificate cannot be parsed";
    CertificateChainTooLong "certificate-chain-too-long" Malformed "the chain has too many certificates";
    CertificateKeyUnsupported "certificate-key-unsupported" Unsupported "a certificate's public key is of an unsupported kind";
    CertificateAlgorithmUnsupported "certificate-algorithm-unsupported" Unsupported "a certificate's signature algorithm is unsupported or too weak";
    CertificateSignatureInvalid "certificate-signature-invalid" Untrusted "a certificate is not signed by the next one of the chain";
    CertificateIssuerMismatch "certificate-issuer-mismatch" Untrusted "a certificate's issuer is not the next one of the chain";
    CertificateExpired "certificate-expired" Untrusted "a certificate is no longer valid";
    CertificateNotYetValid "certificate-not-yet-valid" Untrusted "a certificate is not valid yet";
    CertificateNotCa "certificate-not-ca" Untrusted "a certificate that issued another is no CA";
    CertificatePathLength "certificate-path-length" Untrusted "the chain is longer than a CA allows";
    CertificateKeyUsage "certificate-key-usage" Untrusted "a certificate's key may not sign what it signed";
    CertificateCriticalExtension "certificate-critical-extension" Untrusted "a certificate has a critical extension that is not understood";
    CertificateRevoked "certificate-revoked" Untrusted "a certificate was revoked";
    RevocationListMalformed "revocation-list-malformed" Malformed "a certificate revocation list cannot be parsed";
    RevocationListUnsupported "revocation-list-unsupported" Unsupported "a certificate revocation list is a delta, indirect, or has a critical extension that is not understood";
    RevocationListUnverifiable "revocation-list-unverifiable" Untrusted "a revocation list names a certificate, and the list's signature cannot be judged";
    JwsMalformed "jws-malformed" Malformed "a JSON Web Signature cannot be parsed";
    JwsCriticalHeader "jws-critical-header" Unsupported "a JSON Web Signature has header parameters that must be understood, and none is";
    JwsAlgorithm "jws-algorithm" Unsupported "a JSON Web Signature's algorithm does not fit its key or is unsupported";
    JwsSignatureInvalid "jws-signature-invalid" Mismatch "a JSON Web Signature does not verify";

    MetadataMalformed "metadata-malformed" Malformed "the metadata cannot be read";
    MetadataSigner "metadata-signer" Untrusted "the metadata is signed by somebody else than expected";
    MetadataRolledBack "metadata-rolled-back" Replayed "the metadata is older than what is there";
    MetadataStale "metadata-stale" Policy "new metadata is overdue, and the relying party trusts nothing without it";

    // Authentication.
    CredentialNotAllowed "credential-not-allowed" Policy "the credential is not among those that were allowed";
    CredentialNotFound "credential-not-found" NotFound "no credential record has this ID";
    CredentialOwnerMismatch "credential-owner-mismatch" Mismatch "the credential belongs to another user";
    CredentialRecordMismatch "credential-record-mismatch" Misuse "the record handed in is not of the credential that responded";
    PreparedKeyMismatch "prepared-key-mismatch" Misuse "the prepared key handed in was not made from the record's public key";
    UserHandleMissing "user-handle-missing" Mismatch "the response names no user, and none was known beforehand";
    UserHandleMismatch "user-handle-mismatch" Mismatch "the response names another user than the credential's owner";
    SignatureInvalid "signature-invalid" Mismatch "the signature does not verify under the recorded key";
    CounterNotIncreased "counter-not-increased" Replayed "the signature counter did not increase";
    BackupEligibilityUnknown "backup-eligibility-unknown" Policy "the record does not know the credential's backup eligibility, and the policy does not learn it";
    AppIdNotRequested "appid-not-requested" Mismatch "the client reports the appid extension, which was not asked for";

    // The ceremony and its state.
    CeremonyExpired "ceremony-expired" Expired "the ceremony's time is over";
    CeremonyNotFound "ceremony-not-found" NotFound "no such ceremony is pending: never started, already used, or expired";
    CeremonyKindMismatch "ceremony-kind-mismatch" Mismatch "the pending state belongs to another kind of ceremony";
    CeremonyRelyingPartyMismatch "ceremony-relying-party-mismatch" Mismatch "the pending state or record belongs to another relying party or tenant";
    CeremonySessionMismatch "ceremony-session-mismatch" Mismatch "the session that answers is not the one that the ceremony is bound to";
    WorkflowDisabled "workflow-disabled" Policy "the relying party has switched this workflow off";
    AttachmentContradicted "attachment-contradicted" Policy "the client reports another authenticator attachment than was demanded";
    ResidentKeyContradicted "resident-key-contradicted" Policy "the client reports a credential that is not discoverable where that was demanded";
    StateMalformed "state-malformed" Malformed "the persisted ceremony state cannot be read";
    StateVersionUnsupported "state-version-unsupported" Unsupported "the persisted ceremony state has a format version this release cannot read";
    RecordMalformed "record-malformed" Malformed "the persisted credential record cannot be read";
    RecordVersionUnsupported "record-version-unsupported" Unsupported "the persisted credential record has a format version this release cannot read";

    // Sealed ceremonies.
    SealedTokenMalformed "sealed-token-malformed" Malformed "the sealed ceremony is truncated, too long or no base64url";
    SealedTokenVersionUnsupported "sealed-token-version-unsupported" Unsupported "the sealed ceremony has a format version this release cannot read";
    SealedTokenModeUnsupported "sealed-token-mode-unsupported" Unsupported "the sealed ceremony is sealed in a way this build cannot open";
    SealedTokenKeyUnknown "sealed-token-key-unknown" Mismatch "the ceremony is sealed with a key that is not accepted";
    SealedTokenTampered "sealed-token-tampered" Mismatch "the sealed ceremony is not as it was sealed";
    SealedTokenReplayed "sealed-token-replayed" Replayed "the sealed ceremony was taken before";
    SealedStateTooLarge "sealed-state-too-large" Misuse "the ceremony's state is too large to be sealed into an ID";
    ReplayGuardFull "replay-guard-full" Store "the replay guard remembers as many sealed ceremonies as it may";
    TakeByChallengeUnsupported "take-by-challenge-unsupported" Misuse "a sealed ceremony is not found by its challenge";
    SealingKeyEmpty "sealing-key-empty" Misuse "a sealing key is empty, or nothing but zeros";
    SealingKeyTooShort "sealing-key-too-short" Misuse "a sealing key has less than 32 bytes";
    SealingKeyDuplicate "sealing-key-duplicate" Misuse "a sealing key is given twice";

    // Stores and sources.
    CredentialAlreadyRegistered "credential-already-registered" Conflict "the credential ID is registered already";
    IdentifierInvalid "identifier-invalid" Malformed "a login identifier has 1 to 1024 bytes, and 1 to 16 kinds it may be of";
    UserNotFound "user-not-found" NotFound "no user has this login identifier";
    ProofRequired "proof-required" Policy "a fresh proof of control over the account is needed, perhaps with user verification";
    ProofStale "proof-stale" Expired "the proof of control over the account is too old";
    ProofOfAnother "proof-of-another" Mismatch "the proof is of another account or tenant";
    RateLimited "rate-limited" Throttled "too many attempts";
    CredentialLimitReached "credential-limit-reached" Policy "the user has as many passkeys as allowed";
    CredentialLast "credential-last" Policy "the user's last passkey stays";
    StoreContention "store-contention" Conflict "the credential record kept changing while a use was to be recorded";
    StoreUnavailable "store-unavailable" Store "a store failed";
    CeremonyStoreFull "ceremony-store-full" Store "too many ceremonies are pending";
    CredentialStoreFull "credential-store-full" Store "the in-memory store holds as many credentials as it may";
    RandomnessUnavailable "randomness-unavailable" Store "the source of randomness failed";

    // Import.
    PublicKeyEncodingMalformed "public-key-encoding-malformed" Malformed "the public key is not well-formed SubjectPublicKeyInfo, PEM or JWK";
    PublicKeyAlgorithmMismatch "public-key-algorithm-mismatch" Mismatch "the key names another algorithm than the one it is said to be for";
    ImportMalformed "import-malformed" Malformed "the file is not a list of rows in JSON";
    ImportUnreadable "import-unreadable" Store "the file cannot be read to its end";
    ImportTooLarge "import-too-large" Misuse "the rows are too many or too large to be imported all or nothing";
    ImportRowMalformed "import-row-malformed" Malformed "the row is not a JSON object";
    ImportRowTooLarge "import-row-too-large" Malformed "the row exceeds 64 KiB";
    ImportRowDuplicate "import-row-duplicate" Conflict "an earlier row has the same credential ID or record ID";
    ImportMemberMissing "import-member-missing" Malformed "a required member of the row is missing";
    ImportMemberType "import-member-type" Malformed "a member of the row has the wrong JSON type";
    ImportMemberTooLong "import-member-too-long" Malformed "a member of the row exceeds its limit";
    ImportMemberDuplicate "import-member-duplicate" Malformed "a member of the row occurs twice";
    ImportMemberValue "import-member-value" Malformed "a member of the row has a value that cannot be imported";
    ImportUserHandleUnknown "import-user-handle-unknown" NotFound "neither the row nor the caller says whose passkey it is";

    // Configuration and calls.
    RpIdInvalid "rp-id-invalid" Misuse "the RP ID is not a lower-case ASCII domain";
    OriginInvalid "origin-invalid" Misuse "the configured origin is not in the form a browser reports";
    OriginOutsideRelyingParty "origin-outside-relying-party" Misuse "the configured origin's host is neither the RP ID nor below it";
    ScopeInvalid "scope-invalid" Misuse "a scope has 1 to 255 bytes, none of them zero";
    ChallengeLength "challenge-length" Misuse "a challenge has 16 to 1024 bytes";
    AlgorithmListEmpty "algorithm-list-empty" Misuse "no algorithm is offered";
    AlgorithmNotProvided "algorithm-not-provided" Misuse "an offered algorithm cannot be verified by the crypto provider";
    CryptoProviderUnavailable "crypto-provider-unavailable" Unsupported "the processor lacks what the crypto provider needs";
    TimeoutInvalid "timeout-invalid" Misuse "the timeout is zero or longer than an hour";
    NameInvalid "name-invalid" Malformed "a name is empty, longer than 256 bytes, or holds a zero byte";
    AttestationPolicyInvalid "attestation-policy-invalid" Misuse "the attestation policy contradicts itself";
    ExtensionInputInvalid "extension-input-invalid" Misuse "the extension inputs contradict each other or the request";
    DecoySecretInvalid "decoy-secret-invalid" Misuse "the secret of decoys is too short, or nothing but zeros";
    SessionBindingInvalid "session-binding-invalid" Misuse "a session binding is empty";
    CallerStateTooLarge "caller-state-too-large" Misuse "the caller's state has more than 8 KiB";
    CredentialListInvalid "credential-list-invalid" Misuse "the list of credentials does not fit the request";
}
