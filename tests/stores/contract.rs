//! The stores in memory keep the contract of stores, and the contract catches those that do not.

mod faulty_ceremonies;
mod faulty_credentials;

use passkeeper::store::{DynCeremonyStore, DynCredentialStore, MemoryCeremonies, MemoryStore};
use passkeeper::testing::contract::{Broken, Contract, Task};
use pollster::block_on;

fn contract() -> Contract<impl Fn(Task<'_>) + Sync> {
    Contract::new(|task| block_on(task))
}

#[test]
fn the_store_of_credentials_in_memory_keeps_it() {
    contract().rounds(1000).credentials(|| async { MemoryStore::new() });
}

#[test]
fn the_store_of_ceremonies_in_memory_keeps_it() {
    contract().rounds(1000).ceremonies(|| async { MemoryCeremonies::new() });
}

#[test]
fn stores_whose_type_is_hidden_keep_it() {
    contract().rounds(100).credentials(|| async { DynCredentialStore::new(MemoryStore::new()) });
    contract().rounds(100).ceremonies(|| async { DynCeremonyStore::new(MemoryCeremonies::new()) });
}

#[test]
#[should_panic(expected = "the store breaks 1 rules of its contract:\n- one_too_many_of_a_scope_is_refused: ")]
fn what_is_broken_is_named() {
    use faulty_ceremonies::{Fault, Faulty};
    contract().ceremonies(|| async { Faulty::new(Fault::NoRoomIsAllowedStill) });
}

/// Asserts that a faulty store breaks this rule, the only one that was tried.
#[track_caller]
fn assert_caught(fault: impl std::fmt::Debug, rule: &str, broken: &[Broken]) {
    assert_eq!(broken.iter().map(|broken| broken.rule).collect::<Vec<_>>(), [rule], "{fault:?}");
}
