//! Steps 23 and 24 of §7.1: which anchors count for a statement, and whether its certificates lead to one.

use alloc::vec::Vec;

use super::{AttestationFormat, CompoundRule, Statement, StatementRules};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::metadata::{Metadata, MetadataEntry};
use crate::types::{Aaguid, UnixTime};
use crate::x509::{Certificate, Judge, RevocationList, TrustAnchor, Trusted, validate};

/// The certificates that the relying party trusts to attest, and for what.
///
/// A value like any other: nothing is built in and nothing is fetched.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    anchors: Vec<Scoped>,
    revocations: Vec<RevocationList>,
    metadata: Option<Metadata>,
}

#[derive(Clone, Debug)]
struct Scoped {
    format: Option<AttestationFormat>,
    aaguid: Option<Aaguid>,
    anchor: TrustAnchor,
}

impl TrustAnchors {
    /// No anchors: nothing with a certificate is trusted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a certificate for every format and model. A leaf is trusted as it is, byte for byte.
    #[must_use]
    pub fn trust(self, anchor: TrustAnchor) -> Self {
        self.scoped(None, None, anchor)
    }

    /// Trusts a certificate for one format.
    #[must_use]
    pub fn trust_for_format(self, format: AttestationFormat, anchor: TrustAnchor) -> Self {
        self.scoped(Some(format), None, anchor)
    }

    /// Trusts a certificate for one model of authenticator.
    #[must_use]
    pub fn trust_for_model(self, aaguid: Aaguid, anchor: TrustAnchor) -> Self {
        self.scoped(None, Some(aaguid), anchor)
    }

    /// Adds the anchors of FIDO metadata, each for the model it belongs to, and the status of each model.
    #[must_use]
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Adds a revocation list; it counts for certificates of the issuer that signed it.
    #[must_use]
    pub fn revocation_list(mut self, list: RevocationList) -> Self {
        self.revocations.push(list);
        self
    }

    fn scoped(mut self, format: Option<AttestationFormat>, aaguid: Option<Aaguid>, anchor: TrustAnchor) -> Self {
        self.anchors.push(Scoped { format, aaguid, anchor });
        self
    }

    /// The metadata's entry for a model, or for the key of an attestation certificate where there is no AAGUID.
    pub(crate) fn entry(&self, model: Option<Aaguid>, leaf: Option<&[u8]>) -> Option<&MetadataEntry> {
        let metadata = self.metadata.as_ref()?;
        if let Some(aaguid) = model.filter(|aaguid| !aaguid.is_zero()) {
            return metadata.find(aaguid);
        }
        let leaf = Certificate::parse(leaf?).ok()?;
        metadata.find_by_public_key(leaf.public_key_bits())
    }

    fn candidates(&self, format: AttestationFormat, model: Option<Aaguid>, leaf: &[u8]) -> Vec<&TrustAnchor> {
        let fits = |s: &&Scoped| s.format.is_none_or(|f| f == format) && s.aaguid.is_none_or(|a| Some(a) == model);
        let own = self.anchors.iter().filter(fits).map(|scoped| &scoped.anchor);
        let listed = self.entry(model, Some(leaf)).into_iter().flat_map(MetadataEntry::anchors);
        own.chain(listed).collect()
    }

    /// Whether the statement's certificates lead to an anchor; the anchor's certificate in DER.
    pub(crate) fn judge(
        &self,
        statement: &Statement<'_>,
        aaguid: Aaguid,
        rules: &StatementRules,
        provider: &CryptoProvider,
        now: UnixTime,
    ) -> Result<Vec<u8>> {
        if statement.format == AttestationFormat::Compound {
            return self.judge_compound(statement, aaguid, rules, provider, now);
        }
        let chain = statement.path.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>>>()?;
        let Some(leaf) = chain.first() else { return Err(ErrorCode::AttestationUntrusted.into()) };
        let anchors = self.candidates(statement.format, statement.model(aaguid), leaf.der());
        let judge =
            Judge { anchors: &anchors, revocations: &self.revocations, allow_sha1: rules.danger_accept_sha1_certificates, provider, now };
        let Trusted { anchor } = validate(&chain, &judge)?;
        Ok(anchor.as_der().to_vec())
    }

    /// A compound statement is as trusted as its parts: each of them, or any, as the rules say.
    fn judge_compound(
        &self,
        statement: &Statement<'_>,
        aaguid: Aaguid,
        rules: &StatementRules,
        provider: &CryptoProvider,
        now: UnixTime,
    ) -> Result<Vec<u8>> {
        let mut verdict = Err(Error::new(ErrorCode::AttestationUntrusted));
        for part in &statement.parts {
            match (self.judge(part, aaguid, rules, provider, now), rules.compound) {
                (Ok(anchor), CompoundRule::Any) => return Ok(anchor),
                (Err(error), CompoundRule::All) => return Err(error),
                (part, _) => verdict = part,
            }
        }
        verdict
    }
}
