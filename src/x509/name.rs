//! Names, compared as revocation has to: one issuer may be written in several ways.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use x509_cert::der::asn1::{Any, ObjectIdentifier};
use x509_cert::der::{Tag, Tagged};
use x509_cert::name::Name;

/// A name without what RFC 5280 §7.1 ignores: the type of a string, case, and the amount of white space. Strings of
/// 16 or 32 bits a character stay as they are.
pub(super) type Folded = Vec<BTreeSet<(ObjectIdentifier, String)>>;

pub(super) fn folded(name: &Name) -> Folded {
    name.iter_rdn().map(|rdn| rdn.iter().map(|attribute| (attribute.oid, text(&attribute.value))).collect()).collect()
}

fn text(value: &Any) -> String {
    let bytes = value.value();
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::TeletexString => {
            let text = String::from_utf8_lossy(bytes).to_lowercase();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        // No text that was folded begins so.
        tag => format!(" {tag} {bytes:02x?}"),
    }
}
