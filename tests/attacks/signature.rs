//! Signatures: over everything, by the recorded key, in the one encoding of their algorithm.

use passkeeper::testing::{
    AttestationKind, Cbor, HashAlgorithm, KeyAlgorithm, KeyPair, VirtualAuthenticator, der_signature, pkcs1v15_encoding,
};
use passkeeper::types::{Algorithm, AlgorithmList};
use passkeeper::{AuthenticationRequest, Error, RegistrationRequest, RelyingParty};

use crate::common::keys::{minus, plus};
use crate::common::*;

/// Makes a signature in place of the right one, from the key and the bytes it should cover.
type Sign = fn(&KeyPair, &[u8]) -> Vec<u8>;

fn open_rp() -> RelyingParty {
    builder().algorithms(AlgorithmList::new(Algorithm::ALL.iter().copied()).unwrap()).build().unwrap()
}

fn signing_in(algorithm: KeyAlgorithm) -> SigningIn {
    let mut authenticator = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]);
    SigningIn::with(open_rp(), AuthenticationRequest::discoverable(), &mut authenticator)
}

/// With self attestation, whose signature is of the same kind.
fn registering(algorithm: KeyAlgorithm) -> Registering {
    let mut authenticator = VirtualAuthenticator::new(1).with_algorithms(&[algorithm]).with_attestation(AttestationKind::PackedSelf);
    Registering::with(open_rp(), RegistrationRequest::new(user("alice")), &mut authenticator)
}

fn sign_in(signing_in: SigningIn, sign: Sign) -> Result<(), Error> {
    let changed = signing_in.change(|draft| draft.signature = Some(sign(draft.signer(), &draft.signed_bytes())));
    changed.verify().map(|_| ())
}

fn register(registering: Registering, sign: Sign) -> Result<(), Error> {
    let changed = registering.change(|draft| draft.att_stmt_signature = Some(sign(draft.signer(), &draft.signed_bytes())));
    changed.verify().map(|_| ())
}

#[track_caller]
fn refuse(algorithm: KeyAlgorithm, cases: &[(&str, Sign)]) {
    let (signing_in, registering) = (signing_in(algorithm).copies(), registering(algorithm).copies());
    assert_eq!(sign_in(signing_in(), KeyPair::sign), Ok(()));
    assert_eq!(register(registering(), KeyPair::sign), Ok(()));
    for (name, sign) in cases {
        assert_eq!(refusal(sign_in(signing_in(), *sign)), ("signature-invalid", Some("7.2/21")), "{algorithm:?}: {name}");
        let attestation = refusal(register(registering(), *sign));
        assert_eq!(attestation, ("attestation-signature-invalid", Some("7.1/22")), "{algorithm:?}: {name}");
    }
    if algorithm == KeyAlgorithm::Es256 {
        cases.iter().for_each(|(name, sign)| refuse_at_the_facade(name, *sign));
    }
}

/// With the default configuration, whose authenticators sign with ES256.
#[track_caller]
fn refuse_at_the_facade(name: &str, sign: Sign) {
    let backend = Backend::new();
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| {
        draft.signature = Some(sign(draft.signer(), &draft.signed_bytes()));
    });
    assert_eq!((error.code(), error.spec_step()), ("signature-invalid", Some("7.2/21")), "{name}, facade");
    let error = backend.refuse_registration(|draft| {
        draft.attestation = AttestationKind::PackedSelf;
        draft.att_stmt_signature = Some(sign(draft.signer(), &draft.signed_bytes()));
    });
    assert_eq!((error.code(), error.spec_step()), ("attestation-signature-invalid", Some("7.1/22")), "{name}, facade");
}

const ECDSA: [KeyAlgorithm; 6] =
    [KeyAlgorithm::Es256, KeyAlgorithm::Es384, KeyAlgorithm::Es512, KeyAlgorithm::Esp256, KeyAlgorithm::Esp384, KeyAlgorithm::Esp512];

fn order(key: &KeyPair) -> &'static [u8] {
    key.algorithm().group_order().unwrap()
}

/// r and s with a change to them, as DER.
fn changed(key: &KeyPair, message: &[u8], change: impl FnOnce(Vec<u8>, Vec<u8>, &[u8]) -> (Vec<u8>, Vec<u8>)) -> Vec<u8> {
    let (r, s) = key.ecdsa_r_s(message);
    let (r, s) = change(r, s, order(key));
    der_signature(&r, &s)
}

