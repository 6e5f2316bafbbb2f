use serde::{Deserialize, Serialize};

/// How statements are judged where the specification leaves a choice. The defaults follow the
/// specification where it is lenient, and refuse what it only tolerates.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StatementRules {
    /// Whether `android-key` must show purpose and origin in the hardware-enforced list, and both its security levels must be
    /// the trusted environment or StrongBox; otherwise either list will do, at any level (§8.4).
    pub android_key_requires_hardware: bool,
    /// Whether `fido-u2f` must come with a zero AAGUID, as FIDO's conformance tool demands and the specification does not.
    pub fido_u2f_requires_zero_aaguid: bool,
    /// How many statements of a `compound` one must hold.
    pub compound: CompoundRule,
    /// Takes `android-safetynet`, which is deprecated: its service attests nothing new any more, and what it
    /// attested was the device's software.
    pub danger_accept_android_safetynet: bool,
    /// Takes TPMs of the vendors `id:00000000` and `id:FFFFF1D0`, which exist for tests only and prove nothing.
    pub danger_accept_test_tpm_vendors: bool,
    /// Takes keys of TPMs without fixedTPM, fixedParent and sensitiveDataOrigin, which may have been imported or may leave the
    /// TPM: such a statement proves nothing about where the key is. The specification does not ask for them, and its own vector
    /// lacks them; real TPMs set them for Windows Hello.
    pub danger_accept_movable_tpm_keys: bool,
    /// Takes SHA-1 as signature hash of certificates, as in some chains of old TPMs: a collision forges one.
    pub danger_accept_sha1_certificates: bool,
}

/// How many statements of a `compound` one must hold (§8.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CompoundRule {
    /// Each of them.
    #[default]
    All,
    /// At least one; those that fail are left out of the verdict.
    Any,
}
