//! RSA keys and the two paddings, written out so that tests can get them wrong.

use super::algorithm::HashAlgorithm;
use super::der::{octet_string, sequence};
use super::seed::expand;
use super::spki::digest_algorithm;
use ::rsa::BoxedUint;
use alloc::vec;
use alloc::vec::Vec;

/// The public exponent of every key: 65537, big-endian.
pub(super) const EXPONENT: [u8; 3] = [1, 0, 1];

/// The last two bytes of the primes p and q of each seeded key; searching them at run time would take seconds.
const PRIME_ENDS: [(u16, u16); 16] = [
    (0x00fb, 0x03b7),
    (0x020b, 0x02a3),
    (0x0d4f, 0x0463),
    (0x0191, 0x007b),
    (0x0929, 0x07b3),
    (0x0077, 0x03af),
    (0x02cd, 0x00c1),
    (0x0245, 0x001b),
    (0x012d, 0x0513),
    (0x0029, 0x00d1),
    (0x0177, 0x008f),
    (0x0327, 0x009f),
    (0x0065, 0x01f9),
    (0x008f, 0x000b),
    (0x01dd, 0x01af),
    (0x0051, 0x0253),
];

#[derive(Clone)]
pub(super) struct RsaKey {
    modulus: BoxedUint,
    private_exponent: BoxedUint,
}

impl RsaKey {
    /// One of sixteen 2048-bit keys.
    pub(super) fn from_seed(seed: u64) -> Self {
        let bucket = seed % PRIME_ENDS.len() as u64;
        let (p_end, q_end) = PRIME_ENDS[bucket as usize];
        let prime = |label, end: u16| {
            let mut bytes = expand(label, bucket, 128);
            bytes[0] |= 0xc0;
            bytes[126..].copy_from_slice(&end.to_be_bytes());
            bytes
        };
        Self::from_primes(&prime("RSA p", p_end), &prime("RSA q", q_end)).expect("the table holds primes")
    }

    /// The key with these primes (big-endian); `None` if the exponent has no inverse, so at least one is unsuitable.
    pub(super) fn from_primes(p: &[u8], q: &[u8]) -> Option<Self> {
        let bits = 8 * (p.len() + q.len()) as u32;
        let number = |bytes| BoxedUint::from_be_slice(bytes, bits).expect("the precision is that of the product");
        let (p, q, one) = (number(p), number(q), number(&[1]));
        let modulus = p.wrapping_mul(&q);
        let (p_less_one, q_less_one) = (p.wrapping_sub(&one), q.wrapping_sub(&one));
        let totient = p_less_one.wrapping_mul(&q_less_one).to_nz().into_option()?;
        let private_exponent = number(&EXPONENT).invert_mod(&totient).into_option()?;
        modulus.to_odd().into_option()?;
        Some(Self { modulus, private_exponent })
    }

    /// The modulus, big-endian without leading zeros.
    pub(super) fn modulus(&self) -> Vec<u8> {
        self.modulus.to_be_bytes_trimmed_vartime().to_vec()
    }

    pub(super) fn modulus_bits(&self) -> usize {
        self.modulus.bits_vartime() as usize
    }

    /// `message` to the power of the private exponent, as long as the modulus. `None` if it is not below the modulus.
    pub(super) fn private_op(&self, message: &[u8]) -> Option<Vec<u8>> {
        let message = BoxedUint::from_be_slice(message, self.modulus.bits_precision()).ok()?;
        if message >= self.modulus {
            return None;
        }
        let modulus = self.modulus.to_odd().into_option()?;
        let power = message.pow_mod(&self.private_exponent, &modulus).to_be_bytes();
        let length = self.modulus_bits().div_ceil(8);
        Some(power[power.len() - length..].to_vec())
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017, 9.2): 00 01 FF... 00 DigestInfo, `length` bytes in all.
///
/// # Panics
/// If `length` is too short for at least eight bytes of FF.
pub fn pkcs1v15_encoding(hash: HashAlgorithm, message: &[u8], length: usize) -> Vec<u8> {
    let info = sequence(&[digest_algorithm(hash), octet_string(&hash.digest(message))]);
    let filler = length.checked_sub(info.len() + 3).filter(|filler| *filler >= 8);
    let filler = vec![0xff; filler.expect("the length has room for eight bytes of padding")];
    [&[0, 1], filler.as_slice(), &[0], &info].concat()
}

/// EMSA-PSS (RFC 8017, 9.1) with MGF1 over the same hash, for a modulus of `modulus_bits` bits.
///
/// The result is ceil((`modulus_bits` - 1) / 8) bytes long.
///
/// # Panics
/// If hash and salt do not fit.
pub fn pss_encoding(hash: HashAlgorithm, message: &[u8], salt: &[u8], modulus_bits: usize) -> Vec<u8> {
    let bits = modulus_bits - 1;
    let length = bits.div_ceil(8);
    let salted = [&[0; 8], hash.digest(message).as_slice(), salt].concat();
    let digest = hash.digest(&salted);

    let zeros = length.checked_sub(digest.len() + salt.len() + 2);
    let zeros = vec![0; zeros.expect("the modulus has room for hash and salt")];
    let mut block = [zeros.as_slice(), &[1], salt].concat();
    for (index, chunk) in block.chunks_mut(digest.len()).enumerate() {
        let mask = hash.digest(&[digest.as_slice(), &(index as u32).to_be_bytes()].concat());
        chunk.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
    block[0] &= 0xff >> (8 * length - bits);
    [block.as_slice(), &digest, &[0xbc]].concat()
}
