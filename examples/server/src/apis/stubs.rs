//! Stand-ins for what is not this example's business: tokens open nothing, codes are exchanged for tokens.

use std::collections::HashMap;
use std::sync::Mutex;

use passkeeper::types::{UnixTime, UserHandle};
use passkeeper::{Clock as _, ErrorCode};

use super::{lock, random};
use crate::SharedClock;

/// How long a stub of a token says that it lives, in seconds.
pub(super) const TOKEN_SECS: u32 = 3600;
/// How long a code can be exchanged, in seconds.
const CODE_SECS: u32 = 60;
/// The most codes at a time.
const MAX_CODES: usize = 10_000;

/// A stub: random text in place of a signed token.
pub(super) fn token() -> passkeeper::Result<String> {
    random().map(|text| format!("stub.{text}"))
}

/// Codes that stand for a login, each good once and for a minute.
pub(super) struct Codes {
    clock: SharedClock,
    table: Mutex<HashMap<String, (UserHandle, UnixTime)>>,
}

impl Codes {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, table: Mutex::default() }
    }

    pub(super) fn issue(&self, user: &UserHandle) -> passkeeper::Result<String> {
        let (code, now) = (random()?, self.clock.now());
        let mut table = lock(&self.table);
        if table.len() >= MAX_CODES {
            table.retain(|_, (_, until)| now <= *until);
        }
        if table.len() >= MAX_CODES {
            return Err(ErrorCode::CeremonyStoreFull.into());
        }
        table.insert(code.clone(), (user.clone(), now.saturating_add_secs(CODE_SECS)));
        Ok(code)
    }

    /// Who logged in; once.
    pub(super) fn exchange(&self, code: &str) -> Option<UserHandle> {
        let (user, until) = lock(&self.table).remove(code)?;
        (self.clock.now() <= until).then_some(user)
    }
}
