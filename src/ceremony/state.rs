//! Persisted ceremony state: versioned JSON, tagged with its kind.

use alloc::string::String;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::RelyingParty;
use super::carried::{Carried, SessionBinding};
use crate::error::{Error, ErrorCode, Result, json_fault};
use crate::types::{Challenge, RpId, Scope, UnixTime};

/// The format of pending states written by this release.
const VERSION: u32 = 1;

/// The three ceremonies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CeremonyKind {
    /// A passkey is registered.
    Registration,
    /// Somebody signs in.
    Authentication,
    /// Somebody shows to hold a passkey, and is not logged in by it.
    Assertion,
}

impl CeremonyKind {
    /// The kind as text, such as `authentication`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Authentication => "authentication",
            Self::Assertion => "assertion",
        }
    }
}

/// What every pending state carries.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Common {
    pub(super) scope: Scope,
    pub(super) rp_id: RpId,
    pub(super) challenge: Challenge,
    pub(super) expires_at: UnixTime,
    #[serde(flatten)]
    pub(super) carried: Carried,
    /// The session that answers, told before the answer is judged.
    #[serde(skip)]
    pub(super) answering: Option<SessionBinding>,
}

impl Common {
    pub(super) fn new(rp: &RelyingParty, challenge: Challenge, carried: Carried, now: UnixTime, lifetime_secs: u32) -> Self {
        let expires_at = now.saturating_add_secs(lifetime_secs);
        Self { scope: rp.scope.clone(), rp_id: rp.id.clone(), challenge, expires_at, carried, answering: None }
    }

    /// Before the first step: the state is this relying party's and this session's, its time is not over, and its workflow
    /// is still switched on.
    pub(super) fn check(&self, rp: &RelyingParty, now: UnixTime) -> Result<()> {
        if self.rp_id != rp.id || self.scope != rp.scope {
            return Err(Error::new(ErrorCode::CeremonyRelyingPartyMismatch).expected(&rp.id).found(&self.rp_id));
        }
        if now > self.expires_at {
            return Err(Error::new(ErrorCode::CeremonyExpired).expected(format_args!("at most {}", self.expires_at)).found(now));
        }
        if let Some(workflow) = self.carried.workflow {
            rp.workflows.enabled(workflow)?;
        }
        self.carried.check_session(self.answering.as_ref())
    }
}

#[derive(Serialize)]
struct Persisted<'a, T> {
    version: u32,
    kind: CeremonyKind,
    #[serde(flatten)]
    state: &'a T,
}

#[derive(Deserialize)]
struct Header {
    version: u32,
}

#[derive(Deserialize)]
struct KindHeader {
    kind: CeremonyKind,
}

pub(super) fn to_json<T: Serialize>(kind: CeremonyKind, state: &T) -> Result<String> {
    serde_json::to_string(&Persisted { version: VERSION, kind, state }).map_err(malformed)
}

/// Reads a state of one of these kinds.
pub(super) fn from_json<T: DeserializeOwned>(kinds: &[CeremonyKind], text: &str) -> Result<T> {
    check_version(text, VERSION, ErrorCode::StateMalformed, ErrorCode::StateVersionUnsupported)?;
    let KindHeader { kind } = serde_json::from_str(text).map_err(malformed)?;
    if !kinds.contains(&kind) {
        return Err(Error::new(ErrorCode::CeremonyKindMismatch).expected(format_args!("{kinds:?}")).found(format_args!("{kind:?}")));
    }
    serde_json::from_str(text).map_err(malformed)
}

/// Insists that `version` is one this release reads, before anything else is looked at.
pub(super) fn check_version(text: &str, newest: u32, malformed: ErrorCode, unsupported: ErrorCode) -> Result<()> {
    let Header { version } = serde_json::from_str(text).map_err(|e| Error::new(malformed).found(json_fault(&e)))?;
    match version {
        1.. if version <= newest => Ok(()),
        _ => Err(Error::new(unsupported).expected(newest).found(version)),
    }
}

fn malformed(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::StateMalformed).found(json_fault(&error))
}
