//! The same responses through passkeeper and its peers, in one interleaved run.
//!
//! `cargo run --release` measures and prints a Markdown table; `cargo run --release -- --quick` does few rounds; with the names of a
//! contestant and of an operation and a count it runs that, for a tool that counts instructions; `-- --list` names both.

mod contest;
mod contestants;
mod responses;

use contest::{BATCH, Contestant, OPERATIONS};
use responses::Responses;

const ROUNDS: usize = 100;

fn main() {
    let responses = Responses::new();
    let all = contestants::all(&responses, &responses.root);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure(&responses, &all, ROUNDS),
        ["--quick"] => measure(&responses, &all, 5),
        ["--list"] => list(&all),
        [name, operation, count] => run(&all, name, operation, count.parse().unwrap()),
        _ => eprintln!("see the README"),
    }
}

/// Names and titles of contestants, and the operations that each can do.
fn list(all: &[Contestant]) {
    for contestant in all {
        let can = contestant.operations.iter().zip(OPERATIONS).filter_map(|(operation, (name, _))| operation.is_some().then_some(name));
        println!("{}\t{}\t{}", contestant.name, contestant.title, can.collect::<Vec<_>>().join(" "));
    }
}

fn run(all: &[Contestant], name: &str, operation: &str, count: usize) {
    let contestant = all.iter().find(|contestant| contestant.name == name).expect("no such contestant");
    let place = OPERATIONS.iter().position(|(name, _)| *name == operation).expect("no such operation");
    contestant.operations[place].as_ref().expect("it cannot do that").batch(count.min(BATCH));
}

/// Each contestant a batch in each round, in turn; then the median of its batches.
fn measure(responses: &Responses, all: &[Contestant], rounds: usize) {
    let with_impostor = contestants::all(responses, &responses.impostor);
    for (contestant, with_impostor) in all.iter().zip(&with_impostor) {
        contestant.check(with_impostor, &responses.packed.valid);
    }
    let mut times: Vec<[Vec<f64>; 4]> = all.iter().map(|_| Default::default()).collect();
    for round in 0..rounds {
        // Not always the same one after the same one.
        for turn in 0..all.len() {
            let who = (turn + round) % all.len();
            for (operation, times) in all[who].operations.iter().zip(&mut times[who]) {
                let Some(operation) = operation else { continue };
                times.push(operation.batch(BATCH).as_secs_f64() * 1e6 / BATCH as f64);
            }
        }
    }
    let medians: Vec<[Option<f64>; 4]> = times.iter_mut().map(|times| times.each_mut().map(median)).collect();
    println!("| | {} |", OPERATIONS.map(|(_, title)| title).join(" | "));
    println!("|---|{}", "---:|".repeat(OPERATIONS.len()));
    for (contestant, row) in all.iter().zip(&medians) {
        let cells = row.iter().zip(&medians[0]).map(|(time, ours)| match (time, ours) {
            (Some(time), Some(ours)) => format!("{time:.1} ({:.2})", time / ours),
            _ => "–".into(),
        });
        println!("| {} | {} |", contestant.title, cells.collect::<Vec<_>>().join(" | "));
    }
}

/// The median, of however many there are.
fn median(times: &mut Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
