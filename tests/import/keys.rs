//! Public keys in every form they are known in.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use passkeeper::CosePublicKey;
use passkeeper::crypto::rustcrypto::PROVIDER;
use passkeeper::testing::{KeyAlgorithm, KeyPair, der};
use passkeeper::types::Algorithm;
use serde_json::{Value, json};

use crate::common::*;

/// Keys that OpenSSL made.
pub(crate) const P256: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEg2CuVgecCxG0ds0qYA9gTJtqxBdh
ljFuLFo272RGlNLkdNDxiwxiIa5N6vMuQ9j1/5y2iS4mGlxu0oO6sX3G8A==
-----END PUBLIC KEY-----
";
const P384: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEWKBl3QbePQDBhLZcPlx1/iKLTJwm1CXI
ml33l0Jd2QCAs+uXWnCajT7Wl2Yuf4UgcEBWfwdavih/EDg14jLyVUoF9oHMqM80
KwuvpiWpwUtDHzlLvf/t3RkEi4Bb0HwL
-----END PUBLIC KEY-----
";
const P521: &str = "-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQB8SChu/shNuwLGOwl5PV6m3t7eUgD
fdxGNTE10pPy5qf0rP1gPwJAlx66oOPzt1bKO3L7tfIyWpFnKfnmMfBAL+QAFr6v
AYNWQBH0QG0RLs3DXpp7v/XinAeFZcBf3/4oJTdnLfRmus61OycMXAcAj6FupNej
sTsQpJX1o7K0ZS4VjS0=
-----END PUBLIC KEY-----
";
const RSA: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwgqosJAWmfww99UJunNc
VbZ2A9uHvwaWehSdnre8nT/MNuDpg090XDnRnrtYxenVl0pMuKmm+HefvJMqFhh7
bAo4xr/fd5YkEt1IBI1e80HDK+wkrLnp/CTzzMDNTbet/1E9nLWZZ3hD/ZRoJtnj
qE3Ldz82gn6wWljxVrZgIZuI5Hdg88Xitho/1VuG7+u4F7YYqt6oHhGRR24JD7Nj
pmN7LPlhjxPdPBlQWePPJwniJM8fDreyFZGnY4IRmtifTtFw7nIfiTIsC/6dfZZb
rZJRrBtmC8ZRTHqXrTfuSsnUc0QsB/8EcWYRdy4gFzTl0kliTYzZJaS5bnkEO4UQ
FwIDAQAB
-----END PUBLIC KEY-----
";
const ED25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAdDd2ttMvz9hhKpxFXS1lUS+ZNPSG9/pRH9UNKJiKV5Y=
-----END PUBLIC KEY-----
";

/// Keys that OpenSSL made and no passkey can have.
const COMPRESSED: &str = "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACg2CuVgecCxG0ds0qYA9gTJtqxBdhljFuLFo272RGlNI=";
const SECP256K1: &str =
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAETDvLDsCokJxJaRuGcNr0IKLoJiclHudvLAtHBzAIQE7cXzThkU5OKgRe+l2sCQoSn461OGsc7nJeHYG1TeoIdA==";
const X25519: &str = "MCowBQYDK2VuAyEAWVKXocPCHdzB1sV1vCGd+9T9c/zHkmAyUk8om1MA3RU=";
const RSA_1024: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDiV+yoFK7iJ8C7h+J5xuHvc1KO/ziSvUe7D6uQ6qKJMvQJI+yBVV0eKW/lj1ZozTlN\
    TygmkhY5XQA6Jx9FibDd2Y1MmE4HuCSJ7v2Dux35GGPawhzGc7T/piMHRZTE+hL4XVZIKFmjD/9VEAGaw3cle+CC5IkLwUudhPd8mxNq1wIDAQAB";

pub(crate) fn algorithm(of: KeyAlgorithm) -> Algorithm {
    Algorithm::from_cose_id(of.cose_id()).unwrap()
}

/// The content of a PEM, or bare base64.
fn der_of(pem: &str) -> Vec<u8> {
    STANDARD.decode(pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>()).unwrap()
}

fn seeded(algorithm: KeyAlgorithm) -> (KeyPair, CosePublicKey) {
    let pair = KeyPair::from_seed(algorithm, 5);
    let key = CosePublicKey::new(pair.cose_key().encode()).unwrap();
    (pair, key)
}

