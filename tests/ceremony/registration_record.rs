//! §7.1 step 27: the credential record (§4).

use std::collections::BTreeMap;

use passkeeper::RegistrationRequest;
use passkeeper::testing::{Backup, VirtualAuthenticator, flags};
use passkeeper::types::{Aaguid, Algorithm, AuthenticatorAttachment, RecordId, Transport, UserVerification};
use serde_json::json;

use crate::common::*;

#[test]
fn s7_1_27_every_item_of_the_record_comes_out_as_it_came_in() {
    let data = BTreeMap::from([("device".to_string(), json!({ "n": [1, 2.5, null] }))]);
    let request = RegistrationRequest::new(user("alice"))
        .passkey_name("laptop")
        .passkey_display_name("Alice's laptop")
        .user_agent("Mozilla/5.0")
        .data(data.clone());
    let mut authenticator = VirtualAuthenticator::new(1)
        .with_aaguid([9; 16])
        .with_backup(Backup::BackedUp)
        .with_attachment("cross-platform")
        .with_transports(&["usb", "warp-drive", "nfc"]);
    let registering = Registering::with(relying_party(), request, &mut authenticator);
    let draft = registering.draft.clone();
    let verified = registering.verify().unwrap();
    let record = verified.record();
    let attested = draft.auth_data.attested.as_ref().unwrap();

    assert_eq!(record.credential_id.as_bytes(), attested.credential_id);
    assert_eq!(record.public_key.as_bytes(), attested.public_key.encode());
    assert_eq!(record.algorithm(), Algorithm::Es256);
    assert_eq!(record.user_handle, handle("alice"));
    assert_eq!((record.scope.as_str(), record.rp_id.as_str()), (RP_ID, RP_ID));
    assert_eq!(record.id, RecordId::derive(&record.scope, &record.rp_id, &record.credential_id));
    assert_eq!(record.usage.sign_count, 1);
    assert_eq!(record.usage.backup_eligible, Some(true));
    assert!(record.usage.backup_state);
    assert_eq!((record.usage.uv_initialized, record.supports_user_verification), (Some(true), Some(true)));
    // Unknown transports, and the order, are kept.
    assert_eq!(record.transports, ["usb", "warp-drive", "nfc"].map(Transport::new));
    assert_eq!(record.discoverable, Some(true));
    assert_eq!(record.attachment, Some(AuthenticatorAttachment::CROSS_PLATFORM));
    assert_eq!(record.aaguid, Aaguid::new([9; 16]));
    assert_eq!((record.attestation_type.as_str(), &*record.attestation_format), ("none", "none"));
    assert_eq!(record.attestation_object.as_ref().unwrap().as_slice(), draft.attestation_object_bytes());
    assert_eq!(record.attestation_client_data_json.as_ref().unwrap().as_slice(), draft.client_data.to_bytes());
    assert_eq!((record.name.as_str(), record.display_name.as_str()), ("laptop", "Alice's laptop"));
    assert_eq!(record.user_agent.as_deref(), Some("Mozilla/5.0"));
    assert_eq!((record.created_at, record.last_used_at), (NOW, None));
    assert_eq!(record.data, data);
}

#[test]
fn s7_1_27_what_was_not_said_takes_its_default() {
    let registering = Registering::new().change(|draft| {
        draft.client_extension_results = json!({});
        draft.authenticator_attachment = json!(null);
        draft.transports = json!([]);
    });
    let record = registering.verify().unwrap().into_record();
    assert_eq!((record.name.as_str(), record.display_name.as_str()), ("alice", "alice"));
    assert_eq!((record.discoverable, record.attachment, record.user_agent), (None, None, None));
    assert!(record.transports.is_empty() && record.data.is_empty());
    assert_eq!(record.usage.backup_eligible, Some(false));
}

#[test]
fn s7_1_27_uv_initialized_is_uv_at_registration() {
    for uv in [false, true] {
        let registering = Registering::under(|p| p.user_verification = UserVerification::Preferred);
        let verified = registering.change(|draft| draft.auth_data.set_flag(flags::UV, uv)).verify().unwrap();
        assert_eq!((verified.record().usage.uv_initialized, verified.record().supports_user_verification), (Some(uv), Some(uv)));
    }
}

#[test]
fn s7_1_27_the_key_is_that_of_the_authenticator_data_whatever_the_copies_are() {
    let registering = Registering::new();
    let signed = registering.draft.auth_data.attested.as_ref().unwrap().public_key.encode();
    let Registering { rp, pending, draft, .. } = registering;
    let json = draft.edit_json(|json| {
        let response = json["response"].as_object_mut().unwrap();
        response.remove("publicKey");
        response.remove("publicKeyAlgorithm");
    });
    let response = passkeeper::wire::RegistrationResponse::from_json(json).unwrap();
    assert_eq!(pending.verify(&rp, &response, NOW).unwrap().record().public_key.as_bytes(), signed);
}

#[test]
fn s7_1_27_a_long_user_agent_is_cut_at_256_characters() {
    for text in ["x".repeat(1000), "\u{1f511}".repeat(300)] {
        let request = RegistrationRequest::new(user("alice")).user_agent(text.clone());
        let record = Registering::with(relying_party(), request, &mut VirtualAuthenticator::new(1)).verify().unwrap().into_record();
        let kept = record.user_agent.unwrap();
        assert!(text.starts_with(&kept));
        assert_eq!(kept.chars().count(), 256);
    }
}

#[test]
fn s7_1_29_the_account_is_that_of_the_options_and_never_the_clients_word() {
    // A member that no client sends, and that nobody reads.
    let Registering { rp, pending, draft, .. } = Registering::new();
    let json = draft.edit_json(|json| {
        json["response"]["userHandle"] = "Ym9i".into();
        json["user"] = json!({ "id": "Ym9i" });
    });
    let response = passkeeper::wire::RegistrationResponse::from_json(json).unwrap();
    assert_eq!(pending.verify(&rp, &response, NOW).unwrap().record().user_handle, handle("alice"));
}
