//! The caller may answer "too many", before any store is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use passkeeper::{Attempt, AuthenticationRequest, CeremonyKind, Error, ErrorKind, RateLimit, RegistrationRequest, TakeBy, TooMany};
use pollster::block_on;

use crate::common::*;
use crate::identifiers::{directory, start, start_with};
use crate::world::{CEREMONIES, Luggage, World};

/// Admits so many attempts, and notes all.
struct Gate {
    left: AtomicU32,
    seen: Notes,
}

impl RateLimit for Gate {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), TooMany> {
        let Attempt { scope, ceremony, user, identifier, source, .. } = attempt;
        let user = user.map(|user| String::from_utf8_lossy(user.as_bytes()).into_owned());
        self.seen.push(format!("{} {} {user:?} {identifier:?} {source:?}", scope.as_str(), ceremony.as_str()));
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| TooMany { retry_after_secs: Some(30) })
    }
}

fn gated(admits: u32) -> (World, Notes) {
    let seen = Notes::default();
    let gate = Gate { left: AtomicU32::new(admits), seen: seen.clone() };
    (World::with(|passkeys| passkeys.rate_limit(gate)), seen)
}

#[test]
fn one_attempt_too_many_asks_no_store_and_leaves_nothing_behind() {
    let (world, _) = gated(0);
    let directory = directory(&world);
    let refusals: [Result<(), Error>; 5] = [
        world.begin(CeremonyKind::Registration, &Luggage::default()).map(drop),
        world.begin(CeremonyKind::Authentication, &Luggage::default()).map(drop),
        world.begin(CeremonyKind::Assertion, &Luggage::default()).map(drop),
        start(&world, "alice").map(drop),
        block_on(world.passkeys.start_assertion_for(&directory, &"mallory".into(), AuthenticationRequest::default())).map(drop),
    ];
    for refused in refusals {
        let error = refused.unwrap_err();
        assert_eq!((error.code(), error.spec_step(), error.kind()), ("rate-limited", None, ErrorKind::Throttled));
        assert!(error.to_string().contains("30 s") && error.retry_after_secs() == Some(30), "{error}");
    }
    assert_eq!(world.calls.take(), Vec::<String>::new());
    assert!(world.backend.ceremonies.is_empty());
    let silent = World::with(|passkeys| passkeys.rate_limit(|_: &Attempt<'_>| Err(TooMany::default())));
    let error = silent.begin(CeremonyKind::Registration, &Luggage::default()).map(drop).unwrap_err();
    assert_eq!((error.code(), error.retry_after_secs()), ("rate-limited", None));
}

#[test]
fn only_starting_is_counted() {
    for ceremony in CEREMONIES {
        let (world, seen) = gated(1);
        let begun = world.begin(ceremony, &Luggage::default()).unwrap();
        world.complete(&begun, TakeBy::id(&begun.session)).unwrap();
        assert_eq!(seen.take().len(), 1);
        assert_eq!(refusal(world.begin(ceremony, &Luggage::default())).0, "rate-limited");
    }
}

#[test]
fn the_limit_is_told_who_asks_for_whom_and_from_where() {
    let (world, seen) = gated(100);
    let request = || AuthenticationRequest::known(handle("alice")).source("192.0.2.1");
    let _ = block_on(world.passkeys.start_authentication(request())).unwrap();
    let _ = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let _ = block_on(world.passkeys.start_registration(RegistrationRequest::new(user("bob")).source("::1"))).unwrap();
    // By identifier nobody is known yet, and all spellings count as one.
    for name in ["alice@example.com", " Alice@EXAMPLE.com"] {
        let _ = start_with(&world, name, AuthenticationRequest::default().source("::1")).unwrap();
    }
    let told = [
        "example.com authentication Some(\"alice\") None Some(\"192.0.2.1\")",
        "example.com authentication None None None",
        "example.com registration Some(\"bob\") None Some(\"::1\")",
        "example.com authentication None Some(\"alice@example.com\") Some(\"::1\")",
        "example.com authentication None Some(\"alice@example.com\") Some(\"::1\")",
    ];
    assert_eq!(seen.take(), told);
}

/// Whoever prints an attempt must not fill a log with names and addresses.
#[test]
fn debug_hides_who_asks() {
    let printed = Notes::default();
    let notes = printed.clone();
    let world = World::with(|passkeys| {
        passkeys.rate_limit(move |attempt: &Attempt<'_>| {
            notes.push(format!("{attempt:?}"));
            Ok(())
        })
    });
    let _ = start_with(&world, "alice@example.com", AuthenticationRequest::default().source("192.0.2.1")).unwrap();
    assert_eq!(printed.take(), ["Attempt { scope: Scope(\"example.com\"), ceremony: Authentication, .. }"]);
}

/// A limit is shared among the clones of a facade, as in a server with a worker for each core.
#[test]
fn clones_share_the_limit() {
    let (world, _) = gated(1);
    let clone = world.passkeys.clone();
    assert!(block_on(clone.start_authentication(AuthenticationRequest::discoverable())).is_ok());
    let world = Arc::new(world);
    let refused = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable()));
    assert_eq!(refusal(refused), ("rate-limited", None));
}

/// Sign-ins can be started by anybody, and left: only sign-ins make room for them.
#[test]
fn sign_ins_that_others_start_push_out_no_step_up() {
    let world = World::new();
    let step_up = world.begin(CeremonyKind::Assertion, &Luggage::default()).unwrap();
    let sign_in = world.begin(CeremonyKind::Authentication, &Luggage::default()).unwrap();
    for _ in 0..16 {
        drop(block_on(world.passkeys.start_authentication(AuthenticationRequest::known(handle("alice")))).unwrap());
    }
    assert_eq!(refusal(world.complete(&sign_in, TakeBy::id(&sign_in.session)).map(drop)), ("ceremony-not-found", None));
    world.complete(&step_up, TakeBy::id(&step_up.session)).unwrap();
}
