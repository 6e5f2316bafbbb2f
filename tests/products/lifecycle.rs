//! Rows D1 to D8: retrieve, delete, register, and what a record says.

use std::collections::BTreeMap;

use passkeeper::import::{Format, Importer};
use passkeeper::store::ImportMode;
use passkeeper::testing::{Backup, KeyAlgorithm, KeyPair, VirtualAuthenticator};
use passkeeper::types::{AlgorithmList, Bytes, RecordId, ResidentKey, UserVerification};
use passkeeper::wire::{RegistrationResponse, UserEntity};
use passkeeper::{RegistrationPolicy, RegistrationRequest, TakeBy, Workflow, WorkflowPolicy};
use pollster::block_on;
use serde_json::json;

use super::world::{World, as_json, created, register, with_alice};
use crate::common::*;

#[test]
fn d1_one_passkey_by_its_id_or_all_of_a_user() {
    let (passkeys, _, record) = with_alice();
    let second = register(&passkeys, "alice", &mut VirtualAuthenticator::new(2));
    register(&passkeys, "bob", &mut VirtualAuthenticator::new(3));
    assert_eq!(block_on(passkeys.find_by_record_id(&record.id)), Ok(record.clone()));
    let by_text: RecordId = record.id.to_string().parse().unwrap();
    assert_eq!(block_on(passkeys.find_by_record_id(&by_text)), Ok(record.clone()));
    assert_eq!(block_on(passkeys.list(&handle("alice"))), Ok(vec![record, second]));
    assert_eq!(refusal(block_on(passkeys.find_by_record_id(&RecordId::new([1; 16])))), ("credential-not-found", None));
    assert_eq!(block_on(passkeys.list(&handle("nobody"))), Ok(vec![]));
}

#[test]
fn d2_delete_one_by_its_id_or_all_of_a_user() {
    let (passkeys, _, first) = with_alice();
    let second = register(&passkeys, "alice", &mut VirtualAuthenticator::new(2));
    let third = register(&passkeys, "alice", &mut VirtualAuthenticator::new(3));
    let bobs = register(&passkeys, "bob", &mut VirtualAuthenticator::new(4));
    let found = block_on(passkeys.find_by_record_id(&second.id)).unwrap();
    let left = block_on(passkeys.delete(&found.user_handle, &found.credential_id)).unwrap();
    assert_eq!(left.all_accepted_credential_ids, [first.credential_id, third.credential_id]);
    assert_eq!(block_on(passkeys.delete_all(&handle("alice"))).map(|gone| gone.count), Ok(2));
    assert_eq!(block_on(passkeys.find_by_record_id(&bobs.id)), Ok(bobs));
}

/// Rows with defaults for all that is optional, public keys as PEM; every bad row is named, and nothing is half imported.
/// What each format says is read, and by whom it is refused, is in the tests of the importers.
#[test]
fn d3_many_are_imported_at_once_or_none() {
    let passkeys = World::new().tenant(builder());
    let row = |n: u8| {
        let pem = KeyPair::from_seed(KeyAlgorithm::Es256, n.into()).cose_key().encode();
        let pem = passkeeper::CosePublicKey::new(pem).unwrap().to_pem().unwrap();
        json!({ "algorithm": -7, "credentialId": Bytes::from([n; 16].as_slice()).to_base64url(), "publicKey": pem, "relyingPartyId": RP_ID,
            "userId": "5e40b2d4-0a3c-4d5e-8f60-718293a4b5c6", "name": "ann", "displayName": "Ann" })
    };
    let import = |rows: &[serde_json::Value]| {
        let importer = Importer::new(passkeys.relying_party(), Format::FusionAuth, NOW);
        let content = json!({ "credentials": rows, "validateDbConstraints": true }).to_string();
        block_on(passkeys.import(importer.rows(content.as_bytes()), ImportMode::AllOrNothing)).unwrap()
    };
    let mut bad = row(2);
    bad["publicKey"] = "no PEM".into();
    let report = import(&[row(1), bad, row(1)]);
    let faults: Vec<_> = report.faults.iter().map(|fault| (fault.row, fault.error.code())).collect();
    assert_eq!((report.imported, faults), (0, vec![(2, "public-key-encoding-malformed"), (3, "import-row-duplicate")]));
    let report = import(&[row(1), row(2)]);
    assert_eq!((report.imported, report.is_clean()), (2, true));
    let user = passkeeper::types::UserHandle::new(*b"5e40b2d4-0a3c-4d5e-8f60-718293a4b5c6").unwrap();
    let records = block_on(passkeys.list(&user)).unwrap();
    let defaults = (records[0].attestation_type.as_str(), records[0].discoverable, records[0].usage.sign_count, records[0].created_at);
    assert_eq!((records.len(), defaults), (2, ("none", Some(false), 0, NOW)));
}

