//! The provider that the tests verify with: the default one, or what `PASSKEEPER_PROVIDER` names, so that `.ci/features` can run the
//! same tests through each.

use passkeeper::crypto::{CryptoProvider, rustcrypto};

pub(crate) fn provider() -> CryptoProvider {
    match std::env::var("PASSKEEPER_PROVIDER").as_deref() {
        Err(std::env::VarError::NotPresent) | Ok("rustcrypto") => rustcrypto::PROVIDER,
        #[cfg(feature = "aws-lc-rs")]
        Ok("aws-lc-rs") => passkeeper::crypto::aws_lc_rs::PROVIDER,
        #[cfg(feature = "graviola")]
        Ok("graviola") => passkeeper::crypto::graviola::provider().unwrap().with_fallback(&rustcrypto::PROVIDER),
        other => panic!("this build has no crypto provider {other:?}"),
    }
}
