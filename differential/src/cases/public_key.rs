//! The credential public key: its parameters, their numbers, their encoding.

use passkeeper::testing::{AttestationKind, Cbor, KeyAlgorithm, KeyPair, RegistrationDraft};

use super::{Case, registration};
use crate::base::Base;

fn key(draft: &mut RegistrationDraft) -> &mut Cbor {
    &mut draft.auth_data.attested.as_mut().unwrap().public_key
}

fn parameter(draft: &mut RegistrationDraft, label: i64) -> &mut Vec<u8> {
    let Cbor::Map(entries) = key(draft) else { panic!("a key is a map") };
    match entries.iter_mut().find(|entry| entry.0 == Cbor::Int(label)) {
        Some((_, Cbor::Bytes(bytes))) => bytes,
        other => panic!("parameter {label} is {other:?}"),
    }
}

/// Another way to write the same key, or what looks like it.
fn rewrite(draft: &mut RegistrationDraft, rewrite: fn(Vec<u8>) -> Vec<u8>) {
    let bytes = rewrite(key(draft).encode());
    *key(draft) = Cbor::Raw(bytes);
}

/// Entries in the order in which they were, one of them written in another way.
fn entry(draft: &mut RegistrationDraft, label: i64, write: fn(Vec<u8>) -> Vec<u8>) {
    let Cbor::Map(entries) = key(draft) else { panic!("a key is a map") };
    let value = &mut entries.iter_mut().find(|entry| entry.0 == Cbor::Int(label)).unwrap().1;
    *value = Cbor::Raw(write(value.encode()));
}

const PRIME: [u8; 32] = *b"\xff\xff\xff\xff\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";

/// Whether a key passes does not depend on who attests it: by chance nobody does, or the key itself.
fn of(base: &mut Base, algorithm: KeyAlgorithm) {
    base.algorithm = algorithm;
    base.attestation = base.chance.one_of(&[AttestationKind::None, AttestationKind::PackedSelf]);
}

const fn es256(name: &'static str, change: fn(&mut RegistrationDraft, &mut crate::chance::Chance)) -> Case {
    registration(name, change).with(|base| of(base, KeyAlgorithm::Es256))
}

/// Without attestation, so that nothing but the key itself is in the way.
const fn bare(name: &'static str, change: fn(&mut RegistrationDraft, &mut crate::chance::Chance)) -> Case {
    registration(name, change).with(|base| {
        base.algorithm = KeyAlgorithm::Es256;
        base.none();
    })
}

const fn bare_ed25519(name: &'static str, change: fn(&mut RegistrationDraft, &mut crate::chance::Chance)) -> Case {
    registration(name, change).with(|base| {
        base.algorithm = KeyAlgorithm::EdDsa;
        base.none();
    })
}

const fn bare_rsa(name: &'static str, change: fn(&mut RegistrationDraft, &mut crate::chance::Chance)) -> Case {
    registration(name, change).with(|base| {
        base.algorithm = KeyAlgorithm::Rs256;
        base.none();
    })
}