/// Attachment, resident key and user verification follow from the workflow and the tenant's configuration.
#[test]
fn d4_a_registration_starts_for_a_workflow() {
    let strict = WorkflowPolicy { user_verification: UserVerification::Required, ..WorkflowPolicy::default_of(Workflow::General) };
    let lenient =
        WorkflowPolicy { user_verification: UserVerification::Preferred, resident_key: ResidentKey::Discouraged, ..strict.clone() };
    let world = World::new();
    let tenants = [world.tenant(builder()), world.tenant(builder().scope("lenient").workflow(Workflow::General, lenient))];
    let cases = [
        (0, Workflow::General, json!({ "residentKey": "preferred", "requireResidentKey": false, "userVerification": "required" })),
        (0, Workflow::Bootstrap, json!({ "residentKey": "required", "requireResidentKey": true, "userVerification": "required" })),
        (
            0,
            Workflow::Reauthentication,
            json!({
                "authenticatorAttachment": "platform",
                "residentKey": "preferred",
                "requireResidentKey": false,
                "userVerification": "required",
            }),
        ),
        (1, Workflow::General, json!({ "residentKey": "discouraged", "requireResidentKey": false, "userVerification": "preferred" })),
    ];
    for (tenant, workflow, selection) in cases {
        let request = RegistrationRequest::new(user("alice")).workflow(workflow).user_agent("Mozilla/5.0").passkey_display_name("Phone");
        let started = block_on(tenants[tenant].start_registration(request)).unwrap();
        assert_eq!(as_json(&started.options)["authenticatorSelection"], selection, "{workflow:?}");
        let response = created(&mut VirtualAuthenticator::new(5).with_attachment("platform"), &started);
        let registered = block_on(tenants[tenant].verify_registration(&started.session, &response)).unwrap();
        assert_eq!(registered.workflow(), Some(workflow));
        // `name` is the account's unless given.
        let record = registered.record();
        assert_eq!((record.name.as_str(), record.display_name.as_str()), ("alice", "Phone"));
        assert_eq!(record.user_agent.as_deref(), Some("Mozilla/5.0"));
    }
}

