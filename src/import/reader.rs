//! Files that are read bit by bit.

use std::io::{ErrorKind, Read};

use super::{Importer, Rows};
use crate::error::{Error, ErrorCode};

impl Importer {
    /// The rows of a file as they are read, in bounded memory: 16 KiB of the file and one row at a time. As
    /// [`rows`](Self::rows) otherwise.
    pub fn read<'i>(&'i self, mut file: impl Read + Send + 'i) -> Rows<'i> {
        self.rows_of(move |buffer| {
            loop {
                match file.read(buffer) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    other => return other.map_err(|error| Error::new(ErrorCode::ImportUnreadable).found(error)),
                }
            }
        })
    }
}
