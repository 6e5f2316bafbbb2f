//! The attestation object: three members of a map, in one encoding, and nothing else.

use passkeeper::testing::{Cbor, RegistrationDraft};

use super::{Case, registration};
use crate::base::Base;

fn change(draft: &mut RegistrationDraft, change: impl FnOnce(&mut Cbor)) {
    let mut map = draft.attestation_map();
    change(&mut map);
    draft.attestation_object = Some(map);
}

fn rewrite(draft: &mut RegistrationDraft, rewrite: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    draft.attestation_object = Some(Cbor::Raw(rewrite(draft.attestation_object_bytes())));
}

fn entries(map: &mut Cbor) -> &mut Vec<(Cbor, Cbor)> {
    let Cbor::Map(entries) = map else { panic!("an attestation object is a map") };
    entries
}

const fn bare(name: &'static str, change: fn(&mut RegistrationDraft, &mut crate::chance::Chance)) -> Case {
    registration(name, change).with(Base::none)
}

pub(super) const CASES: &[Case] = &[
    registration("a byte behind the attestation object", |d, _| d.attestation_trailing = vec![0]),
    registration("a map behind the attestation object", |d, _| d.attestation_trailing = vec![0xa0]),
    bare("attestation object cut by a byte", |d, _| {
        rewrite(d, |mut bytes| {
            bytes.pop();
            bytes
        });
    }),
    registration("attestation object cut in its first half", |d, chance| {
        rewrite(d, |mut bytes| {
            bytes.truncate(chance.below(bytes.len() / 2));
            bytes
        });
    }),
    registration("attestation object empty", |d, _| rewrite(d, |_| Vec::new())),
    registration("attestation object an array", |d, _| rewrite(d, |bytes| [&[0x81], &bytes[..]].concat())),
    registration("attestation object null", |d, _| rewrite(d, |_| vec![0xf6])),
    registration("attestation object in a byte string", |d, _| rewrite(d, |bytes| Cbor::bytes(bytes).encode())),
    registration("attestation object with a tag", |d, _| rewrite(d, |bytes| [&[0xd9, 0xd9, 0xf7], &bytes[..]].concat())),
    registration("attestation object of indefinite length", |d, _| rewrite(d, |bytes| [&[0xbf], &bytes[1..], &[0xff]].concat())),
    registration("attestation object's count in two bytes", |d, _| rewrite(d, |bytes| [&[0xb8, 3], &bytes[1..]].concat())),
    registration("attestation object that counts four members", |d, _| rewrite(d, |bytes| [&[0xa4], &bytes[1..]].concat())),
    registration("attestation object that counts 2^32 members", |d, _| {
        rewrite(d, |bytes| [&[0xbb, 0, 0, 0, 1, 0, 0, 0, 0], &bytes[1..]].concat());
    }),
    registration("fmt with a long length", |d, _| {
        rewrite(d, |bytes| [&bytes[..1], &[0x78, 3], &bytes[2..]].concat());
    }),
    registration("members of the attestation object in another order", |d, _| change(d, |map| entries(map).reverse())),
    registration("an unknown member of the attestation object", |d, _| change(d, |map| map.push_entry("x", 1))),
    registration("epAtt", |d, _| change(d, |map| map.push_entry("epAtt", false))),
    registration("a member of the attestation object named by a number", |d, _| change(d, |map| map.push_entry(1, 1))),
    registration("fmt twice", |d, _| change(d, |map| map.push_entry("fmt", "none"))),
    registration("authData twice", |d, _| {
        change(d, |map| {
            let data = map.get("authData").unwrap().clone();
            map.push_entry("authData", data);
        });
    }),
    registration("authData twice, the first of another site", |d, _| {
        let mut other = d.auth_data.clone();
        other.set_rp_id("evil.test");
        change(d, |map| entries(map).insert(0, ("authData".into(), other.to_bytes().into())));
    }),
    registration("fmt missing", |d, _| change(d, |map| map.remove("fmt"))),
    bare("attStmt missing", |d, _| change(d, |map| map.remove("attStmt"))),
    registration("authData missing", |d, _| change(d, |map| map.remove("authData"))),
    registration("fmt a number", |d, _| change(d, |map| map.set("fmt", 0))),
    registration("fmt in bytes", |d, _| change(d, |map| map.set("fmt", Cbor::bytes("none")))),
    registration("fmt empty", |d, _| change(d, |map| map.set("fmt", ""))),
    registration("fmt unknown", |d, _| change(d, |map| map.set("fmt", "x"))),
    registration("fmt in capitals", |d, _| change(d, |map| map.set("fmt", "NONE"))),
    registration("authData as text", |d, _| change(d, |map| map.set("authData", "x"))),
    registration("authData empty", |d, _| change(d, |map| map.set("authData", Cbor::bytes([])))),
    registration("authData in an array", |d, _| {
        change(d, |map| {
            let data = map.get("authData").unwrap().clone();
            map.set("authData", Cbor::Array(vec![data]));
        });
    }),
    registration("authData of indefinite length", |d, _| {
        change(d, |map| {
            let data = map.get("authData").unwrap().encode();
            map.set("authData", Cbor::Raw([&[0x5f], &data[..], &[0xff]].concat()));
        });
    }),
    registration("attStmt null", |d, _| change(d, |map| map.set("attStmt", Cbor::Null))),
    bare("attStmt in bytes", |d, _| change(d, |map| map.set("attStmt", Cbor::bytes([0xa0])))),
    bare("attStmt of none an array", |d, _| change(d, |map| map.set("attStmt", Cbor::Array(Vec::new())))),
    bare("attStmt of none with an unknown member", |d, _| change(d, |map| map.set("attStmt", Cbor::map([("x", 1.into())])))),
    bare("attStmt of none with a signature", |d, _| {
        change(d, |map| map.set("attStmt", Cbor::map([("alg", (-7).into()), ("sig", Cbor::bytes([7; 70]))])));
    }),
    bare("attStmt of none of indefinite length", |d, _| change(d, |map| map.set("attStmt", Cbor::Raw(vec![0xbf, 0xff])))),
    bare("fmt packed with the statement of none", |d, _| change(d, |map| map.set("fmt", "packed"))),
    registration("fmt none with a statement of packed", |d, _| change(d, |map| map.set("fmt", "none"))).with(Base::packed_self),
];
