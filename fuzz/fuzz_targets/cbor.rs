//! CBOR, which the public API takes only inside of something: as a statement and as an extension's output. Never panics; what is
//! accepted another decoder reads too, to the same end; what another decoder reads is accepted in its shortest form, if
//! WebAuthn's formats may contain it; nothing is copied.
#![no_main]

use fuzz::{formats, uncopied};
use libfuzzer_sys::fuzz_target;
use passkeeper::parse::{AttestationObject, AuthenticatorData};

/// In an array, since a statement is a container.
fn in_object(item: &[u8]) -> Vec<u8> {
    [b"\xa3\x63fmt\x64none\x68authData\x40\x67attStmt\x81", item].concat()
}

fn in_extensions(item: &[u8]) -> Vec<u8> {
    [[0; 32].as_slice(), b"\x80\0\0\0\0\xa1\x61x", item].concat()
}

fn accepted(item: &[u8]) -> [bool; 2] {
    let (object, data) = (in_object(item), in_extensions(item));
    let object = uncopied(|| AttestationObject::parse(&object)).is_ok();
    [object, uncopied(|| AuthenticatorData::parse(&data)).is_ok()]
}

fuzz_target!(|bytes: &[u8]| {
    let read = formats::cbor(bytes);
    if accepted(bytes).contains(&true) {
        let (_, len) = read.as_ref().expect("accepted, so CBOR");
        assert_eq!(*len, bytes.len());
        assert_eq!(accepted(&bytes[..len - 1]), [false; 2]);
    }
    if let Some((value, _)) = read
        && formats::is_plain(&value, 0, &mut 0)
    {
        let shortest = formats::encoded(&value);
        assert!(shortest.len() > 60_000 || accepted(&shortest) == [true; 2], "{value:?}");
    }
});
