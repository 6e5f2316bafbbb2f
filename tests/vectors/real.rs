//! Responses of real authenticators and browsers, and derived ones with one thing broken.

use std::collections::BTreeMap;

use passkeeper::parse::AttestationObject;
use passkeeper::types::{Algorithm, AlgorithmList, Bytes, Challenge, CredentialId, Origin, RpId, UnixTime, UserHandle, UserVerification};
use passkeeper::wire::{AuthenticationExtensions, AuthenticationResponse, RegistrationResponse, UserEntity};
use passkeeper::{
    AuthenticationRequest, CosePublicKey, CredentialRecord, Error, RegistrationRequest, RelyingParty, VerifiedAuthentication,
    VerifiedRegistration,
};
use serde::Deserialize;
use serde_json::Value;

use crate::folder;
use crate::reasons::reasons;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

#[derive(Deserialize)]
struct File {
    name: String,
    kind: Kind,
    rp_id: String,
    origins: Vec<String>,
    challenge: Bytes,
    response: Value,
    stored: Option<Stored>,
    options: Options,
    expect: Expect,
}

#[derive(Deserialize, PartialEq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Registration,
    Authentication,
}

#[derive(Deserialize)]
struct Stored {
    credential_id: CredentialId,
    public_key_cose: Bytes,
    sign_count: u32,
    user_handle: Option<UserHandle>,
    backup_eligible: Option<bool>,
}

#[derive(Deserialize)]
struct Options {
    user_verification: UserVerification,
    algs: Vec<i64>,
    user_presence: Option<bool>,
    #[serde(default)]
    allow_cross_origin: bool,
    top_origins: Option<Vec<String>>,
    appid: Option<String>,
}

#[derive(Deserialize)]
struct Expect {
    result: String,
    fmt: Option<String>,
    attestation_type: Option<String>,
    aaguid: Option<String>,
    alg: Option<i64>,
    sign_count_after: Option<u32>,
    reason: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    either: bool,
}

/// What a file is for, as far as this crate goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Sound implementations differ.
    Either,
    /// An algorithm that this crate cannot name.
    OtherAlgorithm,
    /// An attestation that this crate cannot verify.
    OtherFormat,
    /// Format `none`, or `packed` signed by the credential key.
    Registration,
    Assertion,
}

enum Verified {
    Registration(Box<VerifiedRegistration>),
    Authentication(Box<VerifiedAuthentication>),
}

impl File {
    fn class(&self) -> Class {
        if self.expect.either {
            return Class::Either;
        }
        if self.expect.alg.is_some_and(|alg| Algorithm::from_cose_id(alg).is_none()) {
            return Class::OtherAlgorithm;
        }
        match self.kind {
            Kind::Authentication => Class::Assertion,
            Kind::Registration if self.format_is_supported() => Class::Registration,
            Kind::Registration => Class::OtherFormat,
        }
    }

    fn format_is_supported(&self) -> bool {
        match &*self.fmt() {
            "none" => true,
            "packed" => !self.has_certificates(),
            _ => false,
        }
    }

    fn attestation_object(&self) -> Bytes {
        Bytes::from_base64url(self.response["response"]["attestationObject"].as_str().unwrap()).unwrap()
    }

    fn fmt(&self) -> String {
        let object = self.attestation_object();
        let fmt = AttestationObject::parse(object.as_slice()).unwrap().fmt.to_owned();
        assert_eq!(self.expect.fmt.as_ref(), Some(&fmt), "{}", self.name);
        fmt
    }

    fn has_certificates(&self) -> bool {
        let object = self.attestation_object();
        let statement = AttestationObject::parse(object.as_slice()).unwrap().att_stmt;
        let statement: BTreeMap<String, ciborium::Value> = ciborium::from_reader(statement).unwrap();
        statement.contains_key("x5c")
    }

    fn algorithms(&self) -> AlgorithmList {
        AlgorithmList::new(self.options.algs.iter().copied().filter_map(Algorithm::from_cose_id)).unwrap()
    }

    fn relying_party(&self) -> Result<RelyingParty, Error> {
        let mut builder = RelyingParty::builder(&*self.rp_id, "Real devices")
            .algorithms(self.algorithms())
            .user_verification(self.options.user_verification);
        let rp_id = RpId::new(&*self.rp_id).or_else(|_| RpId::danger_ip_address(&*self.rp_id))?;
        for origin in &self.origins {
            // Some files pair a relying party with an origin that could never be its own.
            let own = Origin::new(origin).is_ok_and(|origin| origin.host().is_none_or(|host| rp_id.covers_host(host)));
            builder = if own { builder.origin(origin) } else { builder.danger_insecure_origin(origin) };
        }
        builder = builder.danger_rp_id(rp_id);
        if let Some(top_origins) = &self.options.top_origins {
            builder = builder.embedded_within(top_origins).danger_unnamed_top_origin();
        } else if self.options.allow_cross_origin {
            builder = builder.danger_embedded_anywhere();
        }
        builder.build()
    }

    fn challenge(&self) -> Result<Challenge, Error> {
        let bytes = self.challenge.as_slice();
        if bytes.len() < 16 { Challenge::danger_guessable(bytes) } else { Challenge::new(bytes) }
    }

    fn verify(&self) -> Result<Verified, Error> {
        match self.kind {
            Kind::Registration => self.register().map(|verified| Verified::Registration(verified.into())),
            Kind::Authentication => self.authenticate().map(|verified| Verified::Authentication(verified.into())),
        }
    }

