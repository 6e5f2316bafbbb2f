//! Stores of pending ceremonies with one fault each.

use std::sync::Mutex;
use std::time::Duration;

use passkeeper::store::{CeremonyId, CeremonyStore, MemoryCeremonies, NewCeremony, PendingLimits, StoreError};
use passkeeper::types::{Challenge, Scope, UnixTime};

use super::{assert_caught, contract};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    TakeLeaves,
    TakeLeavesTheChallenge,
    TakeByChallengeLeavesTheId,
    TakeNotAtomic,
    TakeRefusesTheLastMoment,
    TakeFailsForOddIds,
    TakeByPrefix,
    ScopeIgnored,
    ChallengeIsAnywhere,
    StateIsCut,
    StateIsTrimmed,
    LimitOffByOne,
    LimitIsOfAllScopes,
    LimitNotAtomic,
    NoRoomIsAllowedStill,
    NoLimitForUsers,
    NewestOfAUserGoes,
    UserIsCountedInAllScopes,
    UserNotAtomic,
    ExpiredStay,
    ExpiresTooEarly,
}

const FAULTS: [(Fault, &str); 21] = [
    (Fault::TakeLeaves, "a_ceremony_is_taken_once_either_way"),
    (Fault::TakeLeavesTheChallenge, "a_ceremony_is_taken_once_either_way"),
    (Fault::TakeByChallengeLeavesTheId, "a_ceremony_is_taken_once_either_way"),
    (Fault::TakeNotAtomic, "race_of_two_takers"),
    (Fault::TakeRefusesTheLastMoment, "a_ceremony_is_kept_until_it_expires"),
    (Fault::TakeFailsForOddIds, "what_was_never_put_is_not_there"),
    (Fault::TakeByPrefix, "what_was_never_put_is_not_there"),
    (Fault::ScopeIgnored, "scopes_are_apart"),
    (Fault::ChallengeIsAnywhere, "scopes_are_apart"),
    (Fault::StateIsCut, "a_state_comes_back_as_it_went_in"),
    (Fault::StateIsTrimmed, "a_state_comes_back_as_it_went_in"),
    (Fault::LimitOffByOne, "one_too_many_of_a_scope_is_refused"),
    (Fault::LimitIsOfAllScopes, "one_too_many_of_a_scope_is_refused"),
    (Fault::LimitNotAtomic, "race_for_the_last_place_in_a_scope"),
    (Fault::NoRoomIsAllowedStill, "one_too_many_of_a_scope_is_refused"),
    (Fault::NoLimitForUsers, "one_too_many_of_a_user_pushes_the_users_oldest_out"),
    (Fault::NewestOfAUserGoes, "one_too_many_of_a_user_pushes_the_users_oldest_out"),
    (Fault::UserIsCountedInAllScopes, "one_too_many_of_a_user_pushes_the_users_oldest_out"),
    (Fault::UserNotAtomic, "race_of_one_user_against_oneself"),
    (Fault::ExpiredStay, "expired_ones_make_room"),
    (Fault::ExpiresTooEarly, "expired_ones_make_room"),
];

#[test]
fn the_contract_catches_every_fault_of_a_ceremony_store() {
    for (fault, rule) in FAULTS {
        let broken = contract().only(rule).broken_by_ceremonies(|| async move { Faulty::new(fault) });
        assert_caught(fault, rule, &broken);
    }
}

/// A store in memory with one fault, and what was put into it.
pub(super) struct Faulty {
    inner: MemoryCeremonies,
    puts: Mutex<Vec<NewCeremony>>,
    fault: Fault,
}

