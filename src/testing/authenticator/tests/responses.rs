use super::*;
use ciborium::Value as Item;

fn decode(credential: &Value, member: &str) -> Vec<u8> {
    use base64::Engine as _;
    let text = credential["response"][member].as_str().unwrap();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn member<'a>(map: &'a Item, name: &str) -> &'a Item {
    let entries = map.as_map().unwrap();
    &entries.iter().find(|entry| entry.0.as_text() == Some(name)).unwrap().1
}

#[test]
fn registration_response() {
    let mut authenticator = VirtualAuthenticator::new(1).with_attestation(AttestationKind::PackedSelf);
    let draft = create(&mut authenticator, &with(creation(), "/extensions", json!({ "credProps": true }))).unwrap();
    let credential = draft.finish();
    let held = &authenticator.credentials()[0];

    let id = base64url(&held.id);
    assert_eq!((&credential["id"], &credential["rawId"]), (&json!(id), &json!(id)));
    assert_eq!(credential["type"], "public-key");
    assert_eq!(credential["authenticatorAttachment"], "platform");
    assert_eq!(credential["clientExtensionResults"], json!({ "credProps": { "rk": true } }));
    assert_eq!(credential["response"]["transports"], json!(["internal"]));
    assert_eq!(credential["response"]["publicKeyAlgorithm"], -8);

    let client_data: Value = serde_json::from_slice(&decode(&credential, "clientDataJSON")).unwrap();
    let expected = json!({
        "type": "webauthn.create",
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "origin": ORIGIN,
        "crossOrigin": false,
    });
    assert_eq!(client_data, expected);

    let object = decode(&credential, "attestationObject");
    let object: Item = ciborium::from_reader(object.as_slice()).unwrap();
    assert_eq!(member(&object, "fmt").as_text(), Some("packed"));
    let auth_data = member(&object, "authData").as_bytes().unwrap();
    assert_eq!(*auth_data, decode(&credential, "authenticatorData"));
    assert_eq!(auth_data[32..37], [0x45, 0, 0, 0, 1]);
    assert_eq!(auth_data[37..55], *b"VirtualAuthentic\0\x20");
    assert_eq!(auth_data[55..87], held.id);
    assert_eq!(auth_data[87..], held.key.cose_key().encode());

    let statement = member(&object, "attStmt");
    assert_eq!(member(statement, "alg"), &Item::from(-8));
    let signature: [u8; 64] = member(statement, "sig").as_bytes().unwrap().as_slice().try_into().unwrap();
    let public_key: Item = ciborium::from_reader(&auth_data[87..]).unwrap();
    let (label, x) = public_key.as_map().unwrap().last().unwrap();
    assert_eq!(label, &Item::from(-2));
    let key = ed25519_dalek::VerifyingKey::from_bytes(x.as_bytes().unwrap().as_slice().try_into().unwrap()).unwrap();
    key.verify_strict(&draft.signed_bytes(), &signature.into()).unwrap();
}

#[test]
fn none_has_an_empty_statement() {
    let draft = create(&mut VirtualAuthenticator::new(1), &creation()).unwrap();
    assert_eq!(draft.attestation_object_bytes()[..19], *b"\xa3\x63fmt\x64none\x67attStmt\xa0");
    assert_eq!(draft.statement().encode(), [0xa0]);
}

#[test]
fn public_keys_are_copied_for_three_algorithms() {
    let copy = |algorithm| {
        let mut authenticator = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]);
        let offered = json!([{ "type": "public-key", "alg": algorithm.cose_id() }]);
        let draft = create(&mut authenticator, &with(creation(), "/pubKeyCredParams", offered)).unwrap();
        let response = draft.finish()["response"].clone();
        response.get("publicKey").map(|_| decode(&json!({ "response": response }), "publicKey"))
    };
    let es256 = copy(KeyAlgorithm::Es256).unwrap();
    assert_eq!((es256.len(), es256[1], es256[26]), (91, 89, 4));
    let eddsa = copy(KeyAlgorithm::EdDsa).unwrap();
    assert_eq!((eddsa.len(), &eddsa[..12]), (44, b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice()));
    let rs256 = copy(KeyAlgorithm::Rs256).unwrap();
    assert_eq!((rs256.len(), &rs256[289..]), (294, b"\x02\x03\x01\x00\x01".as_slice()));
    assert_eq!(copy(KeyAlgorithm::Es384), None);
    assert_eq!(copy(KeyAlgorithm::Ed25519), None);
}

#[test]
fn assertion_response() {
    let mut authenticator = VirtualAuthenticator::new(2).with_algorithms(&[KeyAlgorithm::EdDsa]);
    create(&mut authenticator, &creation()).unwrap();
    let draft = get(&mut authenticator, &request()).unwrap();
    let credential = draft.finish();

    assert_eq!(draft.credential_id, authenticator.credentials()[0].id);
    assert_eq!(credential["id"], base64url(&draft.credential_id));
    assert_eq!(credential["response"]["userHandle"], "dXNlci0x");
    assert_eq!(decode(&credential, "authenticatorData")[32..], [0x05, 0, 0, 0, 2]);
    let client_data: Value = serde_json::from_slice(&decode(&credential, "clientDataJSON")).unwrap();
    assert_eq!((&client_data["type"], &client_data["origin"]), (&json!("webauthn.get"), &json!(ORIGIN)));
    assert_eq!(decode(&credential, "signature"), draft.signer().sign(&draft.signed_bytes()));
}

#[test]
fn drafts_sign_what_was_changed() {
    let mut authenticator = VirtualAuthenticator::new(3).with_attestation(AttestationKind::PackedSelf);
    let mut draft = create(&mut authenticator, &creation()).unwrap();
    let honest = draft.statement();
    draft.auth_data.set_flag(flags::UV, false);
    assert_ne!(draft.statement(), honest);
    draft.auth_data.set_flag(flags::UV, true);
    draft.client_data.origin = "https://evil.example".into();
    assert_ne!(draft.statement(), honest);

    let longer = alloc::vec![7; 1024];
    draft.auth_data.attested.as_mut().unwrap().credential_id = longer.clone();
    draft.auth_data.attested.as_mut().unwrap().public_key.set(3, -7);
    let credential = draft.finish();
    assert_eq!(credential["id"], base64url(&longer));
    assert_eq!(credential["response"]["publicKeyAlgorithm"], -7);
    assert!(credential["response"].get("publicKey").is_none());

    let without_id = draft.edit_json(|json| drop(json.as_object_mut().unwrap().remove("id")));
    assert!(!without_id.contains("\"id\""));
}
