//! Steps 23 and 24 of §7.1: which anchors count for a statement, and whether its certificates lead to one.

use alloc::vec::Vec;

use super::certified;
use super::{AttestationFormat, CompoundRule, Statement, StatementRules};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::metadata::{Metadata, MetadataEntry};
use crate::types::{Aaguid, UnixTime};
use crate::x509::{Certificate, Judge, RevocationList, RevokedSerials, TrustAnchor, Trusted, validate};

/// The certificates that the relying party trusts to attest, and for what.
///
/// A value like any other: nothing is built in and nothing is fetched.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    anchors: Vec<Scoped>,
    revocations: Vec<RevocationList>,
    revoked_serials: RevokedSerials,
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

    /// Adds serial numbers of revoked certificates; they count for every certificate of every chain.
    #[must_use]
    pub fn revoked_serials(mut self, serials: RevokedSerials) -> Self {
        self.revoked_serials = self.revoked_serials.and(serials);
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

    /// The anchors that may vouch for a statement, each with whether it stands for this very model.
    fn candidates(&self, format: AttestationFormat, model: Option<Aaguid>, leaf: &[u8]) -> Vec<(&TrustAnchor, bool)> {
        let fits = |s: &&Scoped| s.format.is_none_or(|f| f == format) && s.aaguid.is_none_or(|a| Some(a) == model);
        let own = self.anchors.iter().filter(fits).map(|scoped| (&scoped.anchor, scoped.aaguid.is_some()));
        let listed = self.entry(model, Some(leaf)).into_iter().flat_map(MetadataEntry::anchors).map(|anchor| (anchor, true));
        own.chain(listed).collect()
    }

    /// Whether the statement's certificates lead to an anchor, and to which.
    pub(crate) fn judge(
        &self,
        statement: &Statement<'_>,
        aaguid: Aaguid,
        rules: &StatementRules,
        provider: &CryptoProvider,
        now: UnixTime,
    ) -> Result<Vouched> {
        if statement.format == AttestationFormat::Compound {
            return self.judge_compound(statement, aaguid, rules, provider, now);
        }
        let chain = statement.path.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>>>()?;
        let Some(leaf) = chain.first() else { return Err(ErrorCode::AttestationUntrusted.into()) };
        self.revoked_serials.check(&chain)?;
        let candidates = self.candidates(statement.format, statement.model(aaguid), leaf.der());
        let anchors: Vec<&TrustAnchor> = candidates.iter().map(|(anchor, _)| *anchor).collect();
        let judge =
            Judge { anchors: &anchors, revocations: &self.revocations, allow_sha1: rules.danger_accept_sha1_certificates, provider, now };
        let Trusted { anchor } = validate(&chain, &judge)?;
        // A certificate that names the model was compared with the authenticator data when the statement was verified.
        let named = statement.signs_aaguid() && certified::aaguid(leaf).is_some();
        let bound = candidates.iter().any(|(candidate, bound)| *bound && candidate.as_der() == anchor.as_der());
        Ok(Vouched { anchor: anchor.as_der().to_vec(), for_model: named || bound })
    }

    /// A compound statement is as trusted as its parts: each of them, or any, as the rules say. A revoked part spoils all.
    fn judge_compound(
        &self,
        statement: &Statement<'_>,
        aaguid: Aaguid,
        rules: &StatementRules,
        provider: &CryptoProvider,
        now: UnixTime,
    ) -> Result<Vouched> {
        let (mut vouched, mut failure): (Option<Vouched>, _) = (None, Error::new(ErrorCode::AttestationUntrusted));
        for part in &statement.parts {
            match self.judge(part, aaguid, rules, provider, now) {
                Ok(one) => {
                    // All: each part has to speak for the model. Any: the first that is trusted counts.
                    let for_model = match (&vouched, rules.compound) {
                        (None, _) => one.for_model,
                        (Some(before), CompoundRule::All) => before.for_model && one.for_model,
                        (Some(before), CompoundRule::Any) => before.for_model,
                    };
                    let anchor = vouched.map_or(one.anchor, |before| before.anchor);
                    vouched = Some(Vouched { anchor, for_model });
                }
                Err(error) if rules.compound == CompoundRule::All || error.tells_of_revocation() => {
                    return Err(error);
                }
                Err(error) => failure = error,
            }
        }
        vouched.ok_or(failure)
    }
}

/// An attestation that leads to an anchor.
pub(crate) struct Vouched {
    /// The anchor's certificate in DER.
    pub(crate) anchor: Vec<u8>,
    /// Whether the anchor, or the certificate below it, stands for the very model that is claimed.
    pub(crate) for_model: bool,
}

/// The model that an attestation certificate names, in whichever format it comes.
pub(crate) fn model_of_leaf(der: &[u8]) -> Option<Aaguid> {
    certified::aaguid(&Certificate::parse(der).ok()?)
}
