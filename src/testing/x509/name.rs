//! Distinguished names.

use crate::testing::der::{oid, sequence, set_of, tlv};
use crate::testing::oid;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// A distinguished name: a list of relative distinguished names (RDNs), each a set of attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(
    /// The RDNs. Most hold one attribute.
    pub Vec<Vec<Attribute>>,
);

/// An attribute of a [`Name`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its type, an OID in dotted form.
    pub oid: String,
    /// The ASN.1 type of the text.
    pub string_type: StringType,
    /// Its value.
    pub text: String,
}

/// The ASN.1 types for text. All are written as the UTF-8 bytes of the text, whether or not the type allows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringType {
    /// UTF8String.
    Utf8,
    /// PrintableString.
    Printable,
    /// TeletexString, also called T61String.
    Teletex,
    /// IA5String.
    Ia5,
}

impl Name {
    /// The empty name.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A name with a commonName alone.
    pub fn common(text: &str) -> Self {
        Self::empty().with(oid::COMMON_NAME, text)
    }

    /// The name with one more RDN of one attribute: a PrintableString for the country, else a UTF8String.
    #[must_use]
    pub fn with(mut self, oid: &str, text: &str) -> Self {
        self.0.push(vec![Attribute::new(oid, text)]);
        self
    }

    /// The same attributes as one RDN.
    #[must_use]
    pub fn joined(self) -> Self {
        Self(vec![self.0.into_iter().flatten().collect()])
    }

    /// The first attribute with this OID.
    pub fn attribute(&self, oid: &str) -> Option<&Attribute> {
        self.0.iter().flatten().find(|attribute| attribute.oid == oid)
    }

    /// The first attribute with this OID, to be changed.
    pub fn attribute_mut(&mut self, oid: &str) -> Option<&mut Attribute> {
        self.0.iter_mut().flatten().find(|attribute| attribute.oid == oid)
    }

    /// Changes the text of the first attribute with this OID, or appends it as [`with`](Self::with) does.
    pub fn set(&mut self, oid: &str, text: &str) {
        match self.attribute_mut(oid) {
            Some(attribute) => attribute.text = text.into(),
            None => self.0.push(vec![Attribute::new(oid, text)]),
        }
    }

    /// Removes every attribute with this OID, and RDNs that are empty then.
    pub fn remove(&mut self, oid: &str) {
        self.0.iter_mut().for_each(|rdn| rdn.retain(|attribute| attribute.oid != oid));
        self.0.retain(|rdn| !rdn.is_empty());
    }

    /// The name in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let rdns: Vec<_> = self.0.iter().map(|rdn| set_of(&rdn.iter().map(Attribute::to_der).collect::<Vec<_>>())).collect();
        sequence(&rdns)
    }
}

impl Attribute {
    /// An attribute: a PrintableString for the country, else a UTF8String.
    pub fn new(oid: &str, text: &str) -> Self {
        let string_type = if oid == oid::COUNTRY { StringType::Printable } else { StringType::Utf8 };
        Self { oid: oid.into(), string_type, text: text.into() }
    }

    fn to_der(&self) -> Vec<u8> {
        let tag = match self.string_type {
            StringType::Utf8 => 0x0c,
            StringType::Printable => 0x13,
            StringType::Teletex => 0x14,
            StringType::Ia5 => 0x16,
        };
        sequence(&[oid(&self.oid), tlv(tag, self.text.as_bytes())])
    }
}
