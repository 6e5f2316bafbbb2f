//! The table of explained differences: that of the README, so that there is only one.

use std::cell::Cell;

use crate::judges::Verdict;

const README: &str = include_str!("../../README.md");

/// A row of the table.
pub struct Difference {
    fault: &'static str,
    places: Vec<&'static str>,
    judges: Vec<&'static str>,
    /// This crate's verdict: `trusted`, or the codes it may refuse with.
    ours: Vec<&'static str>,
    seen: Cell<bool>,
}

pub struct Differences(Vec<Difference>);

impl Differences {
    /// # Panics
    /// If the table is not as the columns of its head say.
    pub fn read() -> Self {
        let rows = README.lines().skip_while(|line| !line.starts_with("| Fault |")).skip(2);
        Self(rows.take_while(|line| line.starts_with('|')).map(Difference::read).collect())
    }

    /// Whether the verdict on a single fault differs as a row says, code included.
    pub fn explain(&self, (fault, place): (&str, &str), judge: &str, ours: &Verdict) -> bool {
        let row = self.0.iter().find(|row| row.covers(fault, place, judge) && row.ours.contains(&ours.to_string().as_str()));
        row.inspect(|row| row.seen.set(true)).is_some()
    }

    /// Whether this fault makes the verdict of the judge differ, `trusted` being ours.
    pub fn touches(&self, (fault, place): (&str, &str), judge: &str, trusted: bool) -> bool {
        self.0.iter().any(|row| row.covers(fault, place, judge) && (row.ours == ["trusted"]) == trusted)
    }

    /// The rows that no case needed.
    pub fn unseen(&self) -> impl Iterator<Item = String> {
        let unseen = self.0.iter().filter(|row| !row.seen.get());
        unseen.map(|row| format!("{} ({}; {})", row.fault, row.places.join(", "), row.judges.join(", ")))
    }
}

impl Difference {
    fn read(line: &'static str) -> Self {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [fault, places, judges, ours, theirs, why] = cells.as_slice() else { panic!("not six cells: {line}") };
        assert!(!why.is_empty(), "unexplained: {line}");
        assert_eq!(*ours == "trusted", *theirs == "refused", "no difference: {line}");
        let list = |text: &'static str| text.split(", ").map(|item| item.trim_matches('`')).collect();
        Self { fault, places: list(places), judges: list(judges), ours: list(ours), seen: Cell::new(false) }
    }

    fn covers(&self, fault: &str, place: &str, judge: &str) -> bool {
        self.fault == fault && self.places.contains(&place) && self.judges.contains(&judge)
    }
}
