//! What every store has to keep: the sentences of [`CredentialStore`] and [`CeremonyStore`] as checks, races included.
//!
//! A store of your own is proved by one line for each trait, with any runtime:
//!
//! ```
//! use passkeeper::store::{MemoryCeremonies, MemoryStore};
//! use passkeeper::testing::contract::Contract;
//!
//! let contract = Contract::new(|task| pollster::block_on(task)).rounds(10);
//! contract.credentials(|| async { MemoryStore::new() });
//! contract.ceremonies(|| async { MemoryCeremonies::new() });
//! ```
//!
//! With Tokio, `block_on` is `|task| runtime.block_on(task)` of a multi-threaded runtime. Races run on two threads of
//! their own, so that calls really meet, in memory as well as in a database.

mod ceremonies;
mod ceremony_races;
mod credentials;
mod records;
mod sample;
mod use_races;
mod user_races;
mod uses;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::thread;

use crate::store::{CeremonyStore, CredentialStore};

/// Functions with their names.
macro_rules! rules {
    ($($module:ident: $($rule:ident),*;)*) => { &[$($((stringify!($rule), $module::$rule)),*),*] };
}

/// Work for the caller's runtime, to be run to its end on the thread it is given on.
pub type Task<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The contract of the stores, and how to run it.
#[derive(Clone, Debug)]
pub struct Contract<B> {
    block_on: B,
    rounds: u32,
    only: Option<&'static str>,
}

/// A rule that a store does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The rule's name.
    pub rule: &'static str,
    /// What was seen instead.
    pub how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.how)
    }
}

impl<B: Fn(Task<'_>) + Sync> Contract<B> {
    /// The contract, run by `block_on`: a function that runs a task to its end, from several threads at once.
    pub fn new(block_on: B) -> Self {
        Self { block_on, rounds: 20, only: None }
    }

    /// How often each race is run: 20 times unless told otherwise. A race that goes wrong seldom needs a thousand.
    #[must_use]
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// Only this rule, for mending what is broken.
    #[must_use]
    pub fn only(mut self, rule: &'static str) -> Self {
        self.only = Some(rule);
        self
    }

    /// Checks a credential store. `fresh` makes an empty one for each rule.
    ///
    /// # Panics
    /// If a rule is broken: the message names all that are, and how.
    #[track_caller]
    pub fn credentials<S: CredentialStore, F: Future<Output = S> + Send>(&self, fresh: impl Fn() -> F) {
        report(&self.broken_by_credentials(fresh));
    }

    /// Checks a store of pending ceremonies that keeps them itself. `fresh` makes an empty one for each rule.
    ///
    /// # Panics
    /// If a rule is broken: the message names all that are, and how.
    #[track_caller]
    pub fn ceremonies<S: CeremonyStore, F: Future<Output = S> + Send>(&self, fresh: impl Fn() -> F) {
        report(&self.broken_by_ceremonies(fresh));
    }

    /// The rules that a credential store breaks, which [`credentials`](Self::credentials) would report.
    pub fn broken_by_credentials<S: CredentialStore, F: Future<Output = S> + Send>(&self, fresh: impl Fn() -> F) -> Vec<Broken> {
        self.broken(
            fresh,
            rules! {
                records: every_member_comes_back_as_it_went_in, bytes_and_text_are_compared_exactly, scopes_are_apart,
                    the_owner_is_part_of_every_question;
                credentials: an_id_is_inserted_once_whoever_owns_it, a_record_is_found_by_its_own_id, lists_are_oldest_first, a_limit_is_exact,
                    the_last_record_stays_where_it_shall, deleting_takes_one_users_records_and_frees_their_ids,
                    an_import_is_whole_or_not_at_all, an_import_row_by_row_leaves_out_what_is_taken, a_large_import_keeps_its_order;
                uses: a_use_is_recorded_once, every_member_of_the_expected_state_is_compared, a_use_changes_nothing_else,
                    the_time_of_last_use_never_goes_back, a_rename_changes_the_name_only;
                user_races: race_of_two_users_for_one_id, race_of_two_insertions_at_the_limit, race_of_two_deletions_of_the_last_two,
                    race_of_an_import_and_an_insertion, race_of_two_imports;
                use_races: race_of_two_uses, race_of_many_counter_updates, race_of_a_use_and_a_deletion, race_of_a_use_and_a_rename;
            },
        )
    }

    /// The rules that a store of pending ceremonies breaks, which [`ceremonies`](Self::ceremonies) would report.
    pub fn broken_by_ceremonies<S: CeremonyStore, F: Future<Output = S> + Send>(&self, fresh: impl Fn() -> F) -> Vec<Broken> {
        self.broken(
            fresh,
            rules! {
                ceremonies: a_ceremony_is_taken_once_either_way, scopes_are_apart, a_state_comes_back_as_it_went_in,
                    what_was_never_put_is_not_there, a_ceremony_is_kept_until_it_expires,
                    one_too_many_of_a_user_pushes_the_users_oldest_out, one_too_many_of_a_scope_is_refused, expired_ones_make_room;
                ceremony_races: race_of_two_takers, race_for_the_last_place_in_a_scope, race_of_one_user_against_oneself;
            },
        )
    }

    fn broken<S: Send + Sync, F: Future<Output = S> + Send>(&self, fresh: impl Fn() -> F, rules: &[Rule<S>]) -> Vec<Broken> {
        let try_out = |(rule, check): &Rule<S>| {
            let check = || {
                let store = run(&self.block_on, fresh());
                check(&Bench { store, block_on: &self.block_on, rounds: self.rounds });
            };
            let panic = catch_unwind(AssertUnwindSafe(check)).err()?;
            Some(Broken { rule, how: message(&*panic) })
        };
        let chosen = |(rule, _): &&Rule<S>| self.only.is_none_or(|only| only == *rule);
        assert!(rules.iter().any(|rule| chosen(&rule)), "there is no such rule: {:?}", self.only);
        rules.iter().filter(chosen).filter_map(try_out).collect()
    }
}

/// A rule's name, and the function of this name that panics if it is broken.
type Rule<S> = (&'static str, fn(&Bench<'_, S>));

/// One store under test, and how to call it.
struct Bench<'a, S> {
    store: S,
    block_on: &'a (dyn Fn(Task<'_>) + Sync),
    rounds: u32,
}

impl<S: Sync> Bench<'_, S> {
    fn run<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        run(self.block_on, future)
    }

    /// Runs both at the same moment, each on its own thread.
    fn race<T: Send, U: Send>(&self, one: impl Future<Output = T> + Send, other: impl Future<Output = U> + Send) -> (T, U) {
        let start = Barrier::new(2);
        thread::scope(|threads| {
            let first = threads.spawn(|| {
                start.wait();
                run(self.block_on, one)
            });
            start.wait();
            let second = run(self.block_on, other);
            (first.join().unwrap_or_else(|panic| resume_unwind(panic)), second)
        })
    }
}

fn run<T: Send>(block_on: &(dyn Fn(Task<'_>) + Sync), future: impl Future<Output = T> + Send) -> T {
    let mut answer = None;
    block_on(Box::pin(async { answer = Some(future.await) }));
    answer.expect("block_on returned before the task was done")
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_string()
}

#[track_caller]
fn report(broken: &[Broken]) {
    let list: String = broken.iter().map(|broken| format!("\n- {broken}")).collect();
    assert!(broken.is_empty(), "the store breaks {} rules of its contract:{list}", broken.len());
}
