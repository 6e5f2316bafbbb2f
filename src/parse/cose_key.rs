//! Credential public keys as COSE_Key (§5.8.5, §6.5.1; RFC 9052, 9053, 8230).

use alloc::vec::Vec;

use crate::error::{Error, ErrorCode, Result};
use crate::parse::cbor::{Item, Key, Reader};
use crate::types::{Algorithm, Curve};

/// A credential public key of the right shape for its algorithm.
///
/// Whether an EC point lies on its curve is for the crypto provider to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoseKey<'a> {
    /// The `alg` parameter.
    pub algorithm: Algorithm,
    /// The numbers of the key.
    pub material: KeyMaterial<'a>,
}

/// The numbers of a public key, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyMaterial<'a> {
    /// A point in affine coordinates, each of the curve's full length (32, 48 or 66 bytes).
    Ec {
        /// The curve.
        curve: Curve,
        /// The x coordinate.
        x: &'a [u8],
        /// The y coordinate.
        y: &'a [u8],
    },
    /// An Ed25519 key, 32 bytes.
    Ed25519 {
        /// The encoded point.
        x: &'a [u8; 32],
    },
    /// An RSA key of 2048 to 8192 bits, without leading zeros.
    Rsa {
        /// The modulus.
        n: &'a [u8],
        /// The exponent: odd, 3 or more, at most 4 bytes.
        e: &'a [u8],
    },
}

/// The parameters by label, before anyone asks whether they belong together.
#[derive(Default)]
struct Parameters<'a> {
    kty: Option<Item<'a>>,
    alg: Option<Item<'a>>,
    minus_1: Option<Item<'a>>,
    minus_2: Option<Item<'a>>,
    minus_3: Option<Item<'a>>,
    /// The first label beyond those five.
    extra: Option<i64>,
}

const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const KTY_RSA: i64 = 3;
const CRV_ED25519: i64 = 6;

/// The number of a curve in the COSE registry.
fn crv(curve: Curve) -> i64 {
    match curve {
        Curve::P256 => 1,
        Curve::P384 => 2,
        Curve::P521 => 3,
    }
}

impl<'a> CoseKey<'a> {
    /// Parses the CBOR map.
    ///
    /// # Errors
    /// The `public-key-…` codes but `public-key-not-on-curve`, and the `cbor-…` codes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        match Self::usual(bytes) {
            Some((key, [])) => Ok(key),
            _ => Self::any(bytes),
        }
    }

    /// Splits off an ES256 key in CTAP2's canonical form, which nearly all are: read off, with what [`any`](Self::any) would say.
    fn usual(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (x, rest) = bytes.strip_prefix(b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20")?.split_at_checked(32)?;
        let (y, rest) = rest.strip_prefix(b"\x22\x58\x20")?.split_at_checked(32)?;
        Some((Self { algorithm: Algorithm::Es256, material: KeyMaterial::Ec { curve: Curve::P256, x, y } }, rest))
    }

    /// What follows the key's CBOR, whatever kind of key it is.
    pub(super) fn after(bytes: &'a [u8]) -> Result<&'a [u8]> {
        let mut reader = Reader::new(bytes)?;
        if let Some((_, rest)) = Self::usual(bytes) {
            return Ok(rest);
        }
        reader.skip()?;
        Ok(reader.rest())
    }

    fn any(bytes: &'a [u8]) -> Result<Self> {
        let parameters = Parameters::read(bytes)?;
        let kty = integer("kty", parameters.kty)?;
        let alg = integer("alg", parameters.alg)?;
        let algorithm = Algorithm::from_cose_id(alg).ok_or_else(|| Error::new(ErrorCode::PublicKeyAlgorithmUnsupported).found(alg))?;
        let (expected_kty, curve) = shape(algorithm);
        if kty != expected_kty {
            return Err(Error::new(ErrorCode::PublicKeyTypeMismatch).subject(algorithm).expected(expected_kty).found(kty));
        }
        parameters.refuse_extra(kty)?;
        let material = match curve {
            Some(CurveId::Ec(curve)) => {
                parameters.expect_curve(crv(curve))?;
                parameters.ec(curve)?
            }
            Some(CurveId::Ed25519) => {
                parameters.expect_curve(CRV_ED25519)?;
                parameters.ed25519()?
            }
            None => parameters.rsa()?,
        };
        Ok(Self { algorithm, material })
    }
}

impl CoseKey<'_> {
    /// Writes the COSE_Key in CTAP2's canonical form: shortest heads, labels in the order 1, 3, −1, −2, −3.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut start = |entries, kty| {
            write_head(&mut out, 0xa0, entries);
            write_int(&mut out, 1);
            write_int(&mut out, kty);
            write_int(&mut out, 3);
            write_int(&mut out, self.algorithm.cose_id());
        };
        match self.material {
            KeyMaterial::Ec { curve, x, y } => {
                start(5, KTY_EC2);
                write_int(&mut out, -1);
                write_int(&mut out, crv(curve));
                write_bytes(&mut out, -2, x);
                write_bytes(&mut out, -3, y);
            }
            KeyMaterial::Ed25519 { x } => {
                start(4, KTY_OKP);
                write_int(&mut out, -1);
                write_int(&mut out, CRV_ED25519);
                write_bytes(&mut out, -2, x);
            }
            KeyMaterial::Rsa { n, e } => {
                start(4, KTY_RSA);
                write_bytes(&mut out, -1, n);
                write_bytes(&mut out, -2, e);
            }
        }
        out
    }
}

