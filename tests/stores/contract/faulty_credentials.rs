//! Stores of credentials with one fault each.

use std::time::Duration;

use passkeeper::store::{CredentialStore, Deleted, ImportMode, Inserted, LastRecord, MemoryStore, Recorded, StoreError};
use passkeeper::types::{CredentialId, RecordId, Scope, UnixTime, UserHandle};
use passkeeper::{CredentialRecord, RecordUpdate};

use super::{assert_caught, contract};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Upsert,
    RecordIdIgnoresScope,
    RecordIdMayRepeat,
    ForgetsData,
    CounterIsSigned,
    TimeIsUnsigned,
    FoldsCase,
    CutsAtZero,
    ScopeIgnored,
    ListUnordered,
    ListNewestFirst,
    ListOfTheWholeScope,
    LimitOffByOne,
    LimitBeforeTaken,
    LimitCountsTheScope,
    LimitNotAtomic,
    InsertNotAtomic,
    LastGoes,
    LastBeforeOwner,
    LastNotAtomic,
    DeleteIgnoresOwner,
    DeleteAllSaysNothing,
    RenameIgnoresOwner,
    RenameIsAUse,
    ImportIsPartial,
    ImportIsNever,
    ImportUpserts,
    ImportNotAtomic,
    ImportReversed,
    UseUnchecked,
    UseIgnoresOwner,
    UseIgnoresKey,
    UseIgnoresCounter,
    UseIgnoresEligibility,
    UseIgnoresBackup,
    UseIgnoresUserVerification,
    UseUnknownIsFalse,
    UseComparesTime,
    UseOverwritesTime,
    UseForgetsVerification,
    UseOfNobodyIsAConflict,
    UseNotAtomic,
    UseWritesAllBack,
}

const FAULTS: [(Fault, &str); 43] = [
    (Fault::RecordIdIgnoresScope, "a_record_is_found_by_its_own_id"),
    (Fault::RecordIdMayRepeat, "a_record_is_found_by_its_own_id"),
    (Fault::Upsert, "an_id_is_inserted_once_whoever_owns_it"),
    (Fault::ForgetsData, "every_member_comes_back_as_it_went_in"),
    (Fault::CounterIsSigned, "every_member_comes_back_as_it_went_in"),
    (Fault::TimeIsUnsigned, "the_time_of_last_use_never_goes_back"),
    (Fault::FoldsCase, "bytes_and_text_are_compared_exactly"),
    (Fault::CutsAtZero, "bytes_and_text_are_compared_exactly"),
    (Fault::ScopeIgnored, "scopes_are_apart"),
    (Fault::ListUnordered, "lists_are_oldest_first"),
    (Fault::ListNewestFirst, "a_large_import_keeps_its_order"),
    (Fault::ListOfTheWholeScope, "the_owner_is_part_of_every_question"),
    (Fault::LimitOffByOne, "a_limit_is_exact"),
    (Fault::LimitBeforeTaken, "a_limit_is_exact"),
    (Fault::LimitCountsTheScope, "a_limit_is_exact"),
    (Fault::LimitNotAtomic, "race_of_two_insertions_at_the_limit"),
    (Fault::InsertNotAtomic, "race_of_two_users_for_one_id"),
    (Fault::LastGoes, "the_last_record_stays_where_it_shall"),
    (Fault::LastBeforeOwner, "the_owner_is_part_of_every_question"),
    (Fault::LastNotAtomic, "race_of_two_deletions_of_the_last_two"),
    (Fault::DeleteIgnoresOwner, "the_owner_is_part_of_every_question"),
    (Fault::DeleteAllSaysNothing, "deleting_takes_one_users_records_and_frees_their_ids"),
    (Fault::RenameIgnoresOwner, "the_owner_is_part_of_every_question"),
    (Fault::RenameIsAUse, "a_rename_changes_the_name_only"),
    (Fault::ImportIsPartial, "an_import_is_whole_or_not_at_all"),
    (Fault::ImportIsNever, "an_import_row_by_row_leaves_out_what_is_taken"),
    (Fault::ImportUpserts, "an_import_row_by_row_leaves_out_what_is_taken"),
    (Fault::ImportNotAtomic, "race_of_an_import_and_an_insertion"),
    (Fault::ImportReversed, "a_large_import_keeps_its_order"),
    (Fault::UseUnchecked, "a_use_is_recorded_once"),
    (Fault::UseIgnoresOwner, "the_owner_is_part_of_every_question"),
    (Fault::UseIgnoresKey, "every_member_of_the_expected_state_is_compared"),
    (Fault::UseIgnoresCounter, "every_member_of_the_expected_state_is_compared"),
    (Fault::UseIgnoresEligibility, "every_member_of_the_expected_state_is_compared"),
    (Fault::UseIgnoresBackup, "every_member_of_the_expected_state_is_compared"),
    (Fault::UseIgnoresUserVerification, "every_member_of_the_expected_state_is_compared"),
    (Fault::UseUnknownIsFalse, "every_member_of_the_expected_state_is_compared"),
    (Fault::UseComparesTime, "a_use_is_recorded_once"),
    (Fault::UseOverwritesTime, "the_time_of_last_use_never_goes_back"),
    (Fault::UseForgetsVerification, "a_use_changes_nothing_else"),
    (Fault::UseOfNobodyIsAConflict, "a_use_is_recorded_once"),
    (Fault::UseNotAtomic, "race_of_two_uses"),
    (Fault::UseWritesAllBack, "race_of_a_use_and_a_rename"),
];

