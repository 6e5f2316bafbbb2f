//! How the client refuses.

use alloc::string::String;
use core::fmt;

/// Why the client made no response, named as the exception that a page would see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientError {
    /// The options are not of the right shape; the text says what is wrong.
    TypeError(String),
    /// The RP ID is not valid for the origin.
    SecurityError,
    /// None of the offered algorithms is supported.
    NotSupportedError,
    /// A credential of `excludeCredentials` is on this authenticator.
    InvalidStateError,
    /// User verification or a discoverable credential is required, and the authenticator cannot do it.
    ConstraintError,
    /// There is no suitable authenticator or credential, or nobody touched it: browsers do not tell which.
    NotAllowedError,
}

impl ClientError {
    /// The name of the exception.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TypeError(_) => "TypeError",
            Self::SecurityError => "SecurityError",
            Self::NotSupportedError => "NotSupportedError",
            Self::InvalidStateError => "InvalidStateError",
            Self::ConstraintError => "ConstraintError",
            Self::NotAllowedError => "NotAllowedError",
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self {
            Self::TypeError(reason) => reason,
            Self::SecurityError => "the RP ID is not valid for the origin",
            Self::NotSupportedError => "none of the offered algorithms is supported",
            Self::InvalidStateError => "an excluded credential is on this authenticator",
            Self::ConstraintError => "the authenticator lacks a required ability",
            Self::NotAllowedError => "no suitable authenticator or credential",
        };
        write!(f, "{}: {reason}", self.name())
    }
}

impl core::error::Error for ClientError {}
