//! What happened, in bounded memory: counts, and times in classes of five percent.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::millis;

/// How much wider each class of times is than the one before.
const WIDTH: f64 = 1.05;

#[derive(Clone)]
pub(crate) struct Times(Vec<u64>);

impl Default for Times {
    /// Up to an hour.
    fn default() -> Self {
        Self(vec![0; 452])
    }
}

impl Times {
    fn add(&mut self, micros: u32) {
        let class = f64::from(micros.max(1)).ln() / WIDTH.ln();
        let class = (class as usize).min(self.0.len() - 1);
        self.0[class] += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The end of the class in which it lies.
    pub(crate) fn percentile(&self, percent: u64) -> u32 {
        let mut left = self.count() * percent / 100;
        let class = self.0.iter().position(|count| {
            let here = left < *count;
            left = left.saturating_sub(*count);
            here
        });
        class.map_or(0, |class| WIDTH.powf((class + 1) as f64) as u32)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Counts {
    /// Of honest requests, by third of the whole.
    pub(crate) thirds: [Times; 3],
    third: usize,
    minute: Times,
    pub(crate) failed: u64,
    failed_in_minute: u64,
    /// Hostile requests by kind, and how many of a minute.
    pub(crate) hostile: BTreeMap<&'static str, u64>,
    hostile_in_minute: BTreeMap<&'static str, u64>,
    /// The first things that should not have been.
    pub(crate) faults: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Tally(Mutex<Counts>);

impl Tally {
    fn with<T>(&self, change: impl FnOnce(&mut Counts) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    pub(crate) fn honest(&self, micros: u32, fault: Option<String>) {
        self.with(|counts| {
            let third = counts.third;
            counts.thirds[third].add(micros);
            counts.minute.add(micros);
            counts.failed += u64::from(fault.is_some());
            counts.failed_in_minute += u64::from(fault.is_some());
            counts.faults.extend(fault.filter(|_| counts.faults.len() < 20));
        });
    }

    pub(crate) fn hostile(&self, kind: &'static str, fault: Option<String>) {
        self.with(|counts| {
            *counts.hostile.entry(kind).or_default() += 1;
            *counts.hostile_in_minute.entry(kind).or_default() += 1;
            counts.faults.extend(fault.filter(|_| counts.faults.len() < 20));
        });
    }

    pub(crate) fn enter_third(&self, third: usize) {
        self.with(|counts| counts.third = third.min(2));
    }

    /// A line, and a new minute.
    pub(crate) fn tell(&self, minute: u64, mib: u64) {
        self.with(|counts| {
            let (times, hostile) = (std::mem::take(&mut counts.minute), std::mem::take(&mut counts.hostile_in_minute));
            let failed = std::mem::take(&mut counts.failed_in_minute);
            let [p50, p99] = [50, 99].map(|percent| millis(times.percentile(percent)));
            let hostile: Vec<_> = hostile.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            println!("{minute:>6}{:>8}{failed:>8}{p50:>8.1}{p99:>8.1}{mib:>8}  {}", times.count(), hostile.join(", "));
        });
    }

    pub(crate) fn ended(&self) -> Counts {
        self.with(|counts| counts.clone())
    }
}
