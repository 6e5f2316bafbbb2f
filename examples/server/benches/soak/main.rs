//! Half an hour of users and attackers on the server's handlers, all in one process: nobody honest is refused, memory stays flat,
//! and answers stay quick.
//!
//!     cargo bench -p passkeeper-server --bench soak            # 1800 seconds
//!     cargo bench -p passkeeper-server --bench soak -- 180
//!
//! The server's clock runs ten times as fast as the wall's, so that what expires does so many times. Every minute a line: how many
//! honest requests, how long they took, the memory, and what the attackers sent. Fails on any honest request that is refused, any hostile
//! one that is answered otherwise than it should be, memory that grows from the second third to the last, and answers that become slower.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

#[path = "../../tests/server/client.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod client;
mod honest;
mod hostile;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use client::Server;
use tally::{Tally, Times};

/// How many of each there are at a time.
const VISITORS: u64 = 8;
const ATTACKERS: u64 = 8;
/// How many seconds of the server's clock one second is.
const PACE: i64 = 10;
/// What the most memory of the last third may be above the most of the second.
const MIB_OF_SLACK: u64 = 4;
/// What the 99th percentile of the last third may be, against that of the first: so many times as much, and so much in any case.
const SLOWER: u32 = 2;
const MICROS_OF_SLACK: u32 = 5_000;
/// From how long a time on the times of thirds are compared: those of a shorter one say more of the machine than of the server.
const LONG_ENOUGH: Duration = Duration::from_secs(180);

/// What all clients share.
struct World {
    server: Server,
    tally: Tally,
    /// For names, addresses and keys that nobody else has.
    next: AtomicU64,
    end: Instant,
}

impl World {
    fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// One of sixteen million.
    fn address(&self) -> String {
        let [.., a, b, c] = self.next().to_be_bytes();
        format!("10.{a}.{b}.{c}")
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }
}

fn main() {
    // Cargo adds flags of its own.
    let seconds = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let time = Duration::from_secs(seconds.map_or(1800, |text| text.parse().expect("seconds")));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(soak(time));
}

async fn soak(time: Duration) {
    let server = Server::with(&[("RATE_LIMIT", "60"), ("BEHIND_PROXY", "true")]);
    let world = Arc::new(World { server, tally: Tally::default(), next: AtomicU64::new(1), end: Instant::now() + time });
    let residents = honest::residents(&world, VISITORS).await;
    let mut clients = Vec::new();
    for n in 0..ATTACKERS {
        let victims = residents.iter().step_by(2).map(|resident| resident.name.clone()).collect();
        clients.push(tokio::spawn(hostile::attack(world.clone(), n, victims)));
    }
    for resident in residents {
        clients.push(tokio::spawn(resident.live(world.clone())));
    }
    let memory = watch(&world, time).await;
    for client in clients {
        client.await.expect("a client failed");
    }
    judge(&world, &memory, time >= LONG_ENOUGH);
}

/// Turns the clock, and tells every minute what was; the memory of each second.
async fn watch(world: &World, time: Duration) -> Vec<u64> {
    let (begun, mut memory, mut minute) = (Instant::now(), Vec::new(), 0);
    println!(
        "{VISITORS} visitors, {ATTACKERS} attackers, {} s, {} processors",
        time.as_secs(),
        std::thread::available_parallelism().unwrap()
    );
    println!("minute  honest  failed  p50 ms  p99 ms     MiB  hostile");
    while !world.is_over() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.server.clock.turn(PACE);
        memory.push(resident_kib());
        let spent = begun.elapsed();
        world.tally.enter_third((spent.as_secs_f64() / time.as_secs_f64() * 3.0) as usize);
        if spent.as_secs() / 60 > minute || world.is_over() {
            minute += 1;
            world.tally.tell(minute, memory.last().unwrap() / 1024);
        }
    }
    memory
}

fn judge(world: &World, memory: &[u64], lasting: bool) {
    let tally = world.tally.ended();
    let third = memory.len() / 3;
    let [middle, last] = [&memory[third..2 * third], &memory[2 * third..]].map(|third| third.iter().max().expect("three seconds or more"));
    println!("memory: at most {:.1} MiB in the second third, {:.1} MiB in the last", mib(*middle), mib(*last));
    let [first, _, third] = [0, 1, 2].map(|n| tally.thirds[n].percentile(99));
    println!("p99: {:.1} ms in the first third, {:.1} ms in the last", millis(first), millis(third));
    println!(
        "honest: {} requests, {} failed; hostile: {:?}",
        tally.thirds.iter().map(Times::count).sum::<u64>(),
        tally.failed,
        tally.hostile
    );
    assert_eq!(tally.faults, [] as [String; 0]);
    assert_eq!(tally.failed, 0, "honest requests were refused");
    assert!(hostile::KINDS.iter().all(|kind| tally.hostile.contains_key(kind)), "some attack was never tried: {:?}", tally.hostile);
    let held_back = tally.hostile.get(hostile::HELD_BACK).copied().unwrap_or_default();
    assert!(held_back * 2 > tally.hostile["flood from one address"], "the rate limit does not hold");
    assert!(*last <= middle + MIB_OF_SLACK * 1024, "memory is not flat: {memory:?}");
    assert!(!lasting || third <= (first * SLOWER).max(first + MICROS_OF_SLACK), "answers became slower");
}

fn millis(micros: u32) -> f64 {
    f64::from(micros) / 1000.0
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

fn resident_kib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    // Pages of 4 KiB.
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4
}