#[test]
fn the_contract_catches_every_fault_of_a_credential_store() {
    for (fault, rule) in FAULTS {
        let broken = contract().only(rule).broken_by_credentials(|| async move { Faulty { inner: MemoryStore::new(), fault } });
        assert_caught(fault, rule, &broken);
    }
}

/// A store in memory with one fault.
struct Faulty {
    inner: MemoryStore,
    fault: Fault,
}

impl Faulty {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Time for somebody else to come between, also on a busy machine.
    fn dawdle(&self, fault: Fault) {
        if self.is(fault) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn scope(&self, scope: &Scope) -> Scope {
        if self.is(Fault::ScopeIgnored) { Scope::new("the only one").unwrap() } else { scope.clone() }
    }

    fn id(&self, id: &CredentialId) -> CredentialId {
        let bytes = match self.fault {
            Fault::FoldsCase => id.as_bytes().to_ascii_lowercase(),
            Fault::CutsAtZero if id.as_bytes()[0] != 0 => id.as_bytes().split(|byte| *byte == 0).next().unwrap().to_vec(),
            _ => return id.clone(),
        };
        CredentialId::new(bytes).unwrap()
    }

    /// As this store keeps it.
    fn kept(&self, record: &CredentialRecord) -> CredentialRecord {
        let mut record = record.clone();
        (record.scope, record.credential_id) = (self.scope(&record.scope), self.id(&record.credential_id));
        match self.fault {
            Fault::RecordIdMayRepeat => record.id = RecordId::derive(&record.scope, &record.rp_id, &record.credential_id),
            Fault::ForgetsData => record.data.clear(),
            Fault::CounterIsSigned => record.usage.sign_count = record.usage.sign_count.min(i32::MAX as u32),
            _ => {}
        }
        record
    }

    async fn has(&self, record: &CredentialRecord) -> Result<usize, StoreError> {
        Ok(self.inner.list(&record.scope, &record.user_handle).await?.len())
    }

    async fn taken(&self, record: &CredentialRecord) -> Result<bool, StoreError> {
        Ok(self.inner.find(&record.scope, &record.credential_id).await?.is_some())
    }

    /// Puts a record in place of what is there.
    async fn replace(&self, record: &CredentialRecord) -> Result<(), StoreError> {
        if let Some(old) = self.inner.find(&record.scope, &record.credential_id).await? {
            let _ = self.inner.delete(&old.scope, &old.user_handle, &old.credential_id, LastRecord::MayGo).await?;
        }
        let _ = self.inner.insert(record, None).await?;
        Ok(())
    }

    /// The owner, where it is not asked who asks.
    async fn owner(&self, scope: &Scope, user: &UserHandle, id: &CredentialId) -> Result<UserHandle, StoreError> {
        Ok(self.inner.find(scope, id).await?.map_or_else(|| user.clone(), |record| record.user_handle))
    }
}

impl CredentialStore for Faulty {
    async fn insert(&self, record: &CredentialRecord, at_most: Option<u32>) -> Result<Inserted, StoreError> {
        let record = &self.kept(record);
        match (self.fault, at_most) {
            (Fault::Upsert, _) => self.replace(record).await.map(|()| Inserted::Yes),
            (Fault::InsertNotAtomic, _) => {
                let taken = self.taken(record).await?;
                self.dawdle(Fault::InsertNotAtomic);
                if taken { Ok(Inserted::AlreadyThere) } else { self.replace(record).await.map(|()| Inserted::Yes) }
            }
            (Fault::LimitOffByOne, Some(n)) => self.inner.insert(record, Some(n.saturating_add(1))).await,
            (Fault::LimitBeforeTaken, Some(n)) if self.has(record).await? >= n as usize => Ok(Inserted::LimitReached),
            (Fault::LimitCountsTheScope, Some(n)) if format!("{:?}", self.inner).starts_with(&format!("MemoryStore({n} ")) => {
                Ok(Inserted::LimitReached)
            }
            (Fault::LimitNotAtomic, Some(n)) if self.has(record).await? >= n as usize => self.inner.insert(record, at_most).await,
            (Fault::LimitNotAtomic, _) => {
                self.dawdle(Fault::LimitNotAtomic);
                self.inner.insert(record, None).await
            }
            _ => self.inner.insert(record, at_most).await,
        }
    }