/// A signature with its content put together anew, from the encodings of r and s.
fn rebuilt(key: &KeyPair, message: &[u8], rebuild: impl FnOnce(&[u8], &[u8]) -> Vec<u8>) -> Vec<u8> {
    let der = key.sign(message);
    let content = if der[1] == 0x81 { &der[3..] } else { &der[2..] };
    let (r, s) = content.split_at(2 + usize::from(content[1]));
    rebuild(r, s)
}

/// A sequence whose length takes one byte more than it has to.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let head: &[u8] = if length < 0x80 { &[0x30, length] } else { &[0x30, 0x81, length] };
    [head, content].concat()
}

#[test]
fn empty_or_of_another_form() {
    for &algorithm in KeyAlgorithm::ALL {
        refuse(
            algorithm,
            &[
                ("empty", |_, _| vec![]),
                ("one byte", |_, _| vec![0]),
                ("all zero", |key, message| vec![0; key.sign(message).len()]),
                ("all ones", |key, message| vec![0xff; key.sign(message).len()]),
                ("last byte cut", |key, message| {
                    let mut signature = key.sign(message);
                    signature.pop();
                    signature
                }),
                ("a byte after it", |key, message| [key.sign(message), vec![0]].concat()),
                ("a byte before it", |key, message| [vec![0], key.sign(message)].concat()),
                ("twice", |key, message| key.sign(message).repeat(2)),
                ("reversed", |key, message| key.sign(message).into_iter().rev().collect()),
                ("first bit flipped", |key, message| {
                    let mut signature = key.sign(message);
                    signature[0] ^= 0x80;
                    signature
                }),
                ("last bit flipped", |key, message| {
                    let mut signature = key.sign(message);
                    *signature.last_mut().unwrap() ^= 1;
                    signature
                }),
                ("as CBOR", |key, message| Cbor::Bytes(key.sign(message)).encode()),
            ],
        );
    }
}

#[test]
fn over_other_bytes() {
    for &algorithm in KeyAlgorithm::ALL {
        refuse(
            algorithm,
            &[
                ("nothing", |key, _| key.sign(b"")),
                ("authenticator data alone", |key, message| key.sign(&message[..message.len() - 32])),
                ("client data hash alone", |key, message| key.sign(&message[message.len() - 32..])),
                ("both exchanged", |key, message| {
                    let (auth_data, hash) = message.split_at(message.len() - 32);
                    key.sign(&[hash, auth_data].concat())
                }),
                ("a byte more", |key, message| key.sign(&[message, &[0]].concat())),
                ("a byte less", |key, message| key.sign(&message[..message.len() - 1])),
                ("the hash of it", |key, message| key.sign(&HashAlgorithm::Sha256.digest(message))),
                ("another hash of the client data", |key, message| {
                    let (auth_data, hash) = message.split_at(message.len() - 32);
                    key.sign(&[auth_data, &HashAlgorithm::Sha256.digest(hash)].concat())
                }),
            ],
        );
    }
}

#[test]
fn hash_swapped() {
    for &algorithm in KeyAlgorithm::ALL {
        let mut cases: Vec<(&str, Sign)> = Vec::new();
        if algorithm.hash() != HashAlgorithm::Sha256 {
            cases.push(("SHA-256", |key, message| key.sign_with_hash(HashAlgorithm::Sha256, message)));
        }
        if algorithm.hash() != HashAlgorithm::Sha384 {
            cases.push(("SHA-384", |key, message| key.sign_with_hash(HashAlgorithm::Sha384, message)));
        }
        let ed25519 = matches!(algorithm, KeyAlgorithm::EdDsa | KeyAlgorithm::Ed25519);
        if algorithm.hash() != HashAlgorithm::Sha512 || ed25519 {
            cases.push(("SHA-512", |key, message| key.sign_with_hash(HashAlgorithm::Sha512, message)));
        }
        assert!(cases.len() >= 2);
        refuse(algorithm, &cases);
    }
}

#[test]
fn by_another_key() {
    for &algorithm in KeyAlgorithm::ALL {
        refuse(
            algorithm,
            &[
                ("another key of the algorithm", |key, message| KeyPair::from_seed(key.algorithm(), 12345).sign(message)),
                ("a key of another algorithm", |key, message| {
                    let other = if key.algorithm() == KeyAlgorithm::Es256 { KeyAlgorithm::EdDsa } else { KeyAlgorithm::Es256 };
                    KeyPair::from_seed(other, 1).sign(message)
                }),
            ],
        );
    }
}

