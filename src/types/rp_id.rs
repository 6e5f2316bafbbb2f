use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, ErrorCode, Result, quoted};

/// An RP ID: a lower-case ASCII domain, without scheme, port or path (§4).
///
/// International names are written in their ASCII form (`xn--…`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RpId(Arc<str>);

impl RpId {
    /// Takes a domain such as `example.com`, or `localhost`.
    ///
    /// # Errors
    /// `rp-id-invalid` for anything else, IP addresses included.
    pub fn new(domain: impl Into<String>) -> Result<Self> {
        let domain = domain.into();
        if is_domain(&domain) { Ok(Self(domain.into())) } else { Err(invalid(&domain)) }
    }

    /// Takes an IP address, which no browser accepts as an RP ID and no certificate authority vouches for.
    ///
    /// For judging captures of development set-ups.
    ///
    /// # Errors
    /// `rp-id-invalid` if it is no IP address.
    pub fn danger_ip_address(address: impl Into<String>) -> Result<Self> {
        let address = address.into();
        let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(&address);
        if bare.parse::<IpAddr>().is_ok() { Ok(Self(address.into())) } else { Err(invalid(&address)) }
    }

    /// The domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this host is the RP ID itself or lies below it, as a browser demands of a caller.
    #[must_use]
    pub fn covers_host(&self, host: &str) -> bool {
        host == self.as_str() || host.strip_suffix(self.as_str()).is_some_and(|below| below.ends_with('.') && below.len() > 1)
    }
}

impl fmt::Display for RpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RpId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // What is persisted was judged when it was configured.
        Self::new(text.clone())
            .or_else(|_| Self::danger_ip_address(text))
            .map_err(|error| serde::de::Error::custom(error.error_code().as_str()))
    }
}

fn invalid(text: &str) -> Error {
    Error::new(ErrorCode::RpIdInvalid).found(quoted(text))
}

/// A lower-case ASCII domain of letters, digits and inner hyphens; its last label is no number, so it is no address.
pub(super) fn is_domain(text: &str) -> bool {
    let label_fits = |label: &str| {
        matches!(label.len(), 1..=63)
            && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_number = text.rsplit('.').next().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 253 && text.split('.').all(label_fits) && !last_is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_ascii_domains_pass() {
        for good in ["example.com", "localhost", "a.b-c.d", "xn--bcher-kva.example", "1.example"] {
            assert!(RpId::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "example.com.",
            "Example.com",
            "https://example.com",
            "example.com:443",
            "example.com/",
            "bücher.example",
            "127.0.0.1",
            "[::1]",
            "-a.example",
            "a-.example",
            "a..b",
            "a b",
        ] {
            assert_eq!(RpId::new(bad).map_err(|e| e.error_code()), Err(ErrorCode::RpIdInvalid), "{bad}");
        }
    }

    #[test]
    fn ip_addresses_pass_only_by_their_dangerous_name() {
        for address in ["127.0.0.1", "::1", "[::1]"] {
            assert!(RpId::danger_ip_address(address).is_ok(), "{address}");
        }
        assert!(RpId::danger_ip_address("example.com").is_err());
    }

    #[test]
    fn a_host_is_covered_at_label_borders_only() {
        let rp_id = RpId::new("example.com").expect("valid");
        for (host, covered) in [
            ("example.com", true),
            ("www.example.com", true),
            ("evilexample.com", false),
            ("example.com.evil", false),
            (".example.com", false),
            ("com", false),
        ] {
            assert_eq!(rp_id.covers_host(host), covered, "{host}");
        }
    }
}
