//! Between verification and commit the caller may refuse: the challenge is used up, and nothing else has changed.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

use passkeeper::store::{MemoryCeremonies, MemoryStore};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::UserVerification;
use passkeeper::{
    AuthenticationRequest, Error, ErrorCode, NotCompleted, Passkeys, RegistrationPolicy, RegistrationRequest, TakeBy,
    VerifiedAuthentication,
};
use pollster::block_on;

use crate::common::*;
use crate::identifiers::USERS;
use crate::world::{Begun, CEREMONIES, Luggage, Response, World};

/// Why a product refuses: the caller's own type.
#[derive(Clone, Debug, PartialEq)]
enum Reason {
    Locked,
    ActionPending(&'static str),
}

#[test]
fn a_veto_carries_the_callers_reason_and_consumes_the_challenge() {
    for ceremony in CEREMONIES {
        for by_challenge in [false, true] {
            for reason in [Reason::Locked, Reason::ActionPending("accept the terms")] {
                let world = World::new();
                let before = world.backend.records();
                let begun = world.begin(ceremony, &Luggage { session: Some("one"), ..Default::default() }).unwrap();
                let by = if by_challenge { TakeBy::danger_response_challenge() } else { TakeBy::id(&begun.session) };
                let by = by.in_session(crate::world::binding("one"));
                world.calls.take();
                let verdict = block_on(world.finish(&world.passkeys, &begun, by, async || Err(reason.clone())));
                assert_eq!(verdict, Err(NotCompleted::Vetoed(reason)));
                let calls = world.calls.take();
                assert!(!calls.iter().any(|call| ["insert", "record_use"].contains(&call.as_str())), "{calls:?}");
                world.assert_spent(&begun, &before);
            }
        }
    }
}

#[test]
fn without_a_veto_it_is_as_if_nobody_had_asked() {
    for ceremony in CEREMONIES {
        let world = World::new();
        let before = world.backend.records();
        let begun = world.begin(ceremony, &Luggage::default()).unwrap();
        let done = block_on(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || Ok::<_, Reason>(()))).unwrap();
        assert!(world.backend.records().contains(&done.record));
        world.assert_spent(&begun, &world.backend.records());
        assert_ne!(world.backend.records(), before);
    }
}

/// Whoever is not verified is not even looked at.
#[test]
fn nobody_is_asked_about_a_response_that_does_not_hold() {
    for ceremony in CEREMONIES {
        let world = World::new();
        let before = world.backend.records();
        let begun = world.begin(ceremony, &Luggage { session: Some("one"), ..Default::default() }).unwrap();
        let verdict =
            block_on(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || -> Result<(), Reason> { panic!("asked") }));
        let Err(NotCompleted::Refused(error)) = verdict else { panic!("{verdict:?}") };
        assert_eq!(error.code(), "ceremony-session-mismatch");
        world.assert_spent(&begun, &before);
    }
}

#[test]
fn a_veto_that_panics_leaves_nothing_half_done() {
    for ceremony in CEREMONIES {
        let world = World::new();
        let before = world.backend.records();
        let begun = world.begin(ceremony, &Luggage::default()).unwrap();
        let completing = world.finish(&world.passkeys, &begun, (&begun.session).into(), async || -> Result<(), Reason> {
            panic!("the account database is on fire")
        });
        assert!(catch_unwind(AssertUnwindSafe(|| block_on(completing))).is_err());
        world.assert_spent(&begun, &before);
        // Everybody else goes on.
        let next = world.begin(ceremony, &Luggage::default()).unwrap();
        world.complete(&next, TakeBy::id(&next.session)).unwrap();
    }
}

/// The client hangs up while the caller looks at the account.
#[test]
fn a_veto_that_is_dropped_half_way_leaves_nothing_half_done() {
    for ceremony in CEREMONIES {
        let world = World::new();
        let before = world.backend.records();
        let begun = world.begin(ceremony, &Luggage::default()).unwrap();
        {
            let mut completing =
                pin!(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || -> Result<(), Reason> { pending().await }));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..3 {
                assert!(completing.as_mut().poll(&mut context).is_pending());
            }
        }
        world.assert_spent(&begun, &before);
    }
}

