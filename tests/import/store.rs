//! Rows into a store: all of them or none, or each good one.

use std::sync::Mutex;

use passkeeper::import::{Format, ImportReport, Row};
use passkeeper::store::{CredentialStore, Deleted, ImportMode, Inserted, LastRecord, MemoryCeremonies, MemoryStore, Recorded, StoreError};
use passkeeper::testing::KeyAlgorithm;
use passkeeper::types::{CredentialId, RecordId, Scope, UserHandle};
use passkeeper::{CredentialRecord, Error, ErrorCode, Passkeys, RecordUpdate};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::*;
use crate::sample::{Device, file, importer, importer_for, user};

use ImportMode::{AllOrNothing, RowByRow};

const FORMAT: Format = Format::SimpleWebauthn;

fn row(number: u8) -> Value {
    Device::new(KeyAlgorithm::Es256, number).row(FORMAT)
}

fn bad(number: u8) -> Value {
    let mut row = row(number);
    row["counter"] = json!(-1);
    row
}

fn passkeys<C: CredentialStore>(store: C) -> Passkeys<C, MemoryCeremonies> {
    Passkeys::with_sources(relying_party(), store, MemoryCeremonies::new(), TestClock::new(), TestEntropy::default())
}

fn import<C: CredentialStore>(store: C, rows: &[Value], mode: ImportMode) -> Result<ImportReport, Error> {
    let content = file(FORMAT, rows);
    let importer = importer(FORMAT);
    block_on(passkeys(store).import(importer.rows(&content), mode))
}

fn faults(report: &ImportReport) -> Vec<(u64, String, &'static str)> {
    report.faults.iter().map(|fault| (fault.row, fault.name.clone(), fault.error.code())).collect()
}

fn name(number: u8) -> String {
    Device::new(KeyAlgorithm::Es256, number).id_text()
}

fn stored(store: &MemoryStore) -> usize {
    let rp = relying_party();
    block_on(store.list(rp.scope(), &user(FORMAT))).unwrap().len()
}

#[test]
fn d3_good_rows_go_in_under_either_mode() {
    for mode in [AllOrNothing, RowByRow] {
        let store = MemoryStore::new();
        let report = import(&store, &[row(1), row(2), row(3)], mode).unwrap();
        assert_eq!((report.read, report.imported, report.is_clean()), (3, 3, true), "{mode:?}");
        assert_eq!(stored(&store), 3);
        let empty = import(&store, &[], mode).unwrap();
        assert_eq!((empty.read, empty.imported, empty.is_clean()), (0, 0, true));
    }
}

#[test]
fn d3_one_bad_row_keeps_all_out_and_every_bad_one_is_named() {
    let store = MemoryStore::new();
    let report = import(&store, &[row(1), bad(2), row(3), row(1), bad(4)], AllOrNothing).unwrap();
    assert_eq!((report.read, report.imported, stored(&store)), (5, 0, 0));
    let expected = [(2, name(2), "import-member-value"), (4, name(1), "import-row-duplicate"), (5, name(4), "import-member-value")];
    assert_eq!(faults(&report), expected);
    assert!(report.faults[1].error.to_string().contains("row 1"), "{}", report.faults[1].error);

    // What the store has counts as well.
    let _ = import(&store, &[row(3)], AllOrNothing).unwrap();
    let report = import(&store, &[row(1), row(3), row(5)], AllOrNothing).unwrap();
    assert_eq!((report.read, report.imported, stored(&store)), (3, 0, 1));
    assert_eq!(faults(&report), [(2, name(3), "credential-already-registered")]);
}

#[test]
fn row_by_row_the_good_ones_go_in() {
    let store = MemoryStore::new();
    let report = import(&store, &[row(1), bad(2), row(3), row(1)], RowByRow).unwrap();
    assert_eq!((report.read, report.imported, stored(&store)), (4, 2, 2));
    assert_eq!(faults(&report), [(2, name(2), "import-member-value"), (4, name(1), "credential-already-registered")]);
    // Again, as after a failure.
    let report = import(&store, &[row(1), row(3), row(4)], RowByRow).unwrap();
    assert_eq!((report.imported, report.faults.len(), stored(&store)), (1, 2, 3));
}

#[test]
fn a_file_that_breaks_off_imports_nothing_or_what_came_before() {
    let content = format!("[{},{},", row(1), row(2));
    for (mode, imported) in [(AllOrNothing, 0), (RowByRow, 2)] {
        let store = MemoryStore::new();
        let importer = importer(FORMAT);
        let report = block_on(passkeys(&store).import(importer.rows(content.as_bytes()), mode)).unwrap();
        assert_eq!((report.imported, stored(&store)), (imported, imported as usize));
        assert_eq!(faults(&report), [(3, String::new(), "import-malformed")]);
    }
}

#[test]
fn two_rows_with_one_record_id_are_duplicates() {
    let format = Format::FusionAuth;
    let rows = [1, 2].map(|number| Device::new(KeyAlgorithm::Es256, number).row(format));
    let store = MemoryStore::new();
    let content = file(format, &rows);
    let importer = importer(format);
    let report = block_on(passkeys(&store).import(importer.rows(&content), AllOrNothing)).unwrap();
    assert_eq!(faults(&report), [(2, name(2), "import-row-duplicate")]);
}

