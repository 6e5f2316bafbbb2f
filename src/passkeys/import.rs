//! Passkeys from elsewhere, into the store.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::Passkeys;
use crate::ceremony::CredentialRecord;
use crate::error::{Error, ErrorCode, Result};
use crate::import::{ImportFault, ImportReport, Row};
use crate::store::{CeremonyStore, CredentialStore, ImportMode, Inserted};
use crate::types::{CredentialId, RecordId};

/// How many records go to the store at once, row by row.
const BATCH: usize = 500;
/// The most rows of an import that is all or nothing, and the most bytes they have in their file.
const MAX_ROWS: u64 = 100_000;
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// Records that are judged, on their way to the store.
#[derive(Default)]
struct Batch {
    records: Vec<CredentialRecord>,
    /// Number and name of each record's row.
    rows: Vec<(u64, String)>,
}

impl<C: CredentialStore, K: CeremonyStore> Passkeys<C, K> {
    /// Imports the rows of an [`Importer`](crate::import::Importer), or any others, into this relying party's scope.
    ///
    /// [`ImportMode::AllOrNothing`] judges every row first and writes nothing unless all are good and none of the credentials
    /// is there already; it holds all rows in memory, at most 100 000 with 128 MiB of JSON. [`ImportMode::RowByRow`] writes
    /// good rows in batches of 500, holds no more than one batch, and may be repeated after a failure: what is there already
    /// is then among the faults.
    ///
    /// For progress, watch the rows pass: `importer.read(file).inspect(|row| …)`.
    ///
    /// Faults of rows: whatever the importer says of them; `ceremony-relying-party-mismatch` for a record of another relying
    /// party or scope; `import-row-duplicate` for one like an earlier row (all or nothing); `credential-already-registered` for
    /// one that the store has.
    ///
    /// # Errors
    /// `import-too-large` if there is too much for all or nothing; `credential-store-full`, `store-unavailable`: row by row,
    /// earlier batches are in the store then.
    pub async fn import(&self, rows: impl IntoIterator<Item = Row>, mode: ImportMode) -> Result<ImportReport> {
        match mode {
            ImportMode::AllOrNothing => self.import_all(rows).await,
            ImportMode::RowByRow => self.import_each(rows).await,
        }
    }

    async fn import_all(&self, rows: impl IntoIterator<Item = Row>) -> Result<ImportReport> {
        let (mut report, mut batch, mut earlier) = (ImportReport::default(), Batch::default(), Earlier::default());
        let mut bytes = 0u64;
        for row in rows {
            bytes = bytes.saturating_add(row.size);
            if report.read >= MAX_ROWS || bytes > MAX_BYTES {
                return Err(Error::new(ErrorCode::ImportTooLarge).expected("at most 100000 rows and 128 MiB"));
            }
            report.read = report.read.saturating_add(1);
            match self.judge(row.record).and_then(|record| earlier.check(&record, row.number).map(|()| record)) {
                Ok(record) => batch.push(record, row.number, row.name),
                Err(error) => report.faults.push(ImportFault::new(row.number, row.name, error)),
            }
        }
        if report.is_clean() && !batch.records.is_empty() {
            let answers = self.store(&batch, ImportMode::AllOrNothing).await?;
            report.take(batch, answers);
            if !report.is_clean() {
                report.imported = 0;
            }
        }
        Ok(report)
    }

    async fn import_each(&self, rows: impl IntoIterator<Item = Row>) -> Result<ImportReport> {
        let (mut report, mut batch) = (ImportReport::default(), Batch::default());
        for row in rows {
            report.read = report.read.saturating_add(1);
            match self.judge(row.record) {
                Ok(record) => batch.push(record, row.number, row.name),
                Err(error) => report.faults.push(ImportFault::new(row.number, row.name, error)),
            }
            if batch.records.len() >= BATCH {
                let answers = self.store(&batch, ImportMode::RowByRow).await?;
                report.take(core::mem::take(&mut batch), answers);
            }
        }
        if !batch.records.is_empty() {
            let answers = self.store(&batch, ImportMode::RowByRow).await?;
            report.take(batch, answers);
        }
        report.faults.sort_by_key(|fault| fault.row);
        Ok(report)
    }

    fn judge(&self, record: Result<CredentialRecord>) -> Result<CredentialRecord> {
        let record = record?;
        self.check_own(&record)?;
        Ok(record)
    }

    async fn store(&self, batch: &Batch, mode: ImportMode) -> Result<Vec<Inserted>> {
        let answers = self.credentials.import(&batch.records, mode).await.map_err(|e| e.of_credentials())?;
        if answers.len() == batch.records.len() {
            return Ok(answers);
        }
        Err(Error::new(ErrorCode::StoreUnavailable).subject("answers").expected(batch.records.len()).found(answers.len()))
    }
}

impl Batch {
    fn push(&mut self, record: CredentialRecord, number: u64, name: String) {
        self.records.push(record);
        self.rows.push((number, name));
    }
}

impl ImportReport {
    fn take(&mut self, batch: Batch, answers: Vec<Inserted>) {
        for ((row, name), answer) in batch.rows.into_iter().zip(answers) {
            let code = match answer {
                Inserted::Yes => {
                    self.imported = self.imported.saturating_add(1);
                    continue;
                }
                Inserted::AlreadyThere => ErrorCode::CredentialAlreadyRegistered,
                Inserted::LimitReached => ErrorCode::CredentialLimitReached,
            };
            self.faults.push(ImportFault::new(row, name, code.into()));
        }
    }
}

/// The rows that went before.
#[derive(Default)]
struct Earlier {
    credentials: BTreeMap<CredentialId, u64>,
    records: BTreeMap<RecordId, u64>,
}

impl Earlier {
    fn check(&mut self, record: &CredentialRecord, number: u64) -> Result<()> {
        let by_credential = self.credentials.get(&record.credential_id).map(|row| ("credential ID", row));
        let by_record = self.records.get(&record.id).map(|row| ("record ID", row));
        if let Some((what, row)) = by_credential.or(by_record) {
            return Err(Error::new(ErrorCode::ImportRowDuplicate).subject(what).found(format_args!("row {row}")));
        }
        self.credentials.insert(record.credential_id.clone(), number);
        self.records.insert(record.id, number);
        Ok(())
    }
}