/// The caller sees what was verified, and may authorise user verification there.
#[test]
fn the_caller_sees_what_was_verified() {
    let world = World::new();
    let mut device = VirtualAuthenticator::new(9).with_user_verified(false);
    let mut policy = RegistrationPolicy::default();
    policy.user_verification = UserVerification::Preferred;
    let started = block_on(world.passkeys.start_registration(RegistrationRequest::new(user("carol")).policy(policy).state("s"))).unwrap();
    let response = registration_response(&device.create(&json(&started.options), ORIGIN).unwrap());
    let seen = block_on(world.passkeys.complete_registration_unless(&started.session, &response, async |verified| {
        assert_eq!((verified.record().user_handle.clone(), verified.state()), (handle("carol"), Some("s")));
        Ok::<_, Reason>(())
    }));
    assert!(seen.is_ok());

    device = device.with_user_verified(true);
    // What is authorised counts from the next time on.
    for (authorise, counts) in [(false, false), (true, false), (false, true)] {
        let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable().state("t"))).unwrap();
        let response = world.answer(&device, &started);
        device.get(&json(&started.options), ORIGIN).unwrap();
        let login = block_on(world.passkeys.complete_authentication_unless(&started.session, &response, async |verified| {
            assert_eq!((verified.user_handle(), verified.state()), (&handle("carol"), Some("t")));
            if authorise {
                verified.authorize_user_verification();
            }
            Ok::<_, Reason>(())
        }))
        .unwrap();
        assert_eq!((login.user_verified(), login.user_verification_counts()), (true, counts));
        assert_eq!(login.proof().user_verified(), counts);
    }
}

#[test]
fn both_reasons_read_as_errors() {
    let vetoed = NotCompleted::Vetoed("account locked");
    assert_eq!(vetoed.to_string(), "vetoed: account locked");
    let refused = NotCompleted::<String>::from(Error::new(ErrorCode::SignatureInvalid));
    assert_eq!(refused.to_string(), Error::new(ErrorCode::SignatureInvalid).to_string());
    let boxed: Box<dyn std::error::Error> = refused.into();
    assert!(boxed.source().is_none());
}

/// Every call of the facade, vetoes included, as a task that a runtime with many threads may move.
#[test]
fn every_call_is_a_task_that_moves_between_threads() {
    /// As `tokio::spawn` asks for it.
    fn spawn<F: Future<Output: Send + 'static> + Send + 'static>(task: F) {
        std::thread::spawn(move || block_on(task)).join().unwrap();
    }
    /// An account database: asking it takes a while.
    async fn locked(_: &str) -> bool {
        std::future::ready(true).await
    }
    type Shared = std::sync::Arc<Passkeys<MemoryStore, MemoryCeremonies>>;
    let passkeys: Shared = Passkeys::new(relying_party(), MemoryStore::new(), MemoryCeremonies::new()).into();
    let directory = std::sync::Arc::new(Directory(USERS));
    let world = World::new();
    let [registration, authentication, assertion] = CEREMONIES.map(|ceremony| world.begin(ceremony, &Luggage::default()).unwrap());
    let id = registration.session.clone();
    let (Response::Registration(created), Response::Authentication(used)) = (registration.response, authentication.response) else {
        panic!("the other way round")
    };
    let Begun { response: Response::Authentication(shown), .. } = assertion else { panic!("no assertion") };
    {
        let (passkeys, id) = (passkeys.clone(), id.clone());
        spawn(async move {
            let name = String::from("carol");
            let veto = async |_: &_| if locked(&name).await { Err(Reason::Locked) } else { Ok(()) };
            let verdict = passkeys.complete_registration_unless(&id, &created, veto).await;
            assert!(matches!(verdict, Err(NotCompleted::Refused(error)) if error.code() == "ceremony-not-found"));
            assert!(passkeys.complete_registration(&id, &created).await.is_err());
        });
    }
    {
        let (passkeys, id) = (passkeys.clone(), id.clone());
        spawn(async move {
            let name = String::from("alice");
            let veto = async |verified: &mut VerifiedAuthentication| {
                verified.authorize_user_verification();
                if locked(&name).await { Err(Reason::Locked) } else { Ok(()) }
            };
            assert!(passkeys.complete_authentication_unless(&id, &used, veto).await.is_err());
            assert!(passkeys.complete_authentication(TakeBy::danger_response_challenge(), &used).await.is_err());
        });
    }
    {
        let passkeys = passkeys.clone();
        spawn(async move {
            let verdict = passkeys.complete_assertion_unless(&id, &shown, async |_| Err::<(), _>(Reason::Locked)).await;
            assert!(verdict.is_err());
            assert!(passkeys.complete_assertion(&id, &shown).await.is_err());
        });
    }
    spawn(async move {
        let request = AuthenticationRequest::default;
        assert!(passkeys.start_authentication_for(&directory, &"alice".into(), request()).await.is_err());
        assert!(passkeys.start_assertion_for(&*directory, &"alice".into(), request()).await.is_err());
        assert!(passkeys.start_assertion(request()).await.is_ok());
        let alice = handle("alice");
        let id = credential_id(b"none");
        assert!(passkeys.rename(&alice, &id, "name").await.is_err());
        assert!(passkeys.delete(&alice, &id).await.is_err());
        assert_eq!(passkeys.delete_all(&alice).await.map(|gone| gone.count), Ok(0));
        assert!(passkeys.find(&alice, &id).await.is_err());
        assert!(passkeys.accepted(&alice).await.is_ok());
    });
}
