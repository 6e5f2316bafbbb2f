//! The calls of both traits. Compiled once for each database; `super` says which it is and how its transactions exclude
//! each other.

use passkeeper::store::{
    CeremonyId, CeremonyStore, CredentialStore, Deleted, ImportMode, Inserted, LastRecord, NewCeremony, PendingLimits, Recorded, StoreError,
};
use passkeeper::types::{Challenge, CredentialId, RecordId, Scope, UnixTime, UserHandle};
use passkeeper::{CredentialRecord, ErrorCode, RecordUpdate};
use sqlx::{Executor, query, query_as, query_scalar};

use super::{Database, MIGRATIONS, Store, Transaction, begin};
use crate::sql::columns::{Row, record, row};
use crate::sql::statements as sql;
use crate::sql::{Only, count, known_version, text, unavailable};

impl Store {
    /// Brings the schema up to this release's: creates what is missing, changes what is old, and does nothing where all is
    /// done. Any number of servers may do it at once. Never goes back: a schema of a newer release is left alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also for a schema that is newer than this release knows.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut tx = begin(&self.pool, Only::Migration).await?;
        query(sql::VERSIONS).execute(&mut *tx).await.map_err(unavailable)?;
        let done = query_scalar(sql::VERSION).fetch_one(&mut *tx).await.map_err(unavailable)?;
        let done = known_version(done, MIGRATIONS.len())?;
        for (migration, version) in MIGRATIONS.iter().zip(1i64..).skip(done) {
            sqlx::raw_sql(*migration).execute(&mut *tx).await.map_err(unavailable)?;
            query(sql::NEXT_VERSION).bind(version).execute(&mut *tx).await.map_err(unavailable)?;
        }
        tx.commit().await.map_err(unavailable)
    }
}

/// Whether it went in.
async fn insert_row(to: impl Executor<'_, Database = Database>, row: Row) -> Result<Inserted, StoreError> {
    let query = query(sql::INSERT).bind(row.0).bind(row.1).bind(row.2).bind(row.3).bind(row.4).bind(row.5).bind(row.6);
    let query = query.bind(row.7).bind(row.8).bind(row.9).bind(row.10).bind(row.11).bind(row.12).bind(row.13);
    let done = query.execute(to).await.map_err(unavailable)?;
    Ok(if done.rows_affected() == 1 { Inserted::Yes } else { Inserted::AlreadyThere })
}

/// Whether a user has this record.
async fn owned(tx: &mut Transaction, scope: &str, user: &UserHandle, id: &CredentialId) -> Result<bool, StoreError> {
    let query = query_scalar::<_, i64>(sql::IS_OWNED).bind(scope).bind(id.as_bytes()).bind(user.as_bytes());
    Ok(query.fetch_one(&mut **tx).await.map_err(unavailable)? > 0)
}

fn named(scope: &Scope) -> Result<&str, StoreError> {
    text(scope.as_str(), ErrorCode::ScopeInvalid)
}

impl CredentialStore for Store {
    async fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Result<Inserted, StoreError> {
        let (scope, user) = (named(&record.scope)?, &record.user_handle);
        let Some(at_most) = at_most else {
            return insert_row(&self.pool, row(record)?).await;
        };
        let mut tx = begin(&self.pool, Only::OneForUser(scope, user)).await?;
        let has: i64 = query_scalar(sql::COUNT).bind(scope).bind(user.as_bytes()).fetch_one(&mut *tx).await.map_err(unavailable)?;
        let answer = if has < count(at_most) {
            insert_row(&mut *tx, row(record)?).await?
        } else {
            let taken = query_scalar::<_, i64>(sql::IS_TAKEN)
                .bind(scope)
                .bind(record.credential_id.as_bytes())
                .bind(record.id.as_bytes().as_slice());
            match taken.fetch_one(&mut *tx).await.map_err(unavailable)? {
                0 => Inserted::LimitReached,
                _ => Inserted::AlreadyThere,
            }
        };
        tx.commit().await.map_err(unavailable)?;
        Ok(answer)
    }

