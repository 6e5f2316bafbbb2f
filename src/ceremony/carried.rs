//! What travels with a ceremony from its start to its end besides the rules: the session that started it, the
//! caller's own state, and the workflow.

use alloc::string::String;
use core::fmt;
use core::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

use super::workflow::Workflow;
use crate::error::{Error, ErrorCode, Result};
use crate::types::{Bytes, sha256};

/// The most bytes of a caller's state.
const MAX_STATE: usize = 8 * 1024;

/// The session that starts a ceremony and alone may complete it: made of an authentication session's ID or of a cookie's
/// value. Only its hash is kept, comparison takes constant time, and `Debug` hides it.
#[derive(Clone)]
pub struct SessionBinding([u8; 32]);

impl SessionBinding {
    /// Binds to a session by whatever is secret and unique to it: what can be guessed binds nothing.
    ///
    /// # Errors
    /// `session-binding-invalid` if it is empty.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self> {
        match secret.as_ref() {
            [] => Err(ErrorCode::SessionBindingInvalid.into()),
            secret => Ok(Self(sha256(&[secret]))),
        }
    }
}

impl PartialEq for SessionBinding {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SessionBinding {}

impl fmt::Debug for SessionBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionBinding(…)")
    }
}

impl Serialize for SessionBinding {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::types::base64url(&self.0))
    }
}

impl<'de> Deserialize<'de> for SessionBinding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let bytes = Bytes::deserialize(deserializer)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| serde::de::Error::custom("a session binding has 32 bytes"))
    }
}

/// Where a request comes from, for a rate limit: no further. `Debug` hides it.
#[derive(Clone)]
pub(crate) struct Source(pub(in crate::ceremony) String);

impl Deref for Source {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(…)")
    }
}

/// Part of every request and of every pending state.
/// `Debug` hides the caller's state.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Carried {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<SessionBinding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) caller_state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) workflow: Option<Workflow>,
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").field("session", &self.session).field("workflow", &self.workflow).finish_non_exhaustive()
    }
}

impl Carried {
    pub(super) fn check(&self) -> Result<()> {
        match &self.caller_state {
            Some(state) if state.len() > MAX_STATE => {
                Err(Error::new(ErrorCode::CallerStateTooLarge).expected(format_args!("at most {MAX_STATE} bytes")).found(state.len()))
            }
            _ => Ok(()),
        }
    }

    /// The session that answers is the one that asked; one that is named where none was is refused as well.
    pub(super) fn check_session(&self, answering: Option<&SessionBinding>) -> Result<()> {
        if self.session.as_ref() == answering { Ok(()) } else { Err(ErrorCode::CeremonySessionMismatch.into()) }
    }
}

/// How requests take along what travels with them, and how results give it back.
macro_rules! carries {
    (request $type:ty) => {
        impl $type {
            /// Lets nobody complete the ceremony but the session that starts it.
            #[must_use]
            pub fn in_session(mut self, session: $crate::ceremony::SessionBinding) -> Self {
                self.carried.session = Some(session);
                self
            }

            /// Any text of the caller's, at most 8 KiB, which comes back unmodified with the result.
            #[must_use]
            pub fn state(mut self, state: impl Into<alloc::string::String>) -> Self {
                self.carried.caller_state = Some(state.into());
                self
            }

            /// What the ceremony is part of: chooses the demands that the relying party configured for that.
            #[must_use]
            pub fn workflow(mut self, workflow: $crate::ceremony::Workflow) -> Self {
                self.carried.workflow = Some(workflow);
                self
            }
        }
    };
    (result $type:ty $(, $p:ident)?) => {
        impl$(<$p>)? $type {
            /// The caller's state, as it was given to the start of the ceremony.
            #[must_use]
            pub fn state(&self) -> Option<&str> {
                self.carried.caller_state.as_deref()
            }

            /// The workflow that the ceremony was started for.
            #[must_use]
            pub fn workflow(&self) -> Option<$crate::ceremony::Workflow> {
                self.carried.workflow
            }
        }
    };
}
pub(crate) use carries;
