//! The crate `certval`: path validation by RFC 5280, section 6.1.
//!
//! It validates a path as it is given, from an anchor to a leaf, while `x5c` may go on past the anchor's subject. So it
//! is asked about every beginning of the chain, under every anchor: one valid path is enough.

use ::certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, Error, MemoryCrlSource, PDVCertificate, PDVTrustAnchorChoice,
    PkiEnvironment, TimeOfInterest, check_revocation_local,
};

use super::Verdict;
use crate::chain::Chain;

pub fn judge(chain: &Chain) -> Verdict {
    match first_valid(chain) {
        Ok(()) => Verdict::Trusted,
        Err(reason) => Verdict::Refused(reason),
    }
}

/// The reason of the last attempt is the one that counts: it saw the whole chain.
fn first_valid(chain: &Chain) -> Result<(), String> {
    let parsed: Result<Vec<_>, _> = chain.x5c.iter().map(|der| PDVCertificate::try_from(der.as_slice())).collect();
    let parsed = parsed.map_err(|_| "malformed")?;
    let [leaf, above @ ..] = parsed.as_slice() else { panic!("a chain without a leaf") };
    let mut verdict = Err("no anchor".to_owned());
    for anchor in &chain.anchors {
        let anchor = PDVTrustAnchorChoice::try_from(anchor.as_slice()).map_err(|_| "malformed anchor")?;
        for length in 0..=above.len() {
            let intermediates = above[..length].iter().rev().cloned().collect();
            let path = CertificationPath::new(anchor.clone(), intermediates, leaf.clone());
            verdict = validate(chain, &path).map_err(|error| match error {
                Error::PathValidation(status) => format!("{status:?}"),
                other => format!("{other:?}"),
            });
            if verdict.is_ok() {
                return verdict;
            }
        }
    }
    verdict
}

fn validate(chain: &Chain, path: &CertificationPath) -> Result<(), Error> {
    let mut environment = PkiEnvironment::default();
    environment.populate_5280_pki_environment();

    let mut settings = CertificationPathSettings::default();
    settings.set_time_of_interest(TimeOfInterest::from_unix_secs(chain.now.unsigned_abs()).unwrap());
    // The settings ask for more than RFC 5280, which takes a name and a key from an anchor.
    settings.set_enforce_trust_anchor_validity(false);
    settings.set_require_ta_store(false);

    let mut results = CertificationPathResults::default();
    environment.validate_path(&environment, &settings, path, &mut results)?;
    if chain.crls.is_empty() {
        return Ok(());
    }
    let lists = MemoryCrlSource::new();
    if !chain.crls.iter().all(|der| lists.add(der)) {
        return Err(Error::ParseError);
    }
    environment.add_crl_source(Box::new(lists));
    check_revocation_local(&environment, &settings, path, &mut results)
}
