//! Writes the seeds of every target: valid inputs of each kind, made by the virtual authenticator, the same in every run.
//!
//! `cargo run --example seeds` writes them where they are committed, `cargo run --example seeds DIRECTORY` elsewhere. In here are
//! no others: whatever else lies in the directory of a target is removed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use fuzz::ceremony::{NOW, Registering, SigningIn, anchors, blob, ca, kinds, relying_party, revocation_list, service};
use passkeeper::import::Format;
use passkeeper::testing::{
    AttestationKind, Backup, Cbor, CertificateAuthority, KeyAlgorithm, KeyPair, PackedAttestation, VirtualAuthenticator,
};
use passkeeper::types::Algorithm;
use passkeeper::{CosePublicKey, RelyingParty};
use serde_json::Value;

struct Seeds(PathBuf);

impl Seeds {
    fn add(&self, target: &str, name: impl AsRef<str>, seed: impl AsRef<[u8]>) {
        let directory = self.0.join(target);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(name.as_ref()), seed).unwrap();
    }

    /// With bytes in front that choose.
    fn choose(&self, target: &str, name: impl AsRef<str>, choice: &[usize], seed: impl AsRef<[u8]>) {
        let choice: Vec<u8> = choice.iter().map(|choice| u8::try_from(*choice).unwrap()).collect();
        self.add(target, name, [&choice, seed.as_ref()].concat());
    }
}

fn main() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = env::args().nth(1).map_or_else(|| own.join("seeds"), PathBuf::from);
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap();
    }
    let seeds = Seeds(directory);
    let rp = relying_party(anchors());
    registrations(&seeds, &rp);
    sign_ins(&seeds, &rp);
    keys(&seeds);
    certificates(&seeds);
    metadata(&seeds);
    persisted(&seeds, &own.join("../tests/fixtures"));
    texts(&seeds);
}

/// A few mutations of four bytes, as `fuzz::mutate` reads them: bits flipped, a byte more, a byte less, an end cut off.
const SCRIPT: &[u8] = &[0, 0, 9, 1, 21, 0, 40, 0x80, 27, 0, 3, 0, 33, 0, 200, 0];

fn registrations(seeds: &Seeds, rp: &RelyingParty) {
    for (number, kind) in kinds().into_iter().enumerate() {
        let name = if matches!(kind, AttestationKind::PackedSelf) { "packed-self" } else { kind.format() };
        let registering = Registering::with(rp, kind.clone());
        let statement = registering.draft.statement().encode();
        let format = passkeeper::attestation::AttestationFormat::ALL.iter().position(|format| format.as_str() == kind.format());
        seeds.choose("attestation_statement", name, &[format.unwrap()], &statement);
        seeds.add("attestation_object", name, registering.draft.attestation_object_bytes());
        seeds.choose("registration_ceremony", name, &[number], b"");
        seeds.choose("registration_ceremony", format!("{name}-changed"), &[number], SCRIPT);
        if statement.len() < 1000 {
            seeds.add("registration_response", name, registering.draft.to_json());
            seeds.add("cbor", name, statement);
        }
    }
    let mut device = VirtualAuthenticator::new(2).with_backup(Backup::BackedUp).with_credential_id_length(16);
    let mut draft = Registering::new(rp, &mut device).draft;
    let outputs = [
        ("credProtect", 3.into()),
        ("credBlob", true.into()),
        ("minPinLength", 6.into()),
        ("hmac-secret", true.into()),
        ("thirdPartyPayment", false.into()),
        ("other", Cbor::Array(vec![Cbor::Null, Cbor::bytes([1, 2])])),
    ];
    draft.auth_data.set_extensions(Some(Cbor::map(outputs)));
    draft.client_extension_results = serde_json::from_str(
        r#"{"credProps":{"rk":true},"prf":{"enabled":true,"results":{"first":"AAAA"}},"largeBlob":{"supported":true},"appidExclude":true,"other":[1]}"#,
    )
    .unwrap();
    seeds.add("registration_response", "extensions", draft.to_json());
    seeds.add("authenticator_data", "registration-extensions", draft.auth_data.to_bytes());
    draft.auth_data.set_extensions(None);
    seeds.add("authenticator_data", "registration", draft.auth_data.to_bytes());
    let mut client_data = draft.client_data;
    seeds.add("client_data", "create", client_data.to_bytes());
    client_data.cross_origin = Some(true.into());
    client_data.top_origin = Some("https://top.example".into());
    seeds.add("client_data", "top-origin", client_data.to_bytes());
    client_data.edit_members(|members| members.reverse());
    seeds.add("client_data", "reversed", client_data.to_bytes());
    client_data.edit_members(|members| members.push(("type".into(), "\u{7}\"".into())));
    seeds.add("client_data", "repeated", client_data.to_bytes());
    seeds.add(
        "client_data",
        "escaped",
        r#"{ "t\u0079pe": "webauthn.get", "challenge":"AA", "origin":"https:\/\/é.example", "x":{"y":[null,1.5e3]} }"#,
    );
    seeds.add("client_data", "mark", "\u{feff}{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\",\"crossOrigin\":false}");
}

