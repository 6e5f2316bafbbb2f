//! What `Debug` and `Display` show, of every public type that can hold something of somebody: secrets nowhere, what is personal only
//! where a table says so.

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use passkeeper::import::{Format, Importer};
use passkeeper::parse::{AttestationObject, AuthenticatorData, ClientData};
use passkeeper::store::{
    CeremonyId, CeremonyStore as _, DynCeremonyStore, DynCredentialStore, ImportMode, MemoryReplayGuard, NewCeremony, PendingLimits,
    SealedCeremonies, SealingKeys, StoreError,
};
use passkeeper::testing::VirtualAuthenticator;
use passkeeper::types::Bytes;
use passkeeper::wire::{
    AuthenticationExtensions, AuthenticationResponse, LargeBlobInput, PrfInputs, PrfValues, RegistrationExtensions, RegistrationResponse,
    UserEntity,
};
use passkeeper::{
    Attempt, AuthenticationRequest, Decoys, Event, Identifier, Observer, ProofPolicy, RegistrationRequest, TakeBy, UnknownUsers,
};
use pollster::block_on;
use serde_json::json;

use crate::common::*;
use crate::identifiers::start_with;
use crate::world::{CEREMONIES, Luggage, Response, World, binding};

/// What may show nowhere.
const SECRETS: [(&str, &[u8]); 10] = [
    ("session", b"cookie-7f3a91"),
    ("caller's state", b"state-9c1e55"),
    ("login identifier", b"alice@example.com"),
    ("source", b"192.0.2.77"),
    ("sealing key", b"sealing-key-of-32-bytes-or-more!"),
    ("decoy secret", b"secret of the decoys"),
    ("PRF output", b"prf-output-that-is-32-bytes-long"),
    ("PRF input", b"prf-input-salt-of-32-bytes-long!"),
    ("large blob", b"large-blob-content"),
    ("metadata of a passkey", b"data-of-the-caller"),
];

/// What is somebody's, and who may show it all the same. User handles and credential IDs are random and name nobody to a stranger:
/// values and events show them, traces never do.
const SHOWS: &[(&str, &[&str])] = &[];

/// Public types that hold nothing of anybody: settings, verdicts, kinds, times, and what stands in certificates and metadata.
#[rustfmt::skip]
const OF_NOBODY: &[&str] = &[
    "Aaguid", "Algorithm", "AlgorithmList", "Assertion", "AttestationConveyance", "AttestationFormat", "AttestationPolicy",
    "AttestationType", "AttestationVerdict", "AuthenticationPolicy", "AuthenticatorAttachment", "AuthenticatorModel",
    "AuthenticatorSelection", "AuthenticatorStatus", "BackupEligibilityChange", "BackupEligibilityPolicy", "BlobVerifier",
    "CeremonyKind", "CompoundRule", "CounterPolicy", "CounterVerdict", "CredProtect", "CredProtectPolicy", "CredentialParameters",
    "CredentialType", "CryptoProvider", "Curve", "DecoyShape", "Deleted", "EntropyError", "ErrorCode", "ErrorKind",
    "ExtensionOutputs", "Flags", "Format", "HandleEncoding", "HashAlgorithm", "Hint", "IdentifierKind", "ImportMode", "Inserted",
    "InvalidKey", "InvalidSignature", "LargeBlobSupport", "LastRecord", "ManagementPolicy", "Marked", "Metadata", "MetadataEntry",
    "Origin", "PendingLimits", "ProofPolicy", "Recheck", "Recorded", "RegistrationPolicy", "RelyingParty", "RelyingPartyBuilder",
    "RelyingPartyEntity", "ReportedContradiction", "ResidentKey", "RevocationList", "RevokedSerials", "RpId", "Scheme", "Scope",
    "SignIn", "Skipped", "SkippedPart", "StatementRules", "StatusReport", "SystemClock", "SystemEntropy", "TooMany", "Transport",
    "Trust", "TrustAnchor", "TrustAnchors", "UnixTime", "UnknownBackupEligibility", "UnknownUserVerification", "UserHandleFrom",
    "UserVerification", "Workflow", "WorkflowPolicy",
];

/// The name of a type, and how a value of it prints itself.
type Print = (String, String);
/// What is somebody's, by its kind.
type Personal = BTreeMap<&'static str, Vec<Vec<u8>>>;