#[test]
fn r_or_s_zero_or_not_below_n() {
    for algorithm in ECDSA {
        refuse(
            algorithm,
            &[
                ("r = 0", |key, message| changed(key, message, |_, s, _| (vec![0], s))),
                ("s = 0", |key, message| changed(key, message, |r, _, _| (r, vec![0]))),
                ("r = s = 0", |_, _| der_signature(&[0], &[0])),
                ("r = s = 1", |_, _| der_signature(&[1], &[1])),
                ("r = 0, s = 1", |_, _| der_signature(&[0], &[1])),
                ("r = n", |key, message| changed(key, message, |_, s, n| (n.to_vec(), s))),
                ("s = n", |key, message| changed(key, message, |r, _, n| (r, n.to_vec()))),
                ("r = s = n", |key, _| der_signature(order(key), order(key))),
                ("r + n", |key, message| changed(key, message, |r, s, n| (plus(&r, n), s))),
                ("s + n", |key, message| changed(key, message, |r, s, n| (r, plus(&s, n)))),
                ("n + 1", |key, message| changed(key, message, |r, _, n| (r, plus(n, &[1])))),
                ("n - r", |key, message| changed(key, message, |r, s, n| (minus(n, &r), s))),
                ("r and s exchanged", |key, message| changed(key, message, |r, s, _| (s, r))),
            ],
        );
    }
}

#[test]
fn raw_r_and_s() {
    for algorithm in ECDSA {
        refuse(
            algorithm,
            &[("r || s", |key, message| {
                let (r, s) = key.ecdsa_r_s(message);
                [r, s].concat()
            })],
        );
    }
}

#[test]
fn non_minimal_negative_or_ber() {
    for algorithm in ECDSA {
        refuse(
            algorithm,
            &[
                ("two zeros before r", |key, message| rebuilt(key, message, |r, s| sequence(&[&[2, r[1] + 2, 0, 0], &r[2..], s].concat()))),
                ("two zeros before s", |key, message| rebuilt(key, message, |r, s| sequence(&[r, &[2, s[1] + 2, 0, 0], &s[2..]].concat()))),
                ("r negative", |key, message| rebuilt(key, message, |r, s| sequence(&[&[2, r[1] + 1, 0xff], &r[2..], s].concat()))),
                ("s negative", |key, message| rebuilt(key, message, |r, s| sequence(&[r, &[2, s[1] + 1, 0xff], &s[2..]].concat()))),
                ("s = -1", |key, message| rebuilt(key, message, |r, _| sequence(&[r, &[2, 1, 0xff]].concat()))),
                ("long length of r", |key, message| rebuilt(key, message, |r, s| sequence(&[&[2, 0x81, r[1]], &r[2..], s].concat()))),
                ("long length of the sequence", |key, message| {
                    rebuilt(key, message, |r, s| [&[0x30, 0x82, 0, u8::try_from(r.len() + s.len()).unwrap()], r, s].concat())
                }),
                ("indefinite length", |key, message| rebuilt(key, message, |r, s| [&[0x30, 0x80], r, s, &[0, 0]].concat())),
                ("a set", |key, message| {
                    let mut signature = key.sign(message);
                    signature[0] = 0x31;
                    signature
                }),
                ("an empty r", |key, message| rebuilt(key, message, |_, s| sequence(&[&[2, 0], s].concat()))),
            ],
        );
    }
}

#[test]
fn trailing_bytes() {
    for algorithm in ECDSA {
        refuse(
            algorithm,
            &[
                ("NULL after it", |key, message| [key.sign(message), vec![5, 0]].concat()),
                ("NULL inside", |key, message| rebuilt(key, message, |r, s| sequence(&[r, s, &[5, 0]].concat()))),
                ("a byte inside", |key, message| rebuilt(key, message, |r, s| sequence(&[r, s, &[0]].concat()))),
                ("a third number", |key, message| rebuilt(key, message, |r, s| sequence(&[r, s, &[2, 1, 1]].concat()))),
            ],
        );
    }
}

/// Both values of s are signatures by the definition of ECDSA, and authenticators make both. Nothing here takes a
/// signature for an identifier, so nothing is lost.
#[test]
fn high_s_is_accepted() {
    fn twin(key: &KeyPair, message: &[u8]) -> Vec<u8> {
        let (r, s) = key.ecdsa_r_s(message);
        der_signature(&r, &key.negate_s(&s))
    }
    for algorithm in ECDSA {
        for sign in [KeyPair::sign, twin] {
            assert_eq!(sign_in(signing_in(algorithm), sign), Ok(()), "{algorithm:?}");
            assert_eq!(register(registering(algorithm), sign), Ok(()), "{algorithm:?}");
        }
    }
}

