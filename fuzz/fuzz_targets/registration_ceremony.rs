//! A whole registration from a mutated valid response, the first byte choosing the attestation: accepted means that nothing signed
//! was changed, that the unsigned copies agree with it, and that what is trusted is what the authenticator showed; work and
//! allocations are bounded.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{Registering, anchors, kinds, relying_party};
use fuzz::{bounded, mutate, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::parse::{AttestationObject, AuthenticatorData, ClientData};
use passkeeper::types::Bytes;
use passkeeper::{AttestationVerdict, CosePublicKey, RelyingParty};

static WORLD: LazyLock<(RelyingParty, Vec<(Registering, AttestationVerdict)>)> = LazyLock::new(|| {
    let rp = relying_party(anchors());
    let honest = |kind| {
        let registering = Registering::with(&rp, kind);
        let verdict = registering.verify(&rp, &registering.response).unwrap().attestation().clone();
        (registering, verdict)
    };
    let ceremonies = kinds().into_iter().map(honest).collect();
    (rp, ceremonies)
});

fuzz_target!(|bytes: &[u8]| {
    let [choice, script @ ..] = bytes else { return };
    let (rp, ceremonies) = &*WORLD;
    let (ceremony, honest) = &ceremonies[usize::from(*choice) % ceremonies.len()];
    let valid = &ceremony.response;
    let [authenticator_data, public_key] = [&valid.authenticator_data, &valid.public_key].map(|copy| copy.as_ref().unwrap());
    let mut parts = [&valid.client_data_json, &valid.attestation_object, &valid.raw_id, authenticator_data, public_key]
        .map(|part| part.as_slice().to_vec());
    mutate(&mut parts, script);
    let len = parts.iter().map(Vec::len).sum();
    let [client_data, object, raw_id, authenticator_data, public_key] = parts.map(Bytes::from);
    let mut response = valid.clone();
    response.client_data_json = client_data;
    response.attestation_object = object;
    response.raw_id = raw_id;
    response.authenticator_data = Some(authenticator_data);
    response.public_key = Some(public_key);
    let Ok(verified) = bounded(len, 256, || work::signatures(64, || ceremony.verify(rp, &response))) else {
        assert_ne!(response, *valid, "refused though nothing was changed");
        return;
    };

    let verdict = verified.attestation();
    let object = AttestationObject::parse(response.attestation_object.as_slice()).unwrap();
    let signed = AttestationObject::parse(valid.attestation_object.as_slice()).unwrap();
    let data = AuthenticatorData::parse(object.auth_data).unwrap();
    let signed_data = AuthenticatorData::parse(signed.auth_data).unwrap();
    assert_eq!(object.fmt, signed.fmt);
    match signed.fmt {
        // Nothing is signed.
        "none" => {
            let read = |bytes: &Bytes| {
                ClientData::parse(bytes.as_slice()).map(|c| (c.type_.into_owned(), c.challenge.into_owned(), c.origin.into_owned()))
            };
            assert_eq!(read(&response.client_data_json), read(&valid.client_data_json));
            assert_eq!(data.rp_id_hash, signed_data.rp_id_hash);
        }
        // Not all is.
        "fido-u2f" => {
            let credential = |data: &AuthenticatorData<'_>| {
                data.attested.as_ref().map(|a| (a.credential_id.to_vec(), CosePublicKey::new(a.public_key.to_vec()).unwrap().to_spki_der()))
            };
            assert_eq!(response.client_data_json, valid.client_data_json);
            assert_eq!(data.rp_id_hash, signed_data.rp_id_hash);
            assert_eq!(credential(&data), credential(&signed_data));
        }
        _ => {
            assert_eq!(response.client_data_json, valid.client_data_json, "accepted though the client data was changed");
            assert_eq!(object.auth_data, signed.auth_data, "accepted though the authenticator data was changed");
        }
    }
    if verdict.trust.is_trusted() {
        assert_eq!((&verdict.trust, &verdict.path), (&honest.trust, &honest.path));
    }
    let record = verified.record();
    assert_eq!(record.credential_id.as_bytes(), data.attested.unwrap().credential_id);
    assert_eq!(record.credential_id.as_bytes(), response.raw_id.as_slice());
    assert_eq!(response.authenticator_data.as_ref().map(Bytes::as_slice), Some(object.auth_data));
    let copied = CosePublicKey::from_spki_der(response.public_key.as_ref().unwrap().as_slice(), record.algorithm()).unwrap();
    assert_eq!(copied.parse(), record.public_key.parse());
});
