//! The certificate path validator beside independent ones, on the same chains.
//!
//! Each chain goes through a whole registration with this crate, to the `openssl verify` command and to the crate
//! `certval`. All must say the same, or the table of differences in the README has the case and says who is right.

mod chain;
mod differences;
mod faults;
mod judges;
mod made;
mod real;
mod report;

use judges::Bench;
use report::Report;

#[test]
fn honest_chains_and_each_fault_alone() {
    let mut report = Report::new("made", Bench::new(true));
    made::honest().for_each(|case| report.judge(&case));
    made::single_faults().for_each(|case| report.judge(&case));
    report.finish_table();
}

#[test]
fn faults_combined_at_random() {
    let mut report = Report::new("random", Bench::new(true));
    made::random(400).for_each(|case| report.judge(&case));
    report.finish();
}

#[test]
fn chains_of_real_devices() {
    real::judge();
}
