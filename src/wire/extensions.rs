//! Extension inputs and client outputs (§9, §10) with the JSON forms of §5.1.
//!
//! Client outputs are unsigned. Whatever is unrequested, missing or misshapen there must be survivable,
//! so that a client's oddity never keeps a user out.

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{Json, Obj};
use crate::error::{Error, ErrorCode, Result};
use crate::types::{Bytes, CredentialId};

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a registration asks of extensions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistrationExtensions {
    /// `credProps`: asks whether the credential is discoverable (§10.1.3).
    #[serde(skip_serializing_if = "is_false")]
    pub cred_props: bool,
    /// `appidExclude`: a FIDO U2F AppID whose credentials count as excluded too (§10.1.2).
    #[serde(rename = "appidExclude", skip_serializing_if = "Option::is_none")]
    pub app_id_exclude: Option<String>,
    /// `prf` (§10.1.4); `eval_by_credential` must be empty here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prf: Option<PrfInputs>,
    /// `largeBlob` (§10.1.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_blob: Option<LargeBlobSupport>,
    /// `credProtect` (CTAP).
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub cred_protect: Option<CredProtect>,
    /// `credBlob` (CTAP): bytes to keep with the credential, usually at most 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cred_blob: Option<Bytes>,
    /// `minPinLength` (CTAP).
    #[serde(skip_serializing_if = "is_false")]
    pub min_pin_length: bool,
    /// `pinComplexityPolicy` (CTAP 2.2).
    #[serde(skip_serializing_if = "is_false")]
    pub pin_complexity_policy: bool,
    /// `hmacCreateSecret` (CTAP); browsers offer `prf` instead.
    #[serde(skip_serializing_if = "is_false")]
    pub hmac_create_secret: bool,
    /// Any other extension, by its client input name.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// What an authentication asks of extensions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthenticationExtensions {
    /// `appid`: a FIDO U2F AppID whose credentials may answer (§10.1.1).
    #[serde(rename = "appid", skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// `prf` (§10.1.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prf: Option<PrfInputs>,
    /// `largeBlob` (§10.1.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_blob: Option<LargeBlobInput>,
    /// `getCredBlob` (CTAP).
    #[serde(skip_serializing_if = "is_false")]
    pub get_cred_blob: bool,
    /// Any other extension, by its client input name.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Inputs to the pseudo-random function of a credential: any length, base64url in JSON (§10.1.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrfInputs {
    /// Inputs for whichever credential answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eval: Option<PrfValues>,
    /// Inputs by credential ID (base64url); authentication only, each ID one of the allowed credentials.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub eval_by_credential: BTreeMap<String, PrfValues>,
}

/// One or two values of the `prf` extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrfValues {
    /// The first value.
    pub first: Bytes,
    /// The second value, if wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Bytes>,
}

/// Whether a registration wants large blob storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "support")]
pub enum LargeBlobSupport {
    /// The registration fails without it.
    Required,
    /// If possible.
    Preferred,
}

/// What an authentication does with the large blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LargeBlobInput {
    /// Read the blob; always `true`.
    Read(bool),
    /// Write these bytes; needs exactly one allowed credential.
    Write(Bytes),
}

/// The `credProtect` input (CTAP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredProtect {
    /// How well the credential shall be guarded.
    #[serde(rename = "credentialProtectionPolicy")]
    pub policy: CredProtectPolicy,
    /// Whether the client must fail where the authenticator cannot do it.
    #[serde(rename = "enforceCredentialProtectionPolicy", default)]
    pub enforce: bool,
}

/// The levels of `credProtect` (CTAP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CredProtectPolicy {
    /// Level 1: user verification optional.
    UserVerificationOptional,
    /// Level 2: optional only when the credential ID is given.
    #[serde(rename = "userVerificationOptionalWithCredentialIDList")]
    UserVerificationOptionalWithCredentialIdList,
    /// Level 3: always required.
    UserVerificationRequired,
}

impl RegistrationExtensions {
    /// The client input names that have fields of their own.
    const TYPED: &[&'static str] = &[
        "appidExclude",
        "credBlob",
        "credProps",
        "credentialProtectionPolicy",
        "enforceCredentialProtectionPolicy",
        "hmacCreateSecret",
        "largeBlob",
        "minPinLength",
        "pinComplexityPolicy",
        "prf",
    ];