#[test]
fn pss_salt_length() {
    for algorithm in [KeyAlgorithm::Ps256, KeyAlgorithm::Ps384, KeyAlgorithm::Ps512] {
        fn salted(key: &KeyPair, message: &[u8], length: usize) -> Vec<u8> {
            key.sign_pss(key.algorithm().hash(), message, length)
        }
        refuse(
            algorithm,
            &[
                ("none", |key, message| salted(key, message, 0)),
                ("20 bytes", |key, message| salted(key, message, 20)),
                ("a byte less than the hash", |key, message| salted(key, message, key.algorithm().hash().length() - 1)),
                ("a byte more than the hash", |key, message| salted(key, message, key.algorithm().hash().length() + 1)),
                ("all there is room for", |key, message| salted(key, message, 256 - 2 - key.algorithm().hash().length())),
                ("PKCS#1 v1.5 in its place", |key, message| {
                    key.rsa_raw_private_op(&pkcs1v15_encoding(key.algorithm().hash(), message, 256))
                }),
            ],
        );
    }
}

#[test]
fn pkcs1_forgery_padding() {
    fn right(key: &KeyPair, message: &[u8]) -> Vec<u8> {
        pkcs1v15_encoding(key.algorithm().hash(), message, 256)
    }
    /// DigestInfo alone.
    fn info(key: &KeyPair, message: &[u8]) -> Vec<u8> {
        right(key, message)[256 - 19 - key.algorithm().hash().length()..].to_vec()
    }
    fn with_byte(key: &KeyPair, message: &[u8], at: usize, byte: u8) -> Vec<u8> {
        let mut encoded = right(key, message);
        encoded[at] = byte;
        key.rsa_raw_private_op(&encoded)
    }
    fn then(key: &KeyPair, head: &[u8], message: &[u8], filling: u8) -> Vec<u8> {
        let mut encoded = [head, &info(key, message)].concat();
        encoded.resize(256, filling);
        key.rsa_raw_private_op(&encoded)
    }
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Rs384, KeyAlgorithm::Rs512] {
        refuse(
            algorithm,
            &[
                ("garbage after the hash", |key, message| then(key, &[0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0], message, 0xa5)),
                ("zeros after the hash", |key, message| then(key, &[0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0], message, 0)),
                ("no padding, garbage", |key, message| then(key, &[0, 1, 0], message, 0xa5)),
                ("padding of half the length", |key, message| {
                    key.rsa_raw_private_op(&pkcs1v15_encoding(key.algorithm().hash(), message, 128))
                }),
                ("no NULL", |key, message| {
                    let info = info(key, message);
                    let shorter = [&[0x30, info[1] - 2, 0x30, 11], &info[4..15], &info[17..]].concat();
                    let head = [vec![0, 1], vec![0xff; 253 - shorter.len()], vec![0]].concat();
                    key.rsa_raw_private_op(&[head, shorter].concat())
                }),
                ("block type 0", |key, message| with_byte(key, message, 1, 0)),
                ("block type 2", |key, message| with_byte(key, message, 1, 2)),
                ("first byte 1", |key, message| with_byte(key, message, 0, 1)),
                ("a zero in the padding", |key, message| with_byte(key, message, 20, 0)),
                ("FE in the padding", |key, message| with_byte(key, message, 20, 0xfe)),
                ("no zero after the padding", |key, message| with_byte(key, message, 256 - 20 - key.algorithm().hash().length(), 0xff)),
                ("another hash named", |key, message| {
                    let last = 256 - 19 - key.algorithm().hash().length() + 14;
                    with_byte(key, message, last, 9)
                }),
                ("the hash alone", |key, message| key.rsa_raw_private_op(&key.algorithm().hash().digest(message))),
                ("PSS in its place", |key, message| {
                    let hash = key.algorithm().hash();
                    key.sign_pss(hash, message, hash.length())
                }),
            ],
        );
    }
}

/// The number 0 or 1 is a signature of itself under any RSA key.
#[test]
fn rsa_fixed_points() {
    for algorithm in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256] {
        refuse(
            algorithm,
            &[
                ("1", |_, _| [vec![0; 255], vec![1]].concat()),
                ("n - 1", |key, _| minus(&key.rsa_modulus(), &[1])),
                ("n", |key, _| key.rsa_modulus()),
                ("n - s", |key, message| minus(&key.rsa_modulus(), &key.sign(message))),
                ("s + n", |key, message| plus(&key.sign(message), &key.rsa_modulus())),
            ],
        );
    }
}
