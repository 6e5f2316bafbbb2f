//! X.509 for attestation: certificates, paths to trust anchors, revocation lists.
//!
//! A well-kept library parses; what is signed is sliced out of the input and never encoded again. The
//! validator is small and knows only what attestation chains carry: it refuses what it does not understand.

mod certificate;
mod crl;
mod jws;
mod name;
mod path;
mod serials;

pub(crate) use certificate::{Certificate, ObjectIdentifier, SERVER_AUTH, oid};
pub use crl::RevocationList;
pub(crate) use jws::Jws;
pub use path::TrustAnchor;
pub(crate) use path::{Judge, Trusted, check_length, validate};
pub use serials::RevokedSerials;
