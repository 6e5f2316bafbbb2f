//! The relying party: plain configuration, validated once.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::policy::{AuthenticationPolicy, RegistrationPolicy};
use super::workflow::{Workflow, WorkflowPolicy, Workflows};
#[cfg(feature = "attestation")]
use crate::attestation::{AuthenticatorModel, TrustAnchors};
use crate::crypto::CryptoProvider;
use crate::error::{Error, ErrorCode, Result};
use crate::types::{AlgorithmList, Origin, RecordId, RpId, Scope, UserVerification, sha256};

/// Who asks, from where, and under which rules.
///
/// Its origins and its embedding rule belong to what it is and are read from here when a ceremony
/// completes; the rules of a single ceremony travel in its pending state.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    pub(super) id: RpId,
    pub(super) id_hash: [u8; 32],
    /// Of its scope and RP ID.
    pub(super) record_ids: [u8; 16],
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) registration: RegistrationPolicy,
    pub(super) authentication: AuthenticationPolicy,
    pub(super) provider: CryptoProvider,
    #[cfg(feature = "attestation")]
    pub(super) trust_anchors: TrustAnchors,
    pub(super) workflows: Workflows,
    origins: Vec<Origin>,
    any_subdomain: bool,
    embedding: Embedding,
}

/// Whether the relying party expects to run inside other sites' frames.
#[derive(Clone, Debug)]
enum Embedding {
    Never,
    Within { origins: Vec<Origin>, unnamed: bool },
    Anywhere,
}

impl RelyingParty {
    /// Starts a configuration: an RP ID such as `example.com` and a name for people.
    ///
    /// Unless [`origin`](RelyingPartyBuilder::origin) says otherwise, the only origin is `https://` and the RP ID.
    pub fn builder(rp_id: impl Into<String>, name: impl Into<String>) -> RelyingPartyBuilder {
        RelyingPartyBuilder {
            id: RpId::new(rp_id),
            name: name.into(),
            scope: None,
            origins: Vec::new(),
            any_subdomain: false,
            top_origins: None,
            unnamed_top_origin: false,
            anywhere: false,
            registration: RegistrationPolicy::default(),
            authentication: AuthenticationPolicy::default(),
            workflows: Workflows::default(),
            provider: default_provider(),
            #[cfg(feature = "attestation")]
            trust_anchors: TrustAnchors::new(),
        }
    }

