//! Writes the seeds of every target: valid inputs of each kind, made by the virtual authenticator, the same in every run.
//!
//! `cargo run --example seeds` writes them where they are committed, `cargo run --example seeds DIRECTORY` elsewhere. In here are
//! no others: whatever else lies in the directory of a target is removed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use fuzz::ceremony::{NOW, Registering, SigningIn, anchors, blob, ca, kinds, relying_party, revocation_list, service};
use fuzz::changes::is_rsa;
use passkeeper::import::Format;
use passkeeper::testing::{
    AttestationKind, Backup, Cbor, CertificateAuthority, KeyAlgorithm, KeyPair, PackedAttestation, VirtualAuthenticator,
};
use passkeeper::types::Algorithm;
use passkeeper::{CosePublicKey, RelyingParty};
use serde_json::{Value, json};

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

/// Ceremonies that are signed again, for both kinds: a policy, by its bits, and changes of five bytes, as `fuzz::changes` reads
/// them. Each asks for something else of a policy; half of them are accepted.
const AGAIN: &[(&str, u8, &[[u8; 5]])] = &[
    ("type", 0, &[[0, 0x80, 0, 0, 2]]),
    ("challenge", 0, &[[1, 0, 0, 2, 1]]),
    ("origin", 0, &[[2, 0x80, 0, 0, 17]]),
    ("embedded", 1, &[[3, 0x80, 0, 0, 7], [4, 0x80, 0, 0, 6]]),
    ("not-embedded", 0, &[[3, 0x80, 0, 0, 7], [4, 0x80, 0, 0, 6]]),
    ("cross-origin", 0, &[[3, 0x80, 0, 0, 7]]),
    ("top-origin", 1, &[[4, 0x80, 0, 0, 6]]),
    ("member", 0, &[[5, 6, 0, 0, 16]]),
    ("repeated", 0, &[[5, 2, 0, 0, 5]]),
    ("order", 0, &[[6, 0, 0, 0, 1]]),
    ("text", 0, &[[7, 0, 0, 0, 0x5b]]),
    ("rp-id", 0, &[[9, 0, 0, 0, 3]]),
    ("absent", 0, &[[10, 0, 0, 0, 1]]),
    ("unverified", 0, &[[10, 0, 0, 0, 4]]),
    ("preferred", 0x10, &[[10, 0, 0, 0, 4]]),
    ("eligible", 0, &[[10, 0, 0, 0, 8]]),
    ("backed-up", 0, &[[10, 0, 0, 0, 0x18]]),
    ("backup-state", 0, &[[10, 0, 0, 0, 0x10]]),
    ("reserved", 0, &[[10, 0, 0, 0, 0x22]]),
    ("counter", 0, &[[11, 0, 0, 0, 0]]),
    ("extensions", 0, &[[12, 1, 0, 3, 0]]),
    ("extension-not-named", 0, &[[12, 3, 0, 1, 0x20]]),
    ("trailing", 0, &[[14, 0, 0, 0, 0]]),
];

/// The same for a registration: conditional, trusted attestation only, no such model, fewer algorithms.
const REGISTERED_AGAIN: &[(&str, u8, &[[u8; 5]])] = &[
    ("conditional", 2, &[[10, 0, 0, 0, 1]]),
    ("trusted", 4, &[]),
    ("model", 8, &[]),
    ("other-model", 8, &[[20, 0, 0, 0, 0]]),
    ("raw-id", 0, &[[16, 0, 0, 0, 1]]),
    ("truncated", 0, &[[18, 0, 0, 0, 0]]),
    ("no-credential", 0, &[[18, 0, 0, 0, 0], [10, 0, 0, 0, 0x40]]),
    ("long-id", 0, &[[19, 0xfe, 4, 0, 0]]),
    ("key", 0, &[[22, 0, 0, 0, 1]]),
    ("key-not-offered", 0x20, &[[22, 0, 0, 0, 2]]),
    ("key-of-another", 0, &[[21, 0, 0, 0, 1]]),
    ("key-changed", 0, &[[23, 0, 0, 9, 1]]),
    ("signer", 0, &[[17, 0, 0, 0, 1]]),
];

/// The same for a sign-in: a known user, an AppID asked for, attested data accepted, any counter, now eligible for backup.
const SIGNED_IN_AGAIN: &[(&str, u8, &[[u8; 5]])] = &[
    ("credential", 0, &[[16, 0, 0, 0, 1]]),
    ("user-handle", 0, &[[18, 0, 0, 0, 1]]),
    ("no-user-handle", 0, &[[18, 0xff, 0, 0, 0]]),
    ("known", 2, &[[18, 0xff, 0, 0, 0]]),
    ("key", 0, &[[20, 0, 0, 0, 0]]),
    ("app-id", 4, &[[21, 0, 0, 0, 1], [9, 0, 0, 0, 1]]),
    ("app-id-not-asked", 0, &[[21, 0, 0, 0, 1], [9, 0, 0, 0, 1]]),
    ("attested", 0, &[[23, 0, 0, 0, 0]]),
    ("attested-accepted", 8, &[[23, 0, 0, 0, 0]]),
    ("counter-reported", 0x20, &[[11, 0, 0, 0, 0]]),
    ("upgraded", 0x40, &[[10, 0, 0, 0, 8]]),
];