impl Faulty {
    pub(super) fn new(fault: Fault) -> Self {
        Self { inner: MemoryCeremonies::new(), puts: Mutex::default(), fault }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn dawdle(&self, fault: Fault) {
        if self.is(fault) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn scope(&self, scope: &Scope) -> Scope {
        if self.is(Fault::ScopeIgnored) { Scope::new("the only one").unwrap() } else { scope.clone() }
    }

    /// The latest put of which this is true.
    fn put_as(&self, is_it: impl Fn(&NewCeremony) -> bool) -> Option<NewCeremony> {
        self.puts.lock().unwrap().iter().rev().find(|put| is_it(put)).cloned()
    }

    /// What the fault makes of what the right store answers.
    fn answer(&self, put: Option<NewCeremony>, taken: Option<String>, now: UnixTime) -> Option<String> {
        let state = match (self.fault, put) {
            (Fault::TakeLeaves, Some(put)) => Some(put.state),
            (Fault::TakeRefusesTheLastMoment, Some(put)) if now >= put.expires_at => None,
            _ => taken,
        };
        match self.fault {
            Fault::StateIsCut => state.map(|state| state.chars().take(4096).collect()),
            Fault::StateIsTrimmed => state.map(|state| state.trim().into()),
            _ => state,
        }
    }

    /// Asks and then removes, so that another can ask in between.
    async fn take_slowly(&self, put: Option<NewCeremony>) -> Result<Option<String>, StoreError> {
        let Some(put) = put else { return Ok(None) };
        let there = self.inner.take(&put.scope, &put.id, put.expires_at).await?;
        if there.is_some() {
            self.inner.put(put.clone(), &PendingLimits::default(), put.expires_at).await?;
        }
        self.dawdle(Fault::TakeNotAtomic);
        self.inner.take(&put.scope, &put.id, put.expires_at).await?;
        Ok(there)
    }
}

impl CeremonyStore for Faulty {
    async fn put(&self, mut ceremony: NewCeremony, limits: &PendingLimits, now: UnixTime) -> Result<CeremonyId, StoreError> {
        ceremony.scope = self.scope(&ceremony.scope);
        let mut limits = *limits;
        let in_scope = limits.in_scope as usize;
        let now = match self.fault {
            Fault::ExpiredStay => UnixTime::from_secs(i64::MIN),
            Fault::ExpiresTooEarly => now.saturating_add_secs(1),
            _ => now,
        };
        match self.fault {
            Fault::LimitOffByOne => limits.in_scope = limits.in_scope.saturating_add(1),
            Fault::LimitIsOfAllScopes if self.inner.len() >= in_scope => return Err(StoreError::Full),
            Fault::NoRoomIsAllowedStill if limits.in_scope == 0 => limits.in_scope = 1,
            Fault::LimitNotAtomic if self.inner.len() >= in_scope => return Err(StoreError::Full),
            Fault::LimitNotAtomic => {
                self.dawdle(Fault::LimitNotAtomic);
                limits.in_scope = u32::MAX;
            }
            Fault::NoLimitForUsers => limits.per_user = u32::MAX,
            Fault::NewestOfAUserGoes | Fault::UserIsCountedInAllScopes | Fault::UserNotAtomic if ceremony.user.is_some() => {
                let mut mine: Vec<_> = self.puts.lock().unwrap().iter().filter(|put| put.user == ceremony.user).cloned().collect();
                if !self.is(Fault::UserIsCountedInAllScopes) {
                    mine.retain(|put| put.scope == ceremony.scope);
                }
                self.dawdle(Fault::UserNotAtomic);
                if mine.len() >= limits.per_user as usize {
                    let gone = if self.is(Fault::NewestOfAUserGoes) { mine.last() } else { mine.first() };
                    let gone = gone.unwrap().clone();
                    self.inner.take(&gone.scope, &gone.id, now).await?;
                    self.puts.lock().unwrap().retain(|put| (&put.scope, &put.id) != (&gone.scope, &gone.id));
                }
                limits.per_user = u32::MAX;
            }
            _ => {}
        }
        let id = self.inner.put(ceremony.clone(), &limits, now).await?;
        self.puts.lock().unwrap().push(ceremony);
        Ok(id)
    }

    async fn take(&self, scope: &Scope, id: &CeremonyId, now: UnixTime) -> Result<Option<String>, StoreError> {
        let scope = &self.scope(scope);
        let put = match self.fault {
            Fault::TakeFailsForOddIds if id.as_str().contains('\0') => return Err(StoreError::unavailable("invalid byte")),
            Fault::TakeByPrefix => self.put_as(|put| put.scope == *scope && id.as_str().starts_with(put.id.as_str())),
            _ => self.put_as(|put| put.scope == *scope && put.id == *id),
        };
        if self.is(Fault::TakeNotAtomic) {
            return self.take_slowly(put).await;
        }
        let id = if self.is(Fault::TakeByPrefix) { put.as_ref().map_or(id, |put| &put.id) } else { id };
        let taken = self.inner.take(scope, id, now).await?;
        if let (Fault::TakeLeavesTheChallenge, Some(put), Some(_)) = (self.fault, &put, &taken) {
            let mut left = put.clone();
            left.id = CeremonyId::new(format!("left of {}", put.id.as_str()));
            self.inner.put(left, &PendingLimits::default(), now).await?;
        }
        Ok(self.answer(put, taken, now))
    }

    async fn take_by_challenge(&self, scope: &Scope, challenge: &Challenge, now: UnixTime) -> Result<Option<String>, StoreError> {
        let mut scope = self.scope(scope);
        let put = self.put_as(|put| (put.scope == scope || self.is(Fault::ChallengeIsAnywhere)) && put.challenge == *challenge);
        if self.is(Fault::TakeNotAtomic) {
            return self.take_slowly(put).await;
        }
        if let (Fault::ChallengeIsAnywhere, Some(put)) = (self.fault, &put) {
            scope = put.scope.clone();
        }
        let taken = self.inner.take_by_challenge(&scope, challenge, now).await?;
        if let (Fault::TakeByChallengeLeavesTheId, Some(put), Some(_)) = (self.fault, &put, &taken) {
            let mut left = put.clone();
            left.challenge = Challenge::new([0xee; 48]).unwrap();
            self.inner.put(left, &PendingLimits::default(), now).await?;
        }
        Ok(self.answer(put, taken, now))
    }
}