pub(super) const CASES: &[Case] = &[
    bare("kty of RSA", |d, _| key(d).set(1, 3)),
    bare("kty of OKP", |d, _| key(d).set(1, 1)),
    bare("kty unknown", |d, _| key(d).set(1, 9)),
    bare("kty as text", |d, _| key(d).set(1, "EC2")),
    bare("kty missing", |d, _| key(d).remove(1)),
    bare("alg of P-384", |d, _| key(d).set(3, -35)),
    bare("alg of RSA", |d, _| key(d).set(3, -257)),
    bare("alg unknown", |d, _| key(d).set(3, -999)),
    bare("alg as text", |d, _| key(d).set(3, "ES256")),
    bare("alg a fraction", |d, _| key(d).set(3, Cbor::Float(-7.0))),
    bare("alg missing", |d, _| key(d).remove(3)),
    bare("alg ESP256 on an ES256 key", |d, _| key(d).set(3, -9)),
    registration("alg not offered", |d, _| *key(d) = KeyPair::from_seed(KeyAlgorithm::Es512, 1).cose_key()).with(|base| {
        (base.algorithm, base.offered) = (KeyAlgorithm::Es256, vec![-7, -257]);
        base.none();
    }),
    bare("crv of P-384", |d, _| key(d).set(-1, 2)),
    bare("crv of secp256k1", |d, _| key(d).set(-1, 8)),
    bare("crv as text", |d, _| key(d).set(-1, "P-256")),
    bare("crv missing", |d, _| key(d).remove(-1)),
    bare("a point of P-384 under ES256", |d, _| {
        *key(d) = KeyPair::from_seed(KeyAlgorithm::Es384, 1).cose_key();
        key(d).set(3, -7);
    }),
    bare("x missing", |d, _| key(d).remove(-2)),
    bare("y missing", |d, _| key(d).remove(-3)),
    bare("y compressed", |d, _| key(d).set(-3, true)),
    bare("x as text", |d, _| key(d).set(-2, "x")),
    bare("x cut", |d, _| parameter(d, -2).truncate(31)),
    bare("x with a zero in front", |d, _| parameter(d, -2).insert(0, 0)),
    bare("x empty", |d, _| parameter(d, -2).clear()),
    bare("a point off the curve", |d, _| parameter(d, -3)[31] ^= 1),
    bare("x and y zero", |d, _| {
        parameter(d, -2).fill(0);
        parameter(d, -3).fill(0);
    }),
    bare("x not below p", |d, _| *parameter(d, -2) = PRIME.to_vec()),
    es256("key_ops beside", |d, _| key(d).push_entry(4, Cbor::Array(vec![2.into()]))),
    es256("kid beside", |d, _| key(d).push_entry(2, Cbor::bytes([1, 2, 3]))),
    es256("a private key beside", |d, _| key(d).push_entry(-4, Cbor::bytes([7; 32]))),
    es256("a member of text beside", |d, _| key(d).push_entry("x", 1)),
    es256("alg twice", |d, _| key(d).push_entry(3, -7)),
    es256("alg twice, the last of RSA", |d, _| key(d).push_entry(3, -257)),
    es256("alg twice, the first of RSA", |d, _| {
        let Cbor::Map(entries) = key(d) else { return };
        entries.insert(0, (Cbor::Int(3), Cbor::Int(-257)));
    }),
    es256("the key's members in another order", |d, _| {
        let Cbor::Map(entries) = key(d) else { return };
        entries.reverse();
    }),
    es256("the key of indefinite length", |d, _| rewrite(d, |bytes| [&[0xbf], &bytes[1..], &[0xff]].concat())),
    es256("the key's count of members in two bytes", |d, _| rewrite(d, |bytes| [&[0xb8, bytes[0] & 0x1f], &bytes[1..]].concat())),
    es256("kty in two bytes", |d, _| entry(d, 1, |value| [&[0x18], &value[..]].concat())),
    es256("alg in three bytes", |d, _| entry(d, 3, |value| vec![0x39, 0, value[0] & 0x1f])),
    es256("x of indefinite length", |d, _| entry(d, -2, |value| [&[0x5f], &value[..], &[0xff]].concat())),
    es256("x with a long length", |d, _| entry(d, -2, |value| [&[0x59, 0], &value[1..]].concat())),
    es256("x with a tag", |d, _| entry(d, -2, |value| [&[0xc2], &value[..]].concat())),
    es256("the key with a tag", |d, _| rewrite(d, |bytes| [&[0xd9, 0xd9, 0xf7], &bytes[..]].concat())),
    bare("the key in a byte string", |d, _| rewrite(d, |bytes| Cbor::bytes(bytes).encode())),
    bare("the key as SubjectPublicKeyInfo", |d, _| *key(d) = Cbor::Raw(d.signer().spki_der())),
    bare("the key as an uncompressed point", |d, _| {
        let (x, y) = (parameter(d, -2).clone(), parameter(d, -3).clone());
        let point = [vec![4], x, y].concat();
        *key(d) = Cbor::Raw(point);
    }),
    bare("an empty map for a key", |d, _| *key(d) = Cbor::Map(Vec::new())),
    bare("no key", |d, _| *key(d) = Cbor::Raw(Vec::new())),
    bare("the key cut", |d, _| {
        rewrite(d, |mut bytes| {
            bytes.pop();
            bytes
        })
    }),
    bare("a byte behind the key", |d, _| rewrite(d, |bytes| [bytes, vec![0]].concat())),
    bare_ed25519("Ed25519 as X25519", |d, _| key(d).set(-1, 4)),
    bare_ed25519("Ed25519 x cut", |d, _| parameter(d, -2).truncate(31)),
    bare_ed25519("Ed25519 x with a byte more", |d, _| parameter(d, -2).push(0)),
    bare_ed25519("Ed25519 x no point", |d, _| *parameter(d, -2) = [&[2], [0; 31].as_slice()].concat()),
    bare_ed25519("Ed25519 x the neutral element", |d, _| *parameter(d, -2) = [&[1], [0; 31].as_slice()].concat()),
    bare_ed25519("Ed25519 x of small order", |d, _| parameter(d, -2).fill(0)),
    bare_ed25519("Ed25519 with a y", |d, _| key(d).push_entry(-3, Cbor::bytes([7; 32]))),
    bare_ed25519("Ed25519 kty as text", |d, _| key(d).set(1, "OKP")),
    bare_ed25519("Ed25519 as Firefox 117 wrote it", |d, _| {
        let x = Cbor::Bytes(parameter(d, -2).clone()).encode();
        *key(d) = Cbor::Raw([b"\xa3\x01\x63OKP\x03\x27\x20\x67Ed25519\x21".as_slice(), &x].concat());
    }),
    bare_rsa("RSA e = 1", |d, _| *parameter(d, -2) = vec![1]),
    bare_rsa("RSA e = 3", |d, _| *parameter(d, -2) = vec![3]),
    bare_rsa("RSA e even", |d, _| *parameter(d, -2) = vec![1, 0, 0]),
    bare_rsa("RSA e of nine bytes", |d, _| *parameter(d, -2) = vec![1, 0, 0, 0, 0, 0, 0, 0, 1]),
    bare_rsa("RSA e with a zero in front", |d, _| parameter(d, -2).insert(0, 0)),
    bare_rsa("RSA e empty", |d, _| parameter(d, -2).clear()),
    bare_rsa("RSA n with a zero in front", |d, _| parameter(d, -1).insert(0, 0)),
    bare_rsa("RSA n even", |d, _| *parameter(d, -1).last_mut().unwrap() &= 0xfe),
    bare_rsa("RSA n of 1024 bits", |d, _| {
        let n = parameter(d, -1);
        n.drain(..128);
        (n[0], n[127]) = (n[0] | 0x80, n[127] | 1);
    }),
    bare_rsa("RSA n of 16384 bits", |d, _| {
        let n = parameter(d, -1).repeat(8);
        *parameter(d, -1) = n;
    }),
    bare_rsa("RSA n empty", |d, _| parameter(d, -1).clear()),
    bare_rsa("RSA n as a number", |d, _| key(d).set(-1, 65_537)),
    bare_rsa("RSA with a private exponent", |d, _| key(d).push_entry(-3, Cbor::bytes([7; 256]))),
    bare_rsa("RSA alg of PSS", |d, _| key(d).set(3, -37)),
    bare_rsa("RSA alg RS1", |d, _| key(d).set(3, -65_535)),
];