fn again(seeds: &Seeds, target: &str, name: &str, choice: usize, further: usize) {
    let own = if target == "registration_ceremony" { REGISTERED_AGAIN } else { SIGNED_IN_AGAIN };
    for (change, settings, changes) in AGAIN.iter().chain(own) {
        seeds.choose(target, format!("{name}-{change}"), &[choice, usize::from(*settings), further], changes.concat());
    }
}

fn registrations(seeds: &Seeds, rp: &RelyingParty) {
    let kinds = kinds();
    for (number, kind) in kinds.iter().enumerate() {
        let name = if matches!(kind, AttestationKind::PackedSelf) { "packed-self" } else { kind.format() };
        let registering = Registering::with(rp, kind.clone());
        let statement = registering.draft.statement().encode();
        let format = passkeeper::attestation::AttestationFormat::ALL.iter().position(|format| format.as_str() == kind.format());
        seeds.choose("attestation_statement", name, &[format.unwrap()], &statement);
        seeds.add("attestation_object", name, registering.draft.attestation_object_bytes());
        seeds.choose("registration_ceremony", name, &[number], b"");
        seeds.choose("registration_ceremony", format!("{name}-again"), &[kinds.len() + number, 0, 0], [22, 0, 0, 0, 1]);
        if statement.len() < 1000 {
            seeds.add("registration_response", name, registering.draft.to_json());
            seeds.add("cbor", name, statement);
        }
    }
    seeds.choose("registration_ceremony", "changed", &[1], SCRIPT);
    again(seeds, "registration_ceremony", "again", kinds.len() + 1, 0);
    for (further, name) in [(1, "wants-backup"), (2, "wants-no-backup")] {
        seeds.choose("registration_ceremony", format!("again-{name}"), &[kinds.len(), 0, further], b"");
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
        r#"{"credProps":{"rk":true},"prf":{"enabled":true,"results":{"first":"AAAA"}},"largeBlob":{"supported":true},"appidExclude":true,"credBlob":true,"hmacCreateSecret":true,"other":[1]}"#,
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
    }
    seeds.choose("authentication_ceremony", "changed", &[0], SCRIPT);
    let algorithms = KeyAlgorithm::ALL.len();
    for (number, algorithm) in KeyAlgorithm::ALL.iter().filter(|algorithm| !is_rsa(**algorithm)).enumerate() {
        let name = format!("{algorithm:?}-again").to_lowercase();
        seeds.choose("authentication_ceremony", name, &[algorithms + number, 0, 0], b"");
    }
    again(seeds, "authentication_ceremony", "again", algorithms, 0);
    // What the record knows of backup and counter, and which credentials were allowed.
    for (name, settings, further) in [
        ("was-eligible", 0, 1),
        ("unknown", 0, 2),
        ("unknown-refused", 0x80, 2),
        ("not-counted", 0, 3),
        ("counted-before", 0, 6),
        ("counted-to-the-end", 0, 9),
        ("allowed", 2, 12),
        ("not-allowed", 2, 24),
        ("one-allowed", 2, 36),
    ] {
        seeds.choose("authentication_ceremony", format!("again-{name}"), &[algorithms, settings, further], b"");
    }
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::EdDsa] {
        let name = format!("{algorithm:?}").to_lowercase();
        seeds.add("authentication_response", name, SigningIn::with(rp, algorithm).draft.to_json());
    }
    let mut draft = SigningIn::with(rp, KeyAlgorithm::Es256).draft;
    draft.client_extension_results = json!({
        "appid": true,
        "prf": { "results": { "first": "AAAA", "second": "AQEB" } },
        "largeBlob": { "written": true, "blob": "AgIC" },
        "getCredBlob": "AwMD",
    });
    seeds.add("authentication_response", "extensions", draft.to_json());
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
        seeds.choose("signature", &name, &[number, 0], pair.sign(b"what was signed"));
        seeds.choose("signature", format!("{name}-message"), &[number, 3], &SCRIPT[..8]);
        // Of each scheme once: the others take the same way through the code.
        if matches!(algorithm, KeyAlgorithm::Es512 | KeyAlgorithm::EdDsa | KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256) {
            seeds.choose("signature", format!("{name}-signature"), &[number, 1], &SCRIPT[..8]);
            seeds.choose("signature", format!("{name}-key"), &[number, 4], &SCRIPT[..8]);
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