    fn register(&self) -> Result<VerifiedRegistration, Error> {
        let rp = self.relying_party()?;
        let user = UserEntity { id: placeholder(), name: "user".into(), display_name: "user".into() };
        let mut request = RegistrationRequest::new(user);
        if self.options.user_presence == Some(false) {
            request = request.conditional();
        }
        let (_, pending) = rp.start_registration(request, self.challenge()?, NOW)?;
        let response = RegistrationResponse::from_json(self.response.to_string())?;
        pending.verify(&rp, &response, NOW)
    }

    fn authenticate(&self) -> Result<VerifiedAuthentication, Error> {
        let rp = self.relying_party()?;
        let response = AuthenticationResponse::from_json(self.response.to_string())?;
        let stored = self.stored.as_ref().expect("stored");
        // Where the file does not say whose the credential is, the response may name anybody.
        let named = response.user_handle.as_ref().map(|handle| UserHandle::new(handle.as_slice())).transpose()?;
        let user = stored.user_handle.clone().or(named).unwrap_or_else(placeholder);

        let extensions = AuthenticationExtensions { app_id: self.options.appid.clone(), ..Default::default() };
        let request = AuthenticationRequest::known(user.clone()).extensions(extensions);
        let (_, pending) = rp.start_authentication(request, self.challenge()?, NOW)?;
        let received = pending.receive(&response)?;
        if *received.credential_id() != stored.credential_id {
            return Err(received.not_found());
        }
        let key = CosePublicKey::new(stored.public_key_cose.as_slice())?;
        let (scope, rp_id) = (rp.scope().clone(), rp.id().clone());
        let mut record = CredentialRecord::imported(scope, rp_id, user, stored.credential_id.clone(), key, NOW);
        record.usage.sign_count = stored.sign_count;
        record.usage.backup_eligible = stored.backup_eligible;
        received.verify(&rp, &record, NOW)
    }

    fn assert_accepted(&self, verified: &Verified) {
        let (expect, name) = (&self.expect, &self.name);
        match verified {
            Verified::Registration(verified) => {
                let record = verified.record();
                assert_eq!(Some(&record.attestation_format), expect.fmt.as_ref(), "{name}");
                assert_eq!(Some(record.attestation_type.as_str()), expect.attestation_type.as_deref(), "{name}");
                assert_eq!(Some(record.aaguid.to_string()), expect.aaguid, "{name}");
                assert_eq!(Some(record.algorithm().cose_id()), expect.alg, "{name}");
                assert_eq!(Some(record.usage.sign_count), expect.sign_count_after, "{name}");
            }
            Verified::Authentication(verified) => {
                assert_eq!(Some(verified.record().algorithm().cose_id()), expect.alg, "{name}");
                assert_eq!(Some(verified.update().next.sign_count), expect.sign_count_after, "{name}");
            }
        }
    }

    fn assert_fitting(&self, error: &Error) {
        let wanted: Vec<_> = self.expect.reason.iter().chain(&self.expect.also).map(String::as_str).collect();
        let found = reasons(error.error_code());
        assert!(found.iter().any(|reason| wanted.contains(reason)), "{}: {error}: {found:?}, expected {wanted:?}", self.name);
    }
}

fn placeholder() -> UserHandle {
    UserHandle::new(b"somebody".as_slice()).unwrap()
}

fn all() -> Option<Vec<File>> {
    let files = folder::files("real/fixtures")?;
    Some(files.into_iter().map(|(name, text)| folder::parse(&name, &text)).collect())
}

#[test]
fn every_file_gets_the_result_it_expects() {
    let Some(files) = all() else { return };
    let mut counts: BTreeMap<(Class, &str), usize> = BTreeMap::new();
    for file in files {
        let class = file.class();
        let outcome = match (class, file.verify(), &*file.expect.result) {
            (Class::Either, Ok(_), _) => "accepted",
            (Class::Either, Err(_), _) => "refused",
            (Class::Registration | Class::Assertion, Ok(verified), "ok") => {
                file.assert_accepted(&verified);
                "accepted"
            }
            (Class::Registration | Class::Assertion, Err(error), "error") => {
                file.assert_fitting(&error);
                "refused"
            }
            (Class::OtherAlgorithm, Err(error), _) => {
                assert_eq!(error.code(), "public-key-algorithm-unsupported", "{}: {error}", file.name);
                "refused"
            }
            (Class::OtherFormat, Err(error), expected) => {
                if error.code() == "attestation-format-unsupported" {
                    let step = if file.expect.fmt.as_deref() == Some("packed") { "7.1/22" } else { "7.1/21" };
                    assert_eq!(error.spec_step(), Some(step), "{}: {error}", file.name);
                } else {
                    // Only where something else is wrong that is found before the statement.
                    assert_eq!(expected, "error", "{}: {error}", file.name);
                    file.assert_fitting(&error);
                }
                "refused"
            }
            (_, Ok(_), _) => panic!("{}: accepted", file.name),
            (_, Err(error), _) => panic!("{}: {error}", file.name),
        };
        *counts.entry((class, outcome)).or_default() += 1;
    }
    let expected = BTreeMap::from([
        ((Class::Either, "refused"), 2),
        ((Class::OtherAlgorithm, "refused"), 6),
        ((Class::OtherFormat, "refused"), 41),
        ((Class::Registration, "accepted"), 12),
        ((Class::Assertion, "accepted"), 18),
        ((Class::Assertion, "refused"), 23),
    ]);
    assert_eq!(counts, expected);
}
