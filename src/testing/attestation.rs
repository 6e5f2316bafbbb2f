//! Attestation statements (§8), each with the certificates it needs.

use super::algorithm::HashAlgorithm;
use super::x509::name::Name;
use super::{AuthDataDraft, Cbor, CertificateAuthority, CertificateDraft, ClientDataDraft, Edits, KeyPair, oid};
use alloc::vec::Vec;

pub(super) mod android_key;
pub(super) mod apple;
pub(super) mod fido_u2f;
pub(super) mod packed;
pub(super) mod safetynet;
pub(super) mod tpm;

#[cfg(test)]
mod tests;

use android_key::AndroidKeyAttestation;
use apple::AppleAttestation;
use fido_u2f::FidoU2fAttestation;
use packed::PackedAttestation;
use safetynet::SafetyNetAttestation;
use tpm::TpmAttestation;

/// Which attestation statement a registration carries.
///
/// The structs in it hold [`Edits`]: what should be wrong in the parts that follow from the ceremony.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum AttestationKind {
    /// Format `none`: an empty map.
    #[default]
    None,
    /// Format `packed`, signed by the credential key itself.
    PackedSelf,
    /// Format `packed` with certificates.
    Packed(PackedAttestation),
    /// Format `tpm`.
    Tpm(TpmAttestation),
    /// Format `android-key`.
    AndroidKey(AndroidKeyAttestation),
    /// Format `android-safetynet`.
    AndroidSafetyNet(SafetyNetAttestation),
    /// Format `fido-u2f`.
    FidoU2f(FidoU2fAttestation),
    /// Format `apple`.
    Apple(AppleAttestation),
    /// Format `compound`: an array of these statements. Honestly at least two, and none of them compound.
    Compound(Vec<AttestationKind>),
}

impl AttestationKind {
    /// The attestation statement format identifier.
    pub fn format(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PackedSelf | Self::Packed(_) => "packed",
            Self::Tpm(_) => "tpm",
            Self::AndroidKey(_) => "android-key",
            Self::AndroidSafetyNet(_) => "android-safetynet",
            Self::FidoU2f(_) => "fido-u2f",
            Self::Apple(_) => "apple",
            Self::Compound(_) => "compound",
        }
    }

    /// The statement about what was created.
    pub(super) fn statement(&self, subject: &Subject<'_>) -> Cbor {
        match self {
            Self::None => Cbor::Map(Vec::new()),
            Self::PackedSelf => {
                let signature = subject.sign(subject.credential, &subject.signed_bytes());
                Cbor::map([("alg", subject.credential.algorithm().cose_id().into()), ("sig", signature.into())])
            }
            Self::Packed(packed) => packed.statement(subject),
            Self::Tpm(tpm) => tpm.statement(subject),
            Self::AndroidKey(android_key) => android_key.statement(subject),
            Self::AndroidSafetyNet(safetynet) => safetynet.statement(subject),
            Self::FidoU2f(fido_u2f) => fido_u2f.statement(subject),
            Self::Apple(apple) => apple.statement(subject),
            Self::Compound(kinds) => {
                let statement = |kind: &Self| Cbor::map([("fmt", kind.format().into()), ("attStmt", kind.statement(subject))]);
                Cbor::Array(kinds.iter().map(statement).collect())
            }
        }
    }
}

/// Each format's struct is a kind of attestation.
macro_rules! kinds {
    ($($kind:ident($attestation:ty))*) => {$(
        impl From<$attestation> for AttestationKind {
            fn from(attestation: $attestation) -> Self {
                Self::$kind(attestation)
            }
        }
    )*};
}

kinds! {
    Packed(PackedAttestation)
    Tpm(TpmAttestation)
    AndroidKey(AndroidKeyAttestation)
    AndroidSafetyNet(SafetyNetAttestation)
    FidoU2f(FidoU2fAttestation)
    Apple(AppleAttestation)
}

/// What a statement is about, and how to sign it.
pub(super) struct Subject<'a> {
    /// The credential key, or who signs in its place.
    pub(super) credential: &'a KeyPair,
    pub(super) auth_data: &'a AuthDataDraft,
    pub(super) client_data: &'a ClientDataDraft,
    /// Override of every signature in the statement.
    pub(super) signature: Option<&'a [u8]>,
}

impl Subject<'_> {
    fn client_data_hash(&self) -> Vec<u8> {
        HashAlgorithm::Sha256.digest(&self.client_data.to_bytes())
    }

    /// What most signatures cover: authenticator data, then the hash of the client data.
    pub(super) fn signed_bytes(&self) -> Vec<u8> {
        [self.auth_data.to_bytes(), self.client_data_hash()].concat()
    }

    fn aaguid(&self) -> &[u8] {
        self.auth_data.attested.as_ref().map_or(&[], |attested| &attested.aaguid)
    }

    fn sign(&self, key: &KeyPair, message: &[u8]) -> Vec<u8> {
        self.signature.map_or_else(|| key.sign(message), <[u8]>::to_vec)
    }
}

/// The chain for `x5c`: a leaf, changed and issued, and what is above it, changed.
fn chain(
    ca: &CertificateAuthority,
    leaf: CertificateDraft,
    leaf_edits: &Edits<CertificateDraft>,
    edits: &Edits<Vec<Vec<u8>>>,
) -> Vec<Vec<u8>> {
    let leaf = ca.issue(&leaf_edits.apply(leaf));
    edits.apply(ca.chain(leaf))
}

/// An array of byte strings.
fn byte_strings(chain: Vec<Vec<u8>>) -> Cbor {
    Cbor::Array(chain.into_iter().map(Cbor::Bytes).collect())
}

/// The subject that packed attestation certificates must have (§8.2.1).
fn vendor(common_name: &str) -> Name {
    Name::empty()
        .with(oid::COUNTRY, "AA")
        .with(oid::ORGANIZATION, "Virtual Authenticators")
        .with(oid::ORGANIZATIONAL_UNIT, "Authenticator Attestation")
        .with(oid::COMMON_NAME, common_name)
}
