//! The small typed values everything else is made of; each checks itself when it is built.

mod algorithm;
mod bytes;
mod flags;
mod hash;
mod ids;
mod origin;
mod rp_id;
mod text;
mod time;

pub use algorithm::{Algorithm, AlgorithmList, Curve};
pub use bytes::Bytes;
pub use flags::Flags;
pub use ids::{Aaguid, Challenge, CredentialId, RecordId, Scope, UserHandle};
pub use origin::Origin;
pub use rp_id::RpId;
pub use text::{AttestationConveyance, AuthenticatorAttachment, CredentialType, Hint, ResidentKey, Transport, UserVerification};
pub use time::UnixTime;

pub(crate) use bytes::{SharedDecoder, base64url};
pub(crate) use hash::sha256;
