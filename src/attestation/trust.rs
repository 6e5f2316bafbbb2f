//! Steps 23 and 24 of §7.1: which anchors count for a statement, and whether its certificates lead to one.

use alloc::vec::Vec;

use super::certified;
use super::tpm::AIK_CERTIFICATE;
use super::{AttestationFormat, AttestationType, Attested, AuthenticatorModel, Statement, Vouched};
use crate::error::{ErrorCode, Result};
use crate::metadata::{Metadata, MetadataEntry, Name, key_identifier};
use crate::types::{Aaguid, UnixTime};
use crate::x509::{Certificate, Judge, ObjectIdentifier, RevocationList, RevokedSerials, SERVER_AUTH, TrustAnchor, Trusted, validate};

/// The certificates that the relying party trusts to attest, and for what.
///
/// A value like any other: nothing is built in and nothing is fetched. Metadata and
/// [`trust_for_model`](Self::trust_for_model) say the most, [`trust_for_format`](Self::trust_for_format) is for roots that
/// stand for no model (Google's, Apple's, a TPM vendor's), and [`trust`](Self::trust) is the last resort.
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

    /// Trusts a certificate for every format and every model. A leaf is trusted as it is, byte for byte.
    ///
    /// Prefer [`trust_for_format`](Self::trust_for_format): what an authority certifies means something in its own format
    /// only. Whoever gets a certificate from it for another purpose (a leaf for a phone's app, a TPM's identity key) could
    /// otherwise present it in a format with weaker rules for leaves.
    #[must_use]
    pub fn trust(self, anchor: TrustAnchor) -> Self {
        self.scoped(None, None, anchor)
    }

    /// Trusts a certificate for one format; of a `compound` statement, for its parts of that format.
    #[must_use]
    pub fn trust_for_format(self, format: AttestationFormat, anchor: TrustAnchor) -> Self {
        self.scoped(Some(format), None, anchor)
    }

    /// Trusts a certificate for one model of authenticator, which it then proves. The zero AAGUID is no model.
    #[must_use]
    pub fn trust_for_model(self, aaguid: Aaguid, anchor: TrustAnchor) -> Self {
        self.scoped(None, Some(aaguid), anchor)
    }

    /// Adds the anchors of FIDO metadata, each for the model it belongs to and the types of attestation that its entry lists,
    /// and the status of each model. Some entries list public certification authorities of the web: their word proves the
    /// model of what they sign, in every format, so that a metadata service is trusted with what it lists. That new metadata
    /// is overdue refuses nothing, unless `AttestationPolicy::refuse_stale_metadata` says so.
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

    /// Adds serial numbers of revoked certificates; they count for every certificate that a statement brings, and for the
    /// anchor it leads to.
    #[must_use]
    pub fn revoked_serials(mut self, serials: RevokedSerials) -> Self {
        self.revoked_serials = self.revoked_serials.and(serials);
        self
    }

    fn scoped(mut self, format: Option<AttestationFormat>, aaguid: Option<Aaguid>, anchor: TrustAnchor) -> Self {
        self.anchors.push(Scoped { format, aaguid, anchor });
        self
    }

    /// The metadata's entries for a model: one, unless the BLOB is at odds with itself.
    pub(crate) fn entries(&self, model: &AuthenticatorModel) -> impl Iterator<Item = &MetadataEntry> {
        let name = match model {
            AuthenticatorModel::Unnamed => None,
            AuthenticatorModel::Claimed(aaguid) | AuthenticatorModel::Proved(aaguid) => Some(Name::Aaguid(*aaguid)),
            AuthenticatorModel::Listed(identifier) => Some(Name::key(identifier)),
        };
        self.metadata.iter().zip(name).flat_map(|(metadata, name)| metadata.all(&name).collect::<Vec<_>>())
    }

    /// Whether there is metadata to look models up in.
    pub(crate) fn has_metadata(&self) -> bool {
        self.metadata.is_some()
    }

    /// Whether there is metadata, and a new BLOB was due before this moment.
    pub(crate) fn metadata_is_stale(&self, now: UnixTime) -> bool {
        self.metadata.as_ref().is_some_and(|metadata| metadata.is_stale(now))
    }

    /// The anchors that may vouch for a statement, each with whether it stands for this very model.
    fn candidates(&self, statement: &Statement<'_>, model: &AuthenticatorModel) -> Vec<(&TrustAnchor, bool)> {
        let fits = |s: &&Scoped| s.format.is_none_or(|f| f == statement.format) && s.aaguid.is_none_or(|a| model.proved() == Some(a));
        let own = self.anchors.iter().filter(fits).map(|scoped| (&scoped.anchor, scoped.aaguid.is_some()));
        let listed = self
            .entries(model)
            .take(1)
            .filter(|entry| lists(entry, statement.attestation_type))
            .flat_map(MetadataEntry::anchors)
            .map(|anchor| (anchor, true));
        let mut candidates: Vec<_> = own.chain(listed).collect();
        // Those first that say the most.
        candidates.sort_by_key(|(_, bound)| !bound);
        candidates
    }

    /// Whom the certificates of a statement lead to, and which model that proves.
    pub(crate) fn vouch(&self, statement: &Statement<'_>, attested: &Attested<'_>) -> Result<Vouched> {
        let chain = statement.path.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>>>()?;
        let Some(leaf) = chain.first() else { return Err(ErrorCode::AttestationUntrusted.into()) };
        self.revoked_serials.check(&chain)?;
        let signed = statement.signed_model(attested);
        let model = signed.map_or_else(|| AuthenticatorModel::Listed(key_identifier(leaf.public_key_bits())), AuthenticatorModel::Proved);
        let candidates = self.candidates(statement, &model);
        let anchors: Vec<&TrustAnchor> = candidates.iter().map(|(anchor, _)| *anchor).collect();
        let judge = Judge {
            anchors: &anchors,
            revocations: &self.revocations,
            allow_sha1: attested.rules.danger_accept_sha1_certificates,
            provider: attested.provider,
            purpose: purpose(statement.format),
            now: attested.moments.certificates,
            revoked_by: attested.moments.reports,
        };
        let trusted = validate(&chain, &judge)?;
        // An anchor that stands for no model must not hide the one above it that does.
        let bound: Vec<&TrustAnchor> = candidates.iter().filter(|(_, bound)| *bound).map(|(anchor, _)| *anchor).collect();
        let proving = if bound.is_empty() { None } else { validate(&chain, &Judge { anchors: &bound, ..judge }).ok() };
        let anchors = [&trusted].into_iter().chain(&proving).filter(|_| !self.revoked_serials.is_empty());
        for Trusted { anchor, .. } in anchors {
            self.revoked_serials.check(&[Certificate::parse(anchor.as_der())?]).map_err(|e| e.subject("the anchor"))?;
        }
        let (bound, Trusted { anchor, below }) = (proving.is_some(), proving.unwrap_or(trusted));
        let named = signed.is_some() && certified::aaguid(leaf) == signed;
        let links = statement.path.iter().take(below).map(AsRef::as_ref).chain([anchor.as_der()]);
        Ok(Vouched {
            path: links.map(<[u8]>::to_vec).collect(),
            anchor: anchor.as_der().to_vec(),
            model: (bound || named).then_some(model),
        })
    }
}

