//! TPMT_PUBLIC and TPMS_ATTEST (TPM 2.0 Library, Part 2): big-endian, and to the last byte.

use crate::types::Curve;

const ALG_NULL: u16 = 0x0010;
const ALG_RSA: u16 = 0x0001;
const ALG_ECC: u16 = 0x0023;

/// TPMT_PUBLIC, as far as it is looked at.
pub(super) struct PublicArea<'a> {
    pub(super) name_alg: u16,
    /// TPMA_OBJECT.
    pub(super) attributes: u32,
    pub(super) parameters: PublicParameters<'a>,
}

/// Parameters and unique field of a public area.
pub(super) enum PublicParameters<'a> {
    Rsa { exponent: u32, modulus: &'a [u8] },
    Ecc { curve: Curve, x: &'a [u8], y: &'a [u8] },
}

impl<'a> PublicArea<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Fields(bytes);
        let algorithm = reader.u16()?;
        let name_alg = reader.u16()?;
        let attributes = reader.u32()?;
        reader.sized()?; // authPolicy
        reader.symmetric()?;
        let parameters = match algorithm {
            ALG_RSA => {
                reader.scheme()?;
                reader.u16()?; // keyBits
                let exponent = match reader.u32()? {
                    0 => 65_537,
                    exponent => exponent,
                };
                PublicParameters::Rsa { exponent, modulus: reader.sized()? }
            }
            ALG_ECC => {
                reader.scheme()?;
                let curve = match reader.u16()? {
                    0x0003 => Curve::P256,
                    0x0004 => Curve::P384,
                    0x0005 => Curve::P521,
                    _ => return None,
                };
                reader.scheme()?; // kdf
                PublicParameters::Ecc { curve, x: reader.sized()?, y: reader.sized()? }
            }
            _ => return None,
        };
        reader.end()?;
        Some(Self { name_alg, attributes, parameters })
    }
}

/// TPMS_ATTEST up to what depends on its type.
pub(super) struct Attest<'a> {
    pub(super) magic: u32,
    pub(super) attest_type: u16,
    pub(super) extra_data: &'a [u8],
    rest: &'a [u8],
}

/// TPMS_CERTIFY_INFO: the name of the certified object.
pub(super) struct CertifyInfo<'a> {
    pub(super) name: &'a [u8],
}

impl<'a> Attest<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Fields(bytes);
        let magic = reader.u32()?;
        let attest_type = reader.u16()?;
        reader.sized()?; // qualifiedSigner
        let extra_data = reader.sized()?;
        reader.take(17)?; // clockInfo
        reader.take(8)?; // firmwareVersion
        Some(Self { magic, attest_type, extra_data, rest: reader.0 })
    }

    pub(super) fn certify(&self) -> Option<CertifyInfo<'a>> {
        let mut reader = Fields(self.rest);
        let name = reader.sized()?;
        reader.sized()?; // qualifiedName
        reader.end()?;
        Some(CertifyInfo { name })
    }
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// A TPM2B: length and bytes.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.take(len.into())
    }

    /// TPMT_SYM_DEF_OBJECT: an algorithm, and unless it is none, key bits and mode.
    fn symmetric(&mut self) -> Option<()> {
        if self.u16()? != ALG_NULL {
            self.u16()?;
            self.u16()?;
        }
        Some(())
    }

    /// A scheme or key derivation: an algorithm, and unless it is none, a hash.
    fn scheme(&mut self) -> Option<()> {
        if self.u16()? != ALG_NULL {
            self.u16()?;
        }
        Some(())
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
