//! What is run, and how it is shown to be worth running.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::responses::Response;

pub type Outcome = Result<(), Box<dyn Error>>;

/// How many runs make a batch.
pub const BATCH: usize = 32;

/// The operations, in the order of the tables.
pub const OPERATIONS: [(&str, &str); 4] = [
    ("es256", "ES256 authentication"),
    ("rs256", "RS256 authentication"),
    ("none", "`none` registration"),
    ("packed", "`packed` registration with path validation"),
];

/// A library with its backend, and what it can do.
pub struct Contestant {
    pub name: &'static str,
    pub title: &'static str,
    /// In the order of [`OPERATIONS`].
    pub operations: [Option<Box<dyn Operation>>; 4],
}

/// From JSON text and the library's own state and credential to its verdict.
pub trait Operation {
    /// One run over this text.
    fn once(&self, text: &str) -> Outcome;
    /// So many runs, at most [`BATCH`], over the valid text, each with a state of its own made ready before; the time of the
    /// runs alone. As many states are made ready whatever the count.
    fn batch(&self, count: usize) -> Duration;
    /// That it accepts the valid response and refuses the tampered one.
    fn check(&self, title: &str);
}

struct Prepared<P, R> {
    response: Response,
    prepare: P,
    run: R,
}

/// An operation that runs over the text with what `prepare` gave it, which may be used up.
pub fn operation<S, P, R>(response: &Response, prepare: P, run: R) -> Option<Box<dyn Operation>>
where
    P: Fn() -> S + 'static,
    R: Fn(S, &str) -> Outcome + 'static,
{
    Some(Box::new(Prepared { response: response.clone(), prepare, run }))
}

impl<S, P: Fn() -> S, R: Fn(S, &str) -> Outcome> Operation for Prepared<P, R> {
    fn once(&self, text: &str) -> Outcome {
        (self.run)((self.prepare)(), text)
    }

    fn batch(&self, count: usize) -> Duration {
        let mut states: Vec<S> = (0..BATCH).map(|_| (self.prepare)()).collect();
        let begun = Instant::now();
        for state in states.drain(..count) {
            (self.run)(state, black_box(&self.response.valid)).unwrap();
        }
        begun.elapsed()
    }

    fn check(&self, title: &str) {
        self.once(&self.response.valid).unwrap_or_else(|error| panic!("{title} refuses the valid response: {error}"));
        assert!(self.once(&self.response.tampered).is_err(), "{title} accepts a tampered response");
    }
}

impl Contestant {
    /// Checks each operation. `with_impostor` is the same library with another root to trust: it must refuse what is attested.
    pub fn check(&self, with_impostor: &Self, packed: &str) {
        for (operation, (_, title)) in self.operations.iter().zip(OPERATIONS) {
            if let Some(operation) = operation {
                operation.check(&format!("{}: {title}", self.title));
            }
        }
        if let Some(operation) = &with_impostor.operations[3] {
            assert!(operation.once(packed).is_err(), "{} trusts a path to no anchor", self.title);
        }
    }
}