#[test]
fn every_algorithm_goes_through_every_form_and_back() {
    for of in KeyAlgorithm::ALL {
        let (pair, key) = seeded(*of);
        let own = algorithm(*of);
        let spki = key.to_spki_der().unwrap();
        assert_eq!(spki, pair.spki_der(), "{own}");
        for (form, again) in [
            ("SPKI", CosePublicKey::from_spki_der(&spki, own)),
            ("PEM", CosePublicKey::from_pem(&key.to_pem().unwrap(), own)),
            ("JWK", CosePublicKey::from_jwk(&key.to_jwk().unwrap(), Some(own))),
        ] {
            let again = again.unwrap_or_else(|error| panic!("{own} as {form}: {error}"));
            assert_eq!(again, key, "{own} as {form}");
            // What it verifies shows that it is the same key.
            let verifier = PROVIDER.prepare(&again.parse().unwrap()).unwrap();
            assert_eq!(verifier.verify(&[b"message"], &pair.sign(b"message")), Ok(()), "{own} as {form}");
            assert_eq!(again.check(&PROVIDER), Ok(()));
        }
    }
}

#[test]
fn the_cose_form_is_ctap2s_canonical_one_whatever_came_in() {
    for of in KeyAlgorithm::ALL {
        let (_, key) = seeded(*of);
        let again = key.parse().unwrap().to_bytes();
        assert_eq!(again, key.as_bytes(), "{of:?}");
    }
    // Labels in another order: the record keeps what came, another form makes it canonical.
    let (pair, canonical) = seeded(KeyAlgorithm::Es256);
    let mut map = pair.cose_key();
    let alg = map.get(3).cloned().unwrap();
    map.remove(3);
    map.push_entry(3, alg);
    let shuffled = CosePublicKey::new(map.encode()).unwrap();
    assert_ne!(shuffled, canonical);
    assert_eq!(CosePublicKey::from_spki_der(&shuffled.to_spki_der().unwrap(), Algorithm::Es256).unwrap(), canonical);
}

#[test]
fn keys_of_openssl_are_read_and_written_as_openssl_writes_them() {
    for (pem, algorithms) in [
        (P256, &[Algorithm::Es256, Algorithm::Esp256] as &[_]),
        (P384, &[Algorithm::Es384, Algorithm::Esp384]),
        (P521, &[Algorithm::Es512, Algorithm::Esp512]),
        (RSA, &[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512]),
        (ED25519, &[Algorithm::EdDsa, Algorithm::Ed25519]),
    ] {
        for algorithm in Algorithm::ALL {
            let key = CosePublicKey::from_pem(pem, *algorithm);
            if !algorithms.contains(algorithm) {
                let code = refusal(key).0;
                assert!(matches!(code, "public-key-type-mismatch" | "public-key-curve-mismatch"), "{algorithm}: {code}");
                continue;
            }
            let key = key.unwrap();
            assert_eq!((key.algorithm(), key.check(&PROVIDER)), (*algorithm, Ok(())));
            assert_eq!(key.to_pem().unwrap(), pem);
            assert_eq!(key.to_spki_der().unwrap(), der_of(pem));
        }
    }
}

#[test]
fn pem_may_have_any_lines() {
    let own = CosePublicKey::from_pem(P256, Algorithm::Es256).unwrap();
    let one_line = P256.replace('\n', "");
    let windows = P256.replace('\n', "\r\n");
    let spaced = format!("\n\n{P256}\n  ");
    for pem in [one_line, windows, spaced, P256.trim_end().to_owned()] {
        assert_eq!(CosePublicKey::from_pem(&pem, Algorithm::Es256), Ok(own.clone()), "{pem:?}");
    }
}

