//! Enumerations that travel as text. Unknown values must be survivable (§2.1.1), so what comes from
//! outside is kept as it came; what the relying party sends is an enum.

use alloc::borrow::Cow;
use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize};

/// Text that keeps whatever came, with the values known today as constants.
macro_rules! open_text {
    ($(#[$doc:meta])* $type:ident { $($(#[$value_doc:meta])* $name:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $type(Cow<'static, str>);

        impl $type {
            $($(#[$value_doc])* pub const $name: Self = Self(Cow::Borrowed($value));)*

            /// Takes the text as it came.
            #[must_use]
            pub fn new(text: impl AsRef<str> + Into<String>) -> Self {
                match text.as_ref() {
                    $($value => Self::$name,)*
                    _ => Self(Cow::Owned(text.into())),
                }
            }

            /// The text as it came.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer).map(Self::new)
            }
        }
    };
}

open_text! {
    /// How a client may reach an authenticator (§5.8.4): stored and sent back as it came, unknown values included.
    Transport {
        /// `usb`
        USB = "usb",
        /// `nfc`
        NFC = "nfc",
        /// `ble`
        BLE = "ble",
        /// `smart-card`
        SMART_CARD = "smart-card",
        /// `hybrid`: another device, typically a phone.
        HYBRID = "hybrid",
        /// `internal`: the client device itself.
        INTERNAL = "internal",
    }
}

open_text! {
    /// A credential type (§5.8.2): only `public-key` exists today.
    CredentialType {
        /// `public-key`
        PUBLIC_KEY = "public-key",
    }
}

open_text! {
    /// Where an authenticator is attached (§5.4.5).
    AuthenticatorAttachment {
        /// `platform`: part of the client device.
        PLATFORM = "platform",
        /// `cross-platform`: a security key or another device.
        CROSS_PLATFORM = "cross-platform",
    }
}

open_text! {
    /// A hint to the browser's dialogue (§5.8.7); earlier ones weigh more, and hints beat transports and attachment.
    Hint {
        /// `security-key`
        SECURITY_KEY = "security-key",
        /// `client-device`
        CLIENT_DEVICE = "client-device",
        /// `hybrid`
        HYBRID = "hybrid",
    }
}

/// What the relying party asks of user verification (§5.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// The ceremony fails unless the user was verified.
    Required,
    /// Asked for if possible; proves nothing by itself.
    #[default]
    Preferred,
    /// Not wanted.
    Discouraged,
}

/// Whether a discoverable credential is wanted (§5.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResidentKey {
    /// The credential must be discoverable.
    Required,
    /// Discoverable if possible.
    Preferred,
    /// Rather not discoverable.
    Discouraged,
}

/// Which attestation the relying party asks the client to convey (§5.4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttestationConveyance {
    /// None wanted.
    #[default]
    None,
    /// Any that the client sees fit.
    Indirect,
    /// The authenticator's own statement.
    Direct,
    /// One that may name the single device.
    Enterprise,
}