fn write_bytes(out: &mut Vec<u8>, label: i64, bytes: &[u8]) {
    write_int(out, label);
    write_head(out, 0x40, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    out.extend(bytes);
}

fn write_int(out: &mut Vec<u8>, value: i64) {
    match u64::try_from(value) {
        Ok(value) => write_head(out, 0x00, value),
        Err(_) => write_head(out, 0x20, value.unsigned_abs().saturating_sub(1)),
    }
}

/// The head of an item in its shortest form; `major` is the major type in the upper three bits.
fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    match (u8::try_from(argument), u16::try_from(argument), u32::try_from(argument)) {
        (Ok(small @ 0..24), ..) => out.push(major | small),
        (Ok(byte), ..) => out.extend([major | 24, byte]),
        (_, Ok(two), _) => {
            out.push(major | 25);
            out.extend(two.to_be_bytes());
        }
        (.., Ok(four)) => {
            out.push(major | 26);
            out.extend(four.to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(argument.to_be_bytes());
        }
    }
}

enum CurveId {
    Ec(Curve),
    Ed25519,
}

/// The key type and, for elliptic curves, the `crv` that WebAuthn ties to an algorithm.
fn shape(algorithm: Algorithm) -> (i64, Option<CurveId>) {
    match algorithm {
        Algorithm::Es256 | Algorithm::Esp256 => (KTY_EC2, Some(CurveId::Ec(Curve::P256))),
        Algorithm::Es384 | Algorithm::Esp384 => (KTY_EC2, Some(CurveId::Ec(Curve::P384))),
        Algorithm::Es512 | Algorithm::Esp512 => (KTY_EC2, Some(CurveId::Ec(Curve::P521))),
        Algorithm::EdDsa | Algorithm::Ed25519 => (KTY_OKP, Some(CurveId::Ed25519)),
        Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 | Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => (KTY_RSA, None),
    }
}

impl<'a> Parameters<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes)?;
        let Item::Map(len) = reader.item()? else { return Err(ErrorCode::PublicKeyNotMap.into()) };
        let mut parameters = Self::default();
        reader.map_entries(len, |key, reader| {
            let (value, _) = reader.value()?;
            let Key::Int(label) = key else { return Err(Error::new(ErrorCode::PublicKeyExtraParameter).found(format_args!("{key:?}"))) };
            match label {
                1 => parameters.kty = Some(value),
                3 => parameters.alg = Some(value),
                -1 => parameters.minus_1 = Some(value),
                -2 => parameters.minus_2 = Some(value),
                -3 => parameters.minus_3 = Some(value),
                other => parameters.extra = parameters.extra.or(Some(other)),
            }
            Ok(())
        })?;
        reader.end()?;
        Ok(parameters)
    }

    /// Nothing beyond the required parameters is allowed, a private part least of all.
    fn refuse_extra(&self, kty: i64) -> Result<()> {
        let third_is_extra = kty != KTY_EC2 && self.minus_3.is_some();
        let Some(label) = self.extra.or(third_is_extra.then_some(-3)) else { return Ok(()) };
        let private = match kty {
            KTY_RSA => (-12..=-3).contains(&label),
            _ => label == -4,
        };
        let code = if private { ErrorCode::PublicKeyPrivatePart } else { ErrorCode::PublicKeyExtraParameter };
        Err(Error::new(code).subject("label").found(label))
    }

    fn expect_curve(&self, expected: i64) -> Result<()> {
        match integer("crv", self.minus_1)? {
            crv if crv == expected => Ok(()),
            crv => Err(Error::new(ErrorCode::PublicKeyCurveMismatch).expected(expected).found(crv)),
        }
    }

    fn ec(&self, curve: Curve) -> Result<KeyMaterial<'a>> {
        if let Some(Item::Bool(_)) = self.minus_3 {
            return Err(ErrorCode::PublicKeyCompressedPoint.into());
        }
        let coordinate = |name, item| match byte_string(name, item)? {
            bytes if bytes.len() == curve.coordinate_len() => Ok(bytes),
            bytes => {
                Err(Error::new(ErrorCode::PublicKeyCoordinateLength).subject(name).expected(curve.coordinate_len()).found(bytes.len()))
            }
        };
        Ok(KeyMaterial::Ec { curve, x: coordinate("x", self.minus_2)?, y: coordinate("y", self.minus_3)? })
    }

    fn ed25519(&self) -> Result<KeyMaterial<'a>> {
        let x = byte_string("x", self.minus_2)?;
        let wrong = |_| Error::new(ErrorCode::PublicKeyCoordinateLength).subject("x").expected(32).found(x.len());
        Ok(KeyMaterial::Ed25519 { x: x.try_into().map_err(wrong)? })
    }

    fn rsa(&self) -> Result<KeyMaterial<'a>> {
        let n = byte_string("n", self.minus_1)?;
        let e = byte_string("e", self.minus_2)?;
        check_rsa(n, e)?;
        Ok(KeyMaterial::Rsa { n, e })
    }
}

