//! Responses, valid and broken, each with what passkeeper says about it: a line of JSON for each, after a first line with
//! the roots that are trusted. `passkeeper-differential [COUNT [SEED]]`

mod base;
mod cases;
mod ceremony;
mod chance;

use std::io::{self, BufWriter, Write as _};

use base::{Base, NOW};
use ceremony::Roots;
use chance::Chance;
use serde_json::json;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("COUNT and SEED are numbers"));
    let (cases, roots) = (cases::all(), Roots::new());
    // Five of each case.
    let count = arguments.next().unwrap_or(5 * cases.len() as u64);
    let seed = arguments.next().unwrap_or(1);

    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "{}", json!({ "roots": roots.to_json(), "now": NOW, "seed": seed, "cases": cases.len() }))?;
    for number in 0..count {
        let (case, ceremony) = &cases[number as usize % cases.len()];
        let base = Base::new(Chance::new(seed, number));
        writeln!(out, "{}", ceremony::run(case, *ceremony, base, &roots))?;
    }
    out.flush()
}
