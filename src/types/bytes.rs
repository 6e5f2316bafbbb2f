use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use base64::{DecodeSliceError, Engine as _};
use bytes::BytesMut;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{ErrorCode, Result};

/// Padding is never written and always tolerated; trailing bits must be zero, so that one value has one spelling.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Asks the processor once for its vector instructions.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
static ENGINE: std::sync::LazyLock<base64::engine::simd::Simd> = std::sync::LazyLock::new(|| base64::engine::simd::Simd::url_safe(CONFIG));
#[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
static ENGINE: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, CONFIG);

/// Encodes as base64url without padding (§3 of WebAuthn, RFC 4648 §5).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// The same into a buffer; `None` if it is too small.
pub(super) fn encode_base64url<'b>(bytes: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let len = ENGINE.encode_slice(bytes, buffer).ok()?;
    buffer.get(..len)
}

/// Decodes base64url; padding is tolerated, the standard alphabet and whitespace are not.
fn decode_base64url(text: &str) -> Result<Vec<u8>> {
    ENGINE.decode(text).map_err(|_| ErrorCode::Base64Malformed.into())
}

/// Opaque bytes that travel through JSON as base64url: written without padding, read with or without.
///
/// A clone shares them and copies nothing; the members of a response that was read from JSON share one buffer, up to
/// 1,536 bytes of them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Bytes(bytes::Bytes);

impl Bytes {
    /// The bytes themselves.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes away; copies them if they are shared.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0.into()
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads base64url, with or without padding.
    ///
    /// # Errors
    /// `base64url-malformed`.
    pub fn from_base64url(text: &str) -> Result<Self> {
        decode_base64url(text).map(Self::from)
    }

    /// Writes base64url without padding.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        base64url(&self.0)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Copies what is borrowed.
macro_rules! from_borrowed {
    ($($type:ty, $($n:ident)?;)*) => {$(
        impl$(<const $n: usize>)? From<$type> for Bytes {
            fn from(bytes: $type) -> Self {
                let bytes: &[u8] = bytes.as_ref();
                Self(bytes::Bytes::copy_from_slice(bytes))
            }
        }
    )*};
}
from_borrowed!(&[u8],; &str,; &[u8; N], N; [u8; N], N; &Vec<u8>,;);

/// Decodes the base64url members of one text into one buffer, which they share.
pub(crate) struct SharedDecoder(BytesMut);

impl SharedDecoder {
    /// With room for the decoded members of a text of so many bytes, or of a usual one: a long text of which little is
    /// decoded must not take a large buffer along into whatever keeps a member.
    pub(crate) fn for_text_of(len: usize) -> Self {
        let room = len.min(2048).div_ceil(4).saturating_mul(3);
        // Not `zeroed`: allocators are slower to give memory that is.
        let mut buffer = BytesMut::with_capacity(room);
        buffer.resize(room, 0);
        Self(buffer)
    }

    /// Reads base64url, with or without padding; what there is no more room for has a buffer of its own.
    pub(crate) fn decode(&mut self, text: &str) -> Result<Bytes> {
        match ENGINE.decode_slice(text, &mut self.0) {
            Ok(len) => Ok(Bytes(self.0.split_to(len).freeze())),
            Err(DecodeSliceError::OutputSliceTooSmall) => Bytes::from_base64url(text),
            Err(DecodeSliceError::DecodeError(_)) => Err(ErrorCode::Base64Malformed.into()),
        }
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} bytes)", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64url())
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let text = alloc::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::from_base64url(&text).map_err(serde::de::Error::custom)
    }
}

/// Serde for a byte-valued newtype with `new(impl Into<Bytes>) -> Result<Self>` and `as_bytes`.
macro_rules! serde_base64url {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&crate::types::base64url(self.as_bytes()))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
                let bytes = crate::types::Bytes::deserialize(deserializer)?;
                Self::new(bytes).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use serde_base64url;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variations;

    #[test]
    fn padding_is_tolerated_coming_in_and_absent_going_out() {
        assert_eq!(base64url(b"a"), "YQ");
        for text in ["YQ", "YQ=="] {
            assert_eq!(decode_base64url(text), Ok(b"a".to_vec()));
        }
    }

    #[test]
    fn a_long_text_of_which_little_is_decoded_gives_no_large_buffer() {
        for len in [0, 40, 2048, 256 * 1024] {
            let mut decoder = SharedDecoder::for_text_of(len);
            let room = decoder.0.len();
            assert!((len.min(2048) * 3 / 4..=1536).contains(&room), "{len} {room}");
            assert_eq!(decoder.decode(&base64url(&[7; 5000])), Ok(Bytes::from([7; 5000])), "{len}");
        }
    }

    /// The decoder for processors without vector instructions, and for `no_std`.
    const PLAIN: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, CONFIG);

    #[test]
    fn every_change_is_decoded_as_the_plain_decoder_decodes_it() {
        // On both sides of the lengths from which on vectors are taken, and with more room than is needed, and with too little.
        for (len, ending) in [0, 1, 2, 3, 24, 47, 48, 49, 73].into_iter().zip(["", "=", "=="].into_iter().cycle()) {
            let text = base64url(&alloc::vec![0xa7; len]) + ending;
            for varied in variations::of(text.as_bytes()) {
                let varied = alloc::string::String::from_utf8_lossy(&varied);
                let plain = PLAIN.decode(&*varied).map(Bytes::from).map_err(|_| ErrorCode::Base64Malformed.into());
                for room in [varied.len(), 30] {
                    assert_eq!(SharedDecoder::for_text_of(room).decode(&varied), plain, "{varied:?}");
                }
            }
        }
    }

    #[test]
    fn other_alphabets_whitespace_and_loose_bits_are_refused() {
        for text in ["+/+/", "YQ\n", " YQ", "YR", "Y", "YQ=a", "=YQ", "ü"] {
            // Alone, and behind so much that it is decoded by vectors.
            for text in [alloc::string::String::from(text), "YWFh".repeat(20) + text] {
                let code = decode_base64url(&text).map_err(|e| e.error_code());
                assert_eq!(code, Err(ErrorCode::Base64Malformed), "{text:?}");
            }
        }
    }
}
