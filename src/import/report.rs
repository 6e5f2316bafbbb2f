//! What an import into a store comes to.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Error;

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "it names the rows that were not imported"]
#[non_exhaustive]
pub struct ImportReport {
    /// How many rows were read.
    pub read: u64,
    /// How many of them are in the store now because of this import.
    pub imported: u64,
    /// Those that are not, in the file's order. With all or nothing, these kept all the others out.
    pub faults: Vec<ImportFault>,
}

impl ImportReport {
    /// Whether every row was imported.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }
}

/// A row that was not imported.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ImportFault {
    /// Its number, from 1.
    pub row: u64,
    /// The credential ID in base64url, if it could be read.
    pub name: String,
    /// Why.
    pub error: Error,
}

impl ImportFault {
    /// A fault of this row.
    #[must_use]
    pub fn new(row: u64, name: impl Into<String>, error: Error) -> Self {
        Self { row, name: name.into(), error }
    }
}
