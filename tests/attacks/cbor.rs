//! CBOR: faults in the attestation object, the credential key, the statement and the extension outputs.

use passkeeper::testing::{AttestationKind, Cbor, RegistrationDraft, VirtualAuthenticator};
use passkeeper::{AuthenticationRequest, Error};

use crate::common::*;

type Change = fn(&mut RegistrationDraft);

/// A change to a registration, refused in the step that parses the attestation object.
#[track_caller]
fn refuse(backend: &Backend, name: &str, code: &str, change: impl FnOnce(&mut RegistrationDraft)) {
    refuse_at(backend, "7.1/13", name, code, change);
}

#[track_caller]
fn refuse_at(backend: &Backend, step: &str, name: &str, code: &str, change: impl FnOnce(&mut RegistrationDraft)) {
    let error = backend.refuse_registration(change);
    assert_eq!((error.code(), error.spec_step()), (code, Some(step)), "{name}, registration");
}

/// Extension outputs of a sign-in, refused in the step that parses the authenticator data.
#[track_caller]
fn refuse_outputs(backend: &Backend, name: &str, code: &str, outputs: Option<Cbor>) {
    let error = backend.refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.set_extensions(outputs));
    assert_eq!((error.code(), error.spec_step()), (code, Some("7.2/15")), "{name}, authentication");
}

#[track_caller]
fn refuse_each(cases: &[(&str, &str, Change)]) {
    let backend = Backend::new();
    for (name, code, change) in cases {
        refuse(&backend, name, code, change);
    }
}

/// Changes the attestation object as a map.
fn object(draft: &mut RegistrationDraft, change: impl FnOnce(&mut Cbor)) {
    let mut object = draft.attestation_map();
    change(&mut object);
    draft.attestation_object = Some(object);
}

/// Replaces the attestation object by bytes made of it.
fn bytes(draft: &mut RegistrationDraft, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    draft.attestation_object = Some(Cbor::Raw(change(draft.attestation_map().encode())));
}

fn key(draft: &mut RegistrationDraft) -> &mut Cbor {
    &mut draft.auth_data.attested.as_mut().unwrap().public_key
}

fn raw(parts: &[&[u8]]) -> Cbor {
    Cbor::Raw(parts.concat())
}

/// A byte string with this head in front of its content.
fn with_head(head: &[u8], content: &[u8]) -> Cbor {
    raw(&[head, content])
}

