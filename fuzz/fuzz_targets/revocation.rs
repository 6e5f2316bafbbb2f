//! Revocation lists and revoked serial numbers, the first byte choosing the form: never panics; a list revokes only as its issuer
//! signed it, and a forged one changes nothing; of serial numbers those count that are listed; allocations stay in proportion.
#![no_main]

use std::sync::LazyLock;

use fuzz::ceremony::{Registering, anchors, ca, relying_party, revocation_list};
use fuzz::formats::{sign_again, signed_part};
use fuzz::{bounded, mutated, work};
use libfuzzer_sys::fuzz_target;
use passkeeper::testing::{CertificateAuthority, HashAlgorithm, PackedAttestation};
use passkeeper::x509::{RevocationList, RevokedSerials};
use serde_json::Value;

struct World {
    ca: CertificateAuthority,
    registering: Registering,
    list: Vec<u8>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let ca = ca();
    let registering = Registering::with(&relying_party(anchors()), PackedAttestation::new(&ca).into());
    World { ca, registering, list: revocation_list() }
});

/// The code with which the honest registration is refused or distrusted where this list counts.
fn code(list: RevocationList) -> Option<&'static str> {
    let rp = relying_party(anchors().revocation_list(list));
    let verdict = work::signatures(8, || WORLD.registering.verify(&rp, &WORLD.registering.response));
    match verdict {
        Err(error) => Some(error.code()),
        Ok(verified) => match verified.trust() {
            passkeeper::Trust::Trusted { .. } => None,
            passkeeper::Trust::Untrusted { reason } => Some(reason.code()),
            other => panic!("{other:?}"),
        },
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, content @ ..] = bytes else { return };
    let World { ca, list: honest, .. } = &*WORLD;
    let text = String::from_utf8_lossy(content);
    let list = match choice % 5 {
        0 => content.to_vec(),
        1 => mutated(honest, content),
        2 => sign_again(&mutated(signed_part(honest), content), &ca.root.key, HashAlgorithm::Sha384),
        3 => {
            let serials = bounded(text.len(), 64, || RevokedSerials::from_status_json(&text));
            let plain: Option<Value> = serde_json::from_str(&text).ok();
            if let Ok(serials) = serials {
                let listed = plain.unwrap()["entries"].as_object().unwrap().len();
                assert!(serials.len() <= listed && serials.is_empty() == (listed == 0));
            }
            return;
        }
        _ => {
            if let Ok(serials) = bounded(text.len(), 64, || RevokedSerials::from_hex(text.lines())) {
                assert!(text.lines().all(|line| !line.is_empty() && line.chars().all(|c| c.is_ascii_hexdigit())));
                let upper = RevokedSerials::from_hex(
                    text.to_ascii_uppercase().lines().map(|line| line.trim_start_matches('0')).filter(|line| !line.is_empty()),
                );
                let zero = RevokedSerials::from_hex(["0"]).unwrap();
                assert_eq!(upper.unwrap().and(zero.clone()), serials.and(zero));
            }
            return;
        }
    };
    let Ok(parsed) = bounded(list.len(), 128, || RevocationList::from_der(&list)) else {
        assert_ne!(list, *honest);
        return;
    };
    assert!(RevocationList::from_der(&[&list[..], b"\0"].concat()).is_err());
    let code = code(parsed);
    assert!(matches!(code, None | Some("certificate-revoked" | "revocation-list-unverifiable")), "{code:?}");
    if choice % 5 != 2 {
        assert_eq!(code == Some("certificate-revoked"), list == *honest, "by a list that nobody signed: {code:?}");
    }
});