    async fn import(&self, records: &[CredentialRecord], mode: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        let mut records: Vec<_> = records.iter().map(|record| self.kept(record)).collect();
        match self.fault {
            Fault::ImportReversed => {
                records.reverse();
                self.inner.import(&records, mode).await
            }
            Fault::ImportIsPartial => self.inner.import(&records, ImportMode::RowByRow).await,
            Fault::ImportIsNever => self.inner.import(&records, ImportMode::AllOrNothing).await,
            Fault::ImportUpserts => {
                for record in &records {
                    self.replace(record).await?;
                }
                Ok(vec![Inserted::Yes; records.len()])
            }
            Fault::ImportNotAtomic if mode == ImportMode::AllOrNothing => {
                let mut answers = Vec::new();
                for record in &records {
                    answers.push(if self.taken(record).await? { Inserted::AlreadyThere } else { Inserted::Yes });
                }
                self.dawdle(Fault::ImportNotAtomic);
                if answers.contains(&Inserted::AlreadyThere) {
                    return Ok(answers);
                }
                self.inner.import(&records, ImportMode::RowByRow).await
            }
            _ => self.inner.import(&records, mode).await,
        }
    }

    async fn find(&self, scope: &Scope, id: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        self.inner.find(&self.scope(scope), &self.id(id)).await
    }

    async fn find_by_record_id(&self, scope: &Scope, id: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        let scopes = if self.is(Fault::RecordIdIgnoresScope) { vec!["a", "b"] } else { vec![] };
        for other in scopes {
            if let Some(record) = self.inner.find_by_record_id(&Scope::new(other).unwrap(), id).await? {
                return Ok(Some(record));
            }
        }
        self.inner.find_by_record_id(&self.scope(scope), id).await
    }

    async fn list(&self, scope: &Scope, user: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        let mut records = self.inner.list(&self.scope(scope), user).await?;
        match self.fault {
            Fault::ListUnordered => records.sort_by_key(|record| record.credential_id.clone()),
            Fault::ListNewestFirst => records.reverse(),
            Fault::ListOfTheWholeScope if scope.as_str() == "a" => {
                let everybody = ["alice", "bob"].map(|name| UserHandle::new(name.as_bytes()).unwrap());
                records.clear();
                for user in &everybody {
                    records.extend(self.inner.list(scope, user).await?);
                }
            }
            _ => {}
        }
        Ok(records)
    }

