//! What an attestation comes to, statement by statement.

use alloc::string::String;
use alloc::vec::Vec;

use super::{AttestationFormat, AttestationType, Attested, CompoundRule, Statement};
use crate::error::{Error, ErrorCode, Result};
use crate::types::Aaguid;

/// How far an attestation can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Nothing was attested.
    NotAttested,
    /// The credential's own key signed: proves nothing about the authenticator.
    SelfAttested,
    /// A statement came, and the relying party chose not to look at it.
    Ignored,
    /// The statement holds, but leads to no anchor, and the relying party accepts that: anybody can make one.
    Untrusted {
        /// Why it is not trusted.
        reason: Error,
    },
    /// The statement holds, and its certificates lead to an anchor. Which model it is, is another question:
    /// [`AttestationVerdict::model`].
    Trusted {
        /// The anchor's certificate, in DER.
        anchor: Vec<u8>,
    },
}

impl Trust {
    /// Whether the attestation is trusted.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::Trusted { .. })
    }

    /// Why a statement with certificates does not lead to an anchor.
    fn failure(&self) -> Option<Error> {
        match self {
            Self::Trusted { .. } => None,
            Self::Untrusted { reason } => Some(reason.clone()),
            // As a part of a compound statement these vouch for nothing.
            _ => Some(ErrorCode::AttestationUntrusted.into()),
        }
    }
}

/// Which model of authenticator made the credential; in order, from the least to the most that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AuthenticatorModel {
    /// The AAGUID is zero, which names no model, and nothing else does.
    Unnamed,
    /// The authenticator data names this model, and nothing proves it.
    Claimed(Aaguid),
    /// The model whose metadata lists the attestation certificate's key, by its key identifier (40 hexadecimal digits, for
    /// `Metadata::find_by_key_identifier`). So are authenticators found whose signature covers no AAGUID (`fido-u2f`).
    Listed(String),
    /// This model, proved: the attestation is trusted, its signature covers the AAGUID, and the anchor stands for that
    /// model (by metadata or `TrustAnchors::trust_for_model`) or the attestation certificate names it.
    Proved(Aaguid),
}

impl AuthenticatorModel {
    pub(crate) fn claimed(aaguid: Aaguid) -> Self {
        if aaguid.is_zero() { Self::Unnamed } else { Self::Claimed(aaguid) }
    }

    /// Whether more than a claim stands behind it.
    #[cfg(feature = "attestation")]
    pub(crate) fn is_vouched_for(&self) -> bool {
        matches!(self, Self::Listed(_) | Self::Proved(_))
    }

    /// The AAGUID, if it is proved.
    #[must_use]
    pub fn proved(&self) -> Option<Aaguid> {
        match self {
            Self::Proved(aaguid) => Some(*aaguid),
            _ => None,
        }
    }
}

/// What an attestation comes to (steps 21 to 24 of §7.1): what was shown, how far it can be believed, and what it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttestationVerdict {
    /// The statement's format; `None` for one that this crate does not know, whose statement was ignored.
    pub format: Option<AttestationFormat>,
    /// What kind of attestation it is (§6.5.3).
    pub attestation_type: AttestationType,
    /// How far it can be believed.
    pub trust: Trust,
    /// The trust path: certificates in DER, leaf first, each issued by the next. Of a trusted attestation the last is the
    /// anchor's own certificate (the only one, where the leaf itself is pinned); of an untrusted one they are what the
    /// statement brought. Empty for what has no certificates, and for `compound`, whose parts have their own.
    pub path: Vec<Vec<u8>>,
    /// Which model made the credential, and whether that is proved.
    pub model: AuthenticatorModel,
    /// The verdicts on the statements of a `compound` one, in its order; under `CompoundRule::Any` without those that do
    /// not hold. Empty for every other format.
    pub parts: Vec<AttestationVerdict>,
}

/// Whom a statement's certificates lead to.
pub(crate) struct Vouched {
    /// From the leaf to the anchor, both included.
    pub(crate) path: Vec<Vec<u8>>,
    pub(crate) anchor: Vec<u8>,
    /// The model that the anchor stands for or that the leaf names.
    pub(crate) model: Option<AuthenticatorModel>,
}

impl AttestationVerdict {
    /// On a statement that nobody looks at.
    pub(crate) fn ignored(attested: &Attested<'_>) -> Self {
        Self {
            format: AttestationFormat::find(attested.object.fmt),
            attestation_type: AttestationType::Ignored,
            trust: Trust::Ignored,
            path: Vec::new(),
            model: AuthenticatorModel::claimed(attested.aaguid()),
            parts: Vec::new(),
        }
    }

    /// On a statement that holds; `vouch` follows the certificates of one that is not compound.
    pub(crate) fn of(statement: &Statement<'_>, attested: &Attested<'_>, vouch: &dyn Fn(&Statement<'_>) -> Result<Vouched>) -> Self {
        let mut verdict = Self {
            format: Some(statement.format),
            attestation_type: statement.attestation_type,
            trust: Trust::NotAttested,
            path: statement.path.iter().map(|der| der.to_vec()).collect(),
            model: AuthenticatorModel::claimed(attested.aaguid()),
            parts: statement.parts.iter().map(|part| Self::of(part, attested, vouch)).collect(),
        };
        match statement.attestation_type {
            AttestationType::None => {}
            AttestationType::SelfAttestation => verdict.trust = Trust::SelfAttested,
            AttestationType::Compound => verdict.combine(attested.rules.compound),
            _ => match vouch(statement) {
                Ok(Vouched { path, anchor, model }) => {
                    (verdict.trust, verdict.path) = (Trust::Trusted { anchor }, path);
                    verdict.model = model.unwrap_or(verdict.model);
                }
                Err(reason) => verdict.trust = Trust::Untrusted { reason },
            },
        }
        verdict
    }

    /// A compound statement is as trusted as its parts: each of them, or any, as the rule says. A revoked part spoils all.
    fn combine(&mut self, rule: CompoundRule) {
        let trusted: Vec<&Self> = self.parts.iter().filter(|part| part.trust.is_trusted()).collect();
        let mut failures: Vec<Error> = self.parts.iter().filter_map(|part| part.trust.failure()).collect();
        failures.sort_by_key(|failure| !failure.tells_of_revocation());
        let failure = failures.into_iter().next();
        let spoiled = failure.as_ref().is_some_and(|e| rule == CompoundRule::All || e.tells_of_revocation());
        // All: each part has to speak for the model, so the least counts. Any: the one that says the most.
        let counts = match rule {
            CompoundRule::All => trusted.into_iter().min_by_key(|part| &part.model),
            CompoundRule::Any => trusted.into_iter().rev().max_by_key(|part| &part.model),
        };
        match counts.filter(|_| !spoiled).map(|part| (part.trust.clone(), part.model.clone())) {
            Some(verdict) => (self.trust, self.model) = verdict,
            None => self.trust = Trust::Untrusted { reason: failure.unwrap_or_else(|| ErrorCode::AttestationUntrusted.into()) },
        }
    }

    /// The attestation certificates: the leaf of this statement, or those of its parts.
    #[cfg(feature = "attestation")]
    pub(crate) fn leaves(&self) -> impl Iterator<Item = &[u8]> {
        core::iter::once(self).chain(&self.parts).filter_map(|verdict| verdict.path.first()).map(Vec::as_slice)
    }
}