    /// The RP ID.
    #[must_use]
    pub fn id(&self) -> &RpId {
        &self.id
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scope of its records and ceremonies; the RP ID unless configured.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The origins it expects.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Whether a request's `Host` (a port may follow) is that of one of the origins: a multi-tenant service chooses the tenant by it.
    #[must_use]
    pub fn serves_host(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
        self.origins.iter().any(|origin| origin.host().is_some_and(|own| own.eq_ignore_ascii_case(name)))
    }

    /// What registrations demand by default; clone and change it for a single request.
    #[must_use]
    pub fn registration_policy(&self) -> &RegistrationPolicy {
        &self.registration
    }

    /// What authentications demand by default; clone and change it for a single request.
    #[must_use]
    pub fn authentication_policy(&self) -> &AuthenticationPolicy {
        &self.authentication
    }

    /// What verifies its signatures.
    #[must_use]
    pub fn crypto_provider(&self) -> &CryptoProvider {
        &self.provider
    }

    /// What the metadata among the trust anchors says about a model: a name and an icon for a user's list of passkeys.
    #[cfg(feature = "attestation")]
    #[must_use]
    pub fn model(&self, aaguid: crate::types::Aaguid) -> Option<&crate::metadata::MetadataEntry> {
        self.trust_anchors.entries(&AuthenticatorModel::claimed(aaguid)).next()
    }

    /// Steps 7.1/9 and 7.2/12: the whole origin, compared as text; subdomains only where configured.
    pub(super) fn check_origin(&self, origin: &str) -> Result<()> {
        let below = || {
            Origin::new(origin).is_ok_and(|o| o.is_https() && o.port().is_none() && o.host().is_some_and(|host| self.id.covers_host(host)))
        };
        if self.origins.iter().any(|o| o.as_str() == origin) || (self.any_subdomain && below()) {
            return Ok(());
        }
        let expected = self.origins.first().map(ToString::to_string).unwrap_or_default();
        let more = if self.origins.len() > 1 { " or another configured one" } else { "" };
        Err(Error::new(ErrorCode::OriginMismatch).expected(format_args!("{expected}{more}")).found(origin))
    }

    /// Steps 7.1/10 and 7.2/13.
    pub(super) fn check_cross_origin(&self, cross_origin: bool) -> Result<()> {
        match self.embedding {
            Embedding::Never if cross_origin => Err(ErrorCode::CrossOriginNotAllowed.into()),
            _ => Ok(()),
        }
    }

    /// Steps 7.1/11 and 7.2/14. A client older than Level 3 names no top origin, and so cannot say whose frame it ran in.
    pub(super) fn check_top_origin(&self, cross_origin: bool, top_origin: Option<&str>) -> Result<()> {
        let Some(top_origin) = top_origin else {
            return match self.embedding {
                Embedding::Within { unnamed: false, .. } if cross_origin => Err(ErrorCode::TopOriginMissing.into()),
                _ => Ok(()),
            };
        };
        let refused = |code| Err(Error::new(code).found(top_origin));
        match &self.embedding {
            Embedding::Never => refused(ErrorCode::TopOriginNotAllowed),
            _ if !cross_origin => refused(ErrorCode::TopOriginWithoutCrossOrigin),
            Embedding::Within { origins, .. } if !origins.iter().any(|o| o.as_str() == top_origin) => refused(ErrorCode::TopOriginMismatch),
            Embedding::Within { .. } | Embedding::Anywhere => Ok(()),
        }
    }

    /// Refuses to offer what the provider cannot verify.
    pub(super) fn check_algorithms(&self, algorithms: &AlgorithmList) -> Result<()> {
        match algorithms.iter().find(|a| !self.provider.supports(*a)) {
            None => Ok(()),
            Some(missing) => Err(Error::new(ErrorCode::AlgorithmNotProvided).subject(self.provider.name()).found(missing)),
        }
    }
}

/// Collects a [`RelyingParty`]'s configuration; [`build`](Self::build) judges it.
#[derive(Clone, Debug)]
#[must_use = "call build"]
pub struct RelyingPartyBuilder {
    id: Result<RpId>,
    name: String,
    scope: Option<Result<Scope>>,
    origins: Vec<(Result<Origin>, OriginRule)>,
    any_subdomain: bool,
    top_origins: Option<Vec<Result<Origin>>>,
    unnamed_top_origin: bool,
    anywhere: bool,
    registration: RegistrationPolicy,
    authentication: AuthenticationPolicy,
    workflows: Workflows,
    provider: Option<CryptoProvider>,
    #[cfg(feature = "attestation")]
    trust_anchors: TrustAnchors,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum OriginRule {
    Own,
    Related,
    Insecure,
}

impl RelyingPartyBuilder {
    /// Replaces the RP ID by one that no browser accepts, such as an IP address of a development set-up.
    pub fn danger_rp_id(mut self, rp_id: RpId) -> Self {
        self.id = Ok(rp_id);
        self
    }

    /// Adds an origin the relying party runs at: `https` with the RP ID or a subdomain as host, `http`
    /// on `localhost`, or a native app's (`android:apk-key-hash:…`).
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push((Origin::new(origin), OriginRule::Own));
        self
    }

    /// Adds an `https` origin on another domain that shares the RP ID (§5.11); publish the same list at
    /// `/.well-known/webauthn`.
    pub fn related_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push((Origin::new(origin), OriginRule::Related));
        self
    }