    async fn record_use(&self, update: &RecordUpdate) -> Result<Recorded, StoreError> {
        let mut update = update.clone();
        (update.scope, update.credential_id) = (self.scope(&update.scope), self.id(&update.credential_id));
        let Some(mut now) = self.inner.find(&update.scope, &update.credential_id).await? else {
            let nobody = if self.is(Fault::UseOfNobodyIsAConflict) { Recorded::Conflict } else { Recorded::NotFound };
            return Ok(nobody);
        };
        let same = now.user_handle == update.user_handle && now.public_key == update.public_key && now.usage == update.expected;
        match self.fault {
            Fault::UseUnchecked => {
                update.expected = now.usage;
                (update.user_handle, update.public_key) = (now.user_handle.clone(), now.public_key.clone());
            }
            Fault::UseIgnoresOwner => update.user_handle = now.user_handle.clone(),
            Fault::UseIgnoresKey => update.public_key = now.public_key.clone(),
            Fault::UseIgnoresCounter => update.expected.sign_count = now.usage.sign_count,
            Fault::UseIgnoresEligibility => update.expected.backup_eligible = now.usage.backup_eligible,
            Fault::UseIgnoresBackup => update.expected.backup_state = now.usage.backup_state,
            Fault::UseIgnoresUserVerification => update.expected.uv_initialized = now.usage.uv_initialized,
            Fault::UseUnknownIsFalse if update.expected.uv_initialized.is_none() && now.usage.uv_initialized == Some(false) => {
                update.expected.uv_initialized = Some(false);
            }
            Fault::UseComparesTime if now.last_used_at == Some(update.used_at) => return Ok(Recorded::Conflict),
            Fault::TimeIsUnsigned => update.used_at = UnixTime::from_secs(update.used_at.as_secs().max(0)),
            Fault::UseForgetsVerification => update.user_verified = false,
            Fault::UseOverwritesTime | Fault::UseNotAtomic | Fault::UseWritesAllBack => {
                if !same {
                    return Ok(Recorded::Conflict);
                }
                now.usage = update.next;
                now.last_used_at = Some(update.used_at);
                self.dawdle(Fault::UseNotAtomic);
                self.dawdle(Fault::UseWritesAllBack);
                return self.replace(&now).await.map(|()| Recorded::Yes);
            }
            _ => {}
        }
        self.inner.record_use(&update).await
    }

    async fn rename(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, name: &str) -> Result<bool, StoreError> {
        let (scope, id, mut user) = (self.scope(scope), self.id(id), user.clone());
        if self.is(Fault::RenameIgnoresOwner) {
            user = self.owner(&scope, &user, &id).await?;
        }
        if self.is(Fault::RenameIsAUse)
            && let Some(mut record) = self.inner.find(&scope, &id).await?
        {
            record.usage.backup_state ^= true;
            self.replace(&record).await?;
        }
        self.inner.rename(&scope, &user, &id, name).await
    }

    async fn delete(&self, scope: &Scope, user: &UserHandle, id: &CredentialId, last: LastRecord) -> Result<Deleted, StoreError> {
        let (scope, id, mut user) = (self.scope(scope), self.id(id), user.clone());
        let only_one = self.inner.list(&scope, &user).await?.len() <= 1;
        let last = match self.fault {
            Fault::LastGoes => LastRecord::MayGo,
            Fault::LastBeforeOwner if last == LastRecord::Stays && only_one => return Ok(Deleted::LastStays),
            Fault::LastNotAtomic if last == LastRecord::Stays && !only_one => {
                self.dawdle(Fault::LastNotAtomic);
                LastRecord::MayGo
            }
            Fault::DeleteIgnoresOwner => {
                user = self.owner(&scope, &user, &id).await?;
                last
            }
            _ => last,
        };
        self.inner.delete(&scope, &user, &id, last).await
    }

    async fn delete_all(&self, scope: &Scope, user: &UserHandle) -> Result<u64, StoreError> {
        let deleted = self.inner.delete_all(&self.scope(scope), user).await?;
        Ok(if self.is(Fault::DeleteAllSaysNothing) { 0 } else { deleted })
    }
}