fn sign_ins(seeds: &Seeds, rp: &RelyingParty) {
    for (number, algorithm) in KeyAlgorithm::ALL.iter().enumerate() {
        let name = format!("{algorithm:?}").to_lowercase();
        seeds.choose("authentication_ceremony", &name, &[number], b"");
        seeds.choose("authentication_ceremony", format!("{name}-changed"), &[number], SCRIPT);
    }
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::EdDsa] {
        let name = format!("{algorithm:?}").to_lowercase();
        seeds.add("authentication_response", name, SigningIn::with(rp, algorithm).draft.to_json());
    }
    let mut draft = SigningIn::with(rp, KeyAlgorithm::Es256).draft;
    seeds.add("client_data", "get", draft.client_data.to_bytes());
    seeds.add("authenticator_data", "sign-in", draft.auth_data.to_bytes());
    draft.auth_data.set_extensions(Some(Cbor::map([("credBlob", Cbor::bytes(*b"blob"))])));
    seeds.add("authenticator_data", "sign-in-extensions", draft.auth_data.to_bytes());
}

fn keys(seeds: &Seeds) {
    for (number, algorithm) in KeyAlgorithm::ALL.iter().enumerate() {
        let name = format!("{algorithm:?}").to_lowercase();
        let pair = KeyPair::from_seed(*algorithm, 1);
        let cose = pair.cose_key();
        seeds.add("cose_key", &name, cose.encode());
        seeds.choose("signature", format!("{name}-any"), &[number, 0], pair.sign(b"what was signed"));
        for what in 1..5 {
            seeds.choose("signature", format!("{name}-{what}"), &[number, what], &SCRIPT[..8]);
        }
        let key = CosePublicKey::new(cose.encode()).unwrap();
        let place = Algorithm::ALL.iter().position(|known| known.cose_id() == algorithm.cose_id()).unwrap();
        if matches!(algorithm, KeyAlgorithm::Es256 | KeyAlgorithm::Es384 | KeyAlgorithm::EdDsa | KeyAlgorithm::Rs256) {
            seeds.choose("public_key", format!("{name}-spki"), &[place, 0], key.to_spki_der().unwrap());
            seeds.choose("public_key", format!("{name}-pem"), &[place, 1], key.to_pem().unwrap());
            seeds.choose("public_key", format!("{name}-jwk"), &[place, 3], key.to_jwk().unwrap());
        }
    }
    let mixed = Cbor::map([("a", Cbor::Array(vec![Cbor::Null, true.into(), (-1_000_000).into()])), ("b", Cbor::map([(7, "text".into())]))]);
    seeds.add("cbor", "mixed", mixed.encode());
    seeds.add("cbor", "lengths", b"\xb9\0\x02\x18\x01\x19\0\x02\x3a\0\0\0\x03\x58\x01x");
}

