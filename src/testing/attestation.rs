//! Attestation statements (§8).

use super::{Cbor, KeyPair};
use alloc::vec::Vec;

/// Which attestation statement a registration carries.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum AttestationKind {
    /// Format `none`: an empty map.
    #[default]
    None,
    /// Format `packed`, signed by the credential key itself.
    PackedSelf,
}

impl AttestationKind {
    /// The attestation statement format identifier.
    pub fn format(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PackedSelf => "packed",
        }
    }

    /// The statement. `sign` makes the signature that belongs into it, where there is one.
    pub(super) fn statement(&self, signer: &KeyPair, sign: impl FnOnce() -> Vec<u8>) -> Cbor {
        match self {
            Self::None => Cbor::Map(Vec::new()),
            Self::PackedSelf => Cbor::map([("alg", signer.algorithm().cose_id().into()), ("sig", sign().into())]),
        }
    }
}
