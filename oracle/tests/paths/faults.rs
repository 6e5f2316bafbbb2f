//! What can be wrong with a chain, one thing at a time.

use crate::chain::Draft;

mod arrangement;
mod authority;
mod certificate;
mod extension;
mod lists;

/// A thing that is wrong, and where it can be. Some are no fault at all: they are what validators should bear.
pub struct Fault {
    pub name: &'static str,
    on: On,
    pub apply: fn(&mut Draft, usize),
}

/// The levels a fault can be at.
#[derive(Clone, Copy)]
enum On {
    Leaf,
    Intermediates,
    /// The leaf and the intermediates: what an issuer above signed.
    Issued,
    /// The intermediates and the root.
    Authorities,
    Each,
    /// The chain as a whole.
    Whole,
}

impl Fault {
    /// The levels for a chain with so many intermediates.
    pub fn levels(&self, depth: usize) -> Vec<usize> {
        match self.on {
            On::Leaf | On::Whole => vec![0],
            On::Intermediates => (1..=depth).collect(),
            On::Issued => (0..=depth).collect(),
            On::Authorities => (1..=depth + 1).collect(),
            On::Each => (0..=depth + 1).collect(),
        }
    }

    /// The kind of place that a level is.
    pub fn place(&self, at: usize, depth: usize) -> &'static str {
        match (self.on, at) {
            (On::Whole, _) => "chain",
            (_, 0) => "leaf",
            _ if at <= depth => "intermediate",
            _ => "root",
        }
    }
}

const fn fault(name: &'static str, on: On, apply: fn(&mut Draft, usize)) -> Fault {
    Fault { name, on, apply }
}

/// Those that can be combined.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    [certificate::FAULTS, extension::FAULTS, authority::FAULTS, arrangement::FAULTS, lists::FAULTS].into_iter().flatten()
}

/// Those that begin the chain anew, and so undo others.
pub fn alone() -> impl Iterator<Item = &'static Fault> {
    arrangement::ALONE.iter()
}
