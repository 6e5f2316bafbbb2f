//! What live relying parties were seen to accept (Jannett et al., "The State of Passkeys", USENIX Security 2026): each attack
//! at both ceremonies, through the facade as it comes. Every answer is otherwise valid and signed again, nothing is stored, and
//! who else is under way at the time is unharmed.

use passkeeper::testing::{
    AssertionDraft, AttestationKind, AuthDataDraft, Cbor, ClientDataDraft, KeyAlgorithm, KeyPair, RegistrationDraft, VirtualAuthenticator,
    flags,
};
use passkeeper::types::Challenge;
use passkeeper::wire::{CreationOptions, RequestOptions};
use passkeeper::{AuthenticationRequest, RegistrationRequest, Started};
use pollster::block_on;

use crate::common::keys::{hex, minus};
use crate::common::*;

const EVIL: &str = "https://evil.test";
/// Alice's counter before she is attacked.
const COUNTER: u32 = 10;
/// The prime of P-256.
const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

/// A relying party in the middle of its day: alice has just signed in, bob is signing in and about to add a passkey. What is
/// attacked is a registration of carol's and the next sign-in of alice's.
struct Field {
    backend: Backend,
    /// The challenge that alice has used up.
    used: Challenge,
    signing_in: Started<RequestOptions>,
    adding: Started<CreationOptions>,
}