/// Whether an entry lists this type of attestation, if it lists any. `packed` and `fido-u2f` cannot tell a batch's certificate
/// from that of an attestation CA.
fn lists(entry: &MetadataEntry, attestation_type: AttestationType) -> bool {
    let words: &[&str] = match attestation_type {
        AttestationType::Basic => &["basic_full", "attca"],
        AttestationType::AttestationCa => &["attca"],
        AttestationType::AnonymizationCa => &["anonca"],
        _ => &[],
    };
    entry.attestation_types.is_empty() || entry.attestation_types.iter().any(|listed| words.contains(&listed.as_str()))
}

/// What the certificates of a format are for, where it says so.
fn purpose(format: AttestationFormat) -> Option<ObjectIdentifier> {
    match format {
        AttestationFormat::Tpm => Some(AIK_CERTIFICATE),
        AttestationFormat::AndroidSafetynet => Some(SERVER_AUTH),
        _ => None,
    }
}

/// The model that an attestation certificate's key is listed under.
pub(crate) fn listed_model_of_leaf(der: &[u8]) -> Option<AuthenticatorModel> {
    Some(AuthenticatorModel::Listed(key_identifier(Certificate::parse(der).ok()?.public_key_bits())))
}

/// The model that an attestation certificate names, in whichever format it comes.
pub(crate) fn model_of_leaf(der: &[u8]) -> Option<Aaguid> {
    certified::aaguid(&Certificate::parse(der).ok()?)
}
