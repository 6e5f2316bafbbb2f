//! Who judges: this crate, and the others.

use std::fmt;

use crate::chain::Chain;

mod certval;
pub mod openssl;
pub mod ours;

use openssl::Openssl;

/// What a validator says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Trusted,
    /// With the reason in the validator's own words.
    Refused(String),
}

impl Verdict {
    pub fn is_trusted(&self) -> bool {
        *self == Self::Trusted
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trusted => f.write_str("trusted"),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}

/// The other validators, by the names that the table of differences calls them.
pub struct Bench {
    openssl: Option<Openssl>,
    strict: bool,
}

impl Bench {
    /// With `openssl verify -x509_strict` as one more judge, or without.
    pub fn new(strict: bool) -> Self {
        Self { openssl: Openssl::find(), strict }
    }

    /// The verdict of each of them.
    pub fn judge(&self, chain: &Chain) -> Vec<(&'static str, Verdict)> {
        let mut verdicts = vec![("certval", certval::judge(chain))];
        if let Some(openssl) = &self.openssl {
            verdicts.push(("openssl", openssl.judge(chain, false)));
            if self.strict {
                verdicts.push(("strict", openssl.judge(chain, true)));
            }
        }
        verdicts
    }

    pub fn has_openssl(&self) -> bool {
        self.openssl.is_some()
    }

    pub fn version(&self) -> &str {
        self.openssl.as_ref().map_or("without openssl", |openssl| &openssl.version)
    }
}