    async fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        // Two imports at once could wait for each other's rows for ever.
        let mut tx = begin(&self.pool, Only::Import).await?;
        let mut answers = Vec::with_capacity(records.len());
        for record in records {
            answers.push(insert_row(&mut *tx, row(record)?).await?);
        }
        let whole = answers.iter().all(|answer| *answer == Inserted::Yes);
        let ended = if whole || mode == ImportMode::RowByRow { tx.commit().await } else { tx.rollback().await };
        ended.map_err(unavailable)?;
        Ok(answers)
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        let found = query_as(sql::FIND).bind(named(scope)?).bind(id.as_bytes()).fetch_optional(&self.pool).await;
        found.map_err(unavailable)?.map(record).transpose()
    }

    async fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        let query = query_as(sql::FIND_BY_RECORD_ID).bind(named(scope)?).bind(id.as_bytes().as_slice());
        query.fetch_optional(&self.pool).await.map_err(unavailable)?.map(record).transpose()
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        let found = query_as(sql::LIST).bind(named(scope)?).bind(user.as_bytes()).fetch_all(&self.pool).await;
        found.map_err(unavailable)?.into_iter().map(record).collect()
    }

    async fn record_use(&self, update: &RecordUpdate) -> Result<Recorded, StoreError> {
        let (scope, id, next, expected) = (named(&update.scope)?, update.credential_id.as_bytes(), &update.next, &update.expected);
        let query = query(sql::RECORD_USE)
            .bind(count(next.sign_count))
            .bind(next.backup_eligible)
            .bind(next.backup_state)
            .bind(next.uv_initialized)
            .bind(update.used_at.as_secs())
            .bind(update.user_verified)
            .bind(scope)
            .bind(id)
            .bind(update.user_handle.as_bytes())
            .bind(update.public_key.as_bytes())
            .bind(count(expected.sign_count))
            .bind(expected.backup_eligible)
            .bind(expected.backup_state)
            .bind(expected.uv_initialized);
        if query.execute(&self.pool).await.map_err(unavailable)?.rows_affected() == 1 {
            return Ok(Recorded::Yes);
        }
        let there: i64 = query_scalar(sql::IS_THERE).bind(scope).bind(id).fetch_one(&self.pool).await.map_err(unavailable)?;
        Ok(if there == 0 { Recorded::NotFound } else { Recorded::Conflict })
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        let query = query(sql::RENAME).bind(named(scope)?).bind(id.as_bytes()).bind(user.as_bytes());
        let done = query.bind(text(name, ErrorCode::NameInvalid)?).execute(&self.pool).await.map_err(unavailable)?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Result<Deleted, StoreError> {
        let scope = named(scope)?;
        let mut tx = begin(&self.pool, Only::OneForUser(scope, user)).await?;
        let answer = if !owned(&mut tx, scope, user, id).await? {
            Deleted::NotFound
        } else if last == LastRecord::Stays
            && query_scalar::<_, i64>(sql::COUNT).bind(scope).bind(user.as_bytes()).fetch_one(&mut *tx).await.map_err(unavailable)? <= 1
        {
            Deleted::LastStays
        } else {
            let done = query(sql::DELETE).bind(scope).bind(id.as_bytes()).bind(user.as_bytes()).execute(&mut *tx).await;
            if done.map_err(unavailable)?.rows_affected() == 1 { Deleted::Yes } else { Deleted::NotFound }
        };
        tx.commit().await.map_err(unavailable)?;
        Ok(answer)
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        let scope = named(scope)?;
        let mut tx = begin(&self.pool, Only::OneForUser(scope, user)).await?;
        let done = query(sql::DELETE_ALL).bind(scope).bind(user.as_bytes()).execute(&mut *tx).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(done.rows_affected())
    }
}

impl CeremonyStore for Store {
    async fn put(&self, ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        let (scope, id) = (named(&ceremony.scope)?, ceremony.id.as_str().as_bytes());
        let user = ceremony.user.as_ref().map(UserHandle::as_bytes);
        let state = text(&ceremony.state, ErrorCode::StateMalformed)?;
        let mut tx = begin(&self.pool, Only::OnePutIn(scope)).await?;
        query(sql::MAKE_ROOM).bind(scope).bind(now.as_secs()).bind(id).execute(&mut *tx).await.map_err(unavailable)?;
        if let Some(user) = user {
            let others = count(limits.per_user.saturating_sub(1));
            query(sql::FORGET_OLDEST).bind(scope).bind(user).bind(others).execute(&mut *tx).await.map_err(unavailable)?;
        }
        // Counting a hundred thousand takes its time: only where the last count leaves it open whether there is room.
        let newest: i64 = query_scalar(sql::NEWEST_PENDING).fetch_one(&mut *tx).await.map_err(unavailable)?;
        if self.counts.at_most(scope, newest).is_none_or(|pending| pending >= count(limits.in_scope)) {
            let pending: i64 = query_scalar(sql::COUNT_PENDING).bind(scope).fetch_one(&mut *tx).await.map_err(unavailable)?;
            self.counts.remember(scope, pending, newest);
            if pending >= count(limits.in_scope) {
                tx.rollback().await.map_err(unavailable)?;
                return Err(StoreError::Full);
            }
        }
        let query = query(sql::PUT).bind(scope).bind(id).bind(ceremony.challenge.as_bytes()).bind(user);
        query.bind(state).bind(ceremony.expires_at.as_secs()).execute(&mut *tx).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(ceremony.id)
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, _: UnixTime) -> Result<Option<String>, StoreError> {
        self.take_where(sql::TAKE, scope, id.as_str().as_bytes()).await
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, _: UnixTime) -> Result<Option<String>, StoreError> {
        self.take_where(sql::TAKE_BY_CHALLENGE, scope, challenge.as_bytes()).await
    }
}

impl Store {
    async fn take_where(&self, statement: &'static str, scope: &Scope, what: &[u8]) -> Result<Option<String>, StoreError> {
        let taken = query_scalar(statement).bind(named(scope)?).bind(what);
        // To the end, so that the statement is committed before its answer counts.
        Ok(taken.fetch_all(&self.pool).await.map_err(unavailable)?.pop())
    }
}
