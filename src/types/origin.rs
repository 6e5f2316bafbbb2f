use alloc::string::String;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Deserializer, Serialize};

use super::rp_id::is_domain;
use crate::error::{Error, ErrorCode, Result, quoted};

/// An origin in exactly the form in which a client reports it (§13.4.9).
///
/// A web origin is `https://host` or `https://host:port`: lower case, ASCII, no default port, no
/// slash at the end. Native apps report text of their own, such as `android:apk-key-hash:…`, which
/// has no host and is only ever compared as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Origin(String);

impl Origin {
    /// The longest origin taken, in bytes.
    const MAX_LEN: usize = 512;

    /// Takes an origin as a client would report it.
    ///
    /// # Errors
    /// `origin-invalid`, for instance for a path, a default port, capitals or user information.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let fits = match text.split_once("://") {
            Some(("https", authority)) => is_authority(authority, "443"),
            Some(("http", authority)) => is_authority(authority, "80"),
            _ => is_opaque(&text),
        };
        if fits && text.len() <= Self::MAX_LEN {
            Ok(Self(text))
        } else {
            Err(Error::new(ErrorCode::OriginInvalid).expected("such as https://example.com or android:apk-key-hash:…").found(quoted(&text)))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether the scheme is `http`, which browsers let use passkeys on `localhost` only.
    #[must_use]
    pub fn is_http(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// The host of a web origin, without port; `None` for a native app.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let authority = self.0.strip_prefix("https://").or_else(|| self.0.strip_prefix("http://"))?;
        Some(split_port(authority).0)
    }

    /// The port as written; `None` when it is the scheme's default.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        let authority = self.0.strip_prefix("https://").or_else(|| self.0.strip_prefix("http://"))?;
        split_port(authority).1
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(|error| serde::de::Error::custom(error.error_code().as_str()))
    }
}

/// Splits off a port, leaving the colons inside an IPv6 literal alone.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_authority(authority: &str, default_port: &str) -> bool {
    let (host, port) = split_port(authority);
    let port_fits = port.is_none_or(|p| p != default_port && !p.starts_with(['0', '+']) && p.parse::<u16>().is_ok());
    let ipv6 = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let host_fits = is_domain(host) || host.parse::<Ipv4Addr>().is_ok() || ipv6.is_some_and(|h| h.parse::<Ipv6Addr>().is_ok());
    port_fits && host_fits
}

/// Some scheme, a colon and something after it, in printable ASCII.
fn is_opaque(text: &str) -> bool {
    let scheme_fits = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'))
            && scheme != "http"
            && scheme != "https"
    };
    // Schemes that name a document or a connection, not an app; a mistyped `https` looks like one.
    const NO_APP: &[&str] = &["about", "blob", "data", "file", "ftp", "javascript", "ws", "wss"];
    let rest_fits = |scheme: &str, rest: &str| !rest.is_empty() && (!rest.starts_with("//") || scheme.ends_with("-extension"));
    text.split_once(':').is_some_and(|(scheme, rest)| scheme_fits(scheme) && rest_fits(scheme, rest) && !NO_APP.contains(&scheme))
        && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_client_reports_is_taken() {
        for good in [
            "https://example.com",
            "https://example.com:8443",
            "http://localhost:5000",
            "http://127.0.0.1",
            "https://[::1]:8443",
            "chrome-extension://abcdefgh",
            "android:apk-key-hash:abc_-",
            "ios:bundle-id:com.example",
        ] {
            assert_eq!(Origin::new(good).map(|o| o.as_str() == good), Ok(true), "{good}");
        }
        for bad in [
            "",
            "null",
            "https://",
            "https://example.com/",
            "https://example.com:443",
            "http://localhost:80",
            "HTTPS://example.com",
            "https://Example.com",
            "https://user@example.com",
            "https://example.com:0443",
            "https://example.com:+1",
            "https://example.com:99999",
            "https://example.com:",
            "https://bücher.example",
            "https:example.com",
            "http:x",
            "android: x",
            "htpps://example.com",
            "wss://example.com",
            "javascript:alert(1)",
            "data:x",
            "example.com",
        ] {
            assert_eq!(Origin::new(bad).map_err(|e| e.error_code()), Err(ErrorCode::OriginInvalid), "{bad}");
        }
    }

    #[test]
    fn host_and_port_come_apart() {
        let parts = |text: &str| Origin::new(text).map(|o| (o.host().map(String::from), o.port().map(String::from)));
        assert_eq!(parts("https://example.com:8443"), Ok((Some("example.com".into()), Some("8443".into()))));
        assert_eq!(parts("https://[::1]"), Ok((Some("[::1]".into()), None)));
        assert_eq!(parts("android:apk-key-hash:abc"), Ok((None, None)));
    }
}
