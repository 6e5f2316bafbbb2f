//! Takes a file apart into rows without understanding them: one row in memory at a time.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::MAX_ROW;
use crate::error::{Error, ErrorCode, Result};

/// How much is read at once.
const BUFFER: usize = 16 * 1024;
/// The deepest nesting of brackets.
const MAX_DEPTH: u32 = 127;

/// Gives the next bytes of a file; 0 is its end.
type Source<'s> = Box<dyn FnMut(&mut [u8]) -> Result<usize> + Send + 's>;

pub(super) struct Splitter<'s> {
    source: Source<'s>,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// The member of the file's object that lists the rows, if the file is such an object.
    list: Option<&'static str>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// In the list, before its first row.
    ListStart {
        in_object: bool,
    },
    /// In the list, after a row.
    List {
        in_object: bool,
    },
    /// Rows one after another.
    Lines,
    Done,
}

impl<'s> Splitter<'s> {
    pub(super) fn new(source: Source<'s>, list: Option<&'static str>) -> Self {
        Self { source, buffer: vec![0; BUFFER], at: 0, end: 0, list, place: Place::Start }
    }

    /// Puts the next row into `row`, cut at [`MAX_ROW`] bytes, and says how many bytes it has; `None` after the last one. After
    /// an error nothing follows.
    pub(super) fn next(&mut self, row: &mut Vec<u8>) -> Option<Result<usize>> {
        row.clear();
        let found = self.advance(row).transpose();
        if !matches!(found, Some(Ok(_))) {
            self.place = Place::Done;
        }
        found
    }

    fn advance(&mut self, row: &mut Vec<u8>) -> Result<Option<usize>> {
        if self.place == Place::Start {
            self.place = self.start()?;
        }
        let more = match self.place {
            Place::ListStart { in_object } => {
                self.place = Place::List { in_object };
                self.blank()? != Some(b']')
            }
            Place::List { .. } => match self.blank()? {
                Some(b',') => {
                    self.bump();
                    true
                }
                Some(b']') => false,
                _ => return Err(malformed("a comma or the end of the list")),
            },
            Place::Lines => self.blank()?.is_some(),
            Place::Start | Place::Done => return Ok(None),
        };
        if more {
            return self.value(Some(row)).map(Some);
        }
        if let Place::List { in_object } = self.place {
            self.bump();
            self.finish(in_object)?;
        }
        Ok(None)
    }

    /// Finds the first row's place.
    fn start(&mut self) -> Result<Place> {
        if self.peek()? == Some(0xef) {
            for mark in [0xef, 0xbb, 0xbf] {
                self.expect(mark, "UTF-8")?;
            }
        }
        match (self.blank()?, self.list) {
            (Some(b'['), _) => {
                self.bump();
                Ok(Place::ListStart { in_object: false })
            }
            (Some(b'{'), Some(list)) => {
                self.bump();
                if self.blank()? == Some(b'}') || !self.seek(list)? {
                    return Err(Error::new(ErrorCode::ImportMalformed).subject(list).expected("a list of rows"));
                }
                self.expect(b'[', "a list of rows")?;
                Ok(Place::ListStart { in_object: true })
            }
            (Some(b'{'), None) => Ok(Place::Lines),
            _ => Err(malformed("a list or an object")),
        }
    }

    /// What follows the list: no second one, and nothing after the end.
    fn finish(&mut self, in_object: bool) -> Result<()> {
        if in_object {
            let again = match self.blank()? {
                Some(b',') => {
                    self.bump();
                    self.seek(self.list.unwrap_or_default())?
                }
                _ => {
                    self.expect(b'}', "a comma or the end of the object")?;
                    false
                }
            };
            if again {
                return Err(Error::new(ErrorCode::ImportMalformed).subject("a second list of rows"));
            }
        }
        match self.blank()? {
            None => Ok(()),
            Some(_) => Err(malformed("the end of the file")),
        }
    }

    /// Skips members until one has this name and its value comes next; false if the object ends before.
    fn seek(&mut self, name: &str) -> Result<bool> {
        loop {
            self.blank()?;
            let mut key = Vec::new();
            if self.peek()? != Some(b'"') {
                return Err(malformed("the name of a member"));
            }
            self.value(Some(&mut key))?;
            self.blank()?;
            self.expect(b':', "a colon")?;
            self.blank()?;
            if serde_json::from_slice::<alloc::string::String>(&key).is_ok_and(|key| key == name) {
                return Ok(true);
            }
            self.value(None)?;
            match self.blank()? {
                Some(b',') => self.bump(),
                _ => {
                    self.expect(b'}', "a comma or the end of the object")?;
                    return Ok(false);
                }
            }
        }
    }

    /// Reads one value and keeps its first [`MAX_ROW`] bytes, if it is to be kept; says how many bytes it has. Only what tells where
    /// it ends is looked at: strings and brackets.
    fn value(&mut self, mut keep: Option<&mut Vec<u8>>) -> Result<usize> {
        self.blank()?;
        let (mut size, mut open, mut in_string, mut escaped) = (0usize, Brackets::default(), false, false);
        loop {
            let Some(byte) = self.peek()? else {
                if size > 0 && !in_string && open.depth == 0 {
                    return Ok(size);
                }
                return Err(malformed("more of the file"));
            };
            let outside = !in_string && open.depth == 0;
            if outside && matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r') {
                return if size > 0 { Ok(size) } else { Err(malformed("a value")) };
            }
            self.bump();
            size = size.saturating_add(1);
            if let Some(keep) = keep.as_mut().filter(|keep| keep.len() < MAX_ROW) {
                keep.push(byte);
            }
            if in_string {
                (in_string, escaped) = (byte != b'"' || escaped, byte == b'\\' && !escaped);
            } else {
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => open.push(byte == b'{')?,
                    b'}' | b']' => open.pop(byte == b'}')?,
                    _ => continue,
                }
            }
            // A string or a bracket that closes at the outside ends the value.
            if !in_string && open.depth == 0 {
                return Ok(size);
            }
        }
    }

    /// Skips white space; the next byte.
    fn blank(&mut self) -> Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.bump(),
                other => return Ok(other),
            }
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<()> {
        if self.peek()? != Some(byte) {
            return Err(malformed(what));
        }
        self.bump();
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>> {
        if self.at >= self.end {
            (self.at, self.end) = (0, (self.source)(&mut self.buffer)?.min(BUFFER));
        }
        Ok(self.buffer.get(self.at).copied().filter(|_| self.at < self.end))
    }

    fn bump(&mut self) {
        self.at = self.at.saturating_add(1);
    }
}

/// The brackets that are open, a bit each: whether it is a brace.
#[derive(Default)]
struct Brackets {
    braces: u128,
    depth: u32,
}

impl Brackets {
    fn push(&mut self, brace: bool) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(malformed("less deep nesting"));
        }
        self.braces = self.braces.wrapping_shl(1) | u128::from(brace);
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn pop(&mut self, brace: bool) -> Result<()> {
        if (self.braces & 1 == 1) != brace {
            return Err(malformed("the bracket that was opened"));
        }
        self.braces = self.braces.wrapping_shr(1);
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }
}

fn malformed(expected: &'static str) -> Error {
    Error::new(ErrorCode::ImportMalformed).expected(expected)
}