fn certificates(seeds: &Seeds) {
    let ca = ca();
    let statement = Registering::with(&relying_party(anchors()), PackedAttestation::new(&ca).into()).draft.statement();
    let Some(Cbor::Array(chain)) = statement.get("x5c") else { panic!("certificates") };
    for (place, certificate) in chain.iter().enumerate() {
        let Cbor::Bytes(der) = certificate else { panic!("a certificate") };
        seeds.choose("certificate", format!("{place}"), &[place], der);
    }
    for choice in 2..6 {
        seeds.choose("certificate", format!("changed-{choice}"), &[choice], &SCRIPT[..4]);
    }
    let rsa = CertificateAuthority::with_levels(3, &[KeyAlgorithm::Rs256]);
    seeds.choose("certificate", "root-rs256", &[0], rsa.root_der());
    seeds.choose("certificate", "root-eddsa", &[0], CertificateAuthority::with_levels(3, &[KeyAlgorithm::EdDsa]).root_der());

    seeds.choose("revocation", "list", &[0], revocation_list());
    seeds.choose("revocation", "unchanged", &[1], b"");
    seeds.choose("revocation", "changed", &[1], &SCRIPT[..4]);
    seeds.choose("revocation", "signed-again", &[2], &SCRIPT[..4]);
    seeds.choose(
        "revocation",
        "status",
        &[3],
        r#"{"entries":{"2c8cdddfd5e03bfc":{"status":"REVOKED","reason":"KEY_COMPROMISE"},"c8966":{}}}"#,
    );
    seeds.choose("revocation", "serials", &[4], "2C8c\n007\n0");
}

fn metadata(seeds: &Seeds) {
    let draft = blob();
    let blob = draft.sign();
    let header = passkeeper::types::Bytes::from_base64url(blob.split('.').next().unwrap()).unwrap();
    seeds.choose("blob", "whole", &[0], &blob);
    seeds.choose("blob", "unchanged", &[1], b"");
    seeds.choose("blob", "changed", &[1], SCRIPT);
    seeds.choose("blob", "header", &[2], header.as_slice());
    seeds.choose("blob", "payload", &[3], draft.payload.to_string());
    let root = passkeeper::x509::TrustAnchor::from_der(&service().root_der()).unwrap();
    let verifier = passkeeper::metadata::BlobVerifier::new(root);
    let (metadata, _) = verifier.verify(&blob, &passkeeper::crypto::rustcrypto::PROVIDER, NOW).unwrap();
    seeds.choose("blob", "cache", &[4], metadata.to_json().unwrap());
}

/// The persisted forms and the files of other products, which the library's tests hold fast.
fn persisted(seeds: &Seeds, fixtures: &Path) {
    let read = |name: &str| fs::read_to_string(fixtures.join(name)).unwrap();
    for name in ["record", "proof", "pending-registration", "pending-authentication", "pending-assertion"] {
        seeds.add("persisted", name, read(&format!("{name}-v1.json")).trim_end());
    }
    seeds.add("sealed", "token", read("sealed-encrypted-v1.txt").trim_end());
    seeds.add("sealed", "script", [0, 3, 1, 0, 40, 0x80, 5]);
    seeds.add("sealed", "state", r#"{"version":1,"kind":"authentication"}"#);
    let files = [
        ("fusionauth.json", Format::FusionAuth),
        ("webauthn-rs.json", Format::WebauthnRs),
        ("webauthn-rs-0.4.json", Format::WebauthnRs),
        ("simplewebauthn.json", Format::SimpleWebauthn),
        ("simplewebauthn-8.jsonl", Format::SimpleWebauthn),
        ("java-webauthn-server.json", Format::JavaWebauthnServer),
        ("passkeeper.jsonl", Format::Passkeeper),
    ];
    for (name, format) in files {
        let text = read(&format!("import/{name}"));
        let compact = serde_json::from_str::<Value>(&text).map_or(text, |value| value.to_string());
        let place = Format::ALL.iter().position(|known| *known == format).unwrap();
        seeds.choose("import", name.replace('.', "-"), &[place], compact);
    }
}

fn texts(seeds: &Seeds) {
    let names = [
        ("origin", "https://login.example.com:8443"),
        ("ipv6", "http://[::1]:3000"),
        ("android", "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck"),
        ("rp-id", "xn--bcher-kva.example.com"),
        ("ip-address", "127.0.0.1"),
        ("aaguid", "08987058-cadc-4b81-b6e1-30de50dcbe96"),
        ("base64url", "AQIDBAUGBwgJCgsMDQ4PEA"),
    ];
    for (name, text) in names {
        seeds.add("names", name, text);
    }
}