    /// Refuses what a client would answer with an error.
    pub(crate) fn check(&self) -> Result<()> {
        check_other(&self.other, Self::TYPED)?;
        if self.prf.as_ref().is_some_and(|prf| !prf.eval_by_credential.is_empty()) {
            return Err(invalid("prf.evalByCredential", "only at authentication"));
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl AuthenticationExtensions {
    /// The client input names that have fields of their own.
    const TYPED: &[&'static str] = &["appid", "getCredBlob", "largeBlob", "prf"];

    /// Refuses what a client would answer with an error.
    pub(crate) fn check<'a>(&self, mut allowed: impl Iterator<Item = &'a CredentialId> + Clone) -> Result<()> {
        check_other(&self.other, Self::TYPED)?;
        if let Some(prf) = &self.prf {
            for key in prf.eval_by_credential.keys() {
                // As text: a client takes no padding here.
                if !allowed.clone().any(|a| a.to_base64url() == *key) {
                    return Err(invalid("prf.evalByCredential", "IDs of allowed credentials"));
                }
            }
        }
        match &self.large_blob {
            Some(LargeBlobInput::Read(false)) => Err(invalid("largeBlob.read", "true")),
            Some(LargeBlobInput::Write(_)) if allowed.next().is_none() || allowed.next().is_some() => {
                Err(invalid("largeBlob.write", "exactly one allowed credential"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What has a field of its own must use it, or its rules could be passed by.
fn check_other(other: &BTreeMap<String, Value>, typed: &[&'static str]) -> Result<()> {
    match typed.iter().find(|name| other.contains_key(**name)) {
        None => Ok(()),
        Some(name) => Err(invalid(name, "the field of its own")),
    }
}

fn invalid(subject: &'static str, expected: &'static str) -> Error {
    Error::new(ErrorCode::ExtensionInputInvalid).subject(subject).expected(expected)
}

/// What the client reports of extensions: unsigned, so hints only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientExtensionResults {
    /// `credProps.rk`: whether the credential is discoverable; `None` is unknown.
    pub cred_props_rk: Option<bool>,
    /// `appid`: whether the AppID was used.
    pub app_id: Option<bool>,
    /// `appidExclude`: whether the extension was acted upon.
    pub app_id_exclude: Option<bool>,
    /// `prf.enabled`, at registration.
    pub prf_enabled: Option<bool>,
    /// `prf.results`: secret. A client that derives end-to-end keys from them must not send them.
    pub prf_results: Option<PrfResults>,
    /// `largeBlob.supported`, at registration.
    pub large_blob_supported: Option<bool>,
    /// `largeBlob.written`.
    pub large_blob_written: Option<bool>,
    /// `largeBlob.blob`.
    pub large_blob: Option<Bytes>,
    /// `credBlob`: whether it was stored.
    pub cred_blob_stored: Option<bool>,
    /// `getCredBlob`: the stored bytes.
    pub cred_blob: Option<Bytes>,
    /// `hmacCreateSecret`.
    pub hmac_create_secret: Option<bool>,
}

impl ClientExtensionResults {
    /// Takes the secret PRF results out, so that they are in nobody's way or log.
    pub fn strip_prf_results(&mut self) -> Option<PrfResults> {
        self.prf_results.take()
    }
}

/// Outputs of the `prf` extension, 32 bytes each; `Debug` shows lengths only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrfResults {
    /// The first output.
    pub first: Bytes,
    /// The second output, if it was asked for.
    pub second: Option<Bytes>,
}

/// What is read of them, whatever the types: turned over at once, since it is large.
#[derive(Default, Deserialize)]
#[serde(from = "RawResults")]
pub(super) struct ReadResults(pub(super) ClientExtensionResults);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResults<'a> {
    #[serde(borrow, default)]
    cred_props: Obj<RawCredProps<'a>>,
    #[serde(borrow, default)]
    appid: Json<'a>,
    #[serde(borrow, default)]
    appid_exclude: Json<'a>,
    #[serde(borrow, default)]
    prf: Obj<RawPrf<'a>>,
    #[serde(borrow, default)]
    large_blob: Obj<RawLargeBlob<'a>>,
    #[serde(borrow, default)]
    cred_blob: Json<'a>,
    #[serde(borrow, default)]
    get_cred_blob: Json<'a>,
    #[serde(borrow, default)]
    hmac_create_secret: Json<'a>,
}

#[derive(Deserialize)]
struct RawCredProps<'a> {
    #[serde(borrow, default)]
    rk: Json<'a>,
}

#[derive(Deserialize)]
struct RawPrf<'a> {
    #[serde(borrow, default)]
    enabled: Json<'a>,
    #[serde(borrow, default)]
    results: Obj<RawPrfResults<'a>>,
}

#[derive(Deserialize)]
struct RawPrfResults<'a> {
    #[serde(borrow, default)]
    first: Json<'a>,
    #[serde(borrow, default)]
    second: Json<'a>,
}

#[derive(Deserialize)]
struct RawLargeBlob<'a> {
    #[serde(borrow, default)]
    supported: Json<'a>,
    #[serde(borrow, default)]
    written: Json<'a>,
    #[serde(borrow, default)]
    blob: Json<'a>,
}

impl From<RawResults<'_>> for ReadResults {
    fn from(raw: RawResults<'_>) -> Self {
        let prf = raw.prf.lenient();
        let large_blob = raw.large_blob.lenient();
        Self(ClientExtensionResults {
            cred_props_rk: raw.cred_props.lenient().and_then(|props| props.rk.lenient_bool()),
            app_id: raw.appid.lenient_bool(),
            app_id_exclude: raw.appid_exclude.lenient_bool(),
            prf_enabled: prf.as_ref().and_then(|prf| prf.enabled.lenient_bool()),
            large_blob_supported: large_blob.as_ref().and_then(|blob| blob.supported.lenient_bool()),
            large_blob_written: large_blob.as_ref().and_then(|blob| blob.written.lenient_bool()),
            large_blob: large_blob.as_ref().and_then(|blob| blob.blob.lenient_bytes()),
            prf_results: prf
                .and_then(|prf| prf.results.lenient())
                .and_then(|results| Some(PrfResults { first: results.first.lenient_bytes()?, second: results.second.lenient_bytes() })),
            cred_blob_stored: raw.cred_blob.lenient_bool(),
            cred_blob: raw.get_cred_blob.lenient_bytes(),
            hmac_create_secret: raw.hmac_create_secret.lenient_bool(),
        })
    }
}
