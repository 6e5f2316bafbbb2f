//! What SQLite and PostgreSQL share: columns, statements, and the calls of both traits in `calls.rs`, which is compiled once
//! for each.

pub(crate) mod columns;
pub(crate) mod statements;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use passkeeper::ErrorCode;
use passkeeper::store::StoreError;
use passkeeper::types::UserHandle;

/// How long a call waits for a connection, and in SQLite for its turn to write.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How many ceremonies were pending when they were last counted, by scope. Every later one has a larger number than the newest of
/// then, and no two have the same: so there are at most as many more as the numbers went up, whichever server began them.
#[derive(Default)]
pub(crate) struct Counts(Mutex<HashMap<String, Counted>>);

struct Counted {
    pending: i64,
    newest: i64,
}

impl Counts {
    /// The most that can be pending, if it was ever counted.
    pub(crate) fn at_most(&self, scope: &str, newest: i64) -> Option<i64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Numbers that went down are those of another table.
        let counted = counts.get(scope)?;
        Some(counted.pending.saturating_add(newest.checked_sub(counted.newest).filter(|more| *more >= 0)?))
    }

    pub(crate) fn remember(&self, scope: &str, pending: i64, newest: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(scope.into(), Counted { pending, newest });
    }
}

/// What a transaction excludes: others of the same.
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite does not ask what"))]
pub(crate) enum Only<'a> {
    Migration,
    Import,
    OneForUser(&'a str, &'a UserHandle),
    OnePutIn(&'a str),
}

/// Whatever the database or the way to it says: a fault of the store, never a verdict.
pub(crate) fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::unavailable(error)
}

/// A number of rows or a limit as the databases count.
pub(crate) fn count(n: u32) -> i64 {
    i64::from(n)
}

/// Text that both databases hold: PostgreSQL has no room for a zero byte.
pub(crate) fn text(text: &str, code: ErrorCode) -> Result<&str, StoreError> {
    if text.contains('\0') { Err(StoreError::Refused(code.into())) } else { Ok(text) }
}

/// That the schema is not newer than this release knows; how many migrations are done.
pub(crate) fn known_version(done: i64, known: usize) -> Result<usize, StoreError> {
    match usize::try_from(done) {
        Ok(done) if done <= known => Ok(done),
        _ => Err(StoreError::unavailable(format_args!("the schema has version {done}, this release knows {known}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn a_count_bounds_what_came_later() {
        let counts = Counts::default();
        assert_eq!(counts.at_most("a", 7), None);
        counts.remember("a", 3, 7);
        assert_eq!((counts.at_most("a", 7), counts.at_most("a", 10), counts.at_most("b", 7)), (Some(3), Some(6), None));
        // Numbers that went down: another table, or the newest are taken. Counted anew.
        assert_eq!(counts.at_most("a", 6), None);
        assert_eq!(counts.at_most("a", i64::MAX), Some(i64::MAX - 4));
        counts.remember("a", 0, 20);
        assert_eq!(counts.at_most("a", 21), Some(1));
    }
}
