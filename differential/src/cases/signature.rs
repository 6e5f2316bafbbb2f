//! Signatures of sign-ins: over everything, by the key on record, in the one encoding of its algorithm.

use passkeeper::testing::{AssertionDraft, HashAlgorithm, KeyAlgorithm, KeyPair, der_signature, pkcs1v15_encoding};

use super::{Case, assertion};
use crate::chance::Chance;

fn sign(draft: &mut AssertionDraft, sign: impl FnOnce(&KeyPair, &[u8]) -> Vec<u8>) {
    draft.signature = Some(sign(draft.signer(), &draft.signed_bytes()));
}

fn ecdsa(draft: &mut AssertionDraft, change: impl FnOnce(Vec<u8>, Vec<u8>, &[u8]) -> (Vec<u8>, Vec<u8>)) {
    sign(draft, |key, message| {
        let (r, s) = key.ecdsa_r_s(message);
        let (r, s) = change(r, s, key.algorithm().group_order().unwrap());
        der_signature(&r, &s)
    });
}

/// From the DER elements r and s.
fn rebuilt(draft: &mut AssertionDraft, rebuild: impl FnOnce(&[u8], &[u8]) -> Vec<u8>) {
    sign(draft, |key, message| {
        let der = key.sign(message);
        let (r, s) = der[2..].split_at(2 + usize::from(der[3]));
        rebuild(r, s)
    });
}

fn sequence(content: &[u8]) -> Vec<u8> {
    [&[0x30, content.len() as u8], content].concat()
}

/// The element with a zero byte more in front of the number.
fn padded(element: &[u8]) -> Vec<u8> {
    [&[2, element[1] + 1, 0], &element[2..]].concat()
}

/// a + b, one byte longer.
fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let (mut sum, mut carry) = (vec![0; a.len() + 1], 0);
    for at in (0..a.len()).rev() {
        let total = u16::from(a[at]) + u16::from(b[at]) + carry;
        (sum[at + 1], carry) = (total as u8, total >> 8);
    }
    sum[0] = carry as u8;
    sum
}

const fn es256(name: &'static str, change: fn(&mut AssertionDraft, &mut Chance)) -> Case {
    assertion(name, change).with(|base| base.algorithm = KeyAlgorithm::Es256)
}

const fn rs256(name: &'static str, change: fn(&mut AssertionDraft, &mut Chance)) -> Case {
    assertion(name, change).with(|base| base.algorithm = KeyAlgorithm::Rs256)
}

const fn ps256(name: &'static str, change: fn(&mut AssertionDraft, &mut Chance)) -> Case {
    assertion(name, change).with(|base| base.algorithm = KeyAlgorithm::Ps256)
}

const fn eddsa(name: &'static str, change: fn(&mut AssertionDraft, &mut Chance)) -> Case {
    assertion(name, change).with(|base| base.algorithm = KeyAlgorithm::EdDsa)
}

/// The order of Ed25519's group, little-endian.
const ED25519_ORDER: [u8; 32] = *b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";

