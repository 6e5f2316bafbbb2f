//! Collects lines and faults.

use std::fmt;

use passkeeper::ErrorCode;

use crate::judge::{Judgement, Refusal};
use crate::text::clean;

/// A text in the making.
#[derive(Debug, Default)]
pub(crate) struct Report {
    text: String,
    faults: Vec<(Option<ErrorCode>, String)>,
}

impl Report {
    /// A heading; what follows belongs to it.
    pub(crate) fn section(&mut self, title: impl fmt::Display) {
        self.push(&format!("{title}\n"));
    }

    /// A name and a value under the latest heading.
    pub(crate) fn line(&mut self, name: &str, value: impl fmt::Display) {
        self.push(&format!("  {name:<18} {value}\n"));
    }

    /// One level below [`line`](Self::line).
    pub(crate) fn inner(&mut self, name: impl fmt::Display, value: impl fmt::Display) {
        let name = name.to_string();
        self.push(&format!("    {name:<16} {value}\n"));
    }

    /// A value and whether it is as expected: notes a fault if it is not.
    pub(crate) fn checked(&mut self, name: &str, value: impl fmt::Display, expected: impl fmt::Display, verdict: Result<(), ErrorCode>) {
        match verdict {
            Ok(()) => self.line(name, format_args!("{value} ✓")),
            Err(code) => {
                self.line(name, format_args!("{value} ✗ expected {expected}"));
                self.fault(code, format_args!("{name} is {value}, expected {expected}"));
            }
        }
    }

    /// Something that this code refuses.
    pub(crate) fn fault(&mut self, code: ErrorCode, text: impl fmt::Display) {
        self.faults.push((Some(code), clean(&text.to_string())));
    }

    /// Something odd that nothing refuses.
    pub(crate) fn oddity(&mut self, text: impl fmt::Display) {
        self.faults.push((None, clean(&text.to_string())));
    }

    /// What the crate says, unless a fault with this code was noted already.
    pub(crate) fn also<T>(&mut self, result: &Result<T, passkeeper::Error>, what: &str) {
        if let Err(error) = result
            && !self.has(error.error_code())
        {
            self.fault(error.error_code(), format_args!("{what}: {error}"));
        }
    }

    fn has(&self, code: ErrorCode) -> bool {
        self.faults.iter().any(|(other, _)| *other == Some(code))
    }

    /// The tree, then the faults; the one at which the crate stopped is marked.
    pub(crate) fn finish(mut self, judgement: &Judgement) -> String {
        let stopped = match judgement {
            Ok(_) => None,
            Err(Refusal::Crate(error)) => {
                self.also(&Err::<(), _>(error.clone()), "the ceremony");
                Some(error.error_code())
            }
            Err(Refusal::File(failure)) => {
                self.faults.push((None, clean(&failure.message)));
                None
            }
        };
        let faults = std::mem::take(&mut self.faults);
        self.section(format_args!("faults: {}", faults.len()));
        let mut mark = stopped;
        for (number, (code, text)) in (1_usize..).zip(&faults) {
            let name = code.map_or("(no code)", ErrorCode::as_str);
            let here = if code.is_some() && *code == mark { mark.take().map_or("", |_| "  <- the ceremony stops here") } else { "" };
            self.push(&format!("  {number:>2}. {name}: {text}{here}\n"));
        }
        self.push("\n");
        self.text
    }

    fn push(&mut self, line: &str) {
        self.text.push_str("  ");
        self.text.push_str(line);
    }
}
