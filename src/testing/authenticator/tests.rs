use super::super::base64url;
use super::*;
use serde_json::Value;

mod responses;

const ORIGIN: &str = "https://example.com";

fn creation() -> Value {
    json!({
        "rp": { "id": "example.com", "name": "Example" },
        "user": { "id": "dXNlci0x", "name": "ann", "displayName": "" },
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "pubKeyCredParams": [{ "type": "public-key", "alg": -8 }, { "type": "public-key", "alg": -7 }],
    })
}

fn request() -> Value {
    json!({ "rpId": "example.com", "challenge": "EBESExQVFhcYGRobHB0eHw" })
}

/// `value` with the member at `pointer` replaced or added.
fn with(mut value: Value, pointer: &str, member: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name] = member;
    value
}

fn create(authenticator: &mut VirtualAuthenticator, options: &Value) -> Result<RegistrationDraft, ClientError> {
    authenticator.create(&options.to_string(), ORIGIN)
}

fn get(authenticator: &mut VirtualAuthenticator, options: &Value) -> Result<AssertionDraft, ClientError> {
    authenticator.get(&options.to_string(), ORIGIN)
}

#[test]
fn runs_are_repeatable_and_seeds_differ() {
    let run = |seed| {
        let mut authenticator = VirtualAuthenticator::new(seed);
        let registration = create(&mut authenticator, &creation()).unwrap().to_json();
        (registration, get(&mut authenticator, &request()).unwrap().to_json())
    };
    assert_eq!(run(4), run(4));
    assert_ne!(run(4), run(5));
}

#[test]
fn counters() {
    let counts = |mode| {
        let mut authenticator = VirtualAuthenticator::new(6).with_counter(mode);
        let first = create(&mut authenticator, &creation()).unwrap().auth_data.sign_count;
        let second = get(&mut authenticator, &request()).unwrap().auth_data.sign_count;
        [first, second, get(&mut authenticator, &request()).unwrap().auth_data.sign_count]
    };
    assert_eq!(counts(CounterMode::Counting), [1, 2, 3]);
    assert_eq!(counts(CounterMode::Zero), [0, 0, 0]);
}

#[test]
fn backup_flags() {
    let mut authenticator = VirtualAuthenticator::new(7).with_backup(Backup::Eligible);
    let draft = create(&mut authenticator, &creation()).unwrap();
    assert_eq!(draft.auth_data.flags, flags::UP | flags::UV | flags::AT | flags::BE);
    for (backup, expected) in [(Backup::BackedUp, flags::BE | flags::BS), (Backup::Eligible, flags::BE), (Backup::NotEligible, flags::BE)] {
        authenticator = authenticator.with_backup(backup);
        let draft = get(&mut authenticator, &request()).unwrap();
        assert_eq!(draft.auth_data.flags, flags::UP | flags::UV | expected);
    }
}

#[test]
fn credentials_are_found_by_list_or_rp_id() {
    let mut authenticator = VirtualAuthenticator::new(8);
    create(&mut authenticator, &creation()).unwrap();
    create(&mut authenticator, &with(creation(), "/user/id", json!("dXNlci0y"))).unwrap();
    let ids: Vec<Vec<u8>> = authenticator.credentials().iter().map(|held| held.id.clone()).collect();
    assert_eq!(get(&mut authenticator, &request()).unwrap().credential_id, ids[1]);

    let listed = |id: &[u8]| json!([{ "type": "public-key", "id": base64url(id) }]);
    let options = with(request(), "/allowCredentials", listed(&ids[0]));
    assert_eq!(get(&mut authenticator, &options).unwrap().credential_id, ids[0]);

    let unknown = with(request(), "/allowCredentials", listed(b"unknown"));
    assert_eq!(get(&mut authenticator, &unknown).unwrap_err(), ClientError::NotAllowedError);
    let elsewhere = authenticator.get(&request().to_string(), "https://example.org");
    assert_eq!(elsewhere.unwrap_err(), ClientError::SecurityError);
    let mut empty = VirtualAuthenticator::new(9);
    assert_eq!(get(&mut empty, &request()).unwrap_err(), ClientError::NotAllowedError);

    let key = KeyPair::from_seed(KeyAlgorithm::Es384, 1);
    empty.import(VirtualCredential::new(b"imported".to_vec(), "example.com", None, key));
    assert_eq!(get(&mut empty, &request()).unwrap_err(), ClientError::NotAllowedError, "not discoverable");
    let draft = get(&mut empty, &with(request(), "/allowCredentials", listed(b"imported"))).unwrap();
    assert_eq!((draft.user_handle, draft.auth_data.sign_count), (None, 1));
}

#[test]
fn a_discoverable_credential_of_the_same_account_is_replaced() {
    let mut authenticator = VirtualAuthenticator::new(10);
    let first = create(&mut authenticator, &creation()).unwrap();
    let second = create(&mut authenticator, &creation()).unwrap();
    assert_eq!(authenticator.credentials().len(), 1);
    assert_ne!(first.finish()["id"], second.finish()["id"]);

    authenticator = authenticator.with_discoverable(false);
    create(&mut authenticator, &creation()).unwrap();
    assert_eq!(authenticator.credentials().len(), 2);
}

#[test]
fn refusals_of_create() {
    let mut authenticator = VirtualAuthenticator::new(11).with_algorithms(&[KeyAlgorithm::Es256]).with_user_verified(false);
    let id = create(&mut authenticator, &creation()).unwrap().finish()["id"].clone();
    let selection = |member: &str, value: &str| with(creation(), "/authenticatorSelection", json!({ member: value }));
    let cases = [
        (with(creation(), "/excludeCredentials", json!([{ "type": "public-key", "id": id }])), ClientError::InvalidStateError),
        (with(creation(), "/pubKeyCredParams", json!([{ "type": "public-key", "alg": -8 }])), ClientError::NotSupportedError),
        (with(creation(), "/pubKeyCredParams", json!([{ "type": "?", "alg": -7 }])), ClientError::NotSupportedError),
        (with(creation(), "/rp/id", json!("example.org")), ClientError::SecurityError),
        (selection("userVerification", "required"), ClientError::ConstraintError),
        (selection("authenticatorAttachment", "cross-platform"), ClientError::NotAllowedError),
        (with(creation(), "/user/id", json!("")), ClientError::TypeError("user.id must have 1 to 64 bytes".into())),
        (with(creation(), "/challenge", json!("AA==")), ClientError::TypeError("challenge is not base64url without padding".into())),
        (with(creation(), "/user/name", json!(null)), ClientError::TypeError("name is not text".into())),
        (json!([]), ClientError::TypeError("the options are not a JSON object".into())),
    ];
    for (options, expected) in cases {
        assert_eq!(create(&mut authenticator, &options).unwrap_err(), expected, "{options}");
    }
    assert_eq!(authenticator.credentials().len(), 1);

    let mut authenticator = authenticator.with_discoverable(false);
    let options = selection("residentKey", "required");
    assert_eq!(create(&mut authenticator, &options).unwrap_err(), ClientError::ConstraintError);
    create(&mut authenticator, &with(creation(), "/pubKeyCredParams", json!([]))).expect("-7 is assumed");
}