impl Field {
    fn new() -> Self {
        let backend = Backend::new();
        let passkeys = &backend.passkeys;
        let first = block_on(passkeys.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let mut draft = backend.answer(&backend.alice, &json(&first.options));
        draft.auth_data.sign_count = COUNTER;
        let _ = block_on(passkeys.complete_authentication(&first.session, &authentication_response(&draft))).unwrap();
        let signing_in = block_on(passkeys.start_authentication(AuthenticationRequest::known(handle("bob")))).unwrap();
        let adding = block_on(passkeys.start_registration(RegistrationRequest::new(user("bob")))).unwrap();
        Self { used: first.options.challenge, signing_in, adding, backend }
    }

    /// Bob finishes what he had begun, and nothing else is pending.
    #[track_caller]
    fn assert_unharmed(&self) {
        let passkeys = &self.backend.passkeys;
        let response = authentication_response(&self.backend.answer(&self.backend.bob, &json(&self.signing_in.options)));
        assert!(block_on(passkeys.complete_authentication(&self.signing_in.session, &response)).is_ok());
        let draft = VirtualAuthenticator::new(4).create(&json(&self.adding.options), ORIGIN).unwrap();
        assert!(block_on(passkeys.complete_registration(&self.adding.session, &registration_response(&draft))).is_ok());
        assert!(self.backend.ceremonies.is_empty(), "something is still pending");
    }
}

/// Whoever stands behind it has a key of their own.
fn another_key() -> KeyPair {
    KeyPair::from_seed(KeyAlgorithm::Es256, 66)
}

#[track_caller]
fn registering(code: &str, step: &str, change: impl FnOnce(&mut RegistrationDraft, &Field)) {
    let field = Field::new();
    let error = field.backend.refuse_registration(|draft| change(draft, &field));
    assert_eq!((error.code(), error.spec_step()), (code, Some(step)), "registering");
    field.assert_unharmed();
}

#[track_caller]
fn signing_in(code: &str, step: &str, change: impl Fn(&mut AssertionDraft, &Field)) {
    for request in [AuthenticationRequest::discoverable(), AuthenticationRequest::known(handle("alice"))] {
        signing_in_with(request, code, step, &change);
    }
}

#[track_caller]
fn signing_in_with(request: AuthenticationRequest, code: &str, step: &str, change: impl FnOnce(&mut AssertionDraft, &Field)) {
    let field = Field::new();
    let error = field.backend.refuse_sign_in(request, |draft| {
        draft.auth_data.sign_count = COUNTER + 1;
        change(draft, &field);
    });
    assert_eq!((error.code(), error.spec_step()), (code, Some(step)), "signing in");
    field.assert_unharmed();
}

/// The same client data at both, with the steps of either.
#[track_caller]
fn client_data(code: &str, steps: [&str; 2], change: impl Fn(&mut ClientDataDraft, &Field)) {
    registering(code, steps[0], |draft, field| change(&mut draft.client_data, field));
    signing_in(code, steps[1], |draft, field| change(&mut draft.client_data, field));
}

/// The same authenticator data at both.
#[track_caller]
fn authenticator_data(code: &str, steps: [&str; 2], change: impl Fn(&mut AuthDataDraft)) {
    registering(code, steps[0], |draft, _| change(&mut draft.auth_data));
    signing_in(code, steps[1], |draft, _| change(&mut draft.auth_data));
}

/// What all the others differ from in one thing.
#[test]
fn without_a_change_it_is_accepted() {
    let field = Field::new();
    let passkeys = &field.backend.passkeys;
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
    let mut draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
    draft.attestation = AttestationKind::PackedSelf;
    assert!(block_on(passkeys.complete_registration(&started.session, &registration_response(&draft))).is_ok());
    for (counter, request) in
        [(COUNTER + 1, AuthenticationRequest::discoverable()), (COUNTER + 2, AuthenticationRequest::known(handle("alice")))]
    {
        assert!(field.backend.sign_in(request, |draft| draft.auth_data.sign_count = counter).is_ok());
    }
    field.assert_unharmed();
}

/// Accepted by 100 of 104 at registration, by 87 at authentication.
#[test]
fn cross_origin_true() {
    client_data("cross-origin-not-allowed", ["7.1/10", "7.2/13"], |data, _| data.cross_origin = Some(true.into()));
}

/// 94 / 93.
#[test]
fn foreign_top_origin() {
    client_data("top-origin-not-allowed", ["7.1/11", "7.2/14"], |data, _| data.top_origin = Some(EVIL.into()));
    client_data("cross-origin-not-allowed", ["7.1/10", "7.2/13"], |data, _| {
        data.cross_origin = Some(true.into());
        data.top_origin = Some(EVIL.into());
    });
}

/// 59 / 58.
#[test]
fn backup_state_without_eligibility() {
    authenticator_data("backup-state-without-eligibility", ["7.1/17", "7.2/18"], |data| data.set_flag(flags::BS, true));
}

/// - / 56. A registration has no record to differ from, but for the one that it would replace.
#[test]
fn backup_eligibility_flipped() {
    registering("credential-already-registered", "7.1/26", |draft, field| {
        register_again(draft, field);
        draft.auth_data.set_flag(flags::BE, true);
    });
    signing_in("backup-eligibility-changed", "7.2/19", |draft, _| draft.auth_data.set_flag(flags::BE, true));
}

/// - / 54. Registering again would be another way to turn the counter back.
#[test]
fn counter_regression() {
    registering("credential-already-registered", "7.1/26", |draft, field| {
        register_again(draft, field);
        draft.auth_data.sign_count = 0;
    });
    for counter in [0, 1, COUNTER - 1, COUNTER] {
        signing_in("counter-not-increased", "7.2/22", |draft, _| draft.auth_data.sign_count = counter);
    }
}

/// Alice's own passkey once more: ID, key and all.
fn register_again(draft: &mut RegistrationDraft, field: &Field) {
    let alice = &field.backend.alice.credentials()[0];
    let attested = draft.auth_data.attested.as_mut().unwrap();
    attested.credential_id = alice.id.clone();
    attested.public_key = alice.key.cose_key();
    draft.set_signer(alice.key.clone());
}

/// 49 / -.
#[test]
fn credential_id_over_1023_bytes() {
    registering("credential-id-too-long", "7.1/25", |draft, _| {
        draft.auth_data.attested.as_mut().unwrap().credential_id = vec![7; 1024];
    });
    signing_in("credential-id-too-long", "7.2/5", |draft, _| draft.credential_id = vec![7; 1024]);
}

/// 28 / 20.
#[test]
fn parent_domain_origin() {
    client_data("origin-mismatch", ["7.1/9", "7.2/12"], |data, _| data.origin = "https://com".into());
}

/// The same where the parent is a site of one's own: the page is served below the domain that is the RP ID.
#[test]
fn parent_domain_origin_of_a_page_on_a_subdomain() {
    const BELOW: &str = "https://login.example.com";
    for (origin, accepted) in [(BELOW, true), (ORIGIN, false)] {
        let backend = Backend::new();
        let below = backend.sibling(builder().origin(BELOW).build().unwrap());
        let before = backend.records();
        let started = block_on(below.start_authentication(AuthenticationRequest::discoverable())).unwrap();
        let mut draft = backend.answer(&backend.alice, &json(&started.options));
        draft.client_data.origin = origin.into();
        let signed_in = block_on(below.complete_authentication(&started.session, &authentication_response(&draft)));
        let started = block_on(below.start_registration(RegistrationRequest::new(user("carol")))).unwrap();
        let mut draft = VirtualAuthenticator::new(3).create(&json(&started.options), ORIGIN).unwrap();
        draft.client_data.origin = origin.into();
        let registered = block_on(below.complete_registration(&started.session, &registration_response(&draft)));
        if accepted {
            assert!(signed_in.is_ok() && registered.is_ok(), "{origin}");
        } else {
            assert_refused(signed_in, "origin-mismatch", "7.2/12");
            assert_refused(registered, "origin-mismatch", "7.1/9");
            assert_eq!(backend.records(), before);
        }
        assert!(backend.ceremonies.is_empty());
    }
}

/// 20 / 20.
#[test]
fn subdomain_origin() {
    for origin in ["https://www.example.com", "https://a.b.example.com"] {
        client_data("origin-mismatch", ["7.1/9", "7.2/12"], |data, _| data.origin = origin.into());
    }
}

/// 21 / 16.
#[test]
fn user_not_present() {
    authenticator_data("user-not-present", ["7.1/15", "7.2/16"], |data| data.set_flag(flags::UP, false));
}

/// 10 / 7.
#[test]
fn wrong_ceremony_type() {
    registering("client-data-type-mismatch", "7.1/7", |draft, _| draft.client_data.type_ = "webauthn.get".into());
    signing_in("client-data-type-mismatch", "7.2/10", |draft, _| draft.client_data.type_ = "webauthn.create".into());
}

/// 9 / 14. One that is pending, and not this ceremony's.
#[test]
fn challenge_from_another_session() {
    client_data("challenge-mismatch", ["7.1/8", "7.2/11"], |data, field| {
        data.challenge = field.signing_in.options.challenge.to_base64url().into();
    });
    client_data("challenge-mismatch", ["7.1/8", "7.2/11"], |data, field| {
        data.challenge = field.adding.options.challenge.to_base64url().into();
    });
}

/// 8 / 5. In a ceremony of its own; the ceremony that it belonged to is gone.
#[test]
fn challenge_reuse() {
    client_data("challenge-mismatch", ["7.1/8", "7.2/11"], |data, field| data.challenge = field.used.to_base64url().into());
}

/// 8 / 4.
#[test]
fn foreign_rp_id_hash() {
    for rp_id in ["evil.test", "www.example.com", "com"] {
        authenticator_data("rp-id-hash-mismatch", ["7.1/14", "7.2/15"], |data| data.set_rp_id(rp_id));
    }
}

/// 7 / 5.
#[test]
fn foreign_origin() {
    client_data("origin-mismatch", ["7.1/9", "7.2/12"], |data, _| data.origin = EVIL.into());
}

/// 8 of 41 / 6 of 37 where it was required, which is the default here.
#[test]
fn required_user_verification_missing() {
    authenticator_data("user-not-verified", ["7.1/16", "7.2/17"], |data| data.set_flag(flags::UV, false));
}

/// 5 of 104. A registration is signed where it attests itself.
#[test]
fn signature_not_verified() {
    registering("attestation-signature-invalid", "7.1/22", |draft, _| {
        draft.attestation = AttestationKind::PackedSelf;
        draft.att_stmt_signature = Some(another_key().sign(&draft.signed_bytes()));
    });
    signing_in("signature-invalid", "7.2/21", |draft, _| draft.signature = Some(another_key().sign(&draft.signed_bytes())));
    // Any bytes at all.
    signing_in("signature-invalid", "7.2/21", |draft, _| draft.signature = Some(vec![7; 70]));
}

/// 10 of 102, with an own key; 13 more with the key copied in part or as a whole.
#[test]
fn another_users_credential_id() {
    let attested = |draft: &mut RegistrationDraft, id: Vec<u8>| draft.auth_data.attested.as_mut().unwrap().credential_id = id;
    registering("credential-already-registered", "7.1/26", |draft, field| attested(draft, field.backend.alice.credentials()[0].id.clone()));
    registering("credential-already-registered", "7.1/26", |draft, field| {
        // The key in part: another point with the same x.
        let alice = &field.backend.alice.credentials()[0];
        let (id, key) = (alice.id.clone(), alice.key.cose_key());
        attested(draft, id);
        let own = &mut draft.auth_data.attested.as_mut().unwrap().public_key;
        let Some(Cbor::Bytes(y)) = key.get(-3) else { panic!("no y") };
        own.set(-2, key.get(-2).unwrap().clone());
        own.set(-3, minus(&hex(P), y));
    });
    registering("credential-already-registered", "7.1/26", register_again);

    // Signing in, the recorded key counts: alice's own does not fit bob's credential, under whoever's name.
    let id = |field: &Field| field.backend.bob.credentials()[0].id.clone();
    let discoverable = AuthenticationRequest::discoverable;
    signing_in_with(discoverable(), "user-handle-mismatch", "7.2/6", |draft, field| draft.credential_id = id(field));
    signing_in_with(discoverable(), "signature-invalid", "7.2/21", |draft, field| {
        draft.credential_id = id(field);
        draft.user_handle = Some(b"bob".to_vec());
    });
    for user_handle in [Some(b"alice".to_vec()), Some(b"bob".to_vec()), None] {
        let alice = AuthenticationRequest::known(handle("alice"));
        signing_in_with(alice, "credential-not-allowed", "7.2/5", |draft, field| {
            (draft.credential_id, draft.user_handle) = (id(field), user_handle);
        });
    }
}