#[test]
fn pem_that_is_no_public_key_is_refused() {
    let swap = |from: &str, to: &str| P256.replace(from, to);
    for (pem, code) in [
        (String::new(), "public-key-encoding-malformed"),
        ("MFkwEwYHKoZIzj0CAQ".into(), "public-key-encoding-malformed"),
        (swap("-----END PUBLIC KEY-----", ""), "public-key-encoding-malformed"),
        (swap("PUBLIC KEY", "RSA PUBLIC KEY"), "public-key-encoding-malformed"),
        (swap("PUBLIC KEY", "CERTIFICATE"), "public-key-encoding-malformed"),
        (swap("PUBLIC KEY", "PRIVATE KEY"), "public-key-private-part"),
        (swap("PUBLIC KEY", "EC PRIVATE KEY"), "public-key-private-part"),
        (swap("8A==", "8A"), "public-key-encoding-malformed"),
        (swap("8A==", "8B=="), "public-key-encoding-malformed"),
        (swap("8A==", "!!!!"), "public-key-encoding-malformed"),
        ([P256, P256].concat(), "public-key-encoding-malformed"),
        (P256.replace('\n', &"\n".repeat(2000)), "public-key-encoding-malformed"),
    ] {
        assert_eq!(refusal(CosePublicKey::from_pem(&pem, Algorithm::Es256)), (code, None), "{pem:.200}");
    }
}

#[test]
fn spki_that_fits_no_passkey_is_refused() {
    use Algorithm::{EdDsa, Es256, Es384, Rs256};
    let p256 = der_of(P256);
    let ed25519 = der_of(ED25519);
    let rsa = der_of(RSA);
    let edit = |der: &[u8], change: &dyn Fn(&mut Vec<u8>)| {
        let mut der = der.to_vec();
        change(&mut der);
        der
    };
    // SPKI with parts of the caller's own.
    let spki = |oid: &str, parameters: &[u8], key: &[u8]| {
        let algorithm = der::sequence(&[der::oid(oid), parameters.to_vec()]);
        der::sequence(&[algorithm, der::bit_string(key)])
    };
    let rsa_key = |n: &[u8], e: &[u8]| spki(RSA_OID, &[5, 0], &der::sequence(&[der::tlv(2, n), der::tlv(2, e)]));
    let p256_oid = der::oid("1.2.840.10045.3.1.7");
    let modulus = [&[0, 0xc0], [1u8; 255].as_slice()].concat();
    const EC_OID: &str = "1.2.840.10045.2.1";
    const RSA_OID: &str = "1.2.840.113549.1.1.1";
    const ED_OID: &str = "1.3.101.112";

    for (what, der, algorithm, code) in [
        ("nothing", Vec::new(), Es256, "public-key-encoding-malformed"),
        ("no DER", b"public key".to_vec(), Es256, "public-key-encoding-malformed"),
        ("cut", p256[..p256.len() - 1].to_vec(), Es256, "public-key-encoding-malformed"),
        ("more behind", [&*p256, &[0]].concat(), Es256, "public-key-encoding-malformed"),
        ("long", vec![0x30; 4096], Es256, "public-key-encoding-malformed"),
        ("unused bits", edit(&p256, &|der| der[25] = 1), Es256, "public-key-encoding-malformed"),
        ("EC without a curve", spki(EC_OID, &[], &[4; 65]), Es256, "public-key-encoding-malformed"),
        ("EC with NULL for a curve", spki(EC_OID, &[5, 0], &[4; 65]), Es256, "public-key-encoding-malformed"),
        ("hybrid point", edit(&p256, &|der| der[26] = 6), Es256, "public-key-encoding-malformed"),
        ("no point", spki(EC_OID, &p256_oid, &[]), Es256, "public-key-encoding-malformed"),
        ("point at infinity", spki(EC_OID, &p256_oid, &[0]), Es256, "public-key-encoding-malformed"),
        ("compressed point", der_of(COMPRESSED), Es256, "public-key-compressed-point"),
        ("short point", spki(EC_OID, &p256_oid, &[4; 64]), Es256, "public-key-coordinate-length"),
        ("long point", spki(EC_OID, &p256_oid, &[4; 66]), Es256, "public-key-coordinate-length"),
        ("another curve", der_of(SECP256K1), Es256, "public-key-curve-mismatch"),
        ("P-256 for ES384", p256.clone(), Es384, "public-key-curve-mismatch"),
        ("EC for EdDSA", p256.clone(), EdDsa, "public-key-type-mismatch"),
        ("EC for RS256", p256, Rs256, "public-key-type-mismatch"),
        ("X25519", der_of(X25519), EdDsa, "public-key-type-mismatch"),
        ("Ed25519 for ES256", ed25519, Es256, "public-key-type-mismatch"),
        ("Ed25519 with parameters", spki(ED_OID, &[5, 0], &[1; 32]), EdDsa, "public-key-encoding-malformed"),
        ("short Ed25519", spki(ED_OID, &[], &[1; 31]), EdDsa, "public-key-coordinate-length"),
        ("RSA for ES256", rsa, Es256, "public-key-type-mismatch"),
        ("RSA without parameters", spki(RSA_OID, &[], &[1; 32]), Rs256, "public-key-encoding-malformed"),
        ("RSA without numbers", spki(RSA_OID, &[5, 0], &der::sequence(&[])), Rs256, "public-key-encoding-malformed"),
        ("RSA with a negative modulus", rsa_key(&modulus[1..], &[3]), Rs256, "public-key-encoding-malformed"),
        ("small RSA", der_of(RSA_1024), Rs256, "public-key-rsa-too-small"),
        ("large RSA", rsa_key(&[&[0, 0xc0], [1; 1024].as_slice()].concat(), &[3]), Rs256, "public-key-rsa-too-large"),
        ("even modulus", rsa_key(&edit(&modulus, &|n| n[256] = 2), &[3]), Rs256, "public-key-rsa-even-modulus"),
        ("even exponent", rsa_key(&modulus, &[4]), Rs256, "public-key-rsa-exponent"),
    ] {
        assert_eq!(refusal(CosePublicKey::from_spki_der(&der, algorithm)), (code, None), "{what}");
    }
}

