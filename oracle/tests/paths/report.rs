//! Compares the verdicts, and says how it went.

use std::collections::BTreeMap;
use std::env;
use std::io::Write as _;

use crate::chain::Chain;
use crate::differences::Differences;
use crate::judges::{Bench, Verdict, ours};
use crate::made::Case;

pub struct Report {
    name: &'static str,
    bench: Bench,
    differences: Differences,
    cases: usize,
    /// How often each judge was of our opinion, and how often it was not.
    tally: BTreeMap<(&'static str, &'static str), usize>,
    ours: BTreeMap<Verdict, usize>,
    failures: Vec<String>,
}

impl Report {
    pub fn new(name: &'static str, bench: Bench) -> Self {
        let (differences, tally, ours) = (Differences::read(), BTreeMap::new(), BTreeMap::new());
        Self { name, bench, differences, cases: 0, tally, ours, failures: Vec::new() }
    }

    pub fn judge(&mut self, case: &Case) {
        let (chain, leaf_key) = case.make();
        let ours = ours::judge(&chain, &leaf_key);
        let theirs = self.bench.judge(&chain);
        self.count(&case.to_string(), &ours, &theirs, |report, judge| report.is_explained(case, judge, &ours));
    }

    /// The verdicts of the others.
    pub fn ask(&self, chain: &Chain) -> Vec<(&'static str, Verdict)> {
        self.bench.judge(chain)
    }

    /// Counts a case; a judge of another opinion has to be explained.
    pub fn count(
        &mut self,
        name: &str,
        ours: &Verdict,
        theirs: &[(&'static str, Verdict)],
        explained: impl Fn(&Self, &'static str) -> bool,
    ) {
        let all: Vec<_> = theirs.iter().map(|(judge, verdict)| format!("{judge}: {verdict}")).collect();
        let line = format!("{name} -> passkeeper: {ours}, {}", all.join(", "));
        if env::var_os("ORACLE_VERBOSE").is_some() {
            say(&line);
        }
        for (judge, verdict) in theirs {
            let opinion = match (ours.is_trusted(), verdict.is_trusted()) {
                (true, true) => "trust too",
                (false, false) => "refuse too",
                _ if !explained(self, judge) => {
                    self.failures.push(format!("{judge} differs: {line}"));
                    "differ without a reason"
                }
                (true, false) => "refuse, for a listed reason",
                (false, true) => "trust, for a listed reason",
            };
            *self.tally.entry((judge, opinion)).or_default() += 1;
        }
        self.cases += 1;
        *self.ours.entry(ours.clone()).or_default() += 1;
    }

    /// A single fault has to differ as its row says. Among several, those that are listed as differing in this way are
    /// taken out, and about what is left both must agree.
    fn is_explained(&self, case: &Case, judge: &'static str, ours: &Verdict) -> bool {
        let keys: Vec<_> = case.keys().collect();
        if let ([key], "made") = (keys.as_slice(), self.name) {
            return self.differences.explain(*key, judge, ours);
        }
        let touches = |key: (&str, &str)| self.differences.touches(key, judge, ours.is_trusted());
        if !keys.iter().any(|key| touches(*key)) {
            return false;
        }
        let (rest, leaf_key) = case.keep(|key| !touches(key)).make();
        let trusted = ours::judge(&rest, &leaf_key).is_trusted();
        self.bench.judge(&rest).iter().all(|(name, verdict)| *name != judge || verdict.is_trusted() == trusted)
    }

    /// As [`finish`](Self::finish); and every row of the table must have been needed.
    pub fn finish_table(mut self) {
        let unseen: Vec<_> = self.differences.unseen().map(|row| format!("no such difference: {row}")).collect();
        // Another version of openssl may have fewer.
        let (own, foreign): (Vec<_>, Vec<_>) = unseen.into_iter().partition(|row| row.contains("certval"));
        if self.bench.has_openssl() {
            foreign.iter().for_each(|row| say(row));
        }
        self.failures.extend(own);
        self.finish();
    }

    /// # Panics
    /// If there were differences that nothing explains.
    pub fn finish(self) {
        let mut lines = vec![format!("{}: {} chains, {}", self.name, self.cases, self.bench.version())];
        let tally = self.tally.iter().map(|((judge, opinion), count)| format!("  {judge}: {count} {opinion}"));
        let ours = self.ours.iter().map(|(verdict, count)| format!("  passkeeper: {count} {verdict}"));
        lines.extend(ours.chain(tally));
        say(&lines.join("\n"));
        assert!(self.failures.is_empty(), "{} failures:\n{}", self.failures.len(), self.failures.join("\n"));
    }
}

/// Past the capturing of output.
pub fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// Says that something was left out, or fails where nothing may be.
pub fn skipped(what: &str, why: &str) {
    assert!(env::var_os("PASSKEEPER_CI").is_none(), "{what}: {why}");
    say(&format!("SKIPPED {what}: {why}"));
}
