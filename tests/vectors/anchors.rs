//! Trust anchors and moments, as the files write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use passkeeper::attestation::{StatementRules, TrustAnchors};
use passkeeper::types::UnixTime;
use passkeeper::x509::TrustAnchor;

/// The certificate in a PEM text.
pub(crate) fn from_pem(pem: &str) -> TrustAnchor {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    TrustAnchor::from_der(&STANDARD.decode(base64).unwrap()).unwrap()
}

/// Anchors for everything.
pub(crate) fn trust(anchors: impl IntoIterator<Item = TrustAnchor>) -> TrustAnchors {
    anchors.into_iter().fold(TrustAnchors::new(), TrustAnchors::trust)
}

/// `2021-05-18T16:21:48Z` and the like.
pub(crate) fn moment(text: &str) -> UnixTime {
    let date: x509_cert::der::DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    UnixTime::from_secs(date.unix_duration().as_secs().try_into().unwrap())
}

/// The rules under which everything that was ever recorded can be judged.
pub(crate) fn lenient() -> StatementRules {
    let mut rules = StatementRules::default();
    rules.danger_accept_android_safetynet = true;
    rules.danger_accept_test_tpm_vendors = true;
    rules.danger_accept_movable_tpm_keys = true;
    rules
}