/// The bounds of an RSA key, wherever it comes from.
pub(crate) fn check_rsa(n: &[u8], e: &[u8]) -> Result<()> {
    for (name, number) in [("n", n), ("e", e)] {
        if matches!(number, [0, ..]) {
            return Err(Error::new(ErrorCode::PublicKeyRsaLeadingZero).subject(name));
        }
    }
    check_rsa_modulus(n)?;
    let exponent_fits = matches!(e, [3..=255] | [_, _] | [_, _, _] | [_, _, _, _]);
    if !exponent_fits || e.last().is_none_or(|last| last % 2 == 0) {
        return Err(ErrorCode::PublicKeyRsaExponent.into());
    }
    Ok(())
}

/// 2048 to 8192 bits, counted exactly: moduli of odd bit lengths exist and are fine.
fn check_rsa_modulus(n: &[u8]) -> Result<()> {
    let leading = n.first().map_or(0, |b| b.leading_zeros());
    let bits = n.len().saturating_mul(8).saturating_sub(usize::try_from(leading).unwrap_or(0));
    let code = match bits {
        0..2048 => ErrorCode::PublicKeyRsaTooSmall,
        2048..=8192 if n.last().is_some_and(|last| last % 2 == 1) => return Ok(()),
        2048..=8192 => ErrorCode::PublicKeyRsaEvenModulus,
        _ => ErrorCode::PublicKeyRsaTooLarge,
    };
    Err(Error::new(code).found(format_args!("{bits} bits")))
}

fn integer(name: &'static str, item: Option<Item<'_>>) -> Result<i64> {
    match item {
        Some(Item::Int(n)) => Ok(n),
        Some(other) => Err(wrong_type(name, "an integer", other)),
        None => Err(Error::new(ErrorCode::PublicKeyParameterMissing).subject(name)),
    }
}