#[derive(Default)]
struct Shown(Mutex<Vec<Print>>);

impl Shown {
    fn debug<T: Debug + ?Sized>(&self, value: &T) {
        let name = type_name::<T>().split('<').next().unwrap().rsplit("::").next().unwrap();
        let mut shown = self.0.lock().unwrap();
        shown.extend([format!("{value:?}"), format!("{value:#?}")].map(|text| (name.to_string(), text)));
    }

    fn error(&self, error: &(impl Debug + Display)) {
        self.debug(error);
        self.0.lock().unwrap().push(("Error".into(), error.to_string()));
    }
}

/// Notes every event as it prints itself.
#[derive(Clone, Default)]
struct Printed(Arc<Shown>);

impl Observer for Printed {
    fn observe(&self, event: &Event<'_>) {
        self.0.debug(event);
        if let Event::Refused { error, .. } = event {
            self.0.error(*error);
        }
    }
}

/// Raw, in hexadecimal, in any base64, and as `{:?}` shows bytes.
pub(crate) fn encodings(secret: &[u8]) -> Vec<String> {
    let hex = |upper: bool| secret.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect::<String>();
    let mut texts = vec![hex(false), hex(true), format!("{secret:?}").trim_matches(['[', ']']).to_string()];
    texts.extend([STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().map(|engine| engine.encode(secret)));
    texts.extend(String::from_utf8(secret.to_vec()).ok());
    texts
}

/// With everything in it that a request can carry.
fn extensions() -> AuthenticationExtensions {
    let salt = PrfValues { first: b"prf-input-salt-of-32-bytes-long!".as_slice().into(), second: None };
    AuthenticationExtensions {
        prf: Some(PrfInputs { eval: Some(salt), ..Default::default() }),
        large_blob: Some(LargeBlobInput::Read(true)),
        ..Default::default()
    }
}

/// The client's results with secrets in them.
fn results() -> serde_json::Value {
    let text = |secret: &[u8]| Bytes::from(secret).to_base64url();
    let (prf, blob) = (text(b"prf-output-that-is-32-bytes-long"), text(b"large-blob-content"));
    json!({ "prf": { "enabled": true, "results": { "first": prf, "second": prf } }, "largeBlob": { "blob": blob } })
}

/// A day in a server: every ceremony, honest and refused, with everything that travels with it; each value as it prints itself.
fn day() -> (Vec<Print>, Personal) {
    let printed = Printed::default();
    let shown = printed.0.clone();
    let decoys = Decoys::new(b"secret of the decoys").unwrap();
    shown.debug(&decoys);
    let decoys = UnknownUsers::Decoys(decoys);
    shown.debug(&decoys);
    let noted = shown.clone();
    let world = World::with(|passkeys| {
        passkeys.unknown_users(decoys).observer(printed).rate_limit(move |attempt: &Attempt<'_>| {
            noted.debug(attempt);
            Ok(())
        })
    });
    let mut personal = Personal::new();
    let luggage = Luggage { session: Some("cookie-7f3a91"), state: Some("state-9c1e55".into()), ..Default::default() };
    let mut ceremony_ids = Vec::new();
    for ceremony in CEREMONIES {
        for answering in ["cookie-7f3a91", "cookie-of-mallory"] {
            let begun = world.begin(ceremony, &luggage).unwrap();
            ceremony_ids.push(begun.session.as_str().as_bytes().to_vec());
            personal
                .entry("challenge")
                .or_default()
                .push(Bytes::from_base64url(begun.options["challenge"].as_str().unwrap()).unwrap().as_slice().to_vec());
            let by = || TakeBy::id(&begun.session).in_session(binding(answering));
            shown.debug(&by());
            shown.debug(&begun.session);
            match &begun.response {
                Response::Registration(response) => shown.debug(response),
                Response::Authentication(response) => shown.debug(response),
            }
            shown.debug(&block_on(world.finish(&world.passkeys, &begun, by(), async || Err("vetoed"))).unwrap_err());
            shown.error(&world.complete(&begun, by()).unwrap_err());
        }
    }
    // Names that nobody has, and one that somebody has.
    for name in ["alice@example.com", "mallory@example.com"] {
        let identifier = Identifier::from(name);
        shown.debug(&identifier);
        let request = AuthenticationRequest::default().source("192.0.2.77").state("state-9c1e55").extensions(extensions());
        shown.debug(&request.clone().in_session(binding("cookie-7f3a91")));
        let started = start_with(&world, identifier, request).unwrap();
        shown.debug(&started);
        shown.debug(&started.options);
        shown.debug(&started.options.extensions);
        shown.debug(started.options.extensions.prf.as_ref().unwrap());
        shown.debug(&started.options.extensions.prf.as_ref().unwrap().eval.clone().unwrap());
        shown.debug(&LargeBlobInput::Write(b"large-blob-content".as_slice().into()));
        shown.debug(&started.options.allow_credentials[0]);
        let mut draft = world.backend.answer(&world.backend.alice, &json(&started.options));
        draft.client_extension_results = results();
        draft.client_data.origin = "https://elsewhere.example".into();
        shown.error(&block_on(world.passkeys.complete_authentication(&started.session, &authentication_response(&draft))).unwrap_err());
    }
    // An answer to another challenge.
    let started = block_on(world.passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
    let mut draft = world.backend.answer(&world.backend.alice, &json(&started.options));
    draft.client_data.challenge = "challenge-of-another".into();
    personal.entry("challenge").or_default().push(started.options.challenge.as_bytes().to_vec());
    shown.error(&block_on(world.passkeys.complete_authentication(&started.session, &authentication_response(&draft))).unwrap_err());
    // A registration from end to end, and then a sign-in and a step-up, each value on its way.
    let entity = UserEntity { id: handle("carol-handle"), name: "carol-name".into(), display_name: "Carol Display".into() };
    shown.debug(&entity);
    shown.debug(&world.passkeys.user_details(entity.clone()));
    let registration_extensions = RegistrationExtensions { prf: extensions().prf, ..Default::default() };
    shown.debug(&registration_extensions);
    let request = RegistrationRequest::new(entity).passkey_name("passkey-name").passkey_display_name("Passkey Display");
    let data = [("key".to_string(), json!("data-of-the-caller"))].into();
    let request = request.user_agent("user-agent-of-carol").data(data).state("state-9c1e55").source("192.0.2.77");
    let request = request.in_session(binding("cookie-7f3a91")).extensions(registration_extensions);
    shown.debug(&request);
    let (options, pending) = world.passkeys.relying_party().start_registration(request.clone(), challenge(), NOW).unwrap();
    personal.entry("challenge").or_default().push(pending.challenge().as_bytes().to_vec());
    shown.debug(&options);
    shown.debug(&pending);
    shown.debug(pending.challenge());
    let started = block_on(world.passkeys.start_registration(request)).unwrap();
    ceremony_ids.push(started.session.as_str().as_bytes().to_vec());
    shown.debug(&started);
    let mut carol = VirtualAuthenticator::new(50);
    let mut draft = carol.create(&json(&started.options), ORIGIN).unwrap();
    draft.client_extension_results = results();
    let response = RegistrationResponse::from_json(draft.to_json()).unwrap();
    shown.debug(&response);
    shown.debug(&response.client_extension_results);
    shown.debug(response.client_extension_results.prf_results.as_ref().unwrap());
    shown.debug(&response.raw_id);
    shown.debug(&response.attestation_object);
    let object = AttestationObject::parse(response.attestation_object.as_slice()).unwrap();
    shown.debug(&object);
    let auth_data = AuthenticatorData::parse(object.auth_data).unwrap();
    shown.debug(&auth_data);
    shown.debug(auth_data.attested.as_ref().unwrap());
    shown.debug(&ClientData::parse(response.client_data_json.as_slice()).unwrap());
    let by = || TakeBy::id(&started.session).in_session(binding("cookie-7f3a91"));
    let verified = block_on(world.passkeys.verify_registration(by(), &response)).unwrap();
    shown.debug(&verified);
    let registered = block_on(world.passkeys.commit_registration(verified)).unwrap();
    shown.debug(&registered);
    shown.debug(&registered.accepted);
    let record = registered.record;
    shown.debug(&record);
    shown.debug(&record.usage);
    shown.debug(&record.id);
    shown.debug(&record.user_handle);
    shown.debug(&record.credential_id);
    shown.debug(&record.public_key);
    let key = record.public_key.parse().unwrap();
    shown.debug(&key);
    shown.debug(&key.material);
    shown.debug(&record.public_key.prepare(&provider()).unwrap());
    shown.debug(&provider().prepare(&key).unwrap());
    shown.debug(&world.passkeys.unknown_credential(record.credential_id.clone()));
    shown.debug(&binding("cookie-7f3a91"));
    for assertion in [false, true] {
        let request = AuthenticationRequest::known(handle("carol-handle")).state("state-9c1e55").extensions(extensions());
        let request = request.in_session(binding("cookie-7f3a91"));
        let rp = world.passkeys.relying_party();
        let (options, pending) = rp.start_authentication(request.clone(), challenge(), NOW).unwrap();
        personal.entry("challenge").or_default().push(pending.challenge().as_bytes().to_vec());
        shown.debug(&pending);
        shown.debug(pending.subject());
        shown.debug(&options);
        let mut draft = world.backend.answer(&carol, &json(&options));
        draft.client_extension_results = results();
        let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
        shown.debug(&response);
        let received = pending.in_session(binding("cookie-7f3a91")).receive(&response).unwrap();
        shown.debug(&received);
        shown.debug(&received.verify(rp, &record, NOW).unwrap());
        let started = block_on(async {
            if assertion { world.passkeys.start_assertion(request).await } else { world.passkeys.start_authentication(request).await }
        })
        .unwrap();
        world.backend.clock.advance(1);
        let mut draft = world.backend.answer(&carol, &json(&started.options));
        draft.client_extension_results = results();
        draft.auth_data.sign_count += if assertion { 2 } else { 1 };
        let response = AuthenticationResponse::from_json(draft.to_json()).unwrap();
        let by = TakeBy::id(&started.session).in_session(binding("cookie-7f3a91"));
        if assertion {
            let done = block_on(world.passkeys.complete_assertion(by, &response)).unwrap();
            shown.debug(&done);
            shown.debug(&done.proof());
            shown.error(
                &ProofPolicy { max_age_secs: 1, user_verification: true }
                    .judge(Some(&done.proof()), rp.scope(), &handle("other"), NOW)
                    .unwrap_err(),
            );
        } else {
            let verified = block_on(world.passkeys.verify_authentication(by, &response)).unwrap();
            shown.debug(&verified);
            shown.debug(verified.update());
            shown.debug(&block_on(world.passkeys.commit_authentication(verified)).unwrap());
        }
    }
    // Managing, and what is imported.
    shown.error(&block_on(world.passkeys.rename(&handle("carol-handle"), &record.credential_id, "\0passkey-name")).unwrap_err());
    shown.error(&block_on(world.passkeys.delete(&handle("mallory"), &record.credential_id)).unwrap_err());
    block_on(world.passkeys.rename(&handle("carol-handle"), &record.credential_id, "passkey-name")).unwrap();
    let importer = Importer::new(world.passkeys.relying_party(), Format::SimpleWebauthn, NOW);
    shown.debug(&importer);
    let file = r#"[{"id": "AAAA", "name": "carol-name", "state": "state-9c1e55"}, {"id": "AAAA"}]"#;
    shown.debug(&importer.rows(file.as_bytes()));
    let rows: Vec<_> = importer.rows(file.as_bytes()).collect();
    rows.iter().for_each(|row| shown.debug(row));
    let report = block_on(world.passkeys.import(rows, ImportMode::RowByRow)).unwrap();
    report.faults.iter().for_each(|fault| shown.debug(fault));
    shown.debug(&report);
    shown.debug(&block_on(world.passkeys.delete_all(&handle("carol-handle"))).unwrap());
    shown.debug(&world.passkeys);
    // Stores, and what they are given.
    let keys = SealingKeys::new(b"sealing-key-of-32-bytes-or-more!").unwrap();
    shown.debug(&keys);
    let guard = Arc::new(MemoryReplayGuard::new());
    let sealed = SealedCeremonies::new(keys, guard.clone());
    shown.debug(&sealed);
    let (scope, id) = (world.passkeys.relying_party().scope().clone(), started.session.clone());
    let issued = challenge();
    personal.entry("challenge").or_default().push(issued.as_bytes().to_vec());
    let new = NewCeremony::new(scope.clone(), id, issued, "{\"state\":\"state-9c1e55\"}".into(), NOW).user(handle("carol-handle"));
    shown.debug(&new);
    let token = block_on(sealed.put(new, &PendingLimits::default(), NOW)).unwrap();
    ceremony_ids.push(token.as_str().as_bytes().to_vec());
    shown.debug(&token);
    let changed = CeremonyId::new(format!("{}A", token.as_str()));
    if let Err(error) = block_on(sealed.take(&scope, &changed, NOW)) {
        shown.error(&error);
    }
    shown.debug(&*guard);
    shown.debug(&*world.backend.store);
    shown.debug(&*world.backend.ceremonies);
    shown.debug(&DynCredentialStore::new(world.backend.store.clone()));
    shown.debug(&DynCeremonyStore::new(world.backend.ceremonies.clone()));
    shown.error(&StoreError::unavailable("gone"));
    personal.insert("ceremony's ID", ceremony_ids);
    personal.insert("user name", vec![b"carol-name".to_vec()]);
    personal.insert("display name", vec![b"Carol Display".to_vec()]);
    personal.insert("passkey's name", vec![b"passkey-name".to_vec(), b"Passkey Display".to_vec()]);
    personal.insert("user agent", vec![b"user-agent-of-carol".to_vec()]);
    let found = std::mem::take(&mut *shown.0.lock().unwrap());
    (found, personal)
}

/// Who shows what of somebody.
fn shows(found: &[Print], values: &[Vec<u8>]) -> BTreeSet<String> {
    let written: Vec<_> = values.iter().flat_map(|value| encodings(value)).collect();
    let shows = |text: &str| written.iter().any(|written| text.contains(written.as_str()));
    found.iter().filter(|(_, text)| shows(text)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn secrets_show_nowhere_and_what_is_personal_only_where_it_says_so() {
    let (found, mut personal) = day();
    let ids = personal.remove("ceremony's ID").unwrap();
    assert!(ids.len() > 7 && personal["challenge"].len() > 9);
    let secrets = SECRETS.iter().map(|(what, secret)| (*what, vec![secret.to_vec()])).chain([("ceremony's ID", ids)]);
    let mut leaks = Vec::new();
    for (what, values) in secrets {
        leaks.extend(shows(&found, &values).into_iter().map(|name| format!("{name} shows a {what}")));
    }
    for (what, values) in &personal {
        let allowed = SHOWS.iter().find(|(kind, _)| kind == what).map_or(&[][..], |(_, names)| names);
        let shown = shows(&found, values);
        leaks.extend(shown.iter().filter(|name| !allowed.contains(&name.as_str())).map(|name| format!("{name} shows a {what}")));
        leaks.extend(allowed.iter().filter(|name| !shown.contains(**name)).map(|name| format!("{name} shows no {what} any more")));
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    // The search would find them.
    let leaky = [("Leaky".to_string(), format!("{:?}", SECRETS[0].1))];
    assert_eq!(shows(&leaky, &[SECRETS[0].1.to_vec()]), BTreeSet::from(["Leaky".to_string()]));
}

/// A type that is new shows itself above, or is said to hold nothing of anybody.
#[test]
fn every_public_type_that_prints_itself_is_looked_at() {
    let listing = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/API.txt")).unwrap();
    let lines = listing.lines().filter(|line| line.starts_with("impl") && line.contains("core::fmt::Debug"));
    let names: BTreeSet<&str> = lines
        .filter_map(|line| line.split("passkeeper::").nth(1).map(|_| line))
        .map(|line| line.split_once(" passkeeper::").unwrap().1)
        .filter(|path| !path.starts_with("testing::"))
        .map(|path| path.split(['<', ' ']).next().unwrap().trim_end_matches(':').rsplit("::").next().unwrap())
        .collect();
    assert!(names.len() > 100, "{names:?}");
    let (found, _) = day();
    let shown: BTreeSet<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let unseen: Vec<_> = names.iter().filter(|name| !shown.contains(*name) && !OF_NOBODY.contains(name)).collect();
    assert!(unseen.is_empty(), "print these in `day`, or say that they hold nothing of anybody: {unseen:?}");
    let stale: Vec<_> = OF_NOBODY.iter().filter(|name| shown.contains(*name) || !names.contains(*name)).collect();
    assert!(stale.is_empty(), "{stale:?} is printed, or is no type");
}