pub(super) const CASES: &[Case] = &[
    assertion("signature with one bit flipped", |d, chance| {
        sign(d, |key, message| {
            let mut signature = key.sign(message);
            let at = signature.len() - 16;
            chance.flip(&mut signature[at..]);
            signature
        });
    }),
    assertion("signature empty", |d, _| d.signature = Some(Vec::new())),
    assertion("signature of zeros", |d, _| d.signature = Some(vec![0; 64])),
    assertion("signature cut", |d, _| sign(d, |key, message| key.sign(message).split_last().unwrap().1.to_vec())),
    assertion("signature with a byte behind", |d, _| sign(d, |key, message| [key.sign(message), vec![0]].concat())),
    assertion("signature over nothing", |d, _| sign(d, |key, _| key.sign(b""))),
    assertion("signature over authenticator data alone", |d, _| sign(d, |key, message| key.sign(&message[..message.len() - 32]))),
    assertion("signature over both exchanged", |d, _| {
        sign(d, |key, message| {
            let (data, hash) = message.split_at(message.len() - 32);
            key.sign(&[hash, data].concat())
        });
    }),
    assertion("signature over the hash", |d, _| sign(d, |key, message| key.sign(&HashAlgorithm::Sha256.digest(message)))),
    assertion("signature over other client data", |d, _| {
        sign(d, KeyPair::sign);
        d.client_data.extra.push(("x".into(), 1.into()));
    }),
    assertion("signature over another counter", |d, _| {
        sign(d, KeyPair::sign);
        d.auth_data.sign_count += 1;
    }),
    es256("ECDSA with the other s", |d, _| {
        sign(d, |key, message| {
            let (r, s) = key.ecdsa_r_s(message);
            der_signature(&r, &key.negate_s(&s))
        });
    }),
    es256("ECDSA r zero", |d, _| ecdsa(d, |r, s, _| (vec![0; r.len()], s))),
    es256("ECDSA s zero", |d, _| ecdsa(d, |r, s, _| (r, vec![0; s.len()]))),
    es256("ECDSA r and s zero", |d, _| ecdsa(d, |_, _, _| (vec![0], vec![0]))),
    es256("ECDSA r = n", |d, _| ecdsa(d, |_, s, n| (n.to_vec(), s))),
    es256("ECDSA r + n", |d, _| ecdsa(d, |r, s, n| (sum(&r, n), s))),
    es256("ECDSA s + n", |d, _| ecdsa(d, |r, s, n| (r, sum(&s, n)))),
    es256("ECDSA r and s side by side", |d, _| {
        sign(d, |key, message| {
            let (r, s) = key.ecdsa_r_s(message);
            [r, s].concat()
        });
    }),
    es256("ECDSA r and s exchanged", |d, _| ecdsa(d, |r, s, _| (s, r))),
    es256("ECDSA r with a zero in front", |d, _| rebuilt(d, |r, s| sequence(&[&padded(r), s].concat()))),
    es256("ECDSA s with a zero in front", |d, _| rebuilt(d, |r, s| sequence(&[r, &padded(s)].concat()))),
    es256("ECDSA with a long length", |d, _| rebuilt(d, |r, s| [&[0x30, 0x81, (r.len() + s.len()) as u8], r, s].concat())),
    es256("ECDSA of indefinite length", |d, _| rebuilt(d, |r, s| [&[0x30, 0x80], r, s, &[0, 0]].concat())),
    es256("ECDSA with a third number", |d, _| rebuilt(d, |r, s| sequence(&[r, s, &[2, 1, 1]].concat()))),
    es256("ECDSA with another class of tag", |d, _| rebuilt(d, |r, s| [&[0xb0, (r.len() + s.len()) as u8], r, s].concat())),
    es256("ECDSA in a SET", |d, _| rebuilt(d, |r, s| [&[0x31, (r.len() + s.len()) as u8], r, s].concat())),
    es256("ECDSA with SHA-384", |d, _| sign(d, |key, message| key.sign_with_hash(HashAlgorithm::Sha384, message))),
    es256("ECDSA with SHA-1", |d, _| sign(d, |key, message| key.sign_with_hash(HashAlgorithm::Sha1, message))),
    rs256("RSA with SHA-1", |d, _| sign(d, |key, message| key.sign_with_hash(HashAlgorithm::Sha1, message))),
    rs256("RSA with SHA-512", |d, _| sign(d, |key, message| key.sign_with_hash(HashAlgorithm::Sha512, message))),
    rs256("RSA PSS in place of PKCS #1", |d, _| sign(d, |key, message| key.sign_pss(HashAlgorithm::Sha256, message, 32))),
    rs256("RSA with other padding", |d, _| {
        sign(d, |key, message| {
            let mut encoded = pkcs1v15_encoding(HashAlgorithm::Sha256, message, 256);
            encoded[20] = 0xfe;
            key.rsa_raw_private_op(&encoded)
        });
    }),
    rs256("RSA with junk behind the hash", |d, _| {
        sign(d, |key, message| {
            let encoded = pkcs1v15_encoding(HashAlgorithm::Sha256, message, 200);
            key.rsa_raw_private_op(&[&encoded[..], &[0xff; 56]].concat())
        });
    }),
    rs256("RSA without NULL in the hash's name", |d, _| {
        sign(d, |key, message| {
            let hash = HashAlgorithm::Sha256.digest(message);
            let info = [b"\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20".as_slice(), &hash].concat();
            let encoded = [&[0, 1], vec![0xff; 256 - 3 - info.len()].as_slice(), &[0], &info].concat();
            key.rsa_raw_private_op(&encoded)
        });
    }),
    rs256("RSA with zeros in front", |d, _| sign(d, |key, message| [vec![0; 2], key.sign(message)].concat())),
    ps256("PSS without salt", |d, _| sign(d, |key, message| key.sign_pss(HashAlgorithm::Sha256, message, 0))),
    ps256("PSS with the longest salt", |d, _| sign(d, |key, message| key.sign_pss(HashAlgorithm::Sha256, message, 222))),
    ps256("PSS with SHA-384", |d, _| sign(d, |key, message| key.sign_pss(HashAlgorithm::Sha384, message, 48))),
    eddsa("EdDSA S + L", |d, _| {
        sign(d, |key, message| {
            let mut signature = key.sign(message);
            let mut carry = 0;
            for (digit, order) in signature[32..].iter_mut().zip(ED25519_ORDER) {
                let total = u16::from(*digit) + u16::from(order) + carry;
                (*digit, carry) = (total as u8, total >> 8);
            }
            signature
        });
    }),
    eddsa("EdDSA over the message's hash", |d, _| sign(d, |key, message| key.sign_with_hash(HashAlgorithm::Sha512, message))),
    eddsa("EdDSA in DER", |d, _| {
        sign(d, |key, message| {
            let signature = key.sign(message);
            der_signature(&signature[..32], &signature[32..])
        })
    }),
];