fn byte_string<'a>(name: &'static str, item: Option<Item<'a>>) -> Result<&'a [u8]> {
    match item {
        Some(Item::Bytes(bytes)) => Ok(bytes),
        Some(other) => Err(wrong_type(name, "a byte string", other)),
        None => Err(Error::new(ErrorCode::PublicKeyParameterMissing).subject(name)),
    }
}

fn wrong_type(name: &'static str, expected: &'static str, found: Item<'_>) -> Error {
    Error::new(ErrorCode::PublicKeyParameterType).subject(name).expected(expected).found(found.type_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::cbor::MAX_INPUT;
    use crate::variations;

    #[test]
    fn the_usual_key_is_read_off_as_any_other_is_read() {
        let after = |key: &[u8], len| CoseKey::after(&[key, &alloc::vec![0; len]].concat()).map(<[u8]>::len).map_err(|e| e.error_code());
        let material = KeyMaterial::Ec { curve: Curve::P256, x: &[0x11; 32], y: &[0x22; 32] };
        let usual = CoseKey { algorithm: Algorithm::Es256, material }.to_bytes();
        assert!(CoseKey::usual(&usual).is_some());
        // The same in another order of labels, which is not read off: neither may be followed by more than is ever read.
        let (labels, rest) = usual.split_at(5);
        let other = [
            &labels.iter().take(1).copied().collect::<Vec<_>>(),
            &labels.iter().skip(3).copied().collect::<Vec<_>>(),
            &labels.iter().skip(1).take(2).copied().collect::<Vec<_>>(),
            rest,
        ]
        .concat();
        assert!(CoseKey::usual(&other).is_none() && CoseKey::parse(&other) == CoseKey::parse(&usual));
        for len in [0, 1, MAX_INPUT - usual.len(), MAX_INPUT - usual.len() + 1] {
            assert_eq!(after(&usual, len), after(&other, len), "{len}");
        }
        for varied in variations::of(&usual) {
            assert_eq!(CoseKey::parse(&varied), CoseKey::any(&varied), "{varied:02x?}");
            let skipped = Reader::new(&varied).and_then(|mut reader| reader.skip().map(|_| reader.rest()));
            assert_eq!(CoseKey::after(&varied), skipped, "{varied:02x?}");
        }
    }

    #[test]
    fn heads_are_written_as_an_independent_encoder_writes_them() {
        use ciborium_ll::{Encoder, Header};
        let pushed = |header: Header| {
            let mut out = Vec::new();
            Encoder::from(&mut out).push(header).unwrap();
            out
        };
        let written = |major: u8, argument: u64| {
            let mut out = Vec::new();
            write_head(&mut out, major, argument);
            out
        };
        for argument in [0, 1, 23, 24, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            let len = usize::try_from(argument).unwrap();
            assert_eq!(written(0x00, argument), pushed(Header::Positive(argument)));
            assert_eq!(written(0x20, argument), pushed(Header::Negative(argument)));
            assert_eq!(written(0x40, argument), pushed(Header::Bytes(Some(len))));
            assert_eq!(written(0xa0, argument), pushed(Header::Map(Some(len))));
        }
    }

    #[test]
    fn every_kind_of_key_is_written_as_it_is_read() {
        let n = [&[0x81][..], &[0x55; 255]].concat();
        let keys = [
            (Algorithm::Es256, KeyMaterial::Ec { curve: Curve::P256, x: &[0x11; 32], y: &[0x22; 32] }),
            (Algorithm::Es384, KeyMaterial::Ec { curve: Curve::P384, x: &[0x11; 48], y: &[0x22; 48] }),
            (Algorithm::EdDsa, KeyMaterial::Ed25519 { x: &[0x11; 32] }),
            (Algorithm::Rs256, KeyMaterial::Rsa { n: &n, e: &[1, 0, 1] }),
        ];
        for (algorithm, material) in keys {
            let key = CoseKey { algorithm, material };
            let bytes = key.to_bytes();
            assert_eq!(CoseKey::parse(&bytes), Ok(key));
        }
    }
}