/// An item in place of a value, and what it is refused with.
fn faulty_values() -> Vec<(String, Vec<u8>, &'static str)> {
    let mut cases: Vec<(String, Vec<u8>, &'static str)> = Vec::new();
    let mut add = |name: &str, bytes: &[u8], code| cases.push((name.to_string(), bytes.to_vec(), code));
    // Indefinite lengths.
    add("byte string in chunks", b"\x5f\x41a\x41b\xff", "cbor-indefinite-length");
    add("byte string without chunks", b"\x5f\xff", "cbor-indefinite-length");
    add("text string in chunks", b"\x7f\x61a\xff", "cbor-indefinite-length");
    add("array of indefinite length", b"\x9f\x01\xff", "cbor-indefinite-length");
    add("map of indefinite length", b"\xbf\x01\x02\xff", "cbor-indefinite-length");
    add("indefinite length one level down", b"\x81\x9f\xff", "cbor-indefinite-length");
    add("a lone break", b"\xff", "cbor-malformed");
    add("a break in an array", b"\x82\x01\xff", "cbor-malformed");
    // Tags.
    for (name, bytes) in [
        ("tag 0", &b"\xc0\x00"[..]),
        ("tag 2, a bignum", b"\xc2\x41\x02"),
        ("tag 24, embedded CBOR", b"\xd8\x18\x41\x02"),
        ("tag 55799, self-described", b"\xd9\xd9\xf7\x02"),
        ("tag 2^64 - 1", b"\xdb\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
        ("a tag one level down", b"\x81\xc1\x02"),
        ("a tagged key", b"\xa1\xc1\x02\x03"),
        ("a tag at the end", b"\xc1"),
    ] {
        add(name, bytes, "cbor-tag");
    }
    // Floats.
    for (name, bytes) in [
        ("half float 2.0", &b"\xf9\x40\x00"[..]),
        ("single float 2.0", b"\xfa\x40\x00\x00\x00"),
        ("double float 2.0", b"\xfb\x40\x00\x00\x00\x00\x00\x00\x00"),
        ("infinity", b"\xf9\x7c\x00"),
        ("not a number", b"\xf9\x7e\x00"),
        ("a float as key", b"\xa1\xf9\x3c\x00\x00"),
    ] {
        add(name, bytes, "cbor-float");
    }
    // Simple values.
    for (name, bytes) in [
        ("undefined", &b"\xf7"[..]),
        ("simple 0", b"\xe0"),
        ("simple 19", b"\xf3"),
        ("simple 32", b"\xf8\x20"),
        ("simple 255", b"\xf8\xff"),
    ] {
        add(name, bytes, "cbor-simple-value");
    }
    // Reserved.
    for major in 0..8u8 {
        for low in [0x1c, 0x1d, 0x1e] {
            add(&format!("reserved head {:02x}", major << 5 | low), &[major << 5 | low], "cbor-malformed");
        }
    }
    for head in [0x1f, 0x3f, 0xdf] {
        add(&format!("indefinite {head:02x}"), &[head, 0], "cbor-malformed");
    }
    // Integers beyond 64 bits with sign.
    add("2^63", b"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", "cbor-integer-range");
    add("2^64 - 1", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "cbor-integer-range");
    add("-2^63 - 1", b"\x3b\x80\x00\x00\x00\x00\x00\x00\x00", "cbor-integer-range");
    add("-2^64", b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "cbor-integer-range");
    // Lengths: 2^64 - 1 is -1 to a careless reader, and others overflow a sum.
    let lengths: [&[u8]; 7] = [
        b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x1b\xff\xff\xff\xff\xff\xff\xff\xfe",
        b"\x1b\x80\x00\x00\x00\x00\x00\x00\x00",
        b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x1b\x00\x00\x00\x01\x00\x00\x00\x02",
        b"\x1a\xff\xff\xff\xff",
        b"\x1a\x7f\xff\xff\xff",
    ];
    for length in lengths {
        for (kind, major, code) in [
            ("byte string", 2u8, "cbor-truncated"),
            ("text string", 3, "cbor-truncated"),
            ("array", 4, "cbor-truncated"),
            ("map", 5, "cbor-too-many-items"),
        ] {
            let head = [&[major << 5 | length[0]], &length[1..]].concat();
            add(&format!("{kind} of length {:02x?}", &length[1..]), &head, code);
        }
    }
    // Depth.
    let nested = |head: &[u8], levels: usize, end: &[u8]| [head.repeat(levels).as_slice(), end].concat();
    for levels in [9, 100, 10_000, 50_000] {
        add(&format!("{levels} arrays"), &nested(b"\x81", levels, b"\x00"), "cbor-too-deep");
        add(&format!("{levels} open arrays"), &nested(b"\x82", levels, b""), "cbor-too-deep");
        add(&format!("{levels} tags"), &nested(b"\xc1", levels, b"\x00"), "cbor-tag");
        add(&format!("{levels} indefinite arrays"), &nested(b"\x9f", levels, b""), "cbor-indefinite-length");
    }
    for levels in [9, 100, 10_000] {
        add(&format!("{levels} maps"), &nested(b"\xa1\x00", levels, b"\x00"), "cbor-too-deep");
    }
    // Width.
    add("1025 items", &[b"\x99\x04\x01".as_slice(), &[0; 1025]].concat(), "cbor-too-many-items");
    let wide: Vec<u8> = (0..65u8).flat_map(|i| [0x18, i + 24, 0]).collect();
    add("65 entries", &[b"\xb8\x41", wide.as_slice()].concat(), "cbor-too-many-items");
    // Keys.
    add("the same number twice", b"\xa2\x01\x00\x01\x00", "cbor-duplicate-key");
    add("the same number in two encodings", b"\xa2\x01\x00\x18\x01\x00", "cbor-duplicate-key");
    add("the same number in three encodings", b"\xa3\x02\x00\x01\x00\x1b\x00\x00\x00\x00\x00\x00\x00\x01\x00", "cbor-duplicate-key");
    add("the same text twice", b"\xa2\x61a\x00\x61a\x01", "cbor-duplicate-key");
    add("the same text in two encodings", b"\xa2\x61a\x00\x78\x01a\x01", "cbor-duplicate-key");
    for (name, bytes) in [
        ("byte string", &b"\xa1\x41a\x00"[..]),
        ("array", b"\xa1\x80\x00"),
        ("map", b"\xa1\xa0\x00"),
        ("true", b"\xa1\xf5\x00"),
        ("null", b"\xa1\xf6\x00"),
    ] {
        add(&format!("{name} as key"), bytes, "cbor-key-type");
    }
    // Text.
    for (name, bytes) in [
        ("a stray byte", &b"\x61\xff"[..]),
        ("half a character", b"\x61\xc3"),
        ("a surrogate", b"\x63\xed\xa0\x80"),
        ("an overlong slash", b"\x62\xc0\xaf"),
    ] {
        add(name, bytes, "cbor-invalid-utf8");
    }
    cases
}

/// Each fault where the extension outputs allow any value; both ceremonies read them.
#[test]
fn faults_in_extension_outputs() {
    let outputs = |fault: &[u8]| Some(Cbor::map([("fault", Cbor::Raw(fault.to_vec()))]));
    let fine = outputs(b"\xf4");
    let _ = Registering::new().change(|draft| draft.auth_data.set_extensions(fine.clone())).verify().unwrap();
    let _ = SigningIn::new().change(|draft| draft.auth_data.set_extensions(fine)).verify().unwrap();
    let backend = Backend::new();
    for (name, fault, code) in faulty_values() {
        refuse(&backend, &name, code, |draft| draft.auth_data.set_extensions(outputs(&fault)));
        refuse_outputs(&backend, &name, code, outputs(&fault));
    }
}

/// Each fault as the last value of a map that is a COSE key otherwise, with and without a signature over it.
#[test]
fn faults_in_the_credential_key() {
    let backend = Backend::new();
    for (name, fault, code) in faulty_values() {
        for attestation in [AttestationKind::None, AttestationKind::PackedSelf] {
            refuse(&backend, &name, code, |draft| {
                draft.attestation = attestation;
                key(draft).set(-3, Cbor::Raw(fault.clone()));
            });
        }
        let mut record_key = Cbor::map([(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, [0; 32].as_slice().into())]);
        record_key.set(-3, Cbor::Raw(fault));
        let error = passkeeper::CosePublicKey::new(record_key.encode()).unwrap_err();
        assert_eq!(error.code(), code, "{name}, stored key");
    }
}

/// Each fault inside the attestation statement: refused before the statement's format is looked at.
#[test]
fn faults_in_the_statement() {
    let backend = Backend::new();
    for (name, fault, code) in faulty_values() {
        for format in ["none", "packed", "tpm", "unheard-of"] {
            refuse(&backend, &format!("{name}, {format}"), code, |draft| {
                draft.fmt = Some(format.into());
                draft.att_stmt = Some(Cbor::map([("fault", Cbor::Raw(fault.clone()))]));
                // The faulty value comes last, so that nothing after it is read as part of it.
                object(draft, |object| {
                    let statement = object.get("attStmt").unwrap().clone();
                    object.remove("attStmt");
                    object.push_entry("attStmt", statement);
                });
            });
        }
    }
}

/// RFC 8949, section 3.3: simple values below 32 are not well-formed in two bytes; false would have two encodings.
#[test]
fn simple_values_below_32_in_two_bytes() {
    let (backend, code) = (Backend::new(), "cbor-malformed");
    for value in [0x00, 0x13, 0x14, 0x15, 0x16, 0x17, 0x1f] {
        let fault = Cbor::Raw(vec![0xf8, value]);
        let outputs = Some(Cbor::map([("fault", fault.clone())]));
        refuse(&backend, &format!("{value:02x}, extension"), code, |draft| draft.auth_data.set_extensions(outputs.clone()));
        refuse(&backend, &format!("{value:02x}, key"), code, |draft| key(draft).set(-3, fault));
        refuse_outputs(&backend, &format!("{value:02x}"), code, outputs);
    }
}

#[test]
fn trailing() {
    refuse_each(&[
        ("a zero", "cbor-trailing-bytes", |draft| draft.attestation_trailing = vec![0]),
        ("a break", "cbor-trailing-bytes", |draft| draft.attestation_trailing = vec![0xff]),
        ("a second object", "cbor-trailing-bytes", |draft| draft.attestation_trailing = draft.attestation_map().encode()),
        ("a map of one entry less", "cbor-trailing-bytes", |draft| bytes(draft, |object| [&[0xa2], &object[1..]].concat())),
        ("after the authenticator data", "authenticator-data-trailing-bytes", |draft| draft.auth_data.trailing = vec![0xa0]),
        ("after the key", "authenticator-data-trailing-bytes", |draft| {
            let encoded = key(draft).encode();
            *key(draft) = raw(&[&encoded, &[0]]);
        }),
    ]);
    let error = Backend::new().refuse_sign_in(AuthenticationRequest::discoverable(), |draft| draft.auth_data.trailing = vec![0]);
    assert_eq!((error.code(), error.spec_step()), ("authenticator-data-trailing-bytes", Some("7.2/15")));
    let key = [register(&relying_party(), &mut VirtualAuthenticator::new(1), "alice").public_key.as_bytes(), &[0]].concat();
    assert_eq!(refusal(passkeeper::CosePublicKey::new(key)), ("cbor-trailing-bytes", None));
}

#[test]
fn duplicate_keys() {
    refuse_each(&[
        ("fmt", "cbor-duplicate-key", |draft| object(draft, |object| object.push_entry("fmt", "none"))),
        ("attStmt", "cbor-duplicate-key", |draft| object(draft, |object| object.push_entry("attStmt", Cbor::Map(vec![])))),
        ("authData", "cbor-duplicate-key", |draft| {
            object(draft, |object| {
                let copy = object.get("authData").unwrap().clone();
                object.push_entry("authData", copy);
            });
        }),
        ("fmt in another encoding", "cbor-duplicate-key", |draft| {
            object(draft, |object| object.push_entry(raw(&[b"\x78\x03fmt"]), "none"));
        }),
        ("kty", "cbor-duplicate-key", |draft| key(draft).push_entry(1, 2)),
        ("alg", "cbor-duplicate-key", |draft| key(draft).push_entry(3, -7)),
        ("alg in another encoding", "cbor-duplicate-key", |draft| key(draft).push_entry(raw(&[b"\x18\x03"]), -7)),
        ("crv in another encoding", "cbor-duplicate-key", |draft| key(draft).push_entry(raw(&[b"\x38\x00"]), 1)),
        ("in extension outputs", "cbor-duplicate-key", |draft| {
            draft.auth_data.set_extensions(Some(Cbor::map([("a", true.into()), ("a", false.into())])));
        }),
    ]);
}

#[test]
fn indefinite_lengths_tags_and_floats_of_the_object() {
    refuse_each(&[
        ("the object indefinite", "cbor-indefinite-length", |draft| bytes(draft, |object| [&[0xbf], &object[1..], &[0xff]].concat())),
        ("the key indefinite", "cbor-indefinite-length", |draft| {
            let encoded = key(draft).encode();
            *key(draft) = raw(&[&[0xbf], &encoded[1..], &[0xff]]);
        }),
        ("fmt in chunks", "cbor-indefinite-length", |draft| draft.fmt = Some(raw(&[b"\x7f\x62no\x62ne\xff"]))),
        ("attStmt indefinite", "cbor-indefinite-length", |draft| draft.att_stmt = Some(raw(&[b"\xbf\xff"]))),
        ("authData in chunks", "cbor-indefinite-length", |draft| {
            let data = Cbor::Bytes(draft.auth_data.to_bytes()).encode();
            object(draft, |object| object.set("authData", raw(&[&[0x5f], &data, &[0xff]])));
        }),
        ("the object tagged", "cbor-tag", |draft| bytes(draft, |object| [b"\xd9\xd9\xf7", object.as_slice()].concat())),
        ("authData tagged as CBOR", "cbor-tag", |draft| {
            object(draft, |object| {
                let data = object.get("authData").unwrap().clone();
                object.set("authData", Cbor::Tag(24, Box::new(data)));
            });
        }),
        ("fmt tagged", "cbor-tag", |draft| draft.fmt = Some(Cbor::Tag(32, Box::new("none".into())))),
        ("the key tagged", "cbor-tag", |draft| *key(draft) = Cbor::Tag(24, Box::new(key(draft).clone()))),
        ("x tagged as a bignum", "cbor-tag", |draft| {
            let x = key(draft).get(-2).unwrap().clone();
            key(draft).set(-2, Cbor::Tag(2, Box::new(x)));
        }),
        ("kty a float", "cbor-float", |draft| key(draft).set(1, Cbor::Float(2.0))),
        ("alg a float", "cbor-float", |draft| key(draft).set(3, Cbor::Float(-7.0))),
        ("fmt a float", "cbor-float", |draft| draft.fmt = Some(Cbor::Float(0.0))),
    ]);
}

#[test]
fn depth_and_size() {
    // The statement may be nested seven levels below the object's map: eight in all.
    let nested = |levels: usize| Cbor::Raw([vec![0x81; levels], vec![0]].concat());
    let of_length = |length: usize| Cbor::map([("x", vec![0; length].into())]);
    let backend = Backend::new();
    for (name, statement, code, step) in [
        ("eight levels", nested(7), "attestation-statement-malformed", "7.1/22"),
        ("nine levels", nested(8), "cbor-too-deep", "7.1/13"),
        ("65,000 bytes", of_length(65_000), "attestation-statement-not-empty", "7.1/22"),
        ("66,000 bytes", of_length(66_000), "cbor-too-large", "7.1/13"),
    ] {
        refuse_at(&backend, step, name, code, |draft| draft.att_stmt = Some(statement));
    }
}

#[test]
fn non_text_keys_in_the_attestation_object() {
    let wrong: [(&str, Cbor, &str); 9] = [
        ("integer", 1.into(), "cbor-key-type"),
        ("negative integer", (-1).into(), "cbor-key-type"),
        ("byte string", Cbor::bytes(b"fmt"), "cbor-key-type"),
        ("array", Cbor::Array(vec!["fmt".into()]), "cbor-key-type"),
        ("map", Cbor::Map(vec![]), "cbor-key-type"),
        ("boolean", true.into(), "cbor-key-type"),
        ("null", Cbor::Null, "cbor-key-type"),
        ("float", Cbor::Float(1.0), "cbor-float"),
        ("tagged text", Cbor::Tag(0, Box::new("fmt".into())), "cbor-tag"),
    ];
    let backend = Backend::new();
    for (name, wrong_key, code) in wrong {
        refuse(&backend, &format!("{name} added"), code, |draft| object(draft, |object| object.push_entry(wrong_key.clone(), 1)));
        refuse(&backend, &format!("{name} for fmt"), code, |draft| {
            object(draft, |object| {
                object.remove("fmt");
                object.push_entry(wrong_key, "none");
            });
        });
    }
}

#[test]
fn string_typed_kty() {
    let backend = Backend::new();
    for kty in ["2", "EC2", "EC", ""] {
        refuse_at(&backend, "7.1/20", kty, "public-key-parameter-type", |draft| key(draft).set(1, kty));
    }
    refuse_at(&backend, "7.1/20", "labels as text are other labels", "public-key-extra-parameter", |draft| {
        key(draft).remove(1);
        key(draft).push_entry("1", 2);
    });
}

#[test]
fn an_object_that_is_no_map() {
    let items: [(&str, &[u8], &str); 12] = [
        ("nothing", b"", "cbor-truncated"),
        ("an integer", b"\x00", "attestation-object-not-a-map"),
        ("a byte string", b"\x40", "attestation-object-not-a-map"),
        ("text", b"\x64none", "attestation-object-not-a-map"),
        ("an array", b"\x80", "attestation-object-not-a-map"),
        ("null", b"\xf6", "attestation-object-not-a-map"),
        ("true", b"\xf5", "attestation-object-not-a-map"),
        ("an empty map", b"\xa0", "attestation-object-member-missing"),
        ("a break", b"\xff", "cbor-malformed"),
        ("five bytes with a huge map", b"\xba\xff\xff\xff\xff", "cbor-too-many-items"),
        ("five bytes with a huge array", b"\x9a\xff\xff\xff\xff", "attestation-object-not-a-map"),
        ("JSON", b"{}", "cbor-truncated"),
    ];
    let backend = Backend::new();
    for (name, item, code) in items {
        refuse(&backend, name, code, |draft| draft.attestation_object = Some(Cbor::Raw(item.to_vec())));
    }
}

/// Wherever the object ends too early, that is what is reported.
#[test]
fn cut_at_every_length() {
    let backend = Backend::new();
    for length in 0..Registering::new().draft.attestation_object_bytes().len() {
        refuse(&backend, &format!("{length} bytes"), "cbor-truncated", |draft| bytes(draft, |object| object[..length].to_vec()));
    }
}

/// Real authenticators encode integers and lengths longer than they need to, and order keys as they like.
#[test]
fn non_minimal_integers_and_other_orders_are_accepted() {
    let accepted: [(&str, Change); 9] = [
        ("map length in two bytes", |draft| bytes(draft, |object| [&[0xb8, 3], &object[1..]].concat())),
        ("map length in nine bytes", |draft| bytes(draft, |object| [&[0xbb, 0, 0, 0, 0, 0, 0, 0, 3], &object[1..]].concat())),
        ("text length in three bytes", |draft| draft.fmt = Some(raw(&[b"\x79\x00\x04none"]))),
        ("length of authData in nine bytes", |draft| {
            let data = draft.auth_data.to_bytes();
            let length = u64::try_from(data.len()).unwrap().to_be_bytes();
            object(draft, |object| object.set("authData", with_head(&[&[0x5b], length.as_slice()].concat(), &data)));
        }),
        ("empty statement with a length in two bytes", |draft| draft.att_stmt = Some(raw(&[b"\xb8\x00"]))),
        ("order reversed", |draft| {
            if let Cbor::Map(mut entries) = draft.attestation_map() {
                entries.reverse();
                draft.attestation_object = Some(Cbor::Map(entries));
            }
        }),
        ("kty and alg in two and three bytes", |draft| {
            let key = key(draft);
            key.set(1, raw(&[b"\x18\x02"]));
            key.remove(3);
            key.push_entry(raw(&[b"\x19\x00\x03"]), raw(&[b"\x39\x00\x06"]));
        }),
        ("key order reversed", |draft| {
            if let Cbor::Map(entries) = key(draft) {
                entries.reverse();
            }
        }),
        ("key length in two bytes", |draft| {
            let encoded = key(draft).encode();
            *key(draft) = raw(&[&[0xb8, 5], &encoded[1..]]);
        }),
    ];
    for (name, change) in accepted {
        let registering = Registering::new().change(change);
        let encoded = registering.draft.auth_data.attested.as_ref().unwrap().public_key.encode();
        let record = registering.verify().unwrap_or_else(|error| panic!("{name}: {error}")).into_record();
        assert_eq!(record.public_key.as_bytes(), encoded, "{name}: the key is kept as it came");
        // And it signs in.
        let signing_in = SigningIn::new().change_record(|own| own.public_key = record.public_key);
        let _ = signing_in.verify().unwrap_or_else(|error: Error| panic!("{name}: {error}"));
    }
}

/// Two lengths that contradict each other: the credential ID's and the CBOR's.
#[test]
fn lengths_past_the_end() {
    let backend = Backend::new();
    refuse(&backend, "of the credential ID", "attested-data-truncated", |draft| {
        draft.auth_data.attested.as_mut().unwrap().credential_id_length = Some(0xffff);
    });
    refuse(&backend, "of the authenticator data", "cbor-truncated", |draft| {
        let data = draft.auth_data.to_bytes();
        let length = u8::try_from(data.len() - 1).unwrap();
        object(draft, |object| object.set("authData", with_head(&[0x58, length], &data[..data.len() - 1])));
    });
    refuse_outputs(&backend, "of a map", "cbor-truncated", Some(Cbor::Raw(b"\xa1\x61a".to_vec())));
}