    /// Adds any origin, even one without transport security, where whoever sits in between can act for the user.
    pub fn danger_insecure_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push((Origin::new(origin), OriginRule::Insecure));
        self
    }

    /// Accepts every `https` subdomain of the RP ID on the default port: untrusted code on any of them
    /// can then take part in ceremonies (§13.4.9).
    pub fn danger_any_subdomain(mut self) -> Self {
        self.any_subdomain = true;
        self
    }

    /// Expects to be embedded in frames of these top origins, and of no others (§13.4.2); further calls add to the list.
    pub fn embedded_within(mut self, top_origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.top_origins.get_or_insert_default().extend(top_origins.into_iter().map(Origin::new));
        self
    }

    /// With [`embedded_within`](Self::embedded_within): also takes clients older than Level 3, which say that they ran in a
    /// foreign frame but not in whose, so that any site can have embedded them.
    pub fn danger_unnamed_top_origin(mut self) -> Self {
        self.unnamed_top_origin = true;
        self
    }

    /// Lets any site embed the relying party: it can overlay the page and trick users into ceremonies.
    pub fn danger_embedded_anywhere(mut self) -> Self {
        self.anywhere = true;
        self
    }

    /// The name of this tenant in shared stores, 1 to 255 bytes; the RP ID by default.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(Scope::new(scope));
        self
    }

    /// The algorithms on offer, most preferred first.
    pub fn algorithms(mut self, algorithms: AlgorithmList) -> Self {
        self.registration.algorithms = algorithms;
        self
    }

    /// User verification in all ceremonies; required by default.
    pub fn user_verification(mut self, user_verification: UserVerification) -> Self {
        self.registration.user_verification = user_verification;
        self.authentication.user_verification = user_verification;
        self
    }

    /// Everything registrations demand, in place of what was set so far, algorithms and user verification included.
    pub fn registration_policy(mut self, policy: RegistrationPolicy) -> Self {
        self.registration = policy;
        self
    }

    /// Everything authentications and assertions demand, in place of what was set so far, user verification included.
    pub fn authentication_policy(mut self, policy: AuthenticationPolicy) -> Self {
        self.authentication = policy;
        self
    }

    /// What is demanded in a workflow; [`WorkflowPolicy::default_of`] unless configured.
    pub fn workflow(mut self, workflow: Workflow, policy: WorkflowPolicy) -> Self {
        self.workflows.set(workflow, policy);
        self
    }

    /// Who is trusted to attest; nobody by default.
    #[cfg(feature = "attestation")]
    pub fn trust_anchors(mut self, anchors: TrustAnchors) -> Self {
        self.trust_anchors = anchors;
        self
    }

    /// What verifies signatures; pure Rust by default.
    pub fn crypto_provider(mut self, provider: CryptoProvider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Judges the whole.
    ///
    /// # Errors
    /// `rp-id-invalid`, `name-invalid`, `scope-invalid`, `origin-invalid`, `origin-outside-relying-party`,
    /// `timeout-invalid`, `attestation-policy-invalid`, `algorithm-not-provided` (also without any provider).
    pub fn build(self) -> Result<RelyingParty> {
        let id = self.id?;
        check_name(&self.name)?;
        let mut origins = Vec::new();
        for (origin, rule) in self.origins {
            let origin = origin?;
            check_own_origin(&id, &origin, rule)?;
            origins.push(origin);
        }
        if origins.is_empty() {
            let bare_ipv6 = id.as_str().contains(':') && !id.as_str().starts_with('[');
            let host = if bare_ipv6 { alloc::format!("[{id}]") } else { id.to_string() };
            origins.push(Origin::new(alloc::format!("https://{host}"))?);
        }
        let embedding = match self.top_origins {
            _ if self.anywhere => Embedding::Anywhere,
            None => Embedding::Never,
            Some(list) if list.is_empty() => return Err(Error::new(ErrorCode::OriginInvalid).subject("an empty list of top origins")),
            Some(list) => Embedding::Within { origins: list.into_iter().collect::<Result<_>>()?, unnamed: self.unnamed_top_origin },
        };
        let scope = self.scope.unwrap_or_else(|| Scope::new(id.as_str()))?;
        let provider = self.provider.ok_or_else(|| Error::new(ErrorCode::AlgorithmNotProvided).subject("no crypto provider"))?;
        let rp = RelyingParty {
            id_hash: sha256(&[id.as_str().as_bytes()]),
            record_ids: RecordId::space(&scope, &id),
            id,
            name: self.name,
            scope,
            registration: self.registration,
            authentication: self.authentication,
            provider,
            #[cfg(feature = "attestation")]
            trust_anchors: self.trust_anchors,
            workflows: self.workflows,
            origins,
            any_subdomain: self.any_subdomain,
            embedding,
        };
        rp.registration.check()?;
        rp.authentication.check()?;
        rp.check_algorithms(&rp.registration.algorithms)?;
        Ok(rp)
    }
}

/// A name for people; zero bytes are no text for every database.
pub(crate) fn check_name(name: &str) -> Result<()> {
    match name.len() {
        1..=256 if !name.contains('\0') => Ok(()),
        n => Err(Error::new(ErrorCode::NameInvalid).found(n)),
    }
}

fn check_own_origin(id: &RpId, origin: &Origin, rule: OriginRule) -> Result<()> {
    let error = |code, expected: &str| Err(Error::new(code).expected(expected).found(origin));
    let Some(host) = origin.host() else { return Ok(()) };
    let local = host == "localhost" || host.ends_with(".localhost");
    match rule {
        OriginRule::Insecure => Ok(()),
        _ if origin.is_http() && !local => error(ErrorCode::OriginInvalid, "https"),
        OriginRule::Related if !origin.is_https() => error(ErrorCode::OriginInvalid, "https"),
        OriginRule::Own if !id.covers_host(host) => error(ErrorCode::OriginOutsideRelyingParty, "a host equal to or below the RP ID"),
        _ => Ok(()),
    }
}

#[cfg(feature = "rustcrypto")]
fn default_provider() -> Option<CryptoProvider> {
    Some(crate::crypto::rustcrypto::PROVIDER)
}

#[cfg(not(feature = "rustcrypto"))]
fn default_provider() -> Option<CryptoProvider> {
    None
}