#[test]
fn a_point_off_its_curve_is_found_by_the_check() {
    let mut der = der_of(P256);
    *der.last_mut().unwrap() ^= 1;
    let key = CosePublicKey::from_spki_der(&der, Algorithm::Es256).unwrap();
    assert_eq!(refusal(key.check(&PROVIDER)), ("public-key-not-on-curve", None));
    let unable = passkeeper::crypto::CryptoProvider::new("none", &[]);
    assert_eq!(refusal(key.check(&unable)), ("public-key-algorithm-unsupported", None));
}

#[test]
fn jwk_names_its_algorithm_or_is_told() {
    let (_, esp) = seeded(KeyAlgorithm::Esp256);
    let jwk = esp.to_jwk().unwrap();
    // JOSE has no ESP256: it comes back as the one that verifies the same, unless the caller knows better.
    assert!(jwk.contains(r#""alg":"ES256""#), "{jwk}");
    assert_eq!(CosePublicKey::from_jwk(&jwk, None).unwrap().algorithm(), Algorithm::Es256);
    assert_eq!(CosePublicKey::from_jwk(&jwk, Some(Algorithm::Esp256)).unwrap(), esp);

    for of in KeyAlgorithm::ALL.iter().filter(|of| !algorithm(**of).name().starts_with("ESP")) {
        let (_, key) = seeded(*of);
        let jwk = key.to_jwk().unwrap();
        assert_eq!(CosePublicKey::from_jwk(&jwk, None).as_ref(), Ok(&key), "{of:?}");
        let mut unnamed: Value = serde_json::from_str(&jwk).unwrap();
        unnamed.as_object_mut().unwrap().remove("alg");
        assert_eq!(CosePublicKey::from_jwk(&unnamed.to_string(), Some(algorithm(*of))).as_ref(), Ok(&key), "{of:?}");
        assert_eq!(refusal(CosePublicKey::from_jwk(&unnamed.to_string(), None)), ("public-key-parameter-missing", None));
    }
    // EdDSA and Ed25519 mean the same here.
    let (_, old) = seeded(KeyAlgorithm::EdDsa);
    let new = CosePublicKey::from_jwk(&old.to_jwk().unwrap(), Some(Algorithm::Ed25519)).unwrap();
    assert_eq!(new.algorithm(), Algorithm::Ed25519);
}

#[test]
fn jwk_that_fits_no_passkey_is_refused() {
    let jwk = |of| -> Value { serde_json::from_str(&seeded(of).1.to_jwk().unwrap()).unwrap() };
    let (ec, okp, rsa) = (jwk(KeyAlgorithm::Es256), jwk(KeyAlgorithm::EdDsa), jwk(KeyAlgorithm::Rs256));
    let base64 = |bytes: &[u8]| json!(URL_SAFE_NO_PAD.encode(bytes));
    let gone = Value::Null;
    for (key, member, value, code) in [
        (&ec, "kty", gone.clone(), "public-key-parameter-missing"),
        (&ec, "kty", json!(7), "public-key-parameter-type"),
        (&ec, "kty", json!("oct"), "public-key-type-mismatch"),
        (&ec, "kty", json!("OKP"), "public-key-curve-mismatch"),
        (&ec, "alg", json!("ES256K"), "public-key-algorithm-unsupported"),
        (&ec, "alg", json!("ESP256"), "public-key-algorithm-unsupported"),
        (&ec, "alg", json!("ES384"), "public-key-curve-mismatch"),
        (&ec, "alg", json!("RS256"), "public-key-type-mismatch"),
        (&ec, "alg", json!(-7), "public-key-parameter-type"),
        (&ec, "crv", gone.clone(), "public-key-parameter-missing"),
        (&ec, "crv", json!("P-384"), "public-key-curve-mismatch"),
        (&ec, "crv", json!("secp256k1"), "public-key-curve-mismatch"),
        (&ec, "x", gone.clone(), "public-key-parameter-missing"),
        (&ec, "x", json!([1, 2]), "public-key-parameter-type"),
        (&ec, "x", json!("+/+/"), "base64url-malformed"),
        (&ec, "x", base64(&[1; 31]), "public-key-coordinate-length"),
        (&ec, "y", gone.clone(), "public-key-parameter-missing"),
        (&ec, "y", base64(&[1; 33]), "public-key-coordinate-length"),
        (&ec, "d", base64(&[1; 32]), "public-key-private-part"),
        (&ec, "d", json!(false), "public-key-private-part"),
        (&ec, "k", base64(&[1; 32]), "public-key-private-part"),
        (&ec, "kid", json!("x".repeat(10_000)), "public-key-encoding-malformed"),
        (&okp, "crv", json!("X25519"), "public-key-curve-mismatch"),
        (&okp, "x", base64(&[1; 31]), "public-key-coordinate-length"),
        (&okp, "x", gone.clone(), "public-key-parameter-missing"),
        (&rsa, "n", gone.clone(), "public-key-parameter-missing"),
        (&rsa, "n", base64(&[0xff; 128]), "public-key-rsa-too-small"),
        (&rsa, "n", base64(&[0xff; 1025]), "public-key-rsa-too-large"),
        (&rsa, "n", base64(&[&[0], [0xff; 256].as_slice()].concat()), "public-key-rsa-leading-zero"),
        (&rsa, "n", base64(&[0xfe; 256]), "public-key-rsa-even-modulus"),
        (&rsa, "e", gone.clone(), "public-key-parameter-missing"),
        (&rsa, "e", base64(&[2]), "public-key-rsa-exponent"),
        (&rsa, "p", base64(&[3]), "public-key-private-part"),
        (&rsa, "oth", json!([]), "public-key-private-part"),
    ] {
        let mut key = key.clone();
        match &value {
            Value::Null => key.as_object_mut().unwrap().remove(member),
            value => key.as_object_mut().unwrap().insert(member.into(), value.clone()),
        };
        assert_eq!(refusal(CosePublicKey::from_jwk(&key.to_string(), None)), (code, None), "{member} {value:.60}");
    }
    for text in ["", "[]", "null", "{", r#"{"kty":"EC","kty":"EC"}"#, "\"EC\""] {
        assert_eq!(refusal(CosePublicKey::from_jwk(text, None)), ("public-key-encoding-malformed", None), "{text}");
    }
    let told = CosePublicKey::from_jwk(&rsa.to_string(), Some(Algorithm::Ps256));
    assert_eq!(refusal(told), ("public-key-algorithm-mismatch", None));
    // What does not belong to the key does not matter.
    let mut labelled = ec.clone();
    labelled["kid"] = json!("1");
    labelled["use"] = json!("sig");
    labelled["key_ops"] = json!(["verify"]);
    assert!(CosePublicKey::from_jwk(&labelled.to_string(), None).is_ok());
}
