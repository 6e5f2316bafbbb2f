//! Small texts: origins, RP IDs, scopes, AAGUIDs, IDs and base64url. Never panics; what is accepted is kept as it came and
//! accepted again; no bytes have two spellings, padding apart; allocations stay in proportion.
#![no_main]

use fuzz::bounded;
use libfuzzer_sys::fuzz_target;
use passkeeper::RelyingParty;
use passkeeper::types::{Aaguid, Bytes, CredentialId, Origin, RecordId, RpId, Scope, UserHandle};

fuzz_target!(|text: &str| {
    let len = text.len();
    if let Ok(origin) = bounded(len, 8, || Origin::new(text)) {
        assert_eq!((origin.as_str(), origin.to_string()), (text, text.to_string()));
        assert_eq!(origin.host().is_some(), origin.is_https() || origin.is_http());
        if let Some(host) = origin.host() {
            let scheme = if origin.is_https() { "https" } else { "http" };
            let again = origin.port().map_or(format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"));
            assert_eq!(again, text);
        }
    }
    if let Ok(id) = bounded(len, 8, || RpId::new(text)) {
        assert_eq!(id.as_str(), text);
        assert!(id.covers_host(text) && id.covers_host(&format!("a.{text}")));
        assert!(!id.covers_host(&format!("a{text}")) && !id.covers_host(&format!("{text}.0")));
        assert!(Origin::new(format!("https://{text}")).is_ok() || text.len() > 400, "an RP ID that is no host");
    }
    let _ = bounded(len, 8, || RpId::danger_ip_address(text));
    if let Ok(rp) = bounded(len, 64, || RelyingParty::builder(text, text).build()) {
        assert_eq!(rp.id().as_str(), text);
        assert!(rp.serves_host(text));
    }
    if let Ok(scope) = bounded(len, 8, || Scope::new(text)) {
        assert_eq!(scope.as_str(), text);
    }
    if let Ok(aaguid) = bounded(len, 8, || text.parse::<Aaguid>()) {
        assert_eq!(aaguid.to_string().parse(), Ok(aaguid));
        assert!(aaguid.to_string().eq_ignore_ascii_case(text) || text.len() == 32);
    }
    if let Ok(id) = bounded(len, 8, || text.parse::<RecordId>()) {
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().eq_ignore_ascii_case(text) || text.len() == 32);
    }
    if let Ok(bytes) = bounded(len, 8, || Bytes::from_base64url(text)) {
        let text = text.trim_end_matches('=');
        assert_eq!(bytes.to_base64url(), text);
        if let Ok(id) = CredentialId::new(bytes.clone()) {
            assert_eq!((id.as_bytes(), id.to_base64url()), (bytes.as_slice(), text.to_string()));
        }
        if let Ok(handle) = UserHandle::new(bytes.clone()) {
            assert!((1..=64).contains(&handle.as_bytes().len()));
        }
    }
});
