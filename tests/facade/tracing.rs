//! Feature `tracing`: every call has a span and a verdict, and nothing that names anybody is in either.
#![cfg(feature = "tracing")]

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::{AuthenticationRequest, CeremonyKind, Decoys, RegistrationRequest, TakeBy, UnknownUsers};
use pollster::block_on;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::common::*;
use crate::identifiers::start_with;
use crate::shown::encodings;
use crate::world::{CEREMONIES, Facade, Luggage, World, binding};

/// Writes down all spans and events that this crate makes.
#[derive(Default)]
struct Recorder {
    spans: AtomicU64,
    lines: Notes,
    /// Spans that were entered and not left.
    open: Mutex<Vec<u64>>,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("passkeeper")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(format!("span {}", span.metadata().name()));
        span.record(&mut line);
        self.lines.push(line.0);
        Id::from_u64(self.spans.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line("record".into());
        values.record(&mut line);
        self.lines.push(line.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        assert!(!self.open.lock().unwrap().is_empty(), "an event outside of every span");
        let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut line);
        self.lines.push(line.0);
    }

    fn enter(&self, span: &Id) {
        self.open.lock().unwrap().push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        assert_eq!(self.open.lock().unwrap().pop(), Some(span.into_u64()), "spans are left in order");
    }
}

/// Two subscribers that are always there. While there is one at most, `tracing` asks the thread that first comes by whether
/// anybody cares for an event, and keeps the answer for all of them; and other tests' threads have no subscriber.
static BYSTANDERS: LazyLock<[Dispatch; 2]> = LazyLock::new(|| [(); 2].map(|()| Dispatch::new(Recorder::default())));

/// A world that comes after the bystanders.
fn world(configure: impl FnOnce(Facade) -> Facade) -> World {
    LazyLock::force(&BYSTANDERS);
    World::with(configure)
}

/// What this crate writes while something runs.
fn traced<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let recorder = Recorder::default();
    let lines = recorder.lines.clone();
    let result = tracing::subscriber::with_default(recorder, work);
    (result, lines.take())
}

#[test]
fn every_call_has_a_span_and_one_verdict() {
    let world = world(|passkeys| passkeys);
    for ceremony in CEREMONIES {
        let name = ceremony.as_str();
        let span = |call: &str| format!("span passkeeper ceremony=\"{name}\" call=\"{call}\"");
        let accepted = "INFO passkeeper::passkeys::trace verdict=\"accepted\"".to_string();
        let ((), lines) = traced(|| {
            let begun = world.begin(ceremony, &Luggage::default()).unwrap();
            world.complete(&begun, TakeBy::id(&begun.session)).unwrap();
        });
        let expected: Vec<_> = ["start", "verify", "veto", "commit"].iter().flat_map(|call| [span(call), accepted.clone()]).collect();
        assert_eq!(lines, expected);
        block_on(world.passkeys.delete_all(&handle("carol"))).unwrap();
        world.backend.clock.advance(1);
        if ceremony == CeremonyKind::Authentication {
            // One counter value serves once: alice starts anew.
            block_on(world.passkeys.delete_all(&handle("alice"))).unwrap();
            world.backend.register("alice", &mut VirtualAuthenticator::new(1));
        }
    }
}

#[test]
fn refusals_vetoes_and_faults_have_their_level_code_and_step() {
    let world = world(|passkeys| passkeys);
    let begun = world.begin(CeremonyKind::Authentication, &Luggage::default()).unwrap();
    let (_, lines) = traced(|| block_on(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || Err("locked"))));
    assert_eq!(
        lines[2..],
        ["span passkeeper ceremony=\"authentication\" call=\"veto\"", "WARN passkeeper::passkeys::trace verdict=\"vetoed\"",]
    );
    let (_, lines) = traced(|| world.complete(&begun, TakeBy::id(&begun.session)));
    let refused = "WARN passkeeper::passkeys::trace verdict=\"refused\" code=\"ceremony-not-found\" kind=\"not-found\"";
    assert_eq!(lines[1..], [refused]);
    let nobody = AuthenticationRequest::known(handle("mallory"));
    let (_, lines) = traced(|| block_on(world.passkeys.start_authentication(nobody)));
    let refused = "WARN passkeeper::passkeys::trace verdict=\"refused\" code=\"credential-not-found\" kind=\"not-found\" step=\"7.2/1\"";
    assert_eq!(lines[1..], [refused]);
    // A fault of ours is an error.
    let too_large = Luggage { state: Some("x".repeat(9000)), ..Default::default() };
    let (_, lines) = traced(|| world.begin(CeremonyKind::Assertion, &too_large).map(drop));
    let failed = "ERROR passkeeper::passkeys::trace verdict=\"failed\" code=\"caller-state-too-large\" kind=\"misuse\"";
    assert_eq!(lines[1..], [failed]);
    // Managing belongs to no ceremony.
    let (_, lines) = traced(|| block_on(world.passkeys.rename(&handle("bob"), &credential_id(b"none"), "name")));
    assert_eq!(lines[0], "span passkeeper call=\"rename\"");
    assert_eq!((Level::WARN.as_str(), lines[1].split(' ').next()), ("WARN", Some("WARN")));
}

