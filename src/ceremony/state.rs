//! Persisted ceremony state: versioned JSON, tagged with its kind.

use alloc::string::String;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::RelyingParty;
use crate::error::{Error, ErrorCode, Result};
use crate::types::{Challenge, RpId, Scope, UnixTime};

/// The format of pending states written by this release.
const VERSION: u32 = 1;

/// Which ceremony a pending state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Registration,
    Authentication,
    Assertion,
}

/// What every pending state carries.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Common {
    pub(super) scope: Scope,
    pub(super) rp_id: RpId,
    pub(super) challenge: Challenge,
    pub(super) expires_at: UnixTime,
}

impl Common {
    pub(super) fn new(rp: &RelyingParty, challenge: Challenge, now: UnixTime, lifetime_secs: u32) -> Self {
        Self { scope: rp.scope.clone(), rp_id: rp.id.clone(), challenge, expires_at: now.saturating_add_secs(lifetime_secs) }
    }

    /// Before the first step: the state is this relying party's, and its time is not over.
    pub(super) fn check(&self, rp: &RelyingParty, now: UnixTime) -> Result<()> {
        if self.rp_id != rp.id || self.scope != rp.scope {
            return Err(Error::new(ErrorCode::CeremonyRelyingPartyMismatch).expected(&rp.id).found(&self.rp_id));
        }
        if now > self.expires_at {
            return Err(Error::new(ErrorCode::CeremonyExpired).expected(format_args!("at most {}", self.expires_at)).found(now));
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Persisted<'a, T> {
    version: u32,
    kind: Kind,
    #[serde(flatten)]
    state: &'a T,
}

#[derive(Deserialize)]
struct Header {
    version: u32,
}

#[derive(Deserialize)]
struct KindHeader {
    kind: Kind,
}

pub(super) fn to_json<T: Serialize>(kind: Kind, state: &T) -> Result<String> {
    serde_json::to_string(&Persisted { version: VERSION, kind, state }).map_err(malformed)
}

/// Reads a state of one of these kinds.
pub(super) fn from_json<T: DeserializeOwned>(kinds: &[Kind], text: &str) -> Result<T> {
    check_version(text, VERSION, ErrorCode::StateMalformed, ErrorCode::StateVersionUnsupported)?;
    let KindHeader { kind } = serde_json::from_str(text).map_err(malformed)?;
    if !kinds.contains(&kind) {
        return Err(Error::new(ErrorCode::CeremonyKindMismatch).expected(format_args!("{kinds:?}")).found(format_args!("{kind:?}")));
    }
    serde_json::from_str(text).map_err(malformed)
}

/// Insists that `version` is one this release reads, before anything else is looked at.
pub(super) fn check_version(text: &str, newest: u32, malformed: ErrorCode, unsupported: ErrorCode) -> Result<()> {
    let Header { version } = serde_json::from_str(text).map_err(|e| Error::new(malformed).found(e))?;
    match version {
        1.. if version <= newest => Ok(()),
        _ => Err(Error::new(unsupported).expected(newest).found(version)),
    }
}

fn malformed(error: serde_json::Error) -> Error {
    Error::new(ErrorCode::StateMalformed).found(error)
}
