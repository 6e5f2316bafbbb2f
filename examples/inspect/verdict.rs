//! The one line of JSON for each file.

use passkeeper::attestation::AttestationType;
use passkeeper::types::Flags;
use serde::Serialize;

use crate::auth_data::{AuthData, cose_parameter};
use crate::cbor::{self, Node};
use crate::file::{Case, Failure, Kind};
use crate::judge::{Judgement, Refusal};

/// Every member is always there; null where it does not apply or is not known.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict<'a> {
    file: &'a str,
    result: &'static str,
    pub(crate) code: Option<&'static str>,
    kind: Option<&'static str>,
    spec_step: Option<&'static str>,
    pub(crate) message: Option<String>,
    fmt: Option<String>,
    attestation_type: Option<&'static str>,
    aaguid: Option<String>,
    alg: Option<i64>,
    sign_count: Option<u32>,
    user_verified: Option<bool>,
    backup_eligible: Option<bool>,
    backup_state: Option<bool>,
}

impl<'a> Verdict<'a> {
    fn new(file: &'a str, facts: Facts) -> Self {
        let Facts { fmt, aaguid, alg, sign_count, flags } = facts;
        Self {
            file,
            result: "ok",
            code: None,
            kind: None,
            spec_step: None,
            message: None,
            fmt,
            attestation_type: None,
            aaguid,
            alg,
            sign_count,
            user_verified: flags.map(Flags::user_verified),
            backup_eligible: flags.map(Flags::backup_eligible),
            backup_state: flags.map(Flags::backup_state),
        }
    }

    /// For a file that could not even be judged.
    pub(crate) fn failure(file: &'a str, failure: &Failure) -> Self {
        Self::new(file, Facts::default()).failed(failure)
    }

    pub(crate) fn of(file: &'a str, case: &Case, judgement: &Judgement) -> Self {
        let verdict = Self::new(file, Facts::of(case));
        match judgement {
            Ok(accepted) => {
                Self { attestation_type: accepted.attestation.as_ref().map(|verdict| type_name(verdict.attestation_type)), ..verdict }
            }
            Err(Refusal::File(failure)) => verdict.failed(failure),
            Err(Refusal::Crate(error)) => Self {
                result: "error",
                code: Some(error.code()),
                kind: Some(error.kind().as_str()),
                spec_step: error.spec_step(),
                message: Some(error.to_string()),
                ..verdict
            },
        }
    }

    fn failed(self, failure: &Failure) -> Self {
        Self { result: "error", code: Some(failure.code), kind: Some(failure.kind), message: Some(failure.message.clone()), ..self }
    }
}

/// What can be read of a response, whether or not it is sound.
#[derive(Debug, Default)]
struct Facts {
    fmt: Option<String>,
    aaguid: Option<String>,
    alg: Option<i64>,
    sign_count: Option<u32>,
    flags: Option<Flags>,
}

impl Facts {
    fn of(case: &Case) -> Self {
        match case.kind {
            Kind::Registration => Self::of_registration(case),
            Kind::Authentication => Self::of_authentication(case),
        }
    }

    fn of_registration(case: &Case) -> Self {
        let Some(object) = case.part("attestationObject") else { return Self::default() };
        let object = cbor::read(&object).node;
        let data = AuthData::read(object.get("authData").and_then(Node::as_bytes).unwrap_or_default());
        Self {
            fmt: object.get("fmt").and_then(Node::as_text).map(str::to_owned),
            aaguid: data.aaguid.map(|aaguid| aaguid.to_string()),
            alg: data.public_key.as_ref().and_then(|key| cose_parameter(&key.node, 3)?.as_int()),
            sign_count: data.sign_count,
            flags: data.flags,
        }
    }

    fn of_authentication(case: &Case) -> Self {
        let bytes = case.part("authenticatorData").unwrap_or_default();
        let data = AuthData::read(&bytes);
        let key = case.stored.as_ref().and_then(|stored| stored.public_key.as_ref());
        Self {
            alg: key.and_then(|key| cose_parameter(&cbor::read(key.as_slice()).node, 3)?.as_int()),
            sign_count: data.sign_count,
            flags: data.flags,
            ..Self::default()
        }
    }
}

/// The word of the lines for a type of attestation.
pub(crate) fn type_name(attestation_type: AttestationType) -> &'static str {
    match attestation_type {
        AttestationType::AttestationCa => "attca",
        AttestationType::AnonymizationCa => "anonca",
        other => other.as_str(),
    }
}