#[test]
fn d5_the_nine_algorithms_in_order_of_preference() {
    let offered = |algorithms| {
        let started =
            block_on(World::new().tenant(builder().algorithms(algorithms)).start_registration(RegistrationRequest::new(user("a"))));
        let params = as_json(&started.unwrap().options)["pubKeyCredParams"].take();
        params.as_array().unwrap().iter().map(|param| param["alg"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let nine = [-36, -35, -7, -39, -38, -37, -259, -258, -257];
    assert_eq!(offered(AlgorithmList::all_nine()), nine);
    // Fewer, more, in another order.
    for ids in [&[-7][..], &[-257, -7, -8]] {
        let algorithms = ids.iter().map(|id| passkeeper::types::Algorithm::from_cose_id(*id).unwrap());
        assert_eq!(offered(AlgorithmList::new(algorithms).unwrap()), ids);
    }
}

#[test]
fn d6_known_passkeys_are_excluded_and_cred_props_asked() {
    let (passkeys, mut authenticator, record) = with_alice();
    let mut policy = RegistrationPolicy::default();
    policy.timeout_ms = 180_000;
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")).policy(policy))).unwrap();
    let options = as_json(&started.options);
    let excluded = json!([{ "type": "public-key", "id": record.credential_id.to_base64url(), "transports": ["internal"] }]);
    assert_eq!((&options["excludeCredentials"], &options["timeout"]), (&excluded, &json!(180_000)));
    assert_eq!(options["extensions"], json!({ "credProps": true }));
    assert!(authenticator.create(&options.to_string(), ORIGIN).is_err(), "registered twice");
}

/// `origin` and `rpId` beside the response are the caller's copies of what the client data and the authenticator data say,
/// and these are what counts; `transports` stand on the credential.
#[test]
fn d7_registration_completes_from_the_products_members() {
    let passkeys = World::new().tenant(builder());
    let started = block_on(passkeys.start_registration(RegistrationRequest::new(user("alice")))).unwrap();
    let sent = created(&mut VirtualAuthenticator::new(1), &started);
    let mut response =
        RegistrationResponse::from_parts(sent.raw_id.clone(), sent.client_data_json.clone(), sent.attestation_object.clone());
    response.transports = sent.transports.clone();
    response.client_extension_results.cred_props_rk = Some(true);
    let record = block_on(passkeys.complete_registration(TakeBy::danger_response_challenge(), &response)).unwrap().record;
    assert_eq!((record.user_handle.clone(), record.discoverable), (handle("alice"), Some(true)));
    assert_eq!((record.rp_id.as_str(), record.transports.clone()), (RP_ID, sent.transports));
    assert_eq!(block_on(passkeys.find_by_record_id(&record.id)), Ok(record));
}

#[test]
fn d8_the_record_says_all_that_the_product_answers() {
    let passkeys = World::new().tenant(builder());
    let user = UserEntity { id: handle("alice"), name: "alice@example.com".into(), display_name: "Alice".into() };
    let data = BTreeMap::from([("colour".to_owned(), json!({ "favourite": ["blue"] }))]);
    let request = RegistrationRequest::new(user).passkey_name("laptop").user_agent("Mozilla/5.0").data(data.clone());
    let started = block_on(passkeys.start_registration(request)).unwrap();
    let response = created(&mut VirtualAuthenticator::new(1).with_backup(Backup::NotEligible), &started);
    let record = block_on(passkeys.complete_registration(&started.session, &response)).unwrap().record;

    assert_eq!(record.id.to_string().len(), 36);
    assert_eq!(record.credential_id.as_bytes(), response.raw_id.as_slice());
    assert!(record.public_key.to_pem().unwrap().contains("PUBLIC KEY"));
    assert_eq!((record.algorithm().cose_id(), record.attestation_type.as_str()), (-7, "none"));
    assert_eq!((record.supports_user_verification, record.discoverable), (Some(true), Some(true)));
    assert_eq!((record.display_name.as_str(), record.name.as_str()), ("Alice", "laptop"));
    assert_eq!((record.rp_id.as_str(), record.scope.as_str()), (RP_ID, RP_ID));
    assert_eq!(record.usage.sign_count, 1);
    assert_eq!(record.transports.len(), 1);
    assert_eq!((record.user_agent.as_deref(), &record.user_handle), (Some("Mozilla/5.0"), &handle("alice")));
    assert_eq!((record.created_at, record.last_used_at, record.data), (NOW, None, data));
    let types = ["none", "self", "basic", "attestation-ca", "anonymization-ca"];
    for name in types {
        let parsed: passkeeper::attestation::AttestationType = serde_json::from_value(name.into()).unwrap();
        assert_eq!(parsed.as_str(), name);
    }
    let _: &Bytes = record.attestation_object.as_ref().unwrap();
}