#[test]
fn records_of_another_relying_party_or_scope_are_refused() {
    let others = [builder().scope("another").build().unwrap(), passkeeper::RelyingParty::builder("example.org", "Other").build().unwrap()];
    for rp in others {
        for mode in [AllOrNothing, RowByRow] {
            let store = MemoryStore::new();
            let content = file(FORMAT, &[row(1)]);
            let importer = importer_for(&rp, FORMAT);
            let report = block_on(passkeys(&store).import(importer.rows(&content), mode)).unwrap();
            assert_eq!(faults(&report), [(1, name(1), "ceremony-relying-party-mismatch")]);
            assert_eq!(report.imported, 0);
        }
    }
}

#[test]
fn all_or_nothing_is_bounded_in_rows_and_bytes() {
    let one = || importer(FORMAT).rows(format!("[{}]", row(1)).as_bytes()).next().unwrap();
    let many = |count: u64, size: u64| {
        let first = one();
        (1..=count).map(move |number| {
            let mut row = first.clone();
            (row.number, row.size, row.record) = (number, size, Err(ErrorCode::ImportRowMalformed.into()));
            row
        })
    };
    let run = |rows: &mut dyn Iterator<Item = Row>| block_on(passkeys(MemoryStore::new()).import(rows, AllOrNothing));
    assert_eq!(run(&mut many(100_000, 1)).unwrap().read, 100_000);
    assert_eq!(refusal(run(&mut many(100_001, 1))), ("import-too-large", None));
    assert_eq!(run(&mut many(2048, 64 * 1024)).unwrap().read, 2048);
    assert_eq!(refusal(run(&mut many(2049, 64 * 1024))), ("import-too-large", None));
}

/// Counts what it is given and keeps nothing.
#[derive(Default)]
struct Counting {
    batches: Mutex<Vec<usize>>,
    error: Option<StoreError>,
    full: bool,
    short: bool,
}

impl CredentialStore for Counting {
    async fn import(&self, records: &[CredentialRecord], _: ImportMode) -> Result<Vec<Inserted>, StoreError> {
        self.batches.lock().unwrap().push(records.len());
        let answer = if self.full { Inserted::LimitReached } else { Inserted::Yes };
        match &self.error {
            Some(error) => Err(error.clone()),
            None => Ok(vec![answer; records.len() - usize::from(self.short)]),
        }
    }
    async fn insert(&self, _: &CredentialRecord, _: Option<u32>) -> Result<Inserted, StoreError> {
        unreachable!()
    }
    async fn find(&self, _: &Scope, _: &CredentialId) -> Result<Option<CredentialRecord>, StoreError> {
        unreachable!()
    }
    async fn find_by_record_id(&self, _: &Scope, _: &RecordId) -> Result<Option<CredentialRecord>, StoreError> {
        unreachable!()
    }
    async fn list(&self, _: &Scope, _: &UserHandle) -> Result<Vec<CredentialRecord>, StoreError> {
        unreachable!()
    }
    async fn record_use(&self, _: &RecordUpdate) -> Result<Recorded, StoreError> {
        unreachable!()
    }
    async fn rename(&self, _: &Scope, _: &UserHandle, _: &CredentialId, _: &str) -> Result<bool, StoreError> {
        unreachable!()
    }
    async fn delete(&self, _: &Scope, _: &UserHandle, _: &CredentialId, _: LastRecord) -> Result<Deleted, StoreError> {
        unreachable!()
    }
    async fn delete_all(&self, _: &Scope, _: &UserHandle) -> Result<u64, StoreError> {
        unreachable!()
    }
}

#[test]
fn row_by_row_writes_batches_of_500() {
    let store = Counting::default();
    let first = importer(FORMAT).rows(format!("[{}]", row(1)).as_bytes()).next().unwrap();
    let report = block_on(passkeys(&store).import((0..1201).map(|_| first.clone()), RowByRow)).unwrap();
    assert_eq!((report.read, report.imported), (1201, 1201));
    assert_eq!(*store.batches.lock().unwrap(), [500, 500, 201]);
}

#[test]
fn a_store_with_a_limit_of_its_own_refuses_rows() {
    for mode in [AllOrNothing, RowByRow] {
        let store = Counting { full: true, ..Counting::default() };
        let report = import(&store, &[row(1)], mode).unwrap();
        assert_eq!((report.imported, faults(&report)), (0, vec![(1, name(1), "credential-limit-reached")]), "{mode:?}");
    }
}

#[test]
fn a_store_that_fails_is_told_apart_from_bad_rows() {
    for mode in [AllOrNothing, RowByRow] {
        for (error, short, code) in [
            (Some(StoreError::unavailable("down")), false, "store-unavailable"),
            (Some(StoreError::Full), false, "credential-store-full"),
            (None, true, "store-unavailable"),
        ] {
            let store = Counting { error, short, ..Counting::default() };
            assert_eq!(refusal(import(&store, &[row(1), bad(2)][..1], mode)), (code, None), "{mode:?}");
        }
    }
}
