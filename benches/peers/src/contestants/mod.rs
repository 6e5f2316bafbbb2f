//! The contestants. Each is used as its documentation shows, and asked for the same: the RP ID, one origin, user verification.

mod caden;
mod passkeeper;
mod passki;
mod webauthn_rp;
mod webauthn_rs;

use crate::contest::Contestant;
use crate::responses::Responses;

/// Those that can run here, with this root as the trust anchor.
pub fn all(responses: &Responses, root: &[u8]) -> Vec<Contestant> {
    let mut all = passkeeper::all(responses, root);
    all.push(webauthn_rs::rust_crypto::contestant(responses, root));
    all.push(webauthn_rs::openssl::contestant(responses, root));
    all.push(webauthn_rp::contestant(responses));
    all.push(passki::contestant(responses, root));
    all.push(caden::contestant(responses, root));
    all
}