/// A task that waits leaves its span, so that the events of others do not stand in it.
#[test]
fn a_span_is_left_while_its_call_waits() {
    use std::task::{Context, Waker};
    let world = world(|passkeys| passkeys);
    let begun = world.begin(CeremonyKind::Authentication, &Luggage::default()).unwrap();
    let ((), lines) = traced(|| {
        let mut waiting = std::pin::pin!(world.finish(&world.passkeys, &begun, (&begun.session).into(), async || {
            std::future::pending::<()>().await;
            Err("never")
        }));
        assert!(std::future::Future::poll(waiting.as_mut(), &mut Context::from_waker(Waker::noop())).is_pending());
        let other = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable()));
        assert!(other.is_ok());
    });
    assert_eq!(lines.iter().filter(|line| line.starts_with("INFO")).count(), 2);
}

/// A whole day in a server: everything that can be refused is, and none of it names anybody.
#[test]
fn nothing_that_names_anybody_is_traced() {
    let mut secrets: Vec<Vec<u8>> = ["cookie-7f3a", "state-9c1e", "alice@example.com", "192.0.2.1", "My phone", "no-such-id"]
        .map(|text| text.as_bytes().to_vec())
        .into();
    let decoys = UnknownUsers::Decoys(Decoys::new(b"secret of the decoys").unwrap());
    let world = world(|passkeys| passkeys.unknown_users(decoys));
    secrets.push(b"secret of the decoys".to_vec());
    let luggage = Luggage { session: Some("cookie-7f3a"), state: Some("state-9c1e".into()), ..Default::default() };
    let ((), lines) = traced(|| {
        for ceremony in CEREMONIES {
            for answering in ["cookie-7f3a", "cookie-of-mallory"] {
                let begun = world.begin(ceremony, &luggage).unwrap();
                secrets.push(begun.session.as_str().as_bytes().to_vec());
                let challenge = URL_SAFE_NO_PAD.decode(begun.options["challenge"].as_str().unwrap()).unwrap();
                secrets.push(challenge);
                let by = || TakeBy::id(&begun.session).in_session(binding(answering));
                let vetoed = block_on(world.finish(&world.passkeys, &begun, by(), async || Err("alice@example.com")));
                assert!(vetoed.is_err());
                assert!(world.complete(&begun, by()).is_err());
                let begun = world.begin(ceremony, &luggage).unwrap();
                assert!(world.complete(&begun, TakeBy::danger_response_challenge()).is_err());
            }
        }
        let request = || AuthenticationRequest::default().source("192.0.2.1").state("state-9c1e");
        for name in ["alice@example.com", "mallory@example.com", ""] {
            let Ok(started) = start_with(&world, name, request()) else { continue };
            secrets.extend(started.options.allow_credentials.iter().map(|allowed| allowed.id.as_bytes().to_vec()));
            let response = world.answer(&world.backend.alice, &started);
            let _ = block_on(world.passkeys.complete_authentication(&started.session, &response));
        }
        let request = RegistrationRequest::new(user("alice@example.com")).passkey_name("My phone").user_agent("no-such-id");
        let started = block_on(world.passkeys.start_registration(request)).unwrap();
        let mut draft = VirtualAuthenticator::new(50).create(&json(&started.options), ORIGIN).unwrap();
        draft.client_data.origin = "https://no-such-id".into();
        assert!(block_on(world.passkeys.complete_registration(&started.session, &registration_response(&draft))).is_err());
        let alice = world.backend.record_of("alice").credential_id;
        block_on(world.passkeys.rename(&handle("alice"), &alice, "My phone")).unwrap();
        let _ = block_on(world.passkeys.rename(&handle("mallory@example.com"), &alice, "My phone"));
        block_on(world.passkeys.delete(&handle("alice"), &alice)).unwrap();
        block_on(world.passkeys.delete_all(&handle("carol"))).unwrap();
        secrets.push(alice.as_bytes().to_vec());
    });
    for record in World::new().backend.records() {
        secrets.extend([record.user_handle.as_bytes().to_vec(), record.credential_id.as_bytes().to_vec()]);
        secrets.extend([record.public_key.as_bytes().to_vec(), record.public_key.to_spki_der().unwrap()]);
    }
    let verdicts = |word: &str| lines.iter().filter(|line| line.contains(word)).count();
    assert!(verdicts("accepted") > 20 && verdicts("refused") > 10 && verdicts("vetoed") == 3, "{lines:#?}");
    let text = lines.join("\n");
    for secret in &secrets {
        for encoded in encodings(secret) {
            assert!(!text.contains(&encoded), "{encoded} is in the trace");
        }
    }
    // The search would find it.
    assert!(encodings(b"accepted").iter().any(|encoded| text.contains(encoded)));
}
